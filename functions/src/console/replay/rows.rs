//! What a replay came to, as people see it and as a file for a spreadsheet.

use super::FIELDS;
use super::replayed::{Replayed, Replays};
use crate::console::connections::the_named;
use crate::console::drafts;
use crate::console::fields::Asked;
use crate::console::gates::Viewer;
use crate::console::listed::Listed;
use crate::console::pages::Failure;
use crate::console::plan::file as csv_file;
use crate::console::query::Query;
use crate::console::words::{Shown, at};
use axum::response::Response;
use jiff::tz::TimeZone;
use shared::alert::AlertKind;
use shared::alert_replay::{ReplayedTicket, Without};
use shared::alert_text::TypeNames;
use shared::ids::ContractId;
use shared::ticket::PickField;
use shared::words::count;
use std::collections::{BTreeMap, BTreeSet};

const COLUMNS: [&str; 18] = [
    "ticket",
    "made",
    "company",
    "customer",
    "title",
    "type",
    "severity",
    "priority",
    "status",
    "queue",
    "due",
    "contract",
    "contract name",
    "alerts",
    "shared",
    "reopened",
    "closed",
    "external id",
];

/// Why alerts have no ticket, and how many under each set of rules.
pub(super) struct WhyRow {
    pub(super) why: String,
    pub(super) now: usize,
    pub(super) in_force: Option<usize>,
}

/// What became of a type of alert.
pub(super) struct KindRow {
    pub(super) name: Shown,
    /// The way to its tickets alone.
    pub(super) link: String,
    pub(super) alerts: usize,
    pub(super) tickets: usize,
    pub(super) in_force: Option<usize>,
}

/// A ticket.
pub(super) struct TicketRow {
    pub(super) number: usize,
    pub(super) made: Shown,
    pub(super) customer: Shown,
    pub(super) title: Shown,
    pub(super) severity: String,
    pub(super) fields: Shown,
    pub(super) due: Shown,
    pub(super) contract: Option<Shown>,
    pub(super) alerts: String,
    pub(super) shared: bool,
    pub(super) end: Shown,
}

/// Names of what tickets are given by number, and where the clocks there are.
pub(super) struct Names<'a> {
    listed: &'a Listed,
    contracts: BTreeMap<ContractId, &'a str>,
    pub(super) zone: TimeZone,
}

impl<'a> Names<'a> {
    pub(super) fn of(listed: &'a Listed, replays: &'a Replays) -> Self {
        let read = replays.reading.companies.values().flatten().flat_map(|company| &company.contracts);
        Self {
            contracts: read.map(|one| (one.contract.id, one.contract.name.as_str())).collect(),
            zone: TimeZone::get(&listed.mapping.settings.time_zone).unwrap_or(TimeZone::UTC),
            listed,
        }
    }

    fn kind(&self, kind: &AlertKind) -> String {
        TypeNames(&self.listed.snapshot.alert_types).label(kind)
    }

    fn picked(&self, field: PickField, value: i64) -> String {
        self.listed.snapshot.picklists.label(field, value)
    }

    fn contract(&self, contract: ContractId) -> &'a str {
        self.contracts.get(&contract).copied().unwrap_or_default()
    }
}

/// Why alerts have no ticket, as far as there are any.
pub(super) fn whys(now: &Replayed, in_force: Option<&Replayed>) -> Vec<WhyRow> {
    let of = |replayed: &Replayed, why| replayed.replay.without.get(&why).copied().unwrap_or_default();
    let rows = Without::ALL.into_iter().map(|why| WhyRow {
        why: why.to_string(),
        now: of(now, why),
        in_force: in_force.map(|replayed| of(replayed, why)),
    });
    rows.filter(|row| row.now > 0 || row.in_force.is_some_and(|number| number > 0)).collect()
}

/// What became of each type of alert: where most alerts are first.
pub(super) fn kinds(now: &Replayed, in_force: Option<&Replayed>, names: &Names<'_>, query: &Query) -> Vec<KindRow> {
    let row = |(kind, of): (&AlertKind, &shared::alert_replay::OfKind)| KindRow {
        name: Shown::of(names.kind(kind)),
        link: format!("/tickets/replay?{}#tickets", query.with(&[("kind", kind.as_str()), ("page", "")]).text()),
        alerts: of.alerts,
        tickets: of.tickets,
        in_force: in_force.map(|replayed| replayed.replay.kinds.get(kind).map_or(0, |of| of.tickets)),
    };
    let mut rows: Vec<KindRow> = now.replay.kinds.iter().map(row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.alerts));
    rows
}

