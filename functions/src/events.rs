//! The events that functions wake one another with, as they travel over EventBridge and, for changes,
//! through SQS behind it. An event only says "look now"; nothing in it is believed.

use anyhow::{Context, bail, ensure};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde::{Deserialize, Serialize};
use shared::ids::{CompanyId, ConnectionId, ContractId, TicketId};
use shared::run::Job;

/// Who sends our events (`source` in EventBridge's envelope).
pub const SOURCE: &str = "acrotask";
/// The `detail-type` of [`SyncDue`].
pub const SYNC_DUE: &str = "SyncDue";
/// The `detail-type` of [`ContractChanged`].
pub const CONTRACT_CHANGED: &str = "ContractChanged";
/// The `detail-type` of [`CompanyChanged`].
pub const COMPANY_CHANGED: &str = "CompanyChanged";
/// The `detail-type` of [`TicketChanged`].
pub const TICKET_CHANGED: &str = "TicketChanged";
/// The `detail-type` of [`CredentialsOffered`].
pub const CREDENTIALS_OFFERED: &str = "CredentialsOffered";
/// The `detail-type` of [`AlertsAsked`].
pub const ALERTS_ASKED: &str = "AlertsAsked";
/// EventBridge takes at most this many events in one request (Amazon EventBridge API, PutEvents).
const MOST_IN_ONE_REQUEST: usize = 10;

/// A job is due for a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncDue {
    /// For which connection.
    pub connection: ConnectionId,
    /// Which job.
    pub job: Job,
}

/// Something about contracts changed in Autotask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractChanged {
    /// For which connection.
    pub connection: ConnectionId,
    /// Where.
    #[serde(flatten)]
    pub about: About,
}

/// Where contracts changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// Some contract of this company.
    Company(CompanyId),
    /// This contract.
    Contract(ContractId),
}

/// A customer is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyChanged {
    /// For which connection.
    pub connection: ConnectionId,
    /// Which company.
    pub company: CompanyId,
    /// Why.
    pub cause: Cause,
}

/// Why a customer is to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// The company itself changed in Autotask.
    Company,
    /// A mapping or a setting was saved.
    Mapping,
    /// It was its turn.
    Sweep,
}

/// A ticket changed in Autotask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketChanged {
    /// For which connection.
    pub connection: ConnectionId,
    /// Which ticket.
    pub ticket: TicketId,
}

/// A person offered credentials in the console, or wants those that are kept to be checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialsOffered {
    /// For which connection.
    pub connection: ConnectionId,
    /// Which offer.
    pub offer: String,
}

/// A person wants to see what the alerts of the last days would have become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertsAsked {
    /// For which connection.
    pub connection: ConnectionId,
    /// Of how many days before now.
    pub days: u32,
}

/// Any of the events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A job is due.
    SyncDue(SyncDue),
    /// Something about contracts changed.
    ContractChanged(ContractChanged),
    /// A customer is to be looked at.
    CompanyChanged(CompanyChanged),
    /// A ticket changed.
    TicketChanged(TicketChanged),
    /// Credentials are to be checked.
    CredentialsOffered(CredentialsOffered),
    /// Alerts are to be read.
    AlertsAsked(AlertsAsked),
}

/// EventBridge's envelope, as a function is invoked with it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Envelope {
    detail_type: String,
    detail: serde_json::Value,
}

impl Envelope {
    fn read(payload: serde_json::Value) -> anyhow::Result<Self> {
        serde_json::from_value(payload).context("expected an EventBridge event")
    }

    fn detail<T: serde::de::DeserializeOwned>(self) -> anyhow::Result<T> {
        let Self { detail_type, detail } = self;
        serde_json::from_value(detail).with_context(|| format!("the detail of this {detail_type} cannot be read"))
    }
}

impl SyncDue {
    /// Reads the event a function was invoked with.
    pub fn from_invocation(payload: serde_json::Value) -> anyhow::Result<Self> {
        let envelope = Envelope::read(payload)?;
        ensure!(envelope.detail_type == SYNC_DUE, "expected a {SYNC_DUE} event, not {}", envelope.detail_type);
        envelope.detail()
    }

