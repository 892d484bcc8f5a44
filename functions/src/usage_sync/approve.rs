//! A person's approval of exactly what was shown (M5, H1, H2): it is compared with the plan as it is now,
//! and refused if the world moved. Approves; changes no units.

use super::{planned, record};
use crate::host::Host;
use anyhow::{bail, ensure};
use shared::finding::What;
use shared::ids::ConnectionId;
use shared::plan::Plan;
use shared::run::{Approval, Mode};
use std::collections::BTreeSet;

/// What is approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approve {
    /// A whole plan, by its id: everything in it, holds too.
    Plan(String),
    /// Single changes or holds, by their ids.
    Ids(Vec<String>),
}

/// Approves, and gives the plan that was approved from. `by` says who.
pub async fn approve(host: &Host, id: &ConnectionId, what: &Approve, by: &str) -> anyhow::Result<Plan> {
    let planned = Box::pin(planned(host, id, &mut record::begin(host, Mode::Plan))).await?;
    let plan = &planned.plan;
    let starts = |what: &What| !matches!(what, What::NothingMapped { .. } | What::PaygFieldMissing);
    if let Some(finding) = plan.findings.iter().find(|finding| !starts(&finding.what)) {
        bail!("there is no plan to approve yet: {finding}");
    }
    let ids = match what {
        Approve::Plan(shown) => {
            ensure!(
                plan.id == *shown,
                "plan {shown} is no longer what would be done: usage, units, contracts or the mapping moved. The plan \
                 is now {}; look at it with `acrotask plan usage` and approve that",
                plan.id
            );
            plan.approvable().map(str::to_owned).collect()
        }
        Approve::Ids(ids) => {
            let first = host.store.connection(id).await?.is_some_and(|connection| !connection.first_plan_approved);
            ensure!(!first, "the first plan is approved as a whole: `acrotask approve --plan {}`", plan.id);
            let known: BTreeSet<&str> = plan.approvable().collect();
            let moved: Vec<&str> = ids.iter().map(String::as_str).filter(|id| !known.contains(id)).collect();
            if !moved.is_empty() {
                bail!(
                    "{} is not in the plan any more: usage, units, contracts or the mapping moved. Nothing was \
                     approved; look at the plan again with `acrotask plan usage`",
                    moved.join(", ")
                );
            }
            ids.clone()
        }
    };
    let approval = Approval { ids, by: by.to_owned(), at: host.clock.now() };
    if !approval.ids.is_empty() {
        host.store.save_approval(id, &approval).await?;
    }
    if matches!(what, Approve::Plan(_)) {
        host.store.set_first_plan_approved(id).await?;
    }
    record::keep_who_is_known(host, &planned, &approval.ids).await?;
    Ok(planned.plan)
}
