//! What looks leave for people: kept by job and company, written where it is another than before, with a version that
//! says so; and what people say of findings, replaced only where it is what they saw.

use crate::samples::{ODD, day, id, now};
use crate::wire::{Fault, Wire};
use crate::{Table, table};
use serde_json::json;
use shared::finding::{Finding, What};
use shared::held::{Kept, KeptChange, KeptFinding, LookedAt};
use shared::ids::CompanyId;
use shared::open_finding::{Assigned, FindingMark, Ignored};
use shared::person::{AuditRecord, PersonId};
use shared::plan::HoldReason;
use shared::run::Job;
use std::collections::BTreeMap;

fn change(number: usize) -> KeptChange {
    KeptChange {
        id: format!("{number:012x}"),
        what: format!("{ODD} {number}"),
        becomes: "3 → 5".to_owned(),
        because: ODD.to_owned(),
        severity: None,
        ticket: None,
        held: vec![HoldReason::ReviewMode],
        approved_by: None,
    }
}

fn kept(company: i64, changes: usize) -> Kept {
    let company = Some(CompanyId(company));
    let finding = Finding { company, company_name: ODD.to_owned(), what: What::NoActiveContract };
    let findings = vec![KeptFinding { since: day(), finding }];
    let changes = (0..changes).map(change).collect();
    Kept { company, company_name: ODD.to_owned(), changes, findings, ..Kept::default() }
}

fn some(companies: &[i64]) -> LookedAt {
    LookedAt::Companies(companies.iter().copied().map(CompanyId).collect())
}

async fn keep(table: &Table, job: Job, left: Vec<Kept>, looked_at: &LookedAt) -> bool {
    table.store.keep_held(&id("a"), job, left, looked_at).await.expect("it is kept")
}

#[tokio::test]
async fn what_is_kept_reads_back_by_job_and_is_of_its_connection_only() {
    let table = table().await;
    assert_eq!(table.store.held_version(&id("a")).await.unwrap(), 0);
    let of_all = Kept { more: 3, ..Kept::default() };
    assert!(keep(&table, Job::ContractChanged, vec![of_all.clone(), kept(5, 2)], &LookedAt::Everything).await);
    assert!(keep(&table, Job::AlertSync, vec![kept(5, 1)], &LookedAt::Everything).await);
    let held = table.store.all_held(&id("a")).await.unwrap();
    let expected = [(Job::AlertSync, kept(5, 1)), (Job::ContractChanged, of_all), (Job::ContractChanged, kept(5, 2))];
    assert_eq!(held, expected);
    assert_eq!(table.store.held_of(&id("a"), Job::AlertSync).await.unwrap(), [kept(5, 1)]);
    assert_eq!(table.store.held_version(&id("a")).await.unwrap(), 2);
    assert_eq!(table.store.all_held(&id("b")).await.unwrap(), []);
}

#[tokio::test]
async fn b3_what_is_as_it_was_is_not_written_and_what_there_is_nothing_of_is_no_item() {
    let table = table().await;
    keep(&table, Job::ContractChanged, vec![kept(1, 1), kept(2, 1)], &some(&[1, 2])).await;
    let before = table.all().await;
    assert!(!keep(&table, Job::ContractChanged, vec![kept(2, 1)], &some(&[2])).await);
    assert!(!keep(&table, Job::ContractChanged, vec![], &some(&[3])).await);
    assert_eq!(table.all().await, before);
    assert!(keep(&table, Job::ContractChanged, vec![kept(2, 2)], &some(&[2])).await);
    assert_eq!(table.store.held_version(&id("a")).await.unwrap(), 2);
    assert!(keep(&table, Job::ContractChanged, vec![], &some(&[2])).await);
    assert_eq!(table.store.all_held(&id("a")).await.unwrap(), [(Job::ContractChanged, kept(1, 1))]);
    assert_eq!(table.items().await, 2, "the version, and the one company");
}

