//! Runs, approvals and the changes that were made.

use crate::samples::{ODD, after, change, id, now};
use crate::table;
use crate::wire::{Fault, Wire};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde_json::json;
use shared::ids::{CompanyId, ServiceId};
use shared::person::{AuditRecord, PersonId};
use shared::run::{Approval, Job, Mode, Outcome, RunCounts, RunRecord};
use std::collections::BTreeMap;

/// The record of a run with odd values in it.
pub(crate) fn run(name: &str, started: Timestamp) -> RunRecord {
    RunRecord {
        outcome: Outcome::Failed(ODD.to_owned()),
        counts: RunCounts { changes: usize::MAX, ..RunCounts::default() },
        calls: BTreeMap::from([(ODD.to_owned(), u64::MAX)]),
        autotask_calls: u64::MAX,
        autotask_used: Some((u64::MAX, 0)),
        unanswered_since: Some(started),
        findings: vec![String::new(), ODD.to_owned()],
        ..RunRecord::begun(name.to_owned(), Job::UsageSync, Mode::Apply, started)
    }
}

#[tokio::test]
async fn runs_come_newest_first_and_a_run_saved_again_replaces_its_record() {
    let table = table().await;
    let connection = id("a");
    for minute in 0..30 {
        table.store.save_run(&connection, &run(&format!("r{minute}"), after(minute * 60))).await.unwrap();
    }
    let ended = RunRecord { heard: after(1_800), outcome: Outcome::Complete, ..run("r29", after(29 * 60)) };
    table.store.save_run(&connection, &ended).await.unwrap();
    let latest = table.store.runs(&connection, 2).await.unwrap();
    assert_eq!(latest, [ended, run("r28", after(28 * 60))]);
    assert_eq!(table.store.runs(&connection, 1_000).await.unwrap().len(), 30);
    assert_eq!(table.store.runs(&connection, 0).await.unwrap(), []);
}

#[tokio::test]
async fn b1_runs_since_a_time_include_those_that_began_before_it_and_were_still_at_work() {
    let table = table().await;
    let connection = id("a");
    let over = run("over", after(-600));
    let at_work = RunRecord { heard: after(5), outcome: Outcome::Running, ..run("at-work", after(-900)) };
    let at_once = run("at-once", now());
    for run in [&over, &at_work, &at_once] {
        table.store.save_run(&connection, run).await.unwrap();
    }
    assert_eq!(table.store.runs_since(&connection, now()).await.unwrap(), [at_work, at_once]);
}

#[tokio::test]
async fn runs_and_approvals_expire_and_the_record_of_a_change_does_not() {
    let table = table().await;
    let connection = id("a");
    table.store.save_run(&connection, &run("r", now())).await.unwrap();
    table
        .store
        .save_approval(
            &connection,
            &Approval {
                ids: Vec::new(),
                companies: Default::default(),
                lines: Default::default(),
                by: "p".into(),
                at: now(),
            },
        )
        .await
        .unwrap();
    let lease = table.store.acquire_lease(&connection, Job::UsageSync, "r", now()).await.unwrap().unwrap();
    crate::lines::change_a_line(&table.store, &lease, 1).await;
    let days = |item: &AttributeValue| (item.as_n().unwrap().parse::<i64>().unwrap() - now().as_second()) / 86_400;
    let mut kept = BTreeMap::new();
    for item in table.all().await {
        kept.insert(item["pk"].as_s().unwrap().clone(), item.get("ttl").map(days));
    }
    let expected = [
        ("a#approvals", Some(400)),
        ("a#changes", None),
        ("a#deeds", Some(400)),
        ("a#leases", None),
        ("a#lines", None),
        ("a#runs", Some(400)),
    ];
    assert_eq!(kept, expected.map(|(pk, days)| (pk.to_owned(), days)).into());
}

#[tokio::test]
async fn h2_approvals_since_a_time_are_those_given_then_or_later() {
    let table = table().await;
    let connection = id("a");
    let approval = |by: &str, at: Timestamp| Approval {
        ids: vec![ODD.to_owned()],
        companies: Default::default(),
        lines: Default::default(),
        by: by.to_owned(),
        at,
    };
    let (early, first, second, late) =
        (approval("p", after(-1)), approval("p", now()), approval(ODD, now()), approval("p", after(1)));
    for approval in [&late, &first, &second, &early] {
        table.store.save_approval(&connection, approval).await.unwrap();
    }
    let mut found = table.store.approvals(&connection, now()).await.unwrap();
    assert_eq!(found.pop(), Some(late));
    assert_eq!(found.len(), 2, "of one moment, both: {found:?}");
    assert!(found.contains(&first) && found.contains(&second));
    assert_eq!(table.store.approvals(&connection, after(2)).await.unwrap(), []);
}

