//! Ten thousand alerts at once (T8): with the limit on, the desk gets shared tickets in which each is listed; with it off,
//! all of them drain within our share, the worst first.

use crate::stage::{NEW, Stage};
use sandbox::Vendor;
use sandbox::acronis::alerts::details::SHAPES;
use sandbox::acronis::alerts::{NewAlert, Severity};
use shared::run::Outcome;

const STORM: usize = 10_000;
const CUSTOMERS: usize = 5;
/// Looks are this far apart: what was seen soon lies behind them, and is not listed once more.
const MINUTES: i64 = 20;
/// What tickets may use of Autotask's hour, where all of our share is theirs.
const CALLS_IN_AN_HOUR: usize = 4_000;

const CREATE: &str = "autotask.tickets.create";

/// Warnings of three types, over all customers, with details of every shape.
fn storm(stage: &Stage) {
    let kinds = ["BackupFailed", "BackupDidNotStart", "NoBackupForXDays"];
    let alert = |number: usize| {
        let tenant = &stage.customers[number % CUSTOMERS].tenant;
        let alert = NewAlert::of(tenant, kinds[number % kinds.len()]).shape(SHAPES[number % SHAPES.len()]);
        alert.about(&format!("STORM-{number:05}"), "Daily").severity(Severity::Warning)
    };
    let alerts: Vec<NewAlert> = (0..STORM).map(alert).collect();
    stage.vendors(|world| alerts.into_iter().for_each(|alert| _ = world.raise(alert)));
}

#[tokio::test]
async fn t8_a_storm_of_10000_is_listed_in_shared_tickets_each_alert_in_one() {
    let stage = Stage::open(CUSTOMERS).await;
    storm(&stage);
    // Tickets of their own and the shared ones, then as many notes on these as it takes.
    for _ in 0..2 {
        assert!(stage.look().await.record.counts.made > 0);
        stage.pass_minutes(MINUTES);
    }
    stage.each_active_alert_is_in_one_ticket();
    assert_eq!(stage.tickets().len(), CUSTOMERS * (50 + 3), "50 of their own, and one for each type");
    // Machines are looked for only where they will be on a ticket.
    assert!(stage.asked("autotask.configuration_items.query") <= 5);
    stage.forget_requests();
    assert_eq!(stage.look().await.record.counts.changes, 0);
    assert_eq!(stage.calls(Vendor::Autotask), 0);
}

#[tokio::test]
async fn t8_t4_a_shared_ticket_is_closed_with_the_last_of_hundreds_and_reopened_when_they_come_back() {
    let stage = Stage::open(1).await;
    stage.set(|tickets| (tickets.auto_close, tickets.storm_tickets_per_hour) = (true, 1)).await;
    let tenant = stage.customers[0].tenant.clone();
    let alerts = stage.vendors(|world| world.alert_storm(&tenant, "BackupFailed", 601));
    stage.look().await;
    stage.next_look().await;
    let shared = stage.tickets().pop().expect("it is there");
    let listed = stage.notes(shared.id).len();
    stage.each_active_alert_is_in_one_ticket();
    alerts[..600].iter().for_each(|alert| stage.clear(alert));
    assert_eq!(stage.next_look().await.record.counts.changes, 1, "the one that has a ticket of its own");
    stage.clear(&alerts[600]);
    assert_eq!(stage.next_look().await.record.counts.changes, 1);
    assert_eq!(stage.shows(stage.customers[0].company), format!("closed, closed with {listed} notes"));
    alerts[1..].iter().for_each(|alert| stage.raise_again(alert));
    for _ in 0..3 {
        stage.next_look().await;
    }
    assert_eq!(stage.next_look().await.record.counts.changes, 0);
    let notes = stage.notes(shared.id);
    let again = notes[listed..].iter().flat_map(|note| note.description.lines());
    assert_eq!(again.filter(|line| line.starts_with("- ")).count(), 600, "each is told once to be back");
    assert_eq!(stage.vendors(|world| world.ticket(shared.id)).expect("it is there").status, NEW);
}

#[tokio::test]
async fn t8_b1_with_the_limit_off_a_storm_of_10000_drains_within_our_share_and_what_is_worst_does_not_wait() {
    let stage = Stage::open(CUSTOMERS).await;
    stage
        .map(|mapping| {
            mapping.settings.tickets.storms = false;
            mapping.settings.budget.tickets_percent = mapping.settings.budget.share_percent;
        })
        .await;
    storm(&stage);
    let mut calls_of_looks = Vec::new();
    for look in 0.. {
        // Raised after everything else, while thousands wait.
        let critical =
            (look == 2).then(|| stage.raise_as(4, "BackupFailed", |alert| alert.severity(Severity::Critical)));
        stage.forget_requests();
        let run = stage.look_as_it_is().await;
        calls_of_looks.push(stage.calls(Vendor::Autotask));
        let of_the_hour: usize = calls_of_looks.iter().rev().take(3).sum();
        assert!(of_the_hour <= CALLS_IN_AN_HOUR + 6, "{of_the_hour} calls in an hour");
        if let Some(critical) = critical {
            let requests = stage.world.sandbox.requests();
            let first = requests.iter().find(|seen| seen.operation == CREATE).expect("some are made");
            assert!(first.body.contains(&critical.to_lowercase()), "it is the first: {}", first.body);
        }
        match run.record.outcome {
            Outcome::Complete => break,
            Outcome::Stopped(_) => assert!(look < 24, "it drains within hours"),
            other => panic!("{other}"),
        }
        stage.pass_minutes(MINUTES);
    }
    stage.each_active_alert_is_in_one_ticket();
    assert_eq!(stage.tickets().len(), STORM + 1);
    stage.pass_minutes(MINUTES);
    assert_eq!(stage.look().await.record.counts.changes, 0);
}
