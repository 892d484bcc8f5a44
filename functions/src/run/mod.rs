//! What every job's run has in common: its record, its lease, its share of the hour, and how it ends. Which
//! job it is, and what is then read, planned and done, others say.

mod approval;
mod batch;
pub(crate) mod begun;
pub(crate) mod budget;
pub(crate) mod held;
pub(crate) mod lease;
pub(crate) mod memory;
pub(crate) mod record;
mod scope;
pub(crate) mod sending;

pub use approval::Approve;
pub(crate) use approval::{Approving, approve};
pub use batch::{work_off, work_off_tickets};
pub use scope::Scope;

use crate::host::{Host, Vendors};
use crate::metrics;
use crate::store::Lease;
use anyhow::{Context, bail};
use futures_util::future::LocalBoxFuture;
use shared::ids::{CompanyId, ConnectionId};
use shared::plan::Plan;
use shared::run::{Connection, Job, Mode, Outcome, RunRecord};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tokio::sync::RwLock;
use tracing::Instrument;

/// How often a run that waits for another one looks whether it has ended.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// What one run did.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its record.
    pub record: RunRecord,
    /// Its plan; none where it came to none.
    pub plan: Option<Plan>,
    /// The companies for which something could not be done, and is to be tried again.
    pub failed: BTreeSet<CompanyId>,
}

/// What went wrong with a run, and is in the log already: who hears of it tells it on and logs nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Logged(String);

impl Run {
    /// Its record, as the answer of a function; an error where it failed.
    pub fn answer(&self, connection: &ConnectionId) -> anyhow::Result<serde_json::Value> {
        if let Outcome::Failed(why) = &self.record.outcome {
            return Err(anyhow::Error::new(Logged(format!("{} of {connection}: {why}", self.record.job))));
        }
        Ok(serde_json::to_value(&self.record)?)
    }
}

/// What a job's work came to.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) plan: Option<Plan>,
    pub(crate) failed: BTreeSet<CompanyId>,
}

/// What a job's work is given.
pub(crate) struct AtWork<'a> {
    pub(crate) host: &'a Host,
    pub(crate) connection: &'a Connection,
    pub(crate) vendors: &'a Vendors,
    /// The right to write; none in plan mode.
    pub(crate) lease: Option<&'a RwLock<Lease>>,
}

/// A job's work, boxed: a whole run is too deep a future to stand inside its caller's.
pub(crate) type Work = Box<dyn for<'a> FnOnce(AtWork<'a>, &'a mut RunRecord) -> WorkDone<'a>>;
pub(crate) type WorkDone<'a> = LocalBoxFuture<'a, anyhow::Result<Done>>;

/// One run for one connection. In plan mode nothing is written but the run's record and what people's lists show. An error
/// is told in the record's outcome; only a run that cannot even be recorded is an `Err`.
pub(crate) fn carry_out<'a>(
    host: &'a Host,
    id: &'a ConnectionId,
    job: Job,
    mode: Mode,
    work: Work,
) -> LocalBoxFuture<'a, anyhow::Result<Run>> {
    as_recorded(host, id, record::begin(host, job, mode), work)
}

/// One run that only reads something for the console, at a vendor that nothing is written to. Recorded like any other, so
/// that its calls are counted.
pub(crate) fn only_read<'a>(
    host: &'a Host,
    id: &'a ConnectionId,
    job: Job,
    work: Work,
) -> LocalBoxFuture<'a, anyhow::Result<Run>> {
    let record = RunRecord { only_reads: true, everybody: false, ..record::begin(host, job, Mode::Plan) };
    as_recorded(host, id, record, work)
}

fn as_recorded<'a>(
    host: &'a Host,
    id: &'a ConnectionId,
    record: RunRecord,
    work: Work,
) -> LocalBoxFuture<'a, anyhow::Result<Run>> {
    // What is logged meanwhile says of which run; at this level, so that it does wherever anything is logged.
    let span = tracing::error_span!("run", connection = %id, job = %record.job, run = %record.id);
    Box::pin(recorded(host, id, record, work).instrument(span))
}

async fn recorded(host: &Host, id: &ConnectionId, mut record: RunRecord, work: Work) -> anyhow::Result<Run> {
    let done = match record.mode {
        Mode::Plan => look(host, id, &mut record, work).await,
        Mode::Apply => write(host, id, record.job, &mut record, work).await,
    };
    let Done { plan, failed } = match done {
        Ok(done) => done,
        Err(error) => {
            let why = format!("{error:#}");
            // Out of time or share is no failure: the next run goes on.
            let stopped = budget::is_spent(&error) || host.deadline.passed();
            record.outcome = if stopped { Outcome::Stopped(why) } else { Outcome::Failed(why) };
            Done::default()
        }
    };
    match &record.outcome {
        Outcome::Failed(why) => tracing::error!("{why}"),
        Outcome::Stopped(why) => tracing::warn!("stopped: {why}"),
        Outcome::Running | Outcome::Complete | Outcome::Skipped => {}
    }
    record.heard = host.clock.now();
    metrics::tell(host.secrets.prefix(), id, &record);
    if let Err(error) = host.store.save_run(id, &record).await {
        tracing::error!("saving the run's record: {error:#}");
        return Err(error.context(Logged("saving the run's record".to_owned())));
    }
    if let Some(plan) = &plan {
        count(host, id, &record, plan).await;
    }
    Ok(Run { record, plan, failed })
}

