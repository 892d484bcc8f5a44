//! Reading alerts: whole, by the vendor's own filters, from whoever manages itself, and how the Alert Manager says no.

use crate::stub::{Stub, says};
use crate::support::Vendors;
use anyhow::Result;
use functions::acronis::{Acronis, AcronisError, ReadAlert};
use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use sandbox::acronis::alerts::{Alert, NewAlert};
use sandbox::acronis::{Acronis as Numbers, TenantKind};
use sandbox::{Fault, FaultKind};
use serde_json::json;
use shared::alert::{AlertKind, Severity};
use shared::ids::TenantId;
use std::collections::{BTreeMap, BTreeSet};

/// A number that no customer has.
const NOBODY: u64 = 999_999;

async fn changed_since(vendors: &Vendors, since: Timestamp) -> Result<Vec<ReadAlert>, AcronisError> {
    let mut alerts = Vec::new();
    vendors.acronis().alerts_changed_since(since, |alert| alerts.push(alert)).await?;
    Ok(alerts)
}

async fn active(vendors: &Vendors) -> Result<Vec<ReadAlert>, AcronisError> {
    let mut alerts = Vec::new();
    vendors.acronis().active_alerts(|alert| alerts.push(alert)).await?;
    Ok(alerts)
}

async fn of_customers(
    acronis: &Acronis,
    customers: &[u64],
    since: Option<Timestamp>,
) -> Result<(Vec<ReadAlert>, Vec<u64>), AcronisError> {
    let mut alerts = Vec::new();
    let refused = acronis.alerts_of_customers(customers, since, |alert| alerts.push(alert)).await?;
    Ok((alerts, refused))
}

/// The ids as the vendor writes them.
fn ids(alerts: &[ReadAlert]) -> Vec<String> {
    alerts.iter().map(|read| read.alert.id.as_str().to_uppercase()).collect()
}

fn text<T: std::fmt::Debug>(result: Result<T, AcronisError>) -> String {
    result.expect_err("an error").to_string()
}

/// What was asked of an operation, parameter by parameter.
fn queries(vendors: &Vendors, operation: &str) -> Vec<Vec<(String, String)>> {
    let requests = vendors.sandbox.requests().into_iter().filter(|request| request.operation == operation);
    let parsed = requests.map(|request| Url::parse(&format!("http://sandbox/?{}", request.query)).expect("a query"));
    parsed.map(|url| url.query_pairs().into_owned().collect()).collect()
}

/// A customer with so many alerts, each changed at a moment of its own.
async fn with_alerts(count: usize) -> Result<(Vendors, Vec<Alert>)> {
    let vendors = Vendors::empty().await?;
    let alerts = vendors.sandbox.world(|world| {
        let tenant = world.add_tenant("Kunde GmbH", None);
        world.alert_storm(&tenant, "BackupFailed", count);
        world.alerts()
    });
    Ok((vendors, alerts))
}

#[tokio::test]
async fn t7_changes_are_read_from_the_very_nanosecond_on_and_what_was_cleared_too() -> Result<()> {
    let (vendors, raised) = with_alerts(3).await?;
    let since = raised[1].updated_at;
    let [first, second, third] = [0, 1, 2].map(|at| raised[at].id.clone());
    assert_eq!(ids(&changed_since(&vendors, since).await?), [second.clone(), third.clone()], "the first is older");
    let cleared = vendors.sandbox.world(|world| {
        world.clear_alert(&first);
        world.alert(&first).cloned().expect("kept")
    });
    let read = changed_since(&vendors, since).await?;
    assert_eq!(ids(&read), [second.clone(), third.clone(), first.clone()], "the oldest change first");
    let last = &read[2].alert;
    assert_eq!((last.cleared_at, last.updated_at), (cleared.deleted_at, cleared.updated_at));
    assert_eq!((last.raised_at, last.is_active()), (raised[0].created_at, false));
    assert_ne!(last.raised_at.subsec_nanosecond(), 0);
    let later = since.checked_add(SignedDuration::from_nanos(1))?;
    assert_eq!(ids(&changed_since(&vendors, later).await?), [third.clone(), first]);
    assert_eq!(ids(&active(&vendors).await?), [second, third], "cleared ones are not active");
    let sent = queries(&vendors, "acronis.alerts");
    let filter = ("updated_at".to_owned(), format!("ge({})", since.as_nanosecond()));
    assert!(sent[0].contains(&filter) && sent[0].contains(&("show_deleted".to_owned(), "true".to_owned())));
    assert!(sent[3].iter().all(|(name, _)| !name.starts_with("show_deleted") && name != "updated_at"));
    assert_eq!(changed_since(&vendors, Timestamp::MIN).await?.len(), 3);
    Ok(())
}

