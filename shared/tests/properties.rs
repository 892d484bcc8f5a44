//! What holds of every plan, whatever the usage, the units, the days and the order in which they are read.

mod common;

use common::job::Reply;
use common::{COMPANY, COMPUTE, CONTRACT, LINE, WORKSTATION, World, adjustment, contract, date, item, key, used};
use jiff::ToSpan;
use jiff::civil::Date;
use proptest::prelude::*;
use shared::contract::{Period, PeriodType, row_on};
use shared::ids::{CompanyId, LineId, ServiceId, TenantId};
use shared::kept::{KeptUsage, Reading};
use shared::mapping::{Product, ProductRow};
use shared::quantity::{MeasurementUnit, Rounding, UnitSize};
use shared::reckon::{Used, reckon};
use shared::settings::EffectiveDates::{self, NextPeriod, PeriodEnd};
use shared::settings::Holds;
use shared::usage::UsageRow;
use std::collections::{BTreeMap, BTreeSet};

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// No hold of a single line.
fn no_holds() -> Holds {
    Holds { jumps: false, falls_to_zero: false, ..Holds::default() }
}

/// A world whose line has any units and whose product is counted in any way.
fn counted(units: i64, amount: u64, included: u32, minimum: u32) -> World {
    let mut world = World::on("2026-05-10");
    world.row("workstations", |row| (row.included, row.minimum) = (included, minimum));
    world.others_change(700, "2026-05-01", units).uses("workstations", amount);
    world
}

