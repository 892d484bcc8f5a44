//! Approving quotas and tickets (M5, H1, H2). The console may ask no vendor, so what is approved are the ids of exactly
//! what was shown: they have to be left by the jobs still, and a run makes nothing whose id is another by then. A first
//! plan is approved as a whole: the next run looks at everybody, and goes on only where the whole is as it was shown.

use super::{FIELDS, Tab, rows};
use crate::console::connections::the_named;
use crate::console::fields::Posted;
use crate::console::gates::{Operator, SignedIn};
use crate::console::listed::Left;
use crate::console::pages::{Failure, go_to};
use crate::console::plan::{BOX, save, signature};
use crate::console::query::Query;
use crate::console::syncs::{self, Whom};
use crate::events::{Event, SyncDue};
use axum::response::Response;
use shared::held::{KeptHold, kept_plan_id};
use shared::ids::CompanyId;
use shared::run::{Approval, Connection, Job};
use shared::words::count;
use std::collections::{BTreeMap, BTreeSet};

/// What is approved, and by which jobs it is made.
struct Approved {
    ids: Vec<String>,
    companies: BTreeSet<CompanyId>,
    jobs: BTreeSet<Job>,
    what: String,
}

pub(in crate::console) async fn approve(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?;
    let tab = Tab::named(Some(posted.field("tab")?))?.ok_or(Failure::Malformed("units are approved elsewhere"))?;
    let since = who.console.jobs_clock.now();
    let left = who.console.listed.left(&who.console.store, &connection.id).await?;
    let mut approved = match posted.optional("plan") {
        Some(plan) => the_first(&connection, &left, tab, plan)?,
        None => the_chosen(&connection, &left, tab, &posted)?,
    };
    // Whoever is looked at first looks at everybody where that is needed.
    if tab == Tab::Quotas && approved.companies.is_empty() {
        let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
        approved.companies.extend(listed.mapping.mapped_customers().next().map(|(row, _)| row.company));
    }
    let Approved { ids, companies, jobs, what } = approved;
    let (by, at) = (signature(&who), since);
    let approval = Approval { ids, companies, lines: BTreeMap::new(), by, at };
    save(&who, &connection, approval, format!("{what} of connection {}", connection.id)).await?;
    wake(&who, &connection, tab, &jobs).await;
    let told_by = jobs.into_iter().next().unwrap_or(tab.first_job());
    let sync = syncs::query_of(&connection.id, &since.to_string(), told_by, Whom::Some);
    let query = Query::of_text(&FIELDS, posted.optional("view").unwrap_or_default());
    // The connection is said once.
    let view = query.with(&[("connection", ""), ("tab", tab.word())]).text();
    Ok(go_to(&format!("/plan?{sync}&{view}")))
}

/// The first plan as a whole, where it is still the one that was shown.
fn the_first(connection: &Connection, left: &Left, tab: Tab, shown: &str) -> Result<Approved, Failure> {
    if tab.is_started(connection) {
        return Err(Failure::Refused("the first plan was approved meanwhile"));
    }
    can_start(left, tab)?;
    let job = tab.first_job();
    let kept = || left.of(tab.first_jobs()).map(|(_, kept)| kept);
    let plan = kept_plan_id(job, kept()).filter(|plan| plan == shown);
    let plan = plan.ok_or(Failure::Refused("this is not the plan any more: contracts, alerts or the mapping moved"))?;
    let changes = kept().map(|kept| kept.changes.len()).sum();
    let mut ids: Vec<String> = kept().flat_map(|kept| &kept.changes).map(|change| change.id.clone()).collect();
    let what = format!("the first plan {plan} of {}, with {}", tab.word(), count(changes, "change"));
    ids.extend([plan, tab.first_mark().to_owned()]);
    let companies = if tab == Tab::Quotas {
        kept().filter(|kept| !kept.changes.is_empty()).filter_map(|kept| kept.company).collect()
    } else {
        BTreeSet::new()
    };
    Ok(Approved { ids, companies, jobs: BTreeSet::from([job]), what })
}

/// The changes whose boxes are ticked, or all that the person was shown; and the hold of a whole look.
fn the_chosen(connection: &Connection, left: &Left, tab: Tab, posted: &Posted) -> Result<Approved, Failure> {
    if !tab.is_started(connection) {
        return Err(Failure::Refused("the first plan is approved as a whole"));
    }
    can_start(left, tab)?;
    let (mut rows, mut hold) = (Vec::new(), None);
    if posted.optional("all").is_some() {
        rows = rows::of(left, tab, &Query::of_text(&FIELDS, posted.field("view")?));
        if rows::print_of(&rows) != posted.field("shown")? {
            return Err(Failure::Refused("the list is not what was shown any more"));
        }
    } else {
        let ids: BTreeSet<&str> = posted.named_with(BOX).collect();
        rows.extend(rows::of(left, tab, &Query::of_text(&FIELDS, "")));
        rows.retain(|row| ids.contains(row.change.id.as_str()));
        hold = hold_of(left, tab).filter(|hold| ids.contains(hold.hold.id.as_str()));
        if rows.len() + usize::from(hold.is_some()) < ids.len() {
            return Err(Failure::Refused(
                "some of it is not in the plan any more, since contracts, alerts or the mapping moved",
            ));
        }
    }
    if rows.is_empty() && hold.is_none() {
        return Err(Failure::Malformed("nothing was chosen"));
    }
    let what = format!("{} of {}", count(rows.len() + usize::from(hold.is_some()), "change"), tab.word());
    let mut ids: Vec<String> = rows.iter().map(|row| row.change.id.clone()).collect();
    let mut companies: BTreeSet<CompanyId> = BTreeSet::new();
    if tab == Tab::Quotas {
        companies.extend(rows.iter().filter_map(|row| row.company));
    }
    let mut jobs: BTreeSet<Job> = rows.iter().map(|row| row.job).collect();
    if let Some(hold) = hold {
        ids.push(hold.hold.id.clone());
        ids.extend(hold.parts.iter().cloned());
        companies.extend(&hold.companies);
        jobs.insert(tab.first_job());
    }
    Ok(Approved { ids, companies, jobs, what })
}

/// Why a look at quotas was held as a whole.
pub(super) fn hold_of(left: &Left, tab: Tab) -> Option<&KeptHold> {
    left.of(tab.jobs()).find_map(|(_, kept)| kept.hold.as_ref())
}

fn can_start(left: &Left, tab: Tab) -> Result<(), Failure> {
    match super::keeps_from_starting(left, tab) {
        true => Err(Failure::Refused("there is no plan to approve yet; its findings say why")),
        false => Ok(()),
    }
}

/// Has who makes it look soon: the watch sends everybody for whom something of quotas was approved. Where the events are
/// lost, the next run on the schedule looks.
async fn wake(who: &SignedIn, connection: &Connection, tab: Tab, jobs: &BTreeSet<Job>) {
    let job = |job: &Job| if tab == Tab::Quotas { Job::ContractWatch } else { *job };
    let due = |job: Job| Event::SyncDue(SyncDue { connection: connection.id.clone(), job });
    let events: Vec<Event> = jobs.iter().map(|one| due(job(one))).collect();
    if let Err(error) = who.console.bus.publish(&events).await {
        tracing::warn!(connection = %connection.id, "nobody was told to look soon: {error:#}");
    }
}
