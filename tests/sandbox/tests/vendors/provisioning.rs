//! Acronis: tenants made and changed, pricing, two-factor status, bindings, and what is never done.

use crate::client::Desk;
use reqwest::Method;
use sandbox::acronis::catalogue::{BACKUP, FILES_CLOUD};
use sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

fn root(desk: &Desk) -> String {
    desk.world(|world| world.acronis.partner_id.clone())
}

fn customer(desk: &Desk, name: &str) -> Value {
    json!({"name": name, "parent_id": root(desk), "kind": "customer"})
}

/// A customer made by a call; its id and version.
async fn made(desk: &Desk, name: &str) -> (String, u64) {
    let made = desk.acronis_post("/tenants", &customer(desk, name)).await;
    let id = made.body["id"].as_str().expect("an id").to_owned();
    (id, made.body["version"].as_u64().expect("a version"))
}

#[tokio::test]
async fn a_new_customer_is_in_trial_and_may_get_everything() {
    let desk = Desk::small().await;
    let mut body = customer(&desk, "Neubau GmbH");
    body["internal_tag"] = json!("175");
    body["language"] = json!("de");
    body["contact"] = json!({"email": "a@b.example", "firstname": "Ada", "types": ["primary"]});
    let made = desk.acronis_post("/tenants", &body).await;
    assert_eq!((made.status, &made.body["internal_tag"]), (201, &json!("175")));
    assert_eq!((&made.body["pricing_mode"], &made.body["language"]), (&json!("trial"), &json!("de")));
    assert_eq!(made.body["contact"]["firstname"], json!("Ada"));
    let id = made.body["id"].as_str().expect("an id");
    let items = desk.acronis(&format!("/tenants/{id}/offering_items?edition=*")).await;
    let given = format!("/tenants/{}/offering_items/available_for_child?kind=customer&edition=*", root(&desk));
    assert_eq!(items.rows().len(), desk.acronis(&given).await.rows().len());
    assert!(items.rows().iter().all(|item| item["status"] == 0 && item.get("quota").is_none()));
    let listed = desk.acronis(&format!("/tenants?uuids={id}")).await;
    assert_eq!(listed.rows()[0]["internal_tag"], json!("175"));
}

#[tokio::test]
async fn what_a_new_tenant_lacks_or_has_too_much_is_refused() {
    let desk = Desk::small().await;
    for missing in ["name", "parent_id", "kind"] {
        let mut body = customer(&desk, "Neubau GmbH");
        body.as_object_mut().expect("an object").remove(missing);
        assert_eq!(desk.acronis_post("/tenants", &body).await.status, 400, "{missing}");
    }
    for (key, value) in [
        ("internal_tag", json!("x".repeat(257))),
        ("made_up", json!(1)),
        ("kind", json!("root")),
        ("contact", json!({"email": "nowhere"})),
        ("contact", json!({"made_up": 1})),
    ] {
        let mut body = customer(&desk, "Neubau GmbH");
        body[key] = value;
        assert_eq!(desk.acronis_post("/tenants", &body).await.status, 400, "{body}");
    }
    desk.world(|world| world.settings.strict = false);
    let mut body = customer(&desk, "Neubau GmbH");
    body["made_up"] = json!(1);
    assert_eq!(desk.acronis_post("/tenants", &body).await.status, 201);
}

#[tokio::test]
async fn names_are_unique_in_the_tree_or_among_siblings() {
    let desk = Desk::small().await;
    let (first, _) = made(&desk, "Doppelt GmbH").await;
    let again = desk.acronis_post("/tenants", &customer(&desk, "doppelt gmbh")).await;
    assert_eq!(again.refusal(), (409, 1004));
    let folder = json!({"name": "Nord", "parent_id": root(&desk), "kind": "folder"});
    let folder = desk.acronis_post("/tenants", &folder).await.body["id"].clone();
    let below = json!({"name": "Doppelt GmbH", "parent_id": folder, "kind": "customer"});
    assert_eq!(desk.acronis_post("/tenants", &below).await.refusal(), (409, 1004));
    desk.world(|world| world.settings.names_unique_in_tree = false);
    assert_eq!(desk.acronis_post("/tenants", &below).await.status, 201);
    desk.world(|world| assert!(world.change_tenant(&first, |tenant| tenant.enabled = false)));
    let under_disabled = json!({"name": "Unten", "parent_id": first, "kind": "unit"});
    assert_eq!(desk.acronis_post("/tenants", &under_disabled).await.refusal(), (403, 1003));
}

#[tokio::test]
async fn a_tenant_is_changed_by_its_latest_version_unless_it_is_locked() {
    let desk = Desk::small().await;
    let (id, version) = made(&desk, "Wandel GmbH").await;
    let path = format!("/tenants/{id}");
    let off = json!({"version": version, "enabled": false});
    let changed = desk.acronis_put(&path, &off).await;
    assert_eq!((changed.status, &changed.body["enabled"]), (200, &json!(false)));
    assert_eq!(desk.acronis_put(&path, &off).await.refusal(), (409, 1001));
    assert_eq!(desk.acronis_put(&path, &json!({"enabled": true})).await.status, 400, "no version");
    desk.world(|world| assert!(world.lock_tenant(&id, true)));
    let version = desk.world(|world| world.tenant(&id).map(|tenant| tenant.version)).expect("there");
    let on = json!({"version": version, "enabled": true});
    assert_eq!(desk.acronis_put(&path, &on).await.refusal(), (403, 1012));
    let own = format!("/tenants/{}", root(&desk));
    assert_eq!(desk.acronis_put(&own, &json!({"version": 1, "name": "Wir"})).await.refusal(), (403, 1002));
}

