//! What is asked of every request before anybody looks at it, and said with every answer: under which name the console
//! was called, that a form comes from its own pages, and what a browser may do with a page.

use super::pages::Failure;
use super::{Console, Site};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Nothing but our own files, and nothing that stands in a page itself.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SAID_ALWAYS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];
/// Two years.
const HSTS: &str = "max-age=63072000";

/// Refuses what no page of ours sends, and says with every answer what a browser may do with it.
pub(super) async fn guard(State(console): State<Console>, request: Request, next: Next) -> Response {
    let mut answer = match check(console.site, request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(failure) => failure.into_response(),
    };
    let headers = answer.headers_mut();
    for (name, value) in SAID_ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if console.site == Site::Https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    // What is no file of ours is nothing that anybody may keep.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

fn check(site: Site, method: &Method, headers: &HeaderMap) -> Result<(), Failure> {
    let host = the_only(headers, &header::HOST)?.ok_or(Failure::WrongHost)?;
    let origin = match site {
        // A page from elsewhere whose name was made to mean this machine comes with its own name.
        Site::Loopback(address) if host != address.to_string() => return Err(Failure::WrongHost),
        Site::Loopback(_) => format!("http://{host}"),
        Site::Https => format!("https://{host}"),
    };
    if method == Method::GET || method == Method::HEAD {
        return Ok(());
    }
    let from = the_only(headers, &header::ORIGIN)?;
    match (the_only(headers, &SEC_FETCH_SITE)?, from) {
        // Browsers hide the origin of a form where pages send no referrer (Fetch standard, Origin header).
        (Some("same-origin"), None | Some("null")) => Ok(()),
        (Some("same-origin") | None, Some(from)) if from == origin => Ok(()),
        _ => Err(Failure::Forged),
    }
}

/// A header's value, where it is there; an error where it is there twice, or is no text.
fn the_only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Failure> {
    let mut values = headers.get_all(name).iter();
    let first = values.next().map(|value| value.to_str()).transpose();
    match (first, values.next()) {
        (Ok(first), None) => Ok(first),
        _ => Err(Failure::Forged),
    }
}
