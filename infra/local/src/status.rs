//! The `status` command: whether it works and what needs a person, then the last runs, the budget, findings,
//! and changes without an answer yet. Reads our own memory only; asks no vendor.

mod findings;
mod needs;

use crate::cli;
use crate::commands::{Exit, summary};
use crate::session::{Session, print};
use comfy_table::{CellAlignment, Table, presets};
use functions::standing::Standing;
use jiff::tz::TimeZone;
use needs::Needs;
use shared::line::LineState;
use shared::open_finding::OpenFinding;
use shared::run::Outcome;

/// Shows how things stand.
pub async fn run(session: &Session, args: &cli::Status) -> anyhow::Result<Exit> {
    session.is_known_or_first().await?;
    let (store, id) = (&session.host.store, &session.connection);
    let standing = Standing::read(store, id, session.host.clock.now()).await?;
    if args.findings {
        let findings = match &standing {
            Some(standing) => standing.findings(store).await?,
            None => Vec::new(),
        };
        findings::show(&findings, args)?;
        return Ok(Exit::Done);
    }
    let json = args.json;
    let Some(standing) = standing else {
        let needs = ["Set it up: acrotask connect"];
        if json {
            let none = serde_json::json!({
                "connection": null, "standing": NOT_SET_UP, "needs": needs, "runs": [], "open": [], "findings": [],
            });
            print(&serde_json::to_string_pretty(&none)?)?;
        } else {
            print(&format!(
                "Connection {} in {}\n{NOT_SET_UP}\n  - {}",
                session.connection, session.storage, needs[0]
            ))?;
        }
        return Ok(Exit::Done);
    };
    let mut open = Vec::new();
    store.line_states(id, |state| open.extend(state.open.is_some().then_some(state))).await?;
    let findings = standing.findings(store).await?;
    let findings: Vec<&OpenFinding> = findings.iter().filter(|one| !one.ignored).collect();
    let needs = Needs { standing: &standing, findings: findings.len(), every_day: session.every_day() }.all();
    if json {
        let all = serde_json::json!({
            "connection": standing.connection,
            "standing": standing.in_words(),
            "needs": needs,
            "runs": standing.shown_runs(),
            "open": open,
            "findings": findings.iter().map(|one| one.finding.to_string()).collect::<Vec<_>>(),
        });
        print(&serde_json::to_string_pretty(&all)?)?;
    } else {
        print(&format!(
            "Connection {} in {}\n{}",
            session.connection,
            session.storage,
            text(&standing, &needs, &open, &findings)
        ))?;
    }
    Ok(Exit::Done)
}

const NOT_SET_UP: &str = "It is not set up yet.";

fn text(standing: &Standing, needs: &[String], open: &[LineState], findings: &[&OpenFinding]) -> String {
    let tickets = if standing.makes_tickets() { "; ticket sync is on" } else { "" };
    let mut parts = vec![format!("{}\n{}{tickets}.", standing.in_words(), summary(&standing.mapping))];
    parts.push(match needs.is_empty() {
        true => "Nothing needs you.".to_owned(),
        false => format!("What needs you\n  - {}", needs.join("\n  - ")),
    });
    parts.extend((!standing.runs.is_empty()).then(|| format!("Last runs\n{}", runs_table(standing))));
    if let Some((used, limit)) = standing.runs.iter().find_map(|run| run.autotask_used) {
        parts.push(format!("Autotask's hour: {used} of {limit} calls were used by everybody at the last run"));
    }
    if !open.is_empty() {
        let table = open_table(open);
        parts.push(format!("Without an answer yet; the next run settles them by reading\n{table}"));
    }
    if !findings.is_empty() {
        let shown: Vec<String> = findings.iter().map(|one| findings::in_words(one)).collect();
        parts.push(format!("Findings\n{}", shown.join("\n")));
    }
    parts.join("\n\n")
}

fn runs_table(standing: &Standing) -> String {
    let time_zone = &standing.mapping.settings.time_zone;
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    let started = format!("started ({time_zone})");
    let headers = [&started, "job", "mode", "ended", "changes", "made", "held", "findings", "calls"];
    let mut table = table(&headers, &[4, 5, 6, 7, 8]);
    table.add_rows(standing.shown_runs().into_iter().map(|run| {
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

fn ended(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Running => "running",
        Outcome::Complete => "complete",
        Outcome::Stopped(_) => "stopped",
        Outcome::Skipped => "skipped",
        Outcome::Failed(_) => "failed",
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
