//! When a change takes effect, by which usage, and how often it is sent (rule U5).

mod common;

use common::{
    COMPUTE, CONTRACT, LINE, WORKSTATION, World, assert_found, assert_quiet, brief, date, the_change, the_held,
};
use shared::contract::PeriodType;
use shared::plan::{HoldReason, Until};
use shared::quantity::MeasurementUnit;
use shared::settings::EffectiveDates::{self, NextPeriod, PeriodEnd, Today, UpTodayDownNext};
use shared::settings::PostedPeriods;

const POLICIES: [EffectiveDates; 4] = [Today, UpTodayDownNext, NextPeriod, PeriodEnd];

/// A line that we wrote: 8 units from 5 May on, usage 8, and the policy from then on.
fn ours(policy: EffectiveDates) -> World {
    let mut world = World::on("2026-05-05");
    world.uses("workstations", 8).run();
    world.policy(policy);
    world
}

fn change(before: i64, wanted: i64, effective: &str) -> (i64, i64, String) {
    (before, wanted, effective.to_owned())
}

#[test]
fn u5_a_line_that_we_never_wrote_is_first_dated_as_today_whatever_the_policy() {
    for policy in POLICIES {
        for usage in [2, 8] {
            let mut world = World::on("2026-05-10");
            let plan = world.policy(policy).uses("workstations", usage).plan();
            assert_eq!(brief(the_change(&plan)), change(5, usage as i64, "2026-05-10"), "{policy:?}");
        }
    }
}

#[test]
fn u5_today_dates_every_change_today() {
    let mut world = ours(Today);
    assert_eq!(brief(the_change(&world.day("2026-05-12").uses("workstations", 9).run())), change(8, 9, "2026-05-12"));
    assert_eq!(brief(the_change(&world.day("2026-05-31").uses("workstations", 3).run())), change(9, 3, "2026-05-31"));
    assert_eq!(brief(the_change(&world.day("2026-06-01").uses("workstations", 4).run())), change(3, 4, "2026-06-01"));
    let units = ["2026-05-04", "2026-05-05", "2026-05-12", "2026-05-31", "2026-06-01"].map(|day| world.units(700, day));
    assert_eq!(units, [5, 8, 9, 3, 4]);
}

#[test]
fn u5_up_today_down_next_raises_at_once_and_lowers_from_the_next_period() {
    let mut world = ours(UpTodayDownNext);
    assert_eq!(brief(the_change(&world.day("2026-05-12").uses("workstations", 9).run())), change(8, 9, "2026-05-12"));
    let plan = world.day("2026-05-20").uses("workstations", 4).run();
    assert!(plan.is_empty());
    assert_eq!(plan.waiting[0].until, Until::PeriodEnds { day: date("2026-05-31") });
    assert_eq!((plan.waiting[0].units, plan.waiting[0].wanted), (9, 4));
    assert_eq!(brief(the_change(&world.day("2026-05-31").uses("workstations", 3).run())), change(9, 3, "2026-06-01"));
    assert_eq!((world.units(700, "2026-05-31"), world.units(700, "2026-06-01")), (9, 3));
    assert_quiet(&world.day("2026-06-01").run());
}

#[test]
fn u5_next_period_changes_go_both_ways_from_the_next_period_only() {
    for usage in [0, 3, 9] {
        let mut world = ours(NextPeriod);
        world.settings().holds.falls_to_zero = false;
        let plan = world.day("2026-05-12").uses("workstations", usage).run();
        assert!(plan.is_empty());
        assert_eq!(plan.waiting[0].until, Until::PeriodEnds { day: date("2026-05-31") });
        let plan = world.day("2026-05-31").run();
        assert_eq!(brief(the_change(&plan)), change(8, usage as i64, "2026-06-01"));
        assert_eq!(plan.invoice_lines(), 0);
        assert_quiet(&world.day("2026-06-01").run());
    }
}

