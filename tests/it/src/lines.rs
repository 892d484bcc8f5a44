//! The lines as both vendors have them: who uses what, what should be billed, and whether all of it came
//! about once. It reckons by itself and asks nothing of the rules under test.

use crate::world::World;
use functions::store::Span;
use jiff::Timestamp;
use jiff::civil::Date;
use sandbox::acronis::catalogue::Unit;
use sandbox::autotask::adjustments::{Adjustment, Author};
use shared::deed::{Became, Deed};
use shared::ids::{CompanyId, ServiceId};
use shared::line::LineState;
use std::collections::BTreeMap;

const GIB: u64 = 1 << 30;

/// A line, and the item that it bills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sold {
    /// The line.
    pub line: i64,
    /// Its contract.
    pub contract: i64,
    /// Its service.
    pub service: i64,
    /// Whose contract it is.
    pub company: i64,
    /// The company's tenant.
    pub tenant: String,
    /// The item's name.
    pub item: String,
    /// Where the item stores, if it does.
    pub storage: Option<String>,
    /// What one unit is.
    pub size: u64,
}

impl World {
    /// Every line that bills an item of a tenant with the company's name, by id; metered ones are left out.
    pub fn sold(&self) -> Vec<Sold> {
        let all = self.sandbox.world(|world| {
            let (services, companies) = (world.services(), world.companies());
            let mut sold = Vec::new();
            for line in world.lines() {
                let contract = world.contract(line.contract_id).expect("a line has a contract");
                let company = companies.iter().find(|company| company.id == contract.company_id);
                let company = company.expect("a contract has a company");
                let service = services.iter().find(|service| service.id == line.service_id).expect("a line has one");
                let Some(tenant) = world.tenant_named(&company.name) else { continue };
                let items = world.acronis.items.get(&tenant).map(Vec::as_slice).unwrap_or_default();
                let Some(item) = items.iter().find(|item| item.product.name == service.sku) else { continue };
                let storage = item.infra_id.clone();
                let size = match item.product.unit {
                    Unit::Bytes => GIB,
                    Unit::Seconds => continue,
                    Unit::Quantity | Unit::None => 1,
                };
                let (contract, company, item) = (contract.id, company.id, service.sku.clone());
                sold.push(Sold { line: line.id, contract, service: service.id, company, tenant, item, storage, size });
            }
            sold
        });
        assert!(!all.is_empty(), "the story has lines");
        all
    }

    /// Units used of a line's item, each part of a unit as a whole one.
    pub fn used(&self, sold: &Sold) -> i64 {
        self.sandbox.world(|world| {
            let usage = world.acronis.usage(&sold.tenant, &sold.item, sold.storage.as_deref());
            let amount = usage.map_or(0, |usage| usage.absolute_value.unwrap_or(usage.value));
            i64::try_from(amount.div_ceil(sold.size)).expect("a sane amount")
        })
    }

    /// Sets the usage of a line's item in whole units.
    pub fn set_used(&self, sold: &Sold, units: i64) {
        let amount = u64::try_from(units).expect("usage is never negative") * sold.size;
        self.sandbox.world(|world| {
            world.set_usage(&sold.tenant, &sold.item, sold.storage.as_deref(), amount, Some(amount));
        });
    }

    /// Every line's item is used by one unit more.
    pub fn use_one_more_of_each(&self) {
        for sold in self.sold() {
            self.set_used(&sold, self.used(&sold) + 1);
        }
    }

    /// Units of a line in force on a day.
    pub fn units_on(&self, sold: &Sold, day: Date) -> i64 {
        self.sandbox.world(|world| world.line_units_on(sold.line, day)).expect("a row covers the day")
    }

    /// Units of a line in force today.
    pub fn units(&self, sold: &Sold) -> i64 {
        self.units_on(sold, self.today())
    }

    /// Lines whose units are not what is used.
    pub fn wrong(&self) -> Vec<(Sold, i64, i64)> {
        let with_units = self.sold().into_iter().map(|sold| {
            let (units, used) = (self.units(&sold), self.used(&sold));
            (sold, units, used)
        });
        with_units.filter(|(_, units, used)| units != used).collect()
    }

