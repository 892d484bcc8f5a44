//! The limit of requests per rolling 60 minutes and its growing latency. (Autotask developer help,
//! REST API thresholds and limits.) The limit of requests at a time is kept by the server.

use super::Autotask;
use crate::exchange::Reply;
use crate::settings::Settings;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::time::Duration;

const MINUTES: i64 = 60;

/// Requests in the rolling 60 minutes up to now.
pub(crate) fn hourly_use(autotask: &mut Autotask, now: Timestamp) -> usize {
    let window = SignedDuration::from_mins(MINUTES);
    let recent = &mut autotask.recent_requests;
    while let Some(first) = recent.front() {
        if now.duration_since(*first) < window {
            break;
        }
        recent.pop_front();
    }
    recent.len()
}

/// Counts the request, or refuses it once the limit is used up.
pub(crate) fn hourly_refusal(autotask: &mut Autotask, settings: &Settings, now: Timestamp) -> Option<Reply> {
    if hourly_use(autotask, now) >= settings.hourly_limit {
        let text = "The API request threshold for this database has been exceeded.";
        return Some(Reply {
            retry_after: settings.hourly_retry_after,
            ..Reply::json(429, &json!({"errors": [text]}))
        });
    }
    autotask.recent_requests.push_back(now);
    None
}

/// What an answer waits once half, and once three quarters, of the limit are used.
pub(crate) fn latency(autotask: &mut Autotask, settings: &Settings, now: Timestamp) -> Duration {
    if !settings.latency {
        return Duration::ZERO;
    }
    let used = hourly_use(autotask, now) * 100;
    if used >= settings.hourly_limit * 75 {
        Duration::from_secs(1)
    } else if used >= settings.hourly_limit * 50 {
        Duration::from_millis(500)
    } else {
        Duration::ZERO
    }
}

impl Autotask {
    /// `GET /ThresholdInformation`.
    pub(crate) fn threshold(&mut self, settings: &Settings, now: Timestamp) -> Reply {
        Reply::ok(&json!({
            "externalRequestThreshold": settings.hourly_limit,
            "requestThresholdTimeframe": MINUTES,
            "currentTimeframeRequestCount": hourly_use(self, now),
        }))
    }
}
