//! The provider that is measured: customers of one size, each with a tenant, a contract and lines, of which
//! one in twenty differs from the usage. Every choice follows from the numbers.

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use sandbox::{Fault, FaultKind, Sandbox, Seed};
use serde::{Deserialize, Serialize};

/// Lines of each contract.
pub const LINES: usize = 20;
/// More requests than are ever made.
const NO_LIMIT: usize = 1 << 40;

/// How much there is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Size {
    /// Customers.
    pub customers: usize,
    /// Items each tenant has, and reports usage of.
    pub items: usize,
    /// Milliseconds that each vendor takes for an answer.
    pub latency: u64,
}

impl Size {
    /// Lines whose units differ from the usage.
    pub fn changes(&self) -> usize {
        self.customers * LINES / 20
    }
}

/// The name of an item, by its number.
pub fn item(number: usize) -> String {
    format!("pw_base_item_{number:02}")
}

/// The name of a customer, by its number.
pub fn customer_name(number: usize) -> String {
    format!("Customer {number:05}")
}

/// What a tenant uses of an item at first.
pub fn used(customer: usize, item: usize) -> u64 {
    5 + ((customer * 7 + item * 3) % 40) as u64
}

/// Both vendors with their customers; the clock stands at `today`, or where a sandbox's stands.
pub async fn plant(size: Size, today: Option<Date>) -> anyhow::Result<Sandbox> {
    let seed = Seed { customers: 0, story: false, ..Seed::default() };
    let seed = Seed { today: today.unwrap_or(seed.today), ..seed };
    let sandbox = Sandbox::start(seed).await?;
    sandbox.world(|world| {
        world.settings.hourly_limit = NO_LIMIT;
        let services: Vec<i64> = (0..LINES)
            .map(|number| world.add_service(&format!("Service {number:02}"), &item(number), Decimal::new(450, 2)))
            .collect();
        for customer in 0..size.customers {
            plant_customer(world, customer, size.items, &services);
        }
    });
    if size.latency > 0 {
        sandbox.fail(Fault::always("", FaultKind::Delay { millis: size.latency }));
    }
    Ok(sandbox)
}

fn plant_customer(world: &mut sandbox::World, customer: usize, items: usize, services: &[i64]) {
    let name = customer_name(customer);
    let company = world.add_company(&name);
    let tenant = world.add_tenant(&name, None);
    let (start, end) = contract_days(world.today());
    let contract = world.add_contract(company, &name, start, end);
    world.set_udf(contract, sandbox::seed::PAYG_FIELD, Some("Yes"));
    for number in 0..items {
        let used = used(customer, number);
        let item = item(number);
        world.set_item_status(&tenant, &item, None, true);
        world.set_usage(&tenant, &item, None, used, Some(used));
        if let Some(service) = services.get(number) {
            let differs = number == customer % LINES;
            let units = if differs { used + 1 } else { used };
            world.add_line(contract, *service, units as i64, None);
        }
    }
}

/// A few billing periods around today: rows of more would be held by the sandbox and asked for by nobody.
fn contract_days(today: Date) -> (Date, Date) {
    let start = today.first_of_month();
    let end = start.checked_add(2.months()).and_then(|day| day.yesterday()).unwrap_or(today);
    (start, end)
}
