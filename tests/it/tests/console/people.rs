//! People and their roles: who changes them, what is refused, and that all of it is recorded.

use crate::stage::{Stage, person};
use shared::person::{Role, role_word};

/// What stands for a person in the form of the page.
pub(crate) fn key_of(page: &str, subject: &str) -> String {
    let row = page.split("<li>").find(|row| row.contains(&format!("<bdi>{subject}</bdi> at")));
    let (_, after) =
        row.expect("the person is listed").split_once("name=\"person\" value=\"").expect("there is a form");
    after.split('"').next().unwrap_or_default().to_owned()
}

async fn change(stage: &Stage, cookie: &str, subject: &str, was: Option<Role>, role: Option<Role>) -> u16 {
    let key = key_of(&stage.get(cookie, "/people").await.is(200).text, subject);
    let (was, role) = (role_word(was), role_word(role));
    let fields = [("person", key.as_str()), ("was", was.as_str()), ("role", role.as_str())];
    stage.submit(cookie, "/people", &fields).await.status
}

#[tokio::test]
async fn an_admin_changes_roles_and_each_change_is_recorded() {
    let stage = Stage::start().await;
    let admin = stage.session_with(Role::Admin).await;
    stage.know(&person("clerk", None)).await;
    assert_eq!(change(&stage, &admin, "clerk", None, Some(Role::Operator)).await, 303);
    let store = &stage.machine.host.store;
    let clerk = store.person(&person("clerk", None).id).await.expect("it is read").expect("it is known");
    assert_eq!(clerk.role, Some(Role::Operator));
    let before = store.audit(10).await.expect("it is read");
    let record = before.iter().find(|record| record.what.contains("clerk")).expect("it is recorded");
    assert_eq!(
        (record.by.subject.as_str(), record.before.as_str(), record.after.as_str()),
        ("admin", "none", "operator")
    );
    stage.get(&admin, "/people").await.shows("role of clerk").shows("<td>none</td><td>operator</td>");
    // What changes nothing is nothing to be recorded.
    assert_eq!(change(&stage, &admin, "clerk", Some(Role::Operator), Some(Role::Operator)).await, 303);
    assert_eq!(store.audit(10).await.expect("it is read").len(), before.len());
}

#[tokio::test]
async fn what_moved_or_is_no_role_or_nobody_is_refused_and_nothing_is_recorded() {
    let stage = Stage::start().await;
    let admin = stage.session_with(Role::Admin).await;
    stage.know(&person("clerk", Some(Role::Viewer))).await;
    let recorded = stage.machine.host.store.audit(50).await.expect("it is read").len();
    assert_eq!(change(&stage, &admin, "clerk", None, Some(Role::Admin)).await, 409, "he has another role by now");
    let key = key_of(&stage.get(&admin, "/people").await.text, "clerk");
    for (person, was, role, status) in [
        (key.as_str(), "viewer", "owner", 400),
        (&key, "viewer", "Admin", 400),
        (&key, "viewer", "", 400),
        (&key, "", "viewer", 400),
        ("", "viewer", "admin", 404),
        ("clerk", "viewer", "admin", 404),
        (&key[1..], "viewer", "admin", 404),
    ] {
        let fields = [("person", person), ("was", was), ("role", role)];
        stage.submit(&admin, "/people", &fields).await.is(status);
    }
    stage.submit(&admin, "/people", &[("person", &key), ("role", "admin")]).await.is(400);
    assert_eq!(stage.machine.host.store.audit(50).await.expect("it is read").len(), recorded);
}

#[tokio::test]
async fn the_last_admin_stays_one() {
    let stage = Stage::start().await;
    let admin = stage.session_with(Role::Admin).await;
    let second = person("second", Some(Role::Admin));
    for role in [None, Some(Role::Viewer), Some(Role::Operator)] {
        assert_eq!(change(&stage, &admin, "admin", Some(Role::Admin), role).await, 409, "{role:?}");
    }
    let second_cookie = stage.session_of(&second).await;
    assert_eq!(change(&stage, &admin, "admin", Some(Role::Admin), Some(Role::Viewer)).await, 303);
    stage.get(&admin, "/people").await.is(403);
    assert_eq!(change(&stage, &second_cookie, "second", Some(Role::Admin), None).await, 409);
}

#[tokio::test]
async fn two_admins_who_take_the_role_from_one_another_leave_one() {
    for round in 0..5 {
        let stage = Stage::start().await;
        let (one, two) = (person("one", Some(Role::Admin)), person("two", Some(Role::Admin)));
        let (first, second) = (stage.session_of(&one).await, stage.session_of(&two).await);
        let (page, other) = (stage.get(&first, "/people").await, stage.get(&second, "/people").await);
        let (token, key) = (page.token(), key_of(&page.text, "two"));
        let (others_token, others_key) = (other.token(), key_of(&other.text, "one"));
        let fields = [("form_token", token.as_str()), ("person", &key), ("was", "admin"), ("role", "none")];
        let others =
            [("form_token", others_token.as_str()), ("person", &others_key), ("was", "admin"), ("role", "none")];
        let (mine, his) = tokio::join!(stage.post(&first, "/people", &fields), stage.post(&second, "/people", &others));
        let (mine, his) = (mine.status, his.status);
        let people = stage.machine.host.store.people().await.expect("they are read");
        let admins = people.all.iter().filter(|person| person.role == Some(Role::Admin)).count();
        assert_eq!(admins, 1, "round {round}: {mine} and {his}");
        assert!((mine == 303) != (his == 303), "round {round}: {mine} and {his}");
    }
}
