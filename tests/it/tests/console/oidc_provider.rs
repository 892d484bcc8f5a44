//! The provider as the console asks it: when, how often, by what it is known there, and what is when it gives no answer.

use crate::oidc_stage::{Entrance, refused};
use it::identity::{DISCOVERY, Fault, KEYS, Key, Part, Signed, TOKEN};
use jiff::SignedDuration;
use serde_json::{Value, json};

const NO_ANSWER: &str = "The provider gives no answer that can be used";

async fn gives_no_answer(path: &'static str, fault: Fault) -> Entrance {
    let entrance = Entrance::start().await;
    if path == TOKEN {
        let away = entrance.leave().await;
        let back = entrance.agree(&away).await;
        entrance.identity.fail(path, Some(fault));
        refused(entrance.stage.get(&away.cookie, &back).await, 502, NO_ANSWER);
    } else {
        entrance.identity.fail(path, Some(fault));
        refused(entrance.stage.get("", "/sign-in/provider").await, 502, NO_ANSWER);
    }
    // What went wrong is not kept.
    entrance.identity.fail(path, None);
    entrance.come().await.is(303);
    entrance
}

async fn is_no_description(edit: fn(&mut Value)) {
    let entrance = Entrance::start().await;
    entrance.identity.edit(Part::Description, edit);
    refused(entrance.stage.get("", "/sign-in/provider").await, 502, NO_ANSWER);
    entrance.identity.edit_nothing();
    entrance.come().await.is(303);
}

macro_rules! nobody_comes_in {
    ($($name:ident: $check:expr;)+) => {$(
        #[tokio::test]
        async fn $name() {
            $check.await;
        }
    )+};
}

nobody_comes_in! {
    while_the_provider_says_nothing_of_itself: gives_no_answer(DISCOVERY, Fault::Status(503));
    while_the_provider_takes_its_time: gives_no_answer(DISCOVERY, Fault::Slow);
    while_the_provider_describes_itself_without_end: gives_no_answer(DISCOVERY, Fault::Huge);
    while_the_provider_says_something_else: gives_no_answer(DISCOVERY, Fault::Garbage);
    while_the_provider_is_said_to_be_elsewhere: gives_no_answer(DISCOVERY, Fault::Elsewhere);
    while_the_provider_shows_no_keys: gives_no_answer(KEYS, Fault::Status(500));
    while_the_keys_take_their_time: gives_no_answer(KEYS, Fault::Slow);
    while_no_token_is_given: gives_no_answer(TOKEN, Fault::Status(500));
    while_a_token_takes_its_time: gives_no_answer(TOKEN, Fault::Slow);
    while_a_token_has_no_end: gives_no_answer(TOKEN, Fault::Huge);
    while_a_token_is_something_else: gives_no_answer(TOKEN, Fault::Garbage);
    while_another_issuer_describes_itself: is_no_description(|said| said["issuer"] = json!("https://evil.example"));
    while_the_description_names_no_issuer: is_no_description(|said| said["issuer"] = Value::Null);
    while_no_token_endpoint_is_named: is_no_description(|said| said["token_endpoint"] = Value::Null);
    while_the_secret_would_be_sent_without_tls: is_no_description(|said| said["token_endpoint"] = json!("http://evil.example/token"));
    while_people_would_be_sent_away_without_tls: is_no_description(|said| said["authorization_endpoint"] = json!("http://evil.example/in"));
}

#[tokio::test]
async fn the_secret_and_the_code_follow_no_redirect() {
    let entrance = Entrance::start().await;
    let away = entrance.leave().await;
    let back = entrance.agree(&away).await;
    entrance.identity.fail(TOKEN, Some(Fault::Elsewhere));
    let keys_asked = entrance.identity.asked(KEYS);
    refused(entrance.stage.get(&away.cookie, &back).await, 502, NO_ANSWER);
    assert_eq!((entrance.identity.asked(TOKEN), entrance.identity.asked(KEYS)), (1, keys_asked));
}

#[tokio::test]
async fn the_provider_is_asked_at_the_first_sign_in_and_not_before() {
    let entrance = Entrance::start().await;
    let all = [DISCOVERY, KEYS, TOKEN];
    entrance.stage.get("", "/").await.is(401);
    entrance.stage.get("", "/sign-in").await.is(200);
    assert_eq!(all.map(|path| entrance.identity.asked(path)), [0, 0, 0]);
    for signed_in in 1..=3 {
        entrance.come().await.is(303);
        assert_eq!(all.map(|path| entrance.identity.asked(path)), [1, 1, signed_in], "what it said is kept");
    }
    entrance.stage.pass(SignedDuration::from_hours(1));
    entrance.come().await.is(303);
    assert_eq!(all.map(|path| entrance.identity.asked(path)), [2, 2, 4], "for an hour");
}

#[tokio::test]
async fn a_new_key_is_asked_for_at_most_once_a_minute() {
    let entrance = Entrance::start().await;
    entrance.come().await.is(303);
    entrance.identity.add_key(Key::ec("second"));
    for _ in 0..3 {
        refused(entrance.come().await, 403, "a key that the provider does not have");
    }
    assert_eq!(entrance.identity.asked(KEYS), 1);
    entrance.stage.pass(SignedDuration::from_mins(1));
    entrance.come().await.is(303);
    assert_eq!(entrance.identity.asked(KEYS), 2);
    // Somebody without a key cannot make us ask more often.
    entrance.identity.sign(Signed::ByAnUnknownKey);
    for _ in 0..3 {
        refused(entrance.come().await, 403, "a key that the provider does not have");
    }
    assert_eq!(entrance.identity.asked(KEYS), 2);
    entrance.stage.pass(SignedDuration::from_mins(1));
    refused(entrance.come().await, 403, "a key that the provider does not have");
    assert_eq!(entrance.identity.asked(KEYS), 3);
}

#[tokio::test]
async fn a_key_that_was_taken_back_is_believed_for_an_hour_at_the_most() {
    let entrance = Entrance::start().await;
    entrance.come().await.is(303);
    entrance.identity.take_keys_back();
    entrance.stage.pass(SignedDuration::from_mins(59));
    entrance.come().await.is(303);
    entrance.stage.pass(SignedDuration::from_mins(1));
    refused(entrance.come().await, 403, "a key that the provider does not have");
}

#[tokio::test]
async fn a_client_without_a_secret_comes_in_by_its_proof_alone() {
    let entrance = Entrance::with(None, None).await;
    entrance.come().await.is(303);
}

#[tokio::test]
async fn the_secret_is_given_as_the_provider_wants_it() {
    let entrance = Entrance::start().await;
    let (by_header, by_form) = ("client_secret_basic", "client_secret_post");
    for methods in [None, Some(&[by_header][..]), Some(&[by_form]), Some(&["private_key_jwt", by_form, by_header])] {
        entrance.identity.methods(methods);
        entrance.stage.pass(SignedDuration::from_hours(1));
        entrance.come().await.is(303);
    }
}

#[tokio::test]
async fn a_secret_that_the_provider_does_not_take_lets_nobody_in_until_it_is_changed() {
    let entrance = Entrance::start().await;
    entrance.identity.secret(Some("canary-of-the-next-secret"));
    refused(entrance.come().await, 502, NO_ANSWER);
    let next = functions::context::Secret::new("canary-of-the-next-secret");
    entrance.stage.machine.keep_console_secret(&functions::context::ConsoleSecret { client_secret: next });
    entrance.come().await.is(303);
}
