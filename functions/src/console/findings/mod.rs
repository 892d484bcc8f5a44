//! Findings as work: what all jobs found as one list, each with what it costs, what to do about it and who does; and the
//! form by which people say so. It shows what the jobs left.

mod mark;
mod rows;
mod step;

pub(super) use mark::{mark, sync};

use super::connections::{Choice, Connections, the_named};
use super::fields::Asked;
use super::gates::{SignedIn, Viewer};
use super::listed::{Left, Listed};
use super::paged::{Paged, Pager};
use super::pages::{Failure, Frame, show};
use super::plan::{file as csv_file, today};
use super::query::Query;
use super::sessions;
use super::syncs::Sync;
use super::words::Shown;
use crate::standing::open_findings_of;
use askama::Template;
use axum::response::Response;
use rows::{FindingRow, SHOWS, SORTS};
use shared::ids::ConnectionId;
use shared::open_finding::{COLUMNS, OpenFinding};
use shared::person::{Person, Role};
use shared::run::Connection;

/// What the address says.
const FIELDS: [&str; 8] = ["connection", "search", "show", "customer", "kind", "cost", "sort", "page"];
#[derive(Template)]
#[template(path = "console/findings.html")]
struct FindingsPage {
    frame: Frame,
    token: String,
    connections: Vec<Choice>,
    shown: Option<FindingsShown>,
}

struct FindingsShown {
    id: String,
    may_change: bool,
    /// What forms carry, so that the page comes back as it is.
    view: String,
    shows: Vec<Chosen>,
    sorts: Vec<Chosen>,
    kinds: Vec<Chosen>,
    only_with_cost: bool,
    search: String,
    customer: String,
    sync: Option<Sync>,
    /// How many there are in all that are not ignored, and that are.
    open: usize,
    ignored: usize,
    people: Vec<(String, Shown)>,
    tomorrow: String,
    findings: Paged<FindingRow>,
    pager: Pager,
}

/// A word to choose, and whether it is.
struct Chosen {
    word: &'static str,
    name: String,
    is_chosen: bool,
}

/// All findings of a connection.
pub(super) async fn open(
    who: &SignedIn,
    id: &ConnectionId,
    listed: &Listed,
    left: &Left,
) -> Result<Vec<OpenFinding>, Failure> {
    let marks = who.console.store.finding_marks(id).await?;
    let today = today(who, &listed.mapping);
    Ok(open_findings_of(&listed.mapping, &left.kept, &marks, &listed.snapshot.services, today))
}

pub(super) async fn page(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connections = Connections::choose(&who.console.store, asked.field("connection")).await?;
    let shown = match &connections.chosen {
        Some(connection) => Some(Box::pin(findings_shown(&who, connection, &asked)).await?),
        None => None,
    };
    let frame = Frame::of_connection("Findings", &who, connections.chosen.as_ref());
    show(&FindingsPage { frame, token: who.token, connections: connections.choices(), shown })
}

async fn findings_shown(who: &SignedIn, connection: &Connection, asked: &Asked) -> Result<FindingsShown, Failure> {
    let (store, id) = (&who.console.store, &connection.id);
    let listed = who.console.listed.of(store, id).await?;
    let left = who.console.listed.left(store, id).await?;
    let all = open(who, id, &listed, &left).await?;
    let query = Query::asked(&FIELDS, asked).with(&[("connection", id.as_str())]);
    let rows = rows::of(&all, &query, &who.person.id);
    let findings = Paged::of(&rows, Some(query.get("page")), |one| rows::row(one, &listed));
    let chosen =
        |word: &'static str, name: String, field: &str| Chosen { word, name, is_chosen: query.get(field) == word };
    let may_change = who.person.role >= Some(Role::Operator);
    let ignored = all.iter().filter(|one| one.ignored).count();
    Ok(FindingsShown {
        id: id.to_string(),
        may_change,
        view: query.text(),
        shows: SHOWS.into_iter().map(|(word, name)| chosen(word, name.to_owned(), "show")).collect(),
        sorts: SORTS.into_iter().map(|(word, name)| chosen(word, name.to_owned(), "sort")).collect(),
        kinds: rows::kinds(&all).into_iter().map(|(kind, name)| chosen(kind, name, "kind")).collect(),
        only_with_cost: !query.get("cost").is_empty(),
        search: query.get("search").to_owned(),
        customer: query.get("customer").to_owned(),
        sync: Sync::asked(who, id, asked).await?,
        open: all.len() - ignored,
        ignored,
        people: if may_change { people(who).await? } else { Vec::new() },
        tomorrow: today(who, &listed.mapping).tomorrow().map(|day| day.to_string()).unwrap_or_default(),
        pager: Pager::of(("finding", "findings"), &findings, |page| {
            query.to_page("/findings", "findings", "page", page)
        }),
        findings,
    })
}

/// Who may look after a finding: everybody with a role, by name.
async fn people(who: &SignedIn) -> Result<Vec<(String, Shown)>, Failure> {
    let mut people = who.console.store.people().await?.all;
    people.retain(|person| person.role.is_some());
    people.sort_by_cached_key(|person| (person.name.to_lowercase(), person.id.clone()));
    Ok(people.iter().map(|person| (key_of(person), Shown::of(&person.name))).collect())
}

/// Stands for a person in a form, whatever his ids are. The length keeps issuer and subject apart.
fn key_of(person: &Person) -> String {
    let id = &person.id;
    sessions::hash(&format!("{}#{}#{}", id.issuer.len(), id.issuer, id.subject))
}

/// What one sees, as a file for a spreadsheet.
pub(super) async fn file(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, asked.field("connection").unwrap_or_default()).await?;
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let left = who.console.listed.left(&who.console.store, &connection.id).await?;
    let all = open(&who, &connection.id, &listed, &left).await?;
    let rows = rows::of(&all, &Query::asked(&FIELDS, &asked), &who.person.id);
    csv_file("findings", &COLUMNS, rows.iter().map(|one| one.cells()))
}
