//! Who comes in by the provider: nobody may do anything until somebody says so, and a person is who the issuer says by the
//! subject, whatever he is called.

use crate::oidc_stage::{Entrance, SUBJECT, refused};
use crate::people::key_of;
use crate::stage::{hash, person};
use it::identity::CLIENT_SECRET;
use jiff::SignedDuration;
use serde_json::json;
use shared::person::{Person, PersonId, Role, role_word};

#[tokio::test]
async fn who_comes_for_the_first_time_may_do_nothing_and_is_told_who_he_is() {
    let entrance = Entrance::start().await;
    let cookie = entrance.come_in().await;
    let known = entrance.known(SUBJECT).await.expect("he is known now");
    assert_eq!((known.name.as_str(), known.role), ("Ada Example", None));
    let page = entrance.stage.get(&cookie, "/").await.is(403).shows("No role yet").shows("have no role yet");
    let page = page.shows(SUBJECT).shows(&entrance.identity.issuer).shows("Sign out").hides("href=\"/people\"");
    for path in ["/people", "/sync?connection=north"] {
        entrance.stage.get(&cookie, path).await.is(403);
    }
    let recorded = entrance.recorded().await;
    assert_eq!(recorded.len(), 1, "{recorded:?}");
    assert!(recorded[0].contains("who came for the first time:  → none"), "{recorded:?}");
    // What he is offered works.
    let token = page.token();
    entrance.stage.post(&cookie, "/sign-out", &[("form_token", &token)]).await.is(303);
    entrance.stage.get(&cookie, "/").await.is(401);
}

#[tokio::test]
async fn a_role_that_is_given_counts_at_once_and_one_that_is_taken_away_stays_away() {
    let entrance = Entrance::start().await;
    let cookie = entrance.come_in().await;
    entrance.give(SUBJECT, Some(Role::Viewer)).await;
    entrance.stage.get(&cookie, "/").await.is(200).shows("Ada Example").hides("Sync now");
    entrance.stage.get(&cookie, "/people").await.is(403).shows("Sign out").hides("Issuer");
    entrance.give(SUBJECT, Some(Role::Admin)).await;
    entrance.stage.get(&cookie, "/people").await.is(200);
    entrance.give(SUBJECT, None).await;
    entrance.stage.get(&cookie, "/").await.is(403);
    let again = entrance.come_in().await;
    entrance.stage.get(&again, "/").await.is(403);
    assert_eq!(entrance.known(SUBJECT).await.expect("he is known").role, None);
}

#[tokio::test]
async fn who_signs_out_is_out_and_what_comes_back_later_does_not_let_him_in() {
    let entrance = Entrance::start().await;
    let away = entrance.leave().await;
    let back = entrance.agree(&away).await;
    let cookie = entrance.stage.get(&away.cookie, &back).await.is(303).cookie();
    entrance.give(SUBJECT, Some(Role::Viewer)).await;
    entrance.stage.submit(&cookie, "/sign-out", &[]).await.is(303);
    entrance.stage.get(&cookie, "/").await.is(401);
    refused(entrance.stage.get(&away.cookie, &back).await, 403, "is done already");
}

#[tokio::test]
async fn the_first_administrator_is_one_when_he_comes_and_nobody_else_is() {
    let entrance = Entrance::with(Some("boss"), Some(CLIENT_SECRET)).await;
    let somebody = entrance.come_in().await;
    entrance.stage.get(&somebody, "/people").await.is(403);
    assert_eq!(entrance.known("boss").await, None, "he is nobody before he comes");
    entrance.identity.person(json!({"sub": "boss", "name": "Boss", "email": "boss@msp.example"}));
    let boss = entrance.come_in().await;
    entrance.stage.get(&boss, "/people").await.is(200).shows("Ada Example");
    let recorded = entrance.recorded().await;
    let is_his = |record: &&String| record.ends_with("whom the deployment names as first administrator: none → admin");
    assert_eq!(recorded.iter().filter(is_his).count(), 1, "{recorded:?}");
    entrance.come_in().await;
    assert_eq!(entrance.recorded().await.len(), recorded.len(), "nothing was changed");
    // Somebody with his name and address is somebody else, and so is one whose subject is nearly his.
    for subject in ["other", "Boss", "boss ", " boss"] {
        entrance.identity.person(json!({"sub": subject, "name": "Boss", "email": "boss@msp.example"}));
        let other = entrance.come_in().await;
        entrance.stage.get(&other, "/people").await.is(403);
    }
}

