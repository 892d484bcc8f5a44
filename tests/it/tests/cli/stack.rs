//! `--stack`: the first connection of a deployed stack, everything after it with the credentials that are kept
//! there, and how either of them is changed. The table is embedded and Secrets Manager is the stand-in; the program
//! finds both as it finds AWS.

use acrotask::machine::{Machine, Storage};
use functions::context::Clock;
use functions::events::SyncDue;
use functions::http::HttpSettings;
use functions::store::Store;
use it::canary::SearchedTable;
use it::desk::{Desk, everything_sold};
use it::program::{Environment, Said};
use it::runtime::{Answer, Function};
use sandbox::seed::story;
use shared::ids::ConnectionId;
use shared::run::Job;

const STACK: &str = "acrotask-of-anna";
const VENDORS: &str = "acrotask-of-anna/default/vendors";
const WEBHOOK: &str = "acrotask-of-anna/default/webhook";
const CONSOLE: &str = "acrotask-of-anna/console";

/// A desk beside a stack.
struct Deployed {
    desk: Desk,
    /// Answers for Secrets Manager.
    machine: Machine,
    _table: SearchedTable,
    /// What a person logged in to AWS has in the environment.
    aws: Environment,
    /// The credentials of both vendors.
    vendors: Environment,
}

fn environment<const N: usize>(names: [(&str, &str); N]) -> Environment {
    names.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect()
}

impl Deployed {
    async fn new(customers: usize) -> Deployed {
        let desk = Desk::new(customers).await;
        let machine = Machine::start(Storage::InMemory, Clock::system(), HttpSettings::default(), true).await;
        let machine = machine.expect("the stand-ins for AWS start");
        let table = SearchedTable::in_memory().await;
        Store::new(table.client(), STACK).create_table().await.expect("the table is made");
        let aws = environment([
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", machine.aws_access_key()),
            ("AWS_SECRET_ACCESS_KEY", "canary-of-annas-access-key"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_ENDPOINT_URL_DYNAMODB", table.endpoint()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", machine.aws_endpoint()),
            ("ACROTASK_STACK", STACK),
            ("ACROTASK_ALLOW_LOOPBACK", "1"),
            ("USER", "anna"),
        ]);
        let is_vendors = |name: &str| name.starts_with("ACRONIS_") || name.starts_with("AUTOTASK_");
        let vendors = desk.environment.clone().into_iter().filter(|(name, _)| is_vendors(name)).collect();
        Deployed { desk, machine, _table: table, aws, vendors }
    }

    /// Runs the program logged in to AWS, without anything of the vendors.
    async fn run(&self, line: &str) -> Said {
        self.desk.run_in(&self.aws, line).await
    }

    /// The same with more in the environment.
    async fn run_with(&self, more: &Environment, line: &str) -> Said {
        let all = self.aws.clone().into_iter().chain(more.clone()).collect();
        self.desk.run_in(&all, line).await
    }

    /// The same without one variable.
    async fn run_without(&self, name: &str, line: &str) -> Said {
        let mut left = self.aws.clone();
        left.remove(name).expect("it is set");
        self.desk.run_in(&left, line).await
    }

    /// What stands in a secret.
    async fn kept(&self, name: &str) -> serde_json::Value {
        let text = self.machine.host.secrets.read(name).await.expect("the stand-in answers");
        text.map_or(serde_json::Value::Null, |text| serde_json::from_str(text.expose()).expect("JSON"))
    }

    /// The stack's function that bills.
    async fn usage_sync(&self) -> Function {
        let named = [("TABLE_NAME", STACK), ("EVENT_BUS_NAME", STACK), ("SECRETS_PREFIX", STACK), ("MODE", "apply")];
        let mut all: Vec<(&str, String)> = named.map(|(name, value)| (name, value.to_owned())).into();
        all.extend(self.aws.iter().map(|(name, value)| (name.as_str(), value.clone())));
        Function::start("usage-sync", &all).await
    }
}

/// How a run of the function ended.
async fn outcome(usage_sync: &mut Function) -> String {
    let due = SyncDue { connection: ConnectionId::new("default"), job: Job::UsageSync };
    match usage_sync.invoke(due.to_invocation()).await {
        Answer::Response(record) => record["outcome"]["ended"].as_str().unwrap_or_default().to_owned(),
        Answer::Error(text) => text,
    }
}

