//! Everything a plan needs, read whole: our memory first, then both vendors, page by page and never
//! customer by customer. A failed read fails the run. It decides nothing.

use crate::acronis::{Acronis, AcronisError};
use crate::autotask::{AutotaskError, AutotaskReader};
use crate::host::{Host, Vendors};
use crate::run::Scope;
use anyhow::{Context, anyhow};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use shared::contract::{Billing, BundleRow, Company, Contract, Service, UnitsRow};
use shared::creation::Creation;
use shared::facts::{CompanyFacts, Terms};
use shared::guard::Approvals;
use shared::ids::{BundleId, CompanyId, ContractId, ServiceId, TenantId};
use shared::kept::{CompanyState, Reading, Seen};
use shared::line::LineState;
use shared::mapping::{CustomerRow, Mapping};
use shared::run::Connection;
use shared::settings::EffectiveDates;
use shared::usage::{OfferingItem, Tenant, TenantUsage};
use std::collections::{BTreeMap, BTreeSet};

/// How long a contract that ended may still be settled: its last period and a missed day.
const ENDED_LATELY_DAYS: i32 = 40;
/// Above so many tenants the items of the whole tree are fewer pages than the items of each.
const READ_ONE_BY_ONE: usize = 10;
/// Approvals older than a week are void.
const APPROVALS_HOLD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Everything read for one run.
pub(super) struct Observed {
    pub(super) connection: Connection,
    pub(super) mapping: Mapping,
    pub(super) today: Date,
    pub(super) now: Timestamp,
    pub(super) approvals: Approvals,
    pub(super) creations: BTreeMap<String, Creation>,
    pub(super) companies: Vec<CompanyFacts>,
    pub(super) states: BTreeMap<CompanyId, CompanyState>,
    /// The companies looked at; none given: everybody.
    pub(super) scope: Option<BTreeSet<CompanyId>>,
    lines: BTreeMap<CompanyId, BTreeMap<String, LineState>>,
    services: BTreeMap<ServiceId, Service>,
    bundles_holding: BTreeMap<ServiceId, BTreeSet<BundleId>>,
}

/// What Acronis says, of mapped tenants only.
#[derive(Default)]
struct FromAcronis {
    tenants: BTreeMap<TenantId, Tenant>,
    items: BTreeMap<TenantId, Vec<OfferingItem>>,
    usage: BTreeMap<TenantId, Result<Reading, String>>,
}

/// What Autotask says, of mapped companies only.
#[derive(Default)]
struct FromAutotask {
    companies: BTreeMap<CompanyId, Company>,
    contracts: BTreeMap<CompanyId, Vec<Contract>>,
    rows: BTreeMap<CompanyId, Vec<UnitsRow>>,
    bundles: BTreeMap<CompanyId, Vec<BundleRow>>,
    services: BTreeMap<ServiceId, Service>,
    bundles_holding: BTreeMap<ServiceId, BTreeSet<BundleId>>,
}

/// The date at `now` in the provider's time zone.
pub(super) fn date_in(time_zone: &str, now: Timestamp) -> anyhow::Result<Date> {
    let zone = TimeZone::get(time_zone)
        .map_err(|_| anyhow!("settings.time_zone: \"{time_zone}\" is not an IANA time zone such as Europe/Berlin"))?;
    Ok(now.to_zoned(zone).date())
}

