//! Creates the services that products are to be sold as (M3), each once: it is looked up by its key first,
//! recorded, sent, and put into the mapping when it is there (U6).

use super::apply::Apply;
use crate::autotask::WriteError;
use crate::store::SaveError;
use anyhow::{Context, bail};
use jiff::Timestamp;
use shared::creation::Creation;
use shared::deed::{Became, Deed};
use shared::finding::{Finding, What};
use shared::ids::ServiceId;
use shared::mapping::{Mapping, NewService, ServiceTarget};
use shared::plan::{Action, Change};
use shared::run::RunRecord;

/// What became of a service.
enum Created {
    /// It is there.
    There(ServiceId),
    /// The vendor refused it.
    Refused(String),
    /// It is not known to be there; a later run looks again.
    Open { sent_at: Timestamp },
    /// Certainly not sent.
    Left,
}

/// Creates the services of the plan.
pub(super) async fn create(apply: &Apply<'_>, record: &mut RunRecord) -> anyhow::Result<()> {
    for change in &apply.planned.plan.changes {
        let Action::CreateService(creation) = &change.action else { continue };
        let service = &creation.service;
        if apply.must_stop() {
            return Ok(());
        }
        match find_or_create(apply, service, &change.id).await? {
            Created::There(id) => {
                put_into_mapping(apply, service, id).await?;
                list(apply, change, record, Became::Made).await?;
                record.counts.made += 1;
                apply.made.add(&change.id);
            }
            Created::Refused(text) => {
                list(apply, change, record, Became::Refused(text.clone())).await?;
                let what = What::ServiceRefused { service_name: service.name.clone(), text };
                let finding = Finding::of_connection(what);
                record.findings.push(finding.to_string());
                apply.made.found(finding);
                record.counts.refused += 1;
                record.counts.findings += 1;
            }
            Created::Open { sent_at } => apply.unanswered.sent(&service.external_id(), sent_at),
            Created::Left => {}
        }
    }
    Ok(())
}

/// Puts it into the list of what happened.
async fn list(apply: &Apply<'_>, change: &Change, record: &RunRecord, became: Became) -> anyhow::Result<()> {
    let deed = Deed::of_plan(change, &record.id, apply.host.clock.now(), became);
    apply.host.store.save_deeds(&apply.connection.id, &[deed]).await
}

async fn find_or_create(apply: &Apply<'_>, service: &NewService, change: &str) -> anyhow::Result<Created> {
    let key = service.external_id();
    let reader = &apply.vendors.autotask;
    if let Some(found) = reader.service_by_external_id(&key).await.context("looking a new service up")? {
        return Ok(Created::There(found.id));
    }
    let observed = &apply.planned.observed;
    let (now, settle_minutes) = (apply.host.clock.now(), observed.mapping.settings.settle_minutes);
    if let Some(sent) = observed.creations.get(&key).filter(|sent| sent.may_arrive(now, settle_minutes)) {
        return Ok(Created::Open { sent_at: sent.sent_at });
    }
    let creation = Creation {
        key,
        change: change.to_owned(),
        sent_at: now,
        sent_on: observed.today,
        refused: None,
        finished: false,
    };
    if !apply.lease_has_time().await {
        return Ok(Created::Left);
    }
    save(apply, &creation).await?;
    send(apply, service, creation).await
}

/// Sends a recorded creation: again only while it certainly was not run (U6).
async fn send(apply: &Apply<'_>, service: &NewService, creation: Creation) -> anyhow::Result<Created> {
    for sends in 1.. {
        if !apply.lease_has_time().await {
            break;
        }
        match apply.writer.create_service(service).await {
            Ok(id) => return Ok(Created::There(id)),
            Err(WriteError::Unknown(_)) => return Ok(Created::Open { sent_at: creation.sent_at }),
            Err(WriteError::Refused(text) | WriteError::Duplicate(text)) => {
                save(apply, &Creation { refused: Some(text.clone()), ..creation }).await?;
                return Ok(Created::Refused(text));
            }
            Err(WriteError::NotRun { retry_after, text }) => {
                if !apply.waits_to_send_again(sends, retry_after, &text).await {
                    break;
                }
            }
            Err(WriteError::BudgetSpent) => {
                _ = apply.stop.set(WriteError::BudgetSpent.to_string());
                break;
            }
        }
    }
    // Nothing is on its way, so that the next run need not wait for it.
    save(apply, &Creation { sent_at: Timestamp::UNIX_EPOCH, ..creation }).await?;
    Ok(Created::Left)
}

async fn save(apply: &Apply<'_>, creation: &Creation) -> anyhow::Result<()> {
    let lease = apply.lease.read().await;
    Ok(apply.host.store.save_creation(&lease, creation).await?)
}

/// Points the products at the service. The operator may have saved the mapping meanwhile: then his counts,
/// and the next run finds the service by its key.
async fn put_into_mapping(apply: &Apply<'_>, service: &NewService, id: ServiceId) -> anyhow::Result<()> {
    let connection = &apply.connection.id;
    let mut mapping: Mapping = apply.host.store.mapping(connection).await?.unwrap_or_default();
    for row in mapping.products.values_mut() {
        if row.service.as_ref() == Some(&ServiceTarget::New(service.clone())) {
            row.service = Some(ServiceTarget::Existing(id));
        }
    }
    // Another product may be counted otherwise and sold as this service already: then a person decides.
    if let Some(fault) = mapping.faults().first() {
        bail!("service {id} is there, but the products cannot be sold as it: {}", fault.text);
    }
    match apply.host.store.save_mapping(connection, &mapping).await {
        Ok(_) | Err(SaveError::Stale { .. }) => Ok(()),
        Err(error) => Err(error).context("saving the new service in the mapping"),
    }
}
