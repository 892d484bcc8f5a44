//! Approving from the console (M5, H1, H2). The console may ask no vendor, so what is approved are the ids of exactly
//! what was shown: they have to be in the snapshot still, and a run makes nothing whose id is another by then.

use super::{Row, View, back_to, rows};
use crate::console::connections::the_named;
use crate::console::fields::Posted;
use crate::console::gates::{Operator, SignedIn};
use crate::console::listed::Listed;
use crate::console::pages::Failure;
use crate::console::syncs::Whom;
use crate::events::{Cause, CompanyChanged, Event, SyncDue};
use axum::response::Response;
use shared::finding::Finding;
use shared::ids::{CompanyId, ServiceId};
use shared::person::AuditRecord;
use shared::run::{Approval, Connection, Job};
use shared::snapshot::Snapshot;
use shared::words::count;
use std::collections::{BTreeMap, BTreeSet};

/// Above this many companies one run for everybody is sooner done than one for each of them.
const MOST_NAMED: usize = 25;
/// The most ids that the record of an approval tells; the approval has all.
const MOST_RECORDED: usize = 50;
/// What a box of the form is called, before the id that it stands for.
pub(in crate::console) const BOX: &str = "id-";

pub(in crate::console) async fn approve(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?;
    let since = who.console.jobs_clock.now();
    let whom = if let Ok(plan) = posted.field("plan") {
        approve_first(&who, &connection, plan).await?;
        Whom::Everybody
    } else {
        let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
        let ids = ids_of(&who, &listed, &posted)?;
        approve_ids(&who, &connection, &listed, ids).await?
    };
    Ok(back_to(&connection.id, &posted, (since, whom)))
}

/// The ids whose boxes are ticked; or those of all that the person was shown, where nothing of that moved.
fn ids_of(who: &SignedIn, listed: &Listed, posted: &Posted) -> Result<BTreeSet<String>, Failure> {
    if posted.field("all").is_err() {
        return Ok(posted.named_with(BOX).map(str::to_owned).collect());
    }
    let view = View::of_query(posted.field("view")?);
    let today = super::today(who, &listed.mapping);
    let all = rows::of(listed, &view, today);
    rows::are_as_shown(&all, posted)?;
    Ok(all.iter().filter_map(Row::approvable).map(str::to_owned).collect())
}

/// Approves the first plan as a whole, as it was shown (M5): the next run makes it, unless it is another by then.
pub(in crate::console) async fn approve_first(
    who: &SignedIn,
    connection: &Connection,
    shown: &str,
) -> Result<(), Failure> {
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let snapshot = &listed.snapshot;
    if connection.first_plan_approved {
        return Err(Failure::Refused("the first plan was approved meanwhile"));
    }
    can_start(snapshot)?;
    let plan = snapshot.plan.as_ref().filter(|plan| plan.first && plan.id == shown);
    let plan =
        plan.ok_or(Failure::Refused("this is not the plan any more: usage, units, contracts or the mapping moved"))?;
    let mut lines = BTreeMap::new();
    each_approvable(snapshot, |id, line| _ = lines.insert(id.to_owned(), line));
    let mut ids: Vec<String> = lines.keys().cloned().collect();
    ids.push(plan.id.clone());
    let what = format!(
        "the first plan {} of units, with {}, of connection {}",
        plan.id,
        count(lines.len(), "change"),
        connection.id
    );
    save(who, connection, approval(who, ids, lines), what).await?;
    soon(who, connection, &BTreeSet::new()).await;
    Ok(())
}

