//! How Acronis says no. The code in the body leads, because the same case comes under several
//! statuses (Acronis Account Management API v2, Error codes). The Alert Manager has words for codes, and
//! there the status leads (Acronis Alert Manager API 1.0).

use crate::http::Reply;
use serde::Deserialize;
use serde_json::Value;

/// What a caller can tell apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AcronisError {
    /// The client id, its secret, or a fresh token is not accepted.
    #[error(
        "Acronis does not let us in; check ACRONIS_CLIENT_ID and ACRONIS_CLIENT_SECRET, and that the API client is \
         enabled: {0}"
    )]
    Unauthorized(String),
    /// The API client may not do this.
    #[error("Acronis forbids it: {0}")]
    Forbidden(String),
    /// There is no such thing, or none that we may see.
    #[error("Acronis has no such thing: {0}")]
    NotFound(String),
    /// Anything else.
    #[error("Acronis: {0}")]
    Failed(String),
}

/// The codes that are told apart: access denied, and tenant not found.
const ACCESS_DENIED: i64 = 1002;
const TENANT_NOT_FOUND: i64 = 1005;

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorWords,
}

#[derive(Deserialize)]
struct ErrorWords {
    #[serde(default)]
    code: Value,
    #[serde(default)]
    message: Value,
    #[serde(default)]
    details: Value,
}

/// The words of the Alert Manager, which stand bare.
#[derive(Deserialize)]
struct BareWords {
    #[serde(rename = "domain")]
    _domain: String,
    code: String,
    #[serde(default)]
    reason: Value,
}

fn bare_words(reply: &Reply) -> Option<BareWords> {
    serde_json::from_slice(&reply.body).ok()
}

/// Whether the body is an error of the Alert Manager, under any status.
pub(super) fn is_alert_error(reply: &Reply) -> bool {
    bare_words(reply).is_some()
}

/// Whether a reply that says no can be the Alert Manager's own. A page of another server, or the words of another
/// service, say nothing of alerts.
pub(super) fn is_of_alert_manager(reply: &Reply) -> bool {
    is_blank(reply) || is_alert_error(reply)
}

/// Whether a reply has nothing in it.
pub(super) fn is_blank(reply: &Reply) -> bool {
    reply.body.iter().all(u8::is_ascii_whitespace)
}

/// The code of a reply that says no, and its text.
pub(super) fn code_and_text(reply: &Reply) -> (Option<i64>, String) {
    if let Some(BareWords { code, reason, .. }) = bare_words(reply) {
        let reason = reason.as_str().map(|reason| format!(", {reason}")).unwrap_or_default();
        return (None, reply.text_with(&format!("code {code}{reason}")));
    }
    let words = serde_json::from_slice::<ErrorBody>(&reply.body).ok().map(|body| body.error);
    let Some(words) = words else { return (None, reply.text()) };
    // The code is a number or a text; codes outside the vendor's table repeat the status.
    let code = match &words.code {
        Value::Number(code) => code.as_i64(),
        Value::String(code) => code.trim().parse().ok(),
        _ => None,
    };
    let text = match (code, words.message.as_str(), words.details["info"].as_str()) {
        (Some(code), Some(message), Some(info)) => reply.text_with(&format!("code {code}, {message}: {info}")),
        (Some(code), Some(message), None) => reply.text_with(&format!("code {code}, {message}")),
        _ => reply.text(),
    };
    (code, text)
}

impl AcronisError {
    /// The error a reply stands for.
    pub(super) fn of(reply: &Reply) -> Self {
        let (code, text) = code_and_text(reply);
        match (code, reply.status) {
            (Some(ACCESS_DENIED), _) => Self::Forbidden(text),
            (Some(TENANT_NOT_FOUND), _) => Self::NotFound(text),
            (_, 401) => Self::Unauthorized(text),
            (_, 403) => Self::Forbidden(text),
            (_, 404) => Self::NotFound(text),
            _ => Self::Failed(text),
        }
    }
}
