//! The reads of one run: Autotask in as many calls as there are pages, Acronis for those who have a tenant or are
//! to get one. Puts together what belongs to each customer, and decides nothing.

use super::observe::Observed;
use crate::acronis::Acronis;
use crate::autotask::{AutotaskError, AutotaskReader};
use anyhow::Context;
use shared::contract::{BundleRow, Company, Contract, ContractLine, Service, UnitsRow};
use shared::ids::{ApplicationId, BundleId, CompanyId, ContractId, ServiceId, TenantId};
use shared::mapping::{CustomerLink, CustomerRow};
use shared::matching::may_be_theirs;
use shared::quota::GivenItem;
use shared::quota_facts::{QuotaFacts, tenant_tag};
use shared::run::Connection;
use shared::usage::{ItemKey, Tenant, TenantKind, TenantUsage};
use std::collections::{BTreeMap, BTreeSet};

/// Above so many tenants the items of the whole tree are fewer pages than the items of each.
const READ_ONE_BY_ONE: usize = 10;

/// What Autotask says of the companies looked at.
#[derive(Default)]
pub(super) struct FromAutotask {
    companies: BTreeMap<CompanyId, Company>,
    contracts: BTreeMap<CompanyId, Vec<Contract>>,
    lines: BTreeMap<ContractId, Vec<ContractLine>>,
    rows: BTreeMap<ContractId, Vec<UnitsRow>>,
    bundles: BTreeMap<ContractId, Vec<BundleRow>>,
    services: BTreeMap<ServiceId, Service>,
    bundles_holding: BTreeMap<ServiceId, BTreeSet<BundleId>>,
}

/// Who has which tenant.
pub(super) struct Directory {
    tenants: BTreeMap<TenantId, Tenant>,
    /// The operator's rows of the companies looked at, new companies too.
    customers: BTreeMap<CompanyId, CustomerRow>,
    /// The tenant each is mapped to, or that carries our tag for it.
    tenant_of: BTreeMap<CompanyId, TenantId>,
    near: BTreeMap<CompanyId, Vec<Tenant>>,
}

/// What Acronis says of their tenants.
#[derive(Default)]
pub(super) struct FromAcronis {
    items: BTreeMap<TenantId, Vec<GivenItem>>,
    usage: BTreeMap<TenantId, Result<BTreeMap<ItemKey, u64>, String>>,
    /// What a new tenant may be given.
    available: Vec<GivenItem>,
    applications: Vec<ApplicationId>,
}

/// Reads the companies of `scope`, or everybody, with what their contracts hold of our services today.
pub(super) async fn autotask(
    autotask: &AutotaskReader,
    observed: &Observed,
    scope: Option<&BTreeSet<CompanyId>>,
) -> anyhow::Result<FromAutotask> {
    let mut read = FromAutotask::default();
    let sold: Vec<ServiceId> = observed.mapping.products_by_service().into_keys().collect();
    let (companies, contracts, services, contents) = tokio::try_join!(
        companies_in(autotask, scope),
        contracts_in(autotask, observed, scope),
        autotask.services(Some(&sold)),
        autotask.bundle_contents(&sold),
    )
    .context("reading Autotask companies, contracts and services")?;
    read.companies = companies.into_iter().map(|company| (company.id, company)).collect();
    read.services = services.into_iter().map(|service| (service.id, service)).collect();
    for (bundle, service) in contents {
        read.bundles_holding.entry(service).or_default().insert(bundle);
    }
    let ids: Vec<ContractId> = contracts.iter().map(|contract| contract.id).collect();
    for contract in contracts {
        read.contracts.entry(contract.company).or_default().push(contract);
    }
    let bundles: BTreeSet<BundleId> = read.bundles_holding.values().flatten().copied().collect();
    let bundles: Vec<BundleId> = bundles.into_iter().collect();
    let (rows, bundle_rows, today) = (&mut read.rows, &mut read.bundles, observed.today);
    let each_row = |row: UnitsRow| rows.entry(row.contract).or_default().push(row);
    let each_bundle = |row: BundleRow| bundle_rows.entry(row.contract).or_default().push(row);
    let (lines, (), ()) = tokio::try_join!(
        autotask.lines_of(&ids, &sold),
        autotask.units_of_contracts_on(today, &ids, &sold, each_row),
        autotask.bundle_units_of_contracts_on(today, &ids, &bundles, each_bundle),
    )
    .context("reading what Autotask contracts hold")?;
    for line in lines {
        read.lines.entry(line.contract).or_default().push(line);
    }
    Ok(read)
}

async fn companies_in(
    autotask: &AutotaskReader,
    scope: Option<&BTreeSet<CompanyId>>,
) -> Result<Vec<Company>, AutotaskError> {
    let Some(scope) = scope else {
        let mut companies = Vec::new();
        autotask.companies(|company| companies.push(company)).await?;
        return Ok(companies);
    };
    let ids: Vec<CompanyId> = scope.iter().copied().collect();
    autotask.companies_by_id(&ids).await
}

