//! The routes of the Account Management API and what each answers. (Acronis Account Management API
//! v2, base path /api/2.)

use super::catalogue::{APPLICATIONS, Infra};
use super::errors::{bad_request, refuse};
use super::{Acronis, Tenant};
use crate::exchange::{Ask, Reply};
use crate::settings::Settings;
use jiff::Timestamp;
use serde_json::{Value, json};

/// A call the sandbox knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    OpenId,
    Token,
    Client(String),
    Tenants,
    Tenant(String),
    ItemsOfSubtree,
    ItemsOfTenant(String),
    ItemsForChild(String),
    UsagesInBatch,
    UsagesOfTenant(String),
    Pricing(String),
    Infra,
    Applications,
    WrongMethod,
}

impl Call {
    /// The call a request makes; paths match without regard to case.
    pub(crate) fn find(ask: &Ask) -> Option<Self> {
        let path = ask.path.to_ascii_lowercase();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let rest = parts.strip_prefix(&["api", "2"])?;
        let id = |text: &str| text.to_owned();
        let (method, call) = match rest {
            [".well-known", "openid-configuration"] => ("GET", Self::OpenId),
            ["idp", "token"] => ("POST", Self::Token),
            ["clients", client] => ("GET", Self::Client(id(client))),
            ["tenants"] => ("GET", Self::Tenants),
            ["tenants", "offering_items"] => ("GET", Self::ItemsOfSubtree),
            ["tenants", "usages"] => ("GET", Self::UsagesInBatch),
            ["tenants", tenant] => ("GET", Self::Tenant(id(tenant))),
            ["tenants", tenant, "offering_items"] => ("GET", Self::ItemsOfTenant(id(tenant))),
            ["tenants", tenant, "offering_items", "available_for_child"] => ("GET", Self::ItemsForChild(id(tenant))),
            ["tenants", tenant, "usages"] => ("GET", Self::UsagesOfTenant(id(tenant))),
            ["tenants", tenant, "pricing"] => ("GET", Self::Pricing(id(tenant))),
            ["infra"] => ("GET", Self::Infra),
            ["applications"] => ("GET", Self::Applications),
            _ => return None,
        };
        let fits = ask.method.eq_ignore_ascii_case(method);
        Some(if fits { call } else { Self::WrongMethod })
    }

    /// Name in [`crate::operations`].
    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::OpenId => "acronis.openid",
            Self::Token => "acronis.token",
            Self::Client(_) => "acronis.client",
            Self::Tenants => "acronis.tenants",
            Self::Tenant(_) => "acronis.tenant",
            Self::ItemsOfSubtree | Self::ItemsOfTenant(_) => "acronis.offering_items",
            Self::ItemsForChild(_) => "acronis.available_for_child",
            Self::UsagesInBatch | Self::UsagesOfTenant(_) => "acronis.usages",
            Self::Pricing(_) => "acronis.pricing",
            Self::Infra => "acronis.infra",
            Self::Applications => "acronis.applications",
            Self::WrongMethod => "acronis.wrong_method",
        }
    }
}

impl Acronis {
    /// Answers a call.
    pub(crate) fn answer(&mut self, call: &Call, ask: &Ask, settings: &Settings, now: Timestamp) -> Reply {
        match call {
            Call::Token => return self.give_token(ask, settings, now),
            Call::OpenId => return self.openid(),
            Call::WrongMethod => {
                return refuse(405, 405, "Method not allowed", "The method is not allowed here.");
            }
            _ => {}
        }
        let answered = self.check_token(ask, now).and_then(|()| self.answer_client(call, ask, settings, now));
        answered.unwrap_or_else(|refusal| refusal)
    }

