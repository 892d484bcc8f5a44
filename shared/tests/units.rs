//! From usage to units: what counts, what absence means, bundles and services that are not on the contract,
//! and metered items (rules M4, U1, U2, U4, U7). Dates are told in `dates`.

mod common;

use common::{
    COMPUTE, CONTRACT, LINE, WORKSTATION, World, assert_found, assert_quiet, brief, date, findings, item, key,
    the_change, used,
};
use shared::contract::PeriodType;
use shared::ids::ServiceId;
use shared::kept::Reading;
use shared::mapping::{Combine, Product, ProductRow};
use shared::quantity::{GIB, MeasurementUnit, Rounding, UnitSize};
use shared::reckon::{NoReckoning, Used, reckon};
use shared::settings::EffectiveDates;
use shared::usage::ItemKind;

/// The units of one service that some items feed, by the items' amounts.
fn reckoned(rows: &[&ProductRow], amounts: &[(&str, u64)], in_bundles: i64) -> Result<i64, NoReckoning> {
    let items: Vec<_> = rows.iter().map(|row| row.item.clone()).collect();
    let usage: Vec<_> = amounts.iter().map(|(name, amount)| used(name, *amount)).collect();
    let reading = Reading::of(&items, &usage);
    let tenant = shared::ids::TenantId::new("tenant-7");
    let product = Product { service: WORKSTATION, rows: rows.to_vec() };
    let used = Used { tenant: &tenant, reading: &reading, day: date("2026-05-10") };
    reckon(&product, used, in_bundles).map(|reckoning| reckoning.wanted)
}

fn size(text: &str) -> UnitSize {
    text.parse().expect("the test names a unit size")
}

#[test]
fn u1_a20_units_are_the_rounded_total_less_the_included_and_at_least_the_minimum() {
    let cases = [
        // used, unit size, included, minimum, in bundles, wanted
        (0, "1 piece", 0, 0, 0, 0),
        (7, "1 piece", 0, 0, 0, 7),
        (7, "1 piece", 2, 0, 0, 5),
        (7, "1 piece", 7, 0, 0, 0),
        (7, "1 piece", 9, 0, 0, 0),
        (7, "1 piece", 9, 3, 0, 3),
        (0, "1 piece", 0, 3, 0, 3),
        (7, "1 piece", 0, 7, 0, 7),
        (7, "1 piece", 0, 8, 0, 8),
        (7, "5 piece", 0, 0, 0, 2),
        (7, "5 piece", 1, 0, 0, 1),
        (7, "1 piece", 0, 0, 3, 4),
        (7, "1 piece", 0, 0, 9, 0),
        (2, "1 piece", 0, 5, 2, 3),
    ];
    for (amount, unit_size, included, minimum, in_bundles, wanted) in cases {
        let mut row = ProductRow::unmapped(item("workstations", MeasurementUnit::Quantity), "workstations".into());
        (row.unit_size, row.included, row.minimum) = (size(unit_size), included, minimum);
        let units = reckoned(&[&row], &[("workstations", amount)], in_bundles);
        assert_eq!(units, Ok(wanted), "{amount} of {unit_size}, {included} free, {minimum} least, {in_bundles}");
    }
}

#[test]
fn u1_the_total_of_several_items_is_rounded_once() {
    let mut local = ProductRow::unmapped(item("local", MeasurementUnit::Bytes), "local".into());
    let mut cloud = ProductRow::unmapped(item("cloud", MeasurementUnit::Bytes), "cloud".into());
    let amounts = [("local", GIB / 2), ("cloud", GIB / 2)];
    let cases = [
        (Rounding::Up, Combine::Sum, 1),
        (Rounding::Nearest, Combine::Sum, 1),
        (Rounding::Down, Combine::Sum, 1),
        (Rounding::Up, Combine::Max, 1),
        (Rounding::Nearest, Combine::Max, 1),
        (Rounding::Down, Combine::Max, 0),
    ];
    for (rounding, combine, wanted) in cases {
        for row in [&mut local, &mut cloud] {
            (row.rounding, row.combine) = (rounding, combine);
        }
        assert_eq!(reckoned(&[&local, &cloud], &amounts, 0), Ok(wanted), "{rounding:?} {combine:?}");
    }
}

