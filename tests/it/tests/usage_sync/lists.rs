//! What a run leaves for people's lists: what the vendors and the plan say, for everybody, and nothing that an idle
//! run would write.

use functions::run::Scope;
use functions::usage_sync;
use it::wire::{Operation, Reply, Strike, Wire};
use it::world::{TODAY, World, even};
use sandbox::{Fault, FaultKind, Seed};
use shared::finding::Finding;
use shared::ids::{CompanyId, ContractId, LineId, ServiceId};
use shared::line::LinePlace;
use shared::mapping::{ProductRow, ServiceTarget};
use shared::matching::Standing;
use shared::plan::HoldReason;
use shared::run::{Mode, Outcome};
use shared::snapshot::{ListedLine, Section, Snapshot};
use std::collections::BTreeSet;

async fn snapshot(world: &World) -> Snapshot {
    world.host.store.snapshot(&world.connection).await.expect("it is whole").expect("there is one")
}

async fn version(world: &World) -> u64 {
    world.host.store.snapshot_version(&world.connection).await.expect("the table is read")
}

fn lines(snapshot: &Snapshot) -> impl Iterator<Item = &ListedLine> {
    snapshot.lines.values().flatten()
}

/// The accounts and the catalogue are those of the vendors.
fn is_what_the_vendors_have(world: &World, snapshot: &Snapshot) {
    let (companies, tenants, services) = world.sandbox.world(|vendors| {
        let tenants: BTreeSet<String> = vendors.acronis.tenants.keys().cloned().collect();
        (vendors.companies().len(), tenants, vendors.services().len())
    });
    assert_eq!(snapshot.companies.len(), companies);
    let shown: BTreeSet<String> = snapshot.tenants.iter().map(|tenant| tenant.id.to_string()).collect();
    assert!(!shown.is_empty() && shown.is_subset(&tenants), "{shown:?} {tenants:?}");
    let below = snapshot.tenants.iter().filter(|tenant| tenant.parent.is_some()).count();
    assert!(below > 0, "who is below whom can be shown");
    assert_eq!(snapshot.services.len(), services);
    assert!(!snapshot.billing_codes.is_empty() && !snapshot.items.is_empty());
    let named = snapshot.company_types.iter().find(|kind| kind.number == 1);
    assert_eq!(named.map(|kind| kind.name.as_str()), Some("Customer"));
    let of_items = snapshot.items.iter().filter_map(|item| item.key.storage.as_ref());
    assert!(of_items.clone().count() > 0 && of_items.clone().all(|storage| snapshot.storages.contains_key(storage)));
}

/// Each line that bills an item is shown with the units in force and what its item is used for.
fn shows_every_line(world: &World, snapshot: &Snapshot) {
    let sold = world.sold();
    assert!(lines(snapshot).count() >= sold.len());
    for sold in sold {
        let place = LinePlace {
            company: CompanyId(sold.company),
            contract: ContractId(sold.contract),
            service: ServiceId(sold.service),
            line: Some(LineId(sold.line)),
        };
        let line = lines(snapshot).find(|line| line.place == place);
        let line = line.unwrap_or_else(|| panic!("{sold:?} is not shown"));
        assert_eq!(line.units, world.units(&sold), "{sold:?}");
        assert_eq!(line.wanted, Some(world.used(&sold)), "{sold:?}");
        let used: u64 = snapshot.used(line).map(|(_, amount)| amount).sum();
        let units = i64::try_from(used.div_ceil(sold.size)).expect("a sane amount");
        assert_eq!(units, world.used(&sold), "{sold:?}");
        let contract = snapshot.contracts.iter().find(|contract| contract.id == place.contract);
        assert_eq!(contract.map(|contract| contract.company), Some(place.company));
    }
}

