//! From usage to the units of one service (U1, U2, U7): which figure counts, what absence means, and the
//! arithmetic. Says either the reckoning or why there is none.

use crate::contract::Period;
use crate::ids::TenantId;
use crate::kept::{KeptUsage, Reading};
use crate::mapping::{Combine, Product, ProductRow};
use crate::quantity::MOST_UNITS;
use crate::reckoning::{Figure, ReckonedItem, Reckoning};
use crate::usage::ItemKey;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// Why a service's units cannot be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoReckoning {
    /// U1: a feature feeds it.
    Feature(ItemKey),
    /// U2: an item is on and its usage is missing.
    RowMissing(ItemKey),
    /// More units than a line holds.
    TooMany,
}

/// Whose usage, and of when.
#[derive(Debug, Clone, Copy)]
pub struct Used<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// What was read for the day.
    pub reading: &'a Reading,
    /// The day.
    pub day: Date,
}

/// The units of `product`, less those in bundles, for items that are not metered.
pub fn reckon(product: &Product<'_>, used: Used<'_>, in_bundles: i64) -> Result<Reckoning, NoReckoning> {
    let items = items_of(product, |row| {
        let key = &row.item.key;
        match used.reading.row(key) {
            Some(usage) if usage.absolute_value.is_some() => Ok((usage.in_use(), Figure::AbsoluteValue)),
            Some(usage) => Ok((usage.in_use(), Figure::Value)),
            None => absent(used.reading, key),
        }
    })?;
    add_up(product, used, items, in_bundles)
}

/// The units of a metered `product`: the greatest figures whose vendor period began within `period` (U7).
pub fn reckon_metered(
    product: &Product<'_>,
    used: Used<'_>,
    kept: &KeptUsage,
    period: Period,
    in_bundles: i64,
) -> Result<Reckoning, NoReckoning> {
    let items = items_of(product, |row| {
        let key = &row.item.key;
        match kept.greatest_in(key, period.start, period.end) {
            Some(greatest) => Ok((greatest, Figure::GreatestValue)),
            None => absent(used.reading, key),
        }
    })?;
    add_up(product, used, items, in_bundles)
}

/// Absent is not zero where the item is on (U2).
fn absent(reading: &Reading, key: &ItemKey) -> Result<(u64, Figure), NoReckoning> {
    if reading.without_row.contains(key) {
        return Err(NoReckoning::RowMissing(key.clone()));
    }
    Ok((0, Figure::NotUsed))
}

fn items_of(
    product: &Product<'_>,
    figure_of: impl Fn(&ProductRow) -> Result<(u64, Figure), NoReckoning>,
) -> Result<Vec<ReckonedItem>, NoReckoning> {
    if let Some(row) = product.feature() {
        return Err(NoReckoning::Feature(row.item.key.clone()));
    }
    product
        .rows
        .iter()
        .map(|row| {
            let (amount, figure) = figure_of(row)?;
            Ok(ReckonedItem { key: row.item.key.clone(), label: row.label.clone(), amount, figure })
        })
        .collect()
}

fn add_up(
    product: &Product<'_>,
    used: Used<'_>,
    items: Vec<ReckonedItem>,
    in_bundles: i64,
) -> Result<Reckoning, NoReckoning> {
    let terms = product.terms();
    let amounts = items.iter().map(|item| u128::from(item.amount));
    let total: u128 = match terms.combine {
        Combine::Sum => amounts.sum(),
        Combine::Max => amounts.max().unwrap_or(0),
    };
    let rounded = terms.rounding.whole_units(total, terms.unit_size);
    let rounded = i64::try_from(rounded).ok().filter(|units| *units <= MOST_UNITS).ok_or(NoReckoning::TooMany)?;
    let (included, minimum) = (i64::from(terms.included), i64::from(terms.minimum));
    let wanted = (rounded - included).max(minimum);
    Ok(Reckoning {
        tenant: used.tenant.clone(),
        used_on: used.day,
        items,
        combine: terms.combine,
        unit: terms.item.unit,
        total: Decimal::from(total),
        unit_size: terms.unit_size,
        rounding: terms.rounding,
        rounded,
        included,
        minimum,
        in_bundles,
        wanted: (wanted - in_bundles).clamp(0, MOST_UNITS),
        adjusted: None,
    })
}
