//! How far alerts were read: what is durable moves the cursor, which overlaps, and what was already seen is passed
//! over (T7, T8). Reads nothing.

use crate::alert::Alert;
use crate::ids::{AlertId, TenantId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far each look reaches back before the latest change passed: alerts may become visible out of order.
const OVERLAP: SignedDuration = SignedDuration::from_mins(15);
/// How far the vendor's clock may be behind ours at the switch-on.
const SKEW: SignedDuration = SignedDuration::from_hours(2);
/// Changes remembered as seen; in the table they take some 80 bytes each.
const MOST_SEEN: usize = 2_000;
/// All active alerts are read this often, and compared with what is remembered.
const RECONCILED_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// How far the alerts of a connection were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertCursor {
    /// When ticket sync was switched on (T8).
    pub switched_on_at: Timestamp,
    /// Up to when all was passed, by the vendor's clock: the latest `updated_at` passed, and then on with the time.
    pub until: Timestamp,
    /// When it was so by our clock: the vendor's goes as fast.
    pub looked_at: Timestamp,
    /// What was passed within the overlap, with the `updated_at` it had.
    pub seen: BTreeMap<AlertId, Timestamp>,
    /// When all active alerts were last read; none: not since the switch-on.
    pub reconciled_at: Option<Timestamp>,
    /// The version of the mapping that they were compared by: another one may give tickets to alerts long passed.
    #[serde(default)]
    pub mapping_version: u64,
    /// Whether something was left to be done for alerts already passed: then the next look is not idle, though no
    /// alert changed.
    #[serde(default)]
    pub unfinished: bool,
    /// Customers that manage themselves, whose alerts are listed for nobody above them, by the numbers by which they
    /// are asked for; learned with all active alerts.
    #[serde(default)]
    pub self_service: BTreeMap<u64, TenantId>,
}

impl AlertCursor {
    /// Ticket sync was switched on at `now`: what is active is read whole first.
    pub fn switched_on(now: Timestamp) -> Self {
        let until = now.checked_sub(SKEW).unwrap_or(now);
        Self {
            switched_on_at: now,
            until,
            looked_at: now,
            seen: BTreeMap::new(),
            reconciled_at: None,
            mapping_version: 0,
            unfinished: false,
            self_service: BTreeMap::new(),
        }
    }

    /// From which `updated_at` on alerts are asked for, cleared ones too.
    pub fn since(&self) -> Timestamp {
        self.until.checked_sub(OVERLAP).unwrap_or(self.until)
    }

    /// From when on alerts make tickets: the switch-on, or some days before it (T8).
    pub fn tickets_since(&self, days_before: u32) -> Timestamp {
        let before = SignedDuration::from_hours(24 * i64::from(days_before));
        self.switched_on_at.checked_sub(before).unwrap_or(Timestamp::MIN)
    }

    /// Whether all active alerts are to be read now: once a day, and after each change of the mapping, since a customer
    /// that was mapped or a type that was switched on may have alerts long passed.
    pub fn reconciles_at(&self, now: Timestamp, mapping_version: u64) -> bool {
        let is_due = |at: Timestamp| now.duration_since(at) >= RECONCILED_EVERY;
        self.mapping_version != mapping_version || self.reconciled_at.is_none_or(is_due)
    }

    /// All active alerts were read at `now`, and what they lead to is durable.
    #[must_use]
    pub fn reconciled(self, now: Timestamp, mapping_version: u64) -> Self {
        Self { reconciled_at: Some(now), mapping_version, ..self }
    }

    /// Whether this change of an alert was not passed yet.
    pub fn is_new(&self, alert: &Alert) -> bool {
        self.seen.get(&alert.id) != Some(&alert.updated_at)
    }

    /// The cursor after a look at `read`, of which what `is_durable` says is kept: it moves up to the first alert
    /// that is not. A moment that lies ahead of `now` never moves it there, or all before that would be lost.
    ///
    /// It goes on with the time until what was seen lies behind it, or a storm would be listed whole at each look
    /// until something else happens. Then it rests: where nothing happens, nothing is written (B3).
    #[must_use]
    pub fn after(&self, read: &[Alert], now: Timestamp, is_durable: impl Fn(&Alert) -> bool) -> Self {
        let first_left = read.iter().filter(|alert| !is_durable(alert)).map(|alert| alert.updated_at).min();
        let farthest = now.min(first_left.unwrap_or(Timestamp::MAX));
        let passed: Vec<&Alert> = read.iter().filter(|alert| is_durable(alert)).collect();
        if passed.is_empty() && self.seen.is_empty() {
            return self.clone();
        }
        let gone_on = now.duration_since(self.looked_at).max(SignedDuration::ZERO);
        let gone_on = self.until.checked_add(gone_on).unwrap_or(now);
        let latest = passed.iter().map(|alert| alert.updated_at).max().unwrap_or(gone_on).max(gone_on);
        let mut after = Self { until: self.until.max(latest.min(farthest)), looked_at: now, ..self.clone() };
        for alert in passed {
            let newest = after.seen.entry(alert.id.clone()).or_insert(alert.updated_at);
            *newest = alert.updated_at.max(*newest);
        }
        let since = after.since();
        after.seen.retain(|_, at| *at >= since);
        after.forget_beyond_most();
        after
    }

    /// After a storm only the latest are kept: what is shown once more changes nothing, and a cursor must stay small.
    fn forget_beyond_most(&mut self) {
        if self.seen.len() > MOST_SEEN {
            let mut by_moment: Vec<(AlertId, Timestamp)> = std::mem::take(&mut self.seen).into_iter().collect();
            by_moment.sort_by_key(|(_, at)| *at);
            self.seen = by_moment.split_off(by_moment.len() - MOST_SEEN).into_iter().collect();
        }
    }
}
