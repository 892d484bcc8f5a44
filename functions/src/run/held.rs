//! What a run leaves for people to see: what it planned and did not make, and what it found. And whether somebody
//! approved a first plan that was left so (M5), for which everybody has to be looked at.

use super::AtWork;
use crate::host::Host;
use anyhow::Context;
use shared::finding::Finding;
use shared::guard::Approvals;
use shared::held::{LookedAt, kept_plan_id, left_by};
use shared::ids::ConnectionId;
use shared::plan::Plan;
use shared::run::Job;
use std::collections::BTreeSet;

/// What a run did with its plan.
#[derive(Debug, Default)]
pub(crate) struct Deeds {
    /// The ids of the changes that were made.
    pub(crate) made: BTreeSet<String>,
    /// What was found while they were made.
    pub(crate) found: Vec<Finding>,
}

/// Keeps what is left of a plan. What cannot be kept is told in the log and stays as it was: nothing is changed by it,
/// and the run has done its work.
pub(crate) async fn keep(at_work: &AtWork<'_>, plan: &Plan, deeds: &Deeds, looked_at: &LookedAt) {
    let AtWork { host, connection, .. } = at_work;
    let left = left_by(plan, &deeds.made, &deeds.found, looked_at);
    let kept = host.store.keep_held(&connection.id, plan.job, left, looked_at).await;
    if let Err(error) = kept.context("keeping what the run left") {
        tracing::warn!("{error:#}");
    }
}

/// Whether the first plan of a job, as it was left, was approved by a person.
pub(crate) async fn first_is_approved(
    host: &Host,
    id: &ConnectionId,
    approvals: &Approvals,
    job: Job,
) -> anyhow::Result<bool> {
    if approvals.is_empty() {
        return Ok(false);
    }
    let left = host.store.held_of(id, job).await?;
    Ok(kept_plan_id(job, left.iter()).is_some_and(|plan| approvals.contains_key(&plan)))
}