#[tokio::test]
async fn g13_accounts_and_what_there_is_to_choose_from_are_there_as_soon_as_the_connection_is() {
    let world = World::plain(3).await;
    let snapshot = snapshot(&world).await;
    is_what_the_vendors_have(&world, &snapshot);
    let sections: Vec<Section> = snapshot.since.keys().copied().collect();
    assert_eq!(sections, [Section::Companies, Section::Tenants, Section::Catalogue], "nothing is planned yet");
    let mapping = world.host.store.mapping(&world.connection).await.unwrap().unwrap();
    let standings = snapshot.standings(&mapping);
    assert!(standings.values().filter(|standing| **standing == Standing::Mapped).count() >= 3, "{standings:?}");
    let before = version(&world).await;
    world.connect_again(false).await.unwrap();
    assert_eq!(version(&world).await, before, "nothing changed, and nothing is written");
}

#[tokio::test]
async fn a_run_leaves_what_the_plan_says_before_it_is_approved_and_what_it_did_afterwards() {
    let world = World::plain(5).await;
    let plan = world.plan().await;
    assert_eq!(snapshot(&world).await.since.get(&Section::Plan), None, "a look writes nothing");
    world.apply_complete().await;
    let waiting = snapshot(&world).await;
    shows_every_line(&world, &waiting);
    let shown: BTreeSet<&str> = lines(&waiting).filter_map(|line| Some(line.change.as_ref()?.id.as_str())).collect();
    let held: BTreeSet<&str> = plan.held.iter().map(|held| held.change.id.as_str()).collect();
    assert!(!held.is_empty());
    assert_eq!(shown, held);
    let reasons = lines(&waiting).filter_map(|line| line.change.as_ref()).map(|change| &change.held);
    assert!(reasons.into_iter().all(|reasons| reasons.contains(&HoldReason::FirstPlan)));
    assert_eq!(waiting.findings, plan.findings);

    world.settle().await;
    let done = snapshot(&world).await;
    shows_every_line(&world, &done);
    assert_eq!(lines(&done).filter(|line| line.change.is_some()).count(), 0, "all of it is made");
    let shown_again = version(&world).await;
    world.apply_complete().await;
    assert_eq!(version(&world).await, shown_again, "what the next run sees is what this one left");
}

#[tokio::test]
async fn plan_mode_keeps_the_lists_and_changes_nothing() {
    let world = World::even(2, 3).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    let run = usage_sync::run(&world.host, &world.connection, Scope::Everybody, Mode::Plan).await.unwrap();
    assert_eq!((run.record.outcome, world.adjustments()), (Outcome::Complete, 0));
    let snapshot = snapshot(&world).await;
    shows_every_line(&world, &snapshot);
    assert_eq!(lines(&snapshot).filter(|line| line.change.is_some()).count(), 6);
}

/// Items that were put into the table since the wire was mended.
fn put(wire: &Wire) -> usize {
    wire.passed().into_iter().filter(|operation| *operation == Some(Operation::Put)).count()
}

#[tokio::test]
async fn b3_an_idle_run_writes_no_list() {
    let (world, wire) = World::wired(even(2, 3)).await;
    world.settle().await;
    world.apply_complete().await;
    let before = (version(&world).await, snapshot(&world).await);
    world.pass_days(1);
    wire.mend();
    world.apply_complete().await;
    assert_eq!(put(&wire), 1, "its record");
    assert_eq!((version(&world).await, snapshot(&world).await), before);

    world.pass_days(1);
    world.use_one_more_of_each();
    wire.mend();
    world.apply_complete().await;
    assert_eq!(put(&wire), 2, "its record, and the one section that is another, in one part");
    assert_eq!(version(&world).await, before.0 + 1);
}

async fn apply_for(world: &World, company: CompanyId) {
    let run = usage_sync::run(&world.host, &world.connection, Scope::company(company), Mode::Apply).await;
    assert_eq!(run.expect("it is recorded").record.outcome, Outcome::Complete);
}

