//! The fields of a product's form: made of a row, or as they were sent, and read back into a row with everything that is
//! wrong with them in words.

use super::super::fields::Posted;
use super::super::pages::Failure;
use super::super::words::Shown;
use rust_decimal::Decimal;
use shared::contract::PeriodType;
use shared::ids::{BillingCodeId, ServiceId};
use shared::labels::service_name;
use shared::mapping::{Combine, NewService, ProductRow, ServiceTarget};
use shared::quantity::Rounding;
use shared::snapshot::Snapshot;
use std::str::FromStr;

pub(super) const NOTHING: &str = "nothing";
pub(super) const EXISTING: &str = "existing";
pub(super) const NEW: &str = "new";

/// A choice among words: how a form says it, what it is, and how people read it.
pub(super) type Words<T> = &'static [(&'static str, T, &'static str)];

pub(super) const PERIODS: Words<PeriodType> = &[
    ("monthly", PeriodType::Monthly, "Monthly"),
    ("quarterly", PeriodType::Quarterly, "Quarterly"),
    ("semi-annual", PeriodType::SemiAnnual, "Semi-Annual"),
    ("yearly", PeriodType::Yearly, "Yearly"),
];
pub(super) const ROUNDINGS: Words<Rounding> = &[
    ("up", Rounding::Up, "up: a part counts as a whole unit"),
    ("nearest", Rounding::Nearest, "to the nearest: a half goes up"),
    ("down", Rounding::Down, "down: a part does not count"),
];
pub(super) const COMBINES: Words<Combine> = &[
    ("sum", Combine::Sum, "added up: things counted side by side"),
    ("max", Combine::Max, "the greatest counts: packs on the same workloads"),
];
pub(super) const YES_OR_NO: Words<bool> = &[("no", false, "No"), ("yes", true, "Yes")];

/// What the fields hold.
pub(super) struct Fields {
    pub(super) sold: String,
    pub(super) service: String,
    pub(super) name: Shown,
    pub(super) period: String,
    pub(super) billing_code: String,
    pub(super) price: Shown,
    pub(super) free: String,
    pub(super) unit_size: Shown,
    pub(super) rounding: String,
    pub(super) combine: String,
    pub(super) included: Shown,
    pub(super) minimum: Shown,
    pub(super) smallest_change: Shown,
}

/// The word for a choice.
fn word<T: PartialEq>(words: Words<T>, choice: &T) -> String {
    words.iter().find(|(_, known, _)| known == choice).map_or("", |(word, ..)| word).to_owned()
}

impl Fields {
    pub(super) fn of(row: &ProductRow) -> Self {
        let new = match &row.service {
            Some(ServiceTarget::New(new)) => Some(new),
            Some(ServiceTarget::Existing(_)) | None => None,
        };
        Self {
            sold: match row.service {
                None => NOTHING,
                Some(ServiceTarget::Existing(_)) => EXISTING,
                Some(ServiceTarget::New(_)) => NEW,
            }
            .to_owned(),
            service: match row.service {
                Some(ServiceTarget::Existing(id)) => id.to_string(),
                Some(ServiceTarget::New(_)) | None => String::new(),
            },
            name: Shown::of(new.map_or_else(|| service_name(&row.label), |new| new.name.clone())),
            period: word(PERIODS, &new.map_or(PeriodType::Monthly, |new| new.period)),
            billing_code: new.map(|new| new.billing_code.to_string()).unwrap_or_default(),
            price: Shown::of(new.map(|new| new.unit_price.to_string()).unwrap_or_default()),
            free: word(YES_OR_NO, &row.free),
            unit_size: Shown::of(row.unit_size),
            rounding: word(ROUNDINGS, &row.rounding),
            combine: word(COMBINES, &row.combine),
            included: Shown::of(row.included),
            minimum: Shown::of(row.minimum),
            smallest_change: Shown::of(row.smallest_change),
        }
    }

    pub(super) fn posted(posted: &Posted) -> Result<Self, Failure> {
        let field = |name| posted.field(name).map(|text| text.trim().to_owned());
        let shown = |name| posted.field(name).map(|text| Shown::of(text.trim()));
        Ok(Self {
            sold: field("sold")?,
            service: field("service")?,
            name: shown("name")?,
            period: field("period")?,
            billing_code: field("billing_code")?,
            price: shown("price")?,
            free: field("free")?,
            unit_size: shown("unit_size")?,
            rounding: field("rounding")?,
            combine: field("combine")?,
            included: shown("included")?,
            minimum: shown("minimum")?,
            smallest_change: shown("smallest_change")?,
        })
    }

