//! What the alerts of the last days would have become (A58 to A63): under the rules in force, and beside them under those
//! that the person has staged. The alerts are those that `alert-sync` read when somebody asked for it here; the console
//! replays them by itself and asks no vendor.

mod replayed;
mod rows;

pub use replayed::LastReplays;
pub(super) use rows::file;

use super::connections::{Choice, Connections, the_named};
use super::drafts;
use super::fields::{Asked, Posted};
use super::gates::{Operator, SignedIn, Viewer};
use super::listed::Listed;
use super::paged::{Paged, Pager};
use super::pages::{Failure, Frame, go_to, show};
use super::query::Query;
use super::syncs::HEARD_OF_WITHIN;
use super::words::{Shown, at};
use crate::events::{AlertsAsked, Event};
use askama::Template;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use replayed::{Replayed, Replays};
use rows::{KindRow, Names, TicketRow, WhyRow, asked_for, kinds, row, whys};
use shared::alert_reading::{AlertReading, MOST_DAYS};
use shared::alert_replay::AtSwitchOn;
use shared::draft::Draft;
use shared::ids::ConnectionId;
use shared::person::Role;
use shared::run::{Connection, Job, Outcome, RunRecord};
use shared::words::count;
use std::sync::Arc;
use url::form_urlencoded;

/// What the address says of the list, and since when a reading is waited for.
const FIELDS: [&str; 6] = ["connection", "rules", "search", "kind", "page", "since"];
/// The rules in force, where others are staged.
const IN_FORCE: &str = "in-force";
/// How far back a reading that failed is still news.
const TOLD_FOR: SignedDuration = SignedDuration::from_hours(24);
/// How many days are asked for where nobody says otherwise.
const USUAL_DAYS: u32 = 30;

#[derive(Template)]
#[template(path = "console/replay.html")]
struct ReplayPage {
    frame: Frame,
    token: String,
    connections: Vec<Choice>,
    shown: Option<Page>,
}

struct Page {
    id: String,
    may_ask: bool,
    most_days: u32,
    days: u32,
    /// The page as it is, for "Refresh".
    here: String,
    waits: Option<Waits>,
    trouble: Option<Shown>,
    is_mapped: bool,
    read: Option<ReadShown>,
    came: Option<Came>,
}

/// A reading that was asked for.
struct Waits {
    /// As the script knows it.
    state: &'static str,
    query: String,
}

struct ReadShown {
    at: Shown,
    days: String,
    /// Where there were too many alerts: from when on they are replayed.
    from: Option<Shown>,
    unread: Option<String>,
}

/// What it came to.
struct Came {
    in_words: String,
    /// Whether the rules of the list are those that the person staged.
    is_edited: bool,
    /// The way to the list under the other rules, where there are others.
    other: Option<String>,
    in_force: bool,
    whys: Vec<WhyRow>,
    switch_on: Vec<AtSwitchOn>,
    days_before: u32,
    kinds: Vec<KindRow>,
    search: Shown,
    kind: String,
    rules: String,
    tickets: Paged<TicketRow>,
    pager: Pager,
    all_tickets: usize,
    file: String,
}

pub(super) async fn page(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connections = Connections::choose(&who.console.store, asked.field("connection")).await?;
    let query = Query::asked(&FIELDS, &asked);
    let shown = match &connections.chosen {
        Some(connection) => Some(Box::pin(shown(&who, connection, &query)).await?),
        None => None,
    };
    let frame = Frame::of_connection("Replay", &who, connections.chosen.as_ref());
    show(&ReplayPage { frame, token: who.token, connections: connections.choices(), shown })
}