    fn answer_client(&self, call: &Call, ask: &Ask, settings: &Settings, now: Timestamp) -> Result<Reply, Reply> {
        match call {
            Call::Client(id) => self.client(id),
            Call::Tenants => self.list_tenants(ask, settings, now),
            Call::Tenant(id) => self.tenant(id, ask),
            Call::ItemsOfSubtree => self.items_of_subtree(ask, settings, now),
            Call::ItemsOfTenant(id) => self.items_of_tenant(id, ask, now),
            Call::ItemsForChild(id) => self.items_for_child(id, ask, now),
            Call::UsagesInBatch => self.usages_in_batch(ask, settings),
            Call::UsagesOfTenant(id) => self.usages_of_tenant(id, ask, settings),
            Call::Pricing(id) => self.visible(id).map(pricing),
            Call::Infra => self.infra(ask),
            Call::Applications => Ok(self.applications()),
            Call::OpenId | Call::Token | Call::WrongMethod => Err(bad_request("")),
        }
    }

    fn tenant(&self, id: &str, ask: &Ask) -> Result<Reply, Reply> {
        let deleted = self.tenants.get(id).filter(|_| ask.is_true("allow_deleted"));
        let tenant = match deleted {
            Some(tenant) => tenant,
            None => self.visible(id)?,
        };
        Ok(Reply::ok(&self.tenant_json(tenant, "full")))
    }

    fn client(&self, id: &str) -> Result<Reply, Reply> {
        if id != self.client_id {
            return Err(refuse(404, 404, "Not found", "The client was not found."));
        }
        Ok(Reply::ok(&json!({
            "client_id": self.client_id,
            "tenant_id": self.partner_id,
            "client_secret_expires_at": 0,
            "type": "api_client",
            "data": {"client_name": "Sandbox integration"},
            "token_endpoint_auth_method": "client_secret_basic",
            "created_at": "2026-01-05T08:00:00+00:00",
            "created_by": self.partner_id,
            "last_access_at": null,
            "last_access_from_ip": null,
            "status": "enabled",
        })))
    }

    fn openid(&self) -> Reply {
        let base = &self.base_url;
        Reply::ok(&json!({
            "issuer": base,
            "authorization_endpoint": format!("{base}/api/2/idp/authorize"),
            "token_endpoint": format!("{base}/api/2/idp/token"),
            "jwks_uri": format!("{base}/api/2/idp/keys"),
            "response_types_supported": ["code", "token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }))
    }

    fn infra(&self, ask: &Ask) -> Result<Reply, Reply> {
        let Some(ids) = ask.list("uuids") else {
            return Err(bad_request("uuids is required."));
        };
        let found = self.infras.iter().filter(|infra| ids.iter().any(|id| id == infra.id));
        let items: Vec<Value> = found.map(|infra| self.infra_json(infra)).collect();
        Ok(Reply::ok(&json!({"items": items})))
    }

    fn infra_json(&self, infra: &Infra) -> Value {
        json!({
            "id": infra.id,
            "owner_tenant_id": self.partner_id,
            "location_id": "1b3d5a77-0000-4000-8000-0000000010ca",
            "platform_owned": infra.platform_owned,
            "name": infra.name,
            "url": "https://storage.sandbox.example",
            "capabilities": [infra.capability],
            "backend_type": infra.backend_type,
            "version": 1,
            "readonly": infra.platform_owned,
        })
    }

    fn applications(&self) -> Reply {
        let items: Vec<Value> = APPLICATIONS
            .iter()
            .map(|(id, kind, name)| {
                let own = self.products.iter().filter(|product| product.application_id == *id);
                let usages: Vec<&str> = own.map(|product| product.usage_name.as_str()).collect();
                json!({"id": id, "name": name, "type": kind, "usages": usages, "api_base_url": "/api/2"})
            })
            .collect();
        Reply::ok(&json!({"items": items}))
    }
}

/// `GET /tenants/{id}/pricing`; its version is a stamp of its own.
fn pricing(tenant: &Tenant) -> Reply {
    Reply::ok(&json!({
        "mode": tenant.pricing_mode,
        "currency": "EUR",
        "version": tenant.updated_at.as_millisecond(),
        "production_start_date": null,
    }))
}
