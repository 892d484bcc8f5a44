//! Staged changes: they are their person's own until they are applied, all of them or none, and nobody's are lost.

use crate::provider::{NOT_MAPPED, Provider, button, mapped, value_of};
use crate::stage::{Stage, person};
use shared::mapping::CustomerLink;
use shared::person::Role;

const CUSTOMERS: &str = "/customers?connection=north";
const CHANGES: &str = "/changes?connection=north";

async fn stage() -> Stage {
    let stage = Stage::start().await;
    let provider = Provider::new().customer("t-1", "Tenant One").customer("t-2", "Tenant Two");
    let provider = provider.customer("t-3", "Tenant Three").company(1, "Anna", mapped("t-1", "Tenant One"));
    let provider = provider.company(2, "Berta", NOT_MAPPED).company(3, "Carla", NOT_MAPPED);
    provider.company(4, "Dora", NOT_MAPPED).known_to(&stage, "north").await;
    stage
}

/// Stages that a company is mapped to a tenant.
async fn map(stage: &Stage, cookie: &str, company: i64, tenant: &str) {
    let page = format!("{CUSTOMERS}&company={company}&find={tenant}");
    let sent = stage.press(cookie, &page, &format!("map {company} ")).await;
    sent.is(303);
}

#[tokio::test]
async fn a36_edits_are_staged_over_pages_searches_and_sessions_and_are_nobody_elses() {
    let stage = stage().await;
    let clerk = person("clerk", Some(Role::Operator));
    let cookie = stage.session_of(&clerk).await;
    stage.get(&cookie, CHANGES).await.is(200).shows("Nothing is staged").hides("Apply");
    map(&stage, &cookie, 2, "t-2").await;
    stage.press(&cookie, &format!("{CUSTOMERS}&company=1"), "remove 1 ").await.is(303);
    for page in [CUSTOMERS, "/customers?connection=north&search=carla&page=3", "/products?connection=north"] {
        stage.get(&cookie, page).await.is(200).shows("2 changes staged");
    }
    // Signed in once more, on a console that was started anew.
    let again = acrotask::console_server::start(&stage.machine, stage.clock.clone(), Some(0), |_| {}).await;
    let again = again.expect("it is served");
    let session = cookie.split_once('=').expect("it has a name").1;
    let url = format!("http://{}{CHANGES}", again.address());
    let cookie_there = format!("acrotask-session-{}={session}", again.address().port());
    let page = reqwest::Client::new().get(url).header("cookie", cookie_there).send().await.expect("it answers");
    assert!(page.text().await.expect("it is text").contains("2 changes, of which nothing is in force yet"));
    let other = stage.session_with(Role::Operator).await;
    stage.get(&other, CHANGES).await.shows("Nothing is staged");
    stage.get(&other, CUSTOMERS).await.hides("staged</strong>");
    stage.get(&cookie, "/changes?connection=south").await.shows("Nothing is staged");
    assert_eq!(stage.mapping("north").await.version, 1);
}

#[tokio::test]
async fn a36_all_changes_are_shown_before_and_after_with_what_comes_of_them_and_applied_at_once() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    map(&stage, &operator, 2, "t-2").await;
    stage.press(&operator, &format!("{CUSTOMERS}&company=1"), "remove 1 ").await.is(303);
    stage.press(&operator, &format!("{CUSTOMERS}&company=3"), "new 3 ").await.is(303);
    let page = stage.get(&operator, CHANGES).await.is(200);
    let page = page.shows("Company 2 Berta").shows("<dd><bdi>Not mapped</bdi></dd>").shows("Tenant Two (Our own)");
    let page = page.shows("The first plan for this customer waits for approval");
    let page = page.shows("nothing is changed or deleted in Acronis or in Autotask").shows("Apply 3 changes");
    drop(page.shows("A tenant is created in Acronis once").shows("within 15 minutes"));
    let sent = stage.apply(&operator, "north").await.is(303);
    assert_eq!(sent.header("location"), "/changes?applied=2&connection=north");
    assert_eq!(stage.link_of("north", 2).await, mapped("t-2", "Tenant Two"));
    assert_eq!(stage.link_of("north", 1).await, CustomerLink::Unmapped { left_alone: true });
    assert_eq!(stage.link_of("north", 3).await, CustomerLink::ToCreate);
    let page = stage.get(&operator, sent.header("location")).await;
    page.shows("version 2 of the mapping is in force").shows("contract-watch").shows("Nothing is staged");
    let records = stage.machine.host.store.audit(10).await.expect("it is read");
    let record = records.iter().find(|one| one.what == "north: Company 1 Anna").expect("it is recorded");
    assert_eq!((record.before.as_str(), record.after.as_str()), ("Tenant One (Our own)", "Not mapped, left alone"));
    assert_eq!(record.by.subject, "operator");
    assert_eq!(records.iter().filter(|record| record.what.starts_with("north: ")).count(), 3);
    let admin = stage.session_with(Role::Admin).await;
    stage.get(&admin, "/people").await.shows("north: Company 2 Berta");
}

