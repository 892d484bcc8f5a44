//! Two runs at once, and what runs do side by side: one writer per connection (U6), few requests at a time
//! (B1), and connections that never touch each other.

use it::lines::ADJUSTMENT;
use it::world::{World, even};
use sandbox::acronis::TenantKind;
use sandbox::{Fault, FaultKind, Seed};
use shared::run::Outcome;

#[tokio::test]
async fn u6_of_two_runs_at_once_one_is_skipped_and_each_change_is_made_once() {
    let world = World::even(2, 4).await;
    for _ in 0..3 {
        world.pass_days(1);
        world.use_one_more_of_each();
        let before = world.adjustments();
        let (one, other) = tokio::join!(world.apply(), world.apply());
        let outcomes = [one.record.outcome, other.record.outcome];
        let done = [Outcome::Complete, Outcome::Skipped];
        assert!(outcomes.iter().all(|outcome| done.contains(outcome)), "{outcomes:?}");
        assert!(outcomes.contains(&Outcome::Complete), "{outcomes:?}");
        assert_eq!(world.adjustments(), before + 8);
        world.all_is_right_and_made_once().await;
    }
}

#[tokio::test]
async fn u6_a_run_that_fails_leaves_no_lease_behind() {
    let world = World::even(1, 2).await;
    let broken = FaultKind::StatusBefore { status: 503, body: None };
    for operation in ["autotask.zone", "acronis.token", "acronis.usages", "autotask.contracts.query"] {
        world.pass_days(1);
        world.use_one_more_of_each();
        world.sandbox.fail(Fault::always(operation, broken.clone()));
        let failed = world.apply().await;
        assert!(matches!(failed.record.outcome, Outcome::Failed(_)), "{operation}: {}", failed.record.outcome);
        world.sandbox.clear_faults();
        let next = world.apply().await;
        assert_eq!(next.record.outcome, Outcome::Complete, "after {operation} failed");
        world.all_is_right_and_made_once().await;
    }
}

#[tokio::test]
async fn b1_at_most_three_adjustments_run_at_a_time_and_one_request_on_every_other_endpoint() {
    let world = World::even(4, 4).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world.sandbox.clear_requests();
    world.sandbox.fail(Fault::always("autotask.", FaultKind::Delay { millis: 30 }));
    world.apply_complete().await;
    let most = world.sandbox.most_at_a_time();
    assert_eq!(most.get(ADJUSTMENT), Some(&3));
    let others = most.iter().filter(|(operation, _)| operation.starts_with("autotask.") && *operation != ADJUSTMENT);
    for (operation, at_a_time) in others {
        assert_eq!(*at_a_time, 1, "{operation}");
    }
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn connections_in_one_table_never_touch_each_others_vendors() {
    let one = World::of(even(3, 3)).await;
    // Its companies, contracts and lines have the same numbers, and other usage and units.
    let other = one.beside("other", Seed { seed: 7, ..even(4, 3) }).await;
    one.settle().await;
    let untouched = other.apply_complete().await;
    assert_eq!(untouched.record.counts.made, 0, "its own first plan waits");
    other.settle().await;
    for (world, beside) in [(&one, &other), (&other, &one), (&one, &other)] {
        one.pass_days(1);
        other.sandbox.set_now(one.now());
        world.use_one_more_of_each();
        beside.use_one_more_of_each();
        beside.sandbox.clear_requests();
        let lines = world.sold().len();
        assert_eq!(world.apply_complete().await.record.counts.made, lines);
        assert_eq!(beside.sandbox.requests().len(), 0, "another connection's vendors were asked");
        assert_eq!(beside.wrong().len(), beside.sold().len());
        let (mine, theirs) = tokio::join!(world.apply_complete(), beside.apply_complete());
        assert_eq!((mine.record.counts.made, theirs.record.counts.made), (0, beside.sold().len()));
        one.all_is_right_and_made_once().await;
        other.all_is_right_and_made_once().await;
    }
    let lines = |world: &World| world.sold().len();
    assert_eq!((one.states().await.len(), other.states().await.len()), (lines(&one), lines(&other)));
}

#[tokio::test]
async fn a_connection_whose_credentials_are_for_another_tenant_does_nothing() {
    let world = World::even(2, 2).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world.sandbox.world(|vendors| {
        let elsewhere = vendors.add_tenant_of_kind("Elsewhere", None, TenantKind::Partner);
        vendors.acronis.partner_id = elsewhere;
    });
    let wrong = world.apply().await;
    let told = matches!(&wrong.record.outcome, Outcome::Failed(why) if why.contains("the credentials are for"));
    assert!(told, "{}", wrong.record.outcome);
    assert_eq!(world.adjustments(), 0);
    world.made_once().await;
}
