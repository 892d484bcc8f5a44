//! What a company's usage was, kept for the periods that are settled later (U5, U7), and what of it was
//! there at the last run that counted (H1). Moves from one reading to the next; reads nothing.

use crate::ids::{CompanyId, ContractId, LineId, TenantId};
use crate::usage::{ItemKey, ItemKind, OfferingItem, UsageRow};
use jiff::ToSpan;
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
    /// The first day since which its usage could not be read; none while it can. Periods that ended
    /// meanwhile were watched by nobody (U5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread_since: Option<Date>,
}

impl CompanyState {
    /// A company of which nothing is known yet.
    pub fn new(company: CompanyId) -> Self {
        Self { company, usage: None, seen: None, unread_since: None }
    }
}

/// A tenant's usage as last read, and as it was when earlier periods ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptUsage {
    /// Whose.
    pub tenant: TenantId,
    /// The day since which the rows are as they are.
    pub since: Date,
    /// What was read.
    pub reading: Reading,
    /// What was last read in a period that ended before `since`, by the period's last day.
    pub at_period_ends: BTreeMap<Date, Reading>,
    /// The greatest figure of each metered item, by the first day of the vendor's period (U7).
    pub greatest: Vec<GreatestValue>,
}

/// One reading of a tenant's usage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The rows that say something: those above zero.
    pub rows: Vec<UsageRow>,
    /// Items that are on and should have had a row, but had none (U2).
    pub without_row: Vec<ItemKey>,
}

impl Reading {
    /// A reading from the tenant's items and its rows, in any order.
    pub fn of(items: &[OfferingItem], rows: &[UsageRow]) -> Reading {
        let reported: BTreeSet<&ItemKey> = rows.iter().map(|row| &row.key).collect();
        let mut without_row: Vec<ItemKey> = items
            .iter()
            .filter(|item| item.on && item.kind != ItemKind::Feature && !reported.contains(&item.key))
            .map(|item| item.key.clone())
            .collect();
        without_row.sort();
        let mut rows: Vec<UsageRow> = rows.iter().filter(|row| row.in_use() > 0 || row.value > 0).cloned().collect();
        rows.sort();
        rows.shrink_to_fit(); // One of each customer is held through the run.
        Reading { rows, without_row }
    }

    /// The row of an item.
    pub fn row(&self, key: &ItemKey) -> Option<&UsageRow> {
        self.rows.iter().find(|row| row.key == *key)
    }
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
    /// The usage after a reading on `today`. `is_metered` says which items grow through the vendor's
    /// period; `period_ends` are the last days of the periods that may still be settled, and
    /// `unread_since` is the first day on which it could not be read before.
    pub fn after(
        before: Option<&KeptUsage>,
        tenant: &TenantId,
        reading: Reading,
        today: Date,
        is_metered: impl Fn(&ItemKey) -> bool,
        period_ends: &BTreeSet<Date>,
        unread_since: Option<Date>,
    ) -> KeptUsage {
        let before = before.filter(|before| before.tenant == *tenant);
        let greatest = greatest_after(before, &reading, today, is_metered);
        match before {
            Some(before) if before.reading == reading && unread_since.is_none() => {
                KeptUsage { greatest, ..before.clone() }
            }
            _ => KeptUsage {
                tenant: tenant.clone(),
                since: today,
                reading,
                at_period_ends: before
                    .map(|before| before.carried_over(period_ends, unread_since.unwrap_or(today)))
                    .unwrap_or_default(),
                greatest,
            },
        }
    }

    /// What was last read up to `day`, which is today or a period's last day.
    pub fn reading_on(&self, day: Date) -> Option<&Reading> {
        if self.since <= day { Some(&self.reading) } else { self.at_period_ends.get(&day) }
    }

    /// The greatest figure of `key` whose vendor period started within `first..=last`.
    pub fn greatest_in(&self, key: &ItemKey, first: Date, last: Date) -> Option<u64> {
        self.greatest
            .iter()
            .filter(|seen| seen.key == *key && first <= seen.range_start && seen.range_start <= last)
            .map(|seen| seen.value)
            .max()
    }

    /// Notes that a metered item was looked at in this month, if only to find nothing.
    pub(crate) fn watch(&mut self, key: &ItemKey, today: Date) {
        let range_start = today.first_of_month();
        if self.greatest_in(key, range_start, today.last_of_month()).is_none() {
            self.greatest.push(GreatestValue { key: key.clone(), range_start, value: 0 });
            self.greatest.sort_by(|a, b| (&a.key, a.range_start).cmp(&(&b.key, b.range_start)));
        }
    }

    fn carried_over(&self, period_ends: &BTreeSet<Date>, until: Date) -> BTreeMap<Date, Reading> {
        period_ends
            .iter()
            .filter(|end| **end < until)
            .filter_map(|end| self.reading_on(*end).map(|reading| (*end, reading.clone())))
            .collect()
    }
}

fn greatest_after(
    before: Option<&KeptUsage>,
    reading: &Reading,
    today: Date,
    is_metered: impl Fn(&ItemKey) -> bool,
) -> Vec<GreatestValue> {
    // Two months back covers the period being settled and the one before it.
    let oldest = today.checked_sub(70.days()).unwrap_or(today);
    let mut greatest: BTreeMap<(ItemKey, Date), u64> = before
        .into_iter()
        .flat_map(|before| &before.greatest)
        .filter(|seen| seen.range_start >= oldest)
        .map(|seen| ((seen.key.clone(), seen.range_start), seen.value))
        .collect();
    for row in reading.rows.iter().filter(|row| is_metered(&row.key)) {
        // By default the vendor's period is the calendar month.
        let range_start = row.range_start.unwrap_or(today.first_of_month());
        let value = greatest.entry((row.key.clone(), range_start)).or_default();
        *value = row.value.max(*value);
    }
    greatest.into_iter().map(|((key, range_start), value)| GreatestValue { key, range_start, value }).collect()
}
