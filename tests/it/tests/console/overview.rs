//! The overview: its numbers are those that the runs recorded, and a click on "Sync now" is one sync.

use crate::stage::{Stage, connection, now, run};
use functions::events::{Event, SyncDue};
use jiff::{SignedDuration, Timestamp};
use shared::ids::ConnectionId;
use shared::person::Role;
use shared::run::{Job, Mode, Outcome, RunCounts, RunRecord};

fn minutes_ago(minutes: i64) -> Timestamp {
    now().checked_sub(SignedDuration::from_mins(minutes)).expect("it is in the calendar")
}

#[tokio::test]
async fn it_shows_what_the_last_runs_recorded_and_of_no_other_connection() {
    let stage = Stage::start().await;
    let viewer = stage.session_with(Role::Viewer).await;
    stage.get(&viewer, "/").await.is(200).shows("It has not run yet.").shows("Nothing waits for approval.");
    let counts = RunCounts { changes: 31, made: 27, held: 4, findings: 2, ..RunCounts::default() };
    let findings = vec!["Anna AG: 2 Servers not billed → add the service".to_owned(), "no advice".to_owned()];
    let early = RunRecord { autotask_calls: 1_000, ..run("1", minutes_ago(70)) };
    let late = RunRecord { counts, findings, autotask_calls: 123, ..run("2", minutes_ago(20)) };
    let late = RunRecord { autotask_used: Some((777, 20_000)), ..late };
    let counts = RunCounts { held: 6, ..RunCounts::default() };
    let quotas = RunRecord { job: Job::ContractChanged, everybody: false, counts, ..run("3", minutes_ago(10)) };
    let quotas = RunRecord { autotask_calls: 7, ..quotas };
    for record in [&early, &late, &quotas] {
        stage.save_run("north", record).await;
    }
    let page = stage.get(&viewer, "/?connection=north").await.is(200);
    let page = page.shows("4 changes of units are held").shows("at least 6 changes of quotas and tenants are held");
    let page = page.shows("Anna AG: 2 Servers not billed").shows("→ <bdi>add the service</bdi>").shows("no advice");
    let page = page.shows("<td class=\"number\">31</td><td class=\"number\">27</td><td class=\"number\">4</td>");
    let page = page.shows("<strong>130</strong> of 8000, our share of 40 %").shows("777 of 20000");
    let page = page.shows("2026-11-10 09:10").shows("2026-11-11 04:00");
    page.hides("1130").hides("Sync now");
    let south = stage.get(&viewer, "/?connection=south").await.is(200);
    south.hides("Anna AG").hides("are held").hides("777").shows("It has not run yet.");
}

#[tokio::test]
async fn a_first_plan_that_waits_and_a_run_that_failed_are_told() {
    let stage = Stage::start().await;
    let viewer = stage.session_with(Role::Viewer).await;
    let mut first = connection("south");
    first.first_plan_approved = false;
    stage.machine.host.store.save_connection(&first).await.expect("it is stored");
    let counts = RunCounts { held: 1, ..RunCounts::default() };
    stage.save_run("south", &RunRecord { counts, mode: Mode::Plan, ..run("1", minutes_ago(5)) }).await;
    let page = stage.get(&viewer, "/?connection=south").await;
    page.shows("1 change of units is held: the first plan waits for approval");
    let outcome = Outcome::Failed("Acronis answered 403".to_owned());
    stage.save_run("south", &RunRecord { outcome, ..run("2", minutes_ago(2)) }).await;
    let page = stage.get(&viewer, "/?connection=south").await;
    page.shows("It does not work: the last run of usage-sync, 2 minutes ago, failed.").shows("Acronis answered 403");
}

#[tokio::test]
async fn a_click_is_one_sync_which_is_under_way_until_its_record_is_there() {
    let mut stage = Stage::start().await;
    let operator = stage.session_with(Role::Operator).await;
    stage.save_run("north", &run("before", minutes_ago(1))).await;
    let sent = stage.submit(&operator, "/sync", &[("connection", "north")]).await.is(303);
    let due = SyncDue { connection: ConnectionId::new("north"), job: Job::UsageSync };
    assert_eq!(stage.published(), [Event::SyncDue(due)]);
    let shown = sent.header("location").to_owned();
    assert!(shown.starts_with("/?connection=north&since="), "{shown}");
    let polled = shown.replacen("/?", "/sync?", 1);
    let is = async |state: &str| {
        assert_eq!(stage.get(&operator, &polled).await.is(200).text, state);
        stage.get(&operator, &shown).await.is(200).shows(&format!("data-sync=\"{state}\""));
    };
    is("under-way").await;
    let south = polled.replace("north", "south");
    let started = now().checked_add(SignedDuration::from_secs(2)).expect("it is in the calendar");
    stage.save_run("north", &RunRecord { job: Job::AlertSync, ..run("alerts", started) }).await;
    is("under-way").await;
    stage.save_run("north", &RunRecord { outcome: Outcome::Running, ..run("sync", started) }).await;
    is("under-way").await;
    stage.save_run("north", &run("sync", started)).await;
    is("done").await;
    assert_eq!(stage.get(&operator, &south).await.text, "under-way", "another connection's run says nothing");
    assert!(stage.published().is_empty(), "looking asks for nothing");
}

#[tokio::test]
async fn a_sync_that_nobody_heard_of_is_not_waited_for_and_one_of_no_connection_is_none() {
    let mut stage = Stage::start().await;
    let operator = stage.session_with(Role::Operator).await;
    for nowhere in ["east", "", "north#runs", "north\u{0}"] {
        stage.submit(&operator, "/sync", &[("connection", nowhere)]).await.is(404);
    }
    assert!(stage.published().is_empty());
    let polled = format!("/sync?connection=north&since={}", crate::stage::NOW);
    stage.jobs_clock.set(now().checked_add(SignedDuration::from_mins(14)).expect("it is in the calendar"));
    assert_eq!(stage.get(&operator, &polled).await.text, "under-way");
    stage.jobs_clock.set(now().checked_add(SignedDuration::from_mins(15)).expect("it is in the calendar"));
    assert_eq!(stage.get(&operator, &polled).await.text, "silent");
}
