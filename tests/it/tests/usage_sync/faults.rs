//! What can go wrong with a change of units on its way to Autotask and back (U6): whatever the vendor
//! answers or does not, each change is made once.

use it::lines::ADJUSTMENT;
use it::world::World;
use sandbox::{Fault, FaultKind};
use shared::run::Outcome;

/// The first, a middle and the last of eight changes.
const POSITIONS: [usize; 3] = [0, 4, 7];
const CHANGES: usize = 8;

/// Eight changes a day, one of them struck; the next run on the same day ends right.
async fn struck_at_each_position(kind: FaultKind) {
    let mut world = World::even(2, 4).await;
    world.impatient();
    for after in POSITIONS {
        world.pass_days(1);
        world.use_one_more_of_each();
        let before = world.adjustments();
        world.sandbox.fail(Fault::once(ADJUSTMENT, kind.clone()).after(after));
        world.apply().await;
        world.sandbox.clear_faults();
        world.apply_complete().await;
        assert_eq!(world.adjustments(), before + CHANGES, "{kind:?} at {after}");
        world.all_is_right_and_made_once().await;
    }
    let refused = world.adjustment_posts().into_iter().filter(|status| *status == 500).count();
    let told = matches!(kind, FaultKind::ThreadLimitText { status: 500 });
    assert_eq!(refused, if told { POSITIONS.len() } else { 0 }, "Autotask refused what was sent again");
}

fn status_before(status: u16) -> FaultKind {
    FaultKind::StatusBefore { status, body: None }
}

fn status_after(status: u16) -> FaultKind {
    FaultKind::StatusAfter { status, body: None }
}

#[tokio::test]
async fn u6_a_503_after_the_commit_does_not_bill_twice() {
    struck_at_each_position(status_after(503)).await;
}

#[tokio::test]
async fn u6_silence_after_the_commit_does_not_bill_twice() {
    struck_at_each_position(FaultKind::SilenceAfter).await;
}

#[tokio::test]
async fn u6_a_reset_after_the_commit_does_not_bill_twice() {
    struck_at_each_position(FaultKind::ResetAfter).await;
}

#[tokio::test]
async fn u6_a_reply_cut_short_after_the_commit_does_not_bill_twice() {
    struck_at_each_position(FaultKind::CutBody).await;
}

#[tokio::test]
async fn u6_a_reply_that_is_no_json_after_the_commit_does_not_bill_twice() {
    struck_at_each_position(FaultKind::BrokenJson).await;
}

#[tokio::test]
async fn u6_a_503_before_the_commit_is_sent_again_by_the_next_run() {
    struck_at_each_position(status_before(503)).await;
}

#[tokio::test]
async fn u6_a_page_of_a_proxy_before_the_commit_is_sent_again_by_the_next_run() {
    struck_at_each_position(FaultKind::HtmlBody { status: 502 }).await;
}

#[tokio::test]
async fn u6_silence_before_the_commit_is_sent_again_by_the_next_run() {
    struck_at_each_position(FaultKind::SilenceBefore).await;
}

#[tokio::test]
async fn u6_a_reset_before_the_commit_is_sent_again_by_the_next_run() {
    struck_at_each_position(FaultKind::ResetBefore).await;
}

#[tokio::test]
async fn u6_a_429_is_waited_for_and_sent_again() {
    struck_at_each_position(FaultKind::Throttle { retry_after: None }).await;
}

#[tokio::test]
async fn u6_a_429_that_names_its_wait_is_waited_for_and_sent_again() {
    struck_at_each_position(FaultKind::Throttle { retry_after: Some(1) }).await;
}

#[tokio::test]
async fn u6_the_thread_limit_under_status_500_is_no_refusal_but_sent_again() {
    struck_at_each_position(FaultKind::ThreadLimitText { status: 500 }).await;
}

