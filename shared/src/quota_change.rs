//! What is to be changed at Acronis: a quota, a new tenant, a tenant to be disabled. Each says why, has an id by
//! which it is approved, and holds all that carrying it out takes.

use crate::contract::Company;
use crate::fingerprint;
use crate::ids::{ApplicationId, CompanyId, ContractId, TenantId};
use crate::quantity::{MeasurementUnit, UnitSize};
use crate::quota::Grant;
use crate::quota_facts::Contact;
use crate::usage::{ItemKey, ItemKind};
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// A change of what a tenant may use of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuotaChange {
    /// The company.
    pub company: CompanyId,
    /// Its name, for people.
    pub company_name: String,
    /// The tenant.
    pub tenant: TenantId,
    /// What is set.
    #[serde(flatten)]
    pub setting: ItemSetting,
    /// What is in use, in base units.
    pub used: u64,
    /// Why.
    pub because: Because,
    /// The fingerprint of the mapping behind it.
    pub mapped_as: String,
}

/// An item and what is to be given of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemSetting {
    /// The item.
    pub key: ItemKey,
    /// Its name for people.
    pub label: String,
    /// How it behaves.
    pub kind: ItemKind,
    /// What it is counted in.
    pub unit: MeasurementUnit,
    /// What is given now.
    pub before: Grant,
    /// What is to be given.
    pub after: Grant,
    /// The quota's version as read (Q6).
    pub version: u64,
}

/// Why an item is given as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "because", rename_all = "kebab-case")]
pub enum Because {
    /// Q1: so many units are sold.
    Units {
        /// The service.
        service_name: String,
        /// Units of its lines, by contract.
        on_lines: BTreeMap<ContractId, i64>,
        /// Units of bundles that hold it.
        in_bundles: i64,
        /// Units that cost nothing.
        included: u32,
        /// The size of one.
        unit_size: UnitSize,
    },
    /// Q4: billed by usage.
    PayAsYouGo {
        /// The service.
        service_name: String,
        /// The contract.
        contract: ContractId,
    },
    /// Q2: not in the contract, or not mapped at all.
    NotSold {
        /// The service, where it is mapped.
        service_name: Option<String>,
        /// Whether it is free.
        free: bool,
    },
    /// Q7: its parent item, or its service, is sold.
    With {
        /// The parent's name, or the service's.
        name: String,
    },
    /// Q3: the storage of new tenants.
    DefaultStorage,
}

impl Because {
    /// Whether it follows a pay-as-you-go contract.
    pub fn is_pay_as_you_go(&self) -> bool {
        matches!(self, Because::PayAsYouGo { .. })
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Because::Units { service_name, on_lines, in_bundles, included, unit_size } => {
                let mut parts: Vec<String> =
                    on_lines.iter().map(|(contract, units)| format!("{units} on contract {contract}")).collect();
                parts.extend((*in_bundles > 0 || on_lines.is_empty()).then(|| format!("{in_bundles} in bundles")));
                parts.extend((*included > 0).then(|| format!("{included} included")));
                write!(f, "{service_name}: {}", parts.join(" + "))?;
                let usual = [UnitSize::usual(MeasurementUnit::Quantity), UnitSize::usual(MeasurementUnit::Bytes)];
                if usual.contains(unit_size) { Ok(()) } else { write!(f, ", each {unit_size}") }
            }
            Because::PayAsYouGo { service_name, contract } => {
                write!(f, "{service_name}: pay-as-you-go on contract {contract}")
            }
            Because::NotSold { service_name, free } => {
                match service_name {
                    Some(name) => write!(f, "{name} is not in the contract")?,
                    None => f.write_str("not mapped")?,
                }
                if *free { f.write_str("; free") } else { Ok(()) }
            }
            Because::With { name } => write!(f, "goes with {name}"),
            Because::DefaultStorage => f.write_str("the default storage"),
        }
    }
}

impl QuotaChange {
    /// The id of this change. It names contract, mapping and what is given, and usage where the quota ends
    /// below it, so that an approval is for exactly what was shown; and how often we wrote it, so that an
    /// approval is good once.
    pub fn id(&self, writes_before: u32) -> String {
        let setting = &self.setting;
        let used = if setting.after.is_below(self.used) { self.used.to_string() } else { String::new() };
        fingerprint::of(&[
            "quota".to_owned(),
            self.company.to_string(),
            self.tenant.to_string(),
            format!("{} {}", setting.key.application, setting.key),
            format!("{:?} {:?}", setting.before, setting.after),
            self.because.to_string(),
            self.mapped_as.clone(),
            used,
            writes_before.to_string(),
        ])
    }
}

/// A tenant to be created, or completed after a run was stopped on the way (P2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewTenant {
    /// The company.
    pub company: CompanyId,
    /// Its name, which the tenant gets.
    pub name: String,
    /// The tag by which the tenant is found again.
    pub tag: String,
    /// The tenant above it.
    pub parent: TenantId,
    /// The tenant, where it is there already.
    pub tenant: Option<TenantId>,
    /// The applications it is bound to.
    pub applications: Vec<ApplicationId>,
    /// What it is given.
    pub items: Vec<ItemSetting>,
    /// Whether its users must log in with two factors.
    pub two_factor: bool,
    /// Whether it stays in trial.
    pub trial: bool,
    /// Who becomes its administrator.
    pub administrator: Option<Contact>,
    /// The fingerprints of the product rows behind its items.
    pub mapped_as: BTreeMap<String, String>,
    /// The fingerprint of all that it is to have, also where a stopped run gave it already.
    pub promised: String,
}

impl NewTenant {
    /// The id of this change: the same until the tenant is complete, so that what was approved is finished; another
    /// one where the contract, the mapping or the contact moves (H2).
    pub fn id(&self, company: Option<&Company>) -> String {
        fingerprint::of(&[
            "new tenant",
            &self.tag,
            self.parent.as_str(),
            company.map(|company| company.name.as_str()).unwrap_or_default(),
            if self.two_factor { "two factors" } else { "one" },
            if self.trial { "trial" } else { "production" },
            self.administrator.as_ref().map_or("", |contact| &contact.email),
            &self.promised,
        ])
    }
}

/// A tenant to be disabled, because its company has had no contract for long (C4). Its data stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DisableTenant {
    /// The company.
    pub company: CompanyId,
    /// Its name, for people.
    pub company_name: String,
    /// The tenant.
    pub tenant: TenantId,
    /// The first day without a contract.
    pub since: Date,
    /// How many items are in use.
    pub items_in_use: usize,
}

impl DisableTenant {
    /// The id of this change. It names what is in use, and how often we disabled the tenant, so that an
    /// approval is for what was shown, and good once.
    pub fn id(&self, disabled_before: u32) -> String {
        fingerprint::of(&[
            "disable tenant",
            &self.company.to_string(),
            self.tenant.as_str(),
            &self.since.to_string(),
            &self.items_in_use.to_string(),
            &disabled_before.to_string(),
        ])
    }
}
