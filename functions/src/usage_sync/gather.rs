//! Plans each company, reads what its plan still needs in bulk, and plans those companies again: the future
//! rows of lines that change, and lines that no row covers (U3, U4). The plan says what it needs.

use super::lists::Lists;
use super::observe::Observed;
use crate::autotask::AutotaskReader;
use crate::host::{Host, Vendors};
use anyhow::{Context, ensure};
use jiff::civil::Date;
use shared::contract::{ContractLine, Period, UnitsRow, row_on};
use shared::facts::{CompanyFacts, Terms};
use shared::ids::{ContractId, LineId, ServiceId};
use shared::kept::KeptUsage;
use shared::usage_plan::{CompanyPlan, plan_company};
use std::collections::{BTreeMap, BTreeSet};

/// A plan asks for more at most this often: rows of lines, a line looked up, that line's rows.
const MOST_ROUNDS: usize = 5;

/// The companies' plans, each made from everything it needs.
pub(super) async fn plan_companies(
    host: &Host,
    vendors: &Vendors,
    observed: &mut Observed,
) -> anyhow::Result<Vec<CompanyPlan>> {
    host.progress.begin("planning", None);
    let mut plans = Vec::with_capacity(observed.companies.len());
    let mut lists = observed.lists.take();
    observed.each_company(
        |_| true,
        |_, facts, terms| {
            let (plan, to_keep) = plan_one(facts, terms, &mut lists);
            plans.push(plan);
            to_keep
        },
    );
    for _ in 0..MOST_ROUNDS {
        let open: BTreeSet<usize> = (0..plans.len()).filter(|index| !plans[*index].needs.is_empty()).collect();
        if open.is_empty() {
            break;
        }
        host.progress.begin("reading the lines that change", None);
        read_needs(&vendors.autotask, observed, &plans).await?;
        observed.each_company(
            |index| open.contains(&index),
            |index, facts, terms| {
                let (plan, to_keep) = plan_one(facts, terms, &mut lists);
                plans[index] = plan;
                to_keep
            },
        );
    }
    let settled = plans.iter().all(|plan| plan.needs.is_empty());
    ensure!(settled, "a plan keeps asking for more; Autotask's lines changed with every read");
    observed.all_is_planned();
    observed.lists = lists;
    Ok(plans)
}

/// One company's plan, and the usage to keep. Where the plan is final, nothing else is read of the facts; where
/// it is not, nothing of it but its needs.
fn plan_one(
    facts: &mut CompanyFacts,
    terms: &Terms<'_>,
    lists: &mut Option<Lists>,
) -> (CompanyPlan, Option<KeptUsage>) {
    let mut plan = plan_company(facts, terms);
    plan.proposed.shrink_to_fit();
    let to_keep = plan.usage.take();
    if !plan.needs.is_empty() {
        (plan.proposed, plan.waiting, plan.findings, plan.seen, plan.lines) = Default::default();
        return (plan, None);
    }
    let lines = std::mem::take(&mut plan.lines);
    if let Some(lists) = lists {
        lists.add_company(&facts.contracts, &lines);
    }
    (facts.contracts, facts.rows, facts.lines, facts.bundles) = Default::default();
    (plan, to_keep)
}

async fn read_needs(autotask: &AutotaskReader, observed: &mut Observed, plans: &[CompanyPlan]) -> anyhow::Result<()> {
    let today = observed.today;
    let (mut whole, mut coming) = (Wanted::default(), Wanted::default());
    for (facts, plan) in observed.companies.iter().zip(plans) {
        for (line, span) in &plan.needs.lines {
            let wanted = if is_read_today(facts, *line, *span, today) { &mut coming } else { &mut whole };
            wanted.add(*line, *span);
        }
    }
    let places: BTreeSet<(ContractId, ServiceId)> = plans.iter().flat_map(|plan| plan.needs.places.clone()).collect();
    let (rows, found) = tokio::try_join!(rows_of(autotask, whole, coming, today), lines_of(autotask, &places))?;
    for (facts, plan) in observed.companies.iter_mut().zip(plans) {
        take_over(facts, plan, &rows, &found);
    }
    Ok(())
}

