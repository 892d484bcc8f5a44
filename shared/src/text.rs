//! The plan as people read it: on the terminal, in approvals, and in the tests' snapshots. Prints what the
//! plan holds and decides nothing.

use crate::plan::{Action, Adjustment, Change, Held, Plan, ServiceCreation, Waiting};
use comfy_table::{Cell, CellAlignment, Table, presets};
use std::fmt;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Plan {} · connection {} · {}", self.id, self.connection, self.today)?;
        writeln!(f, "{}", self.summary())?;
        if let Some(hold) = &self.run_hold {
            writeln!(f, "\nThe whole run is held ({}): {hold}", hold.id)?;
        }
        section(f, "Changes", &changes(&self.changes))?;
        section(f, "Held until approved", &held(&self.held))?;
        section(f, "Waiting", &waiting(&self.waiting))?;
        if !self.findings.is_empty() {
            writeln!(f, "\nFindings")?;
        }
        self.findings.iter().try_for_each(|finding| writeln!(f, "  - {finding}"))
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
            count(self.right, "line"),
        )
    }
}

/// "1 change", "2 changes".
pub fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

fn section(f: &mut fmt::Formatter<'_>, title: &str, table: &Table) -> fmt::Result {
    if table.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{title}")?;
    table.to_string().lines().try_for_each(|line| writeln!(f, " {}", line.trim_end()))
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

fn changes(changes: &[Change]) -> Table {
    let mut table = table(&["id", "customer", "service", "contract", "units", "", "from", "money", "because"], &[5, 7]);
    table.add_rows(changes.iter().map(|change| cells(change, None)));
    table
}

fn held(held: &[Held]) -> Table {
    let headers = &["id", "customer", "service", "contract", "units", "", "from", "money", "because", "held because"];
    let mut table = table(headers, &[5, 7]);
    table.add_rows(held.iter().map(|held| {
        let reasons: Vec<String> = held.reasons.iter().map(ToString::to_string).collect();
        cells(&held.change, Some(reasons.join("; ")))
    }));
    table
}

fn waiting(waiting: &[Waiting]) -> Table {
    let mut table = table(&["customer", "service", "contract", "units", "until"], &[]);
    table.add_rows(waiting.iter().map(|line| {
        vec![
            line.company_name.clone(),
            line.service_name.clone(),
            line.place.contract.to_string(),
            format!("{} → {}", line.units, line.wanted),
            line.until.to_string(),
        ]
    }));
    table
}

fn cells(change: &Change, held_because: Option<String>) -> Vec<Cell> {
    let mut texts = match &change.action {
        Action::Adjust(adjustment) => adjustment_texts(adjustment),
        Action::CreateService(creation) => creation_texts(creation),
    };
    if let Some(by) = &change.approved_by {
        texts[7].push_str(&format!("; approved by {by}"));
    }
    texts.insert(0, change.id.clone());
    texts.extend(held_because);
    texts.into_iter().map(Cell::new).collect()
}

fn adjustment_texts(adjustment: &Adjustment) -> Vec<String> {
    let money = match (adjustment.money_per_period(), adjustment.period_type) {
        (Some(money), Some(period)) => format!("{money:+.2} a {}", period.per()),
        (Some(money), None) => format!("{money:+.2}"),
        (None, _) => String::new(),
    };
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
    vec![
        adjustment.company_name.clone(),
        adjustment.service_name.clone(),
        adjustment.place.contract.to_string(),
        format!("{} → {}", adjustment.before, adjustment.wanted),
        format!("{:+}", adjustment.unit_change()),
        adjustment.effective.to_string(),
        money,
        because,
    ]
}

fn creation_texts(creation: &ServiceCreation) -> Vec<String> {
    let service = &creation.service;
    let items: Vec<String> = creation.items.iter().map(ToString::to_string).collect();
    let because = format!("create the service for {}", items.join(", "));
    let price = format!("{:.2} a {}", service.unit_price, service.period.per());
    let empty = String::new;
    vec![empty(), service.name.clone(), empty(), empty(), empty(), empty(), price, because]
}
