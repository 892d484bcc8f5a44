//! The tickets of a run with the alerts that they are of: our memory first, then Autotask, in bulk, and what became of the
//! alerts since alert-sync looked. A failed read fails the run. It decides nothing.

use super::Tickets;
use crate::acronis::ReadAlert;
use crate::run::memory::{Memory, memory};
use crate::run::{AtWork, budget, check_database, check_tenant};
use anyhow::Context;
use jiff::Timestamp;
use jiff::civil::Date;
use shared::alert::{Alert, AlertKind, AlertType};
use shared::alert_link::AlertLink;
use shared::alert_plan::AlertTerms;
use shared::guard::Approvals;
use shared::ids::{AlertId, TicketId};
use shared::mapping::Mapping;
use shared::run::{Connection, RunRecord};
use shared::ticket::{Picklists, Ticket};
use std::collections::BTreeMap;

/// Everything known in one run.
pub(super) struct Observed {
    pub(super) connection: Connection,
    pub(super) mapping: Mapping,
    pub(super) today: Date,
    pub(super) now: Timestamp,
    pub(super) approvals: Approvals,
    /// Of active alerts with these tickets.
    pub(super) links: Vec<AlertLink>,
    /// None where Autotask has no such ticket.
    pub(super) tickets: BTreeMap<TicketId, Option<Ticket>>,
    types: BTreeMap<AlertKind, AlertType>,
    picklists: Picklists,
}

/// Reads the tickets; nobody is asked anything where closing a ticket dismisses nothing.
pub(super) async fn tickets(
    at_work: &AtWork<'_>,
    tickets: &Tickets,
    record: &mut RunRecord,
) -> anyhow::Result<Observed> {
    let AtWork { host, connection, vendors, .. } = at_work;
    host.progress.begin("reading Autotask tickets", None);
    let Memory { mapping, today, now, approvals, .. } = memory(host, &connection.id).await?;
    let mut observed = Observed {
        connection: (*connection).clone(),
        mapping,
        today,
        now,
        approvals,
        links: Vec::new(),
        tickets: BTreeMap::new(),
        types: BTreeMap::new(),
        picklists: Picklists::default(),
    };
    if !(observed.terms().can_start() && observed.mapping.settings.tickets.dismiss_on_close) {
        return Ok(observed);
    }
    let is_wanted = |ticket: TicketId| match tickets {
        Tickets::All => true,
        Tickets::Only(ids) => ids.contains(&ticket),
    };
    let of_wanted = |link: &AlertLink| link.living_ticket().is_some_and(|ticket| is_wanted(ticket.id));
    let mut links = Vec::new();
    let each = |link: AlertLink| links.extend((link.alert.is_active() && of_wanted(&link)).then_some(link));
    host.store.alert_links(&connection.id, each).await?;
    let ids: Vec<TicketId> = links.iter().filter_map(|link| Some(link.living_ticket()?.id)).collect();
    if !ids.is_empty() {
        check_database(connection, vendors).await?;
        budget::open_unasked(at_work, &observed.mapping.settings.budget, record).await?;
        let read = vendors.autotask.tickets(&ids, false).await.context("reading Autotask tickets")?;
        observed.tickets = ids.into_iter().map(|id| (id, None)).collect();
        observed.tickets.extend(read.into_iter().map(|ticket| (ticket.id, Some(ticket))));
        let closing_status = observed.mapping.settings.tickets.closing_status;
        if observed.tickets.values().flatten().any(|ticket| ticket.closed_since(closing_status).is_some()) {
            check_tenant(connection, vendors).await?;
            bring_up_to_date(at_work, &mut links).await?;
        }
    }
    observed.links = links;
    Ok(observed)
}

/// Reads what became of the alerts since alert-sync looked: one that was raised again is not dismissed.
async fn bring_up_to_date(at_work: &AtWork<'_>, links: &mut [AlertLink]) -> anyhow::Result<()> {
    let AtWork { host, connection, vendors, .. } = at_work;
    host.progress.begin("reading Acronis alerts", None);
    let Some(cursor) = host.store.alert_cursor(&connection.id).await? else { return Ok(()) };
    let self_service: Vec<u64> = cursor.self_service.keys().copied().collect();
    let mut changed: BTreeMap<AlertId, Vec<Alert>> = BTreeMap::new();
    let mut each = |read: ReadAlert| changed.entry(read.alert.id.clone()).or_default().push(read.alert);
    let (acronis, since) = (&vendors.acronis, cursor.since());
    acronis.alerts_changed_since(since, &mut each).await.context("reading Acronis alerts")?;
    let read = acronis.alerts_of_customers(&self_service, Some(since), each).await;
    // Who does not show them is told by alert-sync.
    read.context("reading the alerts of customers that manage themselves")?;
    for link in links {
        for alert in changed.remove(&link.alert.id).into_iter().flatten() {
            // Its tenant may be told by a number only, and is known.
            link.take(&Alert { tenant: link.alert.tenant.clone(), ..alert });
        }
    }
    Ok(())
}

impl Observed {
    /// The terms of the run. Types and picklists say nothing of a dismissal, and are not read.
    pub(super) fn terms(&self) -> AlertTerms<'_> {
        AlertTerms {
            connection: &self.connection,
            mapping: &self.mapping,
            types: &self.types,
            picklists: &self.picklists,
            tickets_since: Timestamp::MIN,
            today: self.today,
            now: self.now,
        }
    }
}
