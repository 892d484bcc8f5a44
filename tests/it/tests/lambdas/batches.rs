//! The functions that work off change events from their queue, and the one that publishes them: who is named is
//! looked at, who failed comes again, and nobody else does.

use crate::cloud::Cloud;
use crate::response;
use functions::contract_changed;
use functions::events::{About, Cause, CompanyChanged, ContractChanged, Event, SyncDue};
use functions::run::Approve;
use it::logs;
use jiff::SignedDuration;
use sandbox::seed::PAYG_FIELD;
use sandbox::{Fault, FaultKind};
use serde_json::{Value, json};
use shared::ids::CompanyId;
use shared::run::Job;
use std::collections::BTreeSet;
use std::time::Duration;

/// Messages as they come from a queue, by their ids.
pub(crate) fn batch(messages: &[(&str, String)]) -> Value {
    let records = messages.iter().map(|(id, body)| json!({"messageId": id, "body": body}));
    json!({"Records": records.collect::<Vec<_>>()})
}

/// The ids that are to come again.
pub(crate) fn failed(answer: &Value) -> BTreeSet<&str> {
    let failures = answer["batchItemFailures"].as_array().expect("the answer to a queue").iter();
    failures.map(|failure| failure["itemIdentifier"].as_str().expect("an id")).collect()
}

