//! How far contracts were watched: looks overlap, nothing is passed on twice, and nothing is lost, whoever dies.

use crate::stage::{Stage, WORKSTATIONS};
use acrotask::machine::{Machine, Storage};
use functions::contract_watch;
use functions::http::HttpSettings;
use it::wire::Phase;
use jiff::SignedDuration;
use shared::run::{Job, Outcome};

#[tokio::test]
async fn what_the_overlap_shows_again_is_passed_on_once() {
    let mut stage = Stage::new().await;
    let customer = stage.msp.customer("Changed", &[(WORKSTATIONS, 10)]);
    stage.settle().await;
    stage.pass_minutes(5);
    stage.msp.adjust(&customer, WORKSTATIONS, 1);
    stage.msp.change(|world| world.set_contract_status(customer.contract, 1));
    assert_eq!(stage.publish().await.len(), 1);
    for minutes in [0, 1, 5, 8, 1, 10, 60] {
        stage.pass_minutes(minutes);
        assert_eq!(stage.publish().await, [], "{minutes} minutes later");
    }
    stage.msp.change(|world| world.set_contract_status(customer.contract, 1));
    assert_eq!(stage.publish().await.len(), 1, "changed again");
}

#[tokio::test]
async fn what_becomes_visible_late_is_not_missed() {
    let mut stage = Stage::new().await;
    let [early, late] = ["Early", "Late"].map(|name| stage.msp.customer(name, &[(WORKSTATIONS, 10)]));
    stage.settle().await;
    for minutes in [1, 7, 14] {
        stage.pass_minutes(30);
        stage.msp.adjust(&early, WORKSTATIONS, 1);
        assert_eq!(stage.publish().await.len(), 1);
        // It was written before what is seen already, and shows only now.
        let now = stage.clock.now();
        stage.msp.sandbox.set_now(now - SignedDuration::from_mins(minutes));
        stage.msp.adjust(&late, WORKSTATIONS, 1);
        stage.msp.sandbox.set_now(now);
        stage.pass_minutes(1);
        let events = stage.publish().await;
        assert!(matches!(events.as_slice(), [_]), "{minutes} minutes late: {events:?}");
    }
}

#[tokio::test]
async fn a_look_whose_events_the_bus_does_not_take_fails_and_the_next_one_passes_them_on() {
    let mut stage = Stage::new().await;
    let customer = stage.msp.customer("Changed", &[(WORKSTATIONS, 10)]);
    stage.settle().await;
    let http = HttpSettings::default();
    let mut deaf = Machine::start(Storage::InMemory, stage.clock.clone(), http, true).await.expect("it starts");
    deaf.events.close();
    stage.pass_minutes(5);
    stage.msp.adjust(&customer, WORKSTATIONS, 1);
    let run = contract_watch::run(&stage.machine.host, &deaf.bus, &stage.msp.connection).await.expect("recorded");
    assert!(matches!(&run.record.outcome, Outcome::Failed(why) if why.contains("did not take")), "{:?}", run.record);
    assert_eq!(stage.published(), []);
    assert_eq!(stage.publish().await.len(), 1);
    assert_eq!(stage.publish().await, []);
}

#[tokio::test]
async fn a_look_that_dies_at_any_write_loses_nothing() {
    let (mut stage, wire) = Stage::wired().await;
    let customer = stage.msp.customer("Changed", &[(WORKSTATIONS, 10)]);
    stage.settle().await;
    let (mut units, mut deaths) = (10, 0);
    for phase in [Phase::Unsent, Phase::Committed] {
        for write in 0.. {
            stage.pass_minutes(2);
            stage.msp.adjust(&customer, WORKSTATIONS, 1);
            units += 1;
            wire.mend();
            wire.cut_at_write(write, phase);
            let died = tokio::select! {
                run = contract_watch::run(&stage.machine.host, &stage.machine.bus, &stage.msp.connection) => {
                    assert_eq!(run.expect("it is recorded").record.outcome, Outcome::Complete);
                    false
                }
                () = wire.cut() => true,
            };
            wire.mend();
            // The lease of the one that died ends.
            stage.pass_minutes(2);
            let connection = stage.msp.connection.clone();
            stage.wake_for(&connection, Job::ContractWatch).await;
            let allowed = stage.msp.allowed(&customer, WORKSTATIONS);
            assert_eq!(allowed, units.to_string(), "died at write {write}, {phase:?}");
            if !died {
                break;
            }
            deaths += 1;
        }
    }
    assert!(deaths >= 6, "a look writes its lease, its cursor and its record: {deaths} deaths");
}

#[tokio::test]
async fn a_vendor_whose_clock_is_wrong_by_an_hour_is_watched_all_the_same() {
    for skew in [-60, 60] {
        let mut stage = Stage::new().await;
        let now = stage.clock.now();
        stage.msp.sandbox.set_now(now + SignedDuration::from_mins(skew));
        let customer = stage.msp.customer("Skewed", &[(WORKSTATIONS, 10)]);
        stage.settle().await;
        for (units, minutes) in (11..).zip([1, 5, 30, 90, 2]) {
            stage.pass_minutes(minutes);
            stage.msp.adjust(&customer, WORKSTATIONS, 1);
            stage.watch().await;
            assert_eq!(stage.msp.allowed(&customer, WORKSTATIONS), units.to_string(), "{skew} minutes");
        }
    }
}