async fn shown(who: &SignedIn, connection: &Connection, query: &Query) -> Result<Page, Failure> {
    let query = query.with(&[("connection", connection.id.as_str())]);
    let store = &who.console.store;
    let listed = who.console.listed.of(store, &connection.id).await?;
    let draft = drafts::of(who, &connection.id).await?.draft;
    let replays = who.console.replays.of(store, (connection, &listed, &draft)).await?;
    let since = Some(query.get("since")).filter(|since| !since.is_empty());
    let mut page = Page {
        id: connection.id.to_string(),
        may_ask: who.person.role >= Some(Role::Operator),
        most_days: MOST_DAYS,
        days: USUAL_DAYS,
        here: format!("/tickets/replay?{}", query.with(&[("since", "")]).text()),
        waits: match since {
            Some(since) => Some(waits(who, &connection.id, since).await?),
            None => None,
        },
        trouble: trouble(who, &connection.id, replays.as_ref().map(|all| &*all.reading)).await?,
        is_mapped: draft.applied_to(&listed.mapping).mapped_customers().next().is_some(),
        read: None,
        came: None,
    };
    if let Some(replays) = &replays {
        let names = Names::of(&listed, replays);
        page.days = replays.reading.read.days;
        page.read = Some(read_shown(&replays.reading, &names));
        let days_before = draft.applied_to(&listed.mapping).settings.tickets.days_before_switch_on;
        page.came = Some(came(replays, &names, &query.with(&[("since", "")]), days_before));
    }
    Ok(page)
}

fn read_shown(reading: &AlertReading, names: &Names<'_>) -> ReadShown {
    let read = &reading.read;
    let asked = SignedDuration::from_hours(24 * i64::from(read.days));
    let unread = read.unread_customers;
    ReadShown {
        at: at(read.at, &names.zone),
        days: count(read.days as usize, "day"),
        from: (read.at.duration_since(read.from) < asked).then(|| at(read.from, &names.zone)),
        unread: (unread > 0).then(|| count(unread, "customer")),
    }
}

/// The replay whose list is asked for, and the one in force where that is another.
fn chosen<'a>(replays: &'a Replays, rules: &str) -> (&'a Replayed, Option<&'a Replayed>) {
    match &replays.edited {
        Some(edited) if rules != IN_FORCE => (edited, Some(&replays.in_force)),
        _ => (&replays.in_force, None),
    }
}

fn came(replays: &Replays, names: &Names<'_>, query: &Query, days_before: u32) -> Came {
    let (now, in_force) = chosen(replays, query.get("rules"));
    let found = asked_for(now, query);
    let tickets = Paged::of(&found, Some(query.get("page")), |ticket| row(*ticket, names));
    let to = |rules| format!("/tickets/replay?{}", query.with(&[("rules", rules), ("page", "")]).text());
    Came {
        in_words: in_words(now, in_force),
        is_edited: in_force.is_some(),
        other: replays.edited.as_ref().map(|_| if in_force.is_some() { to(IN_FORCE) } else { to("") }),
        in_force: in_force.is_some(),
        whys: whys(now, in_force),
        switch_on: now.at_switch_on.clone(),
        days_before,
        kinds: kinds(now, in_force, names, query),
        search: Shown::of(query.get("search")),
        kind: query.get("kind").to_owned(),
        rules: query.get("rules").to_owned(),
        pager: Pager::of(("ticket", "tickets"), &tickets, |page| {
            query.to_page("/tickets/replay", "tickets", "page", page)
        }),
        tickets,
        all_tickets: now.replay.tickets.len(),
        file: format!("/tickets/replay/tickets.csv?{}", query.with(&[("page", "")]).text()),
    }
}

/// What alerts would have become, for the page on which the rules are edited.
pub(super) struct InShort {
    pub(super) in_words: String,
    pub(super) read_at: Shown,
    pub(super) days: String,
    /// What the switch-on would make at once, by how many days before it count too (T8); nothing where ticket sync is on.
    pub(super) switch_on: Vec<AtSwitchOn>,
}

