//! Acronis: login, tenants, offering items and usages.

use crate::client::{Desk, send};
use sandbox::acronis::catalogue::{ACRONIS_STORAGE, PARTNER_STORAGE};
use sandbox::seed::story;
use sandbox::{Fault, FaultKind, Seed};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn a_wrong_secret_gets_401_and_a_wrong_grant_400() {
    let desk = Desk::small().await;
    let url = format!("{}/api/2/idp/token", desk.sandbox.acronis_url());
    let known = desk.sandbox.credentials();
    let wrong = desk.http.post(&url).basic_auth(&known.acronis_client_id, Some("wrong"));
    let answer = send(wrong.body("grant_type=client_credentials")).await.expect("answered");
    assert_eq!((answer.status, &answer.body["error"]), (401, &json!("invalid_client")));
    let no_grant = send(desk.token_request().body("grant_type=password")).await.expect("answered");
    assert_eq!((no_grant.status, &no_grant.body["error"]), (400, &json!("invalid_request")));
}

#[tokio::test]
async fn a_token_lives_two_hours_of_sandbox_time() {
    let desk = Desk::small().await;
    assert_eq!(desk.acronis("/applications").await.status, 200);
    let later = |minutes| desk.world(|world| world.now().checked_add(jiff::SignedDuration::from_mins(minutes)));
    desk.sandbox.set_now(later(119).expect("in range"));
    assert_eq!(desk.acronis("/applications").await.status, 200);
    desk.sandbox.set_now(later(1).expect("in range"));
    let expired = desk.acronis("/applications").await;
    assert_eq!((expired.status, &expired.body["error"]["code"]), (401, &json!(401)));
    assert!(expired.body["error"]["details"]["info"].is_string());
}

#[tokio::test]
async fn expires_in_can_be_left_out_and_expires_on_stays() {
    let desk = Desk::small().await;
    desk.world(|world| world.settings.leave_out_expires_in = true);
    let answer = send(desk.token_request()).await.expect("answered");
    assert!(answer.body.get("expires_in").is_none());
    assert!(answer.body["expires_on"].is_i64());
}

#[tokio::test]
async fn the_client_names_its_tenant_which_names_all_others() {
    let desk = Desk::small().await;
    let id = desk.sandbox.credentials().acronis_client_id;
    let client = desk.acronis(&format!("/clients/{id}")).await;
    let root = client.body["tenant_id"].as_str().expect("an id");
    let tenants = desk.acronis(&format!("/tenants?subtree_root_id={root}&lod=basic")).await;
    assert_eq!(tenants.rows().len(), 4);
    assert_eq!(tenants.rows()[0]["id"], json!(root), "the root comes first");
    assert!(tenants.rows()[1].get("pricing_mode").is_none(), "basic has no pricing mode");
    assert!(tenants.body.get("paging").is_none());
}

#[tokio::test]
async fn tenants_want_exactly_one_selector() {
    let desk = Desk::small().await;
    let root = desk.world(|world| world.acronis.partner_id.clone());
    assert_eq!(desk.acronis("/tenants").await.status, 400);
    let two = format!("/tenants?subtree_root_id={root}&parent_id={root}");
    assert_eq!(desk.acronis(&two).await.status, 400);
    assert_eq!(desk.acronis(&format!("/tenants?parent_id={root}")).await.rows().len(), 3);
    let absent = desk.acronis("/tenants/00000000-0000-4000-8000-00000000dead").await;
    assert_eq!((absent.status, &absent.body["error"]["code"]), (404, &json!(1005)));
    let above = desk.acronis("/tenants/00000000-0000-4000-8000-000000000001").await;
    assert_eq!((above.status, &above.body["error"]["code"]), (403, &json!(1002)));
}

/// All pages of a list by cursor alone, at most twenty of them.
async fn all_pages(desk: &Desk, path: &str) -> (Vec<Value>, usize) {
    let mut answer = desk.acronis(path).await;
    let stem = path.split('?').next().expect("a path").to_owned();
    let mut rows = answer.rows().to_vec();
    for page in 1..20 {
        let Some(after) = answer.body["paging"]["cursors"]["after"].as_str() else {
            return (rows, page);
        };
        answer = desk.acronis(&format!("{stem}?after={after}")).await;
        rows.extend(answer.rows().to_vec());
    }
    (rows, 20)
}

#[tokio::test]
async fn small_pages_are_followed_by_the_cursor_alone() {
    let desk = Desk::small().await;
    let root = desk.world(|world| {
        world.settings.page_size = 2;
        world.acronis.partner_id.clone()
    });
    let (rows, pages) = all_pages(&desk, &format!("/tenants?subtree_root_id={root}")).await;
    let ids: BTreeSet<&str> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
    assert_eq!((rows.len(), ids.len(), pages), (4, 4, 2));
    desk.world(|world| world.settings.page_size = 7);
    let wanted = desk.world(|world| world.acronis.items.values().map(Vec::len).sum::<usize>());
    let (items, _) = all_pages(&desk, &format!("/tenants/offering_items?subtree_root_tenant_id={root}")).await;
    assert_eq!(items.len(), wanted);
    let first = desk.acronis(&format!("/tenants?subtree_root_id={root}&limit=1")).await;
    let after = first.body["paging"]["cursors"]["after"].as_str().expect("more pages").to_owned();
    assert_eq!(desk.acronis(&format!("/tenants?after={after}&limit=1")).await.status, 400);
}

