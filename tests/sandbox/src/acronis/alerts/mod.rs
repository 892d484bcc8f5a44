//! Alerts as state: raised, cleared, raised again, dismissed. Who may see which, and what is asked of
//! them, lives in the files below. (Acronis Alert Manager API 1.0.)

mod answers;
pub(crate) mod calls;
pub mod details;
mod filters;
mod lists;
pub mod types;

use super::{Acronis, uuid};
use details::Shape;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use types::AlertType;

/// How bad an alert is, from harmless to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// All is well.
    Ok,
    /// Good to know.
    Information,
    /// May become a problem.
    Warning,
    /// Is a problem.
    Error,
    /// Act at once.
    Critical,
}

impl Severity {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_value(Value::String(text.to_ascii_lowercase())).ok()
    }
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alert {
    /// Id, an upper-case UUID.
    pub id: String,
    /// Id of its tenant, as the tenant has it.
    pub tenant_id: String,
    /// Id of its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Category.
    pub category: String,
    /// Severity.
    pub severity: Severity,
    /// First raised.
    pub created_at: Timestamp,
    /// Last raised, changed, cleared or dismissed.
    pub updated_at: Timestamp,
    /// Cleared or dismissed.
    pub deleted_at: Option<Timestamp>,
    /// Details as sent.
    pub details: Value,
}

impl Alert {
    /// A text of the details, where it is there and a text.
    #[must_use]
    pub fn detail(&self, key: &str) -> Option<&str> {
        self.details.get(key)?.as_str()
    }
}

/// An alert to be raised; what is left open follows from its type.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct NewAlert {
    /// Id of the tenant.
    pub tenant: String,
    /// Id of the type; one the vendor does not know is allowed.
    #[serde(rename = "type")]
    pub kind: String,
    /// Severity instead of the type's own.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Category instead of the type's own.
    #[serde(default)]
    pub category: Option<String>,
    /// Name of the machine it is about.
    #[serde(default)]
    pub resource: Option<String>,
    /// Name of the plan it is about.
    #[serde(default)]
    pub plan: Option<String>,
    /// What the details look like.
    #[serde(default)]
    pub shape: Shape,
    /// Details word for word, instead of `shape`.
    #[serde(default)]
    pub details: Option<Value>,
}

impl NewAlert {
    /// An alert of a type on a tenant.
    #[must_use]
    pub fn of(tenant: &str, kind: &str) -> Self {
        Self { tenant: tenant.to_owned(), kind: kind.to_owned(), ..Self::default() }
    }

    /// The same with another severity.
    #[must_use]
    pub fn severity(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }

    /// The same about a machine and a plan.
    #[must_use]
    pub fn about(self, resource: &str, plan: &str) -> Self {
        Self { resource: Some(resource.to_owned()), plan: Some(plan.to_owned()), ..self }
    }

    /// The same with details of another shape.
    #[must_use]
    pub fn shape(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }

    /// The same with these details.
    #[must_use]
    pub fn details(self, details: Value) -> Self {
        Self { details: Some(details), ..self }
    }
}

/// All alerts and their types.
#[derive(Debug)]
pub struct Alerts {
    /// Alerts by id, cleared ones included.
    pub all: BTreeMap<String, Alert>,
    /// Registered types, in the vendor's order.
    pub types: Vec<AlertType>,
    raised: u64,
    moments: i64,
}

impl Alerts {
    pub(crate) fn new() -> Self {
        Self { all: BTreeMap::new(), types: types::all(), raised: 0, moments: 0 }
    }

    /// The type with this id.
    #[must_use]
    pub fn kind(&self, id: &str) -> Option<&AlertType> {
        self.types.iter().find(|known| known.id == id)
    }

    /// A moment of its own for each change: nanoseconds tell apart what happens while the clock stands.
    fn moment(&mut self, now: Timestamp, shared: bool) -> Timestamp {
        if shared {
            return now;
        }
        self.moments = (self.moments + 1) % 1_000_000_000;
        now.checked_add(SignedDuration::from_nanos(self.moments)).unwrap_or(now)
    }

    pub(crate) fn raise(&mut self, new: NewAlert, now: Timestamp, shared: bool) -> String {
        self.raised += 1;
        let id = uuid("a1e7", self.raised).to_uppercase();
        let at = self.moment(now, shared);
        let known = self.kind(&new.kind);
        let category = new.category.clone().or_else(|| known.map(|it| it.category.clone()));
        let severity = new.severity.or_else(|| known.map(|it| it.severity));
        let details = match &new.details {
            Some(details) => details.clone(),
            None => details::of(new.shape, self.raised, new.resource.as_deref(), new.plan.as_deref(), now),
        };
        let alert = Alert {
            id: id.clone(),
            tenant_id: new.tenant,
            kind: new.kind,
            category: category.unwrap_or_else(|| "Other".to_owned()),
            severity: severity.unwrap_or(Severity::Warning),
            created_at: at,
            updated_at: at,
            deleted_at: None,
            details,
        };
        self.all.insert(id.clone(), alert);
        id
    }

    /// Changes an alert and moves its `updated_at`.
    pub(crate) fn change(
        &mut self,
        id: &str,
        now: Timestamp,
        shared: bool,
        change: impl FnOnce(&mut Alert, Timestamp),
    ) -> bool {
        let id = id.to_ascii_uppercase();
        if !self.all.contains_key(&id) {
            return false;
        }
        let at = self.moment(now, shared);
        if let Some(alert) = self.all.get_mut(&id) {
            change(alert, at);
            alert.updated_at = at;
        }
        true
    }

    /// Cleared by itself, by a person or by a call: nothing tells these apart.
    pub(crate) fn delete(&mut self, id: &str, now: Timestamp, shared: bool) -> bool {
        let living = self.all.get(&id.to_ascii_uppercase()).is_some_and(|alert| alert.deleted_at.is_none());
        living && self.change(id, now, shared, |alert, at| alert.deleted_at = Some(at))
    }
}

impl Acronis {
    /// The number of a tenant, which older parts of the vendor's API know it by.
    #[must_use]
    pub fn tenant_number(id: &str) -> u64 {
        let made = id.rsplit('-').next().and_then(|digits| u64::from_str_radix(digits, 16).ok());
        made.unwrap_or_default() + FIRST_TENANT_NUMBER
    }
}

/// One less than the partner's number; the root of all tenants is 1.
const FIRST_TENANT_NUMBER: u64 = 49;
