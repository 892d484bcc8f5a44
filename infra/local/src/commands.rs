//! What each command does: calls the jobs, prints what they give, and says how it ended. Decides nothing
//! about units.

use crate::cli;
use crate::mapping_file::{self, MappingView};
use crate::session::{Session, note, print};
use anyhow::{Context, bail};
use functions::setup::{self, Survey};
use functions::usage_sync::{self, Approve};
use shared::mapping::Mapping;
use shared::matching::standings;
use shared::plan::Plan;
use shared::run::{Mode, Outcome, RunRecord};
use shared::text::count;
use std::fmt::Write;
use std::path::Path;

/// How a command ended: the exit codes of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done; for `plan`: nothing to do.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// `plan`: there are changes.
    Changes = 2,
    /// `plan`: there are only holds.
    OnlyHolds = 3,
    /// Called wrongly.
    Usage = 64,
}

/// `plan`.
pub async fn plan(session: &Session, json: bool) -> anyhow::Result<Exit> {
    session.set_up().await?;
    let plan = session.watched(usage_sync::plan(&session.machine.host, &session.connection)).await?;
    show_plan(&plan, json)?;
    if !json {
        next_step(&plan);
    }
    Ok(match (plan.changes.is_empty(), plan.is_empty()) {
        (false, _) => Exit::Changes,
        (true, false) => Exit::OnlyHolds,
        (true, true) => Exit::Done,
    })
}

fn show_plan(plan: &Plan, json: bool) -> anyhow::Result<()> {
    let text = if json { serde_json::to_string_pretty(plan)? } else { plan.to_string() };
    print(&text)
}

fn next_step(plan: &Plan) {
    let held = plan.held.len() + usize::from(plan.run_hold.is_some());
    if held > 0 {
        note(&format!("Approve all of it: acrotask approve --plan {}   or some of it: acrotask approve ID…", plan.id));
    }
    if !plan.changes.is_empty() {
        note("Make the changes: acrotask apply usage");
    }
}

/// `approve`.
pub async fn approve(session: &Session, args: cli::Approve) -> anyhow::Result<Exit> {
    let what = match args.plan {
        Some(plan) => Approve::Plan(plan),
        None => Approve::Ids(args.ids),
    };
    let host = &session.machine.host;
    let plan = session.watched(usage_sync::approve(host, &session.connection, &what, &args.by)).await?;
    let approved = match &what {
        Approve::Plan(id) => format!("plan {id} with {}", count(plan.approvable().count(), "change")),
        Approve::Ids(ids) => ids.join(", "),
    };
    print(&format!("Approved by {}: {approved}. `acrotask apply usage` makes the changes.", args.by))?;
    Ok(Exit::Done)
}

/// `apply`.
pub async fn apply(session: &Session, json: bool) -> anyhow::Result<Exit> {
    let host = &session.machine.host;
    let run = session.watched(usage_sync::run(host, &session.connection, Mode::Apply)).await?;
    if json {
        print(&serde_json::to_string_pretty(&serde_json::json!({"run": run.record, "plan": run.plan}))?)?;
    } else {
        if let Some(plan) = &run.plan {
            show_plan(plan, false)?;
        }
        print(&format!("\n{}", told(&run.record)))?;
    }
    Ok(match run.record.outcome {
        Outcome::Complete | Outcome::Stopped(_) => Exit::Done,
        Outcome::Failed(_) | Outcome::Skipped | Outcome::Running => Exit::Failed,
    })
}

/// A run in a few lines.
pub fn told(record: &RunRecord) -> String {
    let counts = &record.counts;
    let mut text = format!("Run {}: {} of {} made", record.outcome, counts.made, count(counts.changes, "change"));
    let others = [(counts.held, "held"), (counts.refused, "refused"), (counts.open, "without an answer yet")];
    for (number, what) in others.into_iter().filter(|(number, _)| *number > 0) {
        let _ = write!(text, ", {number} {what}");
    }
    let acronis: u64 = record.calls.values().sum::<u64>() - record.autotask_calls;
    let _ = write!(text, "; {} to Acronis, {} to Autotask", count(acronis as usize, "call"), record.autotask_calls);
    text
}

