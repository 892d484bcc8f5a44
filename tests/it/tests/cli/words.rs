//! The words of the command line: wrong usage is 64, never the 2 of a plan with changes.

use it::folder::Folder;
use it::program::{self, Environment};

#[tokio::test]
async fn wrong_usage_is_64_and_reaches_nothing() {
    let (folder, environment) = (Folder::of("cli"), Environment::new());
    let wrong = [
        "",
        "sync",
        "plan everything",
        "plan --nope",
        "plan usage more",
        "plan dismissals",
        "apply tickets",
        "apply --once",
        "approve",
        "approve 1 --plan 2",
        "approve --plan",
        "mapping",
        "mapping import",
        "mapping export one two",
        "demo --customers 0",
        "demo --customers many",
        "status --jsn",
        "plan --connection a#b",
        "plan --connection=",
    ];
    for line in wrong {
        let words: Vec<&str> = line.split_whitespace().collect();
        let said = program::run(&words, &environment, folder.path(), &[]).await.exits(64);
        assert!(said.out.is_empty() && said.err.contains("Usage") || said.err.contains("--help"), "{said:#?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).map(Iterator::count).ok(), Some(0));
}

#[tokio::test]
async fn help_is_no_mistake_and_names_every_command() {
    let (folder, environment) = (Folder::of("cli"), Environment::new());
    let help = program::run(&["--help"], &environment, folder.path(), &[]).await.exits(0);
    help.prints(&["demo", "serve", "plan", "approve", "apply", "mapping", "connect", "status", "Exit: 0 nothing"]);
    let help = program::run(&["approve", "--help"], &environment, folder.path(), &[]).await.exits(0);
    help.prints(&["acrotask approve <ID>...", "acrotask approve --plan <ID>"]);
    program::run(&["--version"], &environment, folder.path(), &[]).await.exits(0).prints(&["acrotask"]);
}
