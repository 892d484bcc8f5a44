//! The job that says what is due: one event per connection and job. Looks at no vendor.

use crate::events::{Bus, Event, SyncDue};
use crate::store::Store;
use shared::run::Job;

/// Publishes a `SyncDue` for each connection, and says for how many.
pub async fn run(store: &Store, bus: &Bus, job: Job) -> anyhow::Result<usize> {
    let connections = store.connections().await?;
    let due: Vec<Event> =
        connections.into_iter().map(|connection| Event::SyncDue(SyncDue { connection: connection.id, job })).collect();
    bus.publish(&due).await?;
    tracing::info!(%job, connections = due.len(), "due");
    Ok(due.len())
}
