//! Syncs that a person asks for and what became of them; and whether something is there that a page does not show yet.

use super::connections::the_named;
use super::fields::{Asked, Posted};
use super::gates::{Operator, SignedIn, Viewer};
use super::pages::{Failure, go_to};
use crate::events::{Event, SyncDue};
use crate::store::Store;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use shared::ids::ConnectionId;
use shared::run::{Job, Outcome, RunRecord};
use url::form_urlencoded;

/// After this a sync that was asked for and left no record is not waited for any more.
pub(super) const HEARD_OF_WITHIN: SignedDuration = SignedDuration::from_mins(15);
/// The field of an address that asks about a sync for a few.
pub(super) const FOR_SOME: &str = "some";
/// What a person may ask for, and what the button says.
const MAY_BE_ASKED_FOR: [(Job, &str); 3] =
    [(Job::UsageSync, "Sync now"), (Job::ContractWatch, "Sync quotas"), (Job::AlertSync, "Sync tickets")];

/// A sync that was asked for.
pub(super) struct Sync {
    pub(super) state: SyncState,
    /// What an address says that is about it.
    pub(super) query: String,
}

/// For whom a sync is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whom {
    Everybody,
    /// Only for those whose mapping was changed, or whose changes were approved.
    Some,
}

/// How far a sync is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SyncState {
    UnderWay,
    Done,
    Silent,
}

/// A button by which a sync is made.
pub(super) struct SyncButton {
    pub(super) job: Job,
    pub(super) words: &'static str,
}

impl SyncState {
    /// By which name the script knows it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::UnderWay => "under-way",
            Self::Done => "done",
            Self::Silent => "silent",
        }
    }
}

impl Sync {
    /// The one that an address asks about; none where it asks about none.
    pub(super) async fn asked(
        who: &SignedIn,
        connection: &ConnectionId,
        asked: &Asked,
    ) -> Result<Option<Self>, Failure> {
        let Some(since) = asked.field("since") else { return Ok(None) };
        let job = any_job_named(asked.field("job"))?;
        let whom = if asked.field(FOR_SOME).is_some() { Whom::Some } else { Whom::Everybody };
        let state = state(who, connection, job, whom, time_of(since)?).await?;
        Ok(Some(Self { state, query: query_of(connection, since, job, whom) }))
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.state.name() == name
    }
}

/// Buttons for those of these jobs that a person may ask for.
pub(super) fn buttons(jobs: &[Job]) -> Vec<SyncButton> {
    let all = MAY_BE_ASKED_FOR.into_iter().filter(|(job, _)| jobs.contains(job));
    all.map(|(job, words)| SyncButton { job, words }).collect()
}

/// The job of this name, if a person may ask for it; that of units where none is named.
fn job_named(name: Option<&str>) -> Result<Job, Failure> {
    let Some(name) = name else { return Ok(Job::UsageSync) };
    let known = MAY_BE_ASKED_FOR.iter().find(|(job, _)| job.to_string() == name);
    known.map(|(job, _)| *job).ok_or(Failure::Malformed("there is no such sync"))
}

/// The job of this name: what follows from an approval is made by jobs that nobody asks for directly.
fn any_job_named(name: Option<&str>) -> Result<Job, Failure> {
    let Some(name) = name else { return Ok(Job::UsageSync) };
    let known = Job::ALL.into_iter().find(|job| job.to_string() == name);
    known.ok_or(Failure::Malformed("there is no such sync"))
}

fn time_of(text: &str) -> Result<Timestamp, Failure> {
    text.parse().map_err(|_| Failure::Malformed("this is no time"))
}

/// Done as soon as a run that began since then has ended, whatever came of it. One for a few customers is not the one for
/// everybody, which does what it would have done.
async fn state(
    who: &SignedIn,
    connection: &ConnectionId,
    job: Job,
    whom: Whom,
    since: Timestamp,
) -> Result<SyncState, Failure> {
    let runs = who.console.store.runs_since(connection, since).await?;
    let is_for = |run: &RunRecord| whom == Whom::Some || run.is_of_schedule();
    let is_it = |run: &&RunRecord| run.job == job && run.started >= since && is_for(run);
    let mut asked_for = runs.iter().filter(is_it);
    if asked_for.any(|run| run.outcome != Outcome::Running) {
        return Ok(SyncState::Done);
    }
    // A long run says now and then that it is alive.
    let heard = runs.iter().filter(|run| run.job == job).map(|run| run.heard).max();
    let silent = who.console.jobs_clock.now().duration_since(heard.map_or(since, |heard| heard.max(since)));
    Ok(if silent < HEARD_OF_WITHIN { SyncState::UnderWay } else { SyncState::Silent })
}

/// Says, to the script of a page, what became of a sync that was asked for.
pub(super) async fn progress(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, asked.field("connection").unwrap_or_default()).await?;
    let sync = Sync::asked(&who, &connection.id, &asked).await?.ok_or(Failure::Malformed("a time is missing"))?;
    Ok(sync.state.name().into_response())
}

/// Says, to the script of a page, whether a run ended that the page does not show.
pub(super) async fn news(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, asked.field("connection").unwrap_or_default()).await?;
    let since = time_of(asked.field("since").ok_or(Failure::Malformed("a time is missing"))?)?;
    let is_news = ended_since(&who.console.store, &connection.id, since).await?;
    Ok(if is_news { "new" } else { "quiet" }.into_response())
}

/// Whether a run ended since then that says anything: looks that are made often and found nothing do not.
async fn ended_since(store: &Store, connection: &ConnectionId, since: Timestamp) -> anyhow::Result<bool> {
    let says_nothing = |run: &RunRecord| match run.outcome {
        _ if run.only_reads => true,
        Outcome::Running | Outcome::Skipped => true,
        Outcome::Complete => run.job != Job::UsageSync && run.counts.changes + run.counts.held == 0,
        Outcome::Stopped(_) | Outcome::Failed(_) => false,
    };
    let runs = store.runs_since(connection, since).await?;
    Ok(runs.iter().any(|run| run.heard > since && !says_nothing(run)))
}

pub(super) async fn sync_now(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let job = job_named(posted.optional("job"))?;
    let connection = the_named(&who.console.store, posted.field("connection")?).await?.id;
    Ok(go_to(&format!("/?{}", ask_for(&who, &connection, job).await?)))
}

/// Asks for a sync; gives what the address of a page says that shows what becomes of it.
pub(super) async fn ask_for(who: &SignedIn, connection: &ConnectionId, job: Job) -> Result<String, Failure> {
    let since = who.console.jobs_clock.now();
    let due = Event::SyncDue(SyncDue { connection: connection.clone(), job });
    who.console.bus.publish(&[due]).await?;
    tracing::info!(%connection, %job, "a sync was asked for in the console");
    Ok(query_of(connection, &since.to_string(), job, Whom::Everybody))
}

/// What an address says that is about a sync.
pub(super) fn query_of(connection: &ConnectionId, since: &str, job: Job, whom: Whom) -> String {
    let mut fields = form_urlencoded::Serializer::new(String::new());
    fields.append_pair("connection", connection.as_str()).append_pair("since", since);
    if whom == Whom::Some {
        fields.append_pair(FOR_SOME, "yes");
    }
    fields.append_pair("job", &job.to_string()).finish()
}