    /// The event as a function is invoked with it.
    pub fn to_invocation(&self) -> serde_json::Value {
        Event::SyncDue(self.clone()).to_invocation()
    }
}

/// Reads the event a function was invoked with; none where it is another one.
fn named<T: serde::de::DeserializeOwned>(name: &str, payload: &serde_json::Value) -> anyhow::Result<Option<T>> {
    match payload["detail-type"] == name {
        true => Envelope::read(payload.clone())?.detail().map(Some),
        false => Ok(None),
    }
}

impl CredentialsOffered {
    /// Reads the event a function was invoked with; none where it is another one.
    pub fn from_invocation(payload: &serde_json::Value) -> anyhow::Result<Option<Self>> {
        named(CREDENTIALS_OFFERED, payload)
    }
}

impl AlertsAsked {
    /// Reads the event a function was invoked with; none where it is another one.
    pub fn from_invocation(payload: &serde_json::Value) -> anyhow::Result<Option<Self>> {
        named(ALERTS_ASKED, payload)
    }
}

impl Event {
    /// Reads an event as EventBridge hands it over.
    pub fn from_invocation(payload: serde_json::Value) -> anyhow::Result<Self> {
        let envelope = Envelope::read(payload)?;
        match envelope.detail_type.as_str() {
            SYNC_DUE => envelope.detail().map(Self::SyncDue),
            CONTRACT_CHANGED => envelope.detail().map(Self::ContractChanged),
            COMPANY_CHANGED => envelope.detail().map(Self::CompanyChanged),
            TICKET_CHANGED => envelope.detail().map(Self::TicketChanged),
            CREDENTIALS_OFFERED => envelope.detail().map(Self::CredentialsOffered),
            ALERTS_ASKED => envelope.detail().map(Self::AlertsAsked),
            other => bail!("there is no event of the name {other}"),
        }
    }

    /// The event as EventBridge hands it over.
    pub fn to_invocation(&self) -> serde_json::Value {
        serde_json::json!({"source": SOURCE, "detail-type": self.detail_type(), "detail": self.detail()})
    }

    /// Its name on the bus.
    pub fn detail_type(&self) -> &'static str {
        match self {
            Self::SyncDue(_) => SYNC_DUE,
            Self::ContractChanged(_) => CONTRACT_CHANGED,
            Self::CompanyChanged(_) => COMPANY_CHANGED,
            Self::TicketChanged(_) => TICKET_CHANGED,
            Self::CredentialsOffered(_) => CREDENTIALS_OFFERED,
            Self::AlertsAsked(_) => ALERTS_ASKED,
        }
    }

    /// For which connection.
    pub fn connection(&self) -> &ConnectionId {
        match self {
            Self::SyncDue(event) => &event.connection,
            Self::ContractChanged(event) => &event.connection,
            Self::CompanyChanged(event) => &event.connection,
            Self::TicketChanged(event) => &event.connection,
            Self::CredentialsOffered(event) => &event.connection,
            Self::AlertsAsked(event) => &event.connection,
        }
    }

    /// The jobs it wakes: here, and nowhere else.
    pub fn wakes(&self) -> &[Job] {
        match self {
            Self::SyncDue(due) => std::slice::from_ref(&due.job),
            Self::ContractChanged(_) => &[Job::UsageSync, Job::ContractChanged],
            Self::CompanyChanged(CompanyChanged { cause: Cause::Mapping, .. }) => {
                &[Job::UsageSync, Job::ContractChanged]
            }
            Self::CompanyChanged(CompanyChanged { cause: Cause::Company | Cause::Sweep, .. }) => {
                &[Job::ContractChanged]
            }
            Self::TicketChanged(_) => &[Job::TicketChanged],
            // Its function has the vendors' rights and the time for it.
            Self::CredentialsOffered(_) => &[Job::UsageSync],
            Self::AlertsAsked(_) => &[Job::AlertSync],
        }
    }

    fn detail(&self) -> serde_json::Value {
        let detail = match self {
            Self::SyncDue(event) => serde_json::to_value(event),
            Self::ContractChanged(event) => serde_json::to_value(event),
            Self::CompanyChanged(event) => serde_json::to_value(event),
            Self::TicketChanged(event) => serde_json::to_value(event),
            Self::CredentialsOffered(event) => serde_json::to_value(event),
            Self::AlertsAsked(event) => serde_json::to_value(event),
        };
        detail.expect("events are plain structures, which always have a JSON form")
    }
}

