//! The console where `serve` and `demo --setup` host it: the link that is printed leads to it, and so does a provider that
//! is named.

use functions::context::Clock;
use it::desk::Desk;
use it::folder::Folder;
use it::identity::{CLIENT_ID, CLIENT_SECRET, Identity, Part};
use it::program::{Environment, Running};

#[tokio::test]
async fn serve_prints_a_link_that_lets_in_and_its_sync_button_wakes_the_job() {
    let desk = Desk::settled(1).await;
    let mut serve = desk.start("serve", &[("MODE", "plan"), ("CONSOLE_PORT", "0")]);
    let line = serve.until("Console, to be opened once within 10 minutes: ").await;
    let (_, link) = line.split_once("minutes: ").expect("it says where");
    let (origin, token) = link.split_once("/sign-in?token=").expect("it leads to the way in");
    assert!(origin.starts_with("http://127.0.0.1:"), "{origin}");
    serve.until("Next usage-sync: ").await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
    let http = http.expect("a client is made");
    let post = |path: &str, cookie: &str, fields: &[(&str, &str)]| {
        let request = http.post(format!("{origin}{path}")).header("origin", origin).header("cookie", cookie);
        request.form(fields).send()
    };
    let came = post("/sign-in", "", &[("token", token)]).await.expect("it answers");
    assert_eq!(came.status(), 303);
    let cookie = came.headers()["set-cookie"].to_str().expect("it is text").split(';').next().expect("it has one");
    let page = http.get(format!("{origin}/")).header("cookie", cookie).send().await.expect("it answers");
    let page = page.text().await.expect("it is text");
    assert!(page.contains("Connection <bdi>default</bdi>") && page.contains("Sync now"), "{page}");
    let (_, form_token) = page.split_once("name=\"form_token\" value=\"").expect("there is a form");
    let form_token = form_token.split('"').next().expect("it ends");
    let asked = post("/sync", cookie, &[("form_token", form_token), ("connection", "default")]).await;
    assert_eq!(asked.expect("it answers").status(), 303);
    serve.until("usage-sync: Run complete").await;
    serve.signal("-INT");
    serve.end().await.exits(0);
}

#[tokio::test]
async fn serve_lets_people_in_by_the_provider_that_the_environment_names() {
    let desk = Desk::settled(1).await;
    let identity = Identity::start(Clock::system()).await;
    let named = [
        ("MODE", "plan"),
        ("CONSOLE_PORT", "0"),
        ("OIDC_ISSUER", identity.issuer.as_str()),
        ("OIDC_CLIENT_ID", CLIENT_ID),
        ("OIDC_CLIENT_SECRET", CLIENT_SECRET),
        ("FIRST_ADMIN_SUBJECT", "subject-1"),
    ];
    let mut serve = desk.start("serve", &named);
    let line = serve.until("Console, to be opened once within 10 minutes: ").await;
    let (origin, _) =
        line.split_once("minutes: ").expect("it says where").1.split_once("/sign-in").expect("it leads in");
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
    let http = http.expect("a client is made");
    let get = async |url: &str, cookie: &str| {
        let answer = http.get(url).header("cookie", cookie).send().await.expect("it answers");
        let header =
            |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().expect("text")).to_owned();
        let cookie = header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        (header("location"), cookie, answer.text().await.expect("it is text"))
    };
    let (away, browser, _) = get(&format!("{origin}/sign-in/provider"), "").await;
    let (back, ..) = get(&away, "").await;
    assert!(back.starts_with(&format!("{origin}/sign-in/callback?")), "{back}");
    let (to, session, _) = get(&back, &browser).await;
    assert_eq!(to, "/");
    let (.., page) = get(&format!("{origin}/people"), &session).await;
    assert!(page.contains("Ada Example") && page.contains("Who may do what"), "{page}");
    // What is wrong there is said in the log.
    identity.edit(Part::Answer, |answer| answer["id_token"] = "canary".into());
    let (away, browser, _) = get(&format!("{origin}/sign-in/provider"), "").await;
    let (back, ..) = get(&away, "").await;
    get(&back, &browser).await;
    serve.until("nobody can sign in").await;
    serve.signal("-INT");
    serve.end().await.exits(0);
}

#[tokio::test]
async fn a_provider_that_is_named_by_half_stops_serve_and_nothing_else() {
    let desk = Desk::settled(1).await;
    let said = desk.run_with("OIDC_ISSUER", Some("https://login.example"), "serve").await.exits(1);
    said.notes(&["OIDC_CLIENT_ID is not set"]);
    let said = desk.run_with("FIRST_ADMIN_SUBJECT", Some("boss"), "serve").await.exits(1);
    said.notes(&["OIDC_ISSUER is not set"]);
    desk.run_with("OIDC_ISSUER", Some("https://login.example"), "status").await.exits(0);
}

#[tokio::test]
async fn the_demo_of_the_setup_takes_what_it_prints_and_connects() {
    let folder = Folder::of("setup");
    let environment: Environment = [("CONSOLE_PORT".to_owned(), "0".to_owned())].into();
    let mut demo = Running::start(&["demo", "--setup", "--customers", "2"], &environment, folder.path(), &[]);
    let mut typed = vec![("connection", "default".to_owned())];
    for (words, field) in [
        ("data centre URL", "datacenter_url"),
        ("client id", "client_id"),
        ("client secret", "client_secret"),
        ("user name", "user_name"),
        ("Autotask  secret", "secret"),
        ("integration code", "integration_code"),
        ("zone address", "zone_url"),
    ] {
        let line = demo.until(words.trim_start_matches("Autotask ").trim()).await;
        typed.push((field, line.split_whitespace().last().expect("it is printed").to_owned()));
    }
    let line = demo.until("Console, to be opened once within 10 minutes: ").await;
    let (_, link) = line.split_once("minutes: ").expect("it says where");
    let (origin, token) = link.split_once("/sign-in?token=").expect("it leads to the way in");
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
    let http = http.expect("a client is made");
    let post = |path: &str, cookie: &str, fields: &[(&str, String)]| {
        let request = http.post(format!("{origin}{path}")).header("origin", origin).header("cookie", cookie);
        request.form(fields).send()
    };
    let came = post("/sign-in", "", &[("token", token.to_owned())]).await.expect("it answers");
    let cookie = came.headers()["set-cookie"].to_str().expect("it is text").split(';').next().expect("it has one");
    let get = async |path: &str| {
        let page = http.get(format!("{origin}{path}")).header("cookie", cookie).send().await.expect("it answers");
        page.text().await.expect("it is text")
    };
    let page = get("/setup").await;
    let (_, form_token) = page.split_once("name=\"form_token\" value=\"").expect("there is a form");
    typed.push(("form_token", form_token.split('"').next().expect("it ends").to_owned()));
    assert_eq!(post("/setup", cookie, &typed).await.expect("it answers").status(), 303);
    demo.until("The credentials that were entered are checked").await;
    let page = get("/setup?connection=default").await;
    assert!(page.contains("Connected: both vendors let us in."), "{page}");
    demo.signal("-INT");
    demo.end().await.exits(0);
}
