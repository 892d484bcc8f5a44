//! Every route there is, asked for by everybody there is.

use crate::stage::{Stage, person};
use functions::console::{Needs, Route, routes};
use shared::person::Role;

const NEEDS_ROLE: &str = "This needs the role";

/// Asked for as a page of ours does, but without a token: whoever is let in is told that the form is not his.
async fn ask(stage: &Stage, cookie: &str, route: &Route) -> (u16, String) {
    let answer = match route.method.as_str() {
        "GET" => stage.get(cookie, &route.path).await,
        _ => stage.post(cookie, &route.path, &[]).await,
    };
    (answer.status, answer.text)
}

#[tokio::test]
async fn nobody_comes_further_than_his_role() {
    let stage = Stage::start().await;
    let nobody = stage.session_of(&person("nobody", None)).await;
    let mut sessions = vec![(None, nobody)];
    for role in Role::ALL {
        sessions.push((Some(role), stage.session_with(role).await));
    }
    let mut refused = 0;
    for route in routes() {
        let (status, text) = ask(&stage, "", &route).await;
        let is_open = route.needs == Needs::Nothing;
        assert_eq!(status == 401, !is_open, "{} {} without a session: {text}", route.method, route.path);
        for (has, cookie) in &sessions {
            let (status, text) = ask(&stage, cookie, &route).await;
            let is_refused = matches!(route.needs, Needs::Role(needs) if *has < Some(needs));
            let told = text.contains(NEEDS_ROLE);
            assert_eq!(told, is_refused, "{} {} with {has:?}: {text}", route.method, route.path);
            assert_eq!(status == 403 && told, is_refused, "{} {} with {has:?}: {status}", route.method, route.path);
            assert_ne!(status, 401, "{} {} with {has:?}", route.method, route.path);
            refused += usize::from(is_refused);
        }
    }
    assert_eq!(refused, 86, "who was refused");
    assert!(stage.machine.host.store.audit(10).await.expect("it is read").iter().all(|record| record.what == "test"));
}

