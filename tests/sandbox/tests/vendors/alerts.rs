//! Acronis: alerts one by one, their life, their types, and who sees them.

use crate::client::{Answer, Desk, send};
use reqwest::Method;
use sandbox::acronis::Acronis;
use sandbox::acronis::alerts::details::Shape;
use sandbox::acronis::alerts::{NewAlert, Severity};
use serde_json::{Value, json};

const NOBODY: &str = "00000000-0000-4000-8000-0000000000AA";

fn tenant(desk: &Desk, name: &str) -> String {
    desk.world(|world| world.add_tenant(name, None))
}

fn texts(answer: &Answer, key: &str) -> Vec<String> {
    answer.rows().iter().filter_map(|row| row[key].as_str()).map(str::to_owned).collect()
}

#[tokio::test]
async fn an_alert_has_the_vendors_names_and_nine_digits() {
    let desk = Desk::small().await;
    let customer = tenant(&desk, "Kunde GmbH");
    let id = desk.world(|world| world.raise_alert(&customer, "BackupFailed"));
    assert_eq!(id, id.to_uppercase());
    let shown = desk.alerts(&format!("/alerts/{}", id.to_lowercase())).await;
    assert_eq!(shown.status, 200);
    let body = &shown.body;
    assert_eq!((&body["id"], &body["type"], &body["category"]), (&json!(id), &json!("BackupFailed"), &json!("Backup")));
    assert_eq!(body["severity"], json!("critical"));
    for key in ["createdAt", "receivedAt", "updatedAt"] {
        let moment = body[key].as_str().expect("a moment");
        assert_eq!((moment.len(), moment.ends_with('Z')), ("2026-11-10T09:00:00.000000001Z".len(), true), "{moment}");
    }
    assert!(body.get("deletedAt").is_none());
    let number = Acronis::tenant_number(&customer).to_string();
    assert_eq!((&body["tenant"]["id"], &body["tenant"]["uuid"]), (&json!(number), &json!(customer)));
    assert_eq!(body["tenant"]["locator"], json!(format!("/1/50/{number}/")));
    desk.world(|world| world.set_usage(&customer, "pw_base_vms", None, 1, Some(1)));
    let used = desk.acronis(&format!("/tenants/{customer}/usages")).await;
    assert_eq!(used.rows()[0]["tenant_id"].to_string(), number, "the number usages tell");
    desk.world(|world| world.settings.alerts_without_tenant_uuid = true);
    assert!(desk.alerts(&format!("/alerts/{id}")).await.body["tenant"].get("uuid").is_none());
}

#[tokio::test]
async fn an_alert_clears_and_comes_back_under_its_id_or_a_new_one() {
    let desk = Desk::small().await;
    let customer = tenant(&desk, "Kunde GmbH");
    let id = desk.world(|world| world.raise(NewAlert::of(&customer, "AgentOffline").about("WS-1", "Plan")));
    let path = format!("/alerts/{id}");
    let first = desk.alerts(&path).await.body;
    assert!(desk.world(|world| world.clear_alert(&id)));
    assert!(!desk.world(|world| world.clear_alert(&id)), "cleared already");
    let gone = desk.alerts(&path).await;
    assert_eq!((gone.status, &gone.body["domain"]), (404, &json!("AlertManager")));
    assert!(gone.body["code"].is_string() && gone.body.get("error").is_none());
    let cleared = desk.alerts(&format!("{path}?show_deleted=true")).await.body;
    assert_eq!(cleared["deletedAt"], cleared["updatedAt"]);
    assert!(cleared["updatedAt"].as_str() > first["updatedAt"].as_str());
    assert!(desk.world(|world| world.raise_again(&id)));
    let back = desk.alerts(&path).await.body;
    assert!(back.get("deletedAt").is_none() && back["updatedAt"].as_str() > cleared["updatedAt"].as_str());
    assert_eq!(back["createdAt"], first["createdAt"]);
    desk.world(|world| world.clear_alert(&id));
    let anew = desk.world(|world| world.raise_anew(&id)).expect("a new id");
    assert_ne!(anew, id);
    let twin = desk.alerts(&format!("/alerts/{anew}")).await.body;
    for key in ["type", "tenant", "details"] {
        assert_eq!(twin[key], back[key]);
    }
    assert!(desk.world(|world| world.set_alert_severity(&anew, Severity::Critical)));
    assert_eq!(desk.alerts(&format!("/alerts/{anew}")).await.body["severity"], json!("critical"));
}

