//! Our share of Autotask's hour (B1) and the time of a run: what does not fit waits for the next run, and
//! nothing is left open.

use functions::context::Deadline;
use it::world::{World, even};
use sandbox::{Fault, FaultKind, Vendor};
use shared::run::Outcome;
use std::time::Duration;

const HOUR_IS_OVER_SECONDS: i64 = 61 * 60;

/// Autotask requests since the requests were last forgotten.
fn calls(world: &World) -> usize {
    world.sandbox.requests().iter().filter(|seen| seen.vendor == Vendor::Autotask).count()
}

/// A run that may stop for its share; how many calls it made.
async fn run_within_the_share(world: &World) -> (Outcome, usize) {
    world.sandbox.clear_requests();
    let run = world.apply().await;
    let refused = world.sandbox.requests().iter().filter(|seen| seen.status == 429).count();
    assert_eq!(refused, 0, "Autotask had to stop us");
    assert_eq!(world.open_intents().await, 0);
    assert!(run.record.autotask_calls >= calls(world) as u64, "the record counts every call");
    (run.record.outcome, calls(world))
}

#[tokio::test]
async fn b1_changes_drain_over_successive_hours_without_one_call_over_our_share() {
    let world = World::even(5, 4).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    // Units may spend a fifth of it in an hour.
    world.sandbox.world(|vendors| vendors.settings.hourly_limit = 150);
    for hours in 1.. {
        assert!(hours < 12, "it drains: {} lines are left", world.wrong().len());
        world.pass_seconds(HOUR_IS_OVER_SECONDS);
        let (outcome, calls) = run_within_the_share(&world).await;
        assert!(calls <= 30, "{calls} calls, {} too many", calls - 30);
        match outcome {
            Outcome::Complete => break,
            Outcome::Stopped(_) => {}
            other => panic!("it neither ends nor stops: {other}"),
        }
    }
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn b1_runs_within_one_hour_share_its_calls() {
    let world = World::even(4, 4).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world.sandbox.world(|vendors| vendors.settings.hourly_limit = 200);
    world.pass_seconds(HOUR_IS_OVER_SECONDS);
    let (outcome, first) = run_within_the_share(&world).await;
    assert!(matches!(outcome, Outcome::Stopped(_)) || first <= 40, "{outcome} after {first} calls");
    world.pass_seconds(20 * 60);
    let (_, second) = run_within_the_share(&world).await;
    // To learn the limit, a run has to ask for the zone and for the counter.
    assert!(first + second <= 40 + 2, "{first} and {second} calls in one hour");
    world.pass_seconds(HOUR_IS_OVER_SECONDS);
    while let (Outcome::Stopped(_), _) = run_within_the_share(&world).await {
        world.pass_seconds(HOUR_IS_OVER_SECONDS);
    }
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn b1_we_stop_when_everybody_together_used_three_quarters_of_the_hour() {
    let world = World::even(2, 4).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world.pass_seconds(HOUR_IS_OVER_SECONDS);
    world.sandbox.world(|vendors| vendors.settings.hourly_limit = 400);
    let others = world.host.vendors(&world.connection).await.unwrap();
    for _ in 0..280 {
        others.autotask.threshold().await.unwrap();
    }
    let before = world.adjustments();
    let (outcome, calls) = run_within_the_share(&world).await;
    assert!(matches!(outcome, Outcome::Stopped(_)), "{outcome}");
    // What others asked, and their look at the zone.
    assert!(281 + calls <= 300, "{calls} calls");
    assert!(world.adjustments() < before + 8, "not all of it was done");
    world.pass_seconds(HOUR_IS_OVER_SECONDS);
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn b1_a_run_that_may_not_begin_stops_and_fails_nothing() {
    let world = World::even(1, 2).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world.pass_seconds(HOUR_IS_OVER_SECONDS);
    world.sandbox.world(|vendors| vendors.settings.hourly_limit = 30);
    let (outcome, calls) = run_within_the_share(&world).await;
    assert!(matches!(outcome, Outcome::Stopped(_)), "{outcome}");
    assert!(calls <= 6, "{calls} calls are more than a fifth of 30");
    world.sandbox.world(|vendors| vendors.settings.hourly_limit = 10_000);
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn a_run_near_its_deadline_stops_in_good_order_and_the_next_goes_on() {
    // Too near to begin, and near enough to stop on the way.
    for left in [Duration::from_secs(29), Duration::from_millis(30_600)] {
        let mut world = World::even(3, 6).await;
        world.pass_days(1);
        world.use_one_more_of_each();
        world.sandbox.fail(Fault::always("autotask.adjustments", FaultKind::Delay { millis: 250 }));
        world.host.deadline = Deadline::after(left);
        let run = world.apply().await;
        assert!(matches!(run.record.outcome, Outcome::Stopped(_)), "{}", run.record.outcome);
        assert!(run.record.counts.made < 18);
        world.made_once().await;
        world.sandbox.clear_faults();
        world.host.deadline = Deadline::none();
        world.apply_complete().await;
        world.all_is_right_and_made_once().await;
    }
}

#[tokio::test]
async fn a_run_whose_deadline_passed_while_it_read_changes_nothing() {
    let mut world = World::of(even(1, 2)).await;
    world.settle().await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world.host.deadline = Deadline::after(Duration::ZERO);
    let run = world.apply().await;
    assert_ne!(run.record.outcome, Outcome::Complete);
    assert_eq!(world.adjustments(), 0);
    world.host.deadline = Deadline::none();
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}
