//! The functions as Lambda runs them: their own binaries, woken by events over the Runtime API, with
//! nothing but their environment to find the cloud by.

mod again;
mod batches;
mod cloud;
mod due;
mod killed;
mod logs;
mod offered;
mod overlap;
mod stand;
mod throttled;
mod tickets;
mod work;

use acrotask::demo::credentials;
use cloud::Cloud;
use functions::context::Secret;
use it::runtime::{Answer, Function};
use serde_json::{Value, json};
use std::time::Duration;

fn schedule() -> Value {
    json!({"job": "usage-sync"})
}

fn response(answer: Answer) -> Value {
    match answer {
        Answer::Response(value) => value,
        Answer::Error(text) => panic!("the invocation failed: {text}"),
    }
}

fn error(answer: Answer) -> String {
    match answer {
        Answer::Error(text) => text,
        Answer::Response(value) => panic!("it should have failed: {value}"),
    }
}

#[tokio::test]
async fn dispatch_says_what_is_due_for_every_connection_and_usage_sync_does_it() {
    let mut cloud = Cloud::start().await;
    let mut dispatch = cloud.function("dispatch", "apply").await;
    let said = response(dispatch.invoke(schedule()).await);
    assert_eq!(said, json!({"job": "usage-sync", "connections": 2}));
    dispatch.end().await;
    let (one, other) = (cloud.machine.events.try_recv().unwrap(), cloud.machine.events.try_recv().unwrap());
    assert!(cloud.machine.events.try_recv().is_err(), "one event for each connection");
    assert_eq!([&one["detail"]["connection"], &other["detail"]["connection"]], ["north", "south"]);

    let mut usage_sync = cloud.function("usage-sync", "apply").await;
    let first = response(usage_sync.invoke(one).await);
    assert_eq!(first["outcome"]["ended"], "complete", "{first}");
    assert_eq!(first["counts"]["made"], cloud.adjustments(0));
    assert!(cloud.adjustments(0) > 0 && cloud.adjustments(1) == 0, "nothing was done for the other connection");
    // The same process serves the next connection, with its own credentials.
    let second = response(usage_sync.invoke(other).await);
    assert_eq!(second["counts"]["made"], cloud.adjustments(1));
    assert_eq!((cloud.changes_left(0).await, cloud.changes_left(1).await), (0, 0));
    let again = cloud.due(0);
    assert_eq!(response(usage_sync.invoke(again).await)["counts"]["made"], 0);
    usage_sync.end().await;
}

#[tokio::test]
async fn in_plan_mode_usage_sync_changes_nothing() {
    let cloud = Cloud::start().await;
    let left = cloud.changes_left(0).await;
    let mut environment = cloud.environment("plan");
    for unset in [false, true] {
        if unset {
            environment.retain(|(name, _)| *name != "MODE");
        }
        let mut usage_sync = Function::start("usage-sync", &environment).await;
        let said = response(usage_sync.invoke(cloud.due(0)).await);
        assert_eq!((&said["mode"], &said["counts"]["made"]), (&json!("plan"), &json!(0)), "{said}");
        assert_eq!(said["counts"]["changes"], left);
        usage_sync.end().await;
    }
    assert_eq!((cloud.adjustments(0), cloud.changes_left(0).await), (0, left));
    let mut lines = 0;
    let connection = &cloud.connections[0].0;
    cloud.host.store.line_states(connection, |_| lines += 1).await.unwrap();
    assert_eq!(lines, 0, "nothing is remembered of lines that were not written");
}

#[tokio::test]
async fn an_event_that_is_another_is_an_error_that_says_what_was_expected() {
    let cloud = Cloud::start().await;
    let mut usage_sync = cloud.function("usage-sync", "apply").await;
    let cases = [
        (json!({}), "expected an EventBridge event"),
        (json!("usage-sync"), "expected an EventBridge event"),
        (json!({"detail-type": "TicketChanged", "detail": {}}), "expected a SyncDue event, not TicketChanged"),
        (
            json!({"detail-type": "SyncDue", "detail": {"job": "usage-sync"}}),
            "the detail of this SyncDue cannot be read",
        ),
        (
            json!({"detail-type": "SyncDue", "detail": {"connection": "north", "job": "coffee"}}),
            "the detail of this SyncDue cannot be read",
        ),
    ];
    for (event, expected) in cases {
        let text = error(usage_sync.invoke(event.clone()).await);
        assert!(text.contains(expected), "{event}: {text}");
    }
    let mut dispatch = cloud.function("dispatch", "apply").await;
    for event in [json!({}), json!({"job": "coffee"})] {
        let text = error(dispatch.invoke(event).await);
        assert!(text.contains("expected {\"job\": \"usage-sync\"}"), "{text}");
    }
    // It goes on serving.
    assert_eq!(response(dispatch.invoke(schedule()).await)["connections"], 2);
    assert_eq!((cloud.adjustments(0), cloud.adjustments(1)), (0, 0));
    usage_sync.end().await;
    dispatch.end().await;
}

