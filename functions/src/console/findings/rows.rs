//! The findings as a person asks for them: which are shown, in which order, and where one goes to do something about
//! each. It changes nothing.

use super::step::{Step, step};
use crate::console::listed::Listed;
use crate::console::query::Query;
use crate::console::words::{Shown, money_a_period};
use shared::fingerprint;
use shared::open_finding::{FindingMark, OpenFinding, kind_in_words};
use shared::person::PersonId;
use std::collections::BTreeSet;

/// Which findings are shown.
pub(super) const SHOWS: [(&str, &str); 5] = [
    ("", "To be done"),
    ("mine", "Assigned to me"),
    ("unassigned", "Assigned to nobody"),
    ("ignored", "Ignored"),
    ("all", "Everything"),
];
/// In which order.
pub(super) const SORTS: [(&str, &str); 2] = [("", "Cost"), ("age", "Age")];

/// A finding as the page has it.
pub(super) struct FindingRow {
    pub(super) id: String,
    /// Stands for what was said of it when the page was made.
    pub(super) said: String,
    pub(super) customer: Shown,
    pub(super) company: String,
    pub(super) what: Shown,
    pub(super) advice: Shown,
    pub(super) cost: Option<String>,
    pub(super) since: String,
    pub(super) assigned: Option<Shown>,
    pub(super) ignored: Option<Shown>,
    /// Whether it was ignored and came back.
    pub(super) is_back: bool,
    pub(super) step: Step,
}

/// Stands for what people said of a finding.
pub(super) fn print_of(mark: &FindingMark) -> String {
    fingerprint::of(&[format!("{mark:?}")])
}

/// Those that are asked for, in the order that is: by cost they come already.
pub(super) fn of<'a>(all: &'a [OpenFinding], query: &Query, me: &PersonId) -> Vec<&'a OpenFinding> {
    let (search, show) = (query.get("search").to_lowercase(), query.get("show"));
    let (customer, kind) = (query.get("customer"), query.get("kind"));
    let is_shown = |one: &&OpenFinding| {
        let assigned = one.mark.assigned.as_ref();
        match show {
            "mine" => !one.ignored && assigned.is_some_and(|assigned| assigned.person == *me),
            "unassigned" => !one.ignored && assigned.is_none(),
            "ignored" => one.ignored,
            "all" => true,
            _ => !one.ignored,
        }
    };
    let of_customer = |one: &&OpenFinding| {
        customer.is_empty() || one.finding.company.is_some_and(|company| company.to_string() == customer)
    };
    let of_kind = |one: &&OpenFinding| kind.is_empty() || one.finding.what.kind() == kind;
    let costs = |one: &&OpenFinding| query.get("cost").is_empty() || one.cost.is_some();
    let found = |one: &&OpenFinding| search.is_empty() || one.finding.to_string().to_lowercase().contains(&search);
    let mut rows: Vec<&OpenFinding> =
        all.iter().filter(is_shown).filter(of_customer).filter(of_kind).filter(costs).filter(found).collect();
    if query.get("sort") == "age" {
        rows.sort_by_key(|one| one.since);
    }
    rows
}

/// The kinds there are, each with its name.
pub(super) fn kinds(all: &[OpenFinding]) -> Vec<(&'static str, String)> {
    let kinds: BTreeSet<&'static str> = all.iter().map(|one| one.finding.what.kind()).collect();
    kinds.into_iter().map(|kind| (kind, kind_in_words(kind))).collect()
}

pub(super) fn row(one: &OpenFinding, listed: &Listed) -> FindingRow {
    let finding = &one.finding;
    FindingRow {
        id: one.id.clone(),
        said: print_of(&one.mark),
        customer: Shown::of(if finding.company.is_some() { &finding.company_name } else { "All customers" }),
        company: finding.company.map(|company| company.to_string()).unwrap_or_default(),
        what: Shown::of(&finding.what),
        advice: Shown::of(finding.what.advice()),
        cost: one.cost.map(|(money, period)| money_a_period(money, period)),
        since: one.since.to_string(),
        assigned: one.mark.assigned.as_ref().map(|assigned| Shown::of(&assigned.name)),
        ignored: one
            .mark
            .ignored
            .as_ref()
            .map(|ignored| Shown::of(format!("until {}, said by {}: {}", ignored.until, ignored.by, ignored.reason))),
        is_back: one.mark.ignored.is_some() && !one.ignored,
        step: step(finding, listed),
    }
}
