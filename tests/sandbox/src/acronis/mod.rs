//! Acronis Cyber Protect Cloud as state: tenants, offering items, usages, storages and tokens, and
//! the answers of the Account Management API v2 over them. Nothing here knows of Autotask.

mod access;
mod calls;
pub mod catalogue;
mod errors;
mod items;
mod paging;
mod tenants;
mod usages;

pub(crate) use calls::Call;
pub use catalogue::Product;
pub use items::{OfferingItem, Quota};
pub use tenants::{PricingMode, Tenant, TenantKind};
pub use usages::Usage;

use catalogue::{Infra, Unit};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Id of the tenant above the partner, which the API client may not see.
pub(crate) const ABOVE_PARTNER: &str = "00000000-0000-4000-8000-000000000001";

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
    pub(crate) tokens: HashMap<String, Timestamp>,
    pub(crate) tokens_given: u64,
    tenants_made: u64,
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
            client_secret: "sandbox-acronis-secret".to_owned(),
            tokens: HashMap::new(),
            tokens_given: 0,
            tenants_made: 0,
            base_url: String::new(),
        };
        let above = Some(ABOVE_PARTNER);
        acronis.partner_id = acronis.add_tenant("Sandbox Partner", above, TenantKind::Partner, now);
        acronis
    }

    pub(crate) fn add_tenant(&mut self, name: &str, parent: Option<&str>, kind: TenantKind, now: Timestamp) -> String {
        self.tenants_made += 1;
        let number = self.tenants_made;
        let scattered = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let id = format!("{scattered:08x}-acac-4000-8000-{number:012x}");
        let parent = parent.unwrap_or(&self.partner_id).to_owned();
        let siblings = self.children.entry(parent.clone()).or_default();
        siblings.push(id.clone());
        let tenant = Tenant::new(id.clone(), parent, name, kind, now);
        self.tenants.insert(id.clone(), tenant);
        id
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

    fn item_mut(&mut self, tenant: &str, name: &str, infra: Option<&str>) -> Option<&mut OfferingItem> {
        let items = self.items.get_mut(tenant)?;
        items.iter_mut().find(|item| item.product.name == name && item.infra_id.as_deref() == infra)
    }

    pub(crate) fn set_item_status(&mut self, tenant: &str, name: &str, infra: Option<&str>, on: bool, now: Timestamp) {
        let product = self.product(name);
        if let Some(item) = self.item_mut(tenant, name, infra) {
            item.on = on;
            item.updated_at = now;
            return;
        }
        let infra_id = infra.map(str::to_owned);
        let items = self.items.entry(tenant.to_owned()).or_default();
        items.push(OfferingItem { product, infra_id, on, quota: Quota::default(), updated_at: now });
    }

    pub(crate) fn set_quota(
        &mut self,
        tenant: &str,
        name: &str,
        infra: Option<&str>,
        quota: Quota,
        now: Timestamp,
    ) -> bool {
        let Some(item) = self.item_mut(tenant, name, infra) else {
            return false;
        };
        let unlimited = quota.value.is_none();
        item.quota = Quota {
            overage: quota.overage.filter(|_| !unlimited),
            version: if unlimited { 0 } else { now.as_millisecond().unsigned_abs() },
            ..quota
        };
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
