//! Reading from and writing to Acronis Cyber Protect Cloud (Acronis Account Management API v2): tenants,
//! offering items, usage and users; and alerts (Acronis Alert Manager API 1.0). It alone knows the vendor's
//! JSON names; it decides nothing, and what reads cannot write.

mod alert_wire;
mod alerts;
mod batches;
mod bodies;
mod error;
mod given;
mod pages;
mod standing;
mod token;
mod usages;
mod wire;
mod write_error;
mod writer;

pub use alerts::ReadAlert;
pub use error::AcronisError;
pub use standing::{Pricing, PricingMode, TwoFactor, User, UserId};
pub use write_error::AcronisWriteError;
pub use writer::{AcronisWriter, Contact, ItemSetting, NewTenant, NewUser};

use crate::context::{AcronisCredentials, Clock, Secret};
use crate::http::{Ask, Http, Outcome, Reply, Vendor, VendorUrl};
use given::{ITEMS, item_of_tenant};
use reqwest::Url;
use serde::de::DeserializeOwned;
use shared::ids::{StorageId, TenantId};
use shared::usage::{OfferingItem, Tenant};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use token::Tokens;

/// Ids in one request, for calls that take a list: `GET /tenants?uuids=` takes at most 100, and no
/// greater number is promised for any other.
const MOST_IDS: usize = 100;
/// Rows on a page, the vendor's own default.
const PAGE_ROWS: &str = "5000";

/// The reader; cheap to clone, and clones share one token.
#[derive(Debug, Clone)]
pub struct Acronis(Arc<Connected>);

#[derive(Debug)]
struct Connected {
    http: Http,
    base: VendorUrl,
    client_id: String,
    tokens: Tokens,
}

impl Acronis {
    /// Prepares a reader; nothing is sent yet.
    pub fn new(
        http: Http,
        credentials: &AcronisCredentials,
        allow_loopback: bool,
        clock: Clock,
    ) -> Result<Self, String> {
        let base = VendorUrl::parse(&credentials.datacenter_url, Vendor::Acronis, allow_loopback)?;
        let token_url = base.join(["api", "2", "idp", "token"]);
        let tokens = Tokens::new(http.clone(), token_url, credentials, clock);
        Ok(Self(Arc::new(Connected { http, base, client_id: credentials.client_id.clone(), tokens })))
    }

    /// The tenant the API client lives in: the root of all we see (`GET /clients/{client_id}`).
    pub async fn own_tenant(&self) -> Result<TenantId, AcronisError> {
        let url = self.url(&["clients", &self.0.client_id]);
        let client: wire::Client = self.read("clients/{id}", url).await?;
        Ok(TenantId::new(client.tenant_id))
    }

    /// One tenant (`GET /tenants/{id}`).
    pub async fn tenant(&self, id: &TenantId) -> Result<Tenant, AcronisError> {
        let url = self.url(&["tenants", id.as_str()]);
        let tenant: wire::Tenant = self.read("tenants/{id}", url).await?;
        tenant.into_fact().map_err(|why| AcronisError::Failed(format!("tenant {id}: {why}")))
    }

    /// A tenant and all tenants below it, every page (`GET /tenants?subtree_root_id=`).
    pub async fn tenants(&self, root: &TenantId, mut each: impl FnMut(Tenant)) -> Result<(), AcronisError> {
        self.tenants_and_who_manages(root, |tenant, _| each(tenant)).await
    }

    /// The same tenants, each with whether it manages itself (`ancestral_access` is false): then its alerts, and
    /// those of the tenants below it, are hidden from the plain list of alerts. Where the vendor does not tell, the
    /// service provider manages it, as it does every new customer.
    pub async fn tenants_and_who_manages(
        &self,
        root: &TenantId,
        mut each: impl FnMut(Tenant, bool),
    ) -> Result<(), AcronisError> {
        let mut url = self.url(&["tenants"]);
        // `full`, because lesser levels of detail leave out the pricing mode.
        url.query_pairs_mut()
            .append_pair("subtree_root_id", root.as_str())
            .append_pair("lod", "full")
            .append_pair("limit", PAGE_ROWS);
        self.each_row("tenants", url, |row: wire::Tenant| {
            if !row.is_deleted() {
                let manages_itself = row.manages_itself();
                each(row.into_fact()?, manages_itself);
            }
            Ok(())
        })
        .await
    }

