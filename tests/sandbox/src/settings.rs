//! Switches for what the vendors leave open or what a test wants smaller, stricter or slower.
//! A switch changes an answer; it never changes stored state by itself.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Every switch, with the default that follows the vendors' documentation most closely.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Acronis rows per page at most (vendor default 5000).
    pub page_size: usize,
    /// Tenants accepted in one `GET /tenants/usages`; more answers 400.
    pub max_usage_batch: usize,
    /// Tokens are answered without the optional `expires_in`.
    pub leave_out_expires_in: bool,
    /// Usages are answered without the optional `absolute_value`.
    pub leave_out_absolute_value: bool,
    /// Adjustments dated in an approved and posted period are accepted.
    pub allow_posted: bool,
    /// The earlier half of a split units row ends on the effective date, not the day before it.
    pub row_ends_on_effective_date: bool,
    /// Autotask requests per rolling 60 minutes.
    pub hourly_limit: usize,
    /// Seconds in `Retry-After` once the hourly limit is used up; `None` leaves the header out.
    pub hourly_retry_after: Option<u64>,
    /// Add Autotask's latency from 50 % and 75 % of the hourly limit.
    pub latency: bool,
    /// Autotask requests at a time for one endpoint.
    pub thread_limit: usize,
    /// Status of the refusal once the thread limit is exceeded (429, or 500 as also seen).
    pub thread_status: u16,
    /// Entities ("Contracts", …) the API user may not read: they answer without rows.
    pub unreadable: BTreeSet<String>,
    /// Entities ("ContractServiceAdjustments", …) the API user may not write.
    pub unwritable: BTreeSet<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            page_size: 5000,
            max_usage_batch: 100,
            leave_out_expires_in: false,
            leave_out_absolute_value: false,
            allow_posted: false,
            row_ends_on_effective_date: false,
            hourly_limit: 10_000,
            hourly_retry_after: None,
            latency: false,
            thread_limit: 3,
            thread_status: 429,
            unreadable: BTreeSet::new(),
            unwritable: BTreeSet::new(),
        }
    }
}