/// Reads our own memory of the connection.
pub(super) async fn memory(host: &Host, connection: &Connection) -> anyhow::Result<Observed> {
    host.progress.begin("reading the mapping and earlier runs", None);
    let (id, now) = (&connection.id, host.clock.now());
    let mapping = host.store.mapping(id).await?.unwrap_or_default();
    let today = date_in(&mapping.settings.time_zone, now)?;
    let mut lines: BTreeMap<CompanyId, BTreeMap<String, LineState>> = BTreeMap::new();
    let each = |line: LineState| {
        lines.entry(line.place.company).or_default().insert(line.place.key(), line);
    };
    host.store.line_states(id, each).await?;
    let mut states = BTreeMap::new();
    host.store.company_states(id, |state| _ = states.insert(state.company, state)).await?;
    let approvals = host.store.approvals(id, now.checked_sub(APPROVALS_HOLD)?).await?;
    let approvals = approvals
        .into_iter()
        .flat_map(|approval| approval.ids.into_iter().map(move |id| (id, approval.by.clone())))
        .collect();
    Ok(Observed {
        connection: connection.clone(),
        mapping,
        today,
        now,
        approvals,
        creations: host.store.creations(id).await?,
        companies: Vec::new(),
        states,
        scope: None,
        lines,
        services: BTreeMap::new(),
        bundles_holding: BTreeMap::new(),
    })
}

/// Reads both vendors, side by side, and puts together what belongs to each company looked at.
pub(super) async fn vendors(
    host: &Host,
    vendors: &Vendors,
    observed: &mut Observed,
    scope: &Scope,
) -> anyhow::Result<()> {
    host.progress.begin("reading Acronis usage and Autotask contracts", None);
    observed.scope = scope.companies(&vendors.autotask).await.context("reading Autotask contracts")?;
    let (from_acronis, from_autotask) =
        tokio::try_join!(read_acronis(&vendors.acronis, observed), read_autotask(&vendors.autotask, observed))?;
    observed.put_together(from_acronis, from_autotask);
    Ok(())
}

async fn read_acronis(acronis: &Acronis, observed: &Observed) -> anyhow::Result<FromAcronis> {
    let mapped: BTreeSet<TenantId> = observed.customers().map(|(_, tenant)| tenant.clone()).collect();
    let mut read = FromAcronis::default();
    let root = &observed.connection.tenant;
    let some: Option<Vec<TenantId>> = observed.scope.as_ref().map(|_| mapped.iter().cloned().collect());
    let each = |tenant: Tenant| {
        if mapped.contains(&tenant.id) {
            read.tenants.insert(tenant.id.clone(), tenant);
        }
    };
    match &some {
        None => acronis.tenants(root, each).await.context("reading Acronis tenants")?,
        Some(some) => acronis.tenants_by_id(some, each).await.context("reading Acronis tenants")?,
    }
    let each = |tenant: &TenantId, item: OfferingItem| {
        if item.on && mapped.contains(tenant) {
            read.items.entry(tenant.clone()).or_default().push(item);
        }
    };
    match some.filter(|some| some.len() <= READ_ONE_BY_ONE) {
        None => acronis.offering_items(root, each).await.context("reading Acronis offering items")?,
        Some(some) => items_of(acronis, &some, each).await.context("reading Acronis offering items")?,
    }
    let billed: Vec<TenantId> =
        read.tenants.values().filter(|tenant| !tenant.in_trial).map(|tenant| tenant.id.clone()).collect();
    let (items, readings) = (&mut read.items, &mut read.usage);
    let each = |tenant: TenantId, usage: TenantUsage| {
        // Put together at once, so that items and usage of everybody are never held side by side.
        let items = items.remove(&tenant).unwrap_or_default();
        let reading = match usage {
            TenantUsage::Read(rows) => Ok(Reading::of(&items, &rows)),
            TenantUsage::Refused(text) => Err(text),
        };
        readings.insert(tenant, reading);
    };
    acronis.usages(&billed, each).await.context("reading Acronis usage")?;
    Ok(read)
}

async fn items_of(
    acronis: &Acronis,
    tenants: &[TenantId],
    mut each: impl FnMut(&TenantId, OfferingItem),
) -> Result<(), AcronisError> {
    for tenant in tenants {
        let items = acronis.given_items_of(tenant).await?;
        items.into_iter().for_each(|given| each(tenant, given.item));
    }
    Ok(())
}

