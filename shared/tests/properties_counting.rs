//! What holds of counting, whatever is counted and however: more usage is never fewer units, and no mapping
//! that is free of faults makes a plan fail.

mod common;

use common::any::sometimes;
use common::{World, date, item, used};
use jiff::ToSpan;
use jiff::civil::Date;
use proptest::prelude::*;
use rust_decimal::Decimal;
use shared::contract::PeriodType;
use shared::ids::{ServiceId, TenantId};
use shared::kept::Reading;
use shared::mapping::{Combine, Product, ProductRow, ServiceTarget};
use shared::quantity::{MeasurementUnit, Rounding, UnitSize};
use shared::reckon::{NoReckoning, Used, reckon};
use shared::settings::{EffectiveDates, Holds};
use shared::usage::{ItemKind, UsageRow};

const NAMES: [&str; 4] = ["workstations", "servers", "seats", "compute_points"];
const ROUNDINGS: [Rounding; 3] = [Rounding::Up, Rounding::Nearest, Rounding::Down];
const POLICIES: [EffectiveDates; 4] =
    [EffectiveDates::Today, EffectiveDates::UpTodayDownNext, EffectiveDates::NextPeriod, EffectiveDates::PeriodEnd];

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// How items are counted.
#[derive(Debug, Clone)]
struct Counting {
    size: u64,
    rounding: usize,
    combine: Combine,
    included: u32,
    minimum: u32,
}

fn counting() -> impl Strategy<Value = Counting> {
    let combine = prop_oneof![Just(Combine::Sum), Just(Combine::Max)];
    (1u64..300, 0usize..3, combine, 0u32..50, 0u32..50).prop_map(|(size, rounding, combine, included, minimum)| {
        Counting { size, rounding, combine, included, minimum }
    })
}

/// The units wanted of three items together.
fn wanted(counting: &Counting, amounts: [u64; 3], in_bundles: i64) -> Result<i64, NoReckoning> {
    let rows: Vec<ProductRow> = NAMES[..3]
        .iter()
        .map(|name| ProductRow {
            unit_size: format!("{} piece", counting.size).parse().expect("a size"),
            rounding: ROUNDINGS[counting.rounding],
            combine: counting.combine,
            included: counting.included,
            minimum: counting.minimum,
            ..ProductRow::unmapped(item(name, MeasurementUnit::Quantity), (*name).to_owned())
        })
        .collect();
    let product = Product { service: ServiceId(501), rows: rows.iter().collect() };
    let usage: Vec<UsageRow> = NAMES.iter().zip(amounts).map(|(name, amount)| used(name, amount)).collect();
    let (tenant, reading) = (TenantId::new("tenant-7"), Reading::of(&[], &usage));
    let used = Used { tenant: &tenant, reading: &reading, day: date("2026-05-10") };
    reckon(&product, used, in_bundles).map(|reckoning| reckoning.wanted)
}

fn any_amount() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0u64..2_000, 2 => any::<u64>(), 1 => Just(u64::MAX)]
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn u1_more_usage_of_any_item_is_never_fewer_units(
        counting in counting(), amounts in prop::array::uniform3(any_amount()), at in 0usize..3, more in any_amount(),
        in_bundles in 0i64..100,
    ) {
        let mut grown = amounts;
        grown[at] = grown[at].saturating_add(more);
        match (wanted(&counting, amounts, in_bundles), wanted(&counting, grown, in_bundles)) {
            (Ok(before), Ok(after)) => prop_assert!(before <= after),
            // Too many stays too many.
            (before, after) => prop_assert!(after.is_err(), "{:?} {:?}", before, after),
        }
    }

    #[test]
    fn m3_the_greatest_of_items_is_never_more_than_their_sum_nor_less_than_one_of_them(
        counting in counting(), amounts in prop::array::uniform3(any_amount()), at in 0usize..3,
    ) {
        let combined = |combine| wanted(&Counting { combine, ..counting.clone() }, amounts, 0);
        let mut alone = [0; 3];
        alone[at] = amounts[at];
        let alone = wanted(&counting, alone, 0);
        match (combined(Combine::Max), combined(Combine::Sum)) {
            (Ok(greatest), Ok(sum)) => {
                prop_assert!(greatest <= sum);
                prop_assert!(alone.is_ok_and(|alone| alone <= greatest));
            }
            (Err(_), sum) => prop_assert!(sum.is_err()),
            (Ok(_), Err(why)) => prop_assert_eq!(why, NoReckoning::TooMany),
        }
    }

    #[test]
    fn u4_more_units_in_bundles_are_never_more_units_beside_them(
        counting in counting(), amounts in prop::array::uniform3(0u64..9_000), one in any::<i32>(), two in any::<i32>(),
    ) {
        let beside = |in_bundles: i32| wanted(&counting, amounts, i64::from(in_bundles.max(0)));
        let (fewer, more) = (beside(one.min(two)), beside(one.max(two)));
        prop_assert!(matches!((fewer, more), (Ok(fewer), Ok(more)) if more <= fewer));
    }
}

