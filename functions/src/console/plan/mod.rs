//! The plan of units as people see it before it is made: each line with its units, the usage behind them, what changes,
//! what that is worth and why; and the forms by which it is approved or decided otherwise. Shows what the jobs kept.

mod approve;
mod csv;
mod decide;
mod rows;
mod shown;
mod told;
mod view;

pub(super) use approve::{BOX, approve, approve_first, save, signature};
pub(super) use csv::{answer as file, findings as findings_file, lines as lines_file};
pub(super) use decide::decide;
pub(super) use rows::Row;
pub(super) use told::Told;
pub(super) use view::View;

use super::connections::{Choice, Connections, the_named};
use super::fields::{Asked, Posted};
use super::gates::{Operator, SignedIn, Viewer};
use super::held::{self, Tab, TabShown};
use super::paged::{Paged, Pager};
use super::pages::{Failure, Frame, go_to, show};
use super::syncs::{FOR_SOME, Sync, Whom};
use super::words::{Shown, at};
use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rows::{Of, Totals};
use shared::ids::ConnectionId;
use shared::mapping::Mapping;
use shared::person::Role;
use shared::reckoning::amount;
use shared::run::{Connection, Job};
use shared::snapshot::{ListedLine, Section, Snapshot};
use shared::words::count;
use shown::{LineRow, found_of, line_row};
use std::collections::BTreeSet;
use url::form_urlencoded;
use view::{Show, Sort};

/// How many of the last runs are looked through for the last look at units.
const RUNS_LOOKED_THROUGH: usize = 100;
/// How many findings stand below the lines; all of them have a view of their own.
const FINDINGS_BELOW: usize = 20;

#[derive(Template)]
#[template(path = "console/plan.html")]
struct PlanPage {
    frame: Frame,
    tabs: Vec<TabShown>,
    token: String,
    connections: Vec<Choice>,
    shown: Option<PlanShown>,
}

struct PlanShown {
    id: String,
    may_change: bool,
    /// What forms carry, so that the page comes back as it is.
    view: String,
    /// The same for links, with the connection.
    query: String,
    /// Of which versions the page is made.
    stamp: String,
    /// Of which changes that can be approved.
    list: String,
    shows: Vec<Chosen>,
    sorts: Vec<Chosen>,
    search: String,
    narrowed: Vec<Narrowed>,
    sync: Option<Sync>,
    since: Option<Shown>,
    looked: Option<Shown>,
    time_zone: Shown,
    first: Option<FirstShown>,
    hold: Option<HoldShown>,
    totals: TotalsShown,
    lines: Paged<LineRow>,
    lines_pager: Pager,
    findings: Paged<FindingRow>,
    findings_pager: Pager,
    only_findings: bool,
}

/// A word to choose, and whether it is.
struct Chosen {
    word: &'static str,
    name: &'static str,
    is_chosen: bool,
}

/// What the list is narrowed to besides, and what a form carries for it.
struct Narrowed {
    field: &'static str,
    number: String,
    name: Shown,
}

/// The first plan, which is approved as a whole.
struct FirstShown {
    id: String,
    changes: String,
    approved: Option<Shown>,
    moved: Option<Shown>,
    can_start: bool,
}

struct HoldShown {
    id: String,
    words: Shown,
    approved: Option<Shown>,
}

struct TotalsShown {
    lines: usize,
    changes: usize,
    held: usize,
    up: String,
    down: String,
    invoice_lines: u32,
    approvable: usize,
}

struct FindingRow {
    what: Shown,
    advice: Shown,
}

pub(super) async fn page(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    if let Some(tab) = Tab::named(asked.field("tab"))? {
        return held::page(who, tab, asked).await;
    }
    let connections = Connections::choose(&who.console.store, asked.field("connection")).await?;
    let shown = match &connections.chosen {
        Some(connection) => Some(Box::pin(plan_shown(&who, connection, &asked)).await?),
        None => None,
    };
    let frame = Frame::of_connection("Plan", &who, connections.chosen.as_ref());
    let tabs = held::tabs(connections.chosen.as_ref(), None);
    show(&PlanPage { frame, tabs, token: who.token, connections: connections.choices(), shown })
}

