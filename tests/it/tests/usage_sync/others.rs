//! Other hands on our lines (U3): corrected once and told, held when it happens again, and never added to
//! by mistake.

use functions::run::{Approve, Scope};
use functions::usage_sync;
use it::lines::{ADJUSTMENT, Sold};
use it::wire::{Operation, Phase, Strike, Wire};
use it::world::{World, even};
use shared::plan::{HoldReason, Plan};
use shared::run::{Mode, Outcome};

fn human_adjusts(world: &World, sold: &Sold, delta: i64) {
    let day = world.today();
    world.sandbox.world(|vendors| vendors.human_adjust(sold.line, delta, day)).expect("a person may");
}

fn told(findings: &[String]) -> bool {
    findings.iter().any(|text| text.contains("was changed by somebody else"))
}

fn is_held_for_another_writer(plan: &Plan) -> bool {
    let reasons = plan.held.iter().flat_map(|held| &held.reasons);
    reasons.into_iter().any(|reason| matches!(reason, HoldReason::AnotherWriter { .. }))
}

/// Lines that we wrote, a person's change of one of them, and the day after.
async fn changed_by_a_person() -> (World, Sold) {
    let world = World::even(2, 3).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world.apply_complete().await;
    let line = world.sold().remove(0);
    world.pass_days(1);
    human_adjusts(&world, &line, 5);
    world.pass_days(1);
    (world, line)
}

#[tokio::test]
async fn u3_a_line_changed_by_somebody_else_is_corrected_once_and_told() {
    let (world, _) = changed_by_a_person().await;
    let run = world.apply_complete().await;
    assert_eq!(run.record.counts.made, 1);
    assert!(told(&run.record.findings), "{:?}", run.record.findings);
    world.all_is_right_and_made_once().await;
    let next = world.apply_complete().await;
    assert!(next.record.findings.is_empty() && next.plan.is_some_and(|plan| plan.is_empty()), "told once");
}

#[tokio::test]
async fn u3_a_line_changed_again_within_seven_days_is_held_until_approved() {
    let (world, line) = changed_by_a_person().await;
    world.apply_complete().await;
    world.pass_days(1);
    human_adjusts(&world, &line, -1);
    world.pass_days(1);
    let run = world.apply_complete().await;
    let plan = run.plan.expect("there is one");
    assert!(is_held_for_another_writer(&plan), "{plan}");
    assert_eq!((run.record.counts.made, run.record.counts.held), (0, 1));
    // The days pass, and it is held all the same.
    world.pass_days(9);
    let plan = world.plan().await;
    assert!(is_held_for_another_writer(&plan), "{plan}");
    let id = plan.held[0].change.id.clone();
    world.approve(Approve::Ids(vec![id])).await.unwrap();
    let run = world.apply_complete().await;
    assert_eq!(run.record.counts.made, 1);
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn u3_a_line_changed_again_after_seven_days_is_corrected_again() {
    let (world, line) = changed_by_a_person().await;
    world.apply_complete().await;
    world.pass_days(8);
    human_adjusts(&world, &line, -1);
    world.pass_days(1);
    let run = world.apply_complete().await;
    assert_eq!((run.record.counts.made, run.record.counts.held), (1, 0));
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn u3_a_person_who_already_made_our_change_is_believed() {
    let world = World::even(2, 3).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world.apply_complete().await;
    world.pass_days(1);
    let line = world.sold().remove(0);
    world.set_used(&line, world.used(&line) + 2);
    human_adjusts(&world, &line, 2);
    let run = world.apply_complete().await;
    assert_eq!(run.record.counts.made, 0);
    assert!(told(&run.record.findings), "{:?}", run.record.findings);
    let next = world.apply_complete().await;
    assert!(next.record.findings.is_empty(), "told once");
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn u3_a_person_who_changes_a_line_on_the_same_day_is_corrected_the_day_after() {
    let world = World::even(2, 3).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    let line = world.sold().remove(0);
    human_adjusts(&world, &line, 4);
    let run = world.apply().await;
    assert_eq!((run.record.counts.made, run.record.counts.refused), (5, 1), "Autotask takes one change a day");
    world.pass_days(1);
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}

/// Runs until the first write to Autotask is about to be sent, lets a person do something, and goes on.
async fn between_reading_and_writing(world: &World, wire: &Wire, person: impl AsyncFnOnce()) -> Outcome {
    wire.strike(Operation::Adjustments, 0, 1, Strike::Held(Phase::Unsent));
    let meanwhile = async {
        wire.cut().await;
        person().await;
        wire.mend();
    };
    let run = usage_sync::run(&world.host, &world.connection, Scope::Everybody, Mode::Apply);
    let (run, ()) = tokio::join!(run, meanwhile);
    run.expect("it is recorded").record.outcome
}

#[tokio::test]
async fn u3_a_person_who_changes_a_line_between_our_reading_and_our_writing_is_noticed() {
    let (world, wire) = World::wired(even(1, 1)).await;
    world.settle().await;
    world.pass_days(1);
    let line = world.sold().remove(0);
    world.set_used(&line, world.used(&line) + 2);
    let sent_before = world.adjustment_posts().len();
    let outcome = between_reading_and_writing(&world, &wire, async || {
        assert_eq!(world.adjustment_posts().len(), sent_before);
        assert_eq!(world.open_intents().await, 1, "{ADJUSTMENT} is on its way");
        // Dated yesterday, so that Autotask takes ours as well.
        let yesterday = world.today().yesterday().unwrap();
        world.sandbox.world(|vendors| vendors.human_adjust(line.line, 7, yesterday)).expect("a person may");
    })
    .await;
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome}");
    assert_eq!(world.units(&line), world.used(&line) + 7);
    let next = world.apply_complete().await;
    assert!(told(&next.record.findings), "{:?}", next.record.findings);
    assert_eq!(world.open_intents().await, 0);
    world.pass_days(1);
    world.apply_complete().await;
    assert_eq!(world.wrong(), []);
    assert_eq!(world.ours().iter().map(|adjustment| adjustment.delta).collect::<Vec<_>>(), [2, -7]);
    world.nothing_unknown();
}
