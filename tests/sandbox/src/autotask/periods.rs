//! Billing periods and the units rows that lie in them, for single services and bundles alike. Rows
//! are made from the contract's start to its end, about 14 months ahead at most.
//! (Autotask developer help, ContractServiceUnits and ContractServiceBundleUnits.)

use super::views::line_price;
use super::{Autotask, Cell, Row};
use crate::clock::days_after;
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

const MONTHS_AHEAD: i64 = 14;

/// Names of the entities and fields of the two kinds of contract line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineKind {
    pub(crate) lines: &'static str,
    pub(crate) units: &'static str,
    pub(crate) line_field: &'static str,
    pub(crate) products: &'static str,
    pub(crate) product_field: &'static str,
}

pub(crate) const SERVICE_LINES: LineKind = LineKind {
    lines: "ContractServices",
    units: "ContractServiceUnits",
    line_field: "contractServiceID",
    products: "Services",
    product_field: "serviceID",
};

pub(crate) const BUNDLE_LINES: LineKind = LineKind {
    lines: "ContractServiceBundles",
    units: "ContractServiceBundleUnits",
    line_field: "contractServiceBundleID",
    products: "ServiceBundles",
    product_field: "serviceBundleID",
};

/// First and last day of the period number `count` from `anchor`.
fn period(anchor: Date, months: i64, count: i64) -> Option<(Date, Date)> {
    let start = anchor.checked_add((months * count).months()).ok()?;
    let next = anchor.checked_add((months * (count + 1)).months()).ok()?;
    Some((start, days_after(next, -1)))
}

fn months_of(period_type: Option<i64>) -> i64 {
    match period_type {
        Some(3) => 3,
        Some(4) => 6,
        Some(5) => 12,
        _ => 1,
    }
}

impl Autotask {
    /// Makes the rows every line should have by `today`.
    pub(crate) fn make_rows(&mut self, today: Date) {
        self.rows_made_on = today;
        let horizon = self.horizon();
        for kind in [SERVICE_LINES, BUNDLE_LINES] {
            let lines: Vec<i64> = self.table(kind.lines).rows().map(Row::id).collect();
            for line in lines {
                self.make_line_rows(kind, line, horizon);
            }
        }
    }

    /// Makes the missing rows of one line for periods that start on or before `until`.
    pub(crate) fn make_line_rows(&mut self, kind: LineKind, line_id: i64, until: Date) {
        let Some((contract_id, product_id, price)) = self.line_terms(kind, line_id) else {
            return;
        };
        let Some(contract) = self.row("Contracts", contract_id) else {
            return;
        };
        let (Some(anchor), Some(end)) = (contract.day("startDate"), contract.day("endDate")) else {
            return;
        };
        let product = self.row(kind.products, product_id);
        let months = months_of(product.and_then(|row| row.int("periodType")));
        let last = self.last_row(kind, line_id);
        let made_until = last.and_then(|row| row.day("endDate"));
        let (units, price) = last.map_or((0, price), |row| {
            let units = row.int("units").unwrap_or_default();
            (units, row.money("unitPrice").unwrap_or(price))
        });
        let first_missing = made_until.map_or(0, |day| periods_until(anchor, months, day));
        let mut count = first_missing;
        while let Some((start, period_end)) = period(anchor, months, count) {
            if start > end || start > until {
                break;
            }
            let from = made_until.map_or(start, |day| start.max(days_after(day, 1)));
            let to = period_end.min(end);
            if from <= to {
                let mut row = self.units_row(kind, (contract_id, product_id, line_id), (from, to));
                set_units(&mut row, units, price);
                self.table_mut(kind.units).add(row);
            }
            count += 1;
        }
    }

    fn units_row(&self, kind: LineKind, ids: (i64, i64, i64), days: (Date, Date)) -> Row {
        Row::new(self.table(kind.units).entity())
            .with("contractID", ids.0)
            .with(kind.product_field, ids.1)
            .with(kind.line_field, ids.2)
            .with("startDate", days.0)
            .with("endDate", days.1)
            .with("cost", Decimal::ZERO)
    }

