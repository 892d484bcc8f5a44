//! The `status` command: whether it works and what needs a person, then the last runs, the budget, findings,
//! and changes without an answer yet. Reads our own memory only; asks no vendor.

use crate::commands::{Exit, summary};
use crate::session::{Session, print};
use comfy_table::{CellAlignment, Table, presets};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use shared::line::LineState;
use shared::mapping::Mapping;
use shared::run::{Connection, Job, Mode, Outcome, RunRecord};
use shared::words::count;
use std::collections::BTreeSet;

/// How many runs are shown.
const RUNS_SHOWN: usize = 10;
/// The jobs whose standing is told, the one that bills first.
const JOBS: [Job; 5] = [Job::UsageSync, Job::ContractChanged, Job::ContractWatch, Job::AlertSync, Job::TicketChanged];
/// Everybody's quotas are looked at within this time.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);
/// A daily job that was not heard of for longer does not run any more.
const OVERDUE: SignedDuration = SignedDuration::from_hours(30);
/// A run gives a sign of life far more often than this.
const DEAD_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// What our memory holds of a connection.
struct Known {
    connection: Connection,
    mapping: Mapping,
    /// Those of the last days, or else the last ones, newest first.
    runs: Vec<RunRecord>,
    open: Vec<LineState>,
    now: Timestamp,
    /// What makes changes by itself.
    every_day: &'static str,
}

/// Shows how things stand.
pub async fn run(session: &Session, json: bool) -> anyhow::Result<Exit> {
    session.is_known_or_first().await?;
    let Some(known) = Known::read(session).await? else {
        let needs = ["Set it up: acrotask connect"];
        if json {
            let none =
                serde_json::json!({"connection": null, "standing": NOT_SET_UP, "needs": needs, "runs": [], "open": []});
            print(&serde_json::to_string_pretty(&none)?)?;
        } else {
            print(&format!(
                "Connection {} in {}\n{NOT_SET_UP}\n  - {}",
                session.connection, session.storage, needs[0]
            ))?;
        }
        return Ok(Exit::Done);
    };
    if json {
        let all = serde_json::json!({
            "connection": known.connection,
            "standing": known.standing(),
            "needs": known.needs(),
            "runs": known.shown_runs(),
            "open": known.open,
        });
        print(&serde_json::to_string_pretty(&all)?)?;
    } else {
        print(&format!("Connection {} in {}\n{}", session.connection, session.storage, known.text()))?;
    }
    Ok(Exit::Done)
}

const NOT_SET_UP: &str = "It is not set up yet.";

impl Known {
    async fn read(session: &Session) -> anyhow::Result<Option<Known>> {
        let (store, id) = (&session.host.store, &session.connection);
        let Some(connection) = store.connection(id).await? else {
            return Ok(None);
        };
        let mapping = store.mapping(id).await?.unwrap_or_default();
        let now = session.host.clock.now();
        let mut runs = store.runs_since(id, now.saturating_sub(OVERDUE)?).await?;
        runs.reverse();
        if runs.is_empty() {
            runs = store.runs(id, RUNS_SHOWN).await?;
        }
        let mut open = Vec::new();
        store.line_states(id, |state| open.extend(state.open.is_some().then_some(state))).await?;
        Ok(Some(Known { connection, mapping, runs, open, now, every_day: session.every_day() }))
    }

    /// The last run of a job that had the lease, and for units was for everybody: one that gave way, or looked at a
    /// few, says nothing about how things stand.
    fn last_of(&self, job: Job) -> Option<&RunRecord> {
        let says = |run: &&RunRecord| run.job == job && (run.everybody || job != Job::UsageSync);
        self.runs.iter().filter(says).find(|run| run.outcome != Outcome::Skipped)
    }

    /// The run that says how things stand: one that failed, or else that of the job that bills.
    fn last(&self) -> Option<&RunRecord> {
        let last: Vec<&RunRecord> = JOBS.into_iter().filter_map(|job| self.last_of(job)).collect();
        let failed = last.iter().find(|run| matches!(run.outcome, Outcome::Failed(_)));
        failed.or(last.first()).copied()
    }

    /// A look at changed contracts or at alerts that found nothing is no news.
    fn shown_runs(&self) -> Vec<&RunRecord> {
        let found_nothing = |run: &RunRecord| run.outcome == Outcome::Complete && run.counts.changes == 0;
        let looks_often = |run: &RunRecord| matches!(run.job, Job::ContractWatch | Job::AlertSync);
        let is_news = |run: &&RunRecord| !looks_often(run) || !found_nothing(run);
        self.runs.iter().filter(is_news).take(RUNS_SHOWN).collect()
    }

