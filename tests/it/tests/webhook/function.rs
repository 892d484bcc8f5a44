//! What only the Lambda function meets: invocations of another form, a bus or secrets that are away, and
//! names that are tried one after the other.

use crate::calls::{callout, company, deactivated};
use crate::doors::{environment, invocation, machine, published};
use crate::signed::{NORTH, SOUTH, by_autotask, to_path};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use functions::context::Clock;
use it::logs;
use it::runtime::{Answer, Function};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

fn status(answer: Answer) -> Value {
    match answer {
        Answer::Response(reply) => reply["statusCode"].clone(),
        Answer::Error(text) => panic!("the invocation failed: {text}"),
    }
}

fn with(environment: Vec<(&'static str, String)>, name: &'static str, value: &str) -> Vec<(&'static str, String)> {
    let kept = environment.into_iter().filter(|(known, _)| *known != name);
    kept.chain([(name, value.to_owned())]).collect()
}

#[tokio::test]
async fn an_invocation_that_is_no_call_fails_and_a_body_in_base64_is_read() {
    let mut machine = machine(Clock::system()).await;
    let mut function = Function::start("autotask-webhook", &environment(&machine)).await;
    for odd in [json!({}), json!("call"), json!({"version": "1.0", "path": "/v1/north/autotask", "httpMethod": "POST"})]
    {
        let Answer::Error(text) = function.invoke(odd.clone()).await else { panic!("{odd} is no call") };
        assert!(text.contains("payload format 2.0"), "{text}");
    }
    let call = by_autotask(NORTH, &callout("Account", 5, &json!({})));
    let mut encoded = invocation(&call);
    use base64::Engine;
    encoded["body"] = json!(base64::engine::general_purpose::STANDARD.encode(&call.body));
    encoded["isBase64Encoded"] = json!(true);
    assert_eq!(status(function.invoke(encoded.clone()).await), 200);
    assert_eq!(published(&mut machine), company(5));
    encoded["body"] = json!("no Base64");
    assert_eq!(status(function.invoke(encoded.clone()).await), 400);
    encoded["body"] = Value::Null;
    assert_eq!(status(function.invoke(encoded).await), 401);
    assert!(published(&mut machine).is_empty());
}

#[tokio::test]
async fn where_the_bus_or_the_secrets_are_away_the_caller_is_to_try_again() {
    let call = invocation(&by_autotask(NORTH, &callout("Account", 5, &json!({}))));
    let forged = invocation(&by_autotask(SOUTH, &callout("Account", 5, &json!({}))));
    let mut machine = machine(Clock::system()).await;
    for (away, forged_too) in [("AWS_ENDPOINT_URL_EVENTBRIDGE", 401), ("AWS_ENDPOINT_URL_SECRETS_MANAGER", 500)] {
        let nowhere = with(environment(&machine), away, "http://127.0.0.1:9");
        let mut function = Function::start("autotask-webhook", &nowhere).await;
        assert_eq!(status(function.invoke(call.clone()).await), 500, "{away}");
        let written_of_one = "ERROR";
        assert_eq!(status(function.invoke(forged.clone()).await), forged_too, "{away}");
        let written = function.end().await;
        let lines = written.matches(written_of_one).count();
        assert_eq!(lines, if forged_too == 500 { 2 } else { 1 }, "each failure is logged once: {written}");
        assert!(!written.contains(NORTH), "a key was logged");
    }
    assert!(published(&mut machine).is_empty());
}

#[tokio::test]
async fn a_webhook_that_autotask_gave_up_is_a_metric_and_a_forged_call_is_none() {
    let mut machine = machine(Clock::system()).await;
    let mut function = Function::start("autotask-webhook", &environment(&machine)).await;
    assert_eq!(status(function.invoke(invocation(&by_autotask(SOUTH, &deactivated()))).await), 401);
    assert_eq!(status(function.invoke(invocation(&by_autotask(NORTH, &callout("Account", 5, &json!({}))))).await), 200);
    assert_eq!(status(function.invoke(invocation(&by_autotask(NORTH, &deactivated()))).await), 200);
    let written = function.end().await;
    let metrics = logs::metrics(&written);
    let [metrics] = &metrics[..] else { panic!("one webhook is given up: {written}") };
    assert_eq!([&metrics["Connection"], &metrics["Job"]], ["north", "autotask-webhook"]);
    assert_eq!(metrics["WebhooksDisabled"], 1);
    let lines = logs::lines(&written);
    let told = lines.iter().find(|line| line["level"] == "WARN").expect("it is in the log");
    assert_eq!(told["fields"]["connection"], "north", "{told}");
    assert_eq!(published(&mut machine), company(5));
}

#[tokio::test]
async fn a_configuration_that_cannot_be_is_told() {
    let environment = with(environment(&machine(Clock::system()).await), "MODE", "perhaps");
    let written = Function::start("autotask-webhook", &environment).await.ended_by_itself().await;
    assert!(written.contains("expected plan or apply"), "{written}");
}

/// Secrets Manager with the keys of `north`, which keeps the names it was asked for.
async fn counting() -> (String, Arc<Mutex<Vec<String>>>) {
    async fn answer(State(asked): State<Arc<Mutex<Vec<String>>>>, body: String) -> (axum::http::StatusCode, String) {
        let body: Value = serde_json::from_str(&body).expect("it is asked in JSON");
        let name = body["SecretId"].as_str().expect("for a name").to_owned();
        asked.lock().expect("nobody panicked").push(name.clone());
        match name.as_str() {
            "acrotask/north/webhook" => {
                let keys = json!({"autotask": [NORTH]}).to_string();
                (axum::http::StatusCode::OK, json!({"Name": name, "SecretString": keys}).to_string())
            }
            // A role that names secrets by more than their prefix is refused those that are not there.
            _ => {
                let kind = if name.contains("west-1") { "AccessDeniedException" } else { "ResourceNotFoundException" };
                (axum::http::StatusCode::BAD_REQUEST, json!({"__type": kind}).to_string())
            }
        }
    }
    let asked = Arc::new(Mutex::new(Vec::new()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
    let url = format!("http://{}", listener.local_addr().expect("it has a port"));
    let router = Router::new().route("/", post(answer)).with_state(asked.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, asked)
}

#[tokio::test]
async fn names_that_nobody_has_are_not_asked_for_without_end() {
    let mut machine = machine(Clock::system()).await;
    let (url, asked) = counting().await;
    let environment = with(environment(&machine), "AWS_ENDPOINT_URL_SECRETS_MANAGER", &url);
    let mut function = Function::start("autotask-webhook", &environment).await;
    let body = callout("Account", 5, &json!({}));
    let known = invocation(&by_autotask(NORTH, &body));
    assert_eq!(status(function.invoke(known.clone()).await), 200);
    for number in 0..150 {
        // Each of them twice, the second time without a question.
        let strange = invocation(&to_path(&format!("/v1/west-{}/autotask", number / 2), NORTH, &body));
        assert_eq!(status(function.invoke(strange).await), 401);
    }
    let names = asked.lock().expect("nobody panicked").clone();
    let of_north = names.iter().filter(|name| name.as_str() == "acrotask/north/webhook").count();
    // North's own first question counts as one of the sixty.
    assert_eq!((of_north, names.len()), (1, 60), "{names:?}");
    assert!(names.iter().all(|name| name.ends_with("/webhook")), "no other secret is read: {names:?}");
    assert_eq!(status(function.invoke(known).await), 200, "who is known is let in meanwhile");
    assert_eq!(published(&mut machine).len(), 2);
}
