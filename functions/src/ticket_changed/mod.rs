//! The job that dismisses the alerts of closed tickets, where that is switched on (T6): observe, plan, guard, apply,
//! record. It decides nothing itself; the rules are `shared`'s.

mod approve;
mod dismiss;
mod observe;

use crate::host::Host;
use crate::run::held::{self, Deeds};
use crate::run::record::{begin, count_plan};
use crate::run::{AtWork, Done, Run, carry_out, connected};
pub use approve::approve;
use dismiss::Dismiss;
use observe::Observed;
use shared::alert_guard::AlertGuard;
use shared::alert_plan::AlertPlan;
use shared::held::LookedAt;
use shared::ids::{ConnectionId, TicketId};
use shared::plan::Plan;
use shared::run::{Job, Mode, Outcome, RunRecord};
use shared::ticket_changed;
use std::collections::BTreeSet;

/// Which tickets are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tickets {
    /// Those of all active alerts.
    All,
    /// Those that events named.
    Only(BTreeSet<TicketId>),
}

/// A plan and what it was made from.
struct Planned {
    observed: Observed,
    alerts: AlertPlan,
    plan: Plan,
}

/// One run for one connection. In plan mode nothing is written but the run's record and what people's lists show. An error is told in the record's
/// outcome; only a run that cannot even be recorded is an `Err`.
pub async fn run(host: &Host, id: &ConnectionId, tickets: Tickets, mode: Mode) -> anyhow::Result<Run> {
    let job = Job::TicketChanged;
    carry_out(host, id, job, mode, Box::new(move |at_work, record| Box::pin(work(at_work, record, tickets)))).await
}

/// The plan as it is now, for people to look at and approve; writes nothing at all.
pub async fn plan(host: &Host, id: &ConnectionId) -> anyhow::Result<Plan> {
    Ok(Box::pin(planned(host, id)).await?.plan)
}

async fn planned(host: &Host, id: &ConnectionId) -> anyhow::Result<Planned> {
    let connection = connected(host, id).await?;
    let vendors = host.vendors(id).await?;
    let at_work = AtWork { host, connection: &connection, vendors: &vendors, lease: None };
    observe_and_plan(&at_work, &Tickets::All, &mut begin(host, Job::TicketChanged, Mode::Plan)).await
}

async fn work(at_work: AtWork<'_>, record: &mut RunRecord, tickets: Tickets) -> anyhow::Result<Done> {
    record.everybody = tickets == Tickets::All;
    let mut planned = observe_and_plan(&at_work, &tickets, record).await?;
    count_plan(record, &planned.plan);
    record.outcome = Outcome::Complete;
    let mut deeds = Deeds::default();
    if let Some(lease) = at_work.lease.filter(|_| !planned.plan.changes.is_empty()) {
        Dismiss::new(&at_work, lease, &mut planned, &mut deeds).carry_out(record).await?;
    }
    let looked_at = match tickets {
        Tickets::All => LookedAt::Everything,
        Tickets::Only(tickets) => LookedAt::Tickets(tickets),
    };
    held::keep(&at_work, &planned.plan, &deeds, &looked_at).await;
    Ok(Done { plan: Some(planned.plan), ..Done::default() })
}

async fn observe_and_plan(at_work: &AtWork<'_>, tickets: &Tickets, record: &mut RunRecord) -> anyhow::Result<Planned> {
    let observed = observe::tickets(at_work, tickets, record).await?;
    let mut alerts = ticket_changed::plan(&observed.terms(), &observed.links, &observed.tickets);
    let approvals = observed.approvals.clone();
    let guard = AlertGuard { terms: &observed.terms(), job: Job::TicketChanged, approvals };
    let plan = guard.plan(&mut alerts);
    Ok(Planned { observed, alerts, plan })
}
