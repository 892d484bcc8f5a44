//! Acronis: alerts asked for by filter, in order, and page by page.

use crate::client::Desk;
use sandbox::acronis::alerts::{NewAlert, Severity};
use sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

/// Two customers with alerts of four severities; their ids.
async fn desk_with_alerts() -> (Desk, String, String) {
    let desk = Desk::small().await;
    let customers = desk.world(|world| {
        let one = world.add_tenant("Eins GmbH", None);
        let two = world.add_tenant("Zwei GmbH", None);
        let alert = |kind: &str, severity| NewAlert::of(&one, kind).severity(severity);
        world.raise(alert("BackupFailed", Severity::Critical).about("WS-1", "Plan"));
        world.raise(alert("AgentOffline", Severity::Error).about("WS-2", "Plan"));
        world.raise(alert("BackupCanceled", Severity::Warning).about("WS-1", "Other plan"));
        world.raise(NewAlert::of(&two, "BrowserProtectionAlmostReady"));
        (one, two)
    });
    (desk, customers.0, customers.1)
}

async fn types(desk: &Desk, query: &str) -> Vec<String> {
    let answer = desk.alerts(&format!("/alerts?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    let mut types: Vec<String> =
        answer.rows().iter().filter_map(|row| row["type"].as_str()).map(str::to_owned).collect();
    if !query.contains("order") {
        types.sort();
    }
    types
}

#[tokio::test]
async fn names_severities_and_tenants_narrow_the_list() {
    let (desk, one, two) = desk_with_alerts().await;
    assert_eq!(types(&desk, "type=BackupFailed&type=AgentOffline").await, ["AgentOffline", "BackupFailed"]);
    assert_eq!(types(&desk, "category=Backup").await, ["BackupCanceled", "BackupFailed"]);
    assert_eq!(types(&desk, "severity=warning").await, ["BackupCanceled"]);
    assert_eq!(types(&desk, "severity=or(warning,critical)").await, ["BackupCanceled", "BackupFailed"]);
    assert_eq!(types(&desk, "severity=ge(error)").await, ["AgentOffline", "BackupFailed"]);
    assert_eq!(types(&desk, "severity=lt(warning)").await, ["BrowserProtectionAlmostReady"]);
    assert_eq!(types(&desk, &format!("tenant={two}")).await.len(), 1);
    assert_eq!(types(&desk, &format!("tenant=or({one},{two})")).await.len(), 4);
    assert_eq!(types(&desk, "resourceName=WS-1&planName=Plan").await, ["BackupFailed"]);
    let id = desk.world(|world| world.alerts()[0].id.to_lowercase());
    assert_eq!(types(&desk, &format!("id={id}")).await, ["BackupFailed"]);
    for wrong in ["id=7", "severity=bad", "updated_at=ge(yesterday)", "order=asc(nothing)", "limit=0", "made_up=1"] {
        assert_eq!(desk.alerts(&format!("/alerts?{wrong}")).await.status, 400, "{wrong}");
    }
    desk.world(|world| world.settings.strict = false);
    assert_eq!(types(&desk, "made_up=1").await.len(), 4);
}

#[tokio::test]
async fn times_are_nanoseconds_and_deleted_alerts_are_asked_for() {
    let (mut desk, ..) = desk_with_alerts().await;
    let alerts = desk.world(|world| world.alerts());
    let [first, second, third, _] = alerts.as_slice() else { panic!("four alerts") };
    let nanos = |moment: jiff::Timestamp| moment.as_nanosecond();
    let after = format!("updated_at=gt({})&order=asc(updated_at)", nanos(second.updated_at));
    assert_eq!(types(&desk, &after).await, ["BackupCanceled", "BrowserProtectionAlmostReady"]);
    let span = format!("created_at=ge({})&created_at=lt({})", nanos(first.created_at), nanos(third.created_at));
    assert_eq!(types(&desk, &span).await, ["AgentOffline", "BackupFailed"]);
    assert_eq!(types(&desk, &format!("created_at={}", nanos(third.created_at))).await, ["BackupCanceled"]);
    desk.world(|world| world.dismiss_alert(&first.id));
    assert_eq!(types(&desk, "type=BackupFailed").await.len(), 0);
    let all = types(&desk, "show_deleted=true&order=asc(updated_at)").await;
    assert_eq!((all.len(), all[3].as_str()), (4, "BackupFailed"), "dismissing moves it");
    assert_eq!(types(&desk, "show_deleted_only=true").await, ["BackupFailed"]);
    let gone = desk.world(|world| world.alert(&first.id).and_then(|alert| alert.deleted_at)).expect("deleted");
    assert_eq!(types(&desk, &format!("deleted_at=le({})&show_deleted=1", nanos(gone))).await, ["BackupFailed"]);
    desk.sandbox.advance_days(8);
    desk.log_in().await;
    desk.world(|world| world.settings.alert_retention_days = Some(7));
    assert_eq!(types(&desk, "show_deleted=true").await.len(), 3, "forgotten");
}

#[tokio::test]
async fn lists_come_in_the_order_asked_for() {
    let (desk, ..) = desk_with_alerts().await;
    let severe = types(&desk, "order=desc(severity)").await;
    assert_eq!((severe[0].as_str(), severe[3].as_str()), ("BackupFailed", "BrowserProtectionAlmostReady"));
    assert_eq!(types(&desk, "order=type").await[0], "AgentOffline");
    let newest = types(&desk, "order=desc(created_at)").await;
    let mut oldest = types(&desk, "order=asc(created_at)").await;
    oldest.reverse();
    assert_eq!(newest, oldest);
}

/// Follows cursors; the ids and the number of pages.
async fn walk(desk: &Desk, filters: &str) -> (Vec<Value>, usize) {
    let (mut ids, mut pages, mut after) = (Vec::new(), 0, String::new());
    loop {
        let page = desk.alerts(&format!("/alerts?{filters}{after}")).await;
        assert_eq!(page.status, 200, "{}", page.text);
        ids.extend(page.rows().iter().map(|row| row["id"].clone()));
        pages += 1;
        match page.body["paging"]["cursors"]["after"].as_str() {
            Some(cursor) if pages < 50 => after = format!("&after={cursor}"),
            _ => return (ids, pages),
        }
    }
}

#[tokio::test]
async fn a_storm_is_walked_with_the_same_filters_again() {
    let desk = Desk::small().await;
    let customer = desk.world(|world| world.add_tenant("Kunde GmbH", None));
    let raised = desk.world(|world| world.alert_storm(&customer, "BackupFailed", 25));
    let filters = "type=BackupFailed&order=asc(updated_at)&limit=10";
    let (ids, pages) = walk(&desk, filters).await;
    assert_eq!((ids, pages), (raised.iter().map(|id| json!(id)).collect(), 3));
    let first = desk.alerts(&format!("/alerts?{filters}")).await;
    let cursor = first.body["paging"]["cursors"]["after"].as_str().expect("a cursor");
    assert_eq!(desk.alerts(&format!("/alerts?after={cursor}")).await.status, 400, "the filters are missing");
    assert_eq!(desk.alerts("/alerts?after=nonsense").await.status, 400);
    let whole = desk.alerts("/alerts?limit=100").await;
    assert_eq!(whole.body["paging"], json!({"cursors": {}}), "the last page has cursors without any");
    let (down, _) = walk(&desk, "order=desc(updated_at)&limit=7").await;
    assert_eq!((down.len(), &down[0]), (25, &json!(raised[24])));
    desk.world(|world| world.settings.alert_page_size = 5);
    assert_eq!(walk(&desk, "limit=100").await.1, 5);
}

#[tokio::test]
async fn pages_may_be_hollow_or_repeat() {
    let desk = Desk::small().await;
    let customer = desk.world(|world| world.add_tenant("Kunde GmbH", None));
    desk.world(|world| {
        world.settings.alerts_share_moments = true;
        world.settings.alert_hollow_pages = true;
        world.alert_storm(&customer, "BackupFailed", 9)
    });
    let shared = desk.world(|world| world.alerts().iter().all(|alert| alert.updated_at == world.now()));
    assert!(shared);
    let (mut ids, pages) = walk(&desk, "order=asc(updated_at)&limit=3").await;
    ids.sort_by_key(Value::to_string);
    ids.dedup();
    assert_eq!((ids.len(), pages), (9, 5), "two hollow pages between three");
    desk.world(|world| world.settings.alert_cursors_repeat = true);
    assert_eq!(walk(&desk, "limit=3").await.1, 50);
    desk.world(|world| world.settings.alert_cursors_repeat = false);
    desk.sandbox.fail(Fault::once("acronis.alerts", FaultKind::RepeatPage));
    assert_eq!(walk(&desk, "limit=3").await.0.len(), 12, "one page came twice");
}
