//! The way to the provider and back: what a browser takes along, and what it may come back with.

use crate::oidc_stage::{Entrance, SUBJECT, refused};
use crate::stage::{Answer, Stage};
use it::identity::{AUTHORIZE, TOKEN};
use jiff::SignedDuration;
use shared::person::Role;

const NOT_BEGUN_HERE: &str = "This sign-in was not begun in this browser";

#[tokio::test]
async fn what_is_asked_of_the_provider_is_new_each_time_and_holds_no_secret() {
    let entrance = Entrance::start().await;
    let page = entrance.stage.get("", "/sign-in").await.is(200).shows("You sign in at <bdi>127.0.0.1</bdi>");
    page.shows("href=\"/sign-in/provider\"");
    let (one, other) = (entrance.leave().await, entrance.leave().await);
    for away in [&one, &other] {
        assert!(away.url.starts_with(&format!("{}{AUTHORIZE}?", entrance.identity.issuer)), "{}", away.url);
        assert_eq!(away.field("response_type"), "code");
        assert_eq!(away.field("scope"), "openid profile");
        assert_eq!(away.field("code_challenge_method"), "S256");
        assert_eq!(away.field("redirect_uri"), format!("{}/sign-in/callback", entrance.stage.origin()));
        assert!(!away.url.contains("canary"), "{}", away.url);
    }
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(one.field(name), other.field(name), "{name}");
        assert!(one.field(name).len() >= 43, "{name}");
    }
    assert_ne!(one.cookie, other.cookie);
    // What the browser holds is an id, and nothing that goes to the provider.
    let id = one.cookie.split_once('=').expect("it has a name").1;
    assert!(id.len() == 64 && !one.url.contains(id), "{}", one.cookie);
}

#[tokio::test]
async fn the_cookie_of_a_sign_in_lasts_ten_minutes_and_goes_with_it() {
    let entrance = Entrance::start().await;
    let left = entrance.stage.get("", "/sign-in/provider").await.is(303);
    let words: Vec<&str> = left.header("set-cookie").split("; ").skip(1).collect();
    assert_eq!(words, ["Path=/", "Max-Age=600", "HttpOnly", "SameSite=Lax"]);
    assert!(left.cookie().starts_with("acrotask-sign-in-"), "{left:?}");
    let came = entrance.come().await.is(303);
    let set: Vec<&str> = came.headers.get_all("set-cookie").iter().map(|value| value.to_str().expect("text")).collect();
    let [session, gone] = set[..] else { panic!("{set:?}") };
    assert!(session.starts_with("acrotask-session-") && gone.starts_with("acrotask-sign-in-"), "{set:?}");
    assert!(gone.contains("=; ") && gone.contains("Max-Age=0"), "{gone}");
}

#[tokio::test]
async fn what_comes_back_to_another_browser_lets_nobody_in_and_stays_good_in_its_own() {
    let entrance = Entrance::start().await;
    let (own, others) = (entrance.leave().await, entrance.leave().await);
    let back = entrance.agree(&own).await;
    let name = own.cookie.split_once('=').expect("it has a name").0;
    let own_id = own.cookie.split_once('=').expect("it has a name").1;
    for cookie in [
        String::new(),
        others.cookie.clone(),
        format!("{name}={}", "0".repeat(64)),
        format!("{name}={}", own_id.to_uppercase()),
        format!("{name}="),
        format!("other={own_id}"),
        // Somebody put a second one there.
        format!("{}; {}", own.cookie, others.cookie),
        // A session's id is no sign-in's.
        format!("acrotask-session-{}={own_id}", entrance.stage.server.address().port()),
    ] {
        refused(entrance.stage.get(&cookie, &back).await, 403, NOT_BEGUN_HERE);
    }
    assert_eq!(entrance.identity.asked(TOKEN), 0, "the code is given to nobody");
    entrance.stage.get(&own.cookie, &back).await.is(303);
}

#[tokio::test]
async fn a_sign_in_is_done_once() {
    let entrance = Entrance::start().await;
    let away = entrance.leave().await;
    let back = entrance.agree(&away).await;
    entrance.stage.get(&away.cookie, &back).await.is(303);
    for _ in 0..2 {
        refused(entrance.stage.get(&away.cookie, &back).await, 403, NOT_BEGUN_HERE);
    }
    assert_eq!(entrance.identity.asked(TOKEN), 1);
    // The provider would give another code for the same state.
    let again = entrance.agree(&away).await;
    refused(entrance.stage.get(&away.cookie, &again).await, 403, NOT_BEGUN_HERE);
    assert_eq!(entrance.identity.asked(TOKEN), 1);
}

