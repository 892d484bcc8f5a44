//! Everything that quotas are planned from: our memory first, then both vendors, in bulk for all who are looked
//! at. A failed read fails the run. It decides nothing.

use super::reads;
use crate::host::{Host, Vendors};
use crate::run::memory::Memory;
use crate::run::{self, Scope};
use anyhow::Context;
use jiff::Timestamp;
use jiff::civil::Date;
use shared::contract::Service;
use shared::creation::Creation;
use shared::facts::Terms;
use shared::guard::Approvals;
use shared::held::LookedAt;
use shared::ids::{ApplicationId, BundleId, CompanyId, ServiceId};
use shared::mapping::Mapping;
use shared::quota_facts::{QuotaFacts, QuotaState, QuotaTerms, tenant_tag};
use shared::run::Connection;
use shared::usage::Tenant;
use std::collections::{BTreeMap, BTreeSet};

/// Everything read for one run.
pub(super) struct Observed {
    pub(super) connection: Connection,
    pub(super) mapping: Mapping,
    pub(super) today: Date,
    pub(super) now: Timestamp,
    pub(super) approvals: Approvals,
    pub(super) creations: BTreeMap<String, Creation>,
    pub(super) states: BTreeMap<CompanyId, QuotaState>,
    /// Those who are looked at; none: everybody.
    pub(super) scope: Option<BTreeSet<CompanyId>>,
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
    let id = &connection.id;
    let Memory { mapping, today, now, approvals, creations } = run::memory::memory(host, id).await?;
    let mut states = BTreeMap::new();
    host.store.quota_states(id, |state| _ = states.insert(state.company, state)).await?;
    Ok(Observed {
        connection: connection.clone(),
        mapping,
        today,
        now,
        approvals,
        creations,
        states,
        scope: None,
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
    observed.scope = scope;
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

    /// Whom the run looked at.
    pub(super) fn looked_at(&self) -> LookedAt {
        self.scope.clone().map_or(LookedAt::Everything, LookedAt::Companies)
    }

    /// The creation of a company's tenant, where we sent one.
    pub(super) fn creation_for(&self, company: CompanyId) -> Option<&Creation> {
        self.creations.get(&tenant_tag(self.connection.database, company))
    }
}
