//! The writes to Acronis, each sent once: whoever calls has recorded the intent before, and settles an
//! unknown outcome by reading. Nothing here deletes a tenant, takes an application from one, or dismisses
//! more than one alert.

use super::standing::UserId;
use super::write_error::{success_of_dismissal, success_of_write};
use super::{Acronis, AcronisError, AcronisWriteError, bodies, wire, with_token};
use crate::context::Secret;
use crate::http::{Ask, Outcome, Reply, Vendor};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::ids::{AlertId, ApplicationId, TenantId};
use shared::quota::Grant;
use shared::usage::ItemKey;

/// Names shorter than this are parts of many words, which could not be read without them.
const FEWEST_LETTERS_HIDDEN: usize = 3;

/// What a job holds that may write. Nothing but a job in apply mode makes one.
#[derive(Debug, Clone)]
pub struct AcronisWriter {
    reader: Acronis,
}

/// A customer to be created (Acronis Account Management API v2, `POST /tenants`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTenant {
    /// The tenant above it.
    pub parent: TenantId,
    /// Its name; no two tenants side by side have the same.
    pub name: String,
    /// Text of ours that is kept on it, by which it is found again after a lost reply.
    pub tag: String,
    /// The language its users are spoken to in, such as `de`.
    pub language: Option<String>,
    /// Whom to turn to there.
    pub contact: Option<Contact>,
}

/// A person at a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// E-mail address; may be empty.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
}

/// How much of an item a tenant is to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemSetting {
    /// The item.
    pub key: ItemKey,
    /// How much.
    pub grant: Grant,
    /// The version of its quota as last read; 0 where it had none.
    pub version: u64,
    /// Whether it is a feature, which has no quota.
    pub is_feature: bool,
}

/// A user to be created (Acronis Account Management API v2, `POST /users`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// What they will log in with; no two users anywhere have the same.
    pub login: String,
    /// Where the activation is sent to.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The language they are spoken to in, such as `de`.
    pub language: Option<String>,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

#[derive(Deserialize)]
struct TenantToDisable {
    kind: String,
    enabled: bool,
    version: Value,
}

impl AcronisWriter {
    /// A writer to what `reader` reads, with the same token.
    pub fn new(reader: &Acronis) -> Self {
        Self { reader: reader.clone() }
    }

    /// Creates a customer, in trial at first.
    pub async fn create_tenant(&self, new: &NewTenant) -> Result<TenantId, AcronisWriteError> {
        one_part(new.parent.as_str())?;
        let person = new.contact.iter().flat_map(|contact| [&contact.email, &contact.first_name, &contact.last_name]);
        let ask = self.ask(Method::POST, "POST tenants", &["tenants"], &bodies::Tenant::of(new))?;
        let reply = self.write(hiding(ask, person)).await?;
        created(&reply).map(TenantId::new)
    }

    /// Sets what a tenant is given of these items; items that are not listed stay as they are
    /// (`PUT /tenants/{id}/offering_items`). Items that are in use are not switched off.
    pub async fn set_items(&self, tenant: &TenantId, items: &[ItemSetting]) -> Result<(), AcronisWriteError> {
        if items.is_empty() {
            return Ok(());
        }
        let body = bodies::Items::of(items).map_err(AcronisWriteError::refused)?;
        let path = ["tenants", one_part(tenant.as_str())?, "offering_items"];
        self.write(self.ask(Method::PUT, "PUT tenants/{id}/offering_items", &path, &body)?).await.map(drop)
    }

    /// Gives a tenant an application (`POST /applications/{id}/bindings/tenants/{id}`).
    pub async fn bind(&self, application: &ApplicationId, tenant: &TenantId) -> Result<(), AcronisWriteError> {
        let (application, tenant) = (one_part(application.as_str())?, one_part(tenant.as_str())?);
        let url = self.reader.url(&["applications", application, "bindings", "tenants", tenant]);
        let ask = Ask::post_nothing(Vendor::Acronis, "POST applications/{id}/bindings/tenants/{id}", url);
        self.write(ask).await.map(drop)
    }

    /// Demands a second factor of a tenant's users (`PUT /tenants/{id}/mfa/status`).
    pub async fn require_two_factor(&self, tenant: &TenantId) -> Result<(), AcronisWriteError> {
        let path = ["tenants", one_part(tenant.as_str())?, "mfa", "status"];
        let body = bodies::TwoFactor { enabled: true };
        self.write(self.ask(Method::PUT, "PUT tenants/{id}/mfa/status", &path, &body)?).await.map(drop)
    }

    /// Ends a tenant's trial, for good (`PUT /tenants/{id}/pricing`). `version` is that of its pricing.
    pub async fn start_production(&self, tenant: &TenantId, version: u64) -> Result<(), AcronisWriteError> {
        let path = ["tenants", one_part(tenant.as_str())?, "pricing"];
        let body = bodies::Pricing { mode: "production", version };
        self.write(self.ask(Method::PUT, "PUT tenants/{id}/pricing", &path, &body)?).await.map(drop)
    }

    /// Switches a customer off, unless it is off; its data stay (`PUT /tenants/{id}`).
    pub async fn disable(&self, tenant: &TenantId) -> Result<(), AcronisWriteError> {
        let path = ["tenants", one_part(tenant.as_str())?];
        let found: TenantToDisable = self.reader.read("tenants/{id}", self.reader.url(&path)).await?;
        // Whoever is below a partner or a folder would be switched off with it.
        if found.kind != "customer" {
            return Err(AcronisWriteError::refused(format!("tenant {tenant} is no customer, and stays on")));
        }
        if !found.enabled {
            return Ok(());
        }
        let version = wire::version(&found.version);
        let version = version.map_err(|why| AcronisWriteError::not_run(format!("tenant {tenant}: {why}")))?;
        let body = bodies::Enabled { enabled: false, version };
        self.write(self.ask(Method::PUT, "PUT tenants/{id}", &path, &body)?).await.map(drop)
    }

