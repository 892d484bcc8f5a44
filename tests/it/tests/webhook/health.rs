//! What is kept of calls, so that people see whether webhooks work: to the minute, and nothing more in a flood.

use crate::calls::callout;
use crate::doors::{machine, webhook};
use crate::signed::{NORTH, SOUTH, by_autotask};
use functions::autotask_webhook::Call;
use functions::context::Clock;
use functions::store::{CallHeard, Store, WebhookCalls};
use it::canary::SearchedTable;
use it::wire::Wire;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared::ids::ConnectionId;

const NOW: &str = "2026-11-10T09:30:00Z";

fn at(seconds: i64) -> Timestamp {
    let now: Timestamp = NOW.parse().expect("it is a time");
    now.checked_add(SignedDuration::from_secs(seconds)).expect("it is in the calendar")
}

fn to(name: &str, key: &str) -> Call {
    Call { path: format!("/v1/{name}/autotask"), ..by_autotask(key, &callout("Account", 5, &json!({}))) }
}

async fn heard(store: &Store, name: &str) -> WebhookCalls {
    store.webhook_calls(&ConnectionId::new(name)).await.expect("it is read")
}

#[tokio::test]
async fn the_last_call_that_was_taken_and_the_last_refused_are_kept() {
    let clock = Clock::set_to(at(0));
    let machine = machine(clock.clone()).await;
    let (store, webhook) = (machine.host.store.clone(), webhook(&machine));
    assert_eq!(heard(&store, "north").await, WebhookCalls::default());
    assert_eq!(webhook.answer(&to("north", SOUTH)).await.status, 401);
    assert_eq!(heard(&store, "north").await, WebhookCalls { taken: None, refused: Some(at(0)) });
    clock.set(at(7));
    assert_eq!(webhook.answer(&to("north", NORTH)).await.status, 200);
    assert_eq!(heard(&store, "north").await, WebhookCalls { taken: Some(at(7)), refused: Some(at(0)) });
    clock.set(at(66));
    assert_eq!(webhook.answer(&to("north", NORTH)).await.status, 200);
    assert_eq!(heard(&store, "north").await.taken, Some(at(7)), "within a minute it is not written again");
    clock.set(at(67));
    assert_eq!(webhook.answer(&to("north", NORTH)).await.status, 200);
    assert_eq!(heard(&store, "north").await, WebhookCalls { taken: Some(at(67)), refused: Some(at(0)) });
    assert_eq!(heard(&store, "south").await, WebhookCalls::default(), "another connection was not called");
    // Nobody makes us keep something of connections that are not there.
    for name in ["nobody", "east", "north.x"] {
        assert_eq!(webhook.answer(&to(name, NORTH)).await.status, 401);
        assert_eq!(heard(&store, name).await, WebhookCalls::default(), "{name}");
    }
}

#[tokio::test]
async fn a_flood_writes_no_more_than_one_call_of_each_kind_a_minute() {
    let clock = Clock::set_to(at(0));
    let mut machine = machine(clock.clone()).await;
    let table = SearchedTable::in_memory().await;
    Store::new(table.client(), "flooded").create_table().await.expect("the table is made");
    let wire = Wire::to(table.endpoint(), "").await;
    machine.host.store = Store::new(acrotask::table::client_at(&wire.table_url), "flooded");
    let webhook = webhook(&machine);
    for _ in 0..100 {
        webhook.answer(&to("north", SOUTH)).await;
        webhook.answer(&to("north", NORTH)).await;
    }
    assert_eq!(wire.passed().len(), 2, "one of each kind");
    // Another process knows nothing of it, and the table does.
    let (store, north) = (machine.host.store.clone(), ConnectionId::new("north"));
    store.note_webhook_call(&north, CallHeard::Taken, at(59)).await.expect("it is no error");
    assert_eq!(heard(&store, "north").await, WebhookCalls { taken: Some(at(0)), refused: Some(at(0)) });
}
