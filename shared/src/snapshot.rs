//! What both vendors and the plan say, kept by the jobs for people's lists: who shows them may ask no vendor. It is
//! written entry by entry and put together again; what follows from it and the mapping is not in it.

use crate::alert::{AlertKind, AlertType};
use crate::contract::{BillingCode, Company, Contract, PeriodType, Service};
use crate::finding::Finding;
use crate::ids::{CompanyId, ServiceId, StorageId};
use crate::line::LinePlace;
use crate::listing::amounts;
use crate::mapping::{Mapping, NewService};
use crate::matching::{self, Standing};
use crate::plan::{Action, Adjustment, Change, HoldReason, Plan, RunHold, Until, plan_id};
use crate::text::because;
use crate::ticket::{PickField, PickValue, Picklists};
use crate::usage::{ItemKey, OfferingItem, Tenant};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What is read together, and kept for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// Autotask's companies.
    Companies,
    /// Our own tenant at Acronis and all below it.
    Tenants,
    /// What there is to choose from: offering items, storages, services, billing codes, company types, alert types, and
    /// what tickets may be given.
    Catalogue,
    /// The plan of units: contracts, lines and findings of mapped customers.
    Plan,
    /// Alerts as they were read to be replayed (`alert_reading`). No list is made of it.
    Alerts,
}

