//! A statement as a file for a spreadsheet: one row for each line and day.

use super::lines::{UsedItem, change_of, contract_name, known_in_words, money, price_of, service_of, used_on};
use super::{Statement, read};
use crate::console::connections::the_named;
use crate::console::fields::Asked;
use crate::console::gates::Viewer;
use crate::console::pages::Failure;
use crate::console::plan;
use axum::response::Response;
use shared::days::Day;
use shared::statement::LineMonth;

const COLUMNS: [&str; 20] = [
    "company",
    "customer",
    "contract",
    "contract name",
    "service",
    "service name",
    "line",
    "day",
    "units",
    "known",
    "list price",
    "at list price per period",
    "changed from",
    "by run",
    "approved by",
    "why",
    "usage behind the units is of",
    "tenant",
    "usage read for the day",
    "in base units",
];

pub(in crate::console) async fn file(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, asked.field("connection").unwrap_or_default()).await?;
    let company = asked.field("company").ok_or(Failure::NoSuchPage)?;
    let told = read(&who, &connection, company, asked.field("month")).await?;
    let rows = told.lines.iter().flat_map(|line| line.days.iter().map(|day| cells(line, day, &told)));
    let name = format!("statement-{}-{}", told.company, told.month.start.strftime("%Y-%m"));
    plan::file(&name, &COLUMNS, rows)
}

fn cells(line: &LineMonth, day: &Day, told: &Statement) -> Vec<String> {
    let text = |value: Option<String>| value.unwrap_or_default();
    let (place, service) = (&line.place, service_of(line, told));
    let price = price_of(service);
    let intent = change_of(line, day).map(|change| &change.intent);
    let used = used_on(line, told, day.date);
    let join =
        |each: fn(&UsedItem<'_>) -> String, between: &str| used.iter().map(each).collect::<Vec<_>>().join(between);
    vec![
        place.company.to_string(),
        told.customer.clone(),
        place.contract.to_string(),
        contract_name(line, told).to_owned(),
        place.service.to_string(),
        text(service.map(|service| service.name.clone())),
        text(place.line.map(|line| line.to_string())),
        day.date.to_string(),
        text(day.units.map(|units| units.to_string())),
        known_in_words(day),
        text(price.map(|(price, _)| price.to_string())),
        text(day.units.zip(price).map(|(units, (price, period))| money(units, price, period))),
        text(intent.map(|intent| intent.effective.to_string())),
        text(intent.map(|intent| intent.run.clone())),
        text(intent.and_then(|intent| intent.approved_by.clone())),
        text(intent.map(|intent| intent.reckoning.to_string())),
        text(intent.map(|intent| intent.reckoning.used_on.to_string())),
        text(used.first().map(|item| item.tenant.to_string())),
        join(|item| format!("{}: {}", item.name(), item.amount()), ", "),
        join(|item| item.base_units.to_string(), " + "),
    ]
}
