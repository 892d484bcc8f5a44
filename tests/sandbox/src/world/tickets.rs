//! Looks at tickets, and what people at the service desk do with them.

use super::World;
use crate::autotask::adjustments::Author;
use crate::autotask::callouts::Callout;
use crate::autotask::ticket_views::{Ticket, TicketNote};
use crate::autotask::{HUMAN_RESOURCE, Row};

/// Status of a finished ticket.
const COMPLETE: i64 = 5;
/// The queue tickets made by people stand in.
const FIRST_QUEUE: i64 = 29_682_833;

impl World {
    /// All tickets, by id.
    #[must_use]
    pub fn tickets(&self) -> Vec<Ticket> {
        self.autotask.table("Tickets").rows().map(Ticket::from).collect()
    }

    /// One ticket; `None` when it is gone.
    #[must_use]
    pub fn ticket(&self, id: i64) -> Option<Ticket> {
        self.autotask.row("Tickets", id).map(Ticket::from)
    }

    /// The tickets of a company, by id.
    #[must_use]
    pub fn tickets_of(&self, company_id: i64) -> Vec<Ticket> {
        self.autotask.table("Tickets").by("companyID", company_id).map(Ticket::from).collect()
    }

    /// The notes on a ticket, oldest first.
    #[must_use]
    pub fn notes_of_ticket(&self, ticket_id: i64) -> Vec<TicketNote> {
        self.autotask.table("TicketNotes").by("ticketID", ticket_id).map(TicketNote::from).collect()
    }

    /// A machine of a company in Autotask; its id.
    pub fn add_configuration_item(&mut self, company_id: i64, name: &str) -> i64 {
        let now = self.now();
        let items = self.autotask.table_mut("ConfigurationItems");
        let row = Row::new(items.entity())
            .with("companyID", company_id)
            .with("productID", 1)
            .with("isActive", true)
            .with("installDate", now)
            .with("createDate", now)
            .with("lastModifiedTime", now)
            .with("referenceTitle", name)
            .with("rmmDeviceAuditHostname", name);
        items.add(row)
    }

    /// A person opens a ticket for a company.
    pub fn human_ticket(&mut self, company_id: i64, title: &str) -> Result<i64, String> {
        let now = self.now();
        let row = Row::new(self.autotask.table("Tickets").entity())
            .with("companyID", company_id)
            .with("title", title)
            .with("status", 1)
            .with("priority", 2)
            .with("queueID", FIRST_QUEUE)
            .with("dueDateTime", now);
        self.autotask.create_ticket(row, Author::Human, now)
    }

    /// A person writes a note on a ticket that everybody may read; `None` when the ticket is gone.
    pub fn human_note(&mut self, ticket_id: i64, title: &str, text: &str) -> Option<i64> {
        let now = self.now();
        self.autotask.row("Tickets", ticket_id)?;
        let row = Row::new(self.autotask.table("TicketNotes").entity())
            .with("ticketID", ticket_id)
            .with("title", title)
            .with("description", text)
            .with("noteType", 1)
            .with("publish", 1);
        Some(self.autotask.create_ticket_note(row, Author::Human, now))
    }

    /// A person completes a ticket.
    pub fn human_close(&mut self, ticket_id: i64) -> bool {
        self.human_change_status(ticket_id, COMPLETE)
    }

    /// A person sets a ticket's status.
    pub fn human_change_status(&mut self, ticket_id: i64, status: i64) -> bool {
        self.human_change_ticket(ticket_id, "status", status)
    }

    /// A person puts a ticket into a queue.
    pub fn human_move_ticket(&mut self, ticket_id: i64, queue: i64) -> bool {
        self.human_change_ticket(ticket_id, "queueID", queue)
    }

    /// A person takes a ticket.
    pub fn human_take_ticket(&mut self, ticket_id: i64) -> bool {
        let role = self.autotask.table("ResourceRoles").by("resourceID", HUMAN_RESOURCE).next();
        let Some(role) = role.and_then(|row| row.int("roleID")) else {
            return false;
        };
        let Some(ticket) = self.autotask.row("Tickets", ticket_id).cloned() else {
            return false;
        };
        let taken = ticket.with("assignedResourceID", HUMAN_RESOURCE).with("assignedResourceRoleID", role);
        self.keep_ticket(taken)
    }

    fn human_change_ticket(&mut self, ticket_id: i64, field: &str, value: i64) -> bool {
        let ticket = self.autotask.row("Tickets", ticket_id).cloned();
        ticket.is_some_and(|ticket| self.keep_ticket(ticket.with(field, value)))
    }

    fn keep_ticket(&mut self, ticket: Row) -> bool {
        let now = self.now();
        self.autotask.change_ticket(ticket, Author::Human, now).is_ok()
    }

    /// A person deletes a ticket: it is gone with its notes.
    pub fn human_delete_ticket(&mut self, ticket_id: i64) -> bool {
        let now = self.now();
        self.autotask.remove_ticket(ticket_id, Author::Human, now)
    }

    /// A person merges a ticket into another of the same company, which gets its description. The merged
    /// one stays, complete, unless the settings say that it is gone.
    pub fn human_merge_ticket(&mut self, ticket_id: i64, into: i64) -> bool {
        let (Some(merged), Some(kept)) = (self.ticket(ticket_id), self.ticket(into)) else {
            return false;
        };
        if merged.company_id != kept.company_id || ticket_id == into {
            return false;
        }
        let text = format!("{} {}", merged.number, merged.title);
        self.human_note(into, "A ticket was merged into this one", &text);
        let title = format!("Absorbed Ticket Description {}", merged.number);
        self.human_note(into, &title, &merged.description);
        match self.settings.merged_tickets_are_gone {
            true => self.human_delete_ticket(ticket_id),
            false => {
                self.human_note(ticket_id, "This ticket was merged", &kept.number);
                self.human_close(ticket_id)
            }
        }
    }

    /// An administrator no longer offers a value of a picklist ("Tickets", "queueID", 8), or does again.
    pub fn offer_picklist_value(&mut self, entity: &str, field: &str, value: i64, on: bool) -> bool {
        let Some(known) = crate::autotask::schema::entity(entity) else {
            return false;
        };
        let Some(position) = known.find(field) else {
            return false;
        };
        let field = &known.fields[position];
        if on {
            self.autotask.retired_values.remove(&(known.name, field.name, value));
        } else {
            self.autotask.retired_values.insert((known.name, field.name, value));
        }
        field.picklist.iter().any(|(listed, _)| *listed == value.to_string())
    }

    /// An administrator deactivates a person.
    pub fn deactivate_resource(&mut self, resource_id: i64) -> bool {
        self.autotask.table_mut("Resources").set(resource_id, "isActive", false)
    }

    /// The callouts that changes of tickets and notes have led to, oldest first; they are handed out once.
    pub fn take_callouts(&mut self) -> Vec<Callout> {
        std::mem::take(&mut self.autotask.callouts_waiting)
    }
}
