//! What Acronis says of tenants: who they are, what they may use, and what they used (U1, U2, U7).
//! Facts as read; what they mean for a contract is decided elsewhere.

use crate::ids::{ApplicationId, StorageId, TenantId};
use crate::quantity::MeasurementUnit;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An Acronis tenant (Acronis Account Management API v2, `GET /tenants`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// The tenant above it.
    pub parent: Option<TenantId>,
    /// Its name, for people.
    pub name: String,
    /// What kind of tenant it is.
    pub kind: TenantKind,
    /// Whether it is switched on; a disabled tenant's data stay and are billed.
    pub enabled: bool,
    /// Trial tenants are not billed (U1).
    pub in_trial: bool,
    /// Text that integrations keep on it (`internal_tag`), by which a tenant that we created is found again (P2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// The kinds that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TenantKind {
    /// A customer: what a company maps to.
    Customer,
    /// A partner or folder above customers.
    Group,
    /// Anything else: units, the root, and whatever the vendor adds.
    Other,
}

/// What an offering item is called: the same name repeats once per storage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ItemKey {
    /// The application it belongs to.
    pub application: ApplicationId,
    /// Its name with the edition's prefix, such as `pw_base_workstations`.
    pub name: String,
    /// Its storage, for items that exist once per storage.
    pub storage: Option<StorageId>,
}

impl fmt::Display for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.storage {
            Some(storage) => write!(f, "{} on {storage}", self.name),
            None => f.pad(&self.name),
        }
    }
}

/// How an offering item behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemKind {
    /// Counted: workloads, seats.
    Count,
    /// Counted per storage.
    Storage,
    /// On or off, without usage.
    Feature,
}

/// An offering item: something a tenant has, or may be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferingItem {
    /// Which item.
    pub key: ItemKey,
    /// The edition it belongs to; some items have none.
    pub edition: Option<String>,
    /// Its name without the prefix, such as `workstations`.
    pub usage_name: String,
    /// How it behaves.
    pub kind: ItemKind,
    /// What it is counted in.
    pub unit: MeasurementUnit,
    /// Whether it is switched on.
    pub on: bool,
}

impl OfferingItem {
    /// Metered items grow through the month and start again (U7): compute points.
    pub fn is_metered(&self) -> bool {
        is_metered(&self.usage_name, self.unit)
    }
}

/// Whether an item is metered by what the vendor calls and counts it in
/// (Acronis's own billing integration bills `*compute_points` by the period's figure).
pub fn is_metered(usage_name: &str, unit: MeasurementUnit) -> bool {
    unit == MeasurementUnit::Seconds || usage_name.ends_with("compute_points")
}

/// One usage row (Acronis Account Management API v2, `GET /tenants/usages`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UsageRow {
    /// Which item was used.
    pub key: ItemKey,
    /// What was used in the running period, in base units.
    pub value: u64,
    /// What is in use now, in base units; missing for some items.
    pub absolute_value: Option<u64>,
    /// The first day of the running period.
    pub range_start: Option<Date>,
}

impl UsageRow {
    /// The figure to bill for items that are not metered (U1).
    pub fn in_use(&self) -> u64 {
        self.absolute_value.unwrap_or(self.value)
    }
}

/// What reading one tenant's usage gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantUsage {
    /// All of its rows.
    Read(Vec<UsageRow>),
    /// The vendor refused this tenant alone, with its reason (U2).
    Refused(String),
}