#[tokio::test]
async fn trial_becomes_production_and_never_trial_again() {
    let desk = Desk::small().await;
    let (id, _) = made(&desk, "Probe GmbH").await;
    let path = format!("/tenants/{id}/pricing");
    let mut whole = desk.acronis(&path).await.body;
    let stale = json!({"mode": "production", "version": 1});
    assert_eq!(desk.acronis_put(&path, &stale).await.refusal(), (409, 1001));
    whole["mode"] = json!("production");
    let switched = desk.acronis_put(&path, &whole).await;
    assert_eq!((switched.status, &switched.body["mode"]), (200, &json!("production")));
    assert!(switched.body["production_start_date"].is_string());
    assert_ne!(switched.body["version"], whole["version"]);
    let back = json!({"mode": "trial", "version": switched.body["version"]});
    assert_eq!(desk.acronis_put(&path, &back).await.status, 400);
}

#[tokio::test]
async fn two_factor_status_and_bindings_can_be_set_again() {
    let desk = Desk::small().await;
    let (id, _) = made(&desk, "Sicher GmbH").await;
    let path = format!("/tenants/{id}/mfa/status");
    assert_eq!(desk.acronis(&path).await.body["mfa_status"], json!("disabled"));
    assert_eq!(desk.acronis_put(&path, &json!({"enabled": true})).await.body["mfa_status"], json!("enabled"));
    let bind = format!("/applications/{FILES_CLOUD}/bindings/tenants/{id}");
    for _ in 0..2 {
        assert_eq!(desk.acronis_send(Method::POST, &bind, None).await.status, 204);
    }
    let bound = desk.acronis(&format!("/tenants/{id}/applications")).await;
    assert_eq!(bound.body, json!({"items": [FILES_CLOUD]}));
    desk.world(|world| assert!(!world.acronis.is_bound(&id, BACKUP)));
}

#[tokio::test]
async fn deletions_are_refused_and_remembered() {
    let desk = Desk::small().await;
    let (id, version) = made(&desk, "Bleibt GmbH").await;
    let gone = desk.acronis_send(Method::DELETE, &format!("/tenants/{id}?version={version}"), None).await;
    let unbind = format!("/applications/{BACKUP}/bindings/tenants/{id}");
    assert_eq!(gone.status, 403);
    assert_eq!(desk.acronis_send(Method::DELETE, &unbind, None).await.status, 403);
    assert_eq!(desk.sandbox.unknown_requests().len(), 2);
    assert!(desk.world(|world| world.tenant(&id).is_some_and(|tenant| tenant.deleted_at.is_none())));
    assert_eq!(desk.world(|world| world.take_destructions()).len(), 2);
    assert!(desk.world(|world| world.destructions().is_empty()));
}

#[tokio::test]
#[should_panic(expected = "would have destroyed")]
async fn a_sandbox_that_saw_a_deletion_ends_loudly() {
    let desk = Desk::small().await;
    let id = desk.world(|world| world.add_tenant("Bleibt GmbH", None));
    desk.acronis_send(Method::DELETE, &format!("/tenants/{id}?version=1"), None).await;
}

#[tokio::test]
async fn a_client_that_may_only_read_writes_nothing() {
    let desk = Desk::small().await;
    let (id, _) = made(&desk, "Lesbar GmbH").await;
    desk.world(|world| world.settings.read_only_client = true);
    assert_eq!(desk.acronis_post("/tenants", &customer(&desk, "Andere GmbH")).await.refusal(), (403, 1002));
    let items = json!({"offering_items": []});
    assert_eq!(desk.acronis_put(&format!("/tenants/{id}/offering_items"), &items).await.refusal(), (403, 1002));
    assert_eq!(desk.acronis(&format!("/tenants/{id}")).await.status, 200);
}

#[tokio::test]
async fn a_lost_answer_leaves_a_tenant_that_search_and_list_find() {
    let desk = Desk::small().await;
    let lost = FaultKind::StatusAfter { status: 502, body: None };
    desk.sandbox.fail(Fault::once("acronis.create_tenant", lost));
    let mut body = customer(&desk, "Verschollen GmbH");
    body["customer_id"] = json!("at-901");
    assert_eq!(desk.acronis_post("/tenants", &body).await.status, 502);
    let root = root(&desk);
    for text in ["verschollen", "AT-901"] {
        let found = desk.acronis(&format!("/search?tenant={root}&text={text}")).await;
        assert_eq!(found.rows()[0]["name"], json!("Verschollen GmbH"));
        assert_eq!(found.rows()[0]["obj_type"], json!("tenant"));
    }
    assert_eq!(desk.acronis(&format!("/tenants?parent_id={root}")).await.rows().len(), 4);
}
