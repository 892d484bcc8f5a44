//! Usages: their shape on the wire, for one tenant and in batches. (Acronis Account Management API
//! v2, GET /tenants/{id}/usages and GET /tenants/usages.)

use super::Acronis;
use super::catalogue::{ItemType, Product};
use super::errors::{bad_request, denied};
use super::items::edition_matches;
use crate::exchange::{Ask, Reply};
use crate::settings::Settings;
use jiff::civil::Date;
use serde_json::{Value, json};
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

impl Acronis {
    fn usage_json(&self, tenant_id: &str, usage: &Usage, settings: &Settings) -> Value {
        let product = &usage.product;
        let mut body = json!({
            "application_id": product.application_id,
            "name": product.name,
            "edition": product.edition,
            "usage_name": product.usage_name,
            "type": product.kind,
            "measurement_unit": product.unit,
            "range_start": format!("{}T00:00:00", usage.range_start),
            "value": usage.value,
            "tenant_uuid": tenant_id,
        });
        if let Some(absolute) = usage.absolute_value.filter(|_| !settings.leave_out_absolute_value) {
            body["absolute_value"] = json!(absolute);
        }
        if let Some(infra) = &usage.infra_id {
            body["infra_id"] = json!(infra);
        }
        let item = self.item(tenant_id, &product.name, usage.infra_id.as_deref());
        if let Some(item) = item {
            body["offering_item"] = json!({"status": u8::from(item.on)});
            if item.on && product.kind != ItemType::Feature {
                body["offering_item"]["quota"] = json!(item.quota);
            }
        }
        body
    }

    fn usage_rows(&self, tenant_id: &str, ask: &Ask, settings: &Settings) -> Vec<Value> {
        let names = ask.list("usage_names");
        let editions = ask.parameter("editions");
        let wanted = |product: &Product| {
            let named = names.as_ref().is_none_or(|list| list.contains(&product.usage_name));
            named && edition_matches(editions.as_deref(), product)
        };
        let rows = self.usages.get(tenant_id).into_iter().flatten();
        rows.filter(|row| wanted(&row.product)).map(|row| self.usage_json(tenant_id, row, settings)).collect()
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
        let batch: Vec<Value> =
            ids.iter().map(|id| json!({"tenant": id, "usages": self.usage_rows(id, ask, settings)})).collect();
        Ok(Reply::ok(&json!({"items": batch})))
    }
}
