//! A person's approval of tickets exactly as shown (M5, H2, T8): compared with the plan as it is now, and refused if the
//! world moved. Approves; changes nothing at a vendor.

use super::memory::Observed;
use super::planned;
use crate::host::Host;
use crate::run::{self, Approve, Approving};
use shared::ids::ConnectionId;
use shared::plan::Plan;

/// Approves, and gives the plan that was approved from. `by` says who.
pub async fn approve(host: &Host, id: &ConnectionId, what: &Approve, by: &str) -> anyhow::Result<Plan> {
    let planned = Box::pin(planned(host, id)).await?;
    let is_first = !planned.observed.connection.first_tickets_approved;
    let approving = Approving { what, by, is_first, look: "acrotask plan alerts" };
    run::approve(host, id, &planned.plan, &approving).await?;
    if matches!(what, Approve::Plan(_)) {
        keep_first_approval(host, &planned.observed).await?;
    }
    Ok(planned.plan)
}

/// A whole plan was approved as it is: it counts from now on (M5), and what it passed over stays passed over.
pub(super) async fn keep_first_approval(host: &Host, observed: &Observed) -> anyhow::Result<()> {
    host.store.begin_alert_cursor(&observed.connection.id, &observed.cursor).await?;
    host.store.set_first_tickets_approved(&observed.connection.id).await
}
