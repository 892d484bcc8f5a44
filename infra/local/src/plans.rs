//! What is planned, approved and made, for people: of units, of quotas, of tickets, or of all of them. Prints what the
//! jobs give, and says how it ended.

mod subject;

use crate::cli::{self, Subject};
use crate::commands::Exit;
use crate::session::{Session, note, print};
use anyhow::bail;
use comfy_table::{Table, presets};
use functions::run::Approve;
use shared::finding::Finding;
use shared::plan::{Action, Change, HoldReason, Plan};
use shared::run::{Outcome, RunRecord};
use shared::ticket_change::AlertsTold;
use shared::words::count;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Why a run gives way, and for how long.
const SKIPPED: &str =
    "another run is at work: try again when it is done; one that died gives way a minute after its last sign of life";

/// `plan`.
pub async fn plan(session: &Session, args: &cli::Look) -> anyhow::Result<Exit> {
    session.set_up().await?;
    let (plans, failed) = plans_of(args.subject, session).await?;
    if args.json {
        if let Some(error) = failed {
            return Err(error);
        }
        let by_subject = plans.iter().map(|plan| (Subject::of_plan(plan).word(), plan)).collect();
        print_json(&by_subject, args.subject)?;
    }
    for (number, plan) in plans.iter().enumerate().filter(|_| !args.json) {
        let gap = if number > 0 { "\n" } else { "" };
        print(&format!("{gap}{plan}"))?;
        next_step(plan);
        first_approval(session, plan).await?;
    }
    if let Some(error) = failed {
        return Err(error);
    }
    let nothing_to_make = plans.iter().all(|plan| plan.changes.is_empty());
    Ok(match (nothing_to_make, plans.iter().all(Plan::is_empty)) {
        (false, _) => Exit::Changes,
        (true, false) => Exit::OnlyHolds,
        (true, true) => Exit::Done,
    })
}

/// The plans that could be made, and why others could not: of several reasons the first, and the others are told.
async fn plans_of(named: Option<Subject>, session: &Session) -> anyhow::Result<(Vec<Plan>, Option<anyhow::Error>)> {
    let (mut plans, mut failed) = (Vec::new(), None::<anyhow::Error>);
    for subject in Subject::of(named, session).await? {
        match (subject.plan(session).await, &failed) {
            (Ok(plan), _) => plans.push(plan),
            (Err(error), None) => failed = Some(error),
            (Err(error), Some(first)) if format!("{error:#}") == format!("{first:#}") => {}
            (Err(error), Some(_)) => note(&format!("acrotask: {error:#}")),
        }
    }
    Ok((plans, failed))
}

/// One thing as it is; several by their subjects.
fn print_json<T: serde::Serialize>(all: &BTreeMap<&str, T>, named: Option<Subject>) -> anyhow::Result<()> {
    print(&match (named, all.values().next()) {
        (Some(_), Some(only)) if all.len() == 1 => serde_json::to_string_pretty(only)?,
        _ => serde_json::to_string_pretty(all)?,
    })
}

/// What a person does next: approve what is held, make what is not.
fn next_step(plan: &Plan) {
    let all = format!("acrotask approve --plan {}", plan.id);
    if plan.held.iter().any(|held| held.reasons.contains(&HoldReason::FirstPlan)) {
        note(&format!("Nothing is changed before the first plan is approved. If it is right: {all}"));
    } else if plan.run_hold.is_some() || !plan.held.is_empty() {
        note(&format!("Approve all of it: {all}   or some of it by its id: acrotask approve ID…"));
    }
    if !plan.changes.is_empty() {
        note(&format!("Make the changes: acrotask apply {}", Subject::of_plan(plan).named()));
    }
}

/// A first plan without any change is approved like every other (M5).
async fn first_approval(session: &Session, plan: &Plan) -> anyhow::Result<()> {
    let connection = session.host.store.connection(&session.connection).await?;
    let subject = Subject::of_plan(plan);
    let is_first = connection.is_some_and(|connection| subject.waits_for_first_plan(&connection));
    let can_start = !plan.findings.iter().any(Finding::keeps_from_starting);
    if is_first && can_start && plan.is_empty() {
        note(&format!(
            "Nothing to change today. To let it change {} from now on: acrotask approve --plan {}",
            subject.changes(),
            plan.id
        ));
    }
    Ok(())
}

