//! A person's approval of quotas and tenants exactly as shown (M5, H1, H2): compared with the plan as it is now,
//! and refused if the world moved. Approves; changes nothing at a vendor.

use super::{Planned, planned};
use crate::host::Host;
use crate::run::{self, Approve, Approving};
use shared::ids::ConnectionId;
use shared::plan::Plan;
use shared::quota_facts::QuotaState;
use shared::quota_guard::quota_states_after;
use std::collections::BTreeSet;

/// Approves, and gives the plan that was approved from. `by` says who.
pub async fn approve(host: &Host, id: &ConnectionId, what: &Approve, by: &str) -> anyhow::Result<Plan> {
    let planned = Box::pin(planned(host, id)).await?;
    let is_first = !planned.observed.connection.first_quotas_approved;
    let approving = Approving { what, by, is_first, look: "acrotask plan quotas" };
    let approval = run::approve(host, id, &planned.plan, &approving).await?;
    if matches!(what, Approve::Plan(_)) {
        host.store.set_first_quotas_approved(id).await?;
    }
    keep_who_is_known(host, &planned, &approval.ids).await?;
    Ok(planned.plan)
}

/// The first plan was approved in the console, and is what was approved: it counts from now on (M5).
pub(super) async fn keep_first_approval(host: &Host, planned: &mut Planned) -> anyhow::Result<()> {
    host.store.set_first_quotas_approved(&planned.observed.connection.id).await?;
    let states = keep_who_is_known(host, planned, &[]).await?;
    planned.observed.states.extend(states.into_iter().map(|state| (state.company, state)));
    planned.observed.connection.first_quotas_approved = true;
    Ok(())
}

/// Customers whose first plan was just approved are known from then on (H1).
async fn keep_who_is_known(host: &Host, planned: &Planned, approved: &[String]) -> anyhow::Result<Vec<QuotaState>> {
    let Planned { observed, customers, plan, .. } = planned;
    let mut plan = plan.clone();
    plan.held.retain(|held| !approved.contains(&held.change.id));
    let states = quota_states_after(customers, &plan, true, &BTreeSet::new(), &observed.states);
    host.store.save_quota_states(&observed.connection.id, &states).await?;
    Ok(states)
}
