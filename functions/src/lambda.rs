//! What the Lambda binaries have in common: one host per process, a deadline per invocation, and one log
//! line for an invocation that failed. No job's logic is here.

use crate::context::{Clock, Deadline, Hosting, OidcSettings};
use crate::events::Bus;
use crate::host::Host;
use crate::http::HttpSettings;
use crate::metrics;
use crate::progress::Progress;
use crate::run::Logged;
use crate::secrets::{Offers, OwnSecret, Secrets};
use crate::store::Store;
use anyhow::Context;
use aws_config::BehaviorVersion;
use aws_config::timeout::TimeoutConfig;
use lambda_runtime::{LambdaEvent, service_fn};
use shared::run::Mode;
use std::time::{Duration, SystemTime};
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Kept before the function's time-out: a run stops in good order, it is not cut off.
const TIME_TO_STOP: Duration = Duration::from_secs(5);

/// Where the runtime logs each invocation that failed; why, it was told by us, who have logged it. What panicked says
/// so by itself, and ends the process.
const LOGS_AGAIN: &str = "lambda_runtime::layers::panic";

/// Where the runtime logs each event as it came, to whoever wants to read all: with cookies, and what else a caller sends.
const LOGS_EVENTS: &str = "lambda_runtime::layers::api_response";

/// The bus that every AWS account has.
const DEFAULT_BUS: &str = "default";

/// AWS that takes a request and says nothing must not hold up a run past its lease.
pub fn aws_timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(15))
        .operation_timeout(Duration::from_secs(40))
        .build()
}

/// A Lambda function's process.
#[derive(Debug, Clone)]
pub struct Function {
    /// Where its job works.
    pub host: Host,
    /// The bus.
    pub bus: Bus,
    /// Whether it may write.
    pub mode: Mode,
}

impl Function {
    /// Builds the clients once, from the environment.
    pub async fn from_env() -> anyhow::Result<Self> {
        let hosting = Hosting::from_env()?;
        let table = hosting.table_name.context("TABLE_NAME is not set: put there the DynamoDB table's name")?;
        let aws = aws_config::defaults(BehaviorVersion::latest()).timeout_config(aws_timeouts()).load().await;
        let bus = hosting.event_bus_name.unwrap_or_else(|| DEFAULT_BUS.to_owned());
        let host = Host {
            store: Store::new(aws_sdk_dynamodb::Client::new(&aws), table),
            secrets: Secrets::new(aws_sdk_secretsmanager::Client::new(&aws), hosting.secrets_prefix),
            clock: Clock::system(),
            deadline: Deadline::none(),
            http: HttpSettings::default(),
            allow_loopback: hosting.allow_loopback,
            progress: Progress::default(),
            patience: Duration::ZERO,
        };
        Ok(Self { host, bus: Bus::new(aws_sdk_eventbridge::Client::new(&aws), bus), mode: hosting.mode })
    }

    /// The host for one invocation, which has to be done by `deadline` (milliseconds since 1970).
    fn for_invocation(&self, deadline_millis: u64) -> Host {
        let end = SystemTime::UNIX_EPOCH + Duration::from_millis(deadline_millis);
        let left = end.duration_since(SystemTime::now()).unwrap_or_default();
        Host { deadline: Deadline::after(left.saturating_sub(TIME_TO_STOP)), ..self.host.clone() }
    }
}

/// The bus, the secrets and one partition of the table, for a function that anybody can call: it has no vendors.
#[derive(Debug, Clone)]
pub struct Door {
    /// Where it keeps when it was called last.
    pub store: Option<Store>,
    /// Where keys are.
    pub secrets: Secrets,
    /// The bus.
    pub bus: Bus,
}