#[test]
fn u1_the_largest_usage_neither_overflows_nor_is_cut_off() {
    let row = ProductRow::unmapped(item("workstations", MeasurementUnit::Quantity), String::new());
    let storage = ProductRow::unmapped(item("storage", MeasurementUnit::Bytes), String::new());
    let most = u64::try_from(i32::MAX).expect("it is positive");
    assert_eq!(reckoned(&[&row], &[("workstations", most)], 0), Ok(i64::from(i32::MAX)));
    assert_eq!(reckoned(&[&row], &[("workstations", most + 1)], 0), Err(NoReckoning::TooMany));
    assert_eq!(reckoned(&[&row], &[("workstations", u64::MAX)], 0), Err(NoReckoning::TooMany));
    assert_eq!(reckoned(&[&storage], &[("storage", u64::MAX)], 0), Err(NoReckoning::TooMany));

    let mut world = World::on("2026-05-10");
    let plan = world.uses("workstations", u64::MAX).plan();
    assert!(plan.is_empty());
    assert_found(&plan, "more units than a line can hold → choose a larger unit size");
}

#[test]
fn u1_usage_is_the_absolute_value_or_the_value_where_that_is_missing() {
    for (value, absolute_value, wanted) in [(9, Some(6), 6), (9, None, 9), (9, Some(0), 0)] {
        let mut world = World::on("2026-05-10");
        let mut row = used("workstations", 0);
        (row.value, row.absolute_value) = (value, absolute_value);
        world.settings().holds.falls_to_zero = false;
        assert_eq!(the_change(&world.reports(row).plan()).wanted, wanted);
    }
}

#[test]
fn u1_a_mapped_feature_is_a_finding_on_a_pay_as_you_go_contract() {
    let mut world = World::on("2026-05-10");
    world.row("workstations", |row| row.item.kind = ItemKind::Feature).uses("workstations", 9);
    let plan = world.plan();
    assert!(plan.is_empty());
    assert_found(&plan, "Workstation: workstations is a feature, which has no usage; the line is held");

    world.the_contract().payg = None;
    assert_quiet(&world.plan());
}

#[test]
fn u1_tenants_in_trial_are_left_alone_and_listed() {
    let mut world = World::on("2026-05-10");
    world.uses("workstations", 9).it().tenant.as_mut().expect("it is there").in_trial = true;
    let plan = world.run();
    assert!(plan.is_empty());
    assert_found(&plan, "tenant tenant-7 is in trial and not billed");
    assert_eq!(world.units(700, "2026-05-10"), 5);
}

#[test]
fn u1_disabled_tenants_and_switched_off_items_with_usage_still_count() {
    let mut world = World::on("2026-05-10");
    world.uses("workstations", 9).it().tenant.as_mut().expect("it is there").enabled = false;
    world.it().items[0].on = false;
    assert_eq!(the_change(&world.plan()).wanted, 9);
}

#[test]
fn u2_absent_is_zero_only_where_the_item_is_not_listed_or_off() {
    let mut world = World::on("2026-05-10");
    world.reports_nothing_of("workstations").settings().holds.falls_to_zero = false;
    let plan = world.plan();
    assert!(plan.is_empty(), "on and without its row: the line is held");
    assert_found(&plan, "Workstation: workstations is on and its usage is missing; the line is held");

    world.it().items[0].on = false;
    assert_eq!(brief(the_change(&world.plan())), (5, 0, "2026-05-10".to_owned()), "off and without a row");

    world.it().items.clear();
    assert_eq!(the_change(&world.plan()).wanted, 0, "not listed");

    world.it().items = vec![item("workstations", MeasurementUnit::Quantity)];
    assert_eq!(the_change(&world.uses("workstations", 0).plan()).wanted, 0, "on, and its row says 0");
}

