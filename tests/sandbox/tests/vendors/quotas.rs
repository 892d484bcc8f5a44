//! Acronis: offering items switched and given quotas, all of a list or none.

use crate::client::{Answer, Desk};
use sandbox::acronis::Quota;
use sandbox::acronis::catalogue::{ACRONIS_STORAGE, BACKUP, PARTNER_STORAGE};
use serde_json::{Value, json};

const SERVERS: &str = "pw_base_servers";
const STORAGE: &str = "pw_base_storage";

fn item(name: &str, status: u8) -> Value {
    json!({"application_id": BACKUP, "name": name, "status": status})
}

fn limited(name: &str, value: Option<u64>, version: u64) -> Value {
    let mut item = item(name, 1);
    item["quota"] = json!({"value": value, "overage": 0, "version": version});
    item
}

fn storage(infra: &str, status: u8) -> Value {
    let mut item = item(STORAGE, status);
    item["infra_id"] = json!(infra);
    item
}

/// A customer that may have everything and has nothing.
fn customer(desk: &Desk) -> String {
    desk.world(|world| {
        let tenant = world.add_tenant("Kontingent GmbH", None);
        world.offer_everything(&tenant);
        tenant
    })
}

async fn put(desk: &Desk, tenant: &str, items: Value) -> Answer {
    desk.acronis_put(&format!("/tenants/{tenant}/offering_items"), &json!({"offering_items": items})).await
}

fn is_on(desk: &Desk, tenant: &str, name: &str) -> bool {
    desk.world(|world| world.acronis.item(tenant, name, None).is_some_and(|item| item.on))
}

#[tokio::test]
async fn a_quota_is_changed_by_its_own_latest_version() {
    let desk = Desk::small().await;
    let tenant = customer(&desk);
    let first = put(&desk, &tenant, json!([limited(SERVERS, Some(3), 0)])).await;
    assert_eq!((first.status, &first.rows()[0]["quota"]["value"]), (200, &json!(3)));
    let version = first.rows()[0]["quota"]["version"].as_u64().expect("a version");
    assert!(version > 1_000_000_000_000, "{version}");
    assert_eq!(put(&desk, &tenant, json!([limited(SERVERS, Some(4), 0)])).await.refusal(), (409, 1001));
    let second = put(&desk, &tenant, json!([limited(SERVERS, Some(4), version)])).await;
    let newer = second.rows()[0]["quota"]["version"].as_u64().expect("a version");
    assert!(newer > version, "the version moves although the clock stands still");
    let same = put(&desk, &tenant, json!([limited(SERVERS, Some(4), newer)])).await;
    assert_eq!(same.rows()[0]["quota"]["version"], json!(newer), "nothing changed");
    desk.world(|world| {
        let behind = Quota { value: Some(9), overage: None, version: 0 };
        assert!(world.set_quota(&tenant, SERVERS, None, behind));
    });
    assert_eq!(put(&desk, &tenant, json!([limited(SERVERS, Some(5), newer)])).await.refusal(), (409, 1001));
    let subtree = format!("/tenants/offering_items?subtree_root_tenant_id={tenant}&offering_items={SERVERS}");
    let latest = desk.acronis(&subtree).await.rows()[0]["quota"]["version"].as_u64().expect("shown in the subtree too");
    let unlimited = put(&desk, &tenant, json!([limited(SERVERS, None, latest)])).await;
    assert_eq!(unlimited.rows()[0]["quota"], json!({"value": null, "overage": null, "version": 0}));
}

#[tokio::test]
async fn one_bad_item_spoils_the_list() {
    let desk = Desk::small().await;
    let tenant = customer(&desk);
    desk.world(|world| world.withhold_item(None, "pw_base_vms", None, true));
    let both = json!([item(SERVERS, 1), item("pw_base_vms", 1)]);
    assert_eq!(put(&desk, &tenant, both.clone()).await.refusal(), (400, 1021));
    assert!(!is_on(&desk, &tenant, SERVERS));
    let root = desk.world(|world| world.acronis.partner_id.clone());
    let given =
        desk.acronis(&format!("/tenants/{root}/offering_items/available_for_child?kind=customer&edition=*")).await;
    assert!(!given.rows().iter().any(|row| row["name"] == "pw_base_vms"));
    desk.world(|world| world.withhold_item(None, "pw_base_vms", None, false));
    assert_eq!(put(&desk, &tenant, both).await.rows().len(), 2);
    assert!(is_on(&desk, &tenant, SERVERS));
    assert_eq!(put(&desk, &tenant, json!([item("pw_base_unheard_of", 1)])).await.refusal(), (400, 1021));
}

