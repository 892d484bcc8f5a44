//! The job that turns Acronis usage into pay-as-you-go contract units: observe, plan, guard, apply,
//! record. It decides nothing itself; the rules are `shared`'s.

mod apply;
mod approve;
mod budget;
mod explain;
mod gather;
mod lease;
mod observe;
mod read_back;
mod record;
mod services;

use crate::autotask::AutotaskWriter;
use crate::host::{Host, Vendors};
use crate::store::Lease;
use anyhow::{Context, bail};
use apply::Apply;
pub use approve::{Approve, approve};
pub use explain::explain;
use observe::Observed;
use shared::finding::{Finding, What};
use shared::guard::Guard;
use shared::ids::ConnectionId;
use shared::plan::Plan;
use shared::run::{Connection, Job, Mode, Outcome, RunRecord};
use shared::usage_plan::CompanyPlan;
use std::sync::OnceLock;
use tokio::sync::RwLock;

/// What one run did.
#[derive(Debug)]
pub struct UsageRun {
    /// Its record.
    pub record: RunRecord,
    /// Its plan; none where it came to none.
    pub plan: Option<Plan>,
}

/// A plan and what it was made from.
struct Planned {
    observed: Observed,
    companies: Vec<CompanyPlan>,
    plan: Plan,
}

/// One run for one connection. In plan mode nothing is written but the run's record. An error is told in
/// the record's outcome; only a run that cannot even be recorded is an `Err`.
pub async fn run(host: &Host, id: &ConnectionId, mode: Mode) -> anyhow::Result<UsageRun> {
    let mut record = record::begin(host, mode);
    let plan = match mode {
        // Boxed: a whole run is too deep a future to stand inside its caller's.
        Mode::Plan => Box::pin(look(host, id, &mut record)).await,
        Mode::Apply => Box::pin(work(host, id, &mut record)).await,
    };
    let plan = match plan {
        Ok(plan) => plan,
        Err(error) => {
            let why = format!("{error:#}");
            // Out of time or share is no failure: the next run goes on.
            let stopped = budget::is_spent(&error) || host.deadline.passed();
            record.outcome = if stopped { Outcome::Stopped(why) } else { Outcome::Failed(why) };
            tracing::error!(connection = %id, job = %Job::UsageSync, run = %record.id, "{error:#}");
            None
        }
    };
    record.heard = host.clock.now();
    host.store.save_run(id, &record).await.context("saving the run's record")?;
    Ok(UsageRun { record, plan })
}

/// The plan as it is now, for people to look at and approve; writes nothing at all.
pub async fn plan(host: &Host, id: &ConnectionId) -> anyhow::Result<Plan> {
    let mut record = record::begin(host, Mode::Plan);
    Ok(Box::pin(planned(host, id, &mut record)).await?.plan)
}

async fn look(host: &Host, id: &ConnectionId, record: &mut RunRecord) -> anyhow::Result<Option<Plan>> {
    Ok(Some(planned(host, id, record).await?.plan))
}

async fn planned(host: &Host, id: &ConnectionId, record: &mut RunRecord) -> anyhow::Result<Planned> {
    let connection = connected(host, id).await?;
    let vendors = host.vendors(id).await?;
    let planned = observe_and_plan(host, &connection, &vendors, record).await;
    record::count_calls(record, &vendors);
    let planned = planned?;
    record::count_plan(record, &planned.plan);
    record.outcome = Outcome::Complete;
    Ok(planned)
}

async fn work(host: &Host, id: &ConnectionId, record: &mut RunRecord) -> anyhow::Result<Option<Plan>> {
    let connection = connected(host, id).await?;
    let lease = host.store.acquire_lease(id, Job::UsageSync, &record.id, host.clock.now()).await?;
    let Some(lease) = lease else {
        record.outcome = Outcome::Skipped;
        return Ok(None);
    };
    let lease = RwLock::new(lease);
    let plan = work_while_held(host, &connection, &lease, record).await;
    // One that cannot be given back ends by itself.
    if let Err(error) = host.store.release_lease(lease.into_inner()).await {
        tracing::warn!(connection = %id, "the lease was not given back: {error:#}");
    }
    plan.map(Some)
}

async fn work_while_held(
    host: &Host,
    connection: &Connection,
    lease: &RwLock<Lease>,
    record: &mut RunRecord,
) -> anyhow::Result<Plan> {
    let vendors = host.vendors(&connection.id).await?;
    let so_far = record.clone();
    let plan = tokio::select! {
        plan = work_under_lease(host, connection, &vendors, lease, record) => plan,
        lost = lease::keep(host, &vendors, lease, so_far) => Err(lost),
    };
    record::count_calls(record, &vendors);
    plan
}

async fn work_under_lease(
    host: &Host,
    connection: &Connection,
    vendors: &Vendors,
    lease: &RwLock<Lease>,
    record: &mut RunRecord,
) -> anyhow::Result<Plan> {
    let planned = observe_and_plan(host, connection, vendors, record).await?;
    record::count_plan(record, &planned.plan);
    record::keep_what_was_seen(host, connection, &planned).await?;
    let writer = AutotaskWriter::new(&vendors.autotask);
    let run = Apply { host, connection, vendors, writer, lease, planned: &planned, stop: OnceLock::new() };
    run.carry_out(record).await?;
    Ok(planned.plan)
}

async fn connected(host: &Host, id: &ConnectionId) -> anyhow::Result<Connection> {
    let connection = host.store.connection(id).await?;
    connection.with_context(|| format!("connection {id} is not set up; run `acrotask connect`"))
}

async fn observe_and_plan(
    host: &Host,
    connection: &Connection,
    vendors: &Vendors,
    record: &mut RunRecord,
) -> anyhow::Result<Planned> {
    check_credentials(connection, vendors).await?;
    let mut observed = observe::memory(host, connection).await?;
    budget::open(host, connection, vendors, &observed.mapping.settings.budget, record).await?;
    if !vendors.autotask.payg_field().await.context("reading Autotask's contract fields")? {
        return Ok(nothing_but(observed, What::PaygFieldMissing));
    }
    if observed.something_is_mapped() {
        observe::vendors(host, vendors, &mut observed).await?;
    }
    let companies = gather::plan_companies(host, vendors, &mut observed).await?;
    Ok(guarded(observed, companies))
}

/// The credentials must be those of the connection: nothing of one connection ever touches another.
async fn check_credentials(connection: &Connection, vendors: &Vendors) -> anyhow::Result<()> {
    let tenant = vendors.acronis.own_tenant().await.context("logging in at Acronis")?;
    let database = vendors.autotask.database();
    if tenant != connection.tenant || database != connection.database {
        bail!(
            "the credentials are for tenant {tenant} and database {database}, but connection {} is for tenant {} and \
             database {}; store the right ones, or connect anew",
            connection.id,
            connection.tenant,
            connection.database
        );
    }
    Ok(())
}

fn guarded(observed: Observed, mut companies: Vec<CompanyPlan>) -> Planned {
    let terms = observed.terms();
    let guard = Guard {
        terms: &terms,
        mapping: &observed.mapping,
        seen_before: observed.seen_before(),
        approvals: observed.approvals.clone(),
        creations: observed.creations.clone(),
    };
    let plan = guard.plan(&mut companies);
    Planned { observed, companies, plan }
}

/// C1: while the contract field does not exist, nothing is planned for any contract.
fn nothing_but(observed: Observed, what: What) -> Planned {
    let mut planned = guarded(observed.with_nothing_to_sell(), Vec::new());
    planned.plan.findings = vec![Finding::of_connection(what)];
    planned
}
