//! What lists show of a plan: each line of a pay-as-you-go contract once, as the vendors and the plan have it, before
//! a run and after it.

mod common;

use common::any::any_provider;
use common::{COMPANY, LINE, WORKSTATION, World, company, date, key, tenant};
use proptest::prelude::*;
use shared::contract::{Billing, PeriodType, UnitsRow};
use shared::ids::{CompanyId, LineId, StorageId, TenantId};
use shared::mapping::CustomerLink;
use shared::matching::Standing;
use shared::plan::{Action, HoldReason, Plan, Until};
use shared::quantity::MeasurementUnit;
use shared::settings::EffectiveDates;
use shared::snapshot::{CompanyType, Entry, ListedLine, ListedPlan, Snapshot, each_of_plan};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// An entry as it is read back.
fn passed_on(entry: &Entry<'_>) -> Entry<'static> {
    let text = serde_json::to_string(entry).expect("it has words in JSON");
    let back: Entry<'static> = serde_json::from_str(&text).expect("what was written can be read");
    assert_eq!(back, *entry, "{text}");
    back
}

/// What lists show of a world, after a run that made these changes.
fn snapshot_after(world: &World, made: &BTreeSet<String>) -> (Snapshot, Plan) {
    let (plan, companies) = world.look();
    let mut snapshot = Snapshot::default();
    for (service, product) in world.mapping.products_by_service() {
        let items = product.rows.iter().map(|row| row.item.key.clone()).collect();
        snapshot.add(passed_on(&Entry::Sold(service, items)));
    }
    for line in companies.iter().flat_map(|company| &company.lines) {
        snapshot.add(passed_on(&Entry::Line(Cow::Borrowed(line))));
    }
    each_of_plan(&plan, made, false, |entry| snapshot.add(passed_on(&entry)));
    (snapshot, plan)
}

fn snapshot(world: &World) -> Snapshot {
    snapshot_after(world, &BTreeSet::new()).0
}

/// The only line of a snapshot.
fn the_line(snapshot: &Snapshot) -> &ListedLine {
    let lines: Vec<&ListedLine> = snapshot.lines.values().flatten().collect();
    let [line] = lines.as_slice() else { panic!("one line is expected: {lines:#?}") };
    line
}

#[test]
fn a_line_that_is_right_shows_its_units_and_the_usage_behind_them() {
    let mut world = World::on("2026-05-11");
    world.product("servers", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    world.uses("workstations", 3).uses("servers", 2);
    let snapshot = snapshot(&world);
    let line = the_line(&snapshot);
    assert_eq!((line.place.company, line.place.line), (COMPANY, Some(LINE)));
    assert_eq!((line.units, line.wanted), (5, Some(5)));
    assert_eq!((&line.until, &line.change), (&None, &None));
    let used: Vec<_> = snapshot.used(line).collect();
    assert_eq!(used, [(&key("servers"), 2), (&key("workstations"), 3)]);
}

#[test]
fn a_change_shows_units_money_day_invoice_lines_and_why() {
    let mut world = World::on("2026-05-11");
    world.uses("workstations", 7);
    let (snapshot, plan) = snapshot_after(&world, &BTreeSet::new());
    let line = the_line(&snapshot);
    let change = line.change.as_ref().expect("it is to be changed");
    assert_eq!((line.units, line.wanted), (5, Some(7)));
    assert_eq!(change.id, plan.changes[0].id);
    assert_eq!((change.effective, change.period), (date("2026-05-11"), Some(PeriodType::Monthly)));
    assert_eq!((change.money.map(|money| money.to_string()).as_deref(), change.invoice_lines), (Some("6"), 1));
    assert_eq!((change.because.as_str(), change.held.as_slice()), ("7 × workstations", [].as_slice()));
}

#[test]
fn the_plan_is_shown_by_the_id_of_what_is_still_to_be_done() {
    let mut world = World::on("2026-05-11");
    world.uses("workstations", 7);
    let (before, plan) = snapshot_after(&world, &BTreeSet::new());
    assert_eq!(before.plan, Some(ListedPlan { id: plan.id.clone(), first: false }));
    let made: BTreeSet<String> = plan.changes.iter().map(|change| change.id.clone()).collect();
    let (after, _) = snapshot_after(&world, &made);
    world.run();
    assert_eq!(after.plan, snapshot(&world).plan);
    assert_ne!(after.plan, before.plan);
}

#[test]
fn what_is_held_shows_why_and_who_approved_it_then() {
    let mut world = World::on("2026-05-11");
    world.uses("workstations", 40);
    let held = snapshot(&world);
    let change = the_line(&held).change.as_ref().expect("it is held");
    assert_eq!(change.held, [HoldReason::Jump]);
    let plan = world.plan();
    world.approve(&plan);
    let approved = snapshot(&world);
    let change = the_line(&approved).change.as_ref().expect("it is not made yet");
    assert_eq!((change.approved_by.as_deref(), change.held.as_slice()), (Some("ada"), [].as_slice()));
}

#[test]
fn u5_a_line_that_waits_shows_until_when() {
    let mut world = World::on("2026-05-11");
    world.uses("workstations", 7).row("workstations", |row| row.smallest_change = 3);
    let snapshot = snapshot(&world);
    let line = the_line(&snapshot);
    assert_eq!((line.units, line.wanted, &line.change), (5, Some(7), &None));
    assert_eq!(line.until, Some(Until::SmallestChange { units: 3 }));
}

#[test]
fn u2_a_line_whose_units_cannot_be_told_is_shown_with_its_finding_and_without_a_guess() {
    let troubles: [&dyn Fn(&mut World); 5] = [
        &|world| _ = world.reports_nothing_of("workstations"),
        &|world| _ = world.refuses_usage(true),
        &|world| world.it().tenant = None,
        &|world| world.it().tenant.iter_mut().for_each(|tenant| tenant.in_trial = true),
        &|world| _ = world.line(70, 701, WORKSTATION, 2),
    ];
    for (number, trouble) in troubles.iter().enumerate() {
        let mut world = World::on("2026-05-11");
        trouble(&mut world);
        let snapshot = snapshot(&world);
        let lines: Vec<_> = snapshot.lines[&COMPANY].iter().map(|line| (line.units, line.wanted)).collect();
        let expected = if number == 4 { vec![(5, None), (2, None)] } else { vec![(5, None)] };
        assert_eq!(lines, expected, "trouble {number}");
        assert_eq!(snapshot.findings.len(), 1, "trouble {number}");
    }
}

#[test]
fn lines_of_prepaid_contracts_are_not_shown_as_billed_by_usage() {
    let mut world = World::on("2026-05-11");
    world.the_contract().payg = None;
    assert_eq!(snapshot(&world).lines.values().flatten().count(), 0);
}

#[test]
fn m1_standings_follow_from_the_mapping_as_it_is_now() {
    let mut mapping = World::on("2026-05-11").mapping;
    let mut snapshot = Snapshot::default();
    for entry in [
        Entry::Company(Cow::Owned(company(7, "Alpenblick"))),
        Entry::Tenant(Cow::Owned(tenant("tenant-7", "Alpenblick"))),
        Entry::Tenant(Cow::Owned(tenant("tenant-8", "ALPENBLICK GmbH"))),
    ] {
        snapshot.add(passed_on(&entry));
    }
    assert_eq!(snapshot.standings(&mapping)[&COMPANY], Standing::Mapped);
    let row = mapping.customers.get_mut(&COMPANY).expect("it is mapped");
    row.link = CustomerLink::Unmapped { left_alone: false };
    let near = ["tenant-7", "tenant-8"].map(TenantId::new).to_vec();
    assert_eq!(snapshot.standings(&mapping)[&COMPANY], Standing::Unmapped(near));
}

#[test]
fn what_there_is_to_choose_from_reads_back_as_it_was() {
    let mut snapshot = Snapshot::default();
    let kind = CompanyType { number: 8, name: "Partner \"=\"\n".to_owned(), active: false };
    snapshot.add(passed_on(&Entry::CompanyType(Cow::Borrowed(&kind))));
    let storage = StorageId::new("s1");
    snapshot.add(passed_on(&Entry::Storage(Cow::Borrowed(&storage), Cow::Borrowed("\u{202e}Frankfurt"))));
    assert_eq!(snapshot.company_types, [kind]);
    assert_eq!(snapshot.storages[&storage], "\u{202e}Frankfurt");
}

/// The lines of sold services on pay-as-you-go contracts that count.
fn lines_to_show(world: &World) -> BTreeSet<(CompanyId, LineId)> {
    let sold = world.mapping.products_by_service();
    let mut lines = BTreeSet::new();
    for (company, customer) in &world.customers {
        let payg = |row: &UnitsRow| {
            let contract = customer.contracts.iter().find(|contract| contract.id == row.contract);
            contract.is_some_and(|one| one.counts_on(world.today) && one.billing() == Billing::PayAsYouGo)
        };
        let today = customer.rows.iter().filter(|row| row.start <= world.today && world.today <= row.end);
        let shown = today.filter(|row| payg(row) && sold.contains_key(&row.service));
        lines.extend(shown.map(|row| (*company, row.line)));
    }
    lines
}

proptest! {
    #[test]
    fn every_line_is_shown_once_and_every_change_on_its_line(provider in any_provider(4)) {
        let world = provider.world();
        let (snapshot, plan) = snapshot_after(&world, &BTreeSet::new());
        let all: Vec<&ListedLine> = snapshot.lines.values().flatten().collect();
        let places: BTreeSet<_> = all.iter().map(|line| &line.place).collect();
        prop_assert_eq!(places.len(), all.len(), "a line is shown twice");
        let lines: BTreeSet<_> = all.iter().filter_map(|line| Some((line.place.company, line.place.line?))).collect();
        prop_assert!(lines_to_show(&world).is_subset(&lines), "{:?}\n{:?}", lines_to_show(&world), lines);
        let shown: BTreeSet<&str> =
            all.iter().filter_map(|line| line.change.as_ref()).map(|change| change.id.as_str()).collect();
        let planned = plan.changes.iter().chain(plan.held.iter().map(|held| &held.change));
        let planned: BTreeSet<&str> = planned
            .filter(|change| matches!(change.action, Action::Adjust(_)))
            .map(|change| change.id.as_str())
            .collect();
        prop_assert_eq!(shown, planned);
        prop_assert_eq!(&snapshot.findings, &plan.findings);
    }

    #[test]
    fn the_order_of_what_is_read_shows_nothing_else(provider in any_provider(3), order in 1u64..100) {
        let world = provider.world();
        let (one, mut other_world) = (snapshot(&world), world.clone());
        other_world.order = order;
        let other = snapshot(&other_world);
        prop_assert_eq!(one.lines, other.lines);
        prop_assert_eq!(one.findings, other.findings);
    }

    #[test]
    fn what_is_changed_at_once_is_shown_as_the_next_look_shows_it(provider in any_provider(3)) {
        let mut world = provider.world();
        world.policy(EffectiveDates::Today);
        let plan = world.plan();
        let made: BTreeSet<String> = plan.changes.iter().map(|change| change.id.clone()).collect();
        let (after, _) = snapshot_after(&world, &made);
        world.run();
        let next = snapshot(&world);
        let lines = after.lines.values().flatten();
        for line in lines.filter(|line| line.change.is_none() && line.place.line.is_some()) {
            let same = next.lines[&line.place.company].iter().find(|other| other.place == line.place);
            prop_assert!(same.is_some_and(|same| same.units == line.units), "{line:?}\n{same:?}");
        }
    }
}
