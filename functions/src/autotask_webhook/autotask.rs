//! What Autotask's webhooks say (Autotask developer help, Webhooks), once they are believed: which company
//! or ticket to look at. Nothing else of them is used.

use super::call::{Call, Refusal};
use super::signature::Signature;
use crate::events::{Cause, CompanyChanged, Event, TicketChanged};
use crate::metrics;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use shared::ids::{CompanyId, ConnectionId, TicketId};

const SIGNATURE: &str = "x-hook-signature";

/// A callout. Which keys there are besides `Action` differs from one kind to the other.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Callout {
    action: String,
    #[serde(default)]
    guid: Option<String>,
    #[serde(default)]
    entity_type: Option<String>,
    #[serde(default)]
    id: Option<i64>,
    #[serde(default)]
    fields: Option<Map<String, Value>>,
}

/// The signature of a call; Autotask sends one.
pub(super) fn signature_of(call: &Call) -> Result<Signature, Refusal> {
    call.the_only(SIGNATURE).and_then(Signature::sha1_base64).ok_or(Refusal::NotSigned)
}

/// The events of a body that is believed.
pub(super) fn events(
    stack: &str,
    connection: ConnectionId,
    body: &[u8],
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let callout: Callout = serde_json::from_slice(body).map_err(|_| Refusal::Malformed)?;
    if callout.action.eq_ignore_ascii_case("deactivated") {
        metrics::tell_webhook_disabled(stack, &connection, now);
        tracing::warn!(
            %connection,
            webhook = callout.guid.unwrap_or_default(),
            "Autotask does not send one of our webhooks any more: acrotask webhooks status says which and what to do; \
             until then changes are found by looking, which takes longer"
        );
        return Ok(Vec::new());
    }
    let id = callout.id.filter(|id| *id >= 0);
    let entity = callout.entity_type.unwrap_or_default().to_lowercase();
    let event = match entity.as_str() {
        "account" | "company" => {
            let company = CompanyId(id.ok_or(Refusal::Malformed)?);
            Event::CompanyChanged(CompanyChanged { connection, company, cause: Cause::Company })
        }
        "ticket" => {
            let ticket = TicketId(id.ok_or(Refusal::Malformed)?);
            Event::TicketChanged(TicketChanged { connection, ticket })
        }
        "ticketnote" => match callout.fields.and_then(ticket_of_note) {
            Some(ticket) => Event::TicketChanged(TicketChanged { connection, ticket }),
            None => return Ok(Vec::new()),
        },
        _ => return Ok(Vec::new()),
    };
    Ok(vec![event])
}

/// The ticket a note is on. How its key is spelled, and whether its value is a number, is not documented.
fn ticket_of_note(fields: Map<String, Value>) -> Option<TicketId> {
    let is_ticket = |name: &str| {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|c| c.to_ascii_lowercase()).collect::<String>() == "ticketid"
    };
    let (_, value) = fields.into_iter().find(|(name, _)| is_ticket(name))?;
    let id = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (id >= 0).then_some(TicketId(id))
}
