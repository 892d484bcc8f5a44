//! Plain, typed looks at tickets and their notes.

use super::cell::{Cell, Row};
use jiff::Timestamp;
use serde::Serialize;

/// A ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ticket {
    /// Id.
    pub id: i64,
    /// Number people know it by, "T20261110.0001".
    pub number: String,
    /// Company.
    pub company_id: i64,
    /// Title.
    pub title: String,
    /// Description.
    pub description: String,
    /// 1 new, 5 complete.
    pub status: i64,
    /// Priority.
    pub priority: i64,
    /// Queue.
    pub queue: Option<i64>,
    /// Person it is assigned to.
    pub assigned_to: Option<i64>,
    /// Source.
    pub source: Option<i64>,
    /// Type.
    pub ticket_type: Option<i64>,
    /// Category.
    pub category: Option<i64>,
    /// Issue type.
    pub issue_type: Option<i64>,
    /// Sub-issue type.
    pub sub_issue_type: Option<i64>,
    /// Contract.
    pub contract_id: Option<i64>,
    /// Machine.
    pub configuration_item_id: Option<i64>,
    /// The integration's own key.
    pub external_id: String,
    /// When it is due.
    pub due: Option<Timestamp>,
    /// When it was completed.
    pub completed: Option<Timestamp>,
    /// Person it was made by.
    pub creator: i64,
}

/// A note on a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TicketNote {
    /// Id.
    pub id: i64,
    /// Ticket.
    pub ticket_id: i64,
    /// Title.
    pub title: String,
    /// Text.
    pub description: String,
    /// Type.
    pub note_type: i64,
    /// Who may read it.
    pub publish: i64,
    /// Person that wrote it.
    pub creator: i64,
}

fn moment(row: &Row, field: &str) -> Option<Timestamp> {
    match row.get(field) {
        Cell::Time(moment) => Some(*moment),
        _ => None,
    }
}

impl From<&Row> for Ticket {
    fn from(row: &Row) -> Self {
        let number = |field: &str| row.int(field).unwrap_or_default();
        Self {
            id: row.id(),
            number: row.text("ticketNumber").to_owned(),
            company_id: number("companyID"),
            title: row.text("title").to_owned(),
            description: row.text("description").to_owned(),
            status: number("status"),
            priority: number("priority"),
            queue: row.int("queueID"),
            assigned_to: row.int("assignedResourceID"),
            source: row.int("source"),
            ticket_type: row.int("ticketType"),
            category: row.int("ticketCategory"),
            issue_type: row.int("issueType"),
            sub_issue_type: row.int("subIssueType"),
            contract_id: row.int("contractID"),
            configuration_item_id: row.int("configurationItemID"),
            external_id: row.text("externalID").to_owned(),
            due: moment(row, "dueDateTime"),
            completed: moment(row, "completedDate"),
            creator: number("creatorResourceID"),
        }
    }
}

impl From<&Row> for TicketNote {
    fn from(row: &Row) -> Self {
        Self {
            id: row.id(),
            ticket_id: row.int("ticketID").unwrap_or_default(),
            title: row.text("title").to_owned(),
            description: row.text("description").to_owned(),
            note_type: row.int("noteType").unwrap_or_default(),
            publish: row.int("publish").unwrap_or_default(),
            creator: row.int("creatorResourceID").unwrap_or_default(),
        }
    }
}
