//! A table that takes no more for a while, or for as long as a run lasts (Amazon DynamoDB developer guide, Error handling
//! with DynamoDB), and a vendor that is silent until the function's time is over: the run says so, what it was to do
//! comes again, and the next one does it.
#![expect(clippy::print_stdout, reason = "the sizes of the sets are printed for who wants to see them")]

use crate::batches::failed;
use crate::killed::did_all;
use crate::response;
use crate::work::{Alerts, Due, Quotas, Tickets, Units, Watching, Work};
use it::logs;
use it::runtime::Answer;
use it::wire::{Reply, Side, Strike};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// As the table says it, on demand and with a capacity.
const REFUSALS: [&str; 2] = ["ThrottlingException", "ProvisionedThroughputExceededException"];

fn refusal(number: usize) -> Strike {
    let kind = REFUSALS[number % REFUSALS.len()];
    let body = json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": "Rate exceeded"});
    Strike::Instead(Reply::of(400, "application/x-amz-json-1.0", &body.to_string()))
}

/// The ids of all messages of a batch.
fn ids(event: &Value) -> BTreeSet<&str> {
    let records = event["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
    records.iter().filter_map(|record| record["messageId"].as_str()).collect()
}

/// From one of its requests on, in turn, the table refuses all.
async fn throttled_to_the_end<W: Work>() {
    let (mut work, (name, job)) = (W::stand().await, W::FUNCTION);
    for request in 0.. {
        let event = work.begin().await;
        let stand = work.at();
        // Without the pauses between attempts, and in brief: there are many.
        let fast = [("AWS_MAX_ATTEMPTS", "1"), ("RUST_LOG", "info")];
        let mut function = stand.function_with(name, &fast).await;
        stand.wire.strike_side(Side::Table, request, usize::MAX, refusal(request));
        let answer = function.invoke(event.clone()).await;
        let struck = stand.wire.struck();
        stand.wire.mend();
        if struck == 0 {
            println!("the table refused {name} from each of {request} requests on");
            assert!(request > 0, "it asks for more");
            did_all(answer);
            function.end().await;
            return work.is_done_once().await;
        }
        if function.written().contains("the day was not counted") {
            // The run was recorded by then; the count of its day is for people to look at.
            did_all(answer);
            function.end().await;
            work.is_done_once().await;
            continue;
        }
        match &answer {
            Answer::Response(answer) => assert_eq!(failed(answer), ids(&event), "{name}, from {request} on: {answer}"),
            Answer::Error(text) => assert!(REFUSALS.iter().any(|one| text.contains(one)), "{name}: {text}"),
        }
        stand.the_lease_is_over(job).await;
        did_all(function.invoke(event).await);
        assert!(!logs::errors(&function.end().await).is_empty(), "{name} fails at {request} and says nothing");
        work.is_done_once().await;
    }
}

#[tokio::test]
async fn dispatch_forgets_no_connection_whenever_the_table_refuses() {
    throttled_to_the_end::<Due>().await;
}

#[tokio::test]
async fn u6_usage_sync_bills_once_whenever_the_table_refuses() {
    throttled_to_the_end::<Units>().await;
}

#[tokio::test]
async fn u6_contract_changed_makes_one_tenant_whenever_the_table_refuses() {
    throttled_to_the_end::<Quotas>().await;
}

#[tokio::test]
async fn contract_watch_loses_no_contract_whenever_the_table_refuses() {
    throttled_to_the_end::<Watching>().await;
}

#[tokio::test]
async fn u6_alert_sync_makes_one_ticket_whenever_the_table_refuses() {
    throttled_to_the_end::<Alerts>().await;
}

#[tokio::test]
async fn u6_ticket_changed_dismisses_once_whenever_the_table_refuses() {
    throttled_to_the_end::<Tickets>().await;
}

/// The table refuses twice, and then takes what it is asked again.
async fn throttled_for_a_while<W: Work>() {
    let (mut work, (name, _)) = (W::stand().await, W::FUNCTION);
    for request in [0, 3, 6] {
        let event = work.begin().await;
        let stand = work.at();
        let mut function = stand.function(name).await;
        stand.wire.strike_side(Side::Table, request, 2, refusal(request));
        did_all(function.invoke(event).await);
        assert_eq!(stand.wire.struck(), 2, "{name}");
        stand.wire.mend();
        assert_eq!(logs::errors(&function.end().await), Vec::<Value>::new());
        work.is_done_once().await;
    }
}

#[tokio::test]
async fn a_table_that_refuses_for_a_while_is_asked_again_and_nobody_notices() {
    tokio::join!(
        Box::pin(throttled_for_a_while::<Units>()),
        Box::pin(throttled_for_a_while::<Quotas>()),
        Box::pin(throttled_for_a_while::<Watching>()),
        Box::pin(throttled_for_a_while::<Alerts>()),
        Box::pin(throttled_for_a_while::<Tickets>()),
    );
}

/// A vendor says nothing until the time is nearly over.
async fn out_of_time<W: Work>() {
    let (mut work, (name, _)) = (W::stand().await, W::FUNCTION);
    let event = work.begin().await;
    let stand = work.at();
    let mut function = stand.function(name).await;
    stand.wire.strike(W::ASKS.0, 0, 1, Strike::SilenceBefore);
    let time = Duration::from_secs(8);
    function.wake(event.clone(), time);
    // Lambda kills it when its time is over; it has to be done before.
    let answer = tokio::time::timeout(time, function.answer()).await;
    let answer = response(answer.unwrap_or_else(|_| panic!("{name} is not done in time")));
    if event["Records"].is_array() {
        assert_eq!(failed(&answer), ids(&event), "{name}: {answer}");
    } else {
        assert_eq!(answer["outcome"]["ended"], "stopped", "{name}: {answer}");
    }
    assert_eq!(stand.wire.struck(), 1, "{name}");
    stand.wire.mend();
    // It gave its lease back: the next one need not wait.
    did_all(function.invoke(event).await);
    function.end().await;
    work.is_done_once().await;
}

#[tokio::test]
async fn a_function_whose_time_is_over_while_a_vendor_is_silent_stops_and_the_next_one_does_it() {
    tokio::join!(
        Box::pin(out_of_time::<Units>()),
        Box::pin(out_of_time::<Quotas>()),
        Box::pin(out_of_time::<Watching>()),
        Box::pin(out_of_time::<Alerts>()),
        Box::pin(out_of_time::<Tickets>()),
    );
}
