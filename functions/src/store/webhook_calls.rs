//! When a call from outside was taken last, and when one was refused, of each connection: at most one write a minute,
//! so that a flood of calls writes no more than a few do.

use super::Store;
use super::items::{Item, Key, number, number_of};
use jiff::{SignedDuration, Timestamp};
use shared::ids::ConnectionId;

/// A partition that is no connection's: its name holds no `#`. The function at the door may write this one alone.
const WEBHOOKS: &str = "webhooks";
/// How much older than now what is kept has to be, so that it is written again.
const WRITTEN_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// What became of a call from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallHeard {
    /// It was believed.
    Taken,
    /// It was not.
    Refused,
}

/// When calls from outside were heard last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WebhookCalls {
    /// When one was believed.
    pub taken: Option<Timestamp>,
    /// When one was not.
    pub refused: Option<Timestamp>,
}

impl CallHeard {
    fn attribute(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Refused => "refused",
        }
    }
}

fn calls_key(connection: &ConnectionId) -> Key {
    Key { pk: WEBHOOKS.to_owned(), sk: connection.to_string() }
}

impl Store {
    /// When calls from outside for a connection were heard last; to the minute.
    pub async fn webhook_calls(&self, connection: &ConnectionId) -> anyhow::Result<WebhookCalls> {
        let item = self.get(&calls_key(connection)).await?.unwrap_or_default();
        let heard = |heard: CallHeard| time_of(&item, heard.attribute());
        Ok(WebhookCalls { taken: heard(CallHeard::Taken), refused: heard(CallHeard::Refused) })
    }

    /// Keeps that a call was heard at `now`, unless one was within the last minute.
    pub async fn note_webhook_call(
        &self,
        connection: &ConnectionId,
        heard: CallHeard,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let before = now.saturating_sub(WRITTEN_EVERY)?;
        let request = self
            .update(&calls_key(connection))
            .update_expression("SET #heard = :now")
            .condition_expression("attribute_not_exists(#heard) OR #heard <= :before")
            .expression_attribute_names("#heard", heard.attribute())
            .expression_attribute_values(":now", number(now.as_second()))
            .expression_attribute_values(":before", number(before.as_second()));
        self.written("noting a call", request).await?;
        Ok(())
    }
}

fn time_of(item: &Item, attribute: &str) -> Option<Timestamp> {
    Timestamp::from_second(number_of(item, attribute).ok()?).ok()
}
