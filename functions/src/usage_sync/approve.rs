//! A person's approval of exactly what was shown (M5, H1, H2): it is compared with the plan as it is now,
//! and refused if the world moved. Approves; changes no units.

use super::{planned, record};
use crate::host::Host;
use crate::run::{self, Approve, Approving};
use shared::ids::ConnectionId;
use shared::plan::Plan;

/// Approves, and gives the plan that was approved from. `by` says who.
pub async fn approve(host: &Host, id: &ConnectionId, what: &Approve, by: &str) -> anyhow::Result<Plan> {
    let planned = Box::pin(planned(host, id)).await?;
    let is_first = !planned.observed.connection.first_plan_approved;
    let approving = Approving { what, by, is_first, look: "acrotask plan usage" };
    let approval = run::approve(host, id, &planned.plan, &approving).await?;
    if matches!(what, Approve::Plan(_)) {
        host.store.set_first_plan_approved(id).await?;
    }
    record::keep_who_is_known(host, &planned, &approval.ids).await?;
    Ok(planned.plan)
}
