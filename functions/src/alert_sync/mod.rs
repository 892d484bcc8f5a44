//! The job that turns alerts into tickets: observe, plan, guard, apply, record. It decides nothing itself; the rules
//! are `shared`'s. Where no alert changed and nothing is left over, it asks Autotask nothing.

mod apply;
mod approve;
mod desk;
mod memory;
mod observe;
mod reading;
mod send;

use crate::host::Host;
use crate::run::record::{begin, count_plan};
use crate::run::{AtWork, Done, Run, carry_out, connected};
use apply::Apply;
pub use approve::approve;
use memory::Observed;
pub use reading::read_for_replay;
use shared::alert_guard::AlertGuard;
use shared::alert_plan::AlertPlan;
use shared::ids::ConnectionId;
use shared::plan::Plan;
use shared::run::{Job, Mode, Outcome, RunRecord};

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// What changed since the last look; all of it where that is due.
    Changes,
    /// All active alerts besides.
    Whole,
}

/// A plan and what it was made from.
struct Planned {
    observed: Observed,
    alerts: AlertPlan,
    plan: Plan,
}

/// One run for one connection. In plan mode nothing is written but the run's record. An error is told in the record's
/// outcome; only a run that cannot even be recorded is an `Err`.
pub async fn run(host: &Host, id: &ConnectionId, look: Look, mode: Mode) -> anyhow::Result<Run> {
    let job = Job::AlertSync;
    carry_out(host, id, job, mode, Box::new(move |at_work, record| Box::pin(work(at_work, record, look)))).await
}

/// The plan as it is now, for people to look at and approve; writes nothing at all.
pub async fn plan(host: &Host, id: &ConnectionId) -> anyhow::Result<Plan> {
    Ok(Box::pin(planned(host, id)).await?.plan)
}

async fn planned(host: &Host, id: &ConnectionId) -> anyhow::Result<Planned> {
    let connection = connected(host, id).await?;
    let vendors = host.vendors(id).await?;
    let at_work = AtWork { host, connection: &connection, vendors: &vendors, lease: None };
    observe_and_plan(&at_work, Look::Whole, &mut begin(host, Job::AlertSync, Mode::Plan)).await
}

async fn work(at_work: AtWork<'_>, record: &mut RunRecord, look: Look) -> anyhow::Result<Done> {
    let mut planned = observe_and_plan(&at_work, look, record).await?;
    record.everybody = planned.observed.facts.all_active;
    count_plan(record, &planned.plan);
    record.outcome = Outcome::Complete;
    if let Some(lease) = at_work.lease {
        Apply::new(&at_work, lease, &mut planned).carry_out(record).await?;
    }
    Ok(Done { plan: Some(planned.plan), ..Done::default() })
}

async fn observe_and_plan(at_work: &AtWork<'_>, look: Look, record: &mut RunRecord) -> anyhow::Result<Planned> {
    let mut observed = memory::read(at_work.host, at_work.connection).await?;
    let mut alerts = AlertPlan::default();
    if observed.terms().can_start() && observe::alerts(at_work, &mut observed, look).await? {
        observe::owners(at_work, &mut observed).await?;
        alerts = desk::plan(at_work, record, &mut observed).await?;
    }
    let approvals = observed.approvals.clone();
    let guard = AlertGuard { terms: &observed.terms(), job: Job::AlertSync, approvals };
    let plan = guard.plan(&mut alerts);
    Ok(Planned { observed, alerts, plan })
}