#[tokio::test]
async fn u6_a_429_that_asks_for_an_hour_ends_the_run_and_is_left_to_the_next() {
    let world = World::even(2, 4).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world.sandbox.fail(Fault::once(ADJUSTMENT, FaultKind::Throttle { retry_after: Some(3_600) }));
    let soon = std::time::Duration::from_secs(20);
    let run = tokio::time::timeout(soon, world.apply()).await.expect("the run does not wait for an hour");
    assert!(matches!(run.record.outcome, Outcome::Stopped(_)), "{}", run.record.outcome);
    assert_eq!(world.open_intents().await, 0, "what was not run is not left open");
    world.pass_seconds(3_600);
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn u6_a_refusal_is_a_finding_and_is_not_sent_again_on_that_day() {
    let world = World::even(2, 4).await;
    for after in POSITIONS {
        world.pass_days(1);
        world.use_one_more_of_each();
        let body = Some("{\"errors\": [\"The contract is locked by another user.\"]}".to_owned());
        world.sandbox.fail(Fault::once(ADJUSTMENT, FaultKind::StatusBefore { status: 500, body }).after(after));
        let run = world.apply().await;
        assert!(matches!(run.record.outcome, Outcome::Failed(_)), "{}", run.record.outcome);
        assert_eq!((run.record.counts.made, run.record.counts.refused), (CHANGES - 1, 1));
        assert!(run.record.findings.iter().any(|text| text.contains("locked by another user")), "{:?}", run.record);
        assert_eq!(world.wrong().len(), 1);

        let sent = world.adjustment_posts().len();
        let again = world.apply_complete().await;
        assert_eq!(world.adjustment_posts().len(), sent, "not tried again today");
        assert!(again.record.findings.iter().any(|text| text.contains("locked by another user")), "it is still told");
        world.pass_days(1);
        world.apply_complete().await;
        world.all_is_right_and_made_once().await;
    }
}

#[tokio::test]
async fn u6_a_refused_change_is_sent_again_when_its_inputs_change() {
    let world = World::even(1, 3).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    let body = Some("{\"errors\": [\"No.\"]}".to_owned());
    world.sandbox.fail(Fault::once(ADJUSTMENT, FaultKind::StatusBefore { status: 500, body }));
    world.apply().await;
    let (refused, _, used) = world.wrong().remove(0);
    world.set_used(&refused, used + 1);
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn u6_an_unanswered_change_blocks_its_line_for_settle_minutes_and_is_then_settled() {
    for kind in [status_before(503), FaultKind::ResetBefore] {
        let world = World::even(2, 4).await;
        world.change_mapping(|mapping| mapping.settings.settle_minutes = 10).await;
        world.pass_days(1);
        world.use_one_more_of_each();
        world.sandbox.fail(Fault::once(ADJUSTMENT, kind).after(3));
        let run = world.apply().await;
        assert!(matches!(run.record.outcome, Outcome::Failed(_)), "{}", run.record.outcome);
        assert_eq!((run.record.counts.open, world.open_intents().await), (1, 1));
        let sent_at = run.record.unanswered_since;
        assert_eq!(sent_at, Some(run.record.heard));

        let sent = world.adjustment_posts().len();
        for seconds in [0, 300, 299] {
            world.pass_seconds(seconds);
            let again = world.apply_complete().await;
            assert!(again.record.findings.iter().any(|text| text.contains("unanswered")), "{:?}", again.record);
            assert_eq!((world.open_intents().await, world.wrong().len()), (1, 1));
            assert_eq!((again.record.counts.open, again.record.unanswered_since), (1, sent_at));
        }
        assert_eq!(world.adjustment_posts().len(), sent, "it may still arrive");
        world.pass_seconds(1);
        let settled = world.apply_complete().await.record;
        assert_eq!((settled.counts.open, settled.unanswered_since), (0, None));
        world.all_is_right_and_made_once().await;
    }
}

#[tokio::test]
async fn u6_an_unanswered_change_whose_reading_back_fails_is_found_made_by_the_next_run() {
    let mut world = World::even(2, 4).await;
    world.impatient();
    world.change_mapping(|mapping| mapping.settings.settle_minutes = 10).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world.sandbox.fail(Fault::always(ADJUSTMENT, FaultKind::ResetAfter));
    // The units are read once for the plan and once for the lines that change.
    world.sandbox.fail(Fault::always("autotask.contract_service_units.query", status_before(503)).after(2));
    let run = world.apply().await;
    assert!(matches!(run.record.outcome, Outcome::Failed(_)), "{}", run.record.outcome);
    assert_eq!((world.open_intents().await, run.record.counts.open), (CHANGES, CHANGES));
    assert_eq!(run.record.unanswered_since, Some(run.record.started));
    world.sandbox.clear_faults();
    world.apply_complete().await;
    assert_eq!(world.adjustments(), CHANGES);
    world.all_is_right_and_made_once().await;
}
