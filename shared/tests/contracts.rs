//! Which contract and which line takes a service's units, and a contract's periods (rules C1 to C4).

mod common;

use common::{
    COMPANY, CONTRACT, LINE, WORKSTATION, World, assert_found, assert_quiet, brief, contract, date, findings,
    the_change,
};
use shared::contract::{Billing, Period, PeriodType};
use shared::ids::{ContractId, LineId};
use shared::settings::EffectiveDates;

/// Workstation on two pay-as-you-go contracts, 9 used.
fn on_two_contracts() -> World {
    let mut world = World::on("2026-05-10");
    world.it().contracts.push(contract(71, COMPANY, "2026-01-01", "9999-12-31"));
    world.line(71, 710, WORKSTATION, 4).uses("workstations", 9);
    world
}

fn pin(world: &mut World, line: i64) {
    let row = world.mapping.customers.get_mut(&COMPANY).expect("it is mapped");
    row.pins.insert(WORKSTATION, LineId(line));
}

#[test]
fn c1_a24_the_contract_field_is_read_trimmed_and_in_any_case() {
    let cases = [
        (Some("Yes"), Billing::PayAsYouGo),
        (Some(" yes "), Billing::PayAsYouGo),
        (Some("YES\n"), Billing::PayAsYouGo),
        (Some("No"), Billing::Prepaid),
        (Some("  nO"), Billing::Prepaid),
        (Some(""), Billing::Prepaid),
        (Some("   "), Billing::Prepaid),
        (None, Billing::Prepaid),
        (Some("y"), Billing::Unclear("y".to_owned())),
        (Some(" Yes, please "), Billing::Unclear("Yes, please".to_owned())),
        (Some("true"), Billing::Unclear("true".to_owned())),
    ];
    for (text, billing) in cases {
        let mut contract = contract(70, COMPANY, "2026-01-01", "2026-12-31");
        contract.payg = text.map(str::to_owned);
        assert_eq!(contract.billing(), billing, "{text:?}");
    }
}

#[test]
fn c1_a_contract_counts_while_recurring_active_and_within_its_dates() {
    let counts = |change: fn(&mut shared::contract::Contract), day: &str| {
        let mut contract = contract(70, COMPANY, "2026-05-01", "2026-05-31");
        change(&mut contract);
        contract.counts_on(date(day))
    };
    for (day, within) in [("2026-04-30", false), ("2026-05-01", true), ("2026-05-31", true), ("2026-06-01", false)] {
        assert_eq!(counts(|_| {}, day), within, "{day}");
    }
    assert!(!counts(|contract| contract.recurring = false, "2026-05-10"));
    assert!(!counts(|contract| contract.active = false, "2026-05-10"));
}

#[test]
fn c1_anything_else_in_the_field_is_a_finding_and_the_contract_is_held() {
    let mut world = World::on("2026-05-10");
    world.uses("workstations", 9).the_contract().payg = Some("maybe".to_owned());
    let plan = world.plan();
    assert!(plan.is_empty());
    assert_found(&plan, "contract 70 \"Managed 70\": \"Acronis PAYG\" says \"maybe\"; the contract is held");
    assert_eq!(plan.findings.len(), 1);
}

#[test]
fn c1_a_prepaid_contract_gets_no_units_from_usage() {
    for payg in [None, Some("No".to_owned())] {
        let mut world = World::on("2026-05-10");
        world.uses("workstations", 9).the_contract().payg = payg;
        assert_quiet(&world.plan());
    }
}

#[test]
fn c1_an_ended_contract_still_counts_for_settling_its_last_period_and_for_nothing_else() {
    for (policy, changes) in
        [(EffectiveDates::PeriodEnd, 1), (EffectiveDates::Today, 0), (EffectiveDates::NextPeriod, 0)]
    {
        let mut world = World::on("2026-05-05");
        world.uses("workstations", 8).run();
        world.policy(policy).the_contract().end = date("2026-05-31");
        world.it().rows.retain(|row| row.end <= date("2026-05-31"));
        world.day("2026-05-30").run();
        world.it().state.as_mut().and_then(|state| state.usage.as_mut()).expect("it is kept").reading.rows[0]
            .absolute_value = Some(12);
        assert_eq!(world.day("2026-06-01").run().changes.len(), changes, "{policy:?}");
    }
}

#[test]
fn c2_a_service_on_two_lines_is_a_finding_and_held() {
    let plan = on_two_contracts().plan();
    assert!(plan.is_empty());
    assert_found(&plan, "Workstation is on several lines (700, 710); all are held");

    let mut world = World::on("2026-05-10");
    let plan = world.line(70, 701, WORKSTATION, 4).uses("workstations", 9).plan();
    assert!(plan.is_empty());
    assert_found(&plan, "Workstation is on several lines (700, 701); all are held");
}

#[test]
fn c2_a25_a_service_on_one_contract_of_each_kind_is_a_finding_and_held() {
    let mut world = on_two_contracts();
    world.it().contracts[1].payg = Some("No".to_owned());
    let plan = world.plan();
    assert!(plan.is_empty());
    assert_found(&plan, "Workstation is on pay-as-you-go contract 70 and on prepaid contract 71; it is held");
}

#[test]
fn c2_a_service_that_is_also_on_an_unclear_contract_is_held() {
    let mut world = on_two_contracts();
    world.it().contracts[1].payg = Some("perhaps".to_owned());
    let plan = world.plan();
    assert!(plan.is_empty());
    assert_found(&plan, "contract 71 \"Managed 71\": \"Acronis PAYG\" says \"perhaps\"");
}

