//! How a line's units came about: the usage behind them and the arithmetic of U1, kept with each change
//! so that it can be explained later. Counts; reads nothing.

use crate::ids::TenantId;
use crate::mapping::Combine;
use crate::quantity::{HOUR, MeasurementUnit, Rounding, UnitSize};
use crate::usage::ItemKey;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The arithmetic from usage to units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reckoning {
    /// Whose usage.
    pub tenant: TenantId,
    /// The day for which the usage counts.
    pub used_on: Date,
    /// The items and their figures.
    pub items: Vec<ReckonedItem>,
    /// How they came together.
    pub combine: Combine,
    /// What they are counted in.
    pub unit: MeasurementUnit,
    /// Together, in base units.
    #[serde(with = "rust_decimal::serde::str")]
    pub total: Decimal,
    /// The size of one unit.
    pub unit_size: UnitSize,
    /// What happened to a part of a unit.
    pub rounding: Rounding,
    /// After dividing and rounding, in units.
    pub rounded: i64,
    /// Units that cost nothing.
    pub included: i64,
    /// The least that is billed.
    pub minimum: i64,
    /// Units that a bundle on the contract already holds (U4).
    pub in_bundles: i64,
    /// What the line should hold.
    pub wanted: i64,
    /// Who wants that, where it is not what usage asks for, and why (U8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjusted: Option<String>,
}

/// One item's part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReckonedItem {
    /// The item.
    pub key: ItemKey,
    /// Its name for people.
    pub label: String,
    /// Its amount, in base units.
    pub amount: u64,
    /// Where the amount is from.
    pub figure: Figure,
}

/// Which of the vendor's figures an amount is (U1, U2, U7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    /// `absolute_value`.
    AbsoluteValue,
    /// `value`, where `absolute_value` is missing.
    Value,
    /// The greatest `value` seen in the period.
    GreatestValue,
    /// The item is off or not the tenant's, and without usage: none.
    NotUsed,
}

impl fmt::Display for Reckoning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let together = match self.combine {
            Combine::Sum => " + ",
            Combine::Max => " or ",
        };
        // Storages that a customer does not use say nothing.
        let nothing_used = self.items.iter().all(|item| item.amount == 0);
        let shown = self.items.iter().filter(|item| item.amount > 0 || nothing_used);
        let by = if self.unit == MeasurementUnit::Quantity { " ×" } else { "" };
        let amounts: Vec<String> =
            shown.map(|item| format!("{}{by} {}", amount(item.amount, self.unit), item.label)).collect();
        f.write_str(&amounts.join(together))?;
        if self.unit_size != UnitSize::usual(self.unit) || self.rounding != Rounding::Up {
            write!(f, ", {} of {} rounded {}", self.rounded, self.unit_size, self.rounding)?;
        }
        if self.included > 0 {
            write!(f, ", {} included", self.included)?;
        }
        if self.minimum > 0 {
            write!(f, ", at least {}", self.minimum)?;
        }
        if self.in_bundles > 0 {
            write!(f, ", {} in bundles", self.in_bundles)?;
        }
        self.adjusted.iter().try_for_each(|adjusted| write!(f, "; {adjusted}"))
    }
}

impl Reckoning {
    /// The arithmetic in full: "250.5 GiB ÷ 100 GiB = 3 rounded up; − 1 included; at least 1; = 2".
    pub fn arithmetic(&self) -> String {
        let combined = match self.combine {
            Combine::Sum => "together",
            Combine::Max => "the greatest of them",
        };
        let mut text = format!(
            "{combined} {} base units ÷ {} = {} rounded {}",
            self.total, self.unit_size, self.rounded, self.rounding
        );
        let parts =
            [(self.included, "−", "included"), (self.minimum, "at least", ""), (self.in_bundles, "−", "in bundles")];
        for (number, sign, what) in parts.into_iter().filter(|(number, ..)| *number > 0) {
            text.push_str(format!("; {sign} {number} {what}").trim_end());
        }
        let adjusted = self.adjusted.iter().map(|adjusted| format!("; {adjusted}")).collect::<String>();
        format!("{text}{adjusted}; wanted {}", self.wanted)
    }
}

/// An amount as people read it: pieces as they are, storage in GiB and time in hours to two places.
pub fn amount(base_units: u64, unit: MeasurementUnit) -> String {
    let scaled = |size: u64, name: &str| {
        let value = (Decimal::from(base_units) / Decimal::from(size)).round_dp(2).normalize();
        format!("{value} {name}")
    };
    match unit {
        MeasurementUnit::Bytes => scaled(crate::quantity::GIB, "GiB"),
        MeasurementUnit::Seconds => scaled(HOUR, "h"),
        MeasurementUnit::Quantity | MeasurementUnit::None => base_units.to_string(),
    }
}
