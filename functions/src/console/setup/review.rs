//! The steps after connecting: customers, products, the review of the first plan, and its approval (G16, G22, G25 to
//! G28, G31). What is mapped, other pages let people change; these say what is there, what is missing, and what comes.

use super::super::connections::{Choice, Connections, the_named};
use super::super::fields::{Asked, Posted};
use super::super::gates::{Operator, SignedIn, Viewer};
use super::super::pages::{Failure, Frame, go_to, show};
use super::super::syncs::{Sync, ask_for};
use super::super::words::{Shown, at, money_a_period};
use super::steps::{HowFar, Step, Wizard};
use askama::Template;
use axum::response::Response;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use shared::contract::PeriodType;
use shared::ids::{CompanyId, ServiceId};
use shared::matching::{suggestions, unmapped_tenants};
use shared::person::Role;
use shared::run::{Job, Mode, Outcome, RunRecord};
use shared::settings::EffectiveDates;
use shared::snapshot::{ListedChange, ListedLine, Snapshot};
use std::collections::BTreeMap;

/// How much of the first plan is shown; the page of the plan shows all.
const CHANGES_SHOWN: usize = 25;

#[derive(Template)]
#[template(path = "console/setup_customers.html")]
struct CustomersPage {
    frame: Frame,
    connections: Vec<Choice>,
    wizard: Wizard,
    query: String,
    mapped: usize,
    of: usize,
    by_name: Option<usize>,
    near: usize,
    nobodys: usize,
    automatic: bool,
}

#[derive(Template)]
#[template(path = "console/setup_products.html")]
struct ProductsPage {
    frame: Frame,
    connections: Vec<Choice>,
    wizard: Wizard,
    query: String,
    mapped: usize,
    of: usize,
    services: usize,
    to_create: usize,
}

