//! Every fault at every operation of the job that dismisses the alerts of closed tickets: whatever strikes it, the alert
//! is dismissed in the end, and no other one ever is.

use crate::alert_cells::ticket_cell;
use crate::alert_stories::{is_followed_by_another, pages_of, ten_seconds_before_the_month_ends};
use crate::cells::{Event, Story, Told};
use crate::columns::{Columns, Stages};
use crate::quota_stories::{happens_in, times};
use crate::rows::Row;
use crate::ticket_desk::{Closed, ClosingDesk};
use functions::ticket_changed::Tickets;
use it::wire::{Operation, Strike};
use sandbox::Fault;
use shared::ids::TicketId;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Stages at a time: mostly they wait.
const AT_A_TIME: usize = 4;

/// Plays a cell on a desk.
async fn play(desk: Arc<ClosingDesk>, row: Row, column: Operation, story: Story) {
    let closed = desk.a_person_closes_one().await;
    let stage = &desk.stage;
    stage.count_anew();
    let is_struck = matches!(story, Story::Struck(..));
    let by_us = !matches!(story, Story::Meanwhile(Event::PersonEdits));
    // Only a refusal is remembered.
    stage.world.sandbox.world(|vendors| vendors.settings.read_only_client = column == Operation::Transact);
    let lasts = arm(&desk, &closed, (row, column), story);
    let named = Tickets::Only(BTreeSet::from([TicketId(closed.ticket)]));
    let ended = stage.struck_look_at_tickets(named).await;
    let seen = stage.world.sandbox.requests();
    let is_met = seen.iter().any(|seen| Some(seen.operation.as_str()) == column.operation());
    assert!(stage.wire.struck() > 0 || is_met, "nothing was struck, and the look ended with {ended:?}");
    let did_nothing = stage.all_is_well().await;
    stage.store_credentials();
    pages_of(&stage.world, 100);
    if lasts {
        assert!(ended.is_err(), "it was complete");
        // A plan that was made and could not be carried out is kept for people to see.
        let is_as_it_was = did_nothing || (column.is_write() && stage.writes() == 0);
        assert!(is_as_it_was, "it changed something from half a reading: {ended:?}");
    }
    if column == Operation::DismissAlert && is_struck {
        assert!(ended.is_err(), "what was not answered is not done");
    }
    if column == Operation::Transact {
        // What was refused is tried again on the day after.
        stage.world.sandbox.world(|vendors| vendors.settings.read_only_client = false);
        stage.world.pass_days(1);
    }
    if did_nothing && by_us && is_followed_by_another(row) {
        return desk.it_waits(closed);
    }
    let is_gone = by_us || !is_read_before_the_ticket(column);
    desk.all_is_right(&closed, (is_gone, by_us), &ended).await;
    if !is_followed_by_another(row) {
        desk.nothing_more_is_done(&ended).await;
    }
}

/// Makes the fault strike the next look. Whether what is read cannot be used then.
fn arm(desk: &Arc<ClosingDesk>, closed: &Arc<Closed>, (row, column): (Row, Operation), story: Story) -> bool {
    let (stage, on) = (&desk.stage, Arc::clone(desk));
    let meanwhile = |happens| stage.wire.strike(column, 0, 1, Strike::Meanwhile(happens));
    match story {
        Story::Struck(strike, told) => {
            let times = times(row, column);
            stage.wire.strike(column, 0, times, strike);
            times > 1 && told == Told::Broken && !column.is_write()
        }
        Story::Page(kind, told) => {
            pages_of(&stage.world, 2);
            stage.world.sandbox.fail(Fault::always(column.operation().expect("pages are a vendor's"), kind));
            told == Told::Broken
        }
        Story::Meanwhile(Event::PersonEdits) => {
            let closed = Arc::clone(closed);
            meanwhile(Arc::new(move || a_person_edits(&on, column, &closed)));
            false
        }
        Story::Meanwhile(event) => {
            if event == Event::Midnight {
                ten_seconds_before_the_month_ends(&stage.world);
            }
            meanwhile(Arc::new(move || happens_in(&on.stage.world, event)));
            event == Event::TokensEndForEver
        }
    }
}

fn is_read_before_the_ticket(column: Operation) -> bool {
    matches!(column, Operation::Zone | Operation::Tickets)
}

/// Until the ticket is read, a person thinks better of it; later, somebody dismisses the alert by hand.
fn a_person_edits(desk: &ClosingDesk, column: Operation, closed: &Closed) {
    let edited = desk.stage.world.sandbox.world(|vendors| match is_read_before_the_ticket(column) {
        true => vendors.human_change_status(closed.ticket, 1),
        false => vendors.dismiss_alert(&closed.alert),
    });
    assert!(edited, "a person may");
}

#[test]
fn every_fault_at_every_operation_of_closed_tickets_ends_with_their_alerts_dismissed_and_no_other() {
    let stages = Stages::ForAnyColumn(AT_A_TIME);
    Columns { make_stage: ClosingDesk::of, stages, play }.all_end_right(&Operation::OF_TICKETS, ticket_cell);
}