/// The tickets that are asked for, each with its number, the latest first.
pub(super) fn asked_for<'a>(replayed: &'a Replayed, query: &Query) -> Vec<(usize, &'a ReplayedTicket)> {
    let (searched, kind) = (query.get("search").to_lowercase(), query.get("kind"));
    let is_asked_for = |ticket: &ReplayedTicket| {
        let texts = [&ticket.ticket.title, &ticket.company_name, &ticket.in_words, &ticket.ticket.external_id];
        let found = searched.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&searched));
        found && (kind.is_empty() || ticket.kind.as_str() == kind)
    };
    let numbered = replayed.replay.tickets.iter().enumerate().map(|(place, ticket)| (place + 1, ticket));
    let mut tickets: Vec<_> = numbered.filter(|(_, ticket)| is_asked_for(ticket)).collect();
    tickets.reverse();
    tickets
}

pub(super) fn row((number, ticket): (usize, &ReplayedTicket), names: &Names<'_>) -> TicketRow {
    let sent = &ticket.ticket;
    let status = names.picked(PickField::Status, sent.status);
    let reopened = match ticket.reopened.len() {
        0 => String::new(),
        times => format!("; reopened {}", count(times, "time")),
    };
    let end = match ticket.closed_since() {
        Some(closed) => format!("closed {}{reopened}", at(closed, &names.zone)),
        None => format!("open{reopened}"),
    };
    TicketRow {
        number,
        made: at(ticket.made_at, &names.zone),
        customer: Shown::of(&ticket.company_name),
        title: Shown::of(&sent.title),
        severity: ticket.severity.to_string(),
        fields: Shown::of(format!("{}, {status}", ticket.in_words)),
        due: at(sent.due_at, &names.zone),
        contract: sent.contract.map(|contract| Shown::of(format!("{contract} {}", names.contract(contract)))),
        alerts: count(ticket.alerts.len(), "alert"),
        shared: ticket.shared,
        end: Shown::of(end),
    }
}

/// The tickets that are asked for, as a file.
pub(in crate::console) async fn file(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let store = &who.console.store;
    let connection = the_named(store, asked.field("connection").unwrap_or_default()).await?;
    let (listed, draft) =
        (who.console.listed.of(store, &connection.id).await?, drafts::of(&who, &connection.id).await?.draft);
    let replays = who.console.replays.of(store, (&connection, &listed, &draft)).await?.ok_or(Failure::NoSuchPage)?;
    let query = Query::asked(&FIELDS, &asked);
    let (names, now) = (Names::of(&listed, &replays), super::chosen(&replays, query.get("rules")).0);
    let cells = asked_for(now, &query).into_iter().map(|ticket| cells_of(ticket, &names));
    csv_file("replay", &COLUMNS, cells.collect::<Vec<_>>().into_iter())
}

fn cells_of((number, ticket): (usize, &ReplayedTicket), names: &Names<'_>) -> Vec<String> {
    let sent = &ticket.ticket;
    let moment = |moment| at(moment, &names.zone).to_string();
    let moments = |all: &[jiff::Timestamp]| all.iter().map(|one| moment(*one)).collect::<Vec<_>>().join("; ");
    let alerts: BTreeSet<&str> = ticket.alerts.iter().map(|alert| alert.as_str()).collect();
    vec![
        number.to_string(),
        moment(ticket.made_at),
        sent.company.to_string(),
        ticket.company_name.clone(),
        sent.title.clone(),
        ticket.kind.to_string(),
        ticket.severity.to_string(),
        names.picked(PickField::Priority, sent.priority),
        names.picked(PickField::Status, sent.status),
        sent.queue.map(|queue| names.picked(PickField::Queue, queue)).unwrap_or_default(),
        moment(sent.due_at),
        sent.contract.map(|contract| contract.to_string()).unwrap_or_default(),
        sent.contract.map(|contract| names.contract(contract).to_owned()).unwrap_or_default(),
        alerts.into_iter().collect::<Vec<_>>().join("; "),
        if ticket.shared { "yes" } else { "no" }.to_owned(),
        moments(&ticket.reopened),
        moments(&ticket.closed),
        sent.external_id.clone(),
    ]
}
