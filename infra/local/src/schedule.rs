//! When which job is due on one machine: the schedules that the deployment's template has on AWS. It keeps time;
//! the jobs do the work.

use anyhow::Context;
use functions::context::Clock;
use functions::dispatch;
use functions::store::Store;
use jiff::civil::{Time, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use shared::ids::ConnectionId;
use shared::run::Job;
use std::collections::BTreeMap;
use std::time::Duration;

/// When `usage-sync` is due, in the provider's time zone.
const USAGE_SYNC_AT: Time = time(4, 0, 0, 0);
/// How often changed contracts, and alerts, are looked for.
const LOOKED_FOR_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// How often all tickets are looked at, for what no webhook told.
const TICKETS_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// When a schedule that cannot be read is looked at again, and when what is left of a day's work goes on.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// How often the clock is looked at: a machine that slept, or whose clock was set, is late by no more.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// What is due next of each job.
#[derive(Debug)]
pub struct Schedule {
    due: BTreeMap<Job, Timestamp>,
}

impl Schedule {
    /// Everything is due at once: who starts the program wants to see it work.
    pub fn new(now: Timestamp) -> Self {
        let jobs = [Job::ContractWatch, Job::UsageSync, Job::AlertSync, Job::TicketChanged];
        Self { due: jobs.map(|job| (job, now)).into() }
    }

    /// The job that is due first, and when.
    pub fn next(&self) -> (Job, Timestamp) {
        let first = self.due.iter().min_by_key(|(_, at)| **at);
        first.map(|(job, at)| (*job, *at)).expect("a schedule always has its jobs")
    }

    /// When a job is due.
    pub fn of(&self, job: Job) -> Option<Timestamp> {
        self.due.get(&job).copied()
    }

    /// Sets the next time of a job that was just done. A schedule that cannot be read is looked at again later,
    /// with the reason.
    pub async fn done(
        &mut self,
        job: Job,
        store: &Store,
        connection: &ConnectionId,
        now: Timestamp,
    ) -> Result<(), String> {
        let (next, told) = match job {
            Job::UsageSync => match next_usage_sync(store, connection, now).await {
                Ok(next) => (next, Ok(())),
                Err(error) => (now.checked_add(LOOK_AGAIN_AFTER).unwrap_or(now), Err(format!("{error:#}"))),
            },
            Job::TicketChanged => (now.checked_add(TICKETS_EVERY).unwrap_or(now), Ok(())),
            Job::ContractWatch | Job::ContractChanged | Job::AlertSync => {
                (now.checked_add(LOOKED_FOR_EVERY).unwrap_or(now), Ok(()))
            }
        };
        self.due.insert(job, next);
        told
    }
}

/// The next 04:00 in the connection's time zone, or an hour from now if something is left that must not wait for it.
async fn next_usage_sync(store: &Store, connection: &ConnectionId, now: Timestamp) -> anyhow::Result<Timestamp> {
    let mapping = store.mapping(connection).await?.unwrap_or_default();
    let zone = TimeZone::get(&mapping.settings.time_zone).context("settings.time_zone")?;
    if dispatch::is_followed(store, connection, Job::UsageSync, now).await? {
        return Ok(now.checked_add(LOOK_AGAIN_AFTER)?);
    }
    let here = now.to_zoned(zone.clone());
    let today_at = here.date().to_datetime(USAGE_SYNC_AT).to_zoned(zone.clone())?;
    if today_at > here {
        return Ok(today_at.timestamp());
    }
    Ok(here.date().checked_add(1.day())?.to_datetime(USAGE_SYNC_AT).to_zoned(zone)?.timestamp())
}

/// Waits until a moment of `clock`.
pub async fn until(clock: &Clock, then: Timestamp) {
    loop {
        let left = Duration::try_from(then.duration_since(clock.now())).unwrap_or_default();
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LOOK_EVERY)).await;
    }
}
