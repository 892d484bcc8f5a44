//! The first page: how a connection stands, what waits for a person, and what was found; and the button by which a sync
//! is made now. It shows what the last runs recorded.

use super::connections::{Choice, Connections};
use super::fields::Asked;
use super::findings;
use super::gates::{SignedIn, Viewer};
use super::held::Tab;
use super::listed::{Left, Listed};
use super::pages::{Failure, Frame, show};
use super::syncs::{Sync, SyncButton, buttons};
use super::words::{Shown, at, money_a_period};
use crate::standing::Standing;
use crate::store::WebhookCalls;
use askama::Template;
use axum::response::Response;
use jiff::civil::{Time, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use shared::finding::What;
use shared::matching::unmapped_tenants;
use shared::open_finding::OpenFinding;
use shared::person::Role;
use shared::run::{Connection, Job, Mode, Outcome, RunRecord};
use shared::unbilled::{Unbilled, sums, unbilled};
use shared::words::count;

/// When `usage-sync` is due, in the provider's time zone.
const USAGE_SYNC_AT: Time = time(4, 0, 0, 0);
/// How many findings are shown, and how much that nobody is billed for.
const FINDINGS_SHOWN: usize = 10;
const UNBILLED_SHOWN: usize = 25;
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
    /// What a person may ask for; nothing where he may not.
    buttons: Vec<SyncButton>,
    sync: Option<Sync>,
    /// When the page was made.
    made: String,
    waits: Vec<Wait>,
    next: Vec<(Shown, Shown)>,
    time_zone: Shown,
    runs: Vec<RunRow>,
    findings: Vec<FindingRow>,
    /// How many there are that are not ignored.
    all_findings: usize,
    unbilled: UnbilledRows,
    webhooks: WebhookRow,
    budget: BudgetRow,
}

/// When calls from outside were heard last.
struct WebhookRow {
    taken: Option<Shown>,
    refused: Option<Shown>,
    /// Whether the last one that was heard was refused.
    is_refused: bool,
}

impl Stands {
    /// Whether the page looks for something new: not while it waits for a sync.
    fn is_watched(&self) -> bool {
        !self.sync.as_ref().is_some_and(|sync| sync.is("under-way"))
    }
}

/// What waits for a person.
struct Wait {
    what: Shown,
    /// The part of the plan where it is approved; empty of units.
    tab: &'static str,
}

/// What is used and billed to nobody.
struct UnbilledRows {
    /// The money of each period, where prices are known.
    sums: Vec<String>,
    rows: Vec<UnbilledRow>,
    more: usize,
    /// How much of it has no price that is known.
    unpriced: usize,
    /// Customers in Acronis that belong to no company.
    nobodys: usize,
    /// Customers who use something and have no contract to bill it on.
    without_contract: usize,
}

struct UnbilledRow {
    customer: Shown,
    service: Shown,
    units: i64,
    money: Option<String>,
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
    advice: Shown,
    /// What it costs, where that is known.
    costs: Option<String>,
}

struct BudgetRow {
    ours: u64,
    share: u64,
    share_percent: u32,
    everybody: Option<(u64, u64)>,
}

pub(super) async fn page(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connections = Connections::choose(&who.console.store, asked.field("connection")).await?;
    let shown = match &connections.chosen {
        Some(connection) => Some(stands(&who, connection, &asked).await?),
        None => None,
    };
    let frame = Frame::of_connection("Overview", &who, connections.chosen.as_ref());
    show(&OverviewPage { frame, token: who.token, connections: connections.choices(), shown })
}

async fn stands(who: &SignedIn, connection: &Connection, asked: &Asked) -> Result<Stands, Failure> {
    let (console, id, now) = (&who.console, &connection.id, who.console.jobs_clock.now());
    let standing = Box::pin(Standing::read(&console.store, id, now)).await?.ok_or(Failure::NoSuchPage)?;
    let listed = console.listed.of(&console.store, id).await?;
    let costs = unbilled(&listed.snapshot.findings, &listed.snapshot.services);
    let settings = &standing.mapping.settings;
    let zone = TimeZone::get(&settings.time_zone).unwrap_or(TimeZone::UTC);
    let left = console.listed.left(&console.store, id).await?;
    let open = findings::open(who, id, &listed, &left).await?;
    let (findings, all_findings) = findings(&open);
    let may_sync = who.person.role >= Some(Role::Operator);
    Ok(Stands {
        id: id.to_string(),
        name: Shown::of(id),
        in_words: Shown::of(standing.in_words()),
        buttons: if may_sync { buttons(&standing.jobs().collect::<Vec<_>>()) } else { Vec::new() },
        sync: Sync::asked(who, id, asked).await?,
        made: now.to_string(),
        waits: waits(&standing, &left),
        next: next(&standing, now, &zone),
        time_zone: Shown::of(&settings.time_zone),
        runs: standing.shown_runs().into_iter().map(|run| run_row(run, &zone)).collect(),
        findings,
        all_findings,
        unbilled: unbilled_rows(&costs, &listed),
        webhooks: webhooks(console.store.webhook_calls(id).await?, &zone),
        budget: budget(&standing, now),
    })
}

