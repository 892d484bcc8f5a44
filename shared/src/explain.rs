//! Why a line holds the units it holds on a day: each change that led there, ours with its usage and
//! arithmetic, those of others as such. Tells a story from records and rows; reads nothing.

use crate::contract::{UnitsRow, row_on};
use crate::days::{Course, Found};
use crate::ids::CompanyId;
use crate::line::{Intent, LinePlace};
use crate::reckoning::{Figure, amount};
use crate::run::ChangeRecord;
use crate::words::count;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// The story of one line up to a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Which line.
    pub place: LinePlace,
    /// The service's name, for people.
    pub service_name: String,
    /// The day.
    pub day: Date,
    /// The units in force on it; none where no row covers it.
    pub units: Option<i64>,
    /// What happened, oldest first.
    pub chapters: Vec<Chapter>,
}

/// One thing that happened to a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Chapter {
    /// We changed it.
    Us(Box<ChangeRecord>),
    /// Somebody else did, between our changes.
    Others {
        /// The units we had left, or found at first.
        from: i64,
        /// The units that were there instead.
        to: i64,
        /// The day on which they were in force when we next looked.
        seen_for: Date,
    },
    /// What was there before our first change.
    Before {
        /// The units found.
        units: i64,
    },
}

/// Explains each line of a service by its changes, in any order, and the rows of its lines.
pub fn explain(
    company: CompanyId,
    service_name: &str,
    changes: &[ChangeRecord],
    rows: &[UnitsRow],
    day: Date,
) -> Vec<Explanation> {
    let all = by_line(company, changes, rows).into_iter();
    all.map(|(place, changes)| {
        let of_line: Vec<&UnitsRow> = rows.iter().filter(|row| Some(row.line) == place.line).collect();
        let units = row_on(of_line.iter().copied(), day).map(|row| row.units);
        let (mut chapters, course) = told(&changes, day);
        if let (Some(left), Some(units)) = (course.expected_on(day), units)
            && left != units
        {
            chapters.push(Chapter::Others { from: left, to: units, seen_for: day });
        }
        Explanation { place, service_name: service_name.to_owned(), day, units, chapters }
    })
    .collect()
}

/// Each line that there is a change or a row of, with its changes.
pub(crate) fn by_line<'a>(
    company: CompanyId,
    changes: &'a [ChangeRecord],
    rows: &[UnitsRow],
) -> BTreeMap<LinePlace, Vec<&'a ChangeRecord>> {
    let mut by_place: BTreeMap<LinePlace, Vec<&ChangeRecord>> = BTreeMap::new();
    for change in changes {
        by_place.entry(line_of(&change.place, rows)).or_default().push(change);
    }
    for row in rows {
        if !by_place.keys().any(|place| place.line == Some(row.line)) {
            let place = LinePlace { company, contract: row.contract, service: row.service, line: Some(row.line) };
            by_place.insert(place, Vec::new());
        }
    }
    by_place
}

/// A change that made the vendor create the line belongs to that line.
fn line_of(place: &LinePlace, rows: &[UnitsRow]) -> LinePlace {
    let created = || rows.iter().find(|row| row.contract == place.contract && row.service == place.service);
    let line = place.line.or_else(|| created().map(|row| row.line));
    LinePlace { line, ..place.clone() }
}

/// What a line's changes that were sent up to `day` tell, oldest first, and its units from day to day.
pub(crate) fn told(changes: &[&ChangeRecord], day: Date) -> (Vec<Chapter>, Course) {
    let mut changes: Vec<&ChangeRecord> =
        changes.iter().copied().filter(|change| change.intent.sent_on <= day).collect();
    changes.sort_by_key(|change| (change.intent.sent_at, change.intent.id.clone()));
    let (mut told, mut course) = (Vec::new(), Course::default());
    for change in changes {
        let Intent { before, effective, .. } = change.intent;
        match course.expected_on(effective) {
            None => told.push(Chapter::Before { units: before }),
            Some(left) if left != before => {
                told.push(Chapter::Others { from: left, to: before, seen_for: effective });
                course.others(Found { on: effective, units: before });
            }
            Some(_) => {}
        }
        told.push(Chapter::Us(Box::new(change.clone())));
        course.ours(&change.intent);
    }
    (told, course)
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = &self.place;
        let line = place.line.map_or_else(|| "no line yet".to_owned(), |line| format!("line {line}"));
        let units =
            self.units.map_or_else(|| "no units".to_owned(), |units| count(units.unsigned_abs() as usize, "unit"));
        writeln!(f, "{} on contract {} ({line}): {units} on {}", self.service_name, place.contract, self.day)?;
        if self.chapters.is_empty() {
            writeln!(f, "  never written by us: the units are somebody else's")?;
        }
        self.chapters.iter().try_for_each(|chapter| write!(f, "{chapter}"))
    }
}

impl fmt::Display for Chapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Chapter::Before { units } => {
                writeln!(f, "  {} found before our first change", count(units.unsigned_abs() as usize, "unit"))
            }
            Chapter::Others { from, to, seen_for } => {
                writeln!(f, "  {from} → {to}  changed by somebody else, seen for {seen_for}")
            }
            Chapter::Us(change) => ours(f, change),
        }
    }
}

fn ours(f: &mut fmt::Formatter<'_>, change: &ChangeRecord) -> fmt::Result {
    let intent = &change.intent;
    let approved = intent.approved_by.as_ref().map(|by| format!(", approved by {by}")).unwrap_or_default();
    writeln!(f, "  {} → {}  from {}", intent.before, intent.wanted, intent.effective)?;
    writeln!(f, "      sent {:.0} by run {}{approved}", intent.sent_at, intent.run)?;
    let reckoning = &intent.reckoning;
    writeln!(f, "      usage of tenant {} for {}:", reckoning.tenant, reckoning.used_on)?;
    for item in &reckoning.items {
        let figure = match item.figure {
            Figure::AbsoluteValue => "absolute_value",
            Figure::Value => "value",
            Figure::GreatestValue => "greatest value of the period",
            Figure::NotUsed => "off or not the tenant's",
        };
        writeln!(f, "        {:>12}  {} ({}; {figure})", amount(item.amount, reckoning.unit), item.label, item.key)?;
    }
    writeln!(f, "      {}", reckoning.arithmetic())
}
