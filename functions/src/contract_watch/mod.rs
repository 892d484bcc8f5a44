//! The job that notices changed contracts, which Autotask tells nobody: by the notes that it writes on each
//! change of services, by the headers it changed, and, for what leaves no trace, by giving everybody a turn each
//! day. It notices a saved mapping too, whoever saved it. It says "look there" and reads no units.

use crate::events::{About, Bus, Cause, CompanyChanged, ContractChanged, Event, SyncDue};
use crate::host::Host;
use crate::run::{AtWork, Done, Run, budget, carry_out, check_database};
use anyhow::Context;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use shared::ids::{CompanyId, ConnectionId, ContractId};
use shared::mapping::Mapping;
use shared::run::{Job, Mode, Outcome, RunRecord};
use shared::watch::{Watched, is_usage_missed};
use std::collections::{BTreeMap, BTreeSet};

/// One look at what changed, for one connection; publishes one event per company. It writes to no vendor.
pub async fn run(host: &Host, bus: &Bus, id: &ConnectionId) -> anyhow::Result<Run> {
    let bus = bus.clone();
    carry_out(
        host,
        id,
        Job::ContractWatch,
        Mode::Apply,
        Box::new(move |at_work, record| Box::pin(work(at_work, record, bus))),
    )
    .await
}

async fn work(at_work: AtWork<'_>, record: &mut RunRecord, bus: Bus) -> anyhow::Result<Done> {
    let AtWork { host, connection, vendors, .. } = at_work;
    check_database(connection, vendors).await?;
    host.progress.begin("looking for changed contracts", None);
    let mapping = host.store.mapping(&connection.id).await?.unwrap_or_default();
    budget::open_unasked(&at_work, &mapping.settings.budget, record).await?;
    let now = host.clock.now();
    let before = host.store.watched(&connection.id).await?;
    let mut watched = before.clone().unwrap_or_else(|| Watched::from_now_on(now, mapping.version));
    let mut changed = changed_companies(&at_work, &mut watched).await?;
    watched.meet(&changed, &mapping);
    changed.retain(|company| mapping.is_looked_after(*company));
    let mut mapped = touched_companies(&at_work, &mapping, &mut watched).await?;
    mapped.extend(approved_companies(&at_work, &mut watched).await?);
    mapped.retain(|company| !changed.contains(company));
    let mut turn = watched.sweep(&watched.everybody(&mapping), now);
    turn.retain(|company| !changed.contains(company) && !mapped.contains(company));
    let of = &connection.id;
    let changed = changed.into_iter().map(|company| contract_changed(of, company));
    let mapped = mapped.into_iter().map(|company| company_changed(of, company, Cause::Mapping));
    let turn = turn.into_iter().map(|company| company_changed(of, company, Cause::Sweep));
    let missed = usage_missed(&at_work, &mapping, now).await?;
    let events: Vec<Event> = missed.into_iter().chain(changed).chain(mapped).chain(turn).collect();
    bus.publish(&events).await?;
    // Only after what it passed is on its way: a run that dies before shows it all again.
    if before.as_ref() != Some(&watched) {
        host.store.save_watched(&connection.id, &watched).await?;
    }
    record.counts.changes = events.len();
    record.counts.made = events.len();
    record.outcome = Outcome::Complete;
    Ok(Done::default())
}

fn contract_changed(connection: &ConnectionId, company: CompanyId) -> Event {
    Event::ContractChanged(ContractChanged { connection: connection.clone(), about: About::Company(company) })
}

fn company_changed(connection: &ConnectionId, company: CompanyId, cause: Cause) -> Event {
    Event::CompanyChanged(CompanyChanged { connection: connection.clone(), company, cause })
}

/// Those for whom something was approved since the last look: it is made now, and not when it is their turn.
async fn approved_companies(at_work: &AtWork<'_>, watched: &mut Watched) -> anyhow::Result<BTreeSet<CompanyId>> {
    let AtWork { host, connection, .. } = at_work;
    let since = watched.approved_until;
    let mut companies = BTreeSet::new();
    for approval in host.store.approvals(&connection.id, since).await?.into_iter().filter(|one| one.at > since) {
        watched.approved_until = watched.approved_until.max(approval.at);
        companies.extend(approval.companies);
    }
    Ok(companies)
}

/// The event that asks again for today's reading of usage, where it is missed.
async fn usage_missed(at_work: &AtWork<'_>, mapping: &Mapping, now: Timestamp) -> anyhow::Result<Option<Event>> {
    let AtWork { host, connection, .. } = at_work;
    let zone = TimeZone::get(&mapping.settings.time_zone).unwrap_or(TimeZone::UTC);
    let here = now.to_zoned(zone).datetime();
    if !is_usage_missed(connection, here, now, None) {
        return Ok(None);
    }
    let runs = host.store.runs_since(&connection.id, now.checked_sub(SignedDuration::from_hours(1))?).await?;
    let of_everybody = runs.iter().filter(|run| run.job == Job::UsageSync && run.everybody);
    let last_run = of_everybody.map(|run| run.started).max();
    let due = Event::SyncDue(SyncDue { connection: connection.id.clone(), job: Job::UsageSync });
    Ok(is_usage_missed(connection, here, now, last_run).then_some(due))
}

/// Those whom the mapping touches that was saved since the last look; everybody, where the one before it is not
/// kept.
async fn touched_companies(
    at_work: &AtWork<'_>,
    mapping: &Mapping,
    watched: &mut Watched,
) -> anyhow::Result<BTreeSet<CompanyId>> {
    if watched.mapping_version == mapping.version {
        return Ok(BTreeSet::new());
    }
    let AtWork { host, connection, .. } = at_work;
    let before = host.store.earlier_mapping(&connection.id, watched.mapping_version).await?;
    watched.mapping_version = mapping.version;
    let before = before.unwrap_or_default();
    let mut touched = mapping.touched_since(&before);
    let on_new_tenants = |mapping: &Mapping| {
        let settings = &mapping.settings;
        (settings.automatic_provisioning, settings.new_tenants.clone())
    };
    if on_new_tenants(mapping) != on_new_tenants(&before) {
        touched.extend(watched.everybody(mapping));
    }
    Ok(touched)
}

/// The companies with a contract that changed since the last look: two calls where nothing did.
async fn changed_companies(at_work: &AtWork<'_>, watched: &mut Watched) -> anyhow::Result<BTreeSet<CompanyId>> {
    let autotask = &at_work.vendors.autotask;
    let (mut noted, mut touched): (BTreeSet<ContractId>, BTreeMap<ContractId, CompanyId>) = Default::default();
    let mut seen = watched.clone();
    let each = |note: crate::autotask::ContractNote| {
        if seen.take_note(note.id, note.written_at) {
            noted.insert(note.contract);
        }
    };
    autotask.contract_notes_since(watched.notes_since(), each).await.context("reading Autotask contract notes")?;
    let each = |header: crate::autotask::TouchedContract| {
        if seen.take_header(header.contract, header.changed_at) {
            touched.insert(header.contract, header.company);
        }
    };
    autotask.contracts_touched_since(watched.headers_since(), each).await.context("reading Autotask contracts")?;
    seen.forget();
    *watched = seen;
    let unknown: Vec<ContractId> = noted.into_iter().filter(|contract| !touched.contains_key(contract)).collect();
    let mut companies: BTreeSet<CompanyId> = touched.into_values().collect();
    companies.extend(autotask.companies_of(&unknown).await.context("reading Autotask contracts")?);
    Ok(companies)
}
