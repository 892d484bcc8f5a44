//! A time-out at any point: Lambda kills the process, and the next one has to make good what the first one left. The
//! process is killed after each request that it sends, to whomever, in turn: carried out, and not answered.
#![expect(clippy::print_stdout, reason = "the sizes of the sets are printed for who wants to see them")]

use crate::batches::failed;
use crate::stand::Stand;
use crate::work::{Alerts, Due, Quotas, Tickets, Units, Watching, Work};
use it::runtime::{Answer, Function};
use it::wire::Phase;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The function did all that the event said.
pub(crate) fn did_all(answer: Answer) {
    let answer = crate::response(answer);
    if answer["batchItemFailures"].is_array() {
        assert_eq!(failed(&answer), BTreeSet::new());
    } else if answer["connections"] != 1 {
        assert_eq!(answer["outcome"], json!({"ended": "complete"}), "{answer}");
    }
}

/// Lets a process work until the wire is cut, and kills it then. False: it came to its end before.
async fn is_killed(stand: &Stand, mut function: Function, event: Value) -> bool {
    let killed = tokio::select! {
        biased;
        () = stand.wire.cut() => true,
        answer = function.invoke(event) => {
            did_all(answer);
            false
        }
    };
    function.end().await;
    stand.wire.quiet().await;
    stand.wire.mend();
    killed
}

async fn is_killed_at_any_request<W: Work>() {
    let (mut work, (name, job)) = (W::stand().await, W::FUNCTION);
    for request in 0.. {
        let event = work.begin().await;
        let stand = work.at();
        // What so many processes log is not worth the time: others say all of it.
        let function = stand.function_with(name, &[("RUST_LOG", "info")]).await;
        stand.wire.cut_at(request, Phase::Committed);
        if !is_killed(stand, function, event.clone()).await {
            println!("{name} was killed at each of {request} requests");
            assert!(request > 1, "it asks for more");
            return work.is_done_once().await;
        }
        stand.the_lease_is_over(job).await;
        let mut function = stand.function_with(name, &[("RUST_LOG", "info")]).await;
        did_all(function.invoke(event).await);
        function.end().await;
        work.is_done_once().await;
    }
}

#[tokio::test]
async fn dispatch_killed_at_any_request_forgets_no_connection() {
    is_killed_at_any_request::<Due>().await;
}

#[tokio::test]
async fn u6_usage_sync_killed_at_any_request_bills_once() {
    is_killed_at_any_request::<Units>().await;
}

#[tokio::test]
async fn u6_contract_changed_killed_at_any_request_makes_one_tenant_and_its_quotas() {
    is_killed_at_any_request::<Quotas>().await;
}

#[tokio::test]
async fn contract_watch_killed_at_any_request_loses_no_contract() {
    is_killed_at_any_request::<Watching>().await;
}

#[tokio::test]
async fn u6_alert_sync_killed_at_any_request_makes_one_ticket() {
    is_killed_at_any_request::<Alerts>().await;
}

#[tokio::test]
async fn u6_ticket_changed_killed_at_any_request_dismisses_once() {
    is_killed_at_any_request::<Tickets>().await;
}
