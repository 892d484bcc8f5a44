//! What a plan needs of Acronis: tenants, what is switched on, and usage. It reads, and decides nothing.

use super::observe::Observed;
use super::packed::{Items, OfferNumber, PackedReading};
use crate::acronis::{Acronis, AcronisError};
use crate::store::{Pack, Packed};
use anyhow::Context;
use shared::ids::TenantId;
use shared::kept::Reading;
use shared::snapshot::Entry;
use shared::usage::{OfferingItem, Tenant, TenantUsage};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Above so many tenants the items of the whole tree are fewer pages than the items of each.
const READ_ONE_BY_ONE: usize = 10;

/// What Acronis says, of mapped tenants only.
#[derive(Default)]
pub(super) struct FromAcronis {
    pub(super) tenants: BTreeMap<TenantId, Tenant>,
    pub(super) usage: BTreeMap<TenantId, Result<PackedReading, String>>,
    /// All tenants, mapped or not, for lists; where everybody is looked at.
    pub(super) packed: Option<Packed>,
    items: BTreeMap<TenantId, Vec<OfferNumber>>,
}

pub(super) async fn read_acronis(
    acronis: &Acronis,
    observed: &Observed,
    all: &mut Items,
) -> anyhow::Result<FromAcronis> {
    let mapped: BTreeSet<TenantId> = observed.customers().map(|(_, tenant)| tenant.clone()).collect();
    let mut read = FromAcronis::default();
    let root = &observed.connection.tenant;
    let some: Option<Vec<TenantId>> = observed.scope.as_ref().map(|_| mapped.iter().cloned().collect());
    let mut pack = Pack::default();
    let each = |tenant: Tenant| {
        pack.add(&Entry::Tenant(Cow::Borrowed(&tenant)));
        if mapped.contains(&tenant.id) {
            read.tenants.insert(tenant.id.clone(), tenant);
        }
    };
    match &some {
        None => acronis.tenants(root, each).await.context("reading Acronis tenants")?,
        Some(some) => acronis.tenants_by_id(some, each).await.context("reading Acronis tenants")?,
    }
    read.packed = some.is_none().then(|| pack.finish());
    let each = |tenant: &TenantId, item: OfferingItem| {
        if item.on && mapped.contains(tenant) {
            read.items.entry(tenant.clone()).or_default().push(all.pack_offer(item));
        }
    };
    // Of those that are there: one that is gone is its own finding, and no reason for the others to fail (M1).
    let some = some.map(|_| read.tenants.keys().cloned().collect::<Vec<TenantId>>());
    match some.filter(|some| some.len() <= READ_ONE_BY_ONE) {
        None => acronis.offering_items(root, each).await.context("reading Acronis offering items")?,
        Some(some) => items_of(acronis, &some, each).await.context("reading Acronis offering items")?,
    }
    let billed: Vec<TenantId> =
        read.tenants.values().filter(|tenant| !tenant.in_trial).map(|tenant| tenant.id.clone()).collect();
    let (items, readings) = (&mut read.items, &mut read.usage);
    let each = |tenant: TenantId, usage: TenantUsage| {
        let items = items.remove(&tenant).unwrap_or_default();
        let reading = match usage {
            TenantUsage::Read(rows) => {
                let items: Vec<OfferingItem> = items.into_iter().map(|number| all.offer(number)).collect();
                Ok(all.pack_reading(&Reading::of(&items, &rows)))
            }
            TenantUsage::Refused(text) => Err(text),
        };
        readings.insert(tenant, reading);
    };
    acronis.usages(&billed, each).await.context("reading Acronis usage")?;
    Ok(read)
}

async fn items_of(
    acronis: &Acronis,
    tenants: &[TenantId],
    mut each: impl FnMut(&TenantId, OfferingItem),
) -> Result<(), AcronisError> {
    for tenant in tenants {
        acronis.offering_items_of(tenant, |item| each(tenant, item)).await?;
    }
    Ok(())
}
