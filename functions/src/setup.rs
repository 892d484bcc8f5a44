//! Setting a connection up: what both vendors show, for people to map by, and the first mapping (M1 to M3).
//! Reads the vendors; creates nothing there but the contract field, when told to.

mod lists;
mod offered;

pub(crate) use lists::{read_accounts, read_catalogue};
pub use offered::take_up;

use crate::acronis::{Acronis, AcronisError};
use crate::autotask::{AutotaskError, AutotaskReader, AutotaskWriter, Threshold, WriteError};
use crate::context::VendorCredentials;
use crate::host::{Host, Vendors};
use anyhow::{Context, anyhow};
use shared::alert::{AlertKind, AlertType};
use shared::contract::{Billing, BillingCode, Company, Contract, Service};
use shared::ids::{ConnectionId, StorageId, TenantId};
use shared::labels::label;
use shared::mapping::{Mapping, ProductRow};
use shared::matching::{map_equal_names, with_all_companies};
use shared::run::Connection;
use shared::setup::Sight;
use shared::snapshot::CompanyType;
use shared::ticket::Picklists;
use shared::usage::{OfferingItem, Tenant, TenantKind};
use std::collections::{BTreeMap, BTreeSet};

/// What both vendors show to our credentials.
#[derive(Debug)]
pub struct Survey {
    /// Our own tenant and everything below it.
    pub tenants: Vec<Tenant>,
    /// The items that customers may be given.
    pub items: Vec<OfferingItem>,
    /// The names of storages.
    pub storage_names: BTreeMap<StorageId, String>,
    /// Autotask's companies.
    pub companies: Vec<Company>,
    /// Its recurring contracts.
    pub contracts: Vec<Contract>,
    /// Its services.
    pub services: Vec<Service>,
    /// Its billing codes.
    pub billing_codes: Vec<BillingCode>,
    /// The types that companies may be of; none where they were not read.
    pub company_types: Vec<CompanyType>,
    /// The types of alert that Acronis lists; none where they were not read.
    pub alert_types: BTreeMap<AlertKind, AlertType>,
    /// What there is to choose from for tickets in Autotask.
    pub picklists: Picklists,
    /// Whether the contract field exists.
    pub payg_field: bool,
    /// The hourly limit and what is used of it.
    pub threshold: Threshold,
    /// Where people log in to Autotask.
    pub web_url: Option<String>,
}

/// A connection as it was just set up.
#[derive(Debug)]
pub struct Connected {
    /// The connection.
    pub connection: Connection,
    /// What is to be seen.
    pub survey: Survey,
    /// The mapping, complete with every company and item.
    pub mapping: Mapping,
    /// How many customers were mapped by equal names; none where companies were known already.
    pub mapped_by_name: Option<usize>,
}

/// Credentials that are good, and not for this connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misplaced {
    /// The connection is for others.
    #[error(
        "connection {id} is for tenant {} and database {}, but these credentials are for tenant {tenant} and database \
         {database}; use the right ones, or set up another connection with --connection", .known.0, .known.1
    )]
    OtherVendors {
        /// The connection.
        id: ConnectionId,
        /// For which tenant and which database it is.
        known: (TenantId, i64),
        /// The tenant that the credentials are for.
        tenant: TenantId,
        /// Their database.
        database: i64,
    },
    /// Another connection is for the same.
    #[error(
        "connection {twin} is already for tenant {tenant} and database {database}; two would write the same contracts"
    )]
    Twin {
        /// The other connection.
        twin: ConnectionId,
        /// The tenant of both.
        tenant: TenantId,
        /// The database of both.
        database: i64,
    },
}

impl Connected {
    /// What is to be seen, in numbers.
    pub fn sight(&self) -> Sight {
        let survey = &self.survey;
        let own = survey.tenants.iter().find(|tenant| tenant.id == self.connection.tenant);
        let is_customer = |tenant: &&Tenant| tenant.kind == TenantKind::Customer;
        let is_payg = |contract: &&Contract| contract.billing() == Billing::PayAsYouGo;
        Sight {
            tenant_name: own.map(|tenant| tenant.name.clone()).unwrap_or_default(),
            customers: survey.tenants.iter().filter(is_customer).count(),
            items: survey.items.len(),
            alert_types: survey.alert_types.len(),
            companies: survey.companies.len(),
            contracts: survey.contracts.len(),
            payg_contracts: survey.contracts.iter().filter(is_payg).count(),
            services: survey.services.len(),
            billing_codes: survey.billing_codes.len(),
            payg_field: survey.payg_field,
            calls: (survey.threshold.used, survey.threshold.limit),
            mapped_by_name: self.mapped_by_name,
        }
    }
}

/// Checks both credentials that are kept, remembers the connection, and makes the first mapping where there is none.
pub async fn connect(host: &Host, id: &ConnectionId, create_field: bool) -> anyhow::Result<Connected> {
    let vendors = host.vendors(id).await?;
    set_up(host, id, vendors, create_field, None).await
}

/// The same with credentials that are not kept yet. They are, in place of others, once everything could be read with
/// them and they are found to be for the same tenant and database.
pub async fn connect_with(
    host: &Host,
    id: &ConnectionId,
    credentials: &VendorCredentials,
    create_field: bool,
) -> anyhow::Result<Connected> {
    set_up(host, id, host.vendors_with(credentials)?, create_field, Some(credentials)).await
}

