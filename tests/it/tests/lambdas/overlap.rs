//! Two invocations of a function at once: one of them works, and the other one gives way or waits for its end. One that
//! stood still for longer than its lease adds nothing more.

use crate::batches::failed;
use crate::killed::did_all;
use crate::response;
use crate::work::{Alerts, Quotas, Tickets, Units, Watching, Work};
use it::runtime::Answer;
use it::wire::{Phase, Strike};
use std::collections::BTreeSet;
use std::time::Duration;

const FIVE_MINUTES: Duration = Duration::from_secs(300);
/// Longer than a run takes that does not wait.
const A_WHILE: Duration = Duration::from_millis(1_500);

/// The first invocation stands still at one of its writes, to whomever, while the second one comes.
async fn one_works_at_a_time<W: Work>(moments: &[(usize, Phase)]) {
    let (mut work, (name, _)) = (W::stand().await, W::FUNCTION);
    for (write, phase) in moments {
        let event = work.begin().await;
        let stand = work.at();
        let (mut first, mut second) = (stand.function(name).await, stand.function(name).await);
        stand.wire.hold_at_write(*write, *phase);
        first.wake(event.clone(), FIVE_MINUTES);
        stand.wire.cut().await;
        second.wake(event.clone(), FIVE_MINUTES);
        let waits = event["Records"].is_array();
        if *write == 0 {
            // The first one is not at work yet, and comes second.
            did_all(second.answer().await);
        } else if waits {
            let early = tokio::time::timeout(A_WHILE, second.answer()).await;
            assert!(early.is_err(), "{name} does not wait: {early:?}");
        } else {
            assert_eq!(response(second.answer().await)["outcome"]["ended"], "skipped");
        }
        stand.wire.mend();
        did_all(first.answer().await);
        if waits && *write > 0 {
            did_all(second.answer().await);
        }
        first.end().await;
        second.end().await;
        work.is_done_once().await;
    }
}

/// The lease, not taken yet; and two moments in the midst of the work.
const MOMENTS: [(usize, Phase); 3] = [(0, Phase::Unsent), (1, Phase::Committed), (3, Phase::Unsent)];

#[tokio::test]
async fn u6_of_two_invocations_at_once_one_works_at_a_time() {
    tokio::join!(
        Box::pin(one_works_at_a_time::<Units>(&MOMENTS)),
        Box::pin(one_works_at_a_time::<Quotas>(&MOMENTS)),
        // It writes little: its lease, where it is, and that the lease is free.
        Box::pin(one_works_at_a_time::<Watching>(&MOMENTS[..2])),
        Box::pin(one_works_at_a_time::<Alerts>(&MOMENTS)),
        Box::pin(one_works_at_a_time::<Tickets>(&MOMENTS)),
    );
}

/// The first invocation stands still with a change on its way, for longer than its lease; then the change arrives.
async fn who_stood_still_adds_nothing_more<W: Work>() {
    let (mut work, (name, job)) = (W::stand().await, W::FUNCTION);
    let write = W::ASKS.1.expect("it writes to a vendor");
    work.at().world.change_mapping(|mapping| mapping.settings.settle_minutes = 10).await;
    let event = work.begin().await;
    let stand = work.at();
    let (mut first, mut second) = (stand.function(name).await, stand.function(name).await);
    stand.wire.strike(write, 0, 1, Strike::Held(Phase::Unsent));
    first.wake(event.clone(), FIVE_MINUTES);
    stand.wire.cut().await;
    stand.the_lease_is_over(job).await;
    // It does what it can, and leaves alone what may be on its way.
    second.invoke(event.clone()).await;
    stand.wire.mend();
    match first.answer().await {
        Answer::Response(answer) if event["Records"].is_array() => {
            assert_ne!(failed(&answer), BTreeSet::new(), "{name}");
        }
        Answer::Response(answer) => assert_ne!(answer["outcome"]["ended"], "complete", "{name}: {answer}"),
        Answer::Error(text) => assert!(text.contains("another run took the lease"), "{name}: {text}"),
    }
    assert!(!stand.wire.passed().contains(&Some(write)), "{name} goes on without its lease");
    first.end().await;
    second.end().await;
    let mut third = stand.function(name).await;
    did_all(third.invoke(event).await);
    third.end().await;
    work.is_done_once().await;
}

#[tokio::test]
async fn u6_an_invocation_that_stood_still_past_its_lease_adds_nothing_more() {
    tokio::join!(
        Box::pin(who_stood_still_adds_nothing_more::<Units>()),
        Box::pin(who_stood_still_adds_nothing_more::<Quotas>()),
        // Not `ticket-changed`: a dismissal that comes twice, by the alert's id, is one.
        Box::pin(who_stood_still_adds_nothing_more::<Alerts>()),
    );
}
