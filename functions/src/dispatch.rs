//! The job that says what is due: one event per connection and job. Looks at no vendor.

use crate::events::{Bus, Event, SyncDue};
use crate::host::Host;
use crate::metrics;
use crate::store::Store;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use shared::ids::ConnectionId;
use shared::run::{Job, Outcome, RunRecord};

/// How old a run may be that is followed by another one: longer than from one hourly schedule to the next.
const FOLLOWED_WITHIN: SignedDuration = SignedDuration::from_mins(90);
/// How far back a good run is looked for of what is due once a day, and of what is due all the time. Longer than an
/// alarm waits.
const LOOKED_BACK_DAILY: SignedDuration = SignedDuration::from_hours(27);
const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(2);

/// For which connections a job is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// For all.
    Now,
    /// For those where it is this hour at the provider's, 0 to 23: a schedule that comes each hour has one for everybody.
    /// And for those where the run before left something that must not wait for a day.
    InHour(i8),
}

/// Publishes a `SyncDue` for each connection, and says for how many. Tells the longest time that a connection is without
/// a good run of the job. One whose memory cannot be read is an error, after all others were told.
pub async fn run(host: &Host, bus: &Bus, job: Job, due: Due) -> anyhow::Result<usize> {
    let now = host.clock.now();
    let mut events = Vec::new();
    let mut since_good_run = SignedDuration::ZERO;
    let mut unreadable = Ok(());
    for connection in host.store.connections().await? {
        match look(&host.store, &connection.id, job, due, now).await {
            Ok(look) => {
                since_good_run = since_good_run.max(look.since_good_run);
                events.extend(look.is_due.then_some(Event::SyncDue(SyncDue { connection: connection.id, job })));
            }
            Err(error) => unreadable = Err(error.context(format!("what is kept of {}", connection.id))),
        }
    }
    bus.publish(&events).await?;
    tracing::info!(%job, connections = events.len(), "due");
    metrics::tell_since_good_run(host.secrets.prefix(), job, now, since_good_run);
    unreadable.map(|()| events.len())
}

/// What is known of a job of one connection.
struct Look {
    is_due: bool,
    since_good_run: SignedDuration,
}

async fn look(store: &Store, id: &ConnectionId, job: Job, due: Due, now: Timestamp) -> anyhow::Result<Look> {
    let begin = now.saturating_sub(looked_back(job))?;
    let runs = store.runs_since(id, begin).await?;
    Ok(Look {
        is_due: is_due(store, id, due, now).await? || goes_on(&runs, job, now),
        since_good_run: now.duration_since(good_until(&runs, job, begin)),
    })
}

async fn is_due(store: &Store, id: &ConnectionId, due: Due, now: Timestamp) -> anyhow::Result<bool> {
    let Due::InHour(hour) = due else { return Ok(true) };
    // Boxed: the future of a reading is too deep to stand inside its caller's.
    let mapping = Box::pin(store.mapping(id)).await?.unwrap_or_default();
    // Of a time zone that nobody knows the job itself says what is wrong.
    let zone = TimeZone::get(&mapping.settings.time_zone).unwrap_or(TimeZone::UTC);
    Ok(now.to_zoned(zone).hour() == hour)
}

/// Whether a daily job's run of the last hour is to be followed by another one before the next day.
pub async fn is_followed(store: &Store, id: &ConnectionId, job: Job, now: Timestamp) -> anyhow::Result<bool> {
    let runs = store.runs_since(id, now.saturating_sub(FOLLOWED_WITHIN)?).await?;
    Ok(goes_on(&runs, job, now))
}

fn goes_on(runs: &[RunRecord], job: Job, now: Timestamp) -> bool {
    let is_late = |run: &&RunRecord| {
        run.job == job && run.outcome != Outcome::Skipped && now.duration_since(run.heard) <= FOLLOWED_WITHIN
    };
    // What a run for one company did says nothing of the others, but what it left unanswered counts.
    let last = runs.iter().filter(is_late).rfind(|run| run.everybody || run.unanswered_since.is_some());
    last.is_some_and(RunRecord::goes_on)
}

fn looked_back(job: Job) -> SignedDuration {
    match job {
        Job::UsageSync | Job::TicketChanged => LOOKED_BACK_DAILY,
        Job::ContractWatch | Job::ContractChanged | Job::AlertSync => LOOKED_BACK,
    }
}

/// Until when all was well: the end of the last good run that its schedule had asked for. A connection that is new was
/// well until its first run of any job.
fn good_until(runs: &[RunRecord], job: Job, begin: Timestamp) -> Timestamp {
    let last = runs.iter().filter(|run| run.job == job && run.is_of_schedule()).rfind(|run| run.is_good());
    last.map(|run| run.heard).or_else(|| runs.first().map(|run| run.started)).unwrap_or(begin).max(begin)
}
