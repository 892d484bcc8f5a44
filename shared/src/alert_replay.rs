//! What `alert-sync` would have made of the alerts of some days, had it been on with certain rules from the first of
//! them, looking every five minutes: each look is planned by the job's own plan, of alerts as they were then. Nobody works
//! on tickets there, everything is approved and answered at once, and no share of the vendor's hour is counted.
//!
//! Acronis tells of an alert when it was raised, and when it was cleared or last raised again; what happened between is
//! told by nobody, and so is not replayed.

use crate::alert::{Alert, AlertKind, AlertType, Severity};
use crate::alert_plan::Whose;
use crate::alert_reading::{AlertReading, changed_at};
use crate::alert_replay_look::Desk;
use crate::alert_settings::makes_ticket;
use crate::ids::{AlertId, CompanyId};
use crate::mapping::Mapping;
use crate::run::Connection;
use crate::ticket::{NewTicket, Picklists, TicketCompany};
use crate::ticket_change::TicketReason;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How often `alert-sync` looks, in nanoseconds: five minutes.
const BETWEEN_LOOKS: i128 = 300_000_000_000;
/// How many days before the switch-on are shown to choose from (T8).
pub const DAYS_TO_CHOOSE_FROM: [u32; 5] = [0, 1, 7, 14, 30];

/// By which rules alerts are replayed.
#[derive(Debug, Clone, Copy)]
pub struct ReplayTerms<'a> {
    /// The connection.
    pub connection: &'a Connection,
    /// The mapping, settings and alert types. Ticket sync counts as on, whether it is or not.
    pub mapping: &'a Mapping,
    /// The alert types as the vendor lists them.
    pub types: &'a BTreeMap<AlertKind, AlertType>,
    /// Autotask's picklists.
    pub picklists: &'a Picklists,
    /// Where the provider is: its days are those of contracts.
    pub zone: &'a TimeZone,
    /// Companies of which the reading knows nothing, by what else is known of them.
    pub others: &'a BTreeMap<CompanyId, TicketCompany>,
}

/// What became of the alerts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    /// How many alerts there were.
    pub alerts: usize,
    /// The tickets, in the order in which they were made.
    pub tickets: Vec<ReplayedTicket>,
    /// How many alerts have no ticket, by why.
    pub without: BTreeMap<Without, usize>,
    /// The same by type, with how many tickets there are.
    pub kinds: BTreeMap<AlertKind, OfKind>,
    /// How many looks something was to be looked at in.
    pub looks: usize,
}

/// What became of the alerts of a type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OfKind {
    /// How many there were.
    pub alerts: usize,
    /// How many of them are on a ticket.
    pub on_tickets: usize,
    /// How many tickets were made for them.
    pub tickets: usize,
}

/// A ticket that would have been made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayedTicket {
    /// By the look at this moment.
    pub made_at: Timestamp,
    /// What would have been sent, without its description and its device.
    pub ticket: NewTicket,
    /// The company's name.
    pub company_name: String,
    /// The type of its alerts.
    pub kind: AlertKind,
    /// The worst of those it was made for.
    pub severity: Severity,
    /// Its priority, and its queue or assignee, by their names.
    pub in_words: String,
    /// Whether it is a storm's shared ticket (T8).
    pub shared: bool,
    /// Why it was made.
    pub because: TicketReason,
    /// Its alerts, those too that came back later or were listed in notes.
    pub alerts: BTreeSet<AlertId>,
    /// When it was reopened (T3).
    pub reopened: Vec<Timestamp>,
    /// When it was closed (T4).
    pub closed: Vec<Timestamp>,
    /// How many notes were written besides.
    pub notes: usize,
}

impl ReplayedTicket {
    /// Since when it is closed; none where it is open in the end.
    pub fn closed_since(&self) -> Option<Timestamp> {
        self.closed.last().copied().filter(|closed| self.reopened.last().is_none_or(|reopened| reopened < closed))
    }
}

/// Why an alert has no ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Without {
    /// T1: the rule of its type, or what is usual, says so.
    Rule,
    /// T8: it was raised before alerts began to make tickets.
    Early,
    /// It was cleared again before anybody looked.
    Brief,
    /// T2: its customer is not mapped.
    Unmapped,
    /// T2: its customer is ignored, or it is no customer's.
    NotOurs,
    /// T2: Autotask takes no tickets for its company.
    Inactive,
    /// It is listed by the next look, which is not replayed any more.
    Waits,
}

impl Without {
    /// All of them, the most usual first.
    pub const ALL: [Self; 7] =
        [Self::Rule, Self::Early, Self::Brief, Self::Unmapped, Self::NotOurs, Self::Inactive, Self::Waits];
}

impl fmt::Display for Without {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Rule => "of types that make no tickets",
            Self::Early => "raised before the time that is replayed",
            Self::Brief => "cleared again before the next look",
            Self::Unmapped => "of customers that are not mapped",
            Self::NotOurs => "of ignored customers, or of none",
            Self::Inactive => "of companies that are not active in Autotask",
            Self::Waits => "raised just before the end: the next look lists them",
        })
    }
}

/// What ticket sync would make at once if it were switched on for alerts of so many days before, too (T8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtSwitchOn {
    /// How many days before.
    pub days: u32,
    /// How many of the alerts that are active were raised since.
    pub alerts: usize,
    /// How many tickets these make.
    pub tickets: usize,
}

