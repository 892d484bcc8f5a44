//! Every fault at every operation of the job that dismisses the alerts of closed tickets: whatever strikes it, the alert
//! is dismissed in the end, and no other one ever is.

use crate::alert_cells::ticket_cell;
use crate::alert_stage::{AlertStage, own_key};
use crate::alert_stories::{is_followed_by_another, ten_seconds_before_the_month_ends};
use crate::cells::{Event, Story, Told};
use crate::columns::{Columns, Stages};
use crate::quota_stories::{happens_in, times};
use crate::rows::Row;
use functions::alert_sync::Look;
use functions::ticket_changed::Tickets;
use it::wire::{Operation, Strike};
use shared::ids::TicketId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Alerts that are raised together.
const AT_ONCE: usize = 20;
/// Stages at a time: mostly they wait.
const AT_A_TIME: usize = 4;
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
    alert: String,
    others: BTreeMap<String, bool>,
}

impl ClosingDesk {
    pub(crate) async fn of(_: Operation) -> ClosingDesk {
        let stage = AlertStage::with(1).await;
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
            let raised = (0..AT_ONCE).map(|_| self.stage.raise(0, "BackupFailed")).collect();
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
        stage.settled_links().await;
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

/// Plays a cell on a desk.
async fn play(desk: Arc<ClosingDesk>, row: Row, column: Operation, story: Story) {
    let closed = desk.a_person_closes_one().await;
    let stage = &desk.stage;
    stage.count_anew();
    let is_struck = matches!(story, Story::Struck(..));
    let (mut lasts, mut is_gone, mut by_us) = (false, true, true);
    match story {
        Story::Struck(strike, told) => {
            let times = times(row, column);
            lasts = times > 1 && told == Told::Broken && !column.is_write();
            stage.wire.strike(column, 0, times, strike);
        }
        Story::Meanwhile(Event::PersonEdits) => {
            is_gone = !is_read_before_the_ticket(column);
            by_us = false;
            let (on, closed) = (Arc::clone(&desk), Arc::clone(&closed));
            stage.wire.strike(column, 0, 1, Strike::Meanwhile(Arc::new(move || on.a_person_edits(column, &closed))));
        }
        Story::Meanwhile(event) => {
            if event == Event::Midnight {
                ten_seconds_before_the_month_ends(&stage.world);
            }
            lasts = event == Event::TokensEndForEver;
            let on = Arc::clone(&desk);
            let happens = move || happens_in(&on.stage.world, event);
            stage.wire.strike(column, 0, 1, Strike::Meanwhile(Arc::new(happens)));
        }
        Story::Page(..) => unreachable!("it asks Acronis for no list"),
    }
    let named = Tickets::Only(BTreeSet::from([TicketId(closed.ticket)]));
    let ended = stage.struck_look_at_tickets(named).await;
    assert!(stage.wire.struck() > 0, "nothing was struck, and the look ended with {ended:?}");
    let did_nothing = stage.all_is_well().await;
    stage.store_credentials();
    if lasts {
        assert!(ended.is_err(), "it was complete");
        assert!(did_nothing, "it changed something from half a reading: {ended:?}");
    }
    if column == Operation::DismissAlert && is_struck {
        assert!(ended.is_err(), "what was not answered is not done");
    }
    if did_nothing && by_us && is_followed_by_another(row) {
        *desk.waiting() = Some(closed);
        return;
    }
    desk.all_is_right(&closed, (is_gone, by_us), &ended).await;
    if !is_followed_by_another(row) {
        desk.nothing_more_is_done(&ended).await;
    }
}

fn is_read_before_the_ticket(column: Operation) -> bool {
    matches!(column, Operation::Zone | Operation::Tickets)
}

impl ClosingDesk {
    /// Until the ticket is read, a person thinks better of it; later, somebody dismisses the alert by hand.
    fn a_person_edits(&self, column: Operation, closed: &Closed) {
        let edited = self.stage.world.sandbox.world(|vendors| match is_read_before_the_ticket(column) {
            true => vendors.human_change_status(closed.ticket, 1),
            false => vendors.dismiss_alert(&closed.alert),
        });
        assert!(edited, "a person may");
    }
}

#[test]
fn every_fault_at_every_operation_of_closed_tickets_ends_with_their_alerts_dismissed_and_no_other() {
    let stages = Stages::ForAnyColumn(AT_A_TIME);
    Columns { make_stage: ClosingDesk::of, stages, play }.all_end_right(&Operation::OF_TICKETS, ticket_cell);
}
