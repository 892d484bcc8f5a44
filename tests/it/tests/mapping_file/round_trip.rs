//! An export read again is the same mapping, whatever things are called; and no text at all breaks an
//! import.

use crate::samples::{TAKEOVER, World, alert_type, item, mapped, pick};
use acrotask::mapping_file::import;
use jiff::civil::date;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;
use shared::alert::{AlertKind, AlertType, Severity};
use shared::alert_settings::{AlertRow, TicketSettings};
use shared::contract::{BillingCode, PeriodType, Service};
use shared::decision::{Decided, Decision};
use shared::ids::{BillingCodeId, CompanyId, ContractId, LineId, ServiceId, StorageId, TenantId};
use shared::mapping::{Combine, CustomerLink, CustomerRow, Mapping, NewService, ProductRow, ServiceTarget};
use shared::matching::Standing;
use shared::quantity::{MeasurementUnit, Rounding};
use shared::settings::{Budget, EffectiveDates, Holds, NewTenants, PostedPeriods, Quotas, Settings};
use shared::ticket::{Assignee, PickField, PickValue, Picklists};
use shared::usage::{ItemKind, Tenant, TenantKind};
use std::collections::BTreeMap;

/// Names that a text format trips over.
const AWKWARD: [&str; 16] = [
    "",
    "\"",
    "'''",
    "\"\"\"\n",
    "\\",
    "\\u0041\\",
    "# no comment",
    "a\nb\r\nc\rd",
    "\u{0}\u{7f}\t",
    "[[customer]]",
    "[[alert]]",
    TAKEOVER,
    "株式会社さくら",
    "مؤسسة",
    "👩\u{200d}🔧🍕",
    "\u{feff}\u{2028}",
];

fn name() -> impl Strategy<Value = String> {
    let characters = vec(any::<char>(), 0..12).prop_map(String::from_iter);
    prop_oneof![select(AWKWARD.as_slice()).prop_map(str::to_owned), characters]
}

fn uuid(number: usize) -> String {
    format!("4f1c1b9e-0a62-4f0e-9d3a-{number:012x}")
}