/// The contracts that count today: a contract that ended sells nothing any more.
async fn contracts_in(
    autotask: &AutotaskReader,
    observed: &Observed,
    scope: Option<&BTreeSet<CompanyId>>,
) -> Result<Vec<Contract>, AutotaskError> {
    let (mut contracts, today) = (Vec::new(), observed.today);
    let each = |contract: Contract| contracts.extend(Some(contract).filter(|contract| contract.counts_on(today)));
    match scope {
        None => autotask.contracts(today, each).await?,
        Some(scope) => {
            let ids: Vec<CompanyId> = scope.iter().copied().collect();
            autotask.contracts_of(&ids, today, each).await?;
        }
    }
    Ok(contracts)
}

/// All tenants in our tree: their names and tags say who has one.
pub(super) async fn tenants(acronis: &Acronis, connection: &Connection) -> anyhow::Result<Vec<Tenant>> {
    let mut tenants = Vec::new();
    acronis.tenants(&connection.tenant, |tenant| tenants.push(tenant)).await.context("reading Acronis tenants")?;
    Ok(tenants)
}

impl Directory {
    /// Who of those that are looked at has which tenant. Who is mapped and was not to be seen is one of them: it
    /// has to be told.
    pub(super) fn new(
        observed: &Observed,
        scope: Option<&BTreeSet<CompanyId>>,
        autotask: &FromAutotask,
        tenants: Vec<Tenant>,
    ) -> Self {
        let mapped = observed.mapping.mapped_customers().map(|(row, _)| (row.company, row.clone()));
        let mut customers: BTreeMap<CompanyId, CustomerRow> =
            mapped.filter(|(company, _)| scope.is_none_or(|scope| scope.contains(company))).collect();
        for company in autotask.companies.values() {
            let row = observed.mapping.customers.get(&company.id).cloned();
            customers.insert(company.id, row.unwrap_or_else(|| new_row(company)));
        }
        let companies: Vec<Company> = autotask.companies.values().cloned().collect();
        let near = may_be_theirs(&observed.mapping, &companies, &tenants);
        let mut mapped_to: BTreeMap<&TenantId, usize> = BTreeMap::new();
        observed.mapping.mapped_customers().for_each(|(_, tenant)| *mapped_to.entry(tenant).or_default() += 1);
        let companies_of = |tenant: &Tenant| mapped_to.get(&tenant.id).copied().unwrap_or_default();
        // A partner or a folder is nobody's tenant, and neither is one that two companies are mapped to.
        let is_somebodys = |tenant: &Tenant| tenant.kind == TenantKind::Customer && companies_of(tenant) <= 1;
        let by_id: BTreeMap<TenantId, Tenant> =
            tenants.into_iter().filter(is_somebodys).map(|one| (one.id.clone(), one)).collect();
        let unmapped = by_id.values().filter(|tenant| companies_of(tenant) == 0);
        let by_tag: BTreeMap<&str, &TenantId> =
            unmapped.filter_map(|tenant| Some((tenant.tag.as_deref()?, &tenant.id))).collect();
        let tagged = |company: CompanyId| {
            by_tag.get(tenant_tag(observed.connection.database, company).as_str()).map(|id| (*id).clone())
        };
        let tenant_of = customers
            .values()
            .filter_map(|row| match &row.link {
                CustomerLink::Mapped { tenant, .. } => Some((row.company, tenant.clone())),
                CustomerLink::Unmapped { left_alone: false } | CustomerLink::ToCreate => {
                    Some((row.company, tagged(row.company)?))
                }
                CustomerLink::Unmapped { left_alone: true } | CustomerLink::Ignored { .. } => None,
            })
            .collect();
        let name = |id: &TenantId| by_id.get(id).cloned();
        let near = near.into_iter().map(|(company, ids)| (company, ids.iter().filter_map(name).collect())).collect();
        Self { tenants: by_id, customers, tenant_of, near }
    }
}

/// A company that nobody mapped yet.
fn new_row(company: &Company) -> CustomerRow {
    CustomerRow {
        company: company.id,
        company_name: company.name.clone(),
        link: CustomerLink::Unmapped { left_alone: false },
        pins: BTreeMap::new(),
        decisions: BTreeMap::new(),
    }
}

