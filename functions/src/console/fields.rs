//! What a request asks for: the fields of an address, and those of a form, which are believed only where they come
//! from a page of the same session.

use super::pages::Failure;
use super::{Console, sessions};
use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use std::collections::BTreeMap;
use std::time::Duration;
use url::form_urlencoded;

/// What a larger form could say, no form of ours has to.
const MOST_FORM_BYTES: usize = 64 << 10;
/// How long a form may take to arrive.
const SENT_WITHIN: Duration = Duration::from_secs(10);
/// The field that carries a session's token.
pub(super) const TOKEN_FIELD: &str = "form_token";

/// The token that a form has to carry; none where the gate asks for no session. Only gates say so.
#[derive(Clone)]
pub(super) struct FormToken(pub(super) Option<String>);

/// The fields of an address.
pub(super) struct Asked(BTreeMap<String, String>);

/// The fields of a form that was checked.
pub(super) struct Posted(BTreeMap<String, String>);

impl Asked {
    /// A field, if it is there.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl Posted {
    /// A field, which has to be there.
    pub(super) fn field(&self, name: &str) -> Result<&str, Failure> {
        self.0.get(name).map(String::as_str).ok_or(Failure::Malformed("a field of the form is missing"))
    }

    /// A field, if it is there: a box that is not ticked is not.
    pub(super) fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// What the names of fields say after these letters.
    pub(super) fn named_with<'a>(&'a self, start: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.keys().filter_map(move |name| name.strip_prefix(start))
    }
}

/// Fields by name; one that is there twice means nothing.
fn fields_of(text: &[u8]) -> Result<BTreeMap<String, String>, Failure> {
    let mut fields = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(text) {
        if fields.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(Failure::Malformed("a field is there twice"));
        }
    }
    Ok(fields)
}

impl FromRequestParts<Console> for Asked {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Console) -> Result<Self, Failure> {
        fields_of(parts.uri.query().unwrap_or_default().as_bytes()).map(Self)
    }
}

impl FromRequest<Console> for Posted {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &Console) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
            return Err(Failure::Malformed("this is no form"));
        }
        let expected = parts.extensions.get::<FormToken>().ok_or(Failure::Forged)?;
        let body = match tokio::time::timeout(SENT_WITHIN, to_bytes(body, MOST_FORM_BYTES)).await {
            Ok(Ok(body)) => body,
            Ok(Err(_)) => return Err(Failure::Malformed("the form is too large")),
            Err(_) => return Err(Failure::Malformed("the form did not arrive")),
        };
        let fields = fields_of(&body)?;
        let given = fields.get(TOKEN_FIELD).map(String::as_str).unwrap_or_default();
        match &expected.0 {
            Some(token) if !sessions::is_same(token, given) => Err(Failure::Forged),
            _ => Ok(Self(fields)),
        }
    }
}