fn money() -> impl Strategy<Value = Decimal> {
    (1_i64..=i64::MAX, 0_u32..=12).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

fn holds() -> impl Strategy<Value = Holds> {
    let limits = (any::<u32>(), 0_u32..=100_000, any::<u32>(), 0_u32..=100, any::<u32>());
    (any::<[bool; 5]>(), limits, proptest::option::of(money())).prop_map(|(flags, limits, money_per_period)| Holds {
        jumps: flags[0],
        jump_units: limits.0,
        jump_percent: limits.1,
        falls_to_zero: flags[1],
        zero_from_units: limits.2,
        money_per_period,
        mapping_changes: flags[2],
        new_customers: flags[3],
        vanished: flags[4],
        vanished_percent: limits.3,
        vanished_count: limits.4,
    })
}

fn tickets() -> impl Strategy<Value = TicketSettings> {
    let numbers = (any::<[i64; 3]>(), any::<[Option<i64>; 2]>());
    let counts = (option::of(1_u32..), 0_u32..=3_650, 1_u32..);
    (any::<[bool; 4]>(), numbers, counts).prop_map(|(flags, (numbers, optional), counts)| TicketSettings {
        enabled: flags[0],
        source: optional[0],
        note_type: numbers[0],
        note_publish: numbers[1],
        new_after_days: counts.0,
        auto_close: flags[1],
        closing_status: numbers[2],
        dismiss_on_close: flags[2],
        days_before_switch_on: counts.1,
        storms: flags[3],
        storm_tickets_per_hour: counts.2,
        queue: optional[1],
    })
}

fn alert_kind() -> impl Strategy<Value = AlertKind> {
    (name(), any::<u8>()).prop_map(|(name, number)| match AlertKind::new(&name) {
        kind if kind.as_str().is_empty() => AlertKind::new(format!("BackupFailed{number}")),
        kind => kind,
    })
}

/// Also rows that say nothing, and rows that say all there is.
fn alerts() -> impl Strategy<Value = BTreeMap<AlertKind, AlertRow>> {
    let assignee = option::of(any::<(i64, i64)>());
    let row = (name(), any::<Option<bool>>(), any::<[Option<i64>; 7]>(), option::of(1_u32..), assignee);
    let row = row.prop_map(|(label, ticket, numbers, due_minutes, assignee)| AlertRow {
        label,
        ticket,
        priority: numbers[0],
        status: numbers[1],
        queue: numbers[2],
        ticket_type: numbers[3],
        issue: numbers[4],
        sub_issue: numbers[5].filter(|_| numbers[4].is_some()),
        due_minutes,
        category: numbers[6],
        assignee: assignee.map(|(resource, role)| Assignee { resource, role }),
    });
    let silent = name().prop_map(|label| AlertRow { label, ..AlertRow::default() });
    btree_map(alert_kind(), prop_oneof![9 => row, 1 => silent], 0..6)
}

fn settings() -> impl Strategy<Value = Settings> {
    use EffectiveDates::{NextPeriod, PeriodEnd, Today, UpTodayDownNext};
    let dates = || select([Today, UpTodayDownNext, NextPeriod, PeriodEnd].as_slice());
    let zones =
        select(["UTC", "Europe/Berlin", "Asia/Tokyo", "America/Argentina/Buenos_Aires", "Etc/GMT+3"].as_slice());
    let posted = select([PostedPeriods::NextFree, PostedPeriods::Hold].as_slice());
    let budget = (1_u32..=100, 1_u32..=100, 1_u32..=100).prop_map(|(share, units, stop_at_percent)| Budget {
        share_percent: share,
        units_percent: units.min(share),
        tickets_percent: (units / 3).clamp(1, share),
        contracts_percent: (units / 2).clamp(1, share),
        stop_at_percent,
    });
    let contracts = btree_map(any::<i64>().prop_map(ContractId), dates(), 0..3);
    let flags = (any::<[bool; 9]>(), 6_u32..=1_440);
    let disabled = option::of(1_u32..=400);
    (zones, dates(), contracts, posted, (flags, disabled, tickets()), holds(), budget).prop_map(
        |(
            zone,
            effective_dates,
            contract_effective_dates,
            posted_periods,
            ((flags, settle_minutes), disabled, tickets),
            holds,
            budget,
        )| {
            Settings {
                time_zone: zone.to_owned(),
                effective_dates,
                contract_effective_dates,
                posted_periods,
                add_missing_services: flags[0],
                automatic_provisioning: flags[1],
                new_tenants: NewTenants {
                    two_factor: flags[3],
                    trial: flags[4],
                    administrator: flags[5],
                    default_storage: flags[8].then(|| StorageId::new(uuid(usize::from(flags[3])))),
                },
                quotas: Quotas { soft: flags[6], switch_off: flags[7], hold_below_usage: flags[8] },
                tickets,
                disable_after_days: disabled,
                review_mode: flags[2],
                holds,
                settle_minutes,
                budget,
            }
        },
    )
}

fn link() -> impl Strategy<Value = CustomerLink> {
    prop_oneof![
        name().prop_map(|name| mapped("", &name)),
        any::<bool>().prop_map(|left_alone| CustomerLink::Unmapped { left_alone }),
        Just(CustomerLink::ToCreate),
        name().prop_map(|name| CustomerLink::Ignored { reason: format!("{name}because") }),
    ]
}

fn decision() -> impl Strategy<Value = Decision> {
    let what = prop_oneof![
        (0..=i32::MAX as u32).prop_map(|units| Decided::Adjust { units, until: date(2026, 11, 30) }),
        Just(Decided::Dismiss { until: date(9999, 12, 31) }),
        Just(Decided::Exclude),
    ];
    let reason = name().prop_map(|name| format!("{name}because"));
    let from = (1..=30_i8).prop_map(|day| date(2026, 11, day));
    (what, from, name(), reason).prop_map(|(what, from, by, reason)| Decision { what, from, by, reason })
}

fn customers() -> impl Strategy<Value = BTreeMap<CompanyId, CustomerRow>> {
    let pins = btree_map(any::<i64>().prop_map(ServiceId), any::<i64>().prop_map(LineId), 0..3);
    let decisions = btree_map(any::<i64>().prop_map(ServiceId), vec(decision(), 1..3), 0..3);
    btree_map(any::<i64>(), (name(), link(), pins, decisions), 0..6).prop_map(|rows| {
        let numbered = rows.into_iter().enumerate();
        let rows = numbered.map(|(number, (company, (company_name, mut link, pins, decisions)))| {
            // A tenant belongs to one company.
            if let CustomerLink::Mapped { tenant, .. } = &mut link {
                *tenant = TenantId::new(uuid(number));
            }
            let company = CompanyId(company);
            (company, CustomerRow { company, company_name, link, pins, decisions })
        });
        rows.collect()
    })
}

fn target() -> impl Strategy<Value = Option<ServiceTarget>> {
    let new = (name(), select(PeriodType::ALL.as_slice()), any::<i64>(), money());
    let new = new.prop_map(|(name, period, billing_code, unit_price)| NewService {
        name: format!("{name}service"),
        period,
        billing_code: BillingCodeId(billing_code),
        unit_price,
    });
    prop_oneof![
        Just(None),
        any::<i64>().prop_map(|id| Some(ServiceTarget::Existing(ServiceId(id)))),
        new.prop_map(|new| Some(ServiceTarget::New(new))),
    ]
}

fn product() -> impl Strategy<Value = ProductRow> {
    let measured = select(
        [
            (MeasurementUnit::Quantity, ItemKind::Count, "3 piece"),
            (MeasurementUnit::Bytes, ItemKind::Storage, "100 GiB"),
            (MeasurementUnit::Bytes, ItemKind::Storage, "1 TiB"),
            (MeasurementUnit::Seconds, ItemKind::Storage, "18446744073709551615 hour"),
            (MeasurementUnit::None, ItemKind::Feature, "1 piece"),
        ]
        .as_slice(),
    );
    let combine = select([Combine::Sum, Combine::Max].as_slice());
    let rounding = select([Rounding::Up, Rounding::Nearest, Rounding::Down].as_slice());
    let names = (name(), name(), proptest::option::of(0_usize..3));
    (names, measured, target(), combine, rounding, any::<(bool, u32, u32, u32)>()).prop_map(
        |((item_name, label, storage), (unit, kind, size), service, combine, rounding, numbers)| {
            let storage = storage.map(uuid);
            ProductRow {
                service,
                combine,
                free: numbers.0,
                unit_size: size.parse().expect("it is a size"),
                rounding,
                included: numbers.1,
                minimum: numbers.2,
                smallest_change: numbers.3,
                ..ProductRow::unmapped(item(&item_name, storage.as_deref(), kind, unit), label)
            }
        },
    )
}

fn mapping() -> impl Strategy<Value = Mapping> {
    let rows = (customers(), vec(product(), 0..6), alerts());
    (any::<u64>(), settings(), rows).prop_map(|(version, settings, (customers, rows, alerts))| {
        let products = rows.into_iter().map(|row| (row.item.key.clone(), row)).collect();
        let mut mapping = Mapping { version, settings, customers, products, alerts };
        // Rows that were drawn to one service by chance need not agree on how it is counted.
        let faults = mapping.faults();
        for row in mapping.products.values_mut().filter(|_| !faults.is_empty()) {
            row.service = None;
        }
        mapping
    })
}

/// Picklists that have some of the numbers that were chosen, and some of these switched off.
fn picklists(mapping: &Mapping, name: &str) -> Picklists {
    let chosen = |row: &AlertRow| [row.priority, row.issue, row.sub_issue, row.queue];
    let numbers = mapping.alerts.values().flat_map(chosen).flatten().chain([1]);
    let of = |(place, number): (usize, i64)| {
        (number, PickValue { active: place % 3 > 0, parent: (place % 2 > 0).then_some(number), ..pick(name) })
    };
    let values: BTreeMap<i64, PickValue> = numbers.enumerate().map(of).collect();
    let fields = [PickField::Priority, PickField::Issue, PickField::SubIssue, PickField::Queue, PickField::NoteType];
    Picklists { values: fields.map(|field| (field, values.clone())).into(), assignees: None }
}

/// Every other type of which something was said, one of which nothing was, and one without a name.
fn alert_types(mapping: &Mapping, name: &str) -> BTreeMap<AlertKind, AlertType> {
    let said = mapping.alerts.keys().step_by(2).map(AlertKind::as_str);
    let listed = |id: &str| AlertType { label: Some(name.to_owned()), ..alert_type(id, name, Severity::Error) };
    said.chain(["", "NothingSaid"]).map(listed).map(|kind| (kind.id.clone(), kind)).collect()
}

/// A view in which everything that a comment shows is called `name`.
fn surrounded(mapping: Mapping, name: &str) -> World {
    let tenant = |number| Tenant {
        id: TenantId::new(uuid(number)),
        parent: None,
        name: name.to_owned(),
        kind: TenantKind::Customer,
        enabled: true,
        in_trial: false,
        tag: None,
    };
    let standings = [
        Standing::Missing,
        Standing::Unmapped(vec![tenant(0).id, tenant(1).id]),
        Standing::Renamed { company: name.to_owned(), tenant: name.to_owned() },
    ];
    let service =
        |id| Service { id, name: name.to_owned(), active: true, period: None, unit_price: None, external_id: None };
    let existing = mapping.products.values().filter_map(|row| match row.service {
        Some(ServiceTarget::Existing(id)) => Some(service(id)),
        _ => None,
    });
    World {
        standings: mapping.customers.keys().copied().zip(standings.into_iter().cycle()).collect(),
        tenants: (0..3).map(tenant).collect(),
        services: existing.collect(),
        billing_codes: vec![BillingCode { id: BillingCodeId(1), name: name.to_owned(), active: true }],
        storage_names: (0..3).map(|number| (StorageId::new(uuid(number)), name.to_owned())).collect(),
        alert_types: alert_types(&mapping, name),
        picklists: picklists(&mapping, name),
        mapping,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_export_read_again_is_the_same_mapping(mapping in mapping(), name in name()) {
        let text = surrounded(mapping.clone(), &name).exported();
        prop_assert_eq!(import(&text, &mapping), Ok(mapping));
    }

    #[test]
    fn an_export_says_everything_to_a_connection_that_knows_only_the_items(mapping in mapping(), name in name()) {
        let text = surrounded(mapping.clone(), &name).exported();
        let mut mapping = mapping;
        // A row that only has a name says nothing, and makes no row of its own.
        mapping.alerts.retain(|_, row| AlertRow { label: String::new(), ..row.clone() } != AlertRow::default());
        let bare = |row: &ProductRow| ProductRow::unmapped(row.item.clone(), String::new());
        let products = mapping.products.iter().map(|(key, row)| (key.clone(), bare(row))).collect();
        let current = Mapping { version: mapping.version, products, ..Mapping::default() };
        prop_assert_eq!(import(&text, &current), Ok(mapping));
    }

    #[test]
    fn a_spoilt_file_is_taken_or_refused_with_lines_that_exist(
        mapping in mapping(),
        at in any::<proptest::sample::Index>(),
        instead in name(),
    ) {
        let mut text = surrounded(mapping.clone(), "name").exported();
        let at = text.floor_char_boundary(at.index(text.len()));
        text.insert_str(at, &instead);
        if let Err(faults) = import(&text, &mapping) {
            prop_assert!(!faults.is_empty());
            let lines = 1 + text.matches('\n').count();
            prop_assert!(faults.iter().all(|fault| (1..=lines).contains(&fault.line)), "{:?}", faults);
        }
    }
}