/// Reads what the tenants have and use, and what new ones may be given.
pub(super) async fn acronis(
    acronis: &Acronis,
    observed: &Observed,
    directory: &Directory,
) -> anyhow::Result<FromAcronis> {
    let mut read = FromAcronis::default();
    let there: BTreeSet<&TenantId> =
        directory.tenant_of.values().filter(|tenant| directory.tenants.contains_key(tenant)).collect();
    let root = &observed.connection.tenant;
    if there.len() <= READ_ONE_BY_ONE {
        for tenant in &there {
            let items = acronis.given_items_of(tenant).await.context("reading Acronis offering items")?;
            read.items.insert((*tenant).clone(), items);
        }
    } else {
        let items = &mut read.items;
        let each = |tenant: &TenantId, item: GivenItem| {
            if there.contains(tenant) {
                items.entry(tenant.clone()).or_default().push(item);
            }
        };
        acronis.given_items(root, each).await.context("reading Acronis offering items")?;
    }
    let tenants: Vec<TenantId> = there.into_iter().cloned().collect();
    let usage = &mut read.usage;
    let each = |tenant: TenantId, used: TenantUsage| {
        let used = match used {
            TenantUsage::Read(rows) => Ok(rows.into_iter().map(|row| (row.key.clone(), row.in_use())).collect()),
            TenantUsage::Refused(text) => Err(text),
        };
        usage.insert(tenant, used);
    };
    acronis.usages(&tenants, each).await.context("reading Acronis usage")?;
    let someone_new = directory.customers.keys().any(|company| !directory.tenant_of.contains_key(company));
    let incomplete = |company: &CompanyId| observed.creation_for(*company).is_some_and(|creation| !creation.finished);
    if someone_new || directory.customers.keys().any(incomplete) {
        let available = acronis.available_for_children(root).await.context("reading what customers may be given")?;
        read.available = available.into_iter().map(off).collect();
        read.applications =
            acronis.applications_of(root).await.context("reading Acronis applications")?.into_iter().collect();
    }
    Ok(read)
}

fn off(item: shared::usage::OfferingItem) -> GivenItem {
    GivenItem { item, grant: shared::quota::Grant::Off, version: 0, locked: false }
}

/// Gives each customer what belongs to it.
pub(super) fn put_together(
    observed: &mut Observed,
    mut autotask: FromAutotask,
    directory: Directory,
    mut acronis: FromAcronis,
) {
    let Directory { mut tenants, customers, tenant_of, near } = directory;
    for (company, customer) in customers {
        if matches!(customer.link, CustomerLink::Ignored { .. }) {
            continue;
        }
        let tenant_id = tenant_of.get(&company);
        let contracts = autotask.contracts.remove(&company).unwrap_or_default();
        let ids: Vec<ContractId> = contracts.iter().map(|contract| contract.id).collect();
        let items = tenant_id.map(|tenant| acronis.items.remove(tenant).unwrap_or_default());
        let unread = || Err("its usage was not read".to_owned());
        observed.customers.push(QuotaFacts {
            company: autotask.companies.remove(&company),
            tenant: tenant_id.and_then(|tenant| tenants.remove(tenant)),
            // Who has no contract gets no tenant, and needs no catalogue of its own.
            items: items.unwrap_or_else(|| if contracts.is_empty() { Vec::new() } else { acronis.available.clone() }),
            usage: tenant_id.map_or(Ok(BTreeMap::new()), |id| acronis.usage.remove(id).unwrap_or_else(unread)),
            contracts,
            lines: ids.iter().filter_map(|id| autotask.lines.remove(id)).flatten().collect(),
            rows: ids.iter().filter_map(|id| autotask.rows.remove(id)).flatten().collect(),
            bundles: ids.iter().filter_map(|id| autotask.bundles.remove(id)).flatten().collect(),
            state: observed.states.get(&company).cloned(),
            creation: observed.creation_for(company).cloned(),
            contact: None,
            customer,
        });
    }
    observed.services = autotask.services;
    observed.bundles_holding = autotask.bundles_holding;
    observed.near = near;
    observed.applications = acronis.applications;
}

/// Reads the primary contacts of those who get a tenant, where they become its administrators.
pub(super) async fn contacts(autotask: &AutotaskReader, observed: &mut Observed) -> anyhow::Result<()> {
    if !observed.mapping.settings.new_tenants.administrator {
        return Ok(());
    }
    let terms = observed.terms();
    let wanted = observed.customers.iter().filter(|facts| facts.wants_tenant(&terms));
    let wanted: Vec<CompanyId> = wanted.map(|facts| facts.customer.company).collect();
    let contacts = autotask.primary_contacts(&wanted).await.context("reading Autotask contacts")?;
    for (company, contact) in contacts.into_iter().filter(|(_, contact)| is_address(&contact.email)) {
        let facts = observed.customers.iter_mut().find(|facts| facts.customer.company == company);
        facts.into_iter().for_each(|facts| facts.contact = Some(contact.clone()));
    }
    Ok(())
}

/// Whether Acronis takes a text for an address (Acronis Account Management API v2, `contactPut`): with one that it
/// does not take, it would refuse the whole tenant.
fn is_address(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
    text.split_once('@').is_some_and(|(name, host)| is_part(name) && is_part(host))
}