/// Every route, and what it needs.
const WANTED: &[(&str, Needs)] = &[
    ("GET /sign-in", Needs::Nothing),
    ("POST /sign-in", Needs::Nothing),
    ("POST /sign-in/link", Needs::Nothing),
    ("GET /sign-in/provider", Needs::Nothing),
    ("GET /sign-in/callback", Needs::Nothing),
    ("POST /sign-out", Needs::Session),
    ("GET /", Needs::Role(Role::Viewer)),
    ("GET /sync", Needs::Role(Role::Viewer)),
    ("GET /news", Needs::Role(Role::Viewer)),
    ("POST /sync", Needs::Role(Role::Operator)),
    ("GET /setup", Needs::Role(Role::Viewer)),
    ("POST /setup", Needs::Role(Role::Admin)),
    ("POST /setup/test", Needs::Role(Role::Admin)),
    ("GET /setup/progress", Needs::Role(Role::Viewer)),
    ("GET /setup/customers", Needs::Role(Role::Viewer)),
    ("GET /setup/products", Needs::Role(Role::Viewer)),
    ("GET /setup/review", Needs::Role(Role::Viewer)),
    ("POST /setup/plan", Needs::Role(Role::Operator)),
    ("GET /setup/finish", Needs::Role(Role::Viewer)),
    ("POST /setup/finish", Needs::Role(Role::Operator)),
    ("GET /plan", Needs::Role(Role::Viewer)),
    ("GET /plan/lines.csv", Needs::Role(Role::Viewer)),
    ("GET /plan/findings.csv", Needs::Role(Role::Viewer)),
    ("POST /plan/approve", Needs::Role(Role::Operator)),
    ("POST /plan/decide", Needs::Role(Role::Operator)),
    ("POST /plan/sync", Needs::Role(Role::Operator)),
    ("GET /plan/held.csv", Needs::Role(Role::Viewer)),
    ("POST /plan/held", Needs::Role(Role::Operator)),
    ("GET /findings", Needs::Role(Role::Viewer)),
    ("GET /findings.csv", Needs::Role(Role::Viewer)),
    ("POST /findings", Needs::Role(Role::Operator)),
    ("POST /findings/sync", Needs::Role(Role::Operator)),
    ("GET /explain", Needs::Role(Role::Viewer)),
    ("GET /statement", Needs::Role(Role::Viewer)),
    ("GET /statement/days.csv", Needs::Role(Role::Viewer)),
    ("GET /activity", Needs::Role(Role::Viewer)),
    ("GET /activity/events.csv", Needs::Role(Role::Viewer)),
    ("GET /customers", Needs::Role(Role::Viewer)),
    ("POST /customers", Needs::Role(Role::Operator)),
    ("POST /customers/suggestions", Needs::Role(Role::Operator)),
    ("GET /products", Needs::Role(Role::Viewer)),
    ("GET /products/item", Needs::Role(Role::Viewer)),
    ("POST /products/item", Needs::Role(Role::Operator)),
    ("POST /products/storage", Needs::Role(Role::Operator)),
    ("GET /settings", Needs::Role(Role::Viewer)),
    ("POST /settings", Needs::Role(Role::Operator)),
    ("POST /settings/contract", Needs::Role(Role::Operator)),
    ("GET /tickets", Needs::Role(Role::Viewer)),
    ("POST /tickets/settings", Needs::Role(Role::Operator)),
    ("GET /tickets/type", Needs::Role(Role::Viewer)),
    ("POST /tickets/type", Needs::Role(Role::Operator)),
    ("GET /tickets/category", Needs::Role(Role::Viewer)),
    ("POST /tickets/category", Needs::Role(Role::Operator)),
    ("GET /tickets/replay", Needs::Role(Role::Viewer)),
    ("GET /tickets/replay/tickets.csv", Needs::Role(Role::Viewer)),
    ("GET /tickets/replay/progress", Needs::Role(Role::Viewer)),
    ("POST /tickets/replay", Needs::Role(Role::Operator)),
    ("GET /changes", Needs::Role(Role::Operator)),
    ("POST /changes", Needs::Role(Role::Operator)),
    ("POST /changes/edit", Needs::Role(Role::Operator)),
    ("GET /people", Needs::Role(Role::Admin)),
    ("POST /people", Needs::Role(Role::Admin)),
];

#[test]
fn what_each_route_needs_is_said_twice_so_that_no_gate_opens_by_mistake() {
    let mut needs: Vec<(String, Needs)> = routes().into_iter().map(|route| (named(&route), route.needs)).collect();
    // Named after their content: the style sheet and the script.
    let files = needs.extract_if(.., |(name, needs)| name.starts_with("GET /static/") && *needs == Needs::Nothing);
    assert_eq!(files.count(), 2);
    assert_eq!(needs, WANTED.iter().map(|(name, needs)| ((*name).to_owned(), *needs)).collect::<Vec<_>>());
}

fn named(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

#[tokio::test]
async fn what_is_no_route_is_nothing_and_no_form_is_taken_by_a_page() {
    let stage = Stage::start().await;
    let admin = stage.session_with(Role::Admin).await;
    for path in ["/nothing", "/people/1", "//people", "/static/", "/static/0.css", "/sign-in/"] {
        stage.get(&admin, path).await.is(404);
    }
    stage.submit(&admin, "/", &[]).await.is(405);
    stage.get(&admin, "/sign-out").await.is(405);
    stage.get(&admin, "/").await.is(200);
}

#[tokio::test]
async fn a_role_that_is_taken_away_ends_with_the_next_request() {
    let stage = Stage::start().await;
    let operator = stage.session_with(Role::Operator).await;
    stage.submit(&operator, "/sync", &[("connection", "north")]).await.is(303);
    let token = stage.get(&operator, "/").await.token();
    stage.know(&person("operator", Some(Role::Viewer))).await;
    let fields = [("form_token", token.as_str()), ("connection", "north")];
    stage.post(&operator, "/sync", &fields).await.is(403).shows(NEEDS_ROLE);
    stage.get(&operator, "/").await.is(200).hides("Sync now");
    stage.know(&person("operator", None)).await;
    stage.get(&operator, "/").await.is(403).shows(NEEDS_ROLE);
}