#[tokio::test]
async fn every_page_is_read_with_the_same_filters_and_hollow_ones_are_passed() -> Result<()> {
    let (vendors, raised) = with_alerts(8).await?;
    let whole = changed_since(&vendors, raised[0].updated_at).await?;
    assert_eq!(whole.len(), 8);
    vendors.sandbox.world(|world| world.settings.alert_page_size = 3);
    for (hollow, requests) in [(false, 3), (true, 5)] {
        vendors.sandbox.world(|world| world.settings.alert_hollow_pages = hollow);
        vendors.sandbox.clear_requests();
        assert_eq!(changed_since(&vendors, raised[0].updated_at).await?, whole);
        let mut sent = queries(&vendors, "acronis.alerts");
        assert_eq!(sent.len(), requests);
        let first = sent.remove(0);
        for mut next in sent {
            let cursor = next.pop().expect("a cursor");
            assert_eq!((cursor.0.as_str(), &next), ("after", &first));
        }
        assert_eq!(active(&vendors).await?.len(), 8);
    }
    Ok(())
}

#[tokio::test]
async fn alerts_of_one_moment_are_all_read_over_small_pages() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let now = vendors.sandbox.world(|world| {
        world.settings.alerts_share_moments = true;
        world.settings.alert_page_size = 2;
        let tenant = world.add_tenant("Kunde GmbH", None);
        world.alert_storm(&tenant, "BackupFailed", 7);
        world.now()
    });
    let read = changed_since(&vendors, now).await?;
    assert_eq!(BTreeSet::from_iter(ids(&read)).len(), 7);
    assert!(read.iter().all(|read| read.alert.updated_at == now));
    Ok(())
}

#[tokio::test]
async fn cursors_that_lead_nowhere_new_fail_the_read_and_a_page_shown_twice_does_not() -> Result<()> {
    let (vendors, raised) = with_alerts(8).await?;
    let since = raised[0].updated_at;
    vendors.sandbox.world(|world| world.settings.alert_page_size = 3);
    for kind in [FaultKind::RepeatPage, FaultKind::LoopPages] {
        vendors.sandbox.fail(Fault::always("acronis.alerts", kind.clone()));
        vendors.sandbox.clear_requests();
        assert!(text(changed_since(&vendors, since).await).contains("repeats a page"));
        assert!(vendors.asked("acronis.alerts") <= 3);
        vendors.sandbox.clear_faults();
        vendors.sandbox.fail(Fault::once("acronis.alerts", kind));
        let read = ids(&changed_since(&vendors, since).await?);
        assert_eq!((read.len(), BTreeSet::from_iter(read).len()), (11, 8), "three of them came twice");
    }
    vendors.sandbox.world(|world| world.settings.alert_cursors_repeat = true);
    vendors.sandbox.clear_requests();
    assert!(text(active(&vendors).await).contains("alert_manager/alerts: the vendor repeats a page"));
    assert_eq!(vendors.asked("acronis.alerts"), 2);
    Ok(())
}

#[tokio::test]
async fn hollow_pages_without_end_are_given_up() -> Result<()> {
    let page = |number: usize| says(200, json!({"items": [], "paging": {"cursors": {"after": format!("c{number}")}}}));
    let stub = Stub::with((0..2_100).map(page)).await?;
    assert!(text(stub.reader().active_alerts(|_| ()).await).contains("more than 2000 pages"));
    assert_eq!(stub.lines().len(), 2_000);
    Ok(())
}

#[tokio::test]
async fn b2_a_token_refused_by_the_web_server_amid_pages_is_renewed_and_the_reading_goes_on() -> Result<()> {
    let (vendors, raised) = with_alerts(8).await?;
    vendors.sandbox.world(|world| world.settings.alert_page_size = 3);
    vendors.sandbox.fail(Fault::once("acronis.alerts", FaultKind::ExpireToken).after(1));
    assert_eq!(changed_since(&vendors, raised[0].updated_at).await?.len(), 8);
    assert_eq!((vendors.asked("acronis.token"), vendors.asked("acronis.alerts")), (2, 4));
    vendors.sandbox.fail(Fault::always("acronis.alerts", FaultKind::ExpireToken));
    vendors.sandbox.clear_requests();
    let error = active(&vendors).await.expect_err("never let in");
    assert!(matches!(&error, AcronisError::Unauthorized(text) if text.contains("401")), "{error:?}");
    assert_eq!(vendors.asked("acronis.alerts"), 2);
    Ok(())
}

