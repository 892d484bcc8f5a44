//! The programs themselves, built once beside the tests; and the command line, run to its end or watched line
//! by line. Whatever it says is searched for secrets.

use crate::canary;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr};

/// Longer than any story takes on a busy machine; a program that hangs fails its story.
const PATIENCE: Duration = Duration::from_secs(120);

/// The variables the program is run with; there are no others.
pub type Environment = BTreeMap<String, String>;

/// How a program ended and what it said.
#[derive(Debug)]
pub struct Said {
    /// Its exit code.
    pub exit: Option<i32>,
    /// The result.
    pub out: String,
    /// What it said beside the result.
    pub err: String,
}

impl Said {
    /// Ends the story where the program ended otherwise.
    #[track_caller]
    pub fn exits(self, exit: i32) -> Said {
        assert_eq!(self.exit, Some(exit), "{self:#?}");
        self
    }

    /// Ends the story where the result lacks these words.
    #[track_caller]
    pub fn prints(self, words: &[&str]) -> Said {
        words.iter().for_each(|word| assert!(self.out.contains(word), "no \"{word}\" in {self:#?}"));
        self
    }

    /// Ends the story where what is said beside the result lacks these words.
    #[track_caller]
    pub fn notes(self, words: &[&str]) -> Said {
        words.iter().for_each(|word| assert!(self.err.contains(word), "no \"{word}\" in {self:#?}"));
        self
    }

    /// The result as JSON and nothing else.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {self:#?}"))
    }

    #[track_caller]
    fn keeps(self, secrets: &[String]) -> Said {
        canary::seek("what the program says", &self.out);
        canary::seek("what the program says besides", &self.err);
        canary::none_was_seen();
        for secret in secrets.iter().filter(|secret| !secret.trim().is_empty()) {
            assert!(!self.out.contains(secret) && !self.err.contains(secret), "a secret is told: {self:#?}");
        }
        self
    }
}

/// Where a program of the workspace is. All are built once for a suite: cargo builds no other package's
/// programs for a test by itself.
pub fn built(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let tests = std::env::current_exe().expect("a test knows its own file");
        let profile = tests.parent().and_then(Path::parent).expect("tests are in the deps folder of their profile");
        let target = profile.parent().expect("a profile's folder is in the target folder");
        let name = match profile.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(name) => name,
        };
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--workspace", "--bins", "--profile", name, "--target-dir"]).arg(target);
        let built = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo is run");
        assert!(built.success(), "the programs are not built");
        profile.to_owned()
    });
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

fn command(arguments: &[&str], environment: &Environment, folder: &Path) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(built("acrotask"));
    command.args(arguments).env_clear().envs(environment).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Runs the program to its end.
pub async fn run(arguments: &[&str], environment: &Environment, folder: &Path, secrets: &[String]) -> Said {
    let ended = tokio::time::timeout(PATIENCE, command(arguments, environment, folder).output());
    let ended = ended.await.unwrap_or_else(|_| panic!("{arguments:?} does not end")).expect("the program is run");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program speaks UTF-8");
    Said { exit: ended.status.code(), out: text(ended.stdout), err: text(ended.stderr) }.keeps(secrets)
}

/// The program while it runs.
pub struct Running {
    child: Child,
    err: Lines<BufReader<ChildStderr>>,
    said: String,
    secrets: Vec<String>,
}

impl Running {
    /// Starts it.
    pub fn start(arguments: &[&str], environment: &Environment, folder: &Path, secrets: &[String]) -> Running {
        let mut child = command(arguments, environment, folder).spawn().expect("the program is run");
        let err = BufReader::new(child.stderr.take().expect("standard error is piped")).lines();
        Running { child, err, said: String::new(), secrets: secrets.to_vec() }
    }

    /// Reads what it says until a line holds these words; gives that line.
    pub async fn until(&mut self, words: &str) -> String {
        let read = async {
            while let Some(line) = next_line(&mut self.err).await {
                self.said.push_str(&line);
                self.said.push('\n');
                if line.contains(words) {
                    return Some(line);
                }
            }
            None
        };
        let found = tokio::time::timeout(PATIENCE, read).await;
        found.ok().flatten().unwrap_or_else(|| panic!("no \"{words}\" in {}", self.said))
    }

    /// Sends it a signal, such as `-INT`, as Ctrl-C does.
    pub fn signal(&self, signal: &str) {
        let id = self.child.id().expect("it still runs").to_string();
        let sent = Command::new("kill").args([signal, &id]).status().expect("kill is run");
        assert!(sent.success(), "the signal is not sent");
    }

    /// Waits for its end.
    pub async fn end(mut self) -> Said {
        let mut out = String::new();
        let mut stdout = self.child.stdout.take().expect("standard output is piped");
        let read = async {
            while let Some(line) = next_line(&mut self.err).await {
                self.said.push_str(&line);
                self.said.push('\n');
            }
        };
        let ended = tokio::time::timeout(PATIENCE, async { tokio::join!(read, stdout.read_to_string(&mut out)) });
        ended.await.expect("the program ends").1.expect("standard output is read");
        let status = self.child.wait().await.expect("the program ended");
        Said { exit: status.code(), out, err: self.said }.keeps(&self.secrets)
    }
}

async fn next_line(lines: &mut Lines<impl AsyncBufRead + Unpin>) -> Option<String> {
    lines.next_line().await.expect("standard error is read")
}
