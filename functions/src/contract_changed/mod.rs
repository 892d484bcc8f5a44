//! The job that turns contracts into tenants and quotas: observe, plan, guard, apply, record. It decides
//! nothing itself; the rules are `shared`'s.

mod apply;
mod approve;
mod new_tenant;
mod observe;
mod quotas;
mod reads;

use crate::acronis::AcronisWriter;
use crate::host::Host;
use crate::run::held::{self, Deeds};
use crate::run::record::count_plan;
use crate::run::{AtWork, Done, Run, Scope, budget, carry_out, check_credentials, connected, record::begin};
use anyhow::Context;
use apply::Apply;
pub use approve::approve;
use observe::Observed;
use shared::finding::{Finding, PrepaidWhat, What};
use shared::ids::ConnectionId;
use shared::new_tenant::plan_customer;
use shared::plan::Plan;
use shared::quota_guard::QuotaGuard;
use shared::quota_plan::QuotaPlan;
use shared::run::{Job, Mode, Outcome, RunRecord};
use std::collections::BTreeSet;

/// A plan and what it was made from.
struct Planned {
    observed: Observed,
    /// In the order of `observed.customers`.
    customers: Vec<QuotaPlan>,
    plan: Plan,
    /// Whether it is the first, which was approved as it is (M5), and no run has gone on from that yet.
    opens_first: bool,
}

/// One run for one connection and those whom `scope` names. In plan mode nothing is written but the run's record and what
/// people's lists show. An error is told in the record's outcome; only a run that cannot even be recorded is an `Err`.
pub async fn run(host: &Host, id: &ConnectionId, scope: Scope, mode: Mode) -> anyhow::Result<Run> {
    let job = Job::ContractChanged;
    carry_out(host, id, job, mode, Box::new(move |at_work, record| Box::pin(work(at_work, record, scope)))).await
}

/// The plan for everybody as it is now, for people to look at and approve; writes nothing at all.
pub async fn plan(host: &Host, id: &ConnectionId) -> anyhow::Result<Plan> {
    Ok(Box::pin(planned(host, id)).await?.plan)
}

async fn planned(host: &Host, id: &ConnectionId) -> anyhow::Result<Planned> {
    let connection = connected(host, id).await?;
    let vendors = host.vendors(id).await?;
    let at_work = AtWork { host, connection: &connection, vendors: &vendors, lease: None };
    observe_and_plan(&at_work, &Scope::Everybody, &mut begin(host, Job::ContractChanged, Mode::Plan)).await
}

async fn work(at_work: AtWork<'_>, record: &mut RunRecord, scope: Scope) -> anyhow::Result<Done> {
    let mut planned = observe_and_plan(&at_work, &scope, record).await?;
    record.everybody = planned.observed.scope.is_none();
    count_plan(record, &planned.plan);
    if planned.opens_first {
        approve::keep_first_approval(at_work.host, &mut planned).await?;
    }
    let (mut failed, mut deeds) = (BTreeSet::new(), Deeds::default());
    match at_work.lease {
        None => record.outcome = Outcome::Complete,
        Some(lease) => {
            let AtWork { host, connection, vendors, .. } = at_work;
            let writer = AcronisWriter::new(&vendors.acronis);
            let apply = Apply::new(host, connection, vendors, writer, lease, &planned);
            failed = apply.carry_out(record, &mut deeds).await?;
        }
    }
    held::keep(&at_work, &planned.plan, &deeds, &planned.observed.looked_at()).await;
    if at_work.lease.is_none() {
        return Ok(Done { plan: Some(planned.plan), failed });
    }
    // Who waits for an answer is looked at again before its turn comes.
    let unanswered = |finding: &&Finding| finding.what == What::Prepaid(PrepaidWhat::TenantUnanswered);
    failed.extend(planned.plan.findings.iter().filter(unanswered).filter_map(|finding| finding.company));
    Ok(Done { plan: Some(planned.plan), failed })
}

async fn observe_and_plan(at_work: &AtWork<'_>, scope: &Scope, record: &mut RunRecord) -> anyhow::Result<Planned> {
    let AtWork { host, connection, vendors, .. } = at_work;
    check_credentials(connection, vendors).await?;
    let mut observed = observe::memory(host, connection).await?;
    budget::open(at_work, &observed.mapping.settings.budget, record).await?;
    if !vendors.autotask.payg_field().await.context("reading Autotask's contract fields")? {
        // Of nobody anything is known.
        observed.scope = Some(BTreeSet::new());
        return Ok(nothing_but(observed, What::PaygFieldMissing));
    }
    if observed.something_is_mapped() {
        // A first plan is made of everybody (M5), and goes on only where everybody is as it was shown.
        let first = !connection.first_quotas_approved;
        let approvals = &observed.approvals;
        let is_whole = first && held::first_is_approved(host, &connection.id, approvals, Job::ContractChanged).await?;
        let scope = if is_whole { &Scope::Everybody } else { scope };
        observe::vendors(host, vendors, &mut observed, scope).await?;
    }
    Ok(guarded(observed))
}

fn guarded(observed: Observed) -> Planned {
    let terms = observed.terms();
    let mut customers: Vec<QuotaPlan> = observed.customers.iter().map(|facts| plan_customer(facts, &terms)).collect();
    let guard = QuotaGuard { terms: &terms, states: &observed.states, approvals: observed.approvals.clone() };
    let mut plan = guard.plan(&mut customers);
    let opens_first = guard.open_first(&mut plan, observed.scope.is_none());
    Planned { observed, customers, plan, opens_first }
}

/// C1: while the contract field does not exist, nothing is planned for any contract.
fn nothing_but(observed: Observed, what: What) -> Planned {
    let mut planned = guarded(observed);
    planned.plan.findings = vec![Finding::of_connection(what)];
    planned.opens_first = false;
    planned
}
