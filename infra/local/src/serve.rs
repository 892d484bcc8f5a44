//! The `serve` command: every function on one machine, woken as on AWS: a schedule wakes `dispatch`, which
//! publishes events, which wake the jobs. It keeps time; the jobs do the work.

use crate::commands::{Exit, told};
use crate::machine::Machine;
use crate::session::{Session, note, watched};
use anyhow::Context;
use functions::events::SyncDue;
use functions::{dispatch, usage_sync};
use jiff::civil::{Time, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use shared::ids::ConnectionId;
use shared::run::{Job, Mode, RunRecord};
use std::pin::Pin;
use std::time::Duration;

/// When `usage-sync` is due, in the provider's time zone.
const USAGE_SYNC_AT: Time = time(4, 0, 0, 0);

/// Runs until Ctrl-C.
pub async fn run(mut session: Session) -> anyhow::Result<Exit> {
    session.set_up().await?;
    let mode = match session.mode {
        Mode::Plan => "only looks (MODE=plan); set MODE=apply to let it write",
        Mode::Apply => "writes what is approved (MODE=apply)",
    };
    note(&format!(
        "acrotask serves connection {} from {}. It {mode}. Ctrl-C ends it.",
        session.connection, session.storage
    ));
    let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        if wake_or_finish(&mut session, stop.as_mut()).await? {
            return Ok(Exit::Done);
        }
        let now = session.machine.host.clock.now();
        let next = next_usage_sync(&session.machine, &session.connection, now).await?;
        note(&format!("Next usage-sync: {}", next.strftime("%Y-%m-%d %H:%M %Z")));
        let wait = Duration::try_from(next.timestamp().duration_since(now)).unwrap_or_default();
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = &mut stop => return Ok(Exit::Done),
        }
    }
}

/// Wakes the jobs; where Ctrl-C comes meanwhile, the run under way is finished and true given.
async fn wake_or_finish(
    session: &mut Session,
    stop: Pin<&mut impl Future<Output = std::io::Result<()>>>,
) -> anyhow::Result<bool> {
    let mut woken = std::pin::pin!(wake(&mut session.machine, Job::UsageSync, session.mode));
    tokio::select! {
        ended = &mut woken => ended.map(|()| false),
        _ = stop => {
            note("Finishing the run under way; nothing new is begun.");
            woken.await.map(|()| true)
        }
    }
}

/// The next 04:00 in the connection's time zone after `now`.
async fn next_usage_sync(machine: &Machine, connection: &ConnectionId, now: Timestamp) -> anyhow::Result<Zoned> {
    let mapping = machine.host.store.mapping(connection).await?.unwrap_or_default();
    let zone = TimeZone::get(&mapping.settings.time_zone).context("settings.time_zone")?;
    let here = now.to_zoned(zone.clone());
    let today_at = here.date().to_datetime(USAGE_SYNC_AT).to_zoned(zone.clone())?;
    if today_at > here {
        return Ok(today_at);
    }
    Ok(here.date().checked_add(1.day())?.to_datetime(USAGE_SYNC_AT).to_zoned(zone)?)
}

/// Wakes `dispatch` for a job and lets every event it publishes wake that job; tells each run.
pub async fn wake(machine: &mut Machine, job: Job, mode: Mode) -> anyhow::Result<()> {
    dispatch::run(&machine.host.store, &machine.bus, job).await?;
    while let Ok(event) = machine.events.try_recv() {
        let due = SyncDue::from_invocation(event)?;
        let record = carry_out(machine, &due, mode).await?;
        note(&format!("{} {} {}: {}", record.started.strftime("%H:%M:%S"), due.job, due.connection, told(&record)));
    }
    Ok(())
}

async fn carry_out(machine: &Machine, due: &SyncDue, mode: Mode) -> anyhow::Result<RunRecord> {
    let work = match due.job {
        Job::UsageSync => usage_sync::run(&machine.host, &due.connection, mode),
    };
    Ok(watched(&machine.host.progress, work).await?.record)
}
