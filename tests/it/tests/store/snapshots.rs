//! The snapshot: its sections whole or not at all, in parts that fit, written only where their content is another.

use crate::samples::{ODD, id, now, place};
use crate::wire::{Fault, Wire};
use crate::{Table, table};
use functions::store::{Pack, Packed};
use serde_json::json;
use shared::contract::Company;
use shared::ids::{CompanyId, TenantId};
use shared::line::LinePlace;
use shared::snapshot::{Entry, ListedLine, Section, Snapshot};
use shared::usage::{Tenant, TenantKind};
use std::borrow::Cow;
use std::collections::BTreeMap;

fn company(number: i64) -> Entry<'static> {
    let name = format!("{ODD} {number}");
    let company_type = Some(number % 5).filter(|kind| *kind > 0);
    Entry::Company(Cow::Owned(Company { id: CompanyId(number), name, active: number % 7 > 0, company_type }))
}

fn tenant(number: i64) -> Entry<'static> {
    // A name that cannot be made smaller, as those of the vendor are.
    let id = TenantId::new(uuid_of(number));
    Entry::Tenant(Cow::Owned(Tenant {
        id,
        parent: Some(TenantId::new(uuid_of(number / 10 - 1))),
        name: [-number, number + 1_000_000, number - 1_000_000].map(uuid_of).concat(),
        kind: TenantKind::Customer,
        enabled: true,
        in_trial: false,
        tag: None,
    }))
}

fn uuid_of(number: i64) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(number.to_be_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn line(number: i64) -> Entry<'static> {
    let place = LinePlace { company: CompanyId(number / 3), ..place(number) };
    let used = vec![number.unsigned_abs(), u64::MAX];
    Entry::Line(Cow::Owned(ListedLine {
        place,
        units: number,
        wanted: Some(i64::MIN),
        used,
        until: None,
        change: None,
    }))
}

fn packed(entries: impl IntoIterator<Item = Entry<'static>>) -> Packed {
    let mut pack = Pack::default();
    entries.into_iter().for_each(|entry| pack.add(&entry));
    pack.finish()
}

/// So many companies and tenants.
fn accounts(companies: i64, tenants: i64) -> BTreeMap<Section, Packed> {
    BTreeMap::from([
        (Section::Companies, packed((0..companies).map(company))),
        (Section::Tenants, packed((0..tenants).map(tenant))),
    ])
}

fn snapshot(entries: impl IntoIterator<Item = Entry<'static>>, sections: &[Section]) -> Snapshot {
    let mut snapshot = Snapshot { since: sections.iter().map(|one| (*one, now())).collect(), ..Snapshot::default() };
    entries.into_iter().for_each(|entry| snapshot.add(entry));
    snapshot
}

async fn save(table: &Table, name: &str, sections: BTreeMap<Section, Packed>) -> bool {
    table.store.save_snapshot(&id(name), now(), sections).await.expect("it is written")
}

#[tokio::test]
async fn sections_read_back_as_saved_and_those_not_saved_stay_as_they_were() {
    let table = table().await;
    let a = id("a");
    assert_eq!(table.store.snapshot(&a).await.unwrap(), None);
    assert_eq!(table.store.snapshot_version(&a).await.unwrap(), 0);
    assert!(save(&table, "a", accounts(40, 50)).await);
    let lines = || (0..60).map(line);
    assert!(save(&table, "a", BTreeMap::from([(Section::Plan, packed(lines()))])).await);
    let all = (0..40).map(company).chain((0..50).map(tenant)).chain(lines());
    let expected = snapshot(all, &[Section::Companies, Section::Tenants, Section::Plan]);
    assert_eq!(table.store.snapshot(&a).await.unwrap(), Some(expected));
    assert_eq!(table.store.snapshot_version(&a).await.unwrap(), 2);
}

