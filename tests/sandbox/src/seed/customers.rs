//! Plain customers: a company and a tenant of the same name, items in use, and a contract whose
//! lines follow the usage.

use super::names;
use super::random::Random;
use super::{GIB, PAYG_FIELD, Seed};
use crate::acronis::catalogue::{ACRONIS_STORAGE, PARTNER_STORAGE, RECOVERY_SITE};
use crate::world::World;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;

/// A product sold: item name, its storage, the service's name, its price in cents, and the amount of
/// usage one unit stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer {
    pub(crate) item: &'static str,
    pub(crate) infra: Option<&'static str>,
    pub(crate) service: &'static str,
    pub(crate) cents: i64,
    pub(crate) per_unit: u64,
    pub(crate) most_units: u64,
}

const fn counted(item: &'static str, service: &'static str, cents: i64, most_units: u64) -> Offer {
    Offer { item, infra: None, service, cents, per_unit: 1, most_units }
}

/// Offers every plain customer uses; the others take turns.
const FIRST_CHOICE: usize = 3;

/// Everything plain customers may use, in the order it is chosen from.
pub(crate) const OFFERS: [Offer; 15] = [
    counted("pw_base_workstations", "Acronis Workstations", 450, 60),
    counted("pw_base_servers", "Acronis Servers", 2100, 12),
    Offer {
        item: "pw_base_storage",
        infra: Some(ACRONIS_STORAGE),
        service: "Acronis Cloud Storage (GB)",
        cents: 8,
        per_unit: GIB,
        most_units: 4000,
    },
    counted("pw_base_vms", "Acronis Virtual Machines", 1450, 20),
    counted("pw_base_m365_seats", "Acronis Microsoft 365 Seats", 210, 120),
    counted("pw_pack_adv_security", "Acronis Advanced Security", 180, 60),
    counted("pw_base_gworkspace_seats", "Acronis Google Workspace Seats", 205, 40),
    counted("pw_base_mobiles", "Acronis Mobile Devices", 95, 30),
    counted("pw_base_websites", "Acronis Websites", 150, 8),
    Offer {
        item: "local_storage",
        infra: None,
        service: "Acronis Local Storage (GB)",
        cents: 2,
        per_unit: GIB,
        most_units: 9000,
    },
    counted("pw_pack_adv_management", "Acronis Advanced Management", 130, 60),
    counted("pw_pack_adv_backup_servers", "Acronis Advanced Backup Servers", 900, 12),
    counted("pw_pack_adv_backup_workstations", "Acronis Advanced Backup Workstations", 220, 60),
    counted("pw_pack_adv_email_security", "Acronis Advanced Email Security", 160, 120),
    Offer {
        item: "pw_base_adv_dr_compute_points",
        infra: Some(RECOVERY_SITE),
        service: "Acronis Compute Points",
        cents: 25,
        per_unit: 3600,
        most_units: 200,
    },
];

/// The services of the catalogue, with the item name as stock-keeping unit.
pub(crate) fn plant_services(world: &mut World) {
    for offer in OFFERS {
        world.add_service(offer.service, offer.item, Decimal::new(offer.cents, 2));
    }
}

/// A customer as planted.
#[derive(Debug, Clone)]
pub(crate) struct Planted {
    pub(crate) tenant: String,
    pub(crate) company: i64,
}

/// Plants customers into a world.
pub(crate) struct Planter<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) random: Random,
    pub(crate) seed: &'a Seed,
}