/// One thing of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry<'a> {
    /// A company.
    Company(Cow<'a, Company>),
    /// A tenant.
    Tenant(Cow<'a, Tenant>),
    /// A type that companies may be of.
    CompanyType(Cow<'a, CompanyType>),
    /// An item that customers may be given.
    Item(Cow<'a, OfferingItem>),
    /// A storage, by name.
    Storage(Cow<'a, StorageId>, Cow<'a, str>),
    /// A service.
    Service(Cow<'a, Service>),
    /// A billing code.
    BillingCode(Cow<'a, BillingCode>),
    /// A type of alert.
    AlertType(Cow<'a, AlertType>),
    /// What tickets and notes may be given in a field.
    Pick(PickField, Cow<'a, BTreeMap<i64, PickValue>>),
    /// A contract of a mapped customer.
    Contract(Cow<'a, Contract>),
    /// The items that a service is sold for; the amounts of its lines are in their order.
    Sold(ServiceId, Vec<ItemKey>),
    /// A line.
    Line(Cow<'a, ListedLine>),
    /// A service that is to be created.
    NewService(Cow<'a, ListedService>),
    /// The plan as a whole.
    Plan(ListedPlan),
    /// Why the whole run is held.
    RunHold(Cow<'a, RunHold>),
    /// What vanished, by the ids that are approved together with the hold of the whole run.
    Vanished(Cow<'a, [String]>),
    /// A finding.
    Finding(Cow<'a, Finding>),
}

/// The plan as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedPlan {
    /// The id by which it is approved: that of what is still to be done.
    pub id: String,
    /// Whether none was approved before it, so that only the whole can be (M5).
    pub first: bool,
}

/// A type of companies (Autotask picklist `Companies.companyType`; 1 is Customer, others are the database's own).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyType {
    /// Its number.
    pub number: i64,
    /// Its name, for people.
    pub name: String,
    /// Whether it may be chosen.
    pub active: bool,
}

/// A line of a pay-as-you-go contract, right or not, or the place where one is to be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedLine {
    /// Where.
    #[serde(rename = "at")]
    pub place: LinePlace,
    /// The units in force today; with a change, those on its day.
    pub units: i64,
    /// The units that usage asks for; none where that cannot be told, for which there is a finding.
    pub wanted: Option<i64>,
    /// What is used of each item that the service is sold for, in base units, by the order of `Snapshot::sold`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used: Vec<u64>,
    /// What it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Until>,
    /// The change that is to be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Box<ListedChange>>,
}

/// A change of a line's units that is not made yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedChange {
    /// The id by which it is approved.
    pub id: String,
    /// From when on.
    pub effective: Date,
    /// How often the line is billed, where that can be told.
    pub period: Option<PeriodType>,
    /// What it is worth per period, where that can be told.
    pub money: Option<Decimal>,
    /// The extra invoice lines it makes (U5).
    pub invoice_lines: u32,
    /// Why, in words.
    pub because: String,
    /// Why it waits for a person; empty: the next run makes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<HoldReason>,
    /// Who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
}

/// A service that is to be created in Autotask (M3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedService {
    /// The id by which it is approved.
    pub id: String,
    /// The service.
    pub service: NewService,
    /// The items that will be sold as it.
    pub items: Vec<ItemKey>,
    /// Why it waits for a person; empty: the next run makes it.
    pub held: Vec<HoldReason>,
    /// Who approved it.
    pub approved_by: Option<String>,
}

/// All that lists need of one connection. Where nothing is said of an order there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Since when each section is as it is; a section that is missing was never read.
    pub since: BTreeMap<Section, Timestamp>,
    /// Autotask's companies, the inactive ones too.
    pub companies: Vec<Company>,
    /// Our own tenant and all below it.
    pub tenants: Vec<Tenant>,
    /// The types of companies.
    pub company_types: Vec<CompanyType>,
    /// The items that customers may be given.
    pub items: Vec<OfferingItem>,
    /// The names of storages.
    pub storages: BTreeMap<StorageId, String>,
    /// Autotask's services, the inactive ones too.
    pub services: Vec<Service>,
    /// Its billing codes.
    pub billing_codes: Vec<BillingCode>,
    /// The types of alert; none where they were not read.
    pub alert_types: BTreeMap<AlertKind, AlertType>,
    /// What tickets and notes may be given. Who may be assigned is not among it.
    pub picklists: Picklists,
    /// The recurring contracts of mapped customers.
    pub contracts: Vec<Contract>,
    /// The items that each service is sold for, as they were mapped when the plan was made.
    pub sold: BTreeMap<ServiceId, Vec<ItemKey>>,
    /// The lines of each mapped customer, by place.
    pub lines: BTreeMap<CompanyId, Vec<ListedLine>>,
    /// The services that are to be created.
    pub new_services: Vec<ListedService>,
    /// The plan as a whole; none before one was made.
    pub plan: Option<ListedPlan>,
    /// Why the whole run is held, when it is (H1).
    pub run_hold: Option<RunHold>,
    /// The ids of what vanished, where the whole run is held.
    pub vanished: Vec<String>,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl Snapshot {
    /// Takes an entry in.
    pub fn add(&mut self, entry: Entry<'_>) {
        match entry {
            Entry::Company(one) => self.companies.push(one.into_owned()),
            Entry::Tenant(one) => self.tenants.push(one.into_owned()),
            Entry::CompanyType(one) => self.company_types.push(one.into_owned()),
            Entry::Item(one) => self.items.push(one.into_owned()),
            Entry::Storage(id, name) => _ = self.storages.insert(id.into_owned(), name.into_owned()),
            Entry::Service(one) => self.services.push(one.into_owned()),
            Entry::BillingCode(one) => self.billing_codes.push(one.into_owned()),
            Entry::AlertType(one) => _ = self.alert_types.insert(one.id.clone(), one.into_owned()),
            Entry::Pick(field, values) => _ = self.picklists.values.insert(field, values.into_owned()),
            Entry::Contract(one) => self.contracts.push(one.into_owned()),
            Entry::Sold(service, items) => _ = self.sold.insert(service, items),
            Entry::Line(one) => {
                let line = one.into_owned();
                let lines = self.lines.entry(line.place.company).or_default();
                lines.insert(lines.partition_point(|other| other.place < line.place), line);
            }
            Entry::NewService(one) => self.new_services.push(one.into_owned()),
            Entry::Plan(one) => self.plan = Some(one),
            Entry::RunHold(one) => self.run_hold = Some(one.into_owned()),
            Entry::Vanished(ids) => self.vanished = ids.into_owned(),
            Entry::Finding(one) => self.findings.push(one.into_owned()),
        }
    }

    /// How each customer stands (M1, M2). It follows from the mapping as it is now, which people change.
    pub fn standings(&self, mapping: &Mapping) -> BTreeMap<CompanyId, Standing> {
        matching::standings(mapping, &self.companies, &self.tenants)
    }

    /// What is used of each item that a line is billed for, in base units; nothing where that could not be told.
    pub fn used<'a>(&'a self, line: &'a ListedLine) -> impl Iterator<Item = (&'a ItemKey, u64)> {
        let items = self.sold.get(&line.place.service).into_iter().flatten();
        items.zip(line.used.iter().copied())
    }
}

impl ListedLine {
    /// A line and its change; where the change was just made, the line as it is `today` after it.
    fn changed(adjustment: &Adjustment, change: &Change, held: &[HoldReason], made: bool, today: Date) -> Self {
        let in_force = made && adjustment.effective <= today;
        let listed = || ListedChange {
            id: change.id.clone(),
            effective: adjustment.effective,
            period: adjustment.period_type,
            money: adjustment.money_per_period(),
            invoice_lines: adjustment.invoice_lines(),
            because: because(adjustment),
            held: held.to_vec(),
            approved_by: change.approved_by.clone(),
        };
        Self {
            place: adjustment.place.clone(),
            units: if in_force { adjustment.wanted } else { adjustment.before },
            wanted: Some(adjustment.wanted),
            used: amounts(&adjustment.reckoning),
            until: None,
            change: (!made).then(|| Box::new(listed())),
        }
    }
}

/// Hands over what the plan of a run says: its changes, those in `made` as they are after they were made, what waits
/// for a person, and what was found. Lines that are not to be changed are the companies' plans to tell. `first`: no plan
/// was approved before it (M5).
pub fn each_of_plan(plan: &Plan, made: &BTreeSet<String>, first: bool, mut each: impl FnMut(Entry<'_>)) {
    let changes = plan.changes.iter().map(|change| (change, [].as_slice()));
    let held = plan.held.iter().map(|held| (&held.change, held.reasons.as_slice()));
    for (change, reasons) in changes.chain(held) {
        let made = made.contains(&change.id);
        match &change.action {
            Action::Adjust(adjustment) => {
                each(Entry::Line(Cow::Owned(ListedLine::changed(adjustment, change, reasons, made, plan.today))));
            }
            Action::CreateService(creation) if !made => each(Entry::NewService(Cow::Owned(ListedService {
                id: change.id.clone(),
                service: creation.service.clone(),
                items: creation.items.clone(),
                held: reasons.to_vec(),
                approved_by: change.approved_by.clone(),
            }))),
            _ => {}
        }
    }
    let id = plan_id(plan.approvable().filter(|id| !made.contains(*id)));
    each(Entry::Plan(ListedPlan { id, first }));
    if let Some(hold) = &plan.run_hold {
        each(Entry::RunHold(Cow::Borrowed(hold)));
        each(Entry::Vanished(Cow::Borrowed(&hold.parts)));
    }
    plan.findings.iter().for_each(|finding| each(Entry::Finding(Cow::Borrowed(finding))));
}
