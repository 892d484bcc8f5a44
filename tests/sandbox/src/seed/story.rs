//! Customers with a story: each one is a case an integration has to get right. They are found by the
//! names below.

use super::PAYG_FIELD;
use super::customers::{OFFERS, Planted, Planter};
use crate::acronis::{PricingMode, TenantKind};
use jiff::ToSpan;
use rust_decimal::Decimal;

/// Tenant whose company is called [`NEAR_MATCH_COMPANY`].
pub const NEAR_MATCH_TENANT: &str = "Hagelstein Treuhand";
/// Company whose tenant is called [`NEAR_MATCH_TENANT`].
pub const NEAR_MATCH_COMPANY: &str = "Hagelstein Treuhand GmbH";
/// Company without a tenant.
pub const COMPANY_ONLY: &str = "Nur Vertrag Papierwaren OHG";
/// Tenant without a company.
pub const TENANT_ONLY: &str = "Einsame Mandantin AG";
/// Tenant in trial, with usage and a contract.
pub const TRIAL: &str = "Probelauf Kaffeerösterei GmbH";
/// Disabled tenant that still has usage.
pub const DISABLED: &str = "Ruhend Spedition KG";
/// Contract lacks a line for a used item ("pw_base_servers").
pub const MISSING_LINE: &str = "Lückenbauer Gerüste GmbH";
/// Only contract has expired.
pub const EXPIRED: &str = "Abgelaufen Verlag AG";
/// The same service stands on a pay-as-you-go and on a prepaid contract.
pub const TWO_CONTRACTS: &str = "Doppelgleis Bahntechnik GmbH";
/// Prepaid customer: the contract is not marked.
pub const PREPAID: &str = "Vorauskasse Reisen GmbH";
/// A service stands in a bundle and on a line of its own.
pub const BUNDLED: &str = "Bündelwerk Seile e.K.";
/// The pay-as-you-go field says "Perhaps".
pub const PERHAPS: &str = "Vielleicht Moden GmbH";
/// Tenant below [`FOLDER`].
pub const IN_FOLDER: &str = "Ordnerkind Bäckerei GmbH";
/// Folder tenant.
pub const FOLDER: &str = "Region Nord";
/// Tenant below [`SUB_PARTNER`].
pub const UNDER_SUB_PARTNER: &str = "Untermieter Logistik GmbH";
/// Partner below the partner.
pub const SUB_PARTNER: &str = "Sandbox Sub-Partner";

/// Plants all of them.
pub(crate) fn plant(planter: &mut Planter<'_>) {
    plant_mismatches(planter);
    plant_states(planter);
    plant_contracts(planter);
    plant_bundle(planter);
    plant_hierarchy(planter);
}

impl Planter<'_> {
    /// A company and a tenant of these names that uses workstations and servers.
    pub(crate) fn pair(&mut self, company: &str, tenant: &str, parent: Option<&str>) -> Planted {
        let company = self.world.add_company(company);
        let tenant = self.world.add_tenant(tenant, parent);
        self.use_exactly(&tenant, OFFERS[0], 10);
        self.use_exactly(&tenant, OFFERS[1], 2);
        self.statistics(&tenant);
        Planted { tenant, company }
    }

    /// The same with a pay-as-you-go contract whose lines equal the usage.
    fn settled(&mut self, name: &str, parent: Option<&str>) -> Planted {
        let planted = self.pair(name, name, parent);
        self.contract_for(planted.company);
        planted
    }

    pub(crate) fn contract_for(&mut self, company: i64) -> i64 {
        let contract = self.payg_contract(company, "Acronis Cyber Protect");
        self.sell(contract, OFFERS[0], 10);
        self.sell(contract, OFFERS[1], 2);
        contract
    }

    /// A contract not marked as pay-as-you-go.
    pub(crate) fn prepaid_contract(&mut self, company: i64) -> i64 {
        let contract = self.payg_contract(company, "Acronis prepaid");
        if self.seed.payg_field {
            self.world.set_udf(contract, PAYG_FIELD, Some("No"));
        }
        contract
    }
}

fn plant_mismatches(planter: &mut Planter<'_>) {
    let near = planter.pair(NEAR_MATCH_COMPANY, NEAR_MATCH_TENANT, None);
    planter.contract_for(near.company);
    let company = planter.world.add_company(COMPANY_ONLY);
    planter.contract_for(company);
    let tenant = planter.world.add_tenant(TENANT_ONLY, None);
    planter.use_exactly(&tenant, OFFERS[0], 7);
}

fn plant_states(planter: &mut Planter<'_>) {
    let trial = planter.settled(TRIAL, None);
    let world = &mut *planter.world;
    world.change_tenant(&trial.tenant, |tenant| tenant.pricing_mode = PricingMode::Trial);
    let disabled = planter.settled(DISABLED, None);
    let world = &mut *planter.world;
    world.change_tenant(&disabled.tenant, |tenant| tenant.enabled = false);
}

fn plant_contracts(planter: &mut Planter<'_>) {
    let missing = planter.pair(MISSING_LINE, MISSING_LINE, None);
    let contract = planter.payg_contract(missing.company, "Acronis Cyber Protect");
    planter.sell(contract, OFFERS[0], 10);

    let expired = planter.pair(EXPIRED, EXPIRED, None);
    let contract = planter.contract_for(expired.company);
    let month = planter.seed.today.first_of_month();
    let last_day = month.checked_sub(1.days()).unwrap_or(month);
    planter.world.end_contract(contract, last_day);

    let two = planter.pair(TWO_CONTRACTS, TWO_CONTRACTS, None);
    planter.contract_for(two.company);
    let prepaid = planter.prepaid_contract(two.company);
    planter.sell(prepaid, OFFERS[0], 5);

    let prepaid = planter.pair(PREPAID, PREPAID, None);
    let contract = planter.prepaid_contract(prepaid.company);
    planter.sell(contract, OFFERS[0], 25);
    planter.sell(contract, OFFERS[1], 2);

    let perhaps = planter.pair(PERHAPS, PERHAPS, None);
    let contract = planter.contract_for(perhaps.company);
    if planter.seed.payg_field {
        planter.world.set_udf(contract, PAYG_FIELD, Some("Perhaps"));
    }
}

fn plant_bundle(planter: &mut Planter<'_>) {
    let bundled = planter.pair(BUNDLED, BUNDLED, None);
    let contract = planter.contract_for(bundled.company);
    let world = &mut *planter.world;
    let workstations = world.service_by_sku(OFFERS[0].item);
    let security = world.service_by_sku("pw_pack_adv_security");
    let services: Vec<i64> = workstations.into_iter().chain(security).collect();
    let bundle = world.add_bundle("Secure Workplace", &services, Decimal::new(590, 2));
    world.add_bundle_line(contract, bundle, 4);
}

fn plant_hierarchy(planter: &mut Planter<'_>) {
    let folder = planter.world.add_tenant_of_kind(FOLDER, None, TenantKind::Folder);
    planter.settled(IN_FOLDER, Some(&folder));
    let partner = planter.world.add_tenant_of_kind(SUB_PARTNER, None, TenantKind::Partner);
    planter.settled(UNDER_SUB_PARTNER, Some(&partner));
}
