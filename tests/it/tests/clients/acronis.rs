//! Reading Acronis: whole lists, tokens, batches, and how the vendor says no.

use crate::support::Vendors;
use anyhow::Result;
use functions::acronis::AcronisError;
use functions::http::Vendor;
use jiff::SignedDuration;
use sandbox::acronis::catalogue::ACRONIS_STORAGE;
use sandbox::seed::story;
use sandbox::{Fault, FaultKind};
use shared::ids::{StorageId, TenantId};
use shared::usage::{ItemKind, Tenant, TenantKind, TenantUsage};
use std::collections::BTreeMap;

async fn tenants(vendors: &Vendors) -> Result<Vec<Tenant>, AcronisError> {
    let acronis = vendors.acronis();
    let root = acronis.own_tenant().await?;
    let mut tenants = Vec::new();
    acronis.tenants(&root, |tenant| tenants.push(tenant)).await?;
    Ok(tenants)
}

async fn usages(vendors: &Vendors, ids: &[TenantId]) -> Result<BTreeMap<TenantId, TenantUsage>, AcronisError> {
    let mut usages = BTreeMap::new();
    vendors
        .acronis()
        .usages(ids, |tenant, usage| {
            assert!(usages.insert(tenant, usage).is_none(), "each tenant is handed over once");
        })
        .await?;
    Ok(usages)
}

fn ids_of(tenants: &[Tenant]) -> Vec<TenantId> {
    tenants.iter().filter(|tenant| tenant.kind == TenantKind::Customer).map(|tenant| tenant.id.clone()).collect()
}

fn text<T: std::fmt::Debug>(result: Result<T, AcronisError>) -> String {
    result.expect_err("an error").to_string()
}

