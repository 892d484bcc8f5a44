//! Things to store: plain ones, and ones with every odd value a vendor or an operator could come up with.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use shared::contract::PeriodType;
use shared::decision::{Decided, Decision};
use shared::ids::{
    ApplicationId, BillingCodeId, CompanyId, ConnectionId, ContractId, LineId, ServiceId, StorageId, TenantId,
};
use shared::kept::{CompanyState, GreatestValue, KeptUsage, Reading, Seen};
use shared::line::{Intent, LinePlace, LineState, Refusal, Step};
use shared::mapping::{Combine, CustomerLink, CustomerRow, Mapping, NewService, ProductRow, ServiceTarget};
use shared::quantity::{MeasurementUnit, Rounding};
use shared::reckoning::{Figure, ReckonedItem, Reckoning};
use shared::run::{ChangeRecord, Connection};
use shared::settings::{EffectiveDates, Settings};
use shared::usage::{ItemKey, ItemKind, OfferingItem, UsageRow};
use std::collections::{BTreeMap, BTreeSet};

/// Text with quotes, backslashes, control characters, several scripts and marks that combine.
pub(crate) const ODD: &str = "O'Néill \"&\" Söhne \\ GmbH\t株式会社\u{0}\n🦀 e\u{301} #1|\u{202e}x";

/// The time of every test, to the nanosecond.
pub(crate) fn now() -> Timestamp {
    "2025-06-15T10:00:00.123456789Z".parse().expect("a time")
}

pub(crate) fn after(seconds: i64) -> Timestamp {
    now() + jiff::SignedDuration::from_secs(seconds)
}

pub(crate) fn day() -> Date {
    date(2025, 6, 15)
}

pub(crate) fn id(text: &str) -> ConnectionId {
    ConnectionId::new(text)
}

pub(crate) fn connection(text: &str) -> Connection {
    Connection {
        id: id(text),
        tenant: TenantId::new("0f3c"),
        database: i64::MIN,
        first_plan_approved: false,
        first_quotas_approved: false,
        first_tickets_approved: false,
        usage_read_on: None,
    }
}

pub(crate) fn place(line: i64) -> LinePlace {
    LinePlace { company: CompanyId(0), contract: ContractId(i64::MAX), service: ServiceId(7), line: Some(LineId(line)) }
}

pub(crate) fn key(name: &str, storage: Option<&str>) -> ItemKey {
    ItemKey { application: ApplicationId::new("app"), name: name.to_owned(), storage: storage.map(StorageId::new) }
}

pub(crate) fn intent(name: &str) -> Intent {
    Intent {
        id: name.to_owned(),
        run: "run".to_owned(),
        change: "u-1".to_owned(),
        sent_at: now(),
        sent_on: day(),
        before: 0,
        wanted: i64::MAX,
        effective: date(9999, 12, 31),
        settles: None,
        mapped_as: String::new(),
        corrects_others: true,
        approved_by: Some(ODD.to_owned()),
        reckoning: Reckoning {
            tenant: TenantId::new("t"),
            used_on: date(-9999, 1, 1),
            items: vec![ReckonedItem {
                key: key(ODD, Some("s")),
                label: ODD.to_owned(),
                amount: u64::MAX,
                figure: Figure::GreatestValue,
            }],
            combine: Combine::Max,
            unit: MeasurementUnit::Bytes,
            total: Decimal::MAX,
            unit_size: "18446744073709551615 GiB".parse().expect("a size"),
            rounding: Rounding::Nearest,
            rounded: i64::MIN,
            included: 0,
            minimum: 0,
            in_bundles: 0,
            wanted: i64::MAX,
            adjusted: None,
        },
    }
}

