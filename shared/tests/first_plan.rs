//! The first plan that a person approved as it is, and that the next run makes (rule M5).

mod common;

use common::{COMPANY, WORKSTATION, World, the_change};
use shared::plan::{HoldReason, Plan};
use shared::quantity::MeasurementUnit;

/// Two customers before the first plan is approved: one line moves a little, one jumps.
fn before_the_first() -> World {
    let mut world = World::empty("2026-05-10");
    world.connection.first_plan_approved = false;
    world.product("workstations", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    world.customer(8, "Birke").line(80, 800, WORKSTATION, 5).uses("workstations", 400);
    world.customer(7, "Alpenblick").line(70, 700, WORKSTATION, 5).uses("workstations", 6);
    world
}

/// Approves the plan in the console: its own id, and all that is in it.
fn approve_as_shown(world: &mut World, plan: &Plan) {
    let ids = plan.approvable().chain([plan.id.as_str()]).map(str::to_owned);
    world.approvals.extend(ids.map(|id| (id, "ada".to_owned())));
}

#[test]
fn m5_the_first_plan_goes_on_where_exactly_it_was_approved() {
    let mut world = before_the_first();
    let shown = world.plan();
    assert_eq!((shown.changes.len(), shown.held.len()), (0, 2));
    approve_as_shown(&mut world, &shown);
    let plan = world.plan();
    assert_eq!((plan.changes.len(), plan.held.len(), &plan.id), (2, 0, &shown.id));
    assert!(plan.changes.iter().all(|change| change.approved_by.as_deref() == Some("ada")), "{plan}");
}

#[test]
fn m5_a_first_plan_that_differs_in_anything_waits_again() {
    let moved: [fn(&mut World); 4] = [
        |world| _ = world.uses("workstations", 7),
        |world| _ = world.others_change(700, "2026-05-01", 4),
        |world| _ = world.row("workstations", |row| row.included = 1),
        |world| _ = world.customer(9, "Tanne").line(90, 900, WORKSTATION, 5).uses("workstations", 4),
    ];
    for change in moved {
        let mut world = before_the_first();
        let shown = world.plan();
        approve_as_shown(&mut world, &shown);
        change(&mut world);
        let plan = world.plan();
        assert_ne!(plan.id, shown.id);
        assert!(plan.changes.is_empty(), "{plan}");
        assert!(plan.held.iter().all(|held| held.reasons.contains(&HoldReason::FirstPlan)), "{plan}");
    }
}

#[test]
fn m5_the_plans_id_alone_opens_the_gate_and_approves_no_jump() {
    let mut world = before_the_first();
    let shown = world.plan();
    world.approvals.insert(shown.id.clone(), "ada".to_owned());
    let plan = world.plan();
    assert_eq!((plan.changes.len(), plan.held.len()), (1, 1));
    assert_eq!(plan.held[0].reasons, [HoldReason::Jump]);
}

#[test]
fn m5_all_changes_without_the_plans_id_open_nothing() {
    let mut world = before_the_first();
    let shown = world.plan();
    world.approvals.extend(shown.approvable().map(|id| (id.to_owned(), "ada".to_owned())));
    assert!(world.plan().changes.is_empty());
}

#[test]
fn m5_nothing_opens_while_nothing_can_be_planned() {
    let mut world = before_the_first();
    world.row("workstations", |row| row.service = None);
    let shown = world.plan();
    approve_as_shown(&mut world, &shown);
    assert!(shown.findings.iter().any(shared::finding::Finding::keeps_from_starting));
    // What is mapped then has a plan of its own, which nobody saw.
    world.row("workstations", |row| row.service = Some(shared::mapping::ServiceTarget::Existing(WORKSTATION)));
    assert!(world.plan().changes.is_empty());
}

#[test]
fn m5_a_plan_of_later_is_opened_by_nothing() {
    let mut world = World::on("2026-05-10");
    world.settings().review_mode = true;
    let shown = world.uses("workstations", 6).plan();
    world.approvals.insert(shown.id.clone(), "ada".to_owned());
    assert_eq!(world.plan().held[0].reasons, [HoldReason::ReviewMode]);
    world.settings().review_mode = false;
    assert_eq!(the_change(&world.plan()).place.company, COMPANY);
}
