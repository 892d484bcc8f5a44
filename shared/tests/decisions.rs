//! What people decide otherwise than usage does, and for how long (rule U8).

mod common;

use common::{
    COMPANY, COMPUTE, WORKSTATION, World, assert_found, assert_quiet, brief, contract, date, the_change, the_held,
};
use shared::decision::{Decided, Decision, decide, decision_on, take_back};
use shared::ids::LineId;
use shared::plan::{HoldReason, Plan, Until};
use shared::settings::EffectiveDates::{self, NextPeriod, PeriodEnd, Today, UpTodayDownNext};

const POLICIES: [EffectiveDates; 4] = [Today, UpTodayDownNext, NextPeriod, PeriodEnd];

fn decision(what: Decided, from: &str) -> Decision {
    Decision { what, from: date(from), by: "ada".to_owned(), reason: "agreed by phone".to_owned() }
}

fn adjust(units: u32, until: &str) -> Decided {
    Decided::Adjust { units, until: date(until) }
}

fn dismiss(until: &str) -> Decided {
    Decided::Dismiss { until: date(until) }
}

/// A person decides on the workstations of the customer.
fn decided(world: &mut World, what: Decided) -> &mut World {
    let from = world.today.to_string();
    let row = world.mapping.customers.get_mut(&COMPANY).expect("the customer is mapped");
    decide(row.decisions.entry(WORKSTATION).or_default(), decision(what, &from));
    world
}

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

/// Each change on its way to a day, as (day of the run, units wanted, from).
fn changes_until(world: &mut World, last: &str) -> Vec<(String, i64, String)> {
    let mut made = Vec::new();
    while world.today < date(last) {
        let next = world.today.tomorrow().expect("a near day").to_string();
        let plan = world.day(&next).run();
        made.extend(plan.changes.iter().map(|change| {
            let adjustment = common::adjustment(&change.action);
            (next.clone(), adjustment.wanted, adjustment.effective.to_string())
        }));
        assert!(world.plan().is_empty(), "planning again after applying gives nothing: {}", world.plan());
    }
    made
}

fn made(all: &[(&str, i64, &str)]) -> Vec<(String, i64, String)> {
    all.iter().map(|(day, units, from)| ((*day).to_owned(), *units, (*from).to_owned())).collect()
}

fn is_dismissed(plan: &Plan, units: i64, wanted: i64, day: &str) {
    let [waiting] = plan.waiting.as_slice() else { panic!("one line waits: {plan}") };
    assert_eq!((waiting.units, waiting.wanted), (units, wanted));
    let (by, reason) = ("ada".to_owned(), "agreed by phone".to_owned());
    assert_eq!(waiting.until, Until::Dismissed { day: date(day), by, reason });
    assert!(plan.is_empty());
    assert!(plan.to_string().contains("dismissed until") && plan.to_string().contains("by ada: agreed by phone"));
}

#[test]
fn u8_an_adjusted_line_holds_those_units_until_the_period_ends_and_then_follows_usage_again() {
    let mut world = ours(Today);
    decided(world.day("2026-05-12").uses("workstations", 11), adjust(6, "2026-05-31"));
    let plan = world.run();
    assert_eq!(brief(the_change(&plan)), change(8, 6, "2026-05-12"));
    let because = "11 × workstations; adjusted to 6 until 2026-05-31 by ada: agreed by phone";
    assert!(plan.to_string().contains(because), "{plan}");
    assert_quiet(&world.plan());
    assert_eq!(changes_until(&mut world, "2026-06-10"), made(&[("2026-06-01", 11, "2026-06-01")]));
}

