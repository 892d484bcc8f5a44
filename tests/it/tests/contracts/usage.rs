//! A pay-as-you-go customer whose contract changed is synced by itself; others are not touched, and what the daily
//! run remembers is its own.

use crate::stage::{Customer, Stage, WORKSTATIONS, run_of};
use functions::events::Event;
use sandbox::RequestSeen;
use shared::run::{Job, Outcome};

fn units(stage: &Stage, customer: &Customer) -> Option<i64> {
    stage.msp.change(|world| world.line_units_on(customer.line(WORKSTATIONS), world.today()))
}

/// Two customers whose usage moved since the daily run, and the contract of the first changed.
async fn one_of_two() -> (Stage, [Customer; 2]) {
    let mut stage = Stage::new().await;
    let customers = ["One", "Other"].map(|name| stage.msp.payg_customer(name, &[(WORKSTATIONS, 10)]));
    stage.settle().await;
    stage.pass_minutes(24 * 60);
    let connection = stage.msp.connection.clone();
    stage.wake_for(&connection, Job::UsageSync).await;
    customers.iter().for_each(|one| stage.msp.uses(one, WORKSTATIONS, 14));
    // Everybody had a turn.
    stage.publish().await;
    stage.pass_minutes(1);
    stage.msp.change(|world| {
        let (first, last) = (world.day(-60), world.day(500));
        world.move_contract(customers[0].contract, first, last)
    });
    stage.msp.sandbox.clear_requests();
    (stage, customers)
}

#[tokio::test]
async fn a_customer_whose_contract_changed_is_synced_by_itself_and_no_other_is_asked_for() {
    let (mut stage, [one, other]) = one_of_two().await;
    let read_on = read_on(&stage).await;
    let runs = stage.watch().await;
    let run = run_of(&runs, Job::UsageSync);
    assert_eq!((&run.record.outcome, run.record.counts.made), (&Outcome::Complete, 1), "{:?}", run.record);
    assert_eq!((units(&stage, &one), units(&stage, &other)), (Some(14), Some(10)));
    assert_eq!(self::read_on(&stage).await, read_on, "only a whole reading is the day's reading");
    let requests = stage.msp.sandbox.requests();
    let names = |seen: &RequestSeen, what: &str| seen.query.contains(what) || seen.body.contains(what);
    let usages: Vec<&RequestSeen> = requests.iter().filter(|seen| seen.operation == "acronis.usages").collect();
    assert!(!usages.is_empty() && usages.iter().all(|seen| !names(seen, &other.tenant)), "{usages:#?}");
    let of_other = requests.iter().filter(|seen| names(seen, &other.contract.to_string()));
    assert_eq!(of_other.count(), 0, "nothing was asked of the other's contract");
    assert!(requests.len() <= 45, "three runs for one customer made {} calls", requests.len());
}

#[tokio::test]
async fn a_daily_run_that_gave_way_is_asked_for_again_and_not_every_five_minutes() {
    let mut stage = Stage::new().await;
    let customer = stage.msp.payg_customer("One", &[(WORKSTATIONS, 10)]);
    stage.settle().await;
    stage.pass_minutes(24 * 60);
    stage.msp.uses(&customer, WORKSTATIONS, 14);
    let is_due = |event: &Event| matches!(event, Event::SyncDue(due) if due.job == Job::UsageSync);
    assert!(stage.publish().await.iter().any(is_due), "it is nine o'clock, and nobody read today's usage");
    let runs = stage.watch().await;
    assert!(run_of(&runs, Job::UsageSync).record.everybody);
    assert_eq!(units(&stage, &customer), Some(14));
    stage.pass_minutes(5);
    assert!(!stage.publish().await.iter().any(is_due), "it was read");
}

async fn read_on(stage: &Stage) -> Option<jiff::civil::Date> {
    let connection = stage.machine.host.store.connection(&stage.msp.connection).await.expect("the table is read");
    connection.expect("it is set up").usage_read_on
}

#[tokio::test]
async fn while_another_run_is_at_work_the_event_goes_back_and_is_worked_off_later() {
    let (mut stage, [one, _]) = one_of_two().await;
    let store = stage.machine.host.store.clone();
    stage.pass_minutes(1);
    let now = stage.clock.now();
    let lease = store.acquire_lease(&stage.msp.connection, Job::UsageSync, "another", now).await;
    let lease = lease.expect("it is written").expect("it is free");
    let connection = stage.msp.connection.clone();
    let runs = stage.wake_for(&connection, Job::ContractWatch).await;
    assert_eq!(run_of(&runs, Job::UsageSync).record.outcome, Outcome::Skipped);
    assert_eq!((units(&stage, &one), stage.machine.again.len()), (Some(10), 1));
    store.release_lease(lease).await.expect("it is given back");
    stage.watch().await;
    assert_eq!((units(&stage, &one), stage.machine.again.len()), (Some(14), 0));
}

#[tokio::test]
async fn a_change_that_came_with_a_daily_run_that_failed_is_not_lost() {
    let (mut stage, [one, other]) = one_of_two().await;
    let connection = stage.msp.connection.clone();
    stage.pass_minutes(1);
    // The event is on the bus when the daily run is due.
    let bus = stage.machine.bus.clone();
    functions::contract_watch::run(&stage.machine.host, &bus, &connection).await.expect("it is recorded");
    stage.msp.sandbox.fail(sandbox::Fault {
        times: Some(20),
        ..sandbox::Fault::once("acronis.usages", sandbox::FaultKind::StatusBefore { status: 500, body: None })
    });
    let runs = stage.wake_for(&connection, Job::UsageSync).await;
    let outcome = &run_of(&runs, Job::UsageSync).record.outcome;
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    stage.msp.sandbox.clear_faults();
    stage.watch().await;
    assert_eq!((units(&stage, &one), units(&stage, &other)), (Some(14), Some(10)));
}
