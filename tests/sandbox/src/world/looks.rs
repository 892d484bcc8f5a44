//! Looks at what Autotask holds; they copy and change nothing.

use super::World;
use crate::autotask::Row;
use crate::autotask::adjustments::Adjustment;
use crate::autotask::views::{Company, Contract, Line, Service, UnitsRow};
use jiff::civil::Date;

impl World {
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
}
