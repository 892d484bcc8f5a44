//! From what a company bought to what its tenant may use (rules Q1 to Q4, Q6, Q7, A06).

mod common;

use common::date;
use common::prepaid::{CLOUD, PC, Prepaid, SERVER, hard, named, soft};
use common::prepaid_job::quotas;
use shared::ids::{LineId, ServiceId, StorageId};
use shared::mapping::Combine;
use shared::plan::Plan;
use shared::quantity::GIB;
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
fn q1_a_quota_is_the_units_and_the_included_times_the_unit_size() {
    for (units, included, size, expected) in
        [(5, 0, 1, 5), (5, 2, 1, 7), (5, 2, 10, 70), (0, 3, 1, 3), (1, 0, 100, 100), (-5, 2, 1, 2)]
    {
        let mut world = Prepaid::on("2026-05-10");
        world.row("pw_base_servers", |row| row.included = included);
        world.row("pw_base_servers", |row| row.unit_size = format!("{size} piece").parse().expect("a size"));
        world.buys(SERVER, units).run();
        assert_eq!(world.grant("pw_base_servers"), hard(expected), "{units} + {included} of {size}");
    }
}

#[test]
fn q1_a_minimum_and_rounding_are_for_bills_and_not_for_quotas() {
    let mut world = right();
    world.row("pw_base_servers", |row| row.minimum = 50);
    assert_unchanged(&world.plan());
}

#[test]
fn q1_units_of_several_lines_and_contracts_and_of_bundles_add_up() {
    let mut world = right();
    world.line(70, 2, SERVER, 3).contract(71, "").line(71, 3, SERVER, 10).bundle(71, 90, SERVER, 100);
    world.contract(72, "no ").bundle(72, 91, SERVER, 1000).line(72, 4, SERVER, -7).run();
    assert_eq!(world.grant("pw_base_servers"), hard(1118), "what is below 0 takes nothing from the others");
}

#[test]
fn q1_a_quota_is_hard_by_default_and_soft_on_request() {
    let mut world = right();
    world.settings().quotas.soft = true;
    world.run();
    assert_eq!(world.grant("pw_base_servers"), soft(5));
    world.settings().quotas.soft = false;
    world.run();
    assert_eq!(world.grant("pw_base_servers"), hard(5));
}

#[test]
fn q1_a_line_or_a_bundle_without_units_today_counts_0_and_is_in_the_contract() {
    let mut lines = right();
    lines.it().rows.clear();
    let mut bundles = right();
    (bundles.it().rows, bundles.it().lines) = (Vec::new(), Vec::new());
    bundles.bundle(70, 90, SERVER, 0);
    for mut world in [lines, bundles] {
        world.row("pw_base_servers", |row| row.free = true).buys(PC, 1).uses("pw_base_servers", 0).run();
        assert_eq!(world.grant("pw_base_servers"), hard(0), "it is not given for free");
    }
}

#[test]
fn q1_units_of_other_days_do_not_count() {
    let mut world = right();
    world.line(70, 2, SERVER, 30).line(70, 3, SERVER, 300);
    world.it().rows.iter_mut().find(|row| row.line == LineId(2)).expect("it is there").end = date("2026-05-09");
    world.it().rows.iter_mut().find(|row| row.line == LineId(3)).expect("it is there").start = date("2026-05-11");
    assert_unchanged(&world.plan());
    world.day("2026-05-11").run();
    assert_eq!(world.grant("pw_base_servers"), hard(305));
}

#[test]
fn q1_items_sharing_a_service_each_get_all_units_and_overselling_is_told() {
    let mut world = Prepaid::on("2026-05-10");
    world.sells("pw_base_vms", SERVER).sells("pg_base_servers", SERVER).buys(SERVER, 5);
    let plan = world.run();
    for name in ["pw_base_servers", "pw_base_vms", "pg_base_servers"] {
        assert_eq!(world.grant(name), hard(5));
    }
    assert_found(&plan, "gives its units to each of pg_base_servers, pw_base_servers, pw_base_vms");
    for name in ["pw_base_servers", "pw_base_vms", "pg_base_servers"] {
        world.row(name, |row| row.combine = Combine::Max);
    }
    assert!(world.plan().findings.is_empty(), "packs on the same workloads are no overselling");
}