#[tokio::test]
async fn items_need_their_base() {
    let desk = Desk::small().await;
    let tenant = customer(&desk);
    for lonely in ["pw_base_m365_mailboxes", "pw_base_google_drive", "pw_pack_adv_security"] {
        assert_eq!(put(&desk, &tenant, json!([item(lonely, 1)])).await.refusal(), (400, 1023), "{lonely}");
    }
    let together = json!([item("pw_base_m365_mailboxes", 1), item("pw_base_m365_seats", 1)]);
    assert_eq!(put(&desk, &tenant, together).await.status, 200);
    assert_eq!(put(&desk, &tenant, json!([item("pw_base_m365_seats", 0)])).await.refusal(), (400, 1023));
    let features =
        desk.acronis(&format!("/tenants/{tenant}/offering_items?edition=*&usage_names=o365_mailboxes")).await;
    assert!(features.rows()[0].get("quota").is_none() && features.rows()[0]["locked"].is_null());
}

#[tokio::test]
async fn a_customer_has_one_storage_and_keeps_it() {
    let desk = Desk::small().await;
    let tenant = customer(&desk);
    let two = json!([storage(ACRONIS_STORAGE, 1), storage(PARTNER_STORAGE, 1)]);
    assert_eq!(put(&desk, &tenant, two).await.refusal(), (409, 1031));
    assert_eq!(put(&desk, &tenant, json!([storage(ACRONIS_STORAGE, 1)])).await.status, 200);
    assert_eq!(put(&desk, &tenant, json!([storage(PARTNER_STORAGE, 1)])).await.refusal(), (409, 1031));
    assert_eq!(put(&desk, &tenant, json!([storage(ACRONIS_STORAGE, 0)])).await.refusal(), (400, 1017));
    desk.world(|world| world.set_usage(&tenant, STORAGE, Some(ACRONIS_STORAGE), 5, Some(5)));
    assert_eq!(put(&desk, &tenant, json!([storage(ACRONIS_STORAGE, 0)])).await.refusal(), (400, 1009));
    desk.world(|world| world.set_storage(&tenant, PARTNER_STORAGE));
    assert_eq!(put(&desk, &tenant, json!([storage(PARTNER_STORAGE, 1)])).await.status, 200);
}

#[tokio::test]
async fn used_locked_and_foreign_items_stay_as_they_are() {
    let desk = Desk::small().await;
    let tenant = customer(&desk);
    assert_eq!(put(&desk, &tenant, json!([item(SERVERS, 1)])).await.status, 200);
    desk.world(|world| world.set_usage(&tenant, SERVERS, None, 2, Some(2)));
    assert_eq!(put(&desk, &tenant, json!([item(SERVERS, 0)])).await.refusal(), (400, 1027));
    desk.world(|world| world.settings.keep_used_items_on = false);
    let path = format!("/tenants/{tenant}/offering_items");
    let checked = json!({"offering_items": [item(SERVERS, 0)], "check_usage": true});
    assert_eq!(desk.acronis_put(&path, &checked).await.refusal(), (400, 1027));
    desk.world(|world| assert!(world.lock_item(&tenant, SERVERS, None, true)));
    assert_eq!(put(&desk, &tenant, json!([item(SERVERS, 0)])).await.refusal(), (400, 1012));
    desk.world(|world| assert!(world.lock_item(&tenant, SERVERS, None, false)));
    assert_eq!(put(&desk, &tenant, json!([item(SERVERS, 0)])).await.status, 200);
    let root = desk.world(|world| world.acronis.partner_id.clone());
    assert_eq!(put(&desk, &root, json!([item(SERVERS, 1)])).await.refusal(), (403, 1002));
    desk.world(|world| assert!(world.change_tenant(&tenant, |tenant| tenant.enabled = false)));
    assert_eq!(put(&desk, &tenant, json!([item(SERVERS, 1)])).await.refusal(), (403, 1003));
}

#[tokio::test]
async fn whole_items_may_be_sent_back_and_strange_quotas_may_not() {
    let desk = Desk::small().await;
    let tenant = customer(&desk);
    assert_eq!(put(&desk, &tenant, json!([item(SERVERS, 1)])).await.status, 200);
    let path = format!("/tenants/{tenant}/offering_items");
    let all = desk.acronis(&format!("{path}?edition=*")).await;
    assert_eq!(put(&desk, &tenant, json!(all.rows())).await.status, 200);
    assert_eq!(desk.acronis_put(&path, &json!({"offering_items": [], "made_up": 1})).await.status, 400);
    let mut odd = limited(SERVERS, Some(1), 0);
    odd["quota"]["made_up"] = json!(1);
    assert_eq!(put(&desk, &tenant, json!([odd])).await.status, 400);
    let mut partial = item(SERVERS, 1);
    partial["quota"] = json!({"value": 1});
    assert_eq!(put(&desk, &tenant, json!([partial])).await.status, 400);
    let usages = desk.acronis(&format!("/tenants/{tenant}/usages")).await;
    assert_eq!(usages.rows()[0]["value"], json!(0), "what is on is measured");
}