#[tokio::test]
async fn a_run_for_some_brings_the_lists_up_to_date_for_them_and_leaves_those_of_others_as_they_were() {
    let world = World::even(3, 2).await;
    world.change_mapping(|mapping| mapping.settings.review_mode = true).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world.apply_complete().await;
    let before = snapshot(&world).await;
    assert_eq!(lines(&before).filter(|line| line.change.is_some()).count(), 6);
    world.use_one_more_of_each();
    let company = CompanyId(world.sold()[0].company);
    apply_for(&world, company).await;
    let after = snapshot(&world).await;
    for (of, lines) in &before.lines {
        let wanted: Vec<_> =
            lines.iter().map(|line| line.wanted.map(|units| units + i64::from(*of == company))).collect();
        assert_eq!(after.lines[of].iter().map(|line| line.wanted).collect::<Vec<_>>(), wanted, "{of}");
        assert_eq!(after.lines[of] == *lines, *of != company, "{of}");
    }
    assert_eq!(after.companies, before.companies);
    assert_eq!(after.contracts.len(), before.contracts.len());
    assert_eq!(after.findings, before.findings);
    let plan = after.plan.clone().expect("there is one");
    assert_ne!(Some(&plan), before.plan.as_ref());
    // It is what a look at everybody would show, but for those that it did not look at.
    world.apply_complete().await;
    let whole = snapshot(&world).await;
    assert_eq!(whole.lines[&company], after.lines[&company]);
    assert_eq!(whole.sold, after.sold);
    // A run for all of them, one by one, comes to the same as one for everybody.
    for company in whole.lines.keys() {
        apply_for(&world, *company).await;
    }
    assert_eq!(snapshot(&world).await, whole);
}

#[tokio::test]
async fn what_a_run_for_some_made_is_soon_to_be_seen_and_so_is_what_it_found() {
    let world = World::even(3, 2).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    let sold = world.sold().remove(0);
    let company = CompanyId(sold.company);
    apply_for(&world, company).await;
    let after = snapshot(&world).await;
    assert!(after.lines[&company].iter().all(|line| line.change.is_none() && line.wanted == Some(line.units)));
    let units =
        after.lines[&company].iter().find(|line| line.place.line == Some(LineId(sold.line))).map(|line| line.units);
    assert_eq!(units, Some(world.used(&sold)));
    world.sandbox.world(|vendors| {
        vendors.acronis.tenants.get_mut(&sold.tenant).expect("it is there").name = "Umbenannt GmbH".to_owned();
        vendors.add_service("Neu", "pw_base_vms", "3.00".parse().expect("an amount"));
    });
    world
        .change_mapping(|mapping| {
            mapping.customers.get_mut(&company).expect("a row").company_name = "Alt".to_owned();
        })
        .await;
    apply_for(&world, company).await;
    let renamed = |snapshot: &Snapshot| snapshot.findings.iter().filter(|found| found.company == Some(company)).count();
    assert_eq!((renamed(&after), renamed(&snapshot(&world).await)), (0, 1), "{:?}", snapshot(&world).await.findings);
}

#[tokio::test]
async fn amounts_of_others_are_not_shown_where_their_service_is_sold_for_other_items_since() {
    let world = World::even(3, 2).await;
    world.apply_complete().await;
    let service = ServiceId(world.sold()[0].service);
    world
        .change_mapping(|mapping| {
            let of_service = |row: &&mut ProductRow| row.service == Some(ServiceTarget::Existing(service));
            let terms = mapping.products.values_mut().find(of_service).expect("it is sold").clone();
            let added = mapping.products.values_mut().find(|row| {
                let same = row.item.unit == terms.item.unit && row.item.kind == terms.item.kind;
                row.item.key != terms.item.key && same && row.service != terms.service && !row.item.is_metered()
            });
            added.expect("there is another one").service = terms.service;
        })
        .await;
    let company = CompanyId(world.sold()[0].company);
    apply_for(&world, company).await;
    let after = snapshot(&world).await;
    assert_eq!(after.sold[&service].len(), 2);
    let of_service: Vec<_> = lines(&after).filter(|line| line.place.service == service).collect();
    assert!(of_service.len() > 1);
    for line in of_service {
        assert_eq!(line.used.len(), if line.place.company == company { 2 } else { 0 }, "{line:?}");
    }
    assert!(lines(&after).filter(|line| line.place.service != service).all(|line| line.used.len() == 1));
}