/// Whether a line's units of today were just read, so that only those that begin later are wanted (U3).
fn is_read_today(facts: &CompanyFacts, line: LineId, span: Period, today: Date) -> bool {
    let never_read = !facts.read_whole.contains_key(&line);
    never_read && span.start == today && row_on(facts.rows_of(line), today).is_some()
}

/// Lines, and one span of days for all of them.
#[derive(Default)]
struct Wanted {
    lines: BTreeSet<LineId>,
    span: Option<Period>,
}

impl Wanted {
    fn add(&mut self, line: LineId, span: Period) {
        self.lines.insert(line);
        let all = self.span.unwrap_or(span);
        self.span = Some(Period { start: all.start.min(span.start), end: all.end.max(span.end) });
    }
}

/// Rows of lines, each with the days within which they are all there.
#[derive(Default)]
struct RowsRead {
    of_line: BTreeMap<LineId, Vec<UnitsRow>>,
    spans: BTreeMap<LineId, Period>,
    /// The lines of which only those rows were read that begin after this day.
    coming: Option<(Date, BTreeSet<LineId>)>,
}

impl RowsRead {
    fn add(&mut self, wanted: &Wanted, rows: Vec<UnitsRow>) {
        self.spans.extend(wanted.span.into_iter().flat_map(|span| wanted.lines.iter().map(move |line| (*line, span))));
        for row in rows {
            self.of_line.entry(row.line).or_default().push(row);
        }
    }

    /// Whether what was read of a line stands in place of this row.
    fn replaces(&self, row: &UnitsRow) -> bool {
        let only_coming = |(day, lines): &(Date, BTreeSet<LineId>)| lines.contains(&row.line) && row.start <= *day;
        self.spans.contains_key(&row.line) && !self.coming.as_ref().is_some_and(only_coming)
    }
}

async fn rows_of(autotask: &AutotaskReader, whole: Wanted, coming: Wanted, today: Date) -> anyhow::Result<RowsRead> {
    let mut read = RowsRead::default();
    let in_words = "reading the units of lines";
    if let Some(span) = whole.span {
        let lines: Vec<LineId> = whole.lines.iter().copied().collect();
        read.add(&whole, autotask.units_of_lines(&lines, span).await.context(in_words)?);
    }
    if let Some(span) = coming.span {
        let lines: Vec<LineId> = coming.lines.iter().copied().collect();
        read.add(&coming, autotask.units_that_begin(&lines, today, span.end).await.context(in_words)?);
        read.coming = Some((today, coming.lines));
    }
    Ok(read)
}

async fn lines_of(
    autotask: &AutotaskReader,
    places: &BTreeSet<(ContractId, ServiceId)>,
) -> anyhow::Result<BTreeMap<ContractId, Vec<ContractLine>>> {
    let mut by_contract: BTreeMap<ContractId, Vec<ContractLine>> = BTreeMap::new();
    if places.is_empty() {
        return Ok(by_contract);
    }
    let contracts: BTreeSet<ContractId> = places.iter().map(|(contract, _)| *contract).collect();
    let services: BTreeSet<ServiceId> = places.iter().map(|(_, service)| *service).collect();
    let (contracts, services): (Vec<_>, Vec<_>) = (contracts.into_iter().collect(), services.into_iter().collect());
    for line in autotask.lines_of(&contracts, &services).await.context("looking lines up")? {
        by_contract.entry(line.contract).or_default().push(line);
    }
    Ok(by_contract)
}

/// What was just read replaces what was read before: the change is computed from units just read (U3).
fn take_over(
    facts: &mut CompanyFacts,
    plan: &CompanyPlan,
    rows: &RowsRead,
    found: &BTreeMap<ContractId, Vec<ContractLine>>,
) {
    for line in plan.needs.lines.keys() {
        facts.rows.retain(|row| row.line != *line || !rows.replaces(row));
        facts.rows.extend(rows.of_line.get(line).into_iter().flatten().cloned());
        facts.read_whole.extend(rows.spans.get(line).map(|span| (*line, *span)));
    }
    for (contract, service) in &plan.needs.places {
        let lines = found.get(contract).into_iter().flatten().filter(|line| line.service == *service);
        let new: Vec<ContractLine> =
            lines.filter(|line| !facts.lines.iter().any(|known| known.id == line.id)).cloned().collect();
        facts.lines.extend(new);
        facts.looked_up.insert((*contract, *service));
    }
}