#[test]
fn u2_one_missing_row_holds_its_own_service_and_no_other() {
    let mut world = World::on("2026-05-10");
    world.product("servers", MeasurementUnit::Quantity, ServiceId(503), "Server").line(70, 703, ServiceId(503), 1);
    world.it().items.push(item("servers", MeasurementUnit::Quantity));
    let plan = world.uses("workstations", 6).plan();
    assert_eq!(the_change(&plan).service_name, "Workstation");
    assert_found(&plan, "Server: servers is on and its usage is missing");
}

#[test]
fn u2_a_missing_row_holds_a_service_that_other_items_feed_as_well() {
    let mut world = World::on("2026-05-10");
    world.product("servers", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    world.it().items.push(item("servers", MeasurementUnit::Quantity));
    let plan = world.uses("workstations", 6).plan();
    assert!(plan.is_empty());
    assert_found(&plan, "servers is on and its usage is missing");
}

#[test]
fn u2_a_missing_tenant_or_one_that_refuses_its_usage_holds_all_of_its_lines() {
    let mut world = World::on("2026-05-10");
    world.uses("workstations", 9).it().refusal = Some("403 forbidden".to_owned());
    let plan = world.run();
    assert!(plan.is_empty());
    assert_found(&plan, "Acronis refuses the usage of tenant tenant-7: 403 forbidden");

    world.it().tenant = None;
    let plan = world.run();
    assert!(plan.is_empty());
    assert_found(&plan, "tenant tenant-7 \"Alpenblick\" is not in our tree; the lines are left alone");
    assert_eq!(world.units(700, "2026-05-10"), 5);
}

#[test]
fn u4_a_service_not_on_the_contract_is_a_finding_with_its_unbilled_quantity() {
    let mut world = World::empty("2026-05-10");
    world.product("workstations", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    world.customer(7, "Alpenblick").uses("workstations", 9).known();
    let plan = world.plan();
    assert!(plan.is_empty());
    assert_found(&plan, "9 Workstation not billed: not on contract 70 \"Managed 70\"");
    assert_quiet(&world.uses("workstations", 0).plan());
}

#[test]
fn u4_the_unbilled_quantity_is_told_whatever_the_policy_and_the_smallest_change() {
    let mut world = World::empty("2026-05-10");
    world.product("workstations", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    world.customer(7, "Alpenblick").uses("workstations", 3).known();
    world.row("workstations", |row| row.smallest_change = 5).policy(EffectiveDates::PeriodEnd);
    assert_found(&world.plan(), "3 Workstation not billed: not on contract 70");
}

#[test]
fn u4_unbilled_compute_points_are_told_before_the_month_ends() {
    let mut world = World::empty("2026-05-10");
    world.product("compute_points", MeasurementUnit::Seconds, COMPUTE, "Compute Point");
    world.customer(7, "Alpenblick").meters(11, "2026-05-01").known();
    assert_found(&world.plan(), "11 Compute Point not billed: not on contract 70");
}

#[test]
fn u4_adding_a_service_is_an_explicit_change_and_off_by_default() {
    let mut world = World::empty("2026-05-10");
    world.product("workstations", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    world.customer(7, "Alpenblick").uses("workstations", 9).known().settings().add_missing_services = true;
    let plan = world.run();
    let change = the_change(&plan);
    assert!(change.adds_line());
    assert_eq!(brief(change), (0, 9, "2026-05-10".to_owned()));
    assert_quiet(&world.run());
    assert_eq!(world.day("2026-05-11").uses("workstations", 8).run().changes.len(), 1);
    assert_eq!(world.units(709, "2026-05-11"), 8);
}

#[test]
fn u4_a_line_of_ours_that_somebody_removed_is_told_again() {
    let mut world = World::empty("2026-05-10");
    world.product("workstations", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    world.customer(7, "Alpenblick").uses("workstations", 9).known().settings().add_missing_services = true;
    world.run();
    world.it().rows.clear();
    world.it().lines.clear();
    world.day("2026-05-20").policy(EffectiveDates::NextPeriod).settings().add_missing_services = false;
    assert_found(&world.plan(), "9 Workstation not billed: not on contract 70");
}

#[test]
fn u4_of_several_contracts_none_is_chosen_for_a_missing_service() {
    let mut world = World::empty("2026-05-10");
    world.product("workstations", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    world.customer(7, "Alpenblick").uses("workstations", 9).known().settings().add_missing_services = true;
    let second = common::contract(71, common::COMPANY, "2026-01-01", "9999-12-31");
    world.it().contracts.push(second);
    let plan = world.plan();
    assert!(plan.is_empty());
    assert_found(&plan, "9 Workstation not billed: on none of the contracts 70, 71");
}

#[test]
fn u4_a_line_without_units_is_looked_up_and_taken() {
    let mut world = World::empty("2026-05-10");
    world.product("workstations", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    world.customer(7, "Alpenblick").line_without_rows(70, 700, WORKSTATION).uses("workstations", 9).known();
    let plan = world.plan();
    assert_eq!(the_change(&plan).place.line, Some(LINE));
    assert_eq!(the_change(&plan).place.contract, CONTRACT);
    assert_eq!(brief(the_change(&plan)), (0, 9, "2026-05-10".to_owned()));
}

#[test]
fn u4_what_the_bundle_does_not_hold_goes_to_the_services_own_line() {
    for (in_bundle, used, wanted) in [(4, 9, 5), (4, 4, 0), (4, 3, 0), (0, 9, 9)] {
        let mut world = World::on("2026-05-10");
        world.others_change(700, "2026-05-01", 7).bundle(70, 90, WORKSTATION, in_bundle).uses("workstations", used);
        world.settings().holds.falls_to_zero = false;
        assert_eq!(the_change(&world.plan()).wanted, wanted, "{used} used, {in_bundle} in the bundle");
    }
}

#[test]
fn u4_what_the_bundle_does_not_hold_is_a_finding_where_there_is_no_line() {
    let mut world = World::empty("2026-05-10");
    world.product("workstations", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    world.customer(7, "Alpenblick").bundle(70, 90, WORKSTATION, 4).uses("workstations", 9).known();
    assert_found(&world.plan(), "5 Workstation not billed: not on contract 70 \"Managed 70\" beyond the 4 in bundles");
    assert_quiet(&world.uses("workstations", 4).plan());
}

#[test]
fn u4_bundles_on_prepaid_contracts_take_nothing_from_a_pay_as_you_go_line() {
    let mut world = World::on("2026-05-10");
    let mut prepaid = common::contract(71, common::COMPANY, "2026-01-01", "9999-12-31");
    prepaid.payg = Some("No".to_owned());
    world.it().contracts.push(prepaid);
    world.bundle(71, 90, WORKSTATION, 4).uses("workstations", 9);
    assert_eq!(the_change(&world.plan()).wanted, 9);
}

#[test]
fn u7_the_greatest_value_of_the_month_is_billed_for_the_whole_month() {
    let mut world = World::metered_on("2026-05-01");
    for (day, hours) in [("2026-05-01", 2), ("2026-05-12", 30), ("2026-05-20", 25), ("2026-05-30", 28)] {
        assert_quiet(&world.day(day).meters(hours, "2026-05-01").run());
    }
    let plan = world.day("2026-05-31").meters(29, "2026-05-01").run();
    assert_eq!(brief(world_held_or_changed(&plan)), (0, 30, "2026-05-01".to_owned()));
}

fn world_held_or_changed(plan: &shared::plan::Plan) -> &shared::plan::Adjustment {
    let held = plan.held.iter().map(|held| &held.change);
    let change = plan.changes.iter().chain(held).next().expect("a change is expected");
    common::adjustment(&change.action)
}

#[test]
fn u7_a_value_of_another_month_is_not_billed() {
    let mut world = World::metered_on("2026-05-01");
    world.meters(20, "2026-04-01").run();
    world.day("2026-05-02").meters(3, "2026-05-01").run();
    let plan = world.day("2026-05-31").meters(8, "2026-05-01").plan();
    let wanted: Vec<_> = plan.changes.iter().map(|change| brief(common::adjustment(&change.action))).collect();
    assert!(!wanted.iter().any(|(_, wanted, day)| *wanted == 20 && day == "2026-05-01"), "{plan}");
}

#[test]
fn u7_the_restart_and_a_month_of_zero_are_no_fall() {
    let mut world = World::metered_on("2026-05-31");
    world.meters(20, "2026-05-01").run();
    assert_eq!(world.units(700, "2026-05-31"), 20);
    for (day, hours) in [("2026-06-01", 0), ("2026-06-15", 0), ("2026-06-29", 0)] {
        assert_quiet(&world.day(day).meters(hours, "2026-06-01").run());
    }
    let plan = world.day("2026-06-30").run();
    assert_eq!(brief(the_change(&plan)), (20, 0, "2026-06-01".to_owned()), "no hold for the fall to 0");
    assert_eq!((world.units(700, "2026-05-31"), world.units(700, "2026-06-30")), (20, 0));
}

#[test]
fn u7_a_metered_item_that_is_counted_in_pieces_falls_without_a_hold_too() {
    let mut world = World::empty("2026-05-31");
    world.product("compute_points", MeasurementUnit::Quantity, COMPUTE, "Compute Point");
    world.customer(7, "Alpenblick").line(70, 700, COMPUTE, 90).known();
    world.uses("compute_points", 0).it().items[0].on = false;
    assert_eq!(the_change(&world.plan()).wanted, 0);
}

#[test]
fn u7_metered_items_need_calendar_months() {
    for (start, period, found) in [
        ("2026-01-01", PeriodType::Monthly, false),
        ("2026-01-15", PeriodType::Monthly, true),
        ("2026-01-01", PeriodType::Quarterly, true),
        ("2026-01-31", PeriodType::Monthly, true),
    ] {
        let mut world = World::metered_on("2026-05-31");
        (world.it().rows, world.it().lines) = (Vec::new(), Vec::new());
        (world.the_contract().start, world.the_contract().period) = (date(start), Some(period));
        let plan = world.line(70, 700, COMPUTE, 0).meters(20, "2026-05-01").plan();
        assert_eq!(findings(&plan).contains("is metered by calendar month"), found, "{start} {period}:\n{plan}");
        assert_eq!(plan.changes.is_empty(), found, "{start} {period}:\n{plan}");
    }
}

#[test]
fn u7_metered_items_are_billed_at_the_periods_end_whatever_the_policy() {
    for policy in [EffectiveDates::Today, EffectiveDates::UpTodayDownNext, EffectiveDates::NextPeriod] {
        let mut world = World::metered_on("2026-05-30");
        assert_quiet(&world.policy(policy).meters(20, "2026-05-01").run());
        assert_eq!(brief(the_change(&world.day("2026-05-31").run())), (0, 20, "2026-05-01".to_owned()));
    }
}

#[test]
fn u7_a_missed_last_day_is_billed_by_what_was_kept() {
    let mut world = World::metered_on("2026-05-29");
    world.meters(20, "2026-05-01").run();
    let plan = world.day("2026-06-03").meters(1, "2026-06-01").run();
    assert_eq!(brief(the_change(&plan)), (0, 20, "2026-05-01".to_owned()));
    let plan = world.day("2026-06-30").meters(4, "2026-06-01").run();
    assert_eq!(brief(the_change(&plan)), (20, 4, "2026-06-01".to_owned()));
    assert_eq!((world.units(700, "2026-05-15"), world.units(700, "2026-06-15")), (20, 4));
}

#[test]
fn u7_usage_without_a_range_counts_for_the_calendar_month_it_was_read_in() {
    let mut world = World::metered_on("2026-05-31");
    let plan = world.uses("compute_points", 3 * 3600).plan();
    assert_eq!(brief(the_change(&plan)), (0, 3, "2026-05-01".to_owned()));
    assert_eq!(world.mapping.products[&key("compute_points")].item.usage_name, "compute_points");
}
