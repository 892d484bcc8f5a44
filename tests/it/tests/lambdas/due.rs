//! For whom `dispatch` says that a daily job is due.

use crate::cloud::Cloud;
use functions::context::Clock;
use functions::dispatch::{self, Due};
use functions::host::Host;
use it::logs;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared::run::{Job, Mode, Outcome, RunRecord};

/// The connections for which usage sync is due at a moment, by a schedule that comes each hour for 04:00.
async fn due(cloud: &mut Cloud, now: Timestamp) -> Vec<String> {
    let host = Host { clock: Clock::set_to(now), ..cloud.host.clone() };
    let told = dispatch::run(&host, &cloud.machine.bus, Job::UsageSync, Due::InHour(4)).await;
    let mut connections = Vec::new();
    while let Ok(event) = cloud.machine.events.try_recv() {
        assert_eq!(event["detail"]["job"], "usage-sync");
        connections.extend(event["detail"]["connection"].as_str().map(str::to_owned));
    }
    assert_eq!(told.expect("it is told"), connections.len());
    connections
}

fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().expect("a time")
}

fn after(minutes: i64) -> Timestamp {
    noon() + SignedDuration::from_mins(minutes)
}

/// A run of a job for the first connection that was complete, but for what is `odd` with it.
async fn ran(cloud: &Cloud, job: Job, minutes: i64, odd: impl FnOnce(&mut RunRecord)) {
    let begun = RunRecord::begun("run".to_owned(), job, Mode::Apply, after(minutes));
    let mut record = RunRecord { outcome: Outcome::Complete, ..begun };
    odd(&mut record);
    cloud.host.store.save_run(&cloud.connections[0].0, &record).await.expect("the record is saved");
}

async fn lives_in(cloud: &Cloud, connection: usize, time_zone: &str) {
    let id = &cloud.connections[connection].0;
    let mut mapping = cloud.host.store.mapping(id).await.expect("the table is read").expect("there is a mapping");
    mapping.settings.time_zone = time_zone.to_owned();
    cloud.host.store.save_mapping(id, &mapping).await.expect("the mapping is saved");
}

#[tokio::test]
async fn a21_usage_sync_is_due_once_a_day_where_it_is_four_at_the_providers() {
    let mut cloud = Cloud::start().await;
    lives_in(&cloud, 0, "America/New_York").await;
    lives_in(&cloud, 1, "Asia/Kolkata").await;
    let midnight: Timestamp = "2026-06-01T00:30:00Z".parse().expect("a time");
    for hour in 0..24 {
        let now = midnight + SignedDuration::from_hours(hour);
        let expected: &[&str] = match hour {
            // 04:30 in summer in New York.
            8 => &["north"],
            // 04:00 in India.
            22 => &["south"],
            _ => &[],
        };
        assert_eq!(due(&mut cloud, now).await, expected, "{now}");
    }
}

#[tokio::test]
async fn u6_usage_sync_is_due_again_within_the_hour_where_something_is_left_to_do() {
    let mut cloud = Cloud::start().await;
    let nobody = [""; 0];
    assert_eq!(due(&mut cloud, noon()).await, nobody);
    ran(&cloud, Job::UsageSync, 1, |run| run.unanswered_since = Some(noon())).await;
    ran(&cloud, Job::ContractWatch, 5, |_| ()).await;
    // A run for one company says nothing of the others, and one that gave way of nobody.
    ran(&cloud, Job::UsageSync, 6, |run| run.everybody = false).await;
    ran(&cloud, Job::UsageSync, 7, |run| run.outcome = Outcome::Skipped).await;
    assert_eq!(due(&mut cloud, after(60)).await, ["north"]);
    ran(&cloud, Job::UsageSync, 61, |_| ()).await;
    assert_eq!(due(&mut cloud, after(120)).await, nobody, "it is settled");
    ran(&cloud, Job::UsageSync, 130, |run| (run.everybody, run.unanswered_since) = (false, Some(after(129)))).await;
    assert_eq!(due(&mut cloud, after(180)).await, ["north"]);
    ran(&cloud, Job::UsageSync, 181, |run| run.outcome = Outcome::Stopped("its share is used up".to_owned())).await;
    assert_eq!(due(&mut cloud, after(240)).await, ["north"]);
    ran(&cloud, Job::UsageSync, 241, |run| run.outcome = Outcome::Failed("Acronis is not there".to_owned())).await;
    assert_eq!(due(&mut cloud, after(300)).await, ["north"]);
    ran(&cloud, Job::UsageSync, 301, |run| {
        (run.outcome, run.counts.refused) = (Outcome::Failed("1 refused by the vendor".to_owned()), 1);
    })
    .await;
    assert_eq!(due(&mut cloud, after(360)).await, nobody, "it is asked for again tomorrow");
    ran(&cloud, Job::UsageSync, 361, |run| run.outcome = Outcome::Running).await;
    assert_eq!(due(&mut cloud, after(420)).await, ["north"], "its process died");
    assert_eq!(due(&mut cloud, after(480)).await, nobody, "it was due once more");
}

