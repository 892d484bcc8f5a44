//! The list of findings, as the console's page has it: as text, as JSON, and as CSV. A part of `status`; asks no vendor.

use crate::cli;
use crate::session::print;
use functions::spreadsheet;
use serde_json::{Value, json};
use shared::open_finding::{COLUMNS, OpenFinding};
use shared::words::on_one_line;

/// Shows all findings, those that are ignored last.
pub(super) fn show(findings: &[OpenFinding], args: &cli::Status) -> anyhow::Result<()> {
    if args.csv {
        let bytes = spreadsheet::bytes_of(&COLUMNS, findings.iter().map(OpenFinding::cells))?;
        return print(&String::from_utf8(bytes)?);
    }
    if args.json {
        return print(&serde_json::to_string_pretty(&findings.iter().map(as_json).collect::<Vec<_>>())?);
    }
    let (ignored, open): (Vec<&OpenFinding>, Vec<&OpenFinding>) = findings.iter().partition(|one| one.ignored);
    let mut parts = vec![format!("{} to be done, {} ignored", open.len(), ignored.len())];
    for (title, some) in [("Findings", open), ("Ignored", ignored)] {
        if !some.is_empty() {
            let shown: Vec<String> = some.iter().map(|one| in_words(one)).collect();
            parts.push(format!("{title}\n{}", shown.join("\n")));
        }
    }
    print(&parts.join("\n\n"))
}

/// What is so, what it costs and what people said of it, and below it what to do about it.
pub(super) fn in_words(one: &OpenFinding) -> String {
    let cost = one.cost.map(|(money, period)| format!("{money:+.2} a {}", period.per()));
    let assigned = one.mark.assigned.as_ref().map(|assigned| format!("assigned to {}", assigned.name));
    let ignored = one.mark.ignored.as_ref().filter(|_| one.ignored);
    let ignored = ignored.map(|ignored| format!("ignored until {}: {}", ignored.until, ignored.reason));
    let beside: Vec<String> =
        [cost, Some(format!("since {}", one.since)), assigned, ignored].into_iter().flatten().collect();
    let beside = on_one_line(&beside.join("; "));
    format!("  - {}\n    ({beside})\n    → {}", one.finding.fact(), one.finding.what.advice())
}

fn as_json(one: &OpenFinding) -> Value {
    let ignored = one.mark.ignored.as_ref().filter(|_| one.ignored);
    json!({
        "id": one.id,
        "kind": one.finding.what.kind(),
        "company": one.finding.company,
        "company_name": one.finding.company_name,
        "fact": one.finding.what.to_string(),
        "advice": one.finding.what.advice(),
        "cost": one.cost.map(|(money, _)| money),
        "period": one.cost.map(|(_, period)| period),
        "cost_a_month": one.a_month().map(|money| money.round_dp(2)),
        "since": one.since,
        "assigned_to": one.mark.assigned.as_ref().map(|assigned| &assigned.name),
        "ignored_until": ignored.map(|ignored| ignored.until),
        "ignored_because": ignored.map(|ignored| &ignored.reason),
    })
}
