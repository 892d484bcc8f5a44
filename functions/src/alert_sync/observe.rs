//! The alerts of a run and whose they are, read from Acronis: two requests where nothing changed. A failed read fails the
//! run. It decides nothing.

use super::Look;
use super::memory::Observed;
use crate::acronis::{Acronis, ReadAlert};
use crate::run::{AtWork, check_tenant};
use anyhow::Context;
use jiff::Timestamp;
use shared::alert_whose::Owners;
use shared::ids::TenantId;
use shared::mapping::Mapping;
use shared::usage::{Tenant, TenantKind};
use std::collections::{BTreeMap, BTreeSet};

/// Reads what changed, and all active alerts where that is due. Whether there is anything to look at: where no alert
/// changed and nothing was left over there is not, and nothing more is read.
pub(super) async fn alerts(at_work: &AtWork<'_>, observed: &mut Observed, look: Look) -> anyhow::Result<bool> {
    let AtWork { host, vendors, .. } = at_work;
    host.progress.begin("reading Acronis alerts", None);
    let version = observed.mapping.version;
    let all_active = look == Look::Whole || observed.cursor.reconciles_at(observed.now, version);
    let mut read = Vec::new();
    let since = Some(observed.cursor.since());
    let mut unread =
        list(&vendors.acronis, &observed.cursor.self_service, since, &mut |alert| read.push(alert)).await?;
    let is_new = |read: &ReadAlert| observed.cursor.is_new(&read.alert);
    let is_idle = unread.is_empty() && !observed.cursor.unfinished && !read.iter().any(is_new);
    if !all_active && is_idle {
        return Ok(false);
    }
    check_tenant(at_work.connection, vendors).await?;
    let tenants = tenants(&vendors.acronis, &observed.connection.tenant).await?;
    if all_active {
        let (self_service, unknown) = self_service(&vendors.acronis, &tenants).await?;
        // Of those that were just learned, what cleared before is nobody's news.
        unread = list(&vendors.acronis, &self_service, None, &mut |alert| read.push(alert)).await?;
        observed.cursor.self_service = self_service;
        unread.extend(unknown);
    }
    // Who does not show them is asked again with all active alerts, once a day.
    observed.cursor.self_service.retain(|_, customer| !unread.contains(customer));
    unread.retain(|customer| observed.mapping.mapped_customers().any(|(_, mapped)| mapped == customer));
    name_tenants(&vendors.acronis, &observed.mapping, &mut read).await?;
    observed.facts.alerts = read.into_iter().map(|read| read.alert).collect();
    observed.facts.all_active = all_active;
    observed.facts.unread_customers = unread;
    observed.tenants = tenants.into_iter().map(|(tenant, _)| tenant).collect();
    Ok(true)
}

/// All alerts of the tree and of the customers that manage themselves: those changed at `since` or later, or the active
/// ones. Gives the customers that did not show theirs.
pub(super) async fn list(
    acronis: &Acronis,
    self_service: &BTreeMap<u64, TenantId>,
    since: Option<Timestamp>,
    each: &mut impl FnMut(ReadAlert),
) -> anyhow::Result<BTreeSet<TenantId>> {
    let listed = match since {
        Some(since) => acronis.alerts_changed_since(since, &mut *each).await,
        None => acronis.active_alerts(&mut *each).await,
    };
    listed.context("reading Acronis alerts")?;
    let numbers: Vec<u64> = self_service.keys().copied().collect();
    let unread = acronis.alerts_of_customers(&numbers, since, each).await;
    let unread = unread.context("reading the alerts of customers that manage themselves")?;
    Ok(unread.iter().filter_map(|number| self_service.get(number).cloned()).collect())
}

/// The tree of tenants, each with whether it manages itself.
pub(super) async fn tenants(acronis: &Acronis, root: &TenantId) -> anyhow::Result<Vec<(Tenant, bool)>> {
    let mut tenants = Vec::new();
    let each = |tenant, is_self_service| tenants.push((tenant, is_self_service));
    acronis.tenants_and_who_manages(root, each).await.context("reading Acronis tenants")?;
    Ok(tenants)
}

/// The customers that manage themselves by the numbers by which they are asked for their alerts, and those whose number
/// is not known, so that they cannot be asked.
pub(super) async fn self_service(
    acronis: &Acronis,
    tenants: &[(Tenant, bool)],
) -> anyhow::Result<(BTreeMap<u64, TenantId>, Vec<TenantId>)> {
    let customers = tenants.iter().filter(|(tenant, alone)| *alone && tenant.kind == TenantKind::Customer);
    let customers: Vec<TenantId> = customers.map(|(tenant, _)| tenant.id.clone()).collect();
    let numbers = acronis.tenant_numbers(&customers).await.context("reading the numbers of Acronis tenants")?;
    let unknown = customers.into_iter().filter(|customer| !numbers.contains_key(customer)).collect();
    Ok((numbers.into_iter().map(|(tenant, number)| (number, tenant)).collect(), unknown))
}

/// Finds the customer of alerts that name their tenant by number only.
pub(super) async fn name_tenants(acronis: &Acronis, mapping: &Mapping, read: &mut [ReadAlert]) -> anyhow::Result<()> {
    let is_unnamed = |read: &ReadAlert| read.alert.tenant.as_str().is_empty();
    if !read.iter().any(is_unnamed) {
        return Ok(());
    }
    let mapped: Vec<TenantId> = mapping.mapped_customers().map(|(_, tenant)| tenant.clone()).collect();
    let numbers = acronis.tenant_numbers(&mapped).await.context("reading the numbers of Acronis tenants")?;
    let by_number: BTreeMap<u64, TenantId> = numbers.into_iter().map(|(tenant, number)| (number, tenant)).collect();
    for read in read.iter_mut().filter(|read| is_unnamed(read)) {
        // The nearest first: a unit's alerts are the customer's above it.
        let mut numbers = read.number.iter().chain(read.locator.iter().rev());
        let known = numbers.find_map(|number| by_number.get(number).cloned());
        let number = read.number.map(|number| number.to_string()).unwrap_or_default();
        read.alert.tenant = known.unwrap_or_else(|| TenantId::new(format!("number {number}")));
    }
    Ok(())
}

/// Reads what is remembered of alerts, and finds whose each is.
pub(super) async fn owners(at_work: &AtWork<'_>, observed: &mut Observed) -> anyhow::Result<()> {
    let (store, id) = (&at_work.host.store, &observed.connection.id);
    let mut links = Vec::new();
    store.alert_links(id, |link| links.push(link)).await?;
    let owners = Owners::new(&observed.mapping, &observed.tenants);
    let alerts = observed.facts.alerts.iter().chain(links.iter().map(|link| &link.alert));
    let tenants = alerts.map(|alert| &alert.tenant).chain(&observed.facts.unread_customers);
    let tenants: BTreeSet<&TenantId> = tenants.collect();
    let whose = tenants.into_iter().filter_map(|tenant| Some((tenant.clone(), owners.whose(tenant)?)));
    observed.facts.whose = whose.collect();
    observed.facts.links = links;
    Ok(())
}
