//! Everything that quotas are planned from: our memory first, then both vendors, in bulk for all who are looked
//! at. A failed read fails the run. It decides nothing.

use super::reads;
use crate::host::{Host, Vendors};
use crate::run::Scope;
use anyhow::{Context, anyhow};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use shared::contract::Service;
use shared::creation::Creation;
use shared::facts::Terms;
use shared::guard::Approvals;
use shared::ids::{ApplicationId, BundleId, CompanyId, ServiceId};
use shared::mapping::Mapping;
use shared::quota_facts::{QuotaFacts, QuotaState, QuotaTerms, tenant_tag};
use shared::run::Connection;
use shared::usage::Tenant;
use std::collections::{BTreeMap, BTreeSet};

/// Approvals older than a week are void.
const APPROVALS_HOLD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Everything read for one run.
pub(super) struct Observed {
    pub(super) connection: Connection,
    pub(super) mapping: Mapping,
    pub(super) today: Date,
    pub(super) now: Timestamp,
    pub(super) approvals: Approvals,
    pub(super) creations: BTreeMap<String, Creation>,
    pub(super) states: BTreeMap<CompanyId, QuotaState>,
    /// By company.
    pub(super) customers: Vec<QuotaFacts>,
    pub(super) services: BTreeMap<ServiceId, Service>,
    pub(super) bundles_holding: BTreeMap<ServiceId, BTreeSet<BundleId>>,
    pub(super) near: BTreeMap<CompanyId, Vec<Tenant>>,
    pub(super) applications: Vec<ApplicationId>,
}

/// Reads our own memory of the connection.
pub(super) async fn memory(host: &Host, connection: &Connection) -> anyhow::Result<Observed> {
    host.progress.begin("reading the mapping and earlier runs", None);
    let (id, now) = (&connection.id, host.clock.now());
    let mapping = host.store.mapping(id).await?.unwrap_or_default();
    let zone = TimeZone::get(&mapping.settings.time_zone).map_err(|_| {
        anyhow!("settings.time_zone: \"{}\" is not an IANA time zone such as Europe/Berlin", mapping.settings.time_zone)
    })?;
    let mut states = BTreeMap::new();
    host.store.quota_states(id, |state| _ = states.insert(state.company, state)).await?;
    let approvals = host.store.approvals(id, now.checked_sub(APPROVALS_HOLD)?).await?;
    let approvals = approvals
        .into_iter()
        .flat_map(|approval| approval.ids.into_iter().map(move |id| (id, approval.by.clone())))
        .collect();
    Ok(Observed {
        connection: connection.clone(),
        mapping,
        today: now.to_zoned(zone).date(),
        now,
        approvals,
        creations: host.store.creations(id).await?,
        states,
        customers: Vec::new(),
        services: BTreeMap::new(),
        bundles_holding: BTreeMap::new(),
        near: BTreeMap::new(),
        applications: Vec::new(),
    })
}

/// Reads both vendors, side by side, and puts together what belongs to each customer.
pub(super) async fn vendors(
    host: &Host,
    vendors: &Vendors,
    observed: &mut Observed,
    scope: &Scope,
) -> anyhow::Result<()> {
    host.progress.begin("reading Autotask contracts and Acronis tenants", None);
    let scope = scope.companies(&vendors.autotask).await.context("reading Autotask contracts")?;
    let (autotask, tenants) = tokio::try_join!(
        reads::autotask(&vendors.autotask, observed, scope.as_ref()),
        reads::tenants(&vendors.acronis, &observed.connection)
    )?;
    let directory = reads::Directory::new(observed, scope.as_ref(), &autotask, tenants);
    host.progress.begin("reading Acronis items and usage", None);
    let acronis = reads::acronis(&vendors.acronis, observed, &directory).await?;
    reads::put_together(observed, autotask, directory, acronis);
    reads::contacts(&vendors.autotask, observed).await
}

impl Observed {
    /// The terms of the run.
    pub(super) fn terms(&self) -> QuotaTerms<'_> {
        let mut common = Terms::new(&self.connection, &self.mapping, self.today, self.now);
        common.services = self.services.clone();
        common.bundles_holding = self.bundles_holding.clone();
        QuotaTerms { common, mapping: &self.mapping, near: self.near.clone(), applications: self.applications.clone() }
    }

    /// Whether there is anything to look at (M5).
    pub(super) fn something_is_mapped(&self) -> bool {
        !self.mapping.products_by_service().is_empty()
    }

    /// The creation of a company's tenant, where we sent one.
    pub(super) fn creation_for(&self, company: CompanyId) -> Option<&Creation> {
        self.creations.get(&tenant_tag(self.connection.database, company))
    }
}
