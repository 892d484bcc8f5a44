//! Tenants made and changed by the API client, and their two-factor status. (Acronis Account
//! Management API v2, POST /tenants, PUT /tenants/{id}, /tenants/{id}/mfa/status.)

use super::bodies::Body;
use super::errors::{LOCKED, NAME_CONFLICT, TENANT_DISABLED, bad_request, denied, no_tenant, refuse};
use super::{Acronis, PricingMode, Tenant, TenantKind};
use crate::exchange::{Ask, Reply};
use crate::settings::Settings;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

const MOST_TAG_CHARACTERS: usize = 256;

const OF_A_NEW_TENANT: [&str; 13] = [
    "name",
    "parent_id",
    "kind",
    "contact",
    "company_billing_contact",
    "enabled",
    "customer_id",
    "internal_tag",
    "language",
    "default_idp_id",
    "update_lock",
    "ancestral_access",
    "settings",
];

const OF_A_CHANGE: [&str; 14] = [
    "version",
    "name",
    "customer_type",
    "parent_id",
    "kind",
    "contact",
    "enabled",
    "customer_id",
    "internal_tag",
    "language",
    "default_idp_id",
    "update_lock",
    "ancestral_access",
    "external_operation_status",
];

const OF_A_CONTACT: [&str; 20] = [
    "types",
    "email",
    "address1",
    "address2",
    "country",
    "state",
    "city",
    "zipcode",
    "phone",
    "firstname",
    "lastname",
    "title",
    "website",
    "industry",
    "organization_size",
    "aan",
    "tenant_id",
    "user_id",
    "language",
    "fax",
];

/// What both creating and changing may set.
struct Terms {
    contact: Option<Map<String, Value>>,
    enabled: Option<bool>,
    internal_tag: Option<Option<String>>,
    customer_id: Option<Option<String>>,
    language: Option<String>,
    locked: Option<bool>,
    ancestral_access: Option<bool>,
}

impl Terms {
    fn read(body: &Body) -> Result<Self, Reply> {
        let internal_tag = body.text("internal_tag")?;
        if internal_tag.as_ref().is_some_and(|tag| tag.chars().count() > MOST_TAG_CHARACTERS) {
            return Err(bad_request("internal_tag must have at most 256 characters."));
        }
        let customer_id = body.text("customer_id")?;
        let lock = body.get("update_lock").and_then(|lock| lock.get("enabled"));
        Ok(Self {
            contact: body.get("contact").map(|contact| read_contact(contact, body.is_strict())).transpose()?,
            enabled: body.flag("enabled")?,
            internal_tag: body.has("internal_tag").then_some(internal_tag),
            customer_id: body.has("customer_id").then_some(customer_id),
            language: body.text("language")?,
            locked: lock.and_then(Value::as_bool),
            ancestral_access: body.flag("ancestral_access")?,
        })
    }

    fn put_into(self, tenant: &mut Tenant) {
        if let Some(contact) = self.contact {
            tenant.contact.extend(contact);
        }
        if let Some(tag) = self.internal_tag {
            tenant.internal_tag = tag;
        }
        if let Some(number) = self.customer_id {
            tenant.customer_id = number;
        }
        tenant.enabled = self.enabled.unwrap_or(tenant.enabled);
        tenant.language = self.language.unwrap_or_else(|| tenant.language.clone());
        tenant.locked = self.locked.unwrap_or(tenant.locked);
        tenant.ancestral_access = self.ancestral_access.unwrap_or(tenant.ancestral_access);
    }
}

/// A contact as written; its address must be empty or look like one.
pub(crate) fn read_contact(contact: &Value, strict: bool) -> Result<Map<String, Value>, Reply> {
    let body = Body::of(contact.clone(), &OF_A_CONTACT, strict)?;
    let email = body.text("email")?.unwrap_or_default();
    let looks_right = email.is_empty()
        || email.split_once('@').is_some_and(|(name, host)| {
            let whole = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
            whole(name) && whole(host)
        });
    if !looks_right {
        return Err(bad_request("contact.email does not match ^$|\\S+@\\S+."));
    }
    let types = body.get("types").and_then(Value::as_array).cloned().unwrap_or_default();
    let known = ["legal", "primary", "billing", "technical", "management"];
    if types.iter().any(|kind| !known.iter().any(|name| kind == name)) {
        return Err(bad_request("contact.types holds an unknown type."));
    }
    Ok(contact.as_object().cloned().unwrap_or_default())
}

impl Acronis {
    /// A tenant that may be changed: seen, not the client's own, and not locked.
    pub(crate) fn writable(&self, id: &str) -> Result<&Tenant, Reply> {
        let tenant = self.visible(id)?;
        if tenant.id == self.partner_id {
            return Err(denied("The client's own tenant cannot be changed."));
        }
        if tenant.locked {
            return Err(refuse(403, LOCKED, "Tenant is locked", &format!("Tenant {id} is locked for changes.")));
        }
        Ok(tenant)
    }

