//! The `serve` command: every function on one machine, woken as on AWS: a schedule wakes `dispatch`, which
//! publishes events, which wake the jobs. It keeps time; the jobs do the work.

use crate::commands::{Exit, told};
use crate::machine::Machine;
use crate::session::{Session, asked_to_stop, note, watched};
use anyhow::Context;
use functions::events::SyncDue;
use functions::usage_sync::UsageRun;
use functions::{dispatch, usage_sync};
use jiff::civil::{Time, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use shared::ids::ConnectionId;
use shared::run::{Job, Mode};
use std::time::Duration;

/// When `usage-sync` is due, in the provider's time zone.
const USAGE_SYNC_AT: Time = time(4, 0, 0, 0);
/// How often the clock is looked at: a machine that slept, or whose clock was set, is late by no more.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Runs until Ctrl-C.
pub async fn run(mut session: Session) -> anyhow::Result<Exit> {
    session.set_up().await?;
    let mode = match session.mode {
        Mode::Plan => "only looks (MODE=plan); set MODE=apply to let it write",
        Mode::Apply => "makes the changes that need no approval or have it (MODE=apply)",
    };
    note(&format!(
        "acrotask serves connection {} from {}. It {mode}. Ctrl-C ends it.",
        session.connection, session.storage
    ));
    let mut stop = std::pin::pin!(asked_to_stop());
    loop {
        {
            let mut run = std::pin::pin!(wake_and_tell(&mut session));
            let stopped = tokio::select! {
                () = &mut run => false,
                () = stop.as_mut() => true,
            };
            if stopped {
                note(
                    "Finishing the run under way. Once more ends it at once; the next run then settles what was sent.",
                );
                return Ok(tokio::select! {
                    () = run => Exit::Done,
                    () = asked_to_stop() => Exit::Failed,
                });
            }
        }
        let next = match next_usage_sync(&session).await {
            Ok(next) => next,
            Err(error) => {
                note(&format!("acrotask: the schedule cannot be read ({error:#}); tried again in an hour"));
                session.machine.host.clock.now().checked_add(1.hour())?.to_zoned(TimeZone::UTC)
            }
        };
        note(&format!("Next usage-sync: {}", next.strftime("%Y-%m-%d %H:%M %Z")));
        tokio::select! {
            () = until(&session.machine, next.timestamp()) => {}
            () = stop.as_mut() => return Ok(Exit::Done),
        }
    }
}

/// One waking, told. What cannot even be recorded is told too, and tried again with the next schedule.
async fn wake_and_tell(session: &mut Session) {
    match wake(&mut session.machine, &session.connection, Job::UsageSync, session.mode).await {
        Ok(runs) => runs.iter().for_each(tell),
        Err(error) => note(&format!("acrotask: no run could be made or recorded: {error:#}")),
    }
}

/// One run with its time, and what it leaves to a person.
pub fn tell(run: &UsageRun) {
    let record = &run.record;
    note(&format!("{} {}: {}", record.started.strftime("%Y-%m-%d %H:%M:%S UTC"), record.job, told(record)));
    if record.counts.held > 0 {
        note("  What is held waits for a person: acrotask plan usage shows it and how to approve it");
    }
}

async fn until(machine: &Machine, then: Timestamp) {
    loop {
        let left = Duration::try_from(then.duration_since(machine.host.clock.now())).unwrap_or_default();
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LOOK_EVERY)).await;
    }
}

/// The next 04:00 in the connection's time zone.
async fn next_usage_sync(session: &Session) -> anyhow::Result<Zoned> {
    let host = &session.machine.host;
    let mapping = host.store.mapping(&session.connection).await?.unwrap_or_default();
    let zone = TimeZone::get(&mapping.settings.time_zone).context("settings.time_zone")?;
    let here = host.clock.now().to_zoned(zone.clone());
    let today_at = here.date().to_datetime(USAGE_SYNC_AT).to_zoned(zone.clone())?;
    if today_at > here {
        return Ok(today_at);
    }
    Ok(here.date().checked_add(1.day())?.to_datetime(USAGE_SYNC_AT).to_zoned(zone)?)
}

/// Wakes `dispatch` for a job and lets the events it publishes wake that job. Events of connections other
/// than `served` are left alone: their credentials are not on this machine.
pub async fn wake(machine: &mut Machine, served: &ConnectionId, job: Job, mode: Mode) -> anyhow::Result<Vec<UsageRun>> {
    dispatch::run(&machine.host.store, &machine.bus, job).await?;
    let mut runs = Vec::new();
    while let Ok(event) = machine.events.try_recv() {
        let due = SyncDue::from_invocation(event)?;
        if due.connection == *served {
            runs.push(carry_out(machine, &due, mode).await?);
        }
    }
    Ok(runs)
}

async fn carry_out(machine: &Machine, due: &SyncDue, mode: Mode) -> anyhow::Result<UsageRun> {
    let work = match due.job {
        Job::UsageSync => usage_sync::run(&machine.host, &due.connection, mode),
    };
    watched(&machine.host.progress, work).await
}
