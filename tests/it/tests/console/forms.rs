//! Forms that no page of ours sent, and names that are not ours.

use crate::stage::{Answer, Stage};
use reqwest::Method;
use shared::person::Role;

/// The answer to a sync that is asked for with these headers in place of a browser's.
async fn with_headers(stage: &Stage, cookie: &str, token: &str, headers: &[(&str, &str)]) -> Answer {
    let fields = [("form_token", token), ("connection", "north")];
    let mut request = stage.bare(&Method::POST, "/sync").header("cookie", cookie).form(&fields);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::of(request.send().await.expect("it answers")).await
}

#[tokio::test]
async fn a_form_without_the_token_of_its_session_does_nothing() {
    let mut stage = Stage::start().await;
    let (mine, other) = (stage.session_with(Role::Operator).await, stage.session_with(Role::Admin).await);
    let (token, others) = (stage.get(&mine, "/").await.token(), stage.get(&other, "/").await.token());
    assert_ne!(token, others);
    let id = mine.split_once('=').expect("it has a name").1;
    let almost = format!("{}{}", &token[..63], if token.ends_with('0') { "1" } else { "0" });
    for wrong in ["", " ", &others, &almost, &token[1..], &token.to_uppercase(), id, &format!("{token}0")] {
        if wrong != token {
            let fields = [("form_token", wrong), ("connection", "north")];
            stage.post(&mine, "/sync", &fields).await.is(403).shows("Nothing was changed");
        }
    }
    stage.post(&mine, "/sync", &[("connection", "north")]).await.is(403);
    let twice = [("form_token", token.as_str()), ("form_token", token.as_str()), ("connection", "north")];
    stage.post(&mine, "/sync", &twice).await.is(400);
    stage.post(&mine, "/sync", &[("form_token", &token)]).await.is(400);
    stage.post(&mine, &format!("/sync?form_token={token}"), &[("connection", "north")]).await.is(403);
    stage.post(&mine, "/sign-out", &[("form_token", &others)]).await.is(403);
    stage.get(&mine, "/").await.is(200);
    assert!(stage.published().is_empty());
    stage.post(&mine, "/sync", &[("form_token", &token), ("connection", "north")]).await.is(303);
    assert_eq!(stage.published().len(), 1);
}

#[tokio::test]
async fn a_form_from_elsewhere_does_nothing_even_with_the_token() {
    let mut stage = Stage::start().await;
    let cookie = stage.session_with(Role::Operator).await;
    let (token, ours) = (stage.get(&cookie, "/").await.token(), stage.origin());
    let other_port = "http://127.0.0.1:1";
    let by_name = ours.replace("127.0.0.1", "localhost");
    let refused: [&[(&str, &str)]; 12] = [
        &[],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", other_port)],
        &[("origin", &by_name)],
        &[("origin", &ours), ("sec-fetch-site", "cross-site")],
        &[("origin", &ours), ("sec-fetch-site", "same-site")],
        &[("origin", &ours), ("sec-fetch-site", "none")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
        &[("origin", "null"), ("sec-fetch-site", "cross-site")],
        &[("origin", &ours), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "cross-site")],
    ];
    for headers in refused {
        let answer = with_headers(&stage, &cookie, &token, headers).await;
        assert_eq!(answer.status, 403, "{headers:?}");
    }
    assert!(stage.published().is_empty());
    let taken: [&[(&str, &str)]; 4] = [
        &[("origin", &ours)],
        &[("origin", &ours), ("sec-fetch-site", "same-origin")],
        &[("origin", "null"), ("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "same-origin")],
    ];
    for headers in taken {
        let answer = with_headers(&stage, &cookie, &token, headers).await;
        assert_eq!(answer.status, 303, "{headers:?}");
    }
    assert_eq!(stage.published().len(), taken.len());
}

#[tokio::test]
async fn a_console_that_is_called_by_another_name_says_nothing() {
    let stage = Stage::start().await;
    let cookie = stage.session_with(Role::Admin).await;
    let port = stage.server.address().port();
    for wrong in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("localhost:{port}"),
        "127.0.0.1".to_owned(),
        "127.0.0.1:1".to_owned(),
        format!("127.0.0.1.evil.example:{port}"),
        format!("127.0.0.2:{port}"),
        format!("[::1]:{port}"),
    ] {
        for path in ["/", "/people", "/sign-in", "/nothing"] {
            let request = stage.bare(&Method::GET, path).header("host", &wrong).header("cookie", &cookie);
            let answer = Answer::of(request.send().await.expect("it answers")).await;
            answer.is(421).hides("north").hides("form_token");
        }
    }
}

#[tokio::test]
async fn what_is_no_form_or_too_large_is_not_read() {
    let mut stage = Stage::start().await;
    let cookie = stage.session_with(Role::Operator).await;
    let token = stage.get(&cookie, "/").await.token();
    let text = format!("form_token={token}&connection=north");
    for kind in ["text/plain", "multipart/form-data; boundary=x", "application/json", ""] {
        let request = stage.form(&cookie, "/sync", &[]).header("content-type", kind).body(text.clone());
        let request = request.build().map(|mut request| {
            request.headers_mut().insert("content-type", kind.parse().expect("it is a header"));
            request
        });
        let sent = reqwest::Client::new().execute(request.expect("it is a request")).await;
        Answer::of(sent.expect("it answers")).await.is(400);
    }
    let large = "x".repeat(64 << 10);
    stage.post(&cookie, "/sync", &[("form_token", &token), ("connection", &large)]).await.is(400);
    assert!(stage.published().is_empty());
}

#[tokio::test]
async fn every_answer_says_what_a_browser_may_do_with_it() {
    let stage = Stage::start().await;
    let cookie = stage.session_with(Role::Admin).await;
    let page = stage.get(&cookie, "/").await.is(200);
    let css = page.text.split("href=\"").find(|part| part.starts_with("/static/")).expect("it has a style sheet");
    let css = css.split('"').next().expect("it ends").to_owned();
    for (path, cookie) in [("/", cookie.as_str()), ("/people", &cookie), ("/", ""), ("/sign-in", ""), ("/nothing", "")]
    {
        let answer = stage.get(cookie, path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{path}: {policy}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        for inline in ["<style", " style=", " onclick", "javascript:", "<script>"] {
            assert!(!answer.text.contains(inline), "{path} has {inline}");
        }
        let heads = answer.text.matches("<h1>").count();
        assert_eq!(heads, 1, "{path}");
        assert!(answer.text.contains("<main id=\"main\"") && answer.text.contains("href=\"#main\""), "{path}");
        assert!(answer.text.contains("<html lang=\"en\">"), "{path}");
    }
    let file = stage.get("", &css).await.is(200);
    assert_eq!(file.header("content-type"), "text/css; charset=utf-8");
    assert!(file.header("cache-control").contains("immutable"));
    assert!(!file.text.contains("http:") && !file.text.contains("https:"), "nothing comes from elsewhere");
}