async fn read_autotask(autotask: &AutotaskReader, observed: &Observed) -> anyhow::Result<FromAutotask> {
    let mut read = FromAutotask::default();
    let (companies, contracts, services) = tokio::try_join!(
        read_companies(autotask, observed),
        read_contracts(autotask, observed),
        read_services(autotask, observed)
    )
    .context("reading Autotask companies, contracts and services")?;
    (read.companies, read.contracts) = (companies, contracts);
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
) -> Result<BTreeMap<CompanyId, Company>, AutotaskError> {
    let customers = &observed.mapping.customers;
    let mut companies = BTreeMap::new();
    let each = |company: Company| {
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
    Ok(companies)
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

impl Observed {
    /// The terms of the run.
    pub(super) fn terms(&self) -> Terms<'_> {
        let mut terms = Terms::new(&self.connection, &self.mapping, self.today, self.now);
        terms.services = self.services.clone();
        terms.bundles_holding = self.bundles_holding.clone();
        terms
    }

    /// The mapped customers looked at.
    fn customers(&self) -> impl Iterator<Item = (&CustomerRow, &TenantId)> {
        let is_looked_at = |row: &CustomerRow| self.scope.as_ref().is_none_or(|scope| scope.contains(&row.company));
        self.mapping.mapped_customers().filter(move |(row, _)| is_looked_at(row))
    }

    /// Hands over every company's facts with the terms of the run.
    pub(super) fn each_company(&mut self, mut each: impl FnMut(usize, &mut CompanyFacts, &Terms<'_>)) {
        let mut companies = std::mem::take(&mut self.companies);
        let terms = self.terms();
        companies.iter_mut().enumerate().for_each(|(index, facts)| each(index, facts, &terms));
        self.companies = companies;
    }

    /// What was there at the last run that counted.
    pub(super) fn seen_before(&self) -> BTreeMap<CompanyId, Seen> {
        self.states.values().filter_map(|state| Some((state.company, state.seen.clone()?))).collect()
    }

    /// Whether there is anything to look at (M5).
    pub(super) fn something_is_mapped(&self) -> bool {
        let something_sold = !self.mapping.products_by_service().is_empty();
        something_sold && self.mapping.mapped_customers().next().is_some()
    }

    /// The same memory, with nothing to plan.
    pub(super) fn with_nothing_to_sell(self) -> Self {
        Self { mapping: self.mapping.without_products(), ..self }
    }

    /// Takes back the memory that the companies' facts held while they were planned.
    pub(super) fn take_states_back(&mut self) {
        let states = self.companies.iter_mut().filter_map(|facts| facts.state.take());
        self.states.extend(states.map(|state| (state.company, state)));
    }

    fn put_together(&mut self, mut acronis: FromAcronis, mut autotask: FromAutotask) {
        self.services = autotask.services;
        self.bundles_holding = autotask.bundles_holding;
        let mut companies = Vec::new();
        let scope = &self.scope;
        let is_looked_at = |row: &CustomerRow| scope.as_ref().is_none_or(|scope| scope.contains(&row.company));
        for (customer, tenant) in self.mapping.mapped_customers().filter(|(row, _)| is_looked_at(row)) {
            let company = customer.company;
            let usage = acronis.usage.remove(tenant).unwrap_or_else(|| Err("its usage was not read".to_owned()));
            companies.push(CompanyFacts {
                customer: customer.clone(),
                tenant_id: tenant.clone(),
                company: autotask.companies.remove(&company),
                tenant: acronis.tenants.remove(tenant),
                usage,
                contracts: autotask.contracts.remove(&company).unwrap_or_default(),
                rows: autotask.rows.remove(&company).unwrap_or_default(),
                lines: Vec::new(),
                bundles: autotask.bundles.remove(&company).unwrap_or_default(),
                states: self.lines.remove(&company).unwrap_or_default(),
                state: self.states.remove(&company),
                read_whole: BTreeMap::new(),
                looked_up: BTreeSet::new(),
            });
        }
        self.companies = companies;
    }
}