/// Customers of all kinds: ended and missing contracts, bundles, metered items, several lines.
fn many() -> World {
    let mut world = World::empty("2026-04-30");
    world.product("workstations", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    world.product("servers", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    world.product("seats", MeasurementUnit::Quantity, ServiceId(503), "Seat");
    world.product("compute_points", MeasurementUnit::Seconds, COMPUTE, "Compute Point");
    world.product("ai_compute_points", MeasurementUnit::Seconds, ServiceId(505), "AI Point");
    for id in 1..=4 {
        world.customer(id, &format!("Customer {id}")).line(id * 10, id * 100, WORKSTATION, 3 * id).known();
        let more = [(id * 10 + 1, "9999-12-31"), (id * 10 + 2, "2026-05-20"), (id * 10 + 3, "2026-05-21")];
        for (number, end) in more {
            let contract = contract(number, CompanyId(id), "2026-01-01", end);
            world.it().contracts.push(contract);
        }
        world.line(id * 10 + 3, id * 100 + 1, COMPUTE, 0).line(id * 10 + 2, id * 100 + 2, ServiceId(505), 0);
        both_meters(&mut world, 5, "2026-04-01");
        world.uses("workstations", 2).uses("servers", 1).bundle(id * 10, 90, ServiceId(503), 2).uses("seats", 7);
    }
    let plan = world.policy(PeriodEnd).run();
    assert_eq!(plan.changes.len(), 11, "the lines are ours from then on:\n{plan}");
    for id in 1..=4 {
        world.of = CompanyId(id);
        both_meters(world.day("2026-05-01"), 7, "2026-05-01");
    }
    world.run();
    world
}

fn both_meters(world: &mut World, hours: u64, since: &str) {
    for name in ["compute_points", "ai_compute_points"] {
        world.reports(UsageRow { range_start: Some(date(since)), ..used(name, hours * 3600) });
    }
}

fn days_of(first: &str, count: i32) -> Vec<Date> {
    (0..count).map(|day| date(first).checked_add(day.days()).expect("a near day")).collect()
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn planning_again_after_applying_gives_nothing(
        units in 0i64..90, amount in 0u64..90, included in 0u32..9, minimum in 0u32..9, first in 1i8..=31,
    ) {
        let mut world = counted(units, amount, included, minimum);
        world.day(&format!("2026-05-{first:02}")).settings().holds = no_holds();
        world.run();
        for _ in 0..2 {
            let plan = world.minutes_later(30).run();
            prop_assert!(plan.is_empty() && plan.waiting.is_empty() && plan.findings.is_empty(), "{}", plan);
            prop_assert_eq!(plan.right, 1);
        }
        prop_assert!(world.day("2026-06-02").run().is_empty());
    }

    #[test]
    fn the_order_of_what_is_read_never_matters(order in 1u64..10_007, day in 2i8..=30, amount in 0u64..20) {
        let mut world = many();
        world.day(&format!("2026-05-{day:02}"));
        for id in 1..=4 {
            world.of = CompanyId(id);
            world.uses("workstations", amount).uses("seats", amount);
        }
        let (plan, mut companies) = world.look();
        world.order = order;
        let (shuffled, mut others) = world.look();
        prop_assert_eq!(&plan, &shuffled);
        prop_assert_eq!(plan.to_string(), shuffled.to_string());
        companies.iter_mut().chain(&mut others).for_each(|company| company.findings.sort());
        prop_assert_eq!(companies, others);
    }

    #[test]
    fn what_is_held_never_changes(units in 0i64..200, amount in 0u64..200, days in 1usize..4) {
        let mut world = counted(units, amount, 0, 0);
        for day in days_of("2026-05-10", 4).into_iter().take(days) {
            let plan = world.day(&day.to_string()).run();
            if !plan.held.is_empty() {
                prop_assert_eq!(world.units(700, "2026-05-31"), units);
                prop_assert!(plan.changes.is_empty());
            }
        }
    }

    #[test]
    fn the_sum_of_the_adjustments_is_what_was_wanted_less_what_was_there(
        units in 0i64..90, amounts in prop::collection::vec(0u64..90, 1..12),
    ) {
        let mut world = counted(units, 0, 0, 0);
        world.settings().holds = no_holds();
        let mut sum = 0;
        for (day, amount) in days_of("2026-05-10", 30).into_iter().step_by(2).zip(&amounts) {
            let plan = world.day(&day.to_string()).uses("workstations", *amount).run();
            sum += plan.changes.iter().map(|change| adjustment(&change.action).unit_change()).sum::<i64>();
            prop_assert_eq!(world.units(700, &day.to_string()), i64::try_from(*amount).expect("it is small"));
        }
        prop_assert_eq!(units + sum, i64::try_from(amounts[amounts.len() - 1]).expect("it is small"));
    }

    #[test]
    fn units_are_never_below_0_nor_below_the_minimum(
        amount in 0u64..5_000_000_000, included in any::<u32>(), minimum in 0u32..=i32::MAX as u32,
        size in 1u64..1000, in_bundles in 0i64..1000, rounding in 0usize..3,
    ) {
        let mut row = ProductRow::unmapped(item("workstations", MeasurementUnit::Quantity), String::new());
        row.unit_size = format!("{size} piece").parse().expect("a size");
        (row.included, row.minimum) = (included, minimum);
        row.rounding = [Rounding::Up, Rounding::Nearest, Rounding::Down][rounding];
        let product = Product { service: WORKSTATION, rows: vec![&row] };
        let reading = Reading::of(&[], &[used("workstations", amount)]);
        let tenant = TenantId::new("tenant-7");
        let wanted = |in_bundles| {
            let used = Used { tenant: &tenant, reading: &reading, day: date("2026-05-10") };
            reckon(&product, used, in_bundles).map(|reckoning| reckoning.wanted)
        };
        if let (Ok(alone), Ok(beyond)) = (wanted(0), wanted(in_bundles)) {
            prop_assert!(alone >= i64::from(minimum) && beyond >= 0);
            prop_assert_eq!(beyond, (alone - in_bundles).max(0));
        }
    }

    #[test]
    fn m4_more_usage_never_rounds_to_fewer_units(a in any::<u64>(), b in any::<u64>(), count in 1u64..9000) {
        let (less, more) = (u128::from(a.min(b)), u128::from(a.max(b)));
        for size in ["piece", "GiB", "hour"] {
            let size: UnitSize = format!("{count} {size}").parse().expect("a size");
            let units = |rounding: Rounding, total| rounding.whole_units(total, size);
            for rounding in [Rounding::Up, Rounding::Nearest, Rounding::Down] {
                prop_assert!(units(rounding, less) <= units(rounding, more));
            }
            prop_assert!(units(Rounding::Down, less) <= units(Rounding::Nearest, less));
            prop_assert!(units(Rounding::Nearest, less) <= units(Rounding::Up, less));
            prop_assert!(units(Rounding::Up, less) - units(Rounding::Down, less) <= 1);
        }
    }

    #[test]
    fn h2_a_change_is_known_by_usage_units_contract_and_mapping_and_not_by_the_day(
        first in (1i64..6, 6u64..9, 0u32..3, 0i64..2), second in (1i64..6, 6u64..9, 0u32..3, 0i64..2),
        days in (1i8..=31, 1i8..=31),
    ) {
        let id = |(units, amount, included, moved): (i64, u64, u32, i64), day: i8| {
            let mut world = counted(units, amount, included, 0);
            world.it().contracts[0].id.0 += moved;
            world.it().rows.iter_mut().for_each(|row| row.contract.0 += moved);
            world.settings().review_mode = true;
            let plan = world.day(&format!("2026-05-{day:02}")).plan();
            plan.held.first().map(|held| held.change.id.clone())
        };
        if let (Some(one), Some(two)) = (id(first, days.0), id(second, days.1)) {
            prop_assert_eq!(one == two, first == second, "{:?} {:?}", first, second);
        }
    }

    #[test]
    fn u5_what_was_last_read_in_each_period_is_kept(
        readings in prop::collection::btree_map(0i32..120, prop::collection::vec(0u64..3, 1..3), 1..40),
    ) {
        let days = days_of("2026-01-01", 130);
        let ends: BTreeSet<Date> = days.iter().map(|day| day.last_of_month()).collect();
        let tenant = TenantId::new("tenant-7");
        let mut kept: Option<KeptUsage> = None;
        let mut last: BTreeMap<Date, Reading> = BTreeMap::new();
        let mut today = days[0];
        for (day, amounts) in readings {
            today = days[usize::try_from(day).expect("it is not negative")];
            for amount in amounts {
                let reading = Reading::of(&[], &[used("workstations", amount)]);
                last.insert(today, reading.clone());
                kept = Some(KeptUsage::after(kept.as_ref(), &tenant, reading, today, |_| false, &ends, None));
            }
        }
        let kept = kept.expect("something was read");
        for end in ends.into_iter().filter(|end| *end < today).chain([today]) {
            let expected = last.range(..=end).next_back().map(|(_, reading)| reading);
            prop_assert_eq!(kept.reading_on(end), expected, "{}", end);
        }
    }

    #[test]
    fn every_day_of_a_contract_lies_in_exactly_one_period(start in 0i32..1500, kind in 0usize..4, length in 1i32..900) {
        let anchor = date("2026-12-01").checked_add(start.days()).expect("a near day");
        let kind = PeriodType::ALL[kind];
        let mut day = anchor;
        let mut before: Option<Period> = None;
        while day < anchor.checked_add(length.days()).expect("a near day") {
            let period = Period::holding(day, anchor, kind).expect("the contract has begun");
            prop_assert_eq!(period.start, day);
            prop_assert!(period.start.day() == anchor.day() || period.start == period.start.last_of_month());
            prop_assert_eq!(period.before(anchor, kind), before);
            for within in days_of(&day.to_string(), 366).into_iter().take_while(|within| *within <= period.end) {
                prop_assert_eq!(Period::holding(within, anchor, kind), Some(period));
            }
            (before, day) = (Some(period), period.end.tomorrow().expect("a near day"));
        }
        prop_assert_eq!(Period::holding(anchor.yesterday().expect("a near day"), anchor, kind), None);
    }
}

/// A line of 3 units that is ours since 1 May, and the policy from then on.
fn ours(policy: EffectiveDates) -> World {
    let mut world = World::on("2026-05-01");
    world.uses("workstations", 3).run();
    world.policy(policy).settings().holds = no_holds();
    world
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn u5_each_period_is_settled_by_the_usage_last_read_in_it_whatever_days_are_missed(
        period_end in any::<bool>(), missed in prop::collection::vec(any::<bool>(), 100),
        amounts in prop::collection::vec(0u64..6, 100),
    ) {
        let mut world = ours(if period_end { PeriodEnd } else { NextPeriod });
        let mut last: BTreeMap<Date, i64> = BTreeMap::new();
        for ((day, missed), amount) in days_of("2026-05-02", 100).into_iter().zip(missed).zip(amounts) {
            if !missed || day.day() == 10 {
                world.day(&day.to_string()).uses("workstations", amount).run();
                last.insert(day.last_of_month(), i64::try_from(amount).expect("it is small"));
            }
        }
        let newest = world.today;
        for (end, amount) in last.into_iter().filter(|(end, _)| *end < newest.first_of_month()) {
            let day = if period_end { end } else { end.tomorrow().expect("a near day") };
            prop_assert_eq!(world.units(700, &day.to_string()), amount, "the period that ended on {}", end);
        }
    }

    #[test]
    fn u6_lost_replies_and_lost_requests_never_bill_twice_nor_too_little(
        sent in prop::collection::vec((0usize..3, 0u64..9, 1i64..40), 1..12), period_end in any::<bool>(),
    ) {
        let mut world = ours(if period_end { EffectiveDates::UpTodayDownNext } else { EffectiveDates::Today });
        for (reply, amount, minutes) in sent {
            let reply = [Reply::Heard, Reply::Lost, Reply::NeverArrived][reply];
            let next = world.today.tomorrow().expect("a near day");
            world.day(&next.to_string()).minutes_later(minutes).uses("workstations", amount).run_with(reply);
        }
        world.policy(EffectiveDates::Today);
        for _ in 0..3 {
            let next = world.today.tomorrow().expect("a near day");
            world.day(&next.to_string()).run();
        }
        let today = world.today;
        let rows = world.customers[&COMPANY].rows.clone();
        let reading = world.customers[&COMPANY].usage[0].in_use();
        let units = row_on(rows.iter().filter(|row| row.line == LINE), today).map(|row| row.units);
        prop_assert_eq!(units, i64::try_from(reading).ok());
        let states = &world.customers[&COMPANY].states;
        prop_assert!(states.values().all(|state| state.open.is_none() && state.place.contract == CONTRACT));
    }

    #[test]
    fn u7_a_month_is_billed_by_the_greatest_value_seen_in_it(
        hours in prop::collection::vec(0u64..400, 61), missed in prop::collection::vec(any::<bool>(), 61),
    ) {
        let mut world = World::metered_on("2026-05-01");
        world.settings().holds = no_holds();
        let mut greatest: BTreeMap<Date, u64> = BTreeMap::new();
        for ((day, hours), missed) in days_of("2026-05-01", 61).into_iter().zip(hours).zip(missed) {
            let since = day.first_of_month();
            if !missed || day.day() == 1 || day.day() == 30 {
                let seen = greatest.entry(since).or_default();
                *seen = (*seen).max(hours);
                world.day(&day.to_string()).meters(hours, &since.to_string()).run();
            }
        }
        world.day("2026-07-01").meters(0, "2026-07-01").run();
        for (since, hours) in greatest {
            let billed = world.units(700, &since.to_string());
            prop_assert_eq!(billed, i64::try_from(hours).expect("it is small"), "the month of {}", since);
        }
        prop_assert!(world.mapping.products.contains_key(&key("compute_points")));
        prop_assert_eq!(world.customers[&COMPANY].rows[0].line, LineId(700));
    }
}
