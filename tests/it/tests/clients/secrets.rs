//! What never happens with a secret: it is not printed, not sent on after a redirect, and not sent
//! after the run's time is over.

use crate::support::{Vendors, quick_http};
use anyhow::Result;
use functions::acronis::{Acronis, AcronisError};
use functions::autotask::{Allowance, AutotaskError, AutotaskReader};
use functions::context::{Config, Deadline, Secret, VendorCredentials};
use functions::http::Vendor;
use sandbox::{Fault, FaultKind};
use std::fmt::{Debug, Display};
use std::time::Duration;

fn assert_silent(error: &(impl Debug + Display), secrets: &[&str]) {
    for secret in secrets {
        for text in [error.to_string(), format!("{error:?}"), format!("{error:#?}")] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[tokio::test]
async fn a_wrong_acronis_secret_is_told_without_it() -> Result<()> {
    let mut vendors = Vendors::empty().await?;
    vendors.acronis_credentials.client_secret = Secret::new("quite-wrong-secret");
    let error = vendors.acronis().own_tenant().await.expect_err("wrong");
    assert!(matches!(&error, AcronisError::Unauthorized(_)), "{error}");
    assert!(error.to_string().contains("ACRONIS_CLIENT_SECRET"), "{error}");
    assert_silent(&error, &["quite-wrong-secret"]);
    assert_eq!(vendors.asked("acronis.token"), 1);
    Ok(())
}

#[tokio::test]
async fn a_reply_that_repeats_our_secrets_is_told_without_them() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let (acronis, credentials) = (vendors.acronis(), vendors.sandbox.credentials());
    acronis.own_tenant().await?;
    let echo = format!("token sandbox-token-canary-000001 secret {}", credentials.acronis_client_secret);
    let kind = FaultKind::StatusBefore { status: 400, body: Some(echo.clone()) };
    vendors.sandbox.fail(Fault::always("acronis.client", kind.clone()));
    let error = acronis.own_tenant().await.expect_err("refused");
    assert!(error.to_string().contains("status 400: token [secret]"), "{error}");
    vendors.sandbox.fail(Fault::always("acronis.token", kind));
    let error = vendors.acronis().own_tenant().await.expect_err("refused");
    assert_silent(&error, &[&credentials.acronis_client_secret]);
    let kind = FaultKind::StatusBefore {
        status: 500,
        body: Some(format!(
            r#"{{"errors":["{} {} {}"]}}"#,
            credentials.autotask_secret, credentials.autotask_integration_code, credentials.autotask_user_name
        )),
    };
    let reader = vendors.autotask().await?;
    vendors.sandbox.fail(Fault::always("autotask.", kind));
    let error = reader.companies(|_| ()).await.expect_err("refused");
    let secrets = [
        credentials.autotask_secret.as_str(),
        credentials.autotask_integration_code.as_str(),
        credentials.autotask_user_name.as_str(),
    ];
    assert_silent(&error, &secrets);
    assert_silent(&vendors.autotask().await.expect_err("refused"), &secrets);
    for text in [format!("{reader:?}"), format!("{acronis:?}"), format!("{:?}", vendors.autotask_credentials.secret)] {
        assert!(!text.contains(&credentials.acronis_client_secret) && !text.contains("sandbox-token"), "{text}");
        assert!(!text.contains(&credentials.autotask_secret), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn a_token_reply_that_cannot_be_read_is_told_without_its_token() -> Result<()> {
    let vendors = Vendors::empty().await?;
    for body in [r#"{"access_token": "tell-nobody""#, r#"{"access_token": 5, "id_token": "tell-nobody"}"#] {
        let kind = FaultKind::StatusBefore { status: 200, body: Some(body.to_owned()) };
        vendors.sandbox.fail(Fault::once("acronis.token", kind));
        let error = vendors.acronis().own_tenant().await.expect_err("unreadable");
        assert_silent(&error, &["tell-nobody"]);
        assert!(error.to_string().contains("access_token"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn an_error_shows_no_query_string_and_a_short_cut_of_the_body() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let kind = FaultKind::StatusBefore { status: 400, body: Some("long\r\n ".repeat(1_000)) };
    vendors.sandbox.fail(Fault::always("acronis.tenants", kind));
    let root = vendors.acronis().own_tenant().await?;
    let error = vendors.acronis().tenants(&root, |_| ()).await.expect_err("refused").to_string();
    assert!(error.contains("GET /api/2/tenants: status 400: long long"), "{error}");
    assert!(error.len() < 400 && !error.contains("subtree_root_id") && !error.contains('\r'), "{error}");
    vendors.sandbox.fail(Fault::always("autotask.zone", FaultKind::ResetBefore));
    let error = vendors.autotask().await.expect_err("reset").to_string();
    assert!(!error.contains("user="), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_redirect_is_not_followed() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let elsewhere = vendors.sandbox.acronis_url();
    let away = move || {
        let to = format!("{elsewhere}/api/2/idp/token");
        async move { (axum::http::StatusCode::TEMPORARY_REDIRECT, [("location", to)]) }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let app = axum::Router::new().fallback(away);
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let mut credentials = vendors.acronis_credentials.clone();
    credentials.datacenter_url = url.clone();
    let acronis = Acronis::new(vendors.http.clone(), &credentials, true, vendors.clock.clone());
    let error = acronis.map_err(anyhow::Error::msg)?.own_tenant().await.expect_err("redirected");
    assert!(error.to_string().contains("status 307"), "{error}");
    let mut credentials = vendors.autotask_credentials.clone();
    credentials.zone_url = url;
    let reader = AutotaskReader::new(vendors.http.clone(), &credentials, true, Allowance::unlimited());
    let error = reader.map_err(anyhow::Error::msg)?.database().await.expect_err("redirected");
    assert!(error.to_string().contains("status 307"), "{error}");
    assert!(vendors.sandbox.requests().is_empty());
    server.abort();
    Ok(())
}

#[tokio::test]
async fn a_zone_that_is_not_the_vendors_gets_no_secret() -> Result<()> {
    let vendors = Vendors::empty().await?;
    for url in ["https://webservices.autotask.net.evil.tld/ATServicesRest/", "http://webservices2.autotask.net/", ""] {
        let body = format!(r#"{{"zoneName":"x","url":"{url}","webUrl":"","ci":1}}"#);
        let kind = FaultKind::StatusBefore { status: 200, body: Some(body) };
        vendors.sandbox.fail(Fault::once("autotask.zone", kind));
        let error = vendors.autotask().await.expect_err("another's zone");
        assert!(error.to_string().contains(".autotask.net"), "{error}");
    }
    assert_eq!(vendors.sandbox.requests().len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_loopback_address_needs_the_permission() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let acronis = Acronis::new(vendors.http.clone(), &vendors.acronis_credentials, false, vendors.clock.clone());
    assert!(acronis.expect_err("loopback").contains("expected https://"));
    let autotask =
        AutotaskReader::new(vendors.http.clone(), &vendors.autotask_credentials, false, Allowance::unlimited());
    assert!(autotask.expect_err("loopback").contains("expected https://"));
    assert!(vendors.sandbox.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn nothing_is_sent_after_the_deadline_and_nothing_waits_past_it() -> Result<()> {
    let mut vendors = Vendors::empty().await?;
    let open = vendors.http.clone();
    vendors.http = open.with_deadline(Deadline::after(Duration::ZERO));
    let error = vendors.acronis().own_tenant().await.expect_err("too late");
    assert!(error.to_string().contains("time of this run is over"), "{error}");
    assert!(matches!(vendors.autotask().await, Err(AutotaskError::Failed(_))));
    assert!(vendors.sandbox.requests().is_empty());
    let started = std::time::Instant::now();
    vendors.http = open.with_deadline(Deadline::after(Duration::from_secs(20)));
    vendors.sandbox.fail(Fault::always("acronis.token", FaultKind::Throttle { retry_after: Some(30) }));
    vendors.acronis().own_tenant().await.expect_err("the wait would end after the deadline");
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(vendors.http.calls().total(Vendor::Acronis), 1);
    Ok(())
}

#[tokio::test]
async fn a_vendor_that_cannot_be_reached_is_told_with_the_place() -> Result<()> {
    let mut vendors = Vendors::empty().await?;
    vendors.http = quick_http(vendors.clock.clone());
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    vendors.acronis_credentials.datacenter_url = format!("http://{free}");
    let error = vendors.acronis().own_tenant().await.expect_err("nobody there");
    assert!(error.to_string().contains("POST /api/2/idp/token: no connection"), "{error}");
    Ok(())
}

#[test]
fn the_configuration_names_what_is_missing_and_prints_no_secret() -> Result<()> {
    let all = [
        ("ACRONIS_DATACENTER_URL", "https://eu2-cloud.acronis.com"),
        ("ACRONIS_CLIENT_ID", "client"),
        ("ACRONIS_CLIENT_SECRET", "hidden-one"),
        ("AUTOTASK_USER_NAME", "api@example.com"),
        ("AUTOTASK_SECRET", "hidden-two"),
        ("AUTOTASK_INTEGRATION_CODE", "hidden-three"),
    ];
    let lookup = |name: &str| all.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    let config = Config::from_lookup(lookup)?;
    assert_eq!(config.vendors.autotask.zone_url, "https://webservices.autotask.net");
    assert!(!format!("{config:?}").contains("hidden"));
    for (missing, _) in all {
        let error = Config::from_lookup(|name| lookup(name).filter(|_| name != missing)).expect_err("missing");
        assert!(error.to_string().starts_with(&format!("{missing} is not set: put there ")), "{error}");
    }
    let mode = Config::from_lookup(|name| if name == "MODE" { Some("go".to_owned()) } else { lookup(name) });
    assert_eq!(mode.expect_err("mode").to_string(), "MODE is \"go\": expected plan or apply");
    let json = Secret::new(
        r#"{"acronis":{"datacenter_url":"u","client_id":"i","client_secret":"s"},
            "autotask":{"user_name":"n","secret":"s","integration_code":"c"}}"#,
    );
    assert_eq!(VendorCredentials::from_json(&json)?.autotask.zone_url, "https://webservices.autotask.net");
    let broken = Secret::new(r#"{"acronis": "hidden-four"}"#);
    let error = VendorCredentials::from_json(&broken).expect_err("broken");
    assert!(!error.to_string().contains("hidden-four"), "{error}");
    Ok(())
}
