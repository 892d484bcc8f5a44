//! What a look costs when nothing changed (B3), and how soon an alert is a ticket.

use crate::stage::{COMPLETE, Stage};
use acrotask::schedule::Schedule;
use acrotask::table::client_at;
use aws_sdk_dynamodb::types::AttributeValue;
use it::wire::Wire;
use jiff::SignedDuration;
use sandbox::Vendor;
use shared::run::Job;
use std::collections::{BTreeMap, HashMap};

type Stored = BTreeMap<String, HashMap<String, AttributeValue>>;

/// All that is in the table.
pub(crate) async fn stored(wire: &Wire) -> Stored {
    let table = client_at(&wire.table_url);
    let mut pages = table.scan().table_name("acrotask").consistent_read(true).into_paginator().send();
    let mut stored = Stored::new();
    while let Some(page) = pages.next().await {
        for item in page.expect("the table is read").items.unwrap_or_default() {
            let key = |name: &str| item[name].as_s().expect("keys are texts").clone();
            stored.insert(format!("{} {}", key("pk"), key("sk")), item);
        }
    }
    stored
}

/// The keys under which something is not as it was.
pub(crate) fn written(before: &Stored, after: &Stored) -> Vec<String> {
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    let new = after.iter().filter(|(key, item)| before.get(*key) != Some(item)).map(|(key, _)| key);
    gone.chain(new).cloned().collect()
}

/// What an idle look asks, and what it writes besides its record and lease.
async fn idle_look(stage: &Stage, wire: &Wire) -> (Vec<String>, Vec<String>) {
    let before = stored(wire).await;
    stage.forget_requests();
    let run = stage.next_look().await;
    assert_eq!(run.record.counts.changes, 0, "{:?}", run.record);
    let asked = stage.world.sandbox.requests().iter().map(|seen| seen.operation.clone()).collect();
    let mut written = written(&before, &stored(wire).await);
    written.retain(|key| !key.contains("#runs") && !key.contains("#lease"));
    (asked, written)
}

#[tokio::test]
async fn b3_an_idle_look_asks_acronis_twice_and_autotask_nothing_and_writes_its_record_and_lease() {
    let (stage, wire) = Stage::wired(3).await;
    stage.raise(0, "SRV-01");
    let unmapped = stage.vendors(|world| world.add_tenant("Nobody's", None));
    stage.vendors(|world| world.raise_alert(&unmapped, "BackupFailed"));
    stage.next_look().await;
    let mut cursor_moved = 0;
    for _ in 0..10 {
        let (asked, written) = idle_look(&stage, &wire).await;
        assert_eq!(asked, ["acronis.token", "acronis.alerts"]);
        let others: Vec<&String> = written.iter().filter(|key| !key.contains("#cursors alert-sync")).collect();
        assert_eq!(others, [""; 0]);
        cursor_moved += written.len();
    }
    assert!(cursor_moved <= 4, "it moves until what was seen lies behind it: {cursor_moved}");
}

#[tokio::test]
async fn b3_with_customers_that_manage_themselves_it_asks_acronis_three_times() {
    let (stage, wire) = Stage::wired(5).await;
    for customer in [1, 3] {
        let tenant = stage.customers[customer].tenant.clone();
        stage.vendors(|world| world.set_self_service(&tenant, true));
    }
    stage.raise(1, "SRV-01");
    stage.world.pass_days(1);
    stage.next_look().await;
    assert_eq!(stage.tickets().len(), 1);
    for _ in 0..4 {
        let (asked, _) = idle_look(&stage, &wire).await;
        assert_eq!(asked, ["acronis.token", "acronis.alerts", "acronis.customer_alerts"]);
    }
}

