//! Autotask: requests at a time, and requests per hour.

use crate::client::Desk;
use sandbox::{Fault, FaultKind};
use serde_json::json;

const SLOW: FaultKind = FaultKind::Delay { millis: 150 };

#[tokio::test]
async fn a_fourth_request_at_a_time_on_one_endpoint_is_refused() {
    let desk = Desk::small().await;
    desk.sandbox.fail(Fault::always("autotask.", SLOW));
    let one = || desk.get("/Companies/0");
    let (a, b, c, d, other) = tokio::join!(one(), one(), one(), one(), desk.get("/Services/101"));
    let mut statuses = [a.status, b.status, c.status, d.status];
    statuses.sort_unstable();
    assert_eq!((statuses, other.status), ([200, 200, 200, 429], 200));
    let refused = [a, b, c, d].into_iter().find(|answer| answer.status == 429).expect("one refused");
    assert!(refused.first_error().contains("API thread threshold of 3 threads has been exceeded"));
    assert_eq!(desk.sandbox.most_at_a_time().get("autotask.companies.get"), Some(&4));
}

#[tokio::test]
async fn the_thread_limit_can_come_under_status_500_and_spares_the_zone() {
    let desk = Desk::small().await;
    desk.world(|world| world.settings.thread_status = 500);
    desk.sandbox.fail(Fault::always("autotask.", SLOW));
    let one = || desk.get("/Companies/0");
    let (a, b, c, d) = tokio::join!(one(), one(), one(), one());
    assert_eq!([a, b, c, d].iter().filter(|answer| answer.status == 500).count(), 1);
    let user = desk.sandbox.credentials().autotask_user_name;
    let path = format!("/zoneInformation?user={user}");
    let zone = || desk.get(&path);
    let (a, b, c, d) = tokio::join!(zone(), zone(), zone(), zone());
    assert!([a, b, c, d].iter().all(|answer| answer.status == 200));
}

#[tokio::test]
async fn the_hourly_limit_holds_for_a_rolling_hour_of_sandbox_time() {
    let desk = Desk::small().await;
    desk.world(|world| world.settings.hourly_limit = 3);
    for _ in 0..2 {
        assert_eq!(desk.get("/Companies/0").await.status, 200);
    }
    let threshold = desk.get("/ThresholdInformation").await;
    let counted =
        json!({"externalRequestThreshold": 3, "requestThresholdTimeframe": 60, "currentTimeframeRequestCount": 3});
    assert_eq!(threshold.body, counted);
    let refused = desk.get("/Companies/0").await;
    assert_eq!((refused.status, refused.retry_after), (429, None));
    desk.world(|world| world.settings.hourly_retry_after = Some(60));
    assert_eq!(desk.get("/Companies/0").await.retry_after.as_deref(), Some("60"));
    let hour_later = desk.world(|world| world.now().checked_add(jiff::SignedDuration::from_mins(60)));
    desk.sandbox.set_now(hour_later.expect("in range"));
    assert_eq!(desk.get("/Companies/0").await.status, 200);
}