#[test]
fn u8_units_that_are_adjusted_stand_in_the_place_of_usage_under_every_policy() {
    let after = |policy: EffectiveDates, usage: u64| {
        let mut world = ours(policy);
        decided(world.day("2026-05-12").uses("workstations", usage), adjust(6, "2026-05-31"));
        world.run();
        changes_until(&mut world, "2026-07-05")
    };
    // Lower than what is there: as a fall by usage would be dated, and by usage from the next period on.
    assert_eq!(after(NextPeriod, 11), made(&[("2026-05-31", 6, "2026-06-01"), ("2026-06-30", 11, "2026-07-01")]));
    assert_eq!(after(PeriodEnd, 11), made(&[("2026-05-31", 6, "2026-05-06"), ("2026-06-30", 11, "2026-06-01")]));
    assert_eq!(after(UpTodayDownNext, 3), made(&[("2026-05-31", 6, "2026-06-01"), ("2026-06-30", 3, "2026-07-01")]));
    assert_eq!(after(UpTodayDownNext, 11), made(&[("2026-05-31", 6, "2026-06-01"), ("2026-06-02", 11, "2026-06-02")]));
}

#[test]
fn u8_a_period_that_is_settled_late_is_settled_by_what_was_decided_within_it() {
    let mut world = ours(PeriodEnd);
    decided(world.day("2026-05-30").uses("workstations", 11), adjust(6, "2026-05-31"));
    world.run();
    // Nobody ran on the 31st.
    assert_eq!(brief(the_change(&world.day("2026-06-02").run())), change(8, 6, "2026-05-06"));
}

#[test]
fn u8_h1_adjusted_lines_are_held_like_others_and_the_reason_says_who_adjusted() {
    let mut world = ours(Today);
    let plan = decided(world.day("2026-05-12"), adjust(60, "2026-05-31")).run();
    assert_eq!(brief(the_held(&plan)), change(8, 60, "2026-05-12"));
    assert_eq!(plan.held[0].reasons, [HoldReason::Jump]);
    assert!(plan.to_string().contains("adjusted to 60 until 2026-05-31 by ada"), "{plan}");
    world.approve(&plan);
    assert_eq!(brief(the_change(&world.run())), change(8, 60, "2026-05-12"));

    let mut world = ours(Today);
    world.settings().review_mode = true;
    let plan = decided(world.day("2026-05-12"), adjust(9, "2026-05-31")).run();
    assert_eq!(plan.held[0].reasons, [HoldReason::ReviewMode]);
}

#[test]
fn u8_an_adjustment_is_made_however_small_and_none_where_usage_is_not_known() {
    let mut world = ours(Today);
    world.row("workstations", |row| row.smallest_change = 5);
    decided(world.day("2026-05-12"), adjust(9, "2026-05-31"));
    assert_eq!(brief(the_change(&world.plan())), change(8, 9, "2026-05-12"));
    let plan = world.reports_nothing_of("workstations").plan();
    assert!(plan.is_empty());
    assert_found(&plan, "its usage is missing");
}

#[test]
fn u8_what_is_dismissed_waits_with_its_reason_until_the_period_ends() {
    let mut world = ours(Today);
    decided(world.day("2026-05-12").uses("workstations", 11), dismiss("2026-05-31"));
    is_dismissed(&world.run(), 8, 11, "2026-05-31");
    is_dismissed(&world.day("2026-05-31").run(), 8, 11, "2026-05-31");
    assert_eq!(brief(the_change(&world.day("2026-06-01").run())), change(8, 11, "2026-06-01"));
    // Where usage comes back to the units there is nothing to wait for.
    let mut world = ours(Today);
    decided(world.day("2026-05-12"), dismiss("2026-05-31"));
    assert_quiet(&world.plan());
    assert!(world.plan().waiting.is_empty());
}

#[test]
fn u8_nothing_is_missed_where_what_is_dismissed_is_invoiced_already() {
    let mut world = ours(Today);
    world.day("2026-05-12").uses("workstations", 11).post_until("2026-05-31");
    assert_found(&world.plan(), "is already invoiced");
    let plan = decided(&mut world, dismiss("2026-05-31")).plan();
    assert!(plan.findings.is_empty(), "{plan}");
    assert_eq!(plan.waiting.len(), 1);
}

