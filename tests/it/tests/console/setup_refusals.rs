//! Credentials that are not good: each reason is told with what to do about it, nothing of them is kept, and what worked
//! before works on.

use crate::setup_stage::{NAME, PAGE, SetupStage, Typed, id, typed_as};
use sandbox::{Fault, FaultKind, Sandbox, Seed};

/// What is typed in or wrong at the vendor, and what is said of it.
type Refused = (&'static str, fn(&mut Typed, &Sandbox), &'static [&'static str]);

const REFUSED: [Refused; 13] = [
    (
        "another's address",
        |typed, _| _ = typed.insert("datacenter_url", "https://acronis.example".to_owned()),
        &[
            "<strong>Acronis:</strong> This is no address of an Acronis data centre.",
            "such as https://eu2-cloud.acronis.com",
        ],
    ),
    (
        "another's zone",
        |typed, _| _ = typed.insert("zone_url", "https://autotask.net.example".to_owned()),
        &["<strong>Autotask:</strong> This is no address of Autotask.", "https://webservices.autotask.net"],
    ),
    (
        "nobody there",
        |typed, _| _ = typed.insert("datacenter_url", nowhere()),
        &["Acronis does not answer at this address.", "no connection to 127.0.0.1"],
    ),
    (
        "nobody in the zone",
        |typed, _| _ = typed.insert("zone_url", nowhere()),
        &["Autotask does not answer.", "Check the zone address."],
    ),
    (
        "a wrong client secret",
        |typed, _| _ = typed.insert("client_secret", "canary-of-a-wrong-secret".to_owned()),
        &["Acronis does not accept the client id or its secret.", "Acronis shows the secret once"],
    ),
    (
        "an unknown user",
        |typed, _| _ = typed.insert("user_name", "nobody@msp.example".to_owned()),
        &["Autotask knows no zone for this user name.", "Copy the user name (the key) again"],
    ),
    (
        "a wrong password",
        |typed, _| _ = typed.insert("secret", "canary-of-a-wrong-secret".to_owned()),
        &["Autotask does not accept the user name or its secret.", "The password is incorrect."],
    ),
    (
        // A15.
        "an ordinary user",
        |_, sandbox| {
            let body = Some("{\"errors\": []}".to_owned());
            sandbox.fail(Fault::always("autotask.threshold", FaultKind::StatusBefore { status: 401, body }));
        },
        &[
            "it may be an ordinary user: Autotask&#39;s API takes API users only.",
            "API User (system)",
            "after about a minute",
        ],
    ),
    (
        "a wrong code",
        |typed, _| _ = typed.insert("integration_code", "WRONG-CANARY-CODE".to_owned()),
        &["Autotask does not accept the integration code.", "IntegrationCode is invalid."],
    ),
    (
        "both wrong",
        |typed, _| {
            typed.insert("secret", "wrong".to_owned());
            typed.insert("client_id", "nobody".to_owned());
        },
        &["Acronis does not accept the client id", "Autotask does not accept the user name or its secret."],
    ),
    (
        "a permission at Acronis",
        |_, sandbox| {
            let body = Some("{\"error\": {\"code\": 1002, \"message\": \"Access denied\"}}".to_owned());
            let status = FaultKind::StatusBefore { status: 403, body };
            sandbox.fail(Fault::always("acronis.available_for_child", status));
        },
        &["The API client is let in, but a permission is missing.", "reading Acronis items"],
    ),
    (
        "a permission at Autotask",
        |_, sandbox| {
            let text = "The logged in Resource does not have the adequate permissions to query this entity type.";
            let body = Some(format!("{{\"errors\": [\"{text}\"]}}"));
            sandbox.fail(Fault::always("autotask.contracts.query", FaultKind::StatusBefore { status: 500, body }));
        },
        &["The API user is let in, but a permission is missing.", "adequate permissions", "Set no line of business"],
    ),
    (
        "a field that cannot be made",
        |typed, sandbox| {
            typed.insert("create_field", "yes".to_owned());
            sandbox.world(|world| {
                world.settings.unwritable.insert("UserDefinedFieldDefinitions".to_owned());
            });
        },
        &["The contract field &#34;Acronis PAYG&#34; could not be made.", "Make it yourself"],
    ),
];

/// A port on which nobody listens any more.
fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
    format!("http://{}", listener.local_addr().expect("it has a port"))
}

#[tokio::test]
async fn a15_each_reason_is_told_with_what_to_do_and_nothing_is_kept() {
    let mut desk = SetupStage::of(Seed { customers: 1, story: false, payg_field: false, ..Seed::default() }).await;
    for (name, spoil, words) in REFUSED {
        let mut typed = desk.typed();
        spoil(&mut typed, &desk.sandbox);
        desk.offer(&typed).await.is(303);
        desk.crank().await;
        let page = desk.get(PAGE).await.is(200).shows("Not connected. Nothing was changed");
        words.iter().for_each(|words| assert!(page.text.contains(words), "{name}: no \"{words}\" in {}", page.text));
        let page = page.hides("Connected:").hides("Next: ").hides("ACRONIS_").hides("AUTOTASK_");
        // What is no secret stands in the form again.
        assert!(page.text.contains(&format!("value=\"{}\"", typed["client_id"])), "{name}");
        assert_eq!(desk.offered().await, "{}", "{name}");
        assert!(desk.kept().await.is_none(), "{name}");
        let store = &desk.stage.machine.host.store;
        assert!(store.connections().await.expect("they are read").is_empty(), "{name}");
        assert!(store.mapping(&id()).await.expect("it is read").is_none(), "{name}");
        desk.sandbox.clear_faults();
        desk.sandbox.world(|world| world.settings.unwritable.clear());
    }
    desk.connect().await;
}

#[tokio::test]
async fn bad_credentials_never_replace_good_ones() {
    let mut desk = SetupStage::new().await;
    desk.connect().await;
    let (kept, mapping) = (desk.kept().await.expect("they are kept").to_json(), desk.mapping().await);
    let mut typed = desk.typed();
    typed.insert("secret", "canary-of-a-wrong-secret".to_owned());
    desk.offer(&typed).await.is(303);
    desk.crank().await;
    desk.get(PAGE).await.shows("Not connected.").shows("what worked before works on").shows("Enter other credentials");
    assert_eq!(desk.kept().await.expect("they are kept").to_json().expose(), kept.expose());
    assert_eq!(desk.mapping().await, mapping);
    // Those of another provider work, and not for this connection.
    let other =
        Sandbox::start(Seed { customers: 1, story: false, seed: 7, ..Seed::default() }).await.expect("it starts");
    desk.offer(&typed_as(NAME, &acrotask::demo::credentials(&other))).await.is(303);
    desk.crank().await;
    desk.get(PAGE).await.shows("These credentials are for another tenant or another database.");
    assert_eq!(desk.kept().await.expect("they are kept").to_json().expose(), kept.expose());
    // And the same ones not for a second connection.
    desk.offer(&typed_as("twin", &acrotask::demo::credentials(&desk.sandbox))).await.is(303);
    desk.crank().await;
    let page = desk.get("/setup?connection=twin").await.is(200);
    page.shows("Another connection is for this tenant and this database already.").shows("it is called msp");
    desk.stage.submit(&desk.admin, "/setup/test", &[("connection", NAME)]).await.is(303);
    desk.crank().await;
    desk.get(PAGE).await.shows("Connected: both vendors let us in.").shows("The mapping is as it was.");
}

#[tokio::test]
async fn a14_contracts_that_a_line_of_business_hides_are_told_of() {
    let mut desk = SetupStage::of(Seed { customers: 2, story: false, ..Seed::default() }).await;
    desk.sandbox.world(|world| {
        let all: Vec<i64> = world.contracts().into_iter().map(|contract| contract.id).collect();
        all.iter().for_each(|contract| assert!(world.set_line_of_business(*contract, 7)));
        world.hide_from_api_user(7);
    });
    desk.connect().await;
    let page = desk.get(PAGE).await.shows("The API user sees no recurring contracts.");
    page.shows("no line of business is set on it").shows("0 recurring contracts");
}

#[tokio::test]
async fn what_is_left_out_is_said_at_once_and_no_secret_is_shown_again() {
    let mut desk = SetupStage::new().await;
    for (field, wrong, words) in [
        ("client_id", " ", "Enter the client id."),
        ("datacenter_url", "", "Enter the address of the Acronis data centre."),
        ("secret", "canary\u{0}of\nlines", "Enter the password (secret) of Autotask&#39;s API user."),
        ("connection", "a b/../c", "Name the connection with up to 64 letters"),
        ("connection", "..", "Name the connection with up to 64 letters"),
        ("integration_code", "", "Enter the integration code"),
    ] {
        let mut typed = desk.typed();
        typed.insert(field, wrong.to_owned());
        let page = desk.offer(&typed).await.is(422).shows("Nothing was sent:").shows(words);
        assert_eq!(page.text.matches("type=\"password\" required").count(), 3, "{}", page.text);
        let user = &typed["user_name"];
        assert!(page.text.contains(&format!("value=\"{user}\"")), "what is no secret stands there again");
    }
    assert!(desk.stage.published().is_empty());
    assert_eq!(desk.offered().await, "");
    let mut typed = desk.typed();
    typed.insert("zone_url", String::new());
    typed.insert("secret", "x".repeat(501));
    desk.offer(&typed).await.is(422).shows("https://webservices.autotask.net");
}
