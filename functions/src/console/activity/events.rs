//! Whatever happened as one kind of thing: when, what, from what to what, why, by whom; and whether it is what a person
//! asked for.

use super::asked::Wanted;
use crate::console::listed::Listed;
use jiff::Timestamp;
use shared::deed::{Became, Deed};
use shared::ids::{CompanyId, ContractId, ServiceId};
use shared::person::{AuditRecord, Person};
use shared::run::{Approval, Outcome, RunRecord};
use shared::words::count;
use std::collections::{BTreeMap, BTreeSet};

/// How many ids of an approval are told.
const IDS_TOLD: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Run,
    Change,
    Approval,
    Person,
    Findings,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Run | Kind::Findings => "run",
            Kind::Change => "change",
            Kind::Approval => "approval",
            Kind::Person => "person",
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) at: Timestamp,
    pub(super) kind: Kind,
    companies: BTreeSet<CompanyId>,
    customer: String,
    contract: Option<ContractId>,
    pub(super) what: String,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) why: String,
    pub(super) state: String,
    pub(super) findings: Vec<String>,
    pub(super) by: String,
    pub(super) run: Option<String>,
}

/// Names by number, and the people there are.
pub(super) struct Names<'a> {
    companies: BTreeMap<CompanyId, &'a str>,
    services: BTreeMap<ServiceId, &'a str>,
    people: &'a [Person],
}

impl<'a> Names<'a> {
    pub(super) fn of(listed: &'a Listed, people: &'a [Person]) -> Self {
        let mapped = listed.mapping.customers.values().map(|row| (row.company, row.company_name.as_str()));
        let mut companies: BTreeMap<CompanyId, &str> = mapped.collect();
        companies.extend(listed.snapshot.companies.iter().map(|company| (company.id, company.name.as_str())));
        let services = listed.snapshot.services.iter().map(|service| (service.id, service.name.as_str())).collect();
        Self { companies, services, people }
    }

    /// The companies whose name holds this text.
    pub(super) fn called(&self, text: &str) -> BTreeSet<CompanyId> {
        let text = text.to_lowercase();
        self.companies.iter().filter(|(_, name)| name.to_lowercase().contains(&text)).map(|(id, _)| *id).collect()
    }

    fn customer(&self, company: CompanyId) -> String {
        let name = self.companies.get(&company).copied().unwrap_or_default();
        format!("{name} (company {company})").trim_start().to_owned()
    }

    /// Whether somebody whom this text names did it: a person is known by his id, whatever he was called then.
    fn is_by(&self, text: &str, by: &str) -> bool {
        let signed = |person: &Person| format!("{}, {}", person.name, person.id);
        let is_his = |person: &Person| by.ends_with(&person.id.to_string());
        by.to_lowercase().contains(text)
            || self.people.iter().any(|person| is_his(person) && signed(person).to_lowercase().contains(text))
    }
}

impl Event {
    fn at(at: Timestamp, kind: Kind) -> Self {
        let (companies, contract, run, findings) = Default::default();
        let [customer, what, before, after, why, state, by] = Default::default();
        Self { at, kind, companies, customer, contract, what, before, after, why, state, findings, by, run }
    }

    /// A change at a vendor.
    pub(super) fn of_deed(deed: Deed, names: &Names<'_>) -> Self {
        let service =
            deed.service.map(|id| names.services.get(&id).map_or(format!("service {id}"), |name| (*name).to_owned()));
        let contract = deed.contract.map(|contract| format!(", contract {contract}")).unwrap_or_default();
        let (before, after) = match deed.moved.split_once(" → ") {
            Some((before, after)) => (before.to_owned(), after.to_owned()),
            None => (String::new(), deed.moved),
        };
        Self {
            companies: deed.company.into_iter().collect(),
            customer: deed.company.map(|company| names.customer(company)).unwrap_or_default(),
            contract: deed.contract,
            what: format!("{}{contract}", service.map_or(deed.what, |service| format!("units of {service}"))),
            before,
            after,
            why: deed.why,
            state: match deed.became {
                Became::Made => String::new(),
                Became::Refused(text) => format!("refused: {text}"),
                Became::Begun => "begun; that run left no word of what became of it".to_owned(),
            },
            by: deed.approved_by.unwrap_or_default(),
            run: Some(deed.run),
            ..Self::at(deed.at, Kind::Change)
        }
    }

