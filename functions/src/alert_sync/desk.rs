//! The service desk as a plan needs it: the plan says what is missing, it is read from Autotask in bulk, and the plan is
//! made again. It decides nothing.

use super::memory::Observed;
use crate::run::{AtWork, budget, check_database};
use anyhow::{Context, bail};
use shared::alert_plan::{self, AlertPlan, TicketNeeds};
use shared::ids::{CompanyId, TicketId};
use shared::plan::{Action, Change};
use shared::run::RunRecord;
use shared::ticket::{Ticket, machine_name};
use std::collections::{BTreeMap, BTreeSet};

/// What is read leads to more that is needed: a ticket's external id to the ticket, a storm to its shared one. More
/// rounds than these and the plan goes in a circle.
const MOST_ROUNDS: usize = 20;

/// The plan, made from all that it needs.
pub(super) async fn plan(
    at_work: &AtWork<'_>,
    record: &mut RunRecord,
    observed: &mut Observed,
) -> anyhow::Result<AlertPlan> {
    let (mut is_open, mut choices_are_read) = (false, false);
    for _ in 0..MOST_ROUNDS {
        let plan = alert_plan::plan(&observed.terms(), &observed.facts);
        let is_final = plan.needs.is_empty() && (plan.proposed.is_empty() || choices_are_read);
        if is_final {
            return Ok(plan);
        }
        if !is_open {
            at_work.host.progress.begin("reading Autotask tickets", None);
            check_database(at_work.connection, at_work.vendors).await?;
            budget::open(at_work, &observed.mapping.settings.budget, record).await?;
            is_open = true;
        }
        // Where a company takes tickets some will be made: then a plan without choices is not made first.
        let may_choose = plan.needs.is_empty() || needed(at_work, observed, plan.needs).await?;
        if may_choose && !choices_are_read {
            choices(at_work, observed).await?;
            choices_are_read = true;
        }
    }
    bail!("the plan of tickets needs more and more to be read; tell the developers of acrotask")
}

/// Reads what a plan asked for; what is not there is known not to be. Whether a company was among it that takes tickets.
async fn needed(at_work: &AtWork<'_>, observed: &mut Observed, needs: TicketNeeds) -> anyhow::Result<bool> {
    let autotask = &at_work.vendors.autotask;
    // Whether a person works on a ticket matters only where we would close it.
    let people = observed.mapping.settings.tickets.auto_close;
    let ids: Vec<TicketId> = needs.tickets.iter().copied().collect();
    let keys: Vec<String> = needs.external_ids.iter().cloned().collect();
    let notes: Vec<(TicketId, String)> = needs.notes.values().cloned().collect();
    let companies: Vec<CompanyId> = needs.companies.keys().copied().collect();
    let devices: BTreeSet<String> = needs.companies.values().flatten().cloned().collect();
    let tickets = autotask.tickets(&ids, people).await.context("reading Autotask tickets")?;
    let found = autotask.tickets_by_external_id(&keys, people).await.context("reading Autotask tickets")?;
    let there = autotask.notes_that_are_there(&notes).await.context("reading notes on Autotask tickets")?;
    let read = autotask.ticket_companies(&companies, &devices, observed.today).await;
    let mut read = read.context("reading Autotask companies and contracts")?;
    for (company, devices) in needs.companies {
        let Some(Some(company)) = read.get_mut(&company) else { continue };
        for device in devices {
            company.machines.entry(machine_name(&device)).or_insert(None);
        }
    }
    let facts = &mut observed.facts;
    facts.tickets.extend(ids.into_iter().map(|id| (id, None)));
    facts.tickets.extend(tickets.into_iter().map(|ticket| (ticket.id, Some(ticket))));
    facts.found.extend(keys.into_iter().map(|key| (key, Vec::new())));
    found.into_iter().for_each(|ticket| take_found(&mut facts.found, ticket));
    facts.notes.extend(needs.notes.into_iter().map(|(key, note)| (key, there.contains(&note))));
    let takes_tickets = read.values().flatten().any(|company| company.active);
    facts.companies.extend(read);
    Ok(takes_tickets)
}

fn take_found(found: &mut BTreeMap<String, Vec<Ticket>>, ticket: Ticket) {
    // Autotask compares without regard to case; only exactly our key is ours.
    let key = ticket.external_id.clone().unwrap_or_default();
    if let Some(tickets) = found.get_mut(&key) {
        tickets.push(ticket);
    }
}

/// Reads what may be chosen of types and picklists, where anything is to be changed.
async fn choices(at_work: &AtWork<'_>, observed: &mut Observed) -> anyhow::Result<()> {
    let vendors = at_work.vendors;
    let assignees = observed.mapping.alerts.values().filter_map(|row| row.assignee).collect();
    let picklists = vendors.autotask.ticket_picklists(&assignees).await;
    observed.picklists = picklists.context("reading what may be chosen for Autotask tickets")?;
    observed.types = vendors.acronis.alert_types().await.context("reading Acronis alert types")?;
    Ok(())
}

/// The tickets whose status these changes set, as they are now.
pub(super) async fn tickets_of(
    at_work: &AtWork<'_>,
    observed: &Observed,
    changes: &[Change],
) -> anyhow::Result<BTreeMap<TicketId, Ticket>> {
    let ids = changes.iter().filter_map(|change| match &change.action {
        Action::CloseTicket(status) | Action::ReopenTicket(status) => Some(status.ticket),
        _ => None,
    });
    let ids: Vec<TicketId> = ids.collect();
    let people = observed.mapping.settings.tickets.auto_close;
    let tickets = at_work.vendors.autotask.tickets(&ids, people).await.context("reading Autotask tickets")?;
    Ok(tickets.into_iter().map(|ticket| (ticket.id, ticket)).collect())
}
