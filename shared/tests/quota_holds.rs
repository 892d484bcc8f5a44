//! What of quotas waits for a person, and what an approval is good for (rules M5, H1, H2, Q5, C4).

mod common;

use common::prepaid::{CLOUD, PC, Prepaid, SERVER, hard, soft};
use common::prepaid_job::{quotas, reasons};
use common::{date, tenant};
use shared::ids::{CompanyId, TenantId};
use shared::mapping::CustomerLink;
use shared::plan::HoldReason::{
    self, BelowUsage, FirstPlan, LosesEverything, MappingChanged, NewCustomer, NoLongerPayAsYouGo, ReviewMode,
    UsageNotTold,
};
use shared::quota::Grant::{self, Off, Unlimited};
use shared::usage::ItemKind::Storage;

/// A customer that bought 5 servers and 2 PCs, and has them.
fn right() -> Prepaid {
    let mut world = Prepaid::on("2026-05-10");
    world.buys(SERVER, 5).buys(PC, 2).has("pw_base_servers", hard(5)).has("pw_base_workstations", hard(2)).run();
    world
}

fn below(used: u64) -> Vec<HoldReason> {
    vec![BelowUsage { used: used.to_string() }]
}

#[test]
fn q5_a_quota_is_not_lowered_below_usage_without_approval() {
    let cases: [(Grant, i64, u64, bool); 11] = [
        // before, units, used, held
        (hard(5), 4, 5, true),
        (hard(5), 4, 4, false),
        (hard(5), 4, 3, false),
        (Unlimited, 4, 5, true),
        (Unlimited, 4, 4, false),
        (soft(5), 4, 5, true),
        (hard(5), 6, 9, false),
        (Off, 6, 9, false),
        (soft(4), 4, 5, true),
        (soft(4), 6, 8, true),
        (hard(4), 6, 8, false),
    ];
    for (before, units, used, held) in cases {
        let mut world = right();
        world.has("pw_base_servers", before).uses("pw_base_servers", used).buys(SERVER, units);
        let plan = world.run();
        assert_eq!(reasons(&plan), if held { below(used) } else { vec![] }, "{before:?}, {units} units, {used} used");
        assert_eq!(world.grant("pw_base_servers") == before, held, "{before:?}, {units} units, {used} used");
        world.approve(&plan).run();
        assert_eq!(world.grant("pw_base_servers"), hard(units.unsigned_abs()), "approved, it is made");
    }
}

#[test]
fn q5_never_delays_raising_and_never_holds_the_rest() {
    let mut world = right();
    world.uses("pw_base_servers", 50).uses("pw_base_workstations", 2).buys(SERVER, 30).buys(PC, 1);
    let plan = world.run();
    assert_eq!((world.grant("pw_base_servers"), reasons(&plan)), (hard(30), below(2)));
}

#[test]
fn q5_u2_absent_usage_is_not_zero() {
    let mut world = right();
    let plan = world.keeps_silent_of("pw_base_servers").buys(SERVER, 1).run();
    assert_eq!(reasons(&plan), [UsageNotTold]);
    world.approve(&plan).run();
    assert_eq!(world.grant("pw_base_servers"), hard(1));
    assert_eq!(reasons(&world.buys(SERVER, 9).run()), [], "raising waits for nobody");
}

#[test]
fn q5_is_a_setting() {
    let mut world = right();
    world.settings().quotas.hold_below_usage = false;
    world.uses("pw_base_servers", 5).buys(SERVER, 1).run();
    assert_eq!(world.grant("pw_base_servers"), hard(1));
}

#[test]
fn q5_an_item_in_use_is_not_switched_off_without_approval() {
    let mut world = right();
    world.settings().quotas.switch_off = true;
    world.row("pw_base_servers", |row| row.service = None).settings().holds.mapping_changes = false;
    let plan = world.uses("pw_base_servers", 1).run();
    assert_eq!(reasons(&plan), below(1));
    world.approve(&plan).run();
    assert_eq!(world.grant("pw_base_servers"), Off);
}

#[test]
fn h1_no_customer_loses_everything_without_approval() {
    for with_storage in [false, true] {
        let mut world = right();
        if with_storage {
            world.offers("storage@a", Storage).has("storage@a", Unlimited);
        }
        world.it().rows.clear();
        let plan = world.run();
        assert_eq!(reasons(&plan), [LosesEverything, LosesEverything], "a storage alone is of no use");
        world.approve(&plan).run();
        assert_eq!((world.grant("pw_base_servers"), world.grant("pw_base_workstations")), (hard(0), hard(0)));
    }
    let mut world = right();
    let plan = world.buys(SERVER, 0).run();
    assert_eq!((plan.changes.len(), reasons(&plan)), (1, vec![]), "PCs are left");
}

