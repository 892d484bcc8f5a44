//! A service desk where closing a ticket dismisses its alert: a person closes one after the other. Each alert is dismissed
//! once, and no other ever is.

use crate::alert_stage::{AlertStage, own_key};
use functions::alert_sync::Look;
use functions::ticket_changed::Tickets;
use it::wire::Operation;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Customers: one with alerts, and one that manages itself.
const PLAIN: usize = 0;
const SELF_SERVICE: usize = 1;
/// Alerts that are raised together.
const AT_ONCE: usize = 20;
const PAUSE_SECONDS: i64 = 60 * 60;

/// A provider whose closed tickets dismiss their alerts.
pub(crate) struct ClosingDesk {
    pub(crate) stage: AlertStage,
    /// Alerts with an open ticket.
    open: Mutex<Vec<String>>,
    /// What was closed, and no look has seen yet.
    waiting: Mutex<Option<Arc<Closed>>>,
}

/// A ticket that was closed, its alert, and which alerts were active before.
pub(crate) struct Closed {
    pub(crate) ticket: i64,
    pub(crate) alert: String,
    others: BTreeMap<String, bool>,
}

impl ClosingDesk {
    pub(crate) async fn of(_: Operation) -> ClosingDesk {
        let stage = AlertStage::with(2).await;
        let shielded = &stage.customers[SELF_SERVICE].1;
        assert!(stage.world.sandbox.world(|vendors| vendors.set_self_service(shielded, true)));
        let settings = |mapping: &mut shared::mapping::Mapping| {
            let tickets = &mut mapping.settings.tickets;
            (tickets.dismiss_on_close, tickets.storms) = (true, false);
        };
        stage.switch_on(settings).await;
        ClosingDesk { stage, open: Mutex::default(), waiting: Mutex::default() }
    }

    /// A person closes the ticket of an alert; one that is closed already may still wait.
    pub(crate) async fn a_person_closes_one(&self) -> Arc<Closed> {
        let world = &self.stage.world;
        if let Some(closed) = self.waiting().take() {
            return closed;
        }
        world.pass_seconds(PAUSE_SECONDS);
        if self.open().is_empty() {
            let raised = (0..AT_ONCE).map(|_| self.stage.raise(PLAIN, "BackupFailed")).collect();
            self.stage.look(Look::Changes).await.expect("nothing strikes yet");
            *self.open() = raised;
            world.pass_seconds(PAUSE_SECONDS);
        }
        let alert = self.open().pop().expect("there are some");
        let (_, tickets) = self.stage.alerts_and_tickets();
        let key = own_key(&alert);
        let (ticket, _) = tickets.iter().find(|(ticket, _)| ticket.external_id == key).expect("it has a ticket");
        assert!(world.sandbox.world(|vendors| vendors.human_close(ticket.id)), "it is there");
        Arc::new(Closed { ticket: ticket.id, others: self.active_but(&alert), alert })
    }

    /// It is still to be dismissed, by whoever looks next.
    pub(crate) fn it_waits(&self, closed: Arc<Closed>) {
        *self.waiting() = Some(closed);
    }

    fn open(&self) -> MutexGuard<'_, Vec<String>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, Option<Arc<Closed>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether each alert but this one is active.
    fn active_but(&self, alert: &str) -> BTreeMap<String, bool> {
        let (alerts, _) = self.stage.alerts_and_tickets();
        let others = alerts.into_iter().filter(|other| other.id != alert);
        others.map(|other| (other.id, other.deleted_at.is_none())).collect()
    }

    /// The next looks end where the struck one would have: the alert is gone, and no other one. `by_us`: nobody else
    /// dismissed it.
    pub(crate) async fn all_is_right(
        &self,
        closed: &Closed,
        (is_gone, by_us): (bool, bool),
        struck: &Result<(), String>,
    ) {
        let (stage, sandbox) = (&self.stage, &self.stage.world.sandbox);
        let next = stage.look_at_tickets(Tickets::All).await;
        next.unwrap_or_else(|why| panic!("the next look: {why}; the struck one: {struck:?}"));
        let seen = sandbox.requests();
        let dismissals: Vec<_> = seen.iter().filter(|seen| seen.operation == "acronis.dismiss_alert").collect();
        let is_of_it = |path: &str| path.to_uppercase().ends_with(&closed.alert);
        assert!(dismissals.iter().all(|seen| is_of_it(&seen.path)), "another alert's: {dismissals:#?}");
        let dismissed = dismissals.iter().filter(|seen| seen.status == 204).count();
        assert_eq!(dismissed, usize::from(by_us), "{dismissals:#?}; the struck one: {struck:?}");
        let is_active = sandbox.world(|vendors| vendors.alert(&closed.alert).is_some_and(|it| it.deleted_at.is_none()));
        assert_eq!(!is_active, is_gone, "{}; the struck one: {struck:?}", closed.alert);
        assert_eq!(self.active_but(&closed.alert), closed.others, "another alert was touched");
        assert_eq!(stage.wire.inconsistent_reads(), 0, "a read of the table may be stale");
        stage.world.nothing_unknown();
    }

    /// Looked at again, by both jobs, it stays as it is.
    pub(crate) async fn nothing_more_is_done(&self, struck: &Result<(), String>) {
        let stage = &self.stage;
        let before = stage.alerts_and_tickets();
        stage.look_at_tickets(Tickets::All).await.expect("nothing strikes any more");
        stage.nothing_is_left(Look::Changes, struck).await;
        stage.settled_links().await;
        stage.the_next_look_is_idle().await;
        assert_eq!(stage.alerts_and_tickets(), before, "something was touched");
    }
}
