//! Offering items switched and given quotas by the API client: each listed item is patched, and all
//! of them or none. (Acronis Account Management API v2, PUT /tenants/{id}/offering_items.)

use super::bodies::Body;
use super::catalogue::ItemType;
use super::errors::{BUSINESS_RULE, ITEM_NOT_AVAILABLE, LOCKED, STORAGE_IN_USE, bad_request, refuse, stale};
use super::items::ItemBody;
use super::storages::is_storage;
use super::{Acronis, OfferingItem, Quota, Usage, dependencies, storages};
use crate::exchange::{Ask, Reply};
use crate::settings::Settings;
use jiff::Timestamp;
use serde_json::{Value, json};

/// One listed item as read.
struct Wish {
    application_id: String,
    name: String,
    infra_id: Option<String>,
    on: Option<bool>,
    quota: Option<WishedQuota>,
}

struct WishedQuota {
    value: Option<u64>,
    overage: Option<u64>,
    version: u64,
}

impl Wish {
    /// Keys beside the known ones are let pass: the vendor's examples send whole items back.
    fn read(value: Value, strict: bool) -> Result<Self, Reply> {
        let body = Body::of(value, &[], false)?;
        let on = match body.get("status").map(Value::as_u64) {
            None => None,
            Some(Some(0)) => Some(false),
            Some(Some(1)) => Some(true),
            Some(_) => return Err(bad_request("status must be 0 or 1.")),
        };
        let quota = body.get("quota").cloned();
        Ok(Self {
            application_id: body.required_text("application_id")?,
            name: body.required_text("name")?,
            infra_id: body.text("infra_id")?,
            on,
            quota: quota.map(|quota| WishedQuota::read(quota, strict)).transpose()?,
        })
    }
}

impl WishedQuota {
    fn read(value: Value, strict: bool) -> Result<Self, Reply> {
        let body = Body::of(value, &["value", "overage", "version"], strict)?;
        if !["value", "overage", "version"].iter().all(|key| body.has(key)) {
            return Err(bad_request("quota needs value, overage and version."));
        }
        let version = body.number("version")?.ok_or_else(|| bad_request("quota.version must be an integer."))?;
        Ok(Self { value: body.number("value")?, overage: body.number("overage")?, version })
    }
}

impl Acronis {
    /// `PUT /tenants/{id}/offering_items`.
    pub(crate) fn set_items(
        &mut self,
        id: &str,
        ask: &Ask,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Reply, Reply> {
        let body = Body::read(ask, &["offering_items", "check_usage"], settings)?;
        let keep_used = body.flag("check_usage")?.unwrap_or_default() || settings.keep_used_items_on;
        let wishes = body.list("offering_items")?.into_iter().map(|item| Wish::read(item, settings.strict));
        let wishes: Vec<Wish> = wishes.collect::<Result<_, _>>()?;
        let kind = self.writable(id)?.kind;
        self.check_enabled(id)?;
        let before = self.items.get(id).cloned().unwrap_or_default();
        let mut after = before.clone();
        let mut changed: Vec<usize> = Vec::new();
        for wish in &wishes {
            let position = self.position(id, &mut after, wish, now)?;
            if changed.contains(&position) {
                return Err(bad_request(&format!("{} is listed twice.", wish.name)));
            }
            self.check_status(id, &after[position], wish, keep_used)?;
            let stamp = self.stamp(now);
            change(&mut after[position], wish, stamp, now)?;
            changed.push(position);
        }
        storages::check(kind, &before, &after)?;
        dependencies::check(&before, &after)?;
        let shown: Vec<ItemBody<'_>> = changed.iter().map(|position| after[*position].body(id)).collect();
        let reply = Reply::ok(&json!({"items": shown}));
        self.begin_measuring(id, &after, now);
        self.items.insert(id.to_owned(), after);
        Ok(reply)
    }

    /// Where the item stands among the tenant's; one the tenant could have is added, switched off.
    fn position(&self, id: &str, items: &mut Vec<OfferingItem>, wish: &Wish, now: Timestamp) -> Result<usize, Reply> {
        let infra_id = wish.infra_id.as_deref();
        let parent = self.visible(id)?.parent_id.clone();
        let is_wished =
            |item: &OfferingItem| item.is(&wish.name, infra_id) && item.product.application_id == wish.application_id;
        let known = items.iter().position(is_wished);
        let stays_off = wish.on == Some(false) || (wish.on.is_none() && known.is_none_or(|found| !items[found].on));
        if let Some(found) = known
            && (stays_off || self.can_give(&parent, &wish.name, infra_id))
        {
            return Ok(found);
        }
        match self.givable(&parent, now).into_iter().find(is_wished) {
            Some(item) => {
                items.push(item);
                Ok(items.len() - 1)
            }
            None => {
                let info = format!("{} is not available to the tenant above.", wish.name);
                Err(refuse(400, ITEM_NOT_AVAILABLE, "Offering item is not available", &info))
            }
        }
    }

    fn check_status(&self, id: &str, item: &OfferingItem, wish: &Wish, keep_used: bool) -> Result<(), Reply> {
        let Some(on) = wish.on.filter(|on| *on != item.on) else {
            return Ok(());
        };
        let name = &item.product.name;
        if item.locked {
            let info = format!("The status of {name} is locked.");
            return Err(refuse(400, LOCKED, "Offering item is locked", &info));
        }
        let usage = self.usage(id, name, item.infra_id.as_deref());
        let used = usage.is_some_and(|usage| usage.value.max(usage.absolute_value.unwrap_or_default()) > 0);
        if on || !used || !keep_used {
            return Ok(());
        }
        let info = format!("{name} is in use and cannot be switched off.");
        Err(match is_storage(item) {
            true => refuse(400, STORAGE_IN_USE, "Removing storage in use", &info),
            false => refuse(400, BUSINESS_RULE, "Business rules are not satisfied", &info),
        })
    }

    /// Items that are on have a usage row, and their service is bound to the tenant.
    fn begin_measuring(&mut self, id: &str, items: &[OfferingItem], now: Timestamp) {
        let range_start = crate::clock::day_of(now).first_of_month();
        for item in items.iter().filter(|item| item.on) {
            self.bindings.insert((id.to_owned(), item.product.application_id.to_owned()));
            if self.usage(id, &item.product.name, item.infra_id.as_deref()).is_none() {
                let (product, infra_id) = (item.product.clone(), item.infra_id.clone());
                let row = Usage { product, infra_id, range_start, value: 0, absolute_value: Some(0) };
                self.usages.entry(id.to_owned()).or_default().push(row);
            }
        }
    }
}

/// Puts status and quota of a wish into an item; features and items that are off take no quota.
fn change(item: &mut OfferingItem, wish: &Wish, stamp: u64, now: Timestamp) -> Result<(), Reply> {
    let before = item.clone();
    if let Some(on) = wish.on {
        item.switch(on);
    }
    let measured = item.on && item.product.kind != ItemType::Feature;
    if let Some(quota) = wish.quota.as_ref().filter(|_| measured) {
        if quota.version != before.quota.version {
            return Err(stale(&format!("the quota of {}", item.product.name)));
        }
        let wanted = Quota::stamped(quota.value, quota.overage, stamp);
        if (wanted.value, wanted.overage) != (before.quota.value, before.quota.overage) {
            item.quota = wanted;
        }
    }
    if *item != before {
        item.updated_at = now;
    }
    Ok(())
}