#[tokio::test]
async fn b3_content_that_is_in_force_is_not_written_again_in_whatever_order_it_comes() {
    let table = table().await;
    save(&table, "a", accounts(40, 50)).await;
    let wire = Wire::to(&table).await;
    let later = now() + jiff::SignedDuration::from_hours(24);
    let again = BTreeMap::from([
        (Section::Companies, packed((0..40).rev().map(company))),
        (Section::Tenants, packed((0..50).map(tenant))),
    ]);
    assert!(!wire.store.save_snapshot(&id("a"), later, again).await.unwrap());
    assert_eq!(wire.all(), ["GetItem"], "the head is read, and nothing else");

    // Of what is another, that section alone.
    let before = table.store.snapshot(&id("a")).await.unwrap().unwrap();
    assert!(wire.store.save_snapshot(&id("a"), later, accounts(41, 50)).await.unwrap());
    let after = table.store.snapshot(&id("a")).await.unwrap().unwrap();
    assert_eq!((after.companies.len(), &after.tenants), (41, &before.tenants));
    assert_eq!((after.since[&Section::Companies], after.since[&Section::Tenants]), (later, now()));
    assert_eq!(wire.requests("PutItem").len(), 1, "{:?}", wire.all());
}

#[tokio::test]
async fn large_sections_are_cut_into_parts_that_fit_and_replaced_ones_expire() {
    let table = table().await;
    save(&table, "a", accounts(10, 15_000)).await;
    let first = table.all().await;
    let expected =
        snapshot((0..10).map(company).chain((0..15_000).map(tenant)), &[Section::Companies, Section::Tenants]);
    assert!(table.store.snapshot(&id("a")).await.unwrap() == Some(expected), "not as it was saved");
    save(&table, "a", accounts(10, 15_001)).await;
    let replaced: Vec<_> = first.iter().filter(|item| item["sk"].as_s().unwrap() != "head").collect();
    assert!(replaced.len() > 3, "{} parts", replaced.len());
    let mut expiring = 0;
    for item in table.all().await.iter().filter(|item| item.contains_key("part")) {
        assert!(item["part"].as_b().unwrap().as_ref().len() <= 300_000);
        expiring += usize::from(item.contains_key("ttl"));
    }
    assert_eq!(expiring, replaced.len() - 1, "all but the companies, which are as they were");
    assert_eq!(table.store.snapshot(&id("a")).await.unwrap().unwrap().tenants.len(), 15_001);
}

#[tokio::test]
async fn a_save_that_dies_on_the_way_leaves_the_snapshot_as_it_was() {
    let table = table().await;
    save(&table, "a", accounts(10, 15_000)).await;
    let before = table.store.snapshot(&id("a")).await.unwrap();
    let refusal = || Fault::Answer(400, json!({"__type": "ValidationException", "message": "no"}));
    for (operation, after) in [("PutItem", 0), ("PutItem", 3), ("UpdateItem", 0)] {
        let wire = Wire::to(&table).await;
        wire.fail(operation, Fault::None, after);
        wire.fail(operation, refusal(), usize::MAX);
        wire.store.save_snapshot(&id("a"), now(), accounts(11, 15_500)).await.unwrap_err();
        assert!(table.store.snapshot(&id("a")).await.unwrap() == before, "{operation} {after}");
        assert_eq!(table.store.snapshot_version(&id("a")).await.unwrap(), 1);
    }
    assert!(save(&table, "a", accounts(11, 15_500)).await);
    assert_eq!(table.store.snapshot(&id("a")).await.unwrap().unwrap().tenants.len(), 15_500);
}

