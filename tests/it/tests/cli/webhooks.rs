//! `webhooks`: what is made in Autotask, that a second time changes nothing, what a lost reply leaves, and
//! what a person reads; and a call of Autotask's own that arrives at `serve`.

use it::desk::Desk;
use sandbox::autotask::callouts::{Action, Event};
use sandbox::autotask::{API_RESOURCE, HUMAN_RESOURCE};
use sandbox::{Fault, FaultKind};
use serde_json::{Map, json};

const KEY: &str = "the-key-of-the-desk-and-of-autotask";
const INSTALL: &str = "webhooks install --url https://hooks.example.com";
const ADDRESS: &str = "https://hooks.example.com/v1/default/autotask";

async fn desk() -> Desk {
    let mut desk = Desk::new(1).await;
    desk.environment.insert("AUTOTASK_WEBHOOK_KEY".to_owned(), KEY.to_owned());
    desk
}

/// Requests that changed something in Autotask since the last look.
fn writes(desk: &Desk) -> usize {
    let seen = desk.sandbox.requests();
    desk.sandbox.clear_requests();
    let is_write = |name: &str| [".create", ".update", ".delete"].iter().any(|ending| name.ends_with(ending));
    seen.iter().filter(|seen| seen.operation.contains("webhook") && is_write(&seen.operation)).count()
}

#[tokio::test]
async fn they_are_made_once_and_then_only_looked_at() {
    let desk = desk().await;
    desk.run("webhooks status").await.exits(0).prints(&["Company: there is none of ours", "webhooks install"]);
    let said = desk.run(INSTALL).await.exits(0);
    let said = said.prints(&["Company: created", "watches Company Name", "watches Is Active", "watches Company Type"]);
    let said = said.prints(&["Ticket: created; watches Status", "watches Title", "watches Ticket ID"]);
    assert!(!said.out.contains(KEY) && !said.err.contains(KEY), "the key is told: {said:#?}");
    // Three webhooks, six fields and a field that is shown, and the API user for each.
    assert_eq!(writes(&desk), 3 + 7 + 3);
    let status = desk.run("webhooks status --json").await.exits(0).json();
    assert_eq!(status["needs"], json!([]), "{status:#}");
    for webhook in status["webhooks"].as_array().unwrap() {
        assert_eq!(
            (&webhook["url"], &webhook["active"], &webhook["ready"]),
            (&json!(ADDRESS), &json!(true), &json!(true))
        );
        assert_eq!(webhook["excludes_api_user"], true);
    }
    desk.run("webhooks status").await.exits(0).prints(&["Nothing needs you.", ADDRESS, "the API user"]);
    desk.run(INSTALL).await.exits(0).prints(&["Company: as it should be", "TicketNote: as it should be"]);
    assert_eq!(writes(&desk), 0);
    // The address may move, and the key be changed.
    let moved = desk.run("webhooks install --url https://other.example.com/door/").await.exits(0);
    moved.prints(&["Company: address, key and events set"]);
    assert_eq!(writes(&desk), 3);
    desk.run("webhooks install --url https://other.example.com/door --new-key").await.exits(0);
    assert_eq!(writes(&desk), 3);
}

#[tokio::test]
async fn a_reply_that_is_lost_is_settled_by_reading() {
    for operation in [
        "autotask.company_webhooks.create",
        "autotask.company_webhook_fields.create",
        "autotask.company_webhook_excluded_resources.create",
    ] {
        let desk = desk().await;
        desk.sandbox.fail(Fault::once(operation, FaultKind::ResetAfter));
        desk.run(INSTALL).await.exits(0).prints(&["Company: created; watches Company Name"]);
        assert_eq!(writes(&desk), 3 + 7 + 3, "{operation}");
        let desk = self::desk().await;
        desk.sandbox.fail(Fault::once(operation, FaultKind::ResetBefore));
        desk.run(INSTALL).await.exits(0);
        desk.run("webhooks status").await.exits(0).prints(&["Nothing needs you."]);
        let desk = self::desk().await;
        desk.sandbox.fail(Fault::always(operation, FaultKind::ResetBefore));
        desk.run(INSTALL).await.exits(1).notes(&["Company webhook"]);
    }
}

#[tokio::test]
async fn one_that_autotask_gave_up_is_told_and_mended() {
    let desk = desk().await;
    desk.run(INSTALL).await.exits(0);
    let status = desk.run("webhooks status --json").await.json();
    let id = status["webhooks"][0]["id"].as_i64().unwrap();
    desk.sandbox.world(|world| world.deactivate_webhook("Company", id)).expect("it is there");
    let said = desk.run("webhooks status").await.exits(0);
    said.prints(&["Company: it is switched off", "25 calls in a row", &format!("install --url {ADDRESS}")]);
    desk.run(&format!("webhooks install --url {ADDRESS}")).await.exits(0).prints(&["switched on"]);
    desk.run("webhooks status").await.exits(0).prints(&["Nothing needs you."]);
}

#[tokio::test]
async fn what_autotask_would_refuse_is_refused_before() {
    let desk = desk().await;
    for url in [
        "http://hooks.example.com",
        "https://hooks.example.com:8443",
        "https://me:pass@hooks.example.com",
        "https://hooks.example.com/?a=b",
        "hooks.example.com",
        "nonsense",
    ] {
        desk.run(&format!("webhooks install --url {url}")).await.exits(1).notes(&["expected the https address"]);
    }
    let long = "k".repeat(65);
    desk.run_with("AUTOTASK_WEBHOOK_KEY", Some(&long), INSTALL).await.exits(1).notes(&["longer than 64"]);
    desk.run_with("AUTOTASK_WEBHOOK_KEY", Some("short"), INSTALL).await.exits(1).notes(&["fewer than 16"]);
    desk.run_with("AUTOTASK_WEBHOOK_KEY", None, INSTALL).await.exits(1).notes(&["AUTOTASK_WEBHOOK_KEY is not set"]);
    assert_eq!(writes(&desk), 0);
}

#[tokio::test]
async fn a_call_of_autotasks_own_reaches_serve_and_wakes_its_jobs() {
    let desk = desk().await;
    desk.run(INSTALL).await.exits(0);
    let event = |person| Event {
        entity: "Company".to_owned(),
        action: Action::Update,
        id: 0,
        fields: Map::from_iter([("Company Name".to_owned(), json!("Müller & Söhne"))]),
        person,
    };
    assert!(
        desk.sandbox.world(|world| world.callouts(&event(API_RESOURCE))).is_empty(),
        "our own changes are not told"
    );
    let callouts = desk.sandbox.world(|world| world.callouts(&event(HUMAN_RESOURCE)));
    let [callout] = &callouts[..] else { panic!("one webhook is told: {callouts:?}") };
    assert_eq!(callout.url, ADDRESS);
    let mut serve = desk.start("serve", &[("WEBHOOK_PORT", "0")]);
    let line = serve.until("Webhooks are taken at ").await;
    let (_, url) = line.split_once("taken at ").expect("it says where");
    let url = url.replace('…', "autotask");
    serve.until("Next usage-sync: ").await;
    let request = reqwest::Client::new().post(url).body(callout.body.clone());
    let request = callout.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    assert_eq!(request.send().await.expect("it answers").status().as_u16(), 200);
    serve.until("contract-changed: ").await;
    serve.signal("-INT");
    serve.end().await.exits(0);
}
