//! What happened, the newest first: runs, what they changed at the vendors, what was approved, and what people changed in
//! the console; with the findings of the last days as a chart. It shows what was recorded, a page at a time.

mod asked;
mod chart;
mod events;
mod file;
mod gather;

pub(super) use file::file;

use super::connections::{Choice as ConnectionChoice, Connections};
use super::fields::Asked;
use super::gates::{SignedIn, Viewer};
use super::pages::{Failure, Frame, show};
use super::plan::today;
use super::words::{Shown, at};
use askama::Template;
use asked::{KINDS, Wanted};
use axum::response::Response;
use chart::Chart;
use events::{Event, Names};
use gather::{PAGE, Page, gather};
use jiff::tz::TimeZone;
use shared::run::Connection;

#[derive(Template)]
#[template(path = "console/activity.html")]
struct ActivityPage {
    frame: Frame,
    connections: Vec<ConnectionChoice>,
    shown: Option<Happened>,
}

/// What is shown of a connection.
struct Happened {
    id: String,
    time_zone: Shown,
    kinds: Vec<Choice>,
    from: Shown,
    to: Shown,
    customer: Shown,
    contract: Shown,
    person: Shown,
    people: Vec<Shown>,
    chart: Option<Chart>,
    rows: Vec<EventRow>,
    /// How far was looked, where nothing or little was found.
    looked_to: Option<Shown>,
    older: Option<String>,
    newest: Option<String>,
    file: String,
}

struct Choice {
    word: &'static str,
    name: &'static str,
    is_chosen: bool,
}

/// What happened, as a row has it.
struct EventRow {
    at: Shown,
    kind: &'static str,
    what: Shown,
    moved: Vec<Shown>,
    why: Vec<Shown>,
    findings: Vec<Shown>,
    by: Shown,
}

pub(super) async fn page(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connections = Connections::choose(&who.console.store, asked.field("connection")).await?;
    let shown = match &connections.chosen {
        Some(connection) => Some(Box::pin(happened(&who, connection, &asked)).await?),
        None => None,
    };
    let frame = Frame::of_connection("Activity", &who, connections.chosen.as_ref());
    show(&ActivityPage { frame, connections: connections.choices(), shown })
}

async fn happened(who: &SignedIn, connection: &Connection, asked: &Asked) -> Result<Happened, Failure> {
    let store = &who.console.store;
    let listed = who.console.listed.of(store, &connection.id).await?;
    let people = store.people().await?.all;
    let names = Names::of(&listed, &people);
    let zone = TimeZone::get(&listed.mapping.settings.time_zone).unwrap_or(TimeZone::UTC);
    let wanted = Wanted::of(asked, &connection.id, &names, &zone)?;
    let Page { events, looked_to, older } = gather(who, &connection.id, &wanted, &names, PAGE).await?;
    let is_first = wanted.is_first_page();
    let chart = match is_first {
        true => Some(Chart::read(store, &connection.id, today(who, &listed.mapping)).await?),
        false => None,
    };
    let mut known: Vec<Shown> = people.iter().map(|person| Shown::of(&person.name)).collect();
    known.sort_by_key(ToString::to_string);
    known.dedup();
    known.truncate(PEOPLE_OFFERED);
    let query = &wanted.query;
    let said = |name: &str| Shown::of(query.get(name));
    Ok(Happened {
        id: connection.id.to_string(),
        time_zone: Shown::of(&listed.mapping.settings.time_zone),
        kinds: KINDS.map(|(kind, word, name)| Choice { word, name, is_chosen: wanted.kind == kind }).into(),
        from: said("from"),
        to: said("to"),
        customer: said("customer"),
        contract: said("contract"),
        person: said("person"),
        people: known,
        chart,
        rows: events.iter().map(|event| row_of(event, &zone)).collect(),
        looked_to: looked_to.map(|time| at(time, &zone)),
        older: older
            .map(|place| format!("/activity?{}#happened", query.with(&[("before", &place.to_string())]).text())),
        newest: (!is_first).then(|| format!("/activity?{}#happened", query.with(&[("before", "")]).text())),
        file: format!("/activity/events.csv?{}", query.with(&[("before", "")]).text()),
    })
}

/// A run's time and enough of its id that it is found in the file.
fn short(run: &str) -> &str {
    &run[..run.floor_char_boundary(RUN_SHOWN)]
}

/// How much of a run's id is shown.
const RUN_SHOWN: usize = 33;
/// How many names are offered to choose from; any other may be typed.
const PEOPLE_OFFERED: usize = 200;

fn row_of(event: &Event, zone: &TimeZone) -> EventRow {
    let all = |texts: &[String]| texts.iter().filter(|text| !text.is_empty()).map(Shown::of).collect();
    let by = match (&event.run, event.by.as_str()) {
        (Some(run), "") => format!("run {}", short(run)),
        (Some(run), by) => format!("run {}, approved by {by}", short(run)),
        (None, by) => format!("by {by}"),
    };
    EventRow {
        at: at(event.at, zone),
        kind: event.kind.name(),
        what: Shown::of(event.about()),
        moved: all(&[event.moved()]),
        why: all(&[event.why.clone(), event.state.clone()]),
        findings: event.findings.iter().map(Shown::of).collect(),
        by: Shown::of(by),
    }
}
