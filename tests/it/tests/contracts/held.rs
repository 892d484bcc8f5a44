//! What looks at contracts leave for people: what is planned and not made, and what was found, of those who were looked
//! at; and a first plan that is approved as it was left (M5).

use crate::stage::{Customer, SERVERS, Stage, WORKSTATIONS};
use functions::contract_changed;
use functions::run::{Run, Scope};
use shared::held::{Kept, kept_plan_id};
use shared::run::{Approval, Job, Mode, Outcome};
use std::collections::{BTreeMap, BTreeSet};

async fn kept(stage: &Stage) -> Vec<Kept> {
    let (store, connection) = (&stage.machine.host.store, &stage.msp.connection);
    store.held_of(connection, Job::ContractChanged).await.expect("it is read")
}

async fn version(stage: &Stage) -> u64 {
    stage.machine.host.store.held_version(&stage.msp.connection).await.expect("it is read")
}

async fn run(stage: &Stage, scope: Scope, mode: Mode) -> Run {
    let run = contract_changed::run(&stage.machine.host, &stage.msp.connection, scope, mode).await;
    let run = run.expect("it is recorded");
    assert_eq!(run.record.outcome, Outcome::Complete, "{:?}", run.record);
    run
}

fn ids(kept: &[Kept]) -> BTreeSet<String> {
    kept.iter().flat_map(|kept| &kept.changes).map(|change| change.id.clone()).collect()
}

/// Two customers in review mode whose contracts were changed.
async fn reviewed() -> (Stage, Customer, Customer) {
    let mut stage = Stage::new().await;
    let one = stage.msp.customer("One", &[(WORKSTATIONS, 10)]);
    let other = stage.msp.customer("Other", &[(SERVERS, 4)]);
    stage.settle().await;
    stage.change_mapping(|mapping| mapping.settings.review_mode = true).await;
    stage.msp.adjust(&one, WORKSTATIONS, 2);
    stage.msp.adjust(&other, SERVERS, 1);
    stage.pass_minutes(1);
    (stage, one, other)
}

#[tokio::test]
async fn what_a_look_holds_is_kept_as_its_plan_has_it_and_is_gone_once_it_is_made() {
    let (stage, one, other) = reviewed().await;
    run(&stage, Scope::Everybody, Mode::Apply).await;
    let plan = stage.plan().await;
    let left = kept(&stage).await;
    assert_eq!(ids(&left), plan.approvable().map(str::to_owned).collect());
    let findings: BTreeSet<String> =
        left.iter().flat_map(|kept| &kept.findings).map(|kept| kept.finding.to_string()).collect();
    assert_eq!(findings, plan.findings.iter().map(ToString::to_string).collect());
    let of_one = left.iter().find(|kept| kept.company == Some(one.id())).expect("it is held");
    assert_eq!((of_one.company_name.as_str(), of_one.changes[0].becomes.as_str()), ("One", "10 → 12"));
    // A look at one of them leaves what is of the other, and writes nothing where nothing is another.
    let before = version(&stage).await;
    run(&stage, Scope::company(other.id()), Mode::Apply).await;
    assert_eq!((kept(&stage).await, version(&stage).await), (left, before));
    stage.approve_all().await;
    run(&stage, Scope::company(one.id()), Mode::Apply).await;
    assert_eq!(stage.msp.allowed(&one, WORKSTATIONS), "12");
    let left = kept(&stage).await;
    assert!(left.iter().all(|kept| kept.company != Some(one.id())), "{left:?}");
    assert_eq!(ids(&left).len(), 1, "the other is not looked at yet");
}

#[tokio::test]
async fn a_run_that_only_plans_keeps_what_it_would_change() {
    let (stage, one, _) = reviewed().await;
    stage.change_mapping(|mapping| mapping.settings.review_mode = false).await;
    run(&stage, Scope::Everybody, Mode::Plan).await;
    let left = kept(&stage).await;
    let of_one = left.iter().find(|kept| kept.company == Some(one.id())).expect("it is planned");
    assert!(of_one.changes[0].held.is_empty(), "{of_one:?}");
    assert_eq!(stage.msp.allowed(&one, WORKSTATIONS), "10");
}

/// Customers whose first plan waits, as looks at some of them left it, one after the other.
async fn first_plan_left() -> (Stage, Vec<Customer>) {
    let stage = Stage::new().await;
    let customers: Vec<Customer> =
        (1..=3).map(|number| stage.msp.customer(&format!("Customer {number}"), &[(WORKSTATIONS, number)])).collect();
    stage.connect_and_map().await;
    for customer in &customers {
        run(&stage, Scope::company(customer.id()), Mode::Apply).await;
    }
    (stage, customers)
}