/// Counts what a run came to in its day. That is for people to look at, and its failure is no run's.
async fn count(host: &Host, id: &ConnectionId, record: &RunRecord, plan: &Plan) {
    let counts = record.counts;
    let looked_at_all = record.job == Job::UsageSync && record.everybody;
    let found = looked_at_all.then_some((counts.findings, counts.held));
    if let Err(error) = host.store.count_day(id, plan.today, counts.made, found).await {
        tracing::warn!("the day was not counted: {error:#}");
    }
}

async fn look(host: &Host, id: &ConnectionId, record: &mut RunRecord, work: Work) -> anyhow::Result<Done> {
    let connection = connected(host, id).await?;
    let vendors = host.vendors(id).await?;
    let at_work = AtWork { host, connection: &connection, vendors: &vendors, lease: None };
    let plan = work(at_work, record).await;
    record::count_calls(record, &vendors);
    plan
}

async fn write(host: &Host, id: &ConnectionId, job: Job, record: &mut RunRecord, work: Work) -> anyhow::Result<Done> {
    let connection = connected(host, id).await?;
    let Some(lease) = when_free(host, id, job, &record.id).await? else {
        record.outcome = Outcome::Skipped;
        return Ok(Done::default());
    };
    let lease = RwLock::new(lease);
    let plan = write_while_held(host, &connection, &lease, record, work).await;
    // One that cannot be given back ends by itself.
    if let Err(error) = host.store.release_lease(lease.into_inner()).await {
        tracing::warn!(connection = %id, "the lease was not given back: {error:#}");
    }
    plan
}

/// The lease, once nobody else holds it; none where that takes longer than the host has patience.
async fn when_free(host: &Host, id: &ConnectionId, job: Job, run: &str) -> anyhow::Result<Option<Lease>> {
    let until = Instant::now() + host.patience;
    loop {
        let lease = host.store.acquire_lease(id, writes_as(job), run, host.clock.now()).await?;
        if lease.is_some() || Instant::now() >= until {
            return Ok(lease);
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// Both jobs write what is remembered of alerts, so that they share one lease.
fn writes_as(job: Job) -> Job {
    if job == Job::TicketChanged { Job::AlertSync } else { job }
}

async fn write_while_held(
    host: &Host,
    connection: &Connection,
    lease: &RwLock<Lease>,
    record: &mut RunRecord,
    work: Work,
) -> anyhow::Result<Done> {
    let vendors = host.vendors(&connection.id).await?;
    let so_far = record.clone();
    let at_work = AtWork { host, connection, vendors: &vendors, lease: Some(lease) };
    let plan = tokio::select! {
        plan = work(at_work, record) => plan,
        lost = lease::keep(host, &vendors, lease, so_far) => Err(lost),
    };
    record::count_calls(record, &vendors);
    plan
}

/// The connection, which has to be set up.
pub(crate) async fn connected(host: &Host, id: &ConnectionId) -> anyhow::Result<Connection> {
    let connection = host.store.connection(id).await?;
    connection.with_context(|| format!("connection {id} is not set up; run `acrotask connect`"))
}

/// The credentials must be those of the connection: nothing of one connection ever touches another.
pub(crate) async fn check_credentials(connection: &Connection, vendors: &Vendors) -> anyhow::Result<()> {
    let database = vendors.autotask.database().await.context("logging in at Autotask")?;
    let tenant = vendors.acronis.own_tenant().await.context("logging in at Acronis")?;
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

/// The same for Acronis alone, before Autotask is called.
pub(crate) async fn check_tenant(connection: &Connection, vendors: &Vendors) -> anyhow::Result<()> {
    let tenant = vendors.acronis.own_tenant().await.context("logging in at Acronis")?;
    if tenant != connection.tenant {
        bail!(
            "the credentials are for tenant {tenant}, but connection {} is for tenant {}; store the right ones, or \
             connect anew",
            connection.id,
            connection.tenant
        );
    }
    Ok(())
}

/// The same for Autotask alone, where Acronis is not called.
pub(crate) async fn check_database(connection: &Connection, vendors: &Vendors) -> anyhow::Result<()> {
    let database = vendors.autotask.database().await.context("logging in at Autotask")?;
    if database != connection.database {
        bail!(
            "the credentials are for database {database}, but connection {} is for database {}; store the right ones, \
             or connect anew",
            connection.id,
            connection.database
        );
    }
    Ok(())
}