#[tokio::test]
async fn alerts_are_dismissed_by_id_or_by_filter_and_never_all() {
    let desk = Desk::small().await;
    let customer = tenant(&desk, "Kunde GmbH");
    let ids = desk.world(|world| world.alert_storm(&customer, "BackupFailed", 3));
    let kept = desk.world(|world| world.raise_alert(&customer, "AgentOffline"));
    let delete = async |path: &str| desk.alert_send(Method::DELETE, path).await;
    let done = delete(&format!("/alerts/{}", ids[0].to_lowercase())).await;
    assert_eq!((done.status, done.text.as_str()), (204, ""));
    assert_eq!(delete(&format!("/alerts/{}", ids[0])).await.status, 404, "dismissed already");
    assert_eq!(delete(&format!("/alerts/{NOBODY}")).await.status, 404);
    assert_eq!(delete("/alerts/7").await.status, 400);
    assert_eq!(delete("/alerts?type=BackupFailed").await.status, 204);
    assert_eq!(texts(&desk.alerts("/alerts").await, "id"), [kept]);
    assert_eq!(desk.world(|world| world.alerts().len()), 4);
    desk.world(|world| world.settings.read_only_client = true);
    assert_eq!(delete("/alerts?type=AgentOffline").await.status, 403);
    for everything in ["/alerts", "/alerts?show_deleted=true&limit=5", "/alerts?type=", "/alerts?made_up=1"] {
        assert_eq!(delete(everything).await.status, 403);
    }
    assert_eq!(desk.world(|world| world.take_destructions()).len(), 4);
    assert_eq!(desk.alerts("/alerts").await.rows().len(), 1);
    assert_eq!(desk.sandbox.unknown_requests().len(), 4);
}

#[tokio::test]
async fn without_a_token_the_web_server_answers() {
    let desk = Desk::small().await;
    let url = format!("{}/api/alert_manager/v1/alerts", desk.sandbox.acronis_url());
    let refused = send(desk.http.get(&url).bearer_auth("made-up")).await.expect("answered");
    assert_eq!((refused.status, refused.content_type.as_str()), (401, "text/html"));
    assert!(refused.text.contains("<center>nginx</center>") && refused.body.is_null());
    assert_eq!(send(desk.http.put(&url)).await.expect("answered").status, 405);
}

#[tokio::test]
async fn details_come_in_every_shape() {
    let desk = Desk::small().await;
    let customer = tenant(&desk, "Kunde GmbH");
    let shown = async |shape: Shape| {
        let id = desk.world(|world| world.raise(NewAlert::of(&customer, "BackupFailed").shape(shape)));
        desk.alerts(&format!("/alerts/{id}")).await.body["details"].clone()
    };
    assert_eq!(shown(Shape::Null).await, Value::Null);
    assert_eq!(shown(Shape::Empty).await, json!({}));
    assert!(shown(Shape::NameOnly).await.get("planName").is_none());
    assert!(shown(Shape::Texts).await["error"].is_string());
    assert!(shown(Shape::Error).await["error"]["suberror"]["text"].is_string());
    assert!(shown(Shape::ErrorMessage).await["errorMessage"]["kbLink"]["serCode"].is_string());
    assert_eq!(shown(Shape::Activity).await["activity"]["type"], json!("backup"));
    assert!(shown(Shape::Nested).await["context"]["machine"]["disks"][0].is_object());
    assert!(shown(Shape::ThirdParty).await["fields"].is_object());
    let own = json!({"odd": [1, null]});
    let id = desk.world(|world| world.raise(NewAlert::of(&customer, "BackupFailed").details(own.clone())));
    assert_eq!(desk.alerts(&format!("/alerts/{id}")).await.body["details"], own);
}

#[tokio::test]
async fn types_are_told_by_system_and_categories_once() {
    let desk = Desk::small().await;
    assert_eq!(desk.alerts("/types").await.status, 400);
    assert_eq!(desk.alerts("/types?os_type=amiga").await.status, 400);
    let windows = desk.alerts("/types?os_type=windows&os_type=linux").await;
    assert!(windows.rows().len() > 150);
    let mobile = desk.alerts("/types?os_type=ios").await;
    assert!(mobile.rows().len() < 5);
    let backup = desk.alerts("/types?os_type=windows&category=Backup").await;
    assert!(backup.rows().iter().all(|row| row["category"] == "Backup"));
    let one = desk.alerts("/types/BackupFailed").await.body;
    for key in ["contextKeys", "searchableDetails", "supportedOS"] {
        assert!(one[key].is_array(), "{key}");
    }
    assert_eq!((&one["enabled"], &one["severity"]), (&json!(true), &json!("critical")));
    let newer = windows.rows().iter().find(|row| row["alias"] == "RiskySignIn").expect("a type in the newer naming");
    assert!(newer["id"].as_str().is_some_and(|id| id.starts_with("cti.a.p.am.alert.v1.0~")));
    let path = format!("/types/{}", newer["id"].as_str().unwrap_or_default());
    assert_eq!(desk.alerts(&path).await.body, *newer);
    assert_eq!(desk.alerts("/types/NoSuchType").await.status, 404);
    let categories = desk.alerts("/categories").await;
    assert!(categories.rows().iter().any(|row| row["alias"] == "SaaS security"));
    assert!(!texts(&categories, "name").contains(&"Notarization".to_owned()));
    let every = desk.alerts("/categories?include_disabled=true").await;
    assert!(every.rows().iter().any(|row| row["name"] == "Notarization" && row["disabled"] == true));
}

