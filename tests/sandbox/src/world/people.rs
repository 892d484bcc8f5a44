//! What people make and hide in Autotask by hand: companies, contracts, services, lines and rights.

use super::World;
use crate::autotask::adjustments::{Author, Wish};
use jiff::civil::Date;
use rust_decimal::Decimal;

impl World {
    /// A new active customer company with its primary contact.
    pub fn add_company(&mut self, name: &str) -> i64 {
        let now = self.now();
        let company = self.autotask.new_company(name, now);
        let email = format!("office@company-{company}.example");
        self.add_contact(company, ("Erika", "Muster"), &email, true);
        company
    }

    /// A new active monthly recurring contract.
    pub fn add_contract(&mut self, company_id: i64, name: &str, start: Date, end: Date) -> i64 {
        let now = self.now();
        self.autotask.new_contract(company_id, name, (start, end), now)
    }

    /// A new monthly service under the first billing code.
    pub fn add_service(&mut self, name: &str, sku: &str, unit_price: Decimal) -> i64 {
        let now = self.now();
        self.autotask.new_service(name, sku, unit_price, now)
    }

    /// A new line with these units in every period; `unit_price` replaces the service's own.
    pub fn add_line(&mut self, contract_id: i64, service_id: i64, units: i64, unit_price: Option<Decimal>) -> i64 {
        self.autotask.add_filled_line(contract_id, service_id, units, unit_price)
    }

    /// A new service bundle of these services, and its id.
    pub fn add_bundle(&mut self, name: &str, services: &[i64], unit_price: Decimal) -> i64 {
        let now = self.now();
        self.autotask.new_bundle(name, services, unit_price, now)
    }

    /// A bundle on a contract with these units in every period.
    pub fn add_bundle_line(&mut self, contract_id: i64, bundle_id: i64, units: i64) -> i64 {
        self.autotask.create_bundle_line(contract_id, bundle_id, units)
    }

    /// A person changes a line's units from a day on; the rules are those of the API.
    pub fn human_adjust(&mut self, line_id: i64, delta: i64, effective: Date) -> Result<(), String> {
        let wish =
            Wish { line_id: Some(line_id), unit_change: Some(delta), effective: Some(effective), ..Wish::default() };
        let now = self.now();
        let adjusted = self.autotask.adjust(&wish, Author::Human, now, &self.settings);
        adjusted.map(|_| ())
    }

    /// Approves and posts the billing of a line's period that contains the day.
    pub fn post_period(&mut self, line_id: i64, day: Date) -> bool {
        let now = self.now();
        self.autotask.post_period(line_id, day, now)
    }

    /// Sets or, with `None`, empties a user-defined field of a contract.
    pub fn set_udf(&mut self, contract_id: i64, name: &str, value: Option<&str>) -> bool {
        let known = self.autotask.table_mut("Contracts").set_udf(contract_id, name, value);
        self.touch_contract(contract_id);
        known
    }

    /// Moves a contract's last day; rows after it go, rows missing before it are made.
    pub fn end_contract(&mut self, contract_id: i64, last_day: Date) -> bool {
        let contracts = self.autotask.table_mut("Contracts");
        let known = contracts.set(contract_id, "endDate", last_day);
        self.autotask.fit_rows_to_contract(contract_id);
        self.touch_contract(contract_id);
        known
    }

    /// Sets a contract's status: 1 active, 0 inactive.
    pub fn set_contract_status(&mut self, contract_id: i64, status: i64) -> bool {
        let contracts = self.autotask.table_mut("Contracts");
        let known = contracts.set(contract_id, "status", status);
        self.touch_contract(contract_id);
        known
    }

    fn touch_contract(&mut self, contract_id: i64) {
        let now = self.now();
        let contracts = self.autotask.table_mut("Contracts");
        contracts.set(contract_id, "lastModifiedDateTime", now);
    }

    /// Puts a contract into a line of business.
    pub fn set_line_of_business(&mut self, contract_id: i64, line_of_business: i64) -> bool {
        let contracts = self.autotask.table_mut("Contracts");
        contracts.set(contract_id, "organizationalLevelAssociationID", line_of_business)
    }

    /// Hides the contracts of a line of business, and all below them, from the API user.
    pub fn hide_from_api_user(&mut self, line_of_business: i64) {
        self.autotask.hidden_lines_of_business.insert(line_of_business);
    }

    /// Hides a company and its contracts from the API user.
    pub fn hide_company(&mut self, company_id: i64) {
        self.autotask.hidden_companies.insert(company_id);
    }

    /// Gives a company another name.
    pub fn rename_company(&mut self, company_id: i64, name: &str) -> bool {
        self.autotask.table_mut("Companies").set(company_id, "companyName", name)
    }

    /// Hides a contract and all below it from the API user.
    pub fn hide_contract(&mut self, contract_id: i64) {
        self.autotask.hidden_contracts.insert(contract_id);
    }

    /// Shows the API user everything again.
    pub fn hide_nothing(&mut self) {
        self.autotask.hidden_companies.clear();
        self.autotask.hidden_contracts.clear();
        self.autotask.hidden_lines_of_business.clear();
    }
}
