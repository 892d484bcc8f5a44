//! Events that come again: AWS delivers each at least once, in no order.

use crate::batches::batch;
use crate::killed::did_all;
use crate::response;
use crate::stand::Stand;
use crate::work::{Alerts, Quotas, Tickets, Units, Watching, Work};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use shared::run::Job;
use std::time::{SystemTime, UNIX_EPOCH};

/// Whoever tells of contracts signs with it.
const KEY: &str = "canary-of-whoever-tells-contracts";

/// The same messages, each of them twice; what is no batch is as it was.
fn doubled(event: &Value) -> Value {
    let Some(records) = event["Records"].as_array() else { return event.clone() };
    let body = |record: &Value| record["body"].as_str().expect("a body").to_owned();
    let twice: Vec<_> = records.iter().chain(records).map(body).enumerate().collect();
    let ids: Vec<String> = twice.iter().map(|(number, _)| number.to_string()).collect();
    batch(&ids.iter().zip(&twice).map(|(id, (_, body))| (id.as_str(), body.clone())).collect::<Vec<_>>())
}

async fn what_comes_again_is_done_once<W: Work>() {
    let (mut work, (name, _)) = (W::stand().await, W::FUNCTION);
    let older = work.begin().await;
    let mut function = work.at().function(name).await;
    did_all(function.invoke(doubled(&older)).await);
    work.is_done_once().await;
    // Each of them in a process that knows it, and in one that does not; the older one again after the newer.
    let newer = work.begin().await;
    let mut other = work.at().function(name).await;
    for event in [&newer, &older, &newer] {
        did_all(function.invoke(doubled(event)).await);
        did_all(other.invoke(event.clone()).await);
        work.is_done_once().await;
    }
    function.end().await;
    other.end().await;
}

#[tokio::test]
async fn u6_an_event_that_comes_again_or_late_is_done_once() {
    tokio::join!(
        Box::pin(what_comes_again_is_done_once::<Units>()),
        Box::pin(what_comes_again_is_done_once::<Quotas>()),
        Box::pin(what_comes_again_is_done_once::<Watching>()),
        Box::pin(what_comes_again_is_done_once::<Alerts>()),
        Box::pin(what_comes_again_is_done_once::<Tickets>()),
    );
}

/// An event as a queue hands it over.
fn message(event: &Value) -> Value {
    batch(&[("one", event.to_string())])
}

#[tokio::test]
async fn a_schedule_that_wakes_dispatch_twice_bills_once() {
    let mut units = Units::stand().await;
    units.begin().await;
    let stand = units.at();
    let mut dispatch = stand.function("dispatch").await;
    for _ in 0..2 {
        assert_eq!(response(dispatch.invoke(json!({"job": "usage-sync"})).await)["connections"], 1);
    }
    dispatch.end().await;
    let due = stand.published();
    assert_eq!(due, [stand.due(Job::UsageSync), stand.due(Job::UsageSync)]);
    let mut usage_sync = stand.function("usage-sync").await;
    for event in due {
        did_all(usage_sync.invoke(event).await);
    }
    usage_sync.end().await;
    units.is_done_once().await;
}

/// A call of `contract-changed`, as its caller signs it and as Lambda hands it over.
fn call(stand: &Stand, company: i64) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is past 1970").as_secs().to_string();
    let body = json!({"company": company}).to_string();
    let mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).expect("a key of any length is taken");
    let signature = mac.chain_update(format!("{now}.{body}")).finalize().into_bytes();
    let signature: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    let path = format!("/v1/{}/contract-changed", stand.world.connection);
    json!({
        "version": "2.0",
        "rawPath": path,
        "headers": {"x-acrotask-timestamp": now, "x-acrotask-signature": format!("sha256={signature}")},
        "requestContext": {"http": {"method": "POST", "path": path}},
        "body": body,
        "isBase64Encoded": false,
    })
}

#[tokio::test]
async fn a_call_from_outside_that_comes_twice_makes_one_tenant() {
    let mut quotas = Quotas::stand().await;
    quotas.begin().await;
    let companies = quotas.companies();
    let stand = quotas.at();
    stand.keep_key(KEY);
    let mut door = stand.function("autotask-webhook").await;
    for company in companies {
        let call = call(stand, company);
        for _ in 0..2 {
            assert_eq!(response(door.invoke(call.clone()).await)["statusCode"], 200);
        }
    }
    door.end().await;
    let events = stand.published();
    assert_eq!(events.len(), 4, "{events:?}");
    let mut contract_changed = stand.function("contract-changed").await;
    for event in &events {
        did_all(contract_changed.invoke(message(event)).await);
    }
    contract_changed.end().await;
    quotas.is_done_once().await;
}
