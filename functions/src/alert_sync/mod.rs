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
use crate::run::held::{self, Deeds};
use crate::run::record::{begin, count_plan};
use crate::run::{AtWork, Done, Run, carry_out, connected};
use apply::Apply;
pub use approve::approve;
use memory::Observed;
pub use reading::read_for_replay;
use shared::alert_guard::AlertGuard;
use shared::alert_plan::AlertPlan;
use shared::held::LookedAt;
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
    /// What was looked at; none where nothing changed and nothing was left over.
    looked_at: Option<LookedAt>,
    /// Whether it is the first, which was approved as it is (M5), and no run has gone on from that yet.
    opens_first: bool,
}

/// One run for one connection. In plan mode nothing is written but the run's record and what people's lists show. An error
/// is told in the record's outcome; only a run that cannot even be recorded is an `Err`.
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
    if planned.opens_first {
        approve::keep_first_approval(at_work.host, &planned.observed).await?;
    }
    let mut deeds = Deeds::default();
    if let Some(lease) = at_work.lease {
        Apply::new(&at_work, lease, &mut planned, &mut deeds).carry_out(record).await?;
    }
    if let Some(looked_at) = &planned.looked_at {
        held::keep(&at_work, &planned.plan, &deeds, looked_at).await;
    }
    Ok(Done { plan: Some(planned.plan), ..Done::default() })
}

async fn observe_and_plan(at_work: &AtWork<'_>, look: Look, record: &mut RunRecord) -> anyhow::Result<Planned> {
    let AtWork { host, connection, .. } = at_work;
    let mut observed = memory::read(host, connection).await?;
    let mut alerts = AlertPlan::default();
    let is_first = !connection.first_tickets_approved;
    let mut looked_at = Some(LookedAt::Everything);
    if observed.terms().can_start() {
        // A first plan is made of all alerts (M5), and goes on only where all is as it was shown.
        let approvals = &observed.approvals;
        let is_whole = is_first && held::first_is_approved(host, &connection.id, approvals, Job::AlertSync).await?;
        let look = if is_whole { Look::Whole } else { look };
        if observe::alerts(at_work, &mut observed, look).await? {
            observe::owners(at_work, &mut observed).await?;
            alerts = desk::plan(at_work, record, &mut observed).await?;
            looked_at = looked_at.map(|all| if alerts.of_all { all } else { LookedAt::Changes { is_first } });
        } else {
            looked_at = None;
        }
    }
    let approvals = observed.approvals.clone();
    let guard = AlertGuard { terms: &observed.terms(), job: Job::AlertSync, approvals };
    let mut plan = guard.plan(&mut alerts);
    let opens_first = guard.open_first(&mut plan, &alerts);
    Ok(Planned { observed, alerts, plan, looked_at, opens_first })
}
