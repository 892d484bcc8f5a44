//! The record of a run: how it began, what it called, and what its plan was.

use crate::host::{Host, Vendors};
use crate::http::Vendor;
use shared::plan::Plan;
use shared::run::{Job, Mode, RunCounts, RunRecord};

/// Findings kept in a run's record; the plan has all of them.
const FINDINGS_KEPT: usize = 100;

/// The record of a run that begins now.
pub(crate) fn begin(host: &Host, job: Job, mode: Mode) -> RunRecord {
    let started = host.clock.now();
    RunRecord::begun(format!("{started:.3}-{}", uuid::Uuid::new_v4().simple()), job, mode, started)
}

/// Puts the vendor calls made so far into the record.
pub(crate) fn count_calls(record: &mut RunRecord, vendors: &Vendors) {
    let by_endpoint = vendors.calls.by_endpoint();
    record.calls =
        by_endpoint.iter().map(|((vendor, endpoint), calls)| (format!("{vendor} {endpoint}"), calls.total)).collect();
    record.autotask_calls = vendors.calls.total(Vendor::Autotask);
}

/// Puts the plan's numbers and findings into the record.
pub(crate) fn count_plan(record: &mut RunRecord, plan: &Plan) {
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
