//! What a run remembers for later ones: the usage it read, what was there, and who is known. An idle run leaves
//! nothing but its record (B3).

use super::Planned;
use crate::host::Host;
use shared::ids::CompanyId;
use shared::run::Connection;
use shared::usage_plan::states_after;

/// Companies whose states are made and stored at a time, so that those of everybody are never held twice.
const KEPT_TOGETHER: usize = 100;

/// Keeps the usage that was read, for periods settled later, and what was there.
pub(super) async fn keep_what_was_seen(host: &Host, planned: &Planned) -> anyhow::Result<()> {
    let (observed, companies) = (&planned.observed, &planned.companies);
    let connection = &observed.connection;
    for some in companies.chunks(KEPT_TOGETHER) {
        let (some, before) = observed.with_usage(some);
        let states = states_after(&some, &planned.plan, observed.scope.is_none(), connection, &before);
        host.store.save_company_states(&connection.id, &states).await?;
    }
    // A look at some says nothing about the rest.
    let everybody = observed.scope.is_none() && !companies.is_empty();
    if connection.usage_read_on != Some(observed.today) && everybody {
        host.store.set_usage_read_on(&connection.id, observed.today).await?;
    }
    Ok(())
}

/// The first plan was approved in the console, and is what was approved: it counts from now on (M5).
pub(super) async fn keep_first_approval(host: &Host, planned: &mut Planned) -> anyhow::Result<()> {
    host.store.set_first_plan_approved(&planned.observed.connection.id).await?;
    keep_who_is_known(host, planned, &[]).await?;
    planned.observed.connection.first_plan_approved = true;
    Ok(())
}

/// Customers whose first plan was just approved are known from then on, so that what moves before the
/// next run does not wait as a new customer's once more (M5, H1).
pub(super) async fn keep_who_is_known(host: &Host, planned: &Planned, approved: &[String]) -> anyhow::Result<()> {
    let Planned { observed, companies, plan, .. } = planned;
    let connection = Connection { first_plan_approved: true, ..observed.connection.clone() };
    let mut plan = plan.clone();
    plan.held.retain(|held| !approved.contains(&held.change.id));
    let was_known = |company: CompanyId| observed.states.get(&company).is_some_and(|state| state.seen.is_some());
    for some in companies.chunks(KEPT_TOGETHER) {
        let (some, before) = observed.with_usage(some);
        for state in states_after(&some, &plan, true, &connection, &before) {
            if state.seen.is_some() && !was_known(state.company) {
                host.store.save_company_state(&connection.id, &state).await?;
            }
        }
    }
    Ok(())
}
