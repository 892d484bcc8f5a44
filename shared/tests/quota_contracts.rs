//! Which contracts and mappings quotas follow, and when nothing is changed (rules M1, M6, C1 to C4).

mod common;

use common::prepaid::{Prepaid, SERVER, hard};
use common::prepaid_job::{quotas, reasons};
use common::{contract, date, tenant};
use shared::ids::LineId;
use shared::mapping::{Combine, CustomerLink};
use shared::plan::{HoldReason, Plan};
use shared::quota::Grant::{Off, Unlimited};
use shared::usage::ItemKind::Feature;

fn assert_found(plan: &Plan, text: &str) {
    assert!(plan.to_string().contains(text), "\"{text}\" is expected:\n{plan}");
}

#[track_caller]
fn assert_unchanged(plan: &Plan) {
    assert!(plan.is_empty(), "nothing is to be changed:\n{plan}");
}

/// A customer that bought 5 servers and has them.
fn right() -> Prepaid {
    let mut world = Prepaid::on("2026-05-10");
    world.buys(SERVER, 5).has("pw_base_servers", hard(5)).uses("pw_base_servers", 4);
    world
}

#[test]
fn c1_only_active_recurring_contracts_within_their_dates_count() {
    type Change = fn(&mut shared::contract::Contract);
    let cases: [(&str, Change, bool); 7] = [
        ("ended yesterday", |it| it.end = date("2026-05-09"), false),
        ("ends today", |it| it.end = date("2026-05-10"), true),
        ("starts tomorrow", |it| it.start = date("2026-05-11"), false),
        ("starts today", |it| it.start = date("2026-05-10"), true),
        ("inactive", |it| it.active = false, false),
        ("not recurring", |it| it.recurring = false, false),
        ("as it is", |_| {}, true),
    ];
    for (what, change, counts) in cases {
        let mut world = right();
        world.contract(71, "No").line(71, 2, SERVER, 10);
        change(world.it().contracts.last_mut().expect("it has two"));
        world.run();
        assert_eq!(world.grant("pw_base_servers"), hard(if counts { 15 } else { 5 }), "{what}");
    }
}

#[test]
fn c1_a_contract_whose_field_says_something_else_holds_the_customer() {
    let mut world = right();
    world.contract(71, "maybe").buys(SERVER, 50);
    let plan = world.plan();
    assert_unchanged(&plan);
    assert_found(&plan, "\"Acronis PAYG\" says \"maybe\"");
    world.it().contracts[1].end = date("2026-05-09");
    assert_eq!(quotas(&world.plan()).len(), 1, "one that ended says nothing");
}

#[test]
fn c2_a_service_on_contracts_of_both_kinds_is_held_and_told_and_a_pin_decides() {
    let mut world = right();
    world.offers("pw_feature", Feature).sells("storage@a", SERVER);
    world.row("pw_feature", |row| row.service = Some(shared::mapping::ServiceTarget::Existing(SERVER)));
    world.row("pw_feature", |row| row.combine = Combine::Max).contract(71, "Yes").line(71, 710, SERVER, 0);
    world.line(70, 700, SERVER, 2);
    let plan = world.plan();
    assert_unchanged(&plan);
    assert_found(&plan, "is on pay-as-you-go contract 71 and on prepaid contract 70; it is held");

    for switch_off in [false, true] {
        for grant in [Off, Unlimited] {
            let mut world = world.clone();
            world.has("pw_feature", grant).settings().quotas.switch_off = switch_off;
            assert_unchanged(&world.plan());
        }
    }
    for (pin, expected) in [(710, Unlimited), (700, hard(7)), (12345, hard(5))] {
        let mut world = world.clone();
        let pins = &mut world.mapping.customers.get_mut(&shared::ids::CompanyId(7)).expect("it is there").pins;
        pins.insert(SERVER, LineId(pin));
        world.run();
        assert_eq!(world.grant("pw_base_servers"), expected, "pinned {pin}");
    }
    world.it().contracts[1].end = date("2026-05-09");
    world.run();
    assert_eq!(world.grant("pw_base_servers"), hard(7), "what ended is no other kind");
}

#[test]
fn c3_a_renewed_contract_changes_nothing() {
    let mut world = right();
    world.run();
    world.the_contract().end = date("2026-05-31");
    let renewed = shared::contract::Contract {
        payg: None,
        ..contract(71, shared::ids::CompanyId(7), "2026-06-01", "9999-12-31")
    };
    world.it().contracts.push(renewed);
    world.line(71, 2, SERVER, 5);
    for day in ["2026-05-31", "2026-06-01"] {
        let plan = world.day(day).run();
        assert_unchanged(&plan);
        assert_eq!(plan.findings, [], "{day}");
    }
}

