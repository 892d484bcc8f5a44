//! What is held of every company through a run, made small: each item stands once for all customers, and
//! readings name it by number. It packs and unpacks; it loses nothing and decides nothing.

use jiff::civil::Date;
use shared::ids::{CompanyId, TenantId};
use shared::kept::{CompanyState, GreatestValue, KeptUsage, Reading, Seen};
use shared::usage::{ItemKey, OfferingItem, UsageRow};
use std::collections::BTreeMap;

/// The number of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct ItemNumber(u32);

/// The number of an item with all that its tenant's list tells of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct OfferNumber(u32);

/// The items of all customers, each once.
#[derive(Debug, Default)]
pub(super) struct Items {
    all: Vec<ItemKey>,
    numbers: BTreeMap<ItemKey, ItemNumber>,
    offers: Vec<OfferingItem>,
    offers_of: BTreeMap<ItemNumber, Vec<OfferNumber>>,
}

struct PackedRow {
    item: ItemNumber,
    range_start: Option<Date>,
    value: u64,
    absolute_value: Option<u64>,
}

/// A `Reading`.
pub(super) struct PackedReading {
    rows: Box<[PackedRow]>,
    without_row: Box<[ItemNumber]>,
}

/// A `KeptUsage`.
pub(super) struct PackedUsage {
    tenant: TenantId,
    since: Date,
    reading: PackedReading,
    at_period_ends: Box<[(Date, PackedReading)]>,
    greatest: Box<[(ItemNumber, Date, u64)]>,
}

/// A `CompanyState`.
pub(super) struct PackedState {
    company: CompanyId,
    usage: Option<PackedUsage>,
    pub(super) seen: Option<Seen>,
    unread_since: Option<Date>,
}

impl Items {
    pub(super) fn pack_offer(&mut self, item: OfferingItem) -> OfferNumber {
        let key = self.number(&item.key);
        let known = self.offers_of.entry(key).or_default();
        if let Some(number) = known.iter().find(|number| self.offers[number.0 as usize] == item) {
            return *number;
        }
        let number = OfferNumber(next_number(&self.offers));
        known.push(number);
        self.offers.push(item);
        number
    }

    pub(super) fn offer(&self, number: OfferNumber) -> OfferingItem {
        self.offers[number.0 as usize].clone()
    }

    fn number(&mut self, key: &ItemKey) -> ItemNumber {
        if let Some(number) = self.numbers.get(key) {
            return *number;
        }
        let number = ItemNumber(next_number(&self.all));
        self.all.push(key.clone());
        self.numbers.insert(key.clone(), number);
        number
    }

    fn key(&self, number: ItemNumber) -> ItemKey {
        self.all[number.0 as usize].clone()
    }

    pub(super) fn pack_reading(&mut self, reading: &Reading) -> PackedReading {
        let row = |row: &UsageRow| PackedRow {
            item: self.number(&row.key),
            range_start: row.range_start,
            value: row.value,
            absolute_value: row.absolute_value,
        };
        let rows = reading.rows.iter().map(row).collect();
        PackedReading { rows, without_row: reading.without_row.iter().map(|key| self.number(key)).collect() }
    }

    pub(super) fn reading(&self, packed: &PackedReading) -> Reading {
        let row = |row: &PackedRow| UsageRow {
            key: self.key(row.item),
            value: row.value,
            absolute_value: row.absolute_value,
            range_start: row.range_start,
        };
        Reading {
            rows: packed.rows.iter().map(row).collect(),
            without_row: packed.without_row.iter().map(|number| self.key(*number)).collect(),
        }
    }

    pub(super) fn pack_usage(&mut self, usage: &KeptUsage) -> PackedUsage {
        let at_period_ends = usage.at_period_ends.iter().map(|(day, reading)| (*day, self.pack_reading(reading)));
        let at_period_ends = at_period_ends.collect();
        let greatest = usage.greatest.iter().map(|seen| (self.number(&seen.key), seen.range_start, seen.value));
        let greatest = greatest.collect();
        PackedUsage {
            tenant: usage.tenant.clone(),
            since: usage.since,
            reading: self.pack_reading(&usage.reading),
            at_period_ends,
            greatest,
        }
    }

    pub(super) fn usage(&self, packed: &PackedUsage) -> KeptUsage {
        let greatest = |(item, range_start, value): &(ItemNumber, Date, u64)| GreatestValue {
            key: self.key(*item),
            range_start: *range_start,
            value: *value,
        };
        KeptUsage {
            tenant: packed.tenant.clone(),
            since: packed.since,
            reading: self.reading(&packed.reading),
            at_period_ends: packed.at_period_ends.iter().map(|(day, packed)| (*day, self.reading(packed))).collect(),
            greatest: packed.greatest.iter().map(greatest).collect(),
        }
    }

    pub(super) fn pack_state(&mut self, state: CompanyState) -> PackedState {
        PackedState {
            company: state.company,
            usage: state.usage.map(|usage| self.pack_usage(&usage)),
            seen: state.seen,
            unread_since: state.unread_since,
        }
    }

    pub(super) fn state(&self, packed: &PackedState) -> CompanyState {
        CompanyState {
            company: packed.company,
            usage: packed.usage.as_ref().map(|usage| self.usage(usage)),
            seen: packed.seen.clone(),
            unread_since: packed.unread_since,
        }
    }
}

fn next_number<T>(numbered: &[T]) -> u32 {
    u32::try_from(numbered.len()).expect("there are fewer items than that")
}