#[tokio::test]
async fn after_the_first_connect_everything_works_with_what_is_kept() {
    let deployed = Deployed::new(1).await;
    deployed.run("status").await.exits(0).prints(&["stack acrotask-of-anna in eu-central-1", "It is not set up yet."]);
    let said = deployed.run("plan").await.exits(1);
    said.notes(&["there is no secret acrotask-of-anna/default/vendors", "acrotask connect --stack"]);
    let said = deployed.run("connect").await.exits(1);
    said.notes(&["ACRONIS_DATACENTER_URL is not set: put there"]);

    let connected = deployed.run_with(&deployed.vendors, "connect").await.exits(0);
    connected.prints(&["\"Sandbox Partner\"", &format!("The secret {VENDORS} holds what was checked.")]);
    let given = deployed.desk.sandbox.credentials();
    let kept = deployed.kept(VENDORS).await;
    assert_eq!(kept["acronis"]["client_secret"], given.acronis_client_secret);
    assert_eq!(kept["autotask"]["integration_code"], given.autotask_integration_code);
    assert!(deployed.kept(WEBHOOK).await.is_null(), "no key was given");

    deployed.run("mapping export map.toml").await.exits(0);
    deployed.desk.write("map.toml", &everything_sold(&deployed.desk.read("map.toml")));
    deployed.run("mapping import map.toml").await.exits(0).prints(&["Taken over: "]);
    let plan = deployed.run("plan usage --json").await.json()["id"].as_str().expect("a plan has an id").to_owned();
    let approved = deployed.run(&format!("approve --plan {plan}")).await.exits(0);
    approved.notes(&["leave it to the stack deployed with Mode=apply"]);
    deployed.run("apply usage").await.exits(0).prints(&["Run complete: 1 of 1 change made"]);
    assert_eq!(deployed.desk.adjustments(), 1);
    let customer = story::BUNDLED.split_whitespace().next().expect("names have words");
    deployed.run(&format!("explain {customer} 101")).await.exits(0).prints(&["10 → 6"]);
    deployed.run("status").await.exits(0).prints(&["It works: the last run"]);

    // Nothing is new: the secret is left alone, and the flag says what the environment does.
    let said = deployed.run_without("ACROTASK_STACK", &format!("connect --stack {STACK}")).await.exits(0);
    said.prints(&[&format!("The secret {VENDORS} is as it was.")]).notes(&["export ACROTASK_STACK=acrotask-of-anna"]);
}

#[tokio::test]
async fn either_vendors_secret_is_changed_without_a_run_lost() {
    let deployed = Deployed::new(0).await;
    deployed.run_with(&deployed.vendors, "connect").await.exits(0);
    let mut usage_sync = deployed.usage_sync().await;
    assert_eq!(outcome(&mut usage_sync).await, "complete");
    let url = deployed.vendors["ACRONIS_DATACENTER_URL"].as_str();
    let user = deployed.vendors["AUTOTASK_USER_NAME"].as_str();
    let zone = deployed.vendors["AUTOTASK_ZONE_URL"].as_str();
    let given = deployed.desk.sandbox.credentials();
    let acronis = |secret| {
        let id = given.acronis_client_id.as_str();
        environment([("ACRONIS_DATACENTER_URL", url), ("ACRONIS_CLIENT_ID", id), ("ACRONIS_CLIENT_SECRET", secret)])
    };
    let autotask = |secret| {
        let code = given.autotask_integration_code.as_str();
        let all = [("AUTOTASK_USER_NAME", user), ("AUTOTASK_SECRET", secret), ("AUTOTASK_INTEGRATION_CODE", code)];
        all.into_iter().chain([("AUTOTASK_ZONE_URL", zone)]).map(|(name, text)| (name.into(), text.into())).collect()
    };

    // What does not let us in is kept nowhere, and half of what a vendor wants is asked for.
    let before = deployed.kept(VENDORS).await;
    let wrong = deployed.run_with(&acronis("slip-of-the-pen-0001"), "connect").await.exits(1);
    wrong.notes(&["check ACRONIS_CLIENT_ID and ACRONIS_CLIENT_SECRET"]);
    let half = environment([("AUTOTASK_SECRET", "the-new-one-0002")]);
    deployed.run_with(&half, "connect").await.exits(1).notes(&["AUTOTASK_USER_NAME is not set"]);
    assert_eq!(deployed.kept(VENDORS).await, before);

    // One vendor's alone; the other's stay. The function that is warm asks for them with its next run.
    deployed.desk.sandbox.world(|world| world.acronis.client_secret = "the-next-of-acronis".to_owned());
    let failed = outcome(&mut usage_sync).await;
    assert!(failed.contains("ACRONIS_CLIENT_SECRET"), "{failed}");
    let connected = deployed.run_with(&acronis("the-next-of-acronis"), "connect").await.exits(0);
    connected.prints(&[&format!("The secret {VENDORS} holds what was checked.")]);
    assert_eq!(outcome(&mut usage_sync).await, "complete");
    deployed.desk.sandbox.world(|world| world.autotask.secret = "the-next-of-autotask".to_owned());
    deployed.run("plan usage").await.exits(1).notes(&["AUTOTASK_SECRET", "A stack keeps them as a secret"]);
    let next: Environment = autotask("the-next-of-autotask");
    deployed.run_with(&next, "connect").await.exits(0);
    assert_eq!(outcome(&mut usage_sync).await, "complete");
    let kept = deployed.kept(VENDORS).await;
    assert_eq!(kept["acronis"]["client_secret"], "the-next-of-acronis");
    assert_eq!(kept["autotask"]["secret"], "the-next-of-autotask");
    let written = usage_sync.end().await;
    let metrics = it::logs::metrics(&written);
    assert!(metrics.iter().all(|line| line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == STACK), "{metrics:?}");
    assert_eq!(metrics.iter().map(|line| line["FailedRuns"].as_u64()).collect::<Vec<_>>(), [0, 1, 0, 0].map(Some));
    for secret in ["the-next-of-acronis", "the-next-of-autotask", "slip-of-the-pen-0001"] {
        assert!(!written.contains(secret), "a secret was logged");
    }
}