#[tokio::test]
async fn the_whole_tree_is_read_with_what_matters_of_each_tenant() -> Result<()> {
    let vendors = Vendors::usual().await?;
    let tenants = tenants(&vendors).await?;
    let named = |name: &str| tenants.iter().find(|tenant| tenant.name == name).cloned().expect("in the story");
    assert!(named(story::TRIAL).in_trial && !named(story::DISABLED).in_trial);
    assert!(named(story::TRIAL).enabled && !named(story::DISABLED).enabled);
    assert_eq!(named(story::FOLDER).kind, TenantKind::Group);
    assert_eq!(named(story::IN_FOLDER).parent, Some(named(story::FOLDER).id));
    let planted = vendors.sandbox.world(|world| world.acronis.tenants.len());
    assert_eq!(tenants.len(), planted);
    let one = vendors.acronis().tenant(&named(story::TRIAL).id).await?;
    assert_eq!(one, named(story::TRIAL));
    assert!(vendors.sandbox.unknown_requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn small_pages_give_the_same_as_one_large_one() -> Result<()> {
    let vendors = Vendors::usual().await?;
    let whole = tenants(&vendors).await?;
    let root = vendors.acronis().own_tenant().await?;
    let mut items = Vec::new();
    vendors.acronis().offering_items(&root, |tenant, item| items.push((tenant.clone(), item))).await?;
    vendors.sandbox.world(|world| world.settings.page_size = 3);
    assert_eq!(tenants(&vendors).await?, whole);
    let mut again = Vec::new();
    vendors.acronis().offering_items(&root, |tenant, item| again.push((tenant.clone(), item))).await?;
    assert_eq!(again, items);
    assert!(items.iter().any(|(_, item)| item.kind == ItemKind::Storage && item.key.storage.is_some()));
    assert!(items.iter().any(|(_, item)| item.edition.is_none()), "editions=* lists all");
    let next = vendors.sandbox.requests().into_iter().filter(|request| request.query.contains("after="));
    assert!(next.into_iter().all(|request| !request.query.contains('&')), "a cursor stands alone");
    Ok(())
}

#[tokio::test]
async fn a_repeated_page_fails_the_read_instead_of_counting_twice() -> Result<()> {
    let vendors = Vendors::usual().await?;
    vendors.sandbox.world(|world| world.settings.page_size = 3);
    for kind in [FaultKind::RepeatPage, FaultKind::LoopPages] {
        let once = Fault::once("acronis.tenants", kind.clone());
        for fault in [once.clone(), once.after(2), Fault::always("acronis.tenants", kind)] {
            vendors.sandbox.fail(fault);
            assert!(text(tenants(&vendors).await).contains("repeats a page"));
            vendors.sandbox.clear_faults();
        }
    }
    let body = r#"{"items":[],"paging":{"cursors":{"after":"x"}}}"#.to_owned();
    vendors.sandbox.clear_requests();
    let kind = FaultKind::StatusBefore { status: 200, body: Some(body) };
    vendors.sandbox.fail(Fault::always("acronis.tenants", kind));
    assert!(text(tenants(&vendors).await).contains("repeats a page"));
    assert_eq!(vendors.asked("acronis.tenants"), 2);
    Ok(())
}

#[tokio::test]
async fn g02_what_a_customer_can_be_given_is_listed_with_the_names_of_storages() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let acronis = vendors.acronis();
    let root = acronis.own_tenant().await?;
    let items = acronis.available_for_children(&root).await?;
    let named = |name: &str| items.iter().find(|item| item.key.name == name);
    assert!(named("pw_base_workstations").is_some_and(|item| item.kind == ItemKind::Count));
    assert!(named("pw_base_adv_dr_compute_points").is_some_and(|item| item.is_metered()));
    let storages = items.iter().filter_map(|item| item.key.storage.clone()).collect::<Vec<_>>();
    let names = acronis.storage_names(&storages).await?;
    assert!(names.contains_key(&StorageId::new(ACRONIS_STORAGE)));
    assert!(acronis.storage_names(&[]).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn b2_the_token_is_kept_and_renewed_shortly_before_it_ends() -> Result<()> {
    let vendors = Vendors::empty().await?;
    for leave_out in [false, true] {
        vendors.sandbox.world(|world| world.settings.leave_out_expires_in = leave_out);
        let acronis = vendors.acronis();
        vendors.sandbox.clear_requests();
        acronis.own_tenant().await?;
        let later = vendors.clock.now().checked_add(SignedDuration::from_secs(7_200 - 901))?;
        vendors.set_now(later);
        acronis.own_tenant().await?;
        assert_eq!(vendors.asked("acronis.token"), 1);
        vendors.set_now(later.checked_add(SignedDuration::from_secs(1))?);
        acronis.own_tenant().await?;
        assert_eq!(vendors.asked("acronis.token"), 2);
        let unauthorized = vendors.sandbox.requests().iter().filter(|request| request.status == 401).count();
        assert_eq!(unauthorized, 0);
    }
    Ok(())
}

#[tokio::test]
async fn b2_a_refused_token_is_renewed_once_and_the_call_repeated() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let acronis = vendors.acronis();
    let root = acronis.own_tenant().await?;
    vendors.sandbox.fail(Fault::once("acronis.client", FaultKind::ExpireToken));
    assert_eq!(acronis.own_tenant().await?, root);
    assert_eq!(vendors.asked("acronis.token"), 2);
    vendors.sandbox.fail(Fault::always("acronis.client", FaultKind::ExpireToken));
    vendors.sandbox.clear_requests();
    assert!(matches!(acronis.own_tenant().await, Err(AcronisError::Unauthorized(_))));
    assert_eq!((vendors.asked("acronis.token"), vendors.asked("acronis.client")), (1, 2));
    Ok(())
}

#[tokio::test]
async fn b2_callers_refused_together_share_one_renewal() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let acronis = vendors.acronis();
    let root = acronis.own_tenant().await?;
    vendors.sandbox.fail(Fault::once("acronis.tenant", FaultKind::ExpireToken));
    vendors.sandbox.clear_requests();
    let (one, two, three) = tokio::join!(acronis.tenant(&root), acronis.tenant(&root), acronis.tenant(&root));
    assert_eq!((one?.id, two?.id, three?.id), (root.clone(), root.clone(), root));
    assert_eq!(vendors.asked("acronis.token"), 1);
    Ok(())
}

#[tokio::test]
async fn u1_usage_rows_carry_base_units_and_features_are_left_out() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let tenant = vendors.sandbox.world(|world| {
        let tenant = world.add_tenant("Anna", None);
        world.set_usage(&tenant, "pw_base_workstations", None, 3, Some(7));
        world.set_usage(&tenant, "pw_base_storage", Some(ACRONIS_STORAGE), 1 << 40, Some(1 << 41));
        world.set_usage(&tenant, "pw_base_m365_mailboxes", None, 5, None);
        TenantId::new(tenant)
    });
    let read = usages(&vendors, std::slice::from_ref(&tenant)).await?;
    let Some(TenantUsage::Read(rows)) = read.get(&tenant) else { panic!("{read:?}") };
    let row = |name: &str| rows.iter().find(|row| row.key.name == name);
    let workstations = row("pw_base_workstations").expect("used");
    assert_eq!((workstations.value, workstations.absolute_value), (3, Some(7)));
    assert_eq!(workstations.range_start.map(|day| day.to_string()), Some("2026-11-01".to_owned()));
    let storage = row("pw_base_storage").expect("used");
    assert_eq!(storage.key.storage, Some(StorageId::new(ACRONIS_STORAGE)));
    assert_eq!(storage.in_use(), 1 << 41);
    assert!(row("pw_base_m365_mailboxes").is_none(), "a feature has no figure");
    vendors.sandbox.world(|world| world.settings.leave_out_absolute_value = true);
    let read = usages(&vendors, std::slice::from_ref(&tenant)).await?;
    let Some(TenantUsage::Read(rows)) = read.get(&tenant) else { panic!("{read:?}") };
    assert!(rows.iter().any(|row| row.absolute_value.is_none() && row.in_use() == 3));
    Ok(())
}