#[tokio::test]
async fn a_sign_in_that_comes_back_many_times_at_once_is_done_once() {
    let entrance = Entrance::start().await;
    let away = entrance.leave().await;
    let back = entrance.agree(&away).await;
    let (one, two, three) = tokio::join!(
        entrance.stage.get(&away.cookie, &back),
        entrance.stage.get(&away.cookie, &back),
        entrance.stage.get(&away.cookie, &back)
    );
    let mut all = [one.status, two.status, three.status];
    all.sort_unstable();
    assert_eq!((all, entrance.identity.asked(TOKEN)), ([303, 403, 403], 1));
}

#[tokio::test]
async fn a_sign_in_that_takes_ten_minutes_is_none() {
    let entrance = Entrance::start().await;
    let away = entrance.leave().await;
    let back = entrance.agree(&away).await;
    entrance.stage.pass(SignedDuration::from_mins(10));
    refused(entrance.stage.get(&away.cookie, &back).await, 403, "took longer than ten minutes");
    // It is taken, also where the clock is set back.
    entrance.stage.pass(SignedDuration::from_mins(-5));
    refused(entrance.stage.get(&away.cookie, &back).await, 403, NOT_BEGUN_HERE);
    let away = entrance.leave().await;
    let back = entrance.agree(&away).await;
    entrance.stage.pass(SignedDuration::from_secs(9 * 60 + 59));
    entrance.identity.edit(it::identity::Part::Claims, |_| {});
    entrance.stage.get(&away.cookie, &back).await.is(303);
}

#[tokio::test]
async fn a_state_that_is_missing_or_odd_lets_nobody_in() {
    let entrance = Entrance::start().await;
    let away = entrance.leave().await;
    let (state, nonce) = (away.field("state"), away.field("nonce"));
    let last = if state.ends_with('0') { "1" } else { "0" };
    for odd in [
        String::new(),
        "state=".to_owned(),
        format!("state={}", &state[1..]),
        format!("state={state}0"),
        format!("state={}{last}", &state[..63]),
        format!("state={}", state.to_uppercase()),
        format!("state={nonce}"),
        format!("state={}", crate::stage::hash(&state)),
        "state=%00".to_owned(),
        format!("state={}", "a".repeat(5_000)),
    ] {
        let came = entrance.stage.get(&away.cookie, &format!("/sign-in/callback?code=code-1&{odd}")).await;
        refused(came, 403, NOT_BEGUN_HERE);
    }
    entrance.stage.get(&away.cookie, &format!("/sign-in/callback?state={state}&state={state}&code=1")).await.is(400);
    entrance.stage.get(&away.cookie, &format!("/sign-in/callback?state={state}&code=1&code=2")).await.is(400);
    assert_eq!(entrance.identity.asked(TOKEN), 0);
}

#[tokio::test]
async fn a_code_of_somebody_elses_sign_in_is_taken_by_nobody() {
    let entrance = Entrance::start().await;
    // Somebody signs in himself, and gives his code to another one, to be signed in as him.
    let (attacker, victim) = (entrance.leave().await, entrance.leave().await);
    let stolen = entrance.agree(&attacker).await;
    let code = stolen.split_once("code=").expect("there is a code").1.split('&').next().expect("it ends");
    let back = format!("/sign-in/callback?code={code}&state={}", victim.field("state"));
    refused(entrance.stage.get(&victim.cookie, &back).await, 403, "it takes the code no more");
    refused(entrance.stage.get(&victim.cookie, &stolen).await, 403, NOT_BEGUN_HERE);
    assert_eq!(entrance.known(SUBJECT).await, None);
}

#[tokio::test]
async fn what_is_no_code_lets_nobody_in() {
    let entrance = Entrance::start().await;
    for (odd, words) in [
        ("", "it gave no code"),
        ("code=", "it takes the code no more"),
        ("code=code-7", "it takes the code no more"),
        ("code=%00%ff", "it takes the code no more"),
        ("code=code-1&iss=https://evil.example", "another provider answered"),
        ("code=code-1&iss=", "another provider answered"),
    ] {
        let away = entrance.leave().await;
        let back = format!("/sign-in/callback?state={}&{odd}", away.field("state"));
        refused(entrance.stage.get(&away.cookie, &back).await, 403, words);
    }
}

#[tokio::test]
async fn why_the_provider_let_nobody_in_is_told_in_words() {
    let entrance = Entrance::start().await;
    let told = async |query: &str| {
        let away = entrance.leave().await;
        let back = format!("/sign-in/callback?state={}&{query}", away.field("state"));
        entrance.stage.get(&away.cookie, &back).await
    };
    refused(told("error=access_denied").await, 403, "you, or an administrator there, did not agree.");
    let more = "error=access_denied&error_description=AADSTS50105:+not+assigned";
    refused(told(more).await, 403, "did not agree (AADSTS50105: not assigned).");
    refused(told("error=login_required").await, 403, "login_required.");
    // With a code beside it, too.
    refused(told("error=access_denied&code=code-1").await, 403, "did not agree");
    let hostile = "error=%3Cscript%3Ealert(1)%3C/script%3E&error_description=%E2%80%AEtxt%0D%0AX-Y:%201";
    let came = told(hostile).await.hides("<script>alert").hides("\u{202e}");
    refused(came, 403, "&#60;script&#62;");
    let came = told(&format!("error={}", "long+".repeat(1_000))).await;
    assert!(came.text.len() < 3_000, "{}", came.text.len());
    assert_eq!(entrance.identity.asked(TOKEN), 0);
}