#[test]
fn c2_a_pinned_line_takes_the_units() {
    for (line, before) in [(700, 5), (710, 4)] {
        let mut world = on_two_contracts();
        pin(&mut world, line);
        let plan = world.plan();
        assert_eq!(the_change(&plan).place.line, Some(LineId(line)));
        assert_eq!(brief(the_change(&plan)), (before, 9, "2026-05-10".to_owned()));
        assert!(plan.findings.is_empty());
    }
}

#[test]
fn c2_a_pin_to_the_prepaid_line_leaves_the_pay_as_you_go_line_alone() {
    let mut world = on_two_contracts();
    world.it().contracts[1].payg = Some("No".to_owned());
    pin(&mut world, 710);
    assert_quiet(&world.plan());
}

#[test]
fn c2_a_pin_whose_contract_ended_is_dropped_and_told() {
    let mut world = on_two_contracts();
    pin(&mut world, 710);
    world.it().contracts[1].end = date("2026-05-09");
    world.it().rows.retain(|row| row.line == LINE || row.start <= date("2026-05-09"));
    let plan = world.plan();
    assert_eq!(the_change(&plan).place.line, Some(LINE));
    assert_found(&plan, "the line 710 pinned for Workstation is on no active contract; the pin is dropped");
}

#[test]
fn c2_a_pinned_line_that_holds_no_units_yet_is_looked_up_before_its_pin_is_dropped() {
    let mut world = World::on("2026-05-10");
    world.it().contracts.push(contract(71, COMPANY, "2026-01-01", "9999-12-31"));
    world.line_without_rows(71, 710, WORKSTATION).uses("workstations", 9);
    pin(&mut world, 710);
    let plan = world.plan();
    assert_eq!(the_change(&plan).place.line, Some(LineId(710)));
    assert_eq!(brief(the_change(&plan)), (0, 9, "2026-05-10".to_owned()));
    assert!(plan.findings.is_empty(), "{plan}");
}

#[test]
fn c2_a_service_on_two_lines_of_an_ended_contract_is_settled_on_the_pinned_one_or_held() {
    let mut world = World::on("2026-05-05");
    world.uses("workstations", 8).run();
    world.line(70, 701, WORKSTATION, 0);
    pin(&mut world, 701);
    world.policy(EffectiveDates::PeriodEnd).day("2026-05-06").run();
    world.the_contract().end = date("2026-05-31");
    world.it().rows.retain(|row| row.end <= date("2026-05-31"));
    world.day("2026-05-30").uses("workstations", 12).run();
    let plan = world.day("2026-06-02").plan();
    assert_eq!(the_change(&plan).place.line, Some(LineId(701)));
    world.mapping.customers.get_mut(&COMPANY).expect("it is mapped").pins.clear();
    let plan = world.plan();
    assert!(plan.is_empty(), "{plan}");
    assert_found(&plan, "Workstation is on several lines (700, 701); all are held");
}

#[test]
fn c3_a_renewed_contract_is_a_new_contract() {
    let mut world = World::on("2026-05-05");
    world.uses("workstations", 8).run();
    world.the_contract().end = date("2026-05-31");
    world.it().rows.retain(|row| row.end <= date("2026-05-31"));
    world.it().contracts.push(contract(72, COMPANY, "2026-06-01", "2027-05-31"));
    world.line(72, 720, WORKSTATION, 3).policy(EffectiveDates::PeriodEnd);
    assert!(world.day("2026-05-31").run().is_empty());

    let plan = world.day("2026-06-01").run();
    assert_eq!(the_change(&plan).place.contract, ContractId(72));
    assert_eq!(brief(the_change(&plan)), (3, 8, "2026-06-01".to_owned()), "never written, so dated today");
    assert!(plan.findings.is_empty(), "{plan}");
    let states: Vec<&String> = world.customers[&COMPANY].states.keys().collect();
    assert_eq!(states, ["700", "720"]);
}

#[test]
fn c4_usage_without_an_active_contract_is_a_finding_and_changes_nothing() {
    let mut world = World::on("2026-05-10");
    world.the_contract().active = false;
    let plan = world.plan();
    assert!(plan.is_empty());
    assert_found(&plan, "there is usage and no active recurring contract");
    assert_quiet(&world.uses("workstations", 0).plan());
    assert_eq!(world.units(700, "2026-05-10"), 5);
    assert!(!findings(&world.plan()).contains(&CONTRACT.to_string()));
}

#[test]
fn u5_periods_count_from_the_contracts_first_day() {
    let cases = [
        ("2026-01-31", PeriodType::Monthly, "2026-02-28", "2026-02-28", "2026-03-30"),
        ("2026-01-31", PeriodType::Monthly, "2026-03-31", "2026-03-31", "2026-04-29"),
        ("2028-01-30", PeriodType::Monthly, "2028-02-29", "2028-02-29", "2028-03-29"),
        ("2028-02-29", PeriodType::Yearly, "2029-02-28", "2029-02-28", "2030-02-27"),
        ("2028-02-29", PeriodType::Yearly, "2032-02-29", "2032-02-29", "2033-02-27"),
        ("2026-11-15", PeriodType::Quarterly, "2027-02-14", "2026-11-15", "2027-02-14"),
        ("2026-11-15", PeriodType::SemiAnnual, "2027-05-15", "2027-05-15", "2027-11-14"),
        ("2026-05-01", PeriodType::Monthly, "2026-05-31", "2026-05-01", "2026-05-31"),
    ];
    for (anchor, kind, day, start, end) in cases {
        let period = Period { start: date(start), end: date(end) };
        assert_eq!(Period::holding(date(day), date(anchor), kind), Some(period), "{day} from {anchor}, {kind}");
    }
    assert_eq!(Period::holding(date("2026-04-30"), date("2026-05-01"), PeriodType::Monthly), None);
}