#[derive(Template)]
#[template(path = "console/setup_review.html")]
struct ReviewPage {
    frame: Frame,
    token: String,
    connections: Vec<Choice>,
    wizard: Wizard,
    query: String,
    id: String,
    may_sync: bool,
    sync: Option<Sync>,
    counts: Vec<(&'static str, String)>,
    settings: Vec<(&'static str, Shown)>,
    plan: Option<FirstPlan>,
    failed: Option<Shown>,
    rows: Vec<PlanRow>,
    more: usize,
    sums: Vec<String>,
}

/// What the last run planned.
pub(super) struct FirstPlan {
    pub(super) id: Shown,
    pub(super) made: Shown,
    pub(super) changes: usize,
    pub(super) findings: usize,
    pub(super) right: usize,
}

struct PlanRow {
    customer: Shown,
    service: Shown,
    units: i64,
    wanted: i64,
    money: Option<String>,
    because: Shown,
}

pub(super) async fn opened(who: &SignedIn, asked: &Asked) -> Result<(Connections, HowFar), Failure> {
    let connections = Connections::choose(&who.console.store, asked.field("connection")).await?;
    let id = connections.chosen.as_ref().map(|chosen| chosen.id.clone());
    let far = HowFar::read(who, id).await?;
    Ok((connections, far))
}

fn frame(who: &SignedIn, far: &HowFar) -> Frame {
    Frame::of_connection("Setup", who, far.connection.as_ref())
}

pub(in super::super) async fn customers(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let (connections, far) = opened(&who, &asked).await?;
    let (mut near, mut nobodys) = (0, 0);
    if let Some(id) = far.id.as_ref().filter(|_| far.connection.is_some()) {
        let listed = who.console.listed.of(&who.console.store, id).await?;
        let Snapshot { companies, tenants, .. } = &listed.snapshot;
        near = suggestions(&listed.mapping, companies, tenants).len();
        nobodys = unmapped_tenants(&listed.mapping, tenants).len();
    }
    show(&CustomersPage {
        frame: frame(&who, &far),
        connections: connections.choices(),
        wizard: far.wizard(Step::Customers),
        query: far.query(),
        mapped: far.customers(),
        of: far.mapping.customers.len(),
        by_name: far.setup.as_ref().and_then(|setup| setup.sight()?.mapped_by_name),
        near,
        nobodys,
        automatic: far.mapping.settings.automatic_provisioning,
    })
}

pub(in super::super) async fn products(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let (connections, far) = opened(&who, &asked).await?;
    show(&ProductsPage {
        frame: frame(&who, &far),
        connections: connections.choices(),
        wizard: far.wizard(Step::Products),
        query: far.query(),
        mapped: far.products(),
        of: far.mapping.products.len(),
        services: far.mapping.products_by_service().len(),
        to_create: far.mapping.services_to_create().len(),
    })
}

pub(in super::super) async fn review(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let (connections, far) = opened(&who, &asked).await?;
    let sync = sync_of(&who, &far, &asked).await?;
    let (rows, more, sums) = match far.id.as_ref().filter(|_| far.is_open(Step::Review) && far.planned().is_some()) {
        Some(id) => changes(&who.console.listed.of(&who.console.store, id).await?.snapshot),
        None => (Vec::new(), 0, Vec::new()),
    };
    let zone = zone(&far);
    let plan = far.planned().and_then(|run| first_plan(run, &zone));
    let failed = far.run.as_ref().and_then(|run| match &run.outcome {
        Outcome::Failed(why) => Some(Shown::of(why)),
        _ => None,
    });
    show(&ReviewPage {
        frame: frame(&who, &far),
        connections: connections.choices(),
        wizard: far.wizard(Step::Review),
        query: far.query(),
        id: far.id.as_ref().map(ToString::to_string).unwrap_or_default(),
        may_sync: who.person.role >= Some(Role::Operator),
        sync,
        counts: counts(&far),
        settings: settings(&far),
        plan,
        failed,
        rows,
        more,
        sums,
        token: who.token,
    })
}

pub(super) async fn sync_of(who: &SignedIn, far: &HowFar, asked: &Asked) -> Result<Option<Sync>, Failure> {
    match &far.connection {
        Some(connection) => Sync::asked(who, &connection.id, asked).await,
        None => Ok(None),
    }
}

pub(super) fn zone(far: &HowFar) -> TimeZone {
    TimeZone::get(&far.mapping.settings.time_zone).unwrap_or(TimeZone::UTC)
}

pub(super) fn first_plan(run: &RunRecord, zone: &TimeZone) -> Option<FirstPlan> {
    Some(FirstPlan {
        id: Shown::of(run.plan.as_ref()?),
        made: at(run.started, zone),
        changes: run.counts.changes + run.counts.held,
        findings: run.counts.findings,
        right: run.counts.right,
    })
}

fn counts(far: &HowFar) -> Vec<(&'static str, String)> {
    let mapping = &far.mapping;
    let sight = far.setup.as_ref().and_then(|setup| setup.sight());
    let contracts = sight.map(|sight| {
        let of = format!("{} recurring ones, {} of them pay-as-you-go", sight.contracts, sight.payg_contracts);
        ("Contracts when connected", of)
    });
    let mapped = [
        ("Customers mapped", format!("{} of {}", far.customers(), mapping.customers.len())),
        ("Products sold", format!("{} of {}", far.products(), mapping.products.len())),
    ];
    mapped.into_iter().chain(contracts).collect()
}

/// The settings that say what happens and when.
fn settings(far: &HowFar) -> Vec<(&'static str, Shown)> {
    let settings = &far.mapping.settings;
    let dates = match settings.effective_dates {
        EffectiveDates::Today => "from the day on which they are made; Autotask prorates",
        EffectiveDates::UpTodayDownNext => "more units at once, fewer from the next period on",
        EffectiveDates::NextPeriod => "from the next period on",
        EffectiveDates::PeriodEnd => "for the whole period, sent on its last day",
    };
    let yes = |is: bool, yes: &'static str, no: &'static str| Shown::of(if is { yes } else { no });
    let only_looks = far.run.as_ref().is_some_and(|run| run.mode == Mode::Plan);
    let mode = only_looks
        .then(|| ("Mode", Shown::of("it only looks: what is approved is made once it is started with the mode apply")));
    let all = [
        ("Time zone", Shown::of(&settings.time_zone)),
        ("Changes take effect", Shown::of(dates)),
        ("Every change waits for approval", yes(settings.review_mode, "yes", "no, only what is unusual")),
        ("Services that are missing on a contract", yes(settings.add_missing_services, "are added", "are only told")),
        ("New customers get a tenant", yes(settings.automatic_provisioning, "by themselves", "only where you say so")),
        ("Alerts become tickets", yes(settings.tickets.enabled, "yes", "no")),
    ];
    all.into_iter().chain(mode).collect()
}

/// The changes that a plan shows, the largest sums first; how many more there are, and the money of all.
fn changes(snapshot: &Snapshot) -> (Vec<PlanRow>, usize, Vec<String>) {
    let companies: BTreeMap<CompanyId, &str> =
        snapshot.companies.iter().map(|company| (company.id, company.name.as_str())).collect();
    let services: BTreeMap<ServiceId, &str> =
        snapshot.services.iter().map(|service| (service.id, service.name.as_str())).collect();
    let lines = snapshot.lines.values().flatten();
    let mut all: Vec<(&ListedLine, &ListedChange)> =
        lines.filter_map(|line| Some((line, line.change.as_deref()?))).collect();
    let mut sums: BTreeMap<PeriodType, Decimal> = BTreeMap::new();
    for (_, change) in &all {
        if let (Some(money), Some(period)) = (change.money, change.period) {
            *sums.entry(period).or_default() += money;
        }
    }
    all.sort_by_key(|(line, change)| (std::cmp::Reverse(change.money.map(|money| money.abs())), line.place.clone()));
    let row = |(line, change): &(&ListedLine, &ListedChange)| PlanRow {
        customer: Shown::of(companies.get(&line.place.company).copied().unwrap_or("a company that is not listed")),
        service: Shown::of(services.get(&line.place.service).copied().unwrap_or("a service that is not listed")),
        units: line.units,
        wanted: line.wanted.unwrap_or(line.units),
        money: change.money.zip(change.period).map(|(money, period)| money_a_period(money, period)),
        because: Shown::of(&change.because),
    };
    let rows = all.iter().take(CHANGES_SHOWN).map(row).collect();
    let sums = sums.into_iter().map(|(period, money)| money_a_period(money, period)).collect();
    (rows, all.len().saturating_sub(CHANGES_SHOWN), sums)
}

pub(in super::super) async fn plan_now(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?.id;
    Ok(go_to(&format!("/setup/review?{}", ask_for(&who, &connection, Job::UsageSync).await?)))
}