#[tokio::test]
async fn credentials_of_another_provider_replace_nothing() {
    let deployed = Deployed::new(0).await;
    deployed.run_with(&deployed.vendors, "connect").await.exits(0);
    let before = deployed.kept(VENDORS).await;
    deployed.desk.sandbox.world(|world| world.autotask.database = 4711);
    let said = deployed.run_with(&environment([("AUTOTASK_WEBHOOK_KEY", KEY)]), "connect").await.exits(1);
    said.notes(&["connection default is for tenant", "database 4711", "another connection with --connection"]);
    let (vendors, webhook) = (deployed.kept(VENDORS).await, deployed.kept(WEBHOOK).await);
    assert_eq!((vendors, webhook), (before, serde_json::Value::Null));
}

const KEY: &str = "the-first-key-of-autotask";

#[tokio::test]
async fn webhook_keys_are_kept_changed_and_given_to_autotask() {
    let deployed = Deployed::new(0).await;
    deployed.run_with(&deployed.vendors, "connect").await.exits(0);
    let install = "webhooks install --url https://hooks.example.com";
    let said = deployed.run(install).await.exits(1);
    said.notes(&[
        "default/webhook has no key of Autotask's",
        "AUTOTASK_WEBHOOK_KEY",
        "connect --stack acrotask-of-anna",
    ]);
    let short = environment([("AUTOTASK_WEBHOOK_KEY", "short")]);
    deployed.run_with(&short, "connect").await.exits(1).notes(&["fewer than 16"]);

    let both = environment([("AUTOTASK_WEBHOOK_KEY", KEY), ("CONTRACT_CHANGED_KEY", "key-of-the-workflows")]);
    let said = deployed.run_with(&both, "connect").await.exits(0);
    said.prints(&[&format!("The secret {WEBHOOK} holds what was checked.")]);
    deployed.run(install).await.exits(0).prints(&["Company: created"]);

    // The new one first, with the one before; then Autotask is given it; then it alone stays.
    let two = format!("the-second-key-of-autotask,{KEY}");
    deployed.run_with(&environment([("AUTOTASK_WEBHOOK_KEY", &two)]), "connect").await.exits(0);
    let kept = deployed.kept(WEBHOOK).await;
    assert_eq!(kept["autotask"], serde_json::json!(["the-second-key-of-autotask", KEY]));
    assert_eq!(kept["contract_changed"], serde_json::json!(["key-of-the-workflows"]), "the other caller's stays");
    let said = deployed.run(&format!("{install} --new-key")).await.exits(0);
    said.prints(&["Company: address, key and events set"]);
    let one = environment([("AUTOTASK_WEBHOOK_KEY", "the-second-key-of-autotask")]);
    deployed.run_with(&one, "connect").await.exits(0);
    assert_eq!(deployed.kept(WEBHOOK).await["autotask"], serde_json::json!(["the-second-key-of-autotask"]));
    let said = deployed.run("connect").await.exits(0);
    said.prints(&[&format!("The secret {WEBHOOK} is as it was.")]);
}

