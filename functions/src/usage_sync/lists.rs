//! What a run for everybody leaves for people's lists: who there is, what there is to choose from, and where each
//! line stands after it. It is packed as it is read and planned, since all of it is never held at once.

use super::Planned;
use crate::run::AtWork;
use crate::setup::{read_accounts, read_catalogue};
use crate::store::{Pack, Packed};
use anyhow::Context;
use shared::contract::Contract;
use shared::mapping::Mapping;
use shared::plan::Plan;
use shared::snapshot::{Entry, ListedLine, Section, each_of_plan};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What is packed so far.
#[derive(Default)]
pub(super) struct Lists {
    /// Companies and tenants; none where the vendors were not read, since nothing is mapped.
    accounts: Option<(Packed, Packed)>,
    plan: Pack,
}

impl Lists {
    pub(super) fn new(companies: Packed, tenants: Packed, mapping: &Mapping) -> Self {
        let mut plan = Pack::default();
        for (service, product) in mapping.products_by_service() {
            plan.add(&Entry::Sold(service, product.rows.iter().map(|row| row.item.key.clone()).collect()));
        }
        Self { accounts: Some((companies, tenants)), plan }
    }

    /// A company's contracts, and its lines that are not to be changed.
    pub(super) fn add_company(&mut self, contracts: &[Contract], lines: &[ListedLine]) {
        contracts.iter().for_each(|one| self.plan.add(&Entry::Contract(Cow::Borrowed(one))));
        lines.iter().for_each(|one| self.plan.add(&Entry::Line(Cow::Borrowed(one))));
    }

    fn add_plan(&mut self, plan: &Plan, made: &BTreeSet<String>, first: bool) {
        each_of_plan(plan, made, first, |entry| self.plan.add(&entry));
    }
}

/// Keeps the lists. What cannot be read or kept is told in the log and stays as it was: nothing is decided by it, and
/// the run has done its work.
pub(super) async fn keep(at_work: &AtWork<'_>, planned: &mut Planned, made: &BTreeSet<String>) {
    let AtWork { host, connection, vendors, .. } = at_work;
    host.progress.begin("keeping what lists show", None);
    let mut lists = planned.observed.lists.take().unwrap_or_default();
    lists.add_plan(&planned.plan, made, !planned.observed.connection.first_plan_approved);
    let mut sections = BTreeMap::from([(Section::Plan, lists.plan.finish())]);
    let accounts = match lists.accounts {
        Some(accounts) => Ok(accounts),
        None => read_accounts(vendors, &connection.tenant).await,
    };
    match accounts {
        Ok((companies, tenants)) => {
            sections.extend([(Section::Companies, companies), (Section::Tenants, tenants)]);
        }
        Err(error) => tracing::warn!("the lists of accounts stay as they were: {error:#}"),
    }
    match read_catalogue(vendors, &connection.tenant).await {
        Ok(catalogue) => _ = sections.insert(Section::Catalogue, catalogue),
        Err(error) => tracing::warn!("the lists of items and services stay as they were: {error:#}"),
    }
    let saved = host.store.save_snapshot(&connection.id, host.clock.now(), sections).await;
    if let Err(error) = saved.context("saving what lists show") {
        tracing::warn!("{error:#}");
    }
}
