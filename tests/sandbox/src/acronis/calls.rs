//! The routes of the Account Management API and what each answers; those of the Alert Manager are
//! handed on. (Acronis Account Management API v2, base path /api/2.)

use super::Acronis;
use super::alerts::calls::AlertCall;
use super::catalogue::Infra;
use super::errors::{bad_request, denied, refuse};
use super::pricing::pricing;
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
    CreateTenant,
    UpdateTenant(String),
    DeleteTenant,
    TwoFactor(String),
    SetTwoFactor(String),
    ItemsOfSubtree,
    ItemsOfTenant(String),
    SetItems(String),
    ItemsForChild(String),
    UsagesInBatch,
    UsagesOfTenant(String),
    Pricing(String),
    SetPricing(String),
    Infra,
    Applications,
    ApplicationsOf(String),
    Bind { application: String, tenant: String },
    Unbind,
    Search,
    CheckLogin,
    CreateUser,
    Users,
    UsersOf(String),
    SetAccessPolicies(String),
    SendActivationMail(String),
    Alerts(AlertCall),
    WrongMethod,
}

const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];

/// The call of a method on a path below `/api/2`, in small letters.
fn route(method: &str, path: &[&str]) -> Option<Call> {
    let id = |text: &str| text.to_owned();
    Some(match (method, path) {
        ("GET", [".well-known", "openid-configuration"]) => Call::OpenId,
        ("POST", ["idp", "token"]) => Call::Token,
        ("GET", ["clients", client]) => Call::Client(id(client)),
        ("GET", ["tenants"]) => Call::Tenants,
        ("POST", ["tenants"]) => Call::CreateTenant,
        ("GET", ["tenants", "offering_items"]) => Call::ItemsOfSubtree,
        ("GET", ["tenants", "usages"]) => Call::UsagesInBatch,
        (_, ["tenants", "offering_items" | "usages"]) => return None,
        ("GET", ["tenants", tenant]) => Call::Tenant(id(tenant)),
        ("PUT", ["tenants", tenant]) => Call::UpdateTenant(id(tenant)),
        ("DELETE", ["tenants", _]) => Call::DeleteTenant,
        ("GET", ["tenants", tenant, "mfa", "status"]) => Call::TwoFactor(id(tenant)),
        ("PUT", ["tenants", tenant, "mfa", "status"]) => Call::SetTwoFactor(id(tenant)),
        ("GET", ["tenants", tenant, "offering_items"]) => Call::ItemsOfTenant(id(tenant)),
        ("PUT", ["tenants", tenant, "offering_items"]) => Call::SetItems(id(tenant)),
        ("GET", ["tenants", tenant, "offering_items", "available_for_child"]) => Call::ItemsForChild(id(tenant)),
        ("GET", ["tenants", tenant, "usages"]) => Call::UsagesOfTenant(id(tenant)),
        ("GET", ["tenants", tenant, "pricing"]) => Call::Pricing(id(tenant)),
        ("PUT", ["tenants", tenant, "pricing"]) => Call::SetPricing(id(tenant)),
        ("GET", ["tenants", tenant, "applications"]) => Call::ApplicationsOf(id(tenant)),
        ("GET", ["tenants", tenant, "users"]) => Call::UsersOf(id(tenant)),
        ("GET", ["infra"]) => Call::Infra,
        ("GET", ["search"]) => Call::Search,
        ("GET", ["applications"]) => Call::Applications,
        ("POST", ["applications", application, "bindings", "tenants", tenant]) => {
            Call::Bind { application: id(application), tenant: id(tenant) }
        }
        ("DELETE", ["applications", _, "bindings", "tenants", _]) => Call::Unbind,
        ("GET", ["users", "check_login"]) => Call::CheckLogin,
        ("GET", ["users"]) => Call::Users,
        ("POST", ["users"]) => Call::CreateUser,
        ("PUT", ["users", user, "access_policies"]) => Call::SetAccessPolicies(id(user)),
        ("POST", ["users", user, "send-activation-email"]) => Call::SendActivationMail(id(user)),
        _ => return None,
    })
}

impl Call {
    /// The call a request makes; paths match without regard to case.
    pub(crate) fn find(ask: &Ask) -> Option<Self> {
        let path = ask.path.to_ascii_lowercase();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let method = ask.method.to_ascii_uppercase();
        let found = |method: &str| match parts.as_slice() {
            ["api", "2", rest @ ..] => route(method, rest),
            ["api", "alert_manager", "v1", rest @ ..] => AlertCall::route(method, rest, ask).map(Self::Alerts),
            _ => None,
        };
        let other_method = || METHODS.iter().any(|method| found(method).is_some()).then_some(Self::WrongMethod);
        found(&method).or_else(other_method)
    }

    /// Would destroy what a customer has.
    pub(crate) fn is_destruction(&self) -> bool {
        matches!(self, Self::DeleteTenant | Self::Unbind | Self::Alerts(AlertCall::DismissAll))
    }

