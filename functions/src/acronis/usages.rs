//! Usage of many tenants (`GET /tenants/usages`), in batches that are halved when refused (B2). A
//! tenant refused alone is told as refused, never as zero (U2).

use super::batches::{Batches, is_refusal};
use super::{Acronis, AcronisError, MOST_IDS, wire};
use crate::http::Reply;
use serde::Deserialize;
use serde_json::Value;
use shared::ids::TenantId;
use shared::usage::{TenantUsage, UsageRow};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
struct NumberList {
    items: Vec<NumbersOfTenant>,
}

#[derive(Deserialize)]
struct NumbersOfTenant {
    tenant: String,
    usages: Vec<NumberRow>,
}

#[derive(Deserialize)]
struct NumberRow {
    #[serde(default)]
    tenant_id: Value,
}

impl Acronis {
    /// The usage of each of `tenants`, once for each.
    pub async fn usages(
        &self,
        tenants: &[TenantId],
        mut each: impl FnMut(TenantId, TenantUsage),
    ) -> Result<(), AcronisError> {
        self.each_batch(tenants, |batch, read| match read {
            Ok(reply) => hand_over(batch, reply, &mut each),
            Err(refused) => {
                batch.iter().for_each(|alone| each(alone.clone(), TenantUsage::Refused(refused.to_string())));
                Ok(())
            }
        })
        .await
    }

    /// The numbers that tenants have besides their ids, by which alerts name them, from their usage (`tenant_id` of
    /// its rows). A tenant whose usage is refused, empty, or names several numbers, is left out.
    pub async fn tenant_numbers(&self, tenants: &[TenantId]) -> Result<BTreeMap<TenantId, u64>, AcronisError> {
        let mut numbers = BTreeMap::new();
        self.each_batch(tenants, |_, read| {
            let Ok(reply) = read else { return Ok(()) };
            let list: NumberList = reply.json().map_err(AcronisError::Failed)?;
            for entry in list.items {
                let named = entry.usages.iter().filter_map(|row| wire::number(&row.tenant_id));
                let named = named.collect::<BTreeSet<_>>();
                if let Some(number) = named.first().filter(|_| named.len() == 1) {
                    numbers.insert(TenantId::new(entry.tenant), *number);
                }
            }
            Ok(())
        })
        .await?;
        Ok(numbers)
    }

    /// Hands over each batch with its reply, and each tenant that is refused alone with the reason.
    async fn each_batch(
        &self,
        tenants: &[TenantId],
        mut each: impl FnMut(&[TenantId], Result<&Reply, AcronisError>) -> Result<(), AcronisError>,
    ) -> Result<(), AcronisError> {
        let mut batches = Batches::of(tenants, MOST_IDS);
        while let Some(batch) = batches.take() {
            let reply = self.ask("tenants/usages", self.usages_url(batch)).await?;
            match reply.status {
                200 => each(batch, Ok(&reply))?,
                status if is_refusal(status) => {
                    if batches.halve(batch).is_some() {
                        each(batch, Err(AcronisError::of(&reply)))?;
                    }
                }
                _ => return Err(AcronisError::of(&reply)),
            }
        }
        Ok(())
    }

    fn usages_url(&self, batch: &[TenantId]) -> reqwest::Url {
        let ids = batch.iter().map(TenantId::as_str).collect::<Vec<_>>().join(",");
        let mut url = self.url(&["tenants", "usages"]);
        url.query_pairs_mut().append_pair("tenants", &ids);
        url
    }
}

fn hand_over(
    batch: &[TenantId],
    reply: &Reply,
    each: &mut impl FnMut(TenantId, TenantUsage),
) -> Result<(), AcronisError> {
    let list: wire::UsageList = reply.json().map_err(AcronisError::Failed)?;
    let mut found = BTreeMap::new();
    for entry in list.items {
        let tenant = TenantId::new(entry.tenant);
        let rows = entry.usages.into_iter().filter(wire::Usage::has_figure).map(wire::Usage::into_fact);
        let rows = rows
            .collect::<Result<Vec<_>, _>>()
            .map_err(|why| AcronisError::Failed(reply.unreadable(&format!("tenant {tenant}: {why}"))))?;
        // Taking either of two answers, or both, could bill what is not so.
        if found.insert(tenant.clone(), once_each(rows)).is_some() {
            return Err(AcronisError::Failed(reply.unreadable(&format!("it lists tenant {tenant} twice"))));
        }
    }
    for tenant in batch {
        let usage = found
            .remove(tenant)
            .unwrap_or_else(|| TenantUsage::Refused("Acronis left the tenant out of its reply about usage".to_owned()));
        each(tenant.clone(), usage);
    }
    Ok(())
}

/// The rows of one tenant, each once. Two figures of one item are none: nobody could tell which is so.
fn once_each(mut rows: Vec<UsageRow>) -> TenantUsage {
    rows.sort();
    rows.dedup();
    match rows.windows(2).find(|pair| pair[0].key == pair[1].key) {
        Some(pair) => {
            TenantUsage::Refused(format!("Acronis tells the usage of {} twice, and not the same", pair[0].key))
        }
        None => TenantUsage::Read(rows),
    }
}