    /// `POST /tenants`: a customer starts in trial, with all its parent can give switched off.
    pub(crate) fn create_tenant(&mut self, ask: &Ask, settings: &Settings, now: Timestamp) -> Result<Reply, Reply> {
        let body = Body::read(ask, &OF_A_NEW_TENANT, settings)?;
        let name = body.required_text("name")?;
        let parent_id = body.required_text("parent_id")?;
        let kind = body.get("kind").cloned().ok_or_else(|| bad_request("kind is required."))?;
        let kind: TenantKind = serde_json::from_value(kind).map_err(|_| bad_request("kind is not known."))?;
        let terms = Terms::read(&body)?;
        self.check_enabled(&parent_id)?;
        self.check_name(&name, &parent_id, None, settings)?;
        let id = self.add_tenant(&name, Some(&parent_id), kind, now);
        let items = self.givable(&parent_id, now);
        if let Some(tenant) = self.tenants.get_mut(&id) {
            if kind == TenantKind::Customer {
                tenant.pricing_mode = PricingMode::Trial;
            }
            terms.put_into(tenant);
        }
        self.items.insert(id.clone(), items);
        let made = self.tenants.get(&id).ok_or_else(|| no_tenant(&id))?;
        Ok(Reply::json(201, &self.tenant_json(made, "full")))
    }

    /// Refuses what lies below, or is, a disabled tenant.
    pub(crate) fn check_enabled(&self, id: &str) -> Result<(), Reply> {
        let mut tenant = Some(self.visible(id)?);
        while let Some(above) = tenant {
            if !above.enabled {
                return Err(refuse(403, TENANT_DISABLED, "Tenant is disabled", "The tenant or one above is disabled."));
            }
            tenant = self.tenants.get(&above.parent_id);
        }
        Ok(())
    }

    fn check_name(&self, name: &str, parent_id: &str, own: Option<&str>, settings: &Settings) -> Result<(), Reply> {
        let mut living = self.tenants.values().filter(|tenant| tenant.deleted_at.is_none());
        let taken = living.any(|tenant| {
            let near = settings.names_unique_in_tree || tenant.parent_id == parent_id;
            near && Some(tenant.id.as_str()) != own && tenant.name.to_lowercase() == name.to_lowercase()
        });
        if taken {
            let info = format!("A tenant of the name {name} exists already.");
            return Err(refuse(409, NAME_CONFLICT, "Tenant name conflict", &info));
        }
        Ok(())
    }

    /// `PUT /tenants/{id}`: only the keys given change.
    pub(crate) fn update_tenant(
        &mut self,
        id: &str,
        ask: &Ask,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Reply, Reply> {
        let body = Body::read(ask, &OF_A_CHANGE, settings)?;
        let tenant = self.visible(id)?;
        let terms = Terms::read(&body)?;
        if terms.locked != Some(false) || tenant.id == self.partner_id {
            self.writable(id)?;
        }
        body.check_version(tenant.version, "the tenant")?;
        if body.get("parent_id").is_some_and(|parent| *parent != json!(tenant.parent_id)) {
            return Err(bad_request("Tenants are not moved here."));
        }
        let name = body.text("name")?;
        if let Some(name) = &name {
            self.check_name(name, &tenant.parent_id, Some(id), settings)?;
        }
        if terms.enabled == Some(true) {
            self.check_enabled(&tenant.parent_id)?;
        }
        let tenant = self.tenants.get_mut(id).ok_or_else(|| no_tenant(id))?;
        tenant.name = name.unwrap_or_else(|| tenant.name.clone());
        terms.put_into(tenant);
        tenant.version += 1;
        tenant.updated_at = now;
        let changed = self.visible(id)?;
        Ok(Reply::ok(&self.tenant_json(changed, "full")))
    }

    /// `GET /tenants/{id}/mfa/status`.
    pub(crate) fn two_factor(&self, id: &str) -> Result<Reply, Reply> {
        let tenant = self.visible(id)?;
        let users = self.users.values().filter(|user| user.tenant_id == id).count();
        Ok(Reply::ok(&json!({
            "mfa_status": if tenant.two_factor { "enabled" } else { "disabled" },
            "users_count": users,
            "users_with_totp_enabled_count": 0,
            "update_allowed": tenant.two_factor_changeable,
        })))
    }

    /// `PUT /tenants/{id}/mfa/status`, which has no version.
    pub(crate) fn set_two_factor(&mut self, id: &str, ask: &Ask, settings: &Settings) -> Result<Reply, Reply> {
        let body = Body::read(ask, &["enabled"], settings)?;
        let on = body.flag("enabled")?.ok_or_else(|| bad_request("enabled is required."))?;
        if !self.writable(id)?.two_factor_changeable {
            return Err(denied("Two-factor authentication of this tenant cannot be changed."));
        }
        if let Some(tenant) = self.tenants.get_mut(id) {
            tenant.two_factor = on;
        }
        self.two_factor(id)
    }
}
