//! How a cell of alerts and tickets is played: the fault strikes a look that has tickets to make, to close, to reopen and
//! to write on; it is taken away, and the next looks end where the first would have.

use crate::alert_desk::AlertDesk;
use crate::cells::{Event, Story, Told};
use crate::quota_stories::{happens_in, times};
use crate::rows::Row;
use functions::alert_sync::Look;
use it::wire::{Operation, Reply, Strike};
use it::world::World;
use sandbox::Fault;
use std::sync::Arc;

type Shared = Arc<AlertDesk>;

/// Requests of an operation that a fault lets pass. What is recorded before anything is sent is stored first; what became
/// of it is stored next.
fn after(column: Operation) -> usize {
    usize::from(column == Operation::Transact)
}

/// Tenants are read with every look; the numbers of those that manage themselves only with all that is active.
fn look_of(column: Operation) -> Look {
    if matches!(column, Operation::Tenants | Operation::Usages) { Look::Whole } else { Look::Changes }
}

/// Whether every column has a later cell, which is not one of these itself.
pub(crate) fn is_followed_by_another(row: Row) -> bool {
    row < Row::TableThrottled
}

/// Plays a cell on a desk.
pub(crate) async fn play(desk: Shared, row: Row, column: Operation, story: Story) {
    let stage = &desk.stage;
    match story {
        Story::Struck(strike, told) => {
            let times = times(row, column);
            let lasts = times > 1 && told == Told::Broken;
            let arm = || stage.wire.strike(column, after(column), times, strike.clone());
            struck(&desk, (row, column), lasts, arm).await;
        }
        Story::Page(kind, told) => {
            let fault = Fault::always(column.operation().expect("pages are a vendor's"), kind);
            pages_of(&stage.world, 2);
            let arm = || stage.world.sandbox.fail(fault.clone());
            struck(&desk, (row, column), told == Told::Broken, arm).await;
            pages_of(&stage.world, 100);
        }
        Story::Meanwhile(Event::CommitIsLate) => what_was_sent_is_late(&desk, column).await,
        Story::Meanwhile(event) => meanwhile(&desk, (row, column), event).await,
    }
}

async fn struck(desk: &AlertDesk, (row, column): (Row, Operation), lasts: bool, arm: impl Fn()) {
    let stage = &desk.stage;
    if lasts || column.is_write() {
        desk.something_to_do();
    } else {
        desk.something_new_to_do().await;
    }
    stage.count_anew();
    arm();
    let ended = stage.struck_look(look_of(column)).await;
    let seen = stage.world.sandbox.requests();
    let is_met = seen.iter().any(|seen| Some(seen.operation.as_str()) == column.operation());
    assert!(stage.wire.struck() > 0 || is_met, "nothing was struck, and the look ended with {ended:?}");
    let did_nothing = stage.all_is_well().await;
    if lasts && !column.is_write() {
        assert!(ended.is_err(), "it was complete");
        assert!(did_nothing, "it changed something from half a reading: {ended:?}");
    }
    if column == Operation::TicketHistory {
        desk.histories_had_no_end();
    }
    if column.is_write_to_autotask() {
        assert!(ended.is_err(), "what was not answered is not done");
    }
    if row == Row::CredentialsAs500 && column.is_write() {
        // What was refused is tried again on the day after.
        stage.world.pass_days(1);
    }
    ends_right(desk, (row, column), did_nothing, &ended).await;
}

/// The next looks end where the struck one would have; a look that did nothing leaves that to the next cell, where there
/// is one.
async fn ends_right(desk: &AlertDesk, (row, column): (Row, Operation), did_nothing: bool, struck: &Result<(), String>) {
    if did_nothing && is_followed_by_another(row) {
        return;
    }
    desk.nothing_is_astray();
    desk.all_is_right(look_of(column), struck).await;
    if !is_followed_by_another(row) {
        desk.stage.the_next_look_is_idle().await;
    }
}

/// Acronis gives so many rows on a page.
pub(crate) fn pages_of(world: &World, rows: usize) {
    let set = |vendors: &mut sandbox::World| {
        (vendors.settings.page_size, vendors.settings.alert_page_size) = (rows, rows);
    };
    world.sandbox.world(set);
}

/// Makes something happen as the operation is first asked for.
async fn meanwhile(desk: &Shared, (row, column): (Row, Operation), event: Event) {
    let stage = &desk.stage;
    desk.something_to_do();
    if event == Event::Midnight {
        ten_seconds_before_the_month_ends(&stage.world);
    }
    stage.count_anew();
    let on = Arc::clone(desk);
    let happens = move || match event {
        Event::PersonEdits => on.people_are_at_work(column),
        event => happens_in(&on.stage.world, event),
    };
    stage.wire.strike(column, 0, 1, Strike::Meanwhile(Arc::new(happens)));
    let ended = stage.struck_look(look_of(column)).await;
    assert!(stage.wire.struck() > 0, "nothing happened, and the look ended with {ended:?}");
    let did_nothing = stage.all_is_well().await;
    if event == Event::TokensEndForEver {
        assert!(ended.is_err(), "it was complete");
    }
    if event == Event::SecretsRotate {
        stage.store_credentials();
    }
    ends_right(desk, (row, column), did_nothing, &ended).await;
    if event == Event::PersonEdits && !column.is_write() {
        // All is read once more before anything is written.
        desk.people_are_not_disturbed();
    }
}

/// The last moment of the month, as far as a look takes.
pub(crate) fn ten_seconds_before_the_month_ends(world: &World) {
    let first = world.today().last_of_month().tomorrow().expect("a day in the calendar");
    let midnight = first.to_zoned(jiff::tz::TimeZone::UTC).expect("a time in the calendar").timestamp();
    world.pass_seconds(midnight.as_second() - world.now().as_second() - 10);
}

/// Autotask answers that it is too busy, and what it was sent shows only later.
async fn what_was_sent_is_late(desk: &AlertDesk, column: Operation) {
    let stage = &desk.stage;
    let sent = if column == Operation::Tickets { Operation::CreateTicket } else { Operation::CreateTicketNote };
    desk.something_to_do();
    stage.wire.strike(sent, 0, usize::MAX, Strike::Late(Reply::of(503, "application/json", "")));
    let ended = stage.struck_look(Look::Changes).await;
    assert!(ended.is_err(), "what does not show is not done");
    let late = stage.wire.struck();
    stage.world.pass_seconds(60);
    stage.look(Look::Changes).await.expect("there is nothing to send");
    assert_eq!(stage.wire.struck(), late, "they may still arrive");
    stage.wire.let_late_ones_arrive().await;
    stage.all_is_well().await;
    desk.all_is_right(Look::Changes, &ended).await;
    let again = stage.wire.passed().into_iter().filter(|passed| *passed == Some(sent)).count();
    assert!(late > 0 && again == 0, "{late} were late, and {again} sent again");
}
