//! Sessions: how they begin, how long they last, and what is no session.

use crate::stage::{Stage, hash, now, person};
use acrotask::table::EmbeddedTable;
use aws_sdk_dynamodb::types::AttributeValue;
use functions::console::{Console, LastListed, Links, Site, cookie_name};
use functions::store::Store;
use jiff::SignedDuration;
use shared::person::{PersonId, Role, Session};
use std::sync::{Arc, Mutex};

#[tokio::test]
async fn a_session_ends_after_an_hour_without_use() {
    let stage = Stage::start().await;
    let cookie = stage.session_with(Role::Viewer).await;
    stage.pass(SignedDuration::from_mins(59));
    stage.get(&cookie, "/").await.is(200);
    stage.pass(SignedDuration::from_mins(59));
    stage.get(&cookie, "/").await.is(200);
    stage.pass(SignedDuration::from_mins(60));
    stage.get(&cookie, "/").await.is(401).shows("your session is over");
    // The end is the end, also where the clock is set back.
    stage.pass(SignedDuration::from_mins(-60));
    stage.get(&cookie, "/").await.is(401);
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours_whatever_is_done_in_it() {
    let stage = Stage::start().await;
    let cookie = stage.session_with(Role::Viewer).await;
    for _ in 0..23 {
        stage.pass(SignedDuration::from_mins(30));
        stage.get(&cookie, "/").await.is(200);
    }
    stage.pass(SignedDuration::from_mins(30));
    stage.get(&cookie, "/").await.is(401);
}

#[tokio::test]
async fn what_is_nearly_the_cookie_is_no_session() {
    let stage = Stage::start().await;
    let cookie = stage.session_with(Role::Admin).await;
    let (name, id) = cookie.split_once('=').expect("it has a name");
    let last = if id.ends_with('0') { "1" } else { "0" };
    for odd in [
        String::new(),
        format!("{name}="),
        format!("{name}={}", &id[1..]),
        format!("{name}={id}0"),
        format!("{name}={}{last}", &id[..63]),
        format!("{name}={}", id.to_uppercase()),
        format!("{name}=\"{id}\""),
        format!("{name}={}", hash(id)),
        format!("{name}={}", "0".repeat(64)),
        format!("{name}={cookie}"),
        format!("acrotask-session={id}"),
        format!("__Host-acrotask-session={id}"),
        format!("{name}={}; {cookie}", "0".repeat(64)),
        format!("{cookie}; {cookie}"),
    ] {
        stage.get(&odd, "/people").await.is(401).hides("Who may do what");
    }
    stage.get(&format!("other=1; {cookie}; more=2"), "/people").await.is(200).shows("Who may do what");
}

#[tokio::test]
async fn who_signs_out_is_out_and_the_table_never_held_the_id() {
    let stage = Stage::start().await;
    let cookie = stage.come_in().await;
    let (_, id) = cookie.split_once('=').expect("it has a name");
    let store = &stage.machine.host.store;
    assert!(store.session(&hash(id)).await.expect("it is read").is_some());
    assert!(store.session(id).await.expect("it is read").is_none());
    let out = stage.submit(&cookie, "/sign-out", &[]).await.is(303);
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{out:?}");
    assert!(store.session(&hash(id)).await.expect("it is read").is_none());
    stage.get(&cookie, "/").await.is(401);
}

#[tokio::test]
async fn the_table_forgets_a_session_twelve_hours_after_it_began() {
    let table = EmbeddedTable::in_memory().await.expect("the table is there");
    let (client, store) = (table.client(), Store::new(table.client(), "sessions-of-the-tests"));
    store.create_table().await.expect("the table is made");
    let session = Session { person: PersonId::local(), began: now(), seen: now() };
    store.begin_session("hash", &session).await.expect("it is written");
    let later = now().checked_add(SignedDuration::from_hours(11)).expect("it is in the calendar");
    store.use_session("hash", later).await.expect("it is written");
    assert_eq!(store.session("hash").await.expect("it is read"), Some(Session { seen: later, ..session }));
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let asked = client.get_item().table_name("sessions-of-the-tests").key("pk", text("sessions"));
    let found = asked.key("sk", text("hash")).send().await.expect("it is read").item.expect("it is there");
    let second = (now().as_second() + 12 * 60 * 60).to_string();
    assert_eq!(found["ttl"], AttributeValue::N(second), "the second after which the database deletes it");
    // What is used after its end does not come back.
    store.end_session("hash").await.expect("it is deleted");
    store.use_session("hash", later).await.expect("there is none");
    assert_eq!(store.session("hash").await.expect("it is read"), None);
}

#[tokio::test]
async fn the_session_of_a_person_who_is_not_known_is_none() {
    let stage = Stage::start().await;
    let (id, somebody) = (hash("an id"), person("somebody", Some(Role::Admin)));
    let session = Session { person: somebody.id.clone(), began: stage.clock.now(), seen: stage.clock.now() };
    stage.machine.host.store.begin_session(&hash(&id), &session).await.expect("it is written");
    let cookie = format!("acrotask-session-{}={id}", stage.server.address().port());
    stage.get(&cookie, "/").await.is(401);
    stage.know(&somebody).await;
    stage.get(&cookie, "/").await.is(200);
}

#[tokio::test]
async fn cookies_are_for_this_site_alone_and_no_script_reads_them() {
    let stage = Stage::start().await;
    stage.server.tell_link().expect("a link is told");
    let token = stage.link().split_once("token=").expect("it has a token").1.to_owned();
    let came = stage.post("", "/sign-in", &[("token", &token)]).await.is(303);
    assert_eq!(came.header("location"), "/");
    let words: Vec<&str> = came.header("set-cookie").split("; ").skip(1).collect();
    assert_eq!(words, ["Path=/", "Max-Age=43200", "HttpOnly", "SameSite=Lax"]);
    assert_eq!(came.header("strict-transport-security"), "");
}

/// The same pages behind TLS, which somebody else ends.
#[tokio::test]
async fn behind_tls_the_cookie_is_of_this_host_and_browsers_are_told_to_stay_there() {
    let stage = Stage::start().await;
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let keep = Arc::clone(&told);
    let links = Links::new("https://console.example", move |link| {
        keep.lock().expect("nobody panicked").push(link.to_owned());
    });
    let (host, clock) = (&stage.machine.host, stage.clock.clone());
    let console = Console {
        store: host.store.clone(),
        bus: stage.machine.bus.clone(),
        clock: clock.clone(),
        jobs_clock: clock.clone(),
        site: Site::Https,
        links: Some(links.clone()),
        provider: None,
        listed: LastListed::default(),
        replays: functions::console::LastReplays::default(),
        offers: None,
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
    let address = listener.local_addr().expect("it has a port");
    tokio::spawn(async move { axum::serve(listener, console.router()).await });
    links.tell_new(clock.now()).expect("a link is told");
    let link = told.lock().expect("nobody panicked").pop().expect("it was told");
    let token = link.strip_prefix("https://console.example/sign-in?token=").expect("it leads there").to_owned();
    let post = |origin: &'static str, token: String| {
        let request = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        let request = request.expect("a client is made").post(format!("http://{address}/sign-in"));
        request.header("host", "console.example").header("origin", origin).form(&[("token", token)]).send()
    };
    for wrong in ["http://console.example", "https://other.example", "https://console.example:8443", "null"] {
        assert_eq!(post(wrong, token.clone()).await.expect("it answers").status(), 403, "{wrong}");
    }
    let came = post("https://console.example", token).await.expect("it answers");
    assert_eq!(came.status(), 303);
    assert_eq!(came.headers()["strict-transport-security"], "max-age=63072000");
    let cookie = came.headers()["set-cookie"].to_str().expect("it is text");
    assert!(cookie.starts_with("__Host-acrotask-session=") && cookie.ends_with("; Secure"), "{cookie}");
    assert!(cookie.contains("; Path=/;") && !cookie.contains("Domain"), "{cookie}");
    assert_eq!(cookie_name(Site::Https), "__Host-acrotask-session");
}
