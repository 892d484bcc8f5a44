//! The sessions of the console, each under the hash of its id: who reads the table cannot take one over. What a
//! session allows is decided elsewhere.

use super::Store;
use super::items::{Key, Written, body_of, number, text, text_of};
use anyhow::Context;
use jiff::Timestamp;
use shared::person::{SESSION_LASTS, Session};

/// A partition that is no connection's: its name holds no `#`.
const SESSIONS: &str = "sessions";

fn session_key(hash: &str) -> Key {
    Key { pk: SESSIONS.to_owned(), sk: hash.to_owned() }
}

impl Store {
    /// Stores a session that begins, under the hash of its id.
    pub async fn begin_session(&self, hash: &str, session: &Session) -> anyhow::Result<()> {
        let mut item = session_key(hash).holding(session)?;
        item.insert("seen".to_owned(), text(session.seen.to_string()));
        // An end that is late is no harm: who asks for a session looks whether it is over.
        let end = session.began.checked_add(SESSION_LASTS).context("the time is out of range")?;
        item.insert("ttl".to_owned(), number(end.as_second()));
        self.put(item).await
    }

    /// The session whose id has this hash, over or not.
    pub async fn session(&self, hash: &str) -> anyhow::Result<Option<Session>> {
        let Some(item) = self.get(&session_key(hash)).await? else { return Ok(None) };
        let mut session: Session = body_of(&item)?;
        if let Some(seen) = text_of(&item, "seen") {
            session.seen = seen.parse().context("when a stored session was used")?;
        }
        Ok(Some(session))
    }

    /// Notes that a session is used. One that was ended meanwhile stays ended.
    pub async fn use_session(&self, hash: &str, now: Timestamp) -> anyhow::Result<()> {
        let request = self
            .update(&session_key(hash))
            .update_expression("SET #seen = :seen")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#seen", "seen")
            .expression_attribute_values(":seen", text(now.to_string()));
        match self.written("noting the use of a session", request).await? {
            Written::Done(_) | Written::Refused { .. } => Ok(()),
        }
    }

    /// Ends a session; nothing where there is none.
    pub async fn end_session(&self, hash: &str) -> anyhow::Result<()> {
        let delete = self.delete_action(&session_key(hash))?;
        self.transact("ending a session", vec![delete]).await?;
        Ok(())
    }
}
