//! What is recorded of runs, approvals and connections. Shapes only.

use crate::ids::{CompanyId, ConnectionId, ServiceId, TenantId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One pair of an Acronis partner tenant and an Autotask database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Its id; every key, event, lease and log line carries it.
    pub id: ConnectionId,
    /// The Acronis partner tenant at the root of all we see.
    pub tenant: TenantId,
    /// The Autotask database (`ci` of zoneInformation).
    pub database: i64,
    /// Whether the first plan was approved (M5).
    pub first_plan_approved: bool,
    /// Whether the first plan of quotas was approved (M5): each sync starts with its own.
    #[serde(default)]
    pub first_quotas_approved: bool,
    /// Whether the first plan of tickets was approved (M5).
    #[serde(default)]
    pub first_tickets_approved: bool,
    /// The last day on which a run read all usage; periods that nobody watched are not settled (U5).
    pub usage_read_on: Option<Date>,
}

/// A job: one module, one function, one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// Acronis usage to pay-as-you-go units.
    UsageSync,
    /// What changed in Autotask since the last look, and which customers are looked at in their turn.
    ContractWatch,
    /// What a change of a contract means for the customer's tenant.
    ContractChanged,
    /// Acronis alerts to tickets opened, noted, closed and reopened.
    AlertSync,
    /// What a ticket closed by a person means for its alert.
    TicketChanged,
}

impl Job {
    /// All of them.
    pub const ALL: [Job; 5] =
        [Job::UsageSync, Job::ContractWatch, Job::ContractChanged, Job::AlertSync, Job::TicketChanged];
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Job::UsageSync => "usage-sync",
            Job::ContractWatch => "contract-watch",
            Job::ContractChanged => "contract-changed",
            Job::AlertSync => "alert-sync",
            Job::TicketChanged => "ticket-changed",
        })
    }
}

/// Whether a run may write to the vendors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Only look and say.
    #[default]
    Plan,
    /// Look, say and do.
    Apply,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Mode::Plan => "plan",
            Mode::Apply => "apply",
        })
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "ended", content = "why")]
pub enum Outcome {
    /// It is under way, or was stopped without a word.
    Running,
    /// All of its plan is done, or shown in plan mode.
    Complete,
    /// It stopped in good order with work left for the next run, and why.
    Stopped(String),
    /// Another run held the lease.
    Skipped,
    /// It could not go on, or some customer's writes failed.
    Failed(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Running => f.pad("running"),
            Outcome::Complete => f.pad("complete"),
            Outcome::Stopped(why) => write!(f, "stopped: {why}"),
            Outcome::Skipped => f.pad("skipped: another run is at work"),
            Outcome::Failed(why) => write!(f, "failed: {why}"),
        }
    }
}

/// The record of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Its id: sorts by time.
    pub id: String,
    /// Which job.
    pub job: Job,
    /// Whether it might write.
    pub mode: Mode,
    /// Whether it was for everybody, and not for those whom events named.
    #[serde(default = "yes")]
    pub everybody: bool,
    /// Whether it was asked only to read something for the console: it says nothing of how its job stands.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_reads: bool,
    /// When it began.
    pub started: Timestamp,
    /// When it ended or was last heard of.
    pub heard: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
    /// The plan it made.
    pub plan: Option<String>,
    /// What became of the plan.
    pub counts: RunCounts,
    /// Vendor calls by endpoint.
    pub calls: BTreeMap<String, u64>,
    /// Autotask calls among them: what the hourly share is counted by (B1).
    pub autotask_calls: u64,
    /// Autotask's own counter and limit when last asked: everybody's calls (B1).
    pub autotask_used: Option<(u64, u64)>,
    /// When the oldest change was sent of which nobody knows yet whether it was made (U6).
    #[serde(default)]
    pub unanswered_since: Option<Timestamp>,
    /// The findings, each as one line of text; at most the first hundred.
    pub findings: Vec<String>,
}

impl RunRecord {
    /// The record of a run for everybody that begins now.
    pub fn begun(id: String, job: Job, mode: Mode, now: Timestamp) -> Self {
        Self {
            id,
            job,
            mode,
            everybody: true,
            only_reads: false,
            started: now,
            heard: now,
            outcome: Outcome::Running,
            plan: None,
            counts: RunCounts::default(),
            calls: BTreeMap::new(),
            autotask_calls: 0,
            autotask_used: None,
            unanswered_since: None,
            findings: Vec::new(),
        }
    }

    /// Whether it saw what it had to see, and did what it could: what a vendor refuses is no fault of the run's.
    pub fn is_good(&self) -> bool {
        match &self.outcome {
            Outcome::Complete => true,
            Outcome::Stopped(_) => self.plan.is_some(),
            Outcome::Failed(_) => self.plan.is_some() && self.counts.refused > 0,
            Outcome::Running | Outcome::Skipped => false,
        }
    }

    /// Whether it looked at all that its job looks at when it is due, and not at those alone whom events named. Of alerts
    /// that is what changed; all of them have a look of their own once a day.
    pub fn is_of_schedule(&self) -> bool {
        match self.job {
            Job::UsageSync | Job::TicketChanged => self.everybody,
            Job::ContractWatch | Job::ContractChanged => true,
            Job::AlertSync => !self.only_reads,
        }
    }

    /// Whether it looked, as is done all day long, and found nothing to do.
    pub fn is_idle_look(&self) -> bool {
        let found_nothing = self.counts.changes + self.counts.held == 0;
        self.job != Job::UsageSync && self.outcome == Outcome::Complete && found_nothing
    }

    /// Whether something is left that must not wait for a day. What was refused is asked for again only when something
    /// changed, or a day passed (U6).
    pub fn goes_on(&self) -> bool {
        let ended_early = match &self.outcome {
            Outcome::Stopped(_) | Outcome::Running => true,
            Outcome::Failed(_) => self.counts.refused == 0,
            Outcome::Complete | Outcome::Skipped => false,
        };
        ended_early || self.unanswered_since.is_some()
    }
}

fn yes() -> bool {
    true
}

/// The numbers of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCounts {
    /// Changes planned.
    pub changes: usize,
    /// Changes made.
    pub made: usize,
    /// Changes that wait for approval.
    pub held: usize,
    /// Changes the vendor refused.
    pub refused: usize,
    /// Changes whose outcome is not known yet.
    pub open: usize,
    /// Findings.
    pub findings: usize,
    /// Lines that are as they should be.
    pub right: usize,
}

/// A person's approval of exactly the changes named (M5, H1, H2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The ids of the changes or holds approved.
    pub ids: Vec<String>,
    /// The companies they are for, so that these are looked at again soon.
    #[serde(default)]
    pub companies: BTreeSet<CompanyId>,
    /// Of which company and service the changes are, by id, so that one that moved can be told where its line is shown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lines: BTreeMap<String, (CompanyId, ServiceId)>,
    /// Who approved.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A change that was made, as kept for explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRecord {
    /// Where.
    pub place: crate::line::LinePlace,
    /// What was sent, from which usage, by which run, approved by whom.
    pub intent: crate::line::Intent,
    /// When it was found to be made.
    pub settled_at: Timestamp,
}
