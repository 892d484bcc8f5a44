//! Reading what tenants are given and how they stand: quotas with their versions, applications, pricing,
//! second factor and users.

use crate::acronis_writes::tenant;
use crate::stub::{Stub, says};
use anyhow::Result;
use functions::acronis::{AcronisError, Pricing, PricingMode, TwoFactor, User, UserId};
use serde_json::{Value, json};
use shared::ids::{ApplicationId, StorageId, TenantId};
use shared::quota::{GivenItem, Grant};
use shared::usage::ItemKind;

/// A row as the vendor sends it; `with` adds to it or changes it.
fn row(name: &str, with: Value) -> Value {
    let mut row = json!({
        "application_id": "6e6d758d-8e74-3ae3-ac84-50eb0dff12eb", "name": name, "edition": "pck_per_workload",
        "usage_name": "servers", "tenant_id": "T1", "updated_at": "2026-11-01T00:00:00", "deleted_at": null,
        "status": 1, "locked": false, "type": "count", "infra_id": null, "measurement_unit": "quantity",
    });
    let (Some(row_fields), Some(more)) = (row.as_object_mut(), with.as_object()) else { return row };
    row_fields.extend(more.clone());
    row
}

fn page(rows: Vec<Value>, after: Option<&str>) -> Value {
    match after {
        Some(after) => {
            json!({"timestamp": "2026-11-01T00:00:00", "items": rows, "paging": {"cursors": {"after": after}}})
        }
        None => json!({"items": rows}),
    }
}

async fn given(rows: Vec<Value>) -> Result<Vec<GivenItem>, AcronisError> {
    let stub = Stub::with([says(200, page(rows, None))]).await.expect("a stub");
    stub.reader().given_items_of(&tenant()).await
}

#[tokio::test]
async fn q6_what_is_given_is_read_from_status_and_quota() -> Result<()> {
    let quota = |value: Value, overage: Value, version: Value| json!({"quota": {"value": value, "overage": overage, "version": version}});
    let up_to = |limit, overage| Grant::UpTo { limit, overage };
    let cases = [
        (json!({"status": 0}), Grant::Off, 0),
        (json!({"status": 0, "quota": {"value": 3, "overage": 0, "version": 9}}), Grant::Off, 9),
        (json!({}), Grant::Unlimited, 0),
        (json!({"quota": null}), Grant::Unlimited, 0),
        (json!({"quota": {}}), Grant::Unlimited, 0),
        (quota(Value::Null, Value::Null, json!(0)), Grant::Unlimited, 0),
        (quota(json!(5), Value::Null, json!(1_596_545_222_672_u64)), up_to(5, None), 1_596_545_222_672),
        (quota(json!(5), json!(0), json!("12")), up_to(5, Some(0)), 12),
        (quota(json!(5), json!(2), Value::Null), up_to(5, Some(2)), 0),
        (json!({"quota": {"value": 0, "overage": 0}}), Grant::NOTHING, 0),
    ];
    for (with, grant, version) in cases {
        let items = given(vec![row("pw_base_servers", with.clone())]).await?;
        assert_eq!((items[0].grant, items[0].version), (grant, version), "{with}");
        assert_eq!(items[0].item.on, grant.is_on());
    }
    for (locked, is_locked) in [(json!(true), true), (json!(false), false), (Value::Null, false)] {
        assert_eq!(given(vec![row("pw", json!({ "locked": locked }))]).await?[0].locked, is_locked);
    }
    let feature = json!({"type": "feature", "locked": null, "measurement_unit": "n/a", "infra_id": "S1"});
    let items = given(vec![row("pw_base_m365_mailboxes", feature)]).await?;
    assert_eq!((items[0].grant, items[0].item.kind), (Grant::Unlimited, ItemKind::Feature));
    assert_eq!(items[0].item.key.storage, Some(StorageId::new("s1")));
    Ok(())
}

