//! What is wrong around the program is told with what to do, and ends it with 1.

use acrotask::table::EmbeddedTable;
use functions::store::Store;
use it::desk::Desk;
use jiff::Timestamp;
use shared::ids::ConnectionId;
use shared::run::Job;

#[tokio::test]
async fn a_missing_variable_is_named_with_what_belongs_there() {
    let desk = Desk::new(0).await;
    for name in [
        "ACRONIS_DATACENTER_URL",
        "ACRONIS_CLIENT_ID",
        "ACRONIS_CLIENT_SECRET",
        "AUTOTASK_USER_NAME",
        "AUTOTASK_SECRET",
        "AUTOTASK_INTEGRATION_CODE",
    ] {
        desk.run_with(name, None, "status").await.exits(1).notes(&[&format!("{name} is not set: put there")]);
        desk.run_with(name, Some(" "), "plan usage").await.exits(1).notes(&[&format!("{name} is not set: put there")]);
    }
    desk.run_with("MODE", Some("both"), "serve").await.exits(1).notes(&["MODE is \"both\": expected plan or apply"]);
}

#[tokio::test]
async fn wrong_credentials_are_told_by_the_variable_and_never_repeated() {
    let desk = Desk::settled(0).await;
    let wrong = [
        ("ACRONIS_CLIENT_ID", "check ACRONIS_CLIENT_ID and ACRONIS_CLIENT_SECRET"),
        ("ACRONIS_CLIENT_SECRET", "check ACRONIS_CLIENT_ID and ACRONIS_CLIENT_SECRET"),
        ("AUTOTASK_USER_NAME", "AUTOTASK_USER_NAME"),
        ("AUTOTASK_SECRET", "AUTOTASK_SECRET"),
        ("AUTOTASK_INTEGRATION_CODE", "AUTOTASK_INTEGRATION_CODE"),
    ];
    for (name, told) in wrong {
        desk.run_with(name, Some("QUITE-WRONG-0001"), "plan usage").await.exits(1).notes(&[told]);
        desk.run_with(name, Some("QUITE-WRONG-0001"), "connect").await.exits(1).notes(&[told]);
    }
    let apply = desk.run_with("ACRONIS_CLIENT_SECRET", Some("QUITE-WRONG-0001"), "apply usage").await.exits(1);
    apply.prints(&["Run failed: 0 of 0 changes made", "ACRONIS_CLIENT_SECRET"]);
    desk.run("status")
        .await
        .exits(0)
        .prints(&["It does not work: the last run of usage-sync, just now, failed.", "ACRONIS_CLIENT_SECRET"]);
}

#[tokio::test]
async fn not_even_a_talkative_program_shows_a_secret() {
    let desk = Desk::new(1).await;
    // Whatever it says is searched.
    for line in ["connect --create-field", "plan usage", "apply usage"] {
        let said = desk.run_with("RUST_LOG", Some("trace"), line).await;
        let is_said = |words: &str| said.err.contains(words);
        assert!(["TRACE", "aws_smithy_runtime", "hyper_util"].into_iter().all(is_said), "{line} says all that it can");
    }
}

#[tokio::test]
async fn secrets_are_sent_to_no_address_but_the_vendors() {
    let desk = Desk::new(0).await;
    let url = "ACRONIS_DATACENTER_URL";
    let evil = desk.run_with(url, Some("https://acronis.com.evil.example"), "connect").await.exits(1);
    evil.notes(&["is no address of Acronis", "expected https://….acronis.com"]);
    let loopback = desk.run_with("ACROTASK_ALLOW_LOOPBACK", Some("0"), "connect").await.exits(1);
    loopback.notes(&["expected https://"]);
    desk.sandbox.clear_requests();
    let zone = desk.run_with("AUTOTASK_ZONE_URL", Some("http://webservices.autotask.net"), "plan usage").await.exits(1);
    zone.notes(&["it is not https"]);
    assert!(desk.sandbox.requests().is_empty());
}

#[tokio::test]
async fn a_folder_that_cannot_hold_the_state_is_told() {
    let desk = Desk::new(0).await;
    desk.write("file", "no folder");
    let file = desk.folder.path().join("file").display().to_string();
    let said = desk.run_with("ACROTASK_DATA", Some(&file), "plan usage").await.exits(1);
    said.notes(&[&file, "cannot be", "ACROTASK_DATA names another folder"]);
}

#[tokio::test]
async fn a_connection_that_is_not_set_up_is_no_second_one() {
    let desk = Desk::settled(0).await;
    for line in ["plan", "apply", "status", "serve", "mapping export -"] {
        let said = desk.run(&format!("--connection defualt {line}")).await.exits(1);
        said.notes(&["connection defualt is not set up", "there is: default", "acrotask connect --connection defualt"]);
    }
}

#[tokio::test]
async fn a_run_that_finds_another_at_work_gives_way() {
    let desk = Desk::settled(0).await;
    let table = EmbeddedTable::in_folder(&desk.folder.path().join("state")).await.expect("the state is opened");
    let store = Store::new(table.client(), "acrotask");
    let connection = ConnectionId::new("default");
    let lease = store.acquire_lease(&connection, Job::UsageSync, "another run", Timestamp::now()).await;
    let lease = lease.expect("the lease is asked for").expect("the lease is free");
    let skipped = desk.run("apply usage").await.exits(1);
    skipped.prints(&["Run skipped", "another run is at work: try again when it is done"]);
    desk.run("status").await.exits(0).prints(&["It works", "skipped"]);
    store.release_lease(lease).await.expect("the lease is given back");
    desk.run("apply usage").await.exits(0);
}
