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
    /// Acronis refuses properties that its schemas do not have, and numbers written as text.
    pub strict: bool,
    /// The Acronis client may only read; every write answers 403.
    pub read_only_client: bool,
    /// Names of tenants are unique in the whole tree, not only among siblings.
    pub names_unique_in_tree: bool,
    /// Items with usage cannot be switched off, whether `check_usage` is sent or not.
    pub keep_used_items_on: bool,
    /// Adjustments dated in an approved and posted period are accepted.
    pub allow_posted: bool,
    /// The earlier half of a split units row ends on the effective date, not the day before it.
    pub row_ends_on_effective_date: bool,
    /// Changes to the services and bundles of a contract leave an automatic note on it.
    pub write_notes: bool,
    /// Adjustments of units move the contract's `lastModifiedDateTime`.
    pub adjustments_touch_contracts: bool,
    /// Web-hook addresses need neither https nor port 443.
    pub any_webhook_address: bool,
    /// Alerts per page at most, and when no limit is given.
    pub alert_page_size: usize,
    /// Alerts are shown without the `tenant.uuid` that the vendor's schema does not have.
    pub alerts_without_tenant_uuid: bool,
    /// What happens to alerts at one time carries the same moment to the nanosecond.
    pub alerts_share_moments: bool,
    /// The cursor of a page of alerts leads to the same page again.
    pub alert_cursors_repeat: bool,
    /// Between two pages of alerts comes one without any, that has a cursor too.
    pub alert_hollow_pages: bool,
    /// Types of alerts that `/types` does not tell.
    pub unlisted_alert_types: BTreeSet<String>,
    /// Days after which a cleared or dismissed alert is forgotten; `None` keeps it for ever.
    pub alert_retention_days: Option<u32>,
    /// A ticket merged into another is gone; otherwise it stays, complete.
    pub merged_tickets_are_gone: bool,
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
            strict: true,
            read_only_client: false,
            names_unique_in_tree: true,
            keep_used_items_on: true,
            allow_posted: false,
            row_ends_on_effective_date: false,
            write_notes: true,
            adjustments_touch_contracts: false,
            any_webhook_address: false,
            alert_page_size: 100,
            alerts_without_tenant_uuid: false,
            alerts_share_moments: false,
            alert_cursors_repeat: false,
            alert_hollow_pages: false,
            unlisted_alert_types: BTreeSet::new(),
            alert_retention_days: None,
            merged_tickets_are_gone: false,
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
