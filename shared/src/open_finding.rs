//! Findings as work: what all jobs found as one list, each with what it costs and what people said of it. Pure: who
//! shows it gives what is kept.

use crate::contract::{PeriodType, Service};
use crate::finding::Finding;
use crate::held::Kept;
use crate::person::PersonId;
use crate::unbilled::Prices;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The longest reason for which a finding is ignored, in characters.
pub const LONGEST_REASON: usize = 200;

/// What people said of a finding, by its id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingMark {
    /// Who looks after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned: Option<Assigned>,
    /// Why it is not shown for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignored: Option<Ignored>,
}

/// Who looks after a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// Who.
    pub person: PersonId,
    /// His name, for people.
    pub name: String,
}

/// A finding that is not shown for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ignored {
    /// The day on which it comes back.
    pub until: Date,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub by: String,
    /// How much the finding was about then: more is another finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

impl Ignored {
    /// Whether it still holds of a finding: not from its day on, nor where the finding is about more than it was.
    pub fn holds(&self, finding: &Finding, today: Date) -> bool {
        today < self.until && finding.size() <= self.size
    }
}

impl FindingMark {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a finding costs for one period at list prices.
pub type Cost = (Decimal, PeriodType);

/// A finding in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFinding {
    /// Its id, the same from run to run.
    pub id: String,
    /// The finding.
    pub finding: Finding,
    /// Since when it is there.
    pub since: Date,
    /// What it costs, where that is known.
    pub cost: Option<Cost>,
    /// What people said of it.
    pub mark: FindingMark,
    /// Whether it is ignored now.
    pub ignored: bool,
}

impl OpenFinding {
    /// What it costs in a month, for comparison.
    pub fn a_month(&self) -> Option<Decimal> {
        self.cost.map(|(money, period)| money / Decimal::from(period.months()))
    }
}

/// The columns of the list as a file.
pub const COLUMNS: [&str; 13] = [
    "company",
    "customer",
    "kind",
    "finding",
    "what to do",
    "cost",
    "period",
    "cost a month",
    "since",
    "assigned to",
    "ignored until",
    "why ignored",
    "id",
];

/// What a kind of finding is called: "Not on contract".
pub fn kind_in_words(kind: &str) -> String {
    let words = kind.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

impl OpenFinding {
    /// It as a row of the list as a file, by `COLUMNS`.
    pub fn cells(&self) -> Vec<String> {
        let (finding, ignored) = (&self.finding, self.mark.ignored.as_ref().filter(|_| self.ignored));
        let told = |value: Option<String>| value.unwrap_or_default();
        vec![
            told(finding.company.map(|company| company.to_string())),
            finding.company_name.clone(),
            kind_in_words(finding.what.kind()),
            finding.what.to_string(),
            finding.what.advice(),
            told(self.cost.map(|(money, _)| format!("{money:.2}"))),
            told(self.cost.map(|(_, period)| period.to_string())),
            told(self.a_month().map(|money| format!("{money:.2}"))),
            self.since.to_string(),
            told(self.mark.assigned.as_ref().map(|assigned| assigned.name.clone())),
            told(ignored.map(|ignored| ignored.until.to_string())),
            told(ignored.map(|ignored| ignored.reason.clone())),
            self.id.clone(),
        ]
    }
}

/// All that is kept of findings as one list: the most expensive first, then by name. What two jobs found is there once,
/// since the day on which the first did.
pub fn open_findings<'a>(
    kept: impl IntoIterator<Item = &'a Kept>,
    marks: &BTreeMap<String, FindingMark>,
    services: &[Service],
    today: Date,
) -> Vec<OpenFinding> {
    let prices = Prices::of(services);
    let mut by_id: BTreeMap<String, OpenFinding> = BTreeMap::new();
    for one in kept.into_iter().flat_map(|kept| &kept.findings) {
        let id = one.finding.id();
        let known = by_id.entry(id.clone()).or_insert_with(|| {
            let mark = marks.get(&id).cloned().unwrap_or_default();
            let ignored = mark.ignored.as_ref().is_some_and(|ignored| ignored.holds(&one.finding, today));
            let cost = prices.cost(&one.finding);
            OpenFinding { id, finding: one.finding.clone(), since: one.since, cost, mark, ignored }
        });
        known.since = known.since.min(one.since);
    }
    let mut all: Vec<OpenFinding> = by_id.into_values().collect();
    all.sort_by_cached_key(|one| (Reverse(one.a_month()), one.finding.company.is_some(), one.finding.fact()));
    all
}