/// Approves the first plan as the console does: by what is left.
async fn approve_as_left(stage: &Stage) {
    let left = kept(stage).await;
    let plan = kept_plan_id(Job::ContractChanged, left.iter()).expect("all of it is kept");
    let mut all: Vec<String> = ids(&left).into_iter().collect();
    all.push(plan);
    let (by, at) = ("Ada".to_owned(), stage.clock.now());
    let companies = left.iter().filter_map(|kept| kept.company).collect();
    let approval = Approval { ids: all, companies, lines: BTreeMap::new(), by, at };
    let store = &stage.machine.host.store;
    store.save_approval(&stage.msp.connection, &approval).await.expect("it is kept");
}

async fn is_approved(stage: &Stage) -> bool {
    let connection = stage.machine.host.store.connection(&stage.msp.connection).await.expect("it is read");
    connection.expect("it is there").first_quotas_approved
}

fn allowed(stage: &Stage, customers: &[Customer]) -> Vec<String> {
    customers.iter().map(|customer| stage.msp.allowed(customer, WORKSTATIONS)).collect()
}

#[tokio::test]
async fn m5_the_first_plan_is_left_by_looks_at_some_and_made_by_the_next_look_at_any_once_it_is_approved() {
    let (stage, customers) = first_plan_left().await;
    let left = kept(&stage).await;
    assert_eq!(kept_plan_id(Job::ContractChanged, left.iter()), Some(stage.plan().await.id), "of everybody together");
    let before = allowed(&stage, &customers);
    approve_as_left(&stage).await;
    let made = run(&stage, Scope::company(customers[0].id()), Mode::Apply).await;
    assert!(made.record.everybody && is_approved(&stage).await, "{:?}", made.record);
    assert_eq!((made.record.counts.held, before == allowed(&stage, &customers)), (0, false));
    assert_eq!(allowed(&stage, &customers), ["1", "2", "3"]);
    assert!(ids(&kept(&stage).await).is_empty());
    // Nobody is a new customer afterwards, and a look at one is one at one again.
    stage.pass_minutes(1);
    stage.msp.adjust(&customers[1], WORKSTATIONS, 1);
    let next = run(&stage, Scope::company(customers[1].id()), Mode::Apply).await;
    assert_eq!((next.record.everybody, next.record.counts.made, next.record.counts.held), (false, 1, 0));
}

#[tokio::test]
async fn m5_nothing_is_made_where_anybody_moved_since_the_first_plan_was_left_and_all_is_kept_as_it_is() {
    let (stage, customers) = first_plan_left().await;
    let before = allowed(&stage, &customers);
    approve_as_left(&stage).await;
    stage.msp.adjust(&customers[2], WORKSTATIONS, 5);
    let looked = run(&stage, Scope::company(customers[0].id()), Mode::Apply).await;
    assert_eq!((looked.record.counts.made, looked.record.everybody), (0, true), "{:?}", looked.record);
    assert_eq!((allowed(&stage, &customers), is_approved(&stage).await), (before, false));
    let left = kept(&stage).await;
    assert_eq!(kept_plan_id(Job::ContractChanged, left.iter()), Some(stage.plan().await.id));
    // What was approved is not what is left by now, so that the next look is at one again.
    let next = run(&stage, Scope::company(customers[0].id()), Mode::Apply).await;
    assert_eq!((next.record.everybody, next.record.counts.made), (false, 0));
    approve_as_left(&stage).await;
    run(&stage, Scope::company(customers[0].id()), Mode::Apply).await;
    assert_eq!(allowed(&stage, &customers), ["1", "2", "8"]);
}

#[tokio::test]
async fn m5_a_first_plan_that_is_approved_while_runs_only_plan_is_made_when_they_may() {
    let (stage, customers) = first_plan_left().await;
    approve_as_left(&stage).await;
    let looked = run(&stage, Scope::company(customers[0].id()), Mode::Plan).await;
    assert_eq!((looked.record.counts.changes > 0, is_approved(&stage).await), (true, true));
    let made = run(&stage, Scope::Everybody, Mode::Apply).await;
    assert_eq!((made.record.counts.held, allowed(&stage, &customers)), (0, vec!["1".into(), "2".into(), "3".into()]));
}