#[tokio::test]
async fn a_no_of_the_alert_manager_is_told_with_its_code_and_its_reason() -> Result<()> {
    let (vendors, _) = with_alerts(1).await?;
    let body = |code: &str| {
        let reason = "The tenant cannot be resolved.";
        Some(json!({"domain": "AlertManager", "code": code, "reason": reason, "context": {}}).to_string())
    };
    for (status, code, kind) in
        [(403, "AccessDenied", "Forbidden"), (404, "NotFound", "NotFound"), (400, "1002", "Failed")]
    {
        let refusal = FaultKind::StatusBefore { status, body: body(code) };
        vendors.sandbox.fail(Fault::always("acronis.alert", refusal));
        let errors = [
            changed_since(&vendors, Timestamp::MIN).await.expect_err("refused"),
            active(&vendors).await.expect_err("refused"),
            vendors.acronis().alert_types().await.expect_err("refused"),
        ];
        for error in errors {
            assert!(format!("{error:?}").starts_with(kind), "{error:?}");
            assert!(error.to_string().ends_with(&format!("code {code}, The tenant cannot be resolved.")), "{error}");
        }
        vendors.sandbox.clear_faults();
    }
    vendors.sandbox.fail(Fault::always("acronis.alerts", FaultKind::HtmlBody { status: 200 }));
    assert!(text(active(&vendors).await).contains("cannot be used"));
    Ok(())
}

#[tokio::test]
async fn alerts_of_customers_that_manage_themselves_are_read_by_their_numbers() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let (since, open, hidden, numbers) = vendors.sandbox.world(|world| {
        let tenants = ["a", "b", "c", "d"].map(|name| world.add_tenant(name, None));
        let unit = world.add_tenant_of_kind("unit", Some(&tenants[1]), TenantKind::Unit);
        let open = world.raise_alert(&tenants[0], "BackupFailed");
        let hidden = [&tenants[1], &unit, &tenants[2]].map(|tenant| world.raise_alert(tenant, "BackupFailed"));
        world.set_self_service(&tenants[1], true);
        world.set_self_service(&tenants[2], true);
        world.clear_alert(&hidden[2]);
        let since = world.alert(&hidden[1]).map(|alert| alert.updated_at).expect("raised");
        (since, open, hidden, tenants.map(|tenant| Numbers::tenant_number(&tenant)))
    });
    assert_eq!(ids(&changed_since(&vendors, Timestamp::MIN).await?), std::slice::from_ref(&open));
    assert_eq!(ids(&active(&vendors).await?), std::slice::from_ref(&open));
    let asked = [numbers[0], numbers[1], NOBODY, numbers[2], numbers[3]];
    let (read, refused) = of_customers(&vendors.acronis(), &asked, None).await?;
    assert_eq!((ids(&read), refused), (vec![open, hidden[0].clone(), hidden[1].clone()], vec![NOBODY]));
    assert_eq!(read[2].locator, [1, 50, numbers[1], read[2].number.expect("told")], "within the customer");
    assert_eq!(vendors.asked("acronis.customer_alerts"), 5, "halved to the one, and no further");
    let (read, _) = of_customers(&vendors.acronis(), &asked, Some(since)).await?;
    assert_eq!(ids(&read), hidden[1..], "cleared ones too, and nothing older");
    assert_eq!(of_customers(&vendors.acronis(), &[], None).await?, (Vec::new(), Vec::new()));
    Ok(())
}

