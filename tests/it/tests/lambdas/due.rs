//! For whom `dispatch` says that a daily job is due.

use crate::cloud::Cloud;
use functions::dispatch::{self, Due};
use jiff::{SignedDuration, Timestamp};
use shared::ids::ConnectionId;
use shared::run::{Job, Mode, RunRecord};

/// The connections for which usage sync is due at a moment, by a schedule that comes each hour for 04:00.
async fn due(cloud: &mut Cloud, now: Timestamp) -> Vec<String> {
    let due = Due::InHour(4, now);
    let told = dispatch::run(&cloud.host.store, &cloud.machine.bus, Job::UsageSync, due).await;
    let mut connections = Vec::new();
    while let Ok(event) = cloud.machine.events.try_recv() {
        assert_eq!(event["detail"]["job"], "usage-sync");
        connections.extend(event["detail"]["connection"].as_str().map(str::to_owned));
    }
    assert_eq!(told.expect("it is told"), connections.len());
    connections
}

async fn lives_in(cloud: &Cloud, connection: usize, time_zone: &str) {
    let id = &cloud.connections[connection].0;
    let mut mapping = cloud.host.store.mapping(id).await.expect("the table is read").expect("there is a mapping");
    mapping.settings.time_zone = time_zone.to_owned();
    cloud.host.store.save_mapping(id, &mapping).await.expect("the mapping is saved");
}

#[tokio::test]
async fn usage_sync_is_due_once_a_day_where_it_is_four_at_the_providers() {
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
async fn u6_usage_sync_is_due_again_within_the_hour_where_a_change_is_unanswered() {
    let mut cloud = Cloud::start().await;
    let noon: Timestamp = "2026-06-01T12:00:00Z".parse().expect("a time");
    let (north, store) = (cloud.connections[0].0.clone(), cloud.host.store.clone());
    let after = |minutes: i64| noon + SignedDuration::from_mins(minutes);
    let ran = async |id: &ConnectionId, job: Job, everybody: bool, minutes: i64, unanswered: Option<Timestamp>| {
        let (id, store) = (id.clone(), &store);
        let begun = RunRecord::begun("run".to_owned(), job, Mode::Apply, after(minutes));
        let record = RunRecord { everybody, unanswered_since: unanswered, ..begun };
        store.save_run(&id, &record).await.expect("the record is saved");
    };
    assert_eq!(due(&mut cloud, noon).await, [""; 0]);
    ran(&north, Job::UsageSync, true, 1, Some(noon)).await;
    ran(&north, Job::ContractWatch, true, 5, None).await;
    // A run for one company says nothing of the others.
    ran(&north, Job::UsageSync, false, 6, None).await;
    assert_eq!(due(&mut cloud, after(60)).await, ["north"]);
    ran(&north, Job::UsageSync, true, 61, None).await;
    assert_eq!(due(&mut cloud, after(120)).await, [""; 0], "it is settled");
    ran(&north, Job::UsageSync, false, 130, Some(after(129))).await;
    assert_eq!(due(&mut cloud, after(180)).await, ["north"]);
}