#[tokio::test]
async fn types_may_be_disabled_unlisted_or_made_up() {
    let desk = Desk::small().await;
    let customer = tenant(&desk, "Kunde GmbH");
    let made_up = desk.world(|world| world.raise_alert(&customer, "NeverHeardOf"));
    let known = desk.world(|world| world.raise_alert(&customer, "BackupFailed"));
    let shown = desk.alerts(&format!("/alerts/{made_up}")).await.body;
    assert_eq!((&shown["category"], &shown["severity"]), (&json!("Other"), &json!("warning")));
    desk.world(|world| world.settings.unlisted_alert_types.insert("BackupFailed".to_owned()));
    assert_eq!(desk.alerts("/types/BackupFailed").await.status, 404);
    assert_eq!(desk.alerts(&format!("/alerts/{known}")).await.status, 200);
    assert!(desk.world(|world| world.enable_alert_type("BackupFailed", false)));
    assert_eq!(desk.alerts(&format!("/alerts/{known}")).await.status, 404);
}

#[tokio::test]
async fn stats_count_what_is_active() {
    let desk = Desk::small().await;
    assert_eq!(desk.alerts("/stats").await.body, json!({"count": 0}));
    let customer = tenant(&desk, "Kunde GmbH");
    let ids = desk.world(|world| world.alert_storm(&customer, "BackupFailed", 2));
    let two = desk.alerts("/stats").await.body;
    assert_eq!(two["count"], json!(2));
    assert_eq!(two["modifiedAt"], desk.alerts(&format!("/alerts/{}", ids[1])).await.body["updatedAt"]);
    desk.world(|world| world.clear_alert(&ids[1]));
    assert_ne!(desk.alerts("/stats").await.body, two);
}

#[tokio::test]
async fn self_service_customers_are_seen_by_number_only() {
    let desk = Desk::small().await;
    let open = tenant(&desk, "Offen GmbH");
    let shielded = tenant(&desk, "Allein GmbH");
    let hidden = desk.world(|world| {
        world.set_self_service(&shielded, true);
        world.raise_alert(&open, "BackupFailed");
        world.raise_alert(&shielded, "BackupFailed")
    });
    assert_eq!(desk.alerts("/alerts").await.rows().len(), 1);
    assert_eq!(desk.alerts(&format!("/alerts/{hidden}")).await.status, 404);
    assert_eq!(desk.alerts("/stats").await.body["count"], json!(1));
    let (open, shielded) = (Acronis::tenant_number(&open), Acronis::tenant_number(&shielded));
    let path = format!("/customer_alerts?customer_id={open}&customer_id={shielded}");
    let both = desk.alerts(&path).await;
    assert_eq!(both.rows()[1]["customer_id"], json!(shielded.to_string()));
    assert_eq!(both.rows()[1]["alerts"][0]["id"], json!(hidden));
    let none = desk.alerts(&format!("{path}&severity=warning")).await;
    assert_eq!(none.rows()[0]["alerts"], json!([]));
    assert_eq!(desk.alerts("/customer_alerts").await.status, 400);
    assert_eq!(desk.alerts(&format!("/customer_alerts?customer_id={NOBODY}")).await.status, 400);
    assert_eq!(desk.alerts("/customer_alerts?customer_id=999999").await.status, 403);
    let counts = desk.alerts("/customer_alerts_count").await;
    assert_eq!(texts(&counts, "customer_name"), ["Offen GmbH", "Allein GmbH"].map(str::to_owned).to_vec());
    assert_eq!((&counts.rows()[0]["alerts_count"], &counts.rows()[0]["parents"]), (&json!(1), &json!(["50"])));
}