#[tokio::test]
async fn of_two_people_who_edit_the_same_row_the_second_is_told_and_nothing_is_lost() {
    let stage = stage().await;
    let (first, second) =
        (person("first", Some(Role::Operator)), stage.session_of(&person("second", Some(Role::Operator))).await);
    let first = stage.session_of(&first).await;
    map(&stage, &first, 2, "t-2").await;
    map(&stage, &second, 2, "t-3").await;
    stage.press(&second, &format!("{CUSTOMERS}&company=3"), "new 3 ").await.is(303);
    // The page of the second is open while the first applies.
    let page = stage.get(&second, CHANGES).await.shows("Apply 2 changes");
    let state = value_of(&page.text, "state");
    stage.apply(&first, "north").await.is(303);
    let fields = [("connection", "north"), ("state", state.as_str())];
    let sent = stage.submit(&second, "/changes", &fields).await.is(303);
    assert_eq!(sent.header("location"), "/changes?connection=north&decide=yes");
    assert_eq!(stage.link_of("north", 2).await, mapped("t-2", "Tenant Two"), "the first one's is kept");
    assert_eq!(stage.link_of("north", 3).await, NOT_MAPPED, "nothing is applied by half");
    let page = stage.get(&second, sent.header("location")).await.is(200);
    let page = page.shows("Nothing was applied").shows("<strong>1</strong> of them").hides("Apply 2 changes");
    let page = page.shows("<dd><bdi>Tenant Three (Our own)</bdi></dd>").shows("<bdi>Tenant Two (Our own)</bdi>");
    let page = page.shows("first (https://login.example), 2026-11-10 09:30");
    // What he sees there is what he may put his own in place of, and nothing that came after.
    let keep = button(&page.text, "keep customer-2 ");
    stage.save_link("north", 2, CustomerLink::ToCreate).await;
    let fields = [("connection", "north"), ("edit", keep.as_str())];
    stage.submit(&second, "/changes/edit", &fields).await.is(409);
    stage.press(&second, CHANGES, "keep customer-2 ").await.is(303);
    stage.apply(&second, "north").await.is(303);
    assert_eq!(stage.link_of("north", 2).await, mapped("t-3", "Tenant Three"));
    assert_eq!(stage.link_of("north", 3).await, CustomerLink::ToCreate);
    let records = stage.machine.host.store.audit(20).await.expect("it is read");
    let of_row = records.iter().filter(|record| record.what == "north: Company 2 Berta");
    let (before, after): (Vec<_>, Vec<_>) =
        of_row.map(|record| (record.before.as_str(), record.after.as_str())).unzip();
    assert!(before.contains(&"Not mapped, to get a new tenant"), "{before:?}");
    assert_eq!(after.len(), 2);
}

#[tokio::test]
async fn who_takes_the_others_change_discards_his_own_and_applies_the_rest() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    map(&stage, &operator, 2, "t-2").await;
    stage.press(&operator, &format!("{CUSTOMERS}&company=3"), "new 3 ").await.is(303);
    let ignored = CustomerLink::Ignored { reason: "somebody's".to_owned() };
    stage.save_link("north", 2, ignored.clone()).await;
    let page = stage.get(&operator, CHANGES).await.shows("Ignored: somebody&#39;s");
    drop(page.shows("a run, or somebody with a mapping file"));
    stage.press(&operator, CHANGES, "discard customer-2").await.is(303);
    stage.apply(&operator, "north").await.is(303);
    assert_eq!((stage.link_of("north", 2).await, stage.link_of("north", 3).await), (ignored, CustomerLink::ToCreate));
}

#[tokio::test]
async fn changes_of_other_rows_meanwhile_are_kept() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    map(&stage, &operator, 2, "t-2").await;
    stage.save_link("north", 3, CustomerLink::ToCreate).await;
    let sent = stage.apply(&operator, "north").await.is(303);
    assert_eq!(sent.header("location"), "/changes?applied=3&connection=north");
    assert_eq!(stage.link_of("north", 3).await, CustomerLink::ToCreate);
    assert_eq!(stage.link_of("north", 2).await, mapped("t-2", "Tenant Two"));
}