async fn take_away(
    entrance: &Entrance,
    cookie: &str,
    subject: &str,
    was: Role,
    role: Option<Role>,
) -> crate::stage::Answer {
    let key = key_of(&entrance.stage.get(cookie, "/people").await.is(200).text, subject);
    let (was, role) = (role_word(Some(was)), role_word(role));
    let fields = [("person", key.as_str()), ("was", was.as_str()), ("role", role.as_str())];
    entrance.stage.submit(cookie, "/people", &fields).await
}

#[tokio::test]
async fn nobody_takes_the_role_of_the_first_administrator_while_the_deployment_names_him() {
    let entrance = Entrance::with(Some(SUBJECT), Some(CLIENT_SECRET)).await;
    let named = entrance.come_in().await;
    let admin = entrance.stage.session_with(Role::Admin).await;
    for cookie in [&admin, &named] {
        for role in [None, Some(Role::Viewer), Some(Role::Operator)] {
            let kept = take_away(&entrance, cookie, SUBJECT, Role::Admin, role).await.is(409);
            kept.shows("the deployment names this person as first administrator");
        }
    }
    entrance.stage.get(&named, "/people").await.is(200);
    // Where he lost it before he was named, he has it again.
    entrance.give(SUBJECT, Some(Role::Viewer)).await;
    entrance.stage.get(&named, "/people").await.is(403);
    let again = entrance.come_in().await;
    entrance.stage.get(&again, "/people").await.is(200);
}

#[tokio::test]
async fn who_is_named_no_more_and_loses_the_role_does_not_get_it_back() {
    let entrance = Entrance::with(Some("somebody-else"), Some(CLIENT_SECRET)).await;
    let before = entrance.come_in().await;
    entrance.give(SUBJECT, Some(Role::Admin)).await;
    entrance.stage.get(&before, "/people").await.is(200);
    let admin = entrance.stage.session_with(Role::Admin).await;
    take_away(&entrance, &admin, SUBJECT, Role::Admin, None).await.is(303);
    entrance.stage.get(&before, "/people").await.is(403);
    for _ in 0..2 {
        let again = entrance.come_in().await;
        entrance.stage.get(&again, "/people").await.is(403);
    }
}

#[tokio::test]
async fn the_same_subject_of_another_issuer_is_somebody_else() {
    let entrance = Entrance::start().await;
    entrance.stage.know(&person(SUBJECT, Some(Role::Admin))).await;
    let local = PersonId { issuer: "local".to_owned(), subject: SUBJECT.to_owned() };
    entrance.stage.know(&Person { id: local, name: "Ada Example".to_owned(), role: Some(Role::Admin) }).await;
    let cookie = entrance.come_in().await;
    entrance.stage.get(&cookie, "/").await.is(403).shows("No role yet");
    // The person at the machine is not who the provider calls so.
    let at_machine = entrance.stage.come_in().await;
    entrance.identity.person(json!({"sub": "local", "name": "You, at this machine"}));
    let cookie = entrance.come_in().await;
    entrance.stage.get(&cookie, "/").await.is(403);
    entrance.stage.get(&at_machine, "/people").await.is(200);
}

#[tokio::test]
async fn both_ways_in_stand_beside_each_other() {
    let entrance = Entrance::start().await;
    let page = entrance.stage.get("", "/sign-in").await.is(200).shows("href=\"/sign-in/provider\"");
    page.shows("Or open the link that was printed");
    let (admin, cookie) = (entrance.stage.come_in().await, entrance.come_in().await);
    let people = entrance.stage.get(&admin, "/people").await.is(200);
    let key = key_of(&people.text, SUBJECT);
    let fields = [("person", key.as_str()), ("was", "none"), ("role", "operator")];
    entrance.stage.submit(&admin, "/people", &fields).await.is(303);
    entrance.stage.get(&cookie, "/").await.is(200).shows("Sync now");
    entrance.stage.submit(&cookie, "/sign-out", &[]).await.is(303);
    entrance.stage.get(&admin, "/").await.is(200);
}

