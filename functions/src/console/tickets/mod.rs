//! The page of tickets: whether alerts become tickets, what is the same for all of them, and what is said of each type of
//! alert. What is changed here is staged (A36) and comes into force on the page of changes.

mod edit;
mod fields;
mod rows;
mod words;

pub(super) use edit::{category, edit, edit_category, page as type_page};
pub(super) use words::{differences, label_of};

use super::connections::{Choice, Connections, the_named};
use super::drafts;
use super::fields::{Asked, Posted};
use super::gates::{Operator, SignedIn, Viewer};
use super::listed::Listed;
use super::paged::{Paged, Pager};
use super::pages::{Failure, Frame, go_to, show};
use super::query::Query;
use super::replay::{self, InShort};
use super::settings::{self, Form, TICKET_SECTIONS, Wrong};
use super::words::Shown;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rows::{Narrowed, TypeRow, print_of_category};
use shared::draft::Draft;
use shared::person::Role;
use shared::run::Connection;
use shared::words::count;

/// What the address says.
const FIELDS: [&str; 6] = ["connection", "search", "category", "show", "page", "staged"];
const NOT_READ: &str = "What Autotask offers for tickets was not read, so that numbers are typed here and not checked. Make \
                        a sync of units on the page Overview, or test the connection on the page Setup: both read it.";

#[derive(Template)]
#[template(path = "console/tickets.html")]
struct TicketsPage {
    frame: Frame,
    connections: Vec<Choice>,
    staged: String,
    shown: Option<Tickets>,
}

struct Tickets {
    token: String,
    connection: String,
    may_edit: bool,
    told: Option<Shown>,
    forms: Vec<Form>,
    action: &'static str,
    /// What the alerts of the last days would have become; none before they were read.
    replayed: Option<InShort>,
    days_before: u32,
    /// What was not read of either side.
    not_read: Option<&'static str>,
    are_listed: bool,
    search: Shown,
    states: Vec<Narrowed>,
    categories: Vec<Narrowed>,
    columns: Vec<&'static str>,
    rows: Vec<TypeRow>,
    pager: Pager,
}

/// Whether anything was read of what Autotask offers for tickets.
fn are_read(listed: &Listed) -> bool {
    !listed.snapshot.picklists.values.is_empty()
}

pub(super) async fn page(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connections = Connections::choose(&who.console.store, asked.field("connection")).await?;
    show(&tickets_page(&who, &connections, &Query::asked(&FIELDS, &asked), None).await?)
}

async fn tickets_page(
    who: &SignedIn,
    connections: &Connections,
    query: &Query,
    wrong: Option<Wrong>,
) -> Result<TicketsPage, Failure> {
    let (staged, shown) = match &connections.chosen {
        Some(connection) => {
            let stored = drafts::of(who, &connection.id).await?;
            let shown = tickets(who, connection, &stored.draft, query, wrong).await?;
            (drafts::in_words(&stored.draft), Some(shown))
        }
        None => (String::new(), None),
    };
    let frame = Frame::of_connection("Tickets", who, connections.chosen.as_ref());
    Ok(TicketsPage { frame, connections: connections.choices(), staged, shown })
}

async fn tickets(
    who: &SignedIn,
    connection: &Connection,
    draft: &Draft,
    query: &Query,
    wrong: Option<Wrong>,
) -> Result<Tickets, Failure> {
    let query = query.with(&[("connection", connection.id.as_str())]);
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let all = rows::all(draft, &listed);
    let asked = rows::asked_for(&all, &query);
    let (mut last, plain) = (None, query.with(&[("staged", "")]));
    let rows = Paged::of(&asked, Some(query.get("page")), |one| {
        let is_new = last.replace(one.category.to_lowercase()) != Some(one.category.to_lowercase());
        rows::row(one, is_new, &listed, &plain)
    });
    Ok(Tickets {
        token: who.token.clone(),
        connection: connection.id.to_string(),
        may_edit: who.person.role >= Some(Role::Operator),
        told: told(&all, draft, &listed, query.get("staged")).map(Shown::of),
        // No setting of tickets is about how many calls Autotask takes.
        forms: settings::forms(TICKET_SECTIONS, draft, &listed, 0, wrong.as_ref()),
        action: "/tickets/settings",
        not_read: (!are_read(&listed)).then_some(NOT_READ),
        replayed: replay::in_short(who, (connection, &listed, draft)).await?,
        days_before: draft.applied_to(&listed.mapping).settings.tickets.days_before_switch_on,
        are_listed: !listed.snapshot.alert_types.is_empty(),
        search: Shown::of(query.get("search")),
        states: rows::states(&all, &query),
        categories: rows::categories(&all, &query),
        columns: rows::columns().collect(),
        pager: Pager::of(("type", "types"), &rows, |page| plain.to_page("/tickets", "types", "page", page)),
        rows: rows.rows,
    })
}

/// What was just staged, as the draft has it now.
fn told(all: &[rows::TypeAt<'_>], draft: &Draft, listed: &Listed, staged: &str) -> Option<String> {
    if staged.is_empty() {
        return None;
    }
    if let Some(one) = all.iter().find(|one| one.print() == staged) {
        return Some(match draft.alerts.get(one.kind) {
            Some(edit) => format!("Staged for {}: {}.", one.label, differences(&edit.was, &edit.to, listed).1),
            None => format!("Nothing is staged for {} any more.", one.label),
        });
    }
    let of_category: Vec<_> = all.iter().filter(|one| print_of_category(&one.category) == staged).collect();
    match of_category.first() {
        Some(first) => {
            let many = of_category.iter().filter(|one| one.is_staged).count();
            Some(format!("Staged for {}: {} differ from what is in force.", first.category, count(many, "type")))
        }
        None => settings::told(staged),
    }
}

/// Stages a section of what is the same for all tickets.
pub(super) async fn edit_settings(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?;
    let query = Query::of_text(&FIELDS, "").with(&[("connection", connection.id.as_str())]);
    match settings::stage(&who, &connection, &posted, TICKET_SECTIONS).await? {
        Ok(section) => Ok(go_to(&format!("/tickets?{}#{}", query.with(&[("staged", section.id)]).text(), section.id))),
        Err(wrong) => {
            let connections = Connections::choose(&who.console.store, Some(connection.id.as_str())).await?;
            let page = tickets_page(&who, &connections, &query, Some(wrong)).await?;
            Ok((StatusCode::BAD_REQUEST, show(&page)?).into_response())
        }
    }
}
