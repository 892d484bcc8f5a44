//! `--json`: standard output is JSON and nothing else, whatever is said beside it.

use it::desk::Desk;
use sandbox::seed::story;

#[tokio::test]
async fn each_json_is_pure_from_the_first_command_on() {
    let desk = Desk::new(1).await;
    let status = desk.run("status --json").await.exits(0).json();
    assert!(status["connection"].is_null() && status["needs"][0].is_string(), "{status}");
    let plan = desk.run("plan usage --json").await.exits(0).notes(&["Set up connection"]).json();
    assert_eq!(plan["findings"][0]["finding"], "nothing-mapped");
    desk.map_all().await;
    let plan = desk.run("plan usage --json").await.exits(3).json();
    assert_eq!(plan["held"][0]["reasons"][0]["reason"], "first-plan");
    let run = desk.run("apply usage --json").await.exits(0).json();
    assert_eq!((&run["run"]["counts"]["held"], &run["plan"]["id"]), (&1.into(), &plan["id"]));
    let status = desk.run("status --json").await.exits(0).json();
    assert_eq!(status["runs"][0]["outcome"]["ended"], "complete");
    assert_eq!(status["connection"]["first_plan_approved"], false);
}

#[tokio::test]
async fn json_has_the_exit_codes_of_the_text() {
    let desk = Desk::settled(1).await;
    desk.run("plan usage --json").await.exits(0).json();
    desk.uses(story::IN_FOLDER, "pw_base_workstations", 11);
    desk.run("plan usage --json").await.exits(2).json();
    let failed =
        desk.run_with("ACRONIS_CLIENT_SECRET", Some("not-the-secret"), "apply usage --json").await.exits(1).json();
    assert_eq!(failed["run"]["outcome"]["ended"], "failed");
    assert!(failed["plan"].is_null(), "{failed}");
    let failed = desk.run_with("ACRONIS_CLIENT_SECRET", Some("not-the-secret"), "plan usage --json").await.exits(1);
    assert_eq!(failed.out, "");
}
