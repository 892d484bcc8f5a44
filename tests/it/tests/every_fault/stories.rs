//! How a cell is played: the fault strikes a run that has changes to make, is taken away, and the next run
//! ends where the first would have.

use crate::cells::{Event, Story, Told};
use crate::rows::Row;
use crate::stage::{LEASE_IS_OVER_SECONDS, Shared, Stage};
use it::wire::Operation;
use it::wire::Strike;
use jiff::SignedDuration;
use jiff::civil::{Date, date};
use sandbox::{Fault, FaultKind};
use shared::run::Outcome;
use shared::settings::EffectiveDates;
use std::sync::Arc;

/// Requests of an operation that a single fault lets pass: it strikes the first, or one amid the changes.
fn after(column: Operation) -> usize {
    match column {
        Operation::Adjustments | Operation::Transact => 1,
        _ => 0,
    }
}

/// Plays a cell on a stage, by turns if it can be struck once and for ever.
pub(crate) async fn play(stage: Shared, row: Row, column: Operation, story: Story) {
    match story {
        Story::Struck(strike, told) => {
            for times in [1, usize::MAX] {
                if times == 1 && !column.is_write() && !row.passes() {
                    continue;
                }
                let skipped = if times == 1 { after(column) } else { 0 };
                let arm = || stage.wire.strike(column, skipped, times, strike.clone());
                struck(&stage, (row, column), times, told, arm).await;
                assert!(stage.wire.inconsistent_reads() == 0, "a read of the table may be stale");
            }
        }
        Story::Page(kind, told) => {
            let operation = column.operation().expect("pages are a vendor's");
            for times in [1, usize::MAX] {
                let fault = match times {
                    1 => Fault::once(operation, kind.clone()),
                    _ => Fault::always(operation, kind.clone()),
                };
                stage.world.sandbox.world(|vendors| vendors.settings.page_size = 2);
                struck(&stage, (row, column), times, told, || stage.world.sandbox.fail(fault.clone())).await;
                stage.world.sandbox.world(|vendors| vendors.settings.page_size = 5_000);
            }
        }
        Story::Meanwhile(Event::PersonEdits) => person_edits(&stage, column).await,
        Story::Meanwhile(Event::Midnight) => midnight(&stage, column).await,
        Story::Meanwhile(Event::MidnightOfAPeriod) => midnight_of_a_period(&stage, column).await,
        Story::Meanwhile(Event::CommitIsLate) => commit_is_late(&stage).await,
        Story::Meanwhile(event) => meanwhile(&stage, column, event).await,
    }
}

/// A refusal is tried again on the day after (U6).
fn is_refused_until_tomorrow(row: Row, column: Operation) -> bool {
    column == Operation::Adjustments && row == Row::CredentialsAs500
}

async fn struck(stage: &Stage, (row, column): (Row, Operation), times: usize, told: Told, arm: impl Fn()) {
    let world = &stage.world;
    world.pass_days(1);
    stage.something_to_do(column).await;
    let (units, sent) = (stage.units(), world.adjustments());
    world.sandbox.clear_requests();
    arm();
    let ended = stage.struck_run().await;
    let seen = world.sandbox.requests().into_iter().any(|seen| Some(seen.operation.as_str()) == column.operation());
    assert!(stage.wire.struck() > 0 || seen, "nothing was struck, and the run ended with {ended:?}");
    stage.all_is_well();
    stage.wire.quiet().await;
    stage.nothing_is_astray(&units);
    if times > 1 && told == Told::Broken && !column.is_write() {
        assert!(ended.is_err(), "it was complete");
        assert_eq!(world.adjustments(), sent, "it changed something from half a reading: {ended:?}");
    }
    if is_refused_until_tomorrow(row, column) {
        world.pass_days(1);
    }
    ends_right(stage).await;
}

async fn ends_right(stage: &Stage) {
    stage.world.apply_complete().await;
    stage.world.all_is_right_and_made_once().await;
}

/// Arms the wire to make something happen as an operation is first asked for.
fn as_it_is_asked(stage: &Shared, column: Operation, happens: impl Fn(&Stage) + Send + Sync + 'static) {
    let of_stage = Arc::clone(stage);
    stage.wire.strike(column, 0, 1, Strike::Meanwhile(Arc::new(move || happens(&of_stage))));
}

async fn meanwhile(stage: &Shared, column: Operation, event: Event) {
    let world = &stage.world;
    world.pass_days(1);
    stage.something_to_do(column).await;
    let units = stage.units();
    as_it_is_asked(stage, column, move |stage| {
        let world = &stage.world;
        match event {
            Event::TokensEnd => world.sandbox.fail(Fault::once("acronis.", FaultKind::ExpireToken)),
            Event::TokensEndForEver => world.sandbox.fail(Fault::always("acronis.", FaultKind::ExpireToken)),
            Event::SecretsRotate => {
                world.sandbox.fail(Fault::once("acronis.", FaultKind::ExpireToken));
                world.sandbox.world(|vendors| {
                    let new = vendors.now();
                    vendors.acronis.client_secret = format!("acronis secret of {new}");
                    vendors.autotask.secret = format!("autotask secret of {new}");
                });
            }
            Event::ClockIsOff { seconds } => {
                let off = world.now().checked_add(SignedDuration::from_secs(seconds));
                world.clock.set(off.expect("a time in the calendar"));
            }
            _ => unreachable!("it has a story of its own"),
        }
    });
    let ended = stage.struck_run().await;
    assert!(stage.wire.struck() > 0, "nothing happened, and the run ended with {ended:?}");
    let is_read_of_acronis =
        matches!(column, Operation::Client | Operation::Tenants | Operation::Items | Operation::Usages);
    if event == Event::TokensEndForEver && is_read_of_acronis {
        assert!(ended.is_err(), "it was complete");
    }
    stage.all_is_well();
    stage.nothing_is_astray(&units);
    stage.store_credentials();
    if event == Event::SecretsRotate {
        // What was refused at the door is tried again on the day after.
        world.apply().await;
        world.pass_days(1);
    }
    ends_right(stage).await;
}