/// `approve`.
pub async fn approve(session: &Session, args: cli::Approve) -> anyhow::Result<Exit> {
    let what = match args.plan {
        Some(plan) => Approve::Plan(plan),
        None => Approve::Ids(args.ids),
    };
    let by = if args.by.trim().is_empty() { "operator" } else { args.by.trim() };
    for (subject, what) in shared_out(session, &what).await? {
        let plan = subject.approve(session, &what, by).await?;
        tell_approved(session, &plan, &what, by)?;
    }
    Ok(Exit::Done)
}

/// Which ids are of which plan. Nothing is approved where one of them is of none.
async fn shared_out(session: &Session, what: &Approve) -> anyhow::Result<Vec<(Subject, Approve)>> {
    let mut parts = Vec::new();
    let mut left: Vec<String> = match what {
        Approve::Plan(id) => vec![id.clone()],
        Approve::Ids(ids) => ids.clone(),
    };
    let (mut first_plans, mut failed) = (Vec::new(), None);
    // What is read quickly is asked first; and what cannot be planned keeps nobody from approving the rest.
    for subject in Subject::of(None, session).await?.into_iter().rev() {
        let plan = match subject.plan(session).await {
            Ok(plan) => plan,
            Err(error) => {
                failed.get_or_insert(error);
                continue;
            }
        };
        let (here, elsewhere): (Vec<String>, Vec<String>) = left.into_iter().partition(|id| match what {
            Approve::Plan(_) => plan.id == *id,
            Approve::Ids(_) => plan.approvable().any(|one| one == id),
        });
        left = elsewhere;
        match (what, here.first()) {
            (Approve::Plan(_), Some(id)) => parts.push((subject, Approve::Plan(id.clone()))),
            (Approve::Ids(_), Some(_)) => parts.push((subject, Approve::Ids(here))),
            (_, None) => {}
        }
        if left.is_empty() {
            return Ok(parts);
        }
        first_plans
            .extend(plan.held.iter().any(|held| held.reasons.contains(&HoldReason::FirstPlan)).then_some(plan.id));
    }
    if let Some(error) = failed {
        return Err(error);
    }
    let moved = "usage, units, contracts, alerts or the mapping moved";
    if let Approve::Plan(shown) = what {
        bail!(
            "plan {shown} is no longer what would be done: {moved}. Look at it with `acrotask plan` and approve that"
        );
    }
    let whole =
        first_plans.iter().map(|id| format!("; the first plan is approved as a whole: `acrotask approve --plan {id}`"));
    bail!(
        "{} is not in the plan any more: {moved}. Nothing was approved; look at the plan again with `acrotask plan`{}",
        left.join(", "),
        whole.collect::<String>()
    )
}

fn tell_approved(session: &Session, plan: &Plan, what: &Approve, by: &str) -> anyhow::Result<()> {
    let chosen: Vec<&Change> = every_change(plan).filter(|change| is_named(what, &change.id)).collect();
    let run_hold = plan.run_hold.as_ref().filter(|hold| is_named(what, &hold.id));
    if chosen.is_empty() && run_hold.is_none() {
        return print(&format!("Plan {} is approved by {by}. There is nothing in it to change.", plan.id));
    }
    print(&format!("Approved by {by}:"))?;
    if let Some(hold) = run_hold {
        print(&format!(" {}  the run although {hold}", hold.id))?;
    }
    print(&approved_table(&chosen))?;
    note(&format!(
        "Make the changes: acrotask apply {}   (or leave it to {})",
        Subject::of_plan(plan).named(),
        session.every_day()
    ));
    Ok(())
}

fn every_change(plan: &Plan) -> impl Iterator<Item = &Change> {
    plan.changes.iter().chain(plan.held.iter().map(|held| &held.change))
}

fn is_named(what: &Approve, id: &str) -> bool {
    match what {
        Approve::Plan(_) => true,
        Approve::Ids(ids) => ids.iter().any(|named| named == id),
    }
}

