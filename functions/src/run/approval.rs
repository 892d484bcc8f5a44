//! What a person approves of a plan (M5, H1, H2): exactly what was shown, compared with the plan as it is now,
//! and refused if the world moved.

use crate::host::Host;
use anyhow::{bail, ensure};
use jiff::Timestamp;
use shared::ids::ConnectionId;
use shared::plan::{Action, Plan, company_of};
use shared::run::{Approval, Job};
use std::collections::{BTreeMap, BTreeSet};

/// What is approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approve {
    /// A whole plan, by its id: everything in it, holds too.
    Plan(String),
    /// Single changes or holds, by their ids.
    Ids(Vec<String>),
}

/// An approval about to be given.
pub(crate) struct Approving<'a> {
    pub(crate) what: &'a Approve,
    /// Who approves.
    pub(crate) by: &'a str,
    /// Whether no plan of its kind was approved yet, so that only the whole can be.
    pub(crate) is_first: bool,
    /// The command that shows the plan.
    pub(crate) look: &'a str,
}

/// Saves the approval of `plan` and gives it. While nothing can be planned there is nothing to approve.
pub(crate) async fn approve(
    host: &Host,
    id: &ConnectionId,
    plan: &Plan,
    approving: &Approving<'_>,
) -> anyhow::Result<Approval> {
    if let Some(finding) = plan.findings.iter().find(|finding| finding.keeps_from_starting()) {
        bail!("there is no plan to approve yet: {finding}");
    }
    let Approving { what, by, is_first, look } = *approving;
    let approval = approval_of(plan, approved_ids(plan, what, is_first, look)?, by, host.clock.now());
    if !approval.ids.is_empty() {
        host.store.save_approval(id, &approval).await?;
    }
    Ok(approval)
}

fn approved_ids(plan: &Plan, what: &Approve, is_first: bool, look: &str) -> anyhow::Result<Vec<String>> {
    let mut ids = named_ids(plan, what, is_first, look)?;
    let run_hold = plan.run_hold.as_ref().filter(|hold| ids.contains(&hold.id));
    ids.extend(run_hold.into_iter().flat_map(|hold| hold.parts.clone()).collect::<Vec<_>>());
    Ok(ids)
}

/// The approval of these ids of `plan` by a person, with the companies they are for. What is approved of tickets is
/// looked at soon without, and is no reason to look at anybody's contracts.
fn approval_of(plan: &Plan, ids: Vec<String>, by: &str, at: Timestamp) -> Approval {
    if matches!(plan.job, Job::AlertSync | Job::TicketChanged) {
        return Approval { ids, companies: BTreeSet::new(), lines: BTreeMap::new(), by: by.to_owned(), at };
    }
    let all = plan.changes.iter().chain(plan.held.iter().map(|held| &held.change));
    let approved: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    let (mut companies, mut lines) = (BTreeSet::new(), BTreeMap::new());
    for change in all.filter(|change| approved.contains(change.id.as_str())) {
        companies.extend(company_of(change));
        if let Action::Adjust(adjustment) = &change.action {
            lines.insert(change.id.clone(), (adjustment.place.company, adjustment.place.service));
        }
    }
    Approval { ids, companies, lines, by: by.to_owned(), at }
}

fn named_ids(plan: &Plan, what: &Approve, is_first: bool, look: &str) -> anyhow::Result<Vec<String>> {
    match what {
        Approve::Plan(shown) => {
            ensure!(
                plan.id == *shown,
                "plan {shown} is no longer what would be done: usage, units, contracts or the mapping moved. The plan \
                 is now {}; look at it with `{look}` and approve that",
                plan.id
            );
            Ok(plan.approvable().map(str::to_owned).collect())
        }
        Approve::Ids(ids) => {
            ensure!(!is_first, "the first plan is approved as a whole: `acrotask approve --plan {}`", plan.id);
            let known: BTreeSet<&str> = plan.approvable().collect();
            let moved: Vec<&str> = ids.iter().map(String::as_str).filter(|id| !known.contains(id)).collect();
            if !moved.is_empty() {
                bail!(
                    "{} is not in the plan any more: usage, units, contracts or the mapping moved. Nothing was \
                     approved; look at the plan again with `{look}`",
                    moved.join(", ")
                );
            }
            Ok(ids.clone())
        }
    }
}
