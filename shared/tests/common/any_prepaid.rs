//! Customers of any kind that bought anything and have anything. Makes worlds for properties; expects nothing of
//! them.

use super::prepaid::{CLOUD, PC, Prepaid, SERVER};
use proptest::prelude::*;
use shared::ids::{ServiceId, StorageId};
use shared::mapping::ServiceTarget;
use shared::quantity::GIB;
use shared::quota::Grant;
use shared::usage::ItemKind::{Count, Feature};

pub(crate) const SEAT: ServiceId = ServiceId(604);
const PACK: ServiceId = ServiceId(605);
pub(crate) const ITEMS: [&str; 10] = [
    "pw_base_servers",
    "pg_base_servers",
    "pw_base_workstations",
    "pw_base_m365_seats",
    "pw_base_m365_mailboxes",
    "pw_pack_adv_backup_servers",
    "pw_base_nas",
    "pw_dashboard",
    "storage@a",
    "storage@b",
];
const SOLD: [ServiceId; 5] = [SERVER, PC, SEAT, PACK, CLOUD];

/// What a provider is made from.
#[derive(Debug, Clone)]
pub(crate) struct AnyPrepaid {
    free: Vec<bool>,
    included: u32,
    soft: bool,
    switch_off: bool,
    default_storage: Option<bool>,
    customers: Vec<AnyBuyer>,
}

/// One of its customers.
#[derive(Debug, Clone)]
struct AnyBuyer {
    /// 0 pay-as-you-go, 1 the second contract is; else both are prepaid.
    payg: u8,
    units: Vec<Option<i64>>,
    more: Vec<Option<i64>>,
    bundles: Option<i64>,
    has: Vec<(u8, u64)>,
    used: Vec<u64>,
    locked: Vec<bool>,
}

fn buyer() -> impl Strategy<Value = AnyBuyer> {
    let units = || prop::collection::vec(prop::option::of(-1i64..8), SOLD.len());
    (
        0u8..5,
        units(),
        units(),
        (0u8..10, 0i64..4).prop_map(|(of_ten, units)| (of_ten < 3).then_some(units)),
        prop::collection::vec((0u8..5, 0u64..8), ITEMS.len()),
        prop::collection::vec(0u64..8, ITEMS.len()),
        prop::collection::vec((0u8..10).prop_map(|of_ten| of_ten == 0), ITEMS.len()),
    )
        .prop_map(|(payg, units, more, bundles, has, used, locked)| AnyBuyer {
            payg,
            units,
            more,
            bundles,
            has,
            used,
            locked,
        })
}

pub(crate) fn any_prepaid() -> impl Strategy<Value = AnyPrepaid> {
    (
        prop::collection::vec(any::<bool>(), ITEMS.len()),
        0u32..3,
        any::<bool>(),
        any::<bool>(),
        prop::option::of(any::<bool>()),
        prop::collection::vec(buyer(), 1..4),
    )
        .prop_map(|(free, included, soft, switch_off, default_storage, customers)| AnyPrepaid {
            free,
            included,
            soft,
            switch_off,
            default_storage,
            customers,
        })
}

impl AnyPrepaid {
    pub(crate) fn world(&self) -> Prepaid {
        let mut world = Prepaid::empty("2026-05-10");
        world.sells("pw_base_servers", SERVER).sells("pg_base_servers", SERVER).sells("pw_base_workstations", PC);
        world.sells("pw_base_m365_seats", SEAT).offers("pw_base_m365_mailboxes", Feature);
        world.sells("pw_pack_adv_backup_servers", PACK).offers("pw_base_nas", Count).offers("pw_dashboard", Feature);
        world.row("pw_dashboard", |row| row.service = Some(ServiceTarget::Existing(SERVER)));
        world.sells("storage@a", CLOUD).sells("storage@b", CLOUD);
        for (name, free) in ITEMS.iter().zip(&self.free) {
            world.row(name, |row| (row.free, row.included) = (*free, self.included));
        }
        let settings = world.settings();
        (settings.quotas.soft, settings.quotas.switch_off) = (self.soft, self.switch_off);
        settings.new_tenants.default_storage =
            self.default_storage.map(|is_a| StorageId::new(if is_a { "a" } else { "b" }));
        for (id, customer) in (1..).zip(&self.customers) {
            customer.put_into(&mut world, id);
        }
        world
    }
}

impl AnyBuyer {
    fn put_into(&self, world: &mut Prepaid, id: i64) {
        world.customer(id, &format!("Customer {id}")).known();
        world.the_contract().payg = (self.payg == 0).then(|| "Yes".to_owned());
        let second = id * 10 + 1;
        world.contract(second, if self.payg <= 1 { "Yes" } else { "No" });
        for (index, (units, more)) in (0..).zip(self.units.iter().zip(&self.more)) {
            if let Some(units) = units {
                world.line(id * 10, id * 100 + index, SOLD[index as usize], *units);
            }
            // Half of the customers hold all on one contract.
            if let Some(more) = more.filter(|_| self.payg % 2 == 1 && index % 2 == 0) {
                world.line(second, id * 100 + 50 + index, SOLD[index as usize], more);
            }
        }
        if let Some(units) = self.bundles {
            world.bundle(id * 10, 90, SEAT, units);
        }
        for (index, name) in ITEMS.iter().enumerate() {
            let size = if name.contains('@') { GIB } else { 1 };
            let (kind, amount) = self.has[index];
            let is_feature = name.ends_with("mailboxes") || name.ends_with("dashboard");
            let grant = match (kind, is_feature) {
                (0, _) => Grant::Off,
                (_, true) | (1, _) => Grant::Unlimited,
                (2, _) => Grant::UpTo { limit: amount * size, overage: None },
                _ => Grant::UpTo { limit: amount * size, overage: Some(0) },
            };
            world.has(name, grant).item(name).locked = self.locked[index];
            if !is_feature && grant.is_on() {
                world.uses(name, self.used[index] * size);
            }
        }
    }
}
