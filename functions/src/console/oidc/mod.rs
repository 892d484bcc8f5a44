//! Coming in by a provider of OpenID Connect: the authorization code flow with PKCE. A browser leaves for the provider with
//! a state of its own, and comes back with that state and a code, once and within ten minutes; the code is changed into
//! a token that says who it is. What is wrong with it is told, and nobody is let in.

mod provider;
mod token;

pub use provider::Provider;

use super::fields::Asked;
use super::gates::Anybody;
use super::pages::{Failure, go_to};
use super::sessions::{self, Cookie, is_id};
use super::sign_in::{let_in, not_let_in};
use super::words::Shown;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Response};
use shared::sign_in::{Comer, SignIn};
use url::form_urlencoded::Serializer;

/// Where one leaves for the provider.
pub(super) const LEAVE: &str = "/sign-in/provider";
/// Where one comes back; the provider has to know it as a redirect URI.
pub(super) const COME_BACK: &str = "/sign-in/callback";
/// No path of ours is longer.
const MOST_PATH_BYTES: usize = 1_000;
/// What is shown of the words of others.
const MOST_WORDS: usize = 300;

/// Why nobody is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Refusal {
    /// What came back belongs to no sign-in of this browser.
    NotBegunHere,
    /// The provider lets nobody in, and says why.
    ByProvider(String),
    /// What the provider says is not to be believed.
    NotBelieved(String),
    /// The provider gives no answer that could be used. It is logged; people are told nothing more.
    NoAnswer(String),
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotBegunHere | Self::ByProvider(_) | Self::NotBelieved(_) => StatusCode::FORBIDDEN,
            Self::NoAnswer(_) => StatusCode::BAD_GATEWAY,
        }
    }

    fn words(&self) -> String {
        match self {
            Self::NotBegunHere => {
                "This sign-in was not begun in this browser, is done already, or took longer than ten \
                                   minutes. Sign in once more."
                    .to_owned()
            }
            Self::ByProvider(why) => format!("The provider did not let you in: {}", cut(why)),
            Self::NotBelieved(why) => format!("What the provider says of you is not to be believed: {}.", cut(why)),
            Self::NoAnswer(_) => {
                "The provider gives no answer that can be used. Try again; if it stays so, the log says \
                                  why."
                    .to_owned()
            }
        }
    }
}

fn cut(words: &str) -> String {
    words.chars().take(MOST_WORDS).collect()
}

/// The link by which one leaves for the provider, and then goes on to a path of ours.
pub(super) fn way_to(path: Option<&str>) -> String {
    match path.filter(|path| is_path(path)) {
        Some(path) => format!("{LEAVE}?{}", Serializer::new(String::new()).append_pair("to", path).finish()),
        None => LEAVE.to_owned(),
    }
}

/// Whether a browser takes a text for a path on the very host that says it, whatever stands in it.
fn is_path(text: &str) -> bool {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    is_plain && text.len() <= MOST_PATH_BYTES && text.starts_with('/') && !text.starts_with("//")
}

pub(super) async fn leave(who: Anybody, asked: Asked) -> Result<Response, Failure> {
    let console = &who.console;
    let provider = console.provider.as_ref().ok_or(Failure::NoSuchPage)?;
    let redirect_uri = redirect_uri(&who)?;
    let (state, browser) = (sessions::random_id()?, sessions::random_id()?);
    let sign_in = SignIn {
        browser: sessions::hash(&browser),
        nonce: sessions::random_id()?,
        verifier: sessions::random_id()?,
        began: console.clock.now(),
        to: asked.field("to").filter(|path| is_path(path)).unwrap_or("/").to_owned(),
    };
    let url = match provider.way_in(&sign_in, &state, redirect_uri, sign_in.began).await {
        Ok(url) => url,
        Err(refusal) => return refused(&who, &refusal),
    };
    console.store.begin_sign_in(&sessions::hash(&state), &sign_in).await?;
    Ok((AppendHeaders([(SET_COOKIE, Cookie::SignIn.set(console.site, &browser))]), go_to(url.as_str())).into_response())
}

pub(super) async fn come_back(who: Anybody, asked: Asked) -> Result<Response, Failure> {
    let provider = who.console.provider.as_ref().ok_or(Failure::NoSuchPage)?;
    let redirect_uri = redirect_uri(&who)?;
    let Some(sign_in) = begun_here(&who, &asked).await? else { return refused(&who, &Refusal::NotBegunHere) };
    let came = match code_in(provider, &asked) {
        Ok(code) => provider.who_came(code, &sign_in, redirect_uri, who.console.clock.now()).await,
        Err(refusal) => Err(refusal),
    };
    match came {
        Ok((id, name)) => {
            let admin_because =
                provider.is_first_admin(&id).then_some("whom the deployment names as first administrator");
            let done = AppendHeaders([(SET_COOKIE, Cookie::SignIn.take_away(who.console.site))]);
            Ok((done, let_in(&who, &Comer { id, name, admin_because }, &sign_in.to).await?).into_response())
        }
        Err(refusal) => refused(&who, &refusal),
    }
}

/// Where the provider sends people back to.
fn redirect_uri(who: &Anybody) -> Result<String, Failure> {
    let origin = who.origin.as_ref().ok_or(Failure::WrongHost)?;
    Ok(format!("{}{COME_BACK}", origin.0))
}

/// The sign-in that comes back to the browser in which it was begun, in time and for the first time.
async fn begun_here(who: &Anybody, asked: &Asked) -> anyhow::Result<Option<SignIn>> {
    let browser = Cookie::SignIn.id_in(&who.headers, who.console.site);
    let (Some(browser), Some(state)) = (browser, asked.field("state").filter(|state| is_id(state))) else {
        return Ok(None);
    };
    let taken = who.console.store.take_sign_in(&sessions::hash(state), &sessions::hash(&browser)).await?;
    Ok(taken.filter(|sign_in| !sign_in.is_over(who.console.clock.now())))
}

/// The code with which the provider sent somebody back. Only who was sent there by us is told its words: a link could say
/// anything.
fn code_in<'a>(provider: &Provider, asked: &'a Asked) -> Result<&'a str, Refusal> {
    if let Some(error) = asked.field("error") {
        let more = asked.field("error_description").map(|more| format!(" ({more})")).unwrap_or_default();
        return Err(Refusal::ByProvider(match error {
            "access_denied" => format!("you, or an administrator there, did not agree{more}."),
            other => format!("{other}{more}."),
        }));
    }
    // RFC 9207: a provider that says who it is says who it is.
    if asked.field("iss").is_some_and(|issuer| issuer != provider.issuer()) {
        return Err(Refusal::NotBelieved("another provider answered".to_owned()));
    }
    asked.field("code").ok_or_else(|| Refusal::NotBelieved("it gave no code".to_owned()))
}

fn refused(who: &Anybody, refusal: &Refusal) -> Result<Response, Failure> {
    match refusal {
        Refusal::NoAnswer(why) => tracing::error!("nobody can sign in: {why}"),
        other => tracing::warn!("somebody was not let in: {}", Shown::of(other.words())),
    }
    not_let_in(&who.console, refusal.status(), Shown::of(refusal.words()))
}