#[tokio::test]
async fn many_customers_are_asked_for_two_hundred_at_a_time() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let numbers = vendors.sandbox.world(|world| {
        let tenants = Vec::from_iter((0..450).map(|number| world.add_tenant(&format!("c{number}"), None)));
        for at in [0, 199, 200, 449] {
            world.raise_alert(&tenants[at], "BackupFailed");
        }
        Vec::from_iter(tenants.iter().map(|tenant| Numbers::tenant_number(tenant)))
    });
    let acronis = vendors.acronis();
    // As a task of its own, which a job may make of it.
    let reading = tokio::spawn(async move { of_customers(&acronis, &numbers, None).await });
    let (read, refused) = reading.await??;
    assert_eq!((read.len(), refused.len(), vendors.asked("acronis.customer_alerts")), (4, 0, 3));
    let longest = vendors.sandbox.requests().iter().map(|request| request.query.len()).max();
    assert!(longest.is_some_and(|longest| longest < 5_000), "{longest:?}");
    Ok(())
}

#[tokio::test]
async fn only_the_alert_managers_own_no_takes_a_customer_out() -> Result<()> {
    let own = json!({"domain": "AlertManager", "code": "NotFound"}).to_string();
    for (status, body) in [(400, &own), (403, &own), (404, &own), (403, &String::new())] {
        let empty = says(200, json!({"items": []}));
        let stub = Stub::with([says(status, body), says(status, body), empty]).await?;
        let refused = stub.reader().alerts_of_customers(&[51, 52], None, |_| ()).await?;
        let lines = ["customer_id=51&customer_id=52", "customer_id=51", "customer_id=52"];
        assert_eq!(refused, [51]);
        assert_eq!(stub.lines(), lines.map(|line| format!("GET /api/alert_manager/v1/customer_alerts?{line}")));
    }
    let wrapped = json!({"error": {"code": 404, "message": "Not found", "details": {}}}).to_string();
    let page = "<html>403</html>".to_owned();
    for (status, body) in [(403, &page), (404, &page), (404, &wrapped), (418, &own), (401, &own)] {
        let stub = Stub::with([says(status, body), says(status, body)]).await?;
        let error = stub.reader().alerts_of_customers(&[51], None, |_| ()).await;
        assert!(error.is_err(), "{status} {body}");
    }
    let passing = Stub::with([says(503, &own), says(200, json!({"items": []}))]).await?;
    assert!(passing.reader().alerts_of_customers(&[51], None, |_| ()).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn m1_an_alert_without_the_uuid_of_its_tenant_tells_the_numbers_that_usage_tells() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let (customer, unit) = vendors.sandbox.world(|world| {
        let folder = world.add_tenant_of_kind("Folder", None, TenantKind::Folder);
        let customer = world.add_tenant("Kunde GmbH", Some(&folder));
        let unit = world.add_tenant_of_kind("Unit", Some(&customer), TenantKind::Unit);
        world.set_usage(&customer, "pw_base_vms", None, 1, Some(1));
        world.raise_alert(&unit, "BackupFailed");
        (TenantId::new(customer), TenantId::new(unit))
    });
    let with_uuid = active(&vendors).await?.remove(0);
    assert_eq!(with_uuid.alert.tenant, unit);
    vendors.sandbox.world(|world| world.settings.alerts_without_tenant_uuid = true);
    let without = active(&vendors).await?.remove(0);
    assert_eq!(without.alert.tenant, TenantId::new(""));
    assert_eq!((without.number, &without.locator), (with_uuid.number, &with_uuid.locator));
    assert_eq!(without.locator.last().copied(), without.number);
    let numbers = vendors.acronis().tenant_numbers(&[customer.clone(), unit]).await?;
    assert!(without.locator.contains(&numbers[&customer]) && numbers.len() == 1);
    Ok(())
}

#[tokio::test]
async fn b2_numbers_of_tenants_are_read_in_batches_and_those_not_told_are_left_out() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let tenants = vendors.sandbox.world(|world| {
        let tenants = Vec::from_iter((0..250).map(|number| world.add_tenant(&format!("c{number}"), None)));
        for tenant in &tenants[2..] {
            world.set_usage(tenant, "pw_base_vms", None, 1, Some(1));
            world.set_usage(tenant, "pw_base_m365_mailboxes", None, 1, None);
        }
        Vec::from_iter(tenants.into_iter().map(TenantId::new))
    });
    let numbers = vendors.acronis().tenant_numbers(&tenants).await?;
    let told = tenants[2..].iter().map(|id| (id.clone(), Numbers::tenant_number(id.as_str())));
    assert_eq!((numbers, vendors.asked("acronis.usages")), (told.collect::<BTreeMap<_, _>>(), 3));
    vendors.sandbox.world(|world| world.refuse_usage(tenants[100].as_str(), true));
    let numbers = vendors.acronis().tenant_numbers(&tenants).await?;
    assert_eq!((numbers.len(), numbers.get(&tenants[100])), (247, None));
    let row = |ids: [serde_json::Value; 2]| json!({"tenant": "T", "usages": ids.map(|id| json!({"tenant_id": id}))});
    let stub = Stub::with([says(200, json!({"items": [row([json!(7), json!(8)])]}))]).await?;
    stub.then([says(200, json!({"items": [row([json!("7"), json!(null)])]})), says(500, ""), says(418, "")]);
    let (reader, tenant) = (stub.reader(), [TenantId::new("t")]);
    assert!(reader.tenant_numbers(&tenant).await?.is_empty(), "two numbers are none");
    assert_eq!(reader.tenant_numbers(&tenant).await?, BTreeMap::from([(TenantId::new("t"), 7)]));
    assert!(text(reader.tenant_numbers(&tenant).await).contains("status 418"));
    Ok(())
}

