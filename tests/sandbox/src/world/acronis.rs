//! Looks at Acronis and what administrators do there by hand.

use super::World;
use crate::acronis::catalogue::Unit;
use crate::acronis::users::User;
use crate::acronis::{Destruction, Quota, Tenant, TenantKind};

/// The item that repeats for each storage.
const STORAGE_ITEM: &str = "pw_base_storage";

impl World {
    /// A tenant by id.
    #[must_use]
    pub fn tenant(&self, id: &str) -> Option<&Tenant> {
        self.acronis.tenants.get(id)
    }

    /// The id of the tenant with exactly this name.
    #[must_use]
    pub fn tenant_named(&self, name: &str) -> Option<String> {
        let mut tenants = self.acronis.tenants.values();
        tenants.find(|tenant| tenant.name == name).map(|tenant| tenant.id.clone())
    }

    /// A customer tenant in production below `parent` (the partner when `None`), without items.
    pub fn add_tenant(&mut self, name: &str, parent: Option<&str>) -> String {
        self.add_tenant_of_kind(name, parent, TenantKind::Customer)
    }

    /// A tenant of any kind below `parent` (the partner when `None`).
    pub fn add_tenant_of_kind(&mut self, name: &str, parent: Option<&str>, kind: TenantKind) -> String {
        let now = self.now();
        self.acronis.add_tenant(name, parent, kind, now)
    }

    /// Deletes a tenant as the console does: it is gone from every list.
    pub fn remove_tenant(&mut self, id: &str) -> bool {
        let now = self.now();
        self.change_tenant(id, |tenant| tenant.deleted_at = Some(now))
    }

    /// Changes a tenant and moves its version and `updated_at`.
    pub fn change_tenant(&mut self, id: &str, change: impl FnOnce(&mut Tenant)) -> bool {
        let now = self.now();
        let stamp = self.acronis.stamp(now);
        let Some(tenant) = self.acronis.tenants.get_mut(id) else {
            return false;
        };
        let mode = tenant.pricing_mode;
        change(tenant);
        if tenant.pricing_mode != mode {
            tenant.pricing_version = stamp;
        }
        tenant.version += 1;
        tenant.updated_at = now;
        true
    }

    /// Lets a tenant refuse its usage: any batch that contains it answers 403.
    pub fn refuse_usage(&mut self, id: &str, refuse: bool) -> bool {
        let tenant = self.acronis.tenants.get_mut(id);
        tenant.map(|tenant| tenant.refuses_usage = refuse).is_some()
    }

    /// Switches an offering item on or off, adding it when the tenant does not have it yet.
    pub fn set_item_status(&mut self, tenant: &str, item: &str, infra: Option<&str>, on: bool) {
        let now = self.now();
        self.acronis.set_item_status(tenant, item, infra, on, now);
    }

    /// Sets an item's quota.
    pub fn set_quota(&mut self, tenant: &str, item: &str, infra: Option<&str>, quota: Quota) -> bool {
        let now = self.now();
        self.acronis.set_quota(tenant, item, infra, quota, now)
    }

    /// Sets a tenant's usage of an item: the period's value and the absolute one.
    pub fn set_usage(&mut self, tenant: &str, item: &str, infra: Option<&str>, value: u64, absolute: Option<u64>) {
        let today = self.today();
        self.acronis.set_usage(tenant, item, infra, (value, absolute), today);
    }

    /// Takes a usage row away; false when there was none.
    pub fn remove_usage(&mut self, tenant: &str, item: &str, infra: Option<&str>) -> bool {
        self.acronis.remove_usage(tenant, item, infra)
    }

    /// Locks a tenant against changes by clients, or unlocks it.
    pub fn lock_tenant(&mut self, id: &str, on: bool) -> bool {
        self.change_tenant(id, |tenant| tenant.locked = on)
    }

    /// Locks an item's status against changes by clients, or unlocks it.
    pub fn lock_item(&mut self, tenant: &str, item: &str, infra: Option<&str>, on: bool) -> bool {
        let item = self.acronis.item_mut(tenant, item, infra);
        item.map(|item| item.locked = on).is_some()
    }

    /// Gives a customer this storage, and switches its others off.
    pub fn set_storage(&mut self, tenant: &str, infra: &str) {
        if self.acronis.usage(tenant, STORAGE_ITEM, Some(infra)).is_none() {
            self.set_usage(tenant, STORAGE_ITEM, Some(infra), 0, Some(0));
        }
        for other in self.acronis.storages_for(Unit::Bytes) {
            self.set_item_status(tenant, STORAGE_ITEM, Some(&other), other == infra);
        }
    }

    /// Adds, switched off, whatever the tenant above can give.
    pub fn offer_everything(&mut self, tenant: &str) {
        let now = self.now();
        let Some(parent) = self.acronis.tenants.get(tenant).map(|tenant| tenant.parent_id.clone()) else {
            return;
        };
        for item in self.acronis.givable(&parent, now) {
            if self.acronis.item(tenant, &item.product.name, item.infra_id.as_deref()).is_none() {
                self.acronis.items.entry(tenant.to_owned()).or_default().push(item);
            }
        }
    }

    /// Takes an item away from what a tenant (the partner when `None`) can give, or gives it back.
    /// Those who have it keep it.
    pub fn withhold_item(&mut self, tenant: Option<&str>, item: &str, infra: Option<&str>, on: bool) {
        let tenant = tenant.unwrap_or(&self.acronis.partner_id).to_owned();
        let kept = (tenant, item.to_owned(), infra.map(str::to_owned));
        if on {
            self.acronis.withheld.insert(kept);
        } else {
            self.acronis.withheld.remove(&kept);
        }
    }

    /// The users of a tenant, by id.
    #[must_use]
    pub fn users_of(&self, tenant: &str) -> Vec<User> {
        let users = self.acronis.users.values();
        users.filter(|user| user.tenant_id == tenant).cloned().collect()
    }

    /// Activation mails sent to a user; `None` when there is no such user.
    #[must_use]
    pub fn activation_mails(&self, user: &str) -> Option<usize> {
        self.acronis.users.get(user).map(|user| user.activation_mails)
    }

    /// Requests that would have deleted a tenant or unbound a service. A sandbox that saw any panics
    /// when it is dropped.
    #[must_use]
    pub fn destructions(&self) -> &[Destruction] {
        &self.acronis.destructions
    }

    /// The same, and forgets them.
    pub fn take_destructions(&mut self) -> Vec<Destruction> {
        std::mem::take(&mut self.acronis.destructions)
    }
}
