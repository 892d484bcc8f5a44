//! What somebody else changed on our lines, and what became of what we sent (rules U3, U6).

mod common;

use common::job::Reply;
use common::{
    COMPANY, LINE, WORKSTATION, World, assert_found, assert_quiet, brief, date, findings, item, the_change, the_held,
    used,
};
use jiff::Timestamp;
use shared::ids::{LineId, ServiceId, TenantId};
use shared::kept::Reading;
use shared::line::{Intent, LinePlace, LineState, Settlement, settle};
use shared::mapping::{Product, ProductRow};
use shared::plan::HoldReason;
use shared::quantity::MeasurementUnit;
use shared::reckon::{Used, reckon};
use shared::settings::EffectiveDates::{NextPeriod, PeriodEnd};

/// A line that we brought to 8 units on 5 May.
fn ours() -> World {
    let mut world = World::on("2026-05-05");
    world.uses("workstations", 8).run();
    world
}

/// A line of ours that somebody changed to 6, and that we corrected on 10 May.
fn corrected() -> World {
    let mut world = ours();
    world.others_change(700, "2026-05-09", 6).day("2026-05-10").run();
    world
}

fn change(before: i64, wanted: i64, effective: &str) -> (i64, i64, String) {
    (before, wanted, effective.to_owned())
}

fn state(world: &World) -> &LineState {
    &world.customers[&COMPANY].states[&LINE.to_string()]
}

#[test]
fn u3_a_line_changed_by_somebody_else_is_corrected_once_and_told() {
    let mut world = ours();
    let plan = world.others_change(700, "2026-05-09", 6).day("2026-05-10").run();
    assert_eq!(brief(the_change(&plan)), change(6, 8, "2026-05-10"));
    assert_eq!(the_change(&plan).corrects_others, Some(8));
    assert_found(&plan, "Workstation on contract 70 was changed by somebody else: 8 → 6");
    assert_quiet(&world.run());
    assert_quiet(&world.day("2026-05-11").run());
}

#[test]
fn u3_changed_again_within_seven_days_it_is_held() {
    for (day, held) in [("2026-05-11", true), ("2026-05-16", true), ("2026-05-17", true), ("2026-05-18", false)] {
        let mut world = corrected();
        let plan = world.others_change(700, day, 5).day(day).run();
        assert_eq!(plan.held.len(), usize::from(held), "{day}: {plan}");
        assert_eq!(plan.changes.len(), usize::from(!held), "{day}: {plan}");
        let reason = HoldReason::AnotherWriter { corrected_on: date("2026-05-10") };
        assert!(plan.held.iter().all(|held| held.reasons == [reason.clone()]), "{plan}");
    }
}

#[test]
fn u3_what_another_writer_changed_stays_held_until_approved_however_long_it_takes() {
    let mut world = corrected();
    world.others_change(700, "2026-05-12", 5);
    for day in ["2026-05-12", "2026-05-17", "2026-05-18", "2026-05-30"] {
        let plan = world.day(day).run();
        assert!(plan.changes.is_empty() && plan.held.len() == 1, "{day}: {plan}");
    }
    let plan = world.plan();
    assert_eq!(brief(the_change(&world.approve(&plan).run())), change(5, 8, "2026-05-30"));
    let plan = world.others_change(700, "2026-06-02", 5).day("2026-06-02").run();
    assert_eq!(the_held(&plan).before, 5, "the approved correction begins another seven days");
}

#[test]
fn u3_what_somebody_else_brought_to_where_it_should_be_is_taken_over_and_told_once() {
    let mut world = ours();
    let plan = world.others_change(700, "2026-05-09", 9).day("2026-05-10").uses("workstations", 9).run();
    assert!(plan.is_empty());
    assert_found(&plan, "was changed by somebody else: 8 → 9");
    assert_quiet(&world.minutes_later(60).run());
    assert_quiet(&world.day("2026-05-11").run());
    assert_eq!(the_change(&world.day("2026-05-12").uses("workstations", 7).run()).corrects_others, None);
}