    /// A run that says something; none of one that only looked, or did not come to look.
    pub(super) fn of_run(run: RunRecord, kind: Kind) -> Option<Self> {
        if run.is_idle_look() || run.outcome == Outcome::Skipped {
            return None;
        }
        let counts = run.counts;
        let numbers = [
            (counts.changes, "planned"),
            (counts.made, "made"),
            (counts.held, "held"),
            (counts.refused, "refused"),
            (counts.open, "without an answer"),
        ];
        let told = numbers.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}"));
        let told: Vec<String> = told.collect();
        let changes = if told.is_empty() { "nothing to change".to_owned() } else { told.join(", ") };
        let whom = if run.everybody { "" } else { ", for some" };
        Some(Self {
            what: format!("{}{whom} ({})", run.job, run.mode),
            after: run.outcome.to_string(),
            why: format!("{changes}; {}", count(counts.findings, "finding")),
            findings: run.findings,
            run: Some(run.id),
            ..Self::at(run.started, kind)
        })
    }

    pub(super) fn of_approval(approval: Approval, names: &Names<'_>) -> Self {
        let told: Vec<&str> = approval.ids.iter().take(IDS_TOLD).map(String::as_str).collect();
        let more = approval.ids.len() - told.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let customer = match approval.companies.len() {
            0 => String::new(),
            1 => names.customer(*approval.companies.first().expect("there is one")),
            number => count(number, "customer"),
        };
        Self {
            customer,
            what: format!("{} approved", count(approval.ids.len(), "id")),
            after: format!("{}{more}", told.join(", ")),
            companies: approval.companies,
            by: approval.by,
            ..Self::at(approval.at, Kind::Approval)
        }
    }

    /// What a person changed. That he approved something is told by the approval itself.
    pub(super) fn of_record(record: AuditRecord, names: &Names<'_>) -> Option<Self> {
        if record.before == "not approved" && record.after.starts_with("approved: ") {
            return None;
        }
        let name = names.people.iter().find(|person| person.id == record.by).map(|person| person.name.as_str());
        let by = name.map_or_else(|| record.by.to_string(), |name| format!("{name}, {}", record.by));
        Some(Self {
            companies: record.company().into_iter().collect(),
            customer: record.company().map(|company| names.customer(company)).unwrap_or_default(),
            what: record.what,
            before: record.before,
            after: record.after,
            by,
            ..Self::at(record.at, Kind::Person)
        })
    }

    /// Whom and what it is about.
    pub(super) fn about(&self) -> String {
        if self.customer.is_empty() { self.what.clone() } else { format!("{}: {}", self.customer, self.what) }
    }

    pub(super) fn customer(&self) -> &str {
        &self.customer
    }

    /// "before → after"
    pub(super) fn moved(&self) -> String {
        match (self.before.as_str(), self.kind) {
            ("", kind) if kind != Kind::Person => self.after.clone(),
            (before, _) => format!("{} → {}", said(before), said(&self.after)),
        }
    }

    /// Leaves of a run's findings those that are asked for; whether anything of the event is asked for.
    pub(super) fn is_wanted(&mut self, wanted: &Wanted, names: &Names<'_>) -> bool {
        let of_run = matches!(self.kind, Kind::Run | Kind::Findings);
        if let (Some(customers), true) = (&wanted.customers, of_run) {
            let named: Vec<String> = customers.iter().map(|id| format!("(company {id})")).collect();
            self.findings.retain(|finding| named.iter().any(|name| finding.contains(name)));
        }
        if let (Some(contract), true) = (wanted.contract, of_run) {
            self.findings.retain(|finding| names_contract(finding, contract));
        }
        let narrowed = wanted.customers.is_some() || wanted.contract.is_some();
        if of_run && (narrowed || self.kind == Kind::Findings) && self.findings.is_empty() {
            return false;
        }
        let is_theirs = wanted.customers.as_ref().is_none_or(|all| of_run || !all.is_disjoint(&self.companies));
        let is_on = wanted
            .contract
            .is_none_or(|contract| of_run || self.contract == Some(contract) || names_contract(&self.what, contract));
        is_theirs && is_on && (wanted.person.is_empty() || names.is_by(&wanted.person, &self.by))
    }
}

fn names_contract(text: &str, contract: ContractId) -> bool {
    let named = format!("contract {contract}");
    text.match_indices(&named).any(|(at, found)| !text[at + found.len()..].starts_with(|c: char| c.is_ascii_digit()))
}

fn said(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}
