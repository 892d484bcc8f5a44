//! Acronis Cyber Protect Cloud as state: tenants, offering items, usages, storages and tokens, and
//! the answers of the Account Management API v2 over them. Nothing here knows of Autotask.

mod access;
pub mod alerts;
mod applications;
mod bodies;
mod calls;
pub mod catalogue;
mod dependencies;
mod errors;
mod item_writes;
mod items;
mod paging;
mod pricing;
mod search;
mod storages;
mod tenant_writes;
mod tenants;
mod usages;
pub mod users;

pub(crate) use calls::Call;
pub use catalogue::Product;
pub use items::{OfferingItem, Quota};
pub use tenants::{PricingMode, Tenant, TenantKind};
pub use usages::Usage;

use alerts::Alerts;
use catalogue::{Infra, Unit};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use users::User;

/// Id of the tenant above the partner, which the API client may not see.
pub(crate) const ABOVE_PARTNER: &str = "00000000-0000-4000-8000-000000000001";

/// A request that would have destroyed a tenant or a service's content. It is refused and kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Destruction {
    /// Method and path.
    pub request: String,
    /// When it was asked for.
    pub at: Timestamp,
}

/// An item that a tenant cannot give to those below it: tenant, item name, storage.
type Withheld = (String, String, Option<String>);

/// The whole data centre as far as the partner sees it.
#[derive(Debug)]
pub struct Acronis {
    /// The partner tenant the API client lives in.
    pub partner_id: String,
    /// Tenants by id, deleted ones included.
    pub tenants: BTreeMap<String, Tenant>,
    pub(crate) children: HashMap<String, Vec<String>>,
    /// Offering items by tenant.
    pub items: BTreeMap<String, Vec<OfferingItem>>,
    /// Usage rows by tenant.
    pub usages: BTreeMap<String, Vec<Usage>>,
    /// Products that can be given to children.
    pub products: Vec<Arc<Product>>,
    /// Storages.
    pub infras: Vec<Infra>,
    /// API client id.
    pub client_id: String,
    /// API client secret.
    pub client_secret: String,
    /// Users by id.
    pub users: BTreeMap<String, User>,
    /// Alerts and their types.
    pub alerts: Alerts,
    pub(crate) withheld: BTreeSet<Withheld>,
    pub(crate) bindings: BTreeSet<(String, String)>,
    pub(crate) destructions: Vec<Destruction>,
    pub(crate) tokens: HashMap<String, Timestamp>,
    pub(crate) tokens_given: u64,
    tenants_made: u64,
    last_stamp: u64,
    pub(crate) base_url: String,
}

impl Acronis {
    pub(crate) fn new(now: Timestamp) -> Self {
        let mut acronis = Self {
            partner_id: String::new(),
            tenants: BTreeMap::new(),
            children: HashMap::new(),
            items: BTreeMap::new(),
            usages: BTreeMap::new(),
            products: catalogue::products(),
            infras: catalogue::infras(),
            client_id: "5ab0f1c2-0000-4000-8000-00000000c11e".to_owned(),
            client_secret: "sandbox-acronis-canary".to_owned(),
            users: BTreeMap::new(),
            alerts: Alerts::new(),
            withheld: BTreeSet::new(),
            bindings: BTreeSet::new(),
            destructions: Vec::new(),
            tokens: HashMap::new(),
            tokens_given: 0,
            tenants_made: 0,
            last_stamp: 0,
            base_url: String::new(),
        };
        let above = Some(ABOVE_PARTNER);
        acronis.partner_id = acronis.add_tenant("Sandbox Partner", above, TenantKind::Partner, now);
        acronis
    }

    pub(crate) fn add_tenant(&mut self, name: &str, parent: Option<&str>, kind: TenantKind, now: Timestamp) -> String {
        self.tenants_made += 1;
        let id = uuid("acac", self.tenants_made);
        let parent = parent.unwrap_or(&self.partner_id).to_owned();
        let siblings = self.children.entry(parent.clone()).or_default();
        siblings.push(id.clone());
        let mut tenant = Tenant::new(id.clone(), parent, name, kind, now);
        tenant.pricing_version = self.stamp(now);
        self.tenants.insert(id.clone(), tenant);
        id
    }

