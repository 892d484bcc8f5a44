//! How a tenant stands (Acronis Account Management API v2): its applications, its pricing mode, its
//! two-factor rule and its users. It reads what provisioning goes by, and decides nothing.

use super::{Acronis, AcronisError, MOST_IDS, wire};
use serde::Deserialize;
use serde_json::Value;
use shared::ids::{ApplicationId, TenantId};
use shared::usage::Tenant;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The pricing mode of a tenant (`GET /tenants/{id}/pricing`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pricing {
    /// The mode.
    pub mode: PricingMode,
    /// Its version, to be sent back with a change; it is not the tenant's.
    pub version: u64,
}

/// How a tenant is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PricingMode {
    /// Not yet: new customers start so.
    Trial,
    /// For what it uses; nothing leads back to a trial.
    Production,
    /// Not any more.
    Suspended,
    /// Anything that the vendor adds.
    Other,
}

/// Whether the users of a tenant need a second factor (`GET /tenants/{id}/mfa/status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoFactor {
    /// They do.
    pub on: bool,
    /// We may change it.
    pub may_change: bool,
}

/// An Acronis user: a UUID.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(String);

impl UserId {
    /// The id as the vendor writes it, trimmed and in lower case.
    pub fn new(id: impl AsRef<str>) -> Self {
        Self(id.as_ref().trim().to_lowercase())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A user of a tenant. Login and e-mail are missing where the vendor does not tell them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Who it is.
    pub id: UserId,
    /// What they log in with.
    pub login: Option<String>,
    /// Where they get mail.
    pub email: Option<String>,
}

#[derive(Deserialize)]
struct PricingReply {
    mode: String,
    version: Value,
}

#[derive(Deserialize)]
struct TwoFactorReply {
    mfa_status: String,
    #[serde(default)]
    update_allowed: Option<bool>,
}

#[derive(Deserialize)]
struct UserRow {
    id: String,
    #[serde(default)]
    login: Option<String>,
    #[serde(default)]
    contact: Option<ContactRow>,
}

#[derive(Deserialize)]
struct ContactRow {
    #[serde(default)]
    email: Option<String>,
}

impl Acronis {
    /// The tenants of these ids, in batches (`GET /tenants?uuids=`); those that are deleted, or that the
    /// vendor does not list, are left out.
    pub async fn tenants_by_id(&self, ids: &[TenantId], mut each: impl FnMut(Tenant)) -> Result<(), AcronisError> {
        for batch in ids.chunks(MOST_IDS) {
            let ids = batch.iter().map(TenantId::as_str).collect::<Vec<_>>().join(",");
            let mut url = self.url(&["tenants"]);
            url.query_pairs_mut().append_pair("uuids", &ids).append_pair("lod", "full");
            self.each_row("tenants", url, |row: wire::Tenant| {
                if !row.is_deleted() {
                    each(row.into_fact()?);
                }
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    /// The applications that a tenant has (`GET /tenants/{id}/applications`).
    pub async fn applications_of(&self, tenant: &TenantId) -> Result<BTreeSet<ApplicationId>, AcronisError> {
        let url = self.url(&["tenants", tenant.as_str(), "applications"]);
        let mut applications = BTreeSet::new();
        self.each_row("tenants/{id}/applications", url, |id: String| {
            applications.insert(ApplicationId::new(id));
            Ok(())
        })
        .await?;
        Ok(applications)
    }

    /// How a tenant is charged.
    pub async fn pricing_of(&self, tenant: &TenantId) -> Result<Pricing, AcronisError> {
        let url = self.url(&["tenants", tenant.as_str(), "pricing"]);
        let pricing: PricingReply = self.read("tenants/{id}/pricing", url).await?;
        let version = wire::version(&pricing.version);
        let version = version.map_err(|why| AcronisError::Failed(format!("the pricing of {tenant}: {why}")))?;
        let mode = match pricing.mode.as_str() {
            "trial" => PricingMode::Trial,
            "production" => PricingMode::Production,
            "suspended" => PricingMode::Suspended,
            _ => PricingMode::Other,
        };
        Ok(Pricing { mode, version })
    }

    /// Whether the users of a tenant need a second factor.
    pub async fn two_factor_of(&self, tenant: &TenantId) -> Result<TwoFactor, AcronisError> {
        let url = self.url(&["tenants", tenant.as_str(), "mfa", "status"]);
        let status: TwoFactorReply = self.read("tenants/{id}/mfa/status", url).await?;
        // "setup_required": demanded, and not everybody has set it up yet.
        let on = matches!(status.mfa_status.as_str(), "enabled" | "setup_required");
        Ok(TwoFactor { on, may_change: status.update_allowed != Some(false) })
    }

    /// The users of a tenant (`GET /tenants/{id}/users`, then `GET /users?uuids=`).
    pub async fn users_of(&self, tenant: &TenantId) -> Result<Vec<User>, AcronisError> {
        let url = self.url(&["tenants", tenant.as_str(), "users"]);
        let mut ids = BTreeSet::new();
        self.each_row("tenants/{id}/users", url, |id: String| {
            ids.insert(UserId::new(id));
            Ok(())
        })
        .await?;
        let ids = Vec::from_iter(ids);
        let mut described = BTreeMap::new();
        for batch in ids.chunks(MOST_IDS) {
            let listed = batch.iter().map(UserId::as_str).collect::<Vec<_>>().join(",");
            let mut url = self.url(&["users"]);
            url.query_pairs_mut().append_pair("uuids", &listed);
            self.each_row("users", url, |row: UserRow| {
                described.insert(UserId::new(&row.id), (row.login, row.contact.and_then(|contact| contact.email)));
                Ok(())
            })
            .await?;
        }
        let user = |id: UserId| {
            let (login, email) = described.remove(&id).unwrap_or_default();
            User { id, login: login.filter(|text| !text.is_empty()), email: email.filter(|text| !text.is_empty()) }
        };
        Ok(ids.into_iter().map(user).collect())
    }

    /// Whether a new user may have the login: the vendor takes it, and nobody has it
    /// (`GET /users/check_login`).
    pub async fn login_is_free(&self, login: &str) -> Result<bool, AcronisError> {
        let mut url = self.url(&["users", "check_login"]);
        url.query_pairs_mut().append_pair("username", login);
        let reply = self.ask("users/check_login", url).await?;
        match reply.status {
            204 => Ok(true),
            406 | 409 => Ok(false),
            _ => Err(AcronisError::of(&reply)),
        }
    }
}
