//! Who cannot log in changes nothing: each wrong part of the credentials is named, and no secret is.

use crate::site::Site;
use functions::context::{Secret, VendorCredentials};
use shared::run::Outcome;

/// What is wrong with the credentials, and what is said of it.
type Wrong = (fn(&mut VendorCredentials), &'static [&'static str]);

const WRONG: [Wrong; 7] = [
    (|login| login.acronis.client_secret = secret(), &["logging in at Acronis", "ACRONIS_CLIENT_SECRET"]),
    (|login| login.acronis.client_id = "nobody".to_owned(), &["logging in at Acronis", "ACRONIS_CLIENT_ID"]),
    (|login| login.autotask.secret = secret(), &["does not let us in", "AUTOTASK_SECRET"]),
    (|login| login.autotask.user_name = "nobody@x.example".to_owned(), &["AUTOTASK_USER_NAME"]),
    (|login| login.autotask.integration_code = secret(), &["AUTOTASK_INTEGRATION_CODE"]),
    (|login| login.acronis.datacenter_url = nowhere(), &["logging in at Acronis", "no connection to 127.0.0.1"]),
    (|login| login.autotask.zone_url = nowhere(), &["logging in at Autotask", "no connection to 127.0.0.1"]),
];

fn secret() -> Secret {
    Secret::new("QUITE-WRONG-SECRET")
}

/// A port on which nobody listens any more.
fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
    format!("http://{}", listener.local_addr().expect("it has a port"))
}

#[tokio::test]
async fn a04_a_wrong_credential_and_a_vendor_out_of_reach_are_named_and_nothing_is_changed() {
    let site = Site::with_work(2, 3).await;
    for (change, words) in WRONG {
        site.log_in_with(change);
        site.fails_and_changes_nothing(words).await;
        let error = site.world.connect_again(false).await.expect_err("nobody is let in");
        let told = format!("{error:#}");
        words.iter().for_each(|word| assert!(told.contains(word), "no \"{word}\" in: {told}"));
        assert!(!told.contains("QUITE-WRONG-SECRET"), "{told}");
    }
    site.is_right_again().await;
}

#[tokio::test]
async fn credentials_of_another_provider_are_refused_and_nothing_is_changed() {
    let site = Site::with_work(2, 3).await;
    let other = Site::even(1, 2).await;
    let theirs = acrotask::demo::credentials(&other.world.sandbox);
    other.world.sandbox.world(|vendors| {
        let partner = vendors.acronis.partner_id.clone();
        assert!(vendors.tenant(&partner).is_some());
    });
    // The same tenant ids everywhere in the sandbox, so another database is what differs.
    other.lens.bend(|_, body| {
        if body.get("ci").is_some() {
            body["ci"] = serde_json::json!(99_001);
        }
    });
    let zone = other.lens.autotask_url.clone();
    site.log_in_with(|login| {
        login.autotask = functions::context::AutotaskCredentials { zone_url: zone, ..theirs.autotask }
    });
    site.fails_and_changes_nothing(&["the credentials are for tenant", "database 99001", "store the right ones"]).await;
    assert_eq!(other.world.adjustments(), 0);
    site.is_right_again().await;
}

#[tokio::test]
async fn an_api_user_who_may_not_write_is_told_of_line_by_line_and_the_run_failed() {
    let site = Site::with_work(2, 3).await;
    let entity = "ContractServiceAdjustments".to_owned();
    site.world.sandbox.world(|vendors| vendors.settings.unwritable.insert(entity.clone()));
    let run = site.world.apply().await;
    let Outcome::Failed(why) = &run.record.outcome else { panic!("{run:#?}") };
    assert!(why.contains("refused"), "{why}");
    assert_eq!((run.record.counts.made, run.record.counts.refused, site.world.adjustments()), (0, 6, 0));
    let told = run.record.findings.iter().filter(|text| text.contains("Autotask refused the change")).count();
    assert_eq!(told, 6, "{:#?}", run.record.findings);

    let sent = site.world.adjustment_posts().len();
    let again = site.world.apply().await;
    assert_eq!(site.world.adjustment_posts().len(), sent, "not tried again on that day: {again:?}");
    assert!(again.record.findings.iter().any(|text| text.contains("Autotask refused the change")));

    site.world.sandbox.world(|vendors| vendors.settings.unwritable.remove(&entity));
    site.world.pass_days(1);
    site.is_right_again().await;
}
