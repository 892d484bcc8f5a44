//! The first page: how a connection stands, what waits for a person, and what was found; and the button by which a sync
//! is made now. It shows what the last runs recorded.

use super::connections::{Choice, Connections, the_named};
use super::fields::{Asked, Posted};
use super::gates::{Operator, SignedIn, Viewer};
use super::pages::{Failure, Frame, go_to, show};
use super::words::{Shown, at};
use crate::events::{Event, SyncDue};
use crate::standing::Standing;
use askama::Template;
use axum::response::{IntoResponse, Response};
use jiff::civil::{Time, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use shared::ids::ConnectionId;
use shared::person::Role;
use shared::run::{Connection, Job, Mode, Outcome, RunRecord};
use shared::words::count;
use url::form_urlencoded;

/// When `usage-sync` is due, in the provider's time zone.
const USAGE_SYNC_AT: Time = time(4, 0, 0, 0);
/// After this a sync that was asked for and left no record is not waited for any more.
const HEARD_OF_WITHIN: SignedDuration = SignedDuration::from_mins(15);
/// What Autotask counts together (Autotask developer help, Thresholds and limits).
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// Autotask's limit where it was never asked (Autotask developer help, Thresholds and limits).
const USUAL_LIMIT: u64 = 10_000;

#[derive(Template)]
#[template(path = "console/overview.html")]
struct OverviewPage {
    frame: Frame,
    token: String,
    connections: Vec<Choice>,
    shown: Option<Stands>,
}

/// How a connection stands.
struct Stands {
    id: String,
    name: Shown,
    in_words: Shown,
    may_sync: bool,
    sync: Option<Sync>,
    waits: Vec<Shown>,
    next: Vec<(Shown, Shown)>,
    time_zone: Shown,
    runs: Vec<RunRow>,
    findings: Vec<FindingRow>,
    budget: BudgetRow,
}

struct RunRow {
    started: Shown,
    job: Job,
    mode: Mode,
    ended: &'static str,
    why: Option<Shown>,
    changes: usize,
    made: usize,
    held: usize,
    findings: usize,
}

struct FindingRow {
    what: Shown,
    advice: Option<Shown>,
}

struct BudgetRow {
    ours: u64,
    share: u64,
    share_percent: u32,
    everybody: Option<(u64, u64)>,
}

/// A sync that was asked for.
pub(super) struct Sync {
    pub(super) state: SyncState,
    pub(super) since: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SyncState {
    UnderWay,
    Done,
    Silent,
}

impl SyncState {
    /// By which name the script knows it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::UnderWay => "under-way",
            Self::Done => "done",
            Self::Silent => "silent",
        }
    }
}

impl Sync {
    pub(super) fn is(&self, name: &str) -> bool {
        self.state.name() == name
    }
}

pub(super) async fn page(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connections = Connections::choose(&who.console.store, asked.field("connection")).await?;
    let shown = match &connections.chosen {
        Some(connection) => Some(stands(&who, connection, asked.field("since")).await?),
        None => None,
    };
    let frame = Frame::of_connection("Overview", &who, connections.chosen.as_ref());
    show(&OverviewPage { frame, token: who.token, connections: connections.choices(), shown })
}

async fn stands(who: &SignedIn, connection: &Connection, since: Option<&str>) -> Result<Stands, Failure> {
    let (store, id, now) = (&who.console.store, &connection.id, who.console.jobs_clock.now());
    let standing = Box::pin(Standing::read(store, id, now)).await?.ok_or(Failure::NoSuchPage)?;
    let sync = asked_for(who, id, since).await?;
    let settings = &standing.mapping.settings;
    let zone = TimeZone::get(&settings.time_zone).unwrap_or(TimeZone::UTC);
    Ok(Stands {
        id: id.to_string(),
        name: Shown::of(id),
        in_words: Shown::of(standing.in_words()),
        may_sync: who.person.role >= Some(Role::Operator),
        sync,
        waits: waits(&standing),
        next: next(&standing, now, &zone),
        time_zone: Shown::of(&settings.time_zone),
        runs: standing.shown_runs().into_iter().map(|run| run_row(run, &zone)).collect(),
        findings: standing.findings().into_iter().map(finding_row).collect(),
        budget: budget(&standing, now),
    })
}

/// How the sync stands that was asked for at `since`, which the address of a page says.
pub(super) async fn asked_for(
    who: &SignedIn,
    connection: &ConnectionId,
    since: Option<&str>,
) -> Result<Option<Sync>, Failure> {
    let Some(since) = since else { return Ok(None) };
    Ok(Some(Sync { state: sync_state(who, connection, time_of(since)?).await?, since: since.to_owned() }))
}

