//! Users as far as provisioning needs them: made, given roles, and sent their activation mail. (Acronis
//! Account Management API v2, /users.)

use super::bodies::Body;
use super::errors::{INVALID_LOGIN, bad_request, refuse};
use super::tenant_writes::read_contact;
use super::{Acronis, uuid};
use crate::exchange::{Ask, Reply};
use crate::settings::Settings;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

const OF_A_NEW_USER: [&str; 12] = [
    "tenant_id",
    "login",
    "contact",
    "language",
    "enabled",
    "notifications",
    "business_types",
    "external_id",
    "idp_id",
    "origin_id",
    "origin_external_id",
    "disable_after",
];

/// A user of a tenant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct User {
    /// Id, a lower-case UUID.
    pub id: String,
    /// Tenant.
    pub tenant_id: String,
    /// Login, unique in the data centre.
    pub login: String,
    /// Contact as written.
    pub contact: Map<String, Value>,
    /// Language.
    pub language: String,
    /// Enabled.
    pub enabled: bool,
    /// Kinds of mail the user gets.
    pub notifications: Value,
    /// Kinds of business contact.
    pub business_types: Value,
    /// Roles as last written.
    pub access_policies: Vec<Value>,
    /// Activation mails sent.
    pub activation_mails: usize,
    /// Creation.
    pub created_at: Timestamp,
}

impl User {
    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "version": 1,
            "tenant_id": self.tenant_id,
            "login": self.login,
            "contact": self.contact,
            "activated": false,
            "enabled": self.enabled,
            "personal_tenant_id": null,
            "notifications": self.notifications,
            "business_types": self.business_types,
            "idp_id": null,
            "language": self.language,
            "terms_accepted": false,
            "mfa_status": "disabled",
            "created_at": self.created_at,
            "updated_at": self.created_at,
            "deleted_at": null,
        })
    }

    /// Login, address or names hold a text in small letters.
    pub(crate) fn mentions(&self, text: &str) -> bool {
        let contact = ["firstname", "lastname", "email"].into_iter().filter_map(|key| self.contact.get(key)?.as_str());
        contact.chain([self.login.as_str()]).any(|known| known.to_lowercase().contains(text))
    }
}

fn is_login(text: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "._-+@".contains(letter);
    !text.is_empty() && text.chars().all(allowed)
}

impl Acronis {
    fn login_taken(&self, login: &str) -> bool {
        self.users.values().any(|user| user.login.eq_ignore_ascii_case(login))
    }

    /// `GET /users/check_login?username=…`: 204 free, 409 taken, 406 malformed.
    pub(crate) fn check_login(&self, ask: &Ask) -> Result<Reply, Reply> {
        let login = ask.parameter("username").ok_or_else(|| bad_request("username is required."))?;
        if !is_login(&login) {
            return Err(refuse(406, INVALID_LOGIN, "Invalid login", "The login has characters that are not allowed."));
        }
        if self.login_taken(&login) {
            return Err(refuse(409, 409, "Conflict", "The login is taken."));
        }
        Ok(Reply::empty())
    }

    /// `POST /users`, which answers 200 and not 201.
    pub(crate) fn create_user(&mut self, ask: &Ask, settings: &Settings, now: Timestamp) -> Result<Reply, Reply> {
        let body = Body::read(ask, &OF_A_NEW_USER, settings)?;
        let tenant_id = body.required_text("tenant_id")?;
        let contact = body.get("contact").ok_or_else(|| bad_request("contact is required."))?;
        let contact = read_contact(contact, settings.strict)?;
        let email = contact.get("email").and_then(Value::as_str).filter(|email| !email.is_empty());
        let email = email.ok_or_else(|| bad_request("contact.email is required."))?.to_owned();
        let login = body.text("login")?.unwrap_or(email);
        self.check_enabled(&tenant_id)?;
        if !is_login(&login) || self.login_taken(&login) {
            return Err(refuse(400, INVALID_LOGIN, "Invalid login", "The login is malformed or taken."));
        }
        let number = u64::try_from(self.users.len()).unwrap_or_default() + 1;
        let or_empty = |key: &str| body.get(key).cloned().unwrap_or_else(|| json!([]));
        let user = User {
            id: uuid("a5e5", number),
            tenant_id,
            login,
            contact,
            language: body.text("language")?.unwrap_or_else(|| "en".to_owned()),
            enabled: body.flag("enabled")?.unwrap_or(true),
            notifications: or_empty("notifications"),
            business_types: or_empty("business_types"),
            access_policies: Vec::new(),
            activation_mails: 0,
            created_at: now,
        };
        let shown = user.json();
        self.users.insert(user.id.clone(), user);
        Ok(Reply::ok(&shown))
    }

    fn user_mut(&mut self, id: &str) -> Result<&mut User, Reply> {
        let user = self.users.get_mut(id);
        user.ok_or_else(|| refuse(404, 404, "Not found", "The user was not found."))
    }

    /// `PUT /users/{id}/access_policies`, which replaces all roles.
    pub(crate) fn set_access_policies(&mut self, id: &str, ask: &Ask, settings: &Settings) -> Result<Reply, Reply> {
        let items = Body::read(ask, &["items"], settings)?.list("items")?;
        self.user_mut(id)?;
        for item in &items {
            let policy = Body::of(item.clone(), &[], false)?;
            policy.required_text("role_id")?;
            self.visible(&policy.required_text("tenant_id")?)?;
            let whole = policy.text("trustee_id")?.as_deref() == Some(id)
                && policy.text("trustee_type")?.as_deref() == Some("user")
                && policy.number("version")?.is_some()
                && policy.get("id").is_some()
                && policy.get("issuer_id").is_some();
            if !whole {
                return Err(bad_request("An access policy needs id, issuer_id, version and the user as its trustee."));
            }
        }
        let user = self.user_mut(id)?;
        user.access_policies = items;
        Ok(Reply::ok(&json!({"items": user.access_policies})))
    }

    /// `POST /users/{id}/send-activation-email` with an empty object.
    pub(crate) fn send_activation_mail(&mut self, id: &str, ask: &Ask, settings: &Settings) -> Result<Reply, Reply> {
        Body::read(ask, &[], settings)?;
        self.user_mut(id)?.activation_mails += 1;
        Ok(Reply::empty())
    }

    /// `GET /tenants/{id}/users`: ids only.
    pub(crate) fn users_of(&self, tenant: &str) -> Result<Reply, Reply> {
        self.visible(tenant)?;
        let own = self.users.values().filter(|user| user.tenant_id == tenant);
        Ok(Reply::ok(&json!({"items": own.map(|user| user.id.as_str()).collect::<Vec<_>>()})))
    }

    /// `GET /users?uuids=…`.
    pub(crate) fn users_by_id(&self, ask: &Ask) -> Result<Reply, Reply> {
        let ids = ask.list("uuids").ok_or_else(|| bad_request("uuids is required."))?;
        if ids.len() > 100 {
            return Err(bad_request("uuids must have at most 100 elements."));
        }
        let found = ids.iter().filter_map(|id| self.users.get(id));
        Ok(Reply::ok(&json!({"items": found.map(User::json).collect::<Vec<_>>()})))
    }
}
