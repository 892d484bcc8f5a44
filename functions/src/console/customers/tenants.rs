//! The other side: the tenants that nobody is mapped to, by partner and customer, with a search of their own.

use super::super::accounts::TenantAt;
use super::super::paged::Paged;
use super::super::query::Query;
use super::super::words::Shown;
use super::companies::Choice;
use super::overlay::Overlay;
use shared::ids::TenantId;
use std::collections::HashMap;

/// A tenant as the list shows it.
pub(super) struct TenantRow {
    pub(super) id: String,
    pub(super) name: Shown,
    /// The partner or folder, on the first row below it.
    pub(super) path: Option<Shown>,
    pub(super) note: &'static str,
    /// Looks for its company (G19).
    pub(super) find: String,
    pub(super) is_chosen: bool,
}

/// The tenants that nobody would be mapped to.
pub(super) fn free<'a>(overlay: &Overlay<'a>) -> Vec<&'a TenantAt> {
    overlay.accounts.tenants.iter().filter(|tenant| overlay.owner_of(&tenant.id).is_none()).collect()
}

/// Those of them that the address asks for.
pub(super) fn asked_for<'a>(free: &[&'a TenantAt], query: &Query) -> Vec<&'a TenantAt> {
    let (find, partner) = (query.get("find").to_lowercase(), query.get("partner"));
    let partner = Some(TenantId::new(partner)).filter(|_| !partner.is_empty());
    let is_below = |tenant: &TenantAt| partner.as_ref().is_none_or(|partner| tenant.above.contains(partner));
    let found = free.iter().filter(|tenant| tenant.words.contains(&find) && is_below(tenant));
    found.copied().collect()
}

/// The partners and folders to choose from, each with how many of the tenants are below it (A54).
pub(super) fn partners(overlay: &Overlay<'_>, free: &[&TenantAt], query: &Query) -> Vec<Choice> {
    let mut below: HashMap<&TenantId, usize> = HashMap::new();
    free.iter().flat_map(|tenant| &tenant.above).for_each(|partner| *below.entry(partner).or_default() += 1);
    let chosen = query.get("partner");
    let all = Choice {
        value: String::new(),
        name: Shown::of(format!("All partners ({})", free.len())),
        is_chosen: chosen.is_empty(),
    };
    let choice = |partner: &super::super::accounts::Partner| {
        let many = below.get(&partner.id)?;
        let name = Shown::of(format!("{} ({many})", partner.path));
        Some(Choice { value: partner.id.to_string(), name, is_chosen: chosen == partner.id.as_str() })
    };
    std::iter::once(all).chain(overlay.accounts.partners.iter().filter_map(choice)).collect()
}

/// One page of the list.
pub(super) fn page(tenants: &[&TenantAt], query: &Query) -> Paged<TenantRow> {
    let mut last: Option<&str> = None;
    Paged::of(tenants, Some(query.get("tenants")), |tenant| {
        let is_new = last.replace(&tenant.path) != Some(&tenant.path);
        row(tenant, is_new, query)
    })
}

fn row(tenant: &TenantAt, with_path: bool, query: &Query) -> TenantRow {
    let (id, name) = (tenant.id.to_string(), Shown::of(&tenant.name));
    let search = name.to_string();
    let find = query.with(&[
        ("search", &search),
        ("tenant", &id),
        ("show", "unmapped"),
        ("company", ""),
        ("type", ""),
        ("page", ""),
    ]);
    TenantRow {
        find: format!("/customers?{}#companies", find.text()),
        path: with_path.then(|| Shown::of(&tenant.path)),
        note: match (tenant.enabled, tenant.in_trial) {
            (false, _) => "disabled",
            (true, true) => "in trial",
            (true, false) => "",
        },
        is_chosen: query.get("tenant") == id,
        id,
        name,
    }
}
