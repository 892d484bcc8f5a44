//! Quotas and tickets that are planned or held, as the jobs left them: shown and approved beside the plan of units. It
//! shows what the jobs left.

mod approve;
mod rows;

pub(super) use approve::approve;

use super::connections::{Choice, Connections, the_named};
use super::fields::Asked;
use super::gates::{SignedIn, Viewer};
use super::listed::Left;
use super::paged::{Paged, Pager};
use super::pages::{Failure, Frame, show};
use super::plan::{self, Told};
use super::query::Query;
use super::syncs::Sync;
use super::words::{Shown, at};
use approve::hold_of;
use askama::Template;
use axum::response::Response;
use jiff::tz::TimeZone;
use rows::{Row, SHOWS};
use shared::finding::Finding;
use shared::held::kept_plan_id;
use shared::person::Role;
use shared::run::{Connection, Job, RunRecord};
use shared::words::count;

/// What the address says.
const FIELDS: [&str; 6] = ["connection", "tab", "search", "show", "customer", "page"];
/// How many of the last runs are looked through for the last look.
const RUNS_LOOKED_THROUGH: usize = 100;
const COLUMNS: [&str; 9] =
    ["company", "customer", "what", "severity", "becomes", "because", "state", "held because", "id"];

/// A part of the plan beside units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Quotas,
    Tickets,
}

impl Tab {
    /// The part of this name; none where it is units. Another name is none at all.
    pub(super) fn named(name: Option<&str>) -> Result<Option<Self>, Failure> {
        match name {
            None | Some("" | "units") => Ok(None),
            Some("quotas") => Ok(Some(Self::Quotas)),
            Some("tickets") => Ok(Some(Self::Tickets)),
            Some(_) => Err(Failure::NoSuchPage),
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Quotas => "quotas",
            Self::Tickets => "tickets",
        }
    }

    /// The jobs whose changes it shows.
    pub(super) fn jobs(self) -> &'static [Job] {
        match self {
            Self::Quotas => &[Job::ContractChanged],
            Self::Tickets => &[Job::AlertSync, Job::TicketChanged],
        }
    }

    /// The job of which there is a first plan, alone.
    fn first_jobs(self) -> &'static [Job] {
        &self.jobs()[..1]
    }

    fn first_job(self) -> Job {
        self.jobs()[0]
    }

    /// Whether its first plan was approved (M5).
    fn is_started(self, connection: &Connection) -> bool {
        match self {
            Self::Quotas => connection.first_quotas_approved,
            Self::Tickets => connection.first_tickets_approved,
        }
    }

    /// What is among the ids of an approval of its first plan, so that one that came to nothing can be told.
    fn first_mark(self) -> &'static str {
        match self {
            Self::Quotas => "first plan of quotas",
            Self::Tickets => "first plan of tickets",
        }
    }
}

/// A part of the plan to go to.
pub(super) struct TabShown {
    pub(super) href: String,
    pub(super) name: &'static str,
    pub(super) is_on: bool,
}

/// The parts of the plan of a connection.
pub(super) fn tabs(connection: Option<&Connection>, on: Option<Tab>) -> Vec<TabShown> {
    let Some(connection) = connection else { return Vec::new() };
    let all =
        [(None, "", "Units"), (Some(Tab::Quotas), "quotas", "Quotas"), (Some(Tab::Tickets), "tickets", "Tickets")];
    let shown = |(tab, word, name): (Option<Tab>, &str, &'static str)| {
        let mut fields = url::form_urlencoded::Serializer::new(String::new());
        fields.append_pair("connection", connection.id.as_str());
        if !word.is_empty() {
            fields.append_pair("tab", word);
        }
        TabShown { href: format!("/plan?{}", fields.finish()), name, is_on: tab == on }
    };
    all.into_iter().map(shown).collect()
}

#[derive(Template)]
#[template(path = "console/held.html")]
struct HeldPage {
    frame: Frame,
    tabs: Vec<TabShown>,
    token: String,
    connections: Vec<Choice>,
    shown: Option<HeldShown>,
}

struct HeldShown {
    id: String,
    tab: &'static str,
    is_tickets: bool,
    may_change: bool,
    /// What forms carry, so that the page comes back as it is.
    view: String,
    /// Of which changes the list is made.
    print: String,
    shows: Vec<(&'static str, &'static str, bool)>,
    search: String,
    customer: String,
    sync: Option<Sync>,
    looked: Option<Shown>,
    time_zone: Shown,
    first: Option<FirstShown>,
    hold: Option<HoldShown>,
    keeps_from_starting: Vec<Shown>,
    totals: String,
    approvable: usize,
    more: usize,
    changes: Paged<ChangeShown>,
    pager: Pager,
}

/// The first plan, which is approved as a whole.
struct FirstShown {
    /// None where not all of it is kept.
    id: Option<String>,
    changes: String,
    approved: Option<Shown>,
    moved: Option<Shown>,
}

struct HoldShown {
    id: String,
    words: Shown,
    approved: Option<Shown>,
}

struct ChangeShown {
    id: String,
    customer: Shown,
    company: String,
    what: Shown,
    severity: String,
    becomes: Shown,
    because: Shown,
    held: Vec<Shown>,
    approved: Option<Shown>,
}

/// The page of one part, for who was let in.
pub(super) async fn page(who: SignedIn, tab: Tab, asked: Asked) -> Result<Response, Failure> {
    let connections = Connections::choose(&who.console.store, asked.field("connection")).await?;
    let shown = match &connections.chosen {
        Some(connection) => Some(Box::pin(held_shown(&who, connection, tab, &asked)).await?),
        None => None,
    };
    let frame = Frame::of_connection("Plan", &who, connections.chosen.as_ref());
    let tabs = tabs(connections.chosen.as_ref(), Some(tab));
    show(&HeldPage { frame, tabs, token: who.token, connections: connections.choices(), shown })
}

