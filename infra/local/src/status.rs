//! The `status` command: the last runs, what the last one found, the budget, and changes without an answer
//! yet. Reads our own memory only; asks no vendor.

use crate::commands::Exit;
use crate::session::{Session, print};
use anyhow::Context;
use comfy_table::{Table, presets};
use shared::line::LineState;
use shared::run::RunRecord;

/// How many runs are shown.
const RUNS_SHOWN: usize = 10;

/// Shows how things stand.
pub async fn run(session: &Session, json: bool) -> anyhow::Result<Exit> {
    let (store, id) = (&session.machine.host.store, &session.connection);
    let connection = store.connection(id).await?;
    let connection = connection.with_context(|| format!("connection {id} is not set up; run `acrotask connect`"))?;
    let runs = store.runs(id, RUNS_SHOWN).await?;
    let mut open = Vec::new();
    store.line_states(id, |state| open.extend(state.open.is_some().then_some(state))).await?;
    if json {
        let all = serde_json::json!({"connection": connection, "runs": runs, "open": open});
        print(&serde_json::to_string_pretty(&all)?)?;
        return Ok(Exit::Done);
    }
    let approved = if connection.first_plan_approved { "approved" } else { "waits for approval" };
    print(&format!("Connection {id} in {}; the first plan {}", session.storage, approved))?;
    print(&format!("\nLast runs\n{}", runs_table(&runs)))?;
    if let Some((used, limit)) = runs.first().and_then(|run| run.autotask_used) {
        print(&format!("\nAutotask's hour: {used} of {limit} calls were used by everybody at the last run"))?;
    }
    if !open.is_empty() {
        print(&format!("\nWithout an answer yet; the next run settles them by reading\n{}", open_table(&open)))?;
    }
    if let Some(findings) = runs.first().map(|run| &run.findings).filter(|findings| !findings.is_empty()) {
        print(&format!("\nFindings of the last run\n  - {}", findings.join("\n  - ")))?;
    }
    Ok(Exit::Done)
}

fn table(headers: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(headers.iter().copied());
    table
}

fn runs_table(runs: &[RunRecord]) -> String {
    if runs.is_empty() {
        return "  none yet".to_owned();
    }
    let mut table = table(&["started", "job", "mode", "changes", "made", "held", "findings", "calls", "outcome"]);
    table.add_rows(runs.iter().map(|run| {
        let counts = &run.counts;
        let calls: u64 = run.calls.values().sum();
        [
            format!("{:.0}", run.started),
            run.job.to_string(),
            run.mode.to_string(),
            counts.changes.to_string(),
            counts.made.to_string(),
            counts.held.to_string(),
            counts.findings.to_string(),
            calls.to_string(),
            run.outcome.to_string(),
        ]
    }));
    table.trim_fmt()
}

fn open_table(open: &[LineState]) -> String {
    let mut table = table(&["company", "contract", "service", "units", "from", "sent"]);
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
