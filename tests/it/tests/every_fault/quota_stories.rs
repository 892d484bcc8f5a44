//! How a cell of tenants and quotas is played: the fault strikes a run that has a tenant to make, or to disable, and
//! a quota to raise; it is taken away, and the next run ends where the first would have.

use crate::cells::{Event, Story, Told};
use crate::quota_cells::is_amid_the_writes;
use crate::quota_stage::QuotaStage;
use crate::rows::Row;
use it::wire::{Operation, Reply, Strike};
use it::world::World;
use jiff::SignedDuration;
use sandbox::{Fault, FaultKind};
use std::sync::Arc;

type Shared = Arc<QuotaStage>;

/// What happens to a request after it was carried out, happens once; what keeps it from that lasts.
pub(crate) fn times(row: Row, column: Operation) -> usize {
    let once = matches!(row, Row::ResetAfter | Row::SilenceAfter | Row::Status500After | Row::Truncated);
    if once && column.is_write() { 1 } else { usize::MAX }
}

/// Plays a cell on a stage.
pub(crate) async fn play(stage: Shared, row: Row, column: Operation, story: Story) {
    stage.world.pass_days(1);
    match story {
        Story::Struck(strike, told) => {
            let times = times(row, column);
            let arm = || stage.wire.strike(column, 0, times, strike.clone());
            struck(&stage, column, times > 1 && told == Told::Broken, arm).await;
        }
        Story::Page(kind, told) => {
            let operation = column.operation().expect("pages are a vendor's");
            let fault = Fault::always(operation, kind);
            stage.world.sandbox.world(|vendors| vendors.settings.page_size = 2);
            struck(&stage, column, told == Told::Broken, || stage.world.sandbox.fail(fault.clone())).await;
            stage.world.sandbox.world(|vendors| vendors.settings.page_size = 5_000);
        }
        Story::Meanwhile(Event::CommitIsLate) => tenant_is_late(&stage).await,
        Story::Meanwhile(event) => meanwhile(&stage, column, event).await,
    }
}

async fn struck(stage: &QuotaStage, column: Operation, is_told: bool, arm: impl Fn()) {
    let todo = stage.something_to_do(column).await;
    stage.world.sandbox.clear_requests();
    arm();
    let ended = stage.struck_run(&stage.scope(&todo)).await;
    let seen =
        stage.world.sandbox.requests().into_iter().any(|seen| Some(seen.operation.as_str()) == column.operation());
    assert!(stage.wire.struck() > 0 || seen, "nothing was struck, and the run ended with {ended:?}");
    stage.all_is_well().await;
    stage.nothing_is_astray(&todo);
    if is_told && !column.is_write() {
        assert!(ended.is_err(), "it was complete");
        let written = stage.writes();
        assert!(written == 0 || is_amid_the_writes(column), "{written} writes from half a reading: {ended:?}");
    }
    stage.ends_right(&todo, &ended).await;
}

/// Makes something happen as the operation is first asked for.
async fn meanwhile(stage: &Shared, column: Operation, event: Event) {
    let world = &stage.world;
    if event == Event::Midnight {
        let today = world.today();
        world.pass_days(i64::from(today.days_in_month() - today.day()));
    }
    let todo = stage.something_to_do(column).await;
    if event == Event::Midnight {
        let tomorrow = world.today().tomorrow().expect("a day in the calendar");
        let midnight = tomorrow.to_zoned(jiff::tz::TimeZone::UTC).expect("a time in the calendar").timestamp();
        world.pass_seconds(midnight.as_second() - world.now().as_second() - 10);
    }
    let on = Arc::clone(stage);
    stage.wire.strike(column, 0, 1, Strike::Meanwhile(Arc::new(move || happens(&on, event))));
    let ended = stage.struck_run(&stage.scope(&todo)).await;
    assert!(stage.wire.struck() > 0, "nothing happened, and the run ended with {ended:?}");
    stage.all_is_well().await;
    if event != Event::PersonEdits {
        stage.nothing_is_astray(&todo);
    }
    if event == Event::SecretsRotate {
        stage.store_credentials();
    }
    stage.ends_right(&todo, &ended).await;
}

fn happens(stage: &QuotaStage, event: Event) {
    let world = &stage.world;
    if event != Event::PersonEdits {
        return happens_in(world, event);
    }
    stage.known_buys_another();
    // Somebody raises the quota by hand at the same moment.
    world.sandbox.world(|vendors| {
        let quota = sandbox::acronis::Quota { value: Some(900), overage: Some(0), version: 0 };
        vendors.set_quota(&stage.tenant, "pw_base_servers", None, quota)
    });
}

/// What happens at the vendors, or to our clock, whatever the job.
pub(crate) fn happens_in(world: &World, event: Event) {
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
        Event::Midnight => world.pass_seconds(20),
        Event::PersonEdits | Event::MidnightOfAPeriod | Event::CommitIsLate => {
            unreachable!("it is played in another way, or never")
        }
    }
}

/// Acronis answers that it is too busy, and the tenant comes to be only later.
async fn tenant_is_late(stage: &QuotaStage) {
    let todo = stage.something_to_do(Operation::CreateTenant).await;
    let busy = Reply::of(503, "application/json", "");
    stage.wire.strike(Operation::CreateTenant, 0, usize::MAX, Strike::Late(busy));
    let scope = stage.scope(&todo);
    let ended = stage.struck_run(&scope).await;
    assert!(ended.is_err(), "what does not show is not done");
    stage.world.pass_seconds(60);
    stage.struck_run(&scope).await.expect("there is nothing to send");
    assert_eq!(stage.wire.struck(), 1, "it may still arrive");
    stage.wire.let_late_ones_arrive().await;
    stage.all_is_well().await;
    stage.ends_right(&todo, &ended).await;
}
