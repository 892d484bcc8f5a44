//! What is known after a write to Acronis that did not succeed. The code in the body leads, because the
//! same case comes under several statuses (Acronis Account Management API v2, Error codes).

use super::AcronisError;
use super::error::{code_and_text, is_alert_error, is_blank, is_of_alert_manager};
use crate::http::{Outcome, Reply};
use serde::de::IgnoredAny;
use std::time::Duration;

/// The cases a caller acts on differently.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AcronisWriteError {
    /// Certainly not carried out: the version sent is not the newest, so that somebody changed it meanwhile.
    #[error("it was changed in Acronis meanwhile: {0}")]
    Stale(String),
    /// Certainly not carried out: another tenant has the name.
    #[error("another tenant in Acronis has the name: {0}")]
    NameTaken(String),
    /// Certainly not carried out, and no use to send again as it is.
    #[error("Acronis refuses it: {text}")]
    Refused {
        /// The vendor's code, where it gives one.
        code: Option<i64>,
        /// What it said.
        text: String,
    },
    /// Certainly not carried out, and may be sent again after a wait.
    #[error("Acronis did not run it: {text}")]
    NotRun {
        /// How long the vendor wants to be left alone, where it says so.
        retry_after: Option<Duration>,
        /// What it said.
        text: String,
    },
    /// Nobody knows whether it was carried out; a read tells.
    #[error("it is not known whether Acronis ran it: {0}")]
    Unknown(String),
}

/// The codes that are told apart: version mismatch, and tenant name conflict.
const VERSION_MISMATCH: i64 = 1001;
const NAME_CONFLICT: i64 = 1004;

impl AcronisWriteError {
    /// A no of our own, before anything is sent.
    pub(super) fn refused(text: impl Into<String>) -> Self {
        Self::Refused { code: None, text: text.into() }
    }

    pub(super) fn not_run(text: impl Into<String>) -> Self {
        Self::NotRun { retry_after: None, text: text.into() }
    }

    fn of(reply: &Reply) -> Self {
        let (code, text) = code_and_text(reply);
        match (code, reply.status) {
            (Some(VERSION_MISMATCH), _) => Self::Stale(text),
            (Some(NAME_CONFLICT), _) => Self::NameTaken(text),
            // The rest of the vendor's table says no, but for 1000, an internal error, and 1019, a service
            // that cannot be reached: these may come in the midst of the work.
            (Some(1002..=1018 | 1020..=1035), _) => Self::Refused { code, text },
            // A login that is not accepted any more says nothing of what was to be written.
            (_, 401 | 429) => Self::NotRun { retry_after: reply.retry_after, text },
            // A server that waited too long for the request need not have waited for its end.
            (_, 408) => Self::Unknown(text),
            (_, 400..=499) => Self::Refused { code, text },
            _ => Self::Unknown(text),
        }
    }
}

/// The reply to a write that was carried out, or what is known of it otherwise.
pub(super) fn success_of_write(outcome: Outcome) -> Result<Reply, AcronisWriteError> {
    let reply = match outcome {
        Outcome::NotSent(text) => return Err(AcronisWriteError::not_run(text)),
        Outcome::NoReply(text) => return Err(AcronisWriteError::Unknown(text)),
        Outcome::Reply(reply) => reply,
    };
    // The words of an error lead also where the status says yes.
    if code_and_text(&reply).0.is_some() || is_alert_error(&reply) {
        return Err(AcronisWriteError::of(&reply));
    }
    match reply.status {
        204 => Ok(reply),
        200 | 201 if is_blank(&reply) || serde_json::from_slice::<IgnoredAny>(&reply.body).is_ok() => Ok(reply),
        // A page that is no JSON did not come from Acronis's own code.
        200 | 201 => Err(AcronisWriteError::Unknown(reply.unreadable("expected JSON"))),
        _ => Err(AcronisWriteError::of(&reply)),
    }
}

/// What is known after dismissing an alert: whether it was there.
pub(super) fn success_of_dismissal(outcome: Outcome) -> Result<bool, AcronisWriteError> {
    match &outcome {
        Outcome::Reply(reply) if reply.status == 404 && is_of_alert_manager(reply) => Ok(false),
        _ => success_of_write(outcome).map(|_| true),
    }
}

/// A read that a write needed first: the write was not sent.
impl From<AcronisError> for AcronisWriteError {
    fn from(error: AcronisError) -> Self {
        match error {
            AcronisError::Forbidden(text) | AcronisError::NotFound(text) => Self::refused(text),
            AcronisError::Failed(text) => Self::not_run(text),
            // Its words say what to check.
            error @ AcronisError::Unauthorized(_) => Self::not_run(error.to_string()),
        }
    }
}