#[test]
fn u3_units_are_those_just_read_and_never_those_remembered() {
    let mut world = ours();
    let plan = world.others_change(700, "2026-05-09", 20).day("2026-05-10").uses("workstations", 9).run();
    assert_eq!((the_change(&plan).before, the_change(&plan).unit_change()), (20, -11));
    assert_eq!(world.units(700, "2026-05-10"), 9);
}

#[test]
fn u3_units_that_wait_are_told_as_changed_all_the_same() {
    let mut world = ours();
    world.row("workstations", |row| row.smallest_change = 3);
    let plan = world.others_change(700, "2026-05-09", 7).day("2026-05-10").run();
    assert_eq!(plan.waiting.len(), 1, "{plan}");
    assert_found(&plan, "was changed by somebody else: 8 → 7");
}

#[test]
fn u3_the_future_rows_of_a_line_that_changes_are_shown() {
    let mut world = World::on("2026-05-10");
    world.others_change(700, "2026-06-15", 12);
    let plan = world.uses("workstations", 6).plan();
    assert_eq!(the_change(&plan).later, [], "15 June is beyond the next period's first day");
    world.others_change(700, "2026-05-20", 11);
    let plan = world.run();
    assert_eq!(the_change(&plan).later, [(date("2026-05-20"), 11), (date("2026-06-01"), 11)]);
    let plan = world.day("2026-05-20").run();
    assert_eq!(brief(the_change(&plan)), change(12, 6, "2026-05-20"), "what was scheduled is corrected on its day");
}

#[test]
fn u3_a_line_that_we_never_wrote_is_set_without_a_word() {
    let mut world = World::on("2026-05-10");
    let plan = world.others_change(700, "2026-05-09", 7).plan();
    assert_eq!(brief(the_change(&plan)), change(7, 5, "2026-05-10"));
    assert!(plan.findings.is_empty());
}

fn intent(before: i64, wanted: i64, sent_at: Timestamp) -> Intent {
    let row = ProductRow::unmapped(item("workstations", MeasurementUnit::Quantity), "workstations".into());
    let product = Product { service: WORKSTATION, rows: vec![&row] };
    let tenant = TenantId::new("tenant-7");
    let reading = Reading::of(&[], &[used("workstations", wanted.unsigned_abs())]);
    let used = Used { tenant: &tenant, reading: &reading, day: date("2026-05-10") };
    Intent {
        id: "intent".to_owned(),
        run: "run".to_owned(),
        change: "change".to_owned(),
        sent_at,
        sent_on: date("2026-05-10"),
        before,
        wanted,
        effective: date("2026-05-10"),
        settles: None,
        mapped_as: String::new(),
        corrects_others: false,
        approved_by: None,
        reckoning: reckon(&product, used, 0).expect("it is counted"),
    }
}

#[test]
fn u6_an_unanswered_change_is_settled_by_the_units_read() {
    use Settlement::{ChangedByOthers, Done, NotDone, StillOpen};
    let sent: Timestamp = "2026-05-10T04:00:00Z".parse().expect("a moment");
    let cases = [
        // before, wanted, read, minutes later, settle_minutes, settled as
        (5, 8, Some(8), 0, 10, Done),
        (5, 8, Some(8), 90, 10, Done),
        (5, 8, Some(5), 0, 10, StillOpen),
        (5, 8, Some(5), 9, 10, StillOpen),
        (5, 8, Some(5), 10, 10, NotDone),
        (5, 8, Some(5), 0, 0, NotDone),
        (5, 8, Some(5), -5, 10, StillOpen),
        (5, 8, Some(6), 0, 10, ChangedByOthers { found: 6 }),
        (5, 8, Some(11), 90, 10, ChangedByOthers { found: 11 }),
        (5, 8, None, 90, 10, ChangedByOthers { found: 0 }),
        (0, 8, None, 9, 10, StillOpen),
        (0, 8, None, 10, 10, NotDone),
        (8, 0, None, 0, 10, Done),
    ];
    for (before, wanted, read, minutes, settle_minutes, expected) in cases {
        let now = sent + jiff::SignedDuration::from_mins(minutes);
        let settled = settle(&intent(before, wanted, sent), read, now, settle_minutes);
        assert_eq!(settled, expected, "{before} → {wanted}, read {read:?} after {minutes} of {settle_minutes}");
    }
}