    /// A stamp in milliseconds, greater than every one before.
    pub(crate) fn stamp(&mut self, now: Timestamp) -> u64 {
        self.last_stamp = now.as_millisecond().unsigned_abs().max(self.last_stamp + 1);
        self.last_stamp
    }

    /// A product by item name; an unknown one becomes a new counted product of the backup service.
    pub fn product(&mut self, name: &str) -> Arc<Product> {
        let known = self.products.iter().find(|product| product.name == name);
        if let Some(product) = known {
            return product.clone();
        }
        let product = Arc::new(Product::counted(name));
        self.products.push(product.clone());
        product
    }

    pub(crate) fn item_mut(&mut self, tenant: &str, name: &str, infra: Option<&str>) -> Option<&mut OfferingItem> {
        let items = self.items.get_mut(tenant)?;
        items.iter_mut().find(|item| item.product.name == name && item.infra_id.as_deref() == infra)
    }

    pub(crate) fn set_item_status(&mut self, tenant: &str, name: &str, infra: Option<&str>, on: bool, now: Timestamp) {
        let product = self.product(name);
        if let Some(item) = self.item_mut(tenant, name, infra) {
            item.switch(on);
            item.updated_at = now;
            return;
        }
        let item = OfferingItem { on, ..OfferingItem::off(product, infra.map(str::to_owned), now) };
        self.items.entry(tenant.to_owned()).or_default().push(item);
    }

    pub(crate) fn set_quota(
        &mut self,
        tenant: &str,
        name: &str,
        infra: Option<&str>,
        quota: Quota,
        now: Timestamp,
    ) -> bool {
        let stamp = self.stamp(now);
        let Some(item) = self.item_mut(tenant, name, infra) else {
            return false;
        };
        item.quota = Quota::stamped(quota.value, quota.overage, stamp);
        item.updated_at = now;
        true
    }

    pub(crate) fn set_usage(
        &mut self,
        tenant: &str,
        name: &str,
        infra: Option<&str>,
        (value, absolute_value): (u64, Option<u64>),
        today: Date,
    ) {
        let product = self.product(name);
        let usages = self.usages.entry(tenant.to_owned()).or_default();
        let range_start = today.first_of_month();
        let mut rows = usages.iter_mut();
        let row = rows.find(|row| row.product.name == name && row.infra_id.as_deref() == infra);
        if let Some(row) = row {
            row.value = value;
            row.absolute_value = absolute_value;
            row.range_start = range_start;
            return;
        }
        let infra_id = infra.map(str::to_owned);
        usages.push(Usage { product, infra_id, range_start, value, absolute_value });
    }

    pub(crate) fn remove_usage(&mut self, tenant: &str, name: &str, infra: Option<&str>) -> bool {
        let Some(usages) = self.usages.get_mut(tenant) else {
            return false;
        };
        let before = usages.len();
        usages.retain(|row| row.product.name != name || row.infra_id.as_deref() != infra);
        usages.len() < before
    }

    /// The usage row of an item, if any.
    #[must_use]
    pub fn usage(&self, tenant: &str, name: &str, infra: Option<&str>) -> Option<&Usage> {
        let mut rows = self.usages.get(tenant)?.iter();
        rows.find(|row| row.product.name == name && row.infra_id.as_deref() == infra)
    }

    /// The offering item, if the tenant has it.
    #[must_use]
    pub fn item(&self, tenant: &str, name: &str, infra: Option<&str>) -> Option<&OfferingItem> {
        let mut items = self.items.get(tenant)?.iter();
        items.find(|item| item.product.name == name && item.infra_id.as_deref() == infra)
    }

    /// Ids of the storages products of type infra exist on.
    pub(crate) fn storages_for(&self, unit: Unit) -> Vec<String> {
        let able = self.infras.iter();
        able.filter(|infra| infra.serves(unit)).map(|infra| infra.id.to_owned()).collect()
    }
}

/// The UUID of the thing with this number; `kind` keeps the kinds apart.
pub(crate) fn uuid(kind: &str, number: u64) -> String {
    let scattered = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    format!("{scattered:08x}-{kind}-4000-8000-{number:012x}")
}