fn approved_table(changes: &[&Change]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.add_rows(changes.iter().map(|change| {
        let before = change.approved_by.as_ref().map(|by| format!("approved before by {by}")).unwrap_or_default();
        let [customer, service, units] = in_words(change);
        [change.id.clone(), customer, service, units, before]
    }));
    table.trim_fmt()
}

fn of_alerts(told: &AlertsTold, what: String) -> [String; 3] {
    [told.company_name.clone(), told.what.clone(), what]
}

/// A change for people: for whom, of what, and from how many units to how many.
pub fn in_words(change: &Change) -> [String; 3] {
    match &change.action {
        Action::Adjust(adjustment) => [
            adjustment.company_name.clone(),
            adjustment.service_name.clone(),
            format!("{} → {} from {}", adjustment.before, adjustment.wanted, adjustment.effective),
        ],
        Action::CreateService(creation) => {
            [String::new(), creation.service.name.clone(), "is created in Autotask".to_owned()]
        }
        Action::SetQuota(quota) => {
            let setting = &quota.setting;
            let (before, after) = (setting.before.words(setting.unit), setting.after.words(setting.unit));
            [quota.company_name.clone(), setting.label.clone(), format!("{before} → {after}")]
        }
        Action::CreateTenant(new) => [new.name.clone(), "new tenant".to_owned(), "is created in Acronis".to_owned()],
        Action::DisableTenant(disable) => {
            [disable.company_name.clone(), "the whole tenant".to_owned(), "is disabled".to_owned()]
        }
        Action::CreateTicket(creation) => of_alerts(&creation.told, "gets a ticket".to_owned()),
        Action::NoteTicket(note) => of_alerts(&note.told, format!("is noted on ticket {}", note.number)),
        Action::CloseTicket(status) => of_alerts(&status.told, format!("closes ticket {}", status.number)),
        Action::ReopenTicket(status) => of_alerts(&status.told, format!("reopens ticket {}", status.number)),
        Action::DismissAlert(dismissal) => of_alerts(&dismissal.told, "is dismissed in Acronis".to_owned()),
    }
}

/// `apply`.
pub async fn apply(session: &Session, args: &cli::Look) -> anyhow::Result<Exit> {
    session.set_up().await?;
    let (mut exit, mut by_subject) = (Exit::Done, BTreeMap::new());
    for subject in Subject::of(args.subject, session).await? {
        let run = subject.apply(session).await?;
        if matches!(run.record.outcome, Outcome::Failed(_) | Outcome::Skipped | Outcome::Running) {
            exit = Exit::Failed;
        }
        if args.json {
            by_subject.insert(subject.word(), serde_json::json!({"run": run.record, "plan": run.plan}));
            continue;
        }
        if let Some(plan) = &run.plan {
            print(&plan.to_string())?;
        }
        print(&format!("\n{}", told(&run.record)))?;
        // What was planned to be changed is changed by now.
        run.plan.map(|plan| Plan { changes: Vec::new(), ..plan }).iter().for_each(next_step);
    }
    if args.json {
        print_json(&by_subject, args.subject)?;
    }
    Ok(exit)
}

/// A run in a few lines: how it ended and what it did, then why it ended so.
pub fn told(record: &RunRecord) -> String {
    let counts = &record.counts;
    let (ended, why) = match &record.outcome {
        Outcome::Running => ("is under way", None),
        Outcome::Complete => ("complete", None),
        Outcome::Stopped(why) => ("stopped, the rest waits for the next run", Some(why.as_str())),
        Outcome::Skipped => ("skipped", Some(SKIPPED)),
        Outcome::Failed(why) => ("failed", Some(why.as_str())),
    };
    let mut text = format!("Run {ended}: {} of {} made", counts.made, count(counts.changes, "change"));
    let others = [(counts.held, "held"), (counts.refused, "refused"), (counts.open, "without an answer yet")];
    for (number, what) in others.into_iter().filter(|(number, _)| *number > 0) {
        let _ = write!(text, ", {number} {what}");
    }
    let acronis = record.calls.values().sum::<u64>().saturating_sub(record.autotask_calls);
    let _ = write!(text, "; {} to Acronis, {} to Autotask", count(acronis as usize, "call"), record.autotask_calls);
    if let Some(why) = why {
        let _ = write!(text, "\n  {why}");
    }
    text
}
