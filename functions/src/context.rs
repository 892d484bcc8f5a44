//! What every job is given from outside: the time, when to stop, secrets and the configuration. The
//! names of the environment's variables stand here and nowhere else. It reads the environment once;
//! it never speaks to anybody.

mod credentials;
mod oidc;

pub use credentials::{
    AUTOTASK_DISCOVERY, AcronisCredentials, AutotaskCredentials, OfferedCredentials, VendorCredentials, WebhookKeys,
};
pub use oidc::{ConsoleSecret, OidcSettings};
pub(crate) use oidc::{MOST_ID_BYTES, is_safe};

use jiff::Timestamp;
use serde::Deserialize;
use shared::run::Mode;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where the Acronis data centre is, such as `https://eu2-cloud.acronis.com`.
pub const ACRONIS_DATACENTER_URL: &str = "ACRONIS_DATACENTER_URL";
/// The id of the Acronis API client.
pub const ACRONIS_CLIENT_ID: &str = "ACRONIS_CLIENT_ID";
/// The secret of the Acronis API client.
pub const ACRONIS_CLIENT_SECRET: &str = "ACRONIS_CLIENT_SECRET";
/// Where Autotask is asked for its zone; the vendor's discovery host by default.
pub const AUTOTASK_ZONE_URL: &str = "AUTOTASK_ZONE_URL";
/// The Autotask API user.
pub const AUTOTASK_USER_NAME: &str = "AUTOTASK_USER_NAME";
/// The secret of the Autotask API user.
pub const AUTOTASK_SECRET: &str = "AUTOTASK_SECRET";
/// Autotask's tracking identifier of this integration.
pub const AUTOTASK_INTEGRATION_CODE: &str = "AUTOTASK_INTEGRATION_CODE";
/// The key that Autotask signs its webhooks with; two, separated by a comma, while it is changed.
pub const AUTOTASK_WEBHOOK_KEY: &str = "AUTOTASK_WEBHOOK_KEY";
/// The key that calls of `contract-changed` are signed with; two, separated by a comma, while it is changed.
pub const CONTRACT_CHANGED_KEY: &str = "CONTRACT_CHANGED_KEY";
/// The port on loopback where one machine takes webhooks.
pub const WEBHOOK_PORT: &str = "WEBHOOK_PORT";
/// The port on loopback where one machine serves the console.
pub const CONSOLE_PORT: &str = "CONSOLE_PORT";
/// Who vouches for people in the console: the issuer of a provider of OpenID Connect.
pub const OIDC_ISSUER: &str = "OIDC_ISSUER";
/// What the console is there.
pub const OIDC_CLIENT_ID: &str = "OIDC_CLIENT_ID";
/// By what it is known there besides, where the provider gave a secret; on AWS it is in Secrets Manager.
pub const OIDC_CLIENT_SECRET: &str = "OIDC_CLIENT_SECRET";
/// The subject, at that issuer, of who is an admin whenever he comes in.
pub const FIRST_ADMIN_SUBJECT: &str = "FIRST_ADMIN_SUBJECT";
/// The deployed stack that the command line works on.
pub const ACROTASK_STACK: &str = "ACROTASK_STACK";
/// The DynamoDB table.
pub const TABLE_NAME: &str = "TABLE_NAME";
/// The EventBridge bus.
pub const EVENT_BUS_NAME: &str = "EVENT_BUS_NAME";
/// What the names of secrets begin with: the stack's name.
pub const SECRETS_PREFIX: &str = "SECRETS_PREFIX";
/// `plan` or `apply`.
pub const MODE: &str = "MODE";
/// The folder of the embedded database, used when no table is configured.
pub const ACROTASK_DATA: &str = "ACROTASK_DATA";
/// `1` lets the vendors' addresses be loopback ones.
pub const ACROTASK_ALLOW_LOOPBACK: &str = "ACROTASK_ALLOW_LOOPBACK";
/// Where DynamoDB is, if not at AWS; read by the AWS SDK itself.
pub const AWS_ENDPOINT_URL_DYNAMODB: &str = "AWS_ENDPOINT_URL_DYNAMODB";
/// Where EventBridge is, if not at AWS; read by the AWS SDK itself.
pub const AWS_ENDPOINT_URL_EVENTBRIDGE: &str = "AWS_ENDPOINT_URL_EVENTBRIDGE";
/// Where Secrets Manager is, if not at AWS; read by the AWS SDK itself.
pub const AWS_ENDPOINT_URL_SECRETS_MANAGER: &str = "AWS_ENDPOINT_URL_SECRETS_MANAGER";

/// What the names of secrets begin with if nothing else is said.
pub const DEFAULT_SECRETS_PREFIX: &str = "acrotask";
/// Where one machine takes webhooks if nothing else is said.
const DEFAULT_WEBHOOK_PORT: u16 = 8420;

