//! `explain`: from the units in force back to the usage behind them, with the changes of others as such.

use it::desk::Desk;
use sandbox::seed::story;

/// The number of the service that workstations are sold as.
const WORKSTATIONS: &str = "101";

fn first_word(name: &str) -> &str {
    name.split_whitespace().next().expect("names have words")
}

#[tokio::test]
async fn each_unit_is_explained_from_the_change_back_to_the_usage() {
    let desk = Desk::settled(1).await;
    let customer = first_word(story::IN_FOLDER);
    let untouched = desk.run(&format!("explain {customer} {WORKSTATIONS}")).await.exits(0);
    untouched.prints(&["Acronis Workstations on contract", "10 units on", "never written by us"]);
    desk.uses(story::IN_FOLDER, "pw_base_workstations", 12);
    desk.run("apply usage").await.exits(0).prints(&["Run complete: 1 of 1 change made"]);
    let told = desk.run(&format!("explain {customer} {WORKSTATIONS}")).await.exits(0);
    told.prints(&["12 units on", "10 units found before our first change", "10 → 12  from"]).prints(&[
        "by run",
        "usage of tenant",
        "12  Workstations (pw_base_workstations; absolute_value)",
        "together 12 base units ÷ 1 piece = 12 rounded up; wanted 12",
    ]);
    change_by_hand(&desk);
    let told = desk.run(&format!("explain {customer} {WORKSTATIONS}")).await.exits(0);
    told.prints(&["15 units on", "12 → 15  changed by somebody else"]);
    let json = desk.run(&format!("explain {customer} {WORKSTATIONS} --json")).await.exits(0);
    let stories: serde_json::Value = serde_json::from_str(&json.out).expect("pure JSON");
    assert_eq!((&stories[0]["units"], stories[0]["chapters"].as_array().map(Vec::len)), (&15.into(), Some(3)));
}

/// Somebody adds three workstations.
fn change_by_hand(desk: &Desk) {
    desk.sandbox.world(|world| {
        let company = world.company_named(story::IN_FOLDER).expect("the company is there");
        let contract = world.contracts_of(company)[0].id;
        let line = world.lines_of(contract).into_iter().find(|line| line.service_id.to_string() == WORKSTATIONS);
        let (line, today) = (line.expect("the line is there").id, world.today());
        // The day itself is taken by our own change.
        let yesterday = today.yesterday().expect("a near day");
        world.human_adjust(line, 3, yesterday).expect("the vendor takes it");
    });
}

#[tokio::test]
async fn who_or_what_is_not_known_or_not_the_only_one_is_said() {
    let desk = Desk::settled(1).await;
    let customer = first_word(story::IN_FOLDER);
    desk.run("explain Nobody 101").await.exits(1).notes(&["no company is called \"Nobody\"", "a part of its name"]);
    desk.run(&format!("explain {customer} 9999")).await.exits(1).notes(&["no service is called \"9999\""]);
    let several = desk.run(&format!("explain {customer} workstations")).await.exits(1);
    several.notes(&["2 services are called \"workstations\"", "give the number"]);
    desk.run(&format!("explain {customer} 101 --on yesterday")).await.exits(64);
}
