//! The plan as people read it: on the terminal, in approvals, and in the tests' snapshots. Prints what the
//! plan holds and decides nothing.

use crate::plan::{Action, Adjustment, Change, Held, HoldReason, Plan, ServiceCreation, Waiting};
use crate::quota::Grant;
use crate::quota_change::{DisableTenant, NewTenant, QuotaChange};
use crate::run::Job;
use crate::ticket_rows::{self, TICKET_COLUMNS};
use crate::words::{count, on_one_line};
use comfy_table::{CellAlignment, Table, presets};
use std::fmt;

/// One line of a section, under the heading of its customer and contract.
struct Row {
    heading: String,
    cells: Vec<String>,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = match self.job {
            Job::UsageSync => "units",
            Job::AlertSync => "tickets",
            Job::TicketChanged => "dismissals",
            Job::ContractWatch | Job::ContractChanged => "quotas",
        };
        writeln!(f, "Plan {} of {of} · connection {} · {}", self.id, self.connection, self.today)?;
        writeln!(f, "{}", self.summary())?;
        if let Some(hold) = &self.run_hold {
            writeln!(f, "\nThe whole run is held ({}): {hold}", hold.id)?;
        }
        let common = common_reasons(&self.held);
        let held_title =
            format!("Held until approved{}", common.iter().map(|reason| format!(": {reason}")).collect::<String>());
        let columns = match self.job {
            Job::UsageSync => CHANGE_COLUMNS,
            Job::AlertSync | Job::TicketChanged => TICKET_COLUMNS,
            Job::ContractWatch | Job::ContractChanged => QUOTA_COLUMNS,
        };
        section(f, "Changes", columns, self.changes.iter().map(|change| change_row(change, &[])).collect())?;
        let held = self.held.iter().map(|held| change_row(&held.change, &own_reasons(held, &common)));
        section(f, &held_title, columns, held.collect())?;
        section(f, "Waiting", WAITING_COLUMNS, self.waiting.iter().map(waiting_row).collect())?;
        if !self.findings.is_empty() {
            writeln!(f, "\nFindings")?;
        }
        self.findings
            .iter()
            .try_for_each(|finding| writeln!(f, "  - {}\n    → {}", finding.fact(), finding.what.advice()))
    }
}

impl Plan {
    /// The plan in one line.
    pub fn summary(&self) -> String {
        let lines = self.invoice_lines();
        let invoice =
            if lines > 0 { format!(" ({})", count(lines as usize, "extra invoice line")) } else { String::new() };
        format!(
            "{}{invoice}, {} held, {} waiting, {}, {} right",
            count(self.changes.len(), "change"),
            self.held.len(),
            self.waiting.len(),
            count(self.findings.len(), "finding"),
            count(self.right, self.counted()),
        )
    }
}

impl Plan {
    /// What a plan of this job looks at.
    fn counted(&self) -> &'static str {
        match self.job {
            Job::UsageSync => "line",
            Job::AlertSync | Job::TicketChanged => "alert",
            Job::ContractWatch | Job::ContractChanged => "item",
        }
    }
}

const CHANGE_COLUMNS: &[&str] = &["id", "service", "units", "", "from", "money", "because"];
const QUOTA_COLUMNS: &[&str] = &["id", "item", "quota", "because"];
const WAITING_COLUMNS: &[&str] = &["service", "units", "", "until"];
/// Numbers stand under one another.
const RIGHT_ALIGNED: [&str; 2] = ["", "money"];

