//! Plans each company, reads what its plan still needs in bulk, and plans those companies again: the future
//! rows of lines that change, and lines that no row covers (U3, U4). The plan says what it needs.

use super::observe::Observed;
use crate::autotask::AutotaskReader;
use crate::host::{Host, Vendors};
use anyhow::{Context, ensure};
use shared::contract::{ContractLine, Period, UnitsRow};
use shared::facts::CompanyFacts;
use shared::ids::{ContractId, LineId, ServiceId};
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
    let mut plans = plan_all(observed);
    for _ in 0..MOST_ROUNDS {
        let open: BTreeSet<usize> = (0..plans.len()).filter(|index| !plans[*index].needs.is_empty()).collect();
        if open.is_empty() {
            return Ok(plans);
        }
        host.progress.begin("reading the lines that change", None);
        read_needs(&vendors.autotask, observed, &plans).await?;
        let terms = observed.terms();
        for index in open {
            plans[index] = plan_company(&observed.companies[index], &terms);
        }
    }
    let settled = plans.iter().all(|plan| plan.needs.is_empty());
    ensure!(settled, "a plan keeps asking for more; Autotask's lines changed with every read");
    Ok(plans)
}

fn plan_all(observed: &Observed) -> Vec<CompanyPlan> {
    let terms = observed.terms();
    observed.companies.iter().map(|facts| plan_company(facts, &terms)).collect()
}

async fn read_needs(autotask: &AutotaskReader, observed: &mut Observed, plans: &[CompanyPlan]) -> anyhow::Result<()> {
    let spans = plans.iter().flat_map(|plan| &plan.needs.lines);
    let lines: BTreeSet<LineId> = spans.clone().map(|(line, _)| *line).collect();
    let lines: Vec<LineId> = lines.into_iter().collect();
    let first = spans.clone().map(|(_, span)| span.start).min();
    let last = spans.map(|(_, span)| span.end).max();
    let span = first.zip(last).map(|(start, end)| Period { start, end });
    let places: BTreeSet<(ContractId, ServiceId)> = plans.iter().flat_map(|plan| plan.needs.places.clone()).collect();
    let (rows, found) = tokio::try_join!(rows_of(autotask, &lines, span), lines_of(autotask, &places))?;
    for (facts, plan) in observed.companies.iter_mut().zip(plans) {
        take_over(facts, plan, &rows, &found);
    }
    Ok(())
}

/// Rows of lines, all of them within one span of days.
#[derive(Default)]
struct RowsRead {
    span: Option<Period>,
    of_line: BTreeMap<LineId, Vec<UnitsRow>>,
}

async fn rows_of(autotask: &AutotaskReader, lines: &[LineId], span: Option<Period>) -> anyhow::Result<RowsRead> {
    let mut read = RowsRead { span, ..RowsRead::default() };
    let Some(span) = span else { return Ok(read) };
    for row in autotask.units_of_lines(lines, span).await.context("reading the units of lines")? {
        read.of_line.entry(row.line).or_default().push(row);
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
        facts.rows.retain(|row| row.line != *line);
        facts.rows.extend(rows.of_line.get(line).into_iter().flatten().cloned());
        facts.read_whole.extend(rows.span.map(|span| (*line, span)));
    }
    for (contract, service) in &plan.needs.places {
        let lines = found.get(contract).into_iter().flatten().filter(|line| line.service == *service);
        let new: Vec<ContractLine> =
            lines.filter(|line| !facts.lines.iter().any(|known| known.id == line.id)).cloned().collect();
        facts.lines.extend(new);
        facts.looked_up.insert((*contract, *service));
    }
}