#[test]
fn q1_more_than_the_vendor_can_hold_neither_overflows_nor_wraps() {
    let mut world = Prepaid::on("2026-05-10");
    world.sells("storage@a", CLOUD).row("storage@a", |row| {
        row.unit_size = "18446744073709551615 TiB".parse().expect("a size");
        row.included = u32::MAX;
    });
    world.line(70, 2, CLOUD, i64::MAX).line(70, 3, CLOUD, i64::MAX).bundle(70, 90, CLOUD, i64::MAX).run();
    assert_eq!(world.grant("storage@a"), hard(i64::MAX.unsigned_abs()));
}

#[test]
fn q1_storage_is_sold_by_the_size_of_a_unit() {
    let mut world = Prepaid::on("2026-05-10");
    world.sells("storage@a", CLOUD).row("storage@a", |row| row.unit_size = "1 TiB".parse().expect("a size"));
    world.buys(CLOUD, 2).run();
    assert_eq!(world.grant("storage@a"), hard(2048 * GIB));
}

#[test]
fn q2_an_item_without_a_row_in_the_mapping_is_left_alone_and_told() {
    let mut world = right();
    world.offers("pw_base_nas", shared::usage::ItemKind::Count).has("pw_base_nas", hard(9));
    world.mapping.products.remove(&named("pw_base_nas"));
    let plan = world.plan();
    assert_unchanged(&plan);
    assert_found(&plan, "given, and in no row of the mapping: pw_base_nas");
}

#[test]
fn q3_a_storage_that_is_on_and_not_sold_is_left_and_told() {
    let mut world = right();
    world.offers("storage@a", shared::usage::ItemKind::Storage).has("storage@a", hard(7 * GIB));
    let plan = world.plan();
    assert_unchanged(&plan);
    assert_found(&plan, "storage@a is on and not in the contract; it is left as it is");
}

#[test]
fn q3_a_storage_is_never_switched() {
    let mut world = right();
    world.sells("storage@a", ServiceId(604)).sells("storage@b", CLOUD).has("storage@a", Unlimited).buys(CLOUD, 5);
    let plan = world.plan();
    assert_unchanged(&plan);
    assert_found(&plan, "the contract sells storage@b, but storage@a is on; a storage is never switched");
}

#[test]
fn q3_of_several_storages_sold_as_one_service_the_one_that_is_on_gets_the_units() {
    let mut world = right();
    world.sells("storage@a", CLOUD).sells("storage@b", CLOUD).has("storage@b", Unlimited).buys(CLOUD, 5).run();
    assert_eq!((world.grant("storage@a"), world.grant("storage@b")), (Off, hard(5 * GIB)));
}

#[test]
fn q3_of_several_storages_that_could_be_given_the_default_one_is_or_a_person_chooses() {
    for (default, expected) in [(None, Off), (Some("b"), hard(5 * GIB)), (Some("z"), Off)] {
        let mut world = right();
        world.sells("storage@a", CLOUD).sells("storage@b", CLOUD).buys(CLOUD, 5);
        world.settings().new_tenants.default_storage = default.map(StorageId::new);
        let plan = world.run();
        assert_eq!((world.grant("storage@a"), world.grant("storage@b")), (Off, expected), "{default:?}");
        assert_eq!(plan.to_string().contains("several storages could be given"), expected == Off);
    }
}

#[test]
fn q3_only_storages_of_an_edition_that_is_given_are_chosen() {
    let mut world = right();
    world.sells("pg_base_storage@a", CLOUD).sells("pw_base_storage@a", CLOUD).buys(CLOUD, 5).run();
    assert_eq!((world.grant("pg_base_storage@a"), world.grant("pw_base_storage@a")), (Off, hard(5 * GIB)));
}

#[test]
fn q4_what_is_billed_pay_as_you_go_is_on_and_unlimited() {
    for payg in ["Yes", " yes ", "YES"] {
        let mut world = right();
        world.sells("storage@a", CLOUD).offers("pw_feature", Feature).buys(PC, 0).buys(CLOUD, 1);
        world.row("pw_feature", |row| row.service = Some(shared::mapping::ServiceTarget::Existing(SERVER)));
        world.the_contract().payg = Some(payg.to_owned());
        world.run();
        for name in ["pw_base_servers", "pw_base_workstations", "storage@a", "pw_feature"] {
            assert_eq!(world.grant(name), Unlimited, "{name}");
        }
    }
}

