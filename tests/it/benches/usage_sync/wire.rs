//! The vendors and the table as processes of a measurement serve them, each behind a wire that counts.

use acrotask::table::EmbeddedTable;
use it::bench::counted::{Counted, acronis_endpoint, autotask_endpoint, table_operation, wire};
use it::bench::planted::{self, Size};
use jiff::Timestamp;
use sandbox::Sandbox;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where both vendors answer, how to log in, and when it is there.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Vendors {
    pub(crate) acronis: String,
    pub(crate) autotask: String,
    pub(crate) now: Timestamp,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) user_name: String,
    pub(crate) secret: String,
    pub(crate) integration_code: String,
    /// Service ids by the item sold as it.
    pub(crate) services: BTreeMap<String, i64>,
    /// The wire that counts the calls of both.
    pub(crate) counts: String,
}

/// Serves both vendors.
pub(crate) async fn vendors(size: Size) -> anyhow::Result<(Vendors, Sandbox)> {
    let sandbox = planted::plant(size, None).await?;
    let counted = Counted::default();
    let acronis = wire(&sandbox.acronis_url(), &counted, acronis_endpoint).await?;
    let autotask = wire(&sandbox.autotask_url(), &counted, autotask_endpoint).await?;
    let login = sandbox.credentials();
    let (now, services) = sandbox.world(|world| (world.now(), world.services()));
    let told = Vendors {
        counts: acronis.clone(),
        acronis,
        autotask,
        now,
        client_id: login.acronis_client_id,
        client_secret: login.acronis_client_secret,
        user_name: login.autotask_user_name,
        secret: login.autotask_secret,
        integration_code: login.autotask_integration_code,
        services: services.into_iter().map(|service| (service.sku, service.id)).collect(),
    };
    Ok((told, sandbox))
}

/// Serves a table in memory.
pub(crate) async fn table() -> anyhow::Result<(String, EmbeddedTable)> {
    let table = EmbeddedTable::in_memory().await?;
    Ok((wire(table.endpoint(), &Counted::default(), table_operation).await?, table))
}