/// The numbers of looks, counted from the first at `from`, and what each of them is shown.
type Shown<'a> = BTreeMap<i64, Vec<Sight<'a>>>;

/// An alert, as it is now or as it was when it was raised.
#[derive(Debug, Clone, Copy)]
struct Sight<'a> {
    alert: &'a Alert,
    as_raised: bool,
}

impl Sight<'_> {
    fn alert(self) -> Alert {
        match self.as_raised {
            true => Alert { updated_at: self.alert.raised_at, cleared_at: None, ..self.alert.clone() },
            false => self.alert.clone(),
        }
    }
}

/// The first look at or after a moment, counted from `from`; looks before it there are none.
fn look_after(from: Timestamp, at: Timestamp) -> i64 {
    let passed = (at.as_nanosecond() - from.as_nanosecond()).max(0);
    i64::try_from((passed + BETWEEN_LOOKS - 1) / BETWEEN_LOOKS).unwrap_or(i64::MAX)
}

/// What each look is shown. An alert that was raised and cleared between two looks is only ever seen cleared.
fn shown(reading: &AlertReading) -> Shown<'_> {
    let mut shown = Shown::new();
    for alert in &reading.alerts {
        let (raised, changed) = (alert.raised_at, changed_at(alert));
        let (first, last) = (look_after(reading.read.from, raised), look_after(reading.read.from, changed));
        shown.entry(last).or_default().push(Sight { alert, as_raised: false });
        if first < last {
            shown.entry(first).or_default().push(Sight { alert, as_raised: true });
        }
    }
    shown
}

/// Replays a reading.
pub fn replay(reading: &AlertReading, terms: &ReplayTerms<'_>) -> Replay {
    let (from, until) = (reading.read.from, reading.read.at);
    let days_before = terms.mapping.settings.tickets.days_before_switch_on;
    let since = days_before_that(from, days_before);
    let mut desk = Desk::new(reading, terms, since);
    let mut shown = shown(reading);
    let last = i64::try_from((until.as_nanosecond() - from.as_nanosecond()).max(0) / BETWEEN_LOOKS).unwrap_or(0);
    let mut looks = 0;
    let mut look = 0;
    while look <= last {
        let alerts: Vec<Alert> = shown.remove(&look).into_iter().flatten().map(Sight::alert).collect();
        let now = from + SignedDuration::from_mins(5 * look);
        let goes_on = desk.look(alerts, now);
        looks += 1;
        let next = shown.first_key_value().map_or(i64::MAX, |(next, _)| *next);
        look = if goes_on { look + 1 } else { next };
    }
    let seen = reading.alerts.iter().filter(|alert| look_after(from, alert.raised_at) <= last);
    counted(desk, seen, since, looks)
}

fn counted<'a>(desk: Desk<'_>, seen: impl Iterator<Item = &'a Alert>, since: Timestamp, looks: usize) -> Replay {
    let mut replay = Replay { looks, ..Replay::default() };
    for alert in seen {
        replay.alerts += 1;
        let of_kind = replay.kinds.entry(alert.kind.clone()).or_default();
        of_kind.alerts += 1;
        if desk.has_ticket(&alert.id) {
            of_kind.on_tickets += 1;
        } else {
            *replay.without.entry(why_not(&desk, alert, since)).or_default() += 1;
        }
    }
    replay.tickets = desk.into_tickets();
    for ticket in &replay.tickets {
        replay.kinds.entry(ticket.kind.clone()).or_default().tickets += 1;
    }
    replay
}

/// Why an alert has no ticket, asked in the order in which the plan asks.
fn why_not(desk: &Desk<'_>, alert: &Alert, since: Timestamp) -> Without {
    if !makes_ticket(&desk.mapping.alerts, alert) {
        return Without::Rule;
    }
    let company = match desk.whose(&alert.tenant) {
        Some(Whose::Company(company)) => company,
        Some(Whose::NotOurs) => return Without::NotOurs,
        Some(Whose::Unmapped { .. }) | None => return Without::Unmapped,
    };
    match () {
        () if !desk.takes_tickets(company) => Without::Inactive,
        () if alert.raised_at < since => Without::Early,
        () if alert.is_active() => Without::Waits,
        () => Without::Brief,
    }
}

fn days_before_that(moment: Timestamp, days: u32) -> Timestamp {
    moment.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
}

/// What ticket sync would make at once, had it been switched on when alerts were read (T8).
pub fn at_switch_on(reading: &AlertReading, terms: &ReplayTerms<'_>, days: u32) -> AtSwitchOn {
    let since = days_before_that(reading.read.at, days);
    let active: Vec<Alert> = reading.alerts.iter().filter(|alert| alert.is_active()).cloned().collect();
    let alerts = active.iter().filter(|alert| alert.raised_at >= since).count();
    let mut desk = Desk::new(reading, terms, since);
    // What does not fit into shared tickets at once is listed there by the next looks.
    let mut goes_on = desk.look(active, reading.read.at);
    while goes_on {
        goes_on = desk.look(Vec::new(), reading.read.at);
    }
    AtSwitchOn { days, alerts, tickets: desk.into_tickets().len() }
}
