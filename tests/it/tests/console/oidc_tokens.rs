//! Tokens that nobody may believe: each is what the provider gives for a code that is good, and lets nobody in.

use crate::oidc_stage::{Entrance, refused};
use it::identity::{Key, Part, Signed};
use serde_json::{Value, json};

const ISSUER: &str = "another issuer made it";
const AUDIENCE: &str = "it is for another application";
const ALGORITHM: &str = "it is not signed, or not in a way that only the provider can sign";
const SIGNATURE: &str = "its signature is wrong";
const UNKNOWN_KEY: &str = "signed with a key that the provider does not have";
const TIME: &str = "it counts no more, or not yet";
const NONCE: &str = "it is of another sign-in";
const SUBJECT: &str = "it names nobody";
const FORM: &str = "made in a way that is not understood";

/// Nobody comes in with what an entrance gives, nobody is stored, and with the next token, which is right, one comes in.
async fn lets_nobody_in(entrance: Entrance, status: u16, words: &str) {
    refused(entrance.come().await, status, words);
    assert_eq!(entrance.recorded().await, Vec::<String>::new(), "somebody is stored");
    entrance.identity.edit_nothing();
    entrance.identity.sign(Signed::Well);
    entrance.come().await.is(303);
}

async fn not_believed(part: Part, edit: fn(&mut Value), words: &str) {
    let entrance = Entrance::start().await;
    entrance.identity.edit(part, edit);
    lets_nobody_in(entrance, 403, words).await;
}

async fn not_believed_signed(signed: Signed, words: &str) {
    let entrance = Entrance::start().await;
    entrance.identity.sign(signed);
    lets_nobody_in(entrance, 403, words).await;
}

/// What cannot even be read as a token.
async fn not_read(part: Part, edit: fn(&mut Value)) {
    let entrance = Entrance::start().await;
    entrance.identity.edit(part, edit);
    lets_nobody_in(entrance, 502, "The provider gives no answer that can be used").await;
}

fn without(claims: &mut Value, name: &str) {
    claims.as_object_mut().expect("claims are an object").remove(name).expect("it is there");
}

/// A time in the claims, moved.
fn moved(claims: &mut Value, name: &str, seconds: i64) {
    claims[name] = json!(claims[name].as_i64().expect("it is a time") + seconds);
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
    by_a_token_of_another_issuer: not_believed(Part::Claims, |c| c["iss"] = json!("https://evil.example"), ISSUER);
    by_a_token_of_nearly_the_issuer: not_believed(Part::Claims, |c| c["iss"] = json!(format!("{}/", c["iss"].as_str().expect("text"))), ISSUER);
    by_a_token_of_no_issuer: not_read(Part::Claims, |c| without(c, "iss"));
    by_a_token_of_several_issuers: not_read(Part::Claims, |c| c["iss"] = json!([c["iss"], "https://evil.example"]));
    by_a_token_for_another_application: not_believed(Part::Claims, |c| c["aud"] = json!("somebody-else"), AUDIENCE);
    by_a_token_for_others_besides: not_believed(Part::Claims, |c| c["aud"] = json!([c["aud"], "somebody-else"]), AUDIENCE);
    by_a_token_for_nobody: not_believed(Part::Claims, |c| c["aud"] = json!([]), AUDIENCE);
    by_a_token_without_an_audience: not_believed(Part::Claims, |c| without(c, "aud"), AUDIENCE);
    by_a_token_that_another_party_asked_for: not_believed(Part::Claims, |c| c["azp"] = json!("somebody-else"), AUDIENCE);
    by_a_token_that_nobody_signed: not_believed_signed(Signed::ByNobody, ALGORITHM);
    by_a_token_signed_with_the_public_key_as_a_secret: not_believed_signed(Signed::ByThePublicKey, ALGORITHM);
    by_a_token_signed_with_the_client_secret: not_believed_signed(Signed::ByTheSecret, ALGORITHM);
    by_a_token_signed_with_an_unknown_key: not_believed_signed(Signed::ByAnUnknownKey, UNKNOWN_KEY);
    by_a_token_signed_by_a_stranger_in_the_keys_name: not_believed_signed(Signed::ByAStranger, SIGNATURE);
    by_a_token_with_the_signature_of_another: not_believed_signed(Signed::ForAnother, SIGNATURE);
    by_a_token_that_says_another_algorithm_than_its_key: not_believed(Part::Header, |h| h["alg"] = json!("RS256"), UNKNOWN_KEY);
    by_a_token_whose_algorithm_nobody_knows: not_read(Part::Header, |h| h["alg"] = json!("ROT13"));
    by_a_token_that_has_something_to_be_understood_first: not_believed(Part::Header, |h| h["crit"] = json!(["exp"]), FORM);
    by_a_token_that_is_another_kind_of_token: not_believed(Part::Header, |h| h["typ"] = json!("logout+jwt"), FORM);
    by_a_token_within_a_token: not_believed(Part::Header, |h| h["cty"] = json!("JWT"), FORM);
    by_a_token_that_counts_no_more: not_believed(Part::Claims, |c| moved(c, "exp", -3_600 - 60), TIME);
    by_a_token_that_counts_for_ever: not_read(Part::Claims, |c| without(c, "exp"));
    by_a_token_that_counts_from_later_on: not_believed(Part::Claims, |c| moved(c, "nbf", 61), TIME);
    by_a_token_that_counts_from_nobody_knows_when: not_read(Part::Claims, |c| c["nbf"] = json!("now"));
    by_a_token_that_counts_from_a_part_of_a_second: not_believed(Part::Claims, |c| c["nbf"] = json!(0.5), FORM);
    by_a_token_of_the_future: not_believed(Part::Claims, |c| moved(c, "iat", 61), TIME);
    by_a_token_from_before_the_sign_in: not_believed(Part::Claims, |c| moved(c, "iat", -61), TIME);
    by_a_token_of_nobody_knows_when: not_read(Part::Claims, |c| without(c, "iat"));
    by_a_token_with_another_nonce: not_believed(Part::Claims, |c| c["nonce"] = json!("0".repeat(64)), NONCE);
    by_a_token_without_a_nonce: not_believed(Part::Claims, |c| without(c, "nonce"), NONCE);
    by_a_token_without_a_subject: not_read(Part::Claims, |c| without(c, "sub"));
    by_a_token_with_an_empty_subject: not_believed(Part::Claims, |c| c["sub"] = json!(""), SUBJECT);
    by_a_token_with_an_endless_subject: not_believed(Part::Claims, |c| c["sub"] = json!("s".repeat(256)), SUBJECT);
    by_a_token_whose_subject_is_a_number: not_read(Part::Claims, |c| c["sub"] = json!(1));
    by_an_answer_without_a_token: not_believed_at_all(|answer| without(answer, "id_token"));
    by_an_answer_whose_token_is_none: not_believed_at_all(|answer| answer["id_token"] = json!("canary"));
    by_an_answer_whose_token_lost_a_part: not_believed_at_all(|answer| {
        let token = answer["id_token"].as_str().expect("there is one").rsplit_once('.').expect("it has parts").0.to_owned();
        answer["id_token"] = json!(token);
    });
}