/// Prints one table, with a heading before the rows of each customer and contract.
fn section(f: &mut fmt::Formatter<'_>, title: &str, columns: &[&str], rows: Vec<Row>) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(columns.iter().copied());
    for (index, _) in columns.iter().enumerate().filter(|(_, name)| RIGHT_ALIGNED.contains(name)) {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let (headings, cells): (Vec<String>, Vec<Vec<String>>) =
        rows.into_iter().map(|row| (on_one_line(&row.heading), row.cells)).unzip();
    table.add_rows(cells.iter().map(|cells| cells.iter().map(|cell| on_one_line(cell))));
    let text = table.to_string();
    let mut lines = text.lines();
    writeln!(f, "\n{title}\n   {}", lines.next().unwrap_or_default().trim_end())?;
    let mut last_heading = "";
    for (heading, line) in headings.iter().zip(lines) {
        if heading != last_heading {
            writeln!(f, "  {heading}")?;
        }
        writeln!(f, "   {}", line.trim_end())?;
        last_heading = heading;
    }
    Ok(())
}

/// What is changed, how, and why: the cells of its row, without the id.
pub(crate) fn words_of(change: &Change) -> Vec<String> {
    row_of(change).cells
}

fn row_of(change: &Change) -> Row {
    match &change.action {
        Action::Adjust(adjustment) => adjustment_row(adjustment),
        Action::CreateService(creation) => creation_row(creation),
        Action::SetQuota(quota) => quota_row(quota),
        Action::CreateTenant(new) => tenant_row(new),
        Action::DisableTenant(disable) => disable_row(disable),
        Action::CreateTicket(creation) => ticket_row(ticket_rows::creation(creation)),
        Action::NoteTicket(note) => ticket_row(ticket_rows::note(note)),
        Action::CloseTicket(status) => ticket_row(ticket_rows::status(status, "closed")),
        Action::ReopenTicket(status) => ticket_row(ticket_rows::status(status, "reopened")),
        Action::DismissAlert(dismissal) => ticket_row(ticket_rows::dismissal(dismissal)),
    }
}

fn change_row(change: &Change, reasons: &[String]) -> Row {
    let mut row = row_of(change);
    row.cells.insert(0, change.id.clone());
    if let Some(because) = row.cells.last_mut() {
        if !reasons.is_empty() {
            because.push_str(&format!("; held: {}", reasons.join(", ")));
        }
        if let Some(by) = &change.approved_by {
            because.push_str(&format!("; approved by {by}"));
        }
    }
    row
}

/// The cells of a change's row, without its id: what, from what to what, and why at the end.
pub(crate) fn cells_of(change: &Change) -> Vec<String> {
    let plain = Change { approved_by: None, ..change.clone() };
    change_row(&plain, &[]).cells.split_off(1)
}

fn adjustment_row(adjustment: &Adjustment) -> Row {
    let money = match (adjustment.money_per_period(), adjustment.period_type) {
        (Some(money), Some(period)) => format!("{money:+.2} a {}", period.per()),
        (Some(money), None) => format!("{money:+.2}"),
        (None, _) => String::new(),
    };
    let place = &adjustment.place;
    Row {
        heading: format!(
            "{} (company {}), contract {} \"{}\"",
            adjustment.company_name, place.company, place.contract, adjustment.contract_name
        ),
        cells: vec![
            adjustment.service_name.clone(),
            format!("{} → {}", adjustment.before, adjustment.wanted),
            format!("{:+}", adjustment.unit_change()),
            adjustment.effective.to_string(),
            money,
            because(adjustment),
        ],
    }
}

/// Why a line is to hold the units wanted: the usage behind them, and what else a person should know.
pub(crate) fn because(adjustment: &Adjustment) -> String {
    let mut because = adjustment.reckoning.to_string();
    if adjustment.adds_line() {
        because.push_str("; adds the service to the contract");
    }
    if let Some(expected) = adjustment.corrects_others {
        because.push_str(&format!("; somebody else changed it from {expected}"));
    }
    for (day, units) in &adjustment.later {
        because.push_str(&format!("; {units} already there from {day}"));
    }
    because
}

fn creation_row(creation: &ServiceCreation) -> Row {
    let service = &creation.service;
    let items: Vec<String> = creation.items.iter().map(ToString::to_string).collect();
    let price = format!("{:.2} a {}", service.unit_price, service.period.per());
    let empty = String::new;
    Row {
        heading: "New services in Autotask".to_owned(),
        cells: vec![service.name.clone(), empty(), empty(), empty(), price, format!("for {}", items.join(", "))],
    }
}

fn quota_row(quota: &QuotaChange) -> Row {
    let setting = &quota.setting;
    let words = |grant: Grant| grant.words(setting.unit);
    Row {
        heading: format!("{} (company {}), tenant {}", quota.company_name, quota.company, quota.tenant),
        cells: vec![
            setting.label.clone(),
            format!("{} → {}", words(setting.before), words(setting.after)),
            quota.because.to_string(),
        ],
    }
}

fn tenant_row(new: &NewTenant) -> Row {
    let items: Vec<String> = new
        .items
        .iter()
        .filter(|setting| setting.after.is_on())
        .map(|setting| format!("{} {}", setting.label, setting.after.words(setting.unit)))
        .collect();
    let with = [
        (!new.trial, "in production"),
        (new.trial, "in trial"),
        (new.two_factor, "with two factors"),
        (new.administrator.is_some(), "with an administrator"),
    ];
    let with: Vec<&str> = with.into_iter().filter(|(is_so, _)| *is_so).map(|(_, words)| words).collect();
    let what = if new.tenant.is_some() { "completed" } else { "created" };
    Row {
        heading: format!("{} (company {}), new tenant", new.name, new.company),
        cells: vec![what.to_owned(), with.join(", "), items.join(", ")],
    }
}

fn disable_row(disable: &DisableTenant) -> Row {
    Row {
        heading: format!("{} (company {}), tenant {}", disable.company_name, disable.company, disable.tenant),
        cells: vec![
            "the whole tenant".to_owned(),
            "enabled → disabled".to_owned(),
            format!("no active contract since {}", disable.since),
        ],
    }
}

fn ticket_row((heading, cells): ticket_rows::TicketRow) -> Row {
    Row { heading, cells }
}

fn waiting_row(line: &Waiting) -> Row {
    let place = &line.place;
    Row {
        heading: format!("{} (company {}), contract {}", line.company_name, place.company, place.contract),
        cells: vec![
            line.service_name.clone(),
            format!("{} → {}", line.units, line.wanted),
            format!("{:+}", line.wanted - line.units),
            line.until.to_string(),
        ],
    }
}

/// The reasons that every held change has; said once.
fn common_reasons(held: &[Held]) -> Vec<&HoldReason> {
    let Some((first, rest)) = held.split_first() else { return Vec::new() };
    first.reasons.iter().filter(|reason| rest.iter().all(|other| other.reasons.contains(reason))).collect()
}

fn own_reasons(held: &Held, common: &[&HoldReason]) -> Vec<String> {
    held.reasons.iter().filter(|reason| !common.contains(reason)).map(ToString::to_string).collect()
}