#[tokio::test]
async fn b3_an_idle_run_for_some_writes_no_list_and_one_before_any_for_everybody_writes_none_either() {
    let (world, wire) = World::wired(even(2, 3)).await;
    let company = CompanyId(world.sold()[0].company);
    world.approve_plan().await;
    apply_for(&world, company).await;
    assert_eq!(snapshot(&world).await.since.get(&Section::Plan), None);
    world.apply_complete().await;
    apply_for(&world, company).await;
    let before = (version(&world).await, snapshot(&world).await);
    wire.mend();
    apply_for(&world, company).await;
    assert_eq!(put(&wire), 1, "its record");
    assert_eq!((version(&world).await, snapshot(&world).await), before);
}

#[tokio::test]
async fn what_cannot_be_read_for_lists_alone_stays_as_it_was_and_fails_no_run() {
    let world = World::settled(2).await;
    let before = snapshot(&world).await;
    for operation in ["acronis.available_for_child", "autotask.billing_codes.query", "autotask.companies.fields"] {
        world.pass_days(1);
        world.use_one_more_of_each();
        world.sandbox.fail(Fault::always(operation, FaultKind::StatusBefore { status: 503, body: None }));
        world.apply_complete().await;
        world.sandbox.clear_faults();
        let after = snapshot(&world).await;
        shows_every_line(&world, &after);
        assert_eq!((&after.items, &after.services), (&before.items, &before.services), "{operation}");
        assert_eq!(after.company_types, before.company_types, "{operation}");
    }
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn lists_that_cannot_be_kept_fail_no_run_and_the_next_keeps_them() {
    let (world, wire) = World::wired(even(2, 2)).await;
    world.settle().await;
    world.pass_days(1);
    world.use_one_more_of_each();
    let before = version(&world).await;
    let no = Reply::of(400, "application/x-amz-json-1.0", r#"{"__type": "ValidationException", "message": "no"}"#);
    wire.strike(Operation::Put, 0, 1, Strike::Instead(no));
    world.apply_complete().await;
    assert_eq!(wire.struck(), 1);
    assert_eq!(version(&world).await, before);
    world.all_is_right_and_made_once().await;
    wire.mend();
    world.apply_complete().await;
    assert_eq!(version(&world).await, before + 1);
    shows_every_line(&world, &snapshot(&world).await);
}

#[tokio::test]
async fn accounts_are_looked_at_each_day_while_nothing_is_mapped() {
    let (world, _) =
        World::unconnected(Seed { customers: 1, story: false, today: TODAY, ..Seed::default() }, false).await;
    world.connect_again(true).await.unwrap();
    let before = snapshot(&world).await;
    world.sandbox.world(|vendors| {
        vendors.add_company("Neu GmbH");
        vendors.add_tenant("Neu GmbH", None);
        vendors.add_service("Neu", "pw_base_vms", "3.00".parse().expect("an amount"));
    });
    world.apply().await;
    let after = snapshot(&world).await;
    is_what_the_vendors_have(&world, &after);
    assert_eq!(after.companies.len(), before.companies.len() + 1);
    assert_eq!(after.tenants.len(), before.tenants.len() + 1);
    assert_eq!(after.services.len(), before.services.len() + 1);
    assert!(after.findings.iter().any(Finding::keeps_from_starting), "{:?}", after.findings);
}

#[tokio::test]
async fn no_connection_shows_another_ones_customers() {
    let world = World::settled(2).await;
    let other =
        world.beside("other", Seed { customers: 4, seed: 9, story: false, today: TODAY, ..Seed::default() }).await;
    other.settle().await;
    let (ours, theirs) = (snapshot(&world).await, snapshot(&other).await);
    is_what_the_vendors_have(&world, &ours);
    is_what_the_vendors_have(&other, &theirs);
    assert_ne!(ours.companies.len(), theirs.companies.len());
}