/// `connect`.
pub async fn connect(session: &Session, args: &cli::Connect) -> anyhow::Result<Exit> {
    let host = &session.machine.host;
    let connected = session.watched(setup::connect(host, &session.connection, args.create_field)).await?;
    let survey = &connected.survey;
    let own = survey.tenants.iter().find(|tenant| tenant.id == connected.connection.tenant);
    let customers = survey.tenants.iter().filter(|tenant| tenant.kind == shared::usage::TenantKind::Customer).count();
    let payg = survey.contracts.iter().filter(|one| one.billing() == shared::contract::Billing::PayAsYouGo).count();
    let field = if survey.payg_field { "exists" } else { "is missing: `acrotask connect --create-field` makes it" };
    print(&format!(
        "Acronis   tenant {} {}\n          {}, {} that customers may be given\n\
         Autotask  database {}{}\n          {}, {} ({payg} pay-as-you-go), {}\n          \
         {} of {} calls of this hour are used, by everybody together\n          \
         contract field \"Acronis PAYG\" {field}",
        connected.connection.tenant,
        own.map(|tenant| format!("\"{}\"", tenant.name)).unwrap_or_default(),
        count(customers, "customer tenant"),
        count(survey.items.len(), "item"),
        connected.connection.database,
        survey.web_url.as_ref().map(|url| format!(", {url}")).unwrap_or_default(),
        count(survey.companies.len(), "visible company").replace("companys", "companies"),
        count(survey.contracts.len(), "recurring contract"),
        count(survey.services.len(), "service"),
        survey.threshold.used,
        survey.threshold.limit,
    ))?;
    blind_spots(survey)?;
    match connected.mapped_by_name {
        Some(mapped) => print(&format!("\n{mapped} customers with equal names are mapped."))?,
        None => print("\nThe mapping is as it was.")?,
    }
    note("Next: acrotask mapping export FILE, map products and the other customers, acrotask mapping import FILE");
    Ok(Exit::Done)
}

/// What the API user probably cannot see (A14): an empty list is how Autotask says so.
fn blind_spots(survey: &Survey) -> anyhow::Result<()> {
    let empty = [
        (survey.companies.len() <= 1, "companies"),
        (survey.contracts.is_empty(), "recurring contracts"),
        (survey.services.is_empty(), "services"),
        (survey.billing_codes.is_empty(), "billing codes"),
    ];
    let unseen: Vec<&str> = empty.into_iter().filter(|(is_empty, _)| *is_empty).map(|(_, what)| what).collect();
    if unseen.is_empty() {
        return Ok(());
    }
    print(&format!(
        "\nThe API user sees no {}. If there are any, check its security level, and that no line of business is \
         set on it: Autotask hides what it may not see and says nothing.",
        unseen.join(", no ")
    ))
}

/// `mapping export`.
pub async fn export(session: &Session, file: &Path) -> anyhow::Result<Exit> {
    session.set_up().await?;
    let host = &session.machine.host;
    let connected = session.watched(setup::connect(host, &session.connection, false)).await?;
    let (survey, mapping) = (&connected.survey, &connected.mapping);
    let standings = standings(mapping, &survey.companies, &survey.tenants);
    let text = mapping_file::export(&MappingView {
        mapping,
        standings: &standings,
        tenants: &survey.tenants,
        services: &survey.services,
        billing_codes: &survey.billing_codes,
        storage_names: &survey.storage_names,
    });
    if file == Path::new("-") {
        print(&text)?;
    } else {
        std::fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))?;
        note(&format!("{}. Edit it, then: acrotask mapping import {}", summary(mapping), file.display()));
    }
    Ok(Exit::Done)
}

/// `mapping import`.
pub async fn import(session: &Session, file: &Path) -> anyhow::Result<Exit> {
    session.set_up().await?;
    let text = read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let host = &session.machine.host;
    let connected = session.watched(setup::connect(host, &session.connection, false)).await?;
    let mapping = match mapping_file::import(&text, &connected.mapping) {
        Ok(mapping) => mapping,
        Err(faults) => {
            let told: Vec<String> = faults.iter().map(|fault| format!("  {fault}")).collect();
            bail!("{} was not taken over, and nothing was changed:\n{}", file.display(), told.join("\n"));
        }
    };
    host.store.save_mapping(&session.connection, &mapping).await?;
    print(&format!("{}. See what it changes: acrotask plan usage", summary(&mapping)))?;
    Ok(Exit::Done)
}

fn read(file: &Path) -> std::io::Result<String> {
    if file == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(file) }
}

fn summary(mapping: &Mapping) -> String {
    let products = mapping.products.values().filter(|row| row.service.is_some()).count();
    format!(
        "{} of {} customers and {products} of {} products are mapped",
        mapping.mapped_customers().count(),
        mapping.customers.len(),
        mapping.products.len()
    )
}