async fn plan_shown(who: &SignedIn, connection: &Connection, asked: &Asked) -> Result<PlanShown, Failure> {
    let store = &who.console.store;
    let listed = who.console.listed.of(store, &connection.id).await?;
    let (view, today) = (View::of(asked), today(who, &listed.mapping));
    let zone = TimeZone::get(&listed.mapping.settings.time_zone).unwrap_or(TimeZone::UTC);
    let told = Told::read(store, &connection.id, who.console.jobs_clock.now()).await?;
    let all = rows::of(&listed, &view, today);
    let found = rows::findings(&listed.snapshot, &view);
    let only_findings = view.show == Show::Findings;
    let found_of = found_of(&listed.snapshot);
    let mut lines = Paged::of(&all, view.page.as_deref(), |row| line_row(row, &listed, &told, &found_of));
    told.tell_what_moved(store, &connection.id, &mut lines.rows).await?;
    let finding = |finding: &&shared::finding::Finding| FindingRow {
        what: Shown::of(finding.fact()),
        advice: Shown::of(finding.what.advice()),
    };
    let mut findings = Paged::of(&found, view.page.as_deref().filter(|_| only_findings), finding);
    if !only_findings {
        findings.rows.truncate(FINDINGS_BELOW);
    }
    let query = query_of(&connection.id, &view.query(), None);
    let to = |anchor: &'static str| {
        let query = &query;
        move |page: usize| format!("/plan?{query}&page={page}#{anchor}")
    };
    Ok(PlanShown {
        lines_pager: Pager::of(("line", "lines"), &lines, to("lines")),
        findings_pager: Pager::of(("finding", "findings"), &findings, to("findings")),
        id: connection.id.to_string(),
        may_change: who.person.role >= Some(Role::Operator),
        query,
        stamp: listed.stamp(),
        list: rows::print_of(&all),
        shows: chosen(&Show::ALL, view.show),
        sorts: chosen(&Sort::ALL, view.sort),
        search: view.search.clone(),
        narrowed: narrowed(&view, &listed.snapshot),
        sync: Sync::asked(who, &connection.id, asked).await?,
        since: listed.snapshot.since.get(&Section::Plan).map(|since| at(*since, &zone)),
        looked: last_look(who, &connection.id).await?.map(|looked| at(looked, &zone)),
        time_zone: Shown::of(&listed.mapping.settings.time_zone),
        first: first(connection, &listed.snapshot, &told),
        hold: listed.snapshot.run_hold.as_ref().map(|hold| HoldShown {
            id: hold.id.clone(),
            words: Shown::of(hold),
            approved: told.approved(&hold.id).map(Shown::of),
        }),
        totals: totals(&all),
        view: view.query(),
        lines,
        findings,
        only_findings,
    })
}

fn chosen<T: PartialEq + Copy>(all: &[(T, &'static str, &'static str)], now: T) -> Vec<Chosen> {
    all.iter().map(|(one, word, name)| Chosen { word, name, is_chosen: *one == now }).collect()
}

fn narrowed(view: &View, snapshot: &Snapshot) -> Vec<Narrowed> {
    let company = view.customer.map(|id| {
        let name = snapshot.companies.iter().find(|company| company.id == id).map(|company| company.name.as_str());
        ("customer", id.to_string(), name)
    });
    let contract = view.contract.map(|id| {
        let name = snapshot.contracts.iter().find(|contract| contract.id == id).map(|contract| contract.name.as_str());
        ("contract", id.to_string(), name)
    });
    let service = view.service.map(|id| {
        let name = snapshot.services.iter().find(|service| service.id == id).map(|service| service.name.as_str());
        ("service", id.to_string(), name)
    });
    let all = [company, contract, service].into_iter().flatten();
    let named = |(field, number, name): (&'static str, String, Option<&str>)| {
        let name = Shown::of(format!("{field} {}", name.unwrap_or(&number)));
        Narrowed { field, number, name }
    };
    all.map(named).collect()
}

fn first(connection: &Connection, snapshot: &Snapshot, told: &Told) -> Option<FirstShown> {
    let plan = snapshot.plan.as_ref().filter(|plan| plan.first && !connection.first_plan_approved)?;
    let changes = snapshot.lines.values().flatten().filter(|line| line.change.is_some()).count();
    let approved = told.approved(&plan.id);
    let earlier = told.latest().filter(|_| approved.is_none());
    let moved = |by: &str| {
        Shown::of(format!(
            "A first plan was approved by {by}, but usage, units, contracts or the mapping moved before it was made; look \
             again"
        ))
    };
    Some(FirstShown {
        id: plan.id.clone(),
        changes: count(changes + snapshot.new_services.len(), "change"),
        approved: approved.map(Shown::of),
        moved: earlier.map(moved),
        can_start: !snapshot.findings.iter().any(shared::finding::Finding::keeps_from_starting),
    })
}

