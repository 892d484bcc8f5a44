//! What a run leaves behind: the usage it read, what was there, and its own record. An idle run leaves
//! its record and nothing else (B3).

use super::Planned;
use crate::host::{Host, Vendors};
use crate::http::Vendor;
use shared::kept::CompanyState;
use shared::plan::{HoldReason, Plan, company_of};
use shared::run::{Connection, Job, Mode, Outcome, RunCounts, RunRecord};
use std::collections::{BTreeMap, BTreeSet};

/// Findings kept in a run's record; the plan has all of them.
const FINDINGS_KEPT: usize = 100;

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

/// Keeps the usage that was read, for periods settled later, and what was there, where the run counts:
/// not before the first plan is approved, not while the whole run is held, and not for a customer whose
/// first plan waits (H1).
pub(super) async fn keep_what_was_seen(host: &Host, connection: &Connection, planned: &Planned) -> anyhow::Result<()> {
    let plan = &planned.plan;
    let counts = connection.first_plan_approved && plan.run_hold.is_none();
    let new_and_held = plan
        .held
        .iter()
        .filter(|held| held.reasons.contains(&HoldReason::NewCustomer))
        .filter_map(|held| company_of(&held.change));
    let waiting: BTreeSet<_> = new_and_held.collect();
    for company in &planned.companies {
        let before = planned.observed.states.get(&company.company);
        let known = before.cloned().unwrap_or(CompanyState { company: company.company, usage: None, seen: None });
        let seen_counts = counts && !waiting.contains(&company.company);
        let after = CompanyState {
            company: company.company,
            usage: company.usage.clone().or(known.usage),
            seen: if seen_counts { Some(company.seen.clone()) } else { known.seen },
        };
        if before != Some(&after) {
            host.store.save_company_state(&connection.id, &after).await?;
        }
    }
    let today = planned.observed.today;
    if connection.usage_read_on != Some(today) && !planned.companies.is_empty() {
        host.store.set_usage_read_on(&connection.id, today).await?;
    }
    Ok(())
}
