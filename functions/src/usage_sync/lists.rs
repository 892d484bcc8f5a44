//! What a run leaves for people's lists: who there is, what there is to choose from, and where each line stands after it.
//! It is packed as it is read and planned, since all of it is never held at once. A run for some leaves what is of others
//! as it was.

use super::Planned;
use crate::run::AtWork;
use crate::setup::{read_accounts, read_catalogue};
use crate::store::{Pack, Packed};
use anyhow::Context;
use shared::contract::Contract;
use shared::ids::{CompanyId, ServiceId};
use shared::mapping::Mapping;
use shared::plan::plan_id;
use shared::snapshot::{Entry, ListedLine, ListedPlan, Section, each_of_plan};
use shared::usage::ItemKey;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What is kept so far.
pub(super) enum Lists {
    /// Of everybody.
    Everybody {
        /// Companies and tenants; none where the vendors were not read, since nothing is mapped.
        accounts: Option<Box<(Packed, Packed)>>,
        plan: Box<Pack>,
    },
    /// Of a few.
    Some(Vec<Entry<'static>>),
}

impl Default for Lists {
    fn default() -> Self {
        Self::Everybody { accounts: None, plan: Box::default() }
    }
}

/// The items of each service that is sold: the amounts of its lines are in their order.
fn sold(mapping: &Mapping) -> BTreeMap<ServiceId, Vec<ItemKey>> {
    let items = |product: shared::mapping::Product<'_>| product.rows.iter().map(|row| row.item.key.clone()).collect();
    mapping.products_by_service().into_iter().map(|(service, product)| (service, items(product))).collect()
}

impl Lists {
    pub(super) fn new(companies: Packed, tenants: Packed, mapping: &Mapping) -> Self {
        let mut plan: Box<Pack> = Box::default();
        sold(mapping).into_iter().for_each(|(service, items)| plan.add(&Entry::Sold(service, items)));
        Self::Everybody { accounts: Some(Box::new((companies, tenants))), plan }
    }

    /// A company's contracts, and its lines that are not to be changed.
    pub(super) fn add_company(&mut self, contracts: &[Contract], lines: &[ListedLine]) {
        match self {
            Self::Everybody { plan, .. } => {
                contracts.iter().for_each(|one| plan.add(&Entry::Contract(Cow::Borrowed(one))));
                lines.iter().for_each(|one| plan.add(&Entry::Line(Cow::Borrowed(one))));
            }
            Self::Some(entries) => {
                entries.extend(contracts.iter().map(|one| Entry::Contract(Cow::Owned(one.clone()))));
                entries.extend(lines.iter().map(|one| Entry::Line(Cow::Owned(one.clone()))));
            }
        }
    }
}

/// Keeps the lists. What cannot be read or kept is told in the log and stays as it was: nothing is decided by it, and
/// the run has done its work.
pub(super) async fn keep(at_work: &AtWork<'_>, planned: &mut Planned, made: &BTreeSet<String>) {
    at_work.host.progress.begin("keeping what lists show", None);
    let kept = match planned.observed.lists.take() {
        Some(Lists::Some(entries)) => keep_some(at_work, planned, made, entries).await,
        // A run for some that had nothing to look at knows nothing.
        None if planned.observed.scope.is_some() => Ok(false),
        lists => keep_all(at_work, planned, made, lists.unwrap_or_default()).await,
    };
    if let Err(error) = kept.context("saving what lists show") {
        tracing::warn!("{error:#}");
    }
}

async fn keep_all(
    at_work: &AtWork<'_>,
    planned: &Planned,
    made: &BTreeSet<String>,
    lists: Lists,
) -> anyhow::Result<bool> {
    let AtWork { host, connection, vendors, .. } = at_work;
    let Lists::Everybody { accounts, mut plan } = lists else { return Ok(false) };
    each_of_plan(&planned.plan, made, planned.is_first(), |entry| plan.add(&entry));
    let mut sections = BTreeMap::from([(Section::Plan, plan.finish())]);
    let accounts = match accounts {
        Some(accounts) => Ok(*accounts),
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
    host.store.save_snapshot(&connection.id, host.clock.now(), sections).await
}

/// Puts what is of a few in the place of what was of them; that of others passes by, entry by entry.
async fn keep_some(
    at_work: &AtWork<'_>,
    planned: &Planned,
    made: &BTreeSet<String>,
    entries: Vec<Entry<'static>>,
) -> anyhow::Result<bool> {
    let AtWork { host, connection, .. } = at_work;
    let mut few = Few {
        scope: planned.observed.scope.as_ref().context("a run for some knows for whom it is")?,
        sold: sold(&planned.observed.mapping),
        sold_otherwise: BTreeSet::new(),
        ids: Vec::new(),
        has_begun: false,
    };
    let rewrite = |entry: Option<Entry<'static>>, pack: &mut Pack| {
        few.begin(pack);
        match entry {
            Some(entry) => few.pass(entry, pack),
            None => {
                entries.iter().for_each(|entry| few.add(entry, pack));
                let first = planned.is_first();
                each_of_plan(&planned.plan, made, first, |entry| few.add(&entry, pack));
                pack.add(&Entry::Plan(ListedPlan { id: plan_id(few.ids.iter().map(String::as_str)), first }));
            }
        }
    };
    host.store.rewrite_section(&connection.id, Section::Plan, host.clock.now(), rewrite).await
}

/// What a run for a few makes of the plan that is kept.
struct Few<'a> {
    scope: &'a BTreeSet<CompanyId>,
    sold: BTreeMap<ServiceId, Vec<ItemKey>>,
    /// Services that were sold for other items when the lines of others were planned.
    sold_otherwise: BTreeSet<ServiceId>,
    /// All that can be approved.
    ids: Vec<String>,
    has_begun: bool,
}

impl Few<'_> {
    /// What services are sold for comes first, so that the next run for a few knows it before it sees a line.
    fn begin(&mut self, pack: &mut Pack) {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.sold.iter().for_each(|(service, items)| pack.add(&Entry::Sold(*service, items.clone())));
        }
    }

    /// Lets an entry pass that is not of these few. What concerns the whole connection was just found again.
    fn pass(&mut self, entry: Entry<'static>, pack: &mut Pack) {
        let is_theirs = |company: CompanyId| self.scope.contains(&company);
        match entry {
            Entry::Sold(service, items) => {
                if self.sold.get(&service) != Some(&items) {
                    self.sold_otherwise.insert(service);
                }
            }
            Entry::Plan(_) | Entry::NewService(_) => {}
            Entry::Contract(ref contract) if is_theirs(contract.company) => {}
            Entry::Line(ref line) if is_theirs(line.place.company) => {}
            Entry::Finding(ref finding) if finding.company.is_none_or(is_theirs) => {}
            Entry::Line(line) if self.sold_otherwise.contains(&line.place.service) => {
                let line = ListedLine { used: Vec::new(), ..line.into_owned() };
                self.add(&Entry::Line(Cow::Owned(line)), pack);
            }
            entry => self.add(&entry, pack),
        }
    }

    fn add(&mut self, entry: &Entry<'_>, pack: &mut Pack) {
        match entry {
            // That of the few says nothing of the whole.
            Entry::Plan(_) => return,
            Entry::Line(line) => self.ids.extend(line.change.iter().map(|change| change.id.clone())),
            Entry::NewService(service) => self.ids.push(service.id.clone()),
            Entry::RunHold(hold) => self.ids.push(hold.id.clone()),
            _ => {}
        }
        pack.add(entry);
    }
}
