//! Autotask's way with units: one row per line and period, an adjustment splits a row and adds to all later
//! ones, and a line takes one adjustment per day. Knows nothing of the rules.

use super::{World, date};
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use shared::contract::{BundleRow, Contract, ContractLine, Period, PeriodType, UnitsRow, row_on};
use shared::ids::{BundleId, ContractId, LineId, ServiceId};
use shared::line::LinePlace;

/// How far ahead the vendor lays out rows.
const MONTHS_AHEAD: i32 = 8;

impl World {
    /// A line with the same units in all periods of its contract.
    pub(crate) fn line(&mut self, contract: i64, line: i64, service: ServiceId, units: i64) -> &mut Self {
        let contract = self.contract_of(ContractId(contract));
        self.lay_out(&contract, LineId(line), service, contract.start, units);
        self
    }

    /// A line that no units were ever put on.
    pub(crate) fn line_without_rows(&mut self, contract: i64, line: i64, service: ServiceId) -> &mut Self {
        let contract = ContractId(contract);
        self.it().lines.push(ContractLine { id: LineId(line), contract, service, unit_price: None });
        self
    }

    fn contract_of(&mut self, id: ContractId) -> Contract {
        self.it().contracts.iter().find(|one| one.id == id).expect("the contract exists").clone()
    }

    fn lay_out(&mut self, contract: &Contract, line: LineId, service: ServiceId, from: Date, units: i64) {
        let service_period = self.services.get(&service).and_then(|service| service.period);
        let kind = contract.period.or(service_period).unwrap_or(PeriodType::Monthly);
        let last = self.today.checked_add(MONTHS_AHEAD.months()).expect("a near day").min(contract.end);
        let mut day = from;
        while day <= last {
            let period = Period::holding(day, contract.start, kind).expect("within the contract");
            let end = period.end.min(contract.end);
            let price = Decimal::from(3 * units);
            let row = UnitsRow { contract: contract.id, line, service, start: day, end, units, price, posted: false };
            self.it().rows.push(row);
            day = end.tomorrow().expect("a near day");
        }
        let unit_price = Some(Decimal::from(3));
        self.it().lines.push(ContractLine { id: line, contract: contract.id, service, unit_price });
    }

    /// Somebody else changes a line's units from a day on, on all later days alike.
    pub(crate) fn others_change(&mut self, line: i64, from: &str, units: i64) -> &mut Self {
        let (line, from) = (LineId(line), date(from));
        let change = units - self.units(line.0, &from.to_string());
        self.split(line, from, change);
        self
    }

    /// The units in force on a line on a day.
    pub(crate) fn units(&self, line: i64, day: &str) -> i64 {
        let rows = self.customers.values().flat_map(|customer| &customer.rows).filter(|row| row.line.0 == line);
        row_on(rows, date(day)).map_or(0, |row| row.units)
    }

    /// All rows up to a day are approved and posted.
    pub(crate) fn post_until(&mut self, day: &str) -> &mut Self {
        let day = date(day);
        self.it().rows.iter_mut().filter(|row| row.end <= day).for_each(|row| row.posted = true);
        self
    }

    /// A bundle of several services on a contract.
    pub(crate) fn bundle(&mut self, contract: i64, bundle: i64, service: ServiceId, units: i64) -> &mut Self {
        self.bundles_holding.entry(service).or_default().insert(BundleId(bundle));
        let row = BundleRow {
            contract: ContractId(contract),
            line: LineId(contract * 1_000_000 + bundle),
            bundle: BundleId(bundle),
            start: self.today.first_of_month(),
            end: self.today.last_of_month(),
            units,
        };
        self.it().bundles.push(row);
        self
    }

    /// What Autotask does with an adjustment; a second one for the same line and day is refused.
    pub(crate) fn adjust(&mut self, place: &LinePlace, effective: Date, change: i64) -> Result<(), String> {
        let contract = self.contract_of(place.contract);
        if effective < contract.start || effective > contract.end {
            return Err("effectiveDate must be between the start date and end date of the Contract".to_owned());
        }
        let line = place.line.or_else(|| {
            let at = |line: &&ContractLine| line.contract == place.contract && line.service == place.service;
            self.it().lines.iter().find(at).map(|line| line.id)
        });
        let line = line.unwrap_or(LineId(place.contract.0 * 10 + 9));
        if !self.taken.insert((line, effective)) {
            return Err("Attempt to insert duplicate data into contract_service_period".to_owned());
        }
        if !self.it().rows.iter().any(|row| row.line == line) {
            self.lay_out(&contract, line, place.service, effective, change);
            return Ok(());
        }
        self.split(line, effective, change);
        Ok(())
    }

    fn split(&mut self, line: LineId, effective: Date, change: i64) {
        let rows = self.customers.values_mut().find(|customer| customer.rows.iter().any(|row| row.line == line));
        let rows = &mut rows.expect("the line exists").rows;
        let holds = |row: &&mut UnitsRow| row.line == line && row.start < effective && effective <= row.end;
        if let Some(row) = rows.iter_mut().find(holds) {
            let rest = UnitsRow { start: effective, ..row.clone() };
            row.end = effective.yesterday().expect("a near day");
            rows.push(rest);
        }
        for row in rows.iter_mut().filter(|row| row.line == line && row.start >= effective) {
            row.units += change;
            row.price = Decimal::from(3 * row.units);
            assert!(row.units >= 0, "a line below 0 units: {row:?}");
        }
    }
}
