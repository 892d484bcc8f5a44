//! Alerts under `serve`: looked at on schedule, and by Autotask's own calls.

use crate::service_desk::{CUSTOMER, begin, connected, raise, switch_on, tickets, working};
use sandbox::autotask::callouts::Callout;
use sandbox::seed::story;

const KEY: &str = "the-key-of-the-desk-and-of-autotask";

/// Sends a call as Autotask does, to the address that `serve` named.
async fn call(url: &str, callout: &Callout) {
    let request = reqwest::Client::new().post(url).body(callout.body.clone());
    let request = callout.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    assert_eq!(request.send().await.expect("it answers").status().as_u16(), 200);
}

#[tokio::test]
async fn t6_an_alert_becomes_a_ticket_and_closing_that_dismisses_the_alert() {
    let mut desk = working(|tickets| tickets.dismiss_on_close = true).await;
    desk.environment.insert("AUTOTASK_WEBHOOK_KEY".to_owned(), KEY.to_owned());
    desk.run("webhooks install --url https://hooks.example.com").await.exits(0);
    let alert = raise(&desk, CUSTOMER, "SRV-01");
    let mut serve = desk.start("serve", &[("MODE", "apply"), ("WEBHOOK_PORT", "0")]);
    let line = serve.until("Webhooks are taken at ").await;
    let url = line.split_once("taken at ").expect("it says where").1.replace('…', "autotask");
    serve.until("alert-sync: Run complete: 1 of 1 change made").await;
    let ticket = tickets(&desk).remove(0);
    assert_eq!(ticket.title, "Backup failed: SRV-01");
    assert_eq!(desk.sandbox.world(|world| world.take_callouts()), [], "our own changes are not told");
    let callouts = desk.sandbox.world(|world| {
        assert!(world.human_close(ticket.id));
        world.take_callouts()
    });
    let [callout] = &callouts[..] else { panic!("one webhook is told: {callouts:?}") };
    call(&url, callout).await;
    serve.until("ticket-changed: Run complete: 1 of 1 change made").await;
    let dismissed = desk.sandbox.world(|world| world.alert(&alert).and_then(|alert| alert.deleted_at));
    assert!(dismissed.is_some());
    // The same call once more finds nothing to do, and that is no news.
    call(&url, callout).await;
    serve.signal("-INT");
    let said = serve.end().await.exits(0);
    assert_eq!(said.err.matches("ticket-changed").count(), 1, "{said:#?}");
    desk.run("plan alerts").await.exits(0);
}

#[tokio::test]
async fn m5_what_waits_for_the_first_plan_is_told_once_and_nothing_is_made() {
    let desk = connected().await;
    switch_on(&desk, |_| {}).await;
    raise(&desk, CUSTOMER, "SRV-01");
    let mut serve = desk.start("serve", &[("MODE", "apply")]);
    serve.until("alert-sync: Run complete: 0 of 0 changes made, 1 held").await;
    serve.until("What is held waits for a person: acrotask plan shows it").await;
    serve.signal("-INT");
    serve.end().await.exits(0);
    assert_eq!(tickets(&desk), []);
    let status = desk.run("status").await.exits(0);
    status.prints(&["Approve the first plan of tickets: acrotask plan alerts shows it and how", "alert-sync"]);
}

#[tokio::test]
async fn status_tells_what_was_found_since_all_alerts_were_looked_at() {
    let desk = connected().await;
    let before = raise(&desk, story::TENANT_ONLY, "PC-03");
    begin(&desk, |_| {}).await;
    assert!(desk.sandbox.world(|world| world.clear_alert(&before)));
    raise(&desk, story::NEAR_MATCH_TENANT, "PC-04");
    let mut serve = desk.start("serve", &[("MODE", "apply"), ("RUST_LOG", "functions::dispatch=info")]);
    serve.until("alert-sync").await;
    serve.signal("-INT");
    serve.end().await.exits(0);
    let found = |tenant: &str| format!("\"{tenant}\", which is not mapped");
    let status = desk.run("status").await.exits(0);
    status.prints(&[&found(story::TENANT_ONLY), &found(story::NEAR_MATCH_TENANT), "Look at 2 findings below"]);
    // All are looked at again, and one of them is no longer so.
    desk.run("apply alerts").await.exits(0);
    let status =
        desk.run("status").await.exits(0).prints(&[&found(story::NEAR_MATCH_TENANT), "Look at 1 finding below"]);
    assert!(!status.out.contains(&found(story::TENANT_ONLY)), "{status:#?}");
}

#[tokio::test]
async fn in_plan_mode_tickets_are_only_shown() {
    let desk = working(|_| {}).await;
    raise(&desk, CUSTOMER, "SRV-01");
    let mut serve = desk.start("serve", &[("MODE", "plan")]);
    serve.until("alert-sync: Run complete: 0 of 1 change made").await;
    serve.signal("-INT");
    serve.end().await.exits(0);
    assert_eq!(tickets(&desk), []);
    desk.run("status").await.exits(0).prints(&["1 ticket change is only shown (MODE=plan): acrotask apply alerts"]);
    desk.run("apply alerts").await.exits(0).prints(&["1 of 1 change made"]);
}