#[test]
fn c4_without_an_active_contract_nothing_changes_and_it_is_told() {
    let mut world = right();
    world.run();
    world.the_contract().end = date("2026-05-10");
    for day in ["2026-05-11", "2026-06-11", "2027-05-11"] {
        let plan = world.day(day).run();
        assert_unchanged(&plan);
        assert_found(&plan, "no active recurring contract since 2026-05-11; its quotas stay as they are");
    }
}

#[test]
fn c4_a_tenant_is_disabled_after_so_many_days_and_one_in_use_waits() {
    for used in [0, 4] {
        let mut world = right();
        world.settings().disable_after_days = Some(30);
        world.uses("pw_base_servers", used).run();
        world.it().contracts.clear();
        for day in ["2026-05-11", "2026-06-09"] {
            let plan = world.day(day).run();
            assert_unchanged(&plan);
            assert_found(&plan, "its tenant is disabled on 2026-06-10, its data stay");
        }
        let plan = world.day("2026-06-10").run();
        let held = if used > 0 { vec![HoldReason::StillInUse { items: 1 }] } else { vec![] };
        assert_eq!((plan.changes.len(), reasons(&plan)), (usize::from(used == 0), held));
        world.approve(&plan).run();
        assert!(!world.it().tenant.as_ref().expect("it is never deleted").enabled);
        assert_eq!(world.grant("pw_base_servers"), hard(5), "and its quotas stay");
        let plan = world.day("2026-06-11").run();
        assert!(plan.is_empty() && plan.findings.is_empty(), "it is done: {plan}");
    }
}

#[test]
fn c4_u2_a_tenant_whose_usage_is_not_told_may_be_in_use_and_waits() {
    let mut world = right();
    world.settings().disable_after_days = Some(30);
    world.keeps_silent_of("pw_base_servers").run();
    world.it().contracts.clear();
    world.day("2026-05-11").run();
    assert_eq!(reasons(&world.day("2026-06-10").run()), [HoldReason::StillInUse { items: 1 }]);
}

#[test]
fn c4_a_renewal_in_time_starts_the_days_anew() {
    let mut world = right();
    world.settings().disable_after_days = Some(30);
    world.run();
    let contracts = std::mem::take(&mut world.it().contracts);
    world.day("2026-05-20").run();
    world.it().contracts = contracts;
    world.day("2026-06-01").run();
    world.it().contracts.clear();
    assert_found(&world.day("2026-07-01").run(), "no active recurring contract since 2026-07-01");
}

#[test]
fn m1_a_tenant_or_company_that_is_missing_is_told_and_nothing_changes() {
    type Change = fn(&mut Prepaid);
    let cases: [(&str, Change); 6] = [
        ("is not in our tree", |world| world.it().tenant = None),
        ("inactive or not visible", |world| world.it().company = None),
        ("inactive or not visible", |world| world.it().company.as_mut().expect("it is there").active = false),
        ("is disabled although there is a contract", |world| {
            world.it().tenant.as_mut().expect("it is there").enabled = false;
        }),
        ("refuses the usage", |world| world.it().refusal = Some("403".to_owned())),
        ("no active recurring contract", |world| world.it().contracts.clear()),
    ];
    for (text, change) in cases {
        let mut world = right();
        world.buys(SERVER, 50);
        change(&mut world);
        let plan = world.plan();
        assert_unchanged(&plan);
        assert_found(&plan, text);
    }
}

#[test]
fn m1_a_tenant_moved_within_the_tree_or_renamed_keeps_its_quotas() {
    let mut world = right();
    let moved = tenant("tenant-7", "Another name");
    world.it().tenant = Some(shared::usage::Tenant { parent: Some(shared::ids::TenantId::new("folder")), ..moved });
    assert_unchanged(&world.plan());
}

#[test]
fn m6_removing_a_mapping_touches_nothing_and_provisioning_leaves_the_company_alone() {
    let mut world = right();
    world.settings().automatic_provisioning = true;
    world.linked(CustomerLink::Unmapped { left_alone: true }).buys(SERVER, 50);
    assert_unchanged(&world.plan());
    world.linked(CustomerLink::Ignored { reason: "ours".to_owned() }).the_contract().payg = Some("perhaps".to_owned());
    let plan = world.plan();
    assert_unchanged(&plan);
    assert!(!plan.to_string().contains("perhaps"), "nobody asks about an ignored company: {plan}");
}
