//! From setup to the second run: the first plan waits, is approved, is applied, and then nothing is left
//! to do.

use it::world::World;
use shared::run::Outcome;

#[tokio::test]
async fn m5_the_first_plan_waits_for_approval_then_is_applied_then_nothing_is_left_to_do() {
    let world = World::plain(5).await;
    let plan = world.plan().await;
    assert!(plan.changes.is_empty() && !plan.held.is_empty());
    let untouched = world.apply_complete().await;
    assert_eq!((untouched.record.counts.made, world.adjustments()), (0, 0));

    world.approve_plan().await;
    let applied = world.apply_complete().await;
    assert_eq!(applied.record.counts.made, plan.held.len());
    assert_eq!(world.adjustments(), plan.held.len());

    let again = world.plan().await;
    assert!(again.is_empty(), "{again}");
    world.nothing_unknown();
}

#[tokio::test]
async fn b3_an_idle_run_writes_nothing_to_a_vendor() {
    let world = World::settled(5).await;
    world.sandbox.clear_requests();
    let idle = world.apply_complete().await;
    assert_eq!(idle.record.outcome, Outcome::Complete);
    let writes: Vec<String> = world
        .sandbox
        .requests()
        .into_iter()
        .filter(|request| {
            request.method != "GET" && !request.path.ends_with("query") && !request.path.ends_with("token")
        })
        .map(|request| format!("{} {}", request.method, request.path))
        .collect();
    assert_eq!(writes, Vec::<String>::new());
}