#[tokio::test]
async fn a_deleted_tenant_is_gone_unless_asked_for() {
    let desk = Desk::small().await;
    let (root, gone) = desk.world(|world| {
        let gone = world.add_tenant("Bald weg GmbH", None);
        world.remove_tenant(&gone);
        (world.acronis.partner_id.clone(), gone)
    });
    let list = format!("/tenants?subtree_root_id={root}");
    assert_eq!(desk.acronis(&list).await.rows().len(), 4);
    assert_eq!(desk.acronis(&format!("{list}&allow_deleted=true")).await.rows().len(), 5);
    assert_eq!(desk.acronis(&format!("/tenants/{gone}")).await.status, 404);
}

#[tokio::test]
async fn items_without_edition_are_those_of_the_standard_one() {
    let desk = Desk::small().await;
    let tenant = desk.world(|world| {
        let tenant = world.add_tenant("Editionen AG", None);
        world.set_item_status(&tenant, "workstations", None, true);
        world.set_item_status(&tenant, "pw_base_workstations", None, true);
        world.set_item_status(&tenant, "local_storage", None, false);
        tenant
    });
    let path = format!("/tenants/{tenant}/offering_items");
    let standard = desk.acronis(&path).await;
    let names: Vec<&Value> = standard.rows().iter().map(|row| &row["name"]).collect();
    assert_eq!(names, [&json!("workstations"), &json!("local_storage")]);
    let all = desk.acronis(&format!("{path}?edition=*")).await;
    assert_eq!(all.rows().len(), 3);
    assert!(all.rows()[1]["quota"]["value"].is_null() && all.rows()[1]["quota"]["version"] == json!(0));
    assert!(all.rows()[2].get("quota").is_none(), "an item that is off has no quota");
}

#[tokio::test]
async fn a_child_may_get_every_product_once_per_storage() {
    let desk = Desk::open(Seed::empty(jiff::civil::date(2026, 11, 10))).await;
    let root = desk.world(|world| world.acronis.partner_id.clone());
    let path = format!("/tenants/{root}/offering_items/available_for_child");
    assert_eq!(desk.acronis(&path).await.status, 400, "kind is required");
    let items = desk.acronis(&format!("{path}?kind=customer&edition=*")).await;
    let storages: Vec<&Value> =
        items.rows().iter().filter(|row| row["name"] == "pw_base_storage").map(|row| &row["infra_id"]).collect();
    assert_eq!(storages, [&json!(ACRONIS_STORAGE), &json!(PARTNER_STORAGE)]);
    assert!(!items.rows().iter().any(|row| row["name"] == "storage_total"));
    let named = desk.acronis(&format!("/infra?uuids={ACRONIS_STORAGE}")).await;
    assert_eq!(named.rows()[0]["platform_owned"], json!(true));
}

#[tokio::test]
async fn usages_show_an_item_only_where_one_exists_and_a_quota_only_while_it_is_on() {
    let desk = Desk::small().await;
    let tenant = desk.world(|world| {
        let tenant = world.add_tenant("Messwert GmbH", None);
        world.set_item_status(&tenant, "pw_base_servers", None, true);
        world.set_usage(&tenant, "pw_base_servers", None, 3, Some(4));
        world.set_item_status(&tenant, "pw_base_storage", Some(ACRONIS_STORAGE), false);
        world.set_usage(&tenant, "pw_base_storage", Some(ACRONIS_STORAGE), 1024, None);
        world.set_usage(&tenant, "storage_total", None, 1024, Some(1024));
        tenant
    });
    let usages = desk.acronis(&format!("/tenants/{tenant}/usages")).await;
    let [servers, storage, total] = usages.rows() else { panic!("three rows: {usages:?}") };
    assert_eq!((&servers["value"], &servers["absolute_value"]), (&json!(3), &json!(4)));
    assert_eq!(servers["offering_item"]["quota"]["version"], json!(0));
    assert_eq!(storage["offering_item"], json!({"status": 0}));
    assert!(storage.get("absolute_value").is_none() && storage["infra_id"] == json!(ACRONIS_STORAGE));
    assert!(total.get("offering_item").is_none());
    desk.world(|world| assert!(world.remove_usage(&tenant, "storage_total", None)));
    assert_eq!(desk.acronis(&format!("/tenants/{tenant}/usages")).await.rows().len(), 2);
}

#[tokio::test]
async fn one_tenant_that_refuses_its_usage_spoils_the_batch() {
    let desk = Desk::small().await;
    let ids: Vec<String> = desk.world(|world| world.acronis.tenants.keys().cloned().collect());
    let path = |ids: &[String]| format!("/tenants/usages?tenants={}", ids.join(","));
    let all = desk.acronis(&path(&ids)).await;
    assert_eq!((all.status, all.rows().len()), (200, 4));
    desk.world(|world| world.refuse_usage(&ids[3], true));
    assert_eq!(desk.acronis(&path(&ids)).await.status, 403);
    assert_eq!(desk.acronis(&path(&ids[..3])).await.status, 200);
    desk.world(|world| world.settings.max_usage_batch = 2);
    assert_eq!(desk.acronis(&path(&ids[..3])).await.status, 400);
    assert_eq!(desk.acronis("/tenants/usages").await.status, 400);
}

#[tokio::test]
async fn pricing_tells_trial_from_production() {
    let desk = Desk::open(Seed { customers: 1, ..Seed::default() }).await;
    let trial = desk.world(|world| world.tenant_named(story::TRIAL)).expect("a story tenant");
    let pricing = desk.acronis(&format!("/tenants/{trial}/pricing")).await;
    assert_eq!(pricing.body["mode"], json!("trial"));
}

#[tokio::test]
async fn tokens_can_be_made_invalid_at_once() {
    let mut desk = Desk::small().await;
    desk.sandbox.fail(Fault::once("acronis.applications", FaultKind::ExpireToken));
    assert_eq!(desk.acronis("/applications").await.status, 401);
    desk.log_in().await;
    assert_eq!(desk.acronis("/applications").await.status, 200);
}
