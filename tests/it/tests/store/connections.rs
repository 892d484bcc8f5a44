//! Connections and their marks, what is remembered of companies, and that connections are kept apart.

use crate::samples::{after, change, company_state, connection, day, id, intent, mapping, now, odd_line, with_open};
use crate::table;
use functions::store::Span;
use shared::ids::{CompanyId, ServiceId};
use shared::run::{Approval, Connection, Job};

#[tokio::test]
async fn connections_read_back_as_saved_and_are_listed_by_id() {
    let table = table().await;
    assert_eq!(table.store.connections().await.unwrap(), []);
    assert_eq!(table.store.connection(&id("a")).await.unwrap(), None);
    let first = Connection { usage_read_on: Some(day()), first_plan_approved: true, ..connection("a/é 株#\"%") };
    let second = connection("b");
    table.store.save_connection(&second).await.unwrap();
    table.store.save_connection(&first).await.unwrap();
    assert_eq!(table.store.connections().await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(table.store.connection(&first.id).await.unwrap(), Some(first));
    assert_eq!(table.store.connection(&second.id).await.unwrap(), Some(second));
}

#[tokio::test]
async fn m5_the_two_marks_of_a_connection_do_not_overwrite_each_other() {
    let table = table().await;
    let saved = connection("a");
    table.store.save_connection(&saved).await.unwrap();
    let (read, approved) =
        tokio::join!(table.store.set_usage_read_on(&saved.id, day()), table.store.set_first_plan_approved(&saved.id));
    read.unwrap();
    approved.unwrap();
    let marked = Connection { first_plan_approved: true, usage_read_on: Some(day()), ..saved };
    assert_eq!(table.store.connections().await.unwrap(), std::slice::from_ref(&marked));

    let withdrawn = connection("a");
    table.store.save_connection(&withdrawn).await.unwrap();
    assert_eq!(table.store.connection(&withdrawn.id).await.unwrap(), Some(withdrawn));
}

#[tokio::test]
async fn a_connection_that_is_not_there_cannot_be_marked_into_being() {
    let table = table().await;
    let error = table.store.set_first_plan_approved(&id("a")).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no connection a");
    assert_eq!(table.items().await, 0);
}

#[tokio::test]
async fn what_is_remembered_of_companies_reads_back_as_saved() {
    let table = table().await;
    let connection = id("a");
    for company in [0, 7, i64::MAX, -1] {
        table.store.save_company_state(&connection, &company_state(company)).await.unwrap();
    }
    let without = shared::kept::CompanyState::new(CompanyId(7));
    table.store.save_company_state(&connection, &without).await.unwrap();
    let mut found = Vec::new();
    table.store.company_states(&connection, |state| found.push(state)).await.unwrap();
    found.sort_by_key(|state| state.company);
    assert_eq!(found, [company_state(-1), company_state(0), without, company_state(i64::MAX)]);
}

#[tokio::test]
async fn nothing_of_one_connection_is_seen_from_another() {
    let table = table().await;
    let store = &table.store;
    // Ids that begin with one another, and that look like the store's own keys.
    let others = ["a#b", "a#lines", "a#", "#a", "", "connections", "connections#lines", "aa"];
    let full = id("a");
    store.save_mapping(&full, &mapping(0, 2)).await.unwrap();
    store.save_company_state(&full, &company_state(1)).await.unwrap();
    store
        .save_approval(
            &full,
            &Approval {
                ids: vec!["x".into()],
                companies: Default::default(),
                lines: Default::default(),
                by: "p".into(),
                at: now(),
            },
        )
        .await
        .unwrap();
    store.save_run(&full, &crate::history::run("r", now())).await.unwrap();
    let lease = store.acquire_lease(&full, Job::UsageSync, "r", now()).await.unwrap().unwrap();
    let line = odd_line(1);
    store.save_line_state(&lease, &line).await.unwrap();
    store.record_intent(&lease, &with_open(&line, "i")).await.unwrap();
    let made = change(0, 7, "i", now());
    store.close_intent(&lease, &line, &intent("i").id, Some(&made)).await.unwrap();
    for other in others.map(id) {
        assert_eq!(store.connection(&other).await.ok().flatten(), None);
        assert_eq!(store.mapping(&other).await.unwrap(), None, "{other}");
        assert_eq!(store.mapping_version(&other).await.unwrap(), 0, "{other}");
        assert_eq!(store.line_state(&other, &line.place.key()).await.unwrap(), None, "{other}");
        store.line_states(&other, |state| panic!("{other} sees {state:?}")).await.unwrap();
        store.company_states(&other, |state| panic!("{other} sees {state:?}")).await.unwrap();
        assert_eq!(store.approvals(&other, after(-1)).await.unwrap(), [], "{other}");
        assert_eq!(store.runs(&other, 9).await.unwrap(), [], "{other}");
        assert_eq!(store.runs_since(&other, after(-1)).await.unwrap(), [], "{other}");
        assert_eq!(store.changes(&other, CompanyId(0), ServiceId(7)).await.unwrap(), [], "{other}");
        assert_eq!(store.changes_of_company(&other, CompanyId(0)).await.unwrap(), [], "{other}");
        assert_eq!(store.company_state(&other, CompanyId(1)).await.unwrap(), None, "{other}");
        let span = Span { from: after(-9), to: after(9), most: 9 };
        assert_eq!(store.deeds(&other, span).await.unwrap().rows, [], "{other}");
        assert_eq!(store.runs_within(&other, span).await.unwrap().rows, [], "{other}");
        assert_eq!(store.approvals_within(&other, span).await.unwrap().rows, [], "{other}");
        assert!(store.acquire_lease(&other, Job::UsageSync, "r", now()).await.unwrap().is_some(), "{other}");
    }
    assert_eq!(store.connections().await.unwrap(), []);
}