    fn is_write(&self) -> bool {
        matches!(
            self,
            Self::CreateTenant
                | Self::UpdateTenant(_)
                | Self::SetTwoFactor(_)
                | Self::SetItems(_)
                | Self::SetPricing(_)
                | Self::Bind { .. }
                | Self::CreateUser
                | Self::SetAccessPolicies(_)
                | Self::SendActivationMail(_)
        )
    }

    /// Name in [`crate::operations`].
    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::OpenId => "acronis.openid",
            Self::Token => "acronis.token",
            Self::Client(_) => "acronis.client",
            Self::Tenants => "acronis.tenants",
            Self::Tenant(_) => "acronis.tenant",
            Self::CreateTenant => "acronis.create_tenant",
            Self::UpdateTenant(_) => "acronis.update_tenant",
            Self::DeleteTenant => "acronis.delete_tenant",
            Self::TwoFactor(_) => "acronis.two_factor",
            Self::SetTwoFactor(_) => "acronis.set_two_factor",
            Self::ItemsOfSubtree | Self::ItemsOfTenant(_) => "acronis.offering_items",
            Self::SetItems(_) => "acronis.set_offering_items",
            Self::ItemsForChild(_) => "acronis.available_for_child",
            Self::UsagesInBatch | Self::UsagesOfTenant(_) => "acronis.usages",
            Self::Pricing(_) => "acronis.pricing",
            Self::SetPricing(_) => "acronis.set_pricing",
            Self::Infra => "acronis.infra",
            Self::Applications => "acronis.applications",
            Self::ApplicationsOf(_) => "acronis.bound_applications",
            Self::Bind { .. } => "acronis.bind_application",
            Self::Unbind => "acronis.unbind_application",
            Self::Search => "acronis.search",
            Self::CheckLogin => "acronis.check_login",
            Self::CreateUser => "acronis.create_user",
            Self::Users => "acronis.users",
            Self::UsersOf(_) => "acronis.ids_of_users",
            Self::SetAccessPolicies(_) => "acronis.set_access_policies",
            Self::SendActivationMail(_) => "acronis.send_activation_mail",
            Self::Alerts(call) => call.operation(),
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
            call if call.is_destruction() => return self.refuse_destruction(ask, now),
            Call::Alerts(call) => return self.answer_alerts(call, ask, settings, now),
            _ => {}
        }
        let answered = self.check_token(ask, now).and_then(|()| match call.is_write() {
            true if settings.read_only_client => Err(denied("The client may only read.")),
            true => self.answer_write(call, ask, settings, now),
            false => self.answer_read(call, ask, settings, now),
        });
        answered.unwrap_or_else(|refusal| refusal)
    }

    fn answer_read(&self, call: &Call, ask: &Ask, settings: &Settings, now: Timestamp) -> Result<Reply, Reply> {
        match call {
            Call::Client(id) => self.client(id),
            Call::Tenants => self.list_tenants(ask, settings, now),
            Call::Tenant(id) => self.tenant(id, ask),
            Call::TwoFactor(id) => self.two_factor(id),
            Call::ItemsOfSubtree => self.items_of_subtree(ask, settings, now),
            Call::ItemsOfTenant(id) => self.items_of_tenant(id, ask, now),
            Call::ItemsForChild(id) => self.items_for_child(id, ask, now),
            Call::UsagesInBatch => self.usages_in_batch(ask, settings),
            Call::UsagesOfTenant(id) => self.usages_of_tenant(id, ask, settings),
            Call::Pricing(id) => self.visible(id).map(|tenant| Reply::ok(&pricing(tenant))),
            Call::Infra => self.infra(ask),
            Call::Applications => Ok(self.applications()),
            Call::ApplicationsOf(id) => self.applications_of(id),
            Call::Search => self.search(ask),
            Call::CheckLogin => self.check_login(ask),
            Call::Users => self.users_by_id(ask),
            Call::UsersOf(id) => self.users_of(id),
            _ => Err(bad_request("")),
        }
    }

    fn answer_write(&mut self, call: &Call, ask: &Ask, settings: &Settings, now: Timestamp) -> Result<Reply, Reply> {
        match call {
            Call::CreateTenant => self.create_tenant(ask, settings, now),
            Call::UpdateTenant(id) => self.update_tenant(id, ask, settings, now),
            Call::SetTwoFactor(id) => self.set_two_factor(id, ask, settings),
            Call::SetItems(id) => self.set_items(id, ask, settings, now),
            Call::SetPricing(id) => self.set_pricing(id, ask, settings, now),
            Call::Bind { application, tenant } => self.bind(application, tenant),
            Call::CreateUser => self.create_user(ask, settings, now),
            Call::SetAccessPolicies(id) => self.set_access_policies(id, ask, settings),
            Call::SendActivationMail(id) => self.send_activation_mail(id, ask, settings),
            _ => Err(bad_request("")),
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
}