#[test]
fn u5_period_end_bills_the_whole_period_by_the_usage_of_its_last_day() {
    let mut world = ours(Today);
    world.day("2026-06-01").run();
    world.policy(PeriodEnd);
    for (day, usage) in [("2026-06-10", 20), ("2026-06-29", 3)] {
        assert!(world.day(day).uses("workstations", usage).run().is_empty());
    }
    let plan = world.day("2026-06-30").uses("workstations", 12).run();
    assert_eq!(brief(the_change(&plan)), change(8, 12, "2026-06-01"));
    assert_eq!(plan.invoice_lines(), 0, "not prorated");
    assert_eq!([world.units(700, "2026-05-31"), world.units(700, "2026-06-01")], [8, 12]);
}

#[test]
fn u5_a_period_end_whose_first_day_is_taken_is_dated_the_first_free_day_after_it() {
    let mut world = ours(PeriodEnd);
    let plan = world.day("2026-05-31").uses("workstations", 12).run();
    assert_eq!(brief(the_change(&plan)), change(8, 12, "2026-05-06"), "our own split of 5 May is taken");

    let mut world = ours(Today);
    world.day("2026-06-01").uses("workstations", 9).run();
    world.day("2026-06-02").uses("workstations", 7).run();
    let plan = world.policy(PeriodEnd).day("2026-06-30").uses("workstations", 12).run();
    assert_eq!(brief(the_change(&plan)), change(7, 12, "2026-06-03"));
}

#[test]
fn u5_a_period_end_is_held_where_other_hands_changed_the_line_within_the_period() {
    let mut world = ours(Today);
    world.day("2026-06-01").run();
    world.policy(PeriodEnd).others_change(700, "2026-06-10", 9);
    let plan = world.day("2026-06-30").uses("workstations", 12).run();
    the_held(&plan);
    assert_eq!(plan.held[0].reasons, [HoldReason::ChangedWithinPeriod]);
    let plan = world.approve(&plan).run();
    assert_eq!((the_change(&plan).before, the_change(&plan).wanted), (9, 12));
}

#[test]
fn u5_changes_for_a_period_are_sent_once() {
    for policy in [NextPeriod, PeriodEnd] {
        let mut world = ours(policy);
        assert_eq!(world.day("2026-05-31").uses("workstations", 12).run().changes.len(), 1);
        assert!(world.minutes_later(60).uses("workstations", 15).run().is_empty(), "{policy:?}");
        for day in ["2026-06-01", "2026-06-02", "2026-06-29"] {
            assert!(world.day(day).run().is_empty(), "{policy:?} {day}");
        }
        assert_eq!(the_change(&world.day("2026-06-30").run()).wanted, 15, "{policy:?}");
    }
}

#[test]
fn u5_a_missed_last_day_is_made_up_later_with_that_usage_and_the_same_date() {
    for (policy, usage, dated) in [
        (NextPeriod, 12, "2026-06-01"),
        (NextPeriod, 2, "2026-06-01"),
        (NextPeriod, 0, "2026-06-01"),
        (UpTodayDownNext, 2, "2026-06-01"),
        (UpTodayDownNext, 0, "2026-06-01"),
        (PeriodEnd, 12, "2026-05-06"),
        (PeriodEnd, 2, "2026-05-06"),
        (PeriodEnd, 0, "2026-05-06"),
    ] {
        for day in ["2026-06-01", "2026-06-03", "2026-06-29"] {
            let mut world = ours(policy);
            world.settings().holds.falls_to_zero = false;
            assert!(world.day("2026-05-29").uses("workstations", usage).run().is_empty());
            let plan = world.day(day).uses("workstations", 7).run();
            let expected = change(8, usage as i64, dated);
            assert_eq!(brief(the_change(&plan)), expected, "{policy:?} made up on {day}");
        }
    }
}

