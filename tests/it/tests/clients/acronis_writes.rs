//! Writing to Acronis: what each write sends, to the letter, and what comes back of it.

use crate::stub::{Stub, says};
use anyhow::Result;
use functions::acronis::{AcronisWriteError, Contact, ItemSetting, NewTenant, NewUser, UserId};
use serde_json::{Value, json};
use shared::ids::{ApplicationId, StorageId, TenantId};
use shared::quota::Grant;
use shared::usage::ItemKey;

const TENANT: &str = "0f0f0f0f-0000-4000-8000-000000000001";
const PARENT: &str = "0f0f0f0f-0000-4000-8000-000000000002";
const USER: &str = "0f0f0f0f-0000-4000-8000-000000000003";
const APPLICATION: &str = "6e6d758d-8e74-3ae3-ac84-50eb0dff12eb";
const STORAGE: &str = "d46a4b2a-2631-4f76-84cd-07ce3aed3dde";

pub(crate) fn tenant() -> TenantId {
    TenantId::new(TENANT)
}

pub(crate) fn new_tenant() -> NewTenant {
    NewTenant {
        parent: TenantId::new(PARENT),
        name: "Alpenblick Apotheke".to_owned(),
        tag: "autotask:17:175".to_owned(),
        language: Some("de".to_owned()),
        contact: Some(Contact {
            email: "ottilie@alpenblick.example".to_owned(),
            first_name: "Ottilie".to_owned(),
            last_name: "Zwanziger".to_owned(),
        }),
    }
}

pub(crate) fn new_user() -> NewUser {
    NewUser {
        login: "ottilie".to_owned(),
        email: "ottilie@alpenblick.example".to_owned(),
        first_name: "Ottilie".to_owned(),
        last_name: "Zwanziger".to_owned(),
        language: None,
    }
}

pub(crate) fn setting(name: &str, grant: Grant, version: u64) -> ItemSetting {
    let key = ItemKey { application: ApplicationId::new(APPLICATION), name: name.to_owned(), storage: None };
    ItemSetting { key, grant, version, is_feature: false }
}

/// What the stub was asked, once, since the last time.
fn only(stub: &Stub) -> (String, Option<Value>) {
    let asked = stub.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    (asked[0].line.clone(), asked[0].body.clone())
}

#[tokio::test]
async fn p2_a_customer_is_created_with_our_tag_and_nothing_unknown() -> Result<()> {
    let stub =
        Stub::with([says(201, json!({"id": TENANT.to_uppercase(), "version": 1})), says(201, json!({"id": TENANT}))])
            .await?;
    assert_eq!(stub.writer().create_tenant(&new_tenant()).await?, tenant());
    let body = json!({
        "name": "Alpenblick Apotheke",
        "parent_id": PARENT,
        "kind": "customer",
        "internal_tag": "autotask:17:175",
        "language": "de",
        "contact": {"email": "ottilie@alpenblick.example", "firstname": "Ottilie", "lastname": "Zwanziger"},
    });
    assert_eq!(only(&stub), ("POST /api/2/tenants".to_owned(), Some(body)));
    let bare = NewTenant { language: None, contact: None, ..new_tenant() };
    stub.writer().create_tenant(&bare).await?;
    let body = json!({
        "name": "Alpenblick Apotheke",
        "parent_id": PARENT,
        "kind": "customer",
        "internal_tag": "autotask:17:175",
    });
    assert_eq!(only(&stub).1, Some(body));
    Ok(())
}

