//! Who is woken by what on one machine: a schedule wakes `dispatch`, which publishes events, which wake the jobs.
//! What a job could not do comes again, as it does from a queue.

use crate::machine::Machine;
use crate::session::watched;
use functions::alert_sync::{self, Look};
use functions::dispatch::{self, Due};
use functions::events::{Batch, Event, Message};
use functions::run::{Run, Scope, work_off, work_off_tickets};
use functions::ticket_changed::{self, Tickets};
use functions::{contract_changed, contract_watch, setup, usage_sync};
use serde_json::Value;
use shared::ids::{ConnectionId, TicketId};
use shared::run::{Job, Mode, Outcome};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// How often a change event is given to its job, as with the queues on AWS; then it is the sweep's.
const MOST_RECEIVES: u32 = 20;

/// What is quick and is waited for goes before what takes long.
const IN_THIS_ORDER: [Job; 5] =
    [Job::TicketChanged, Job::AlertSync, Job::ContractWatch, Job::ContractChanged, Job::UsageSync];

/// A change event that a job could not work off yet.
#[derive(Debug, Clone)]
pub struct Again {
    event: Event,
    job: Job,
    receives: u32,
}

/// Wakes `dispatch` for a job, and all that follows. Events of connections other than `served` are left alone:
/// their credentials are not on this machine.
pub async fn wake(machine: &mut Machine, served: &ConnectionId, job: Job, mode: Mode) -> anyhow::Result<Vec<Run>> {
    dispatch::run(&machine.host, &machine.bus, job, Due::Now).await?;
    heed(machine, |connection| connection == served, None, mode).await
}

/// Lets `first` and all that has arrived for who is served wake its jobs, and what their events wake in turn.
pub async fn heed(
    machine: &mut Machine,
    is_served: impl Fn(&ConnectionId) -> bool,
    first: Option<Value>,
    mode: Mode,
) -> anyhow::Result<Vec<Run>> {
    let mut runs = Vec::new();
    let mut first = first;
    let mut waiting = std::mem::take(&mut machine.again);
    loop {
        let arrived = first.take().into_iter().chain(std::iter::from_fn(|| machine.events.try_recv().ok()));
        let events: Vec<Event> = arrived.map(Event::from_invocation).collect::<anyhow::Result<_>>()?;
        let ours = events.into_iter().filter(|event| is_served(event.connection()));
        for event in ours {
            if let Event::CredentialsOffered(offered) = &event {
                // Who offered them is told what is wrong, and so is the log; nobody else waits for it.
                if let Err(error) = watched(&machine.host.progress, setup::take_up(&machine.host, offered)).await {
                    tracing::error!(connection = %offered.connection, "credentials cannot be checked: {error:#}");
                }
                continue;
            }
            if let Event::AlertsAsked(asked) = &event {
                let read = alert_sync::read_for_replay(&machine.host, &asked.connection, asked.days);
                // Who asked is told what went wrong, and may ask again.
                match watched(&machine.host.progress, read).await {
                    Ok(run) => runs.push(run),
                    Err(error) => tracing::error!(connection = %asked.connection, "alerts are not read: {error:#}"),
                }
                continue;
            }
            for job in event.wakes() {
                waiting.push(Again { event: event.clone(), job: *job, receives: 0 });
            }
        }
        if waiting.is_empty() {
            return Ok(runs);
        }
        for job in IN_THIS_ORDER {
            let (of_job, others): (Vec<Again>, Vec<Again>) = waiting.into_iter().partition(|one| one.job == job);
            waiting = others;
            match work(machine, job, of_job.clone(), mode).await {
                Ok(made) => runs.extend(made),
                Err(error) => {
                    // Nothing is lost with a run that could not even be recorded.
                    machine.again.extend(of_job.into_iter().chain(waiting));
                    return Err(error);
                }
            }
        }
        waiting.clear();
    }
}

/// One run of a job for all events that wake it.
async fn work(machine: &mut Machine, job: Job, woken: Vec<Again>, mode: Mode) -> anyhow::Result<Vec<Run>> {
    let (due, changes): (Vec<Again>, Vec<Again>) =
        woken.into_iter().partition(|one| matches!(one.event, Event::SyncDue(_)));
    let progress = machine.host.progress.clone();
    if let Some(Again { event, .. }) = due.first() {
        // Everybody is looked at, and so is whom the changes are about.
        let run = watched(&progress, run(machine, event.connection(), job, Scope::Everybody, mode)).await?;
        if run.record.outcome != Outcome::Complete {
            machine.again.extend(changes);
        }
        return Ok(vec![run]);
    }
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let message = |(number, again): (usize, &Again)| Message { id: number.to_string(), event: again.event.clone() };
    let messages: Vec<Message> = changes.iter().enumerate().map(message).collect();
    let batch = Batch { messages, unreadable: Vec::new() };
    let runs = RefCell::new(Vec::new());
    let keep = |run: anyhow::Result<Run>| run.inspect(|run| runs.borrow_mut().push(run.clone()));
    let answer = match job {
        Job::TicketChanged => {
            let at_work = async |connection: &ConnectionId, tickets: BTreeSet<TicketId>| {
                keep(ticket_changed::run(&machine.host, connection, Tickets::Only(tickets), mode).await)
            };
            watched(&progress, work_off_tickets(&batch, at_work)).await
        }
        _ => {
            let at_work =
                async |connection: &ConnectionId, scope: Scope| keep(run(machine, connection, job, scope, mode).await);
            watched(&progress, work_off(&batch, at_work)).await
        }
    };
    let failed: BTreeSet<&str> = answer.failed().collect();
    for (number, again) in changes.into_iter().enumerate() {
        let receives = again.receives + 1;
        if failed.contains(number.to_string().as_str()) && receives < MOST_RECEIVES {
            machine.again.push(Again { receives, ..again });
        }
    }
    Ok(runs.into_inner())
}

async fn run(machine: &Machine, connection: &ConnectionId, job: Job, scope: Scope, mode: Mode) -> anyhow::Result<Run> {
    match job {
        Job::UsageSync => usage_sync::run(&machine.host, connection, scope, mode).await,
        Job::ContractWatch => contract_watch::run(&machine.host, &machine.bus, connection).await,
        Job::ContractChanged => contract_changed::run(&machine.host, connection, scope, mode).await,
        Job::AlertSync => alert_sync::run(&machine.host, connection, Look::Changes, mode).await,
        Job::TicketChanged => ticket_changed::run(&machine.host, connection, Tickets::All, mode).await,
    }
}
