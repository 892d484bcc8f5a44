//! The whole walk of a new provider, from an empty folder to units that follow.

use it::desk::{Desk, everything_sold};
use sandbox::seed::story;

#[tokio::test]
async fn before_anything_is_done_each_command_says_what_to_do() {
    let desk = Desk::new(1).await;
    desk.run("status").await.exits(0).prints(&["It is not set up yet.", "acrotask connect"]);
    desk.run("approve abc").await.exits(1).notes(&["connection default is not set up; run `acrotask connect`"]);
    let plan = desk.run("plan usage").await.exits(0);
    plan.prints(&["nothing to do yet", "acrotask mapping export FILE"])
        .notes(&["Set up connection default", "customers with equal names are mapped"]);
    let status = desk.run("status").await.exits(0);
    status.prints(&["It has not run yet.", "0 of 28 products are mapped", "Map products and customers"]);
    desk.run("connect").await.exits(0).prints(&["The mapping is as it was."]);
}

#[tokio::test]
async fn a_clerk_gets_from_nothing_to_units_that_follow() {
    let desk = Desk::new(2).await;
    let connected = desk.run("connect").await.exits(0);
    connected
        .prints(&["\"Sandbox Partner\"", "database 30595", "contract field \"Acronis PAYG\" exists"])
        .prints(&["customers with equal names are mapped."])
        .notes(&["Next: acrotask mapping export FILE"]);
    map_by_hand(&desk).await;
    approve_the_first_plan(&desk).await;
    let applied = desk.run("apply usage").await.exits(0);
    applied.prints(&[story::BUNDLED, "approved by anna", "Run complete: 1 of 1 change made"]);
    assert_eq!(desk.adjustments(), 1);
    desk.run("plan usage").await.exits(0).prints(&["0 changes, 0 held"]);
    desk.run("apply usage").await.exits(0).prints(&["Run complete: 0 of 0 changes made"]);
    assert_eq!(desk.adjustments(), 1);
    let status = desk.run("status").await.exits(0);
    status.prints(&["It works: the last run, just now, made 0 of 0 changes", "16 of 28 products"]).prints(&[
        "What needs you",
        "Look at",
        "Findings",
        "Autotask's hour",
    ]);
    units_follow(&desk).await;
}

/// The file is edited as it says: products are sold, the suggested tenant is taken, a company is ignored.
async fn map_by_hand(desk: &Desk) {
    desk.run("mapping export map.toml").await.exits(0).notes(&["0 of 28 products are mapped. Edit it, then"]);
    let again = desk.run("mapping export map.toml").await.exits(1);
    again.notes(&["map.toml is there already and may hold edits", "--force"]);
    let exported = desk.read("map.toml");
    let suggestion = exported.lines().find(|line| line.starts_with("# tenant = ") && line.contains("near"));
    let suggestion = suggestion.expect("the file suggests a tenant");
    let alone = format!("name = \"{}\"\n", story::COMPANY_ONLY);
    let edited = everything_sold(&exported)
        .replace(suggestion, suggestion.trim_start_matches("# "))
        .replace(&alone, &format!("{alone}ignored = \"buys paper only\"\n"));
    desk.write("map.toml", &edited);
    let taken = desk.run("mapping import map.toml").await.exits(0);
    taken
        .prints(&["Taken over: 2 customers (", story::NEAR_MATCH_COMPANY, story::COMPANY_ONLY, "16 products ("])
        .prints(&["16 of 28 products are mapped."])
        .notes(&["acrotask plan"]);
    let again = desk.run("mapping import map.toml").await.exits(0);
    again.prints(&["map.toml says what is in force already; nothing was changed."]);
}

async fn approve_the_first_plan(desk: &Desk) {
    let plan = desk.run("plan usage").await.exits(3);
    let plan = plan.prints(&["the first plan", story::BUNDLED]).notes(&["before the first plan is approved"]);
    let id = plan.out.split_whitespace().nth(1).expect("a plan begins with its id").to_owned();
    desk.run("status").await.exits(0).prints(&["It has not run yet.", "Approve the first plan: acrotask plan usage"]);
    let apply = desk.run("apply usage").await.exits(0);
    apply.prints(&["0 of 0 changes made, 1 held"]).notes(&[&format!("acrotask approve --plan {id}")]);
    assert_eq!(desk.adjustments(), 0);
    desk.run("status").await.exits(0).prints(&["It only looks so far"]);
    let single = desk.run("approve 0123456789ab").await.exits(1);
    single.notes(&["the first plan is approved as a whole", &id]);
    let approved = desk.run(&format!("approve --plan {id}")).await.exits(0);
    approved
        .prints(&["Approved by anna:", story::BUNDLED, "Acronis Workstations", "10 → 6"])
        .notes(&["Make the changes: acrotask apply usage"]);
    desk.run("plan usage").await.exits(2).prints(&["approved by anna"]);
    desk.run("connect").await.exits(0).notes(&["Next: acrotask plan"]);
    desk.run("plan usage").await.exits(2).prints(&["approved by anna"]);
}

/// From then on what changes a little is made without asking.
async fn units_follow(desk: &Desk) {
    desk.uses(story::IN_FOLDER, "pw_base_workstations", 12);
    let plan = desk.run("plan usage").await.exits(2);
    plan.prints(&["1 change", story::IN_FOLDER, "10 → 12"]).notes(&["Make the changes: acrotask apply usage"]);
    desk.run("apply usage").await.exits(0).prints(&["Run complete: 1 of 1 change made"]);
    let status = desk.run("status").await.exits(0);
    status.prints(&["It works: the last run, just now, made 1 of 1 change"]);
    let unknown = desk.sandbox.unknown_requests();
    assert!(unknown.is_empty(), "requests that no vendor knows: {unknown:?}");
}
