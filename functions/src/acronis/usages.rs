//! Usage of many tenants (`GET /tenants/usages`), in batches that are halved when refused (B2). A
//! tenant refused alone is told as refused, never as zero (U2).

use super::{Acronis, AcronisError, MOST_IDS, wire};
use crate::http::Reply;
use shared::ids::TenantId;
use shared::usage::{TenantUsage, UsageRow};
use std::collections::BTreeMap;

impl Acronis {
    /// The usage of each of `tenants`, once for each.
    pub async fn usages(
        &self,
        tenants: &[TenantId],
        mut each: impl FnMut(TenantId, TenantUsage),
    ) -> Result<(), AcronisError> {
        let mut batches = tenants.chunks(MOST_IDS).rev().collect::<Vec<_>>();
        while let Some(batch) = batches.pop() {
            let reply = self.ask("tenants/usages", self.usages_url(batch)).await?;
            match reply.status {
                200 => hand_over(batch, &reply, &mut each)?,
                // One tenant that is gone or closed to us spoils its batch, and so does a long address.
                400 | 403 | 404 | 414 | 431 => match batch {
                    [alone] => each(alone.clone(), TenantUsage::Refused(AcronisError::of(&reply).to_string())),
                    _ => {
                        let (first, second) = batch.split_at(batch.len() / 2);
                        batches.extend([second, first]);
                    }
                },
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
