//! What a run took beside what it may take, as a table and as JSON. It judges figures and measures nothing.

use crate::runs::{Lists, Measured};
use anyhow::ensure;
use it::bench::counted::{Counts, Passed};
use it::bench::planted::{LINES, Size};
use serde_json::{Value, json};
use std::fmt;

/// Rows on a page of Autotask, and values in one of its queries.
const AUTOTASK_PAGE: u64 = 500;
const AUTOTASK_VALUES: u64 = 400;
/// Rows on a page of Acronis, and tenants in one batch of usage.
const ACRONIS_PAGE: u64 = 5_000;
const ACRONIS_BATCH: u64 = 100;
/// Requests for units that may run at a time.
const ADJUSTMENTS_AT_A_TIME: u64 = 3;
/// What a consistent read reads for one unit.
const KIB_OF_A_READ_UNIT: u64 = 4;
const ADJUSTMENTS: &str = "autotask ContractServiceAdjustments";
const UNITS: &str = "autotask ContractServiceUnits";

/// One figure, and the most it may be.
struct Figure {
    name: String,
    is: u64,
    most: Option<u64>,
}

impl Figure {
    fn is_met(&self) -> bool {
        self.most.is_none_or(|most| self.is <= most)
    }
}

/// All figures of one size.
pub(crate) struct Figures {
    size: Size,
    changes: u64,
    calls: Counts,
    table: Counts,
    floor_millis: u64,
    all: Vec<Figure>,
}

impl Figures {
    pub(crate) fn of(size: Size, measured: Measured, table: Counts, calls: Counts) -> anyhow::Result<Figures> {
        let changes = measured.record.counts.made as u64;
        ensure!(changes == size.changes() as u64, "{changes} changes were made instead of {}", size.changes());
        let mut figures = Figures { size, changes, calls, table, floor_millis: 0, all: Vec::new() };
        figures.floor_millis = figures.floor_micros().div_ceil(1_000);
        figures.count_calls();
        figures.time_and_memory(&measured);
        Ok(figures)
    }

    /// What reading the lists took: everything of 10,000 customers is less than 8 MiB, compressed.
    pub(crate) fn add_lists(&mut self, lists: &Lists, read: &Counts) -> anyhow::Result<()> {
        let lines = lists.lines;
        ensure!(lines == self.rows(), "{lines} lines are listed instead of {}", self.rows());
        let kib = read.taken.read_units * KIB_OF_A_READ_UNIT;
        self.add("lists, compressed, KiB", kib, Some(8 * 1024));
        self.add("lists, read back, ms", lists.wall_millis, None);
        self.add("lists, peak memory of a reader, KiB", lists.peak_kib, Some(256 * 1024));
        Ok(())
    }

    fn add(&mut self, name: &str, is: u64, most: Option<u64>) {
        self.all.push(Figure { name: name.to_owned(), is, most });
    }

    fn passed(&self, endpoint: &str) -> Passed {
        self.calls.calls.get(endpoint).copied().unwrap_or_default()
    }

    fn calls_to(&self, vendor: &str) -> u64 {
        let of_vendor = self.calls.calls.iter().filter(|(endpoint, _)| endpoint.starts_with(vendor));
        of_vendor.map(|(_, passed)| passed.calls).sum()
    }

    fn rows(&self) -> u64 {
        (self.size.customers * LINES) as u64
    }

    fn count_calls(&mut self) {
        let customers = self.size.customers as u64;
        let items = customers * self.size.items as u64;
        // Beside the customers there are the partner's own tenant and company.
        let tenants = customers + 1;
        let acronis =
            tenants.div_ceil(ACRONIS_PAGE) + items.div_ceil(ACRONIS_PAGE) + customers.div_ceil(ACRONIS_BATCH) + 5;
        let pages = |rows: u64| rows.div_ceil(AUTOTASK_PAGE);
        let autotask = self.changes
            + pages(self.rows())
            + pages(customers)
            + pages(customers + 1)
            + 2 * self.changes.div_ceil(AUTOTASK_VALUES)
            + 13;
        self.add("calls to Acronis", self.calls_to("acronis"), Some(acronis));
        self.add("calls to Autotask", self.calls_to("autotask"), Some(autotask));
        let of_adjustments = self.passed(ADJUSTMENTS).most_at_a_time;
        let of_others = self.calls.calls.iter().filter(|(endpoint, _)| *endpoint != ADJUSTMENTS);
        let of_others = of_others.map(|(_, passed)| passed.most_at_a_time).max().unwrap_or_default();
        self.add("most at a time, changes of units", of_adjustments, Some(ADJUSTMENTS_AT_A_TIME));
        self.add("most at a time, each other endpoint", of_others, Some(1));
        let taken = self.table.taken;
        self.add("items read from the table", taken.items_read, None);
        self.add("items written to the table", taken.items_written, Some(5 * self.changes));
        self.add("read request units", taken.read_units, None);
        self.add("write request units", taken.write_units, None);
    }