#[test]
fn h1_a_quota_whose_product_row_changed_since_it_was_written_waits_once() {
    type Change = fn(&mut shared::mapping::ProductRow);
    let cases: [(Change, bool); 6] = [
        (|row| row.included = 1, true),
        (|row| row.unit_size = "2 piece".parse().expect("a size"), true),
        (|row| row.service = Some(shared::mapping::ServiceTarget::Existing(PC)), true),
        (|row| row.free = true, true),
        (|row| row.label = "Server".to_owned(), false),
        (|_| {}, false),
    ];
    for (index, (change, held)) in cases.into_iter().enumerate() {
        let mut world = right();
        world.row("pw_base_servers", change).buys(SERVER, 9).buys(PC, 7);
        let is_of_servers = |held: &&shared::plan::Held| held.change.id == quota_id(&world, "pw_base_servers");
        let of_servers: Vec<HoldReason> =
            world.plan().held.iter().filter(is_of_servers).flat_map(|held| held.reasons.clone()).collect();
        assert_eq!(of_servers, if held { vec![MappingChanged] } else { vec![] }, "case {index}");
        let plan = world.plan();
        world.approve(&plan).run();
        assert_eq!(reasons(&world.buys(SERVER, 20).buys(PC, 21).run()), [], "once: case {index}");
    }
    let mut world = right();
    world.settings().holds.mapping_changes = false;
    world.row("pw_base_servers", |row| row.included = 1);
    assert_eq!(world.plan().changes.len(), 1);
}

fn quota_id(world: &Prepaid, name: &str) -> String {
    let plan = world.plan();
    let mut all = plan.changes.iter().chain(plan.held.iter().map(|held| &held.change));
    let is_it = |change: &&shared::plan::Change| match &change.action {
        shared::plan::Action::SetQuota(quota) => quota.setting.key.name == name,
        _ => false,
    };
    all.find(is_it).expect("it changes").id.clone()
}

#[test]
fn h1_a_customer_mapped_to_another_tenant_waits_once_as_a_new_one() {
    for new_customers in [true, false] {
        let mut world = right();
        world.settings().holds.new_customers = new_customers;
        let tenant_id = TenantId::new("tenant-77");
        world.it().tenant = Some(tenant("tenant-77", "Alpenblick"));
        world.linked(CustomerLink::Mapped { tenant: tenant_id, tenant_name: "Alpenblick".to_owned() });
        world.has("pw_base_servers", hard(1));
        let expected = if new_customers { vec![NewCustomer, MappingChanged] } else { vec![MappingChanged] };
        for day in ["2026-05-11", "2026-05-12", "2026-05-20"] {
            assert_eq!(reasons(&world.day(day).run()), expected, "until approved: {day}");
        }
        let plan = world.plan();
        assert_eq!(world.approve(&plan).run().changes.len(), 1);
        assert_eq!(reasons(&world.buys(SERVER, 6).buys(PC, 3).run()), []);
    }
}

#[test]
fn h1_a_contract_that_went_from_pay_as_you_go_to_prepaid_waits_once() {
    let mut world = right();
    world.the_contract().payg = Some("Yes".to_owned());
    world.run();
    assert_eq!(world.grant("pw_base_servers"), Unlimited);
    world.run();
    world.the_contract().payg = None;
    for day in ["2026-05-11", "2026-05-12"] {
        assert_eq!(reasons(&world.day(day).run()), [NoLongerPayAsYouGo, NoLongerPayAsYouGo], "{day}");
    }
    let plan = world.plan();
    world.approve(&plan).run();
    assert_eq!(world.grant("pw_base_servers"), hard(5));
    assert_eq!(reasons(&world.buys(SERVER, 4).run()), []);
}

#[test]
fn h1_a41_a_contract_that_went_from_prepaid_to_pay_as_you_go_waits_for_nobody() {
    let mut world = right();
    world.the_contract().payg = Some("Yes".to_owned());
    assert_eq!((reasons(&world.run()), world.grant("pw_base_servers")), (vec![], Unlimited));
}

#[test]
fn h1_a_customer_mapped_later_waits_once() {
    let mut world = right();
    world.customer(8, "Birke").buys(SERVER, 3);
    for day in ["2026-05-10", "2026-05-20"] {
        assert_eq!(reasons(&world.day(day).run()), [NewCustomer], "until approved: {day}");
    }
    let plan = world.plan();
    world.approve(&plan).run();
    world.of = CompanyId(8);
    assert_eq!(world.grant("pw_base_servers"), hard(3));
    assert_eq!(reasons(&world.buys(SERVER, 4).run()), []);
    world.customer(9, "Cedar").buys(SERVER, 3).settings().holds.new_customers = false;
    assert_eq!(reasons(&world.run()), []);
}

