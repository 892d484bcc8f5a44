//! A run that dies, or is overtaken, between any two of its writes to the table or to Autotask. Whatever
//! was done by then, the next run ends where the first would have.

use functions::run::Scope;
use functions::usage_sync;
use it::lines::ADJUSTMENT;
use it::wire::{Phase, Reply, Side, Strike, Wire};
use it::world::{World, even};
use sandbox::{Fault, FaultKind};
use serde_json::json;
use shared::run::{Mode, Outcome};

/// The lease's time, and a second.
const LEASE_IS_OVER_SECONDS: i64 = 61;
const SETTLE_SECONDS: i64 = 600;

/// The moments of a run: before and after each of its writes.
fn moment(number: usize) -> (usize, Phase) {
    (number / 2, if number.is_multiple_of(2) { Phase::Unsent } else { Phase::Committed })
}

/// A run that is dropped where the wire is cut. False when it came to its end before.
async fn run_until_cut(world: &World, wire: &Wire) -> bool {
    let died = tokio::select! {
        biased;
        () = wire.cut() => true,
        run = usage_sync::run(&world.host, &world.connection, Scope::Everybody, Mode::Apply) => {
            assert_eq!(run.expect("it is recorded").record.outcome, Outcome::Complete);
            false
        }
    };
    wire.mend();
    wire.quiet().await;
    died
}

fn nothing_was_refused(world: &World) {
    let refused = world.adjustment_posts().into_iter().filter(|status| *status >= 400).count();
    assert_eq!(refused, 0, "Autotask had to refuse what was sent again");
}

#[tokio::test]
async fn u6_a_run_that_dies_between_any_two_writes_is_made_good_by_the_next_and_nothing_is_made_twice() {
    let (world, wire) = World::wired(even(1, 3)).await;
    world.settle().await;
    let mut moment = 0;
    loop {
        world.pass_days(1);
        world.use_one_more_of_each();
        let (write, phase) = self::moment(moment);
        wire.cut_at_write(write, phase);
        if !run_until_cut(&world, &wire).await {
            break;
        }
        world.pass_seconds(LEASE_IS_OVER_SECONDS);
        let next = world.apply().await;
        assert_eq!(next.record.outcome, Outcome::Complete, "died at moment {moment}");
        world.all_is_right_and_made_once().await;
        moment += 1;
    }
    // Three lines, recorded together, each sent, closed together, and what surrounds them: before and after each.
    assert!(moment >= 2 * (1 + 3 + 1 + 5), "the run has only {moment} moments");
    world.all_is_right_and_made_once().await;
    nothing_was_refused(&world);
}

/// A run that is held up at a moment while the next one does its work after the lease's end. False when
/// it came to its end before.
async fn held_up_and_overtaken(world: &World, wire: &Wire, moment: usize) -> bool {
    let (write, phase) = self::moment(moment);
    wire.hold_at_write(write, phase);
    let overtaken = async {
        wire.cut().await;
        world.pass_seconds(LEASE_IS_OVER_SECONDS);
        let next = world.apply().await;
        assert_ne!(next.record.outcome, Outcome::Skipped, "held up at moment {moment}");
        wire.mend();
    };
    let held_up = usage_sync::run(&world.host, &world.connection, Scope::Everybody, Mode::Apply);
    tokio::pin!(held_up);
    tokio::select! {
        biased;
        run = &mut held_up => {
            assert_eq!(run.expect("it is recorded").record.outcome, Outcome::Complete);
            return false;
        }
        () = overtaken => {}
    }
    drop(held_up.await.expect("it is recorded"));
    true
}

#[tokio::test]
async fn u6_a_run_that_is_held_up_past_its_lease_changes_nothing_after_the_next_has_begun() {
    let (world, wire) = World::wired(even(2, 1)).await;
    world.settle().await;
    world.change_mapping(|mapping| mapping.settings.settle_minutes = 10).await;
    let mut moment = 0;
    loop {
        world.pass_days(1);
        world.use_one_more_of_each();
        if !held_up_and_overtaken(&world, &wire, moment).await {
            break;
        }
        world.pass_seconds(SETTLE_SECONDS);
        let last = world.apply().await;
        assert_eq!(last.record.outcome, Outcome::Complete, "held up at moment {moment}");
        world.all_is_right_and_made_once().await;
        moment += 1;
    }
    assert!(moment >= 2 * (1 + 2 + 1 + 5), "the run has only {moment} moments");
    nothing_was_refused(&world);
}

