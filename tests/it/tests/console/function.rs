//! The console as the Lambda function, behind its own address (AWS Lambda developer guide, Function URLs, payload
//! format 2.0).

use crate::stage::{Stage, hash, person};
use acrotask::table::EmbeddedTable;
use functions::store::Store;
use it::runtime::{Answer, Function};
use jiff::Timestamp;
use serde_json::{Value, json};
use shared::person::{AuditRecord, PersonId, Role, Session};

pub(crate) const HOST: &str = "abc.lambda-url.eu-central-1.on.aws";
pub(crate) const TABLE: &str = "acrotask-of-the-console";

/// A call as the function is invoked with it.
pub(crate) fn call(
    method: &str,
    path: &str,
    query: &str,
    cookies: &[String],
    more: &[(&str, &str)],
    body: &str,
) -> Value {
    let mut headers = json!({"host": HOST, "content-type": "application/x-www-form-urlencoded"});
    for (name, value) in more {
        headers[*name] = json!(value);
    }
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "cookies": cookies,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "abc",
            "domainName": HOST,
            "domainPrefix": "abc",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "x"},
            "requestId": "id",
            "routeKey": "$default",
            "stage": "$default",
            "time": "10/Nov/2026:09:30:00 +0000",
            "timeEpoch": 1_794_303_000_000_i64,
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

pub(crate) async fn ask(function: &mut Function, call: Value) -> (u64, Value) {
    match function.invoke(call).await {
        Answer::Response(reply) => (reply["statusCode"].as_u64().expect("there is a status"), reply),
        Answer::Error(text) => panic!("the invocation failed: {text}"),
    }
}

#[tokio::test]
async fn the_function_serves_the_same_pages_to_who_has_a_session() {
    let mut stage = Stage::start().await;
    let table = EmbeddedTable::in_memory().await.expect("the table is there");
    let store = Store::new(table.client(), TABLE);
    store.create_table().await.expect("the table is made");
    store.save_connection(&crate::stage::connection("north")).await.expect("it is stored");
    let environment = [
        ("AWS_ENDPOINT_URL_DYNAMODB", table.endpoint().to_owned()),
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", stage.machine.aws_endpoint().to_owned()),
        ("AWS_ACCESS_KEY_ID", stage.machine.aws_access_key().to_owned()),
        ("TABLE_NAME", TABLE.to_owned()),
        ("EVENT_BUS_NAME", "acrotask".to_owned()),
        // Whoever looks for a fault lets it say everything.
        ("RUST_LOG", "trace".to_owned()),
    ];
    let mut function = Function::start("console", &environment).await;
    let (status, reply) = ask(&mut function, call("GET", "/", "", &[], &[], "")).await;
    assert_eq!((status, reply["headers"]["strict-transport-security"].as_str()), (401, Some("max-age=63072000")));
    let (status, reply) = ask(&mut function, call("GET", "/sign-in", "", &[], &[], "")).await;
    assert_eq!(status, 200);
    assert!(reply["body"].as_str().is_some_and(|body| body.contains("Nobody can sign in here")), "{reply}");
    let origin = format!("https://{HOST}");
    let ours = [("origin", origin.as_str()), ("sec-fetch-site", "same-origin")];
    let (status, _) = ask(&mut function, call("POST", "/sign-in", "", &[], &ours, "token=")).await;
    assert_eq!(status, 403);
    // A person who came in some way.
    let (id, admin, now) = (hash("an id"), person("admin", Some(Role::Admin)), Timestamp::now());
    let people = store.people().await.expect("they are read");
    let (by, what) = (PersonId::local(), "test".to_owned());
    let record = AuditRecord { at: now, by, what, before: String::new(), after: String::new() };
    assert!(store.save_person(&people, &admin, &record).await.expect("it is written"));
    let session = Session { person: admin.id, began: now, seen: now };
    store.begin_session(&hash(&id), &session).await.expect("it is written");
    let cookies = [format!("__Host-acrotask-session={id}"), "other=1".to_owned()];
    let (status, reply) = ask(&mut function, call("GET", "/", "connection=north", &cookies, &[], "")).await;
    let page = reply["body"].as_str().expect("there is a page");
    assert!(status == 200 && page.contains("It has not run yet."), "{status}: {page}");
    let (_, token) = page.split_once("name=\"form_token\" value=\"").expect("there is a form");
    let body = format!("form_token={}&connection=north", token.split('"').next().expect("it ends"));
    let elsewhere = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    let (status, _) = ask(&mut function, call("POST", "/sync", "", &cookies, &elsewhere, &body)).await;
    assert_eq!((status, stage.published().len()), (403, 0));
    let (status, reply) = ask(&mut function, call("POST", "/sync", "", &cookies, &ours, &body)).await;
    assert_eq!((status, stage.published().len()), (303, 1), "{reply}");
    let (status, reply) = ask(&mut function, call("POST", "/sign-out", "", &cookies, &ours, &body)).await;
    let gone = reply["cookies"][0].as_str().unwrap_or_default();
    assert!(status == 303 && gone.contains("Max-Age=0") && gone.contains("; Secure"), "{reply}");
    assert_eq!(ask(&mut function, call("GET", "/", "", &cookies, &[], "")).await.0, 401);
    let written = function.end().await;
    assert!(written.contains("TRACE") && !written.contains(&id), "an id is in the log");
    assert!(!written.contains("form_token="), "a form is in the log");
}
