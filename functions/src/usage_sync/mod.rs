//! The job that turns Acronis usage into pay-as-you-go contract units: observe, plan, guard, apply,
//! record. It decides nothing itself; the rules are `shared`'s.

mod apply;
mod approve;
mod explain;
mod from_acronis;
mod from_autotask;
mod gather;
mod lists;
mod observe;
mod packed;
mod read_back;
mod record;
mod services;
mod unanswered;

use crate::autotask::AutotaskWriter;
use crate::host::Host;
use crate::run::held::{self, Deeds};
use crate::run::{
    AtWork, Done, Run, Scope, budget, carry_out, check_credentials, connected, record::begin, record::count_plan,
};
use anyhow::Context;
use apply::{Apply, Made};
pub use approve::approve;
pub use explain::explain;
use observe::Observed;
use shared::finding::{Finding, What};
use shared::guard::Guard;
use shared::held::LookedAt;
use shared::ids::ConnectionId;
use shared::plan::Plan;
use shared::run::{Job, Mode, Outcome, RunRecord};
use shared::usage_plan::CompanyPlan;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use unanswered::Unanswered;

/// A plan and what it was made from.
struct Planned {
    observed: Observed,
    companies: Vec<CompanyPlan>,
    plan: Plan,
    /// Whether it is the first, which was approved as it is (M5), and no run has gone on from that yet.
    opens_first: bool,
}

impl Planned {
    /// Whether no plan was approved before this one (M5).
    fn is_first(&self) -> bool {
        !self.observed.connection.first_plan_approved
    }
}

/// One run for one connection and those whom `scope` names. In plan mode nothing is written but the run's record
/// and what people's lists show. An error is told in the record's outcome; only a run that cannot even be recorded is an `Err`.
pub async fn run(host: &Host, id: &ConnectionId, scope: Scope, mode: Mode) -> anyhow::Result<Run> {
    carry_out(host, id, Job::UsageSync, mode, Box::new(move |at_work, record| Box::pin(work(at_work, record, scope))))
        .await
}

/// The plan as it is now, for people to look at and approve; writes nothing at all.
pub async fn plan(host: &Host, id: &ConnectionId) -> anyhow::Result<Plan> {
    Ok(Box::pin(planned(host, id)).await?.plan)
}

async fn planned(host: &Host, id: &ConnectionId) -> anyhow::Result<Planned> {
    let connection = connected(host, id).await?;
    let vendors = host.vendors(id).await?;
    let at_work = AtWork { host, connection: &connection, vendors: &vendors, lease: None };
    observe_and_plan(&at_work, &Scope::Everybody, &mut begin(host, Job::UsageSync, Mode::Plan)).await
}

async fn work(at_work: AtWork<'_>, record: &mut RunRecord, scope: Scope) -> anyhow::Result<Done> {
    record.everybody = scope == Scope::Everybody;
    let mut planned = observe_and_plan(&at_work, &scope, record).await?;
    count_plan(record, &planned.plan);
    if planned.opens_first {
        record::keep_first_approval(at_work.host, &mut planned).await?;
    }
    let (mut failed, mut deeds) = (BTreeSet::new(), Deeds::default());
    match at_work.lease {
        None => record.outcome = Outcome::Complete,
        Some(lease) => {
            let AtWork { host, connection, vendors, .. } = at_work;
            record::keep_what_was_seen(host, &planned).await?;
            let writer = AutotaskWriter::new(&vendors.autotask);
            let (stop, unanswered, done) = (OnceLock::new(), Unanswered::default(), Made::default());
            let run =
                Apply { host, connection, vendors, writer, lease, planned: &planned, stop, unanswered, made: done };
            failed = run.carry_out(record).await?;
            deeds = run.made.all();
        }
    }
    lists::keep(&at_work, &mut planned, &deeds.made).await;
    let looked_at = planned.observed.scope.clone().map_or(LookedAt::Everything, LookedAt::Companies);
    held::keep(&at_work, &planned.plan, &deeds, &looked_at).await;
    Ok(Done { plan: Some(planned.plan), failed })
}

async fn observe_and_plan(at_work: &AtWork<'_>, scope: &Scope, record: &mut RunRecord) -> anyhow::Result<Planned> {
    let AtWork { host, connection, vendors, .. } = at_work;
    check_credentials(connection, vendors).await?;
    let mut observed = observe::memory(host, connection).await?;
    budget::open(at_work, &observed.mapping.settings.budget, record).await?;
    if !vendors.autotask.payg_field().await.context("reading Autotask's contract fields")? {
        return Ok(nothing_but(observed, What::PaygFieldMissing));
    }
    if observed.something_is_mapped() {
        observe::vendors(host, vendors, &mut observed, scope).await?;
    }
    let companies = gather::plan_companies(host, vendors, &mut observed).await?;
    Ok(guarded(observed, companies))
}

fn guarded(mut observed: Observed, mut companies: Vec<CompanyPlan>) -> Planned {
    let seen_before = observed.take_seen();
    let terms = observed.terms();
    let guard = Guard {
        terms: &terms,
        mapping: &observed.mapping,
        everybody: observed.scope.is_none(),
        seen_before,
        approvals: observed.approvals.clone(),
        creations: observed.creations.clone(),
    };
    let mut plan = guard.plan(&mut companies);
    let opens_first = guard.open_first(&mut plan);
    let seen_before = guard.seen_before;
    observed.give_back(seen_before);
    Planned { observed, companies, plan, opens_first }
}

/// C1: while the contract field does not exist, nothing is planned for any contract.
fn nothing_but(observed: Observed, what: What) -> Planned {
    let mut planned = guarded(observed.with_nothing_to_sell(), Vec::new());
    planned.plan.findings = vec![Finding::of_connection(what)];
    planned
}