/// What waits for approval, as the last runs recorded it.
fn waits(standing: &Standing) -> Vec<Shown> {
    let held_by = |job: Job| standing.last_of(job).map_or(0, |run| run.counts.held);
    let units = held_by(Job::UsageSync);
    // Each look is at some customers; together they may have seen one twice.
    let quotas = standing.looks_at_quotas().map(|run| run.counts.held).max().unwrap_or_default();
    let tickets = if standing.makes_tickets() { held_by(Job::AlertSync) + held_by(Job::TicketChanged) } else { 0 };
    let all = [
        (units, "", "units", Job::UsageSync),
        (quotas, "at least ", "quotas and tenants", Job::ContractChanged),
        (tickets, "", "tickets", Job::AlertSync),
    ];
    let told = |(held, least, of, job): (usize, &str, &str, Job)| {
        let is = if held == 1 { "is" } else { "are" };
        let first = if standing.only_looks(job) { ": the first plan waits for approval" } else { "" };
        Shown::of(format!("{least}{} of {of} {is} held{first}", count(held, "change")))
    };
    all.into_iter().filter(|(held, ..)| *held > 0).map(told).collect()
}

/// When each job that has something to do is due.
fn next(standing: &Standing, now: Timestamp, zone: &TimeZone) -> Vec<(Shown, Shown)> {
    let due = |job: Job| match job {
        Job::UsageSync => next_usage_sync(now, zone).map(|due| at(due, zone)),
        Job::ContractWatch | Job::AlertSync => Some(Shown::of("every 5 minutes")),
        Job::ContractChanged => Some(Shown::of("when a contract changes, and once a day")),
        Job::TicketChanged => Some(Shown::of("when a ticket changes, and once a day")),
    };
    standing.jobs().filter_map(|job| Some((Shown::of(job), due(job)?))).collect()
}

fn next_usage_sync(now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let here = now.to_zoned(zone.clone());
    let on = |date: jiff::civil::Date| date.to_datetime(USAGE_SYNC_AT).to_zoned(zone.clone()).ok();
    let today = on(here.date())?;
    let next = if today > here { today } else { on(here.date().checked_add(1.day()).ok()?)? };
    Some(next.timestamp())
}

fn run_row(run: &RunRecord, zone: &TimeZone) -> RunRow {
    let (ended, why) = match &run.outcome {
        Outcome::Running => ("running", None),
        Outcome::Complete => ("complete", None),
        Outcome::Stopped(why) => ("stopped", Some(why)),
        Outcome::Skipped => ("skipped", None),
        Outcome::Failed(why) => ("failed", Some(why)),
    };
    let counts = run.counts;
    RunRow {
        started: at(run.started, zone),
        job: run.job,
        mode: run.mode,
        ended,
        why: why.map(Shown::of),
        changes: counts.changes,
        made: counts.made,
        held: counts.held,
        findings: counts.findings,
    }
}

fn finding_row(finding: &str) -> FindingRow {
    match finding.rsplit_once(" → ") {
        Some((what, advice)) => FindingRow { what: Shown::of(what), advice: Some(Shown::of(advice)) },
        None => FindingRow { what: Shown::of(finding), advice: None },
    }
}

/// Our share of Autotask's hour, and what is used of it (B1).
fn budget(standing: &Standing, now: Timestamp) -> BudgetRow {
    let runs = standing.runs.iter();
    let ours = runs.filter(|run| now.duration_since(run.heard) < HOUR).map(|run| run.autotask_calls).sum();
    let everybody = standing.runs.iter().find_map(|run| run.autotask_used);
    let limit = everybody.map_or(USUAL_LIMIT, |(_, limit)| limit);
    let share_percent = standing.mapping.settings.budget.share_percent;
    BudgetRow { ours, share: limit.saturating_mul(u64::from(share_percent)) / 100, share_percent, everybody }
}

/// Says, to the script of the page, what became of a sync that was asked for.
pub(super) async fn progress(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, asked.field("connection").unwrap_or_default()).await?;
    let since = asked.field("since").ok_or(Failure::Malformed("a time is missing"))?;
    Ok(sync_state(&who, &connection.id, time_of(since)?).await?.name().into_response())
}

fn time_of(text: &str) -> Result<Timestamp, Failure> {
    text.parse().map_err(|_| Failure::Malformed("this is no time"))
}

/// Done as soon as a run that began since then has ended, whatever came of it.
async fn sync_state(who: &SignedIn, connection: &ConnectionId, since: Timestamp) -> Result<SyncState, Failure> {
    let runs = who.console.store.runs_since(connection, since).await?;
    let mut asked_for = runs.iter().filter(|run| run.job == Job::UsageSync && run.started >= since);
    if asked_for.any(|run| run.outcome != Outcome::Running) {
        return Ok(SyncState::Done);
    }
    // A long run says now and then that it is alive.
    let heard = runs.iter().filter(|run| run.job == Job::UsageSync).map(|run| run.heard).max();
    let silent = who.console.jobs_clock.now().duration_since(heard.map_or(since, |heard| heard.max(since)));
    Ok(if silent < HEARD_OF_WITHIN { SyncState::UnderWay } else { SyncState::Silent })
}

pub(super) async fn sync_now(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?.id;
    let since = who.console.jobs_clock.now();
    let due = Event::SyncDue(SyncDue { connection: connection.clone(), job: Job::UsageSync });
    who.console.bus.publish(&[due]).await?;
    tracing::info!(%connection, "a sync was asked for in the console");
    let mut fields = form_urlencoded::Serializer::new(String::new());
    fields.append_pair("connection", connection.as_str()).append_pair("since", &since.to_string());
    Ok(go_to(&format!("/?{}", fields.finish())))
}
