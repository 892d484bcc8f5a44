//! Creations at a vendor: recorded under the lease, found by their key.

use crate::samples::{ODD, after, day, id, now};
use crate::table;
use functions::store::IntentError;
use shared::creation::Creation;
use shared::run::Job;
use std::collections::BTreeMap;

fn creation(key: &str) -> Creation {
    Creation {
        key: key.to_owned(),
        change: ODD.to_owned(),
        sent_at: now(),
        sent_on: day(),
        refused: None,
        finished: false,
    }
}

#[tokio::test]
async fn u6_a_creation_is_stored_under_the_lease_only_and_replaces_the_one_of_its_key() {
    let table = table().await;
    let (store, a) = (&table.store, id("a"));
    assert_eq!(store.creations(&a).await.unwrap(), BTreeMap::new());
    let lease = store.acquire_lease(&a, Job::UsageSync, "one", now()).await.unwrap().unwrap();
    let (sent, other) = (creation("acrotask:1"), creation(ODD));
    let refused = Creation { refused: Some(ODD.to_owned()), ..sent.clone() };
    for creation in [&sent, &other, &refused] {
        store.save_creation(&lease, creation).await.unwrap();
    }
    let stored = BTreeMap::from([(sent.key.clone(), refused), (other.key.clone(), other)]);
    assert_eq!(store.creations(&a).await.unwrap(), stored);
    assert_eq!(store.creations(&id("a#creations")).await.unwrap(), BTreeMap::new());

    let _new = store.acquire_lease(&a, Job::UsageSync, "two", after(60)).await.unwrap().unwrap();
    let lost = store.save_creation(&lease, &sent).await;
    assert!(matches!(lost, Err(IntentError::LeaseLost)), "{lost:?}");
    assert_eq!(store.creations(&a).await.unwrap(), stored);
}
