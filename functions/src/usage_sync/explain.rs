//! Why a customer is billed what it is: reads our own records of changes and the units in force, and has
//! `shared` tell the story. Changes nothing.

use crate::host::Host;
use anyhow::{Context, bail};
use jiff::civil::Date;
use shared::contract::Service;
use shared::explain::{Explanation, explain as story};
use shared::ids::{CompanyId, ConnectionId, ContractId, ServiceId};
use shared::mapping::{CustomerRow, Mapping};
use shared::words::count;

/// Explains the units of a service on a company's contracts on `day`; today where none is given. Company and
/// service are given by number or by name.
pub async fn explain(
    host: &Host,
    id: &ConnectionId,
    company: &str,
    service: &str,
    day: Option<Date>,
) -> anyhow::Result<Vec<Explanation>> {
    let mapping = host.store.mapping(id).await?.unwrap_or_default();
    let customer = customer_called(&mapping, company)?;
    let vendors = host.vendors(id).await?;
    host.progress.begin("reading services and units", None);
    let services = vendors.autotask.services(None).await.context("reading Autotask services")?;
    let service = service_called(&services, service)?;
    let today = crate::run::memory::date_in(&mapping.settings.time_zone, host.clock.now())?;
    let day = day.unwrap_or(today);
    let changes = host.store.changes(id, customer.company, service.id).await?;
    let mut contracts: Vec<ContractId> = Vec::new();
    let of_customer = |contract: shared::contract::Contract| {
        contracts.extend((contract.company == customer.company).then_some(contract.id));
    };
    vendors.autotask.contracts(day, of_customer).await.context("reading Autotask contracts")?;
    contracts.extend(changes.iter().map(|change| change.place.contract));
    contracts.sort_unstable();
    contracts.dedup();
    let rows = vendors.autotask.units_of_contracts(&contracts, &[service.id], day).await.context("reading units")?;
    Ok(story(customer.company, &service.name, &changes, &rows, day))
}

fn customer_called<'a>(mapping: &'a Mapping, called: &str) -> anyhow::Result<&'a CustomerRow> {
    let by_id = called.parse().ok().and_then(|id| mapping.customers.get(&CompanyId(id)));
    let by_name = mapping.customers.values().filter(|row| is_called(&row.company_name, called));
    let names = |row: &CustomerRow| format!("{} \"{}\"", row.company, row.company_name);
    by_id.map_or_else(|| the_only(by_name.collect(), "company", called, names), Ok)
}

fn service_called<'a>(services: &'a [Service], called: &str) -> anyhow::Result<&'a Service> {
    let by_id = called.parse().ok().and_then(|id| services.iter().find(|service| service.id == ServiceId(id)));
    let by_name = services.iter().filter(|service| is_called(&service.name, called));
    let names = |service: &Service| format!("{} \"{}\"", service.id, service.name);
    by_id.map_or_else(|| the_only(by_name.collect(), "service", called, names), Ok)
}

/// A part of a name is enough where it is nobody else's.
fn is_called(name: &str, called: &str) -> bool {
    !called.trim().is_empty() && name.to_lowercase().contains(&called.trim().to_lowercase())
}

fn the_only<'a, T>(found: Vec<&'a T>, kind: &str, called: &str, name: impl Fn(&T) -> String) -> anyhow::Result<&'a T> {
    match found.as_slice() {
        [one] => Ok(one),
        [] => bail!("no {kind} is called \"{called}\"; give its number, or a part of its name"),
        several => {
            let names: Vec<String> = several.iter().take(10).map(|one| name(one)).collect();
            bail!("{} are called \"{called}\": {}; give the number", count(several.len(), kind), names.join(", "))
        }
    }
}
