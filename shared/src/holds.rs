//! What makes a person look at a single line first (H1, U3, U5). The whole run is `guard`'s.

use crate::contract::{UnitsRow, row_on};
use crate::effective::split_by_others;
use crate::line::LineState;
use crate::plan::{Adjustment, HoldReason};
use crate::settings::Holds;
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// Days within which a second change by somebody else is held (U3).
const ANOTHER_WRITER_DAYS: i32 = 7;

/// Why this change of a line waits for a person, as far as the line itself tells.
pub(crate) fn line_reasons(
    adjustment: &Adjustment,
    state: &LineState,
    rows: &[&UnitsRow],
    holds: &Holds,
    today: Date,
    metered: bool,
) -> Vec<HoldReason> {
    let mut reasons = Vec::new();
    let units = (adjustment.before, adjustment.wanted);
    // The restart of a metered item, and a month without it, is no fall (U7).
    let metered_fall = metered && adjustment.wanted < adjustment.before;
    reasons.extend(size_reasons(units, adjustment.money_per_period(), holds, metered_fall));
    if holds.mapping_changes && state.mapped_as.as_ref().is_some_and(|was| *was != adjustment.mapped_as) {
        reasons.push(HoldReason::MappingChanged);
    }
    if adjustment.corrects_others.is_some() {
        reasons.extend(another_writer(state, rows, today));
    }
    if adjustment.is_for_whole_period() && adjustment.period.is_some_and(|period| split_by_others(period, rows, state))
    {
        reasons.push(HoldReason::ChangedWithinPeriod);
    }
    reasons
}

/// The reasons that lie in how many units and how much money a change moves.
pub(crate) fn size_reasons(
    (before, wanted): (i64, i64),
    money: Option<Decimal>,
    holds: &Holds,
    metered_fall: bool,
) -> Vec<HoldReason> {
    let moved = (wanted - before).unsigned_abs();
    let mut reasons = Vec::new();
    let jumps = moved > u64::from(holds.jump_units)
        && u128::from(moved) * 100 > u128::from(before.unsigned_abs()) * u128::from(holds.jump_percent);
    if holds.jumps && jumps && !metered_fall {
        reasons.push(HoldReason::Jump);
    }
    if holds.falls_to_zero && wanted == 0 && before >= i64::from(holds.zero_from_units) && !metered_fall {
        reasons.push(HoldReason::FallToZero);
    }
    if let (Some(limit), Some(change)) = (holds.money_per_period, money)
        && change.abs() > limit
    {
        reasons.push(HoldReason::Money { change, limit });
    }
    reasons
}

/// Held until approved, so the days do not run out while it is held: the row in force tells since when.
fn another_writer(state: &LineState, rows: &[&UnitsRow], today: Date) -> Option<HoldReason> {
    let corrected_on = state.corrected_on?;
    let last_day = corrected_on.checked_add(ANOTHER_WRITER_DAYS.days()).ok()?;
    let changed_on = row_on(rows.iter().copied(), today).map_or(today, |row| row.start);
    let in_time = today <= last_day || (corrected_on < changed_on && changed_on <= last_day);
    in_time.then_some(HoldReason::AnotherWriter { corrected_on })
}
