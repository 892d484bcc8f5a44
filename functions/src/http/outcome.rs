//! What is known after a request: that it never left, that nobody knows, or the reply. Texts made here
//! carry method, path, status and a cut of the body; never a query string, a token or a secret.

use crate::context::Secret;
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;
use std::error::Error;
use std::time::Duration;

/// Enough to recognise an error, too little for a list of names.
const MOST_BODY_CHARACTERS: usize = 300;

/// What is known after one request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It provably never left: no address, no connection, no agreement on TLS, or no time.
    NotSent(String),
    /// It may have been carried out: a time-out, a reset, a reply cut short.
    NoReply(String),
    /// There is a reply.
    Reply(Reply),
}

/// A reply, read whole.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
    pub(super) place: Place,
}

impl Reply {
    /// Whether it says "not now" rather than "no".
    pub(crate) fn is_passing_trouble(&self) -> bool {
        matches!(self.status, 429 | 500 | 502 | 503 | 504)
    }

    /// Method, path, status and a cut of the body.
    pub(crate) fn text(&self) -> String {
        self.text_with(&String::from_utf8_lossy(&self.body))
    }

    /// Method, path, status and a cut of `words`, taken from the body.
    pub(crate) fn text_with(&self, words: &str) -> String {
        let words = self.place.cut(words);
        let status = self.status;
        self.place.text(&if words.is_empty() {
            format!("status {status}")
        } else {
            format!("status {status}: {words}")
        })
    }

    /// The body as JSON. The error says where it cannot be read and shows nothing of it but that value.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_slice(&self.body).map_err(|error| self.unreadable(&error.to_string()))
    }

    /// That a reply says something that cannot be used.
    pub(crate) fn unreadable(&self, why: &str) -> String {
        self.place.text(&format!("the reply cannot be used: {}", self.place.cut(why)))
    }
}

/// Method and path of a request, and what must not appear beside them.
#[derive(Debug, Clone)]
pub(super) struct Place {
    line: String,
    hidden: Vec<Secret>,
}

impl Place {
    pub(super) fn new(method: &Method, url: &Url, hidden: &[Secret]) -> Self {
        Self { line: format!("{method} {}", url.path()), hidden: hidden.to_vec() }
    }

    pub(super) fn text(&self, words: &str) -> String {
        format!("{}: {words}", self.line)
    }

    /// The words of a failed request. The URL is taken out because of its query string.
    pub(super) fn failure(&self, what: &str, error: reqwest::Error) -> String {
        let error = error.without_url();
        let mut words = format!("{what}: {error}");
        let mut cause = error.source();
        while let Some(inner) = cause {
            words.push_str(": ");
            words.push_str(&inner.to_string());
            cause = inner.source();
        }
        self.text(&self.cut(&words))
    }

    /// One line, without secrets, at most 300 characters.
    fn cut(&self, words: &str) -> String {
        let mut words = words.to_owned();
        for secret in self.hidden.iter().filter(|secret| !secret.expose().is_empty()) {
            words = words.replace(secret.expose(), "[secret]");
        }
        let plain = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        line.chars().take(MOST_BODY_CHARACTERS).collect()
    }
}
