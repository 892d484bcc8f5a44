//! What Autotask says of companies, contracts and the units on them, and the periods they are billed
//! by (C1, C3, U5). Facts as read; nothing here decides a change.

use crate::ids::{BillingCodeId, BundleId, CompanyId, ContractId, LineId, ServiceId};
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The contract user-defined field that says which kind a contract is (C1).
pub const PAYG_FIELD: &str = "Acronis PAYG";

/// An Autotask company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// Its id; 0 is the provider's own company and is valid.
    pub id: CompanyId,
    /// Its name, for people.
    pub name: String,
    /// Whether it is active.
    pub active: bool,
    /// Autotask's company type (1 is Customer), where set.
    pub company_type: Option<i64>,
}

/// An Autotask contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// Its id.
    pub id: ContractId,
    /// Whose it is.
    pub company: CompanyId,
    /// Its name, for people.
    pub name: String,
    /// Whether it is of type Recurring Service (`contractType` 7).
    pub recurring: bool,
    /// Whether its status is active (1).
    pub active: bool,
    /// First day.
    pub start: Date,
    /// Last day, inclusive; evergreen contracts end in the year 9999.
    pub end: Date,
    /// How often it is billed, where set.
    pub period: Option<PeriodType>,
    /// The text of "Acronis PAYG", where set.
    pub payg: Option<String>,
}

/// How a contract's units come about (C1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Billing {
    /// Units follow usage.
    PayAsYouGo,
    /// Units are sold ahead; quotas follow them.
    Prepaid,
    /// The field says something else: nobody can tell, so it is held.
    Unclear(String),
}

impl Contract {
    /// The contract's kind, by its user-defined field, trimmed and in any case (C1).
    pub fn billing(&self) -> Billing {
        let text = self.payg.as_deref().unwrap_or_default().trim();
        match text.to_lowercase().as_str() {
            "yes" => Billing::PayAsYouGo,
            "no" | "" => Billing::Prepaid,
            _ => Billing::Unclear(text.to_owned()),
        }
    }

    /// Whether it counts on `day`: recurring, active, the day within its dates (C1).
    pub fn counts_on(&self, day: Date) -> bool {
        self.recurring && self.active && self.start <= day && day <= self.end
    }
}

/// How often something is billed. The numbers are Autotask's picklist for `contractPeriodType` and
/// `Services.periodType`: 2 monthly, 3 quarterly, 4 semi-annual, 5 yearly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeriodType {
    /// Every month.
    Monthly,
    /// Every three months.
    Quarterly,
    /// Every six months.
    SemiAnnual,
    /// Every twelve months.
    Yearly,
}

impl PeriodType {
    /// All of them, shortest first.
    pub const ALL: [PeriodType; 4] =
        [PeriodType::Monthly, PeriodType::Quarterly, PeriodType::SemiAnnual, PeriodType::Yearly];

    /// Autotask's number for it.
    pub fn number(self) -> i64 {
        match self {
            PeriodType::Monthly => 2,
            PeriodType::Quarterly => 3,
            PeriodType::SemiAnnual => 4,
            PeriodType::Yearly => 5,
        }
    }

    /// The period type of Autotask's number; none for one-time and unknown ones.
    pub fn of_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.number() == number)
    }

    /// How many months it is long.
    pub fn months(self) -> i32 {
        match self {
            PeriodType::Monthly => 1,
            PeriodType::Quarterly => 3,
            PeriodType::SemiAnnual => 6,
            PeriodType::Yearly => 12,
        }
    }

    /// The word for prices: "+9.00 a month".
    pub fn per(self) -> &'static str {
        match self {
            PeriodType::Monthly => "month",
            PeriodType::Quarterly => "quarter",
            PeriodType::SemiAnnual => "half-year",
            PeriodType::Yearly => "year",
        }
    }
}

impl fmt::Display for PeriodType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            PeriodType::Monthly => "monthly",
            PeriodType::Quarterly => "quarterly",
            PeriodType::SemiAnnual => "semi-annual",
            PeriodType::Yearly => "yearly",
        })
    }
}

/// A billing period, both days inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Period {
    /// First day.
    pub start: Date,
    /// Last day.
    pub end: Date,
}

impl Period {
    /// The period of a contract that started on `anchor` which holds `day`; none before `anchor`.
    pub fn holding(day: Date, anchor: Date, kind: PeriodType) -> Option<Period> {
        if day < anchor {
            return None;
        }
        let months = kind.months();
        let passed = i32::from(day.year() - anchor.year()) * 12 + i32::from(day.month() - anchor.month());
        let mut index = passed / months;
        // Counted from the anchor each time, so that a start on the 31st does not wander to the 28th.
        if nth_start(anchor, index * months)? > day {
            index -= 1;
        }
        let start = nth_start(anchor, index * months)?;
        let next = nth_start(anchor, (index + 1) * months)?;
        Some(Period { start, end: next.yesterday().ok()? })
    }

