//! What is asked of every request before anybody looks at it, and said with every answer: under which name the console
//! was called, that a form comes from its own pages, and what a browser may do with a page.

use super::pages::Failure;
use super::{Console, Site};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use lambda_http::request::RequestContext;

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

/// Where the console was called, such as `https://….lambda-url.eu-central-1.on.aws`: not as the caller says it, but as we
/// know it ourselves, so that people may be sent back there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin(pub(super) String);

/// Refuses what no page of ours sends, and says with every answer what a browser may do with it.
pub(super) async fn guard(State(console): State<Console>, mut request: Request, next: Next) -> Response {
    let mut answer = match check(console.site, &request) {
        Ok(origin) => {
            if let Some(origin) = origin {
                request.extensions_mut().insert(origin);
            }
            next.run(request).await
        }
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

/// Where the console was called, where that is sure.
fn check(site: Site, request: &Request) -> Result<Option<Origin>, Failure> {
    let headers = request.headers();
    let host = the_only(headers, &header::HOST)?.ok_or(Failure::WrongHost)?;
    let (origin, is_sure) = match (site, name_at_lambda(request)) {
        // A page from elsewhere whose name was made to mean this machine comes with its own name.
        (Site::Loopback(address), _) if host != address.to_string() => return Err(Failure::WrongHost),
        (Site::Loopback(_), _) => (format!("http://{host}"), true),
        // Lambda says by which name it was called, and that is the function's own (AWS Lambda developer guide, Function
        // URLs); whatever stands there besides is somebody's invention.
        (Site::Https, Some(name)) if host != name || !is_function_url(name) => return Err(Failure::WrongHost),
        (Site::Https, name) => (format!("https://{host}"), name.is_some()),
    };
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let from = the_only(headers, &header::ORIGIN)?;
        match (the_only(headers, &SEC_FETCH_SITE)?, from) {
            // Browsers hide the origin of a form where pages send no referrer (Fetch standard, Origin header).
            (Some("same-origin"), None | Some("null")) => {}
            (Some("same-origin") | None, Some(from)) if from == origin => {}
            _ => return Err(Failure::Forged),
        }
    }
    Ok(is_sure.then_some(Origin(origin)))
}

/// The name by which Lambda was called, as Lambda itself says it.
fn name_at_lambda(request: &Request) -> Option<&str> {
    match request.extensions().get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.domain_name.as_deref(),
        _ => None,
    }
}

/// Whether a name is a function URL's: `ID.lambda-url.REGION.on.aws` (AWS Lambda developer guide, Function URLs).
fn is_function_url(name: &str) -> bool {
    let is_label =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    let parts: Vec<&str> = name.split('.').collect();
    matches!(parts[..], [id, "lambda-url", region, "on", "aws"] if is_label(id) && is_label(region))
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