    fn time_and_memory(&mut self, measured: &Measured) {
        let floor = self.floor_millis;
        let is_large = self.size.customers >= 10_000;
        let wall = match self.size.latency {
            0 => is_large.then_some(20_000),
            _ => Some(floor * 6 / 5),
        };
        self.add("floor, ms", floor, None);
        self.add("wall, ms", measured.wall_millis, wall);
        self.add("processor, ms", measured.cpu_millis, (self.size.customers <= 1_000).then_some(600));
        let memory = if is_large { 128 } else { 32 };
        self.add("peak memory, KiB", measured.peak_kib, Some(memory * 1024));
    }

    /// The calls that must follow one another, each as long as its endpoint takes on average: first logging
    /// in and looking at the limit, then both vendors side by side, then the rest one after the other.
    fn floor_micros(&self) -> u64 {
        let mean = |endpoint: &str| {
            let passed = self.passed(endpoint);
            passed.micros / passed.calls.max(1)
        };
        let whole = |endpoint: &str| self.passed(endpoint).micros;
        let first = whole("autotask zoneInformation")
            + whole("acronis idp/token")
            + whole("acronis clients/{id}")
            + mean("autotask ThresholdInformation")
            + mean("autotask Contracts");
        let acronis =
            whole("acronis tenants") + whole("acronis tenants/offering_items") + whole("acronis tenants/usages");
        // The field of contracts is asked for first, and is a call on the same endpoint.
        let contracts = whole("autotask Contracts").saturating_sub(mean("autotask Contracts"));
        let lists = [whole("autotask Companies"), contracts, whole("autotask Services")];
        let pages = (self.rows() / AUTOTASK_PAGE + 1) * mean(UNITS);
        let autotask = lists.into_iter().max().unwrap_or_default() + pages.min(whole(UNITS));
        let changes = self.changes.div_ceil(ADJUSTMENTS_AT_A_TIME) * mean(ADJUSTMENTS);
        let rest = whole(UNITS).saturating_sub(pages) + changes;
        let looks = whole("autotask ThresholdInformation").saturating_sub(mean("autotask ThresholdInformation"));
        first + acronis.max(autotask) + rest + looks
    }

    pub(crate) fn are_met(&self) -> bool {
        self.all.iter().all(Figure::is_met)
    }

    pub(crate) fn as_json(&self) -> Value {
        let figures: Vec<Value> = self
            .all
            .iter()
            .map(|figure| json!({"name": figure.name, "is": figure.is, "most": figure.most, "met": figure.is_met()}))
            .collect();
        json!({
            "size": self.size,
            "changes": self.changes,
            "figures": figures,
            "calls": self.calls.calls,
            "table": self.table,
        })
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Size { customers, items, latency } = self.size;
        let changes = self.changes;
        writeln!(
            f,
            "{customers} customers, {LINES} lines and {items} items each, {changes} changes, {latency} ms a call"
        )?;
        writeln!(f, "  {:<44} {:>10} {:>10}", "", "is", "at most")?;
        for figure in &self.all {
            let most = figure.most.map_or_else(|| "-".to_owned(), |most| most.to_string());
            let mark = if figure.is_met() { "" } else { "  MISSED" };
            writeln!(f, "  {:<44} {:>10} {most:>10}{mark}", figure.name, figure.is)?;
        }
        writeln!(f, "  {:<44} {:>10} {:>10} {:>10}", "", "calls", "at a time", "mean µs")?;
        for (endpoint, passed) in self.calls.calls.iter().chain(&self.table.calls) {
            let mean = passed.micros / passed.calls.max(1);
            writeln!(f, "  {endpoint:<44} {:>10} {:>10} {mean:>10}", passed.calls, passed.most_at_a_time)?;
        }
        Ok(())
    }
}