#[tokio::test]
async fn u1_a_figure_that_is_no_whole_number_fails_the_read() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let tenant = TenantId::new("0f0f0f0f-0000-4000-8000-000000000001");
    for figure in ["1.5", "-1", "\"7\"", "true", "1e30", "null", "[]"] {
        let body = format!(
            r#"{{"items":[{{"tenant":"{tenant}","usages":[{{"application_id":"a","name":"pw_base_servers",
                "usage_name":"servers","type":"count","value":{figure}}}]}}]}}"#
        );
        let kind = FaultKind::StatusBefore { status: 200, body: Some(body) };
        vendors.sandbox.fail(Fault::once("acronis.usages", kind));
        let error = text(usages(&vendors, std::slice::from_ref(&tenant)).await);
        assert!(error.contains("pw_base_servers") && error.contains("value"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn b2_usages_are_asked_in_batches_of_a_hundred() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let ids = vendors.sandbox.world(|world| {
        (0..250).map(|number| TenantId::new(world.add_tenant(&format!("c{number}"), None))).collect::<Vec<_>>()
    });
    assert_eq!(usages(&vendors, &ids).await?.len(), 250);
    assert_eq!(vendors.asked("acronis.usages"), 3);
    assert!(usages(&vendors, &[]).await?.is_empty());
    assert_eq!(vendors.asked("acronis.usages"), 3);
    Ok(())
}

#[tokio::test]
async fn b2_a_batch_refused_for_its_size_is_halved() -> Result<()> {
    let vendors = Vendors::usual().await?;
    let ids = ids_of(&tenants(&vendors).await?);
    let whole = usages(&vendors, &ids).await?;
    vendors.sandbox.world(|world| world.settings.max_usage_batch = 3);
    assert_eq!(usages(&vendors, &ids).await?, whole);
    for status in [400, 404, 414, 431] {
        let kind = FaultKind::StatusBefore { status, body: None };
        vendors.sandbox.fail(Fault::once("acronis.usages", kind));
        assert_eq!(usages(&vendors, &ids).await?, whole, "{status}");
    }
    Ok(())
}

#[tokio::test]
async fn u2_a_tenant_that_refuses_alone_is_told_as_refused_and_the_rest_is_read() -> Result<()> {
    let vendors = Vendors::usual().await?;
    let ids = ids_of(&tenants(&vendors).await?);
    let refusing = vendors.sandbox.world(|world| {
        let tenant = world.tenant_named(story::PREPAID).expect("in the story");
        world.refuse_usage(&tenant, true);
        TenantId::new(tenant)
    });
    let read = usages(&vendors, &ids).await?;
    assert_eq!(read.len(), ids.len());
    for (tenant, usage) in read {
        assert_eq!(matches!(usage, TenantUsage::Refused(_)), tenant == refusing, "{tenant}: {usage:?}");
    }
    Ok(())
}

#[tokio::test]
async fn u2_a_tenant_left_out_of_the_reply_is_refused_and_never_zero() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let ids = [TenantId::new("a"), TenantId::new("b")];
    let body = r#"{"items":[{"tenant":"A","usages":[]},{"tenant":"other","usages":[]}]}"#.to_owned();
    vendors.sandbox.fail(Fault::once("acronis.usages", FaultKind::StatusBefore { status: 200, body: Some(body) }));
    let read = usages(&vendors, &ids).await?;
    assert_eq!(read.get(&ids[0]), Some(&TenantUsage::Read(Vec::new())));
    assert!(matches!(read.get(&ids[1]), Some(TenantUsage::Refused(_))));
    assert_eq!(read.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_read_outlives_every_passing_trouble_but_not_a_lasting_one() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let status = |status| FaultKind::StatusBefore { status, body: None };
    let passing = [
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::SilenceBefore,
        FaultKind::Throttle { retry_after: None },
        FaultKind::Throttle { retry_after: Some(0) },
        FaultKind::HtmlBody { status: 502 },
        status(500),
        status(503),
        status(504),
        FaultKind::WrongContentType,
    ];
    for kind in passing {
        vendors.sandbox.fail(Fault::once("acronis.client", kind.clone()));
        vendors.acronis().own_tenant().await.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
    }
    vendors.sandbox.clear_requests();
    vendors.sandbox.fail(Fault::always("acronis.client", status(503)));
    assert!(text(vendors.acronis().own_tenant().await).contains("status 503"));
    assert_eq!(vendors.asked("acronis.client"), 5);
    Ok(())
}

#[tokio::test]
async fn retry_after_is_waited_for_and_one_beyond_a_minute_ends_the_read() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let started = std::time::Instant::now();
    vendors.sandbox.fail(Fault::once("acronis.client", FaultKind::Throttle { retry_after: Some(1) }));
    vendors.acronis().own_tenant().await?;
    assert!(started.elapsed() >= std::time::Duration::from_secs(1));
    vendors.sandbox.clear_requests();
    vendors.sandbox.fail(Fault::once("acronis.client", FaultKind::Throttle { retry_after: Some(3_600) }));
    assert!(text(vendors.acronis().own_tenant().await).contains("status 429"));
    assert_eq!(vendors.asked("acronis.client"), 1);
    Ok(())
}