    /// Creates a user of a tenant, who has no rights yet and cannot log in before the activation.
    pub async fn create_administrator(&self, tenant: &TenantId, new: &NewUser) -> Result<UserId, AcronisWriteError> {
        one_part(tenant.as_str())?;
        let person = [&new.login, &new.email, &new.first_name, &new.last_name];
        let ask = self.ask(Method::POST, "POST users", &["users"], &bodies::User::of(tenant, new))?;
        let reply = self.write(hiding(ask, person)).await?;
        created(&reply).map(UserId::new)
    }

    /// Makes a user the administrator of a customer (`PUT /users/{id}/access_policies`). The vendor takes
    /// all other rights from them, so that this is for users that were just created.
    pub async fn give_administration(&self, tenant: &TenantId, user: &UserId) -> Result<(), AcronisWriteError> {
        one_part(tenant.as_str())?;
        let path = ["users", one_part(user.as_str())?, "access_policies"];
        let body = bodies::AccessPolicies::of_administrator(tenant, user);
        self.write(self.ask(Method::PUT, "PUT users/{id}/access_policies", &path, &body)?).await.map(drop)
    }

    /// Sends a user the mail by which they choose a password (`POST /users/{id}/send-activation-email`).
    pub async fn send_activation(&self, user: &UserId) -> Result<(), AcronisWriteError> {
        let path = ["users", one_part(user.as_str())?, "send-activation-email"];
        let ask = self.ask(Method::POST, "POST users/{id}/send-activation-email", &path, &bodies::Nothing {})?;
        self.write(ask).await.map(drop)
    }

    /// Dismisses one alert. Whether it was there: the vendor may have no such alert any more, or show us none, since an
    /// alert of a customer that manages itself is not ours to dismiss, and stays (Acronis Alert Manager API 1.0,
    /// `DELETE /alerts/{id}`).
    pub async fn dismiss_alert(&self, alert: &AlertId) -> Result<bool, AcronisWriteError> {
        // As the vendor writes it. Without it the path would be that of all alerts.
        let id = one_part(alert.as_str())?.to_ascii_uppercase();
        let url = self.reader.alerts_url(&["alerts", &id]);
        let ask = Ask::post_nothing(Vendor::Acronis, "DELETE alert_manager/alerts/{id}", url).by(Method::DELETE);
        success_of_dismissal(self.outcome(ask).await?)
    }

    fn ask(
        &self,
        method: Method,
        endpoint: &'static str,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<Ask, AcronisWriteError> {
        let body = serde_json::to_vec(body).map_err(|error| AcronisWriteError::refused(error.to_string()))?;
        let url = self.reader.url(path);
        Ok(Ask::post(Vendor::Acronis, endpoint, url, "application/json", body).by(method))
    }

    async fn write(&self, ask: Ask) -> Result<Reply, AcronisWriteError> {
        success_of_write(self.outcome(ask).await?)
    }

    /// Sends a write once; after a 401, which says that it was not run, once more with a new token.
    async fn outcome(&self, ask: Ask) -> Result<Outcome, AcronisWriteError> {
        let tokens = &self.reader.0.tokens;
        let token = tokens.current().await.map_err(without_token)?;
        let mut outcome = self.send(&ask, &token).await?;
        if matches!(&outcome, Outcome::Reply(reply) if reply.status == 401) {
            let renewed = tokens.renewed(&token).await.map_err(without_token)?;
            outcome = self.send(&ask, &renewed).await?;
        }
        Ok(outcome)
    }

    async fn send(&self, ask: &Ask, token: &Secret) -> Result<Outcome, AcronisWriteError> {
        let ask = with_token(ask.clone(), token).map_err(AcronisWriteError::not_run)?;
        Ok(self.reader.0.http.send(&ask).await)
    }
}

fn without_token(error: AcronisError) -> AcronisWriteError {
    AcronisWriteError::not_run(error.to_string())
}

/// An id as one part of a path: an empty one, or a dot, would make it the path of something else.
fn one_part(id: &str) -> Result<&str, AcronisWriteError> {
    let is_plain = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if is_plain { Ok(id) } else { Err(AcronisWriteError::refused(format!("{id:?} is no id of Acronis"))) }
}

fn created(reply: &Reply) -> Result<String, AcronisWriteError> {
    let id = reply.json::<Created>().map_err(AcronisWriteError::Unknown)?.id;
    one_part(&id).map_err(|_| AcronisWriteError::Unknown(reply.unreadable("it names no id")))?;
    Ok(id)
}

/// Keeps a person's names out of what is told of a request.
fn hiding<'a>(ask: Ask, names: impl IntoIterator<Item = &'a String>) -> Ask {
    let names = names.into_iter().filter(|name| name.chars().count() >= FEWEST_LETTERS_HIDDEN);
    let mut hidden = names.map(Secret::new).collect::<Vec<_>>();
    // An address goes before the name that is part of it.
    hidden.sort_by_key(|name| std::cmp::Reverse(name.expose().len()));
    ask.hiding(&hidden.iter().collect::<Vec<_>>())
}
