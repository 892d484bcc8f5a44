//! The keys of each connection, asked for where needed and kept for a minute. Asking for connections that
//! are not there is limited, so that nobody outside can make us ask without end.

use super::call::Refusal;
use crate::context::WebhookKeys;
use crate::secrets::Secrets;
use jiff::{SignedDuration, Timestamp};
use shared::ids::ConnectionId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How long keys are used before they are asked for again: a new key is known after as long.
const KEPT_FOR: SignedDuration = SignedDuration::from_secs(60);
/// How many names that were never found are asked for in one minute.
const MOST_STRANGERS: usize = 60;

/// The keys of every connection that was asked for; one for each process.
#[derive(Debug)]
pub struct Keys {
    secrets: Secrets,
    known: Mutex<Known>,
    /// One question at a time: calls that come together ask once.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    kept: BTreeMap<ConnectionId, Kept>,
    /// When the minute began in which strangers are counted, and how many there were.
    strangers: Option<(Timestamp, usize)>,
}

#[derive(Debug, Clone)]
struct Kept {
    keys: Option<Arc<WebhookKeys>>,
    asked: Timestamp,
}

impl Kept {
    fn is_fresh(&self, now: Timestamp) -> bool {
        now.duration_since(self.asked).abs() < KEPT_FOR
    }
}

impl Keys {
    /// Keeps nothing yet.
    pub fn new(secrets: Secrets) -> Self {
        Self { secrets, known: Mutex::default(), asking: tokio::sync::Mutex::default() }
    }

    /// The stack whose they are.
    pub(super) fn stack(&self) -> &str {
        self.secrets.prefix()
    }

    /// The keys of a connection; none where there is no such connection, which is not told from one whose
    /// keys are others.
    pub(super) async fn of(&self, connection: &ConnectionId, now: Timestamp) -> Result<Arc<WebhookKeys>, Refusal> {
        if let Some(keys) = self.fresh(connection, now) {
            return Ok(keys);
        }
        let _asking = self.asking.lock().await;
        if let Some(keys) = self.fresh(connection, now) {
            return Ok(keys);
        }
        if !self.known().may_ask(connection, now) {
            return Ok(Arc::default());
        }
        let keys = self.ask(connection).await?;
        self.known().kept.insert(connection.clone(), Kept { keys: keys.clone(), asked: now });
        Ok(keys.unwrap_or_default())
    }

    /// Whether a connection is there, as far as calls asked for it.
    pub(super) fn knows(&self, connection: &ConnectionId) -> bool {
        self.known().kept.get(connection).is_some_and(|kept| kept.keys.is_some())
    }

    fn fresh(&self, connection: &ConnectionId, now: Timestamp) -> Option<Arc<WebhookKeys>> {
        let known = self.known();
        let kept = known.kept.get(connection).filter(|kept| kept.is_fresh(now))?;
        Some(kept.keys.clone().unwrap_or_default())
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, connection: &ConnectionId) -> Result<Option<Arc<WebhookKeys>>, Refusal> {
        let name = self.secrets.webhook(connection);
        let text = match self.secrets.read(&name).await {
            Ok(Some(text)) => text,
            Ok(None) => return Ok(None),
            // Anybody can name a connection that is not there, and is told no more of it than of one with other keys.
            Err(error) if error.is_refused() => {
                tracing::warn!(%connection, "{error}; it is taken as not there");
                return Ok(None);
            }
            Err(error) => {
                tracing::error!(%connection, "{error}");
                return Err(Refusal::Unable);
            }
        };
        match WebhookKeys::from_json(&text) {
            Ok(keys) => Ok(Some(Arc::new(keys))),
            Err(error) => {
                tracing::error!(%connection, "the secret {name}: {error}");
                Ok(None)
            }
        }
    }
}

impl Known {
    /// Whether a connection may be asked for: always where it was there before, else within the limit.
    fn may_ask(&mut self, connection: &ConnectionId, now: Timestamp) -> bool {
        if self.kept.get(connection).is_some_and(|kept| kept.keys.is_some()) {
            return true;
        }
        self.kept.retain(|_, kept| kept.keys.is_some() || kept.is_fresh(now));
        let minute = self.strangers.filter(|(began, _)| now.duration_since(*began).abs() < KEPT_FOR);
        let (began, so_far) = minute.unwrap_or((now, 0));
        if so_far >= MOST_STRANGERS {
            return false;
        }
        self.strangers = Some((began, so_far + 1));
        true
    }
}