async fn set_up(
    host: &Host,
    id: &ConnectionId,
    vendors: Vendors,
    create_field: bool,
    new: Option<&VendorCredentials>,
) -> anyhow::Result<Connected> {
    host.progress.begin("logging in at Acronis", None);
    let database = vendors.autotask.database().await.context("logging in at Autotask")?;
    let tenant = vendors.acronis.own_tenant().await.context("logging in at Acronis")?;
    let known = host.store.connection(id).await?;
    if let Some(known) = known.as_ref().filter(|known| known.tenant != tenant || known.database != database) {
        let known = (known.tenant.clone(), known.database);
        return Err(Misplaced::OtherVendors { id: id.clone(), known, tenant, database }.into());
    }
    let all = host.store.connections().await?;
    let twin = all.iter().find(|other| other.id != *id && other.tenant == tenant && other.database == database);
    if let Some(twin) = twin {
        return Err(Misplaced::Twin { twin: twin.id.clone(), tenant, database }.into());
    }
    if create_field {
        create_payg_field(&vendors).await?;
    }
    // What a person approved, and what was read, stays known when the connection is checked again.
    let is_new = known.is_none();
    let first = || Connection {
        id: id.clone(),
        tenant,
        database,
        first_plan_approved: false,
        first_quotas_approved: false,
        first_tickets_approved: false,
        usage_read_on: None,
    };
    let connection = known.unwrap_or_else(first);
    let survey = survey(host, &vendors, &connection).await?;
    // Before the connection, whose jobs look for them from then on.
    if let Some(credentials) = new {
        host.secrets.keep(&host.secrets.vendors(id), &credentials.to_json()).await?;
    }
    if is_new {
        host.store.save_connection(&connection).await?;
    }
    let stored = host.store.mapping(id).await?;
    let mut mapping = stored.clone().unwrap_or_default();
    bring_up_to_date(&mut mapping, &survey);
    // Before the mapping, which people look at beside it.
    host.store.save_snapshot(id, host.clock.now(), lists::packed(&survey)).await?;
    let mut mapped_by_name = None;
    // A setup that saw no company yet was none: a permission was missing.
    if stored.is_none_or(|stored| stored.customers.is_empty()) {
        mapped_by_name = Some(map_equal_names(&mut mapping, &survey.companies, &survey.tenants));
        mapping.version = host.store.save_mapping(id, &mapping).await?;
    }
    Ok(Connected { connection, survey, mapping, mapped_by_name })
}

/// Everything a person maps by.
pub async fn survey(host: &Host, vendors: &Vendors, connection: &Connection) -> anyhow::Result<Survey> {
    let (acronis, autotask) = (&vendors.acronis, &vendors.autotask);
    host.progress.begin("reading Acronis tenants and items", None);
    let mut tenants = Vec::new();
    acronis.tenants(&connection.tenant, |tenant| tenants.push(tenant)).await.context("reading Acronis tenants")?;
    let (items, storage_names) = lists::items(acronis, &connection.tenant).await?;
    host.progress.begin("reading Autotask companies, contracts and services", None);
    let (mut companies, mut contracts) = (Vec::new(), Vec::new());
    let today = host.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    autotask.companies(|company| companies.push(company)).await.context("reading Autotask companies")?;
    autotask.contracts(today, |contract| contracts.push(contract)).await.context("reading Autotask contracts")?;
    Ok(Survey {
        tenants,
        items,
        storage_names,
        companies,
        contracts,
        services: autotask.services(None).await.context("reading Autotask services")?,
        billing_codes: autotask.billing_codes().await.context("reading Autotask billing codes")?,
        company_types: lists::company_types(autotask).await?,
        alert_types: alert_types(acronis).await?,
        picklists: picklists(autotask).await?,
        payg_field: autotask.payg_field().await.context("reading Autotask contract fields")?,
        threshold: autotask.threshold().await?,
        web_url: autotask.web_url().await?.map(str::to_owned),
    })
}

/// The types of alert; none where the API client may not read them, since tickets are not everybody's.
async fn alert_types(acronis: &Acronis) -> anyhow::Result<BTreeMap<AlertKind, AlertType>> {
    match acronis.alert_types().await {
        Err(AcronisError::Forbidden(_) | AcronisError::NotFound(_)) => Ok(BTreeMap::new()),
        types => types.context("reading Acronis alert types"),
    }
}

/// What tickets may be given; nothing where the API user may not read it.
async fn picklists(autotask: &AutotaskReader) -> anyhow::Result<Picklists> {
    match autotask.ticket_picklists(&BTreeSet::new()).await {
        Err(AutotaskError::Refused(_)) => Ok(Picklists::default()),
        picklists => picklists.context("reading what may be chosen for Autotask tickets"),
    }
}

/// Adds a row for each company and item that has none, and brings names up to date.
pub fn bring_up_to_date(mapping: &mut Mapping, survey: &Survey) {
    with_all_companies(mapping, &survey.companies, &survey.tenants);
    for item in &survey.items {
        let storage_name = item.key.storage.as_ref().and_then(|storage| survey.storage_names.get(storage));
        let name = label(item, storage_name.map(String::as_str));
        mapping.products.entry(item.key.clone()).or_insert_with(|| ProductRow::unmapped(item.clone(), name));
    }
}

/// Creates the contract field where it is not there. Its name is its key: it is looked up first, and
/// looked up again where the vendor's answer says nothing (U6).
async fn create_payg_field(vendors: &Vendors) -> anyhow::Result<()> {
    if vendors.autotask.payg_field().await? {
        return Ok(());
    }
    match AutotaskWriter::new(&vendors.autotask).create_payg_field().await {
        Ok(()) => Ok(()),
        Err(WriteError::Unknown(_) | WriteError::Duplicate(_)) if vendors.autotask.payg_field().await? => Ok(()),
        Err(error) => Err(anyhow!(error).context("creating the contract field \"Acronis PAYG\"")),
    }
}
