//! Everything a plan needs, read whole: our memory first, then both vendors, page by page and never
//! customer by customer. A failed read fails the run. It decides nothing.

use super::from_acronis::{FromAcronis, read_acronis};
use super::from_autotask::{FromAutotask, read_autotask};
use super::lists::Lists;
use super::packed::{Items, PackedReading, PackedState, PackedUsage};
use crate::host::{Host, Vendors};
use crate::run::memory::Memory;
use crate::run::{self, Scope};
use anyhow::Context;
use jiff::Timestamp;
use jiff::civil::Date;
use shared::contract::Service;
use shared::creation::Creation;
use shared::facts::{CompanyFacts, Terms};
use shared::guard::Approvals;
use shared::ids::{BundleId, CompanyId, ServiceId, TenantId};
use shared::kept::{CompanyState, KeptUsage, Reading, Seen};
use shared::line::LineState;
use shared::mapping::{CustomerRow, Mapping};
use shared::run::Connection;
use shared::usage_plan::CompanyPlan;
use std::collections::{BTreeMap, BTreeSet};

/// Everything read for one run.
pub(super) struct Observed {
    pub(super) connection: Connection,
    pub(super) mapping: Mapping,
    pub(super) today: Date,
    pub(super) now: Timestamp,
    pub(super) approvals: Approvals,
    pub(super) creations: BTreeMap<String, Creation>,
    /// What was read of each company; usage and state come to it only while it is planned, and none is held
    /// after that.
    pub(super) companies: Vec<CompanyFacts>,
    pub(super) states: BTreeMap<CompanyId, PackedState>,
    /// Our memory of the lines, by key; the companies' while these are planned.
    pub(super) lines: BTreeMap<CompanyId, BTreeMap<String, LineState>>,
    /// The companies looked at; none given: everybody.
    pub(super) scope: Option<BTreeSet<CompanyId>>,
    /// What lists show; none where the vendors were not read.
    pub(super) lists: Option<Lists>,
    items: Items,
    usage: BTreeMap<CompanyId, Result<PackedReading, String>>,
    /// The usage to keep, of companies whose plan is final.
    kept: BTreeMap<CompanyId, PackedUsage>,
    services: BTreeMap<ServiceId, Service>,
    bundles_holding: BTreeMap<ServiceId, BTreeSet<BundleId>>,
}

/// Reads our own memory of the connection.
pub(super) async fn memory(host: &Host, connection: &Connection) -> anyhow::Result<Observed> {
    host.progress.begin("reading the mapping and earlier runs", None);
    let id = &connection.id;
    let Memory { mapping, today, now, approvals, creations } = run::memory::memory(host, id).await?;
    let mut lines: BTreeMap<CompanyId, BTreeMap<String, LineState>> = BTreeMap::new();
    let each = |line: LineState| {
        lines.entry(line.place.company).or_default().insert(line.place.key(), line);
    };
    host.store.line_states(id, each).await?;
    let mut states = BTreeMap::new();
    let mut items = Items::default();
    let each = |state: CompanyState| _ = states.insert(state.company, items.pack_state(state));
    host.store.company_states(id, each).await?;
    Ok(Observed {
        connection: connection.clone(),
        mapping,
        today,
        now,
        approvals,
        creations,
        companies: Vec::new(),
        states,
        lines,
        scope: None,
        lists: None,
        items,
        usage: BTreeMap::new(),
        kept: BTreeMap::new(),
        services: BTreeMap::new(),
        bundles_holding: BTreeMap::new(),
    })
}

/// Reads both vendors, side by side, and puts together what belongs to each company looked at.
pub(super) async fn vendors(
    host: &Host,
    vendors: &Vendors,
    observed: &mut Observed,
    scope: &Scope,
) -> anyhow::Result<()> {
    host.progress.begin("reading Acronis usage and Autotask contracts", None);
    observed.scope = scope.companies(&vendors.autotask).await.context("reading Autotask contracts")?;
    let mut items = std::mem::take(&mut observed.items);
    let (mut from_acronis, mut from_autotask) = tokio::try_join!(
        read_acronis(&vendors.acronis, observed, &mut items),
        read_autotask(&vendors.autotask, observed)
    )?;
    observed.items = items;
    let packed = from_acronis.packed.take().zip(from_autotask.packed.take());
    observed.lists = match packed {
        Some((tenants, companies)) => Some(Lists::new(companies, tenants, &observed.mapping)),
        None => observed.scope.as_ref().map(|_| Lists::Some(Vec::new())),
    };
    observed.put_together(from_acronis, from_autotask);
    Ok(())
}