async fn not_believed_at_all(edit: fn(&mut Value)) {
    not_read(Part::Answer, edit).await;
}

/// The signature of a token that was good, under other claims.
#[tokio::test]
async fn a_token_that_was_changed_on_the_way_lets_nobody_in() {
    let entrance = Entrance::start().await;
    entrance.identity.edit(Part::Answer, |answer| {
        let token = answer["id_token"].as_str().expect("there is one");
        let (body, signature) = token.rsplit_once('.').expect("it has parts");
        let last = if body.ends_with('0') { "1" } else { "0" };
        // The last characters are of the closing brace; the ones before are of a claim.
        let (kept, rest) = body.split_at(body.len() - 12);
        answer["id_token"] = json!(format!("{kept}{last}{}.{signature}", &rest[1..]));
    });
    let came = entrance.come().await;
    assert!([403, 502].contains(&came.status), "{came:?}");
    assert_eq!(entrance.recorded().await, Vec::<String>::new());
}

/// A token that somebody took from an earlier sign-in is given for the code of a later one.
#[tokio::test]
async fn a_token_of_an_earlier_sign_in_lets_nobody_in() {
    let entrance = Entrance::start().await;
    let taken = std::sync::Arc::new(std::sync::Mutex::new(Value::Null));
    let keep = std::sync::Arc::clone(&taken);
    entrance.identity.edit(Part::Answer, move |answer| {
        *keep.lock().expect("nobody panicked") = answer["id_token"].clone();
    });
    entrance.come().await.is(303);
    let token = taken.lock().expect("nobody panicked").clone();
    entrance.identity.edit(Part::Answer, move |answer| answer["id_token"] = token.clone());
    refused(entrance.come().await, 403, NONCE);
}

#[tokio::test]
async fn clocks_may_be_a_minute_apart() {
    let entrance = Entrance::start().await;
    for (name, seconds) in [("exp", -3_600 - 59), ("nbf", 60), ("iat", 60), ("iat", -60)] {
        entrance.identity.edit(Part::Claims, move |claims| moved(claims, name, seconds));
        entrance.come().await.is(303);
    }
}

#[tokio::test]
async fn tokens_are_believed_by_every_kind_of_key() {
    let entrance = Entrance::start().await;
    entrance.come().await.is(303);
    for alg in ["RS256", "PS256"] {
        entrance.identity.add_key(Key::rsa(alg, alg));
        entrance.stage.pass(jiff::SignedDuration::from_mins(1));
        entrance.come().await.is(303);
    }
    // A party that asked for it, and an audience in a list, are as well.
    entrance.identity.edit(Part::Claims, |claims| {
        claims["azp"] = claims["aud"].clone();
        claims["aud"] = json!([claims["aud"]]);
    });
    entrance.come().await.is(303);
}

/// Some providers write a truth or a time as a text (Auth0's `updated_at`, Apple's `email_verified`).
#[tokio::test]
async fn what_providers_write_in_their_own_way_beside_it_keeps_nobody_out() {
    let entrance = Entrance::start().await;
    entrance.identity.edit(Part::Claims, |claims| {
        claims["email_verified"] = json!("true");
        claims["updated_at"] = json!("2026-11-09T08:00:00.000Z");
        claims["address"] = json!({"country": "DE"});
        claims["cognito:groups"] = json!(["a", "b"]);
        without(claims, "nbf");
    });
    entrance.identity.methods(Some(&["client_secret_post", "something_new"]));
    entrance.identity.edit(Part::Description, |said| {
        said["claims_supported"] = json!(["sub", "anything"]);
        said["response_modes_supported"] = json!(["query", "fragment", "something.new"]);
        said["grant_types_supported"] = json!(["authorization_code", "urn:something:new"]);
        said["id_token_signing_alg_values_supported"] = json!(["ES256", "ES256K", "something-new"]);
        said["check_session_iframe"] = json!("https://login.example/session");
    });
    entrance.come().await.is(303);
}
