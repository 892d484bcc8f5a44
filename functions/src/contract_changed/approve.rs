//! A person's approval of quotas and tenants exactly as shown (M5, H1, H2): compared with the plan as it is now,
//! and refused if the world moved. Approves; changes nothing at a vendor.

use super::planned;
use crate::host::Host;
use crate::run::{self, Approve, Approving};
use shared::ids::ConnectionId;
use shared::plan::Plan;
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
    // Customers whose first plan was just approved are known from then on (H1).
    let mut approved = planned.plan.clone();
    approved.held.retain(|held| !approval.ids.contains(&held.change.id));
    let (made, before) = (BTreeSet::new(), &planned.observed.states);
    let states = quota_states_after(&planned.customers, &approved, true, &made, before);
    host.store.save_quota_states(id, &states).await?;
    Ok(planned.plan)
}
