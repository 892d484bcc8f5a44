//! The lines of a plan as a person asks for them: what state each is in, which are shown, in which order, and what they
//! are worth together. It reads the snapshot and the mapping, and changes neither.

use super::view::{Show, Sort, View};
use crate::console::fields::Posted;
use crate::console::listed::Listed;
use crate::console::pages::Failure;
use jiff::civil::Date;
use rust_decimal::Decimal;
use shared::contract::Contract;
use shared::decision::{Decided, Decision};
use shared::finding::Finding;
use shared::ids::{CompanyId, ContractId, ServiceId};
use shared::mapping::CustomerRow;
use shared::plan::plan_id;
use shared::snapshot::{ListedChange, ListedLine, ListedService, Snapshot};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console) enum State {
    /// The next run changes it.
    Changes,
    /// It waits for a person.
    Held,
    /// It changes later.
    Waiting,
    /// A person dismissed this period's change.
    Dismissed,
    /// A person said that it is left alone.
    Excluded,
    /// It is as usage wants it.
    Right,
    /// It is left alone, and a finding says why.
    LeftAlone,
}

impl State {
    pub(in crate::console) fn words(self) -> &'static str {
        match self {
            State::Changes => "changes with the next run",
            State::Held => "held",
            State::Waiting => "waiting",
            State::Dismissed => "dismissed",
            State::Excluded => "excluded",
            State::Right => "right",
            State::LeftAlone => "left alone; the findings say why",
        }
    }
}

/// A line, or a service that is to be created.
#[derive(Debug, Clone, Copy)]
pub(in crate::console) enum Of<'a> {
    Line(&'a ListedLine),
    NewService(&'a ListedService),
}

/// One row of the list.
#[derive(Debug, Clone, Copy)]
pub(in crate::console) struct Row<'a> {
    pub(in crate::console) of: Of<'a>,
    pub(in crate::console) state: State,
    pub(in crate::console) company_name: &'a str,
    pub(in crate::console) contract: Option<&'a Contract>,
    pub(in crate::console) service_name: &'a str,
    /// What holds of it today.
    pub(in crate::console) decision: Option<&'a Decision>,
    /// Whether the customer has the service on several lines, of which one may be pinned (C2).
    pub(in crate::console) one_of_several: bool,
}

/// Stands for exactly those of these changes that can be approved.
pub(super) fn print_of(rows: &[Row<'_>]) -> String {
    plan_id(rows.iter().filter_map(Row::approvable))
}

/// Refused where these are not the changes that were on the page of a form.
pub(super) fn are_as_shown(rows: &[Row<'_>], posted: &Posted) -> Result<(), Failure> {
    match posted.field("list")? == print_of(rows) {
        true => Ok(()),
        false => Err(Failure::Refused("the list is not what was shown any more")),
    }
}

impl<'a> Row<'a> {
    /// The id by which it is approved; none where there is nothing to approve.
    pub(in crate::console) fn approvable(&self) -> Option<&'a str> {
        match (self.state, self.of) {
            (State::Changes | State::Held, Of::Line(line)) => line.change.as_ref().map(|change| change.id.as_str()),
            (_, Of::NewService(service)) => Some(&service.id),
            _ => None,
        }
    }

    /// The change that is shown for it.
    pub(in crate::console) fn change(&self) -> Option<&'a ListedChange> {
        match self.of {
            Of::Line(line) if matches!(self.state, State::Changes | State::Held) => line.change.as_deref(),
            _ => None,
        }
    }

    pub(in crate::console) fn line(&self) -> Option<&'a ListedLine> {
        match self.of {
            Of::Line(line) => Some(line),
            Of::NewService(_) => None,
        }
    }

    /// By how many units it changes or would.
    pub(in crate::console) fn moved(&self) -> i64 {
        self.line().and_then(|line| Some(line.wanted? - line.units)).unwrap_or_default()
    }
}

/// What rows come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::console) struct Totals {
    pub(in crate::console) changes: usize,
    pub(in crate::console) held: usize,
    pub(in crate::console) up: Decimal,
    pub(in crate::console) down: Decimal,
    pub(in crate::console) invoice_lines: u32,
}

impl Totals {
    pub(in crate::console) fn of(rows: &[Row<'_>]) -> Self {
        let mut totals = Self::default();
        for row in rows {
            totals.changes += usize::from(row.state == State::Changes);
            totals.held += usize::from(row.state == State::Held);
            let Some(change) = row.change() else { continue };
            totals.invoice_lines += change.invoice_lines;
            match change.money {
                Some(money) if money > Decimal::ZERO => totals.up += money,
                Some(money) => totals.down += money,
                None => {}
            }
        }
        totals
    }
}

/// Names by id, so that each is looked up once.
struct Names<'a> {
    contracts: BTreeMap<ContractId, &'a Contract>,
    services: BTreeMap<ServiceId, &'a str>,
}

impl<'a> Names<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        Self {
            contracts: snapshot.contracts.iter().map(|contract| (contract.id, contract)).collect(),
            services: snapshot.services.iter().map(|service| (service.id, service.name.as_str())).collect(),
        }
    }
}