#[tokio::test]
async fn a_quota_that_is_no_whole_number_fails_the_read() -> Result<()> {
    for odd in [json!(1.5), json!(-1), json!("5"), json!(true), json!([])] {
        for field in ["value", "overage"] {
            let rows =
                vec![row("pw_base_servers", json!({"quota": {"value": 1, "overage": 0, "version": 0, field: odd}}))];
            let error = given(rows).await.expect_err("no quota").to_string();
            assert!(error.contains("pw_base_servers") && error.contains(field), "{error}");
        }
    }
    for odd in [json!(1.5), json!(-1), json!("new"), json!("")] {
        let error = given(vec![row("pw", json!({"quota": {"value": 1, "version": odd}}))]).await;
        assert!(error.expect_err("no version").to_string().contains("version"));
    }
    let error = given(vec![row("pw", json!({"status": null}))]).await;
    assert!(error.expect_err("no status").to_string().contains("no status"));
    Ok(())
}

#[tokio::test]
async fn a_subtree_is_read_page_by_page_with_items_that_are_off() -> Result<()> {
    let first = vec![row("a", json!({})), row("b", json!({"status": 0}))];
    let last = vec![row("c", json!({"tenant_id": "T2"})), row("d", json!({"deleted_at": "2026-11-01T00:00:00"}))];
    let pages = [says(200, page(first, Some("n"))), says(200, page(last, None))];
    let stub = Stub::with(pages.clone().into_iter().chain(pages)).await?;
    let (mut given, mut items) = (Vec::new(), Vec::new());
    let reader = stub.reader();
    reader.given_items(&tenant(), |tenant, given_item| given.push((tenant.clone(), given_item))).await?;
    let root = tenant();
    let asked = [
        format!("GET /api/2/tenants/offering_items?subtree_root_tenant_id={root}&editions=*&limit=5000"),
        "GET /api/2/tenants/offering_items?after=n".to_owned(),
    ];
    assert_eq!(stub.lines(), asked);
    reader.offering_items(&root, |tenant, item| items.push((tenant.clone(), item))).await?;
    assert_eq!(stub.lines(), asked);
    let names = |(tenant, given): &(TenantId, GivenItem)| format!("{tenant} {} {:?}", given.item.key, given.grant);
    assert_eq!(given.iter().map(names).collect::<Vec<_>>(), ["t1 a Unlimited", "t1 b Off", "t2 c Unlimited"]);
    assert_eq!(given.into_iter().map(|(tenant, given)| (tenant, given.item)).collect::<Vec<_>>(), items);
    let mut nameless = row("a", json!({}));
    nameless.as_object_mut().expect("an object").remove("tenant_id");
    stub.then([says(200, page(vec![nameless.clone()], None)), says(200, page(vec![nameless], None))]);
    let error = reader.given_items(&root, |_, _| ()).await.expect_err("whose?");
    assert!(error.to_string().contains("no tenant_id"), "{error}");
    stub.asked();
    assert_eq!(reader.given_items_of(&root).await?.len(), 1, "of one tenant it need not be told");
    assert_eq!(stub.lines(), [format!("GET /api/2/tenants/{root}/offering_items?edition=*")]);
    Ok(())
}

#[tokio::test]
async fn b2_tenants_are_asked_by_id_a_hundred_at_a_time() -> Result<()> {
    let tenant = |id: &str, more: Value| {
        let mut tenant = json!({"id": id, "parent_id": "p", "name": "n", "kind": "customer", "enabled": true,
            "pricing_mode": "trial", "internal_tag": "autotask:17:1"});
        tenant.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        tenant
    };
    let gone = tenant("gone", json!({"deleted_at": "2026-11-01T00:00:00"}));
    let second = vec![tenant("c100", json!({"internal_tag": ""}))];
    let stub =
        Stub::with([says(200, page(vec![tenant("c0", json!({})), gone], None)), says(200, page(second, None))]).await?;
    let ids = (0..101).map(|number| TenantId::new(format!("c{number}"))).collect::<Vec<_>>();
    let mut found = Vec::new();
    stub.reader().tenants_by_id(&ids, |tenant| found.push((tenant.id, tenant.in_trial, tenant.tag))).await?;
    let tag = Some("autotask:17:1".to_owned());
    assert_eq!(found, [(TenantId::new("c0"), true, tag), (TenantId::new("c100"), true, None)]);
    let lines = stub.lines();
    assert!(lines[0].starts_with("GET /api/2/tenants?uuids=c0%2Cc1%2C") && lines[0].ends_with("%2Cc99&lod=full"));
    assert_eq!(lines[1..], ["GET /api/2/tenants?uuids=c100&lod=full"]);
    stub.reader().tenants_by_id(&[], |_| ()).await?;
    assert!(stub.lines().is_empty(), "without ids the vendor would be asked for nothing in particular");
    Ok(())
}