impl Planter<'_> {
    pub(crate) fn plain_customer(&mut self, number: usize) {
        let name = names::company(number);
        let company = self.world.add_company(&name);
        let tenant = self.world.add_tenant(&name, None);
        let contract = self.payg_contract(company, "Acronis Cyber Protect");
        let lines = match self.seed.lines_per_customer {
            0 => self.random.between(3, 8),
            fixed => fixed as u64,
        };
        let lines = usize::try_from(lines).unwrap_or(OFFERS.len()).min(OFFERS.len());
        for step in 0..lines {
            let rotated = FIRST_CHOICE + (step.saturating_sub(FIRST_CHOICE) + number) % (OFFERS.len() - FIRST_CHOICE);
            let offer = OFFERS[if step < FIRST_CHOICE { step } else { rotated }];
            let units = self.use_offer(&tenant, offer);
            let sold = self.sold_units(units);
            self.sell(contract, offer, sold);
        }
        self.statistics(&tenant);
    }

    /// An active monthly contract marked as pay-as-you-go where the field exists.
    pub(crate) fn payg_contract(&mut self, company: i64, name: &str) -> i64 {
        let (start, end) = self.contract_days();
        let contract = self.world.add_contract(company, name, start, end);
        if self.seed.payg_field {
            self.world.set_udf(contract, PAYG_FIELD, Some("Yes"));
        }
        contract
    }

    /// From the first of a month some time back until three years later, or without end.
    pub(crate) fn contract_days(&mut self) -> (Date, Date) {
        let months = i64::try_from(self.random.between(1, 8)).unwrap_or(1);
        let first = self.seed.today.first_of_month();
        let start = first.checked_sub(months.months()).unwrap_or(first);
        let end = start.checked_add(3.years()).and_then(|day| day.checked_sub(1.days()));
        if self.random.percent(20) {
            return (start, date(9999, 12, 31));
        }
        (start, end.unwrap_or(date(9999, 12, 31)))
    }

    /// Switches an offer on and uses it; returns the usage in whole units, rounded up.
    pub(crate) fn use_offer(&mut self, tenant: &str, offer: Offer) -> u64 {
        let units = self.random.between(1, offer.most_units);
        let odd = match offer.per_unit {
            1 => 0,
            size => self.random.between(0, size - 1),
        };
        let usage = units * offer.per_unit - odd;
        self.use_exactly(tenant, offer, usage);
        units
    }

    /// Switches an offer on and uses this much of it.
    pub(crate) fn use_exactly(&mut self, tenant: &str, offer: Offer, usage: u64) {
        let world = &mut *self.world;
        world.set_item_status(tenant, offer.item, offer.infra, true);
        world.set_usage(tenant, offer.item, offer.infra, usage, Some(usage));
        if offer.infra == Some(ACRONIS_STORAGE) {
            world.set_item_status(tenant, offer.item, Some(PARTNER_STORAGE), false);
            world.set_usage(tenant, offer.item, Some(PARTNER_STORAGE), 0, Some(0));
        }
        if offer.item == "pw_base_m365_seats" {
            for feature in ["pw_base_m365_mailboxes", "pw_base_m365_onedrive"] {
                world.set_item_status(tenant, feature, None, true);
                world.set_usage(tenant, feature, None, 0, Some(0));
            }
        }
    }

    fn sold_units(&mut self, used: u64) -> i64 {
        let used = i64::try_from(used).unwrap_or(i64::MAX);
        if !self.random.percent(self.seed.changed_percent) {
            return used;
        }
        let little = i64::try_from(self.random.between(1, 3)).unwrap_or(1);
        if used > little && self.random.percent(50) { used - little } else { used + little }
    }

    /// Puts an offer's service on a contract with these units; returns the line.
    pub(crate) fn sell(&mut self, contract: i64, offer: Offer, units: i64) -> i64 {
        let service = self.world.service_by_sku(offer.item);
        let service = service.expect("a service exists for every offer");
        self.world.add_line(contract, service, units, None)
    }

    /// Rows that measure but are not offered, and one item that is off and unused.
    pub(crate) fn statistics(&mut self, tenant: &str) {
        let world = &mut *self.world;
        let storage = world.acronis.usage(tenant, "pw_base_storage", Some(ACRONIS_STORAGE));
        let bytes = storage.map_or(0, |usage| usage.value);
        for total in ["storage_total", "total_storage"] {
            world.set_usage(tenant, total, None, bytes, Some(bytes));
        }
        world.set_usage(tenant, "total_protected_workloads", None, 1, Some(1));
        world.set_item_status(tenant, "pw_base_nas", None, false);
        world.set_usage(tenant, "pw_base_nas", None, 0, Some(0));
    }
}
