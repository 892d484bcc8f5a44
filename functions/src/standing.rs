//! How a connection stands, by what our memory holds of it: whether it works, what was found, and what is held. Asks no
//! vendor; what a person has to do about it is for each face to say.

use crate::store::Store;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use shared::contract::Service;
use shared::held::Kept;
use shared::ids::ConnectionId;
use shared::mapping::Mapping;
use shared::open_finding::{FindingMark, OpenFinding, open_findings};
use shared::run::{Connection, Job, Outcome, RunRecord};
use shared::words::count;
use std::collections::BTreeMap;

/// How many runs are shown.
const RUNS_SHOWN: usize = 10;
/// The jobs whose standing is told, the one that bills first.
const JOBS: [Job; 5] = [Job::UsageSync, Job::ContractChanged, Job::ContractWatch, Job::AlertSync, Job::TicketChanged];
/// Everybody's quotas are looked at within this time.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);
/// A daily job that was not heard of for longer does not run any more.
pub const OVERDUE: SignedDuration = SignedDuration::from_hours(30);
/// A run gives a sign of life far more often than this.
const DEAD_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// What our memory holds of a connection.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The connection itself.
    pub connection: Connection,
    /// Its mapping.
    pub mapping: Mapping,
    /// Those of the last days, or else the last ones, newest first.
    pub runs: Vec<RunRecord>,
    now: Timestamp,
}

impl Standing {
    /// Reads it; none where there is no such connection.
    pub async fn read(store: &Store, id: &ConnectionId, now: Timestamp) -> anyhow::Result<Option<Standing>> {
        let Some(connection) = store.connection(id).await? else {
            return Ok(None);
        };
        let mapping = store.mapping(id).await?.unwrap_or_default();
        let mut runs = store.runs_since(id, now.saturating_sub(OVERDUE)?).await?;
        runs.reverse();
        if runs.is_empty() {
            runs = store.runs(id, RUNS_SHOWN).await?;
        }
        Ok(Some(Standing { connection, mapping, runs, now }))
    }

    /// The last run of a job that had the lease, and for units was for everybody: one that gave way, or looked at a
    /// few, says nothing about how things stand.
    pub fn last_of(&self, job: Job) -> Option<&RunRecord> {
        let says = |run: &&RunRecord| run.job == job && !run.only_reads && (run.everybody || job != Job::UsageSync);
        self.runs.iter().filter(says).find(|run| run.outcome != Outcome::Skipped)
    }

    /// The run that says how things stand: one that failed, or else that of the job that bills.
    pub fn last(&self) -> Option<&RunRecord> {
        let last: Vec<&RunRecord> = self.jobs().filter_map(|job| self.last_of(job)).collect();
        let failed = last.iter().find(|run| matches!(run.outcome, Outcome::Failed(_)));
        failed.or(last.first()).copied()
    }

    /// The jobs that have something to do.
    pub fn jobs(&self) -> impl Iterator<Item = Job> {
        jobs_at_work(&self.mapping)
    }

    fn is_at_work(&self, job: Job) -> bool {
        is_at_work(&self.mapping, job)
    }

    /// Looks that are made often and found nothing are no news; where something is held, the last one is.
    pub fn shown_runs(&self) -> Vec<&RunRecord> {
        let found_nothing = |run: &RunRecord| run.outcome == Outcome::Complete && run.counts.changes == 0;
        let looks_often = |run: &RunRecord| run.job == Job::ContractWatch || is_of_tickets(run.job);
        let is_last = |run: &RunRecord| self.last_of(run.job).is_some_and(|last| last.id == run.id);
        let holds = |run: &RunRecord| run.counts.held > 0 && is_last(run);
        let is_news = |run: &&RunRecord| !looks_often(run) || !found_nothing(run) || holds(run);
        self.runs.iter().filter(is_news).take(RUNS_SHOWN).collect()
    }

    /// Runs of the last day for some customers each.
    pub fn looks_at_quotas(&self) -> impl Iterator<Item = &RunRecord> {
        let since = self.now.saturating_sub(A_DAY).unwrap_or(self.now);
        let is_at_work = self.is_at_work(Job::ContractChanged);
        self.runs.iter().filter(move |run| is_at_work && run.job == Job::ContractChanged && run.started >= since)
    }

    /// What was found and is there still, with what people said of it.
    pub async fn findings(&self, store: &Store) -> anyhow::Result<Vec<OpenFinding>> {
        let id = &self.connection.id;
        let (kept, marks) = (store.all_held(id).await?, store.finding_marks(id).await?);
        let services = store.snapshot(id).await?.map(|snapshot| snapshot.services).unwrap_or_default();
        let zone = TimeZone::get(&self.mapping.settings.time_zone).unwrap_or(TimeZone::UTC);
        let today = self.now.to_zoned(zone).date();
        Ok(open_findings_of(&self.mapping, &kept, &marks, &services, today))
    }