/// The time: the system's, or one that is moved by hand and shared by its clones.
#[derive(Debug, Clone)]
pub struct Clock(Option<Arc<Mutex<Timestamp>>>);

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still at `now` until it is set.
    pub fn set_to(now: Timestamp) -> Self {
        Self(Some(Arc::new(Mutex::new(now))))
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            None => Timestamp::now(),
            Some(moment) => *moment.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a clock that was made by [`Clock::set_to`], and all of its clones.
    pub fn set(&self, now: Timestamp) {
        let moment = self.0.as_ref().expect("only a clock made by Clock::set_to is moved by hand");
        *moment.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

/// When a run has to be done; some runs have no such moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// No deadline.
    pub fn none() -> Self {
        Self(None)
    }

    /// A deadline this long from now.
    pub fn after(length: Duration) -> Self {
        Self(Instant::now().checked_add(length))
    }

    /// Whether the time is over.
    pub fn passed(&self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }

    /// How much time is left; none where there is no deadline.
    pub fn left(&self) -> Option<Duration> {
        self.0.map(|end| end.saturating_duration_since(Instant::now()))
    }
}

/// A text that is never printed.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// What is wrong with the configuration, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// Where we live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosting {
    /// The DynamoDB table; without one the embedded database is used.
    pub table_name: Option<String>,
    /// The EventBridge bus.
    pub event_bus_name: Option<String>,
    /// What the names of secrets begin with.
    pub secrets_prefix: String,
    /// The folder of the embedded database.
    pub data_folder: Option<PathBuf>,
    /// What a run may do.
    pub mode: Mode,
    /// Whether the vendors' addresses may be loopback ones.
    pub allow_loopback: bool,
    /// The provider that vouches for people, as it stands there.
    pub oidc_issuer: Option<String>,
    /// Our id there.
    pub oidc_client_id: Option<String>,
    /// Who is an admin, there.
    pub first_admin_subject: Option<String>,
}

/// Everything from the environment, for a host that logs in with what stands there.
#[derive(Debug, Clone)]
pub struct Config {
    /// How to log in.
    pub vendors: VendorCredentials,
    /// Where we live.
    pub hosting: Hosting,
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(environment)
    }

    /// Reads what `lookup` gives for each name.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        Ok(Self { vendors: VendorCredentials::from_lookup(&lookup)?, hosting: Hosting::from_lookup(&lookup)? })
    }
}

impl Hosting {
    /// Reads the environment. On AWS this is all that is read there: credentials come from elsewhere.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(environment)
    }

    /// Reads what `lookup` gives for each name.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mode = match given(&lookup, MODE).as_deref() {
            None | Some("plan") => Mode::Plan,
            Some("apply") => Mode::Apply,
            Some(other) => return Err(ConfigError(format!("{MODE} is \"{other}\": expected plan or apply"))),
        };
        let allow_loopback = match given(&lookup, ACROTASK_ALLOW_LOOPBACK).as_deref() {
            None | Some("0") => false,
            Some("1") => true,
            Some(other) => {
                return Err(ConfigError(format!("{ACROTASK_ALLOW_LOOPBACK} is \"{other}\": expected 1, 0 or nothing")));
            }
        };
        Ok(Self {
            table_name: given(&lookup, TABLE_NAME),
            event_bus_name: given(&lookup, EVENT_BUS_NAME),
            secrets_prefix: given(&lookup, SECRETS_PREFIX).unwrap_or_else(|| DEFAULT_SECRETS_PREFIX.to_owned()),
            data_folder: given(&lookup, ACROTASK_DATA).map(PathBuf::from),
            mode,
            allow_loopback,
            oidc_issuer: given(&lookup, OIDC_ISSUER),
            oidc_client_id: given(&lookup, OIDC_CLIENT_ID),
            first_admin_subject: given(&lookup, FIRST_ADMIN_SUBJECT),
        })
    }
}

/// The port on loopback where one machine takes webhooks, from the environment; 0 is any that is free.
pub fn webhook_port() -> Result<u16, ConfigError> {
    Ok(port(WEBHOOK_PORT)?.unwrap_or(DEFAULT_WEBHOOK_PORT))
}

/// The port on loopback where one machine serves the console, from the environment, if it names one; 0 is any that is
/// free.
pub fn console_port() -> Result<Option<u16>, ConfigError> {
    port(CONSOLE_PORT)
}

fn port(name: &str) -> Result<Option<u16>, ConfigError> {
    let Some(text) = given(environment, name) else { return Ok(None) };
    let port = text.parse().map_err(|_| ConfigError(format!("{name} is \"{text}\": expected the number of a port")))?;
    Ok(Some(port))
}

/// The deployed stack that the command line works on, from the environment.
pub fn stack() -> Option<String> {
    given(environment, ACROTASK_STACK)
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn given(lookup: impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    lookup(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn needed(lookup: impl Fn(&str) -> Option<String>, name: &str, what: &str) -> Result<String, ConfigError> {
    given(lookup, name).ok_or_else(|| ConfigError(format!("{name} is not set: put there {what}")))
}
