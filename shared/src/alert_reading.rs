//! The alerts of some days as Acronis listed them at one moment, with what it takes to say what tickets they would have
//! made. Kept by `alert-sync` for whoever asks later and may ask no vendor; shapes, and what is left out where there are
//! too many.

use crate::alert::Alert;
use crate::ids::{AlertId, CompanyId, TenantId};
use crate::ticket::TicketCompany;
use crate::usage::Tenant;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The most days that can be asked for.
pub const MOST_DAYS: u32 = 90;
/// The most alerts that are kept: at a kilobyte each they fit into a function's memory beside everything else.
pub const MOST_ALERTS: usize = 20_000;
/// No tree of tenants is deeper; beyond it the vendor names parents in a circle.
const DEEPEST: usize = 64;

/// When alerts were read, and of which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadAt {
    /// When.
    pub at: Timestamp,
    /// How many days before were asked for.
    pub days: u32,
    /// From when on every change is known: that many days before, or later where there are too many alerts.
    pub from: Timestamp,
    /// Customers that manage themselves and did not show their alerts.
    pub unread_customers: usize,
}

/// One thing of a reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadEntry<'a> {
    /// When it was made.
    Read(ReadAt),
    /// An alert.
    Alert(Box<Cow<'a, Alert>>),
    /// A tenant with alerts, or one above it.
    Tenant(Cow<'a, Tenant>),
    /// A company whose tenant has alerts; none where Autotask shows no such company.
    Company(CompanyId, Cow<'a, Option<TicketCompany>>),
}

/// A reading. Alerts and tenants are in no order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertReading {
    /// When it was made.
    pub read: ReadAt,
    /// Each alert that is active, or that changed since `read.from`, once.
    pub alerts: Vec<Alert>,
    /// The tenants of these alerts, and all above them.
    pub tenants: Vec<Tenant>,
    /// The companies that these tenants were mapped to, without their machines.
    pub companies: BTreeMap<CompanyId, Option<TicketCompany>>,
}

impl AlertReading {
    /// A reading of which nothing is known but when it was made.
    pub fn new(read: ReadAt) -> Self {
        Self { read, alerts: Vec::new(), tenants: Vec::new(), companies: BTreeMap::new() }
    }

    /// Takes an entry in.
    pub fn add(&mut self, entry: ReadEntry<'_>) {
        match entry {
            ReadEntry::Read(read) => self.read = read,
            ReadEntry::Alert(alert) => self.alerts.push(alert.into_owned()),
            ReadEntry::Tenant(tenant) => self.tenants.push(tenant.into_owned()),
            ReadEntry::Company(company, read) => _ = self.companies.insert(company, read.into_owned()),
        }
    }

    /// Hands over its entries.
    pub fn each(&self, mut each: impl FnMut(ReadEntry<'_>)) {
        each(ReadEntry::Read(self.read));
        self.alerts.iter().for_each(|one| each(ReadEntry::Alert(Box::new(Cow::Borrowed(one)))));
        self.tenants.iter().for_each(|one| each(ReadEntry::Tenant(Cow::Borrowed(one))));
        self.companies.iter().for_each(|(company, read)| each(ReadEntry::Company(*company, Cow::Borrowed(read))));
    }
}

/// When an alert changed last, as far as the vendor tells: cleared, or raised or changed again.
pub fn changed_at(alert: &Alert) -> Timestamp {
    alert.cleared_at.unwrap_or(alert.updated_at).max(alert.raised_at)
}

/// Each alert once, as it was last. Where there are more than `most`, the cleared ones that changed first are left out,
/// and the time is told from which on all that changed is still there; none where nothing was left out. Active ones are
/// never left out.
pub fn newest<T>(read: Vec<T>, alert_of: impl Fn(&T) -> &Alert, most: usize) -> (Vec<T>, Option<Timestamp>) {
    let mut by_id: BTreeMap<AlertId, T> = BTreeMap::new();
    for one in read {
        let moment = |one: &T| (alert_of(one).updated_at, alert_of(one).cleared_at);
        let id = alert_of(&one).id.clone();
        if by_id.get(&id).is_none_or(|known| moment(known) < moment(&one)) {
            by_id.insert(id, one);
        }
    }
    if by_id.len() <= most {
        return (by_id.into_values().collect(), None);
    }
    let mut all: Vec<T> = by_id.into_values().collect();
    all.sort_by_cached_key(|one| (alert_of(one).is_active(), changed_at(alert_of(one)), alert_of(one).id.clone()));
    let cleared = all.iter().filter(|one| !alert_of(one).is_active()).count();
    let kept = all.split_off((all.len() - most).min(cleared));
    // Some of the last moment may be left out, so that what is whole begins after it.
    let after = all.last().map(|last| changed_at(alert_of(last)) + SignedDuration::from_nanos(1));
    (kept, after)
}

/// The tenants that are named, and all above them.
pub fn with_those_above<'a>(tenants: &'a [Tenant], named: impl Iterator<Item = &'a TenantId>) -> Vec<&'a Tenant> {
    let by_id: BTreeMap<&TenantId, &Tenant> = tenants.iter().map(|tenant| (&tenant.id, tenant)).collect();
    let mut wanted: BTreeSet<&TenantId> = BTreeSet::new();
    for named in named {
        let mut next = Some(named);
        for _ in 0..DEEPEST {
            let Some(tenant) = next.and_then(|id| by_id.get(id)) else { break };
            if !wanted.insert(&tenant.id) {
                break;
            }
            next = tenant.parent.as_ref();
        }
    }
    wanted.into_iter().filter_map(|id| by_id.get(id).copied()).collect()
}
