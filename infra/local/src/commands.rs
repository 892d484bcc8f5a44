//! What the commands around the plan do: connect, map, explain. They call the jobs, print what they give, and
//! say how it ended; plans and runs are `plans`'s.

use crate::cli;
use crate::mapping_file::{self, MappingView};
use crate::session::{Place, Session, note, print};
use crate::stack::Kept;
use anyhow::{Context, bail};
use functions::setup::{self, Survey};
use functions::usage_sync;
use shared::alert::AlertKind;
use shared::mapping::Mapping;
use shared::matching::standings;
use shared::words::count;
use std::collections::BTreeSet;
use std::path::Path;

/// How many names a summary shows.
const NAMES_SHOWN: usize = 5;

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

/// `connect`.
pub async fn connect(session: &Session, args: &cli::Connect) -> anyhow::Result<Exit> {
    let (host, connection) = (&session.host, &session.connection);
    let (connected, kept) = match &session.place {
        Place::Machine(_) => (session.watched(setup::connect(host, connection, args.create_field)).await?, Vec::new()),
        Place::Stack(stack) => session.watched(stack.connect(host, connection, args.create_field)).await?,
    };
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
    for Kept { name, is_new } in kept {
        let what = if is_new { "holds what was checked" } else { "is as it was" };
        print(&format!("The secret {name} {what}."))?;
    }
    if let (Place::Stack(stack), None) = (&session.place, functions::context::stack()) {
        note(&format!("Say --stack {} with every command, or once: export ACROTASK_STACK={0}", stack.name));
    }
    note(match (survey.payg_field, connected.mapping.products.values().any(|row| row.service.is_some())) {
        (false, _) => "Next: acrotask connect --create-field, then say Yes there on each pay-as-you-go contract",
        (true, false) => {
            "Next: acrotask mapping export FILE, map products and the other customers in it, acrotask mapping import FILE"
        }
        (true, true) => "Next: acrotask plan",
    });
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
pub async fn export(session: &Session, file: &Path, force: bool) -> anyhow::Result<Exit> {
    // Asked before the vendors are: who waited for them should not learn it afterwards.
    if !force && file != Path::new("-") && file.exists() {
        bail!(
            "{0} is there already and may hold edits; name another file, or write over it with --force",
            file.display()
        );
    }
    session.set_up().await?;
    let host = &session.host;
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
        alert_types: &survey.alert_types,
        picklists: &survey.picklists,
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
    let text = read(file).with_context(|| format!("{} cannot be read", origin(file)))?;
    let host = &session.host;
    let connected = session.watched(setup::connect(host, &session.connection, false)).await?;
    let mapping = match mapping_file::import(&text, &connected.mapping) {
        Ok(mapping) => mapping,
        Err(faults) => {
            let told: Vec<String> = faults.iter().map(|fault| format!("  {fault}")).collect();
            bail!("{} was not taken over, and nothing was changed:\n{}", origin(file), told.join("\n"));
        }
    };
    if mapping == connected.mapping {
        print(&format!("{} says what is in force already; nothing was changed.", origin(file)))?;
        return Ok(Exit::Done);
    }
    host.store.save_mapping(&session.connection, &mapping).await?;
    print(&format!("Taken over: {}.\n{}.", differences(&connected.mapping, &mapping).join("; "), summary(&mapping)))?;
    note("See what it changes: acrotask plan");
    Ok(Exit::Done)
}

/// What a mapping says differently from the one before, by names.
fn differences(before: &Mapping, after: &Mapping) -> Vec<String> {
    let customers = after.customers.iter().filter(|(company, row)| before.customers.get(company) != Some(row));
    let customers: Vec<&str> = customers.map(|(_, row)| row.company_name.as_str()).collect();
    let products = after.products.iter().filter(|(item, row)| before.products.get(item) != Some(row));
    let products: Vec<&str> = products.map(|(_, row)| row.label.as_str()).collect();
    // A type of which nothing is said any more has no row.
    let kinds: BTreeSet<&AlertKind> = before.alerts.keys().chain(after.alerts.keys()).collect();
    let kinds = kinds.into_iter().filter(|kind| before.alerts.get(kind) != after.alerts.get(kind));
    let kinds: Vec<&str> = kinds.map(AlertKind::as_str).collect();
    let settings = (before.settings != after.settings).then(|| "settings".to_owned());
    let rows = [("customer", customers), ("product", products), ("alert type", kinds)];
    let rows = rows.into_iter().filter(|(_, names)| !names.is_empty());
    settings.into_iter().chain(rows.map(|(what, names)| named(what, &names))).collect()
}

/// "7 products (Workstations, Servers, …)".
fn named(what: &str, names: &[&str]) -> String {
    let more = if names.len() > NAMES_SHOWN { ", …" } else { "" };
    let shown = names.iter().take(NAMES_SHOWN).copied().collect::<Vec<_>>().join(", ");
    format!("{} ({shown}{more})", count(names.len(), what))
}

/// Where a mapping comes from, for people.
fn origin(file: &Path) -> String {
    if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() }
}

fn read(file: &Path) -> std::io::Result<String> {
    if file == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(file) }
}

/// How much of a mapping is done.
pub fn summary(mapping: &Mapping) -> String {
    let products = mapping.products.values().filter(|row| row.service.is_some()).count();
    format!(
        "{} of {} customers and {products} of {} products are mapped",
        mapping.mapped_customers().count(),
        mapping.customers.len(),
        mapping.products.len()
    )
}

/// `explain`.
pub async fn explain(session: &Session, args: &cli::Explain) -> anyhow::Result<Exit> {
    let host = &session.host;
    let told = usage_sync::explain(host, &session.connection, &args.company, &args.service, args.on);
    let stories = session.watched(told).await?;
    if args.json {
        print(&serde_json::to_string_pretty(&stories)?)?;
    } else if stories.is_empty() {
        print("The service is on none of the customer's contracts, and was never changed by us.")?;
    }
    for story in stories.iter().filter(|_| !args.json) {
        print(&format!("{story}\n"))?;
    }
    Ok(Exit::Done)
}
