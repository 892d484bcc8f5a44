//! The mapping: saved whole or not at all, on the version that was read.

use crate::samples::{id, mapping};
use crate::table;
use functions::store::SaveError;
use shared::mapping::Mapping;

#[tokio::test]
async fn a_mapping_reads_back_as_saved_under_its_next_version() {
    let table = table().await;
    let (store, a) = (&table.store, id("a"));
    assert_eq!(store.mapping(&a).await.unwrap(), None);
    assert_eq!(store.mapping_version(&a).await.unwrap(), 0);
    assert_eq!(store.save_mapping(&a, &Mapping::default()).await.unwrap(), 1);
    assert_eq!(store.mapping(&a).await.unwrap(), Some(Mapping { version: 1, ..Mapping::default() }));
    assert_eq!(store.save_mapping(&a, &mapping(1, 9)).await.unwrap(), 2);
    assert_eq!(store.mapping(&a).await.unwrap(), Some(mapping(2, 9)));
    assert_eq!(store.mapping_version(&a).await.unwrap(), 2);
}

#[tokio::test]
async fn a_save_on_an_older_version_is_refused_and_the_newer_mapping_stays() {
    let table = table().await;
    let (store, a) = (&table.store, id("a"));
    for stale in [1, u64::MAX] {
        let refused = store.save_mapping(&a, &mapping(stale, 1)).await.unwrap_err();
        assert!(matches!(refused, SaveError::Stale { found: 0 }), "{refused:?}");
    }
    store.save_mapping(&a, &mapping(0, 3)).await.unwrap();
    let before = table.items().await;
    for stale in [0, 2] {
        let refused = store.save_mapping(&a, &mapping(stale, 1)).await.unwrap_err();
        assert!(matches!(refused, SaveError::Stale { found: 1 }), "{refused:?}");
    }
    assert_eq!(store.mapping(&a).await.unwrap(), Some(mapping(1, 3)));
    assert_eq!(table.items().await, before, "a refused save leaves nothing behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_saves_at_once_on_one_version_one_wins_and_readers_see_whole_mappings_only() {
    let table = table().await;
    let a = id("a");
    table.store.save_mapping(&a, &mapping(0, 10)).await.unwrap();
    for version in 1..6_u64 {
        let mut saves = tokio::task::JoinSet::new();
        for customers in 1..4 {
            let (store, a) = (table.store.clone(), a.clone());
            saves.spawn(async move { store.save_mapping(&a, &mapping(version, customers * 1_000)).await });
        }
        while saves.try_join_next().is_none() {
            let seen = table.store.mapping(&a).await.unwrap().unwrap();
            let customers = i64::try_from(seen.customers.len()).unwrap();
            assert!(seen == mapping(seen.version, customers), "a mixture of two mappings");
        }
        let refused = saves.join_all().await.into_iter().filter(Result::is_err).count();
        assert!(refused <= 2, "at most all but one");
        assert_eq!(table.store.mapping_version(&a).await.unwrap(), version + 1);
    }
}

#[tokio::test]
async fn ten_thousand_customers_round_trip_and_replaced_generations_expire() {
    let table = table().await;
    let (store, a) = (&table.store, id("a"));
    store.save_mapping(&a, &mapping(0, 10_000)).await.unwrap();
    assert!(store.mapping(&a).await.unwrap() == Some(mapping(1, 10_000)), "not as it was saved");
    store.save_mapping(&a, &mapping(1, 10_000)).await.unwrap();
    assert!(store.mapping(&a).await.unwrap() == Some(mapping(2, 10_000)), "not as it was saved");
    let mut pieces = [0, 0];
    for item in table.all().await.iter().filter(|item| item.contains_key("body")) {
        assert!(item["body"].as_s().unwrap().len() <= 300_000);
        let replaced = item["sk"].as_s().unwrap().starts_with(&format!("{:020}-", 1));
        assert_eq!(item.contains_key("ttl"), replaced, "the one in force never expires, the other does");
        pieces[usize::from(replaced)] += 1;
    }
    assert_eq!(pieces[0], pieces[1]);
    assert!(pieces[0] > 5, "{pieces:?}");
}

#[tokio::test]
async fn a_mapping_with_a_lost_piece_is_an_error_and_not_half_a_mapping() {
    let table = table().await;
    table.store.save_mapping(&id("a"), &mapping(0, 5_000)).await.unwrap();
    let piece = table.all().await.into_iter().find(|item| item["sk"].as_s().unwrap().ends_with("#000001")).unwrap();
    let delete = table.client.delete_item().table_name(&table.name);
    delete.key("pk", piece["pk"].clone()).key("sk", piece["sk"].clone()).send().await.unwrap();
    let error = table.store.mapping(&id("a")).await.unwrap_err();
    assert_eq!(error.to_string(), "version 1 of the stored mapping is not whole");
}
