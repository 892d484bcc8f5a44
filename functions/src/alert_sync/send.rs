//! Sends the changes of tickets, each once: again only while it certainly was not run (U6). It records nothing.

use crate::autotask::{AutotaskWriter, WriteError};
use crate::host::{Host, Vendors};
use crate::run::sending::{LONGEST_SENDING, TIME_FOR_A_CHANGE, waited_to_send_again};
use crate::run::{AtWork, lease};
use crate::store::Lease;
use shared::alert_plan::Made;
use shared::creation::Creation;
use shared::ids::TicketId;
use shared::plan::{Action, Change};
use shared::ticket::Ticket;
use shared::ticket_change::TicketStatus;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::RwLock;

/// Refusals in a row after which it is not the ticket that Autotask refuses, but us.
const MOST_REFUSALS_IN_A_ROW: usize = 5;

/// What is known of one change after it was tried.
pub(super) enum Tried {
    /// It was made.
    Made(Made),
    /// The vendor refused it.
    Refused(String),
    /// Nobody knows yet; the next run looks.
    Unknown,
    /// It was not begun, or certainly not run: the next run plans it afresh.
    Left,
}

impl Tried {
    fn done(answer: Result<(), WriteError>) -> Self {
        match answer {
            Ok(()) => Self::Made(Made::Done),
            Err(error) => Self::of(error),
        }
    }

    fn of(error: WriteError) -> Self {
        match error {
            WriteError::Refused(text) => Self::Refused(text),
            // The same is there already: it is found by its key.
            WriteError::Duplicate(_) | WriteError::Unknown(_) => Self::Unknown,
            WriteError::NotRun { .. } | WriteError::BudgetSpent => Self::Left,
        }
    }
}

/// What sends, and whether it still may.
pub(super) struct Sender<'a> {
    host: &'a Host,
    vendors: &'a Vendors,
    writer: AutotaskWriter,
    lease: &'a RwLock<Lease>,
    refusals_in_a_row: AtomicUsize,
    /// Why no further change is begun, once there is a reason.
    stop: OnceLock<String>,
}

impl<'a> Sender<'a> {
    pub(super) fn new(at_work: &'a AtWork<'a>, lease: &'a RwLock<Lease>) -> Self {
        let AtWork { host, vendors, .. } = *at_work;
        let writer = AutotaskWriter::new(&vendors.autotask);
        Self { host, vendors, writer, lease, refusals_in_a_row: AtomicUsize::new(0), stop: OnceLock::new() }
    }

    /// Lets no further change begin; the first reason is kept.
    pub(super) fn stop(&self, why: String) {
        _ = self.stop.set(why);
    }

    pub(super) fn why_stopped(&self) -> Option<&str> {
        self.stop.get().map(String::as_str)
    }

    /// Whether no further change may be begun: the time or our share is used up, or there was a reason.
    pub(super) fn must_stop(&self) -> bool {
        if self.host.deadline.left().is_some_and(|left| left < TIME_FOR_A_CHANGE) {
            self.stop("the time of this run is over; the next goes on".to_owned());
        }
        if self.vendors.allowance.left() == 0 {
            self.stop(WriteError::BudgetSpent.to_string());
        }
        self.stop.get().is_some()
    }

    /// Makes one change. `intent` is what was recorded of it; `tickets` are those of status changes as they are now.
    pub(super) async fn make(
        &self,
        change: &Change,
        intent: Option<&mut Creation>,
        tickets: &BTreeMap<TicketId, Ticket>,
    ) -> Tried {
        if self.must_stop() {
            return Tried::Left;
        }
        let tried = match &change.action {
            Action::CreateTicket(creation) => {
                let made =
                    self.sent(intent.as_deref(), async || self.writer.create_ticket(&creation.ticket).await).await;
                made.map_or_else(Tried::of, |ticket| Tried::Made(Made::Ticket(ticket)))
            }
            Action::NoteTicket(note) => {
                Tried::done(self.sent(intent.as_deref(), async || self.writer.create_note(&note.note).await).await)
            }
            Action::CloseTicket(status)
                if tickets.get(&status.ticket).is_some_and(|ticket| may_close(status, ticket)) =>
            {
                self.set_status(status).await
            }
            Action::ReopenTicket(status) if is_as_planned(status, tickets) => self.reopen(status, intent).await,
            // Somebody was there first; the next plan is made from what is there by then.
            _ => Tried::Left,
        };
        self.count_refusal(&tried);
        tried
    }

    async fn reopen(&self, status: &TicketStatus, intent: Option<&mut Creation>) -> Tried {
        if let (Some(note), Some(intent)) = (&status.note, intent) {
            let written = self.sent(Some(intent), async || self.writer.create_note(note).await).await;
            if let Err(error) = written {
                return Tried::of(error);
            }
            intent.finished = true;
        }
        self.set_status(status).await
    }

    /// A status may be set twice without harm: one that was not answered is planned again from what is read then.
    async fn set_status(&self, status: &TicketStatus) -> Tried {
        let (ticket, to) = (status.ticket, status.status);
        Tried::done(self.sent(None, async || self.writer.set_ticket_status(ticket, to).await).await)
    }

    /// Sends something; again only while it certainly was not run, and not when it might be settled meanwhile.
    async fn sent<T>(
        &self,
        intent: Option<&Creation>,
        send: impl AsyncFn() -> Result<T, WriteError>,
    ) -> Result<T, WriteError> {
        let not_sent = |why: &str| WriteError::NotRun { retry_after: None, text: why.to_owned() };
        for sends in 1.. {
            let age = intent.map(|intent| self.host.clock.now().duration_since(intent.sent_at));
            if age.is_some_and(|age| age > LONGEST_SENDING) {
                self.stop("Autotask kept turning a change away; the next run goes on".to_owned());
                return Err(not_sent("it was recorded too long ago"));
            }
            if !lease::has_time(self.host, &*self.lease.read().await) {
                self.stop("the lease was about to end".to_owned());
                return Err(not_sent("the lease was about to end"));
            }
            match send().await {
                Err(WriteError::NotRun { retry_after, text }) => {
                    if !waited_to_send_again(self.host, sends, retry_after).await {
                        self.stop(format!("Autotask takes no more for now: {text}"));
                        return Err(WriteError::NotRun { retry_after, text });
                    }
                }
                Err(WriteError::BudgetSpent) => {
                    self.stop(WriteError::BudgetSpent.to_string());
                    return Err(WriteError::BudgetSpent);
                }
                answer => return answer,
            }
        }
        Err(not_sent("it was sent often enough"))
    }

    fn count_refusal(&self, tried: &Tried) {
        match tried {
            Tried::Made(_) => self.refusals_in_a_row.store(0, Ordering::Relaxed),
            Tried::Refused(text) => {
                let before = self.refusals_in_a_row.fetch_add(1, Ordering::Relaxed);
                if before + 1 >= MOST_REFUSALS_IN_A_ROW {
                    self.stop(format!("Autotask refuses one ticket after the other: {text}"));
                }
            }
            Tried::Unknown | Tried::Left => {}
        }
    }
}

fn is_as_planned(status: &TicketStatus, tickets: &BTreeMap<TicketId, Ticket>) -> bool {
    tickets.get(&status.ticket).is_some_and(|ticket| ticket.status == status.before)
}

/// A ticket that a person works on by now is never closed (T4).
fn may_close(status: &TicketStatus, ticket: &Ticket) -> bool {
    ticket.status == status.before && !ticket.worked_on_by_person
}