/// The same in short; none before alerts were read.
pub(super) async fn in_short(
    who: &SignedIn,
    (connection, listed, draft): (&Connection, &Arc<Listed>, &Draft),
) -> Result<Option<InShort>, Failure> {
    let replays = who.console.replays.of(&who.console.store, (connection, listed, draft)).await?;
    Ok(replays.map(|replays| {
        let read = read_shown(&replays.reading, &Names::of(listed, &replays));
        let (now, in_force) = chosen(&replays, "");
        let (in_words, switch_on) = (in_words(now, in_force), now.at_switch_on.clone());
        InShort { in_words, read_at: read.at, days: read.days, switch_on }
    }))
}

/// "412 alerts: 37 tickets; 52 under the rules in force".
fn in_words(now: &Replayed, in_force: Option<&Replayed>) -> String {
    let beside = in_force.map(|replayed| format!("; {} under the rules in force", replayed.replay.tickets.len()));
    let (alerts, tickets) = (count(now.replay.alerts, "alert"), count(now.replay.tickets.len(), "ticket"));
    format!("{alerts}: {tickets}{}", beside.unwrap_or_default())
}

/// The readings since then, oldest first.
async fn readings(who: &SignedIn, connection: &ConnectionId, since: Timestamp) -> Result<Vec<RunRecord>, Failure> {
    let mut runs = who.console.store.runs_since(connection, since).await?;
    runs.retain(|run| run.job == Job::AlertSync && run.only_reads && run.started >= since);
    Ok(runs)
}

/// How far a reading is that was asked for then.
async fn waits(who: &SignedIn, connection: &ConnectionId, since: &str) -> Result<Waits, Failure> {
    let asked: Timestamp = since.parse().map_err(|_| Failure::Malformed("this is no time"))?;
    let is_done = readings(who, connection, asked).await?.iter().any(|run| run.outcome != Outcome::Running);
    let silent = who.console.jobs_clock.now().duration_since(asked);
    let state = match is_done {
        true => "done",
        false if silent < HEARD_OF_WITHIN => "under-way",
        false => "silent",
    };
    Ok(Waits { state, query: query_of(connection, since) })
}

fn query_of(connection: &ConnectionId, since: &str) -> String {
    let mut fields = form_urlencoded::Serializer::new(String::new());
    fields.append_pair("connection", connection.as_str()).append_pair("since", since).finish()
}

/// Why the last reading came to nothing, where it is later than what is shown.
async fn trouble(
    who: &SignedIn,
    connection: &ConnectionId,
    shown: Option<&AlertReading>,
) -> Result<Option<Shown>, Failure> {
    let since = who.console.jobs_clock.now().saturating_sub(TOLD_FOR).map_err(anyhow::Error::from)?;
    let since = shown.map_or(since, |reading| reading.read.at.max(since));
    let last = readings(who, connection, since).await?.pop();
    let why = last.and_then(|run| match run.outcome {
        Outcome::Failed(why) | Outcome::Stopped(why) => Some(why),
        Outcome::Running | Outcome::Complete | Outcome::Skipped => None,
    });
    Ok(why.map(Shown::of))
}

/// Says, to the script of the page, what became of a reading.
pub(super) async fn progress(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, asked.field("connection").unwrap_or_default()).await?;
    let since = asked.field("since").ok_or(Failure::Malformed("a time is missing"))?;
    Ok(waits(&who, &connection.id, since).await?.state.into_response())
}

/// Asks for the alerts of the last days.
pub(super) async fn ask(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?.id;
    let days: Option<u32> = posted.field("days")?.trim().parse().ok();
    let days =
        days.filter(|days| (1..=MOST_DAYS).contains(days)).ok_or(Failure::Malformed("1 to 90 days can be read"))?;
    let since = who.console.jobs_clock.now().to_string();
    let asked = Event::AlertsAsked(AlertsAsked { connection: connection.clone(), days });
    who.console.bus.publish(&[asked]).await?;
    tracing::info!(%connection, days, "alerts were asked for in the console");
    Ok(go_to(&format!("/tickets/replay?{}", query_of(&connection, &since))))
}
