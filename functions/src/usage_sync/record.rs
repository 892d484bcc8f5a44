//! What a run leaves behind: the usage it read, what was there, and its own record. An idle run leaves
//! its record and nothing else (B3).

use super::Planned;
use crate::host::{Host, Vendors};
use crate::http::Vendor;
use shared::ids::CompanyId;
use shared::plan::Plan;
use shared::run::{Connection, Job, Mode, Outcome, RunCounts, RunRecord};
use shared::usage_plan::states_after;
use std::collections::BTreeMap;

/// Findings kept in a run's record; the plan has all of them.
const FINDINGS_KEPT: usize = 100;
/// Companies whose states are made and stored at a time, so that those of everybody are never held twice.
const KEPT_TOGETHER: usize = 100;

/// The record of a run that begins now.
pub(super) fn begin(host: &Host, mode: Mode) -> RunRecord {
    let started = host.clock.now();
    RunRecord {
        id: format!("{started:.3}-{}", uuid::Uuid::new_v4().simple()),
        job: Job::UsageSync,
        mode,
        started,
        heard: started,
        outcome: Outcome::Running,
        plan: None,
        counts: RunCounts::default(),
        calls: BTreeMap::new(),
        autotask_calls: 0,
        autotask_used: None,
        findings: Vec::new(),
    }
}

/// Puts the vendor calls made so far into the record.
pub(super) fn count_calls(record: &mut RunRecord, vendors: &Vendors) {
    let by_endpoint = vendors.calls.by_endpoint();
    record.calls =
        by_endpoint.iter().map(|((vendor, endpoint), calls)| (format!("{vendor} {endpoint}"), calls.total)).collect();
    record.autotask_calls = vendors.calls.total(Vendor::Autotask);
}

/// Puts the plan's numbers and findings into the record.
pub(super) fn count_plan(record: &mut RunRecord, plan: &Plan) {
    record.plan = Some(plan.id.clone());
    record.counts = RunCounts {
        changes: plan.changes.len(),
        held: plan.held.len(),
        findings: plan.findings.len(),
        right: plan.right,
        ..RunCounts::default()
    };
    record.findings = plan.findings.iter().take(FINDINGS_KEPT).map(ToString::to_string).collect();
}

/// Keeps the usage that was read, for periods settled later, and what was there.
pub(super) async fn keep_what_was_seen(host: &Host, connection: &Connection, planned: &Planned) -> anyhow::Result<()> {
    let (observed, companies) = (&planned.observed, &planned.companies);
    for some in companies.chunks(KEPT_TOGETHER) {
        let states = states_after(some, &planned.plan, connection, &observed.states);
        host.store.save_company_states(&connection.id, &states).await?;
    }
    if connection.usage_read_on != Some(observed.today) && !companies.is_empty() {
        host.store.set_usage_read_on(&connection.id, observed.today).await?;
    }
    Ok(())
}

/// Customers whose first plan was just approved are known from then on, so that what moves before the
/// next run does not wait as a new customer's once more (M5, H1).
pub(super) async fn keep_who_is_known(host: &Host, planned: &Planned, approved: &[String]) -> anyhow::Result<()> {
    let Planned { observed, companies, plan } = planned;
    let connection = Connection { first_plan_approved: true, ..observed.connection.clone() };
    let mut plan = plan.clone();
    plan.held.retain(|held| !approved.contains(&held.change.id));
    let was_known = |company: CompanyId| observed.states.get(&company).is_some_and(|state| state.seen.is_some());
    for state in states_after(companies, &plan, &connection, &observed.states) {
        if state.seen.is_some() && !was_known(state.company) {
            host.store.save_company_state(&connection.id, &state).await?;
        }
    }
    Ok(())
}
