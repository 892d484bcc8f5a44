//! The demo: needs no account, no network and no certificates, and shows one whole sync.

use it::folder::Folder;
use it::program::{self, Environment, Running, Said};
use sandbox::Sandbox;

/// The demo's vendors have the same credentials as every sandbox.
async fn secrets() -> Vec<String> {
    let today = jiff::civil::date(2026, 11, 10);
    let sandbox = Sandbox::start(sandbox::Seed::empty(today)).await.expect("the sandbox starts");
    let given = sandbox.credentials();
    vec![given.acronis_client_secret, given.autotask_secret, given.autotask_integration_code]
}

async fn demo(words: &[&str], environment: &Environment) -> Said {
    let folder = Folder::of("cli");
    let arguments: Vec<&str> = ["demo"].iter().chain(words).copied().collect();
    program::run(&arguments, environment, folder.path(), &secrets().await).await
}

/// What it tells, without what differs from run to run and without the vendors' calls.
fn main_sentences(said: &Said) -> String {
    let lines = said.err.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let line = line.split(';').next().unwrap_or(line);
        let line = line.split(": Acronis at").next().unwrap_or(line);
        match line.split_once("first plan, ") {
            Some((before, after)) => {
                format!("{before}first plan, ID.{}", after.split_once('.').map_or("", |(_, rest)| rest))
            }
            None => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn it_shows_one_whole_sync_and_ends_without_anything_left_to_do() {
    let said = demo(&["--once", "--customers", "3"], &Environment::new()).await.exits(0);
    insta::assert_snapshot!(main_sentences(&said), @r#"
    A simulated provider
    1. Connect: both credentials are checked, and customers with equal names are mapped.
       18 tenants and 16 companies are visible
       Near, so only suggested: company "Hagelstein Treuhand GmbH" and tenant "Hagelstein Treuhand".
       Tenants that nobody is billed for: "Hagelstein Treuhand", "Einsame Mandantin AG".
    2. Map products: 16 of 28 items are sold as a service.
    3. Plan: what would change and why. Nothing is changed before the first plan is approved.
    4. Approve: the demo approves its own first plan, ID. With you, a person does.
    5. Apply: each change is recorded, sent once, and read back.
       Run complete: 4 of 4 changes made
    6. Run again: a run looks at what is, so a second one has nothing to do.
       Nothing to do: 22 lines are as they should be
    "#);
    said.prints(&["Held until approved", "the first plan", "Findings"]);
}

#[tokio::test]
async fn it_needs_no_certificates_on_the_machine() {
    let none = [("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")];
    let environment = none.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    demo(&["--once", "--customers", "1", "--seed", "7"], &environment).await.exits(0).notes(&["Nothing to do"]);
}

#[tokio::test]
async fn its_json_is_pure_and_shows_the_way_to_an_empty_plan() {
    let said = demo(&["--once", "--json", "--customers", "1"], &Environment::new()).await.exits(0);
    let shown = said.json();
    assert_eq!(said.err, "");
    assert!(shown["first_plan"]["held"].as_array().is_some_and(|held| !held.is_empty()), "{shown}");
    assert_eq!(shown["run"]["counts"]["made"], shown["run"]["counts"]["changes"]);
    assert_eq!(shown["second_plan"]["changes"], serde_json::json!([]));
    assert_eq!(shown["second_plan"]["held"], serde_json::json!([]));
}

#[tokio::test]
async fn without_once_days_pass_until_it_is_stopped() {
    let folder = Folder::of("cli");
    let arguments = ["demo", "--customers", "1"];
    let mut demo = Running::start(&arguments, &Environment::new(), folder.path(), &secrets().await);
    demo.until("7. Days pass, one every").await;
    demo.until("usage of today").await;
    demo.until("04:00 usage-sync: Run complete").await;
    demo.signal("-INT");
    demo.end().await.exits(0).notes(&["The demo is over; nothing of it is kept."]);
}
