//! Tickets and their notes: what the vendor asks of them, what it sets itself, and the history it
//! keeps. (Autotask developer help, Tickets, TicketNotes, TicketHistory.)

use super::adjustments::{Author, invalid};
use super::filter::{Filter, Test};
use super::schema::Entity;
use super::writes::stamped;
use super::{Autotask, Cell, Row};
use crate::clock::day_of;
use jiff::{SignedDuration, Timestamp};
use std::cmp::Ordering;

/// Status of a finished ticket.
pub(crate) const COMPLETE: i64 = 5;
/// Picklist values that are there but no longer offered.
pub(crate) const RETIRED: [(&str, &str, i64); 3] =
    [("Tickets", "queueID", 6), ("Tickets", "status", 9), ("Tickets", "source", 6)];
/// Category that fills in a queue and a due time, with both.
const FILLING_CATEGORY: i64 = 100;
const FILLED_QUEUE: i64 = 8;
const FILLED_HOURS: i64 = 8;
/// Number of a resource among the kinds of persons.
const RESOURCE: i64 = 1;
/// Fields whose changes the history tells.
const TOLD: [&str; 7] =
    ["status", "priority", "queueID", "title", "assignedResourceID", "companyID", "configurationItemID"];

/// The history is asked for by one ticket, and by nothing else.
pub(crate) fn check_history(entity: &Entity, filter: &Filter) -> Result<(), String> {
    let alone = match filter {
        Filter::All(parts) => {
            matches!(parts.as_slice(), [Filter::Field { test: Test::Compares([Ordering::Equal], _), .. }])
        }
        _ => false,
    };
    if entity.name != "TicketHistory" || alone {
        return Ok(());
    }
    Err("A query of TicketHistory must have a single ticketID equals filter and no other.".to_owned())
}

impl Autotask {
    /// Whether a picklist value is still offered.
    pub(crate) fn is_offered(&self, entity: &str, field: &str, value: i64) -> bool {
        !self.retired_values.iter().any(|retired| *retired == (entity, field, value))
    }

    /// A new ticket from a row whose references and picklists are checked.
    pub(crate) fn create_ticket(&mut self, row: Row, by: Author, now: Timestamp) -> Result<i64, String> {
        let row = filled_by_category(row, now);
        self.check_ticket(&row)?;
        let number = self.ticket_numbers.entry(day_of(now)).or_default();
        *number += 1;
        let number = format!("T{}.{number:04}", day_of(now).strftime("%Y%m%d"));
        let row = row
            .with("ticketNumber", number.as_str())
            .with("creatorResourceID", by.resource())
            .with("creatorType", RESOURCE);
        let row = settled(None, row, by, now);
        let id = self.table_mut("Tickets").add(row);
        self.tell(id, "Created", "", by, now);
        self.fire_ticket(None, id, by, now);
        Ok(id)
    }

    /// A ticket as it is to be from now on.
    pub(crate) fn change_ticket(&mut self, row: Row, by: Author, now: Timestamp) -> Result<i64, String> {
        self.check_ticket(&row)?;
        let id = row.id();
        let before = self.row("Tickets", id).ok_or("No matching records found.")?.clone();
        let row = settled(Some(&before), row, by, now);
        let changes = self.told_changes(&before, &row);
        self.table_mut("Tickets").change(id, |old| *old = row);
        if !changes.is_empty() {
            self.tell(id, "Edited", &changes, by, now);
        }
        self.fire_ticket(Some(&before), id, by, now);
        Ok(id)
    }

    /// Takes a ticket away with all below it.
    pub(crate) fn remove_ticket(&mut self, id: i64, by: Author, now: Timestamp) -> bool {
        let Some(ticket) = self.table_mut("Tickets").remove(id) else {
            return false;
        };
        for below in ["TicketNotes", "TicketHistory"] {
            for part in self.table(below).by("ticketID", id).map(Row::id).collect::<Vec<_>>() {
                self.table_mut(below).remove(part);
            }
        }
        self.fire(Some(&ticket), None, by.resource(), now);
        true
    }

    /// A note on a ticket, which is activity on it.
    pub(crate) fn create_ticket_note(&mut self, row: Row, by: Author, now: Timestamp) -> i64 {
        let row = stamped(row.with("creatorResourceID", by.resource()), now);
        let ticket = row.int("ticketID").unwrap_or_default();
        let id = self.table_mut("TicketNotes").add(row);
        self.note_activity(ticket, by, now);
        let note = self.row("TicketNotes", id).cloned();
        self.fire(None, note.as_ref(), by.resource(), now);
        id
    }

    pub(crate) fn change_ticket_note(&mut self, row: Row, by: Author, now: Timestamp) -> i64 {
        let row = stamped(row, now);
        let (id, ticket) = (row.id(), row.int("ticketID").unwrap_or_default());
        let before = self.row("TicketNotes", id).cloned();
        self.table_mut("TicketNotes").change(id, |old| *old = row);
        self.note_activity(ticket, by, now);
        let after = self.row("TicketNotes", id).cloned();
        self.fire(before.as_ref(), after.as_ref(), by.resource(), now);
        id
    }

    fn note_activity(&mut self, ticket: i64, by: Author, now: Timestamp) {
        self.table_mut("Tickets").change(ticket, |row| {
            let touched = active(row.clone(), by, now);
            *row = touched;
        });
    }