impl Cloud {
    /// The companies of a connection's customers, by number.
    fn companies(&self, connection: usize) -> Vec<CompanyId> {
        let contracts = self.sandbox(connection).world(|world| world.contracts());
        contracts
            .into_iter()
            .map(|contract| CompanyId(contract.company_id))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    /// A contract of this company changed, as a message says it.
    fn changed(&self, connection: usize, company: CompanyId) -> String {
        let (connection, about) = (self.connections[connection].0.clone(), About::Company(company));
        Event::ContractChanged(ContractChanged { connection, about }).to_invocation().to_string()
    }

    /// It was this company's turn, as a message says it.
    fn turn(&self, connection: usize, company: CompanyId) -> String {
        let (connection, cause) = (self.connections[connection].0.clone(), Cause::Sweep);
        Event::CompanyChanged(CompanyChanged { connection, company, cause }).to_invocation().to_string()
    }

    /// Everybody buys ahead, and the first plan of quotas is approved; nothing of it is made yet.
    async fn approve_quotas(&self) {
        for (connection, sandbox) in &self.connections {
            sandbox.world(|world| {
                for contract in world.contracts() {
                    world.set_udf(contract.id, PAYG_FIELD, Some("No"));
                }
            });
            let plan = contract_changed::plan(&self.host, connection).await.expect("there is a plan");
            assert!(plan.approvable().count() >= 3, "{plan}");
            let what = Approve::Plan(plan.id);
            contract_changed::approve(&self.host, connection, &what, "clerk").await.expect("it is approved");
            sandbox.clear_requests();
        }
    }

    /// The companies of a connection whose quotas are not right yet.
    async fn quotas_left(&self, connection: usize) -> BTreeSet<CompanyId> {
        let plan = contract_changed::plan(&self.host, &self.connections[connection].0).await.expect("there is one");
        let changes = plan.changes.iter().chain(plan.held.iter().map(|held| &held.change));
        changes.filter_map(shared::plan::company_of).collect()
    }
}

fn published(cloud: &mut Cloud) -> Vec<Value> {
    std::iter::from_fn(|| cloud.machine.events.try_recv().ok()).collect()
}

#[tokio::test]
async fn contract_watch_publishes_the_changes_of_the_connection_that_is_due_and_of_no_other() {
    let mut cloud = Cloud::start().await;
    let due = |connection: usize| {
        let connection = cloud.connections[connection].0.clone();
        SyncDue { connection, job: Job::ContractWatch }.to_invocation()
    };
    let (north, south) = (due(0), due(1));
    let mut watch = cloud.function("contract-watch", "apply").await;
    let said = response(watch.invoke(north.clone()).await);
    assert_eq!(said["outcome"]["ended"], "complete", "{said}");
    // Usage that nobody read today is asked for too.
    let of_companies = |events: &[Value]| events.iter().filter(|event| event["detail"]["company"].is_i64()).count();
    let first = published(&mut cloud);
    assert!(first.iter().all(|event| event["detail"]["connection"] == "north"), "{first:?}");
    let companies: BTreeSet<i64> = first.iter().filter_map(|event| event["detail"]["company"].as_i64()).collect();
    let (again, others) = {
        watch.invoke(north).await;
        let again = published(&mut cloud);
        assert_eq!(cloud.sandbox(1).requests().len(), 0, "nobody asked south's vendors");
        watch.invoke(south).await;
        (again, published(&mut cloud))
    };
    assert_eq!((of_companies(&first), of_companies(&again), of_companies(&others)), (3, 0, 3), "each once");
    assert_eq!(companies, cloud.companies(0).iter().map(|company| company.0).collect());
    watch.end().await;
}

#[tokio::test]
async fn contract_changed_gives_back_the_messages_that_it_could_not_work_off_and_no_others() {
    let cloud = Cloud::start().await;
    cloud.approve_quotas().await;
    let (north, south) = (cloud.companies(0), cloud.companies(1));
    let broken = FaultKind::StatusBefore { status: 500, body: None };
    // Customers are worked off by number: it strikes the first.
    cloud.sandbox(0).fail(Fault::once("acronis.set_offering_items", broken));
    let messages = [
        ("fails", cloud.changed(0, north[0])),
        ("works", cloud.turn(0, north[1])),
        ("unreadable", "{\"detail-type\":".to_owned()),
        ("unknown", json!({"detail-type": "Coffee", "detail": {}}).to_string()),
        ("south", cloud.changed(1, south[2])),
    ];
    let mut function = cloud.function("contract-changed", "apply").await;
    let answer = response(function.invoke(batch(&messages)).await);
    assert_eq!(failed(&answer), BTreeSet::from(["fails", "unreadable", "unknown"]), "{answer}");
    assert_eq!(cloud.quotas_left(0).await, BTreeSet::from([north[0], north[2]]));
    assert_eq!(cloud.quotas_left(1).await, BTreeSet::from([south[0], south[1]]));
    // The queue sends again what was given back.
    let answer = response(function.invoke(batch(&messages[..1])).await);
    assert_eq!(failed(&answer), BTreeSet::new(), "{answer}");
    assert_eq!(cloud.quotas_left(0).await, BTreeSet::from([north[2]]));
    let written = function.end().await;
    // What was given back is in the log once: two messages, and the run in which one customer failed.
    let errors = logs::errors(&written);
    let of_run: Vec<_> = errors.iter().filter(|line| line["span"]["run"].is_string()).collect();
    assert_eq!((errors.len(), of_run.len()), (3, 1), "{errors:?}");
    assert_eq!([&of_run[0]["span"]["connection"], &of_run[0]["span"]["job"]], ["north", "contract-changed"]);
}

#[tokio::test]
async fn in_plan_mode_contract_changed_changes_nothing_and_gives_nothing_back() {
    let cloud = Cloud::start().await;
    cloud.approve_quotas().await;
    let companies = cloud.companies(0);
    let left = cloud.quotas_left(0).await;
    let mut function = cloud.function("contract-changed", "plan").await;
    let answer = response(function.invoke(batch(&[("one", cloud.changed(0, companies[0]))])).await);
    assert_eq!((failed(&answer), cloud.quotas_left(0).await), (BTreeSet::new(), left));
    assert!(cloud.sandbox(0).requests().iter().all(|seen| seen.operation != "acronis.set_offering_items"));
    function.end().await;
}

#[tokio::test]
async fn usage_sync_works_off_a_batch_for_those_whom_it_names() {
    let cloud = Cloud::start().await;
    let (north, south) = (cloud.companies(0), cloud.companies(1));
    let (connection, now) = (cloud.connections[1].0.clone(), cloud.host.clock.now());
    let lease = cloud.host.store.acquire_lease(&connection, Job::UsageSync, "another", now).await;
    let lease = lease.expect("it is written").expect("it is free");
    let messages = [("south", cloud.changed(1, south[1])), ("north", cloud.changed(0, north[1]))];
    let mut function = cloud.function("usage-sync", "apply").await;
    // Little time, so that there is little to wait.
    let answer = response(function.invoke_for(batch(&messages[..1]), Duration::from_secs(7)).await);
    assert_eq!(failed(&answer), BTreeSet::from(["south"]), "another run is at work there: {answer}");
    assert_eq!(failed(&response(function.invoke(batch(&messages[1..])).await)), BTreeSet::new());
    let adjusted = |number: usize| -> BTreeSet<CompanyId> {
        cloud.sandbox(number).world(|world| {
            let contracts = world.adjustments().iter().filter_map(|one| world.contract(one.contract_id));
            contracts.map(|contract| CompanyId(contract.company_id)).collect()
        })
    };
    assert_eq!((adjusted(0), adjusted(1)), (BTreeSet::from([north[1]]), BTreeSet::new()));
    cloud.host.store.release_lease(lease).await.expect("it is given back");
    let answer = response(function.invoke(batch(&messages)).await);
    assert_eq!((failed(&answer), adjusted(1)), (BTreeSet::new(), BTreeSet::from([south[1]])), "{answer}");
    function.end().await;
}

#[tokio::test]
async fn a_batch_waits_for_the_run_that_is_at_work() {
    let cloud = Cloud::start().await;
    let company = cloud.companies(0)[1];
    for (job, name) in [(Job::UsageSync, "usage-sync"), (Job::ContractChanged, "contract-changed")] {
        let mut function = cloud.function(name, "apply").await;
        // Another run's, which gives no sign of life any more: it ends a minute after its last one.
        let last_sign = cloud.host.clock.now() - SignedDuration::from_secs(56);
        let lease = cloud.host.store.acquire_lease(&cloud.connections[0].0, job, "another", last_sign).await;
        assert!(lease.expect("it is written").is_some(), "it is free");
        let answer = response(function.invoke(batch(&[("one", cloud.changed(0, company))])).await);
        assert_eq!(failed(&answer), BTreeSet::new(), "{name}: {answer}");
        function.end().await;
    }
}

#[tokio::test]
async fn what_is_no_batch_is_an_invocation_that_failed() {
    let cloud = Cloud::start().await;
    let mut function = cloud.function("contract-changed", "apply").await;
    for event in [json!({}), json!({"Records": 3}), json!({"Records": [{"body": "{}"}]})] {
        let text = crate::error(function.invoke(event.clone()).await);
        assert!(text.contains("expected messages from an SQS queue"), "{event}: {text}");
    }
    assert_eq!(failed(&response(function.invoke(batch(&[])).await)), BTreeSet::new());
    function.end().await;
}
