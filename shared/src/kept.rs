//! What a company's usage was, kept for the periods that are settled later (U5, U7), and what of it was
//! there at the last run that counted (H1). Moves from one reading to the next; reads nothing.

use crate::ids::{CompanyId, ContractId, LineId, TenantId};
use crate::usage::{ItemKey, UsageRow};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is remembered of one company between runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyState {
    /// Which company.
    pub company: CompanyId,
    /// Its usage.
    pub usage: Option<KeptUsage>,
    /// What was there at the last run that was applied or approved.
    pub seen: Option<Seen>,
}

/// A tenant's usage as last read, and as it was when earlier periods ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptUsage {
    /// Whose.
    pub tenant: TenantId,
    /// The day since which the rows are as they are.
    pub since: Date,
    /// The rows.
    pub rows: Vec<UsageRow>,
    /// The rows as they were on the last day of a period that ended before `since`.
    pub at_period_ends: BTreeMap<Date, Vec<UsageRow>>,
    /// The greatest figure of each metered item, by the first day of the vendor's period (U7).
    pub greatest: Vec<GreatestValue>,
}

/// The greatest figure of one metered item in one of the vendor's periods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GreatestValue {
    /// The item.
    pub key: ItemKey,
    /// The vendor's `range_start`.
    pub range_start: Date,
    /// The greatest `value` seen.
    pub value: u64,
}

/// What was there at the last run that was applied or approved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Whether its tenant was.
    pub tenant: bool,
    /// Its active contracts.
    pub contracts: BTreeSet<ContractId>,
    /// Its lines with units.
    pub lines: BTreeSet<LineId>,
}

impl KeptUsage {
    /// The usage after a reading on `today`. `metered` says which rows grow through the vendor's period;
    /// `period_ends` are the last days of the periods that may still be settled.
    pub fn after_reading(
        before: Option<&KeptUsage>,
        tenant: &TenantId,
        rows: &[UsageRow],
        today: Date,
        metered: impl Fn(&ItemKey) -> bool,
        period_ends: &BTreeSet<Date>,
    ) -> KeptUsage {
        let before = before.filter(|before| before.tenant == *tenant);
        let mut rows = rows.to_vec();
        rows.sort();
        let greatest = greatest_after(before, &rows, today, metered);
        match before {
            Some(before) if before.rows == rows => KeptUsage { greatest, ..before.clone() },
            _ => KeptUsage {
                tenant: tenant.clone(),
                since: today,
                rows,
                at_period_ends: before.map(|before| before.carried_over(period_ends, today)).unwrap_or_default(),
                greatest,
            },
        }
    }

    /// The rows as they were on `day`, the last day of a period or today.
    pub fn rows_on(&self, day: Date) -> Option<&[UsageRow]> {
        if self.since <= day {
            return Some(&self.rows);
        }
        self.at_period_ends.get(&day).map(Vec::as_slice)
    }

    /// The greatest figure of `key` whose vendor period started within `first..=last`.
    pub fn greatest_in(&self, key: &ItemKey, first: Date, last: Date) -> Option<u64> {
        self.greatest
            .iter()
            .filter(|seen| seen.key == *key && first <= seen.range_start && seen.range_start <= last)
            .map(|seen| seen.value)
            .max()
    }

    fn carried_over(&self, period_ends: &BTreeSet<Date>, today: Date) -> BTreeMap<Date, Vec<UsageRow>> {
        period_ends
            .iter()
            .filter(|end| **end < today)
            .filter_map(|end| self.rows_on(*end).map(|rows| (*end, rows.to_vec())))
            .collect()
    }
}

fn greatest_after(
    before: Option<&KeptUsage>,
    rows: &[UsageRow],
    today: Date,
    metered: impl Fn(&ItemKey) -> bool,
) -> Vec<GreatestValue> {
    // Two months back covers the period being settled and the one before it.
    let oldest = today.checked_sub(jiff::ToSpan::days(70)).unwrap_or(today);
    let mut greatest: BTreeMap<(ItemKey, Date), u64> = before
        .into_iter()
        .flat_map(|before| &before.greatest)
        .filter(|seen| seen.range_start >= oldest)
        .map(|seen| ((seen.key.clone(), seen.range_start), seen.value))
        .collect();
    for row in rows.iter().filter(|row| metered(&row.key)) {
        if let Some(range_start) = row.range_start {
            let value = greatest.entry((row.key.clone(), range_start)).or_default();
            *value = row.value.max(*value);
        }
    }
    greatest.into_iter().map(|((key, range_start), value)| GreatestValue { key, range_start, value }).collect()
}
