//! Companies, contracts, services and lines as they are made and changed by any side: API, seed or
//! human edit. Checks on what a client sent live in `writes`, not here.
//! (Autotask developer help, Contracts, ContractServices, Services.)

use super::periods::{BUNDLE_LINES, SERVICE_LINES};
use super::views::line_price;
use super::{API_RESOURCE, Autotask, Row};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

impl Autotask {
    pub(crate) fn new_company(&mut self, name: &str, now: Timestamp) -> i64 {
        let companies = self.table_mut("Companies");
        let row = Row::new(companies.entity())
            .with("companyName", name)
            .with("companyType", 1)
            .with("ownerResourceID", API_RESOURCE)
            .with("phone", "+49 000 0000")
            .with("isActive", true)
            .with("createDate", now)
            .with("lastActivityDate", now)
            .with("lastTrackedModifiedDateTime", now);
        companies.add(row)
    }

    pub(crate) fn new_contract(&mut self, company_id: i64, name: &str, days: (Date, Date), now: Timestamp) -> i64 {
        let contracts = self.table_mut("Contracts");
        let row = Row::new(contracts.entity())
            .with("companyID", company_id)
            .with("contractName", name)
            .with("contractType", 7)
            .with("contractPeriodType", 2)
            .with("status", 1)
            .with("startDate", days.0)
            .with("endDate", days.1)
            .with("timeReportingRequiresStartAndStopTimes", 0)
            .with("setupFee", Decimal::ZERO)
            .with("isDefaultContract", false)
            .with("isCompliant", false)
            .with("lastModifiedDateTime", now);
        contracts.add(row)
    }

    pub(crate) fn new_service(&mut self, name: &str, sku: &str, price: Decimal, now: Timestamp) -> i64 {
        let billing_code = self.table("BillingCodes").rows().next().map(Row::id);
        let services = self.table_mut("Services");
        let row = Row::new(services.entity())
            .with("name", name)
            .with("sku", sku)
            .with("billingCodeID", billing_code)
            .with("periodType", 2)
            .with("unitPrice", price)
            .with("unitCost", Decimal::ZERO)
            .with("isActive", true)
            .with("createDate", now)
            .with("lastModifiedDate", now);
        services.add(row)
    }

    /// A new line without units, with its rows.
    pub(crate) fn create_line(&mut self, contract_id: i64, service_id: i64, adjusted_price: Option<Decimal>) -> i64 {
        let service = self.row("Services", service_id);
        let unit_price = service.and_then(|row| row.money("unitPrice")).unwrap_or_default();
        let lines = self.table_mut(SERVICE_LINES.lines);
        let row = Row::new(lines.entity())
            .with("contractID", contract_id)
            .with("serviceID", service_id)
            .with("unitPrice", unit_price)
            .with("unitCost", Decimal::ZERO)
            .with("internalCurrencyUnitPrice", unit_price)
            .with("internalCurrencyAdjustedPrice", adjusted_price.unwrap_or(unit_price));
        let id = lines.add(row);
        self.make_line_rows(SERVICE_LINES, id, self.horizon());
        id
    }

    /// A bundle on a contract with its units.
    pub(crate) fn create_bundle_line(&mut self, contract_id: i64, bundle_id: i64, units: i64) -> i64 {
        let bundle = self.row("ServiceBundles", bundle_id);
        let price = bundle.and_then(|row| row.money("unitPrice")).unwrap_or_default();
        let lines = self.table_mut(BUNDLE_LINES.lines);
        let row = Row::new(lines.entity())
            .with("contractID", contract_id)
            .with("serviceBundleID", bundle_id)
            .with("unitPrice", price)
            .with("adjustedPrice", price)
            .with("internalCurrencyUnitPrice", price)
            .with("internalCurrencyAdjustedPrice", price);
        let id = lines.add(row);
        self.make_line_rows(BUNDLE_LINES, id, self.horizon());
        self.fill_rows(BUNDLE_LINES, id, units, price);
        id
    }

    /// A definition of a user-defined field; `udf_type` is the number of the entity.
    pub(crate) fn new_udf_definition(&mut self, name: &str, udf_type: i64, now: Timestamp) -> i64 {
        let definitions = self.table_mut("UserDefinedFieldDefinitions");
        let row = Row::new(definitions.entity())
            .with("name", name)
            .with("udfType", udf_type)
            .with("dataType", 1)
            .with("isActive", true)
            .with("isRequired", false)
            .with("isProtected", false)
            .with("isPrivate", false)
            .with("sortOrder", 1)
            .with("createDate", now);
        definitions.add(row)
    }

    /// A line with the same units in every period.
    pub(crate) fn add_filled_line(
        &mut self,
        contract_id: i64,
        service_id: i64,
        units: i64,
        unit_price: Option<Decimal>,
    ) -> i64 {
        let id = self.create_line(contract_id, service_id, unit_price);
        let price = self.row(SERVICE_LINES.lines, id).map(line_price);
        self.fill_rows(SERVICE_LINES, id, units, price.unwrap_or_default());
        id
    }

    /// A bundle of services in the catalogue.
    pub(crate) fn new_bundle(&mut self, name: &str, services: &[i64], price: Decimal, now: Timestamp) -> i64 {
        let billing_code = self.table("BillingCodes").rows().next().map(Row::id);
        let bundles = self.table_mut("ServiceBundles");
        let row = Row::new(bundles.entity())
            .with("name", name)
            .with("billingCodeID", billing_code)
            .with("periodType", 2)
            .with("unitPrice", price)
            .with("isActive", true)
            .with("createDate", now)
            .with("lastModifiedDate", now);
        let bundle_id = bundles.add(row);
        for service_id in services {
            let members = self.table_mut("ServiceBundleServices");
            let row = Row::new(members.entity()).with("serviceBundleID", bundle_id).with("serviceID", *service_id);
            members.add(row);
        }
        bundle_id
    }

    /// Approves and posts the billing of the row in force on a day.
    pub(crate) fn post_period(&mut self, line_id: i64, day: Date, now: Timestamp) -> bool {
        let Some(row) = self.row_on(SERVICE_LINES, line_id, day).map(Row::id) else {
            return false;
        };
        let units = self.table_mut(SERVICE_LINES.units);
        units.set(row, "approveAndPostDate", now)
    }
}