#[tokio::test]
async fn a_storm_and_ten_thousand_customers_are_kept_and_read_back() {
    let table = table().await;
    let many: Vec<Kept> = (1..=10_000).map(|company| kept(company, 1)).collect();
    assert!(keep(&table, Job::ContractChanged, many.clone(), &LookedAt::Everything).await);
    assert!(keep(&table, Job::AlertSync, vec![kept(1, 1_000)], &LookedAt::Everything).await);
    let held: BTreeMap<_, _> = table
        .store
        .all_held(&id("a"))
        .await
        .unwrap()
        .into_iter()
        .map(|(job, kept)| ((job, kept.company), kept))
        .collect();
    assert_eq!(held.len(), 10_001);
    assert!(many.iter().all(|kept| held[&(Job::ContractChanged, kept.company)] == *kept));
    assert_eq!(held[&(Job::AlertSync, Some(CompanyId(1)))].changes.len(), 1_000);
    let few: Vec<i64> = (1..=300).collect();
    assert!(keep(&table, Job::ContractChanged, vec![], &some(&few)).await);
    assert_eq!(table.store.held_of(&id("a"), Job::ContractChanged).await.unwrap().len(), 9_700);
}

#[tokio::test]
async fn a_cut_leaves_what_was_and_the_next_look_keeps_what_is() {
    let table = table().await;
    let wire = Wire::to(&table).await;
    keep(&table, Job::ContractChanged, vec![kept(1, 1)], &some(&[1])).await;
    let again = async || wire.store.keep_held(&id("a"), Job::ContractChanged, vec![kept(1, 2)], &some(&[1])).await;
    let denied = json!({ "__type": "com.amazonaws.dynamodb.v20120810#AccessDeniedException", "message": "no" });
    wire.fail("TransactWriteItems", Fault::Answer(400, denied), 1);
    assert!(again().await.is_err());
    assert_eq!(table.store.all_held(&id("a")).await.unwrap(), [(Job::ContractChanged, kept(1, 1))]);
    wire.fail("TransactWriteItems", Fault::LoseReply, 1);
    assert!(again().await.expect("the client asks again"));
    assert_eq!(table.store.all_held(&id("a")).await.unwrap(), [(Job::ContractChanged, kept(1, 2))]);
    assert_eq!(table.store.held_version(&id("a")).await.unwrap(), 2, "once");
}

fn record() -> AuditRecord {
    let by = PersonId { issuer: ODD.to_owned(), subject: "p".to_owned() };
    AuditRecord { at: now(), by, what: "finding".to_owned(), before: ODD.to_owned(), after: String::new() }
}

#[tokio::test]
async fn what_is_said_of_a_finding_is_replaced_only_where_it_is_what_was_seen_and_is_recorded() {
    let table = table().await;
    let nothing = FindingMark::default();
    let person = PersonId { issuer: ODD.to_owned(), subject: "p".to_owned() };
    let assigned = FindingMark { assigned: Some(Assigned { person, name: ODD.to_owned() }), ..nothing.clone() };
    let ignored = Ignored { until: day(), reason: ODD.to_owned(), by: ODD.to_owned(), size: Some(u64::MAX) };
    let ignored = FindingMark { ignored: Some(ignored), ..assigned.clone() };
    let say = async |of: &str, before: &FindingMark, after: &FindingMark| {
        let marks = [(of.to_owned(), before.clone(), after.clone())];
        table.store.save_finding_marks(&id("a"), &marks, &[record()]).await.expect("it is done")
    };
    assert!(say("x", &nothing, &assigned).await);
    assert!(!say("x", &nothing, &ignored).await, "somebody assigned it meanwhile");
    assert!(say("x", &assigned, &ignored).await);
    assert!(!say("x", &assigned, &nothing).await);
    assert!(say("y", &nothing, &assigned).await);
    let marks = table.store.finding_marks(&id("a")).await.unwrap();
    assert_eq!(marks, BTreeMap::from([("x".to_owned(), ignored.clone()), ("y".to_owned(), assigned)]));
    assert_eq!(table.store.finding_marks(&id("b")).await.unwrap(), BTreeMap::new());
    assert!(say("x", &ignored, &nothing).await);
    assert_eq!(table.store.finding_marks(&id("a")).await.unwrap().len(), 1, "nothing said is nothing stored");
    let items = table.items().await;
    let both = [("y".to_owned(), nothing.clone(), ignored.clone()), ("z".to_owned(), nothing, ignored)];
    assert!(!table.store.save_finding_marks(&id("a"), &both, &[record()]).await.unwrap());
    assert_eq!(table.items().await, items, "all or none, and no record of what was not done");
}