#[test]
fn q4_a_bundle_on_a_pay_as_you_go_contract_bills_the_rest_so_that_nothing_is_limited() {
    let mut world = Prepaid::on("2026-05-10");
    world.the_contract().payg = Some("Yes".to_owned());
    world.bundle(70, 90, SERVER, 2).run();
    assert_eq!(world.grant("pw_base_servers"), Unlimited);
}

#[test]
fn q6_the_version_that_was_read_is_sent_back() {
    let mut world = right();
    world.item("pw_base_servers").version = 17;
    let plan = world.buys(SERVER, 6).plan();
    assert_eq!(quotas(&plan)[0].setting.version, 17);
}

#[test]
fn q7_a_feature_is_on_with_its_service_or_its_parent_and_goes_off_only_under_the_setting() {
    for (seats, switch_off, before, after) in [
        (3, false, Off, Unlimited),
        (3, true, Off, Unlimited),
        (0, false, Off, Off),
        (0, false, Unlimited, Unlimited),
        (0, true, Unlimited, Off),
    ] {
        let mut world = Prepaid::on("2026-05-10");
        world
            .sells("pw_base_m365_seats", CLOUD)
            .offers("pw_base_m365_mailboxes", Feature)
            .offers("pw_dashboard", Feature);
        world.row("pw_dashboard", |row| row.service = Some(shared::mapping::ServiceTarget::Existing(CLOUD)));
        world.buys(CLOUD, seats).buys(SERVER, 1).has("pw_base_m365_mailboxes", before).has("pw_dashboard", before);
        world.settings().quotas.switch_off = switch_off;
        let plan = world.run();
        let goes_off = before == Unlimited && after == Off;
        assert_eq!(plan.held.len(), if goes_off { 2 } else { 0 }, "nobody can say whether it is in use: {plan}");
        world.approve(&plan).run();
        let case = format!("{seats} seats, {switch_off}, {before:?}");
        assert_eq!(world.grant("pw_base_m365_mailboxes"), after, "{case}");
        assert_eq!(world.grant("pw_dashboard"), after, "{case}");
    }
}

#[test]
fn q7_a_free_child_is_not_switched_on_without_its_parent() {
    let mut world = right();
    world.sells("pw_base_m365_seats", CLOUD).offers("pw_base_m365_mailboxes", Feature);
    world.row("pw_base_m365_mailboxes", |row| row.free = true);
    assert_unchanged(&world.plan());
}

#[test]
fn a06_a_pack_is_switched_on_only_with_its_standard_item() {
    let mut world = Prepaid::on("2026-05-10");
    world.sells("pw_pack_adv_backup_servers", CLOUD).sells("pg_base_servers", ServiceId(604)).buys(CLOUD, 5);
    let plan = world.buys(ServiceId(604), 5).run();
    assert_eq!(world.grant("pw_pack_adv_backup_servers"), Off, "another edition is no base");
    assert_found(&plan, "pw_pack_adv_backup_servers stands on a standard item, and none is given");
    world.item("pw_base_servers").locked = true;
    world.buys(SERVER, 5).run();
    assert_eq!(world.grant("pw_pack_adv_backup_servers"), Off, "a locked item that is off is no base");
    world.item("pw_base_servers").locked = false;
    world.run();
    assert_eq!(world.grant("pw_pack_adv_backup_servers"), hard(5));
}

#[test]
fn a_locked_item_is_not_switched_and_told_but_its_quota_follows() {
    let mut world = Prepaid::on("2026-05-10");
    world.item("pw_base_servers").locked = true;
    let plan = world.buys(SERVER, 5).plan();
    assert_unchanged(&plan);
    assert_found(&plan, "pw_base_servers is locked at Acronis and cannot be switched on");
    world.has("pw_base_servers", hard(3)).run();
    assert_eq!(world.grant("pw_base_servers"), hard(5));
}