    fn line_terms(&self, kind: LineKind, line_id: i64) -> Option<(i64, i64, Decimal)> {
        let line = self.row(kind.lines, line_id)?;
        let contract = line.int("contractID")?;
        Some((contract, line.int(kind.product_field)?, line_price(line)))
    }

    fn last_row(&self, kind: LineKind, line_id: i64) -> Option<&Row> {
        let rows = self.table(kind.units).by(kind.line_field, line_id);
        rows.max_by_key(|row| row.day("startDate"))
    }

    /// Ids of a line's rows by first day.
    pub(crate) fn row_ids(&self, kind: LineKind, line_id: i64) -> Vec<i64> {
        let rows = self.table(kind.units).by(kind.line_field, line_id);
        let mut ids: Vec<_> = rows.map(|row| (row.day("startDate"), row.id())).collect();
        ids.sort_unstable();
        ids.into_iter().map(|(_, id)| id).collect()
    }

    /// The row in force on a day: of those that contain it the one that starts last.
    pub(crate) fn row_on(&self, kind: LineKind, line_id: i64, day: Date) -> Option<&Row> {
        let rows = self.table(kind.units).by(kind.line_field, line_id);
        rows.filter(|row| row.day("startDate") <= Some(day) && row.day("endDate") >= Some(day))
            .max_by_key(|row| row.day("startDate"))
    }

    /// Gives every row of a line the same units and price per unit.
    pub(crate) fn fill_rows(&mut self, kind: LineKind, line_id: i64, units: i64, price: Decimal) {
        for id in self.row_ids(kind, line_id) {
            let table = self.table_mut(kind.units);
            table.change(id, |row| set_units(row, units, price));
        }
    }

    /// Cuts rows off at the contract's end, or makes those missing after it was moved back.
    pub(crate) fn fit_rows_to_contract(&mut self, contract_id: i64) {
        let end = self.row("Contracts", contract_id).and_then(|row| row.day("endDate"));
        let end = end.unwrap_or(Date::MAX);
        for kind in [SERVICE_LINES, BUNDLE_LINES] {
            let rows = self.table(kind.units).by("contractID", contract_id);
            let days = rows.map(|row| (row.id(), row.day("startDate"), row.day("endDate")));
            for (id, start, last) in days.collect::<Vec<_>>() {
                if start > Some(end) {
                    self.table_mut(kind.units).remove(id);
                } else if last > Some(end) {
                    self.table_mut(kind.units).set(id, "endDate", end);
                }
            }
        }
        let horizon = self.horizon();
        for kind in [SERVICE_LINES, BUNDLE_LINES] {
            let lines = self.table(kind.lines).by("contractID", contract_id);
            for line in lines.map(Row::id).collect::<Vec<_>>() {
                self.make_line_rows(kind, line, horizon);
            }
        }
    }

    /// The last day on which a period may begin to have its row made ahead of time.
    pub(crate) fn horizon(&self) -> Date {
        let months = MONTHS_AHEAD.months();
        self.rows_made_on.checked_add(months).unwrap_or(Date::MAX)
    }
}

/// How many periods from `anchor` have begun by `day`, less the one that still runs past it.
fn periods_until(anchor: Date, months: i64, day: Date) -> i64 {
    let whole_months = i64::from(day.year() - anchor.year()) * 12 + i64::from(day.month() - anchor.month());
    let mut count = (whole_months / months - 1).max(0);
    while period(anchor, months, count).is_some_and(|(_, end)| end <= day) {
        count += 1;
    }
    count
}

/// Gives a row units and the extended price they make.
pub(crate) fn set_units(row: &mut Row, units: i64, unit_price: Decimal) {
    let extended = unit_price * Decimal::from(units);
    let entity = row.entity();
    row.put(entity.index("units"), Cell::Int(units));
    row.put(entity.index("unitPrice"), Cell::Money(unit_price));
    row.put(entity.index("price"), Cell::Money(extended));
    row.put(entity.index("internalCurrencyPrice"), Cell::Money(extended));
}
