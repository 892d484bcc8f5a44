//! The page of settings: what an operator may choose of a connection, what each choice changes, and what is fixed. What is
//! changed here is staged (A36) and comes into force on the page of changes. The settings of tickets have a page of their
//! own, made of the same forms.

mod catalogue;
mod contracts;
mod effect;
mod form;
mod ticket_catalogue;
mod values;

pub(super) use contracts::edit_contract;
pub(super) use effect::effect;
pub(super) use form::{Choice as Pick, Field, Form, Wrong, forms, picks, stage};
pub(super) use ticket_catalogue::TICKET_SECTIONS;
pub(super) use values::{in_words, label_of, setting_at};

use super::connections::{Choice, Connections, the_named};
use super::drafts;
use super::fields::{Asked, Posted};
use super::gates::{Operator, SignedIn, Viewer};
use super::overview;
use super::pages::{Failure, Frame, go_to, show};
use super::query::Query;
use super::words::Shown;
use crate::standing::Standing;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use catalogue::SECTIONS;
use contracts::OwnDates;
use jiff::tz::TimeZone;
use shared::draft::Draft;
use shared::person::Role;
use shared::run::{Connection, RunRecord};

/// What the address says.
const FIELDS: [&str; 2] = ["connection", "staged"];
/// Autotask's limit of calls an hour where it was never asked (Autotask developer help, Thresholds and limits).
const USUAL_LIMIT: u64 = 10_000;
/// How many runs are looked at for the limit that Autotask told.
const RUNS_LOOKED_AT: usize = 20;

#[derive(Template)]
#[template(path = "console/settings.html")]
struct SettingsPage {
    frame: Frame,
    connections: Vec<Choice>,
    staged: String,
    shown: Option<Settings>,
}

struct Settings {
    token: String,
    connection: String,
    may_edit: bool,
    told: Option<Shown>,
    forms: Vec<Form>,
    /// Where the forms go.
    action: &'static str,
    dates: OwnDates,
    due: Vec<(Shown, Shown)>,
    time_zone: Shown,
    connected: Vec<(&'static str, Shown)>,
}

/// The calls an hour that Autotask takes, as it told the latest run that asked.
pub(super) fn calls_an_hour<'r>(runs: impl IntoIterator<Item = &'r RunRecord>) -> u64 {
    runs.into_iter().find_map(|run| run.autotask_used).map_or(USUAL_LIMIT, |(_, limit)| limit)
}

/// The same where runs were not read.
pub(super) async fn calls_an_hour_of(who: &SignedIn, connection: &Connection) -> Result<u64, Failure> {
    Ok(calls_an_hour(&who.console.store.runs(&connection.id, RUNS_LOOKED_AT).await?))
}

pub(super) async fn page(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connections = Connections::choose(&who.console.store, asked.field("connection")).await?;
    show(&settings_page(&who, &connections, &Query::asked(&FIELDS, &asked), (None, None)).await?)
}

/// The page, with what is wrong with a form, or with a contract that was typed.
async fn settings_page(
    who: &SignedIn,
    connections: &Connections,
    query: &Query,
    wrong: (Option<Wrong>, Option<(String, String)>),
) -> Result<SettingsPage, Failure> {
    let (staged, shown) = match &connections.chosen {
        Some(connection) => {
            let stored = drafts::of(who, &connection.id).await?;
            let shown = settings(who, connection, &stored.draft, query, wrong).await?;
            (drafts::in_words(&stored.draft), Some(shown))
        }
        None => (String::new(), None),
    };
    let frame = Frame::of_connection("Settings", who, connections.chosen.as_ref());
    Ok(SettingsPage { frame, connections: connections.choices(), staged, shown })
}

async fn settings(
    who: &SignedIn,
    connection: &Connection,
    draft: &Draft,
    query: &Query,
    (wrong, wrong_contract): (Option<Wrong>, Option<(String, String)>),
) -> Result<Settings, Failure> {
    let (console, now) = (&who.console, who.console.jobs_clock.now());
    let listed = console.listed.of(&console.store, &connection.id).await?;
    let standing = Box::pin(Standing::read(&console.store, &connection.id, now)).await?.ok_or(Failure::NoSuchPage)?;
    let limit = calls_an_hour(&standing.runs);
    let time_zone = &listed.mapping.settings.time_zone;
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    Ok(Settings {
        token: who.token.clone(),
        connection: connection.id.to_string(),
        may_edit: who.person.role >= Some(Role::Operator),
        told: told(query.get("staged")).map(Shown::of),
        forms: forms(SECTIONS, draft, &listed, limit, wrong.as_ref()),
        action: "/settings",
        dates: contracts::own_dates(draft, &listed, wrong_contract),
        due: overview::next(&standing, now, &zone),
        time_zone: Shown::of(time_zone),
        connected: connected(connection),
    })
}

/// What was just staged.
pub(super) fn told(section: &str) -> Option<String> {
    let title = values::sections().find(|known| known.id == section).map(|section| section.title);
    let title = title.or_else(|| (section == contracts::SECTION).then_some("Effective dates of contracts"))?;
    Some(format!("{title}: what differs from what is in force is staged."))
}

fn connected(connection: &Connection) -> Vec<(&'static str, Shown)> {
    let approved = |approved: bool| Shown::of(if approved { "approved" } else { "waits for approval" });
    vec![
        ("Acronis tenant", Shown::of(&connection.tenant)),
        ("Autotask database", Shown::of(connection.database)),
        ("First plan of units", approved(connection.first_plan_approved)),
        ("First plan of quotas", approved(connection.first_quotas_approved)),
        ("First plan of tickets", approved(connection.first_tickets_approved)),
    ]
}

fn back_to(connection: &Connection, staged: &str) -> String {
    let query = Query::of_text(&FIELDS, "").with(&[("connection", connection.id.as_str()), ("staged", staged)]);
    format!("/settings?{}#{staged}", query.text())
}

/// Stages a section; shows its form again where something is wrong with it.
pub(super) async fn edit(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?;
    match stage(&who, &connection, &posted, SECTIONS).await? {
        Ok(section) => Ok(go_to(&back_to(&connection, section.id))),
        Err(wrong) => refused(&who, &connection, (Some(wrong), None)).await,
    }
}

async fn refused(
    who: &SignedIn,
    connection: &Connection,
    wrong: (Option<Wrong>, Option<(String, String)>),
) -> Result<Response, Failure> {
    let connections = Connections::choose(&who.console.store, Some(connection.id.as_str())).await?;
    let page = settings_page(who, &connections, &Query::of_text(&FIELDS, ""), wrong).await?;
    Ok((StatusCode::BAD_REQUEST, show(&page)?).into_response())
}
