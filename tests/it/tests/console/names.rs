//! Names as hostile people choose them, in all that is shown.

use crate::stage::{Stage, connection, now, person, run};
use shared::ids::ConnectionId;
use shared::person::{Person, PersonId, Role};
use shared::run::Outcome;

pub(crate) const HOSTILE: &str =
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u{202e}gnp.\u{2066}\u{200f}\u{0}\r\nend";

/// Of a connection the very id is in the forms; its marks and line breaks would be, too.
const HOSTILE_ID: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>gnp.#mapping";

#[track_caller]
pub(crate) fn is_plain(text: &str) {
    for broken in ["<script>alert", "<img", "'><", "\"'>", "\u{202e}", "\u{2066}", "\u{200f}", "\u{0}", "\r"] {
        assert!(!text.contains(broken), "{broken:?} is in {text}");
    }
    assert!(text.contains("&#60;script&#62;alert(1)&#60;/script&#62;"), "the name is not shown: {text}");
    assert!(text.contains("gnp."), "its letters are kept");
}

#[tokio::test]
async fn names_of_people_are_text_and_nothing_else() {
    let stage = Stage::start().await;
    let id = PersonId { issuer: format!("https://{HOSTILE}"), subject: HOSTILE.to_owned() };
    let hostile = Person { id, name: HOSTILE.to_owned(), role: Some(Role::Admin) };
    let cookie = stage.session_of(&hostile).await;
    is_plain(&stage.get(&cookie, "/").await.is(200).text);
    is_plain(&stage.get(&cookie, "/people").await.is(200).text);
    // What he does is recorded under his name.
    stage.know(&person("clerk", None)).await;
    let page = stage.get(&cookie, "/people").await;
    let key = crate::people::key_of(&page.text, "clerk");
    let fields = [("person", key.as_str()), ("was", "none"), ("role", "viewer")];
    stage.submit(&cookie, "/people", &fields).await.is(303);
    is_plain(&stage.get(&cookie, "/people").await.shows("role of clerk").text);
}

#[tokio::test]
async fn findings_errors_and_connections_are_text_and_nothing_else() {
    let stage = Stage::start().await;
    let viewer = stage.session_with(Role::Viewer).await;
    let mut failed = run("1", now());
    failed.outcome = Outcome::Failed(HOSTILE.to_owned());
    failed.findings = vec![format!("{HOSTILE}: 2 not billed → {HOSTILE}")];
    stage.save_run("north", &failed).await;
    is_plain(&stage.get(&viewer, "/?connection=north").await.is(200).text);
    let store = &stage.machine.host.store;
    let named = connection(HOSTILE_ID);
    store.save_connection(&named).await.expect("it is stored");
    is_plain(&stage.get(&viewer, "/?connection=south").await.is(200).text);
    let query = reqwest::Url::parse_with_params("http://x/", [("connection", named.id.as_str())]).expect("it is a url");
    let chosen = stage.get(&viewer, &format!("/?{}", query.query().expect("it has one"))).await.is(200);
    is_plain(&chosen.text);
    assert!(store.connection(&ConnectionId::new(HOSTILE_ID)).await.expect("it is read").is_some());
}

#[tokio::test]
async fn what_is_asked_for_is_never_shown_as_markup_and_leads_nowhere_else() {
    let stage = Stage::start().await;
    let operator = stage.session_with(Role::Operator).await;
    for query in [
        "/?connection=%3Cscript%3Ealert(1)%3C/script%3E",
        "/?connection=north%23mapping",
        "/?connection=",
        "/?connection=north&connection=south",
        "/?connection=north&since=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/?connection=north&since=",
        "/sync",
        "/sync?connection=north",
        "/sync?connection=north&since=soon",
        "/sync?connection=east&since=2026-11-10T09:30:00Z",
    ] {
        let answer = stage.get(&operator, query).await.hides("<script>alert");
        assert!([400, 404].contains(&answer.status), "{query}: {}", answer.status);
    }
    let page = stage.get("", "/sign-in?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").await.is(200);
    page.hides("<script>alert").shows("&#34;&#62;&#60;script&#62;");
    for path in ["/sign-in?next=https://evil.example", "/?next=//evil.example", "//evil.example/"] {
        let answer = stage.get(&operator, path).await;
        assert_eq!(answer.header("location"), "", "{path}");
    }
}
