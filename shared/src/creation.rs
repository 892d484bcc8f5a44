//! Things created at a vendor, such as a service: what was sent, and what the answer was (U6). Each has a
//! key by which it is found again after a lost reply.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A creation that was sent, or is about to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Creation {
    /// The key by which what was created is found (`Services.externalID`).
    pub key: String,
    /// The planned change it carries out.
    pub change: String,
    /// When it was recorded, just before it was sent.
    pub sent_at: Timestamp,
    /// That day in the provider's time zone.
    pub sent_on: Date,
    /// The vendor's words, where it refused.
    pub refused: Option<String>,
    /// Whether nothing more is to be done for it: a tenant is complete only after many steps (P2).
    #[serde(default)]
    pub finished: bool,
}

impl Creation {
    /// Whether it may still be on its way, so that nothing may be sent again.
    pub fn may_arrive(&self, now: Timestamp, settle_minutes: u32) -> bool {
        let waited_seconds = now.as_second().saturating_sub(self.sent_at.as_second());
        self.refused.is_none() && waited_seconds < i64::from(settle_minutes) * 60
    }

    /// The refusal that still counts: the same change, on the same day.
    pub fn refusal(&self, change: &str, today: Date) -> Option<&str> {
        self.refused.as_deref().filter(|_| self.change == change && self.sent_on == today)
    }
}
