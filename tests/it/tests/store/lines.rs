//! Lines: intents recorded before their POST and closed after it, one at a time.

use crate::samples::{after, change, id, intent, now, odd_line, place, with_open};
use crate::table;
use crate::wire::Wire;
use functions::store::{IntentError, Lease, RECORDED_TOGETHER, Store};
use shared::ids::{LineId, ServiceId};
use shared::line::{LinePlace, LineState, Step};
use shared::run::Job;
use std::collections::BTreeSet;

async fn lease(store: &Store) -> Lease {
    let lease = store.acquire_lease(&id("a"), Job::UsageSync, "run", now()).await.expect("a lease can be taken");
    lease.expect("nobody has the lease")
}

/// One change of a line, from its intent to its record.
pub(crate) async fn change_a_line(store: &Store, lease: &Lease, line: i64) {
    let new = LineState::new(place(line));
    let mut open = with_open(&new, &format!("i{line}"));
    store.record_intent(lease, &open).await.expect("the intent is recorded");
    let made = change(0, 7, &format!("i{line}"), now());
    open.close_as_done();
    store.close_intent(lease, &open, &format!("i{line}"), Some(&made)).await.expect("the intent is closed");
}

#[tokio::test]
async fn u6_an_intent_is_stored_before_it_is_sent_and_closed_with_its_record() {
    let table = table().await;
    let (store, a) = (&table.store, id("a"));
    let lease = lease(store).await;
    assert_eq!(store.line_state(&a, "1").await.unwrap(), None);
    let new = LineState::new(place(1));
    let mut state = with_open(&new, "i");
    store.record_intent(&lease, &state).await.unwrap();
    assert_eq!(store.line_state(&a, "1").await.unwrap(), Some(state.clone()));

    let made = change(0, 7, "i", after(1));
    state.close_as_done();
    store.close_intent(&lease, &state, "i", Some(&made)).await.unwrap();
    assert_eq!(store.line_state(&a, "1").await.unwrap(), Some(state.clone()));
    assert_eq!(store.changes(&a, made.place.company, made.place.service).await.unwrap(), [made]);

    let next = with_open(&state, "j");
    store.record_intent(&lease, &next).await.unwrap();
    store.close_intent(&lease, &state, "j", None).await.unwrap();
    assert_eq!(store.line_state(&a, "1").await.unwrap(), Some(state));
}