fn webhooks(calls: WebhookCalls, zone: &TimeZone) -> WebhookRow {
    let shown = |time: Option<Timestamp>| time.map(|time| at(time, zone));
    WebhookRow { taken: shown(calls.taken), refused: shown(calls.refused), is_refused: calls.refused > calls.taken }
}

/// What was found and is not ignored: the first of it, in the order of its page.
fn findings(all: &[OpenFinding]) -> (Vec<FindingRow>, usize) {
    let open: Vec<&OpenFinding> = all.iter().filter(|one| !one.ignored).collect();
    let row = |one: &&OpenFinding| FindingRow {
        what: Shown::of(one.finding.fact()),
        advice: Shown::of(one.finding.what.advice()),
        costs: one.cost.map(|(money, period)| money_a_period(money, period)),
    };
    (open.iter().take(FINDINGS_SHOWN).map(row).collect(), open.len())
}

fn unbilled_rows(costs: &[Unbilled], listed: &Listed) -> UnbilledRows {
    let Listed { mapping, snapshot, .. } = listed;
    let without_contract = snapshot.findings.iter().filter(|finding| finding.what == What::NoActiveContract).count();
    let row = |one: &Unbilled| UnbilledRow {
        customer: Shown::of(&one.company_name),
        service: Shown::of(&one.service_name),
        units: one.units,
        money: one.money.map(|(money, period)| money_a_period(money, period)),
    };
    UnbilledRows {
        sums: sums(costs).into_iter().map(|(period, money)| money_a_period(money, period)).collect(),
        rows: costs.iter().take(UNBILLED_SHOWN).map(row).collect(),
        more: costs.len().saturating_sub(UNBILLED_SHOWN),
        unpriced: costs.iter().filter(|one| one.money.is_none()).count(),
        nobodys: unmapped_tenants(mapping, &snapshot.tenants).len(),
        without_contract,
    }
}

/// What waits for approval: of units as the last run recorded it, of the rest as the jobs left it.
fn waits(standing: &Standing, left: &Left) -> Vec<Wait> {
    let units = standing.last_of(Job::UsageSync).map_or(0, |run| run.counts.held);
    let of = |tab: Tab| {
        let jobs: Vec<Job> = standing.jobs().filter(|job| tab.jobs().contains(job)).collect();
        let kept = left.of(&jobs).flat_map(|(_, kept)| &kept.changes);
        kept.filter(|change| !change.held.is_empty()).count()
    };
    let all = [
        (units, "units", Job::UsageSync, ""),
        (of(Tab::Quotas), "quotas and tenants", Job::ContractChanged, "quotas"),
        (of(Tab::Tickets), "tickets", Job::AlertSync, "tickets"),
    ];
    let told = |(held, of, job, tab): (usize, &str, Job, &'static str)| {
        let is = if held == 1 { "is" } else { "are" };
        let first = if standing.only_looks(job) { ": the first plan waits for approval" } else { "" };
        Wait { what: Shown::of(format!("{} of {of} {is} held{first}", count(held, "change"))), tab }
    };
    all.into_iter().filter(|(held, ..)| *held > 0).map(told).collect()
}

/// When each job that has something to do is due.
pub(super) fn next(standing: &Standing, now: Timestamp, zone: &TimeZone) -> Vec<(Shown, Shown)> {
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

/// Our share of Autotask's hour, and what is used of it (B1).
fn budget(standing: &Standing, now: Timestamp) -> BudgetRow {
    let runs = standing.runs.iter();
    let ours = runs.filter(|run| now.duration_since(run.heard) < HOUR).map(|run| run.autotask_calls).sum();
    let everybody = standing.runs.iter().find_map(|run| run.autotask_used);
    let limit = everybody.map_or(USUAL_LIMIT, |(_, limit)| limit);
    let share_percent = standing.mapping.settings.budget.share_percent;
    BudgetRow { ours, share: limit.saturating_mul(u64::from(share_percent)) / 100, share_percent, everybody }
}
