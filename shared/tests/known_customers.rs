//! Whose first plan waits once: a customer is known when somebody could have seen a plan of it, for the
//! tenant that it is mapped to (rule H1).

mod common;

use common::{WORKSTATION, World, assert_quiet, tenant, the_change};
use shared::mapping::CustomerLink;
use shared::plan::{HoldReason, Plan};

/// A known customer, and another one mapped later, with 3 workstations used and 2 units.
fn with_a_later_customer() -> World {
    let mut world = World::on("2026-05-10");
    world.run();
    world.customer(8, "Birke").line(80, 800, WORKSTATION, 2).uses("workstations", 3);
    world.day("2026-05-11");
    world
}

fn waits_as_a_new_customer(plan: &Plan) {
    let reasons: Vec<_> = plan.held.iter().flat_map(|held| held.reasons.clone()).collect();
    assert_eq!((plan.changes.len(), reasons), (0, vec![HoldReason::NewCustomer]), "{plan}");
}

#[test]
fn h1_a_customer_of_whom_no_line_was_looked_at_is_not_known_yet() {
    let mut world = with_a_later_customer();
    world.the_contract().payg = None;
    assert_quiet(&world.run());
    world.day("2026-05-12").the_contract().payg = Some("Yes".to_owned());
    waits_as_a_new_customer(&world.run());
    let plan = world.day("2026-05-13").run();
    waits_as_a_new_customer(&plan);
    assert_eq!(the_change(&world.approve(&plan).run()).wanted, 3);
}

#[test]
fn h1_a_customer_mapped_to_another_tenant_waits_once_again() {
    let mut world = with_a_later_customer();
    let plan = world.run();
    assert_eq!(the_change(&world.approve(&plan).run()).wanted, 3);
    let company = world.of;
    let other = tenant("tenant-other", "Other");
    let row = world.mapping.customers.get_mut(&company).expect("the customer is mapped");
    row.link = CustomerLink::Mapped { tenant: other.id.clone(), tenant_name: other.name.clone() };
    world.it().tenant = Some(other);
    world.settings().holds.mapping_changes = false;
    for day in ["2026-05-12", "2026-05-13"] {
        waits_as_a_new_customer(&world.uses("workstations", 4).day(day).run());
    }
    let plan = world.plan();
    assert_eq!(the_change(&world.approve(&plan).run()).wanted, 4);
    assert_eq!(the_change(&world.uses("workstations", 5).day("2026-05-14").run()).wanted, 5);
}
