//! The store when the database and the network fail: replies that are lost, batches done in part,
//! transactions in each other's way, saves that die half-way.

use crate::samples::{ODD, id, mapping, now, place, with_open};
use crate::table;
use crate::wire::{Fault, Wire};
use functions::store::{IntentError, SaveError};
use serde_json::{Value, json};
use shared::line::LineState;
use shared::run::{Approval, Job};

fn refusal(code: &str, message: &str) -> Value {
    json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message })
}

fn conflict() -> Value {
    let mut answer = refusal("TransactionCanceledException", "Transaction cancelled");
    answer["CancellationReasons"] = json!([{ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" }, { "Code": "None" }]);
    answer
}

#[tokio::test]
async fn u6_a_lost_reply_to_taking_the_lease_does_not_lock_its_holder_out() {
    let table = table().await;
    let wire = Wire::to(&table).await;
    wire.fail("UpdateItem", Fault::LoseReply, 1);
    let lease = wire.store.acquire_lease(&id("a"), Job::UsageSync, "run", now()).await.unwrap();
    assert_eq!(lease.map(|lease| lease.token), Some(1));
    assert_eq!(wire.requests("UpdateItem").len(), 2);
    let again = wire.store.acquire_lease(&id("a"), Job::UsageSync, "run", now()).await.unwrap();
    assert!(again.is_none(), "the same run asking anew is another call");
}

#[tokio::test]
async fn u6_a_lost_reply_to_recording_an_intent_is_one_intent_recorded() {
    let table = table().await;
    let wire = Wire::to(&table).await;
    let lease = wire.store.acquire_lease(&id("a"), Job::UsageSync, "run", now()).await.unwrap().unwrap();
    let open = with_open(&LineState::new(place(1)), "i");
    wire.fail("TransactWriteItems", Fault::LoseReply, 1);
    wire.store.record_intent(&lease, &open).await.unwrap();
    assert_eq!(wire.requests("TransactWriteItems").len(), 2);
    assert_eq!(table.store.line_state(&id("a"), "1").await.unwrap(), Some(open));
}

#[tokio::test]
async fn u6_an_intent_whose_recording_is_not_known_is_an_error() {
    let table = table().await;
    let wire = Wire::to(&table).await;
    let lease = wire.store.acquire_lease(&id("a"), Job::UsageSync, "run", now()).await.unwrap().unwrap();
    wire.fail("TransactWriteItems", Fault::LoseReply, usize::MAX);
    let open = with_open(&LineState::new(place(1)), "i");
    let failed = wire.store.record_intent(&lease, &open).await;
    assert!(matches!(failed, Err(IntentError::Failed(_))), "{failed:?}");
}

#[tokio::test]
async fn transactions_in_each_others_way_are_sent_again() {
    let table = table().await;
    let wire = Wire::to(&table).await;
    wire.fail("UpdateItem", Fault::Answer(400, refusal("TransactionConflictException", "ongoing")), 2);
    let lease = wire.store.acquire_lease(&id("a"), Job::UsageSync, "run", now()).await.unwrap().unwrap();
    wire.fail("TransactWriteItems", Fault::Answer(400, conflict()), 3);
    let open = with_open(&LineState::new(place(1)), "i");
    wire.store.record_intent(&lease, &open).await.unwrap();
    assert_eq!((wire.requests("UpdateItem").len(), wire.requests("TransactWriteItems").len()), (3, 4));
}

#[tokio::test]
async fn what_a_batch_left_unwritten_is_written_in_the_end() {
    let table = table().await;
    let wire = Wire::to(&table).await;
    wire.fail("BatchWriteItem", Fault::LeaveUnprocessed, 2);
    wire.store.save_mapping(&id("a"), &mapping(0, 5_000)).await.unwrap();
    assert!(table.store.mapping(&id("a")).await.unwrap() == Some(mapping(1, 5_000)), "not as it was saved");
    assert_eq!(wire.requests("BatchWriteItem").len(), 3);
}

#[tokio::test]
async fn a_batch_that_is_never_written_is_an_error_with_its_reason() {
    let table = table().await;
    let wire = Wire::to(&table).await;
    wire.fail("BatchWriteItem", Fault::LeaveUnprocessed, usize::MAX);
    let approval = Approval {
        ids: vec![ODD.to_owned()],
        companies: Default::default(),
        lines: Default::default(),
        by: "p".to_owned(),
        at: now(),
    };
    let error = wire.store.save_approval(&id("a"), &approval).await.unwrap_err();
    assert_eq!(error.to_string(), "writing a batch: the database left 1 items unwritten, try after try");
}

#[tokio::test]
async fn a_save_that_dies_between_the_pieces_and_the_flip_leaves_the_old_mapping_in_force() {
    let table = table().await;
    let wire = Wire::to(&table).await;
    wire.store.save_mapping(&id("a"), &mapping(0, 3)).await.unwrap();
    wire.fail("UpdateItem", Fault::Answer(400, refusal("AccessDeniedException", "no")), 1);
    let failed = wire.store.save_mapping(&id("a"), &mapping(1, 5_000)).await;
    assert!(matches!(failed, Err(SaveError::Failed(_))), "{failed:?}");
    assert_eq!(table.store.mapping(&id("a")).await.unwrap(), Some(mapping(1, 3)));
    assert_eq!(table.store.save_mapping(&id("a"), &mapping(1, 4)).await.unwrap(), 2);
    assert_eq!(table.store.mapping(&id("a")).await.unwrap(), Some(mapping(2, 4)));
}

#[tokio::test]
async fn a_save_that_dies_among_its_pieces_leaves_the_old_mapping_in_force() {
    let table = table().await;
    let wire = Wire::to(&table).await;
    wire.store.save_mapping(&id("a"), &mapping(0, 3)).await.unwrap();
    wire.fail("BatchWriteItem", Fault::Answer(400, refusal("AccessDeniedException", "no")), 1);
    let failed = wire.store.save_mapping(&id("a"), &mapping(1, 5_000)).await.unwrap_err();
    assert_eq!(failed.to_string(), "writing a batch: the database answered AccessDeniedException: no");
    assert_eq!(table.store.mapping(&id("a")).await.unwrap(), Some(mapping(1, 3)));
}

#[tokio::test]
async fn a_lost_reply_to_the_flip_is_a_mapping_saved() {
    let table = table().await;
    let wire = Wire::to(&table).await;
    for version in 0..2 {
        wire.fail("UpdateItem", Fault::LoseReply, 1);
        assert_eq!(wire.store.save_mapping(&id("a"), &mapping(version, 3)).await.unwrap(), version + 1);
    }
    assert_eq!(table.store.mapping(&id("a")).await.unwrap(), Some(mapping(2, 3)));
}

#[tokio::test]
async fn a_mapping_is_saved_even_where_the_old_one_cannot_be_let_expire() {
    let table = table().await;
    let wire = Wire::to(&table).await;
    wire.store.save_mapping(&id("a"), &mapping(0, 3)).await.unwrap();
    wire.fail("UpdateItem", Fault::None, 1);
    wire.fail("UpdateItem", Fault::Answer(400, refusal("AccessDeniedException", "no")), usize::MAX);
    assert_eq!(wire.store.save_mapping(&id("a"), &mapping(1, 4)).await.unwrap(), 2);
    assert_eq!(table.store.mapping(&id("a")).await.unwrap(), Some(mapping(2, 4)));
}

#[tokio::test]
async fn a_database_that_goes_on_throttling_is_a_clear_error() {
    let table = table().await;
    let wire = Wire::to(&table).await;
    wire.fail("GetItem", Fault::Answer(400, refusal("ThrottlingException", "Rate exceeded")), usize::MAX);
    let error = wire.store.mapping_version(&id("a")).await.unwrap_err();
    let told = "reading a#mapping: the database answered ThrottlingException: Rate exceeded";
    assert_eq!(error.to_string(), told);
    assert!(wire.requests("GetItem").len() > 1, "the client tries again by itself");
}