fn record() -> AuditRecord {
    let (what, before, after) = ("approval".to_owned(), "not approved".to_owned(), "approved".to_owned());
    AuditRecord { at: now(), by: PersonId::local(), what, before, after }
}

#[tokio::test]
async fn h2_an_approval_and_the_record_of_it_are_both_there_or_neither_is() {
    let table = table().await;
    let wire = Wire::to(&table).await;
    let connection = id("a");
    let approval = Approval {
        ids: vec!["u-1".to_owned()],
        companies: Default::default(),
        lines: Default::default(),
        by: "p".to_owned(),
        at: now(),
    };
    let no = json!({"__type": "ValidationException", "message": "no"});
    wire.fail("TransactWriteItems", Fault::Answer(400, no), 1);
    assert!(wire.store.save_recorded_approval(&connection, &approval, &record()).await.is_err());
    assert_eq!(table.store.approvals(&connection, now()).await.unwrap(), []);
    assert_eq!(table.store.audit(5).await.unwrap(), []);
    wire.store.save_recorded_approval(&connection, &approval, &record()).await.unwrap();
    assert_eq!(table.store.approvals(&connection, now()).await.unwrap(), [approval]);
    assert_eq!(table.store.audit(5).await.unwrap(), [record()]);
    assert!(wire.requests("PutItem").is_empty() && wire.requests("BatchWriteItem").is_empty(), "{:?}", wire.all());
}

#[tokio::test]
async fn h2_an_approval_of_a_hundred_thousand_changes_reads_back_whole() {
    let table = table().await;
    let connection = id("a");
    let ids: Vec<String> = (0..100_000).map(|change| format!("u-{change:012}")).collect();
    // Numbers of as many digits as Autotask's may have.
    let of_line = |(number, id): (i64, &String)| (id.clone(), (CompanyId(i64::MAX - number), ServiceId(i64::MIN)));
    let lines: BTreeMap<_, _> = (0..).zip(&ids).map(of_line).collect();
    let companies = Default::default();
    let approval = Approval { ids, companies, lines, by: "p".to_owned(), at: now() };
    let other = Approval { ids: vec!["u-1".to_owned()], lines: Default::default(), ..approval.clone() };
    table.store.save_recorded_approval(&connection, &approval, &record()).await.unwrap();
    table.store.save_approval(&connection, &other).await.unwrap();
    assert_eq!(table.store.audit(5).await.unwrap(), [record()]);
    let found = table.store.approvals(&connection, now()).await.unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.contains(&approval) && found.contains(&other));
}

#[tokio::test]
async fn changes_of_one_company_and_service_come_oldest_first_and_alone() {
    let table = table().await;
    let connection = id("a");
    let mut lease = table.store.acquire_lease(&connection, Job::UsageSync, "r", now()).await.unwrap().unwrap();
    assert!(table.store.renew_lease(&mut lease, now()).await.unwrap());
    let changes = [
        change(1, 2, "b", after(3_600)),
        change(1, 2, "a", after(3_600)),
        change(1, 2, "c", now()),
        change(1, 22, "d", now()),
        change(12, 2, "e", now()),
        change(0, 2, "f", now()),
    ];
    for (line, change) in changes.iter().enumerate() {
        let state = crate::samples::odd_line(i64::try_from(line).unwrap());
        let open = shared::line::LineState { open: Some(change.intent.clone()), ..state.clone() };
        table.store.save_line_state(&lease, &state).await.unwrap();
        table.store.record_intent(&lease, &open).await.unwrap();
        table.store.close_intent(&lease, &state, &change.intent.id, Some(change)).await.unwrap();
    }
    let [b, a, c, ..] = changes;
    assert_eq!(table.store.changes(&connection, CompanyId(1), ServiceId(2)).await.unwrap(), [c, a, b]);
    assert_eq!(table.store.changes(&connection, CompanyId(2), ServiceId(2)).await.unwrap(), []);
}
