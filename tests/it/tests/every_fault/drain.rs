//! Many changes with little allowance: they drain over successive hours without one call over our share (B1),
//! and a run near its deadline stops in good order.

use functions::context::Deadline;
use it::world::{World, even};
use sandbox::{Fault, FaultKind, Vendor};
use shared::run::Outcome;
use std::time::Duration;

const HOUR_IS_OVER_SECONDS: i64 = 61 * 60;
/// What a big provider may have at once.
const CHANGES: usize = 5_000;
const CUSTOMERS: usize = 1_040;
const LINES: usize = 5;
/// Half of Autotask's limit by the hour, so that it takes several hours; a fifth of it is ours.
const HOURLY_LIMIT: usize = 5_000;

fn calls(world: &World) -> usize {
    world.sandbox.requests().iter().filter(|seen| seen.vendor == Vendor::Autotask).count()
}

#[tokio::test]
async fn b1_many_changes_drain_hour_by_hour_without_one_call_over_our_share() {
    let world = World::of(even(CUSTOMERS, LINES)).await;
    world.settle().await;
    world.pass_days(1);
    world.use_one_more_of_each();
    let (changes, share) = (world.wrong().len(), HOURLY_LIMIT / 5);
    assert!(changes >= CHANGES, "only {changes} changes");
    world.sandbox.world(|vendors| vendors.settings.hourly_limit = HOURLY_LIMIT);
    let mut hours = 0;
    loop {
        hours += 1;
        assert!(hours <= 2 * changes / share + 2, "it drains: {} lines are left", world.wrong().len());
        world.pass_seconds(HOUR_IS_OVER_SECONDS);
        world.sandbox.clear_requests();
        let run = world.apply().await;
        let calls = calls(&world);
        assert!(calls <= share, "{calls} calls, {} too many", calls - share);
        let refused = world.sandbox.requests().iter().filter(|seen| seen.status >= 400).count();
        assert_eq!((refused, world.open_intents().await), (0, 0));
        match run.record.outcome {
            Outcome::Complete => break,
            Outcome::Stopped(_) => {}
            other => panic!("it neither ends nor stops: {other}"),
        }
    }
    println!("{changes} changes drained over {hours} hours of {share} calls each");
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn a_run_that_comes_near_its_deadline_leaves_nothing_open_and_the_next_ones_finish() {
    let mut world = World::even(8, 5).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world.sandbox.fail(Fault::always("autotask.adjustments", FaultKind::Delay { millis: 100 }));
    let (changes, mut runs) = (world.wrong().len(), 0);
    loop {
        runs += 1;
        assert!(runs <= 60, "it makes way: {} lines are left", world.wrong().len());
        // A change is begun only with half a minute left. A busy machine needs longer to come that far.
        world.host.deadline = Deadline::after(Duration::from_millis(30_000 + 400 * runs));
        let run = world.apply().await;
        world.made_once().await;
        match run.record.outcome {
            Outcome::Complete => break,
            Outcome::Stopped(_) => {}
            other => panic!("it neither ends nor stops: {other}"),
        }
    }
    println!("{changes} changes over {runs} runs that were short of time");
    world.all_is_right_and_made_once().await;
}