/// Approves these changes, holds and new services of the plan, each as it was shown; tells for whom the next run is.
async fn approve_ids(
    who: &SignedIn,
    connection: &Connection,
    listed: &Listed,
    ids: BTreeSet<String>,
) -> Result<Whom, Failure> {
    let snapshot = &listed.snapshot;
    if ids.is_empty() {
        return Err(Failure::Malformed("nothing was chosen"));
    }
    if !connection.first_plan_approved {
        return Err(Failure::Refused("the first plan is approved as a whole"));
    }
    can_start(snapshot)?;
    let mut lines = BTreeMap::new();
    each_approvable(snapshot, |id, line| {
        if ids.contains(id) {
            lines.insert(id.to_owned(), line);
        }
    });
    if lines.len() < ids.len() {
        return Err(Failure::Refused(
            "some of it is not in the plan any more, since usage, units, contracts or the mapping moved",
        ));
    }
    let holds_run = snapshot.run_hold.as_ref().is_some_and(|hold| ids.contains(&hold.id));
    let mut all: Vec<String> = ids.into_iter().collect();
    all.extend(snapshot.vanished.iter().filter(|_| holds_run).cloned());
    let what = format!("{} of units of connection {}", count(lines.len(), "change"), connection.id);
    let approval = approval(who, all, lines);
    // What is of no company concerns everybody.
    let everybody = holds_run || approval.companies.is_empty();
    let companies = if everybody { BTreeSet::new() } else { approval.companies.clone() };
    save(who, connection, approval, what).await?;
    Ok(soon(who, connection, &companies).await)
}

fn can_start(snapshot: &Snapshot) -> Result<(), Failure> {
    match snapshot.findings.iter().any(Finding::keeps_from_starting) {
        true => Err(Failure::Refused("there is no plan to approve yet; its findings say why")),
        false => Ok(()),
    }
}

/// Everything that can be approved, and of which company and service it is.
fn each_approvable(snapshot: &Snapshot, mut each: impl FnMut(&str, Option<(CompanyId, ServiceId)>)) {
    for line in snapshot.lines.values().flatten() {
        if let Some(change) = &line.change {
            each(&change.id, Some((line.place.company, line.place.service)));
        }
    }
    snapshot.new_services.iter().for_each(|service| each(&service.id, None));
    snapshot.run_hold.iter().for_each(|hold| each(&hold.id, None));
}

fn approval(who: &SignedIn, ids: Vec<String>, lines: BTreeMap<String, Option<(CompanyId, ServiceId)>>) -> Approval {
    let lines: BTreeMap<_, _> = lines.into_iter().filter_map(|(id, line)| Some((id, line?))).collect();
    Approval {
        ids,
        companies: lines.values().map(|(company, _)| *company).collect(),
        lines,
        by: signature(who),
        at: who.console.jobs_clock.now(),
    }
}

/// Who did something, for those who read of it later.
pub(in crate::console) fn signature(who: &SignedIn) -> String {
    format!("{}, {}", who.person.name, who.person.id)
}

/// Saves an approval together with the record of who gave it.
pub(in crate::console) async fn save(
    who: &SignedIn,
    connection: &Connection,
    approval: Approval,
    what: String,
) -> Result<(), Failure> {
    let told: Vec<&str> = approval.ids.iter().take(MOST_RECORDED).map(String::as_str).collect();
    let more = approval.ids.len() - told.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let record = AuditRecord {
        at: who.console.clock.now(),
        by: who.person.id.clone(),
        what,
        before: "not approved".to_owned(),
        after: format!("approved: {}{more}", told.join(", ")),
    };
    who.console.store.save_recorded_approval(&connection.id, &approval, &record).await?;
    tracing::info!(connection = %connection.id, "{} were approved in the console", count(approval.ids.len(), "id"));
    Ok(())
}

/// Has the next run look soon: at these companies, or at everybody where none or too many are named. Where the events are lost, the
/// next run on the schedule looks.
pub(in crate::console) async fn soon(who: &SignedIn, connection: &Connection, companies: &BTreeSet<CompanyId>) -> Whom {
    let whom = if companies.is_empty() || companies.len() > MOST_NAMED { Whom::Everybody } else { Whom::Some };
    let events: Vec<Event> = if whom == Whom::Everybody {
        vec![Event::SyncDue(SyncDue { connection: connection.id.clone(), job: Job::UsageSync })]
    } else {
        let of = |company: &CompanyId| CompanyChanged {
            connection: connection.id.clone(),
            company: *company,
            cause: Cause::Mapping,
        };
        companies.iter().map(|company| Event::CompanyChanged(of(company))).collect()
    };
    if let Err(error) = who.console.bus.publish(&events).await {
        tracing::warn!(connection = %connection.id, "nobody was told to look soon: {error:#}");
    }
    whom
}