/// The day on which a story plays.
pub(crate) fn day_of(row: Row) -> Date {
    match row {
        Row::LeapDay => date(2028, 2, 28),
        Row::MonthEnd => date(2026, 11, 30),
        Row::PeriodBoundary => date(2026, 11, 29),
        _ => it::world::TODAY,
    }
}

/// Ten seconds before the day's end, until ten seconds after it.
fn ten_seconds_to_midnight(stage: &Stage) {
    let end = stage.world.today().tomorrow().expect("a day in the calendar").at(0, 0, 0, 0);
    let end = end.to_zoned(jiff::tz::TimeZone::UTC).expect("a time in the calendar").timestamp();
    let left = end.duration_since(stage.world.now()).as_secs() - 10;
    stage.world.pass_seconds(left);
}

async fn midnight(stage: &Shared, column: Operation) {
    struck_at_midnight(stage, column).await;
    ends_right(stage).await;
}

async fn struck_at_midnight(stage: &Shared, column: Operation) {
    ten_seconds_to_midnight(stage);
    stage.something_to_do(column).await;
    let day = stage.world.today();
    as_it_is_asked(stage, column, |stage| stage.world.pass_seconds(20));
    let ended = stage.struck_run().await;
    assert!(stage.wire.struck() > 0 && stage.world.today() > day, "no midnight, and the run ended with {ended:?}");
    stage.all_is_well();
}

/// Changes for the next period, on the last day of this one.
async fn midnight_of_a_period(stage: &Shared, column: Operation) {
    let world = &stage.world;
    world.use_one_more_of_each();
    world.apply_complete().await;
    world.change_mapping(|mapping| mapping.settings.effective_dates = EffectiveDates::NextPeriod).await;
    world.apply_complete().await;
    world.pass_days(1);
    struck_at_midnight(stage, column).await;
    world.apply_complete().await;
    world.made_once().await;
    // What was used after the last reading before midnight counts for the period after (U5).
    let last = date(2026, 12, 31);
    world.pass_days(i64::from((last - world.today()).get_days()));
    world.apply_complete().await;
    world.pass_days(1);
    ends_right(stage).await;
}

/// A person changes a line dated yesterday, so that Autotask takes our change of today as well.
async fn person_edits(stage: &Shared, column: Operation) {
    let world = &stage.world;
    world.pass_days(1);
    stage.something_to_do(column).await;
    as_it_is_asked(stage, column, |stage| {
        let world = &stage.world;
        let line = world.sold().remove(0).line;
        let yesterday = world.today().yesterday().expect("a day in the calendar");
        world.sandbox.world(|vendors| vendors.human_adjust(line, 7, yesterday)).expect("a person may");
    });
    let ended = stage.struck_run().await;
    assert!(stage.wire.struck() > 0, "nobody edited, and the run ended with {ended:?}");
    stage.all_is_well();
    world.apply().await;
    world.pass_days(1);
    world.apply_complete().await;
    assert_eq!(world.wrong(), [], "the run that was edited ended with {ended:?}");
    assert_eq!(world.open_intents().await, 0);
    let mut dated: Vec<_> =
        world.ours().iter().map(|ours| (ours.contract_id, ours.service_id, ours.effective)).collect();
    let all = dated.len();
    dated.sort_unstable();
    dated.dedup();
    assert_eq!(dated.len(), all, "written twice for a day");
    world.nothing_unknown();
}

/// Autotask answers, and shows what it was sent only later.
async fn commit_is_late(stage: &Shared) {
    let world = &stage.world;
    world.change_mapping(|mapping| mapping.settings.settle_minutes = 10).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    let taken = it::wire::Reply::of(200, "application/json", "{\"itemId\": 1}");
    stage.wire.strike(Operation::Adjustments, 0, usize::MAX, Strike::Late(taken));
    let ended = stage.struck_run().await;
    assert!(ended.is_err(), "what does not show is not done");
    let open = world.open_intents().await;
    assert_eq!(open, world.sold().len(), "all of them are open");
    let meanwhile = world.apply().await;
    assert_eq!(meanwhile.record.outcome, Outcome::Complete);
    assert_eq!(meanwhile.record.counts.made, 0, "they may still arrive");
    stage.wire.let_late_ones_arrive().await;
    stage.wire.mend();
    world.pass_seconds(LEASE_IS_OVER_SECONDS);
    let sent = world.adjustment_posts().len();
    ends_right(stage).await;
    assert_eq!(world.adjustment_posts().len(), sent, "nothing was sent again");
}
