//! Offering items: their shape on the wire and the list calls. (Acronis Account Management API v2,
//! GET /tenants/{id}/offering_items, /tenants/offering_items, …/available_for_child.)

use super::catalogue::{ItemType, Product, Unit};
use super::errors::bad_request;
use super::paging::{Key, Place, page};
use super::{Acronis, Tenant};
use crate::exchange::{Ask, Reply};
use crate::settings::Settings;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

/// Quota of an item; both numbers empty means unlimited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// Quota.
    pub value: Option<u64>,
    /// What may be used above it.
    pub overage: Option<u64>,
    /// Stamp of the last change, 0 when unlimited.
    pub version: u64,
}

impl Quota {
    /// A quota as kept: without a value there is no overage and the version is 0.
    pub(crate) fn stamped(value: Option<u64>, overage: Option<u64>, stamp: u64) -> Self {
        match value {
            None => Self::default(),
            Some(_) => Self { value, overage, version: stamp },
        }
    }
}

/// An offering item of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferingItem {
    /// What is offered.
    pub product: Arc<Product>,
    /// Storage or site, for items that repeat per storage.
    pub infra_id: Option<String>,
    /// Switched on.
    pub on: bool,
    /// Quota; sent only while the item is on and no feature.
    pub quota: Quota,
    /// Its status cannot be changed.
    pub locked: bool,
    /// Last change.
    pub updated_at: Timestamp,
}

impl OfferingItem {
    /// An item that is switched off.
    pub(crate) fn off(product: Arc<Product>, infra_id: Option<String>, now: Timestamp) -> Self {
        Self { product, infra_id, on: false, quota: Quota::default(), locked: false, updated_at: now }
    }

    /// Switches it on or off; an item that is off has no quota.
    pub(crate) fn switch(&mut self, on: bool) {
        self.on = on;
        if !on {
            self.quota = Quota::default();
        }
    }

    /// Whether the item is this one.
    pub(crate) fn is(&self, name: &str, infra_id: Option<&str>) -> bool {
        self.product.name == name && self.infra_id.as_deref() == infra_id
    }

    /// The item as sent.
    pub(crate) fn body<'a>(&'a self, tenant_id: &'a str) -> ItemBody<'a> {
        let feature = self.product.kind == ItemType::Feature;
        ItemBody {
            application_id: self.product.application_id,
            name: &self.product.name,
            edition: self.product.edition,
            usage_name: &self.product.usage_name,
            tenant_id,
            updated_at: self.updated_at,
            deleted_at: None,
            status: u8::from(self.on),
            locked: (!feature).then_some(self.locked),
            kind: self.product.kind,
            infra_id: self.infra_id.as_deref(),
            measurement_unit: self.product.unit,
            quota: (self.on && !feature).then_some(self.quota),
        }
    }
}

/// An offering item on the wire.
#[derive(Serialize)]
pub(crate) struct ItemBody<'a> {
    application_id: &'a str,
    name: &'a str,
    edition: Option<&'a str>,
    usage_name: &'a str,
    tenant_id: &'a str,
    updated_at: Timestamp,
    deleted_at: Option<Timestamp>,
    status: u8,
    locked: Option<bool>,
    #[serde(rename = "type")]
    kind: ItemType,
    infra_id: Option<&'a str>,
    measurement_unit: Unit,
    #[serde(skip_serializing_if = "Option::is_none")]
    quota: Option<Quota>,
}

/// Which items of a list are asked for.
struct Wanted {
    edition: Option<String>,
    usage_names: Option<Vec<String>>,
    names: Option<Vec<String>>,
    status: Option<bool>,
}

impl Wanted {
    fn includes(&self, item: &OfferingItem) -> bool {
        let product = &item.product;
        edition_matches(self.edition.as_deref(), product)
            && self.status.is_none_or(|on| on == item.on)
            && listed(self.usage_names.as_ref(), &product.usage_name)
            && listed(self.names.as_ref(), &product.name)
    }
}

fn listed(list: Option<&Vec<String>>, name: &str) -> bool {
    list.is_none_or(|names| names.iter().any(|known| known == name))
}

/// Items outside editions pass every edition filter; `*` lets all pass.
pub(crate) fn edition_matches(wanted: Option<&str>, product: &Product) -> bool {
    match (wanted, product.edition) {
        (None | Some("*"), _) | (_, None) => true,
        (Some(wanted), Some(edition)) => wanted.split(',').any(|one| one.trim() == edition),
    }
}

