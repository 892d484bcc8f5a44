//! What people change on contracts at the screen beyond units of a service: bundles, lines taken away,
//! days moved, renewals. (Autotask help, recurring service contracts.)

use super::adjustments::{Author, below_zero, invalid};
use super::notes::Happened;
use super::periods::{BUNDLE_LINES, LineKind, SERVICE_LINES};
use super::{Autotask, Cell, Row};
use crate::clock::days_after;
use crate::settings::Settings;
use jiff::Timestamp;
use jiff::civil::Date;

impl Autotask {
    fn contract_and_product(&self, kind: LineKind, line_id: i64) -> Option<(i64, i64)> {
        let line = self.row(kind.lines, line_id)?;
        Some((line.int("contractID")?, line.int(kind.product_field)?))
    }

    /// A bundle put on a contract with units from a day on.
    pub(crate) fn add_bundle(
        &mut self,
        (contract_id, bundle_id): (i64, i64),
        (units, from): (i64, Date),
        now: Timestamp,
        settings: &Settings,
    ) -> Result<i64, String> {
        self.check_within_contract(contract_id, from)?;
        self.row("ServiceBundles", bundle_id).ok_or_else(|| invalid("serviceBundleID", "ServiceBundle"))?;
        let line = self.create_bundle_line(contract_id, bundle_id, 0);
        self.make_line_rows(BUNDLE_LINES, line, from);
        self.change_rows(BUNDLE_LINES, line, from, (units, None), settings);
        self.note((contract_id, BUNDLE_LINES, bundle_id), Happened::Added, Author::Human, now, settings);
        self.touch_adjusted(contract_id, now, settings);
        Ok(line)
    }

    /// Units of a bundle changed from a day on.
    pub(crate) fn adjust_bundle(
        &mut self,
        line_id: i64,
        (delta, effective): (i64, Date),
        now: Timestamp,
        settings: &Settings,
    ) -> Result<(), String> {
        let found = self.contract_and_product(BUNDLE_LINES, line_id);
        let (contract, bundle) = found.ok_or_else(|| invalid("contractServiceBundleID", "ContractServiceBundle"))?;
        self.check_within_contract(contract, effective)?;
        self.make_line_rows(BUNDLE_LINES, line_id, effective);
        let rows = self.table(BUNDLE_LINES.units).by(BUNDLE_LINES.line_field, line_id);
        let later = rows.filter(|row| row.day("endDate") >= Some(effective));
        if later.filter_map(|row| row.int("units")).min().is_some_and(|fewest| fewest + delta < 0) {
            return Err(below_zero());
        }
        self.change_rows(BUNDLE_LINES, line_id, effective, (delta, None), settings);
        let happened = Happened::Units { delta, effective };
        self.note((contract, BUNDLE_LINES, bundle), happened, Author::Human, now, settings);
        self.touch_adjusted(contract, now, settings);
        Ok(())
    }

    /// A service or bundle taken off its contract, with all its rows.
    pub(crate) fn remove_line(&mut self, kind: LineKind, line_id: i64, now: Timestamp, settings: &Settings) -> bool {
        let Some((contract, product)) = self.contract_and_product(kind, line_id) else {
            return false;
        };
        for id in self.row_ids(kind, line_id) {
            self.table_mut(kind.units).remove(id);
        }
        self.table_mut(kind.lines).remove(line_id);
        self.note((contract, kind, product), Happened::Removed, Author::Human, now, settings);
        self.touch_adjusted(contract, now, settings);
        true
    }

    /// One more service in a bundle's definition; contracts that have the bundle get no note of it.
    pub(crate) fn extend_bundle(&mut self, bundle_id: i64, service_id: i64, now: Timestamp) -> bool {
        let known = self.table_mut("ServiceBundles").set(bundle_id, "lastModifiedDate", now);
        if known {
            let members = self.table_mut("ServiceBundleServices");
            let row = Row::new(members.entity()).with("serviceBundleID", bundle_id).with("serviceID", service_id);
            members.add(row);
        }
        known
    }

