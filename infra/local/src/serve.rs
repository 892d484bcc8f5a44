//! The `serve` command: every function on one machine, woken as on AWS: a schedule wakes `dispatch`, which
//! publishes events, which wake the jobs. It keeps time; the jobs do the work.

use crate::commands::Exit;
use crate::console_server;
use crate::machine::Machine;
use crate::plans::told;
use crate::schedule::{Schedule, until};
use crate::session::{Place, Session, asked_to_stop, note};
use crate::wake::{heed, wake};
use crate::webhook_server;
use anyhow::{bail, ensure};
use functions::context::{ConsoleSecret, Hosting};
use functions::host::Host;
use functions::run::Run;
use serde_json::Value;
use shared::ids::ConnectionId;
use shared::run::{Job, Mode, Outcome};
use std::collections::BTreeMap;

const NOT_FOR_A_STACK: &str = "a stack works on its own schedules, and writes once its Mode is apply; `serve` is for one \
                               machine: leave --stack and ACROTASK_STACK out";

/// What wakes the machine.
enum Waking {
    /// A job is due.
    Due(Job),
    /// An event arrived.
    Event(Value),
}

/// Runs until Ctrl-C.
pub async fn run(mut session: Session) -> anyhow::Result<Exit> {
    // Before anything is set up there.
    ensure!(matches!(session.place, Place::Machine(_)), NOT_FOR_A_STACK);
    session.set_up().await?;
    let mode = match session.mode {
        Mode::Plan => "only looks (MODE=plan); set MODE=apply to let it write",
        Mode::Apply => "makes the changes that need no approval or have it (MODE=apply)",
    };
    note(&format!(
        "acrotask serves connection {} from {}. It {mode}. Ctrl-C ends it.",
        session.connection, session.storage
    ));
    let keys = session.webhook_keys().await?;
    let Session { place: Place::Machine(machine), host, connection, mode, .. } = &mut session else {
        bail!(NOT_FOR_A_STACK);
    };
    let _webhooks = webhook_server::start_if_keyed(machine, connection, &keys).await?;
    machine.oidc = Hosting::from_env()?.oidc()?;
    if let Some(secret) = ConsoleSecret::from_env() {
        machine.keep_console_secret(&secret);
    }
    let _console = console_server::start_and_tell(machine).await?;
    let mut stop = std::pin::pin!(asked_to_stop());
    let mut schedule = Schedule::new(host.clock.now());
    let mut held = Held::default();
    loop {
        let (job, at) = schedule.next();
        let waking = tokio::select! {
            () = until(&host.clock, at) => Waking::Due(job),
            Some(event) = machine.events.recv() => Waking::Event(event),
            () = stop.as_mut() => return Ok(Exit::Done),
        };
        let is_due = matches!(waking, Waking::Due(_));
        {
            let mut run = std::pin::pin!(wake_and_tell(machine, connection, *mode, &mut held, waking));
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
        if is_due {
            set_next(&mut schedule, job, host, connection).await;
        }
    }
}

/// Sets the next time of a job, and tells that of the daily one.
async fn set_next(schedule: &mut Schedule, job: Job, host: &Host, connection: &ConnectionId) {
    if let Err(why) = schedule.done(job, &host.store, connection, host.clock.now()).await {
        note(&format!("acrotask: the schedule cannot be read ({why}); tried again in an hour"));
    }
    if let Some(next) = schedule.of(job).filter(|_| job == Job::UsageSync) {
        note(&format!("Next usage-sync: {}", next.strftime("%Y-%m-%d %H:%M UTC")));
    }
}

/// One waking, told. What cannot even be recorded is told too, and tried again with the next schedule.
async fn wake_and_tell(machine: &mut Machine, connection: &ConnectionId, mode: Mode, held: &mut Held, waking: Waking) {
    let runs = match waking {
        Waking::Event(event) => heed(machine, |one| one == connection, Some(event), mode).await,
        Waking::Due(job) => wake(machine, connection, job, mode).await,
    };
    match runs {
        Ok(runs) => runs.iter().filter(|run| held.is_worth_telling(run)).for_each(tell),
        Err(error) => note(&format!("acrotask: no run could be made or recorded: {error:#}")),
    }
}

/// How much was held at the last look of each job.
#[derive(Default)]
struct Held(BTreeMap<Job, usize>);

impl Held {
    /// A look that is made often and found nothing is no news, and neither is what was held before.
    fn is_worth_telling(&mut self, run: &Run) -> bool {
        let (job, counts) = (run.record.job, &run.record.counts);
        let before = self.0.insert(job, counts.held).unwrap_or_default();
        let found_nothing = run.record.outcome == Outcome::Complete && counts.changes == 0;
        let looks_often = matches!(job, Job::ContractWatch | Job::AlertSync | Job::TicketChanged);
        !looks_often || !found_nothing || (counts.held > 0 && counts.held != before)
    }
}

/// One run with its time, and what it leaves to a person.
pub fn tell(run: &Run) {
    let record = &run.record;
    note(&format!("{} {}: {}", record.started.strftime("%Y-%m-%d %H:%M:%S UTC"), record.job, told(record)));
    if record.counts.held > 0 {
        note("  What is held waits for a person: acrotask plan shows it and how to approve it");
    }
}
