//! An approval is for exactly what was shown (H2), and says what that was.

use it::desk::Desk;
use sandbox::seed::story;

const SERVERS: &str = "pw_base_servers";

/// The id of the only change held.
async fn held(desk: &Desk) -> String {
    let plan = desk.plan_json().await;
    assert_eq!(plan["held"].as_array().map(Vec::len), Some(1), "{plan}");
    plan["held"][0]["change"]["id"].as_str().expect("a change has an id").to_owned()
}

#[tokio::test]
async fn a_jump_is_held_told_approved_by_its_id_and_made() {
    let desk = Desk::settled(1).await;
    let before = desk.adjustments();
    desk.uses(story::IN_FOLDER, SERVERS, 42);
    let plan = desk.run("plan usage").await.exits(3);
    plan.prints(&[story::IN_FOLDER, "the units jump"]).notes(&["Approve all of it", "acrotask approve ID"]);
    desk.run("apply usage").await.exits(0).prints(&["0 of 0 changes made, 1 held"]).notes(&["acrotask approve"]);
    desk.run("status").await.exits(0).prints(&["1 change is held: acrotask plan usage shows why"]);
    let id = held(&desk).await;
    let approved = desk.run(&format!("approve {id} --by Berta")).await.exits(0);
    approved.prints(&["Approved by Berta:", &id, story::IN_FOLDER, "Acronis Servers", "2 → 42"]);
    let again = desk.run(&format!("approve {id}")).await.exits(0);
    again.prints(&["Approved by anna:", "approved before by Berta"]);
    assert_eq!(desk.adjustments(), before);
    desk.run("apply usage").await.exits(0).prints(&["1 of 1 change made"]);
    assert_eq!(desk.adjustments(), before + 1);
}

#[tokio::test]
async fn what_moved_since_it_was_shown_is_not_approved() {
    let desk = Desk::settled(1).await;
    let before = desk.adjustments();
    desk.uses(story::IN_FOLDER, SERVERS, 42);
    let (plan, change) = (desk.plan_id().await, held(&desk).await);
    desk.uses(story::IN_FOLDER, SERVERS, 43);
    let refused = desk.run(&format!("approve {change}")).await.exits(1);
    refused.notes(&[&change, "is not in the plan any more", "Nothing was approved", "acrotask plan"]);
    let refused = desk.run(&format!("approve --plan {plan}")).await.exits(1);
    refused.notes(&[&plan, "is no longer what would be done", "acrotask plan"]);
    desk.run("apply usage").await.exits(0).prints(&["0 of 0 changes made, 1 held"]);
    assert_eq!(desk.adjustments(), before);
}

#[tokio::test]
async fn status_lists_all_findings_as_text_as_json_and_as_csv() {
    let desk = Desk::settled(1).await;
    desk.run("status --findings").await.exits(0).prints(&["to be done, 0 ignored", "Findings", "since "]);
    let all = desk.run("status --findings --json").await.exits(0).json();
    let first = all[0].as_object().expect("there is a finding");
    assert!(first["fact"].is_string() && first["advice"].is_string() && first["id"].is_string(), "{all}");
    let file = desk.run("status --findings --csv").await.exits(0);
    let count = all.as_array().expect("it is a list").len();
    assert_eq!(file.out.lines().count(), count + 1, "{}", file.out);
    file.prints(&["company,customer,kind,finding,what to do,cost"]);
    desk.run("status").await.exits(0).prints(&[first["fact"].as_str().expect("it is text")]);
    desk.run("status --csv").await.exits(64);
    desk.run("status --findings --json --csv").await.exits(64);
}
