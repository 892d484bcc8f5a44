//! What an operator may choose of alerts and tickets, with the defaults (rules T1, T3, T4, T6, T8). Values only.

use crate::alert::{Alert, AlertKind, AlertType, Severity};
use crate::ticket::Assignee;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Values that every Autotask database has from the start (Autotask help, Ticket picklists).
const NEW: i64 = 1;
const COMPLETE: i64 = 5;
const PRIORITY_HIGH: i64 = 1;
const PRIORITY_MEDIUM: i64 = 2;
const PRIORITY_LOW: i64 = 3;
const PRIORITY_CRITICAL: i64 = 4;

/// What is chosen for all tickets of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields, default)]
pub struct TicketSettings {
    /// Whether alerts make tickets at all (A58).
    pub enabled: bool,
    /// Where tickets say that they come from (A59); none: Autotask's own default.
    pub source: Option<i64>,
    /// The type of notes (A60).
    pub note_type: i64,
    /// Who may read notes (A60).
    pub note_publish: i64,
    /// An alert that comes back gets a new ticket once its last one has been closed for this many days; none: that
    /// one is reopened, always (T3, A62).
    pub new_after_days: Option<u32>,
    /// Whether a ticket is closed when its alert is cleared (T4, A63).
    pub auto_close: bool,
    /// The status it is given then.
    pub closing_status: i64,
    /// Whether closing a ticket dismisses its alert (T6).
    pub dismiss_on_close: bool,
    /// How many days before the switch-on alerts may have been raised to make tickets (T8).
    pub days_before_switch_on: u32,
    /// Whether many alerts of one customer share tickets (T8).
    pub storms: bool,
    /// Many are more than this many new tickets an hour for one customer.
    pub storm_tickets_per_hour: u32,
    /// The queue of types that name none; none: the usual one of the picklist.
    pub queue: Option<i64>,
}

impl Default for TicketSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            source: None,
            note_type: 1,
            note_publish: 1,
            new_after_days: None,
            auto_close: false,
            closing_status: COMPLETE,
            dismiss_on_close: false,
            days_before_switch_on: 0,
            storms: true,
            storm_tickets_per_hour: 50,
            queue: None,
        }
    }
}

impl TicketSettings {
    /// What is wrong with these settings, in words for the operator; none when they can be used.
    pub fn fault(&self) -> Option<String> {
        let faults = [
            (self.new_after_days == Some(0), "new_after_days: expected 1 or more, or leave it out"),
            (self.days_before_switch_on > 3_650, "days_before_switch_on: expected 0 to 3650"),
            (self.storm_tickets_per_hour == 0, "storm_tickets_per_hour: expected 1 or more"),
        ];
        faults.into_iter().find(|(is_so, _)| *is_so).map(|(_, text)| format!("tickets.{text}"))
    }
}

/// One type of alert and what the operator said of its tickets (T1). What is left out is as `Usual` has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields, default)]
pub struct AlertRow {
    /// The type's name, for display only.
    pub label: String,
    /// Whether its alerts make tickets.
    pub ticket: Option<bool>,
    /// The priority.
    pub priority: Option<i64>,
    /// The status of new and of reopened tickets.
    pub status: Option<i64>,
    /// The queue.
    pub queue: Option<i64>,
    /// The type of the ticket.
    pub ticket_type: Option<i64>,
    /// The issue type.
    pub issue: Option<i64>,
    /// The sub-issue type, of that issue type.
    pub sub_issue: Option<i64>,
    /// Minutes until it is due.
    pub due_minutes: Option<u32>,
    /// The category.
    pub category: Option<i64>,
    /// Who gets it.
    pub assignee: Option<Assignee>,
}

impl AlertRow {
    /// Whether two rows say the same; the name in them is for display only.
    pub fn says_as(&self, other: &Self) -> bool {
        *self == Self { label: self.label.clone(), ..other.clone() }
    }

    /// Whether anything is said that is not as usual.
    pub fn says_something(&self) -> bool {
        !self.says_as(&Self::default())
    }

    /// What is wrong with the row, in words for the operator.
    pub fn fault(&self) -> Option<String> {
        if self.sub_issue.is_some() && self.issue.is_none() {
            return Some("sub_issue: expected the issue it belongs to as well".to_owned());
        }
        (self.due_minutes == Some(0)).then(|| "due_minutes: expected 1 or more, or leave it out".to_owned())
    }
}

/// What is done with an alert that nobody said anything of, by its category and severity: so a new provider has
/// something sensible at once, and a type never seen is no fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usual {
    /// Whether it makes a ticket.
    pub ticket: bool,
    /// Its priority.
    pub priority: i64,
    /// Its status.
    pub status: i64,
    /// Minutes until it is due.
    pub due_minutes: u32,
}

/// The categories whose warnings make tickets too (names by Acronis help centre, Alert types): data that may be
/// lost, an attack, or a limit that is reached. Of all others, errors and what is worse do.
const WATCHED_CLOSELY: [&str; 6] =
    ["backup", "disaster recovery", "licensing", "edr", "antimalware protection", "monitoring"];
/// The categories that stand for an attack: at least of high priority.
const ATTACKS: [&str; 2] = ["edr", "antimalware protection"];

impl Usual {
    /// What is usual for a category and a severity.
    pub fn of(category: &str, severity: Severity) -> Self {
        let category = category.trim().to_lowercase();
        let least = if WATCHED_CLOSELY.contains(&category.as_str()) { Severity::Warning } else { Severity::Unknown };
        let is_attack = ATTACKS.contains(&category.as_str());
        let (priority, due_hours) = match severity {
            Severity::Critical => (PRIORITY_CRITICAL, 4),
            Severity::Error => (PRIORITY_HIGH, 8),
            Severity::Warning | Severity::Unknown if is_attack => (PRIORITY_HIGH, 8),
            Severity::Warning | Severity::Unknown => (PRIORITY_MEDIUM, 24),
            Severity::Ok | Severity::Information => (PRIORITY_LOW, 72),
        };
        Self { ticket: severity >= least, priority, status: NEW, due_minutes: due_hours * 60 }
    }

    /// What is usual for an alert.
    pub fn of_alert(alert: &Alert) -> Self {
        Self::of(&alert.category, alert.severity)
    }

    /// What is usual for a type, as a mapping page shows it.
    pub fn of_type(kind: &AlertType) -> Self {
        Self::of(&kind.category, kind.severity)
    }
}

/// Whether an alert makes a ticket: by its type's row, or else as is usual (T1).
pub fn makes_ticket(rows: &BTreeMap<AlertKind, AlertRow>, alert: &Alert) -> bool {
    rows.get(&alert.kind).and_then(|row| row.ticket).unwrap_or_else(|| Usual::of_alert(alert).ticket)
}