fn totals(all: &[Row<'_>]) -> TotalsShown {
    let totals = Totals::of(all);
    TotalsShown {
        lines: all.len(),
        changes: totals.changes,
        held: totals.held,
        up: format!("{:+.2}", totals.up),
        down: format!("{:.2}", totals.down),
        invoice_lines: totals.invoice_lines,
        approvable: all.iter().filter(|row| row.approvable().is_some()).count(),
    }
}

/// When a run last looked at units, for whomever.
async fn last_look(who: &SignedIn, connection: &ConnectionId) -> Result<Option<Timestamp>, Failure> {
    let runs = who.console.store.runs(connection, RUNS_LOOKED_THROUGH).await?;
    Ok(runs.into_iter().find(|run| run.job == Job::UsageSync && run.plan.is_some()).map(|run| run.started))
}

/// The date at the provider's, by which decisions hold.
pub(super) fn today(who: &SignedIn, mapping: &Mapping) -> Date {
    let zone = TimeZone::get(&mapping.settings.time_zone).unwrap_or(TimeZone::UTC);
    who.console.jobs_clock.now().to_zoned(zone).date()
}

/// What is used, in words and, where these are other than what Acronis counts in, in base units.
pub(super) fn usage_words(line: &ListedLine, snapshot: &Snapshot, mapping: &Mapping) -> String {
    let mut told = Vec::new();
    let nothing_used = line.used.iter().all(|amount| *amount == 0);
    for (key, used) in snapshot.used(line).filter(|(_, used)| nothing_used || *used > 0) {
        let product = mapping.products.get(key);
        let label = product.map_or_else(|| key.to_string(), |product| product.label.clone());
        let unit = product.map(|product| product.item.unit);
        let in_words = unit.map_or_else(|| used.to_string(), |unit| amount(used, unit));
        let base = if in_words == used.to_string() { String::new() } else { format!(" ({used} base units)") };
        told.push(format!("{label}: {in_words}{base}"));
    }
    told.join(", ")
}

/// Why a line stands as it does, in words.
fn why(row: &Row<'_>) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(change) = row.change() {
        told.push(change.because.clone());
        told.extend(change.held.iter().map(ToString::to_string));
    }
    if let Of::NewService(service) = row.of {
        let items: Vec<String> = service.items.iter().map(ToString::to_string).collect();
        let new = &service.service;
        told.push(format!("a new service, {:.2} a {}, for {}", new.unit_price, new.period.per(), items.join(", ")));
        told.extend(service.held.iter().map(ToString::to_string));
    }
    let until = row.line().and_then(|line| line.until.as_ref()).filter(|_| row.decision.is_none());
    told.extend(until.map(|until| format!("waits: {until}")));
    told.extend(row.decision.map(ToString::to_string));
    told
}

/// The query of an address of this page.
fn query_of(connection: &ConnectionId, view: &str, sync: Option<(Timestamp, Whom)>) -> String {
    let mut fields = form_urlencoded::Serializer::new(String::new());
    fields.append_pair("connection", connection.as_str());
    if let Some((since, whom)) = sync {
        fields.append_pair("since", &since.to_string());
        if whom == Whom::Some {
            fields.append_pair(FOR_SOME, "yes");
        }
    }
    let own = fields.finish();
    if view.is_empty() { own } else { format!("{own}&{view}") }
}

/// Sends the browser back to what it showed.
pub(super) fn back_to(connection: &ConnectionId, posted: &Posted, sync: (Timestamp, Whom)) -> Response {
    let view = View::of_query(posted.field("view").unwrap_or_default());
    go_to(&format!("/plan?{}", query_of(connection, &view.query(), Some(sync))))
}

/// Asks for a run for everybody, and comes back to what was shown.
pub(super) async fn sync_now(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?;
    let since = who.console.jobs_clock.now();
    let whom = approve::soon(&who, &connection, &BTreeSet::new()).await;
    Ok(back_to(&connection.id, &posted, (since, whom)))
}