    fn fire_ticket(&mut self, before: Option<&Row>, id: i64, by: Author, now: Timestamp) {
        let after = self.row("Tickets", id).cloned();
        self.fire(before, after.as_ref(), by.resource(), now);
    }

    fn tell(&mut self, ticket: i64, action: &str, detail: &str, by: Author, now: Timestamp) {
        let history = self.table_mut("TicketHistory");
        let row = Row::new(history.entity())
            .with("ticketID", ticket)
            .with("action", action)
            .with("detail", detail)
            .with("date", now)
            .with("resourceID", by.resource());
        history.add(row);
    }

    fn told_changes(&self, before: &Row, after: &Row) -> String {
        let spelled = |row: &Row, field: &str| serde_json::to_string(row.get(field)).unwrap_or_default();
        let changed = TOLD.iter().filter(|field| before.get(field) != after.get(field));
        let changes = changed.map(|field| format!("{field}: {} -> {}", spelled(before, field), spelled(after, field)));
        changes.collect::<Vec<_>>().join("; ")
    }

    fn check_ticket(&self, row: &Row) -> Result<(), String> {
        let assigned = (row.int("assignedResourceID"), row.int("assignedResourceRoleID"));
        if *row.get("dueDateTime") == Cell::Null {
            return Err("Missing Required Field: dueDateTime.".to_owned());
        }
        match assigned {
            (None, None) if row.int("queueID").is_none() => {
                return Err("assignedResourceID, assignedResourceRoleID, and queueID cannot all be empty. Supply a \
                            queueID or both a assignedResourceID and assignedResourceRoleID."
                    .to_owned());
            }
            (Some(_), None) | (None, Some(_)) => {
                return Err("When assigning a Resource, you must assign both a assignedResourceID and \
                            assignedResourceRoleID."
                    .to_owned());
            }
            (Some(resource), Some(role)) => self.check_assignment(resource, role)?,
            (None, None) => {}
        }
        self.check_belongings(row)?;
        check_parents(row)
    }

    fn check_assignment(&self, resource: i64, role: i64) -> Result<(), String> {
        let active = self.row("Resources", resource).is_some_and(|row| row.is("isActive"));
        if !active {
            return Err(invalid("assignedResourceID", "Resource"));
        }
        let mut roles = self.table("ResourceRoles").by("resourceID", resource);
        let held =
            roles.any(|row| row.int("roleID") == Some(role) && row.int("queueID").is_some() && row.is("isActive"));
        if held { Ok(()) } else { Err(invalid("assignedResourceRoleID", "Role")) }
    }

    /// Contract, machine and contact are the company's own, and a service is the contract's.
    fn check_belongings(&self, row: &Row) -> Result<(), String> {
        let of_company = [
            ("contractID", "Contracts", "companyID"),
            ("configurationItemID", "ConfigurationItems", "companyID"),
            ("contactID", "Contacts", "companyID"),
            ("contractServiceID", "ContractServices", "contractID"),
            ("contractServiceBundleID", "ContractServiceBundles", "contractID"),
        ];
        for (field, table, owner) in of_company {
            let Some(id) = row.int(field) else {
                continue;
            };
            let belongs = self.row(table, id).is_some_and(|other| other.int(owner) == row.int(owner));
            if !belongs {
                let other = self.table(table).entity().singular;
                return Err(format!(
                    "The {field}[{id}] cannot be associated with the Ticket. The Ticket and {other} must have the \
                     same {owner}."
                ));
            }
        }
        Ok(())
    }
}

/// A value of a picklist that hangs on another field belongs to that field's value.
fn check_parents(row: &Row) -> Result<(), String> {
    for field in &row.entity().fields {
        let (Some((above, _)), Some(value)) = (&field.picklist_parent, row.int(field.name)) else {
            continue;
        };
        let parent = row.entity().parent_value(field.name, value);
        if parent.map(str::to_owned) != row.int(above).map(|value| value.to_string()) {
            return Err(format!("The value {value} on field {} does not belong to the {above}.", field.name));
        }
    }
    Ok(())
}

/// What the category fills in where nothing is given.
fn filled_by_category(row: Row, now: Timestamp) -> Row {
    if row.int("ticketCategory") != Some(FILLING_CATEGORY) {
        return row;
    }
    let due = now.checked_add(SignedDuration::from_hours(FILLED_HOURS)).unwrap_or(now);
    let row = if *row.get("dueDateTime") == Cell::Null { row.with("dueDateTime", due) } else { row };
    let unplaced = row.int("queueID").is_none() && row.int("assignedResourceID").is_none();
    if unplaced { row.with("queueID", FILLED_QUEUE) } else { row }
}

/// The fields the vendor sets itself: completion, activity and the stamp of the last change.
fn settled(before: Option<&Row>, row: Row, by: Author, now: Timestamp) -> Row {
    let was = before.and_then(|row| row.int("status")) == Some(COMPLETE);
    let is = row.int("status") == Some(COMPLETE);
    let row = match (was, is) {
        (false, true) => row.with("completedDate", now).with("completedByResourceID", by.resource()),
        (true, false) => row.with("completedDate", Cell::Null).with("completedByResourceID", Cell::Null),
        _ => row,
    };
    let row = stamped(row.with("lastTrackedModificationDateTime", now), now);
    active(row, by, now)
}

fn active(row: Row, by: Author, now: Timestamp) -> Row {
    row.with("lastActivityDate", now)
        .with("lastActivityPersonType", RESOURCE)
        .with("lastActivityResourceID", by.resource())
}