/// A product row of any kind, sold as one of three services or as none.
fn any_row() -> impl Strategy<Value = ProductRow> {
    let units = [MeasurementUnit::Bytes, MeasurementUnit::Quantity, MeasurementUnit::Seconds, MeasurementUnit::None];
    let kinds = [ItemKind::Count, ItemKind::Storage, ItemKind::Feature];
    let sizes = ["1 piece", "7 piece", "1 GiB", "18446744073709551615 TiB", "1 hour", "250 GiB"];
    let what = (0usize..4, 0usize..3, sometimes(8, 0usize..6), sometimes(8, 501i64..504));
    let counted = (0usize..3, any::<bool>(), any::<u32>(), any::<u32>(), any::<u32>(), any::<bool>());
    (0usize..4, what, counted).prop_map(move |(name, what, counted)| {
        let (unit, kind, size, service) = what;
        let (rounding, max, included, minimum, smallest_change, plain) = counted;
        let mut row = ProductRow::unmapped(item(NAMES[name], units[unit]), NAMES[name].to_owned());
        row.item.kind = kinds[kind];
        row.unit_size = size.map_or(UnitSize::usual(units[unit]), |size| sizes[size].parse().expect("a size"));
        row.service = service.map(|id| ServiceTarget::Existing(ServiceId(id)));
        row.rounding = ROUNDINGS[rounding];
        row.combine = if max { Combine::Max } else { Combine::Sum };
        if !plain {
            (row.included, row.minimum, row.smallest_change) = (included, minimum, smallest_change);
        }
        row
    })
}

fn any_price() -> impl Strategy<Value = Decimal> {
    prop_oneof![Just(Decimal::MAX), Just(Decimal::ZERO), (0i64..100_000).prop_map(|cents| Decimal::new(cents, 2))]
}

fn any_day() -> impl Strategy<Value = Date> {
    prop_oneof![
        4 => (0i32..800).prop_map(|days| date("2026-01-01").checked_add(days.days()).expect("a near day")),
        1 => Just(date("9998-12-31")),
        1 => Just(date("1970-01-01")),
    ]
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn a_mapping_without_faults_never_makes_a_plan_fail(
        rows in prop::collection::vec(any_row(), 1..5), amounts in prop::array::uniform4((any_amount(), any::<u64>())),
        units in prop::array::uniform3(prop_oneof![0i64..90, Just(i64::from(i32::MAX)), Just(-7)]),
        price in any_price(), today in any_day(), dates in (0i32..1_000, prop::option::of(0i32..400), 0usize..5),
        (policy, first_plan_approved, limit) in (0usize..4, any::<bool>(), prop::option::of(1i64..100)),
    ) {
        let mut world = World::empty(&today.to_string());
        for (name, id) in ["Workstation", "Seat", "Compute Point"].into_iter().zip(501..) {
            world.product(name, MeasurementUnit::Quantity, ServiceId(id), name);
            world.services.values_mut().for_each(|service| service.unit_price = Some(price));
        }
        world.mapping.products = rows.into_iter().map(|row| (row.item.key.clone(), row)).collect();
        // What a person would be told of is taken out.
        while let Some(fault) = world.mapping.faults().pop() {
            let shared::mapping::MappingRowName::Product(key) = fault.row else { panic!("{fault:?}") };
            world.mapping.products.remove(&key);
        }
        world.connection.first_plan_approved = first_plan_approved;
        world.policy(POLICIES[policy]).settings().holds = Holds { money_per_period: limit.map(Decimal::from), ..Holds::default() };
        let (before, after, period) = dates;
        world.customer(7, "Alpenblick").known();
        let contract = world.the_contract();
        contract.start = today.checked_sub(before.days()).expect("a day");
        contract.end = after.map_or(date("9999-12-31"), |days| today.checked_add(days.days()).unwrap_or(today));
        contract.period = PeriodType::ALL.get(period).copied();
        let (start, end) = (contract.start, contract.end.min(today.last_of_month()));
        for (units, id) in units.into_iter().zip(0..) {
            let row = shared::contract::UnitsRow {
                contract: common::CONTRACT,
                line: shared::ids::LineId(700 + id),
                service: ServiceId(501 + id),
                start: start.max(today.first_of_month()),
                end,
                units,
                price,
                posted: false,
            };
            world.it().rows.push(row);
        }
        for (name, (value, absolute)) in NAMES.into_iter().zip(amounts) {
            world.reports(UsageRow { value, absolute_value: Some(absolute), ..used(name, value) });
        }
        let plan = world.plan();
        let told = plan.to_string();
        prop_assert!(serde_json::to_string(&plan).is_ok() && told.contains(&plan.id));
        for change in plan.changes.iter().chain(plan.held.iter().map(|held| &held.change)) {
            let change = common::adjustment(&change.action);
            prop_assert!((0..=i64::from(i32::MAX)).contains(&change.wanted) && change.unit_change() != 0);
        }
    }
}