impl Observed {
    /// The terms of the run.
    pub(super) fn terms(&self) -> Terms<'_> {
        let mut terms = Terms::new(&self.connection, &self.mapping, self.today, self.now);
        terms.services = self.services.clone();
        terms.bundles_holding = self.bundles_holding.clone();
        terms
    }

    /// The mapped customers looked at.
    pub(super) fn customers(&self) -> impl Iterator<Item = (&CustomerRow, &TenantId)> {
        let is_looked_at = |row: &CustomerRow| self.scope.as_ref().is_none_or(|scope| scope.contains(&row.company));
        self.mapping.mapped_customers().filter(move |(row, _)| is_looked_at(row))
    }

    /// Hands over the facts of `wanted` companies, each with its usage and state, and the terms of the run.
    /// What `each` gives is the usage to keep; the company's reading is not needed from then on.
    pub(super) fn each_company(
        &mut self,
        wanted: impl Fn(usize) -> bool,
        mut each: impl FnMut(usize, &mut CompanyFacts, &Terms<'_>) -> Option<KeptUsage>,
    ) {
        let (mut companies, mut items) = (std::mem::take(&mut self.companies), std::mem::take(&mut self.items));
        let (mut usage, mut kept) = (std::mem::take(&mut self.usage), std::mem::take(&mut self.kept));
        let terms = self.terms();
        for (index, facts) in companies.iter_mut().enumerate().filter(|(index, _)| wanted(*index)) {
            let company = facts.customer.company;
            facts.state = self.states.get(&company).map(|state| items.state(state));
            facts.usage = match usage.get(&company) {
                Some(Ok(reading)) => Ok(items.reading(reading)),
                Some(Err(text)) => Err(text.clone()),
                None => Err("its usage was not read".to_owned()),
            };
            if let Some(to_keep) = each(index, facts, &terms) {
                kept.insert(company, items.pack_usage(&to_keep));
                usage.remove(&company);
            }
            (facts.state, facts.usage) = (None, Ok(Reading::default()));
        }
        (self.companies, self.items, self.usage, self.kept) = (companies, items, usage, kept);
    }

    /// Lets go of what only planning needed.
    pub(super) fn all_is_planned(&mut self) {
        let companies = std::mem::take(&mut self.companies).into_iter();
        self.lines.extend(companies.map(|facts| (facts.customer.company, facts.states)));
        self.usage = BTreeMap::new();
    }

    /// The plans of some companies with the usage to keep, and what was remembered of these companies.
    pub(super) fn with_usage(&self, some: &[CompanyPlan]) -> (Vec<CompanyPlan>, BTreeMap<CompanyId, CompanyState>) {
        let kept = |company: CompanyId| self.kept.get(&company).map(|usage| self.items.usage(usage));
        let plans = some.iter().map(|plan| CompanyPlan { usage: kept(plan.company), ..plan.clone() });
        let states = some.iter().filter_map(|plan| self.states.get(&plan.company));
        let states = states.map(|state| self.items.state(state)).map(|state| (state.company, state));
        (plans.collect(), states.collect())
    }

    /// Takes out what was there at the last run that counted, to be given back: it is as much as all plans.
    pub(super) fn take_seen(&mut self) -> BTreeMap<CompanyId, Seen> {
        self.states.iter_mut().filter_map(|(company, state)| Some((*company, state.seen.take()?))).collect()
    }

    /// Takes back what was taken out.
    pub(super) fn give_back(&mut self, seen: BTreeMap<CompanyId, Seen>) {
        for (company, seen) in seen {
            if let Some(state) = self.states.get_mut(&company) {
                state.seen = Some(seen);
            }
        }
    }

    /// Whether there is anything to look at (M5).
    pub(super) fn something_is_mapped(&self) -> bool {
        let something_sold = !self.mapping.products_by_service().is_empty();
        something_sold && self.mapping.mapped_customers().next().is_some()
    }

    /// The same memory, with nothing to plan.
    pub(super) fn with_nothing_to_sell(self) -> Self {
        Self { mapping: self.mapping.without_products(), ..self }
    }

    fn put_together(&mut self, mut acronis: FromAcronis, mut autotask: FromAutotask) {
        self.services = autotask.services;
        self.bundles_holding = autotask.bundles_holding;
        let mut companies = Vec::with_capacity(self.customers().count());
        let scope = &self.scope;
        let is_looked_at = |row: &CustomerRow| scope.as_ref().is_none_or(|scope| scope.contains(&row.company));
        for (customer, tenant) in self.mapping.mapped_customers().filter(|(row, _)| is_looked_at(row)) {
            let company = customer.company;
            self.usage.extend(acronis.usage.remove(tenant).map(|usage| (company, usage)));
            let mut rows = autotask.rows.remove(&company).unwrap_or_default();
            rows.shrink_to_fit();
            let mut contracts = autotask.contracts.remove(&company).unwrap_or_default();
            contracts.shrink_to_fit();
            companies.push(CompanyFacts {
                customer: customer.clone(),
                tenant_id: tenant.clone(),
                company: autotask.companies.remove(&company),
                tenant: acronis.tenants.remove(tenant),
                usage: Ok(Reading::default()),
                contracts,
                rows,
                lines: Vec::new(),
                bundles: autotask.bundles.remove(&company).unwrap_or_default(),
                states: self.lines.remove(&company).unwrap_or_default(),
                state: None,
                read_whole: BTreeMap::new(),
                looked_up: BTreeSet::new(),
            });
        }
        self.companies = companies;
    }
}
