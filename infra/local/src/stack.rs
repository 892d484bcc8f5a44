//! A stack that is deployed on AWS, as the command line works on it: the template names its table and its secrets
//! after it, so that its name says where everything is. Credentials are the stack's own, from Secrets Manager; only
//! `connect` takes them from the environment, to keep them there.

use anyhow::{Context, bail};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::config::ProvideCredentials;
use functions::context::{Clock, ConsoleSecret, Deadline, Hosting, Secret, VendorCredentials, WebhookKeys};
use functions::host::Host;
use functions::http::HttpSettings;
use functions::lambda::aws_timeouts;
use functions::progress::Progress;
use functions::secrets::{Secrets, SecretsError};
use functions::setup::{self, Connected};
use functions::store::{DatabaseError, Store};
use shared::ids::ConnectionId;
use std::time::Duration;

/// Lambda takes 64 characters (AWS Lambda developer guide, CreateFunction), and the stack's longest function is
/// `NAME-autotask-webhook`.
const LONGEST_NAME: usize = 47;
/// DynamoDB takes no shorter name of a table (Amazon DynamoDB developer guide, Naming rules).
const SHORTEST_NAME: usize = 3;
/// What the name of a table that was restored has behind the stack's, as the template takes it.
const RESTORED: &str = "-restored";

const NO_REGION: &str = "no AWS region is set: put the stack's into AWS_REGION, such as eu-central-1";
const NO_CREDENTIALS: &str =
    "there are no AWS credentials: log in, such as with `aws sso login`, and name the profile in AWS_PROFILE";

/// A name that CloudFormation takes for a stack, and that all names made of it have room for.
pub fn stack_name(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let fits = (SHORTEST_NAME..=LONGEST_NAME).contains(&text.len());
    if !fits || !text.starts_with(|c: char| c.is_ascii_alphabetic()) || !text.chars().all(is_plain) {
        return Err(format!("expected {SHORTEST_NAME} to {LONGEST_NAME} letters, digits or -, a letter first"));
    }
    Ok(text.to_owned())
}

/// A stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub region: String,
    /// Its table.
    pub table: String,
}

/// What became of the secrets of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The secret's name.
    pub name: String,
    /// Whether something else stands in it now.
    pub is_new: bool,
}

impl Stack {
    /// Finds the stack by the AWS credentials and the region of this machine, and sees that its table is there.
    pub async fn open(name: &str, hosting: &Hosting) -> anyhow::Result<(Self, Host)> {
        let name = stack_name(name).map_err(|why| anyhow::anyhow!("\"{name}\" is no name of a stack: {why}"))?;
        let table = table_of(&name, hosting.table_name.as_deref())?;
        let aws = aws_config::defaults(BehaviorVersion::latest()).timeout_config(aws_timeouts()).load().await;
        let region = aws.region().context(NO_REGION)?.to_string();
        check_credentials(&aws).await?;
        let host = Host {
            store: Store::new(aws_sdk_dynamodb::Client::new(&aws), &table),
            secrets: Secrets::new(aws_sdk_secretsmanager::Client::new(&aws), &name),
            clock: Clock::system(),
            deadline: Deadline::none(),
            http: HttpSettings::default(),
            allow_loopback: hosting.allow_loopback,
            progress: Progress::default(),
            patience: Duration::ZERO,
        };
        let found = host.store.connections().await;
        found.with_context(|| format!("the table {table} of the stack {name} cannot be read in {region}"))?;
        Ok((Self { name, region, table }, host))
    }

    /// Its place, for people.
    pub fn words(&self) -> String {
        let Self { name, region, table } = self;
        if table == name { format!("stack {name} in {region}") } else { format!("table {table} of {name} in {region}") }
    }