/// Items that plain customers are sold, one of them on a line, the others used without one.
const ITEMS: [&str; 10] = [
    "pw_base_servers",
    "pw_base_vms",
    "pw_base_m365_seats",
    "pw_pack_adv_security",
    "pw_base_gworkspace_seats",
    "pw_base_mobiles",
    "pw_base_websites",
    "pw_pack_adv_management",
    "pw_pack_adv_backup_servers",
    "pw_pack_adv_email_security",
];

#[tokio::test]
async fn u4_a_run_that_dies_while_it_adds_a_line_leaves_one_line_in_the_end() {
    let (world, wire) = World::wired(even(3, 1)).await;
    world.change_mapping(|mapping| mapping.settings.add_missing_services = true).await;
    world.settle().await;
    let first: Vec<_> = world.sold();
    let mut added = first.iter().flat_map(|sold| ITEMS.map(|item| (sold.clone(), item)));
    for moment in 0.. {
        world.pass_days(1);
        let (sold, item) = added.next().expect("there are more items than moments");
        world.sandbox.world(|vendors| {
            vendors.set_item_status(&sold.tenant, item, None, true);
            vendors.set_usage(&sold.tenant, item, None, 4, Some(4));
        });
        let (write, phase) = self::moment(moment);
        wire.cut_at_write(write, phase);
        let died = run_until_cut(&world, &wire).await;
        world.pass_seconds(LEASE_IS_OVER_SECONDS);
        world.apply_complete().await;
        world.all_is_right_and_made_once().await;
        let lines = world.sandbox.world(|vendors| vendors.lines_of(sold.contract));
        let service = world.sandbox.world(|vendors| vendors.service_by_sku(item)).expect("it is sold");
        let of_service: Vec<_> = lines.iter().filter(|line| line.service_id == service).collect();
        assert_eq!(of_service.len(), 1, "died at moment {moment}");
        if !died {
            break;
        }
    }
    // The second change of each goes to the line that the first one made.
    let lines = world.sandbox.world(|vendors| vendors.lines().len());
    world.pass_days(1);
    world.use_one_more_of_each();
    world.apply_complete().await;
    assert_eq!(world.sandbox.world(|vendors| vendors.lines().len()), lines);
    world.all_is_right_and_made_once().await;
    nothing_was_refused(&world);
}

#[tokio::test]
async fn u6_a_run_that_the_table_fails_says_how_many_changes_are_unanswered() {
    let (world, wire) = World::wired(even(1, 3)).await;
    world.settle().await;
    let body = json!({"__type": "com.amazon.coral.validate#ValidationException", "message": "no"}).to_string();
    let refusal = Some("{\"errors\": [\"No.\"]}".to_owned());
    let mut unanswered = 0;
    for request in 0.. {
        world.pass_days(1);
        world.use_one_more_of_each();
        // One of the changes is refused, so that it is closed while others are under way.
        world.sandbox.fail(Fault::once(ADJUSTMENT, FaultKind::StatusBefore { status: 500, body: refusal.clone() }));
        wire.strike_side(Side::Table, request, 1, Strike::Instead(Reply::of(400, "application/x-amz-json-1.0", &body)));
        let run = usage_sync::run(&world.host, &world.connection, Scope::Everybody, Mode::Apply).await;
        let struck = wire.struck();
        wire.mend();
        if let Ok(run) = run {
            let (said, open) = (&run.record, world.open_intents().await);
            assert_eq!((said.counts.open, said.unanswered_since.is_some()), (open, open > 0), "{request}: {said:?}");
            unanswered += open;
        }
        world.sandbox.clear_faults();
        world.pass_seconds(SETTLE_SECONDS);
        world.apply().await;
        if struck == 0 {
            break;
        }
    }
    assert!(unanswered > 0, "the table was never failed between a change and its end");
}
