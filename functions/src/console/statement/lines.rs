//! One line's part of a statement in words and figures.

use super::Statement;
use crate::console::explain::{ChapterRow, chapter_row};
use crate::console::words::Shown;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use shared::contract::{PeriodType, Service};
use shared::days::{Day, Found, Known, Stretch, stretches};
use shared::explain::Chapter;
use shared::ids::TenantId;
use shared::kept::Reading;
use shared::quantity::MeasurementUnit;
use shared::reckoning::amount;
use shared::run::ChangeRecord;
use shared::statement::LineMonth;
use shared::usage::ItemKey;

/// A line as the page shows it.
pub(super) struct LineTold {
    pub(super) service: Shown,
    pub(super) contract: Shown,
    pub(super) line: String,
    pub(super) price: Option<String>,
    pub(super) rows: Vec<StretchRow>,
    pub(super) decisions: Vec<Shown>,
    pub(super) chapters: Vec<ChapterRow>,
    pub(super) usage: Vec<UsageRow>,
}

pub(super) struct StretchRow {
    pub(super) days: String,
    pub(super) units: String,
    pub(super) money: String,
    pub(super) known: Shown,
}

pub(super) struct UsageRow {
    pub(super) days: String,
    pub(super) item: Shown,
    pub(super) tenant: Shown,
    pub(super) amount: String,
    pub(super) base_units: u64,
}

/// What was used of one item, as it was read.
pub(super) struct UsedItem<'a> {
    pub(super) tenant: &'a TenantId,
    key: &'a ItemKey,
    label: String,
    pub(super) base_units: u64,
    unit: MeasurementUnit,
}

impl UsedItem<'_> {
    pub(super) fn name(&self) -> String {
        format!("{} ({})", self.label, self.key)
    }

    pub(super) fn amount(&self) -> String {
        amount(self.base_units, self.unit)
    }
}

pub(super) fn line_told(line: &LineMonth, told: &Statement, zone: &TimeZone) -> LineTold {
    let (service, contract) = (service_of(line, told), contract_name(line, told));
    let price = price_of(service);
    let name = service.map_or_else(|| format!("service {}", line.place.service), |known| known.name.clone());
    let rows = stretches(&line.days).iter().map(|stretch| stretch_row(stretch, price)).collect();
    LineTold {
        service: Shown::of(name),
        contract: Shown::of(format!("{} {contract}", line.place.contract)),
        line: line.place.line.map_or_else(|| "no line yet".to_owned(), |line| format!("line {line}")),
        price: price.map(|(price, period)| format!("{price:.2} a {}", period.per())),
        rows,
        decisions: decisions(line, told),
        chapters: line.chapters.iter().map(|chapter| chapter_row(chapter, zone)).collect(),
        usage: usage_rows(line, told),
    }
}

pub(super) fn service_of<'a>(line: &LineMonth, told: &'a Statement) -> Option<&'a Service> {
    told.listed.snapshot.services.iter().find(|service| service.id == line.place.service)
}

pub(super) fn contract_name<'a>(line: &LineMonth, told: &'a Statement) -> &'a str {
    let known = told.listed.snapshot.contracts.iter().find(|contract| contract.id == line.place.contract);
    known.map_or("", |contract| contract.name.as_str())
}

/// The list price of one unit, and for which period, where both are known.
pub(super) fn price_of(service: Option<&Service>) -> Option<(Decimal, PeriodType)> {
    let service = service?;
    Some((service.unit_price?, service.period?))
}

fn stretch_row(stretch: &Stretch<'_>, price: Option<(Decimal, PeriodType)>) -> StretchRow {
    let Stretch { day, last } = stretch;
    let money = day.units.zip(price).map(|(units, (price, period))| money(units, price, period));
    StretchRow {
        days: span(day.date, *last),
        units: day.units.map_or_else(|| "not told".to_owned(), |units| units.to_string()),
        money: money.unwrap_or_default(),
        known: Shown::of(known_in_words(day)),
    }
}

/// "76.50 a month"
pub(super) fn money(units: i64, price: Decimal, period: PeriodType) -> String {
    format!("{:.2} a {}", Decimal::from(units) * price, period.per())
}

/// "2026-11-03 to 2026-11-09"
fn span(first: Date, last: Date) -> String {
    if first == last { first.to_string() } else { format!("{first} to {last}") }
}

