//! What Autotask says of tickets, and what a new ticket or note is (T1 to T5). Facts and shapes; nothing here decides.

use crate::contract::Contract;
use crate::ids::{CompanyId, ConfigurationItemId, ContractId, TicketId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The longest title of a ticket (Autotask developer help, Tickets entity).
pub const TITLE_LENGTH: usize = 255;
/// The longest description of a ticket (same).
pub const DESCRIPTION_LENGTH: usize = 8_000;
/// The longest title of a note (Autotask developer help, TicketNotes entity).
pub const NOTE_TITLE_LENGTH: usize = 250;
/// The longest description of a note (same).
pub const NOTE_LENGTH: usize = 32_000;

/// A ticket as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Its id.
    pub id: TicketId,
    /// Its number, for people: `T20260510.0002`.
    pub number: String,
    /// Whose it is.
    pub company: CompanyId,
    /// Its status, a value of the picklist.
    pub status: i64,
    /// When it was completed (`completedDate`); none while it is not.
    pub closed_at: Option<Timestamp>,
    /// When anything last happened to it (`lastActivityDate`).
    pub last_activity_at: Timestamp,
    /// The external id, where set.
    pub external_id: Option<String>,
    /// Whether a person did something with it: a note, time, a change. Not we, and no rule of Autotask's.
    pub worked_on_by_person: bool,
    /// The ticket it was merged into by a person, where the client can tell.
    pub merged_into: Option<TicketId>,
}

impl Ticket {
    /// Since when it is closed: completed, or in the status that counts as closed here.
    pub fn closed_since(&self, closing_status: i64) -> Option<Timestamp> {
        self.closed_at.or_else(|| (self.status == closing_status).then_some(self.last_activity_at))
    }
}

/// A resource and the role in which it is assigned; Autotask takes them as a pair only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignee {
    /// The resource.
    pub resource: i64,
    /// The role.
    pub role: i64,
}

/// All that is sent for a new ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewTicket {
    /// Whose.
    pub company: CompanyId,
    /// The key by which it is found again (T2).
    pub external_id: String,
    /// At most 255 characters.
    pub title: String,
    /// At most 8,000 characters.
    pub description: String,
    /// The status.
    pub status: i64,
    /// The priority.
    pub priority: i64,
    /// When it is due; always sent.
    pub due_at: Timestamp,
    /// The queue; Autotask needs it, or an assignee.
    pub queue: Option<i64>,
    /// The type of the ticket.
    pub ticket_type: Option<i64>,
    /// The issue type.
    pub issue: Option<i64>,
    /// The sub-issue type, of that issue type.
    pub sub_issue: Option<i64>,
    /// The category.
    pub category: Option<i64>,
    /// Where it comes from.
    pub source: Option<i64>,
    /// Who gets it.
    pub assignee: Option<Assignee>,
    /// The contract (T5).
    pub contract: Option<ContractId>,
    /// The machine it is about, where Autotask knows exactly one of its name.
    pub configuration_item: Option<ConfigurationItemId>,
}

/// All that is sent for a note on a ticket. A note has no external id: it is found again by ticket and title, so a
/// title tells of which moment it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewNote {
    /// On which ticket.
    pub ticket: TicketId,
    /// At most 250 characters.
    pub title: String,
    /// At most 32,000 characters.
    pub description: String,
    /// The type of the note.
    pub note_type: i64,
    /// Who may read it.
    pub publish: i64,
}

impl NewNote {
    /// The key by which it is found again after a lost reply.
    pub fn key(&self) -> String {
        format!("note:{}:{}", self.ticket, self.title)
    }
}

/// A field of tickets or notes whose values are the provider's own (Autotask developer help, Picklists).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is named by the text of `Display`")]
pub enum PickField {
    Status,
    Priority,
    Queue,
    TicketType,
    Issue,
    SubIssue,
    Category,
    Source,
    NoteType,
    NotePublish,
}

impl fmt::Display for PickField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Status => "status",
            Self::Priority => "priority",
            Self::Queue => "queue",
            Self::TicketType => "ticket type",
            Self::Issue => "issue type",
            Self::SubIssue => "sub-issue type",
            Self::Category => "ticket category",
            Self::Source => "source",
            Self::NoteType => "note type",
            Self::NotePublish => "note publish",
        })
    }
}

/// One value of a picklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PickValue {
    /// Its name.
    pub label: String,
    /// Whether it may still be chosen.
    pub active: bool,
    /// Whether Autotask takes it where nothing is chosen.
    pub usual: bool,
    /// The issue type that a sub-issue type belongs to.
    pub parent: Option<i64>,
}

/// The picklists as read; a list that is not there was not read, and nothing can be said of its values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picklists {
    /// The values by field.
    pub values: BTreeMap<PickField, BTreeMap<i64, PickValue>>,
    /// The resources that may be assigned, each with a role; none where they were not read.
    pub assignees: Option<BTreeSet<Assignee>>,
}

impl Picklists {
    /// Whether a value may be chosen, as far as was read.
    pub fn offers(&self, field: PickField, value: i64) -> bool {
        self.values.get(&field).is_none_or(|values| values.get(&value).is_some_and(|value| value.active))
    }

    /// A value's name for people.
    pub fn label(&self, field: PickField, value: i64) -> String {
        let named = self.values.get(&field).and_then(|values| values.get(&value)).map(|value| value.label.trim());
        named.filter(|label| !label.is_empty()).map_or_else(|| format!("{field} {value}"), str::to_owned)
    }

    /// The value Autotask would take, or else the one of this name, or else the first.
    pub fn usual(&self, field: PickField, label: &str) -> Option<i64> {
        let active = || self.values.get(&field).into_iter().flatten().filter(|(_, value)| value.active);
        let named = |value: &PickValue| !label.is_empty() && value.label.trim().eq_ignore_ascii_case(label);
        let usual = active().find(|(_, value)| value.usual).or_else(|| active().find(|(_, value)| named(value)));
        usual.or_else(|| active().next()).map(|(value, _)| *value)
    }
}

/// A contract that a ticket may be put on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketContract {
    /// The contract.
    pub contract: Contract,
    /// Whether it is the company's default contract (`isDefaultContract`).
    pub is_default: bool,
}

/// What is read of a company before a ticket is made for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketCompany {
    /// Its name, for people.
    pub name: String,
    /// Whether it is active: Autotask takes no tickets for others.
    pub active: bool,
    /// Its contracts.
    pub contracts: Vec<TicketContract>,
    /// Its active machines by [`machine_name`]; none for a name that several have, or that was looked for and nobody has.
    pub machines: BTreeMap<String, Option<ConfigurationItemId>>,
}

/// A machine's name as it is compared: both vendors write it as they like.
pub fn machine_name(name: &str) -> String {
    name.trim().to_lowercase()
}
