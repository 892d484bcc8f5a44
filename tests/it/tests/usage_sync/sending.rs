//! How long a recorded change may be sent (U6): again only while it is so young that no other run can have
//! settled it as not made.

use it::lines::ADJUSTMENT;
use it::wire::{Operation, Strike, Wire};
use it::world::{World, even};
use jiff::SignedDuration;
use sandbox::{Fault, FaultKind};
use shared::run::Outcome;
use std::sync::Arc;

/// The longest that an intent may be sent after it was recorded.
const LONGEST_SENDING_SECONDS: i64 = 120;

/// A change is recorded, and its first sending, so many seconds later by our clock, is turned away. The clock
/// goes back before it goes on, so that the lease has time all along.
fn turned_away_after(seconds: i64, world: &World, wire: &Wire) {
    let (now, clock) = (world.now(), world.clock.clone());
    let recorded = now.checked_sub(SignedDuration::from_secs(seconds)).expect("a time in the calendar");
    world.sandbox.fail(Fault::once(ADJUSTMENT, FaultKind::Throttle { retry_after: None }));
    let of_wire = wire.clone();
    let is_planned = move || {
        clock.set(recorded);
        let clock = clock.clone();
        of_wire.strike(Operation::Adjustments, 0, 1, Strike::Meanwhile(Arc::new(move || clock.set(now))));
    };
    wire.strike(Operation::Units, 0, 1, Strike::Meanwhile(Arc::new(is_planned)));
}

async fn with_a_change() -> (World, Wire) {
    let (world, wire) = World::wired(even(1, 1)).await;
    world.settle().await;
    world.pass_days(1);
    // No midnight lies between.
    world.pass_seconds(3_600);
    world.use_one_more_of_each();
    world.sandbox.clear_requests();
    (world, wire)
}

#[tokio::test]
async fn u6_a_change_recorded_more_than_two_minutes_ago_is_not_sent_again() {
    let (world, wire) = with_a_change().await;
    turned_away_after(LONGEST_SENDING_SECONDS + 1, &world, &wire);
    let run = world.apply().await;
    let stopped = matches!(&run.record.outcome, Outcome::Stopped(why) if why.contains("kept turning a change away"));
    assert!(stopped, "{}", run.record.outcome);
    assert_eq!((world.adjustment_posts(), world.adjustments()), (vec![429], 0), "it was sent once, and not made");
    world.made_once().await;
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn u6_a_change_that_was_turned_away_within_two_minutes_is_sent_again() {
    let (world, wire) = with_a_change().await;
    turned_away_after(LONGEST_SENDING_SECONDS - 1, &world, &wire);
    world.apply_complete().await;
    assert_eq!(world.adjustment_posts(), [429, 200]);
    world.all_is_right_and_made_once().await;
}