#[tokio::test]
async fn p2_applications_pricing_and_second_factor_are_read() -> Result<()> {
    let stub = Stub::with([says(200, json!({"items": ["A", "b", "a"]}))]).await?;
    let (reader, tenant) = (stub.reader(), tenant());
    let applications = reader.applications_of(&tenant).await?;
    assert_eq!(Vec::from_iter(applications), [ApplicationId::new("a"), ApplicationId::new("b")]);
    let modes = [
        ("trial", PricingMode::Trial),
        ("production", PricingMode::Production),
        ("suspended", PricingMode::Suspended),
        ("new", PricingMode::Other),
    ];
    for (word, mode) in modes {
        for version in [json!(1_596_545_222_672_u64), json!("1596545222672")] {
            stub.then([says(200, json!({"mode": word, "currency": null, "version": version}))]);
            assert_eq!(reader.pricing_of(&tenant).await?, Pricing { mode, version: 1_596_545_222_672 });
        }
    }
    for odd in [json!({"mode": "trial"}), json!({"mode": "trial", "version": "new"}), json!({"version": 1})] {
        stub.then([says(200, odd)]);
        reader.pricing_of(&tenant).await.expect_err("neither mode nor version may be guessed");
    }
    let factors = [
        (json!({"mfa_status": "disabled", "update_allowed": true}), false, true),
        (json!({"mfa_status": "disable_in_progress", "update_allowed": false}), false, false),
        (json!({"mfa_status": "enabled", "update_allowed": null}), true, true),
        (json!({"mfa_status": "setup_required"}), true, true),
        (json!({"mfa_status": "new"}), false, true),
    ];
    for (reply, on, may_change) in factors {
        stub.then([says(200, &reply)]);
        assert_eq!(reader.two_factor_of(&tenant).await?, TwoFactor { on, may_change }, "{reply}");
    }
    Ok(())
}

#[tokio::test]
async fn p2_users_are_read_with_login_and_mail_and_a_login_is_asked_for() -> Result<()> {
    let rows = json!({"items": [
        {"id": "u1", "login": "anna", "contact": {"email": "anna@example.com"}},
        {"id": "U3", "login": "", "contact": null},
        {"id": "other", "login": "x"},
    ]});
    let stub = Stub::with([says(200, json!({"items": ["U1", "u2", "u3"]})), says(200, rows)]).await?;
    let (reader, tenant) = (stub.reader(), tenant());
    let unknown = |id: &str| User { id: UserId::new(id), login: None, email: None };
    let anna = User { login: Some("anna".to_owned()), email: Some("anna@example.com".to_owned()), ..unknown("u1") };
    assert_eq!(reader.users_of(&tenant).await?, [anna, unknown("u2"), unknown("u3")]);
    let users = format!("GET /api/2/tenants/{tenant}/users");
    assert_eq!(stub.lines(), [users.as_str(), "GET /api/2/users?uuids=u1%2Cu2%2Cu3"]);
    stub.then([says(200, json!({"items": []}))]);
    assert!(reader.users_of(&tenant).await?.is_empty());
    assert_eq!(stub.lines(), [users]);
    for (status, is_free) in [(204, true), (409, false), (406, false)] {
        stub.then([says(status, "")]);
        assert_eq!(reader.login_is_free("a&b@example.com").await?, is_free);
        assert_eq!(stub.lines(), ["GET /api/2/users/check_login?username=a%26b%40example.com"]);
    }
    for status in [200, 400, 403, 404, 302] {
        stub.then([says(status, "{}")]);
        reader.login_is_free("anna").await.expect_err("neither free nor taken");
    }
    Ok(())
}