    /// A contract's days moved: rows outside them go, rows missing within them are made.
    pub(crate) fn move_days(&mut self, contract_id: i64, (start, end): (Date, Date), now: Timestamp) -> bool {
        let contracts = self.table_mut("Contracts");
        let known = contracts.set(contract_id, "startDate", start);
        contracts.set(contract_id, "endDate", end);
        contracts.set(contract_id, "lastModifiedDateTime", now);
        for kind in [SERVICE_LINES, BUNDLE_LINES] {
            let lines = self.table(kind.lines).by("contractID", contract_id).map(Row::id);
            for line in lines.collect::<Vec<_>>() {
                self.fit_rows_to_start(kind, line, start);
            }
        }
        self.fit_rows_to_contract(contract_id);
        known
    }

    fn fit_rows_to_start(&mut self, kind: LineKind, line_id: i64, start: Date) {
        for id in self.row_ids(kind, line_id) {
            let days = self.row(kind.units, id).map(|row| (row.day("startDate"), row.day("endDate")));
            match days {
                Some((_, last)) if last < Some(start) => {
                    self.table_mut(kind.units).remove(id);
                }
                Some((first, _)) if first < Some(start) => {
                    self.table_mut(kind.units).set(id, "startDate", start);
                }
                _ => {}
            }
        }
        let first = self.row_ids(kind, line_id).first().and_then(|id| self.row(kind.units, *id)).cloned();
        let Some((mut row, day)) = first.and_then(|row| row.day("startDate").map(|day| (row, day))) else {
            return;
        };
        if start < day {
            row.put(0, Cell::Null);
            let row = row
                .with("startDate", start)
                .with("endDate", days_after(day, -1))
                .with("approveAndPostDate", Cell::Null);
            self.table_mut(kind.units).add(row);
        }
    }

    /// A contract renewed: a new one with the same services, bundles and last units. No note is written.
    pub(crate) fn renew(&mut self, contract_id: i64, days: (Date, Date), now: Timestamp) -> Option<i64> {
        let old = self.row("Contracts", contract_id)?.clone();
        let company = old.int("companyID")?;
        let new = self.new_contract(company, old.text("contractName"), days, now);
        for (name, value) in &old.udfs {
            self.table_mut("Contracts").set_udf(new, name, Some(value));
        }
        self.table_mut("Contracts").set(new, "renewedContractID", contract_id);
        for kind in [SERVICE_LINES, BUNDLE_LINES] {
            let lines = self.table(kind.lines).by("contractID", contract_id).map(Row::id);
            for line in lines.collect::<Vec<_>>() {
                let (_, product) = self.contract_and_product(kind, line)?;
                let last = self.row_ids(kind, line).pop().and_then(|id| self.row(kind.units, id));
                let units = last.and_then(|row| row.int("units")).unwrap_or_default();
                let price = self.row(kind.lines, line).and_then(|row| row.money("internalCurrencyAdjustedPrice"));
                if kind.lines == SERVICE_LINES.lines {
                    self.add_filled_line(new, product, units, price);
                } else {
                    self.create_bundle_line(new, product, units);
                }
            }
        }
        Some(new)
    }

    /// A person to talk to at a company.
    pub(crate) fn new_contact(
        &mut self,
        company_id: i64,
        (first, last, email): (&str, &str, &str),
        primary: bool,
        now: Timestamp,
    ) -> i64 {
        let contacts = self.table_mut("Contacts");
        let row = Row::new(contacts.entity())
            .with("companyID", company_id)
            .with("firstName", first)
            .with("lastName", last)
            .with("emailAddress", email)
            .with("phone", "+49 000 0000")
            .with("isActive", 1)
            .with("primaryContact", primary)
            .with("createDate", now)
            .with("lastActivityDate", now)
            .with("lastModifiedDate", now);
        contacts.add(row)
    }
}
