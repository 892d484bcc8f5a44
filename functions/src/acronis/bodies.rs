//! The JSON of writes (Acronis Account Management API v2). The vendor refuses properties it does not know,
//! so that nothing is in them but what it names.

use super::standing::UserId;
use super::writer::{Contact, ItemSetting, NewTenant, NewUser};
use serde::Serialize;
use shared::ids::TenantId;
use shared::quota::Grant;

/// The vendor's id for an access policy that is not there yet, and for its issuer (Acronis developer
/// portal, Provisioning a customer tenant).
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

#[derive(Serialize)]
pub(super) struct Tenant<'a> {
    name: &'a str,
    parent_id: &'a str,
    kind: &'static str,
    internal_tag: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<Person<'a>>,
}

impl<'a> Tenant<'a> {
    pub(super) fn of(new: &'a NewTenant) -> Self {
        Self {
            name: &new.name,
            parent_id: new.parent.as_str(),
            kind: "customer",
            internal_tag: &new.tag,
            language: new.language.as_deref(),
            contact: new.contact.as_ref().map(Person::of),
        }
    }
}

#[derive(Serialize)]
struct Person<'a> {
    email: &'a str,
    firstname: &'a str,
    lastname: &'a str,
}

impl<'a> Person<'a> {
    fn of(contact: &'a Contact) -> Self {
        Self { email: &contact.email, firstname: &contact.first_name, lastname: &contact.last_name }
    }
}

#[derive(Serialize)]
pub(super) struct Items<'a> {
    offering_items: Vec<Item<'a>>,
    /// Refuses to switch off what is in use.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    check_usage: bool,
}

impl<'a> Items<'a> {
    pub(super) fn of(settings: &'a [ItemSetting]) -> Result<Self, String> {
        Ok(Self {
            check_usage: settings.iter().any(|setting| !setting.grant.is_on()),
            offering_items: settings.iter().map(Item::of).collect::<Result<_, _>>()?,
        })
    }
}

#[derive(Serialize)]
struct Item<'a> {
    application_id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    infra_id: Option<&'a str>,
    status: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    quota: Option<Quota>,
}

#[derive(Serialize)]
struct Quota {
    value: Option<u64>,
    overage: Option<u64>,
    version: u64,
}

impl<'a> Item<'a> {
    fn of(setting: &'a ItemSetting) -> Result<Self, String> {
        let (key, version) = (&setting.key, setting.version);
        let quota = match (setting.grant, setting.is_feature) {
            (Grant::Off, _) | (Grant::Unlimited, true) => None,
            (Grant::Unlimited, false) => Some(Quota { value: None, overage: None, version }),
            (Grant::UpTo { limit, overage }, false) => Some(Quota { value: Some(limit), overage, version }),
            (Grant::UpTo { .. }, true) => {
                return Err(format!("{key} is a feature, which is on or off and has no quota"));
            }
        };
        Ok(Self {
            application_id: key.application.as_str(),
            name: &key.name,
            infra_id: key.storage.as_ref().map(|storage| storage.as_str()),
            status: u8::from(setting.grant.is_on()),
            quota,
        })
    }
}

#[derive(Serialize)]
pub(super) struct TwoFactor {
    pub(super) enabled: bool,
}

#[derive(Serialize)]
pub(super) struct Pricing {
    pub(super) mode: &'static str,
    pub(super) version: u64,
}

#[derive(Serialize)]
pub(super) struct Enabled {
    pub(super) enabled: bool,
    pub(super) version: u64,
}

#[derive(Serialize)]
pub(super) struct User<'a> {
    tenant_id: &'a str,
    login: &'a str,
    contact: Person<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    enabled: bool,
}

impl<'a> User<'a> {
    pub(super) fn of(tenant: &'a TenantId, new: &'a NewUser) -> Self {
        Self {
            tenant_id: tenant.as_str(),
            login: &new.login,
            contact: Person { email: &new.email, firstname: &new.first_name, lastname: &new.last_name },
            language: new.language.as_deref(),
            enabled: true,
        }
    }
}

#[derive(Serialize)]
pub(super) struct AccessPolicies<'a> {
    items: [AccessPolicy<'a>; 1],
}

#[derive(Serialize)]
struct AccessPolicy<'a> {
    id: &'static str,
    issuer_id: &'static str,
    version: u64,
    trustee_id: &'a str,
    trustee_type: &'static str,
    tenant_id: &'a str,
    role_id: &'static str,
}

impl<'a> AccessPolicies<'a> {
    /// That of a customer's administrator.
    pub(super) fn of_administrator(tenant: &'a TenantId, user: &'a UserId) -> Self {
        Self {
            items: [AccessPolicy {
                id: NOBODY,
                issuer_id: NOBODY,
                version: 0,
                trustee_id: user.as_str(),
                trustee_type: "user",
                tenant_id: tenant.as_str(),
                role_id: "company_admin",
            }],
        }
    }
}

#[derive(Serialize)]
pub(super) struct Nothing {}