#[tokio::test]
async fn a_lost_reply_of_the_flip_is_no_other_snapshot() {
    let table = table().await;
    let wire = Wire::to(&table).await;
    for companies in [5, 6] {
        wire.fail("UpdateItem", Fault::LoseReply, 1);
        assert!(wire.store.save_snapshot(&id("a"), now(), accounts(companies, 3)).await.unwrap());
    }
    let snapshot = table.store.snapshot(&id("a")).await.unwrap().unwrap();
    assert_eq!((snapshot.companies.len(), table.store.snapshot_version(&id("a")).await.unwrap()), (6, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_see_whole_snapshots_only_while_others_are_saved() {
    let table = table().await;
    let a = id("a");
    save(&table, "a", accounts(100, 100)).await;
    for round in 1..6 {
        let mut saves = tokio::task::JoinSet::new();
        for size in 1..4 {
            let (store, a, size) = (table.store.clone(), a.clone(), 1_000 * round + 100 * size);
            saves.spawn(async move { store.save_snapshot(&a, now(), accounts(size, size)).await.is_ok() });
        }
        while saves.try_join_next().is_none() {
            let seen = table.store.snapshot(&a).await.unwrap().unwrap();
            assert_eq!(seen.companies.len(), seen.tenants.len(), "half of two snapshots");
        }
        saves.join_all().await;
    }
    assert!(table.store.snapshot_version(&a).await.unwrap() > 5, "each round one came into force at least");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn jobs_that_save_different_sections_at_the_same_time_are_not_in_each_others_way() {
    let table = table().await;
    let a = id("a");
    for round in 1..10 {
        let plan = || BTreeMap::from([(Section::Plan, packed((0..round).map(line)))]);
        let accounts = table.store.save_snapshot(&a, now(), accounts(round, round));
        let (accounts, plan) = tokio::join!(accounts, table.store.save_snapshot(&a, now(), plan()));
        assert!(accounts.unwrap() && plan.unwrap());
        let seen = table.store.snapshot(&a).await.unwrap().unwrap();
        assert_eq!(seen.companies.len() as i64, round);
        assert_eq!(seen.lines.values().map(Vec::len).sum::<usize>() as i64, round);
    }
}

#[tokio::test]
async fn a_snapshot_with_a_lost_or_foreign_part_is_an_error_and_not_half_a_snapshot() {
    let table = table().await;
    save(&table, "a", accounts(10, 15_000)).await;
    let parts = table.all().await.into_iter().filter(|item| item["sk"].as_s().unwrap().ends_with("#000001"));
    let part = parts.into_iter().next().unwrap();
    let (pk, sk) = (part["pk"].clone(), part["sk"].clone());
    let mut foreign = part.clone();
    let other = Pack::default().finish();
    assert!(other.size() < 100);
    foreign.insert("part".to_owned(), aws_sdk_dynamodb::types::AttributeValue::B(vec![7; 300_000].into()));
    table.client.put_item().table_name(&table.name).set_item(Some(foreign)).send().await.unwrap();
    let error = format!("{:#}", table.store.snapshot(&id("a")).await.unwrap_err());
    assert!(error.contains("version 1 of the stored snapshot, Tenants"), "{error}");
    table.client.delete_item().table_name(&table.name).key("pk", pk).key("sk", sk).send().await.unwrap();
    let error = table.store.snapshot(&id("a")).await.unwrap_err();
    assert_eq!(error.to_string(), "version 1 of the stored snapshot is not whole");
}

#[tokio::test]
async fn a_section_with_other_entries_than_were_saved_is_an_error() {
    let table = table().await;
    save(&table, "a", accounts(3, 0)).await;
    save(&table, "b", accounts(4, 0)).await;
    let all = table.all().await;
    let of = |name: &str| {
        let pk = format!("{name}#snapshot");
        let parts = all.iter().filter(|item| *item["pk"].as_s().unwrap() == pk && item.contains_key("part"));
        parts.max_by_key(|item| item["part"].as_b().unwrap().as_ref().len()).unwrap().clone()
    };
    let mut mixed = of("a");
    mixed.insert("part".to_owned(), of("b")["part"].clone());
    table.client.put_item().table_name(&table.name).set_item(Some(mixed)).send().await.unwrap();
    let error = format!("{:#}", table.store.snapshot(&id("a")).await.unwrap_err());
    assert!(error.ends_with("it is not what was saved"), "{error}");
    assert_eq!(table.store.snapshot(&id("b")).await.unwrap().unwrap().companies.len(), 4);
}

#[tokio::test]
async fn connections_whose_names_begin_alike_have_snapshots_of_their_own() {
    let table = table().await;
    for (name, companies) in [("a", 1), ("a#snapshot", 2), ("a#", 3)] {
        save(&table, name, accounts(companies, 0)).await;
    }
    for (name, companies) in [("a", 1), ("a#snapshot", 2), ("a#", 3)] {
        let snapshot = table.store.snapshot(&id(name)).await.unwrap().unwrap();
        assert_eq!(snapshot.companies.len(), companies, "{name}");
    }
    assert_eq!(table.store.snapshot(&id("snapshot")).await.unwrap(), None);
}

/// Lines below this number go, and two of them come back with others.
fn rewrite(entry: Option<Entry<'static>>, pack: &mut Pack) {
    match entry {
        Some(Entry::Line(line)) if line.units < 30 => {}
        Some(entry) => pack.add(&entry),
        None => [line(3), line(1_000)].iter().for_each(|entry| pack.add(entry)),
    }
}

#[tokio::test]
async fn a_section_is_rewritten_entry_by_entry_and_the_others_stay_as_they_were() {
    let table = table().await;
    let a = id("a");
    let never = |_: Option<Entry<'static>>, _: &mut Pack| panic!("there is nothing to be rewritten");
    assert!(!table.store.rewrite_section(&a, Section::Plan, now(), never).await.unwrap());
    save(&table, "a", accounts(4, 5)).await;
    save(&table, "a", BTreeMap::from([(Section::Plan, packed((0..60).map(line)))])).await;
    let later = now() + jiff::SignedDuration::from_hours(1);
    assert!(table.store.rewrite_section(&a, Section::Plan, later, rewrite).await.unwrap());
    let lines = (30..60).chain([3, 1_000]).map(line);
    let sections = [Section::Companies, Section::Tenants, Section::Plan];
    let mut expected = snapshot((0..4).map(company).chain((0..5).map(tenant)).chain(lines), &sections);
    expected.since.insert(Section::Plan, later);
    assert_eq!(table.store.snapshot(&a).await.unwrap(), Some(expected));
    assert_eq!(table.store.snapshot_version(&a).await.unwrap(), 3);
    // B3: where it comes to the same, nothing is written.
    let wire = Wire::to(&table).await;
    let as_it_is = |entry: Option<Entry<'static>>, pack: &mut Pack| entry.iter().for_each(|entry| pack.add(entry));
    assert!(!wire.store.rewrite_section(&a, Section::Plan, later, as_it_is).await.unwrap());
    assert!(!wire.all().iter().any(|asked| asked == "PutItem" || asked == "UpdateItem"), "{:?}", wire.all());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_section_that_another_run_replaced_meanwhile_is_not_put_back() {
    let table = table().await;
    let a = id("a");
    save(&table, "a", BTreeMap::from([(Section::Plan, packed((0..60).map(line)))])).await;
    let other = table.store.clone();
    let (sent, saved) = std::sync::mpsc::channel();
    let between = move |entry: Option<Entry<'static>>, pack: &mut Pack| {
        if entry.is_none() {
            let (store, sent) = (other.clone(), sent.clone());
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Runtime::new().expect("it starts");
                let sections = BTreeMap::from([(Section::Plan, packed((0..61).map(line)))]);
                sent.send(runtime.block_on(store.save_snapshot(&id("a"), now(), sections)).is_ok())
                    .expect("it is heard");
            })
            .join()
            .expect("it ends");
        }
        rewrite(entry, pack);
    };
    let refused = table.store.rewrite_section(&a, Section::Plan, now(), between).await.unwrap_err();
    assert_eq!(refused.to_string(), "another snapshot came into force meanwhile");
    assert!(saved.recv().expect("it was heard"));
    let lines: usize = table.store.snapshot(&a).await.unwrap().unwrap().lines.values().map(Vec::len).sum();
    assert_eq!(lines, 61);
}
