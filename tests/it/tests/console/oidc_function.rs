//! Signing in at the Lambda function, behind its own address: people are sent back there, whatever a caller says that it is
//! called.

use crate::function::{HOST, TABLE, ask, call};
use crate::stage::Stage;
use acrotask::table::EmbeddedTable;
use functions::context::{Clock, ConsoleSecret, Secret};
use functions::store::Store;
use it::identity::{CLIENT_ID, CLIENT_SECRET, DISCOVERY, Identity};
use it::runtime::Function;
use serde_json::{Value, json};

struct Deployed {
    function: Function,
    identity: Identity,
    _stage: Stage,
    _table: EmbeddedTable,
}

impl Deployed {
    async fn start() -> Deployed {
        let stage = Stage::start().await;
        let identity = Identity::start(Clock::system()).await;
        stage.machine.keep_console_secret(&ConsoleSecret { client_secret: Secret::new(CLIENT_SECRET) });
        let table = EmbeddedTable::in_memory().await.expect("the table is there");
        Store::new(table.client(), TABLE).create_table().await.expect("the table is made");
        let environment = [
            ("AWS_ENDPOINT_URL_DYNAMODB", table.endpoint()),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", stage.machine.aws_endpoint()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", stage.machine.aws_endpoint()),
            ("AWS_ACCESS_KEY_ID", stage.machine.aws_access_key()),
            ("TABLE_NAME", TABLE),
            ("OIDC_ISSUER", &identity.issuer),
            ("OIDC_CLIENT_ID", CLIENT_ID),
            ("FIRST_ADMIN_SUBJECT", "subject-1"),
            ("ACROTASK_ALLOW_LOOPBACK", "1"),
            // Whoever looks for a fault lets it say everything.
            ("RUST_LOG", "trace"),
        ];
        let environment = environment.map(|(name, value)| (name, value.to_owned()));
        let function = Function::start("console", &environment).await;
        Deployed { function, identity, _stage: stage, _table: table }
    }

    async fn get(&mut self, path: &str, query: &str, cookies: &[String]) -> (u64, Value) {
        ask(&mut self.function, call("GET", path, query, cookies, &[], "")).await
    }
}

/// The cookie that an answer sets first, as a browser sends it back.
fn cookie(reply: &Value) -> String {
    let set = reply["cookies"][0].as_str().expect("it sets one");
    set.split(';').next().expect("it has a value").to_owned()
}

#[tokio::test]
async fn one_signs_in_at_the_functions_own_address_and_the_log_says_no_secret() {
    let mut deployed = Deployed::start().await;
    let (status, _) = deployed.get("/sign-in", "", &[]).await;
    assert_eq!((status, deployed.identity.asked(DISCOVERY)), (200, 0), "a start asks nobody");
    let (status, left) = deployed.get("/sign-in/provider", "to=%2Fpeople", &[]).await;
    assert_eq!(status, 303, "{left}");
    let set = left["cookies"][0].as_str().expect("it sets one");
    assert!(
        set.starts_with("__Host-acrotask-sign-in=") && set.ends_with("; Secure") && !set.contains("Domain"),
        "{set}"
    );
    assert!(set.contains("; Path=/;") && set.contains("; HttpOnly;") && set.contains("; SameSite=Lax;"), "{set}");
    let away = left["headers"]["location"].as_str().expect("it leads away").to_owned();
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
    let agreed = http.expect("a client is made").get(&away).send().await.expect("it answers");
    let back = agreed.headers()["location"].to_str().expect("it is text").to_owned();
    let query = back.strip_prefix(&format!("https://{HOST}/sign-in/callback?")).expect("it leads back").to_owned();
    let (status, came) = deployed.get("/sign-in/callback", &query, &[cookie(&left)]).await;
    assert_eq!((status, came["headers"]["location"].as_str()), (303, Some("/people")), "{came}");
    let session = cookie(&came);
    assert!(session.starts_with("__Host-acrotask-session="), "{session}");
    let (status, page) = deployed.get("/people", "", std::slice::from_ref(&session)).await;
    assert!(status == 200 && page["body"].as_str().is_some_and(|body| body.contains("Ada Example")), "{page}");
    let (status, _) = deployed.get("/sign-in/callback", &query, &[cookie(&left)]).await;
    assert_eq!(status, 403);
    // No secret of the provider's is in it, which is looked for whatever is written; and neither is what browsers hold.
    let written = deployed.function.end().await;
    let id = |cookie: &str| cookie.split_once('=').expect("it has a name").1.to_owned();
    for held in [id(&session), id(&cookie(&left))] {
        assert!(written.contains("TRACE") && !written.contains(&held), "an id is in the log");
    }
}

#[tokio::test]
async fn what_a_caller_says_that_the_console_is_called_leads_nobody_there() {
    let mut deployed = Deployed::start().await;
    let called = |host: &str, domain: &Value| {
        let mut call = call("GET", "/sign-in/provider", "", &[], &[], "");
        call["headers"]["host"] = json!(host);
        call["requestContext"]["domainName"] = domain.clone();
        call
    };
    for (host, domain) in [
        ("evil.example", json!(HOST)),
        ("evil.lambda-url.eu-central-1.on.aws", json!(HOST)),
        (HOST, json!("evil.lambda-url.eu-central-1.on.aws")),
        // Both are the same, and no function's.
        ("evil.example", json!("evil.example")),
        ("evil.example.lambda-url.eu-central-1.on.aws", json!("evil.example.lambda-url.eu-central-1.on.aws")),
        ("abc.lambda-url.eu-central-1.on.aws.evil.example", json!("abc.lambda-url.eu-central-1.on.aws.evil.example")),
        ("abc.lambda-url.eu-central-1.on.aws:8443", json!("abc.lambda-url.eu-central-1.on.aws:8443")),
        (".lambda-url.eu-central-1.on.aws", json!(".lambda-url.eu-central-1.on.aws")),
        // Nobody says by which name it was called.
        (HOST, Value::Null),
        ("evil.example", Value::Null),
    ] {
        let (status, reply) = ask(&mut deployed.function, called(host, &domain)).await;
        assert_eq!(status, 421, "{host} {domain}: {reply}");
        assert!(reply["headers"]["location"].is_null(), "{reply}");
    }
    let (status, _) = ask(&mut deployed.function, called(HOST, &json!(HOST))).await;
    assert_eq!(status, 303);
}
