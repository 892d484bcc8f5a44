//! What waits for a person: the first plan, lines that jump, things that vanish, review mode, and what an
//! approval is good for (rules M5, H1, H2).

mod common;

use common::{
    COMPANY, COMPUTE, WORKSTATION, World, assert_found, assert_quiet, contract, findings, the_change, the_held,
};
use rust_decimal::Decimal;
use shared::ids::CompanyId;
use shared::mapping::{Combine, ProductRow};
use shared::plan::{HoldReason, Plan};
use shared::quantity::{MeasurementUnit, Rounding};
use shared::settings::{EffectiveDates, Holds};

/// A line with so many units, and so much used.
fn line(units: i64, used: u64) -> World {
    let mut world = World::on("2026-05-10");
    world.others_change(700, "2026-05-01", units).uses("workstations", used);
    world
}

/// So many customers, each with a line of 3 units that is right, all seen at an earlier run.
fn customers(count: i64) -> World {
    let mut world = World::empty("2026-05-10");
    world.product("workstations", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    for id in 1..=count {
        world.customer(id, &format!("Customer {id}")).line(id * 10, id * 100, WORKSTATION, 3);
        world.uses("workstations", 3);
    }
    world.run();
    world.day("2026-05-11");
    world
}

fn each(world: &mut World, first: i64, mut change: impl FnMut(&mut World)) {
    for id in 1..=first {
        world.of = CompanyId(id);
        change(world);
    }
}

fn reasons(plan: &Plan) -> Vec<HoldReason> {
    plan.held.iter().flat_map(|held| held.reasons.clone()).collect()
}

#[test]
fn h1_a_line_is_held_when_it_moves_by_more_than_25_and_by_more_than_half() {
    let cases = [
        // units, used, held
        (0, 25, false),
        (0, 26, true),
        (40, 65, false),
        (40, 66, true),
        (51, 77, true),
        (52, 78, false),
        (52, 79, true),
        (1000, 1500, false),
        (1000, 1501, true),
        (50, 25, false),
        (50, 24, true),
        (52, 26, false),
        (53, 26, true),
        (100, 50, false),
        (100, 49, true),
    ];
    for (units, used, held) in cases {
        let plan = line(units, used).plan();
        let expected = if held { vec![HoldReason::Jump] } else { vec![] };
        assert_eq!(reasons(&plan), expected, "{units} → {used}");
        assert_eq!(plan.changes.len(), usize::from(!held), "{units} → {used}");
    }
    let mut world = line(0, 500);
    world.settings().holds.jumps = false;
    the_change(&world.plan());
}

#[test]
fn h1_a_line_is_held_when_it_falls_to_0_from_5_or_more() {
    for (units, used, held) in [(4, 0, false), (5, 0, true), (25, 0, true), (5, 1, false)] {
        let plan = line(units, used).plan();
        let expected = if held { vec![HoldReason::FallToZero] } else { vec![] };
        assert_eq!(reasons(&plan), expected, "{units} → {used}");
    }
    let mut world = line(25, 0);
    world.settings().holds.falls_to_zero = false;
    the_change(&world.plan());
}

#[test]
fn h1_a_line_is_held_when_its_money_changes_by_more_than_the_limit() {
    let held = |units, used, limit: Option<i64>| {
        let mut world = line(units, used);
        world.settings().holds.money_per_period = limit.map(Decimal::from);
        reasons(&world.plan())
    };
    let money = |change: i64| vec![HoldReason::Money { change: change.into(), limit: Decimal::from(30) }];
    assert_eq!(held(5, 15, Some(30)), []);
    assert_eq!(held(5, 16, Some(30)), money(33));
    assert_eq!(held(20, 10, Some(30)), []);
    assert_eq!(held(20, 9, Some(30)), money(-33));
    assert_eq!(held(5, 25, None), [], "no limit by default");
}

#[test]
fn h1_a_hold_of_one_line_lets_the_rest_go_on() {
    let mut world = customers(3);
    each(&mut world, 3, |world| _ = world.uses("workstations", 4));
    world.of = CompanyId(2);
    let plan = world.uses("workstations", 400).run();
    assert_eq!((plan.changes.len(), plan.held.len()), (2, 1));
    assert_eq!([100, 200, 300].map(|line| world.units(line, "2026-05-11")), [4, 3, 4]);
}

#[test]
fn h1_a_line_whose_mapping_or_product_row_changed_since_it_was_written_waits_once() {
    type Change = fn(&mut ProductRow);
    let cases: [(Change, bool); 8] = [
        (|row| row.included = 1, true),
        (|row| row.minimum = 20, true),
        (|row| row.rounding = Rounding::Down, true),
        (|row| row.unit_size = "2 piece".parse().expect("a size"), true),
        (|row| row.combine = Combine::Max, true),
        (|row| row.label = "PCs".to_owned(), false),
        (|row| row.free = true, false),
        (|_| {}, false),
    ];
    for (index, (change, held)) in cases.into_iter().enumerate() {
        let mut world = World::on("2026-05-05");
        world.uses("workstations", 8).run();
        world.row("workstations", change).day("2026-05-10").uses("workstations", 12);
        let plan = world.run();
        let expected = if held { vec![HoldReason::MappingChanged] } else { vec![] };
        assert_eq!(reasons(&plan), expected, "case {index}");
        world.approve(&plan).run();
        world.day("2026-05-11").uses("workstations", 30);
        the_change(&world.run());
    }
    let mut world = World::on("2026-05-05");
    world.uses("workstations", 8).run();
    world.row("workstations", |row| row.included = 1).settings().holds.mapping_changes = false;
    the_change(&world.day("2026-05-10").plan());
}

#[test]
fn h1_a_customer_mapped_later_waits_once() {
    let mut world = World::on("2026-05-10");
    world.run();
    world.customer(8, "Birke").line(80, 800, WORKSTATION, 1).uses("workstations", 2);
    for day in ["2026-05-10", "2026-05-11", "2026-05-20"] {
        let plan = world.day(day).run();
        the_held(&plan);
        assert_eq!(reasons(&plan), [HoldReason::NewCustomer], "until approved: {day}");
    }
    let plan = world.plan();
    the_change(&world.approve(&plan).run());
    the_change(&world.day("2026-05-21").uses("workstations", 3).run());

    world.customer(9, "Cedar").line(90, 900, WORKSTATION, 1).uses("workstations", 2);
    world.settings().holds.new_customers = false;
    the_change(&world.plan());
}

#[test]
fn h1_the_whole_run_is_held_when_more_than_20_percent_and_more_than_3_vanish() {
    for (count, gone, held) in
        [(19, 4, true), (20, 4, false), (20, 5, true), (3, 3, false), (4, 4, true), (100, 20, false)]
    {
        let mut tenants = customers(count);
        each(&mut tenants, gone, |world| world.it().tenant = None);
        let mut contracts = customers(count);
        each(&mut contracts, gone, |world| world.it().contracts.clear());
        let mut lines = customers(count);
        each(&mut lines, gone, |world| world.it().rows.clear());
        let mut fallen = customers(count);
        each(&mut fallen, gone, |world| _ = world.uses("workstations", 0));
        let worlds = [
            ("mapped tenants", tenants),
            ("active contracts", contracts),
            ("lines with units", lines),
            ("lines with units", fallen),
        ];
        for (what, world) in worlds {
            let plan = world.plan();
            let vanished = plan.run_hold.map(|hold| hold.vanished).unwrap_or_default();
            let expected = if held { vec![format!("{gone} of {count} {what}")] } else { vec![] };
            assert_eq!(vanished, expected, "{gone} of {count} {what}");
        }
    }
}

#[test]
fn h1_while_the_whole_run_is_held_nothing_is_changed_until_it_is_approved() {
    let mut world = customers(10);
    each(&mut world, 4, |world| world.it().tenant = None);
    world.of = CompanyId(9);
    world.uses("workstations", 5);
    for day in ["2026-05-11", "2026-05-12"] {
        let plan = world.day(day).run();
        assert!(plan.changes.is_empty());
        assert_eq!(reasons(&plan), [HoldReason::WholeRun], "{day}");
        assert!(plan.run_hold.is_some(), "it is not forgotten: {day}");
    }
    let plan = world.plan();
    let approved = world.approve(&plan).run();
    assert!(approved.run_hold.is_none());
    the_change(&approved);
    assert!(world.day("2026-05-13").run().run_hold.is_none(), "what vanished then is not counted again");

    let mut world = customers(10);
    each(&mut world, 4, |world| world.it().tenant = None);
    world.settings().holds.vanished = false;
    assert!(world.plan().run_hold.is_none());
}

#[test]
fn h1_a_change_approved_earlier_waits_while_the_whole_run_is_held() {
    let mut world = customers(5);
    world.of = CompanyId(5);
    let plan = world.uses("workstations", 100).run();
    assert_eq!(reasons(&plan), [HoldReason::Jump]);
    world.approve(&plan);
    each(&mut world, 4, |world| world.it().tenant = None);
    let plan = world.run();
    assert!(plan.run_hold.is_some() && plan.changes.is_empty(), "{plan}");
    the_change(&world.approve(&plan).run());
}

#[test]
fn h1_lines_that_fall_one_after_the_other_never_vanish_together() {
    for policy in [EffectiveDates::Today, EffectiveDates::NextPeriod] {
        let mut world = customers(10);
        world.policy(policy);
        each(&mut world, 10, |world| _ = world.uses("workstations", 4));
        world.run();
        for id in 1..=6 {
            world.of = CompanyId(id);
            let day = format!("2026-05-{}", 11 + id);
            let plan = world.uses("workstations", 0).day(&day).run();
            assert!(plan.run_hold.is_none(), "{policy:?} {day}: {plan}");
        }
        assert!(world.day("2026-05-31").run().run_hold.is_none());
        assert!(world.day("2026-06-01").run().run_hold.is_none());
    }
}

#[test]
fn h1_lines_that_fell_with_an_approval_are_not_counted_at_the_next_run_again() {
    let mut world = customers(10);
    each(&mut world, 4, |world| _ = world.uses("workstations", 0));
    let plan = world.run();
    assert_eq!(plan.run_hold.as_ref().map(|hold| hold.vanished.len()), Some(1));
    assert_eq!(world.approve(&plan).run().changes.len(), 4);
    world.approvals.clear();
    assert_quiet(&world.run());
    assert_quiet(&world.day("2026-05-12").run());
}

#[test]
fn u7_h1_metered_lines_whose_month_was_0_did_not_vanish() {
    let mut world = World::empty("2026-05-31");
    world.product("compute_points", MeasurementUnit::Seconds, COMPUTE, "Compute Point");
    for id in 1..=6 {
        world.customer(id, &format!("Customer {id}")).line(id * 10, id * 100, COMPUTE, 0).meters(9, "2026-05-01");
        world.known();
    }
    assert_eq!(world.run().changes.len(), 6);
    each(&mut world, 6, |world| _ = world.meters(0, "2026-06-01"));
    world.run_daily_until("2026-07-02");
    assert_eq!(world.units(100, "2026-06-30"), 0);
    assert!(world.plan().run_hold.is_none());
}

#[test]
fn h1_every_limit_is_a_setting() {
    let holds = Holds { jump_units: 2, jump_percent: 10, zero_from_units: 1, ..Holds::default() };
    for (units, used, held) in [(5, 7, false), (5, 8, true), (1, 0, true), (100, 108, false)] {
        let mut world = line(units, used);
        world.settings().holds = holds.clone();
        assert_eq!(!reasons(&world.plan()).is_empty(), held, "{units} → {used}");
    }
    let mut world = customers(20);
    each(&mut world, 2, |world| world.it().tenant = None);
    (world.settings().holds.vanished_count, world.settings().holds.vanished_percent) = (1, 9);
    assert!(world.plan().run_hold.is_some());
}

#[test]
fn h2_in_review_mode_every_change_waits_for_approval() {
    let mut world = World::on("2026-05-10");
    world.uses("workstations", 6).settings().review_mode = true;
    let plan = world.run();
    assert_eq!(reasons(&plan), [HoldReason::ReviewMode]);
    let plan = world.approve(&plan).run();
    the_change(&plan);
    assert_eq!(plan.changes[0].approved_by.as_deref(), Some("ada"));
    assert_eq!(reasons(&world.day("2026-05-11").uses("workstations", 7).run()), [HoldReason::ReviewMode]);
}

#[test]
fn h2_an_approval_is_for_exactly_the_change_shown() {
    type Move = fn(&mut World);
    let cases: [(&str, Move, bool); 7] = [
        ("nothing moved", |_| {}, true),
        ("a day passed", |world| _ = world.day("2026-05-11"), true),
        ("a month passed", |world| _ = world.day("2026-06-11"), true),
        ("usage", |world| _ = world.uses("workstations", 401), false),
        ("units", |world| _ = world.others_change(700, "2026-05-10", 6), false),
        (
            "contract",
            |world| {
                world.it().contracts.push(contract(72, COMPANY, "2026-01-01", "9999-12-31"));
                world.it().rows.clear();
                world.line(72, 720, WORKSTATION, 5);
            },
            false,
        ),
        ("mapping", |world| _ = world.row("workstations", |row| row.rounding = Rounding::Down), false),
    ];
    for (what, moved, lifted) in cases {
        let mut world = line(5, 400);
        let plan = world.run();
        world.approve(&plan);
        moved(&mut world);
        let plan = world.plan();
        assert_eq!(
            (plan.changes.len(), plan.held.len()),
            (usize::from(lifted), usize::from(!lifted)),
            "{what}: {plan}"
        );
    }
}

#[test]
fn h2_an_approval_is_good_once() {
    let mut world = line(5, 400);
    let plan = world.run();
    world.approve(&plan).run();
    world.day("2026-05-20").others_change(700, "2026-05-19", 5);
    assert_eq!(the_held(&world.run()).wanted, 400);
}

#[test]
fn m5_nothing_is_changed_before_the_first_plan_is_approved() {
    let mut world = World::on("2026-05-10");
    world.connection.first_plan_approved = false;
    let plan = world.uses("workstations", 400).run();
    assert_eq!(reasons(&plan), [HoldReason::FirstPlan, HoldReason::Jump]);
    world.approvals.insert(plan.held[0].change.id.clone(), "ada".to_owned());
    assert_eq!(world.run().changes.len(), 0, "one change alone does not open the gate");
    the_change(&world.approve(&plan).run());
}

#[test]
fn m5_a_sync_needs_one_product_and_one_customer_or_automatic_provisioning() {
    let told = |world: &World| findings(&world.plan()).contains("nothing to do yet");
    let mut world = World::empty("2026-05-10");
    assert_found(&world.plan(), "nothing to do yet: 0 products and 0 customers mapped");
    world.product("workstations", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    assert_found(&world.plan(), "nothing to do yet: 1 product and 0 customers mapped");
    world.settings().automatic_provisioning = true;
    assert!(!told(&world));
    world.settings().automatic_provisioning = false;
    world.customer(7, "Alpenblick").known();
    assert!(!told(&world));
    world.row("workstations", |row| row.service = None);
    assert!(told(&world));
}

#[test]
fn m5_no_service_is_created_before_the_sync_has_what_it_needs() {
    let mut world = World::empty("2026-05-10");
    world.product("servers", MeasurementUnit::Quantity, WORKSTATION, "to be replaced");
    let new = shared::mapping::NewService {
        name: "Acronis Server".to_owned(),
        period: shared::contract::PeriodType::Monthly,
        billing_code: shared::ids::BillingCodeId(12),
        unit_price: Decimal::from(9),
    };
    world.row("servers", |row| row.service = Some(shared::mapping::ServiceTarget::New(new)));
    assert!(world.plan().is_empty());
    world.customer(7, "Alpenblick").known();
    assert_eq!(world.plan().changes.len(), 1);
    world.connection.first_plan_approved = false;
    assert_eq!(reasons(&world.plan()), [HoldReason::FirstPlan]);
}