#[test]
fn u8_a_dismissed_period_is_not_settled_later_either() {
    let after = |policy: EffectiveDates, usage: u64| {
        let mut world = ours(policy);
        decided(world.day("2026-05-12").uses("workstations", usage), dismiss("2026-05-31"));
        is_dismissed(&world.run(), 8, usage as i64, "2026-05-31");
        let changes = changes_until(&mut world, "2026-07-05");
        assert_eq!(world.units(700, "2026-05-31"), 8);
        changes
    };
    assert_eq!(after(UpTodayDownNext, 11), made(&[("2026-06-01", 11, "2026-06-01")]));
    assert_eq!(after(UpTodayDownNext, 3), made(&[("2026-06-30", 3, "2026-07-01")]));
    assert_eq!(after(NextPeriod, 3), made(&[("2026-06-30", 3, "2026-07-01")]));
    assert_eq!(after(PeriodEnd, 3), made(&[("2026-06-30", 3, "2026-06-01")]));
    assert_eq!(after(PeriodEnd, 11), made(&[("2026-06-30", 11, "2026-06-01")]));
}

#[test]
fn u8_a_dismissed_period_stays_so_when_something_else_is_decided_in_the_next() {
    let mut world = ours(PeriodEnd);
    decided(world.day("2026-05-12").uses("workstations", 11), dismiss("2026-05-31"));
    world.run();
    decided(world.day("2026-06-03"), adjust(9, "2026-06-30"));
    assert!(world.run().is_empty());
    assert_eq!(changes_until(&mut world, "2026-07-05"), made(&[("2026-06-30", 9, "2026-06-01")]));
    assert_eq!(world.units(700, "2026-05-31"), 8);
}

#[test]
fn u8_a_metered_month_may_be_adjusted_or_dismissed() {
    let begin = |what: Decided| {
        let mut world = World::metered_on("2026-05-10");
        let row = world.mapping.customers.get_mut(&COMPANY).expect("the customer is mapped");
        row.decisions.insert(COMPUTE, vec![decision(what, "2026-05-10")]);
        world.meters(10, "2026-05-01").run();
        world.day("2026-05-31").meters(40, "2026-05-01");
        world
    };
    let plan = begin(adjust(12, "2026-05-31")).run();
    assert_eq!(brief(the_change(&plan)), change(0, 12, "2026-05-01"));
    let mut world = begin(dismiss("2026-05-31"));
    assert!(world.run().is_empty());
    world.day("2026-06-01").meters(0, "2026-06-01");
    assert!(world.run().is_empty(), "{}", world.plan());
}

#[test]
fn u8_an_excluded_line_is_never_touched_and_what_is_not_billed_stays_visible() {
    for policy in POLICIES {
        let mut world = ours(policy);
        decided(world.day("2026-05-12").uses("workstations", 11), Decided::Exclude);
        let plan = world.run();
        assert!(plan.is_empty() && plan.waiting.is_empty(), "{plan}");
        assert_found(&plan, "Workstation on contract 70 is left alone with 8 where usage asks for 11; excluded by ada");
        assert!(changes_until(&mut world, "2026-06-20").is_empty());
        assert_eq!(world.plan().findings.len(), 1);
        let row = world.mapping.customers.get_mut(&COMPANY).expect("the customer is mapped");
        let taken = take_back(row.decisions.get_mut(&WORKSTATION).expect("it is there"), date("2026-06-20"));
        assert_eq!(taken, Some(decision(Decided::Exclude, "2026-05-12")));
        let changes = changes_until(&mut world, "2026-07-05");
        assert!(!changes.is_empty() && changes.iter().all(|(_, units, _)| *units == 11), "{policy:?}: {changes:?}");
    }
    // Where nothing differs there is nothing to tell.
    let mut world = ours(Today);
    assert_quiet(&decided(world.day("2026-05-12"), Decided::Exclude).plan());
}

#[test]
fn u8_c3_a_decision_is_of_company_and_service_and_holds_on_a_renewed_contract() {
    let mut world = ours(Today);
    decided(world.day("2026-05-12").uses("workstations", 11), Decided::Exclude);
    world.the_contract().end = date("2026-05-15");
    world.it().rows.retain(|row| row.start <= date("2026-05-15"));
    world.it().contracts.push(contract(71, COMPANY, "2026-05-16", "9999-12-31"));
    world.line(71, 710, WORKSTATION, 2);
    let plan = world.day("2026-05-16").run();
    assert!(plan.is_empty());
    assert_found(&plan, "on contract 71 is left alone with 2 where usage asks for 11");
}

