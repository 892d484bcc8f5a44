//! Both vendors' state with plain functions to look at it and to change it as a human would. HTTP
//! answers, tests, seeds and the control paths all go through here; nothing here speaks HTTP.

use crate::acronis::{Acronis, Quota, Tenant, TenantKind};
use crate::autotask::adjustments::{Adjustment, Author, Wish};
use crate::autotask::views::{Company, Contract, Line, Service, UnitsRow};
use crate::autotask::{Autotask, Row};
use crate::clock::{Clock, day_of, days_after};
use crate::settings::Settings;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// The two vendors, the clock and the switches.
#[derive(Debug)]
pub struct World {
    pub(crate) clock: Clock,
    /// Switches for what the vendors leave open.
    pub settings: Settings,
    /// Acronis state.
    pub acronis: Acronis,
    /// Autotask state.
    pub autotask: Autotask,
}

impl World {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            clock: Clock::at(now),
            settings: Settings::default(),
            acronis: Acronis::new(now),
            autotask: Autotask::new(day_of(now)),
        }
    }

    /// Sandbox time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sandbox day, UTC.
    #[must_use]
    pub fn today(&self) -> Date {
        day_of(self.now())
    }

    /// Sets the clock and makes the billing periods that now come into view.
    pub fn set_now(&mut self, now: Timestamp) {
        self.clock.set(now);
        self.catch_up();
    }

    /// Moves the clock by whole days.
    pub fn advance_days(&mut self, days: i64) {
        let now = self.now();
        let later = now.checked_add(jiff::SignedDuration::from_hours(24 * days));
        self.set_now(later.unwrap_or(now));
    }

    /// Lets the clock run with the system's, or stops it.
    pub fn follow_system_clock(&mut self, on: bool) {
        self.clock.follow(on);
    }

    /// Makes billing periods when the day has changed since they were last made.
    pub(crate) fn catch_up(&mut self) {
        let today = self.today();
        if today != self.autotask.rows_made_on {
            self.autotask.make_rows(today);
        }
    }

    // ---- Acronis ----

    /// A tenant by id.
    #[must_use]
    pub fn tenant(&self, id: &str) -> Option<&Tenant> {
        self.acronis.tenants.get(id)
    }

    /// The id of the tenant with exactly this name.
    #[must_use]
    pub fn tenant_named(&self, name: &str) -> Option<String> {
        let mut tenants = self.acronis.tenants.values();
        tenants.find(|tenant| tenant.name == name).map(|tenant| tenant.id.clone())
    }

    /// A customer tenant in production below `parent` (the partner when `None`), without items.
    pub fn add_tenant(&mut self, name: &str, parent: Option<&str>) -> String {
        self.add_tenant_of_kind(name, parent, TenantKind::Customer)
    }

    /// A tenant of any kind below `parent` (the partner when `None`).
    pub fn add_tenant_of_kind(&mut self, name: &str, parent: Option<&str>, kind: TenantKind) -> String {
        let now = self.now();
        self.acronis.add_tenant(name, parent, kind, now)
    }

    /// Deletes a tenant as the console does: it is gone from every list.
    pub fn remove_tenant(&mut self, id: &str) -> bool {
        let now = self.now();
        self.change_tenant(id, |tenant| tenant.deleted_at = Some(now))
    }

    /// Changes a tenant and moves its version and `updated_at`.
    pub fn change_tenant(&mut self, id: &str, change: impl FnOnce(&mut Tenant)) -> bool {
        let now = self.now();
        let Some(tenant) = self.acronis.tenants.get_mut(id) else {
            return false;
        };
        change(tenant);
        tenant.version += 1;
        tenant.updated_at = now;
        true
    }

    /// Lets a tenant refuse its usage: any batch that contains it answers 403.
    pub fn refuse_usage(&mut self, id: &str, refuse: bool) -> bool {
        let tenant = self.acronis.tenants.get_mut(id);
        tenant.map(|tenant| tenant.refuses_usage = refuse).is_some()
    }

    /// Switches an offering item on or off, adding it when the tenant does not have it yet.
    pub fn set_item_status(&mut self, tenant: &str, item: &str, infra: Option<&str>, on: bool) {
        let now = self.now();
        self.acronis.set_item_status(tenant, item, infra, on, now);
    }

    /// Sets an item's quota.
    pub fn set_quota(&mut self, tenant: &str, item: &str, infra: Option<&str>, quota: Quota) -> bool {
        let now = self.now();
        self.acronis.set_quota(tenant, item, infra, quota, now)
    }

    /// Sets a tenant's usage of an item: the period's value and the absolute one.
    pub fn set_usage(&mut self, tenant: &str, item: &str, infra: Option<&str>, value: u64, absolute: Option<u64>) {
        let today = self.today();
        self.acronis.set_usage(tenant, item, infra, (value, absolute), today);
    }

    /// Takes a usage row away; false when there was none.
    pub fn remove_usage(&mut self, tenant: &str, item: &str, infra: Option<&str>) -> bool {
        self.acronis.remove_usage(tenant, item, infra)
    }

    // ---- Autotask, looking ----

    /// All companies, by id.
    #[must_use]
    pub fn companies(&self) -> Vec<Company> {
        self.autotask.table("Companies").rows().map(Company::from).collect()
    }

    /// The id of the company with exactly this name.
    #[must_use]
    pub fn company_named(&self, name: &str) -> Option<i64> {
        let mut rows = self.autotask.table("Companies").rows();
        rows.find(|row| row.text("companyName") == name).map(Row::id)
    }

    /// All contracts, by id.
    #[must_use]
    pub fn contracts(&self) -> Vec<Contract> {
        self.autotask.table("Contracts").rows().map(Contract::from).collect()
    }

    /// One contract.
    #[must_use]
    pub fn contract(&self, id: i64) -> Option<Contract> {
        self.autotask.row("Contracts", id).map(Contract::from)
    }

    /// The contracts of a company, by id.
    #[must_use]
    pub fn contracts_of(&self, company_id: i64) -> Vec<Contract> {
        let rows = self.autotask.table("Contracts").by("companyID", company_id);
        rows.map(Contract::from).collect()
    }

    /// All services of the catalogue, by id.
    #[must_use]
    pub fn services(&self) -> Vec<Service> {
        self.autotask.table("Services").rows().map(Service::from).collect()
    }

    /// The id of the service with this stock-keeping unit.
    #[must_use]
    pub fn service_by_sku(&self, sku: &str) -> Option<i64> {
        let mut rows = self.autotask.table("Services").rows();
        rows.find(|row| row.text("sku") == sku).map(Row::id)
    }

    /// All contract lines, by id.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        self.autotask.table("ContractServices").rows().map(Line::from).collect()
    }

    /// The lines of a contract, by id.
    #[must_use]
    pub fn lines_of(&self, contract_id: i64) -> Vec<Line> {
        let rows = self.autotask.table("ContractServices").by("contractID", contract_id);
        rows.map(Line::from).collect()
    }

    /// The units rows of a line, by first day.
    #[must_use]
    pub fn rows_of(&self, line_id: i64) -> Vec<UnitsRow> {
        let rows = self.autotask.table("ContractServiceUnits").by("contractServiceID", line_id);
        let mut rows: Vec<UnitsRow> = rows.map(UnitsRow::from).collect();
        rows.sort_by_key(|row| (row.start, row.id));
        rows
    }

    /// Units of a line in force on a day.
    #[must_use]
    pub fn line_units_on(&self, line_id: i64, day: Date) -> Option<i64> {
        let mut by_day = self.rows_of(line_id).into_iter();
        by_day.rfind(|row| row.start <= day && row.end >= day).map(|row| row.units)
    }

    /// Units of a service on a contract in force on a day, over all its lines; `None` without a row.
    #[must_use]
    pub fn units_on(&self, contract_id: i64, service_id: i64, day: Date) -> Option<i64> {
        let lines = self.lines_of(contract_id).into_iter();
        lines
            .filter(|line| line.service_id == service_id)
            .filter_map(|line| self.line_units_on(line.id, day))
            .reduce(|sum, units| sum + units)
    }

    /// Every accepted adjustment in order, by the API and by humans.
    #[must_use]
    pub fn adjustments(&self) -> &[Adjustment] {
        &self.autotask.adjustments
    }

    // ---- Autotask, human edits ----

    /// A new active customer company.
    pub fn add_company(&mut self, name: &str) -> i64 {
        let now = self.now();
        self.autotask.new_company(name, now)
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
        self.autotask.table_mut("Contracts").set_udf(contract_id, name, value)
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

    /// A day relative to today, e.g. `-1` for yesterday.
    #[must_use]
    pub fn day(&self, offset: i64) -> Date {
        days_after(self.today(), offset)
    }
}
