//! Drafts: each person's own, replaced only where they are what was read, and applied together with the mapping and its
//! record or not at all.

use crate::samples::{ODD, id, mapping, now};
use crate::wire::{Fault, Wire};
use crate::{Table, table};
use functions::store::{SaveError, StoredDraft};
use serde_json::json;
use shared::ids::CompanyId;
use shared::mapping::CustomerLink;
use shared::person::{AuditRecord, PersonId};

fn person(subject: &str) -> PersonId {
    PersonId { issuer: format!("https://{ODD}"), subject: subject.to_owned() }
}

fn record(number: usize) -> AuditRecord {
    let (before, after) = (format!("before {number}"), ODD.repeat(number % 7));
    AuditRecord { at: now(), by: person("p"), what: format!("row {number}"), before, after }
}

/// The person's draft of `a` with one more company in it, stored.
async fn stage(table: &Table, company: i64) -> StoredDraft {
    let mut draft = table.store.draft(&id("a"), &person("p")).await.expect("it is done");
    let was = CustomerLink::Unmapped { left_alone: true };
    draft.draft.stage_link(CompanyId(company), ODD, was, CustomerLink::ToCreate);
    assert!(table.store.save_draft(&id("a"), &person("p"), &draft, now()).await.expect("it is done"));
    table.store.draft(&id("a"), &person("p")).await.expect("it is done")
}

#[tokio::test]
async fn a36_a_draft_reads_back_for_its_person_and_connection_only_and_expires() {
    let table = table().await;
    let nothing = table.store.draft(&id("a"), &person("p")).await.unwrap();
    assert!(nothing.draft.is_empty());
    assert!(table.store.save_draft(&id("a"), &person("p"), &nothing, now()).await.unwrap());
    assert_eq!(table.items().await, 0, "nothing staged is nothing stored");
    let staged = stage(&table, 1).await;
    assert_eq!(staged.draft.customers[&CompanyId(1)].company_name, ODD);
    for (connection, person) in [("a", person("q")), ("b", person("p"))] {
        assert_eq!(table.store.draft(&id(connection), &person).await.unwrap(), StoredDraft::default());
    }
    let ttl = now().as_second() + 30 * 24 * 60 * 60;
    assert_eq!(table.all().await[0]["ttl"].as_n().unwrap(), &ttl.to_string());
    let mut given_up = staged;
    given_up.draft.customers.clear();
    assert!(table.store.save_draft(&id("a"), &person("p"), &given_up, now()).await.unwrap());
    assert_eq!(table.items().await, 0);
}

#[tokio::test]
async fn a_draft_that_was_changed_since_it_was_read_is_not_replaced() {
    let table = table().await;
    let first = table.store.draft(&id("a"), &person("p")).await.unwrap();
    let early = stage(&table, 1).await;
    let now_staged = stage(&table, 2).await;
    for stale in [first, early] {
        let mut emptied = stale.clone();
        let mut other = stale;
        let (was, to) = (CustomerLink::ToCreate, CustomerLink::Unmapped { left_alone: true });
        other.draft.stage_link(CompanyId(3), "", was, to);
        assert!(!table.store.save_draft(&id("a"), &person("p"), &other, now()).await.unwrap());
        emptied.draft.customers.clear();
        if !emptied.state().is_empty() {
            assert!(!table.store.save_draft(&id("a"), &person("p"), &emptied, now()).await.unwrap());
        }
    }
    assert_eq!(table.store.draft(&id("a"), &person("p")).await.unwrap(), now_staged);
}

#[tokio::test]
async fn what_is_applied_is_in_the_mapping_and_in_the_record_and_no_more_in_the_draft() {
    let table = table().await;
    table.store.save_mapping(&id("a"), &mapping(0, 3)).await.unwrap();
    for (version, records) in [(1, 1), (2, 89), (3, 90), (4, 1_000)] {
        let draft = stage(&table, 1).await;
        let written: Vec<AuditRecord> = (0..records).map(record).collect();
        let saved = table.store.apply_draft(&id("a"), &person("p"), &draft, &mapping(version, 4), &written).await;
        assert_eq!(saved.unwrap(), Some(version + 1));
        assert_eq!(table.store.mapping(&id("a")).await.unwrap(), Some(mapping(version + 1, 4)));
        assert!(table.store.draft(&id("a"), &person("p")).await.unwrap().draft.is_empty());
        let mut found = table.store.audit(5_000).await.unwrap();
        found.sort_by(|one, other| (one.what.len(), &one.what).cmp(&(other.what.len(), &other.what)));
        found.dedup();
        assert_eq!(found.len(), records, "all of them, also those that earlier ones were the same as");
        assert!(written.iter().all(|record| found.contains(record)));
    }
    assert_eq!(table.store.audit(7).await.unwrap().len(), 7);
}

#[tokio::test]
async fn a_stale_mapping_or_draft_is_not_applied_and_leaves_nothing_behind() {
    let table = table().await;
    table.store.save_mapping(&id("a"), &mapping(0, 3)).await.unwrap();
    let early = stage(&table, 1).await;
    let draft = stage(&table, 2).await;
    let apply = async |draft: &StoredDraft, version: u64| {
        table.store.apply_draft(&id("a"), &person("p"), draft, &mapping(version, 4), &[record(1)]).await
    };
    let refused = apply(&draft, 0).await.unwrap_err();
    assert!(matches!(refused, SaveError::Stale { found: 1 }), "{refused:?}");
    for draft in [&early, &StoredDraft::default()] {
        assert_eq!(apply(draft, 1).await.unwrap(), None);
    }
    assert_eq!(table.store.mapping(&id("a")).await.unwrap(), Some(mapping(1, 3)));
    assert_eq!(table.store.audit(5).await.unwrap(), []);
    assert_eq!(table.store.draft(&id("a"), &person("p")).await.unwrap(), draft);
    assert_eq!(apply(&draft, 1).await.unwrap(), Some(2));
    // What was written for nothing expires.
    let bodies = table.all().await.into_iter().filter(|item| item["pk"].as_s().unwrap() == "a#mapping");
    let lasting = bodies.filter(|item| item.contains_key("body") && !item.contains_key("ttl")).count();
    assert_eq!(lasting, 1);
}

#[tokio::test]
async fn a_lost_reply_to_applying_is_one_mapping_and_one_record_and_a_death_before_is_none() {
    let table = table().await;
    let wire = Wire::to(&table).await;
    let draft = stage(&table, 1).await;
    let apply =
        async || wire.store.apply_draft(&id("a"), &person("p"), &draft, &mapping(0, 4), &[record(1), record(2)]).await;
    let denied = json!({ "__type": "com.amazonaws.dynamodb.v20120810#AccessDeniedException", "message": "no" });
    wire.fail("TransactWriteItems", Fault::Answer(400, denied), 1);
    let failed = apply().await;
    assert!(matches!(failed, Err(SaveError::Failed(_))), "{failed:?}");
    assert_eq!(table.store.mapping(&id("a")).await.unwrap(), None);
    assert_eq!(table.store.audit(5).await.unwrap(), []);
    assert_eq!(table.store.draft(&id("a"), &person("p")).await.unwrap(), draft, "it stays staged");
    wire.fail("TransactWriteItems", Fault::LoseReply, 1);
    assert_eq!(apply().await.unwrap(), Some(1));
    assert_eq!(table.store.mapping(&id("a")).await.unwrap(), Some(mapping(1, 4)));
    assert_eq!(table.store.audit(5).await.unwrap().len(), 2);
    assert!(table.store.draft(&id("a"), &person("p")).await.unwrap().draft.is_empty());
}