#[test]
fn u8_u4_an_excluded_service_is_not_added_to_a_contract() {
    let mut world = World::on("2026-05-10");
    world.settings().add_missing_services = true;
    world.it().rows.clear();
    world.it().lines.clear();
    assert!(the_change(&world.plan()).adds_line());
    let plan = decided(&mut world, Decided::Exclude).plan();
    assert!(plan.is_empty());
    assert_found(&plan, "5 Workstation not billed: not on contract 70");
}

#[test]
fn u8_c2_a_pinned_line_is_the_one_that_is_decided_on() {
    let mut world = ours(Today);
    world.day("2026-05-12").uses("workstations", 11).line(70, 701, WORKSTATION, 1);
    assert_found(&world.plan(), "is on several lines");
    let row = world.mapping.customers.get_mut(&COMPANY).expect("the customer is mapped");
    row.pins.insert(WORKSTATION, LineId(701));
    decided(&mut world, adjust(4, "2026-05-31"));
    let plan = world.plan();
    assert_eq!(the_change(&plan).place.line, Some(LineId(701)));
    assert_eq!(the_change(&plan).wanted, 4);
}

#[test]
fn u8_a_decision_replaces_the_one_in_force_and_leaves_those_that_are_over() {
    let mut all = Vec::new();
    decide(&mut all, decision(dismiss("2026-05-31"), "2026-05-12"));
    decide(&mut all, decision(adjust(4, "2026-05-31"), "2026-05-20"));
    assert_eq!(all, [decision(adjust(4, "2026-05-31"), "2026-05-20")]);
    decide(&mut all, decision(Decided::Exclude, "2026-06-02"));
    let on = |all: &[Decision], day: &str| decision_on(all, date(day)).map(|one| one.what);
    let days = ["2026-05-19", "2026-05-20", "2026-05-31", "2026-06-01", "2026-06-02", "2030-01-01"];
    let excluded = Some(Decided::Exclude);
    let adjusted = Some(adjust(4, "2026-05-31"));
    assert_eq!(days.map(|day| on(&all, day)), [None, adjusted, adjusted, None, excluded, excluded]);
    decide(&mut all, decision(adjust(1, "2026-06-30"), "2026-06-02"));
    assert_eq!(on(&all, "2030-01-01"), None, "the exclusion is over");
    assert_eq!(take_back(&mut all, date("2026-06-01")), None);
    assert!(take_back(&mut all, date("2026-06-30")).is_some());
    assert_eq!(all.len(), 1);
    for month in 1..=9 {
        let day = format!("2027-0{month}-10");
        decide(&mut all, decision(dismiss(&day), &day));
    }
    assert_eq!(all.len(), 4, "what is long over is let go");
}

#[test]
fn u8_a_decision_needs_a_reason_sane_units_and_an_end_after_its_begin() {
    let sound = decision(adjust(0, "2026-05-31"), "2026-05-31");
    assert_eq!(sound.fault(), None);
    let long = "x".repeat(201);
    for reason in ["", " ", long.as_str()] {
        assert!(Decision { reason: reason.to_owned(), ..sound.clone() }.fault().is_some(), "{reason:?}");
    }
    assert!(decision(adjust(u32::MAX, "2026-05-31"), "2026-05-12").fault().is_some());
    assert!(decision(dismiss("2026-05-11"), "2026-05-12").fault().is_some());
    let mut world = World::on("2026-05-12");
    decided(&mut world, dismiss("2026-05-11"));
    let faults = world.mapping.faults();
    assert!(faults.len() == 1 && faults[0].text.contains("service 501"), "{faults:?}");
}

#[test]
fn u8_a_decision_touches_its_customer_and_nobody_else() {
    let mut world = World::on("2026-05-12");
    world.customer(8, "Birke").known();
    let before = world.mapping.clone();
    decided(&mut world, Decided::Exclude);
    assert_eq!(world.mapping.touched_since(&before).into_iter().collect::<Vec<_>>(), [COMPANY]);
}
