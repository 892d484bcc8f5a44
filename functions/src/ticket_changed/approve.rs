//! A person's approval of dismissals exactly as shown (H2): compared with the plan as it is now, and refused if the world
//! moved. Approves; changes nothing at a vendor.

use super::planned;
use crate::host::Host;
use crate::run::{self, Approve, Approving};
use anyhow::ensure;
use shared::ids::ConnectionId;
use shared::plan::Plan;

/// Approves, and gives the plan that was approved from. `by` says who.
pub async fn approve(host: &Host, id: &ConnectionId, what: &Approve, by: &str) -> anyhow::Result<Plan> {
    let planned = Box::pin(planned(host, id)).await?;
    ensure!(
        planned.observed.connection.first_tickets_approved,
        "the first plan of tickets is not approved yet: look at it with `acrotask plan alerts` and approve that first"
    );
    let approving = Approving { what, by, is_first: false, look: "acrotask plan alerts" };
    run::approve(host, id, &planned.plan, &approving).await?;
    Ok(planned.plan)
}
