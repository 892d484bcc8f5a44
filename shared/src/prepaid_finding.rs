//! What is found about tenants and quotas: what is so, and what to do about it (Q1 to Q7, C4, P1 to P3). A
//! part of `finding`.

use crate::ids::TenantId;
use crate::words::list;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "finding", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each field is named by the text of `Display`")]
pub enum PrepaidWhat {
    /// C4: no contract that counts.
    NoContract { since: Date, disabled_on: Option<Date> },
    /// A43: a contract with mapped services, and no tenant.
    ContractWithoutTenant,
    /// A55: a new tenant is asked for, and nothing is sold yet.
    TenantWithoutContract,
    /// P1: a tenant with nearly the company's name is not mapped.
    TenantWithItsName { tenants: Vec<(TenantId, String)> },
    /// P2: a tenant was asked for and nobody answered.
    TenantUnanswered,
    /// P2: the vendor refused the tenant, or a step of it.
    TenantRefused { text: String },
    /// P3: the name was taken.
    NameTaken { name: String, used: String },
    /// P2: nobody to become the administrator.
    NoContact,
    /// P2: the administrator's login is somebody else's.
    LoginTaken,
    /// The tenant is disabled although there is a contract.
    TenantDisabled { tenant: TenantId },
    /// Q1: several items share the units of one service.
    Oversells { service_name: String, items: Vec<String> },
    /// Q3: a storage is on and not in the contract.
    StorageLeft { storage: String },
    /// Q3: the contract sells another storage than the one that is on.
    AnotherStorage { storage: String, wanted: Vec<String> },
    /// Q3: several storages could be given.
    StorageToChoose { storages: Vec<String> },
    /// A06: an Advanced pack without a standard item.
    PackWithoutStandard { pack: String },
    /// M3: sold, and not among what the tenant may be given.
    NotAvailable { service_name: String, items: Vec<String> },
    /// M3: given, and without a row in the mapping.
    NotInMapping { items: Vec<String> },
    /// The vendor lets nobody switch the item.
    Locked { item: String, wanted_on: bool },
    /// Q6: the vendor refused a quota.
    QuotaRefused { item: String, text: String },
    /// A login, a permission or the tenant itself kept a change from being made.
    NotDisabled { text: String },
}

impl PrepaidWhat {
    /// What to do about it.
    pub fn advice(&self) -> String {
        match self {
            Self::NoContract { disabled_on: None, .. } => {
                "renew the contract, or disable the tenant in Acronis; `disable_after_days` would do it".into()
            }
            Self::NoContract { .. } => "renew the contract before, or ignore the customer in the mapping".into(),
            Self::ContractWithoutTenant => {
                "map the company to a tenant, write `tenant = \"new\"` for it, or switch automatic_provisioning on"
                    .into()
            }
            Self::TenantWithoutContract => "make a recurring service contract with a mapped service".into(),
            Self::TenantWithItsName { .. } => {
                "map the company to that tenant, or write `tenant = \"new\"` for it in the mapping file".into()
            }
            Self::TenantUnanswered => "nothing; a later run looks whether it was created".into(),
            Self::TenantRefused { .. } => "change what is refused; it is tried again tomorrow".into(),
            Self::NameTaken { .. } => "rename the tenant in Acronis if you like; it stays mapped".into(),
            Self::NoContact => {
                "set a primary contact with an e-mail address in Autotask, and add the administrator in Acronis".into()
            }
            Self::LoginTaken => "add an administrator with another login in Acronis".into(),
            Self::TenantDisabled { .. } => "enable the tenant in Acronis, or end the contract".into(),
            Self::Oversells { .. } => {
                "map each item to a service of its own, or combine = \"max\" where they are packs on the same workloads"
                    .into()
            }
            Self::StorageLeft { .. } => "sell the storage on the contract, or switch it off in Acronis".into(),
            Self::AnotherStorage { .. } => {
                "move the customer to that storage in Acronis, or sell the one it has".into()
            }
            Self::StorageToChoose { .. } => "name one as default_storage in [settings.new_tenants]".into(),
            Self::PackWithoutStandard { .. } => "sell the standard item with it".into(),
            Self::NotAvailable { .. } => {
                "switch the item on for your own tenant in Acronis, or map the service to what you can give".into()
            }
            Self::NotInMapping { .. } => "`acrotask mapping export FILE` lists them; decide and import".into(),
            Self::Locked { .. } => "ask Acronis, or your distributor, to unlock it".into(),
            Self::QuotaRefused { .. } => "change what is refused; the next look at the customer tries again".into(),
            Self::NotDisabled { .. } => "disable the tenant in Acronis by hand, or renew the contract".into(),
        }
    }
}

impl fmt::Display for PrepaidWhat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoContract { since, disabled_on: None } => {
                write!(f, "no active recurring contract since {since}; its quotas stay as they are")
            }
            Self::NoContract { since, disabled_on: Some(day) } => {
                write!(f, "no active recurring contract since {since}; its tenant is disabled on {day}, its data stay")
            }
            Self::ContractWithoutTenant => f.write_str("a contract sells it our services, and it has no tenant"),
            Self::TenantWithoutContract => f.write_str("it is to get a tenant, but no contract sells it our services"),
            Self::TenantWithItsName { tenants } => {
                let named: Vec<String> = tenants.iter().map(|(id, name)| format!("{id} \"{name}\"")).collect();
                write!(f, "it should get a tenant, but one with its name is not mapped: {}", list(&named))
            }
            Self::TenantUnanswered => f.write_str("its tenant was asked for, and Acronis has not answered"),
            Self::TenantRefused { text } => write!(f, "Acronis refused its tenant: {text}"),
            Self::NameTaken { name, used } => {
                write!(f, "the name \"{name}\" is taken in Acronis; its tenant is called \"{used}\"")
            }
            Self::NoContact => {
                f.write_str("nobody becomes administrator of its tenant: no primary contact with e-mail")
            }
            Self::LoginTaken => f.write_str("its contact's e-mail address is already a login in Acronis"),
            Self::TenantDisabled { tenant } => {
                write!(f, "tenant {tenant} is disabled although there is a contract; nothing is changed in it")
            }
            Self::Oversells { service_name, items } => {
                write!(f, "{service_name} is sold once and gives its units to each of {}", list(items))
            }
            Self::StorageLeft { storage } => {
                write!(f, "{storage} is on and not in the contract; it is left as it is")
            }
            Self::AnotherStorage { storage, wanted } => {
                write!(f, "the contract sells {}, but {storage} is on; a storage is never switched", list(wanted))
            }
            Self::StorageToChoose { storages } => write!(f, "several storages could be given: {}", list(storages)),
            Self::PackWithoutStandard { pack } => {
                write!(f, "{pack} stands on a standard item, and none is given; it is not switched on")
            }
            Self::NotAvailable { service_name, items } => {
                write!(f, "{service_name} is sold, but {} cannot be given to the tenant", list(items))
            }
            Self::NotInMapping { items } => write!(f, "given, and in no row of the mapping: {}", list(items)),
            Self::Locked { item, wanted_on } => {
                let wanted = if *wanted_on { "on" } else { "off" };
                write!(f, "{item} is locked at Acronis and cannot be switched {wanted}")
            }
            Self::QuotaRefused { item, text } => write!(f, "Acronis refused to change {item}: {text}"),
            Self::NotDisabled { text } => write!(f, "Acronis refused to disable its tenant: {text}"),
        }
    }
}