#[tokio::test]
async fn u6_a_line_with_an_open_intent_takes_no_second_one() {
    let table = table().await;
    let store = &table.store;
    let lease = lease(store).await;
    let new = LineState::new(place(1));
    let open = with_open(&new, "i");
    store.record_intent(&lease, &open).await.unwrap();
    for second in ["j", "i"] {
        let refused = store.record_intent(&lease, &with_open(&new, second)).await;
        assert!(matches!(refused, Err(IntentError::AlreadyOpen)), "{refused:?}");
    }
    let refused = store.save_line_state(&lease, &new).await;
    assert!(matches!(refused, Err(IntentError::AlreadyOpen)), "a save must not drop an intent: {refused:?}");
    assert_eq!(store.line_state(&id("a"), "1").await.unwrap(), Some(open));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn u6_of_two_intents_recorded_at_once_on_one_line_one_is_refused() {
    let table = table().await;
    let lease = lease(&table.store).await;
    for line in 0..20 {
        let new = LineState::new(place(line));
        let (one, two) = (with_open(&new, "one"), with_open(&new, "two"));
        let (first, second) =
            tokio::join!(table.store.record_intent(&lease, &one), table.store.record_intent(&lease, &two));
        let refusals = [first, second].into_iter().filter_map(Result::err).collect::<Vec<_>>();
        assert!(matches!(refusals[..], [IntentError::AlreadyOpen]), "{refusals:?}");
    }
}

#[tokio::test]
async fn u6_an_intent_on_a_line_that_changed_since_it_was_read_is_refused() {
    let table = table().await;
    let store = &table.store;
    let lease = lease(store).await;
    let read = odd_line(1);
    let refused = store.record_intent(&lease, &with_open(&read, "i")).await;
    assert!(matches!(refused, Err(IntentError::Changed)), "a line with a memory that is stored nowhere: {refused:?}");

    store.save_line_state(&lease, &read).await.unwrap();
    let refused = store.record_intent(&lease, &with_open(&LineState::new(place(1)), "i")).await;
    assert!(matches!(refused, Err(IntentError::Changed)), "taken for a line never written: {refused:?}");

    // No write of ours, so that the count of writes would not show it.
    let adopted = LineState { steps: vec![Step { from: crate::samples::day(), units: 3 }], ..read.clone() };
    store.save_line_state(&lease, &adopted).await.unwrap();
    let refused = store.record_intent(&lease, &with_open(&read, "i")).await;
    assert!(matches!(refused, Err(IntentError::Changed)), "{refused:?}");
    assert_eq!(store.line_state(&id("a"), "1").await.unwrap(), Some(adopted));
}

#[tokio::test]
async fn u6_intents_are_recorded_together_in_one_request() {
    let table = table().await;
    let wire = Wire::to(&table).await;
    let lease = lease(&wire.store).await;
    let lines = 0..i64::try_from(RECORDED_TOGETHER).unwrap();
    let open: Vec<LineState> = lines.map(|line| with_open(&LineState::new(place(line)), "i")).collect();
    let recorded = wire.store.record_intents(&lease, &open).await;
    assert!(recorded.iter().all(Result::is_ok) && recorded.len() == open.len(), "{recorded:?}");
    assert_eq!(wire.requests("TransactWriteItems").len(), 1);
    for state in &open {
        assert_eq!(table.store.line_state(&id("a"), &state.place.key()).await.unwrap().as_ref(), Some(state));
    }
    assert!(wire.store.record_intents(&lease, &[]).await.is_empty());
}

#[tokio::test]
async fn u6_of_intents_recorded_together_each_is_judged_by_itself() {
    let table = table().await;
    let store = &table.store;
    let first = lease(store).await;
    let new = |line| LineState::new(place(line));
    store.record_intent(&first, &with_open(&new(1), "before")).await.unwrap();
    let open: Vec<LineState> = (0..3).map(|line| with_open(&new(line), "i")).collect();
    let recorded = store.record_intents(&first, &open).await;
    assert!(matches!(recorded[..], [Ok(()), Err(IntentError::AlreadyOpen), Ok(())]), "{recorded:?}");

    let twice = [with_open(&new(4), "one"), with_open(&new(4), "two"), with_open(&new(5), "i"), new(6)];
    let recorded = store.record_intents(&first, &twice).await;
    use IntentError::{AlreadyOpen, Failed};
    assert!(matches!(recorded[..], [Ok(()), Err(AlreadyOpen), Ok(()), Err(Failed(_))]), "{recorded:?}");
    assert_eq!(store.line_state(&id("a"), "4").await.unwrap().as_ref(), Some(&twice[0]));

    store.acquire_lease(&id("a"), Job::UsageSync, "next", after(60)).await.unwrap().expect("the lease is over");
    let recorded = store.record_intents(&first, &[with_open(&new(7), "i"), with_open(&new(8), "i")]).await;
    assert!(matches!(recorded[..], [Err(IntentError::LeaseLost), Err(IntentError::LeaseLost)]), "{recorded:?}");
    assert_eq!(store.line_state(&id("a"), "7").await.unwrap(), None);
}

#[tokio::test]
async fn u6_a_line_stored_in_other_words_by_another_version_is_the_same_line() {
    let table = table().await;
    let lease = lease(&table.store).await;
    let line = odd_line(1);
    table.store.save_line_state(&lease, &line).await.unwrap();
    let stored = table.all().await.into_iter().find(|item| item["pk"].as_s().unwrap() == "a#lines").unwrap();
    let words: serde_json::Value = serde_json::from_str(stored["body"].as_s().unwrap()).unwrap();
    let other = aws_sdk_dynamodb::types::AttributeValue::S(serde_json::to_string_pretty(&words).unwrap());
    let put = table.client.put_item().table_name(&table.name).set_item(Some(stored)).item("body", other);
    put.send().await.unwrap();
    table.store.record_intent(&lease, &with_open(&line, "i")).await.unwrap();
}

#[tokio::test]
async fn u6_only_the_open_intent_can_be_closed_and_only_once() {
    let table = table().await;
    let store = &table.store;
    let lease = lease(store).await;
    let new = LineState::new(place(1));
    let made = change(0, 7, "i", now());
    let refused = store.close_intent(&lease, &new, "i", Some(&made)).await;
    assert!(matches!(refused, Err(IntentError::Changed)), "nothing was recorded: {refused:?}");
    store.record_intent(&lease, &with_open(&new, "i")).await.unwrap();
    let refused = store.close_intent(&lease, &new, "j", Some(&made)).await;
    assert!(matches!(refused, Err(IntentError::Changed)), "{refused:?}");
    store.close_intent(&lease, &new, "i", None).await.unwrap();
    let refused = store.close_intent(&lease, &new, "i", Some(&made)).await;
    assert!(matches!(refused, Err(IntentError::Changed)), "{refused:?}");
    let kept = store.changes(&id("a"), made.place.company, made.place.service).await.unwrap();
    assert_eq!(kept, [], "a refused close leaves no record");
}

#[tokio::test]
async fn an_intent_that_is_not_there_cannot_be_recorded() {
    let table = table().await;
    let lease = lease(&table.store).await;
    let refused = table.store.record_intent(&lease, &odd_line(1)).await.unwrap_err();
    assert_eq!(refused.to_string(), "line 1 has no intent to record");
}

#[tokio::test]
async fn lines_with_odd_values_and_without_a_line_of_their_own_read_back_as_stored() {
    let table = table().await;
    let (store, a) = (&table.store, id("a"));
    let lease = lease(store).await;
    let nowhere = LinePlace { service: ServiceId(i64::MIN), line: None, ..place(0) };
    let mut states =
        vec![odd_line(i64::MIN), odd_line(0), odd_line(i64::MAX), LineState { place: nowhere, ..odd_line(1) }];
    for state in &states {
        store.save_line_state(&lease, state).await.unwrap();
        store.record_intent(&lease, &with_open(state, crate::samples::ODD)).await.unwrap();
        store.close_intent(&lease, state, &intent(crate::samples::ODD).id, None).await.unwrap();
        assert_eq!(store.line_state(&a, &state.place.key()).await.unwrap().as_ref(), Some(state));
    }
    let mut found = Vec::new();
    store.line_states(&a, |state| found.push(state)).await.unwrap();
    for list in [&mut states, &mut found] {
        list.sort_by_key(|state| state.place.key());
    }
    assert_eq!(found, states);
}

#[tokio::test]
async fn two_thousand_lines_are_read_page_by_page_and_none_is_missed() {
    let table = table().await;
    let lease = lease(&table.store).await;
    for line in 0..2_000 {
        let open = with_open(&LineState::new(place(line)), "i");
        table.store.record_intent(&lease, &open).await.unwrap();
    }
    let wire = Wire::to(&table).await;
    let mut found = BTreeSet::new();
    wire.store.line_states(&id("a"), |state| assert!(found.insert(state.place.line))).await.unwrap();
    assert_eq!(found, (0..2_000).map(|line| Some(LineId(line))).collect());
    assert!(wire.requests("Query").len() > 1, "they do not fit into one page");
}

#[tokio::test]
async fn a_change_costs_two_requests_and_leaves_one_line_one_record_and_its_place_in_the_list_of_what_happened() {
    let table = table().await;
    let wire = Wire::to(&table).await;
    let lease = lease(&wire.store).await;
    let before = table.items().await;
    change_a_line(&wire.store, &lease, 1).await;
    assert_eq!(table.items().await, before + 3);
    let actions: Vec<Vec<String>> = wire
        .requests("TransactWriteItems")
        .iter()
        .map(|request| {
            let actions = request["TransactItems"].as_array().unwrap().iter();
            actions.flat_map(|action| action.as_object().unwrap().keys().cloned()).collect()
        })
        .collect();
    assert_eq!(actions, [vec!["ConditionCheck", "Put"], vec!["ConditionCheck", "Put", "Put", "Put"]]);
    assert_eq!(wire.all().len(), 3, "the lease and the two: {:?}", wire.all());
}