    /// Runs of the last day for some customers each.
    fn looks_at_quotas(&self) -> impl Iterator<Item = &RunRecord> {
        let since = self.now.saturating_sub(A_DAY).unwrap_or(self.now);
        self.runs.iter().filter(move |run| run.job == Job::ContractChanged && run.started >= since)
    }

    /// Runs since the last one that looked at all active alerts, and that one.
    fn looks_at_alerts(&self) -> impl Iterator<Item = &RunRecord> {
        let of_alerts = || self.runs.iter().filter(|run| run.job == Job::AlertSync && run.outcome != Outcome::Skipped);
        let latest = of_alerts().position(|run| run.everybody).map_or(usize::MAX, |whole| whole + 1);
        of_alerts().take(latest)
    }

    /// What was found: by the last run of units, by a day's looks at quotas, and of alerts since all were looked at.
    fn findings(&self) -> Vec<&str> {
        let units = self.last_of(Job::UsageSync).into_iter().flat_map(|run| &run.findings);
        let others = self.looks_at_quotas().chain(self.looks_at_alerts());
        let others: BTreeSet<&str> = others.flat_map(|run| &run.findings).map(String::as_str).collect();
        let units: Vec<&str> = units.map(String::as_str).collect();
        let more = others.into_iter().filter(|finding| !units.contains(finding)).collect::<Vec<_>>();
        units.iter().copied().chain(more).collect()
    }

    fn is_mapped(&self) -> bool {
        let sells = self.mapping.products.values().any(|row| row.service.is_some());
        sells && self.mapping.mapped_customers().next().is_some()
    }

    /// Whether it works, in one sentence.
    fn standing(&self) -> String {
        let Some(run) = self.last() else {
            return "It has not run yet.".to_owned();
        };
        let silent = self.now.duration_since(run.heard);
        let ago = ago(silent);
        let counts = &run.counts;
        match &run.outcome {
            Outcome::Failed(_) => format!("It does not work: the last run of {}, {ago}, failed.", run.job),
            Outcome::Running if silent > DEAD_AFTER => format!("The last run died {ago}; the next one goes on."),
            Outcome::Running => format!("A run is under way; it was heard of {ago}."),
            _ if silent > OVERDUE => format!("It stands still: the last run was {ago}."),
            _ if !self.is_mapped() => "It has nothing to do yet.".to_owned(),
            _ if !self.connection.first_plan_approved => {
                format!("It only looks so far, {ago} last: nothing is changed before the first plan is approved.")
            }
            Outcome::Stopped(_) => {
                format!("It works, with work left over: the last run, {ago}, stopped in good order.")
            }
            Outcome::Complete | Outcome::Skipped => format!(
                "It works: the last run, {ago}, made {} of {}; {} right.",
                counts.made,
                count(counts.changes, "change"),
                if counts.right == 1 { "1 line is".to_owned() } else { format!("{} lines are", counts.right) },
            ),
        }
    }

    /// What a person has to do.
    fn needs(&self) -> Vec<String> {
        let mut needs = Vec::new();
        if !self.is_mapped() {
            needs.push(
                "Map products and customers: acrotask mapping export FILE, edit it, acrotask mapping import FILE"
                    .to_owned(),
            );
        } else if !self.connection.first_plan_approved {
            needs.push("Approve the first plan: acrotask plan usage shows it and how".to_owned());
        }
        let Some(run) = self.last() else {
            if needs.is_empty() {
                needs.push(format!("Let it run: acrotask apply usage once, or {} every day", self.every_day));
            }
            return needs;
        };
        for run in JOBS.into_iter().filter_map(|job| self.last_of(job)) {
            if let Outcome::Failed(why) | Outcome::Stopped(why) = &run.outcome {
                needs.push(format!("{}: {why}", run.job));
            }
        }
        let first_quotas_wait = !self.connection.first_quotas_approved;
        if self.looks_at_quotas().any(|run| run.counts.held > 0) {
            needs.push(match first_quotas_wait {
                true => "Approve the first plan of quotas: acrotask plan quotas shows it and how".to_owned(),
                false => "Quotas or tenants are held: acrotask plan quotas shows why and how to approve".to_owned(),
            });
        }
        needs.extend(self.need_of_tickets());
        if self.now.duration_since(run.heard) > OVERDUE {
            needs.push(format!("Let it run every day: {}", self.every_day));
        }
        let counts = &run.counts;
        if counts.held > 0 && self.connection.first_plan_approved {
            needs.push(format!(
                "{} held: acrotask plan usage shows why and how to approve",
                is_or_are(counts.held, "change")
            ));
        }
        if run.mode == Mode::Plan && counts.changes > 0 {
            needs.push(format!("{} only shown (MODE=plan): acrotask apply usage", is_or_are(counts.changes, "change")));
        }
        if counts.refused > 0 {
            needs.push(format!("{} refused by Autotask; see the findings", is_or_are(counts.refused, "change")));
        }
        let findings = self.findings().len();
        if findings > 0 {
            needs.push(format!("Look at {} below", count(findings, "finding")));
        }
        needs
    }

