//! What a job remembers of its connection before it asks a vendor anything.

use crate::host::Host;
use anyhow::anyhow;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use shared::creation::Creation;
use shared::guard::Approvals;
use shared::ids::ConnectionId;
use shared::mapping::Mapping;
use std::collections::BTreeMap;

/// Approvals older than a week are void.
const APPROVALS_HOLD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What people decided and what we created, as it is when a run begins.
pub(crate) struct Memory {
    pub(crate) mapping: Mapping,
    /// The date in the provider's time zone.
    pub(crate) today: Date,
    pub(crate) now: Timestamp,
    pub(crate) approvals: Approvals,
    pub(crate) creations: BTreeMap<String, Creation>,
}

/// Reads it; a time zone that nobody knows is an error.
pub(crate) async fn memory(host: &Host, id: &ConnectionId) -> anyhow::Result<Memory> {
    let now = host.clock.now();
    let mapping = host.store.mapping(id).await?.unwrap_or_default();
    let today = date_in(&mapping.settings.time_zone, now)?;
    let approvals = host.store.approvals(id, now.checked_sub(APPROVALS_HOLD)?).await?;
    let by_id = approvals
        .into_iter()
        .flat_map(|approval| approval.ids.into_iter().map(move |id| (id, approval.by.clone())))
        .collect();
    Ok(Memory { mapping, today, now, approvals: by_id, creations: host.store.creations(id).await? })
}

/// The date at `now` in the provider's time zone.
pub(crate) fn date_in(time_zone: &str, now: Timestamp) -> anyhow::Result<Date> {
    let zone = TimeZone::get(time_zone)
        .map_err(|_| anyhow!("settings.time_zone: \"{time_zone}\" is not an IANA time zone such as Europe/Berlin"))?;
    Ok(now.to_zoned(zone).date())
}