#[test]
fn u5_a_missed_fall_to_nothing_is_made_up_for_a_whole_period_that_began_on_its_own_row() {
    let mut world = ours(Today);
    world.day("2026-06-01").run();
    world.policy(PeriodEnd).settings().holds.falls_to_zero = false;
    world.day("2026-06-29").uses("workstations", 0).run();
    let plan = world.day("2026-07-02").uses("workstations", 8).run();
    assert_eq!(brief(the_change(&plan)), change(8, 0, "2026-06-01"));
}

#[test]
fn u5_a_period_that_nobody_watched_is_told_and_not_billed_by_older_usage() {
    for policy in [NextPeriod, PeriodEnd] {
        let mut world = ours(policy);
        world.day("2026-05-31").uses("workstations", 9).run();
        world.uses("workstations", 20);
        for day in ["2026-07-05", "2026-07-06", "2026-07-30"] {
            let plan = world.day(day).run();
            assert!(plan.is_empty(), "{policy:?} {day}: {plan}");
            assert_found(&plan, "no run read the usage between 2026-06-01 and 2026-06-30 → bill the period by hand");
        }
        assert_eq!(the_change(&world.day("2026-07-31").run()).wanted, 20);
    }
}

#[test]
fn u5_a_period_in_which_only_this_tenants_usage_could_not_be_read_is_told_as_well() {
    let mut world = ours(PeriodEnd);
    world.day("2026-05-31").run();
    world.day("2026-06-01").refuses_usage(true).run_daily_until("2026-07-01");
    let plan = world.day("2026-07-02").refuses_usage(false).uses("workstations", 30).run();
    assert!(plan.is_empty(), "{plan}");
    assert_found(&plan, "no run read the usage between 2026-06-01 and 2026-06-30");
    assert_eq!(the_change(&world.run_daily_until("2026-07-30").day("2026-07-31").run()).wanted, 30);
}

#[test]
fn u5_a_month_of_metered_usage_that_nobody_watched_is_not_billed_as_nothing() {
    let mut world = World::metered_on("2026-05-31");
    world.meters(20, "2026-05-01").run();
    for day in ["2026-07-05", "2026-07-06"] {
        let plan = world.day(day).meters(3, "2026-07-01").run();
        assert!(plan.is_empty(), "{plan}");
        assert_found(&plan, "no run read the usage between 2026-06-01 and 2026-06-30");
    }
}

#[test]
fn u5_contracts_may_have_a_policy_of_their_own() {
    let mut world = ours(Today);
    world.settings().contract_effective_dates.insert(CONTRACT, NextPeriod);
    assert!(world.day("2026-05-20").uses("workstations", 9).plan().is_empty());
    assert_eq!(the_change(&world.day("2026-05-31").plan()).effective, date("2026-06-01"));
}

#[test]
fn u5_days_are_clamped_into_the_contract() {
    let ending = |policy| {
        let mut world = ours(policy);
        world.the_contract().end = date("2026-06-20");
        world.it().rows.retain(|row| row.start <= date("2026-06-20"));
        for row in world.it().rows.iter_mut().filter(|row| row.end > date("2026-06-20")) {
            row.end = date("2026-06-20");
        }
        world.day("2026-05-31").run();
        world.day("2026-06-20").uses("workstations", 12);
        world
    };
    assert_eq!(brief(the_change(&ending(NextPeriod).plan())), change(8, 12, "2026-06-20"), "its last day");
    assert_eq!(brief(the_change(&ending(PeriodEnd).plan())), change(8, 12, "2026-06-01"));

    let mut world = ending(PeriodEnd);
    world.run_daily_until("2026-06-20");
    world.the_contract().start = date("2026-06-10");
    world.it().rows.retain(|row| row.start >= date("2026-06-01"));
    world.it().rows[0].start = date("2026-06-10");
    assert_eq!(brief(the_change(&world.plan())), change(8, 12, "2026-06-10"), "its first day");
}