#[tokio::test]
async fn a_run_that_failed_is_an_invocation_that_failed_and_shows_no_secret() {
    let cloud = Cloud::start().await;
    let mut usage_sync = cloud.function("usage-sync", "apply").await;
    let nobody = json!({"detail-type": "SyncDue", "detail": {"connection": "west", "job": "usage-sync"}});
    let text = error(usage_sync.invoke(nobody).await);
    assert!(text.contains("usage-sync of west") && text.contains("is not set up"), "{text}");

    let mut wrong = credentials(cloud.sandbox(0));
    wrong.acronis.client_secret = Secret::new("a-canary-that-is-wrong");
    cloud.machine.keep_credentials(&cloud.connections[0].0, &wrong);
    let text = error(usage_sync.invoke(cloud.due(0)).await);
    assert!(text.contains("usage-sync of north") && text.contains("ACRONIS_CLIENT_SECRET"), "{text}");
    assert_eq!(cloud.adjustments(0), 0);

    cloud.machine.keep_credentials(&cloud.connections[0].0, &credentials(cloud.sandbox(0)));
    assert_eq!(response(usage_sync.invoke(cloud.due(0)).await)["outcome"]["ended"], "complete");
    let written = usage_sync.end().await;
    assert_eq!(it::logs::errors(&written).len(), 2, "each failure is logged once: {written}");
}

#[tokio::test]
async fn not_even_a_talkative_log_shows_a_secret() {
    let cloud = Cloud::start().await;
    let mut usage_sync = cloud.function("usage-sync", "apply").await;
    response(usage_sync.invoke(cloud.due(0)).await);
    let lines = it::logs::lines(&usage_sync.end().await);
    // As it is written it is searched; here, that all of it is.
    for library in ["aws_smithy_runtime", "hyper_util", "lambda_runtime"] {
        let is_its = |target: &Value| target.as_str().is_some_and(|target| target.starts_with(library));
        let mut its = lines.iter().filter(|line| is_its(&line["target"]));
        assert!(its.any(|line| line["level"] == "TRACE"), "{library} says all that it can");
    }
}

#[tokio::test]
async fn a_function_whose_time_is_nearly_over_stops_in_good_order() {
    let cloud = Cloud::start().await;
    let mut usage_sync = cloud.function("usage-sync", "apply").await;
    let said = response(usage_sync.invoke_for(cloud.due(0), Duration::from_secs(25)).await);
    assert_eq!(said["outcome"]["ended"], "stopped", "{said}");
    assert_eq!(cloud.adjustments(0), 0);
    assert_eq!(response(usage_sync.invoke(cloud.due(0)).await)["outcome"]["ended"], "complete");
    assert_eq!(cloud.changes_left(0).await, 0);
    usage_sync.end().await;
}

#[tokio::test]
async fn a_function_without_its_table_says_what_is_missing() {
    let cloud = Cloud::start().await;
    let mut environment = cloud.environment("apply");
    environment.retain(|(name, _)| *name != "TABLE_NAME");
    let written = Function::start("usage-sync", &environment).await.ended_by_itself().await;
    assert!(written.contains("TABLE_NAME is not set"), "{written}");
}

#[tokio::test]
async fn no_other_program_on_the_machine_gets_a_secret_or_publishes_an_event() {
    let mut cloud = Cloud::start().await;
    let name = functions::secrets::vendors_secret("acrotask", &cloud.connections[0].0);
    for (target, body) in [
        ("secretsmanager.GetSecretValue", json!({"SecretId": name})),
        ("AWSEvents.PutEvents", json!({"Entries": [{"DetailType": "SyncDue", "Detail": "{}"}]})),
    ] {
        for signed in [None, Some("AWS4-HMAC-SHA256 Credential=local/20261122/us-east-1")] {
            let request = reqwest::Client::new().post(cloud.machine.aws_endpoint()).header("x-amz-target", target);
            let request = signed.into_iter().fold(request, |request, signed| request.header("authorization", signed));
            let reply = request.body(body.to_string()).send().await.expect("it answers");
            assert_eq!(reply.status().as_u16(), 400, "{target} {signed:?}");
            assert_eq!(reply.text().await.expect("a body"), r#"{"__type":"UnrecognizedClientException"}"#);
        }
    }
    assert!(cloud.machine.events.try_recv().is_err(), "nothing was published");
}
