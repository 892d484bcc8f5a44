//! Keeps the run's lease while it works, and its record, so that the calls of a run that dies are counted
//! against the hour (U6, B1). Ends only when the lease is lost.

use crate::host::{Host, Vendors};
use crate::http::Vendor;
use crate::store::Lease;
use anyhow::anyhow;
use jiff::SignedDuration;
use shared::run::RunRecord;
use std::time::Duration;
use tokio::sync::RwLock;

/// A third of the lease, so that two renewals may fail before it ends.
const RENEW_EVERY: Duration = Duration::from_secs(20);
/// A POST is sent only while the lease holds at least this long.
const TIME_TO_SEND: SignedDuration = SignedDuration::from_secs(10);

/// Renews the lease for as long as it is ours; gives the reason when it is not.
pub(crate) async fn keep(host: &Host, vendors: &Vendors, lease: &RwLock<Lease>, so_far: RunRecord) -> anyhow::Error {
    let mut record = so_far;
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        let now = host.clock.now();
        let mut lease = lease.write().await;
        match host.store.renew_lease(&mut lease, now).await {
            Ok(true) => {}
            Ok(false) => return anyhow!("another run took the lease; this one stops"),
            Err(error) if has_time(host, &lease) => tracing::warn!("the lease was not renewed yet: {error:#}"),
            Err(error) => return error.context("the lease could not be renewed in time"),
        }
        record.heard = now;
        record.autotask_calls = vendors.calls.total(Vendor::Autotask);
        if let Err(error) = host.store.save_run(&lease.connection, &record).await {
            tracing::warn!("the run's record was not kept: {error:#}");
        }
    }
}

/// Whether the lease holds long enough to send one more change.
pub(crate) fn has_time(host: &Host, lease: &Lease) -> bool {
    lease.until.duration_since(host.clock.now()) >= TIME_TO_SEND
}
