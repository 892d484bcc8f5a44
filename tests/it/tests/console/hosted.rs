//! The console where `serve` hosts it: the link that is printed leads to it.

use it::desk::Desk;

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
