//! What a plan needs of Autotask: companies, contracts, services, and units in force today. It reads, and
//! decides nothing.

use super::observe::Observed;
use crate::autotask::{AutotaskError, AutotaskReader};
use crate::store::{Pack, Packed};
use anyhow::Context;
use jiff::ToSpan;
use shared::contract::{Billing, BundleRow, Company, Contract, Service, UnitsRow};
use shared::ids::{BundleId, CompanyId, ContractId, ServiceId};
use shared::settings::EffectiveDates;
use shared::snapshot::Entry;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// How long a contract that ended may still be settled: its last period and a missed day.
const ENDED_LATELY_DAYS: i32 = 40;

/// What Autotask says, of mapped companies only.
#[derive(Default)]
pub(super) struct FromAutotask {
    /// All companies, mapped or not, for lists; where everybody is looked at.
    pub(super) packed: Option<Packed>,
    pub(super) companies: BTreeMap<CompanyId, Company>,
    pub(super) contracts: BTreeMap<CompanyId, Vec<Contract>>,
    pub(super) rows: BTreeMap<CompanyId, Vec<UnitsRow>>,
    pub(super) bundles: BTreeMap<CompanyId, Vec<BundleRow>>,
    pub(super) services: BTreeMap<ServiceId, Service>,
    pub(super) bundles_holding: BTreeMap<ServiceId, BTreeSet<BundleId>>,
}

pub(super) async fn read_autotask(autotask: &AutotaskReader, observed: &Observed) -> anyhow::Result<FromAutotask> {
    let mut read = FromAutotask::default();
    let (companies, contracts, services) = tokio::try_join!(
        read_companies(autotask, observed),
        read_contracts(autotask, observed),
        read_services(autotask, observed)
    )
    .context("reading Autotask companies, contracts and services")?;
    ((read.companies, read.packed), read.contracts) = (companies, contracts);
    (read.services, read.bundles_holding) = services;
    let company_of: BTreeMap<ContractId, CompanyId> =
        read.contracts.values().flatten().map(|contract| (contract.id, contract.company)).collect();
    let sold: Vec<ServiceId> = read.services.keys().copied().collect();
    let bundles: BTreeSet<BundleId> = read.bundles_holding.values().flatten().copied().collect();
    let bundles: Vec<BundleId> = bundles.into_iter().collect();
    let (rows, bundle_rows) = (&mut read.rows, &mut read.bundles);
    let each_row = |row: UnitsRow| {
        if let Some(company) = company_of.get(&row.contract) {
            rows.entry(*company).or_default().push(row);
        }
    };
    let each_bundle = |row: BundleRow| {
        if let Some(company) = company_of.get(&row.contract) {
            bundle_rows.entry(*company).or_default().push(row);
        }
    };
    let today = observed.today;
    match observed.scope {
        None => tokio::try_join!(
            autotask.units_on(today, &sold, each_row),
            autotask.bundle_units_on(today, &bundles, each_bundle)
        ),
        Some(_) => {
            let contracts: Vec<ContractId> = company_of.keys().copied().collect();
            tokio::try_join!(
                autotask.units_of_contracts_on(today, &contracts, &sold, each_row),
                autotask.bundle_units_of_contracts_on(today, &contracts, &bundles, each_bundle)
            )
        }
    }
    .context("reading Autotask units")?;
    let ended = ended_to_settle(observed, &read.contracts);
    for row in units_of_ended(autotask, &ended, &sold).await? {
        read.rows.entry(company_of[&row.contract]).or_default().push(row);
    }
    Ok(read)
}

async fn read_companies(
    autotask: &AutotaskReader,
    observed: &Observed,
) -> Result<(BTreeMap<CompanyId, Company>, Option<Packed>), AutotaskError> {
    let customers = &observed.mapping.customers;
    let (mut companies, mut pack) = (BTreeMap::new(), Pack::default());
    let each = |company: Company| {
        pack.add(&Entry::Company(Cow::Borrowed(&company)));
        if customers.contains_key(&company.id) {
            companies.insert(company.id, company);
        }
    };
    match &observed.scope {
        None => autotask.companies(each).await?,
        Some(scope) => {
            let ids: Vec<CompanyId> = scope.iter().copied().collect();
            autotask.companies_by_id(&ids).await?.into_iter().for_each(each);
        }
    }
    let packed = observed.scope.is_none().then(|| pack.finish());
    Ok((companies, packed))
}

async fn read_contracts(
    autotask: &AutotaskReader,
    observed: &Observed,
) -> Result<BTreeMap<CompanyId, Vec<Contract>>, AutotaskError> {
    let ended_since = observed.today.checked_sub(ENDED_LATELY_DAYS.days()).unwrap_or(observed.today);
    let mapped: BTreeSet<CompanyId> = observed.customers().map(|(row, _)| row.company).collect();
    let mut contracts: BTreeMap<CompanyId, Vec<Contract>> = BTreeMap::new();
    let each = |contract: Contract| {
        if mapped.contains(&contract.company) {
            contracts.entry(contract.company).or_default().push(contract);
        }
    };
    match observed.scope {
        None => autotask.contracts(ended_since, each).await?,
        Some(_) => {
            let ids: Vec<CompanyId> = mapped.iter().copied().collect();
            autotask.contracts_of(&ids, ended_since, each).await?;
        }
    }
    Ok(contracts)
}

type SoldServices = (BTreeMap<ServiceId, Service>, BTreeMap<ServiceId, BTreeSet<BundleId>>);

async fn read_services(autotask: &AutotaskReader, observed: &Observed) -> Result<SoldServices, AutotaskError> {
    let sold: Vec<ServiceId> = observed.mapping.products_by_service().into_keys().collect();
    let (services, contents) = tokio::try_join!(autotask.services(Some(&sold)), autotask.bundle_contents(&sold))?;
    let mut bundles_holding: BTreeMap<ServiceId, BTreeSet<BundleId>> = BTreeMap::new();
    for (bundle, service) in contents {
        bundles_holding.entry(service).or_default().insert(bundle);
    }
    Ok((services.into_iter().map(|service| (service.id, service)).collect(), bundles_holding))
}

/// Contracts that ended lately and whose last period may still have to be billed (C1, U5, U7).
fn ended_to_settle<'a>(observed: &Observed, contracts: &'a BTreeMap<CompanyId, Vec<Contract>>) -> Vec<&'a Contract> {
    let something_metered = observed.mapping.products_by_service().values().any(shared::mapping::Product::is_metered);
    let settings = &observed.mapping.settings;
    let settles = |contract: &&Contract| {
        let at_period_end = settings.effective_dates_of(contract.id) == EffectiveDates::PeriodEnd;
        contract.end < observed.today
            && contract.billing() == Billing::PayAsYouGo
            && (something_metered || at_period_end)
    };
    contracts.values().flatten().filter(settles).collect()
}

async fn units_of_ended(
    autotask: &AutotaskReader,
    ended: &[&Contract],
    sold: &[ServiceId],
) -> anyhow::Result<Vec<UnitsRow>> {
    let Some(first_end) = ended.iter().map(|contract| contract.end).min() else { return Ok(Vec::new()) };
    let ids: Vec<ContractId> = ended.iter().map(|contract| contract.id).collect();
    let from = first_end.first_of_month();
    autotask.units_of_contracts(&ids, sold, from).await.context("reading units of contracts that ended")
}
