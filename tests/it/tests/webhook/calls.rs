//! Bodies as Autotask sends them.

use functions::events::{About, Cause, CompanyChanged, ContractChanged, Event, TicketChanged};
use serde_json::{Value, json};
use shared::ids::{CompanyId, ConnectionId, ContractId, TicketId};

/// A callout about an entity.
pub(crate) fn callout(entity: &str, id: i64, fields: &Value) -> Vec<u8> {
    json!({
        "Action": "Update",
        "Guid": "67a1c5ab-3eb4-4000-8000-000000000001",
        "EntityType": entity,
        "Id": id,
        "Fields": fields,
        "EventTime": "2026-11-22T10:00:00Z",
        "SequenceNumber": 42,
        "PersonID": 29_682_885,
    })
    .to_string()
    .into_bytes()
}

/// That Autotask gave a webhook up: without an entity.
pub(crate) fn deactivated() -> Vec<u8> {
    json!({
        "Action": "Deactivated",
        "Guid": "67a1c5ab-3eb4-4000-8000-000000000001",
        "Id": 0,
        "EventTime": "2026-11-22T10:00:00Z",
        "SequenceNumber": 43,
    })
    .to_string()
    .into_bytes()
}

fn north() -> ConnectionId {
    ConnectionId::new("north")
}

pub(crate) fn company(id: i64) -> Vec<Event> {
    let (connection, company) = (north(), CompanyId(id));
    vec![Event::CompanyChanged(CompanyChanged { connection, company, cause: Cause::Company })]
}

pub(crate) fn ticket(id: i64) -> Vec<Event> {
    vec![Event::TicketChanged(TicketChanged { connection: north(), ticket: TicketId(id) })]
}

pub(crate) fn contract(id: i64) -> Vec<Event> {
    let about = About::Contract(ContractId(id));
    vec![Event::ContractChanged(ContractChanged { connection: north(), about })]
}

pub(crate) fn contracts_of(id: i64) -> Vec<Event> {
    let about = About::Company(CompanyId(id));
    vec![Event::ContractChanged(ContractChanged { connection: north(), about })]
}