#[tokio::test]
async fn q6_items_are_set_with_the_versions_that_were_read() -> Result<()> {
    let stub = Stub::with([says(200, json!({"items": []}))]).await?;
    let storage = ItemSetting {
        key: ItemKey { storage: Some(StorageId::new(STORAGE)), ..setting("pw_base_storage", Grant::Off, 0).key },
        ..setting("", Grant::UpTo { limit: 250 << 30, overage: None }, 0)
    };
    let feature = ItemSetting { is_feature: true, ..setting("pw_base_m365_mailboxes", Grant::Unlimited, 0) };
    let hard = setting("pw_base_servers", Grant::UpTo { limit: 3, overage: Some(0) }, 1_596_545_222_672);
    let free = setting("pw_base_workstations", Grant::Unlimited, 8);
    stub.writer().set_items(&tenant(), &[hard, free, storage, feature]).await?;
    let body = json!({"offering_items": [
        {"application_id": APPLICATION, "name": "pw_base_servers", "status": 1,
         "quota": {"value": 3, "overage": 0, "version": 1_596_545_222_672_u64}},
        {"application_id": APPLICATION, "name": "pw_base_workstations", "status": 1,
         "quota": {"value": null, "overage": null, "version": 8}},
        {"application_id": APPLICATION, "name": "pw_base_storage", "infra_id": STORAGE, "status": 1,
         "quota": {"value": 268_435_456_000_u64, "overage": null, "version": 0}},
        {"application_id": APPLICATION, "name": "pw_base_m365_mailboxes", "status": 1},
    ]});
    assert_eq!(only(&stub), (format!("PUT /api/2/tenants/{TENANT}/offering_items"), Some(body)));
    Ok(())
}

#[tokio::test]
async fn q2_switching_off_asks_the_vendor_to_look_at_usage_first() -> Result<()> {
    let stub = Stub::with([says(200, json!({"items": []}))]).await?;
    let off = setting("pw_base_vms", Grant::Off, 12);
    let feature = ItemSetting { is_feature: true, ..setting("pw_base_m365_onedrive", Grant::Off, 0) };
    stub.writer().set_items(&tenant(), &[off, feature]).await?;
    let body = json!({"check_usage": true, "offering_items": [
        {"application_id": APPLICATION, "name": "pw_base_vms", "status": 0},
        {"application_id": APPLICATION, "name": "pw_base_m365_onedrive", "status": 0},
    ]});
    assert_eq!(only(&stub).1, Some(body));
    Ok(())
}

#[tokio::test]
async fn an_amount_of_a_feature_is_refused_and_no_items_are_no_call() -> Result<()> {
    let stub = Stub::start().await?;
    let limited = ItemSetting { is_feature: true, ..setting("pw_base_m365_onedrive", Grant::NOTHING, 0) };
    let error = stub.writer().set_items(&tenant(), &[limited]).await.expect_err("a feature");
    assert!(
        matches!(&error, AcronisWriteError::Refused { code: None, text } if text.contains("onedrive")),
        "{error:?}"
    );
    stub.writer().set_items(&tenant(), &[]).await?;
    assert!(stub.asked().is_empty());
    Ok(())
}

#[tokio::test]
async fn p2_the_steps_of_provisioning_send_what_the_vendor_names() -> Result<()> {
    let stub = Stub::with([
        says(204, ""),
        says(200, "{}"),
        says(200, "{}"),
        says(200, json!({"id": USER})),
        says(200, "{}"),
        says(204, ""),
    ])
    .await?;
    let (writer, user) = (stub.writer(), UserId::new(USER));
    writer.bind(&ApplicationId::new(APPLICATION), &tenant()).await?;
    let bindings = format!("POST /api/2/applications/{APPLICATION}/bindings/tenants/{TENANT}");
    assert_eq!(only(&stub), (bindings, None));
    writer.require_two_factor(&tenant()).await?;
    let mfa = (format!("PUT /api/2/tenants/{TENANT}/mfa/status"), Some(json!({"enabled": true})));
    assert_eq!(only(&stub), mfa);
    writer.start_production(&tenant(), 1_600_000_000_001).await?;
    let body = json!({"mode": "production", "version": 1_600_000_000_001_u64});
    assert_eq!(only(&stub), (format!("PUT /api/2/tenants/{TENANT}/pricing"), Some(body)));
    assert_eq!(writer.create_administrator(&tenant(), &new_user()).await?, user);
    let body = json!({
        "tenant_id": TENANT,
        "login": "ottilie",
        "contact": {"email": "ottilie@alpenblick.example", "firstname": "Ottilie", "lastname": "Zwanziger"},
        "enabled": true,
    });
    assert_eq!(only(&stub), ("POST /api/2/users".to_owned(), Some(body)));
    writer.give_administration(&tenant(), &user).await?;
    let nobody = "00000000-0000-0000-0000-000000000000";
    let body = json!({"items": [{
        "id": nobody, "issuer_id": nobody, "version": 0, "trustee_id": USER, "trustee_type": "user",
        "tenant_id": TENANT, "role_id": "company_admin",
    }]});
    assert_eq!(only(&stub), (format!("PUT /api/2/users/{USER}/access_policies"), Some(body)));
    writer.send_activation(&user).await?;
    assert_eq!(only(&stub), (format!("POST /api/2/users/{USER}/send-activation-email"), Some(json!({}))));
    Ok(())
}