#[tokio::test]
async fn who_manages_a_tenant_is_read_with_it_and_the_provider_does_unless_told() -> Result<()> {
    let vendors = Vendors::usual().await?;
    let own = vendors.sandbox.world(|world| {
        let tenant = world.add_tenant("Allein GmbH", None);
        world.set_self_service(&tenant, true);
        TenantId::new(tenant)
    });
    let acronis = vendors.acronis();
    let root = acronis.own_tenant().await?;
    let (mut tenants, mut with_management) = (Vec::new(), Vec::new());
    acronis.tenants(&root, |tenant| tenants.push(tenant)).await?;
    acronis.tenants_and_who_manages(&root, |tenant, itself| with_management.push((tenant, itself))).await?;
    assert!(with_management.iter().all(|(tenant, itself)| *itself == (tenant.id == own)));
    assert_eq!(Vec::from_iter(with_management.into_iter().map(|(tenant, _)| tenant)), tenants);
    let row = |more: &str| {
        let row = r#""id":"t","name":"n","kind":"customer","enabled":true,"pricing_mode":"trial""#;
        says(200, format!(r#"{{"items":[{{{row}{more}}}]}}"#))
    };
    let cases = [("", false), (r#","ancestral_access":null"#, false), (r#","ancestral_access":false"#, true)];
    for (more, expected) in cases {
        let stub = Stub::with([row(more)]).await?;
        let mut found = Vec::new();
        stub.reader().tenants_and_who_manages(&root, |_, itself| found.push(itself)).await?;
        assert_eq!(found, [expected], "{more}");
    }
    Ok(())
}

#[tokio::test]
async fn t1_types_are_read_for_every_system_with_those_not_enabled() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let known = vendors.sandbox.world(|world| {
        let tenant = world.add_tenant("Kunde GmbH", None);
        world.raise(NewAlert::of(&tenant, "BackupFailed"));
        world.settings.unlisted_alert_types.insert("BackupFailed".to_owned());
        world.acronis.alerts.types.clone()
    });
    let types = vendors.acronis().alert_types().await?;
    assert_eq!((types.len(), vendors.asked("acronis.alert_types")), (known.len() - 1, 1));
    assert!(!types.contains_key(&AlertKind::new("BackupFailed")));
    assert_eq!(active(&vendors).await?[0].alert.kind, AlertKind::new("BackupFailed"), "alerts may be of it");
    for known in known.iter().filter(|known| known.id != "BackupFailed") {
        let read = &types[&AlertKind::new(&known.id)];
        assert_eq!((&read.label, &read.category, read.enabled), (&known.alias, &known.category, known.enabled));
        assert_eq!(read.severity, Severity::of(&format!("{:?}", known.severity)));
    }
    assert!(types.values().any(|read| !read.enabled) && types.values().any(|read| read.label.is_some()));
    let odd = json!({"items": [{"id": "New", "alias": "", "severity": 9}]});
    let stub = Stub::with([says(200, odd), says(200, json!({"items": [{"alias": "no id"}]}))]).await?;
    let read = stub.reader().alert_types().await?.remove(&AlertKind::new("New")).expect("listed");
    assert_eq!((read.label, read.category.as_str(), read.enabled), (None, "", true));
    assert_eq!(read.severity, Severity::Unknown);
    assert!(text(stub.reader().alert_types().await).contains("missing field `id`"));
    Ok(())
}
