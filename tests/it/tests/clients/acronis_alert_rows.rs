//! What an alert tells, in every shape the vendor has, and rows that cannot be used: those are named and never passed
//! over.

use crate::stub::{Stub, says};
use crate::support::Vendors;
use anyhow::Result;
use functions::acronis::{AcronisError, ReadAlert};
use sandbox::acronis::alerts::NewAlert;
use sandbox::acronis::alerts::details::{SHAPES, Shape};
use serde_json::{Value, json};
use shared::alert::{AlertAbout, AlertKind, Severity};
use shared::ids::{AlertId, TenantId};

const ID: &str = "A1B2C3D4-0000-4000-8000-00000000000F";

/// A row like the vendor's, with `more` in it.
fn row(more: Value) -> Value {
    let mut row = json!({
        "id": ID, "type": "BackupFailed", "category": "Backup", "severity": "critical",
        "createdAt": "2026-11-10T08:59:58.5Z", "receivedAt": "2026-11-10T08:59:59.123456789Z",
        "updatedAt": "2026-11-10T09:00:00.000000001Z", "details": null,
        "tenant": {"id": "56", "locator": "/1/50/53/56/", "uuid": "ABCD0000-0000-4000-8000-00000000000A"},
    });
    let more = more.as_object().into_iter().flatten();
    more.for_each(|(name, value)| row[name.as_str()] = value.clone());
    row
}

/// A row without `names`.
fn row_without(names: &[&str]) -> Value {
    let mut row = row(json!({}));
    names.iter().for_each(|name| drop(row.as_object_mut().expect("an object").remove(*name)));
    row
}

async fn read(body: &str) -> Result<Vec<ReadAlert>, AcronisError> {
    let stub = Stub::with([says(200, body)]).await.expect("a stub");
    let mut alerts = Vec::new();
    stub.reader().active_alerts(|alert| alerts.push(alert)).await?;
    Ok(alerts)
}

async fn read_row(row: Value) -> Result<ReadAlert, AcronisError> {
    let mut read = read(&json!({"items": [row]}).to_string()).await?;
    Ok(read.remove(0))
}

async fn about(details: Value) -> Result<AlertAbout, AcronisError> {
    Ok(read_row(row(json!({ "details": details }))).await?.alert.about)
}