#[tokio::test]
async fn json_that_cannot_be_read_is_an_error_and_no_empty_list() -> Result<()> {
    let vendors = Vendors::usual().await?;
    for kind in [FaultKind::BrokenJson, FaultKind::CutBody, FaultKind::HtmlBody { status: 200 }] {
        vendors.sandbox.fail(Fault::once("acronis.tenants", kind));
        assert!(text(tenants(&vendors).await).contains("cannot be used"));
    }
    Ok(())
}

#[tokio::test]
async fn the_code_in_the_body_leads_before_the_status() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let acronis = vendors.acronis();
    let body =
        |code: &str| Some(format!(r#"{{"error":{{"code":{code},"domain":null,"message":"m","details":{{}}}}}}"#));
    let cases = [
        (400, body("1005"), "NotFound"),
        (404, body("\"1002\""), "Forbidden"),
        (409, body("1001"), "Failed"),
        (403, None, "Forbidden"),
        (404, Some("<html>".to_owned()), "NotFound"),
        (401, Some("<html>".to_owned()), "Unauthorized"),
        (302, None, "Failed"),
    ];
    for (status, body, kind) in cases {
        vendors.sandbox.fail(Fault::always("acronis.client", FaultKind::StatusBefore { status, body }));
        let error = acronis.own_tenant().await.expect_err("refused");
        assert!(format!("{error:?}").starts_with(kind), "{status}: {error:?}");
        vendors.sandbox.clear_faults();
    }
    assert!(matches!(acronis.tenant(&TenantId::new("gone")).await, Err(AcronisError::NotFound(_))));
    assert!(vendors.http.calls().total(Vendor::Acronis) > 8);
    Ok(())
}
