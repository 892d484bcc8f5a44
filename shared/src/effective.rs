//! When a change of a line's units takes effect, and by which usage (U5, U7): today, from the next period,
//! or for the whole period. Decides days; the units are `reckon`'s.

use crate::contract::{Contract, Period, PeriodType, Service, UnitsRow, row_on};
use crate::line::LineState;
use crate::settings::EffectiveDates;
use jiff::civil::Date;

/// The billing periods of a line around a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Periods {
    /// How often it is billed.
    pub kind: PeriodType,
    /// The period that holds the day, cut off where the contract ends.
    pub current: Period,
    /// The one before, where the contract had one.
    pub previous: Option<Period>,
}

impl Periods {
    /// The periods of a line around `day`. Autotask states no period on a line: the contract's and the
    /// service's period types are tried, and the units row must fit into the one taken.
    pub fn around(
        day: Date,
        contract: &Contract,
        service: Option<&Service>,
        row: Option<&UnitsRow>,
    ) -> Option<Periods> {
        let kinds = [contract.period, service.and_then(|service| service.period)];
        kinds.into_iter().flatten().find_map(|kind| {
            let whole = Period::holding(day, contract.start, kind)?;
            let current = Period { start: whole.start, end: whole.end.min(contract.end) };
            let fits = row.is_none_or(|row| current.start <= row.start && row.end <= current.end);
            fits.then(|| Periods { kind, current, previous: whole.before(contract.start, kind) })
        })
    }
}

/// What a line's change is made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Today's usage, in force from today on.
    Today,
    /// The last usage of `period`, in force from the day after it.
    AfterPeriod(Period),
    /// The usage of `period`, in force for all of it.
    WholePeriod(Period),
}

/// The periods whose last day is today or passed, and that were not settled yet, oldest first. A period
/// that ended before the line was ours is nobody's: `settled_through` is set with the first write, or the
/// day of the last one tells where no period could be told then. Metered
/// lines may see their first usage late in a month, so theirs are due without one.
pub fn due_periods(periods: &Periods, today: Date, state: &LineState, metered: bool) -> Vec<Period> {
    let written_by = |day: Date| state.written_on.is_some_and(|written| written <= day);
    let ours = |period: &Period| metered || state.settled_through.is_some() || written_by(period.end);
    let settled = |period: &Period| state.settled_through.is_some_and(|day| period.end <= day);
    let over = |period: &Period| period.end <= today;
    [periods.previous, Some(periods.current)]
        .into_iter()
        .flatten()
        .filter(|period| ours(period) && over(period) && !settled(period))
        .collect()
}

/// The policy for a line: metered ones are billed at the period's end (U7); a line that we never wrote is
/// first dated as today (U5).
pub fn policy(setting: EffectiveDates, metered: bool, state: &LineState) -> EffectiveDates {
    match (metered, state.writes) {
        (true, _) => EffectiveDates::PeriodEnd,
        (false, 0) => EffectiveDates::Today,
        (false, _) => setting,
    }
}

/// The day a whole period's change is dated: its first day, so that it is not prorated; later where the
/// units were split within it, since only the last stretch tells what is in force at its end; and the next
/// day where that one is taken, since Autotask takes one adjustment per line and day.
pub fn whole_period_day(period: Period, rows: &[&UnitsRow], state: &LineState) -> Date {
    let starts = || rows.iter().map(|row| row.start).filter(|start| period.holds(*start));
    let taken = |day: Date| state.wrote_from(day) || (day > period.start && starts().any(|start| start == day));
    let mut day = starts().max().unwrap_or(period.start);
    while taken(day) && day < period.end {
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    day
}

/// Whether the line was split within the period by other hands: at a day that no write of ours took.
pub fn split_by_others(period: Period, rows: &[&UnitsRow], state: &LineState) -> bool {
    rows.iter().any(|row| row.start > period.start && row.start <= period.end && !state.wrote_from(row.start))
}

/// The first day from `day` on that is not posted, by the line's rows; none when all known days are.
pub fn first_day_not_posted(day: Date, rows: &[&UnitsRow]) -> Option<Date> {
    let mut day = day;
    while let Some(row) = row_on(rows.iter().copied(), day).filter(|row| row.posted) {
        day = row.end.tomorrow().ok()?;
        row_on(rows.iter().copied(), day)?;
    }
    Some(day)
}

/// Whether our own earlier change took effect on `day`: Autotask takes one adjustment per line and day.
pub fn is_taken(day: Date, rows: &[&UnitsRow], state: &LineState) -> bool {
    state.wrote_from(day) && rows.iter().any(|row| row.start == day)
}

/// The first day from `day` on that no earlier change of ours took; at the latest `last`.
pub fn first_free_day(day: Date, last: Date, rows: &[&UnitsRow], state: &LineState) -> Date {
    let mut day = day;
    while is_taken(day, rows, state) && day < last {
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    day
}
