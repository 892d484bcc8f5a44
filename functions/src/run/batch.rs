//! A batch of events worked off: one run per connection, and each message that was not done goes back to its
//! queue. What a run does, its job says.

use super::{Run, Scope};
use crate::events::{About, Batch, BatchAnswer, Event, Message};
use shared::ids::ConnectionId;
use shared::run::Outcome;
use std::collections::{BTreeMap, BTreeSet};

/// Runs once for each connection of a batch, and says which messages are to come again.
pub async fn work_off(batch: &Batch, run: impl AsyncFn(&ConnectionId, Scope) -> anyhow::Result<Run>) -> BatchAnswer {
    let mut by_connection: BTreeMap<&ConnectionId, Vec<(&Message, About)>> = BTreeMap::new();
    for message in &batch.messages {
        if let Some(about) = about(&message.event) {
            by_connection.entry(message.event.connection()).or_default().push((message, about));
        }
    }
    let mut again: Vec<&str> = Vec::new();
    for (connection, messages) in by_connection {
        let scope: BTreeSet<About> = messages.iter().map(|(_, about)| *about).collect();
        let ran = run(connection, Scope::Only(scope)).await;
        if let Err(error) = &ran {
            tracing::error!(%connection, "{error:#}");
        }
        again.extend(messages.iter().filter(|(_, about)| comes_again(&ran, *about)).map(|(message, _)| &*message.id));
    }
    batch.answer(again)
}

/// Whom an event is about; none for events that are no change of a customer.
pub(crate) fn about(event: &Event) -> Option<About> {
    match event {
        Event::ContractChanged(changed) => Some(changed.about),
        Event::CompanyChanged(changed) => Some(About::Company(changed.company)),
        Event::SyncDue(_) | Event::TicketChanged(_) => None,
    }
}

/// Whether what a message is about was not done. Whose a contract is only the run knows, so that such a message
/// comes again with any failure.
fn comes_again(ran: &anyhow::Result<Run>, about: About) -> bool {
    let Ok(ran) = ran else { return true };
    match (&ran.record.outcome, about) {
        (Outcome::Complete | Outcome::Failed(_), About::Company(company)) if ran.plan.is_some() => {
            ran.failed.contains(&company)
        }
        (Outcome::Complete | Outcome::Failed(_), About::Contract(_)) if ran.plan.is_some() => !ran.failed.is_empty(),
        _ => true,
    }
}
