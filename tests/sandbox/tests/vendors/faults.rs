//! Every kind of fault, with what it leaves behind.

use crate::client::Desk;
use sandbox::{Fault, FaultKind};
use serde_json::{Value, json};
use std::time::Duration;

const ADJUST: &str = "autotask.adjustments.create";

/// Posts one adjustment under a fault; the status if any answer came, and the units it left.
async fn adjusted_under(kind: FaultKind) -> (Option<u16>, i64) {
    let desk = Desk::small().await;
    let (_, line) = desk.contract_with_line();
    desk.sandbox.fail(Fault::once(ADJUST, kind));
    let body = json!({"contractServiceID": line, "unitChange": 1, "effectiveDate": "2026-11-12"});
    let request = desk.autotask_request(reqwest::Method::POST, "/ContractServiceAdjustments").json(&body);
    let sent = request.timeout(Duration::from_millis(300)).send().await;
    let status = sent.ok().map(|response| response.status().as_u16());
    let units = desk.world(|world| world.line_units_on(line, jiff::civil::date(2026, 11, 12)));
    (status, units.expect("a row"))
}

#[tokio::test]
async fn before_leaves_the_state_alone_and_after_has_committed() {
    let body = Some("{}".to_owned());
    assert_eq!(adjusted_under(FaultKind::ResetBefore).await, (None, 10));
    assert_eq!(adjusted_under(FaultKind::ResetAfter).await, (None, 11));
    assert_eq!(adjusted_under(FaultKind::SilenceBefore).await, (None, 10));
    assert_eq!(adjusted_under(FaultKind::SilenceAfter).await, (None, 11));
    let before = FaultKind::StatusBefore { status: 503, body: body.clone() };
    assert_eq!(adjusted_under(before).await, (Some(503), 10));
    assert_eq!(adjusted_under(FaultKind::StatusAfter { status: 503, body }).await, (Some(503), 11));
    assert_eq!(adjusted_under(FaultKind::Throttle { retry_after: None }).await, (Some(429), 10));
    assert_eq!(adjusted_under(FaultKind::ThreadLimitText { status: 500 }).await, (Some(500), 10));
    assert_eq!(adjusted_under(FaultKind::HtmlBody { status: 502 }).await, (Some(502), 10));
    assert_eq!(adjusted_under(FaultKind::Delay { millis: 1 }).await, (Some(200), 11));
}

#[tokio::test]
async fn bodies_can_be_cut_broken_mislabelled_or_html() {
    let desk = Desk::small().await;
    let under = async |kind: FaultKind| {
        desk.sandbox.fail(Fault::once("autotask.companies", kind));
        desk.get("/Companies/0").await
    };
    let cut = under(FaultKind::CutBody).await;
    assert_eq!((cut.status, cut.body), (200, Value::Null));
    let broken = under(FaultKind::BrokenJson).await;
    assert_eq!((broken.status, broken.body), (200, Value::Null));
    let plain = under(FaultKind::WrongContentType).await;
    assert!(plain.content_type.starts_with("text/plain") && plain.body["item"].is_object());
    let html = under(FaultKind::HtmlBody { status: 200 }).await;
    assert!(html.content_type.starts_with("text/html") && html.text.contains("<html>"));
    let throttled = under(FaultKind::Throttle { retry_after: Some(7) }).await;
    assert_eq!((throttled.status, throttled.retry_after.as_deref()), (429, Some("7")));
}

#[tokio::test]
async fn pages_can_lose_rows_repeat_or_loop() {
    let desk = Desk::small().await;
    let body = json!({"maxRecords": 2, "filter": [{"op": "exist", "field": "id"}]});
    let whole = desk.post("/Companies/query", &body).await;
    let next =
        |page: &crate::client::Answer| page.body["pageDetails"]["nextPageUrl"].as_str().unwrap_or_default().to_owned();
    desk.sandbox.fail(Fault::once("autotask.companies.query", FaultKind::ShortPage));
    let short = desk.post("/Companies/query", &body).await;
    assert_eq!((short.rows().len(), next(&short)), (1, next(&whole)));
    desk.sandbox.fail(Fault::once("autotask.companies.query", FaultKind::RepeatPage).after(1));
    let first = desk.post("/Companies/query", &body).await;
    let second = desk.post(&next(&first), &body).await;
    let third = desk.post(&next(&second), &body).await;
    assert_eq!(second.ids(), third.ids());
    desk.sandbox.fail(Fault::once("autotask.companies.query", FaultKind::LoopPages).after(1));
    let first = desk.post("/Companies/query", &body).await;
    let second = desk.post(&next(&first), &body).await;
    let third = desk.post(&next(&second), &body).await;
    assert_eq!(first.ids(), third.ids());
}

#[tokio::test]
async fn acronis_pages_can_repeat_too() {
    let desk = Desk::small().await;
    let root = desk.world(|world| world.acronis.partner_id.clone());
    let path = format!("/tenants?subtree_root_id={root}&limit=2");
    let cursor = |page: &Value| page["paging"]["cursors"]["after"].as_str().unwrap_or_default().to_owned();
    desk.sandbox.fail(Fault::once("acronis.tenants", FaultKind::RepeatPage));
    let first = desk.acronis(&path).await;
    let again = desk.acronis(&format!("/tenants?after={}", cursor(&first.body))).await;
    assert_eq!(first.rows(), again.rows());
    let last = desk.acronis(&format!("/tenants?after={}", cursor(&again.body))).await;
    assert_ne!(last.rows(), again.rows());
}

#[tokio::test]
async fn a_rule_waits_strikes_so_often_and_is_gone() {
    let desk = Desk::small().await;
    let busy = FaultKind::StatusBefore { status: 503, body: None };
    desk.sandbox.fail(Fault { operation: "autotask.companies".into(), after: 1, times: Some(2), kind: busy.clone() });
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(desk.get("/Companies/0").await.status);
    }
    assert_eq!(statuses, [200, 503, 503, 200]);
    desk.sandbox.fail(Fault::always("", busy));
    assert_eq!(desk.get("/Services/101").await.status, 503);
    desk.sandbox.clear_faults();
    assert_eq!(desk.get("/Services/101").await.status, 200);
}

#[tokio::test]
async fn requests_are_noted_with_their_status() {
    let desk = Desk::small().await;
    desk.sandbox.clear_requests();
    desk.sandbox.fail(Fault::once("autotask.companies.get", FaultKind::StatusBefore { status: 503, body: None }));
    desk.get("/Companies/0").await;
    desk.find("Services", "eq", "id", json!(101)).await;
    let seen = desk.sandbox.requests();
    let short: Vec<_> = seen.iter().map(|it| (it.operation.as_str(), it.status)).collect();
    assert_eq!(short, [("autotask.companies.get", 503), ("autotask.services.query", 200)]);
    assert!(seen[1].body.contains("\"filter\"") && seen[1].number > seen[0].number);
}