#[tokio::test]
async fn a_link_makes_the_console_say_nothing_in_the_providers_name() {
    let entrance = Entrance::start().await;
    let away = entrance.leave().await;
    for state in [String::new(), "0".repeat(64)] {
        let link = format!("/sign-in/callback?state={state}&error=call+0900+666+at+once");
        refused(entrance.stage.get(&away.cookie, &link).await.hides("0900"), 403, NOT_BEGUN_HERE);
    }
}

/// Where one lands who signs in with this wish.
async fn lands(entrance: &Entrance, wish: &str) -> String {
    let to = url::form_urlencoded::byte_serialize(wish.as_bytes()).collect::<String>();
    let away = entrance.leave_by(&format!("/sign-in/provider?to={to}")).await;
    let back = entrance.agree(&away).await;
    entrance.stage.get(&away.cookie, &back).await.is(303).header("location").to_owned()
}

#[tokio::test]
async fn nobody_is_sent_elsewhere_after_signing_in() {
    let entrance = Entrance::start().await;
    for wish in [
        "https://evil.example/",
        "http:evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/%\r\nset-cookie: a=b",
        " //evil.example",
        "javascript:alert(1)",
        "people",
        "?x",
        "",
        "/ä",
        "/\0",
        &format!("/{}", "a".repeat(1_000)),
    ] {
        assert_eq!(lands(&entrance, wish).await, "/", "{wish:?}");
        let to = url::form_urlencoded::byte_serialize(wish.as_bytes()).collect::<String>();
        entrance.stage.get("", &format!("/sign-in?to={to}")).await.is(200).shows("href=\"/sign-in/provider\"");
    }
    for wish in ["/", "/people", "/?connection=north&since=2026-11-10T09:00:00Z", "/a?to=//evil.example"] {
        assert_eq!(lands(&entrance, wish).await, wish);
    }
}

#[tokio::test]
async fn who_is_not_signed_in_comes_to_the_page_that_he_wanted() {
    let entrance = Entrance::start().await;
    let page = entrance.stage.get("", "/people?x=1").await.is(401);
    page.shows("href=\"/sign-in?to=%2Fpeople%3Fx%3D1\"");
    let page = entrance.stage.get("", "/sign-in?to=%2Fpeople%3Fx%3D1").await.is(200);
    page.shows("href=\"/sign-in/provider?to=%2Fpeople%3Fx%3D1\"");
    assert_eq!(lands(&entrance, "/people?x=1").await, "/people?x=1");
    // A form is not sent once more.
    entrance.stage.post("", "/people", &[]).await.is(401).shows("href=\"/sign-in\"");
}

#[tokio::test]
async fn each_sign_in_begins_a_session_under_an_id_that_nobody_had() {
    let entrance = Entrance::start().await;
    let first = entrance.come_in().await;
    entrance.give(SUBJECT, Some(Role::Viewer)).await;
    // Somebody has put his own session's id into the browser, and waits.
    let planted = first.clone();
    let away = entrance.leave().await;
    let back = entrance.agree(&away).await;
    let both = format!("{}; {planted}", away.cookie);
    let second = entrance.stage.get(&both, &back).await.is(303).cookie();
    assert_ne!(first, second);
    entrance.stage.get(&second, "/").await.is(200);
    entrance.stage.get(&planted, "/").await.is(401);
}

#[tokio::test]
async fn where_nobody_vouches_there_is_no_way_to_a_provider() {
    let stage = Stage::start().await;
    stage.get("", "/sign-in/provider").await.is(404);
    stage.get("", "/sign-in/callback?state=1&code=1").await.is(404);
    stage.get("", "/sign-in").await.is(200).hides("/sign-in/provider").shows("Open the link that was printed");
}

#[tokio::test]
async fn nobody_can_make_a_form_of_the_way_in() {
    let entrance = Entrance::start().await;
    let away = entrance.leave().await;
    let back = entrance.agree(&away).await;
    entrance.stage.post(&away.cookie, &back, &[]).await.is(405);
    entrance.stage.post("", "/sign-in/provider", &[]).await.is(405);
    let elsewhere = entrance.stage.bare(&reqwest::Method::GET, "/sign-in/provider").header("host", "evil.example");
    Answer::of(elsewhere.send().await.expect("it answers")).await.is(421);
    let elsewhere = entrance.stage.bare(&reqwest::Method::GET, &back).header("host", "evil.example");
    let elsewhere = elsewhere.header("cookie", &away.cookie);
    Answer::of(elsewhere.send().await.expect("it answers")).await.is(421);
    entrance.stage.get(&away.cookie, &back).await.is(303);
}