    fn need_of_tickets(&self) -> Option<String> {
        let waits = |job| self.last_of(job).is_some_and(|run| run.counts.held > 0);
        if self.mapping.settings.tickets.enabled && !self.connection.first_tickets_approved {
            return Some("Approve the first plan of tickets: acrotask plan alerts shows it and how".to_owned());
        }
        let is_held = waits(Job::AlertSync) || waits(Job::TicketChanged);
        is_held.then(|| "Tickets are held: acrotask plan alerts shows why and how to approve".to_owned())
    }

    fn text(&self) -> String {
        let needs = self.needs();
        let mut parts = vec![format!("{}\n{}.", self.standing(), summary(&self.mapping))];
        parts.push(match needs.is_empty() {
            true => "Nothing needs you.".to_owned(),
            false => format!("What needs you\n  - {}", needs.join("\n  - ")),
        });
        parts.extend((!self.runs.is_empty()).then(|| format!("Last runs\n{}", self.runs_table())));
        if let Some((used, limit)) = self.runs.iter().find_map(|run| run.autotask_used) {
            parts.push(format!("Autotask's hour: {used} of {limit} calls were used by everybody at the last run"));
        }
        if !self.open.is_empty() {
            parts.push(format!(
                "Without an answer yet; the next run settles them by reading\n{}",
                open_table(&self.open)
            ));
        }
        let findings: Vec<String> = self.findings().into_iter().map(on_two_lines).collect();
        if !findings.is_empty() {
            parts.push(format!("Findings\n{}", findings.join("\n")));
        }
        parts.join("\n\n")
    }

    fn runs_table(&self) -> String {
        let zone = TimeZone::get(&self.mapping.settings.time_zone).unwrap_or(TimeZone::UTC);
        let started = format!("started ({})", self.mapping.settings.time_zone);
        let headers = [&started, "job", "mode", "ended", "changes", "made", "held", "findings", "calls"];
        let mut table = table(&headers, &[4, 5, 6, 7, 8]);
        table.add_rows(self.shown_runs().into_iter().map(|run| {
            let counts = &run.counts;
            let calls: u64 = run.calls.values().sum();
            [
                run.started.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
                run.job.to_string(),
                run.mode.to_string(),
                ended(&run.outcome).to_owned(),
                counts.changes.to_string(),
                counts.made.to_string(),
                counts.held.to_string(),
                counts.findings.to_string(),
                calls.to_string(),
            ]
        }));
        table.trim_fmt()
    }
}

/// What is so, and below it what to do about it.
fn on_two_lines(finding: &str) -> String {
    match finding.rsplit_once(" → ") {
        Some((what, advice)) => format!("  - {what}\n    → {advice}"),
        None => format!("  - {finding}"),
    }
}

fn ended(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Running => "running",
        Outcome::Complete => "complete",
        Outcome::Stopped(_) => "stopped",
        Outcome::Skipped => "skipped",
        Outcome::Failed(_) => "failed",
    }
}

fn is_or_are(number: usize, thing: &str) -> String {
    format!("{} {}", count(number, thing), if number == 1 { "is" } else { "are" })
}

/// "just now", "5 minutes ago", "3 hours ago", "2 days ago".
fn ago(length: SignedDuration) -> String {
    let minutes = usize::try_from(length.as_mins()).unwrap_or_default();
    match minutes {
        0 => "just now".to_owned(),
        1..120 => format!("{} ago", count(minutes, "minute")),
        120..2880 => format!("{} ago", count(minutes / 60, "hour")),
        _ => format!("{} ago", count(minutes / 1440, "day")),
    }
}

fn table(headers: &[&str], right_aligned: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(headers.iter().copied());
    for column in right_aligned {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn open_table(open: &[LineState]) -> String {
    let mut table = table(&["company", "contract", "service", "units", "from", "sent"], &[]);
    table.add_rows(open.iter().filter_map(|state| {
        let intent = state.open.as_ref()?;
        Some([
            state.place.company.to_string(),
            state.place.contract.to_string(),
            state.place.service.to_string(),
            format!("{} → {}", intent.before, intent.wanted),
            intent.effective.to_string(),
            format!("{:.0}", intent.sent_at),
        ])
    }));
    table.trim_fmt()
}
