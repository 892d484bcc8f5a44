//! Everything a host needs, on one machine: the table in a folder or in memory, the stand-ins for AWS, and
//! the credentials of each connection. It hosts; jobs and faces are elsewhere.

use crate::aws::LocalAws;
use crate::table::EmbeddedTable;
use crate::wake::Again;
use aws_config::BehaviorVersion;
use functions::context::{
    Clock, ConsoleSecret, DEFAULT_SECRETS_PREFIX, Deadline, OidcSettings, VendorCredentials, WebhookKeys,
};
use functions::events::Bus;
use functions::host::Host;
use functions::http::HttpSettings;
use functions::lambda::aws_timeouts;
use functions::progress::Progress;
use functions::secrets::Secrets;
use functions::store::Store;
use serde_json::Value;
use shared::ids::ConnectionId;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc;

/// The name of the table and of the bus on one machine.
const LOCAL_NAME: &str = "acrotask";

/// Where the state is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// Gone with the process.
    InMemory,
    /// In a folder of this machine.
    Folder(PathBuf),
    /// In a DynamoDB table, found as the AWS SDK finds it.
    Table(String),
}

/// One machine with everything on it; dropping it stops its servers.
#[derive(Debug)]
pub struct Machine {
    /// Where jobs run.
    pub host: Host,
    /// The bus.
    pub bus: Bus,
    /// Events published on the bus, as functions are invoked with them.
    pub events: mpsc::UnboundedReceiver<Value>,
    /// Change events that a job could not work off yet.
    pub again: Vec<Again>,
    /// Whether people may offer other credentials; not where they come from the environment.
    pub takes_offers: bool,
    /// Who vouches for the console's people; nobody, until it is said.
    pub oidc: Option<OidcSettings>,
    aws: LocalAws,
    _table: Option<EmbeddedTable>,
}

impl Machine {
    /// Starts everything.
    pub async fn start(
        storage: Storage,
        clock: Clock,
        http: HttpSettings,
        allow_loopback: bool,
    ) -> anyhow::Result<Self> {
        let (aws, events) = LocalAws::start().await?;
        let (store, table) = open(storage).await?;
        let config = aws.config();
        let host = Host {
            store,
            secrets: Secrets::new(aws_sdk_secretsmanager::Client::new(&config), DEFAULT_SECRETS_PREFIX),
            clock,
            deadline: Deadline::none(),
            http,
            allow_loopback,
            progress: Progress::default(),
            patience: Duration::ZERO,
        };
        let bus = Bus::new(aws_sdk_eventbridge::Client::new(&config), LOCAL_NAME);
        Ok(Self { host, bus, events, again: Vec::new(), takes_offers: true, oidc: None, aws, _table: table })
    }

    /// The access key that the stand-ins for AWS ask for, for functions that run as processes of their own.
    pub fn aws_access_key(&self) -> &str {
        self.aws.access_key()
    }

    /// The address of the stand-ins for AWS.
    pub fn aws_endpoint(&self) -> &str {
        self.aws.endpoint()
    }

    /// Gives the jobs of a connection its credentials.
    pub fn keep_credentials(&self, connection: &ConnectionId, credentials: &VendorCredentials) {
        self.aws.keep_credentials(connection, credentials);
    }

    /// Gives the console by what its provider knows it.
    pub fn keep_console_secret(&self, secret: &ConsoleSecret) {
        self.aws.keep_console_secret(secret);
    }

    /// Lets calls from outside for a connection be known by these keys.
    pub fn keep_webhook_keys(&self, connection: &ConnectionId, keys: &WebhookKeys) {
        self.aws.keep_webhook_keys(connection, keys);
    }
}

async fn open(storage: Storage) -> anyhow::Result<(Store, Option<EmbeddedTable>)> {
    let table = match storage {
        Storage::Table(name) => {
            let config = aws_config::defaults(BehaviorVersion::latest()).timeout_config(aws_timeouts()).load().await;
            return Ok((Store::new(aws_sdk_dynamodb::Client::new(&config), name), None));
        }
        Storage::InMemory => EmbeddedTable::in_memory().await?,
        Storage::Folder(folder) => EmbeddedTable::in_folder(&folder).await?,
    };
    let store = Store::new(table.client(), LOCAL_NAME);
    store.create_table().await?;
    Ok((store, Some(table)))
}
