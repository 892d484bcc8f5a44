//! Pricing modes of tenants; from trial to production there is no way back. (Acronis Account
//! Management API v2, GET and PUT /tenants/{id}/pricing.)

use super::bodies::Body;
use super::errors::{BUSINESS_RULE, bad_request, refuse};
use super::{Acronis, PricingMode, Tenant};
use crate::exchange::{Ask, Reply};
use crate::settings::Settings;
use jiff::Timestamp;
use serde_json::{Value, json};

/// `production_start_date` is read-only, but the vendor's own examples send it back.
const KNOWN: [&str; 4] = ["mode", "currency", "version", "production_start_date"];

/// `GET /tenants/{id}/pricing`; its version is a stamp of its own.
pub(crate) fn pricing(tenant: &Tenant) -> Value {
    json!({
        "mode": tenant.pricing_mode,
        "currency": tenant.currency,
        "version": tenant.pricing_version,
        "production_start_date": tenant.production_start,
    })
}

impl Acronis {
    /// `PUT /tenants/{id}/pricing`.
    pub(crate) fn set_pricing(
        &mut self,
        id: &str,
        ask: &Ask,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Reply, Reply> {
        let body = Body::read(ask, &KNOWN, settings)?;
        let tenant = self.writable(id)?;
        body.check_version(tenant.pricing_version, "the pricing")?;
        let mode = match body.get("mode") {
            None => tenant.pricing_mode,
            Some(mode) => serde_json::from_value::<PricingMode>(mode.clone())
                .map_err(|_| bad_request("mode must be one of trial, production, suspended."))?,
        };
        let back = mode == PricingMode::Trial && tenant.pricing_mode != PricingMode::Trial;
        if back {
            let info = "A tenant in production cannot go back to trial.";
            return Err(refuse(400, BUSINESS_RULE, "Business rules are not satisfied", info));
        }
        let currency = body.text("currency")?;
        let stamp = self.stamp(now);
        let tenant = self.tenants.get_mut(id).ok_or_else(|| bad_request(""))?;
        if mode == PricingMode::Production && tenant.pricing_mode == PricingMode::Trial {
            tenant.production_start = Some(now);
        }
        tenant.pricing_mode = mode;
        tenant.currency = currency.unwrap_or_else(|| tenant.currency.clone());
        tenant.pricing_version = stamp;
        tenant.updated_at = now;
        Ok(Reply::ok(&pricing(tenant)))
    }
}