fn told(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[tokio::test]
async fn an_alert_is_read_to_the_last_digit() -> Result<()> {
    let read = read_row(row(json!({"deletedAt": "2026-11-10T10:00:00.000000001+01:00"}))).await?;
    assert_eq!((read.number, read.locator), (Some(56), vec![1, 50, 53, 56]));
    let alert = read.alert;
    assert_eq!((alert.id, alert.tenant), (AlertId::new(ID), TenantId::new("abcd0000-0000-4000-8000-00000000000a")));
    assert_eq!((alert.kind, alert.category.as_str()), (AlertKind::new("BackupFailed"), "Backup"));
    assert_eq!(alert.severity, Severity::Critical);
    assert_eq!(alert.raised_at.to_string(), "2026-11-10T08:59:59.123456789Z");
    assert_eq!(alert.updated_at.to_string(), "2026-11-10T09:00:00.000000001Z");
    assert_eq!(alert.cleared_at, Some(alert.updated_at));
    assert_eq!(alert.about, AlertAbout::default());
    Ok(())
}

#[tokio::test]
async fn moments_are_read_in_every_spelling_and_an_alert_without_an_end_is_active() -> Result<()> {
    let created = read_row(row_without(&["receivedAt"])).await?.alert;
    assert_eq!(created.raised_at.to_string(), "2026-11-10T08:59:58.5Z", "by the machine's clock for want of better");
    for spelling in ["2026-11-10T09:00:00", " 2026-11-10T09:00:00Z ", "2026-11-10T10:00:00+01:00"] {
        let alert = read_row(row(json!({"receivedAt": null, "createdAt": spelling}))).await?.alert;
        assert_eq!(alert.raised_at.to_string(), "2026-11-10T09:00:00Z", "{spelling}");
    }
    for never in [Value::Null, json!(""), json!("0001-01-01T00:00:00Z"), json!("1970-01-01T00:00:00Z")] {
        assert!(read_row(row(json!({ "deletedAt": never }))).await?.alert.is_active(), "{never}");
    }
    Ok(())
}

#[tokio::test]
async fn words_never_seen_and_tenants_told_oddly_are_let_pass() -> Result<()> {
    let odd = json!({"type": "NeverHeardOf", "category": "cti.a.p~new", "severity": "catastrophic"});
    let alert = read_row(row(odd)).await?.alert;
    assert_eq!((alert.kind, alert.category.as_str()), (AlertKind::new("NeverHeardOf"), "cti.a.p~new"));
    assert_eq!(alert.severity, Severity::Unknown);
    let bare = row_without(&["type", "category", "severity", "details", "tenant"]);
    let read = read_row(bare).await?;
    assert_eq!((read.alert.kind, read.alert.severity), (AlertKind::new(""), Severity::Unknown));
    assert_eq!((read.alert.tenant, read.number, read.locator), (TenantId::new(""), None, Vec::new()));
    for (tenant, number, locator) in [
        (json!({"id": 56, "locator": "1/50/56"}), Some(56), vec![1, 50, 56]),
        (json!({"id": "root", "locator": "/1/x/56//"}), None, vec![1, 56]),
        (json!({"id": null, "locator": 7, "uuid": null}), None, vec![]),
        (json!("56"), None, vec![]),
    ] {
        let read = read_row(row(json!({ "tenant": tenant }))).await?;
        assert_eq!((read.alert.tenant, read.number, read.locator), (TenantId::new(""), number, locator));
    }
    Ok(())
}

#[tokio::test]
async fn a_row_that_cannot_be_used_fails_the_read_and_is_named() -> Result<()> {
    let cases = [
        (row_without(&["id"]), "the alert without an id of type \"BackupFailed\""),
        (row(json!({"id": null})), "without an id"),
        (row(json!({"id": " "})), "the alert \" \" of type"),
        (row(json!({"id": {}})), "the alert {} of type"),
        (row_without(&["id", "type"]), "without an id of no type"),
        (row_without(&["updatedAt"]), "it has no updatedAt"),
        (row(json!({"updatedAt": ""})), "it has no updatedAt"),
        (row(json!({"updatedAt": "soon"})), "updatedAt is \"soon\""),
        (row(json!({"updatedAt": 1_761_319_155})), "updatedAt is 1761319155"),
        (row(json!({"updatedAt": "2026-13-01T00:00:00Z"})), "updatedAt is \"2026-13"),
        (row_without(&["receivedAt", "createdAt"]), "neither receivedAt nor createdAt"),
        (row(json!({"receivedAt": "soon"})), "receivedAt is \"soon\""),
        (row(json!({"deletedAt": true})), "deletedAt is true"),
        (json!(null), "invalid type: null"),
        (json!("row"), "invalid type: string"),
    ];
    for (bad, words) in cases {
        let body = json!({"items": [row(json!({})), bad]}).to_string();
        let error = read(&body).await.expect_err("unusable").to_string();
        assert!(error.contains("alert_manager/alerts: ") && error.contains(words), "{error}");
        assert!(bad["id"] != json!(ID) || error.contains(ID), "{error}");
    }
    let long = row(json!({"type": "x".repeat(9_000), "updatedAt": "y".repeat(9_000)}));
    assert!(read_row(long).await.expect_err("unusable").to_string().len() < 500);
    Ok(())
}

#[tokio::test]
async fn a_reply_without_a_list_is_no_empty_list() -> Result<()> {
    for body in ["{}", "[]", "null", r#"{"items":null}"#, r#"{"items":{}}"#, r#"{"items":"none"}"#, r#"{"items":5}"#] {
        let error = read(body).await.expect_err("no list").to_string();
        assert!(error.contains("cannot be used"), "{body}: {error}");
    }
    assert!(read(r#"{"items":[],"paging":null}"#).await?.is_empty());
    assert!(read(r#"{"items":[],"paging":{"cursors":{"after":"","before":"x"}}}"#).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn details_of_every_shape_tell_what_is_in_them() -> Result<()> {
    let vendors = Vendors::empty().await?;
    vendors.sandbox.world(|world| {
        let tenant = world.add_tenant("Kunde GmbH", None);
        let alerts = SHAPES.map(|shape| NewAlert::of(&tenant, "BackupFailed").about("SRV-1", "Nightly").shape(shape));
        alerts.into_iter().for_each(|alert| drop(world.raise(alert)));
    });
    let mut read = Vec::new();
    vendors.acronis().active_alerts(|alert| read.push(alert.alert.about)).await?;
    assert_eq!(read.len(), SHAPES.len());
    let plain = AlertAbout { device: told("SRV-1"), plan_name: told("Nightly"), ..AlertAbout::default() };
    for (shape, about) in SHAPES.into_iter().zip(read) {
        let has_ids = about.resource.is_some() && about.plan.is_some();
        let about = AlertAbout { resource: None, plan: None, ..about };
        let reason = match shape {
            Shape::Texts => told("Timed out."),
            Shape::ErrorMessage => told("Access to the file is denied."),
            Shape::Error => told("The backup failed.\nNo space left."),
            _ => None,
        };
        let (expected, ids) = match shape {
            Shape::Null | Shape::Empty => (AlertAbout::default(), false),
            Shape::NameOnly => (AlertAbout { plan_name: None, ..plain.clone() }, false),
            Shape::ThirdParty => {
                let (title, reason) = (told("Finding on SRV-1"), told("A sign-in from an unusual place."));
                (AlertAbout { title, reason, ..AlertAbout::default() }, false)
            }
            _ => (AlertAbout { reason, ..plain.clone() }, true),
        };
        assert_eq!((about, has_ids), (expected, ids), "{shape:?}");
    }
    Ok(())
}

#[tokio::test]
async fn text_is_made_of_what_is_no_text() -> Result<()> {
    let odd = json!({"title": 7, "resourceName": {"name": "SRV-1"}, "resourceId": ["a", 1], "planId": true,
        "planName": "  Nightly ", "reason": {"b": 1, "a": null}});
    let expected = AlertAbout {
        title: told("7"),
        device: told(r#"{"name":"SRV-1"}"#),
        resource: told(r#"["a",1]"#),
        plan: told("true"),
        plan_name: told("Nightly"),
        reason: told(r#"{"a":null,"b":1}"#),
        link: None,
    };
    assert_eq!(about(odd).await?, expected);
    let nothing = json!({"title": null, "resourceName": {}, "resourceId": [], "planId": " ", "planName": "",
        "errorMessage": {}, "error": null, "redirectLink": {}});
    for nothing in [nothing, json!("text"), json!([1]), json!(5), json!(false)] {
        assert_eq!(about(nothing).await?, AlertAbout::default());
    }
    let long = about(json!({"errorMessage": "ß".repeat(90_000)})).await?.reason.unwrap_or_default();
    assert_eq!(long.chars().count(), 8_000, "as much as a ticket takes");
    Ok(())
}

#[tokio::test]
async fn the_reason_is_where_the_vendor_has_it_first() -> Result<()> {
    let deep = (0..40).fold(json!({"text": "cause"}), |below, _| json!({"text": "cause", "suberror": below}));
    let cases = [
        (json!({"errorMessage": {"reason": "r"}, "error": {"text": "t"}, "description": "d"}), told("r")),
        (json!({"errorMessage": {"kbLink": {}}, "error": {"text": "t"}}), told("t")),
        (json!({"error": "e", "reason": "r"}), told("e")),
        (json!({"error": {"code": "0x1"}, "reason": "r", "description": "d"}), told("r")),
        (json!({"error": {"code": "0x1", "suberror": {"text": "below"}}}), told("below")),
        (json!({"error": {"text": 5, "suberror": "as text"}}), told("5\nas text")),
        (json!({"description": "d"}), told("d")),
        (json!({ "error": deep }), told("cause\ncause\ncause\ncause\ncause")),
    ];
    for (details, reason) in cases {
        assert_eq!(about(details.clone()).await?.reason, reason, "{details}");
    }
    Ok(())
}

#[tokio::test]
async fn only_addresses_of_the_web_are_links() -> Result<()> {
    let (kb, own) = ("https://kb.example/1?a=b#c", "http://console.example/incident/7");
    let cases = [
        (json!({"errorMessage": {"kbLink": format!(" {kb} ")}, "redirectLink": own}), told(kb)),
        (json!({"errorMessage": {"kbLink": {"serCode": "TOL_1"}}, "redirectLink": own}), told(own)),
        (json!({"errorMessage": {"kbLink": "TOL_1"}, "redirectLink": own}), told(own)),
        (json!({"errorMessage": "text", "redirectLink": own}), told(own)),
        (json!({"redirectLink": "javascript:alert(1)"}), None),
        (json!({"redirectLink": "file:///etc/passwd"}), None),
        (json!({"redirectLink": "/relative"}), None),
        (json!({"redirectLink": "https://a.example/ b"}), None),
        (json!({"redirectLink": "https://a.example/\u{0}"}), None),
        (json!({"redirectLink": "https://"}), None),
        (json!({"redirectLink": ["https://a.example"]}), None),
    ];
    for (details, link) in cases {
        assert_eq!(about(details.clone()).await?.link, link, "{details}");
    }
    Ok(())
}

#[tokio::test]
async fn customers_are_read_with_their_alerts_whatever_is_missing_of_them() -> Result<()> {
    let of = async |body: Value| {
        let next = says(200, json!({"items": [{"customer_id": "52", "alerts": [row(json!({}))]}]}));
        let stub = Stub::with([says(200, body), next]).await.expect("a stub");
        let mut alerts = Vec::new();
        let read = stub.reader().alerts_of_customers(&[51, 52], None, |alert| alerts.push(alert)).await;
        read.map(|refused| (alerts, refused, stub.lines()))
    };
    let alerts = json!([row_without(&["tenant"]), row(json!({}))]);
    let customer = json!({"customer_id": "51", "alerts": alerts});
    let none = json!({"customer_id": 52, "alerts": null});
    let (read, refused, lines) = of(json!({"items": [customer, none]})).await?;
    assert_eq!((read.len(), refused.len(), lines.len()), (2, 0, 1));
    assert_eq!((&read[0].locator, &read[1].locator), (&vec![51], &vec![1, 50, 53, 56]), "the customer at least");
    let (read, _, lines) = of(json!({"items": [customer], "paging": {"cursors": {"after": "x"}}})).await?;
    assert_eq!((read.len(), lines.len()), (3, 2));
    assert_eq!(lines[1], format!("{}&after=x", lines[0]));
    let cases = [
        (json!({"items": [{"customer_id": "51"}]}), "missing field `alerts`"),
        (json!({"items": [{"customer_id": "51", "alerts": {}}]}), "customer \"51\": "),
        (
            json!({"items": [{"customer_id": "51", "alerts": [row(json!({"id": ""}))]}]}),
            "customer \"51\": the alert \"\"",
        ),
        (json!({"items": {}}), "expected a list"),
    ];
    for (body, words) in cases {
        let error = of(body).await.expect_err("unusable").to_string();
        assert!(error.contains(words), "{error}");
    }
    Ok(())
}