#[test]
fn u5_the_last_period_of_an_ended_contract_is_still_settled() {
    for last_day in ["2026-05-31", "2026-05-20"] {
        let mut world = ours(PeriodEnd);
        world.the_contract().end = date(last_day);
        world.it().rows.retain(|row| row.start <= date(last_day));
        world.it().rows.last_mut().expect("the last period").end = date(last_day);
        world.day("2026-05-19").uses("workstations", 12).run();
        let plan = world.day("2026-06-04").uses("workstations", 2).run();
        assert_eq!(brief(the_change(&plan)), change(8, 12, "2026-05-06"), "the contract ended on {last_day}");
        assert!(world.minutes_later(60).run().is_empty());
        assert!(world.day("2026-06-05").run().is_empty());
    }
}

#[test]
fn u5_an_ended_contract_is_settled_where_we_had_the_vendor_create_the_line() {
    let mut world = World::empty("2026-05-05");
    world.product("workstations", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    world.customer(7, "Alpenblick").known().the_contract().end = date("2026-05-31");
    world.policy(PeriodEnd).uses("workstations", 8).settings().add_missing_services = true;
    assert!(the_change(&world.run()).adds_line());
    world.day("2026-05-30").uses("workstations", 12).run();
    assert_eq!(brief(the_change(&world.day("2026-06-02").run())), change(8, 12, "2026-05-06"));
}

#[test]
fn u5_units_are_written_at_most_once_a_day_per_line() {
    let mut world = ours(Today);
    let plan = world.minutes_later(60).uses("workstations", 9).run();
    assert!(plan.is_empty());
    assert_eq!(plan.waiting[0].until, Until::Tomorrow);
    assert_eq!(brief(the_change(&world.day("2026-05-06").run())), change(8, 9, "2026-05-06"));
}

#[test]
fn u5_a_day_that_our_own_earlier_change_took_is_not_written_again() {
    let mut world = ours(UpTodayDownNext);
    world.day("2026-05-31").uses("workstations", 4).run();
    let plan = world.day("2026-06-01").uses("workstations", 9).run();
    assert!(plan.is_empty(), "1 June is taken by the fall that was sent on 31 May:\n{plan}");
    assert_eq!(plan.waiting.len(), 1);
    assert_eq!(brief(the_change(&world.day("2026-06-02").run())), change(4, 9, "2026-06-02"));
}

#[test]
fn u5_a_product_may_have_a_smallest_change() {
    for (usage, waits) in [(5, true), (6, true), (7, true), (8, false), (3, true), (2, false)] {
        let mut world = World::on("2026-05-10");
        let plan = world.row("workstations", |row| row.smallest_change = 3).uses("workstations", usage).plan();
        assert_eq!(plan.changes.is_empty(), waits, "{usage}");
        assert_eq!(plan.waiting.len(), usize::from(waits && usage != 5), "{usage}");
        assert!(plan.waiting.iter().all(|waiting| waiting.until == Until::SmallestChange { units: 3 }));
    }
}

#[test]
fn u5_the_plan_counts_the_invoice_lines_it_will_make() {
    for (day, lines) in [("2026-05-10", 1), ("2026-05-31", 1), ("2026-06-01", 0)] {
        assert_eq!(World::on(day).uses("workstations", 9).plan().invoice_lines(), lines, "{day}");
    }
}

#[test]
fn u5_a_change_into_a_posted_period_is_dated_the_first_day_not_posted_and_told() {
    let mut world = World::on("2026-05-10");
    let plan = world.post_until("2026-05-31").uses("workstations", 9).run();
    assert_eq!(brief(the_change(&plan)), change(5, 9, "2026-06-01"));
    assert_found(&plan, "already invoiced up to 2026-05-31: +4 units from 2026-05-10 to 2026-05-31 were missed");
    assert!(world.day("2026-05-11").run().is_empty(), "sent once");
    assert_eq!([world.units(700, "2026-05-31"), world.units(700, "2026-06-01")], [5, 9]);
}

#[test]
fn u5_a_day_after_a_posted_period_takes_one_change() {
    let mut world = World::on("2026-05-10");
    world.post_until("2026-05-31").uses("workstations", 9).run();
    let plan = world.day("2026-05-12").uses("workstations", 7).run();
    assert!(plan.changes.iter().all(|change| common::adjustment(&change.action).effective != date("2026-06-01")));
    world.run_daily_until("2026-06-03");
    assert_eq!(world.units(700, "2026-06-03"), 7);
    assert!(world.customers[&common::COMPANY].states.values().all(|state| state.refused.is_none()));
}

#[test]
fn u5_posted_periods_can_be_held_instead() {
    let mut world = World::on("2026-05-10");
    world.settings().posted_periods = PostedPeriods::Hold;
    let plan = world.post_until("2026-05-31").uses("workstations", 9).plan();
    assert_eq!(brief(the_held(&plan)), change(5, 9, "2026-06-01"));
    assert_eq!(plan.held[0].reasons, [HoldReason::PostedPeriod]);
    assert_eq!(brief(the_change(&world.approve(&plan).plan())), change(5, 9, "2026-06-01"));
}

#[test]
fn u5_what_is_posted_to_the_contracts_end_is_told_and_not_changed() {
    let mut world = World::on("2026-05-10");
    world.the_contract().end = date("2026-05-31");
    world.it().rows.retain(|row| row.end <= date("2026-05-31"));
    let plan = world.post_until("2026-05-31").uses("workstations", 9).plan();
    assert!(plan.is_empty());
    assert_found(&plan, "is invoiced as far as it is known: +4 units from 2026-05-10 on were missed");
}

#[test]
fn u5_a_metered_month_that_is_posted_is_told_and_not_put_on_another_month() {
    let mut world = World::metered_on("2026-05-31");
    let plan = world.meters(20, "2026-05-01").post_until("2026-05-31").plan();
    assert!(plan.is_empty());
    assert_found(&plan, "Compute Point on contract 70 is already invoiced up to 2026-05-31: +20 units");
    assert_eq!(world.units(700, "2026-06-01"), 0);
    assert_eq!(world.services[&COMPUTE].name, "Compute Point");
}

#[test]
fn u5_a_line_whose_period_cannot_be_told_is_held_and_settled_once_it_can() {
    let mut world = World::on("2026-05-05");
    world.the_contract().period = None;
    world.services.get_mut(&WORKSTATION).expect("it is sold").period = None;
    world.uses("workstations", 8).run();
    assert_eq!(world.units(700, "2026-05-05"), 8, "today needs no period");
    let plan = world.policy(PeriodEnd).day("2026-05-10").uses("workstations", 9).run();
    assert!(plan.is_empty());
    assert_found(&plan, "the billing period of Workstation on contract 70 cannot be told; the line is held");
    world.the_contract().period = Some(PeriodType::Monthly);
    assert_eq!(brief(the_change(&world.day("2026-05-31").run())), change(8, 9, "2026-05-06"));
    assert_eq!(world.customers[&common::COMPANY].states[&LINE.to_string()].writes, 2);
}

#[test]
fn u5_quarterly_and_yearly_lines_wait_for_their_own_periods_end() {
    for (kind, waits, end, next) in [
        (PeriodType::Quarterly, "2026-06-29", "2026-06-30", "2026-07-01"),
        (PeriodType::SemiAnnual, "2026-06-29", "2026-06-30", "2026-07-01"),
        (PeriodType::Yearly, "2026-12-30", "2026-12-31", "2027-01-01"),
    ] {
        let mut world = World::on("2026-05-05");
        (world.it().rows, world.it().lines) = (Vec::new(), Vec::new());
        world.the_contract().period = Some(kind);
        world.line(70, 700, WORKSTATION, 5).uses("workstations", 8).run();
        world.policy(NextPeriod);
        assert!(world.day(waits).uses("workstations", 9).run().is_empty(), "{kind}");
        assert_eq!(brief(the_change(&world.day(end).run())), change(8, 9, next), "{kind}");
    }
}