impl Acronis {
    /// `GET /tenants/{id}/offering_items`; without `edition` only the standard edition is listed.
    pub(crate) fn items_of_tenant(&self, tenant_id: &str, ask: &Ask, now: Timestamp) -> Result<Reply, Reply> {
        self.visible(tenant_id)?;
        let wanted = Wanted {
            edition: Some(ask.parameter("edition").unwrap_or_else(|| "standard".to_owned())),
            usage_names: ask.list("usage_names"),
            names: None,
            status: ask.parameter("status").map(|text| text == "1"),
        };
        let items = self.items.get(tenant_id).into_iter().flatten();
        let shown = items.filter(|item| wanted.includes(item)).map(|item| item.body(tenant_id));
        Ok(Reply::ok(&json!({"timestamp": now, "items": shown.collect::<Vec<_>>()})))
    }

    /// `GET /tenants/offering_items` for a whole subtree.
    pub(crate) fn items_of_subtree(&self, ask: &Ask, settings: &Settings, now: Timestamp) -> Result<Reply, Reply> {
        let place = Place::read(ask, settings, &["subtree_root_tenant_id"])?;
        self.visible(&place.value)?;
        let list = |name: &str| -> Option<Vec<String>> {
            let text = place.parameter(name)?;
            Some(text.split(',').map(|part| part.trim().to_owned()).collect())
        };
        let wanted = Wanted {
            edition: place.parameter("editions").map(str::to_owned),
            usage_names: list("usage_names"),
            names: list("offering_items"),
            status: None,
        };
        let since = place.parameter("updated_since").and_then(crate::clock::parse_moment);
        let tenants = self.subtree(&place.value, place.is("allow_deleted"));
        let rest = tenants.into_iter().skip_while(|(level, tenant)| place.is_past(*level, &tenant.id));
        let rows = rest.flat_map(|(level, tenant)| self.keyed_items(level, tenant));
        let rows = rows.filter(|(_, (_, item))| wanted.includes(item) && since.is_none_or(|at| item.updated_at >= at));
        Ok(page(rows, &place, ask.trick, now, |(tenant, item)| item.body(&tenant.id)))
    }

    fn keyed_items<'a>(
        &'a self,
        level: u64,
        tenant: &'a Tenant,
    ) -> impl Iterator<Item = (Key<'a>, (&'a Tenant, &'a OfferingItem))> {
        let items = self.items.get(&tenant.id).into_iter().flatten();
        (0..).zip(items).map(move |(number, item)| ((level, tenant.id.as_str(), number), (tenant, item)))
    }

    /// `GET /tenants/{id}/offering_items/available_for_child`: what a child of that kind may get.
    pub(crate) fn items_for_child(&self, tenant_id: &str, ask: &Ask, now: Timestamp) -> Result<Reply, Reply> {
        self.visible(tenant_id)?;
        if ask.parameter("kind").is_none() {
            return Err(bad_request("kind is required."));
        }
        let edition = ask.parameter("edition").unwrap_or_else(|| "standard".to_owned());
        let given = self.givable(tenant_id, now);
        let given = given.iter().filter(|item| edition_matches(Some(&edition), &item.product));
        let items: Vec<ItemBody<'_>> = given.map(|item| item.body(tenant_id)).collect();
        Ok(Reply::ok(&json!({"timestamp": now, "items": items})))
    }

    /// Everything a tenant can give to those below it, switched off.
    pub(crate) fn givable(&self, parent: &str, now: Timestamp) -> Vec<OfferingItem> {
        let mut items = Vec::new();
        for product in self.products.iter().filter(|product| !product.statistic) {
            for infra_id in self.places_of(product) {
                if self.can_give(parent, &product.name, infra_id.as_deref()) {
                    items.push(OfferingItem::off(product.clone(), infra_id, now));
                }
            }
        }
        items
    }

    /// Nobody from `parent` up to the partner keeps the item back.
    pub(crate) fn can_give(&self, parent: &str, name: &str, infra_id: Option<&str>) -> bool {
        let mut above = self.tenants.get(parent);
        while let Some(tenant) = above {
            let kept = (tenant.id.clone(), name.to_owned(), infra_id.map(str::to_owned));
            if self.withheld.contains(&kept) {
                return false;
            }
            above = self.tenants.get(&tenant.parent_id);
        }
        true
    }

    /// The storages a product repeats for, or nowhere in particular.
    fn places_of(&self, product: &Product) -> Vec<Option<String>> {
        if product.kind == ItemType::Infra {
            self.storages_for(product.unit).into_iter().map(Some).collect()
        } else {
            vec![None]
        }
    }
}