#[tokio::test]
async fn a_name_is_for_people_only_and_does_no_harm() {
    let entrance = Entrance::start().await;
    let viewer = entrance.stage.session_with(Role::Admin).await;
    for (claims, shown) in [
        (json!({"sub": "1", "name": "<script>alert(1)</script>"}), "&#60;script&#62;alert(1)"),
        (json!({"sub": "2", "name": "evil\u{202e}nimda\r\nadmin"}), "<bdi>evil"),
        (json!({"sub": "3", "preferred_username": "grace@msp.example"}), "<bdi>grace@msp.example</bdi>"),
        (json!({"sub": "4", "name": " "}), "<strong><bdi>4</bdi></strong>"),
        (json!({"sub": "5", "name": "n".repeat(9_000)}), &"n".repeat(100)),
        (json!({"sub": "<b>6</b>#7"}), "&#60;b&#62;6&#60;/b&#62;#7"),
    ] {
        entrance.identity.person(claims);
        let cookie = entrance.come_in().await;
        entrance.stage.get(&cookie, "/").await.is(403);
        let page = entrance.stage.get(&viewer, "/people").await.is(200).shows(shown);
        page.hides("<script>alert").hides("\u{202e}").hides("<b>6").hides(&"n".repeat(101));
    }
}

#[tokio::test]
async fn who_is_called_differently_stays_who_he_is_and_that_is_recorded() {
    let entrance = Entrance::start().await;
    entrance.come_in().await;
    entrance.give(SUBJECT, Some(Role::Viewer)).await;
    entrance.identity.person(json!({"sub": SUBJECT, "name": "Ada Married"}));
    let cookie = entrance.come_in().await;
    entrance.stage.get(&cookie, "/").await.is(200).shows("Ada Married");
    let recorded = entrance.recorded().await;
    assert!(recorded.iter().any(|record| record.ends_with("Ada Example → Ada Married")), "{recorded:?}");
}

#[tokio::test]
async fn so_many_strangers_are_taken_down_and_no_more() {
    let entrance = Entrance::start().await;
    for number in 0..199 {
        entrance.stage.know(&person(&format!("stranger-{number}"), None)).await;
    }
    entrance.come().await.is(303);
    entrance.identity.person(json!({"sub": "one-more"}));
    let away = entrance.leave().await;
    let back = entrance.agree(&away).await;
    let came = entrance.stage.get(&away.cookie, &back).await.is(403).shows("So many people wait for a role");
    assert!(!came.header("set-cookie").contains("acrotask-session"), "{came:?}");
    assert_eq!(entrance.known("one-more").await, None);
    // Who is known comes in, and who is given a role makes room.
    entrance.identity.person(json!({"sub": SUBJECT, "name": "Ada Example"}));
    entrance.come().await.is(303);
    entrance.give(SUBJECT, Some(Role::Viewer)).await;
    entrance.identity.person(json!({"sub": "one-more"}));
    entrance.come().await.is(303);
}

#[tokio::test]
async fn the_table_holds_a_sign_in_under_hashes_and_gives_it_out_once() {
    let entrance = Entrance::start().await;
    let away = entrance.leave().await;
    let (state, browser) = (away.field("state"), away.cookie.split_once('=').expect("it has a name").1.to_owned());
    let store = &entrance.stage.machine.host.store;
    for (state, browser) in [(&state, &browser), (&hash(&state), &browser), (&state, &hash(&browser))] {
        assert!(store.take_sign_in(state, browser).await.expect("it is read").is_none());
    }
    let taken = store.take_sign_in(&hash(&state), &hash(&browser)).await.expect("it is read").expect("it is there");
    assert_eq!((taken.nonce, taken.to.as_str()), (away.field("nonce"), "/"));
    assert!(store.take_sign_in(&hash(&state), &hash(&browser)).await.expect("it is read").is_none());
}

#[tokio::test]
async fn a_session_by_the_provider_ends_like_any_other() {
    let entrance = Entrance::start().await;
    let cookie = entrance.come_in().await;
    entrance.give(SUBJECT, Some(Role::Viewer)).await;
    entrance.stage.pass(SignedDuration::from_mins(59));
    entrance.stage.get(&cookie, "/").await.is(200);
    entrance.stage.pass(SignedDuration::from_mins(60));
    entrance.stage.get(&cookie, "/").await.is(401);
}
