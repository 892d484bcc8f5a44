//! How Autotask says no (Autotask developer help, REST error handling): an array of texts, under
//! statuses that say little. After a write the question is whether it was carried out (U6).

use crate::http::{Outcome, Reply};
use serde::Deserialize;
use std::time::Duration;

/// Why a read gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AutotaskError {
    /// The user or the secret is not accepted, or the database is in another zone.
    #[error(
        "Autotask does not let us in; check the user name and the secret (AUTOTASK_USER_NAME, AUTOTASK_SECRET): {0}"
    )]
    Unauthorized(String),
    /// Autotask understood and said no: an unknown user or integration code, a missing permission.
    #[error(
        "Autotask refuses; check the integration code (AUTOTASK_INTEGRATION_CODE) and the API user's security level: {0}"
    )]
    Refused(String),
    /// Our share of the hourly limit is used up; nothing was sent (B1).
    #[error("our share of Autotask's hourly limit is used up; the rest waits for the next run")]
    BudgetSpent,
    /// Anything else.
    #[error("Autotask: {0}")]
    Failed(String),
}

/// What is known after a write that did not succeed (U6).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// Certainly not carried out, and may be sent again after a wait.
    #[error("Autotask did not run it: {text}")]
    NotRun {
        /// How long the vendor wants to be left alone, where it says so.
        retry_after: Option<Duration>,
        /// What it said.
        text: String,
    },
    /// Refused because the same is there already; a read tells which.
    #[error("Autotask refuses it as a duplicate: {0}")]
    Duplicate(String),
    /// Certainly not carried out, and no use to send again as it is.
    #[error("Autotask refuses it: {0}")]
    Refused(String),
    /// Nobody knows whether it was carried out; a read tells.
    #[error("it is not known whether Autotask ran it: {0}")]
    Unknown(String),
    /// Our share of the hourly limit is used up; nothing was sent (B1).
    #[error("our share of Autotask's hourly limit is used up; the rest waits for the next run")]
    BudgetSpent,
}

/// The words of a reply that says no: Autotask's own `errors`, or the `Message` of its web server.
#[derive(Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    errors: Option<Vec<serde_json::Value>>,
    #[serde(default, rename = "Message")]
    message: Option<serde_json::Value>,
}

impl ErrorBody {
    /// The texts of `errors`, as one; none where there are none.
    fn words(self) -> Option<String> {
        let errors = self.errors.filter(|errors| !errors.is_empty())?;
        let word = |error: serde_json::Value| match error {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        Some(errors.into_iter().map(word).collect::<Vec<_>>().join("; "))
    }
}

/// What a reply is, before anybody asks what it is worth to a read or a write.
enum Answer {
    Success,
    TooManyAtATime,
    HourIsFull,
    Errors(String),
    Other,
}

impl Answer {
    fn of(reply: &Reply) -> Self {
        let mut body: ErrorBody = serde_json::from_slice(&reply.body).unwrap_or_default();
        let message = body.message.take().and_then(|message| message.as_str().map(str::to_owned));
        let errors = body.words();
        // The limits come under several statuses, but only in Autotask's own words: a gateway's page that
        // speaks of thresholds says nothing of what Autotask is doing meanwhile.
        if let Some(said) = errors.clone().or(message).map(|said| said.to_lowercase()) {
            if said.contains("thread threshold") || said.contains("itgenatr005") {
                return Self::TooManyAtATime;
            }
            let is_of_requests = said.contains("request threshold") || said.contains("requests threshold");
            if is_of_requests || said.contains("requests per hour") || said.contains("hourly limit") {
                return Self::HourIsFull;
            }
        }
        match (reply.status, errors) {
            (429, _) => Self::TooManyAtATime,
            (_, Some(words)) => Self::Errors(words),
            (200, None) => Self::Success,
            (_, None) => Self::Other,
        }
    }
}

/// Whether a read's reply stands, or is worth another attempt.
pub(super) fn is_final(reply: &Reply) -> bool {
    match Answer::of(reply) {
        Answer::TooManyAtATime => false,
        // The window is an hour long; no wait of ours outlasts it, unless the vendor names a short one.
        Answer::HourIsFull => reply.retry_after.is_none(),
        Answer::Success | Answer::Errors(_) => true,
        Answer::Other => !reply.is_passing_trouble(),
    }
}

/// The reply to a read, if it is one that can be read.
pub(super) fn success_of_read(outcome: Outcome) -> Result<Reply, AutotaskError> {
    let reply = match outcome {
        Outcome::Reply(reply) => reply,
        Outcome::NotSent(text) | Outcome::NoReply(text) => return Err(AutotaskError::Failed(text)),
    };
    match (Answer::of(&reply), reply.status) {
        (Answer::Success, _) => Ok(reply),
        (Answer::Errors(words), 401) => Err(AutotaskError::Unauthorized(reply.text_with(&words))),
        (Answer::Errors(words), _) => Err(AutotaskError::Refused(reply.text_with(&words))),
        (Answer::Other, 401) => Err(AutotaskError::Unauthorized(reply.text())),
        (Answer::Other, 403) => Err(AutotaskError::Refused(reply.text())),
        _ => Err(AutotaskError::Failed(reply.text())),
    }
}

/// The reply to a write that was carried out, or what is known of it otherwise (U6).
pub(super) fn success_of_write(outcome: Outcome) -> Result<Reply, WriteError> {
    let reply = match outcome {
        Outcome::NotSent(text) => return Err(WriteError::NotRun { retry_after: None, text }),
        Outcome::NoReply(text) => return Err(WriteError::Unknown(text)),
        Outcome::Reply(reply) => reply,
    };
    match (Answer::of(&reply), reply.status) {
        // A page that is no JSON did not come from Autotask's own code.
        (Answer::Success, _) if serde_json::from_slice::<ErrorBody>(&reply.body).is_err() => {
            Err(WriteError::Unknown(reply.unreadable("expected JSON")))
        }
        (Answer::Success, _) => Ok(reply),
        // A login that is not accepted any more says nothing of the line: it may be sent again later.
        (Answer::TooManyAtATime | Answer::HourIsFull, _) | (_, 401) => {
            Err(WriteError::NotRun { retry_after: reply.retry_after, text: reply.text() })
        }
        (Answer::Errors(words), _) if words.to_lowercase().contains("duplicate data") => {
            Err(WriteError::Duplicate(reply.text_with(&words)))
        }
        (Answer::Errors(words), _) => Err(WriteError::Refused(reply.text_with(&words))),
        // Turned away at the door, before any of the vendor's code ran.
        (Answer::Other, 403..=405) => Err(WriteError::Refused(reply.text())),
        (Answer::Other, _) => Err(WriteError::Unknown(reply.text())),
    }
}

/// A read that a write needed first: the write was not sent.
impl From<AutotaskError> for WriteError {
    fn from(error: AutotaskError) -> Self {
        match error {
            AutotaskError::BudgetSpent => Self::BudgetSpent,
            AutotaskError::Unauthorized(text) | AutotaskError::Refused(text) => Self::Refused(text),
            AutotaskError::Failed(text) => Self::NotRun { retry_after: None, text },
        }
    }
}