#[test]
fn u6_a_lost_reply_does_not_bill_twice() {
    for (day, policy) in [("2026-05-10", None), ("2026-05-31", None), ("2026-05-31", Some(NextPeriod))] {
        for next in [day, "2026-06-01", "2026-06-20"] {
            let mut world = ours();
            world.day("2026-05-09").run();
            policy.map(|policy| world.policy(policy));
            assert_eq!(world.day(day).uses("workstations", 9).run_with(Reply::Lost).changes.len(), 1);
            assert_quiet(&world.day(next).minutes_later(60).run());
            assert_eq!(world.units(700, "2026-06-20"), 9);
            assert_eq!((state(&world).writes, &state(&world).open), (2, &None), "sent {day}, read {next}");
        }
    }
}

#[test]
fn u6_a_change_that_never_arrived_blocks_its_line_until_it_is_settled_and_is_planned_afresh() {
    let mut world = ours();
    world.day("2026-05-10").uses("workstations", 9).run_with(Reply::NeverArrived);
    let plan = world.minutes_later(9).uses("workstations", 10).run();
    assert!(plan.is_empty());
    assert_found(&plan, "the change 8 → 9 sent on 2026-05-10 is unanswered; the line waits");
    assert_eq!(brief(the_change(&world.minutes_later(1).run())), change(8, 10, "2026-05-10"));
    assert_quiet(&world.minutes_later(60).run());
}

#[test]
fn u6_without_settle_minutes_the_next_run_settles() {
    let mut world = ours();
    world.settings().settle_minutes = 0;
    world.day("2026-05-10").uses("workstations", 9).run_with(Reply::NeverArrived);
    assert_eq!(brief(the_change(&world.run())), change(8, 9, "2026-05-10"));
}

#[test]
fn u6_an_unanswered_change_blocks_no_other_line() {
    let mut world = ours();
    let server = ServiceId(503);
    world.product("servers", MeasurementUnit::Quantity, server, "Server").line(70, 703, server, 1).uses("servers", 1);
    world.day("2026-05-10").uses("workstations", 9).run_with(Reply::NeverArrived);
    assert_eq!(the_change(&world.minutes_later(1).uses("servers", 2).run()).service_name, "Server");
}

#[test]
fn u6_an_unanswered_change_of_a_tenant_whose_usage_is_refused_is_settled_too() {
    let mut world = ours();
    world.day("2026-05-10").uses("workstations", 9).run_with(Reply::Lost);
    world.it().refusal = Some("403".to_owned());
    world.day("2026-05-11").run();
    assert_eq!(state(&world).open, None);
    assert_eq!(state(&world).writes, 2);
}

#[test]
fn u6_units_that_are_neither_as_before_nor_as_wanted_are_told_and_planned_from_what_was_read() {
    let mut world = ours();
    world.day("2026-05-10").uses("workstations", 12).run_with(Reply::NeverArrived);
    world.others_change(700, "2026-05-11", 8);
    world.others_change(700, "2026-05-10", 10);
    let plan = world.day("2026-05-11").run();
    assert_eq!(brief(the_change(&plan)), change(10, 12, "2026-05-11"));
    assert_found(&plan, "was changed by somebody else: 12 → 10");
    assert_eq!(findings(&plan).lines().count(), 1, "told once");
    assert_quiet(&world.minutes_later(60).run());

    let plan = world.others_change(700, "2026-05-13", 9).day("2026-05-13").run();
    assert_eq!(brief(the_held(&plan)), change(9, 12, "2026-05-13"), "it was corrected on the 11th (U3)");
}