impl Door {
    /// Builds the clients once, from the environment.
    pub async fn from_env() -> anyhow::Result<Self> {
        let hosting = Hosting::from_env()?;
        let aws = aws_config::defaults(BehaviorVersion::latest()).timeout_config(callers_patience()).load().await;
        let bus = hosting.event_bus_name.unwrap_or_else(|| DEFAULT_BUS.to_owned());
        let secrets = Secrets::new(aws_sdk_secretsmanager::Client::new(&aws), hosting.secrets_prefix);
        let store = hosting.table_name.map(|table| Store::new(aws_sdk_dynamodb::Client::new(&aws), table));
        Ok(Self { store, secrets, bus: Bus::new(aws_sdk_eventbridge::Client::new(&aws), bus) })
    }
}

/// The table and the bus alone, for the function that people call: it has no vendors, and no secret that it could read but
/// its own.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The table.
    pub store: Store,
    /// The bus.
    pub bus: Bus,
    /// Where people put what they offer to connect with.
    pub offers: Offers,
    /// By what the provider knows the console.
    pub own_secret: OwnSecret,
    /// Who vouches for people; none where nobody does.
    pub oidc: Option<OidcSettings>,
}

impl Desk {
    /// Builds the clients once, from the environment.
    pub async fn from_env() -> anyhow::Result<Self> {
        let hosting = Hosting::from_env()?;
        let oidc = hosting.oidc()?;
        let table = hosting.table_name.context("TABLE_NAME is not set: put there the DynamoDB table's name")?;
        let aws = aws_config::defaults(BehaviorVersion::latest()).timeout_config(callers_patience()).load().await;
        let bus = hosting.event_bus_name.unwrap_or_else(|| DEFAULT_BUS.to_owned());
        let store = Store::new(aws_sdk_dynamodb::Client::new(&aws), table);
        let secrets = Secrets::new(aws_sdk_secretsmanager::Client::new(&aws), hosting.secrets_prefix);
        let (offers, own_secret) = (Offers::new(secrets.clone()), OwnSecret::new(secrets));
        Ok(Self { store, offers, own_secret, oidc, bus: Bus::new(aws_sdk_eventbridge::Client::new(&aws), bus) })
    }
}

/// Autotask waits 10 seconds for an answer (Autotask developer help, Webhooks error handling).
fn callers_patience() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(2))
        .operation_timeout(Duration::from_secs(4))
        .build()
}

/// Lets the process log as CloudWatch reads it best: what happens as JSON, and metrics as metrics.
pub fn log_as_json() {
    let is_metrics = |metadata: &Metadata<'_>| metadata.target() == metrics::TARGET;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let tells_all = |metadata: &Metadata<'_>| metadata.target() == LOGS_EVENTS && *metadata.level() == Level::TRACE;
    let filter = filter.and(filter_fn(move |metadata| {
        !is_metrics(metadata) && metadata.target() != LOGS_AGAIN && !tells_all(metadata)
    }));
    let log = tracing_subscriber::fmt::layer().json().without_time().with_filter(filter);
    let metrics = tracing_subscriber::fmt::layer().event_format(metrics::AsCloudWatchReads);
    tracing_subscriber::registry().with(log).with(metrics.with_filter(filter_fn(is_metrics))).init();
}

/// Logs, once, why an invocation failed, unless its run did so, and fails it.
pub fn failure(request: &str, error: &anyhow::Error) -> lambda_runtime::Error {
    if error.downcast_ref::<Logged>().is_none() {
        tracing::error!(request, "{error:#}");
    }
    lambda_runtime::Error::from(format!("{error:#}"))
}

/// Serves invocations for as long as the process lives. An `Err` of `handle` fails the invocation, and is
/// logged here, unless its run has logged it.
pub async fn serve<H>(handle: H) -> Result<(), lambda_runtime::Error>
where
    H: AsyncFn(&Function, Host, serde_json::Value) -> anyhow::Result<serde_json::Value>,
{
    log_as_json();
    let function = Function::from_env().await?;
    let (function, handle) = (&function, &handle);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<serde_json::Value>| async move {
        let host = function.for_invocation(event.context.deadline);
        let answer = handle(function, host, event.payload).await;
        answer.map_err(|error| failure(&event.context.request_id, &error))
    }))
    .await
}
