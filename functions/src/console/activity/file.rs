//! All that is filtered of what happened, as a file for a spreadsheet.

use super::asked::Wanted;
use super::events::{Event, Names};
use super::gather::{PART, gather};
use crate::console::connections::the_named;
use crate::console::fields::Asked;
use crate::console::gates::Viewer;
use crate::console::pages::Failure;
use crate::console::plan;
use axum::response::Response;
use jiff::tz::TimeZone;

const COLUMNS: [&str; 11] =
    ["when", "kind", "customer", "what", "before", "after", "why", "became", "findings", "run", "by"];
/// What a file holds at most, and how many parts are looked through for it: what is older is asked for by its dates.
const MOST_ROWS: usize = 20_000;
const MOST_PARTS: usize = 50;

pub(in crate::console) async fn file(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, asked.field("connection").unwrap_or_default()).await?;
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let people = who.console.store.people().await?.all;
    let names = Names::of(&listed, &people);
    let zone = TimeZone::get(&listed.mapping.settings.time_zone).unwrap_or(TimeZone::UTC);
    let mut wanted = Wanted::of(&asked, &connection.id, &names, &zone)?;
    let mut rows = Vec::new();
    for _ in 0..MOST_PARTS {
        let page = gather(&who, &connection.id, &wanted, &names, PART).await?;
        rows.extend(page.events.iter().map(|event| cells(event, &zone)));
        wanted.before = page.older;
        if wanted.before.is_none() || rows.len() >= MOST_ROWS {
            break;
        }
    }
    if wanted.before.is_some() {
        let mut last = vec![String::new(); COLUMNS.len()];
        last[3] = "There is more. What is older is in another file: choose an earlier last day.".to_owned();
        rows.push(last);
    }
    plan::file("activity", &COLUMNS, rows.into_iter())
}

fn cells(event: &Event, zone: &TimeZone) -> Vec<String> {
    vec![
        event.at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        event.kind.name().to_owned(),
        event.customer().to_owned(),
        event.what.clone(),
        event.before.clone(),
        event.after.clone(),
        event.why.clone(),
        event.state.clone(),
        event.findings.join(" | "),
        event.run.clone().unwrap_or_default(),
        event.by.clone(),
    ]
}