#[tokio::test]
async fn the_consoles_secret_is_kept_as_the_stacks_and_changed_when_another_is_given() {
    let deployed = Deployed::new(0).await;
    deployed.run_with(&deployed.vendors, "connect").await.exits(0);
    assert_eq!(deployed.kept(CONSOLE).await, serde_json::Value::Null);
    for (secret, said) in [("first", "holds what was checked"), ("first", "is as it was"), ("second", "holds what was")]
    {
        let given = environment([("OIDC_CLIENT_SECRET", &format!("canary-of-the-console-{secret}"))]);
        let connected = deployed.run_with(&given, "connect").await.exits(0);
        connected.prints(&[&format!("The secret {CONSOLE} {said}")]);
        let kept = deployed.kept(CONSOLE).await;
        assert_eq!(kept, serde_json::json!({"client_secret": format!("canary-of-the-console-{secret}")}));
    }
    deployed.run("connect").await.exits(0);
    assert_ne!(deployed.kept(CONSOLE).await, serde_json::Value::Null, "what is not given is left as it is");
}

#[tokio::test]
async fn what_is_wrong_with_aws_is_told_with_what_to_do() {
    let deployed = Deployed::new(0).await;
    deployed.run_without("AWS_REGION", "status").await.exits(1).notes(&["no AWS region is set", "AWS_REGION"]);
    let said = deployed.run_without("AWS_ACCESS_KEY_ID", "status").await.exits(1);
    said.notes(&["there are no AWS credentials", "aws sso login", "AWS_PROFILE"]);
    let said = deployed.run("status --stack acrotask-of-hanna").await.exits(1);
    said.notes(&["the table acrotask-of-hanna of the stack acrotask-of-hanna cannot be read in eu-central-1"])
        .notes(&["ResourceNotFoundException", "--stack", "AWS_PROFILE", "AWS_REGION"]);
    for name in ["a", "1st", "of anna", "of_anna", "a-name-that-has-no-room-for-those-of-its-functions"] {
        let said = deployed.run_with(&environment([("ACROTASK_STACK", name)]), "status").await.exits(1);
        said.notes(&["is no name of a stack: expected 3 to 47 letters"]);
    }
    deployed.run("status --stack 1st").await.exits(64).notes(&["expected 3 to 47 letters"]);
    let said = deployed.run_with(&environment([("TABLE_NAME", "acrotask")]), "status").await.exits(1);
    said.notes(&["TABLE_NAME is \"acrotask\", which is no table of the stack", "acrotask-of-anna-restored"]);
    deployed.run("serve").await.exits(1).notes(&["a stack works on its own schedules", "ACROTASK_STACK"]);
    // Secrets Manager does not know who asks.
    let said = deployed.run_with(&environment([("AWS_ACCESS_KEY_ID", "AKIAOFSOMEBODYELSE")]), "plan").await.exits(1);
    said.notes(&[&format!("the secret {VENDORS} cannot be read (UnrecognizedClientException)"), "aws sso login"]);
}

/// The address of a service that says no to everything, in these words.
async fn refusing(kind: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
    let address = format!("http://{}", listener.local_addr().expect("it has a port"));
    let no = move || async move { (axum::http::StatusCode::BAD_REQUEST, format!(r#"{{"__type": "{kind}"}}"#)) };
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(no)).await });
    address
}

#[tokio::test]
async fn what_aws_forbids_is_told_with_what_is_needed() {
    let deployed = Deployed::new(0).await;
    let cases = [
        ("AccessDeniedException", "infra/README.md, Permissions"),
        ("ExpiredTokenException", "log in again, such as with `aws sso login`"),
        ("InvalidRequestException", "aws secretsmanager restore-secret"),
    ];
    for (kind, advice) in cases {
        let no = refusing(kind).await;
        let said = deployed.run_with(&environment([("AWS_ENDPOINT_URL_SECRETS_MANAGER", &no)]), "connect").await;
        said.exits(1).notes(&[&format!("the secret {VENDORS} cannot be read ({kind})"), advice]);
        let said = deployed.run_with(&environment([("AWS_ENDPOINT_URL_DYNAMODB", &no)]), "status").await.exits(1);
        said.notes(&["cannot be read in eu-central-1: reading connections: the database answered", kind, advice]);
    }
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("a port");
    let nobody = environment([("AWS_ENDPOINT_URL_DYNAMODB", &format!("http://{nobody}"))]);
    deployed.run_with(&nobody, "status").await.exits(1).notes(&["check AWS_REGION and the network"]);
}