/// What `dispatch` tells of the time since a good run of a job, in minutes.
async fn since_good_run(cloud: &Cloud, job: Job) -> i64 {
    let mut dispatch = cloud.function("dispatch", "apply").await;
    crate::response(dispatch.invoke(json!({"job": job})).await);
    let written = dispatch.end().await;
    let [line] = &logs::metrics(&written)[..] else { panic!("one line: {written}") };
    assert_eq!([&line["Job"], &line["_aws"]["CloudWatchMetrics"][0]["Dimensions"]], [&json!(job), &json!([["Job"]])]);
    line["SinceGoodRun"].as_i64().expect("a number") / 60
}

#[tokio::test]
async fn the_time_since_the_last_good_run_is_that_of_the_connection_which_is_worst_off() {
    let cloud = Cloud::start().await;
    let now = cloud.host.clock.now();
    let ago = |minutes: i64| now - SignedDuration::from_mins(minutes);
    assert_eq!(since_good_run(&cloud, Job::ContractWatch).await, 120, "neither ever ran");
    for (connection, minutes, outcome) in [
        (0, 3, Outcome::Complete),
        (1, 50, Outcome::Complete),
        (1, 9, Outcome::Failed("Autotask is not there".to_owned())),
        (1, 8, Outcome::Stopped("no answer in time".to_owned())),
        (1, 7, Outcome::Skipped),
    ] {
        let begun = RunRecord::begun("run".to_owned(), Job::ContractWatch, Mode::Apply, ago(minutes));
        let record = RunRecord { outcome, ..begun };
        cloud.host.store.save_run(&cloud.connections[connection].0, &record).await.expect("the record is saved");
    }
    assert_eq!(since_good_run(&cloud, Job::ContractWatch).await, 50);
    // Of another job nothing is known, but since when anything ran at all.
    assert_eq!(since_good_run(&cloud, Job::UsageSync).await, 50);
    let ends = [
        ("a", Outcome::Stopped("its share is used up".to_owned()), 0),
        ("b", Outcome::Failed("1 refused".to_owned()), 1),
    ];
    for (number, (id, outcome, refused)) in ends.into_iter().enumerate() {
        let mut record = RunRecord::begun(id.to_owned(), Job::UsageSync, Mode::Apply, ago(20));
        (record.outcome, record.counts.refused, record.plan) = (outcome, refused, Some("plan".to_owned()));
        cloud.host.store.save_run(&cloud.connections[number].0, &record).await.expect("the record is saved");
    }
    assert_eq!(since_good_run(&cloud, Job::UsageSync).await, 20, "both had a plan and did what they could");
}

#[tokio::test]
async fn a_look_at_what_changed_of_alerts_is_a_good_run_and_one_at_a_few_tickets_or_customers_is_not() {
    let cloud = Cloud::start().await;
    let now = cloud.host.clock.now();
    let ago = |minutes: i64| now - SignedDuration::from_mins(minutes);
    for (job, expected) in [(Job::AlertSync, 4), (Job::TicketChanged, 40), (Job::UsageSync, 40)] {
        for ((connection, _), minutes, everybody) in
            cloud.connections.iter().flat_map(|one| [(one, 40, true), (one, 4, false)])
        {
            let begun = RunRecord::begun(job.to_string(), job, Mode::Apply, ago(minutes));
            let record = RunRecord { everybody, outcome: Outcome::Complete, ..begun };
            cloud.host.store.save_run(connection, &record).await.expect("the record is saved");
        }
        assert_eq!(since_good_run(&cloud, job).await, expected, "{job}");
    }
}

#[tokio::test]
async fn a_connection_whose_runs_cannot_be_read_holds_up_no_other_and_is_an_error() {
    let mut cloud = Cloud::start().await;
    ran(&cloud, Job::ContractWatch, 0, |_| ()).await;
    let spoiled = cloud.spoil_runs(0).await;
    assert_eq!(spoiled, 1);
    let host = Host { clock: Clock::set_to(noon()), ..cloud.host.clone() };
    let told = dispatch::run(&host, &cloud.machine.bus, Job::ContractWatch, Due::Now).await;
    let text = format!("{:#}", told.expect_err("one is not told"));
    assert!(text.contains("what is kept of north"), "{text}");
    let event = cloud.machine.events.try_recv().expect("the other is told");
    assert_eq!(event["detail"]["connection"], "south");
    assert!(cloud.machine.events.try_recv().is_err());
}
