//! What people choose from in lists, read and packed for the snapshot: accounts at both vendors, and the catalogue.
//! It reads and packs; who keeps it, and when, others say.

use super::{Survey, alert_types, picklists};
use crate::acronis::Acronis;
use crate::autotask::{AutotaskError, AutotaskReader};
use crate::host::Vendors;
use crate::store::{Pack, Packed};
use anyhow::Context;
use shared::alert::{AlertKind, AlertType};
use shared::contract::{BillingCode, Service};
use shared::ids::{StorageId, TenantId};
use shared::snapshot::{CompanyType, Entry, Section};
use shared::ticket::Picklists;
use shared::usage::OfferingItem;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What there is to choose from.
struct Catalogue<'a> {
    company_types: &'a [CompanyType],
    items: &'a [OfferingItem],
    storage_names: &'a BTreeMap<StorageId, String>,
    services: &'a [Service],
    billing_codes: &'a [BillingCode],
    alert_types: &'a BTreeMap<AlertKind, AlertType>,
    picklists: &'a Picklists,
}

impl Catalogue<'_> {
    fn packed(&self) -> Packed {
        let mut pack = Pack::default();
        self.company_types.iter().for_each(|one| pack.add(&Entry::CompanyType(Cow::Borrowed(one))));
        self.items.iter().for_each(|one| pack.add(&Entry::Item(Cow::Borrowed(one))));
        for (storage, name) in self.storage_names {
            pack.add(&Entry::Storage(Cow::Borrowed(storage), Cow::Borrowed(name)));
        }
        self.services.iter().for_each(|one| pack.add(&Entry::Service(Cow::Borrowed(one))));
        self.billing_codes.iter().for_each(|one| pack.add(&Entry::BillingCode(Cow::Borrowed(one))));
        self.alert_types.values().for_each(|one| pack.add(&Entry::AlertType(Cow::Borrowed(one))));
        for (field, values) in &self.picklists.values {
            pack.add(&Entry::Pick(*field, Cow::Borrowed(values)));
        }
        pack.finish()
    }
}

/// What a survey saw.
pub(super) fn packed(survey: &Survey) -> BTreeMap<Section, Packed> {
    let (mut companies, mut tenants) = (Pack::default(), Pack::default());
    survey.companies.iter().for_each(|one| companies.add(&Entry::Company(Cow::Borrowed(one))));
    survey.tenants.iter().for_each(|one| tenants.add(&Entry::Tenant(Cow::Borrowed(one))));
    let Survey { company_types, items, storage_names, services, billing_codes, alert_types, picklists, .. } = survey;
    let catalogue = Catalogue { company_types, items, storage_names, services, billing_codes, alert_types, picklists };
    BTreeMap::from([
        (Section::Companies, companies.finish()),
        (Section::Tenants, tenants.finish()),
        (Section::Catalogue, catalogue.packed()),
    ])
}

/// Reads what there is to choose from.
pub(crate) async fn read_catalogue(vendors: &Vendors, tenant: &TenantId) -> anyhow::Result<Packed> {
    let (items, storage_names) = items(&vendors.acronis, tenant).await?;
    let services = vendors.autotask.services(None).await.context("reading Autotask services")?;
    let billing_codes = vendors.autotask.billing_codes().await.context("reading Autotask billing codes")?;
    let company_types = company_types(&vendors.autotask).await?;
    let catalogue = Catalogue {
        company_types: &company_types,
        items: &items,
        storage_names: &storage_names,
        services: &services,
        billing_codes: &billing_codes,
        alert_types: &alert_types(&vendors.acronis).await?,
        picklists: &picklists(&vendors.autotask).await?,
    };
    Ok(catalogue.packed())
}

/// Reads who there is at both vendors: companies and tenants.
pub(crate) async fn read_accounts(vendors: &Vendors, tenant: &TenantId) -> anyhow::Result<(Packed, Packed)> {
    let (mut companies, mut tenants) = (Pack::default(), Pack::default());
    let each = |company| companies.add(&Entry::Company(Cow::Owned(company)));
    vendors.autotask.companies(each).await.context("reading Autotask companies")?;
    let each = |one| tenants.add(&Entry::Tenant(Cow::Owned(one)));
    vendors.acronis.tenants(tenant, each).await.context("reading Acronis tenants")?;
    Ok((companies.finish(), tenants.finish()))
}

/// The items that customers may be given, and the names of their storages.
pub(super) async fn items(
    acronis: &Acronis,
    tenant: &TenantId,
) -> anyhow::Result<(Vec<OfferingItem>, BTreeMap<StorageId, String>)> {
    let items = acronis.available_for_children(tenant).await.context("reading Acronis items")?;
    let storages: Vec<StorageId> = items.iter().filter_map(|item| item.key.storage.clone()).collect();
    let storage_names = acronis.storage_names(&storages).await.context("reading Acronis storages")?;
    Ok((items, storage_names))
}

/// The types that companies may be of; none where the API user may not read them, since lists do without.
pub(super) async fn company_types(autotask: &AutotaskReader) -> anyhow::Result<Vec<CompanyType>> {
    match autotask.company_types().await {
        Err(AutotaskError::Refused(_)) => Ok(Vec::new()),
        types => types.context("reading the types of Autotask companies"),
    }
}