    /// Whether anything is billed or sold: a product and a customer are mapped (M5).
    pub fn is_mapped(&self) -> bool {
        is_mapped(&self.mapping)
    }

    /// Whether alerts make tickets (M5): that needs no product.
    pub fn makes_tickets(&self) -> bool {
        makes_tickets(&self.mapping)
    }

    /// Whether the first plan of a job waits for approval (M5).
    pub fn only_looks(&self, job: Job) -> bool {
        !match job {
            Job::UsageSync => self.connection.first_plan_approved,
            Job::ContractWatch | Job::ContractChanged => self.connection.first_quotas_approved,
            Job::AlertSync | Job::TicketChanged => self.connection.first_tickets_approved,
        }
    }

    /// For how long nothing was heard of a run.
    pub fn silent(&self, run: &RunRecord) -> SignedDuration {
        self.now.duration_since(run.heard)
    }

    /// Whether it works, in one sentence.
    pub fn in_words(&self) -> String {
        let Some(run) = self.last() else {
            return "It has not run yet.".to_owned();
        };
        let silent = self.silent(run);
        let ago = ago(silent);
        let counts = &run.counts;
        match &run.outcome {
            Outcome::Failed(_) => format!("It does not work: the last run of {}, {ago}, failed.", run.job),
            Outcome::Running if silent > DEAD_AFTER => format!("The last run died {ago}; the next one goes on."),
            Outcome::Running => format!("A run is under way; it was heard of {ago}."),
            _ if silent > OVERDUE => format!("It stands still: the last run was {ago}."),
            _ if !self.is_mapped() && !self.makes_tickets() => "It has nothing to do yet.".to_owned(),
            _ if self.jobs().all(|job| self.only_looks(job)) => {
                format!("It only looks so far, {ago} last: nothing is changed before the first plan is approved.")
            }
            Outcome::Stopped(_) => {
                format!("It works, with work left over: the last run, {ago}, stopped in good order.")
            }
            Outcome::Complete | Outcome::Skipped => {
                let changes = count(counts.changes, "change");
                // A look at what changed says nothing of all other alerts.
                let right = match is_of_tickets(run.job) {
                    true => String::new(),
                    false => format!("; {} right", is_or_are(counts.right, "line")),
                };
                format!("It works: the last run, {ago}, made {} of {changes}{right}.", counts.made)
            }
        }
    }
}

/// The jobs that have something to do under a mapping.
pub fn jobs_at_work(mapping: &Mapping) -> impl Iterator<Item = Job> {
    JOBS.into_iter().filter(|job| is_at_work(mapping, *job))
}

/// What jobs that have something to do found, as one list.
pub fn open_findings_of(
    mapping: &Mapping,
    kept: &[(Job, Kept)],
    marks: &BTreeMap<String, FindingMark>,
    services: &[Service],
    today: Date,
) -> Vec<OpenFinding> {
    let of_work = kept.iter().filter(|(job, _)| is_at_work(mapping, *job)).map(|(_, kept)| kept);
    open_findings(of_work, marks, services, today)
}

/// Tickets need no product; where nothing at all is mapped, the others wait.
fn is_at_work(mapping: &Mapping, job: Job) -> bool {
    if is_of_tickets(job) { makes_tickets(mapping) } else { is_mapped(mapping) || !makes_tickets(mapping) }
}

fn is_mapped(mapping: &Mapping) -> bool {
    let sells = mapping.products.values().any(|row| row.service.is_some());
    sells && mapping.mapped_customers().next().is_some()
}

fn makes_tickets(mapping: &Mapping) -> bool {
    mapping.settings.tickets.enabled && mapping.mapped_customers().next().is_some()
}

fn is_of_tickets(job: Job) -> bool {
    matches!(job, Job::AlertSync | Job::TicketChanged)
}

/// "1 line is", "2 lines are".
pub fn is_or_are(number: usize, thing: &str) -> String {
    format!("{} {}", count(number, thing), if number == 1 { "is" } else { "are" })
}

/// "just now", "5 minutes ago", "3 hours ago", "2 days ago".
pub fn ago(length: SignedDuration) -> String {
    let minutes = usize::try_from(length.as_mins()).unwrap_or_default();
    match minutes {
        0 => "just now".to_owned(),
        1..120 => format!("{} ago", count(minutes, "minute")),
        120..2880 => format!("{} ago", count(minutes / 60, "hour")),
        _ => format!("{} ago", count(minutes / 1440, "day")),
    }
}
