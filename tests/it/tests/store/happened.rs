//! What happened, read by time and a part at a time; and the counts of days, which are written only where they are news.

use crate::history::run;
use crate::samples::{after, change, id, now};
use crate::table;
use crate::wire::Wire;
use functions::store::Span;
use jiff::civil::{Date, date};
use shared::day_count::DayCount;
use shared::deed::{Became, Deed};

fn within(from: i64, to: i64, most: usize) -> Span {
    Span { from: after(from), to: after(to), most }
}

#[tokio::test]
async fn what_happened_within_a_span_comes_newest_first_and_no_more_than_is_wanted() {
    let table = table().await;
    let (store, a) = (&table.store, id("a"));
    for second in 0..20 {
        store.save_run(&a, &run(&format!("r{second}"), after(second))).await.unwrap();
    }
    let ids = |looked: functions::store::Looked<shared::run::RunRecord>| {
        (looked.rows.into_iter().map(|run| run.id).collect::<Vec<_>>(), looked.until)
    };
    let some = ids(store.runs_within(&a, within(5, 8, 10)).await.unwrap());
    assert_eq!(some, (["r8", "r7", "r6", "r5"].map(str::to_owned).to_vec(), None), "both ends, and that is all");
    let few = ids(store.runs_within(&a, within(0, 100, 3)).await.unwrap());
    assert_eq!(few, (["r19", "r18", "r17"].map(str::to_owned).to_vec(), Some(after(17))), "there may be more");
    assert_eq!(ids(store.runs_within(&a, within(30, 40, 3)).await.unwrap()), (Vec::new(), None));
    // No more is read than is wanted.
    let wire = Wire::to(&table).await;
    wire.store.runs_within(&a, within(0, 100, 3)).await.unwrap();
    let asked = wire.requests("Query");
    assert_eq!(asked.iter().map(|request| request["Limit"].as_i64()).collect::<Vec<_>>(), [Some(3)]);
}

#[tokio::test]
async fn what_was_begun_is_replaced_by_what_became_of_it_and_what_was_not_run_is_gone() {
    let table = table().await;
    let (store, a) = (&table.store, id("a"));
    let deed = |name: &str, became| Deed { change: name.to_owned(), became, ..Deed::made(&change(1, 2, "i", now())) };
    let begun = [deed("x", Became::Begun), deed("y", Became::Begun)];
    store.save_deeds(&a, &begun).await.unwrap();
    let all = within(-1, 1, 10);
    assert_eq!(store.deeds(&a, all).await.unwrap().rows, begun);
    let known = [deed("y", Became::Refused("no".to_owned()))];
    store.replace_deeds(&a, &begun, &known).await.unwrap();
    assert_eq!(store.deeds(&a, all).await.unwrap().rows, known);
    store.replace_deeds(&a, &begun, &[]).await.unwrap();
    assert_eq!(store.deeds(&a, all).await.unwrap().rows, []);
    let later = Deed { at: after(1), ..deed("z", Became::Made) };
    store.save_deeds(&a, &[deed("x", Became::Made), later]).await.unwrap();
    let times: Vec<_> = store.deeds(&a, all).await.unwrap().rows.iter().map(|deed| deed.at).collect();
    assert_eq!(times, [now(), now()], "what is kept together is of one time, so that no page loses a part of it");
    let items = table.items().await;
    store.save_deeds(&a, &[]).await.unwrap();
    store.replace_deeds(&a, &[], &known).await.unwrap();
    assert_eq!(table.items().await, items, "nothing is kept of nothing");
}

#[tokio::test]
async fn b3_a_day_is_counted_only_where_something_was_made_or_is_found_otherwise() {
    let table = table().await;
    let wire = Wire::to(&table).await;
    let (store, a) = (&wire.store, id("a"));
    let (first, second, third) = (date(2026, 5, 1), date(2026, 5, 2), date(2026, 5, 3));
    let writes = || wire.requests("UpdateItem").len();
    store.count_day(&a, first, 0, None).await.unwrap();
    assert_eq!(writes(), 0, "a look that made nothing");
    store.count_day(&a, first, 3, Some((4, 1))).await.unwrap();
    store.count_day(&a, first, 2, None).await.unwrap();
    assert_eq!(writes(), 2);
    for day in [first, second] {
        store.count_day(&a, day, 0, Some((4, 1))).await.unwrap();
    }
    assert_eq!(writes(), 2, "an idle run that found the same");
    store.count_day(&a, second, 0, Some((5, 1))).await.unwrap();
    store.count_day(&a, third, 1, Some((5, 1))).await.unwrap();
    assert_eq!(writes(), 4);
    let count = |day: Date, made, findings, held| DayCount { day, made, findings, held };
    let counts = store.day_counts(&a, first, third, 10).await.unwrap();
    let wanted = [count(third, 1, None, None), count(second, 0, Some(5), Some(1)), count(first, 5, Some(4), Some(1))];
    assert_eq!(counts, wanted);
    assert_eq!(store.day_counts(&a, first, second, 1).await.unwrap(), wanted[1..2]);
    assert_eq!(store.day_counts(&id("b"), first, third, 10).await.unwrap(), []);
}
