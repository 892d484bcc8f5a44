//! What vanished at once, so that the whole run of quotas waits for a person (rule H1).

mod common;

use common::prepaid::{Prepaid, SERVER, hard};
use common::prepaid_job::reasons;
use shared::ids::CompanyId;
use shared::plan::HoldReason::WholeRun;

/// So many customers that have the 5 servers they bought, all seen at an earlier run.
fn customers(count: i64) -> Prepaid {
    let mut world = Prepaid::empty("2026-05-10");
    world.sells("pw_base_servers", SERVER);
    for id in 1..=count {
        world.customer(id, &format!("Customer {id}")).buys(SERVER, 5).has("pw_base_servers", hard(5));
    }
    world.run();
    world.day("2026-05-11");
    world
}

#[test]
fn h1_the_whole_run_is_held_when_more_than_20_percent_and_more_than_3_vanish() {
    type Change = fn(&mut Prepaid);
    for (count, gone, held) in [(19, 4, true), (20, 4, false), (20, 5, true), (3, 3, false), (4, 4, true)] {
        let vanish: [(&str, Change); 3] = [
            ("mapped tenants", |world| world.it().tenant = None),
            ("active contracts", |world| world.it().contracts.clear()),
            ("lines with units", |world| world.it().rows.clear()),
        ];
        for (what, gone_now) in vanish {
            let mut world = customers(count);
            for id in 1..=gone {
                world.of = CompanyId(id);
                gone_now(&mut world);
            }
            let plan = world.plan();
            let vanished = plan.run_hold.map(|hold| hold.vanished).unwrap_or_default();
            assert_eq!(vanished.contains(&format!("{gone} of {count} {what}")), held, "{gone} of {count} {what}");
            assert!(!held || plan.changes.is_empty());
        }
    }
}

#[test]
fn h1_what_vanishes_look_by_look_is_counted_together_over_everybody() {
    let mut world = customers(20);
    let mut held = Vec::new();
    for id in 1..=8 {
        world.of = CompanyId(id);
        world.it().rows.clear();
        world.it().contracts.clear();
        world.scope = vec![CompanyId(id)];
        held.push(world.run().run_hold.map(|hold| hold.vanished));
    }
    assert_eq!(held[..4], [const { None }; 4], "4 of 20 are no more than a fifth");
    assert_eq!(held[4], Some(vec!["5 of 20 active contracts".to_owned(), "5 of 20 lines with units".to_owned()]));
    world.scope.clear();
    let plan = world.plan();
    assert!(plan.run_hold.is_some(), "the plan for everybody shows it, so that it can be approved");
    world.approve(&plan);
    world.scope = vec![CompanyId(8)];
    assert!(world.plan().run_hold.is_none());
}

#[test]
fn h1_one_customer_that_changes_everything_holds_up_nobody_else() {
    let mut world = customers(40);
    world.of = CompanyId(1);
    for service in 1..=6 {
        world.line(1, 90_000 + service, SERVER, 1);
    }
    world.run();
    world.it().rows.retain(|row| row.line.0 < 90_000);
    world.it().lines.retain(|line| line.id.0 < 90_000);
    world.scope = vec![CompanyId(1)];
    assert!(world.plan().run_hold.is_none());
}

#[test]
fn h1_contracts_that_end_one_after_the_other_never_vanish_together() {
    let mut world = customers(10);
    for id in 1..=6 {
        world.of = CompanyId(id);
        world.it().contracts.clear();
        let plan = world.day(&format!("2026-05-{}", 11 + id)).run();
        assert!(plan.run_hold.is_none(), "{plan}");
    }
}

#[test]
fn h1_c3_contracts_renewed_on_one_day_did_not_vanish() {
    let mut world = customers(6);
    for id in 1..=6 {
        world.of = CompanyId(id);
        let it = world.it();
        it.contracts[0].id.0 += 500;
        let contract = it.contracts[0].id;
        it.rows.iter_mut().for_each(|row| (row.contract, row.line.0) = (contract, row.line.0 + 500_000));
        it.lines.iter_mut().for_each(|line| (line.contract, line.id.0) = (contract, line.id.0 + 500_000));
    }
    let plan = world.plan();
    assert!(plan.run_hold.is_none(), "{plan}");
}

#[test]
fn h1_pay_as_you_go_lines_that_fall_to_0_with_usage_did_not_vanish() {
    let mut world = customers(6);
    let each = |world: &mut Prepaid, change: fn(&mut Prepaid)| {
        for id in 1..=6 {
            world.of = CompanyId(id);
            change(world);
        }
    };
    each(&mut world, |world| world.the_contract().payg = Some("Yes".to_owned()));
    assert!(world.run().run_hold.is_none(), "nor did those that became pay-as-you-go");
    each(&mut world, |world| _ = world.buys(SERVER, 0));
    assert!(world.day("2026-06-01").plan().run_hold.is_none());
    let mut of_rows = world.clone();
    each(&mut of_rows, |world| world.it().lines.clear());
    assert!(of_rows.plan().run_hold.is_none(), "a row of 0 units is enough to be seen");
    each(&mut world, |world| (world.it().rows, world.it().lines) = (Vec::new(), Vec::new()));
    assert!(world.plan().run_hold.is_some(), "lines that are no longer to be seen did");
}

#[test]
fn h1_what_vanished_with_an_approval_is_not_counted_again() {
    let mut world = customers(10);
    for id in 1..=4 {
        world.of = CompanyId(id);
        world.it().tenant = None;
    }
    world.of = CompanyId(9);
    world.buys(SERVER, 6);
    for day in ["2026-05-12", "2026-05-13"] {
        let plan = world.day(day).run();
        assert_eq!(reasons(&plan), [WholeRun], "it is not forgotten: {day}");
    }
    let plan = world.plan();
    assert_eq!(world.approve(&plan).run().changes.len(), 1);
    world.approvals.clear();
    assert!(world.day("2026-05-14").run().run_hold.is_none());
}

#[test]
fn h1_approving_a_change_alone_does_not_open_a_held_run() {
    let mut world = customers(5);
    world.uses("pw_base_servers", 5).buys(SERVER, 1).of = CompanyId(5);
    let plan = world.run();
    world.approve(&plan);
    for id in 1..=4 {
        world.of = CompanyId(id);
        world.it().tenant = None;
    }
    assert!(world.plan().changes.is_empty());
}