/// A line that was written before, with an odd memory and nothing open.
pub(crate) fn odd_line(line: i64) -> LineState {
    LineState {
        steps: vec![
            Step { from: date(-9999, 1, 1), units: i64::MIN },
            Step { from: date(9999, 12, 31), units: i64::MAX },
        ],
        writes: u32::MAX,
        written_on: Some(day()),
        settled_through: None,
        mapped_as: Some(String::new()),
        corrected_on: Some(day()),
        refused: Some(Refusal { change: "c".to_owned(), on: day(), text: ODD.to_owned() }),
        ..LineState::new(place(line))
    }
}

pub(crate) fn with_open(state: &LineState, name: &str) -> LineState {
    LineState { open: Some(intent(name)), ..state.clone() }
}

pub(crate) fn change(company: i64, service: i64, name: &str, settled_at: Timestamp) -> ChangeRecord {
    let place = LinePlace { company: CompanyId(company), service: ServiceId(service), ..place(1) };
    ChangeRecord { place, intent: intent(name), settled_at }
}

pub(crate) fn company_state(company: i64) -> CompanyState {
    let row = UsageRow { key: key(ODD, None), value: u64::MAX, absolute_value: Some(0), range_start: Some(day()) };
    let reading = Reading { rows: vec![row], without_row: vec![key("", None)] };
    CompanyState {
        company: CompanyId(company),
        usage: Some(KeptUsage {
            tenant: TenantId::new("t"),
            since: day(),
            reading: reading.clone(),
            at_period_ends: BTreeMap::from([(date(-1, 1, 31), reading), (day(), Reading::default())]),
            greatest: vec![GreatestValue { key: key("x", Some("s")), range_start: day(), value: u64::MAX }],
        }),
        seen: Some(Seen { tenant: false, contracts: BTreeSet::new(), lines: BTreeSet::from([LineId(i64::MIN)]) }),
        unread_since: Some(day()),
    }
}

/// A mapping of `customers` companies and a product of each kind.
pub(crate) fn mapping(version: u64, customers: i64) -> Mapping {
    let rows = (0..customers).map(|company| {
        let link = match company % 3 {
            0 => {
                CustomerLink::Mapped { tenant: TenantId::new(format!("tenant-{company}")), tenant_name: ODD.to_owned() }
            }
            1 => CustomerLink::Unmapped { left_alone: true },
            _ => CustomerLink::Ignored { reason: ODD.to_owned() },
        };
        let pins =
            if company == 0 { BTreeMap::from([(ServiceId(i64::MIN), LineId(i64::MAX))]) } else { BTreeMap::new() };
        let until = date(9999, 12, 31);
        let decision = Decision {
            what: Decided::Adjust { units: u32::MAX, until },
            from: date(-9999, 1, 1),
            by: ODD.to_owned(),
            reason: ODD.to_owned(),
        };
        let decisions = pins.keys().map(|service| (*service, vec![decision.clone()])).collect();
        let row = CustomerRow { company: CompanyId(company), company_name: ODD.to_owned(), link, pins, decisions };
        (CompanyId(company), row)
    });
    let new = NewService {
        name: ODD.to_owned(),
        period: PeriodType::SemiAnnual,
        billing_code: BillingCodeId(0),
        unit_price: "1.50".parse().expect("a price"),
    };
    let products = [None, Some(ServiceTarget::Existing(ServiceId(0))), Some(ServiceTarget::New(new))];
    let products = products.into_iter().enumerate().map(|(at, service)| {
        let item = OfferingItem {
            key: key(&format!("item \"{at}\""), (at > 0).then_some(ODD)),
            edition: None,
            usage_name: String::new(),
            kind: ItemKind::Storage,
            unit: MeasurementUnit::Bytes,
            on: at == 0,
        };
        (item.key.clone(), ProductRow { service, ..ProductRow::unmapped(item, ODD.to_owned()) })
    });
    let settings = Settings {
        contract_effective_dates: BTreeMap::from([(ContractId(-1), EffectiveDates::PeriodEnd)]),
        ..Settings::default()
    };
    Mapping { version, settings, customers: rows.collect(), products: products.collect(), ..Mapping::default() }
}
