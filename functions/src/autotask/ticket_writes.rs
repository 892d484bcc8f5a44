//! The writes to tickets (T1 to T4): making one, noting on one, and setting a status. Each is sent once; none deletes,
//! and none changes anything else.

use super::query::in_utc;
use super::writer::created;
use super::{AutotaskWriter, WriteError};
use reqwest::Method;
use serde::Serialize;
use serde_json::json;
use shared::ids::{CompanyId, ConfigurationItemId, ContractId, TicketId};
use shared::ticket::{NewNote, NewTicket};

const TICKETS: &str = "Tickets";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TicketBody<'a> {
    #[serde(rename = "companyID")]
    company: CompanyId,
    #[serde(rename = "externalID")]
    external_id: &'a str,
    title: &'a str,
    description: &'a str,
    status: i64,
    priority: i64,
    due_date_time: String,
    #[serde(rename = "queueID", skip_serializing_if = "Option::is_none")]
    queue: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_type: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issue_type: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_issue_type: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_category: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<i64>,
    #[serde(rename = "assignedResourceID", skip_serializing_if = "Option::is_none")]
    resource: Option<i64>,
    #[serde(rename = "assignedResourceRoleID", skip_serializing_if = "Option::is_none")]
    role: Option<i64>,
    #[serde(rename = "contractID", skip_serializing_if = "Option::is_none")]
    contract: Option<ContractId>,
    #[serde(rename = "configurationItemID", skip_serializing_if = "Option::is_none")]
    configuration_item: Option<ConfigurationItemId>,
}

impl AutotaskWriter {
    /// Makes a ticket, with the external id by which it is found again after a lost reply; the vendor lets several
    /// have the same.
    pub async fn create_ticket(&self, new: &NewTicket) -> Result<TicketId, WriteError> {
        let body = TicketBody {
            company: new.company,
            external_id: &new.external_id,
            title: &new.title,
            description: &new.description,
            status: new.status,
            priority: new.priority,
            due_date_time: in_utc(new.due_at),
            queue: new.queue,
            ticket_type: new.ticket_type,
            issue_type: new.issue,
            sub_issue_type: new.sub_issue,
            ticket_category: new.category,
            source: new.source,
            resource: new.assignee.map(|assignee| assignee.resource),
            role: new.assignee.map(|assignee| assignee.role),
            contract: new.contract,
            configuration_item: new.configuration_item,
        };
        created(&self.write(TICKETS, &body).await?).map(TicketId)
    }

    /// Writes a note on a ticket. It goes to the ticket's own path (Autotask developer help, TicketNotes), so that
    /// it takes the place of a request to tickets, not to notes.
    pub async fn create_note(&self, new: &NewNote) -> Result<(), WriteError> {
        let body = json!({
            "ticketID": new.ticket,
            "title": new.title,
            "description": new.description,
            "noteType": new.note_type,
            "publish": new.publish,
        });
        let path = [TICKETS, &new.ticket.to_string(), "Notes"];
        let sent = self.connection().write_at(Method::POST, &path, body.to_string().into_bytes(), &[]);
        sent.await.map(drop)
    }

    /// Sets a ticket's status, and nothing else: what is not sent stays as it is (Autotask developer help, PATCH;
    /// the id stands in the body, not in the path).
    pub async fn set_ticket_status(&self, ticket: TicketId, status: i64) -> Result<(), WriteError> {
        let body = json!({"id": ticket, "status": status});
        let sent = self.connection().write_at(Method::PATCH, &[TICKETS], body.to_string().into_bytes(), &[]);
        sent.await.map(drop)
    }
}