#[test]
fn h2_in_review_mode_every_change_waits() {
    let mut world = right();
    world.settings().review_mode = true;
    let plan = world.buys(SERVER, 6).run();
    assert_eq!(reasons(&plan), [ReviewMode]);
    let plan = world.approve(&plan).run();
    assert_eq!(plan.changes[0].approved_by.as_deref(), Some("ada"));
    assert_eq!(reasons(&world.buys(SERVER, 7).run()), [ReviewMode]);
}

#[test]
fn h2_an_approval_is_for_exactly_the_change_shown() {
    type Move = fn(&mut Prepaid);
    let cases: [(&str, Move, bool); 9] = [
        ("nothing moved", |_| {}, true),
        ("a day passed", |world| _ = world.day("2026-05-11"), true),
        ("the quota's version", |world| world.item("pw_base_servers").version += 1, true),
        ("usage that the quota ends below", |world| _ = world.uses("pw_base_servers", 6), false),
        ("usage of something else", |world| _ = world.uses("pw_base_workstations", 1), true),
        ("units", |world| _ = world.buys(SERVER, 2), false),
        ("what is given now", |world| _ = world.has("pw_base_servers", hard(9)), false),
        ("contract", |world| _ = world.contract(71, "").line(71, 70601, SERVER, 3), false),
        ("mapping", |world| _ = world.row("pw_base_servers", |row| row.free = true), false),
    ];
    for (what, moved, lifted) in cases {
        let mut world = right();
        let plan = world.uses("pw_base_servers", 5).buys(SERVER, 3).run();
        assert_eq!(reasons(&plan), below(5));
        world.approve(&plan);
        moved(&mut world);
        assert_eq!(world.plan().changes.len(), usize::from(lifted), "{what}: {}", world.plan());
    }
}

#[test]
fn h2_an_approval_is_good_once_so_that_what_a_person_set_back_is_asked_again() {
    let mut world = right();
    let plan = world.uses("pw_base_servers", 5).buys(SERVER, 3).run();
    world.approve(&plan).run();
    assert_eq!(world.grant("pw_base_servers"), hard(3));
    let again = world.has("pw_base_servers", hard(5)).run();
    assert_eq!(reasons(&again), below(5));
    assert_ne!(again.held[0].change.id, plan.held[0].change.id);
}

#[test]
fn h2_c4_an_approval_to_disable_a_tenant_is_for_what_is_in_use_and_good_once() {
    let mut world = right();
    world.settings().disable_after_days = Some(1);
    world.uses("pw_base_servers", 5).it().contracts.clear();
    world.run();
    let plan = world.day("2026-05-12").run();
    world.approve(&plan);
    assert!(world.clone().uses("pw_base_workstations", 1).plan().changes.is_empty(), "more is in use");
    world.run();
    world.it().tenant.as_mut().expect("it is there").enabled = true;
    assert_eq!(reasons(&world.day("2026-05-13").run()), [HoldReason::StillInUse { items: 1 }], "a person enabled it");
}

#[test]
fn m5_nothing_is_changed_before_the_first_plan_of_quotas_is_approved() {
    let mut world = right();
    (world.connection.first_quotas_approved, world.connection.first_plan_approved) = (false, true);
    let plan = world.buys(SERVER, 6).run();
    assert_eq!(reasons(&plan), [FirstPlan], "the plan of units is another one");
    world.approvals.insert(plan.held[0].change.id.clone(), "ada".to_owned());
    assert_eq!(world.run().changes.len(), 0, "one change alone does not open the gate");
    assert_eq!(world.approve(&plan).run().changes.len(), 1);
}

#[test]
fn m5_without_a_mapped_product_nothing_starts_and_no_quota_falls_to_0() {
    let mut world = right();
    for name in ["pw_base_servers", "pw_base_workstations"] {
        world.row(name, |row| row.service = None);
    }
    let plan = world.plan();
    assert!(plan.is_empty() && quotas(&plan).is_empty(), "{plan}");
    assert!(plan.to_string().contains("nothing to do yet: 0 products and 1 customer mapped"));
}

#[test]
fn h1_a_customer_whose_contract_vanished_keeps_everything() {
    let mut world = right();
    world.sells("pw_base_m365_seats", CLOUD).has("pw_base_m365_seats", Unlimited);
    world.the_contract().end = date("2026-05-10");
    let before = world.it().items.clone();
    for day in ["2026-05-11", "2026-06-01"] {
        world.day(day).run();
        assert_eq!(world.it().items, before, "{day}");
    }
}
