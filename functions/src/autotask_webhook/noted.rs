//! What is kept of calls, for people who ask whether webhooks work: when one was taken last, and when one was refused.
//! Of connections that are not there nothing is kept, and nothing more than once a minute, whoever calls how often.

use super::call::{Call, Route};
use super::keys::Keys;
use crate::store::{CallHeard, Store};
use jiff::{SignedDuration, Timestamp};
use shared::ids::ConnectionId;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often one kind of call of one connection is kept.
const KEPT_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// The caller waits for it.
const KEPT_WITHIN: Duration = Duration::from_secs(1);

/// What was kept already; one for each process.
#[derive(Debug)]
pub(super) struct Noted {
    store: Option<Store>,
    last: Mutex<BTreeMap<(ConnectionId, CallHeard), Timestamp>>,
}

impl Noted {
    pub(super) fn new(store: Option<Store>) -> Self {
        Self { store, last: Mutex::default() }
    }

    /// Keeps what became of a call, by the status of its answer. That it cannot be kept is no reason to refuse it.
    pub(super) async fn note(&self, call: &Call, status: u16, now: Timestamp, keys: &Keys) {
        let heard = match status {
            200 => CallHeard::Taken,
            400 | 401 | 413 => CallHeard::Refused,
            _ => return,
        };
        let (Some(store), Ok(route)) = (&self.store, Route::of(call)) else { return };
        let connection = route.connection;
        if !keys.knows(&connection) || !self.is_due(&connection, heard, now) {
            return;
        }
        let kept = tokio::time::timeout(KEPT_WITHIN, store.note_webhook_call(&connection, heard, now));
        match Box::pin(kept).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%connection, "a call cannot be noted: {error:#}"),
            Err(_) => tracing::warn!(%connection, "a call cannot be noted in time"),
        }
    }

    fn is_due(&self, connection: &ConnectionId, heard: CallHeard, now: Timestamp) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.get(&(connection.clone(), heard));
        let is_due = before.is_none_or(|before| now.duration_since(*before).abs() >= KEPT_EVERY);
        if is_due {
            last.insert((connection.clone(), heard), now);
        }
        is_due
    }
}