/// The companies that have lines, by name, each with its lines.
fn by_name(listed: &Listed) -> Vec<(&str, CompanyId, &[ListedLine])> {
    let known: BTreeMap<CompanyId, &str> =
        listed.snapshot.companies.iter().map(|company| (company.id, company.name.as_str())).collect();
    let mapped = |company| listed.mapping.customers.get(company).map(|row| row.company_name.as_str());
    // Who is not mapped any more is left alone (M6), whatever the last run saw.
    let is_mapped =
        |company: &CompanyId| listed.mapping.customers.get(company).is_some_and(|row| row.tenant().is_some());
    let named = listed.snapshot.lines.iter().filter(|(company, _)| is_mapped(company)).map(|(company, lines)| {
        let name = known.get(company).copied().or_else(|| mapped(company)).unwrap_or_default();
        (name, *company, lines.as_slice())
    });
    let mut named: Vec<_> = named.collect();
    named.sort_by_cached_key(|(name, company, _)| (name.to_lowercase(), *company));
    named
}

/// All rows that are asked for, in the order that is.
pub(in crate::console) fn of<'a>(listed: &'a Listed, view: &View, today: Date) -> Vec<Row<'a>> {
    let names = Names::of(&listed.snapshot);
    let search = view.search.to_lowercase();
    let mut rows = Vec::new();
    if view.customer.is_none() && view.contract.is_none() && view.service.is_none() {
        rows.extend(listed.snapshot.new_services.iter().map(new_service).filter(|row| {
            shows(view.show, row) && (search.is_empty() || row.service_name.to_lowercase().contains(&search))
        }));
    }
    for (name, company, lines) in by_name(listed) {
        if view.customer.is_some_and(|wanted| wanted != company) {
            continue;
        }
        let customer = listed.mapping.customers.get(&company);
        let customer_found = found_in(&search, name, company.0);
        for line in lines {
            let place = &line.place;
            let other = view.service.is_some_and(|wanted| wanted != place.service)
                || view.contract.is_some_and(|wanted| wanted != place.contract);
            if other {
                continue;
            }
            let row = row_of(line, lines, name, customer, &names, today);
            let found = || {
                let contract = row.contract.map_or("", |contract| contract.name.as_str());
                found_in(&search, contract, place.contract.0) || found_in(&search, row.service_name, place.service.0)
            };
            if shows(view.show, &row) && (customer_found || found()) {
                rows.push(row);
            }
        }
    }
    match view.sort {
        Sort::Customer => {}
        Sort::Money => rows.sort_by_key(|row| Reverse(row.change().and_then(|change| Some(change.money?.abs())))),
        Sort::Units => rows.sort_by_key(|row| Reverse(row.moved().unsigned_abs())),
    }
    rows
}

fn found_in(search: &str, name: &str, number: i64) -> bool {
    search.is_empty() || name.to_lowercase().contains(search) || number.to_string() == search
}

fn shows(show: Show, row: &Row<'_>) -> bool {
    let by_state = match row.state {
        State::Changes => matches!(show, Show::Open | Show::Changes),
        State::Held => matches!(show, Show::Open | Show::Held),
        State::Waiting => show == Show::Waiting,
        State::Dismissed => matches!(show, Show::Waiting | Show::Excluded),
        State::Excluded => show == Show::Excluded,
        State::Right => show == Show::Right,
        State::LeftAlone => false,
    };
    show == Show::All || by_state || (show == Show::Excluded && row.decision.is_some())
}

fn new_service(service: &ListedService) -> Row<'_> {
    Row {
        of: Of::NewService(service),
        state: if service.held.is_empty() { State::Changes } else { State::Held },
        company_name: "",
        contract: None,
        service_name: &service.service.name,
        decision: None,
        one_of_several: false,
    }
}

fn row_of<'a>(
    line: &'a ListedLine,
    lines: &'a [ListedLine],
    company_name: &'a str,
    customer: Option<&'a CustomerRow>,
    names: &Names<'a>,
    today: Date,
) -> Row<'a> {
    let service = line.place.service;
    let decision = customer.and_then(|row| row.decision_on(service, today));
    Row {
        of: Of::Line(line),
        state: state_of(line, decision),
        company_name,
        contract: names.contracts.get(&line.place.contract).copied(),
        service_name: names.services.get(&service).copied().unwrap_or_default(),
        decision,
        one_of_several: lines.iter().filter(|other| other.place.service == service).count() > 1,
    }
}

/// What was decided counts as soon as it is: the next run heeds it.
fn state_of(line: &ListedLine, decision: Option<&Decision>) -> State {
    match decision.map(|decision| decision.what) {
        Some(Decided::Exclude) => return State::Excluded,
        Some(Decided::Dismiss { .. }) => return State::Dismissed,
        Some(Decided::Adjust { .. }) | None => {}
    }
    match (&line.change, &line.until, line.wanted) {
        (Some(change), ..) if change.held.is_empty() => State::Changes,
        (Some(_), ..) => State::Held,
        (None, Some(_), _) => State::Waiting,
        (None, None, Some(wanted)) if wanted == line.units => State::Right,
        _ => State::LeftAlone,
    }
}

/// The findings of those who are asked for.
pub(in crate::console) fn findings<'a>(snapshot: &'a Snapshot, view: &View) -> Vec<&'a Finding> {
    let search = view.search.to_lowercase();
    let of_customer = |finding: &&Finding| view.customer.is_none_or(|wanted| finding.company == Some(wanted));
    let found = |finding: &&Finding| search.is_empty() || finding.fact().to_lowercase().contains(&search);
    let all = snapshot.findings.iter().filter(of_customer);
    if view.contract.is_some() || view.service.is_some() { Vec::new() } else { all.filter(found).collect() }
}