#[tokio::test]
async fn b3_a_storm_is_listed_no_longer_than_the_looks_overlap() {
    let (stage, wire) = Stage::wired(1).await;
    let tenant = stage.customers[0].tenant.clone();
    stage.vendors(|world| world.alert_storm(&tenant, "BackupFailed", 350));
    for _ in 0..5 {
        stage.next_look().await;
    }
    let (asked, _) = idle_look(&stage, &wire).await;
    assert_eq!(asked, ["acronis.token", "acronis.alerts"], "one page, and nothing on it");
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn t7_an_alert_that_is_shown_late_is_a_ticket_all_the_same() {
    let stage = Stage::open(1).await;
    let hide = |hidden: bool| assert!(stage.vendors(|world| world.enable_alert_type("NoBackupForXDays", !hidden)));
    for round in 0..4 {
        // Others are shown in time and take the cursor along, or nothing happens at all.
        let others = |number: usize| (round % 2 == 0).then(|| stage.raise(0, &format!("SRV-{round}-{number}")));
        others(0);
        stage.next_look().await;
        hide(true);
        stage.pass_minutes(4);
        stage.raise_of(0, "NoBackupForXDays", &format!("LATE-{round}"));
        stage.pass_minutes(1);
        for number in 1..3 {
            others(number);
            stage.look().await;
            stage.pass_minutes(5);
        }
        hide(false);
        stage.look().await;
        stage.each_active_alert_is_in_one_ticket();
    }
}

#[tokio::test]
async fn t7_clocks_that_differ_lose_nothing() {
    for minutes_ahead in [-50, -3, 3, 50] {
        let stage = Stage::open(1).await;
        // The vendors' clock is ahead of ours, or behind it.
        let set_ours = || {
            let ours = stage.world.now() - SignedDuration::from_mins(minutes_ahead);
            stage.world.clock.set(ours);
        };
        stage.set(|tickets| (tickets.enabled, tickets.auto_close) = (true, true)).await;
        for number in 0..6 {
            let alert = stage.raise(0, &format!("SRV-{number}"));
            let waits = [2, 20, 70][number % 3];
            stage.pass_minutes(waits);
            set_ours();
            stage.look().await;
            assert_eq!(stage.tickets().len(), number + 1, "{minutes_ahead} minutes ahead");
            if number % 2 == 0 {
                stage.clear(&alert);
                stage.pass_minutes(waits);
                set_ours();
                stage.look().await;
            }
        }
        assert_eq!(stage.tickets().iter().filter(|ticket| ticket.status == COMPLETE).count(), 3);
        stage.each_active_alert_is_in_one_ticket();
    }
}

#[tokio::test]
async fn an_alert_is_a_ticket_within_one_schedule() {
    let stage = Stage::open(3).await;
    let (store, connection) = (&stage.world.host.store, &stage.world.connection);
    let mut schedule = Schedule::new(stage.world.now());
    for job in [Job::ContractWatch, Job::UsageSync, Job::TicketChanged] {
        schedule.done(job, store, connection, stage.world.now()).await.expect("it is scheduled");
    }
    let mut raised = BTreeMap::new();
    for number in 0..40_i64 {
        // Two or three for each look, at any second.
        stage.world.pass_seconds(97 + number * 7 % 61);
        let alert = stage.raise(usize::try_from(number % 3).expect("small"), &format!("SRV-{number:02}"));
        raised.insert(alert.to_lowercase(), stage.world.now());
        let (job, due) = schedule.next();
        if due > stage.world.now() {
            continue;
        }
        if job == Job::AlertSync {
            stage.look().await;
            for ticket in stage.tickets() {
                let alert = ticket.external_id.trim_start_matches("acronis:");
                let Some(raised_at) = raised.remove(alert) else { continue };
                let waited = stage.world.now().duration_since(raised_at);
                assert!(waited <= SignedDuration::from_mins(5 + 3), "{waited:#}");
            }
        }
        schedule.done(job, store, connection, stage.world.now()).await.expect("it is scheduled");
    }
    assert!(raised.len() < 4, "{} wait for the next look", raised.len());
    assert!(stage.calls(Vendor::Autotask) > 0);
}
