//! Offering items as tenants have them (Acronis Account Management API v2, Offering items): with their
//! quotas and the versions by which a quota is changed. It reads; what should be given is not its to say.

use super::{Acronis, AcronisError, PAGE_ROWS, wire};
use reqwest::Url;
use shared::ids::TenantId;
use shared::quota::GivenItem;
use shared::usage::OfferingItem;

/// The name under which lists of many tenants' items are counted.
pub(super) const ITEMS: &str = "tenants/offering_items";

impl Acronis {
    /// What is given to a tenant and to all tenants below it, items that are off too, every page
    /// (`GET /tenants/offering_items?subtree_root_tenant_id=`).
    pub async fn given_items(
        &self,
        root: &TenantId,
        mut each: impl FnMut(&TenantId, GivenItem),
    ) -> Result<(), AcronisError> {
        let row = item_of_tenant(|tenant, row| {
            each(tenant, row.into_given()?);
            Ok(())
        });
        self.each_row(ITEMS, self.items_url(root), row).await
    }

    /// What is given to one tenant, items that are off too (`GET /tenants/{id}/offering_items`).
    pub async fn given_items_of(&self, tenant: &TenantId) -> Result<Vec<GivenItem>, AcronisError> {
        let mut items = Vec::new();
        self.each_item_of(tenant, |row| {
            items.push(row.into_given()?);
            Ok(())
        })
        .await?;
        Ok(items)
    }

    /// The items of one tenant, without their quotas.
    pub async fn offering_items_of(
        &self,
        tenant: &TenantId,
        mut each: impl FnMut(OfferingItem),
    ) -> Result<(), AcronisError> {
        self.each_item_of(tenant, |row| {
            each(row.into_fact(true)?);
            Ok(())
        })
        .await
    }

    async fn each_item_of(
        &self,
        tenant: &TenantId,
        mut each: impl FnMut(wire::OfferingItem) -> Result<(), String>,
    ) -> Result<(), AcronisError> {
        let mut url = self.url(&["tenants", tenant.as_str(), "offering_items"]);
        // Without `*` only items of the edition "standard" are listed.
        url.query_pairs_mut().append_pair("edition", "*");
        let row = |row: wire::OfferingItem| if row.is_deleted() { Ok(()) } else { each(row) };
        self.each_row("tenants/{id}/offering_items", url, row).await
    }

    pub(super) fn items_url(&self, root: &TenantId) -> Url {
        let mut url = self.url(&["tenants", "offering_items"]);
        // Without `*` only items of the edition "standard" are listed.
        url.query_pairs_mut()
            .append_pair("subtree_root_tenant_id", root.as_str())
            .append_pair("editions", "*")
            .append_pair("limit", PAGE_ROWS);
        url
    }
}

/// What is done with a row of many tenants' items: those that are not deleted are handed over with their tenant.
pub(super) fn item_of_tenant(
    mut each: impl FnMut(&TenantId, wire::OfferingItem) -> Result<(), String>,
) -> impl FnMut(wire::OfferingItem) -> Result<(), String> {
    move |row| {
        if row.is_deleted() {
            return Ok(());
        }
        let tenant = row.tenant().ok_or("an offering item has no tenant_id")?;
        each(&tenant, row)
    }
}
