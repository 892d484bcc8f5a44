//! A person's approval of exactly what was shown (M5, H1, H2): it is compared with the plan as it is now,
//! and refused if the world moved. Approves; changes no units.

use super::{planned, record};
use crate::host::Host;
use crate::run::{Approve, approval_of, approved_ids};
use anyhow::bail;
use shared::finding::What;
use shared::ids::ConnectionId;
use shared::plan::Plan;

/// Approves, and gives the plan that was approved from. `by` says who.
pub async fn approve(host: &Host, id: &ConnectionId, what: &Approve, by: &str) -> anyhow::Result<Plan> {
    let planned = Box::pin(planned(host, id)).await?;
    let plan = &planned.plan;
    let starts = |what: &What| !matches!(what, What::NothingMapped { .. } | What::PaygFieldMissing);
    if let Some(finding) = plan.findings.iter().find(|finding| !starts(&finding.what)) {
        bail!("there is no plan to approve yet: {finding}");
    }
    let is_first = host.store.connection(id).await?.is_some_and(|connection| !connection.first_plan_approved);
    let ids = approved_ids(plan, what, is_first, "acrotask plan usage")?;
    let approval = approval_of(plan, ids, by, host.clock.now());
    if !approval.ids.is_empty() {
        host.store.save_approval(id, &approval).await?;
    }
    if matches!(what, Approve::Plan(_)) {
        host.store.set_first_plan_approved(id).await?;
    }
    record::keep_who_is_known(host, &planned, &approval.ids).await?;
    Ok(planned.plan)
}
