//! A batch of events worked off: one run per connection, and each message that was not done goes back to its
//! queue. What a run does, its job says.

use super::{Run, Scope};
use crate::events::{About, Batch, BatchAnswer, Event, Message};
use shared::ids::{ConnectionId, TicketId};
use shared::run::Outcome;
use std::collections::{BTreeMap, BTreeSet};

/// Runs once for each connection of a batch for the customers that are named, and says which messages are to come
/// again.
pub async fn work_off(batch: &Batch, run: impl AsyncFn(&ConnectionId, Scope) -> anyhow::Result<Run>) -> BatchAnswer {
    let run = async |connection: &_, all| run(connection, Scope::Only(all)).await;
    work_off_each(batch, about, run, comes_again).await
}

/// The same for the tickets that are named.
pub async fn work_off_tickets(
    batch: &Batch,
    run: impl AsyncFn(&ConnectionId, BTreeSet<TicketId>) -> anyhow::Result<Run>,
) -> BatchAnswer {
    let is_done = |ran: &anyhow::Result<Run>| ran.as_ref().is_ok_and(|ran| ran.record.outcome == Outcome::Complete);
    work_off_each(batch, ticket, run, |ran, _| !is_done(ran)).await
}

async fn work_off_each<T: Ord + Copy>(
    batch: &Batch,
    about: impl Fn(&Event) -> Option<T>,
    run: impl AsyncFn(&ConnectionId, BTreeSet<T>) -> anyhow::Result<Run>,
    comes_again: impl Fn(&anyhow::Result<Run>, T) -> bool,
) -> BatchAnswer {
    let mut by_connection: BTreeMap<&ConnectionId, Vec<(&Message, T)>> = BTreeMap::new();
    for message in &batch.messages {
        if let Some(about) = about(&message.event) {
            by_connection.entry(message.event.connection()).or_default().push((message, about));
        }
    }
    let mut again: Vec<&str> = Vec::new();
    for (connection, messages) in by_connection {
        let ran = run(connection, messages.iter().map(|(_, about)| *about).collect()).await;
        again.extend(messages.iter().filter(|(_, about)| comes_again(&ran, *about)).map(|(message, _)| &*message.id));
    }
    batch.answer(again)
}

/// Which ticket an event is about.
fn ticket(event: &Event) -> Option<TicketId> {
    match event {
        Event::TicketChanged(changed) => Some(changed.ticket),
        Event::SyncDue(_)
        | Event::ContractChanged(_)
        | Event::CompanyChanged(_)
        | Event::CredentialsOffered(_)
        | Event::AlertsAsked(_) => None,
    }
}

/// Whom an event is about; none for events that are no change of a customer.
fn about(event: &Event) -> Option<About> {
    match event {
        Event::ContractChanged(changed) => Some(changed.about),
        Event::CompanyChanged(changed) => Some(About::Company(changed.company)),
        Event::SyncDue(_) | Event::TicketChanged(_) | Event::CredentialsOffered(_) | Event::AlertsAsked(_) => None,
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
