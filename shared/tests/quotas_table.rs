//! What an item is given, in one look: mapped or not, in the contract or not, free or not, of each kind (rules Q1, Q2,
//! Q3, Q7; the four cases of the guide).

mod common;

use common::prepaid::{CLOUD, Prepaid, SERVER};
use shared::ids::ServiceId;
use shared::mapping::ServiceTarget;
use shared::quota::Grant;
use shared::usage::ItemKind;

/// What becomes of an item where, besides, a server is sold.
fn becomes(kind: ItemKind, [mapped, sold, free]: [bool; 3], on: bool, switch_off: bool) -> String {
    let name = if kind == ItemKind::Storage { "storage@a" } else { "pw_base_vms" };
    let mut world = Prepaid::on("2026-05-10");
    world.offers(name, kind).buys(SERVER, 3);
    world.row(name, |row| (row.free, row.service) = (free, mapped.then_some(ServiceTarget::Existing(CLOUD))));
    world.buys(if sold { CLOUD } else { ServiceId(999) }, 5);
    world.has(name, if on { Grant::Unlimited } else { Grant::Off });
    world.settings().quotas.switch_off = switch_off;
    let plan = world.run();
    // Nobody can say whether a feature is in use.
    let waits = kind == ItemKind::Feature && switch_off && on && !(free || mapped && sold);
    assert_eq!(plan.held.len(), usize::from(waits), "{plan}");
    world.approve(&plan).run();
    let unit = world.item(name).item.unit;
    world.grant(name).words(unit)
}

#[test]
fn a37_a38_a39_q1_q2_q3_q7_what_an_item_is_given() {
    use ItemKind::{Count, Feature, Storage};
    let (mapped, not_mapped) = (true, false);
    let (sold, not_sold) = (true, false);
    let (free, not_free) = (true, false);
    // Today off and on, with a quota of 0 as the end; today off and on, with `switch_off`.
    #[rustfmt::skip]
    let cases = [
        (Count,   mapped,     sold,     not_free, ["5", "5", "5", "5"]),
        (Count,   mapped,     sold,     free,     ["5", "5", "5", "5"]),
        (Count,   mapped,     not_sold, not_free, ["off", "0", "off", "off"]),
        (Count,   mapped,     not_sold, free,     ["unlimited", "unlimited", "unlimited", "unlimited"]),
        (Count,   not_mapped, sold,     not_free, ["off", "0", "off", "off"]),
        (Count,   not_mapped, sold,     free,     ["unlimited", "unlimited", "unlimited", "unlimited"]),
        (Count,   not_mapped, not_sold, not_free, ["off", "0", "off", "off"]),
        (Count,   not_mapped, not_sold, free,     ["unlimited", "unlimited", "unlimited", "unlimited"]),
        (Storage, mapped,     sold,     not_free, ["5 GiB", "5 GiB", "5 GiB", "5 GiB"]),
        (Storage, mapped,     sold,     free,     ["5 GiB", "5 GiB", "5 GiB", "5 GiB"]),
        (Storage, mapped,     not_sold, not_free, ["off", "unlimited", "off", "unlimited"]),
        (Storage, mapped,     not_sold, free,     ["off", "unlimited", "off", "unlimited"]),
        (Storage, not_mapped, sold,     not_free, ["off", "unlimited", "off", "unlimited"]),
        (Storage, not_mapped, sold,     free,     ["off", "unlimited", "off", "unlimited"]),
        (Storage, not_mapped, not_sold, not_free, ["off", "unlimited", "off", "unlimited"]),
        (Storage, not_mapped, not_sold, free,     ["off", "unlimited", "off", "unlimited"]),
        (Feature, mapped,     sold,     not_free, ["on", "on", "on", "on"]),
        (Feature, mapped,     sold,     free,     ["on", "on", "on", "on"]),
        (Feature, mapped,     not_sold, not_free, ["off", "on", "off", "off"]),
        (Feature, mapped,     not_sold, free,     ["on", "on", "on", "on"]),
        (Feature, not_mapped, sold,     not_free, ["off", "on", "off", "off"]),
        (Feature, not_mapped, sold,     free,     ["on", "on", "on", "on"]),
        (Feature, not_mapped, not_sold, not_free, ["off", "on", "off", "off"]),
        (Feature, not_mapped, not_sold, free,     ["on", "on", "on", "on"]),
    ];
    for (kind, mapped, sold, free, expected) in cases {
        let row = [mapped, sold, free];
        let given = [(false, false), (true, false), (false, true), (true, true)]
            .map(|(on, switch_off)| becomes(kind, row, on, switch_off));
        assert_eq!(given, expected, "{kind:?}, mapped {mapped}, in the contract {sold}, free {free}");
    }
}
