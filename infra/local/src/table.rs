//! The table on one machine: a database inside this process, served on loopback to the same client that
//! speaks to DynamoDB on AWS. It knows nothing of what is in the table.
//!
//! Several processes may have one folder open at once, such as `serve` and a `plan` beside it: each serves
//! it to itself, and each write, with its conditions, is one transaction on the file, which lets one writer
//! in at a time. A process that finds another writing waits, up to thirty seconds when it opens the folder
//! and five for a request, and then says that the database is locked. This holds for folders on a local
//! disk, not on a network drive.

use anyhow::Context;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use dynoxide::Database;
use functions::lambda::aws_timeouts;
use std::path::Path;
use std::time::Duration;
use tokio::sync::oneshot;

/// The database's file in its folder.
const FILE: &str = "acrotask.db";
/// How often items are deleted that have expired.
const SWEEP_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// A database in this process and its address on loopback. Dropping it stops serving; what a folder holds
/// stays there.
#[derive(Debug)]
pub struct EmbeddedTable {
    endpoint: String,
    // Dropped with the rest, which stops the server.
    _stop: oneshot::Sender<()>,
}

impl EmbeddedTable {
    /// A database that is gone when this is dropped.
    pub async fn in_memory() -> anyhow::Result<Self> {
        Self::of(Database::memory().context("the database in memory cannot be made")?).await
    }

    /// A database that whoever gives it may look into without asking.
    pub async fn of(database: Database) -> anyhow::Result<Self> {
        Self::serve(database, false).await
    }

    /// The database in `folder`, which is made if it is not there.
    pub async fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        private_folder(folder)
            .with_context(|| format!("the folder {} for the database cannot be made", folder.display()))?;
        let file = folder.join(FILE);
        let path = file
            .to_str()
            .with_context(|| format!("the folder {} has a name that is not UTF-8; choose another", folder.display()))?;
        let database = Database::new(path).with_context(|| format!("the database {path} cannot be opened"))?;
        Self::serve(database, true).await
    }

    /// Its address.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A client of it.
    pub fn client(&self) -> Client {
        client_at(&self.endpoint)
    }

    async fn serve(database: Database, sweeps: bool) -> anyhow::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .context("the database cannot be served: no port on loopback")?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let sweeping = sweeps.then(|| tokio::spawn(sweep(database.clone())));
            let served = dynoxide::server::serve_with_shutdown(listener, database, async {
                // Ends when the sender is dropped.
                let _ = stopped.await;
            });
            if let Err(error) = served.await {
                tracing::error!("the embedded database is no longer served: {error}");
            }
            if let Some(sweeping) = sweeping {
                sweeping.abort();
            }
        });
        Ok(Self { endpoint, _stop: stop })
    }
}

/// Makes a folder that only its owner may read: it holds customers' names and what they use.
#[cfg(unix)]
fn private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// Deletes what has expired, as DynamoDB does by itself: now, and then once a day.
async fn sweep(database: Database) {
    let mut days = tokio::time::interval(SWEEP_EVERY);
    loop {
        days.tick().await;
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!("expired items are not deleted: {error}"),
            Err(error) => tracing::warn!("expired items are not deleted: {error}"),
        }
    }
}

/// A client of a DynamoDB that is not on AWS and asks for no real credentials.
pub fn client_at(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "on one machine"))
        .endpoint_url(endpoint)
        .timeout_config(aws_timeouts())
        // Plain HTTP, so that no certificates are needed on this machine.
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}