    /// The period before this one, of the same contract.
    pub fn before(self, anchor: Date, kind: PeriodType) -> Option<Period> {
        Period::holding(self.start.yesterday().ok()?, anchor, kind)
    }

    /// Whether `day` lies in it.
    pub fn holds(self, day: Date) -> bool {
        self.start <= day && day <= self.end
    }

    /// Whether it is one calendar month, first to last day (U7).
    pub fn is_calendar_month(self) -> bool {
        self.start.day() == 1 && self.end == self.start.last_of_month()
    }
}

fn nth_start(anchor: Date, months: i32) -> Option<Date> {
    anchor.checked_add(months.months()).ok()
}

/// The units of one line in one stretch of days (Autotask `ContractServiceUnits`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitsRow {
    /// Its contract.
    pub contract: ContractId,
    /// Its line.
    pub line: LineId,
    /// Its service.
    pub service: ServiceId,
    /// First day.
    pub start: Date,
    /// Last day, inclusive.
    pub end: Date,
    /// The total in force.
    pub units: i64,
    /// The price of all units for the stretch, not of one.
    pub price: Decimal,
    /// Whether it was approved and posted: already on an invoice.
    pub posted: bool,
}

/// The row in force on `day`. Where two rows of a line share a day, which Autotask's help allows for
/// the day of a change, the later one counts.
pub fn row_on<'a>(rows: impl IntoIterator<Item = &'a UnitsRow>, day: Date) -> Option<&'a UnitsRow> {
    rows.into_iter().filter(|row| row.start <= day && day <= row.end).max_by_key(|row| row.start)
}

/// A service's line on a contract (Autotask `ContractServices`); holds no quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractLine {
    /// Its id.
    pub id: LineId,
    /// Its contract.
    pub contract: ContractId,
    /// Its service.
    pub service: ServiceId,
    /// The price of one unit for one period.
    pub unit_price: Option<Decimal>,
}

/// The units of a bundle on a contract in one stretch of days (Autotask `ContractServiceBundleUnits`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleRow {
    /// Its contract.
    pub contract: ContractId,
    /// The bundle's line on it: `ContractServiceBundles.id`.
    pub line: LineId,
    /// Which bundle.
    pub bundle: BundleId,
    /// First day.
    pub start: Date,
    /// Last day, inclusive.
    pub end: Date,
    /// How many of the bundle.
    pub units: i64,
}

/// The row in force on `day` of each line of bundles. Where two rows of a line share a day, the later one counts.
pub fn bundles_on(rows: &[BundleRow], day: Date) -> Vec<&BundleRow> {
    let mut in_force: BTreeMap<LineId, &BundleRow> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.start <= day && day <= row.end) {
        let known = in_force.entry(row.line).or_insert(row);
        if known.start < row.start {
            *known = row;
        }
    }
    in_force.into_values().collect()
}

/// An Autotask service: what a line sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// Its name.
    pub name: String,
    /// Whether it may be sold.
    pub active: bool,
    /// How often it is billed.
    pub period: Option<PeriodType>,
    /// The list price of one unit for one period.
    pub unit_price: Option<Decimal>,
    /// The provider's own key (`externalID`), by which a service that we created is found again.
    pub external_id: Option<String>,
}

/// An Autotask billing code, as offered for new services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingCode {
    /// Its id.
    pub id: BillingCodeId,
    /// Its name.
    pub name: String,
    /// Whether it may be used.
    pub active: bool,
}

#[cfg(test)]
mod tests {
    use super::{BundleRow, bundles_on};
    use crate::ids::{BundleId, ContractId, LineId};
    use jiff::civil::date;

    #[test]
    fn u4_q1_rows_of_a_bundle_that_share_the_day_of_a_change_count_once() {
        let row = |line, start, end, units| {
            let (contract, bundle) = (ContractId(1), BundleId(7));
            BundleRow {
                contract,
                line: LineId(line),
                bundle,
                start: date(2026, 5, start),
                end: date(2026, 5, end),
                units,
            }
        };
        let rows = [row(1, 10, 31, 6), row(1, 1, 10, 4), row(2, 1, 31, 5), row(3, 11, 31, 9)];
        let units = |day| bundles_on(&rows, date(2026, 5, day)).iter().map(|row| row.units).collect::<Vec<_>>();
        assert_eq!((units(9), units(10), units(11)), (vec![4, 5], vec![6, 5], vec![6, 5, 9]));
    }
}
