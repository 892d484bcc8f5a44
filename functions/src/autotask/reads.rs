//! The questions asked of Autotask, each with as many requests as there are pages, not customers (B1).

use super::query::{MOST_OF_TWO, MOST_VALUES, after, is, is_one_of, not_after, not_before};
use super::wire;
use super::{AutotaskError, AutotaskReader};
use jiff::civil::Date;
use shared::contract::{BillingCode, BundleRow, Company, Contract, ContractLine, Period, Service, UnitsRow};
use shared::ids::{BundleId, ContractId, LineId, ServiceId};

impl AutotaskReader {
    /// All companies, the provider's own (id 0) too.
    pub async fn companies(&self, each: impl FnMut(Company)) -> Result<(), AutotaskError> {
        self.each_row::<wire::Company>(&[], each).await
    }

    /// The recurring service contracts that end on `ended_since` or later.
    pub async fn contracts(&self, ended_since: Date, each: impl FnMut(Contract)) -> Result<(), AutotaskError> {
        let conditions = [is("contractType", wire::RECURRING_SERVICE), not_before("endDate", ended_since)];
        self.each_row::<wire::Contract>(&conditions, each).await
    }

    /// The unit rows of `services` that hold `day`, on whatever contract.
    pub async fn units_on(
        &self,
        day: Date,
        services: &[ServiceId],
        mut each: impl FnMut(UnitsRow),
    ) -> Result<(), AutotaskError> {
        for some in services.chunks(MOST_VALUES) {
            let conditions = [not_after("startDate", day), not_before("endDate", day), one_of_services(some)];
            self.each_row::<wire::ContractServiceUnit>(&conditions, &mut each).await?;
        }
        Ok(())
    }

    /// The unit rows of `lines` that share a day with `span`.
    pub async fn units_of_lines(&self, lines: &[LineId], span: Period) -> Result<Vec<UnitsRow>, AutotaskError> {
        let mut rows = Vec::new();
        for some in lines.chunks(MOST_VALUES) {
            let one_of_lines = is_one_of("contractServiceID", some.iter().map(|line| line.0));
            let conditions = [one_of_lines, not_after("startDate", span.end), not_before("endDate", span.start)];
            rows.extend(self.rows::<wire::ContractServiceUnit>(&conditions).await?);
        }
        Ok(rows)
    }

    /// The unit rows of `lines` that begin after `day`, up to `last`.
    pub async fn units_that_begin(
        &self,
        lines: &[LineId],
        day: Date,
        last: Date,
    ) -> Result<Vec<UnitsRow>, AutotaskError> {
        let mut rows = Vec::new();
        for some in lines.chunks(MOST_VALUES) {
            let one_of_lines = is_one_of("contractServiceID", some.iter().map(|line| line.0));
            let conditions = [one_of_lines, after("startDate", day), not_after("startDate", last)];
            rows.extend(self.rows::<wire::ContractServiceUnit>(&conditions).await?);
        }
        Ok(rows)
    }

    /// The unit rows of `services` on `contracts` that end on `from` or later.
    pub async fn units_of_contracts(
        &self,
        contracts: &[ContractId],
        services: &[ServiceId],
        from: Date,
    ) -> Result<Vec<UnitsRow>, AutotaskError> {
        let mut rows = Vec::new();
        for (contracts, services) in pairs(contracts, services) {
            let conditions = [one_of_contracts(contracts), one_of_services(services), not_before("endDate", from)];
            rows.extend(self.rows::<wire::ContractServiceUnit>(&conditions).await?);
        }
        Ok(rows)
    }

    /// The lines of `services` on `contracts`.
    pub async fn lines_of(
        &self,
        contracts: &[ContractId],
        services: &[ServiceId],
    ) -> Result<Vec<ContractLine>, AutotaskError> {
        let mut lines = Vec::new();
        for (contracts, services) in pairs(contracts, services) {
            let conditions = [one_of_contracts(contracts), one_of_services(services)];
            lines.extend(self.rows::<wire::ContractService>(&conditions).await?);
        }
        Ok(lines)
    }

    /// The bundles that hold any of `services`, each with the service it holds.
    pub async fn bundle_contents(&self, services: &[ServiceId]) -> Result<Vec<(BundleId, ServiceId)>, AutotaskError> {
        let mut contents = Vec::new();
        for some in services.chunks(MOST_VALUES) {
            contents.extend(self.rows::<wire::ServiceBundleService>(&[one_of_services(some)]).await?);
        }
        Ok(contents)
    }

    /// The unit rows of `bundles` that hold `day`, on whatever contract.
    pub async fn bundle_units_on(
        &self,
        day: Date,
        bundles: &[BundleId],
        mut each: impl FnMut(BundleRow),
    ) -> Result<(), AutotaskError> {
        for some in bundles.chunks(MOST_VALUES) {
            let one_of_bundles = is_one_of("serviceBundleID", some.iter().map(|bundle| bundle.0));
            let conditions = [not_after("startDate", day), not_before("endDate", day), one_of_bundles];
            self.each_row::<wire::ContractServiceBundleUnit>(&conditions, &mut each).await?;
        }
        Ok(())
    }

    /// These services, or all; inactive ones too.
    pub async fn services(&self, ids: Option<&[ServiceId]>) -> Result<Vec<Service>, AutotaskError> {
        let Some(ids) = ids else { return self.rows::<wire::Service>(&[]).await };
        let mut services = Vec::new();
        for some in ids.chunks(MOST_VALUES) {
            let one_of_ids = is_one_of("id", some.iter().map(|id| id.0));
            services.extend(self.rows::<wire::Service>(&[one_of_ids]).await?);
        }
        Ok(services)
    }

    /// The service that carries our key; the oldest, if a person copied one.
    pub async fn service_by_external_id(&self, key: &str) -> Result<Option<Service>, AutotaskError> {
        let found = self.rows::<wire::Service>(&[is("externalID", key)]).await?;
        Ok(found.into_iter().next())
    }

    /// The billing codes a service may be given.
    pub async fn billing_codes(&self) -> Result<Vec<BillingCode>, AutotaskError> {
        self.rows::<wire::BillingCode>(&[]).await
    }
}

pub(super) fn one_of_contracts(contracts: &[ContractId]) -> serde_json::Value {
    is_one_of("contractID", contracts.iter().map(|contract| contract.0))
}

pub(super) fn one_of_services(services: &[ServiceId]) -> serde_json::Value {
    is_one_of("serviceID", services.iter().map(|service| service.0))
}

/// Every pair of parts of two lists that fits into one query.
pub(super) fn pairs<'a, A, B>(first: &'a [A], second: &'a [B]) -> impl Iterator<Item = (&'a [A], &'a [B])> {
    let all_of_second = move |some| second.chunks(MOST_OF_TWO).map(move |others| (some, others));
    first.chunks(MOST_OF_TWO).flat_map(all_of_second)
}
