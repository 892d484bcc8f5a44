//! Storages of customers: one for each service, and the first cannot simply be switched off. (Acronis
//! Account Management API v2, error codes 1009, 1017 and 1031.)

use super::catalogue::{ItemType, Unit};
use super::errors::{DEFAULT_STORAGE, LOCATION_CONFLICT, refuse};
use super::{OfferingItem, TenantKind};
use crate::exchange::Reply;
use std::collections::BTreeSet;

/// A storage, not a recovery site or another thing that repeats per place.
pub(crate) fn is_storage(item: &OfferingItem) -> bool {
    item.product.kind == ItemType::Infra && item.product.unit == Unit::Bytes
}

fn places<'a>(items: &'a [OfferingItem], application: &str) -> BTreeSet<&'a str> {
    let on = items.iter().filter(|item| item.on && is_storage(item) && item.product.application_id == application);
    on.filter_map(|item| item.infra_id.as_deref()).collect()
}

/// Refuses a customer's second storage, and the end of its first.
pub(crate) fn check(kind: TenantKind, before: &[OfferingItem], after: &[OfferingItem]) -> Result<(), Reply> {
    if kind != TenantKind::Customer {
        return Ok(());
    }
    let applications: BTreeSet<&str> = after.iter().map(|item| item.product.application_id).collect();
    for application in applications {
        let (had, has) = (places(before, application), places(after, application));
        if had.difference(&has).next().is_some() {
            let info = "The default storage of a customer cannot be switched off.";
            return Err(refuse(400, DEFAULT_STORAGE, "Turning off default storage", info));
        }
        if has.len() > 1 && has != had {
            let info = "A customer can have only one storage for a service.";
            return Err(refuse(409, LOCATION_CONFLICT, "Location conflict", info));
        }
    }
    Ok(())
}
