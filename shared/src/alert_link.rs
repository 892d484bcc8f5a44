//! What is remembered of an alert that has, or is to have, a ticket (T2, T3, T4, U6). Shapes for the store, and what
//! becomes of them when a change was made; deciding is `alert_plan`'s.

use crate::alert::{Alert, AlertAbout};
use crate::alert_text::{LINK_LENGTH, REASON_LENGTH, cut};
use crate::creation::Creation;
use crate::ids::{CompanyId, TicketId};
use crate::ticket::TITLE_LENGTH;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a cleared alert is remembered, so that its ticket can be reopened when it comes back.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 400);

/// An alert and its ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertLink {
    /// The alert as last read, its texts as long as a ticket takes them: what waits for its ticket loses nothing when the
    /// cursor has passed it.
    pub alert: Alert,
    /// The company it belongs to.
    pub company: CompanyId,
    /// Its latest ticket.
    pub ticket: Option<TicketLink>,
    /// How many tickets were made for it; the next one has the next number.
    #[serde(default)]
    pub tickets: u32,
    /// Whether it was cleared since its ticket last said that it is active.
    #[serde(default)]
    pub was_cleared: bool,
    /// A ticket or note that was sent, or is about to be, and not yet settled (U6).
    #[serde(default)]
    pub sent: Option<Creation>,
    /// Whether nothing is left to be done for the alert as it is.
    #[serde(default)]
    pub settled: bool,
}

/// The ticket of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketLink {
    /// Its id.
    pub id: TicketId,
    /// Since when it is the alert's: new tickets are counted by it (T8).
    pub since: Timestamp,
    /// Whether a storm's alerts share it.
    #[serde(default)]
    pub shared: bool,
    /// Whether it was told that the alert is cleared, by closing it or by a note.
    #[serde(default)]
    pub says_cleared: bool,
    /// Whether it is no longer there, or merged into another: it is left alone.
    #[serde(default)]
    pub gone: bool,
    /// The alert's `updated_at` that it was last told of.
    pub told_of: Timestamp,
}

impl AlertLink {
    /// An alert that is to have a ticket.
    pub fn new(alert: Alert, company: CompanyId) -> Self {
        Self { alert: kept(&alert), company, ticket: None, tickets: 0, was_cleared: false, sent: None, settled: false }
    }

    /// The ticket, while it is there.
    pub fn living_ticket(&self) -> Option<&TicketLink> {
        self.ticket.as_ref().filter(|ticket| !ticket.gone)
    }

    /// The external id of the ticket it would get next (T2).
    pub fn next_external_id(&self) -> String {
        self.alert.external_id(self.tickets + 1)
    }

    /// Takes the alert as it was read now; what is older than what is known is passed over.
    pub fn take(&mut self, alert: &Alert) {
        if alert.updated_at < self.alert.updated_at {
            return;
        }
        let moment = |alert: &Alert| (alert.updated_at, alert.cleared_at);
        // A page that tells more of the same moment is no news for the ticket.
        self.settled &= moment(alert) == moment(&self.alert);
        self.was_cleared |= !alert.is_active();
        self.alert = kept(alert);
    }

    /// The alert is no longer listed among the active ones, and nothing said when it was cleared.
    pub fn is_missing(&mut self, now: Timestamp) {
        (self.alert.cleared_at, self.was_cleared, self.settled) = (Some(now), true, false);
    }

    /// Its ticket was made or found at `since`.
    pub fn has_ticket(&mut self, ticket: TicketId, shared: bool, since: Timestamp) {
        let told_of = self.alert.updated_at;
        self.ticket = Some(TicketLink { id: ticket, since, shared, says_cleared: false, gone: false, told_of });
        // A shared ticket has an external id of its own, not the alert's.
        self.tickets += u32::from(!shared);
        (self.was_cleared, self.settled, self.sent) = (!self.alert.is_active(), self.alert.is_active(), None);
    }

    /// Its ticket was told how it stands now, by a note, by closing or by reopening it.
    pub fn was_told(&mut self) {
        let (active, updated_at) = (self.alert.is_active(), self.alert.updated_at);
        if let Some(ticket) = &mut self.ticket {
            (ticket.says_cleared, ticket.told_of) = (!active, updated_at);
        }
        (self.was_cleared, self.settled, self.sent) = (!active, true, None);
    }

    /// Whether it is so long cleared that it may be forgotten.
    pub fn is_forgettable(&self, now: Timestamp) -> bool {
        let before = now.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
        self.settled && self.sent.is_none() && self.alert.cleared_at.is_some_and(|at| at < before)
    }
}

/// An alert as it is kept: many of them are stored together, and anybody may name a machine at any length.
pub fn kept(alert: &Alert) -> Alert {
    let shortened = |text: &Option<String>, longest| text.as_deref().map(|text| cut(text, longest));
    let name = |text| shortened(text, TITLE_LENGTH);
    let AlertAbout { title, device, resource, plan, plan_name, reason, link } = &alert.about;
    let about = AlertAbout {
        title: name(title),
        device: name(device),
        resource: name(resource),
        plan: name(plan),
        plan_name: name(plan_name),
        reason: shortened(reason, REASON_LENGTH),
        link: link.clone().filter(|link| link.len() <= LINK_LENGTH),
    };
    Alert { category: cut(&alert.category, TITLE_LENGTH), about, ..alert.clone() }
}
