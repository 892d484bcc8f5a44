//! What Acronis says of alerts and of the types they are of (T1, T2). Facts as read; nothing here decides a ticket.

use crate::fingerprint;
use crate::ids::{AlertId, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest id of an alert that fits, with what we add, into the 50 characters of `Tickets.externalID` (Autotask
/// developer help, Tickets entity). A UUID has 36.
const LONGEST_ID: usize = 36;

/// What the vendor calls a type of alert: `BackupFailed`, or `cti.a.p.am.alert.v1.0~…` (Acronis developer portal,
/// Alert types). Its spelling is kept; no list of them is published, so none is here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AlertKind(String);

impl AlertKind {
    /// The type as the vendor writes it.
    pub fn new(id: impl AsRef<str>) -> Self {
        Self(id.as_ref().trim().to_owned())
    }

    /// The type as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AlertKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// How bad it is, least first (Acronis developer portal, Alerts API, `severity`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// All is well.
    Ok,
    /// Worth knowing.
    Information,
    /// Worth looking at.
    Warning,
    /// A word never seen: it is rather looked at than passed over.
    #[default]
    Unknown,
    /// Something failed.
    Error,
    /// Something failed that must not.
    Critical,
}

impl Severity {
    /// The severity of the vendor's word, in any case.
    pub fn of(word: &str) -> Self {
        match word.trim().to_lowercase().as_str() {
            "ok" => Self::Ok,
            "information" | "info" => Self::Information,
            "warning" => Self::Warning,
            "error" => Self::Error,
            "critical" => Self::Critical,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Information => "information",
            Self::Warning => "warning",
            Self::Unknown => "of unknown severity",
            Self::Error => "error",
            Self::Critical => "critical",
        })
    }
}

/// One alert as last read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Alert {
    /// Its id; an alert raised again may keep it (Acronis help centre, PSA integrations, ticket options).
    pub id: AlertId,
    /// Its type.
    pub kind: AlertKind,
    /// Its category, such as `Backup`; new ones are no fault.
    pub category: String,
    /// How bad it is; told for each alert, not for its type.
    pub severity: Severity,
    /// The tenant it was raised in.
    pub tenant: TenantId,
    /// When it was raised, by the server's clock (`receivedAt`).
    pub raised_at: Timestamp,
    /// When it was last "activated, deleted or dismissed" (`updatedAt`).
    pub updated_at: Timestamp,
    /// When it was cleared or dismissed (`deletedAt`); active where it was not.
    pub cleared_at: Option<Timestamp>,
    /// What is told about it, all of it optional: the vendor sends `null` where it tells nothing.
    #[serde(default)]
    pub about: AlertAbout,
}

/// What is told about an alert (`details`). Each may be missing; the client makes text of what is no text.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct AlertAbout {
    /// A title of its own, where the alert is another vendor's.
    pub title: Option<String>,
    /// The device or mailbox it is about.
    pub device: Option<String>,
    /// The id of that device (`resourceId`).
    pub resource: Option<String>,
    /// The id of the protection plan.
    pub plan: Option<String>,
    /// The plan's name.
    pub plan_name: Option<String>,
    /// The vendor's own words of why.
    pub reason: Option<String>,
    /// Where the vendor says more.
    pub link: Option<String>,
}

impl Alert {
    /// Whether it is neither cleared nor dismissed.
    pub fn is_active(&self) -> bool {
        self.cleared_at.is_none()
    }

    /// What an alert that comes back under a new id is known by: tenant, type, resource and plan (T2).
    pub fn recurrence(&self) -> String {
        let told = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_lowercase();
        let (tenant, kind) = (self.tenant.as_str(), self.kind.as_str());
        fingerprint::of(&[tenant, kind, &told(&self.about.resource), &told(&self.about.plan)])
    }

    /// The external id of its `number`th ticket, by which that is found again (T2): `acronis:{alert id}`, and from
    /// the second on with the number. At most 50 characters.
    pub fn external_id(&self, number: u32) -> String {
        let id = self.id.as_str();
        let short = id.len() <= LONGEST_ID && id.is_ascii();
        let id = if short { id.to_owned() } else { fingerprint::of(&[id]) };
        let number = number.min(99_999);
        if number > 1 { format!("acronis:{id}:{number}") } else { format!("acronis:{id}") }
    }
}

/// A type of alert as the vendor lists it (Acronis developer portal, Alert types).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertType {
    /// Its id.
    pub id: AlertKind,
    /// Its readable name (`alias`), where it has one.
    pub label: Option<String>,
    /// Its category.
    pub category: String,
    /// How bad its alerts usually are.
    pub severity: Severity,
    /// Alerts of a type that is not enabled behave as if they did not exist.
    pub enabled: bool,
}