    /// The adjustments that the vendor took from us, in order.
    pub fn ours(&self) -> Vec<Adjustment> {
        let all = self.sandbox.world(|world| world.adjustments().to_vec());
        all.into_iter().filter(|adjustment| adjustment.by == Author::Api).collect()
    }

    /// How many adjustments the vendor took from us.
    pub fn adjustments(&self) -> usize {
        self.ours().len()
    }

    /// The POSTs that asked for an adjustment, by the status they were answered with.
    pub fn adjustment_posts(&self) -> Vec<u16> {
        let requests = self.sandbox.requests().into_iter();
        requests.filter(|seen| seen.operation == ADJUSTMENT).map(|seen| seen.status).collect()
    }

    /// What we remember of each line, by its key.
    pub async fn states(&self) -> BTreeMap<String, LineState> {
        let mut states = BTreeMap::new();
        let each = |state: LineState| _ = states.insert(state.place.key(), state);
        self.host.store.line_states(&self.connection, each).await.expect("the table is read");
        states
    }

    /// How many changes are unanswered.
    pub async fn open_intents(&self) -> usize {
        self.states().await.values().filter(|state| state.open.is_some()).count()
    }

    /// How every story ends: each line's units are what is used, and what led there was made once.
    pub async fn all_is_right_and_made_once(&self) {
        let wrong = self.wrong();
        assert!(wrong.is_empty(), "units are not what is used: {wrong:#?}");
        self.made_once().await;
    }

    /// Nothing is open, each change that the vendor took is in our books once and with the same days and
    /// units, and once in the list of what happened, no line was written twice for a day, and every request was one that a vendor knows.
    pub async fn made_once(&self) {
        assert_eq!(self.open_intents().await, 0, "intents are left open: {:#?}", self.states().await);
        let mut taken: BTreeMap<(i64, i64), Vec<(Date, i64)>> = BTreeMap::new();
        for adjustment in self.ours() {
            let of_line = taken.entry((adjustment.contract_id, adjustment.service_id)).or_default();
            let twice = of_line.iter().any(|(day, _)| *day == adjustment.effective);
            assert!(!twice, "written twice for a day: {adjustment:?}");
            of_line.push((adjustment.effective, adjustment.delta));
        }
        let mut listed = self.listed_units().await;
        for ((contract, service), changes) in taken {
            let company = self.sandbox.world(|world| world.contract(contract)).expect("it is there").company_id;
            let store = &self.host.store;
            let booked = store
                .changes(&self.connection, CompanyId(company), ServiceId(service))
                .await
                .expect("the table is read");
            let of_contract = booked.into_iter().filter(|change| change.place.contract.0 == contract);
            let of_contract: Vec<_> = of_contract.collect();
            for change in &of_contract {
                let at = listed.iter().position(|id| *id == change.intent.change);
                listed.swap_remove(at.unwrap_or_else(|| panic!("{} is not listed", change.intent.change)));
            }
            let mut booked: Vec<(Date, i64)> =
                of_contract.iter().map(|change| (change.intent.effective, change.intent.unit_change())).collect();
            let mut changes = changes;
            changes.sort_unstable();
            booked.sort_unstable();
            assert_eq!(booked, changes, "our books differ from Autotask's: contract {contract}, service {service}");
        }
        assert_eq!(listed, [""; 0], "listed, and not made");
        self.nothing_unknown();
    }

    /// The changes of units that the list of what happened has as made.
    async fn listed_units(&self) -> Vec<String> {
        let made = |deed: &Deed| deed.service.is_some() && deed.became == Became::Made;
        self.listed().await.into_iter().filter(made).map(|deed| deed.change).collect()
    }

    /// The list of what happened at the vendors, the newest first.
    pub async fn listed(&self) -> Vec<Deed> {
        let span = Span { from: Timestamp::UNIX_EPOCH, to: Timestamp::MAX, most: 100_000 };
        self.host.store.deeds(&self.connection, span).await.expect("the table is read").rows
    }

    /// Every request was one that the vendors know.
    pub fn nothing_unknown(&self) {
        let unknown = self.sandbox.unknown_requests();
        assert!(unknown.is_empty(), "requests that no vendor knows: {unknown:?}");
    }
}

/// How the sandbox calls the POST that adds units.
pub const ADJUSTMENT: &str = "autotask.adjustments.create";
