//! Ten thousand alerts at once (T8): with the limit on, the desk gets shared tickets in which each is listed; with it off,
//! all of them drain within our share, the worst first.

use crate::stage::Stage;
use sandbox::Vendor;
use sandbox::acronis::alerts::details::SHAPES;
use sandbox::acronis::alerts::{NewAlert, Severity};
use std::time::Instant;

const STORM: usize = 10_000;
/// Looks are this far apart: what was seen lies behind them then, and is not listed once more.
const MINUTES: i64 = 20;

/// A storm over all customers, of three types.
fn storm(stage: &Stage, count: usize) {
    let kinds = ["BackupFailed", "BackupDidNotStart", "NoBackupForXDays"];
    let alerts = (0..count).map(|number| {
        let tenant = &stage.customers[number % stage.customers.len()].tenant;
        let alert = NewAlert::of(tenant, kinds[number % kinds.len()]).shape(SHAPES[number % SHAPES.len()]);
        alert.about(&format!("STORM-{number:05}"), "Daily").severity(Severity::Warning)
    });
    let alerts: Vec<NewAlert> = alerts.collect();
    stage.vendors(|world| alerts.into_iter().for_each(|alert| _ = world.raise(alert)));
}

#[tokio::test]
async fn t8_a_storm_of_10000_is_listed_in_shared_tickets_each_alert_in_one() {
    let stage = Stage::open(5).await;
    let started = Instant::now();
    storm(&stage, STORM);
    eprintln!("raised {:?}", started.elapsed());
    let mut looks = 0;
    loop {
        stage.pass_minutes(MINUTES);
        let started = Instant::now();
        stage.forget_requests();
        let run = stage.look().await;
        eprintln!(
            "look {looks} {} changes {:?} autotask {} acronis {}",
            run.record.counts.changes,
            started.elapsed(),
            stage.calls(Vendor::Autotask),
            stage.calls(Vendor::Acronis)
        );
        if run.record.counts.changes == 0 {
            break;
        }
        looks += 1;
        assert!(looks <= 3, "it is no matter of hours");
    }
    let started = Instant::now();
    stage.each_active_alert_is_in_one_ticket();
    eprintln!("checked {:?}", started.elapsed());
    assert_eq!(stage.tickets().len(), 5 * (50 + 3), "50 of their own, and one for each type");
}

#[tokio::test]
async fn t8_b1_with_the_limit_off_a_storm_of_10000_drains_within_our_share_the_worst_first() {
    let stage = Stage::open(5).await;
    stage
        .map(|mapping| {
            mapping.settings.tickets.storms = false;
            mapping.settings.budget.tickets_percent = mapping.settings.budget.share_percent;
        })
        .await;
    storm(&stage, STORM);
    let mut looks = 0;
    let mut critical = String::new();
    loop {
        stage.pass_minutes(MINUTES);
        stage.forget_requests();
        let started = Instant::now();
        let run = stage.look_as_it_is().await;
        eprintln!(
            "look {looks} {} changes {} made {:?} autotask {} {:?}",
            run.record.counts.changes,
            run.record.counts.made,
            started.elapsed(),
            stage.calls(Vendor::Autotask),
            run.record.outcome
        );
        if run.record.counts.changes == 0 {
            break;
        }
        if looks == 3 {
            critical = stage
                .raise_as(4, "BackupFailed", |alert| alert.about("CRITICAL", "Daily").severity(Severity::Critical));
        }
        if looks == 4 {
            let creations: Vec<_> = stage
                .world
                .sandbox
                .requests()
                .into_iter()
                .filter(|seen| seen.operation == "autotask.tickets.create")
                .collect();
            assert!(creations[0].body.contains(&critical.to_lowercase()), "it does not wait behind the others");
        }
        looks += 1;
        assert!(looks <= 40);
    }
    stage.each_active_alert_is_in_one_ticket();
    assert_eq!(stage.tickets().len(), STORM + 1);
}