/// How the units of a day are known.
pub(super) fn known_in_words(day: &Day) -> String {
    let known = match &day.known {
        Known::NotTold(Found { on, units }) => {
            format!("nobody wrote down the units before our first look at them: {units} were found for {on}")
        }
        Known::Ours { .. } => "as we set them".to_owned(),
        Known::Read => "as read; set by somebody else".to_owned(),
        Known::NoContract => "the contract does not run".to_owned(),
    };
    let otherwise = day.otherwise.map(|Found { on, units }| {
        format!("; somebody else changed them to {units} on a day that nobody wrote down, seen for {on}")
    });
    let to_come = if day.to_come { "; to come, unless something changes" } else { "" };
    format!("{known}{}{to_come}", otherwise.unwrap_or_default())
}

/// What people decided of the line that holds on any day of the month (U8).
fn decisions(line: &LineMonth, told: &Statement) -> Vec<Shown> {
    let row = told.listed.mapping.customers.get(&line.place.company);
    let all = row.and_then(|row| row.decisions.get(&line.place.service)).into_iter().flatten();
    let of_month = all.filter(|decision| {
        decision.from <= told.month.end && decision.what.until().is_none_or(|until| told.month.start <= until)
    });
    of_month.map(|decision| Shown::of(format!("from {}: {decision}", decision.from))).collect()
}

/// The change that a day's units are by.
pub(super) fn change_of<'a>(line: &'a LineMonth, day: &Day) -> Option<&'a ChangeRecord> {
    let Known::Ours { intent } = &day.known else { return None };
    line.chapters.iter().find_map(|chapter| match chapter {
        Chapter::Us(change) if change.intent.id == *intent => Some(change.as_ref()),
        _ => None,
    })
}

/// The usage that was read for a day, where it was kept: with a change, or since it was the same, or at a period's end.
pub(super) fn used_on<'a>(line: &'a LineMonth, told: &'a Statement, day: Date) -> Vec<UsedItem<'a>> {
    let with_a_change = line.chapters.iter().rev().find_map(|chapter| match chapter {
        Chapter::Us(change) if change.intent.reckoning.used_on == day => Some(&change.intent.reckoning),
        _ => None,
    });
    if let Some(reckoning) = with_a_change {
        let item = |item: &'a shared::reckoning::ReckonedItem| UsedItem {
            tenant: &reckoning.tenant,
            key: &item.key,
            label: item.label.clone(),
            base_units: item.amount,
            unit: reckoning.unit,
        };
        return reckoning.items.iter().map(item).collect();
    }
    kept_on(told, day).map(|(tenant, reading)| items_of(line, told, tenant, reading)).unwrap_or_default()
}

/// What was last read of the customer's tenant, if that was for this day too; or what was read at a period's end.
fn kept_on(told: &Statement, day: Date) -> Option<(&TenantId, &Reading)> {
    let usage = told.usage.as_ref()?;
    let is_of_last = usage.since <= day && told.read_on.is_some_and(|last| day <= last);
    let reading = if is_of_last { Some(&usage.reading) } else { usage.at_period_ends.get(&day) };
    Some((&usage.tenant, reading?))
}

fn items_of<'a>(line: &LineMonth, told: &'a Statement, tenant: &'a TenantId, reading: &Reading) -> Vec<UsedItem<'a>> {
    let products = told.listed.mapping.products_by_service();
    let rows = products.get(&line.place.service).map(|product| product.rows.clone()).unwrap_or_default();
    let item = |row: &&'a shared::mapping::ProductRow| {
        let key = &row.item.key;
        let used = reading.row(key).map_or(0, |used| if row.item.is_metered() { used.value } else { used.in_use() });
        let is_told = !reading.without_row.contains(key);
        is_told.then(|| UsedItem { tenant, key, label: row.label.clone(), base_units: used, unit: row.item.unit })
    };
    rows.iter().filter_map(item).collect()
}

/// The usage that was kept beside that of the changes: the last reading, and those at the ends of periods.
fn usage_rows(line: &LineMonth, told: &Statement) -> Vec<UsageRow> {
    let Some(usage) = &told.usage else { return Vec::new() };
    let mut spans: Vec<(Date, Date)> = Vec::new();
    spans.extend(usage.at_period_ends.keys().filter(|end| told.month.holds(**end)).map(|end| (*end, *end)));
    let last = told.read_on.map(|last| (usage.since.max(told.month.start), last.min(told.month.end)));
    spans.extend(last.filter(|(first, last)| first <= last));
    let rows = spans.into_iter().flat_map(|(first, last)| {
        let items = kept_on(told, first).map(|(tenant, reading)| items_of(line, told, tenant, reading));
        items.unwrap_or_default().into_iter().map(move |item| UsageRow {
            days: span(first, last),
            item: Shown::of(item.name()),
            tenant: Shown::of(item.tenant),
            amount: item.amount(),
            base_units: item.base_units,
        })
    });
    rows.collect()
}
