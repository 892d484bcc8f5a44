//! Edits of Acronis, each a call of the world's function.

use super::{Edit, found};
use crate::acronis::{Quota, TenantKind};
use crate::world::World;
use serde_json::{Value, json};

impl Edit {
    /// Carries out an edit of Acronis; hands back any other.
    pub(super) fn apply_to_acronis(self, world: &mut World) -> Result<Result<Value, String>, Self> {
        Ok(match self {
            Self::SetUsage { tenant, item, infra, value, absolute } => {
                world.set_usage(&tenant, &item, infra.as_deref(), value, absolute);
                Ok(Value::Null)
            }
            Self::RemoveUsage { tenant, item, infra } => found(world.remove_usage(&tenant, &item, infra.as_deref())),
            Self::SetItemStatus { tenant, item, infra, on } => {
                world.set_item_status(&tenant, &item, infra.as_deref(), on);
                Ok(Value::Null)
            }
            Self::SetQuota { tenant, item, infra, value, overage } => {
                let quota = Quota { value, overage, version: 0 };
                found(world.set_quota(&tenant, &item, infra.as_deref(), quota))
            }
            Self::AddTenant { name, parent, kind } => {
                let kind = kind.unwrap_or(TenantKind::Customer);
                Ok(json!(world.add_tenant_of_kind(&name, parent.as_deref(), kind)))
            }
            Self::RemoveTenant { tenant } => found(world.remove_tenant(&tenant)),
            Self::RenameTenant { tenant, name } => found(world.change_tenant(&tenant, |changed| changed.name = name)),
            Self::EnableTenant { tenant, on } => found(world.change_tenant(&tenant, |changed| changed.enabled = on)),
            Self::SetPricing { tenant, mode } => {
                found(world.change_tenant(&tenant, |changed| changed.pricing_mode = mode))
            }
            Self::RefuseUsage { tenant, refuse } => found(world.refuse_usage(&tenant, refuse)),
            other => return other.apply_to_offer(world),
        })
    }

    fn apply_to_offer(self, world: &mut World) -> Result<Result<Value, String>, Self> {
        Ok(match self {
            Self::LockTenant { tenant, on } => found(world.lock_tenant(&tenant, on)),
            Self::LockItem { tenant, item, infra, on } => found(world.lock_item(&tenant, &item, infra.as_deref(), on)),
            Self::SetStorage { tenant, infra } => {
                world.set_storage(&tenant, &infra);
                Ok(Value::Null)
            }
            Self::OfferEverything { tenant } => {
                world.offer_everything(&tenant);
                Ok(Value::Null)
            }
            Self::WithholdItem { tenant, item, infra, on } => {
                world.withhold_item(tenant.as_deref(), &item, infra.as_deref(), on);
                Ok(Value::Null)
            }
            other => return Err(other),
        })
    }
}
