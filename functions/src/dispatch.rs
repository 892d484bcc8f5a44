//! The job that says what is due: one event per connection and job. Looks at no vendor.

use crate::events::{Bus, Event, SyncDue};
use crate::store::Store;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use shared::ids::ConnectionId;
use shared::run::Job;

/// How old a run may be that is followed by another one: longer than from one hourly schedule to the next.
const LOOKED_BACK: SignedDuration = SignedDuration::from_mins(90);

/// For which connections a job is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// For all.
    Now,
    /// For those where it is this hour at the provider's, 0 to 23: a schedule that comes each hour has one for everybody.
    /// And for those where the run before left something open.
    InHour(i8, Timestamp),
}

/// Publishes a `SyncDue` for each connection, and says for how many.
pub async fn run(store: &Store, bus: &Bus, job: Job, due: Due) -> anyhow::Result<usize> {
    let mut events = Vec::new();
    for connection in store.connections().await? {
        if is_due(store, &connection.id, job, due).await? {
            events.push(Event::SyncDue(SyncDue { connection: connection.id, job }));
        }
    }
    bus.publish(&events).await?;
    tracing::info!(%job, connections = events.len(), "due");
    Ok(events.len())
}

async fn is_due(store: &Store, id: &ConnectionId, job: Job, due: Due) -> anyhow::Result<bool> {
    let Due::InHour(hour, now) = due else { return Ok(true) };
    // Boxed: the future of a reading is too deep to stand inside its caller's.
    let mapping = Box::pin(store.mapping(id)).await?.unwrap_or_default();
    // Of a time zone that nobody knows the job itself says what is wrong.
    let zone = TimeZone::get(&mapping.settings.time_zone).unwrap_or(TimeZone::UTC);
    Ok(now.to_zoned(zone).hour() == hour || Box::pin(is_unanswered(store, id, job, now)).await?)
}

/// Whether a job's run of the last hours left changes of which nobody knows yet whether they were made (U6). None of
/// them waits for the next day.
pub async fn is_unanswered(store: &Store, id: &ConnectionId, job: Job, now: Timestamp) -> anyhow::Result<bool> {
    let mut runs = store.runs_since(id, now.saturating_sub(LOOKED_BACK)?).await?;
    runs.retain(|run| run.job == job && (run.everybody || run.unanswered_since.is_some()));
    Ok(runs.last().is_some_and(|run| run.unanswered_since.is_some()))
}
