//! Seeds: a partner with customers on both sides, the same for the same numbers. It builds the world
//! through the functions a human edit uses and knows no HTTP.

pub mod alerts;
mod customers;
mod names;
pub mod prepaid;
mod random;
pub mod story;

use crate::autotask::{API_RESOURCE, Autotask, HUMAN_RESOURCE, Row};
use crate::clock::midnight;
use crate::world::World;
use customers::Planter;
use jiff::SignedDuration;
use jiff::civil::{Date, date};
use random::Random;
use rust_decimal::Decimal;

/// Name of the contract field that marks pay-as-you-go contracts.
pub const PAYG_FIELD: &str = "Acronis PAYG";
/// Bytes of a GiB, the unit storage is sold in here.
pub const GIB: u64 = 1_073_741_824;
const CONTRACT_UDF_TYPE: i64 = 5;

/// What to plant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// Plain customers, present on both sides. Without any, and without story, no services either.
    pub customers: usize,
    /// Number all choices follow from.
    pub seed: u64,
    /// Day the sandbox's clock stands at, at nine in the morning UTC.
    pub today: Date,
    /// The contract field [`PAYG_FIELD`] exists and is set.
    pub payg_field: bool,
    /// Lines per customer; 0 varies from 3 to 8.
    pub lines_per_customer: usize,
    /// Percentage of lines whose units differ a little from the usage.
    pub changed_percent: u8,
    /// Add the customers of [`story`].
    pub story: bool,
    /// Add the customers of [`prepaid`].
    pub prepaid: bool,
    /// Add the customers and alerts of [`alerts`].
    pub alerts: bool,
}

impl Default for Seed {
    fn default() -> Self {
        Self {
            customers: 12,
            seed: 1,
            today: date(2026, 11, 10),
            payg_field: true,
            lines_per_customer: 0,
            changed_percent: 10,
            story: true,
            prepaid: false,
            alerts: false,
        }
    }
}

impl Seed {
    /// Only the partner tenant, the service provider's own company, billing codes, storages and the
    /// items available for children: no customers, services or contract fields.
    #[must_use]
    pub fn empty(today: Date) -> Self {
        Self { customers: 0, today, payg_field: false, story: false, ..Self::default() }
    }

    /// Builds the world.
    pub(crate) fn plant(&self) -> World {
        let nine = SignedDuration::from_hours(9);
        let morning = midnight(self.today).checked_add(nine);
        let mut world = World::new(morning.expect("seed days lie within the calendar"));
        // Another seed is another provider, with a database of its own.
        world.autotask.database = 30_594 + self.seed % 1_000_000;
        plant_provider(&mut world.autotask);
        if self.payg_field {
            let now = world.now();
            world.autotask.new_udf_definition(PAYG_FIELD, CONTRACT_UDF_TYPE, now);
        }
        if self.customers == 0 && !self.story && !self.prepaid && !self.alerts {
            return world;
        }
        customers::plant_services(&mut world);
        let mut planter = Planter { world: &mut world, random: Random::new(self.seed), seed: self };
        for number in 0..self.customers {
            planter.plain_customer(number);
        }
        if self.story {
            story::plant(&mut planter);
        }
        if self.prepaid {
            prepaid::plant(&mut planter);
        }
        if self.alerts {
            alerts::plant(&mut planter);
        }
        world
    }
}

/// The service provider's own company (id 0), its people and its billing codes.
fn plant_provider(autotask: &mut Autotask) {
    let companies = autotask.table_mut("Companies");
    let own = Row::new(companies.entity())
        .with("id", 0)
        .with("companyName", "Sandbox Partner")
        .with("companyType", 1)
        .with("isActive", true);
    companies.add(own);
    let api_user = autotask.user_name.clone();
    let people = [
        (API_RESOURCE, "API", "User", api_user.as_str(), 7),
        (HUMAN_RESOURCE, "Sandbox", "Person", "person@sandbox.example", 1),
    ];
    for (id, first_name, last_name, email, license) in people {
        let resources = autotask.table_mut("Resources");
        let resource = Row::new(resources.entity())
            .with("id", id)
            .with("firstName", first_name)
            .with("lastName", last_name)
            .with("email", email)
            .with("userName", email)
            .with("isActive", true)
            .with("licenseType", license);
        resources.add(resource);
    }
    plant_roles(autotask);
    for name in ["Recurring Services", "Backup Services", "Remote Support"] {
        let codes = autotask.table_mut("BillingCodes");
        let code = Row::new(codes.entity())
            .with("name", name)
            .with("billingCodeType", 0)
            .with("useType", 1)
            .with("isActive", true)
            .with("unitPrice", Decimal::ZERO);
        codes.add(code);
    }
}

/// What people may be assigned to tickets as; the API user is assigned to none.
fn plant_roles(autotask: &mut Autotask) {
    for name in ["Service Desk", "Engineer"] {
        let roles = autotask.table_mut("Roles");
        let role = Row::new(roles.entity())
            .with("name", name)
            .with("isActive", true)
            .with("isSystemRole", false)
            .with("hourlyRate", Decimal::new(120, 0))
            .with("hourlyFactor", Decimal::ONE);
        let role = roles.add(role);
        let held = autotask.table_mut("ResourceRoles");
        let row = Row::new(held.entity())
            .with("resourceID", HUMAN_RESOURCE)
            .with("roleID", role)
            .with("queueID", 29_682_833)
            .with("isActive", true);
        held.add(row);
        autotask.table_mut("Resources").set(HUMAN_RESOURCE, "defaultServiceDeskRoleID", role);
    }
}
