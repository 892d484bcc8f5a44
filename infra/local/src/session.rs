//! One call of the command line: the machine or the stack it works on, found by the environment, and the progress
//! it shows meanwhile. What it then does stands in `commands`.

use crate::machine::{Machine, Storage};
use crate::stack::Stack;
use anyhow::{Context, bail};
use functions::context::{Clock, Config, Hosting, WebhookKeys};
use functions::host::Host;
use functions::http::HttpSettings;
use functions::progress::{Progress, Step};
use functions::setup;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use shared::ids::ConnectionId;
use shared::run::Mode;
use std::convert::Infallible;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

/// The folder of the database, in the home folder, where `ACROTASK_DATA` names none.
const DATA_FOLDER: &str = ".acrotask";

/// Where a command works.
#[derive(Debug)]
pub enum Place {
    /// Everything is on this machine, but perhaps the table.
    Machine(Box<Machine>),
    /// On AWS.
    Stack(Stack),
}

/// What a command works with.
#[derive(Debug)]
pub struct Session {
    /// What jobs need, wherever they work.
    pub host: Host,
    /// Where it works.
    pub place: Place,
    /// For which connection.
    pub connection: ConnectionId,
    /// What scheduled runs may do.
    pub mode: Mode,
    /// Where the state is, for people.
    pub storage: String,
}

impl Session {
    /// A connection of the stack that is named, or else everything the environment names.
    pub async fn open(connection: &str, stack: Option<&str>) -> anyhow::Result<Session> {
        let connection = ConnectionId::new(connection);
        match stack {
            Some(stack) => Self::on_stack(connection, stack).await,
            None => Self::on_this_machine(connection).await,
        }
    }

    async fn on_stack(connection: ConnectionId, stack: &str) -> anyhow::Result<Session> {
        let hosting = Hosting::from_env()?;
        let (stack, host) = Stack::open(stack, &hosting).await?;
        let storage = stack.words();
        Ok(Session { host, place: Place::Stack(stack), connection, mode: hosting.mode, storage })
    }

    async fn on_this_machine(connection: ConnectionId) -> anyhow::Result<Session> {
        let config = Config::from_env()?;
        let webhook_keys = WebhookKeys::from_env()?;
        let hosting = config.hosting;
        let storage = match hosting.table_name {
            Some(table) => Storage::Table(table),
            None => Storage::Folder(hosting.data_folder.map_or_else(home_folder, Ok)?),
        };
        let named = match &storage {
            Storage::Table(table) => format!("table {table}"),
            Storage::Folder(folder) => format!("folder {}", folder.display()),
            Storage::InMemory => "memory".to_owned(),
        };
        let mut machine = Machine::start(storage, Clock::system(), HttpSettings::default(), hosting.allow_loopback)
            .await
            .with_context(|| format!("the state in {named} cannot be used; ACROTASK_DATA names another folder"))?;
        machine.takes_offers = false;
        machine.keep_credentials(&connection, &config.vendors);
        machine.keep_webhook_keys(&connection, &webhook_keys);
        let host = machine.host.clone();
        Ok(Session { host, place: Place::Machine(Box::new(machine)), connection, mode: hosting.mode, storage: named })
    }

    /// The keys by which calls from outside for the connection are known; none where there are none yet.
    pub async fn webhook_keys(&self) -> anyhow::Result<WebhookKeys> {
        let secrets = &self.host.secrets;
        let kept = secrets.read(&secrets.webhook(&self.connection)).await?;
        Ok(kept.map(|text| WebhookKeys::from_json(&text)).transpose()?.unwrap_or_default())
    }

    /// What makes changes by itself every day, for people.
    pub fn every_day(&self) -> &'static str {
        match &self.place {
            Place::Machine(_) => "MODE=apply acrotask serve",
            Place::Stack(_) => "the stack deployed with Mode=apply",
        }
    }

    /// Refuses a connection that is not set up beside others that are: more likely a slip of the pen than a
    /// second one, and two for the same vendors would both write.
    pub async fn is_known_or_first(&self) -> anyhow::Result<()> {
        let all = self.host.store.connections().await?;
        if all.is_empty() || all.iter().any(|known| known.id == self.connection) {
            return Ok(());
        }
        let names: Vec<String> = all.iter().map(|known| known.id.to_string()).collect();
        bail!(
            "connection {} is not set up; in {} there is: {}. Name one of these, or set up another one with its own \
             credentials: acrotask connect --connection {}",
            self.connection,
            self.storage,
            names.join(", "),
            self.connection
        );
    }

    /// Sets the connection up where this is the first command of all.
    pub async fn set_up(&self) -> anyhow::Result<()> {
        self.is_known_or_first().await?;
        if self.host.store.connection(&self.connection).await?.is_none() {
            let connected = self.watched(setup::connect(&self.host, &self.connection, false)).await?;
            let mapped = connected.mapped_by_name.unwrap_or_default();
            note(&format!(
                "Set up connection {} in {}: {mapped} customers with equal names are mapped.",
                self.connection, self.storage
            ));
        }
        Ok(())
    }

    /// Shows how far the machine is until `work` is done.
    pub async fn watched<T>(&self, work: impl Future<Output = T>) -> T {
        watched(&self.host.progress, work).await
    }
}

fn home_folder() -> anyhow::Result<PathBuf> {
    let home =
        std::env::home_dir().context("there is no home folder: set ACROTASK_DATA to a folder for the database")?;
    Ok(home.join(DATA_FOLDER))
}

/// Shows the steps of `progress` until `work` is done; shows nothing where nobody looks.
pub async fn watched<T>(progress: &Progress, work: impl Future<Output = T>) -> T {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let plain = ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
    let counted = ProgressStyle::with_template("{spinner} {msg} {wide_bar} {pos}/{len}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(plain.clone());
    bar.enable_steady_tick(Duration::from_millis(120));
    let mut steps = progress.watch();
    let follow = async {
        while steps.changed().await.is_ok() {
            let Step { doing, done, of } = steps.borrow_and_update().clone();
            bar.set_style(if of.is_some() { counted.clone() } else { plain.clone() });
            bar.set_length(of.unwrap_or_default());
            bar.set_position(done);
            bar.set_message(doing);
        }
        std::future::pending::<Infallible>().await
    };
    let result = tokio::select! {
        result = work => result,
        never = follow => match never {},
    };
    bar.finish_and_clear();
    result
}

/// Says something beside the result, on standard error.
pub fn note(text: &str) {
    use std::io::Write;
    let mut stderr = std::io::stderr().lock();
    let text = text.trim_end();
    let said = text.trim_start_matches('\n');
    let (gap, mark) = (&text[..text.len() - said.len()], if stderr.is_terminal() { "» " } else { "" });
    // Nobody can be told that standard error is closed.
    let _ = writeln!(stderr, "{gap}{mark}{said}");
}

/// Waits until somebody wants the program to end: Ctrl-C, or the polite request of the system.
pub async fn asked_to_stop() {
    #[cfg(unix)]
    let polite = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut terminate) => terminate.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let polite = std::future::pending::<Option<()>>();
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = polite => {}
    }
}

/// Prints a result on standard output.
pub fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", text.trim_end()).context("standard output cannot be written")
}
