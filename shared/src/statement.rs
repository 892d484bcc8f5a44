//! What one customer's lines held in one month, day by day, and why: for a page that somebody shows to the customer. It
//! tells what was recorded and read; Autotask prorates and invoices.

use crate::contract::{Contract, Period, UnitsRow};
use crate::days::{Day, Found, Known};
use crate::explain::{Chapter, by_line, told};
use crate::ids::CompanyId;
use crate::line::LinePlace;
use crate::run::ChangeRecord;
use jiff::civil::Date;

/// A line's part of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineMonth {
    /// Which line.
    pub place: LinePlace,
    /// Each day of the month, in order.
    pub days: Vec<Day>,
    /// What led to the units of these days, oldest first.
    pub chapters: Vec<Chapter>,
}

/// The lines of a customer that have anything to tell of a month, by its changes and the rows of its lines as last read,
/// each by the day of its reading; both in any order. `today` is where the provider is.
pub fn statement(
    company: CompanyId,
    changes: &[ChangeRecord],
    rows: &[UnitsRow],
    contracts: &[Contract],
    month: Period,
    today: Date,
) -> Vec<LineMonth> {
    let lines = by_line(company, changes, rows).into_iter().filter_map(|(place, changes)| {
        let (mut chapters, mut course) = told(&changes, today);
        let of_line = rows.iter().filter(|row| Some(row.line) == place.line);
        if let Some(row) = of_line.max_by_key(|row| row.start) {
            let read = Found { on: row.start, units: row.units };
            let left = course.expected_on(read.on).filter(|left| *left != read.units);
            chapters.extend(left.map(|from| Chapter::Others { from, to: read.units, seen_for: read.on }));
            course.read(read);
        }
        let contract = contracts.iter().find(|contract| contract.id == place.contract);
        let days = course.days(month, contract, today);
        let has_a_day = days.iter().any(|day| day.known != Known::NoContract);
        has_a_day.then(|| LineMonth { chapters: of_days(chapters, &days, month), days, place })
    });
    lines.collect()
}

/// The chapters that bear on these days: those of the month, and the change that was in force as it began.
fn of_days(chapters: Vec<Chapter>, days: &[Day], month: Period) -> Vec<Chapter> {
    let bears = |chapter: &Chapter| match chapter {
        Chapter::Us(change) => {
            let made = |day: &Day| matches!(&day.known, Known::Ours { intent } if *intent == change.intent.id);
            month.holds(change.intent.effective) || days.iter().any(made)
        }
        Chapter::Others { seen_for, .. } => month.holds(*seen_for),
        Chapter::Before { .. } => false,
    };
    let bearing: Vec<bool> = chapters.iter().map(bears).collect();
    // What was found before our first change goes with that change.
    let is_kept = |at: usize, chapter: &Chapter| match chapter {
        Chapter::Before { .. } => bearing.get(at + 1).copied().unwrap_or_default(),
        _ => bearing[at],
    };
    let kept: Vec<bool> = chapters.iter().enumerate().map(|(at, chapter)| is_kept(at, chapter)).collect();
    chapters.into_iter().zip(kept).filter_map(|(chapter, is_kept)| is_kept.then_some(chapter)).collect()
}
