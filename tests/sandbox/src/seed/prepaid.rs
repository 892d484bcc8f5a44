//! Prepaid customers with a story: what the contract says is what the tenant may use. They are found by
//! the names below.

use super::GIB;
use super::customers::{OFFERS, Planter};
use crate::acronis::Quota;
use crate::acronis::catalogue::ACRONIS_STORAGE;
use jiff::ToSpan;
use rust_decimal::Decimal;

/// Tenant whose hard quotas equal the units: 20 workstations, 3 servers, 500 GiB.
pub const SETTLED: &str = "Punktgenau Uhren GmbH";
/// Tenant whose quotas lag behind the units: 12 workstations sold, 8 allowed; servers without a quota.
pub const BEHIND: &str = "Nachzügler Fahrräder AG";
/// Active prepaid contract with 5 workstations and 200 GiB, and no tenant yet.
pub const NEW_COMPANY: &str = "Frischling Bootsbau GmbH";
/// Tenant with quotas whose only, prepaid contract has expired.
pub const EXPIRED: &str = "Auslauf Textil KG";
/// The same service stands on a prepaid and on a pay-as-you-go contract.
pub const BOTH_KINDS: &str = "Zweierlei Kartonagen e.K.";
/// Prepaid contract with a bundle of 6 units, and 4 workstations and 2 servers beside it.
pub const BUNDLED: &str = "Paketfroh Versand GmbH";

/// Plants all of them.
pub(crate) fn plant(planter: &mut Planter<'_>) {
    plant_quotas(planter);
    plant_new_company(planter);
    plant_expired(planter);
    plant_both_kinds(planter);
    plant_bundle(planter);
}

impl Planter<'_> {
    /// A hard quota on an item that is on.
    fn allow(&mut self, tenant: &str, offer: usize, units: u64) {
        let offer = OFFERS[offer];
        let quota = Quota { value: Some(units * offer.per_unit), overage: Some(0), version: 0 };
        self.world.set_quota(tenant, offer.item, offer.infra, quota);
    }
}

fn plant_quotas(planter: &mut Planter<'_>) {
    let settled = planter.pair(SETTLED, SETTLED, None);
    planter.use_exactly(&settled.tenant, OFFERS[2], 120 * GIB);
    planter.world.offer_everything(&settled.tenant);
    let contract = planter.prepaid_contract(settled.company);
    for (offer, units) in [(0, 20), (1, 3), (2, 500)] {
        planter.sell(contract, OFFERS[offer], units);
        planter.allow(&settled.tenant, offer, units.unsigned_abs());
    }
    let behind = planter.pair(BEHIND, BEHIND, None);
    planter.world.offer_everything(&behind.tenant);
    let contract = planter.prepaid_contract(behind.company);
    planter.sell(contract, OFFERS[0], 12);
    planter.sell(contract, OFFERS[1], 2);
    planter.allow(&behind.tenant, 0, 8);
}

fn plant_new_company(planter: &mut Planter<'_>) {
    let company = planter.world.add_company(NEW_COMPANY);
    let contract = planter.prepaid_contract(company);
    planter.sell(contract, OFFERS[0], 5);
    planter.sell(contract, OFFERS[2], 200);
}

fn plant_expired(planter: &mut Planter<'_>) {
    let expired = planter.pair(EXPIRED, EXPIRED, None);
    planter.world.offer_everything(&expired.tenant);
    let contract = planter.prepaid_contract(expired.company);
    planter.sell(contract, OFFERS[0], 10);
    planter.sell(contract, OFFERS[1], 2);
    planter.allow(&expired.tenant, 0, 10);
    planter.allow(&expired.tenant, 1, 2);
    let month = planter.seed.today.first_of_month();
    let last_day = month.checked_sub(1.days()).unwrap_or(month);
    planter.world.end_contract(contract, last_day);
}

fn plant_both_kinds(planter: &mut Planter<'_>) {
    let both = planter.pair(BOTH_KINDS, BOTH_KINDS, None);
    planter.world.offer_everything(&both.tenant);
    planter.contract_for(both.company);
    let prepaid = planter.prepaid_contract(both.company);
    planter.sell(prepaid, OFFERS[0], 5);
    planter.sell(prepaid, OFFERS[4], 15);
}

fn plant_bundle(planter: &mut Planter<'_>) {
    let bundled = planter.pair(BUNDLED, BUNDLED, None);
    planter.world.set_storage(&bundled.tenant, ACRONIS_STORAGE);
    planter.world.offer_everything(&bundled.tenant);
    let contract = planter.prepaid_contract(bundled.company);
    planter.sell(contract, OFFERS[0], 4);
    planter.sell(contract, OFFERS[1], 2);
    let world = &mut *planter.world;
    let services = [OFFERS[0].item, OFFERS[5].item].map(|item| world.service_by_sku(item));
    let services: Vec<i64> = services.into_iter().flatten().collect();
    let bundle = world.add_bundle("Prepaid Workplace", &services, Decimal::new(620, 2));
    world.add_bundle_line(contract, bundle, 6);
}