    /// The row that the fields ask for, in place of `row`, which is in force; or everything that is wrong with them.
    pub(super) fn row(&self, row: &ProductRow, snapshot: &Snapshot) -> Result<ProductRow, Vec<String>> {
        let mut faults = Vec::new();
        let service = self.target(row, snapshot, &mut faults);
        let free = chosen(YES_OR_NO, &self.free, "Free", &mut faults);
        let rounding = chosen(ROUNDINGS, &self.rounding, "Rounded", &mut faults);
        let combine = chosen(COMBINES, &self.combine, "Items of one service", &mut faults);
        let included = number(&self.included, "Included", &mut faults);
        let minimum = number(&self.minimum, "Minimum", &mut faults);
        let smallest_change = number(&self.smallest_change, "Smallest change", &mut faults);
        let unit_size = match self.unit_size.to_string().parse::<shared::quantity::UnitSize>() {
            Ok(size) if size.measures(row.item.unit) => Some(size),
            Ok(size) => {
                faults.push(format!("One unit: \"{size}\" does not measure what is counted in {}", row.item.unit));
                None
            }
            Err(why) => {
                faults.push(format!("One unit: {why}"));
                None
            }
        };
        if !faults.is_empty() {
            return Err(faults);
        }
        let usual = row.clone();
        Ok(ProductRow {
            service,
            free: free.unwrap_or(usual.free),
            rounding: rounding.unwrap_or(usual.rounding),
            combine: combine.unwrap_or(usual.combine),
            included: included.unwrap_or(usual.included),
            minimum: minimum.unwrap_or(usual.minimum),
            smallest_change: smallest_change.unwrap_or(usual.smallest_change),
            unit_size: unit_size.unwrap_or(usual.unit_size),
            ..usual
        })
    }

    fn target(&self, row: &ProductRow, snapshot: &Snapshot, faults: &mut Vec<String>) -> Option<ServiceTarget> {
        match self.sold.as_str() {
            NOTHING => None,
            EXISTING => {
                let id = self.service.parse().map(ServiceId).ok();
                let target = id.map(ServiceTarget::Existing);
                let known = snapshot.services.iter().any(|service| Some(service.id) == id && service.active);
                if !known && (target.is_none() || row.service != target) {
                    faults.push("Service: choose one that is there and active in Autotask".to_owned());
                }
                target
            }
            NEW => self.new_service(row, snapshot, faults).map(ServiceTarget::New),
            _ => {
                faults.push("Sold as: there is no such choice".to_owned());
                None
            }
        }
    }

    fn new_service(&self, row: &ProductRow, snapshot: &Snapshot, faults: &mut Vec<String>) -> Option<NewService> {
        let typed = self.name.to_string();
        let name = if typed.trim().is_empty() { service_name(&row.label) } else { typed };
        let period = chosen(PERIODS, &self.period, "Period", faults);
        let code = self.billing_code.parse().map(BillingCodeId).ok();
        let code = code.filter(|id| snapshot.billing_codes.iter().any(|code| code.id == *id && code.active));
        if code.is_none() {
            faults.push("Billing code: choose one of Autotask's".to_owned());
        }
        let price = price(&self.price.to_string());
        if price.is_none() {
            faults.push("Price: expected the price of one unit for one period, such as 4.50".to_owned());
        }
        Some(NewService { name, period: period?, billing_code: code?, unit_price: price? })
    }
}

fn chosen<T: Copy>(words: Words<T>, said: &str, field: &str, faults: &mut Vec<String>) -> Option<T> {
    let choice = words.iter().find(|(word, ..)| *word == said).map(|(_, choice, _)| *choice);
    if choice.is_none() {
        faults.push(format!("{field}: there is no such choice"));
    }
    choice
}

fn number(text: &Shown, field: &str, faults: &mut Vec<String>) -> Option<u32> {
    let number = text.to_string().parse().ok();
    if number.is_none() {
        faults.push(format!("{field}: expected a whole number, 0 or more"));
    }
    number
}

/// "4.50", or "4,50" as it is written in many countries.
fn price(text: &str) -> Option<Decimal> {
    let text = if text.contains('.') { text.to_owned() } else { text.replacen(',', ".", 1) };
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    Decimal::from_str(&text).ok().filter(|_| is_plain)
}
