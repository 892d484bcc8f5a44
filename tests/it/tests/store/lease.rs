//! The lease: one holder at a time, and a token by which the writes of an earlier holder are refused.

use crate::samples::{after, id, now, odd_line, with_open};
use crate::table;
use functions::store::{IntentError, Lease, Store};
use jiff::Timestamp;
use shared::line::LineState;
use shared::run::Job;

async fn take(store: &Store, owner: &str, at: Timestamp) -> Option<Lease> {
    store.acquire_lease(&id("a"), Job::UsageSync, owner, at).await.expect("the lease can be asked for")
}

#[tokio::test]
async fn u6_a_lease_is_held_for_sixty_seconds_and_then_anybodys() {
    let table = table().await;
    let first = take(&table.store, "one", now()).await.unwrap();
    assert_eq!((first.token, first.until, first.owner.as_str()), (1, after(60), "one"));
    let just_before = after(60) - jiff::SignedDuration::from_nanos(1);
    assert!(take(&table.store, "two", just_before).await.is_none());
    let second = take(&table.store, "two", after(60)).await.unwrap();
    assert_eq!((second.token, second.until), (2, after(120)));
    assert!(take(&table.store, "two", after(60)).await.is_none(), "not even its own holder takes it twice");
}

#[tokio::test]
async fn u6_a_renewed_lease_is_held_from_then_on_and_a_lost_one_cannot_be_renewed() {
    let table = table().await;
    let mut first = take(&table.store, "one", now()).await.unwrap();
    assert!(table.store.renew_lease(&mut first, after(50)).await.unwrap());
    assert_eq!(first.until, after(110));
    assert!(take(&table.store, "two", after(109)).await.is_none());
    assert!(table.store.renew_lease(&mut first, after(500)).await.unwrap(), "it ended, and nobody took it");
    let mut second = take(&table.store, "two", after(560)).await.unwrap();
    assert!(!table.store.renew_lease(&mut first, after(561)).await.unwrap());
    assert_eq!(first.until, after(560), "a renewal that failed promises nothing");
    assert!(table.store.renew_lease(&mut second, after(562)).await.unwrap());
}

#[tokio::test]
async fn u6_a_released_lease_is_free_at_once_and_its_token_still_grows() {
    let table = table().await;
    let first = take(&table.store, "one", now()).await.unwrap();
    table.store.release_lease(first).await.unwrap();
    let second = take(&table.store, "two", now()).await.unwrap();
    assert_eq!(second.token, 2);
}

#[tokio::test]
async fn u6_releasing_a_lost_lease_leaves_the_new_holder_alone() {
    let table = table().await;
    let lost = take(&table.store, "one", now()).await.unwrap();
    let _held = take(&table.store, "two", after(60)).await.unwrap();
    table.store.release_lease(lost).await.unwrap();
    assert!(take(&table.store, "three", after(61)).await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn u6_of_many_runs_that_start_at_once_one_gets_the_lease() {
    let table = table().await;
    for round in 0..10 {
        let mut runs = tokio::task::JoinSet::new();
        for run in 0..8 {
            let store = table.store.clone();
            runs.spawn(async move { take(&store, &format!("run {run}"), after(round * 60)).await });
        }
        let held: Vec<Lease> = runs.join_all().await.into_iter().flatten().collect();
        assert_eq!(held.len(), 1, "round {round}");
        assert_eq!(held[0].token, u64::try_from(round).unwrap() + 1);
    }
}

#[tokio::test]
async fn u6_whoever_lost_the_lease_records_closes_and_stores_nothing() {
    let table = table().await;
    let store = &table.store;
    let old = take(store, "one", now()).await.unwrap();
    let line = odd_line(1);
    store.save_line_state(&old, &line).await.unwrap();
    let new = take(store, "two", after(60)).await.unwrap();
    let open = with_open(&line, "i");

    let refused = store.record_intent(&old, &open).await;
    assert!(matches!(refused, Err(IntentError::LeaseLost)), "{refused:?}");
    let refused = store.save_line_state(&old, &LineState::new(line.place.clone())).await;
    assert!(matches!(refused, Err(IntentError::LeaseLost)), "{refused:?}");
    assert_eq!(store.line_state(&id("a"), "1").await.unwrap(), Some(line.clone()));

    store.record_intent(&new, &open).await.unwrap();
    let refused = store.close_intent(&old, &line, "i", None).await;
    assert!(matches!(refused, Err(IntentError::LeaseLost)), "{refused:?}");
    let refused = store.record_intent(&old, &with_open(&line, "j")).await;
    assert!(matches!(refused, Err(IntentError::LeaseLost)), "lost comes before open: {refused:?}");
    assert_eq!(store.line_state(&id("a"), "1").await.unwrap(), Some(open));
}

#[tokio::test]
async fn u6_a_lease_that_ended_and_was_taken_by_nobody_still_fences() {
    let table = table().await;
    let lease = take(&table.store, "one", now()).await.unwrap();
    // Nobody else can have written: the token is the last one given out.
    table.store.record_intent(&lease, &with_open(&LineState::new(odd_line(1).place), "i")).await.unwrap();
}
