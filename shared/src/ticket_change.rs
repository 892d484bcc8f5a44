//! What is to be changed about tickets: made, noted, closed, reopened, or their alert dismissed. Each says why, has an
//! id by which it is approved, and holds all that carrying it out takes.

use crate::alert::Severity;
use crate::fingerprint;
use crate::ids::{AlertId, CompanyId, TicketId};
use crate::ticket::{NewNote, NewTicket};
use crate::words::count;
use serde::Serialize;
use std::fmt;

/// Which alerts a change is about, for people and for the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertsTold {
    /// The company.
    pub company: CompanyId,
    /// Its name, for people.
    pub company_name: String,
    /// The alerts, never none.
    pub alerts: Vec<AlertId>,
    /// What they are, in a few words: "Backup failed: SRV-01".
    pub what: String,
    /// The worst of them: what is worst is done first.
    pub severity: Severity,
}

/// A ticket to be made (T1, T2, T8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TicketCreation {
    /// The alerts listed in it; several only where they share it.
    #[serde(flatten)]
    pub told: AlertsTold,
    /// The ticket.
    pub ticket: NewTicket,
    /// Its priority, and its queue or assignee, by their names, for people.
    pub in_words: String,
    /// Whether it is a storm's shared ticket (T8).
    pub shared: bool,
    /// Why.
    pub because: TicketReason,
}

/// A note on a ticket (T4, T8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TicketNote {
    /// The alerts told of.
    #[serde(flatten)]
    pub told: AlertsTold,
    /// The ticket's number, for people.
    pub number: String,
    /// The note.
    pub note: NewNote,
    /// Whether the alerts have no ticket yet and are listed in this shared one from then on (T8).
    pub lists_new: bool,
    /// Why.
    pub because: TicketReason,
}

/// A change of a ticket's status (T3, T4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TicketStatus {
    /// The alerts behind it.
    #[serde(flatten)]
    pub told: AlertsTold,
    /// The ticket.
    pub ticket: TicketId,
    /// Its number, for people.
    pub number: String,
    /// The status as read: where it is another one by then, a person was there first.
    pub before: i64,
    /// The status it is given.
    pub status: i64,
    /// The note that is written first, where it is not there yet.
    pub note: Option<NewNote>,
    /// Why.
    pub because: TicketReason,
}

/// An alert to be dismissed (T6): by its id, never by a filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertDismissal {
    /// The alert, alone.
    #[serde(flatten)]
    pub told: AlertsTold,
    /// The ticket that was closed.
    pub ticket: TicketId,
    /// Its number, for people.
    pub number: String,
}

impl AlertDismissal {
    /// The alert.
    pub fn alert(&self) -> &AlertId {
        &self.told.alerts[0] // Never none, by `AlertsTold`.
    }
}

/// Why a ticket is made or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "because", rename_all = "kebab-case")]
pub enum TicketReason {
    /// T2: a new alert.
    Raised,
    /// T3: it came back, and its last ticket is closed too long, gone, or another company's.
    CameBackAnew,
    /// T3: it came back.
    CameBack,
    /// T4: all its alerts are cleared.
    Cleared,
    /// T4: all its alerts are cleared, and a person works on it.
    ClearedWhileWorkedOn,
    /// T8: more than the limit in an hour.
    Storm {
        /// That limit.
        limit: u32,
    },
}

impl fmt::Display for TicketReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raised => f.write_str("raised"),
            Self::CameBackAnew => f.write_str("came back; its last ticket is not reopened"),
            Self::CameBack => f.write_str("came back"),
            Self::Cleared => f.write_str("cleared in Acronis"),
            Self::ClearedWhileWorkedOn => f.write_str("cleared in Acronis; a person works on the ticket"),
            Self::Storm { limit } => write!(f, "more than {} in an hour", count(*limit as usize, "new ticket")),
        }
    }
}

impl TicketCreation {
    /// The id of this change: all that is sent but the moment when it is due, which follows from when it is made.
    pub fn id(&self) -> String {
        let ticket = &self.ticket;
        let picks = [ticket.queue, ticket.ticket_type, ticket.issue, ticket.sub_issue, ticket.category, ticket.source];
        let assignee = ticket.assignee.map(|assignee| format!("{} {}", assignee.resource, assignee.role));
        let mut parts = vec![
            "create ticket".to_owned(),
            ticket.company.to_string(),
            ticket.external_id.clone(),
            ticket.title.clone(),
            ticket.description.clone(),
            format!("{} {} {picks:?}", ticket.status, ticket.priority),
            assignee.unwrap_or_default(),
            ticket.contract.map(|contract| contract.to_string()).unwrap_or_default(),
            ticket.configuration_item.map(|item| item.to_string()).unwrap_or_default(),
        ];
        parts.extend(self.told.alerts.iter().map(ToString::to_string));
        fingerprint::of(&parts)
    }
}

impl TicketNote {
    /// The id of this change.
    pub fn id(&self) -> String {
        fingerprint::of(&["note ticket", &self.note.key(), &self.note.description])
    }
}

impl TicketStatus {
    /// The id of this change; `verb` says whether the ticket is closed or reopened. A note that is already there
    /// does not make it another one.
    pub fn id(&self, verb: &str, moment: &str) -> String {
        let (before, after) = (self.before.to_string(), self.status.to_string());
        fingerprint::of(&[verb, &self.ticket.to_string(), &before, &after, moment])
    }
}
