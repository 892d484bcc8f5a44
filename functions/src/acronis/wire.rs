//! The vendor's JSON (Acronis Account Management API v2) and what it means in our words. Unknown
//! properties and unknown values of lists are let pass; a figure that is no whole number is not.

use crate::http::civil_day;
use serde::Deserialize;
use serde_json::Value;
use shared::ids::{ApplicationId, StorageId, TenantId};
use shared::quantity::MeasurementUnit;
use shared::quota::{GivenItem, Grant};
use shared::usage::{self, ItemKey, ItemKind, TenantKind, UsageRow};

#[derive(Deserialize)]
pub(super) struct Client {
    pub(super) tenant_id: String,
}

#[derive(Deserialize)]
pub(super) struct Storage {
    pub(super) id: String,
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct Tenant {
    id: String,
    #[serde(default)]
    parent_id: Option<String>,
    name: String,
    kind: String,
    enabled: bool,
    #[serde(default)]
    pricing_mode: Option<String>,
    #[serde(default)]
    internal_tag: Option<String>,
    #[serde(default)]
    deleted_at: Option<String>,
    #[serde(default)]
    ancestral_access: Option<bool>,
}

impl Tenant {
    pub(super) fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }

    pub(super) fn manages_itself(&self) -> bool {
        self.ancestral_access == Some(false)
    }

    pub(super) fn into_fact(self) -> Result<usage::Tenant, String> {
        let kind = match self.kind.as_str() {
            "customer" => TenantKind::Customer,
            "partner" | "folder" => TenantKind::Group,
            _ => TenantKind::Other,
        };
        // A customer whose mode is not told could be billed for a trial.
        if kind == TenantKind::Customer && self.pricing_mode.is_none() {
            return Err(format!("customer {} has no pricing_mode", self.id));
        }
        Ok(usage::Tenant {
            id: TenantId::new(self.id),
            parent: self.parent_id.map(TenantId::new),
            name: self.name,
            kind,
            enabled: self.enabled,
            in_trial: self.pricing_mode.as_deref() == Some("trial"),
            tag: self.internal_tag.filter(|tag| !tag.is_empty()),
        })
    }
}

#[derive(Deserialize)]
pub(super) struct OfferingItem {
    application_id: String,
    name: String,
    #[serde(default)]
    edition: Option<String>,
    usage_name: String,
    #[serde(default)]
    tenant_id: Option<String>,
    #[serde(default)]
    status: Option<i64>,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    infra_id: Option<String>,
    #[serde(default)]
    measurement_unit: Option<String>,
    #[serde(default)]
    quota: Option<Quota>,
    #[serde(default)]
    locked: Option<bool>,
    #[serde(default)]
    deleted_at: Option<String>,
}

/// All of its figures are kept as they came: reading usage must not fail by them.
#[derive(Deserialize)]
struct Quota {
    #[serde(default)]
    value: Value,
    #[serde(default)]
    overage: Value,
    #[serde(default)]
    version: Value,
}

impl OfferingItem {
    pub(super) fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }

    pub(super) fn tenant(&self) -> Option<TenantId> {
        self.tenant_id.as_ref().map(TenantId::new)
    }

    /// `has_status`: whether its status must be told; of what could be given to a child it need not be.
    pub(super) fn into_fact(self, has_status: bool) -> Result<usage::OfferingItem, String> {
        if has_status && self.status.is_none() {
            return Err(format!("offering item {} has no status", self.name));
        }
        Ok(usage::OfferingItem {
            key: key(self.application_id, self.name, self.infra_id),
            edition: self.edition.filter(|edition| !edition.is_empty()),
            usage_name: self.usage_name,
            kind: match self.kind.as_str() {
                "infra" => ItemKind::Storage,
                "feature" => ItemKind::Feature,
                _ => ItemKind::Count,
            },
            unit: match self.measurement_unit.as_deref() {
                Some("bytes") => MeasurementUnit::Bytes,
                Some("quantity") => MeasurementUnit::Quantity,
                Some("seconds") => MeasurementUnit::Seconds,
                _ => MeasurementUnit::None,
            },
            on: self.status == Some(1),
        })
    }

    /// The item with what is given of it; features, and items that are off, have no quota.
    pub(super) fn into_given(self) -> Result<GivenItem, String> {
        let terms = self.quota.as_ref().map_or(Ok((Grant::Unlimited, 0)), Quota::terms);
        let (grant, version) = terms.map_err(|why| format!("the quota of {}: {why}", self.name))?;
        let locked = self.locked == Some(true);
        let item = self.into_fact(true)?;
        Ok(GivenItem { grant: if item.on { grant } else { Grant::Off }, item, version, locked })
    }
}

impl Quota {
    /// What it gives while the item is on, and its version.
    fn terms(&self) -> Result<(Grant, u64), String> {
        let (limit, overage) = (figure("value", &self.value)?, figure("overage", &self.overage)?);
        let grant = limit.map_or(Grant::Unlimited, |limit| Grant::UpTo { limit, overage });
        Ok((grant, version(&self.version)?))
    }
}

#[derive(Deserialize)]
pub(super) struct UsageList {
    pub(super) items: Vec<TenantUsages>,
}

#[derive(Deserialize)]
pub(super) struct TenantUsages {
    pub(super) tenant: String,
    pub(super) usages: Vec<Usage>,
}

#[derive(Deserialize)]
pub(super) struct Usage {
    application_id: String,
    name: String,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    infra_id: Option<String>,
    #[serde(default)]
    range_start: Option<String>,
    #[serde(default)]
    value: Value,
    #[serde(default)]
    absolute_value: Value,
}

impl Usage {
    /// Features are on or off; their rows carry nothing to bill.
    pub(super) fn has_figure(&self) -> bool {
        self.kind.as_deref() != Some("feature")
    }

    pub(super) fn into_fact(self) -> Result<UsageRow, String> {
        let in_row = |why: String| format!("usage {}: {why}", self.name);
        let value = figure("value", &self.value).and_then(|value| value.ok_or_else(|| "it has no value".to_owned()));
        let value = value.map_err(in_row)?;
        let absolute_value = figure("absolute_value", &self.absolute_value).map_err(in_row)?;
        let range_start = self.range_start.as_deref().map(civil_day).transpose().map_err(in_row)?;
        Ok(UsageRow { key: key(self.application_id, self.name, self.infra_id), value, absolute_value, range_start })
    }
}

/// A whole number of base units, or none where there is none. Anything else would bill a wrong amount.
fn figure(name: &str, value: &Value) -> Result<Option<u64>, String> {
    match value {
        Value::Null => Ok(None),
        _ => value.as_u64().map(Some).ok_or_else(|| format!("{name} is {value}, expected a whole number, 0 or more")),
    }
}

/// A version, as a number or, as Acronis's own examples have it, as text; 0 where there is none.
pub(super) fn version(version: &Value) -> Result<u64, String> {
    let number = if version.is_null() { Some(0) } else { number(version) };
    number.ok_or_else(|| format!("version is {version}, expected a whole number, 0 or more"))
}

/// A whole number, as such or as text.
pub(super) fn number(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        _ => value.as_u64(),
    }
}

fn key(application: String, name: String, storage: Option<String>) -> ItemKey {
    let storage = storage.filter(|id| !id.is_empty()).map(StorageId::new);
    ItemKey { application: ApplicationId::new(application), name, storage }
}