#[tokio::test]
async fn what_contradicts_itself_is_told_beside_its_row_and_not_applied() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    let page = stage.get(&operator, &format!("{CUSTOMERS}&company=2")).await;
    let print = button(&page.text, "map 2 ").split(' ').nth(2).expect("it has one").to_owned();
    for company in [2, 3] {
        let edit = format!("map {company} {print} t-2");
        let fields = [("connection", "north"), ("back", ""), ("edit", edit.as_str())];
        stage.submit(&operator, "/customers", &fields).await.is(303);
    }
    let page = stage.get(&operator, CHANGES).await.is(200);
    let page = page.shows("tenant t-2 is already mapped to company 2").hides("Apply 2 changes");
    let state = button(&page.text, "discard-all ").replacen("discard-all ", "", 1);
    let fields = [("connection", "north"), ("state", state.as_str())];
    let sent = stage.submit(&operator, "/changes", &fields).await.is(303);
    assert_eq!(sent.header("location"), "/changes?connection=north&decide=yes");
    assert_eq!(stage.mapping("north").await.version, 1);
    stage.press(&operator, CHANGES, "discard customer-3").await.is(303);
    stage.apply(&operator, "north").await.is(303);
    assert_eq!(stage.link_of("north", 2).await, mapped("t-2", "Tenant Two"));
}

#[tokio::test]
async fn only_what_the_page_showed_is_applied_or_discarded() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    map(&stage, &operator, 2, "t-2").await;
    let page = stage.get(&operator, CHANGES).await;
    let (state, all) = (value_of(&page.text, "state"), button(&page.text, "discard-all "));
    stage.press(&operator, &format!("{CUSTOMERS}&company=3"), "new 3 ").await.is(303);
    for state in [state.as_str(), ""] {
        stage.submit(&operator, "/changes", &[("connection", "north"), ("state", state)]).await.is(409);
    }
    stage.submit(&operator, "/changes/edit", &[("connection", "north"), ("edit", &all)]).await.is(409);
    stage.get(&operator, CHANGES).await.shows("Apply 2 changes");
    let page = stage.get(&operator, CHANGES).await;
    let state = value_of(&page.text, "state");
    stage.submit(&operator, "/changes", &[("connection", "north"), ("state", &state)]).await.is(303);
    // Sent twice, it is applied once.
    stage.submit(&operator, "/changes", &[("connection", "north"), ("state", &state)]).await.is(409);
    assert_eq!(stage.mapping("north").await.version, 2);
    stage.press(&operator, &format!("{CUSTOMERS}&company=4"), "new 4 ").await.is(303);
    stage.press(&operator, CHANGES, "discard-all ").await.is(303);
    stage.get(&operator, CHANGES).await.shows("Nothing is staged");
}

#[tokio::test]
async fn changes_of_another_connection_or_of_nothing_are_not_there() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    map(&stage, &operator, 2, "t-2").await;
    let state = value_of(&stage.get(&operator, CHANGES).await.text, "state");
    for (connection, edit, status) in [
        ("south", "discard customer-2", 404),
        ("east", "discard customer-2", 404),
        ("north", "discard customer-3", 404),
        ("north", "discard storage", 404),
        ("north", "discard alert-x", 404),
        ("north", "keep customer-2 000000000000", 409),
        ("north", "delete customer-2", 400),
        ("north", "discard", 400),
    ] {
        let fields = [("connection", connection), ("edit", edit)];
        let answer = stage.submit(&operator, "/changes/edit", &fields).await;
        assert_eq!(answer.status, status, "{connection}: {edit}");
    }
    stage.submit(&operator, "/changes", &[("connection", "south"), ("state", &state)]).await.is(409);
    stage.submit(&operator, "/changes", &[("connection", "east"), ("state", &state)]).await.is(404);
    stage.get(&operator, CHANGES).await.shows("Apply 1 change");
}

#[tokio::test]
async fn of_two_who_apply_at_once_both_are_kept() {
    let stage = stage().await;
    let first = stage.session_of(&person("first", Some(Role::Operator))).await;
    let second = stage.session_of(&person("second", Some(Role::Operator))).await;
    map(&stage, &first, 2, "t-2").await;
    map(&stage, &second, 3, "t-3").await;
    let (mine, his) = tokio::join!(stage.apply(&first, "north"), stage.apply(&second, "north"));
    assert_eq!((mine.status, his.status), (303, 303));
    assert_eq!(stage.link_of("north", 2).await, mapped("t-2", "Tenant Two"));
    assert_eq!(stage.link_of("north", 3).await, mapped("t-3", "Tenant Three"));
    assert_eq!(stage.mapping("north").await.version, 3);
}