async fn held_shown(who: &SignedIn, connection: &Connection, tab: Tab, asked: &Asked) -> Result<HeldShown, Failure> {
    let (store, id) = (&who.console.store, &connection.id);
    let left = who.console.listed.left(store, id).await?;
    let listed = who.console.listed.of(store, id).await?;
    let zone = TimeZone::get(&listed.mapping.settings.time_zone).unwrap_or(TimeZone::UTC);
    let query = Query::asked(&FIELDS, asked).with(&[("connection", id.as_str()), ("tab", tab.word())]);
    let told = Told::read(store, id, who.console.jobs_clock.now()).await?;
    let all = rows::of(&left, tab, &query);
    let held = all.iter().filter(|row| !row.change.held.is_empty()).count();
    let changes = Paged::of(&all, Some(query.get("page")), |row| change_shown(row, &told));
    let looked = last_look(&store.runs(id, RUNS_LOOKED_THROUGH).await?, tab).map(|run| at(run.started, &zone));
    Ok(HeldShown {
        id: id.to_string(),
        tab: tab.word(),
        is_tickets: tab == Tab::Tickets,
        may_change: who.person.role >= Some(Role::Operator),
        view: query.text(),
        print: rows::print_of(&all),
        shows: SHOWS.into_iter().map(|(word, name)| (word, name, word == query.get("show"))).collect(),
        search: query.get("search").to_owned(),
        customer: query.get("customer").to_owned(),
        sync: Sync::asked(who, id, asked).await?,
        first: first(connection, &left, tab, &told).filter(|_| looked.is_some()),
        looked,
        time_zone: Shown::of(&listed.mapping.settings.time_zone),
        hold: hold_of(&left, tab).map(|hold| HoldShown {
            id: hold.hold.id.clone(),
            words: Shown::of(&hold.hold),
            approved: told.approved(&hold.hold.id).map(Shown::of),
        }),
        keeps_from_starting: not_started(&left, tab).map(Shown::of).collect(),
        totals: format!("{} shown: {} to be made, {held} held", all.len(), all.len() - held),
        approvable: all.len(),
        more: left.of(tab.jobs()).map(|(_, kept)| kept.more).sum(),
        pager: Pager::of(("change", "changes"), &changes, |page| query.to_page("/plan", "changes", "page", page)),
        changes,
    })
}

fn change_shown(row: &Row<'_>, told: &Told) -> ChangeShown {
    let change = row.change;
    ChangeShown {
        id: change.id.clone(),
        customer: Shown::of(row.company_name),
        company: row.company.map(|company| company.to_string()).unwrap_or_default(),
        what: Shown::of(&change.what),
        severity: change.severity.map(|severity| severity.to_string()).unwrap_or_default(),
        becomes: Shown::of(&change.becomes),
        because: Shown::of(&change.because),
        held: change.held.iter().map(Shown::of).collect(),
        approved: told.approved(&change.id).map(Shown::of),
    }
}

/// The last run that looked; of tickets one that looked at all alerts, where there is one.
fn last_look(runs: &[RunRecord], tab: Tab) -> Option<&RunRecord> {
    runs.iter().find(|run| run.job == tab.first_job() && run.plan.is_some())
}

/// What keeps the jobs from planning anything.
fn not_started(left: &Left, tab: Tab) -> impl Iterator<Item = &Finding> {
    let findings = left.of(tab.first_jobs()).flat_map(|(_, kept)| &kept.findings).map(|kept| &kept.finding);
    findings.filter(|finding| finding.keeps_from_starting())
}

fn keeps_from_starting(left: &Left, tab: Tab) -> bool {
    not_started(left, tab).next().is_some()
}

fn first(connection: &Connection, left: &Left, tab: Tab, told: &Told) -> Option<FirstShown> {
    if tab.is_started(connection) || keeps_from_starting(left, tab) {
        return None;
    }
    let kept = || left.of(tab.first_jobs()).map(|(_, kept)| kept);
    let id = kept_plan_id(tab.first_job(), kept());
    let changes = kept().map(|kept| kept.changes.len() + kept.more).sum();
    let approved = id.as_deref().and_then(|id| told.approved(id)).map(Shown::of);
    let earlier = told.approved(tab.first_mark()).filter(|_| approved.is_none());
    let moved = |by: &str| {
        Shown::of(format!(
            "A first plan was approved by {by}, but contracts, alerts or the mapping moved before it was made; look again"
        ))
    };
    Some(FirstShown { id, changes: count(changes, "change"), approved, moved: earlier.map(moved) })
}

/// What one sees, as a file for a spreadsheet.
pub(super) async fn file(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, asked.field("connection").unwrap_or_default()).await?;
    let tab = Tab::named(asked.field("tab"))?.ok_or(Failure::NoSuchPage)?;
    let left = who.console.listed.left(&who.console.store, &connection.id).await?;
    let rows = rows::of(&left, tab, &Query::asked(&FIELDS, &asked));
    let cells = rows.iter().map(|row| {
        let change = row.change;
        let held: Vec<String> = change.held.iter().map(ToString::to_string).collect();
        vec![
            row.company.map(|company| company.to_string()).unwrap_or_default(),
            row.company_name.to_owned(),
            change.what.clone(),
            change.severity.map(|severity| severity.to_string()).unwrap_or_default(),
            change.becomes.clone(),
            change.because.clone(),
            if held.is_empty() { "changes with the next run" } else { "held" }.to_owned(),
            held.join("; "),
            change.id.clone(),
        ]
    });
    plan::file(tab.word(), &COLUMNS, cells)
}
