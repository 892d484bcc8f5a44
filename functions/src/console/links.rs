//! The one-time links by which the person at the machine comes in: whoever can read what it prints. Each is valid once
//! and for ten minutes, and only the latest one.

use super::sessions;
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long a link is valid.
pub const LINK_LASTS: SignedDuration = SignedDuration::from_mins(10);
/// How soon another one may be asked for: nobody is to fill the terminal.
const NOT_AGAIN_WITHIN: SignedDuration = SignedDuration::from_secs(30);

/// The link that is valid, and where links are told. Clones share it.
#[derive(Clone)]
pub struct Links {
    latest: Arc<Mutex<Latest>>,
    /// What a link begins with, such as `http://127.0.0.1:8421`.
    origin: String,
    tell: Arc<dyn Fn(&str) + Send + Sync>,
}

#[derive(Default)]
struct Latest {
    told_at: Option<Timestamp>,
    /// None once it was used.
    token: Option<String>,
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Links {
    /// Links that begin with `origin`, each given to `tell`.
    pub fn new(origin: impl Into<String>, tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { latest: Arc::default(), origin: origin.into(), tell: Arc::new(tell) }
    }

    /// Tells a new link, which ends the one before. False: one was told a moment ago.
    pub fn tell_new(&self, now: Timestamp) -> anyhow::Result<bool> {
        let token = sessions::random_id()?;
        let link = format!("{}/sign-in?token={token}", self.origin);
        let mut latest = self.latest();
        if latest.told_at.is_some_and(|told| now.duration_since(told) < NOT_AGAIN_WITHIN) {
            return Ok(false);
        }
        *latest = Latest { told_at: Some(now), token: Some(token) };
        drop(latest);
        (self.tell)(&link);
        Ok(true)
    }

    /// Whether this is the token of the latest link, in time and for the first time.
    pub(super) fn take(&self, token: &str, now: Timestamp) -> bool {
        let mut latest = self.latest();
        let is_late = latest.told_at.is_none_or(|told| now.duration_since(told) >= LINK_LASTS);
        let is_it = latest.token.as_deref().is_some_and(|known| sessions::is_same(known, token));
        if is_late || is_it {
            latest.token = None;
        }
        is_it && !is_late
    }

    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
