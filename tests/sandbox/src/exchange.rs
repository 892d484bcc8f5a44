//! One HTTP request as read and one answer as built, without any vendor's meaning.

use crate::faults::PageTrick;
use hyper::HeaderMap;
use serde::Serialize;

/// A request, read whole.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) trick: Option<PageTrick>,
}

impl Ask {
    /// The path's parts without empty ones, so that a trailing slash does not matter.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|part| !part.is_empty()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A decoded query parameter; an empty one counts as absent.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_empty())
            .map(|(_, value)| value.into_owned())
    }

    /// A comma list from a query parameter.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<String>> {
        self.parameter(name)
            .map(|text| text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
    }

    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.parameter(name).is_some_and(|text| matches!(text.to_ascii_lowercase().as_str(), "true" | "1" | "yes"))
    }
}

/// An answer before it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        Self {
            status,
            content_type: "application/json; charset=utf-8",
            retry_after: None,
            body: serde_json::to_vec(body).expect("answers are built from plain JSON types"),
        }
    }

    pub(crate) fn ok(body: &impl Serialize) -> Self {
        Self::json(200, body)
    }

    /// 204 without a body.
    pub(crate) fn empty() -> Self {
        Self::text(204, "application/json; charset=utf-8", Vec::new())
    }

    pub(crate) fn text(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type, retry_after: None, body: body.into() }
    }
}
