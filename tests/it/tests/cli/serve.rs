//! `serve`: a run at the start, then on schedule, until it is asked to end.

use it::desk::Desk;
use sandbox::seed::story;
use sandbox::{Fault, FaultKind};

#[tokio::test]
async fn in_apply_mode_it_makes_a_run_at_once_and_ends_at_ctrl_c() {
    let desk = Desk::settled(1).await;
    let before = desk.adjustments();
    desk.uses(story::IN_FOLDER, "pw_base_workstations", 11);
    let mut serve = desk.start("serve", &[("MODE", "apply")]);
    serve.until("acrotask serves connection default").await;
    serve.until("Run complete: 1 of 1 change made").await;
    serve.until("Next usage-sync: ").await;
    assert_eq!(desk.adjustments(), before + 1);
    serve.signal("-INT");
    let said = serve.end().await.exits(0).notes(&["MODE=apply", "04:00 UTC"]);
    assert!(!said.err.contains("WARN") && !said.err.contains("ERROR"), "{said:#?}");
    desk.run("plan usage").await.exits(0);
}

#[tokio::test]
async fn in_plan_mode_it_only_looks_and_ends_at_a_polite_request() {
    let desk = Desk::settled(1).await;
    let before = desk.adjustments();
    desk.uses(story::IN_FOLDER, "pw_base_workstations", 11);
    let mut serve = desk.start("serve", &[("MODE", "plan")]);
    serve.until("only looks (MODE=plan); set MODE=apply to let it write").await;
    serve.until("Run complete: 0 of 1 change made").await;
    serve.until("Next usage-sync: ").await;
    assert_eq!(desk.adjustments(), before);
    serve.signal("-TERM");
    serve.end().await.exits(0);
    desk.run("status").await.exits(0).prints(&["1 change is only shown (MODE=plan): acrotask apply usage"]);
}

#[tokio::test]
async fn a_run_under_way_is_finished_before_it_ends() {
    let desk = Desk::settled(1).await;
    desk.uses(story::IN_FOLDER, "pw_base_workstations", 11);
    desk.sandbox.fail(Fault::once("acronis.", FaultKind::Delay { millis: 1_000 }));
    let mut serve = desk.start("serve", &[("MODE", "apply"), ("RUST_LOG", "functions::dispatch=info")]);
    serve.until("due").await;
    serve.signal("-INT");
    let said = serve.end().await.exits(0);
    let said = said.notes(&["Finishing the run under way", "Run complete: 1 of 1 change made"]);
    assert!(!said.err.contains("Next usage-sync"), "{said:#?}");
}

#[tokio::test]
async fn a_run_that_fails_is_told_and_the_next_one_is_waited_for() {
    let desk = Desk::settled(0).await;
    desk.sandbox.fail(Fault::always("acronis.tenants", FaultKind::StatusBefore { status: 403, body: None }));
    let mut serve = desk.start("serve", &[("MODE", "apply")]);
    serve.until("Run failed: ").await;
    serve.until("Next usage-sync: ").await;
    serve.signal("-INT");
    serve.end().await.exits(0);
    desk.run("status").await.exits(0).prints(&["It does not work: the last run of usage-sync, just now, failed."]);
}

/// Saves a time zone that no mapping file may name, as a newer version with another calendar might.
async fn set_time_zone(desk: &Desk, time_zone: &str) {
    desk.change_mapping(|mapping| mapping.settings.time_zone = time_zone.to_owned()).await;
}

#[tokio::test]
async fn it_goes_on_where_the_schedule_cannot_be_read_and_tries_again_in_an_hour() {
    let desk = Desk::settled(0).await;
    set_time_zone(&desk, "Mars/Olympus_Mons").await;
    let mut serve = desk.start("serve", &[("MODE", "apply")]);
    serve.until("the schedule cannot be read (settings.time_zone").await;
    serve.until("Next usage-sync: ").await;
    serve.signal("-INT");
    serve.end().await.exits(0).notes(&["Run failed: ", "tried again in an hour"]);
    set_time_zone(&desk, "UTC").await;
    desk.run("apply usage").await.exits(0);
}
