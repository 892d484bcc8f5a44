//! Usages: their shape on the wire, for one tenant and in batches. (Acronis Account Management API
//! v2, GET /tenants/{id}/usages and GET /tenants/usages.)

use super::Acronis;
use super::catalogue::{ItemType, Product, Unit};
use super::errors::{bad_request, denied};
use super::items::{Quota, edition_matches};
use crate::exchange::{Ask, Reply};
use crate::settings::Settings;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

/// A usage row of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// What is measured.
    pub product: Arc<Product>,
    /// Storage or site, for products that repeat per storage.
    pub infra_id: Option<String>,
    /// First day of the running period.
    pub range_start: Date,
    /// Within the running period.
    pub value: u64,
    /// In all; left out when `None`.
    pub absolute_value: Option<u64>,
}

/// A usage row on the wire.
#[derive(Serialize)]
struct UsageBody<'a> {
    application_id: &'a str,
    name: &'a str,
    edition: Option<&'a str>,
    usage_name: &'a str,
    #[serde(rename = "type")]
    kind: ItemType,
    measurement_unit: Unit,
    range_start: String,
    value: u64,
    tenant_uuid: &'a str,
    tenant_id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    absolute_value: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    infra_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offering_item: Option<ItemOfUsage>,
}

#[derive(Serialize)]
struct ItemOfUsage {
    status: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    quota: Option<Quota>,
}

#[derive(Serialize)]
struct Batch<'a> {
    items: Vec<OfTenant<'a>>,
}

#[derive(Serialize)]
struct OfTenant<'a> {
    tenant: &'a str,
    usages: Vec<UsageBody<'a>>,
}

impl Acronis {
    fn usage_body<'a>(&self, tenant_id: &'a str, usage: &'a Usage, settings: &Settings) -> UsageBody<'a> {
        let product = &usage.product;
        let item = self.item(tenant_id, &product.name, usage.infra_id.as_deref());
        UsageBody {
            application_id: product.application_id,
            name: &product.name,
            edition: product.edition,
            usage_name: &product.usage_name,
            kind: product.kind,
            measurement_unit: product.unit,
            range_start: format!("{}T00:00:00", usage.range_start),
            value: usage.value,
            tenant_uuid: tenant_id,
            tenant_id: Self::tenant_number(tenant_id),
            absolute_value: usage.absolute_value.filter(|_| !settings.leave_out_absolute_value),
            infra_id: usage.infra_id.as_deref(),
            offering_item: item.map(|item| ItemOfUsage {
                status: u8::from(item.on),
                quota: (item.on && product.kind != ItemType::Feature).then_some(item.quota),
            }),
        }
    }

    fn usage_rows<'a>(&'a self, tenant_id: &'a str, ask: &Ask, settings: &Settings) -> Vec<UsageBody<'a>> {
        let names = ask.list("usage_names");
        let editions = ask.parameter("editions");
        let wanted = |product: &Product| {
            let named = names.as_ref().is_none_or(|list| list.contains(&product.usage_name));
            named && edition_matches(editions.as_deref(), product)
        };
        let rows = self.usages.get(tenant_id).into_iter().flatten();
        rows.filter(|row| wanted(&row.product)).map(|row| self.usage_body(tenant_id, row, settings)).collect()
    }

    fn check_usage_allowed(&self, tenant_id: &str) -> Result<(), Reply> {
        let tenant = self.visible(tenant_id)?;
        if tenant.refuses_usage {
            return Err(denied(&format!("Usages of tenant {tenant_id} may not be read.")));
        }
        Ok(())
    }

    /// `GET /tenants/{id}/usages`.
    pub(crate) fn usages_of_tenant(&self, id: &str, ask: &Ask, settings: &Settings) -> Result<Reply, Reply> {
        self.check_usage_allowed(id)?;
        Ok(Reply::ok(&json!({"items": self.usage_rows(id, ask, settings)})))
    }

    /// `GET /tenants/usages?tenants=…`; one tenant that refuses spoils the whole batch.
    pub(crate) fn usages_in_batch(&self, ask: &Ask, settings: &Settings) -> Result<Reply, Reply> {
        let Some(ids) = ask.list("tenants") else {
            return Err(bad_request("tenants is required."));
        };
        if ids.len() > settings.max_usage_batch {
            let most = settings.max_usage_batch;
            return Err(bad_request(&format!("tenants must have at most {most} elements.")));
        }
        for id in &ids {
            self.check_usage_allowed(id)?;
        }
        let items = ids.iter().map(|id| OfTenant { tenant: id, usages: self.usage_rows(id, ask, settings) }).collect();
        Ok(Reply::ok(&Batch { items }))
    }
}
