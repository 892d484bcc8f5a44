//! The job at the door: takes calls from outside, believes none that is not signed, and publishes the event
//! that says where to look. Of the table it writes when it was called last, and reads nothing; it calls no vendor.

mod autotask;
mod call;
mod contract_changed;
mod function_url;
mod keys;
mod noted;
mod signature;

pub use call::{Call, MOST_BODY_BYTES, Reply};
pub use keys::Keys;

use crate::context::Clock;
use crate::events::Bus;
use crate::secrets::Secrets;
use crate::store::Store;
use call::{Door, Refusal, Route};
use jiff::Timestamp;
use noted::Noted;

/// What takes the calls: as a Lambda function, or on one machine.
#[derive(Debug)]
pub struct Webhook {
    keys: Keys,
    bus: Bus,
    clock: Clock,
    noted: Noted,
}

impl Webhook {
    /// Knows callers by the keys in `secrets`, publishes on `bus`, and keeps in `store` when it was called last.
    pub fn new(secrets: Secrets, bus: Bus, store: Option<Store>, clock: Clock) -> Self {
        Self { keys: Keys::new(secrets), bus, clock, noted: Noted::new(store) }
    }

    /// Answers a call, with its events published.
    pub async fn answer(&self, call: &Call) -> Reply {
        let now = self.clock.now();
        let reply = self.published(handle(call, now, &self.keys).await).await;
        self.noted.note(call, reply.status, now, &self.keys).await;
        reply
    }

    /// A reply whose events are published, or the refusal.
    async fn published(&self, reply: Reply) -> Reply {
        let Some(connection) = reply.events.first().map(crate::events::Event::connection) else { return reply };
        match self.bus.publish(&reply.events).await {
            Ok(()) => reply,
            Err(error) => {
                tracing::error!(%connection, "a call is to be made again by its caller: {error:#}");
                Reply::from(Refusal::Unable)
            }
        }
    }

    /// Answers a call that arrives as an invocation of a Lambda function.
    pub async fn answer_invocation(&self, payload: serde_json::Value) -> anyhow::Result<serde_json::Value> {
        let reply = match function_url::call(payload)? {
            Ok(call) => self.answer(&call).await,
            Err(refusal) => Reply::from(refusal),
        };
        Ok(function_url::response(&reply))
    }
}

/// What a call deserves: a status, a small body, and the events to be published before it is sent.
pub async fn handle(call: &Call, now: Timestamp, keys: &Keys) -> Reply {
    match heard(call, now, keys).await {
        Ok(events) => Reply::taken(events),
        Err(refusal) => Reply::from(refusal),
    }
}

async fn heard(call: &Call, now: Timestamp, keys: &Keys) -> Result<Vec<crate::events::Event>, Refusal> {
    let Route { connection, door } = Route::of(call)?;
    if call.body.len() > MOST_BODY_BYTES {
        return Err(Refusal::TooLarge);
    }
    match door {
        Door::Autotask => {
            let signature = autotask::signature_of(call)?;
            let stack = keys.stack();
            let keys = keys.of(&connection, now).await?;
            signature.is_by_one_of(&keys.autotask, &[&call.body])?;
            autotask::events(stack, connection, &call.body, now)
        }
        Door::ContractChanged => {
            let signed = contract_changed::signature_of(call, now)?;
            let keys = keys.of(&connection, now).await?;
            signed.signature.is_by_one_of(&keys.contract_changed, &[signed.timestamp.as_bytes(), b".", &call.body])?;
            contract_changed::events(connection, &call.body)
        }
    }
}
