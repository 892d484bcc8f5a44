//! Puts the streams of what happened together by time. Each is looked through a part at a time; where one of them may hold
//! more, nothing older than that is told yet, so that no page leaves anything out.

use super::asked::Wanted;
use super::events::{Event, Kind, Names};
use crate::console::gates::SignedIn;
use crate::store::{Looked, Span};
use jiff::{Timestamp, ToSpan};
use shared::ids::ConnectionId;
use shared::person::Role;
use std::cmp::Reverse;
use std::fmt;

/// How much is put together at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    rows: usize,
    /// How many items of a stream are looked at; of runs, most of which may be looks that say nothing, more.
    items: usize,
    runs: usize,
}

/// A page for a person.
pub(super) const PAGE: Size = Size { rows: 100, items: 200, runs: 1_000 };
/// A part of a file.
pub(super) const PART: Size = Size { rows: 5_000, items: 2_000, runs: 5_000 };

/// A place in the list: a time, and how many of what happened just then are before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    at: Timestamp,
    skip: usize,
}

impl Place {
    /// As an address has it.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (at, skip) = text.split_once('~')?;
        Some(Self { at: at.parse().ok()?, skip: skip.parse().ok()? })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.at, self.skip)
    }
}

/// A page of what happened.
pub(super) struct Page {
    pub(super) events: Vec<Event>,
    /// How far was looked, where there may be more.
    pub(super) looked_to: Option<Timestamp>,
    pub(super) older: Option<Place>,
}

pub(super) async fn gather(
    who: &SignedIn,
    connection: &ConnectionId,
    wanted: &Wanted,
    names: &Names<'_>,
    size: Size,
) -> anyhow::Result<Page> {
    let begin = wanted.before.unwrap_or(Place { at: wanted.to, skip: 0 });
    let to = begin.at.min(wanted.to);
    let mut all = Streams { events: Vec::new(), until: None };
    if wanted.from <= to {
        let from = wanted.from;
        let spans = (Span { from, to, most: size.items }, Span { from, to, most: size.runs });
        all.read(who, connection, wanted, names, spans).await?;
    }
    let Streams { mut events, until } = all;
    if let Some(until) = until {
        // At that very time a stream may hold more than was looked at.
        events.retain(|event| event.at > until);
    }
    // What happened at the same time stays in the order in which it was read, which is the same each time.
    events.sort_by_key(|event| Reverse(event.at));
    let mut left = events.into_iter().skip(if begin.at <= wanted.to { begin.skip } else { 0 });
    let mut events: Vec<Event> = left.by_ref().take(size.rows).collect();
    if left.next().is_some() {
        let last = events.last().map_or(to, |event| event.at);
        let skip = events.iter().filter(|event| event.at == last).count();
        let before = if last == begin.at { begin.skip } else { 0 };
        return Ok(Page { events, looked_to: None, older: Some(Place { at: last, skip: skip + before }) });
    }
    events.shrink_to_fit();
    // Where one time fills all that is looked at, the next page goes on before it.
    let older =
        until.map(|until| if until < to { until } else { until.saturating_sub(1.nanosecond()).unwrap_or(until) });
    Ok(Page { events, looked_to: older, older: older.map(|at| Place { at, skip: 0 }) })
}

/// What was read of all streams, and down to where all of them are whole.
struct Streams {
    events: Vec<Event>,
    until: Option<Timestamp>,
}

impl Streams {
    fn add<T>(&mut self, looked: Looked<T>, event: impl FnMut(T) -> Option<Event>) {
        self.until = self.until.max(looked.until);
        self.events.extend(looked.rows.into_iter().filter_map(event));
    }

    async fn read(
        &mut self,
        who: &SignedIn,
        connection: &ConnectionId,
        wanted: &Wanted,
        names: &Names<'_>,
        (span, of_runs): (Span, Span),
    ) -> anyhow::Result<()> {
        let store = &who.console.store;
        let is_asked = |kind: Kind| wanted.kind.is_none_or(|asked| asked == kind);
        let keep = |mut event: Event| event.is_wanted(wanted, names).then_some(event);
        if is_asked(Kind::Change) {
            self.add(store.deeds(connection, span).await?, |deed| keep(Event::of_deed(deed, names)));
        }
        if is_asked(Kind::Approval) {
            let looked = store.approvals_within(connection, span).await?;
            self.add(looked, |approval| keep(Event::of_approval(approval, names)));
        }
        if is_asked(Kind::Person) {
            // What is of no connection is who may do what, which admins see.
            let is_seen = |what: &str| who.person.role >= Some(Role::Admin) && what.starts_with("role of ");
            self.add(store.audit_within(span).await?, |record| {
                let is_of_it = record.is_of(connection) || is_seen(&record.what);
                Event::of_record(record, names).filter(|_| is_of_it).and_then(keep)
            });
        }
        let of_findings = wanted.kind == Some(Kind::Findings);
        if is_asked(Kind::Run) || of_findings {
            let kind = if of_findings { Kind::Findings } else { Kind::Run };
            let looked = store.runs_within(connection, of_runs).await?;
            self.add(looked, |run| Event::of_run(run, kind).and_then(keep));
        }
        Ok(())
    }
}