#[tokio::test]
async fn a_customer_is_switched_off_with_the_version_just_read() -> Result<()> {
    let found = |kind: &str, enabled: bool, version: Value| {
        says(200, json!({"id": TENANT, "kind": kind, "enabled": enabled, "version": version}))
    };
    let (read, put) = (format!("GET /api/2/tenants/{TENANT}"), format!("PUT /api/2/tenants/{TENANT}"));
    for version in [json!(7), json!("7")] {
        let stub = Stub::with([found("customer", true, version), says(200, "{}")]).await?;
        stub.writer().disable(&tenant()).await?;
        let asked = stub.asked();
        assert_eq!(asked.iter().map(|asked| asked.line.as_str()).collect::<Vec<_>>(), [read.as_str(), put.as_str()]);
        assert_eq!(asked[1].body, Some(json!({"enabled": false, "version": 7})));
    }
    let stub = Stub::with([found("customer", false, json!(7))]).await?;
    stub.writer().disable(&tenant()).await?;
    assert_eq!(stub.lines(), [read.as_str()], "it is off already");
    for kind in ["partner", "folder", "unit", "root", ""] {
        stub.then([found(kind, true, json!(7))]);
        let error = stub.writer().disable(&tenant()).await.expect_err(kind);
        assert!(matches!(error, AcronisWriteError::Refused { code: None, .. }), "{error:?}");
        assert_eq!(stub.lines(), [read.as_str()], "{kind}");
    }
    let unread = [found("customer", true, json!("new")), says(200, "<html>"), says(401, ""), says(418, "{}")];
    for answer in unread {
        let stub = Stub::with([answer.clone(), answer.clone()]).await?;
        let error = stub.writer().disable(&tenant()).await.expect_err("no version");
        assert!(matches!(error, AcronisWriteError::NotRun { .. }), "{answer:?}: {error:?}");
        assert!(stub.lines().iter().all(|line| *line == read));
    }
    stub.then([says(404, ""), says(403, "")]);
    for _ in 0..2 {
        let error = stub.writer().disable(&tenant()).await.expect_err("none, or none of ours");
        assert!(matches!(error, AcronisWriteError::Refused { .. }), "{error:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_id_that_would_lead_elsewhere_is_never_sent() -> Result<()> {
    let stub = Stub::start().await?;
    let (writer, application, user) = (stub.writer(), ApplicationId::new(APPLICATION), UserId::new(USER));
    for odd in ["", ".", "..", "a/b", "a,b", "*", "%2e%2e", "a b", "ä"] {
        let (tenant, odd_user) = (TenantId::new(odd), UserId::new(odd));
        let results = [
            writer.set_items(&tenant, &[setting("pw", Grant::Unlimited, 0)]).await,
            writer.bind(&application, &tenant).await,
            writer.bind(&ApplicationId::new(odd), &TenantId::new(TENANT)).await,
            writer.require_two_factor(&tenant).await,
            writer.start_production(&tenant, 1).await,
            writer.disable(&tenant).await,
            writer.give_administration(&tenant, &user).await,
            writer.give_administration(&TenantId::new(TENANT), &odd_user).await,
            writer.send_activation(&odd_user).await,
            writer.create_tenant(&NewTenant { parent: tenant.clone(), ..new_tenant() }).await.map(drop),
            writer.create_administrator(&tenant, &new_user()).await.map(drop),
        ];
        for result in results {
            let error = result.expect_err(odd);
            assert!(matches!(error, AcronisWriteError::Refused { code: None, .. }), "{odd}: {error:?}");
        }
    }
    assert!(stub.asked().is_empty());
    Ok(())
}