/// The messages that one invocation brings from a queue behind the bus (AWS Lambda developer guide, Using
/// Lambda with Amazon SQS).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Those that could be read, in the order in which they came.
    pub messages: Vec<Message>,
    /// The ids of those that could not: they stay failures, and the queue keeps them for a person.
    pub unreadable: Vec<String>,
}

/// A message from a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The queue's id of it.
    pub id: String,
    /// What it says.
    pub event: Event,
}

/// The answer to an invocation with a [`Batch`]: the queue sends again what is named here and nothing else
/// (AWS Lambda developer guide, Implementing partial batch responses).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchAnswer {
    batch_item_failures: Vec<BatchItemFailure>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchItemFailure {
    item_identifier: String,
}

#[derive(Deserialize)]
struct Records {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    #[serde(default)]
    body: String,
}

impl Batch {
    /// Whether a function was invoked with messages from a queue, and not with an event itself.
    pub fn is_one(payload: &serde_json::Value) -> bool {
        payload.get("Records").is_some()
    }

    /// Reads what a function was invoked with. What is no batch at all is an error, by which the queue keeps
    /// everything; a single message that cannot be read is logged and holds up no other.
    pub fn from_invocation(payload: serde_json::Value) -> anyhow::Result<Self> {
        let Records { records } = serde_json::from_value(payload).context("expected messages from an SQS queue")?;
        let mut batch = Self { messages: Vec::new(), unreadable: Vec::new() };
        for Record { message_id: id, body } in records {
            let envelope = serde_json::from_str(&body).context("expected JSON");
            match envelope.and_then(Event::from_invocation) {
                Ok(event) => batch.messages.push(Message { id, event }),
                Err(error) => {
                    tracing::error!(message = id, "a message from the queue cannot be read: {error:#}");
                    batch.unreadable.push(id);
                }
            }
        }
        Ok(batch)
    }

    /// The answer where these messages failed; those that could not be read always do.
    pub fn answer<'a>(&self, failed: impl IntoIterator<Item = &'a str>) -> BatchAnswer {
        let failed = failed.into_iter().map(str::to_owned);
        let failures = self.unreadable.iter().cloned().chain(failed);
        BatchAnswer {
            batch_item_failures: failures.map(|item_identifier| BatchItemFailure { item_identifier }).collect(),
        }
    }
}

impl BatchAnswer {
    /// The ids of the messages that are to come again.
    pub fn failed(&self) -> impl Iterator<Item = &str> {
        self.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str())
    }
}

/// The bus events travel over.
#[derive(Debug, Clone)]
pub struct Bus {
    client: aws_sdk_eventbridge::Client,
    name: String,
}

impl Bus {
    /// The bus of this name.
    pub fn new(client: aws_sdk_eventbridge::Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// Publishes events; those the bus did not take make it an error, since nobody would look.
    pub async fn publish(&self, events: &[Event]) -> anyhow::Result<()> {
        for some in events.chunks(MOST_IN_ONE_REQUEST) {
            let entries = some.iter().map(|event| self.entry(event)).collect();
            let reply = self.client.put_events().set_entries(Some(entries)).send().await;
            let reply = reply.with_context(|| format!("publishing on the bus {}", self.name))?;
            if reply.failed_entry_count() > 0 {
                let why = reply.entries().iter().find_map(|entry| entry.error_message()).unwrap_or("no reason given");
                bail!("the bus {} did not take {} events: {why}", self.name, reply.failed_entry_count());
            }
        }
        Ok(())
    }

    fn entry(&self, event: &Event) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(event.detail_type())
            .detail(event.detail().to_string())
            .build()
    }
}