    /// Checks the credentials of the environment and keeps them and the webhook keys as the connection's secrets, and what
    /// the console's provider knows it by as the stack's. A vendor of which nothing stands in the environment is checked with what is kept.
    pub async fn connect(
        &self,
        host: &Host,
        connection: &ConnectionId,
        create_field: bool,
    ) -> anyhow::Result<(Connected, Vec<Kept>)> {
        let given_keys = WebhookKeys::from_env()?;
        let name = host.secrets.vendors(connection);
        // One that cannot be read is replaced, by what is given for both vendors.
        let before = host.secrets.read(&name).await?.and_then(|text| VendorCredentials::from_json(&text).ok());
        let credentials = VendorCredentials::from_env_over(before.clone())?;
        let is_new = before.is_none_or(|before| !is_same(&before.to_json(), &credentials.to_json()));
        let connected = match is_new {
            true => setup::connect_with(host, connection, &credentials, create_field).await?,
            false => setup::connect(host, connection, create_field).await?,
        };
        let vendors = Kept { name, is_new };
        let webhook = keep_webhook_keys(host, connection, given_keys).await?;
        let console = keep_console_secret(host).await?;
        Ok((connected, std::iter::once(vendors).chain(webhook).chain(console).collect()))
    }
}

/// The table: the stack's own, or one that was restored for it.
fn table_of(stack: &str, given: Option<&str>) -> anyhow::Result<String> {
    let table = given.unwrap_or(stack);
    if table != stack && !table.starts_with(&format!("{stack}{RESTORED}")) {
        bail!(
            "TABLE_NAME is \"{table}\", which is no table of the stack {stack}: leave one of them out, or name a table \
             that was restored for it, such as {stack}{RESTORED}"
        );
    }
    Ok(table.to_owned())
}

async fn check_credentials(aws: &SdkConfig) -> anyhow::Result<()> {
    let provider = aws.credentials_provider().context(NO_CREDENTIALS)?;
    provider.provide_credentials().await.map(drop).context(NO_CREDENTIALS)
}

/// Keeps the keys that are given in place of those that are kept for the same caller.
async fn keep_webhook_keys(host: &Host, connection: &ConnectionId, given: WebhookKeys) -> anyhow::Result<Option<Kept>> {
    let name = host.secrets.webhook(connection);
    let before = host.secrets.read(&name).await?.and_then(|text| WebhookKeys::from_json(&text).ok());
    let keys = given.over(before.clone().unwrap_or_default());
    if keys.is_empty() {
        return Ok(None);
    }
    let is_new = before.is_none_or(|before| !is_same(&before.to_json(), &keys.to_json()));
    if is_new {
        host.secrets.keep(&name, &keys.to_json()).await?;
    }
    Ok(Some(Kept { name, is_new }))
}

/// Keeps by what the provider knows the console, where that is given; it is the stack's, whatever the connection.
async fn keep_console_secret(host: &Host) -> anyhow::Result<Option<Kept>> {
    let Some(given) = ConsoleSecret::from_env() else { return Ok(None) };
    let (name, given) = (host.secrets.console(), given.to_json());
    let is_new = host.secrets.read(&name).await?.is_none_or(|before| !is_same(&before, &given));
    if is_new {
        host.secrets.keep(&name, &given).await?;
    }
    Ok(Some(Kept { name, is_new }))
}

fn is_same(one: &Secret, other: &Secret) -> bool {
    one.expose() == other.expose()
}

/// What to do about an error that AWS gave.
pub fn advice(error: &anyhow::Error) -> Option<&'static str> {
    let code = error.chain().find_map(|cause| {
        let of_database = cause.downcast_ref::<DatabaseError>().map(DatabaseError::code);
        of_database.or_else(|| cause.downcast_ref::<SecretsError>().map(SecretsError::code))
    })?;
    let Some(code) = code else {
        return Some("AWS gave no answer: check AWS_REGION and the network.");
    };
    Some(match code {
        "ResourceNotFoundException" => {
            "Check the stack's name (--stack), the account (AWS_PROFILE) and the region (AWS_REGION), and that it is \
             deployed: infra/README.md."
        }
        "AccessDeniedException" => {
            "These AWS credentials may not do it. What the command line needs is in infra/README.md, Permissions."
        }
        "ExpiredTokenException"
        | "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "InvalidClientTokenId" => {
            "AWS does not take these AWS credentials, or not any more: log in again, such as with `aws sso login`."
        }
        "InvalidRequestException" => {
            "If the secret was deleted, it comes back with: aws secretsmanager restore-secret --secret-id NAME"
        }
        _ => return None,
    })
}
