//! What was not read is not billed (U2): usage refused, rows and tenants missing, pages lost, and what a
//! run costs in calls (B1, B2).

use it::lines::Sold;
use it::world::{World, even};
use sandbox::{Fault, FaultKind};
use shared::run::Outcome;

fn of_tenant(sold: &[Sold], tenant: &str) -> usize {
    sold.iter().filter(|sold| sold.tenant == tenant).count()
}

#[tokio::test]
async fn u2_a_tenant_that_refuses_its_usage_holds_its_lines_and_nobody_elses() {
    let world = World::even(5, 3).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    let sold = world.sold();
    let refusing = sold[4].tenant.clone();
    world.sandbox.world(|vendors| vendors.refuse_usage(&refusing, true));
    let run = world.apply_complete().await;
    assert!(run.record.findings.iter().any(|text| text.contains("refuses the usage")), "{:?}", run.record.findings);
    let wrong: Vec<Sold> = world.wrong().into_iter().map(|(sold, ..)| sold).collect();
    assert_eq!((of_tenant(&wrong, &refusing), wrong.len()), (3, 3));
    world.made_once().await;

    world.sandbox.world(|vendors| vendors.refuse_usage(&refusing, false));
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn u2_an_item_that_is_on_without_its_usage_row_holds_its_line_and_no_other() {
    let world = World::even(2, 4).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    let missing = world.sold().remove(1);
    let amount = world.used(&missing);
    world.sandbox.world(|vendors| vendors.remove_usage(&missing.tenant, &missing.item, missing.storage.as_deref()));
    let run = world.apply_complete().await;
    assert!(run.record.findings.iter().any(|text| text.contains("usage is missing")), "{:?}", run.record.findings);
    assert_eq!(world.units(&missing), amount - 1, "the line is left alone");
    world.set_used(&missing, amount);
    assert_eq!(world.wrong().len(), 1);
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn u2_an_item_that_is_off_without_a_usage_row_counts_nothing() {
    let world = World::even(2, 3).await;
    let off = world.sold().remove(1);
    world.set_used(&off, 3);
    world.change_mapping(|mapping| mapping.settings.holds.jumps = false).await;
    world.pass_days(1);
    world.apply_complete().await;
    world.pass_days(1);
    world.sandbox.world(|vendors| {
        vendors.set_item_status(&off.tenant, &off.item, off.storage.as_deref(), false);
        vendors.remove_usage(&off.tenant, &off.item, off.storage.as_deref());
    });
    world.apply_complete().await;
    assert_eq!(world.units(&off), 0);
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn u2_an_item_that_is_off_with_usage_still_counts() {
    let world = World::even(2, 3).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    let off = world.sold().remove(1);
    world.sandbox.world(|vendors| vendors.set_item_status(&off.tenant, &off.item, off.storage.as_deref(), false));
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn u2_a_tenant_that_is_gone_holds_its_lines_and_nobody_elses() {
    let world = World::even(5, 3).await;
    let before = world.sold();
    world.pass_days(1);
    world.use_one_more_of_each();
    let gone = before[0].tenant.clone();
    let kept: Vec<i64> = before.iter().filter(|sold| sold.tenant == gone).map(|sold| world.units(sold)).collect();
    world.sandbox.world(|vendors| vendors.remove_tenant(&gone));
    let run = world.apply_complete().await;
    assert!(run.record.findings.iter().any(|text| text.contains("not in our tree")), "{:?}", run.record.findings);
    let now: Vec<i64> = before.iter().filter(|sold| sold.tenant == gone).map(|sold| world.units(sold)).collect();
    assert_eq!(now, kept);
    assert_eq!(run.record.counts.made, 12);
    world.made_once().await;
}

#[tokio::test]
async fn u2_a_page_that_is_lost_fails_the_run_and_nothing_is_written() {
    let world = World::even(6, 3).await;
    world.sandbox.world(|vendors| vendors.settings.page_size = 4);
    let broken = || FaultKind::StatusBefore { status: 503, body: None };
    let cases = [
        ("acronis.tenants", 1, broken()),
        ("acronis.tenants", 0, FaultKind::LoopPages),
        ("acronis.tenants", 1, FaultKind::RepeatPage),
        ("acronis.tenants", 0, FaultKind::CutBody),
        ("acronis.offering_items", 1, broken()),
        ("acronis.offering_items", 1, FaultKind::RepeatPage),
        ("acronis.offering_items", 0, FaultKind::BrokenJson),
        ("acronis.usages", 0, broken()),
        ("acronis.usages", 0, FaultKind::CutBody),
        ("autotask.companies.query", 0, broken()),
        ("autotask.contracts.query", 0, FaultKind::BrokenJson),
        ("autotask.contract_service_units.query", 0, broken()),
        ("autotask.contract_service_units.query", 1, broken()),
        ("autotask.contract_service_units.query", 1, FaultKind::CutBody),
        ("autotask.services.query", 0, FaultKind::HtmlBody { status: 200 }),
    ];
    world.pass_days(1);
    world.use_one_more_of_each();
    let states = world.states().await;
    let wrong = world.wrong();
    for (operation, after, kind) in cases {
        let fault = Fault::always(operation, kind.clone()).after(after);
        world.sandbox.fail(fault);
        let run = world.apply().await;
        world.sandbox.clear_faults();
        assert!(matches!(run.record.outcome, Outcome::Failed(_)), "{operation} {kind:?}: {}", run.record.outcome);
        assert_eq!((world.states().await, world.wrong()), (states.clone(), wrong.clone()), "{operation} {kind:?}");
    }
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn b2_a_token_that_ends_in_mid_run_is_renewed() {
    let world = World::even(3, 3).await;
    for operation in ["acronis.tenants", "acronis.offering_items", "acronis.usages"] {
        world.pass_days(1);
        world.use_one_more_of_each();
        world.sandbox.fail(Fault::once(operation, FaultKind::ExpireToken));
        world.apply_complete().await;
        world.all_is_right_and_made_once().await;
    }
}

#[tokio::test]
async fn b1_the_calls_of_a_run_do_not_grow_with_the_number_of_customers() {
    let mut calls = Vec::new();
    for customers in [20, 60] {
        let world = World::of(even(customers, 2)).await;
        world.settle().await;
        world.pass_days(1);
        let changed = world.sold().remove(0);
        world.set_used(&changed, world.used(&changed) + 1);
        world.sandbox.clear_requests();
        world.apply_complete().await;
        calls.push(world.sandbox.requests().len());
        world.all_is_right_and_made_once().await;
    }
    assert_eq!(calls[0], calls[1]);
}
