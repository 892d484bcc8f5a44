//! The first page: how a connection stands, what waits for a person, and what was found; and the button by which a sync
//! is made now. It shows what the last runs recorded.

use super::connections::{Choice, Connections};
use super::fields::Asked;
use super::gates::{SignedIn, Viewer};
use super::listed::Listed;
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
use shared::person::Role;
use shared::run::{Connection, Job, Mode, Outcome, RunRecord};
use shared::snapshot::Snapshot;
use shared::unbilled::{Unbilled, sums, unbilled};
use shared::words::count;
use std::collections::BTreeMap;

/// When `usage-sync` is due, in the provider's time zone.
const USAGE_SYNC_AT: Time = time(4, 0, 0, 0);
/// How many findings are shown, and how much that nobody is billed for.
const MOST_SHOWN: usize = 100;
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
    more_findings: usize,
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
    /// Whether there is a page where it is approved.
    is_of_plan: bool,
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
    advice: Option<Shown>,
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
    let (findings, more_findings) = findings(&standing, &listed.snapshot, &costs);
    let may_sync = who.person.role >= Some(Role::Operator);
    Ok(Stands {
        id: id.to_string(),
        name: Shown::of(id),
        in_words: Shown::of(standing.in_words()),
        buttons: if may_sync { buttons(&standing.jobs().collect::<Vec<_>>()) } else { Vec::new() },
        sync: Sync::asked(who, id, asked).await?,
        made: now.to_string(),
        waits: waits(&standing),
        next: next(&standing, now, &zone),
        time_zone: Shown::of(&settings.time_zone),
        runs: standing.shown_runs().into_iter().map(|run| run_row(run, &zone)).collect(),
        findings,
        more_findings,
        unbilled: unbilled_rows(&costs, &listed),
        webhooks: webhooks(console.store.webhook_calls(id).await?, &zone),
        budget: budget(&standing, now),
    })
}

fn webhooks(calls: WebhookCalls, zone: &TimeZone) -> WebhookRow {
    let shown = |time: Option<Timestamp>| time.map(|time| at(time, zone));
    WebhookRow { taken: shown(calls.taken), refused: shown(calls.refused), is_refused: calls.refused > calls.taken }
}

/// What was found, by what it costs in a month where that is known, and then in the order in which it was told.
fn findings(standing: &Standing, snapshot: &Snapshot, costs: &[Unbilled]) -> (Vec<FindingRow>, usize) {
    let mut all: Vec<String> = standing.findings().into_iter().map(str::to_owned).collect();
    // A run records its first ones; the snapshot has all of them.
    let cut = standing.last_of(Job::UsageSync).filter(|run| run.counts.findings > run.findings.len());
    if cut.is_some() {
        let more = snapshot.findings.iter().map(ToString::to_string);
        all.extend(more.filter(|finding| !all.contains(finding)).collect::<Vec<_>>());
    }
    let of: BTreeMap<&str, &Unbilled> = costs.iter().map(|one| (one.finding.as_str(), one)).collect();
    let cost = |finding: &String| of.get(finding.as_str()).and_then(|one| one.a_month());
    all.sort_by_key(|finding| std::cmp::Reverse(cost(finding)));
    let row = |finding: &String| {
        let money = of.get(finding.as_str()).and_then(|one| one.money);
        FindingRow { costs: money.map(|(money, period)| money_a_period(money, period)), ..finding_row(finding) }
    };
    (all.iter().take(MOST_SHOWN).map(row).collect(), all.len().saturating_sub(MOST_SHOWN))
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

/// What waits for approval, as the last runs recorded it.
fn waits(standing: &Standing) -> Vec<Wait> {
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
        let what = Shown::of(format!("{least}{} of {of} {is} held{first}", count(held, "change")));
        Wait { what, is_of_plan: job == Job::UsageSync }
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

fn finding_row(finding: &str) -> FindingRow {
    match finding.rsplit_once(" → ") {
        Some((what, advice)) => FindingRow { what: Shown::of(what), advice: Some(Shown::of(advice)), costs: None },
        None => FindingRow { what: Shown::of(finding), advice: None, costs: None },
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