    /// The offering items of a tenant and of all tenants below it, every page
    /// (`GET /tenants/offering_items?subtree_root_tenant_id=`).
    pub async fn offering_items(
        &self,
        root: &TenantId,
        mut each: impl FnMut(&TenantId, OfferingItem),
    ) -> Result<(), AcronisError> {
        let row = item_of_tenant(|tenant, row| {
            each(tenant, row.into_fact(true)?);
            Ok(())
        });
        self.each_row(ITEMS, self.items_url(root), row).await
    }

    /// What a customer below `parent` may be given
    /// (`GET /tenants/{id}/offering_items/available_for_child`).
    pub async fn available_for_children(&self, parent: &TenantId) -> Result<Vec<OfferingItem>, AcronisError> {
        let mut url = self.url(&["tenants", parent.as_str(), "offering_items", "available_for_child"]);
        url.query_pairs_mut().append_pair("kind", "customer").append_pair("edition", "*");
        let mut items = Vec::new();
        self.each_row("offering_items/available_for_child", url, |row: wire::OfferingItem| {
            items.push(row.into_fact(false)?);
            Ok(())
        })
        .await?;
        Ok(items)
    }

    /// The names of storages (`GET /infra?uuids=`); storages the vendor does not name are left out.
    pub async fn storage_names(&self, storages: &[StorageId]) -> Result<BTreeMap<StorageId, String>, AcronisError> {
        let mut names = BTreeMap::new();
        for batch in storages.chunks(MOST_IDS) {
            let ids = batch.iter().map(StorageId::as_str).collect::<Vec<_>>().join(",");
            let mut url = self.url(&["infra"]);
            url.query_pairs_mut().append_pair("uuids", &ids);
            self.each_row("infra", url, |row: wire::Storage| {
                names.insert(StorageId::new(row.id), row.name);
                Ok(())
            })
            .await?;
        }
        Ok(names)
    }

    fn url(&self, parts: &[&str]) -> Url {
        self.0.base.join(["api", "2"].into_iter().chain(parts.iter().copied()))
    }

    async fn read<T: DeserializeOwned>(&self, endpoint: &'static str, url: Url) -> Result<T, AcronisError> {
        self.reply(endpoint, url).await?.json().map_err(AcronisError::Failed)
    }

    /// A reply that says yes.
    async fn reply(&self, endpoint: &'static str, url: Url) -> Result<Reply, AcronisError> {
        let reply = self.ask(endpoint, url).await?;
        if reply.status == 200 { Ok(reply) } else { Err(AcronisError::of(&reply)) }
    }

    /// A reply of any status but 401. A token that is refused is renewed once, and the call repeated.
    async fn ask(&self, endpoint: &'static str, url: Url) -> Result<Reply, AcronisError> {
        let token = self.0.tokens.current().await?;
        let reply = self.ask_with(endpoint, &url, &token).await?;
        if reply.status != 401 {
            return Ok(reply);
        }
        let renewed = self.0.tokens.renewed(&token).await?;
        let reply = self.ask_with(endpoint, &url, &renewed).await?;
        if reply.status == 401 { Err(AcronisError::of(&reply)) } else { Ok(reply) }
    }

    async fn ask_with(&self, endpoint: &'static str, url: &Url, token: &Secret) -> Result<Reply, AcronisError> {
        let ask = with_token(Ask::get(Vendor::Acronis, endpoint, url.clone()), token);
        reply_to(&self.0.http, &ask.map_err(AcronisError::Failed)?).await
    }
}

fn with_token(ask: Ask, token: &Secret) -> Result<Ask, String> {
    ask.with_secret_header("authorization", &format!("Bearer {}", token.expose()), &[token])
}

/// The last reply to a request that may be repeated.
async fn reply_to(http: &Http, ask: &Ask) -> Result<Reply, AcronisError> {
    let attempt = || async { Ok::<_, Infallible>(http.send(ask).await) };
    match http.repeat(attempt, |reply| !reply.is_passing_trouble()).await {
        Ok(Outcome::Reply(reply)) => Ok(reply),
        Ok(Outcome::NotSent(text) | Outcome::NoReply(text)) => Err(AcronisError::Failed(text)),
        Err(never) => match never {},
    }
}
