//! Tenants: their shape on the wire and the list calls. (Acronis Account Management API v2, GET
//! /tenants and GET /tenants/{id}.)

use super::Acronis;
use super::errors::bad_request;
use super::paging::{Place, page};
use crate::exchange::{Ask, Reply};
use crate::settings::Settings;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Kind of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantKind {
    /// Service provider.
    Partner,
    /// Grouping of customers.
    Folder,
    /// Customer.
    Customer,
    /// Part of a customer.
    Unit,
}

/// Pricing mode of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PricingMode {
    /// Not billed yet.
    Trial,
    /// Billed.
    Production,
    /// Suspended.
    Suspended,
}

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tenant {
    /// Id, a lower-case UUID.
    pub id: String,
    /// Id of the tenant above.
    pub parent_id: String,
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: TenantKind,
    /// Enabled.
    pub enabled: bool,
    /// Pricing mode.
    pub pricing_mode: PricingMode,
    /// Free text for third parties.
    pub internal_tag: Option<String>,
    /// Customer number for reports.
    pub customer_id: Option<String>,
    /// Managed by the service provider.
    pub ancestral_access: bool,
    /// Grows by each change.
    pub version: u64,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
    /// Deletion.
    pub deleted_at: Option<Timestamp>,
    /// Its usage answers 403, and so does any batch it is in.
    pub refuses_usage: bool,
    /// Locked against changes (`update_lock`).
    pub locked: bool,
    /// Language.
    pub language: String,
    /// Contact as last written, without id and times.
    pub contact: Map<String, Value>,
    /// Two-factor authentication is asked of its users.
    pub two_factor: bool,
    /// Two-factor authentication may be changed.
    pub two_factor_changeable: bool,
    /// Currency of its prices.
    pub currency: String,
    /// Stamp of the last change of its pricing.
    pub pricing_version: u64,
    /// When it became a production tenant by a call.
    pub production_start: Option<Timestamp>,
}

impl Tenant {
    pub(crate) fn new(id: String, parent_id: String, name: &str, kind: TenantKind, now: Timestamp) -> Self {
        Self {
            id,
            parent_id,
            name: name.to_owned(),
            kind,
            enabled: true,
            pricing_mode: PricingMode::Production,
            internal_tag: None,
            customer_id: None,
            ancestral_access: true,
            version: 1,
            created_at: now,
            updated_at: now,
            deleted_at: None,
            refuses_usage: false,
            locked: false,
            language: "en".to_owned(),
            contact: Map::new(),
            two_factor: false,
            two_factor_changeable: true,
            currency: "EUR".to_owned(),
            pricing_version: 0,
            production_start: None,
        }
    }
}

impl Acronis {
    /// The tenant on the wire in one of the levels of detail stamps, basic and full.
    pub(crate) fn tenant_json(&self, tenant: &Tenant, detail: &str) -> Value {
        let mut body = json!({
            "id": tenant.id,
            "parent_id": tenant.parent_id,
            "version": tenant.version,
            "created_at": tenant.created_at,
            "updated_at": tenant.updated_at,
            "deleted_at": tenant.deleted_at,
        });
        if detail != "stamps" {
            body["name"] = json!(tenant.name);
            body["kind"] = json!(tenant.kind);
            body["enabled"] = json!(tenant.enabled);
        }
        if detail == "full" {
            self.add_full_detail(&mut body, tenant);
        }
        body
    }

    fn add_full_detail(&self, body: &mut Value, tenant: &Tenant) {
        let children = self.children.get(&tenant.id).into_iter().flatten();
        let mut living = children.filter_map(|id| self.tenants.get(id));
        let mut contact = json!({"id": tenant.id, "types": [], "email": "", "firstname": "", "lastname": ""});
        if let Some(shown) = contact.as_object_mut() {
            shown.extend(tenant.contact.clone());
        }
        let full = json!({
            "customer_type": "default",
            "contact": contact,
            "contacts": [],
            "customer_id": tenant.customer_id,
            "brand_id": null,
            "brand_enabled": false,
            "internal_tag": tenant.internal_tag,
            "language": tenant.language,
            "owner_id": null,
            "has_children": living.any(|child| child.deleted_at.is_none()),
            "update_lock": {"enabled": tenant.locked, "owner_id": null},
            "ancestral_access": tenant.ancestral_access,
            "mfa_status": if tenant.two_factor { "setup_required" } else { "disabled" },
            "pricing_mode": tenant.pricing_mode,
        });
        if let (Some(body), Value::Object(full)) = (body.as_object_mut(), full) {
            body.extend(full);
        }
    }

    /// A tenant and all below it with their levels, by level and id.
    pub(crate) fn subtree(&self, root: &str, with_deleted: bool) -> Vec<(u64, &Tenant)> {
        let mut found = Vec::new();
        let mut level: Vec<&Tenant> = self.tenants.get(root).into_iter().collect();
        let mut depth = 0;
        while !level.is_empty() {
            level.retain(|tenant| with_deleted || tenant.deleted_at.is_none());
            level.sort_by(|a, b| a.id.cmp(&b.id));
            let ids = level.iter().filter_map(|tenant| self.children.get(&tenant.id));
            let next = ids.flatten().filter_map(|id| self.tenants.get(id)).collect();
            found.extend(level.into_iter().map(|tenant| (depth, tenant)));
            level = next;
            depth += 1;
        }
        found
    }

    /// `GET /tenants` by exactly one selector or a cursor.
    pub(crate) fn list_tenants(&self, ask: &Ask, settings: &Settings, now: Timestamp) -> Result<Reply, Reply> {
        let place = Place::read(ask, settings, &["uuids", "parent_id", "subtree_root_id"])?;
        let with_deleted = place.is("allow_deleted");
        let since = place.parameter("updated_since").and_then(crate::clock::parse_moment);
        let rows: Vec<(u64, &Tenant)> = match place.selector.as_str() {
            "uuids" => self.tenants_by_id(&place.value, with_deleted)?,
            "parent_id" => {
                self.visible(&place.value)?;
                let below = self.subtree(&place.value, with_deleted);
                below.into_iter().filter(|(level, _)| *level == 1).collect()
            }
            _ => {
                self.visible(&place.value)?;
                self.subtree(&place.value, with_deleted)
            }
        };
        let detail = place.parameter("lod").unwrap_or("full");
        if !matches!(detail, "stamps" | "basic" | "full") {
            return Err(bad_request("lod must be one of stamps, basic, full."));
        }
        let changed = rows.into_iter().filter(|(_, tenant)| since.is_none_or(|at| tenant.updated_at >= at));
        let keyed = changed.map(|(level, tenant)| ((level, tenant.id.as_str(), 0), tenant));
        Ok(page(keyed, &place, ask.trick, now, |tenant| self.tenant_json(tenant, detail)))
    }

    fn tenants_by_id(&self, list: &str, with_deleted: bool) -> Result<Vec<(u64, &Tenant)>, Reply> {
        let ids: Vec<&str> = list.split(',').map(str::trim).collect();
        if ids.len() > 100 {
            return Err(bad_request("uuids must have at most 100 elements."));
        }
        let mut found: Vec<&Tenant> = ids.iter().filter_map(|id| self.tenants.get(*id)).collect();
        found.retain(|tenant| with_deleted || tenant.deleted_at.is_none());
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found.dedup_by(|a, b| a.id == b.id);
        Ok(found.into_iter().map(|tenant| (0, tenant)).collect())
    }
}
