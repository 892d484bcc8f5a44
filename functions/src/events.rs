//! The events that functions wake one another with, as they travel over EventBridge. An event only says
//! "look now"; nothing in it is believed.

use anyhow::{Context, bail, ensure};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde::{Deserialize, Serialize};
use shared::ids::ConnectionId;
use shared::run::Job;

/// Who sends our events (`source` in EventBridge's envelope).
pub const SOURCE: &str = "acrotask";
/// The `detail-type` of [`SyncDue`].
pub const SYNC_DUE: &str = "SyncDue";
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

/// EventBridge's envelope, as a function is invoked with it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Envelope {
    detail_type: String,
    detail: serde_json::Value,
}

impl SyncDue {
    /// Reads the event a function was invoked with.
    pub fn from_invocation(payload: serde_json::Value) -> anyhow::Result<Self> {
        let envelope: Envelope = serde_json::from_value(payload).context("expected an EventBridge event")?;
        ensure!(envelope.detail_type == SYNC_DUE, "expected a {SYNC_DUE} event, not {}", envelope.detail_type);
        serde_json::from_value(envelope.detail).with_context(|| format!("the detail of this {SYNC_DUE} cannot be read"))
    }

    /// The event as a function is invoked with it.
    pub fn to_invocation(&self) -> serde_json::Value {
        serde_json::json!({"source": SOURCE, "detail-type": SYNC_DUE, "detail": self})
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
    pub async fn publish(&self, events: &[SyncDue]) -> anyhow::Result<()> {
        for some in events.chunks(MOST_IN_ONE_REQUEST) {
            let entries = some.iter().map(|event| self.entry(event)).collect::<anyhow::Result<Vec<_>>>()?;
            let reply = self.client.put_events().set_entries(Some(entries)).send().await;
            let reply = reply.with_context(|| format!("publishing on the bus {}", self.name))?;
            if reply.failed_entry_count() > 0 {
                let why = reply.entries().iter().find_map(|entry| entry.error_message()).unwrap_or("no reason given");
                bail!("the bus {} did not take {} events: {why}", self.name, reply.failed_entry_count());
            }
        }
        Ok(())
    }

    fn entry(&self, event: &SyncDue) -> anyhow::Result<PutEventsRequestEntry> {
        Ok(PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(SYNC_DUE)
            .detail(serde_json::to_string(event)?)
            .build())
    }
}
