//! The job that says what is due: one event per connection and job. Looks at no vendor.

use crate::events::{Bus, Event, SyncDue};
use crate::store::Store;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use shared::ids::ConnectionId;
use shared::run::Job;

/// For which connections a job is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// For all.
    Now,
    /// For those where it is this hour at the provider's, 0 to 23: a schedule that comes each hour has one for everybody.
    InHour(i8, Timestamp),
}

/// Publishes a `SyncDue` for each connection, and says for how many.
pub async fn run(store: &Store, bus: &Bus, job: Job, due: Due) -> anyhow::Result<usize> {
    let mut events = Vec::new();
    for connection in store.connections().await? {
        if is_due(store, &connection.id, due).await? {
            events.push(Event::SyncDue(SyncDue { connection: connection.id, job }));
        }
    }
    bus.publish(&events).await?;
    tracing::info!(%job, connections = events.len(), "due");
    Ok(events.len())
}

async fn is_due(store: &Store, id: &ConnectionId, due: Due) -> anyhow::Result<bool> {
    let Due::InHour(hour, now) = due else { return Ok(true) };
    // Boxed: the future of a reading is too deep to stand inside its caller's.
    let mapping = Box::pin(store.mapping(id)).await?.unwrap_or_default();
    // Of a time zone that nobody knows the job itself says what is wrong.
    let zone = TimeZone::get(&mapping.settings.time_zone).unwrap_or(TimeZone::UTC);
    Ok(now.to_zoned(zone).hour() == hour)
}