#[test]
fn u6_what_is_settled_by_an_earlier_day_and_what_is_planned_for_today_are_both_read() {
    let mut world = ours();
    world.day("2026-05-10").uses("workstations", 9).run_with(Reply::Lost);
    world.others_change(700, "2026-05-20", 11);
    let plan = world.day("2026-06-02").run();
    assert_eq!(brief(the_change(&plan)), change(11, 9, "2026-06-02"));
    assert_found(&plan, "was changed by somebody else: 9 → 11");
    assert_eq!(state(&world).writes, 3);
}

#[test]
fn u6_a_refused_change_is_not_tried_again_until_its_inputs_change_or_a_day_passes() {
    let mut world = ours();
    world.day("2026-05-10").uses("workstations", 9).taken.insert((LINE, date("2026-05-10")));
    assert_eq!(world.run().changes.len(), 1, "the vendor refuses it");
    let plan = world.minutes_later(60).run();
    assert!(plan.is_empty());
    assert_found(&plan, "Workstation on contract 70: Autotask refused the change: Attempt to insert duplicate data");
    world.uses("workstations", 10);
    assert_eq!(the_change(&world.plan()).wanted, 10, "its inputs changed");
    world.uses("workstations", 9);
    assert_eq!(brief(the_change(&world.day("2026-05-11").run())), change(8, 9, "2026-05-11"));
    assert_eq!(state(&world).refused, None);
}

/// A world where we have the vendor create the line of 9 workstations.
fn adding() -> World {
    let mut world = World::empty("2026-05-10");
    world.product("workstations", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    world.customer(7, "Alpenblick").uses("workstations", 9).known().settings().add_missing_services = true;
    world
}

#[test]
fn u6_a_line_created_by_a_lost_reply_is_found_by_its_contract_and_service() {
    for next in ["2026-05-10", "2026-05-11", "2026-06-01", "2026-06-20"] {
        let mut world = adding();
        assert!(the_change(&world.run_with(Reply::Lost)).adds_line());
        assert_quiet(&world.day(next).minutes_later(60).run());
        assert_eq!(world.units(709, next), 9);
        let states = &world.customers[&COMPANY].states;
        assert!(states.values().all(|state| state.open.is_none() && state.writes == 1), "settled on {next}");
        world.policy(PeriodEnd).uses("workstations", 12);
        assert!(world.run().is_empty(), "it is ours from then on");
    }
}

#[test]
fn u6_a_line_whose_creation_never_arrived_is_created_once() {
    let mut world = adding();
    world.run_with(Reply::NeverArrived);
    let plan = world.minutes_later(5).run();
    assert!(plan.is_empty());
    assert_found(&plan, "the change 0 → 9 sent on 2026-05-10 is unanswered");
    assert!(the_change(&world.minutes_later(5).run()).adds_line());
    assert_quiet(&world.minutes_later(60).run());
}

#[test]
fn u6_a_second_line_of_the_service_does_not_inherit_what_we_wrote_to_the_first() {
    let mut world = adding();
    world.run();
    world.day("2026-05-11").uses("workstations", 8).run();
    world.it().rows.clear();
    world.it().lines.clear();
    world.line(70, 777, WORKSTATION, 3).day("2026-05-12").policy(NextPeriod);
    let plan = world.plan();
    assert_eq!(brief(the_change(&plan)), change(3, 8, "2026-05-12"), "a line that we never wrote");
    assert!(plan.findings.is_empty(), "{plan}");
    assert_eq!(the_change(&plan).place.line, Some(LineId(777)));
}

#[test]
fn u6_a_place_without_a_line_is_known_by_contract_and_service() {
    let place = LinePlace { company: COMPANY, contract: common::CONTRACT, service: WORKSTATION, line: Some(LINE) };
    assert_eq!(place.key(), "700");
    assert_eq!(LinePlace { line: None, ..place }.key(), "70+501");
}
