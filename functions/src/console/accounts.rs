//! The companies and the tenants of a connection, put in order once for all requests that list them: names as they are
//! searched and sorted by, and where in the tree each tenant is. What a person staged is not in it.

use super::listed::Listed;
use shared::draft::new_row;
use shared::ids::{CompanyId, TenantId};
use shared::mapping::{CustomerLink, Mapping};
use shared::matching::Standing;
use shared::snapshot::Snapshot;
use shared::usage::{Tenant, TenantKind};
use std::collections::{BTreeMap, HashMap};

/// What stands between the names of a path in the tree.
const BELOW: &str = " › ";

/// Both sides, by name.
#[derive(Debug)]
pub(super) struct Accounts {
    /// The companies that are active or were mapped, by name.
    pub(super) companies: Vec<CompanyAt>,
    /// The customer tenants, by partner and name.
    pub(super) tenants: Vec<TenantAt>,
    /// The partners and folders that have customers below them, by path.
    pub(super) partners: Vec<Partner>,
    company_at: HashMap<CompanyId, usize>,
    tenant_at: HashMap<TenantId, usize>,
    /// To whom each tenant is mapped.
    owner_of: HashMap<TenantId, CompanyId>,
}

/// A company and what is said of it.
#[derive(Debug)]
pub(super) struct CompanyAt {
    pub(super) id: CompanyId,
    pub(super) name: String,
    pub(super) kind: Option<i64>,
    pub(super) link: CustomerLink,
    pub(super) standing: Standing,
    /// What it is found by, in lower case: its name, its tenant's, and their ids.
    pub(super) words: String,
    /// What it is sorted by.
    pub(super) name_in_order: String,
}

/// A tenant that a company may be mapped to.
#[derive(Debug)]
pub(super) struct TenantAt {
    pub(super) id: TenantId,
    pub(super) name: String,
    /// The names of those above it.
    pub(super) path: String,
    /// Those above it, the nearest first.
    pub(super) above: Vec<TenantId>,
    pub(super) enabled: bool,
    pub(super) in_trial: bool,
    /// What it is found by, in lower case: its name, its path, its id.
    pub(super) words: String,
    pub(super) name_in_order: String,
}

/// A partner or a folder.
#[derive(Debug)]
pub(super) struct Partner {
    pub(super) id: TenantId,
    pub(super) path: String,
}

impl Accounts {
    pub(super) fn of(mapping: &Mapping, snapshot: &Snapshot) -> Self {
        let mut tenants = tenants(snapshot);
        tenants.sort_by_cached_key(|one| (one.path.to_lowercase(), one.name_in_order.clone(), one.id.clone()));
        let tenant_at: HashMap<_, _> = tenants.iter().enumerate().map(|(at, one)| (one.id.clone(), at)).collect();
        let mut companies = companies(mapping, snapshot, |id| tenant_at.get(id).map(|at| &tenants[*at]));
        companies.sort_by(|one, other| (&one.name_in_order, one.id).cmp(&(&other.name_in_order, other.id)));
        let company_at = companies.iter().enumerate().map(|(at, one)| (one.id, at)).collect();
        let owner_of = mapping.mapped_customers().map(|(row, tenant)| (tenant.clone(), row.company)).collect();
        let partners = partners(&tenants, snapshot);
        Self { companies, tenants, partners, company_at, tenant_at, owner_of }
    }

    /// A company that is listed.
    pub(super) fn company(&self, id: CompanyId) -> Option<&CompanyAt> {
        self.company_at.get(&id).map(|at| &self.companies[*at])
    }

    /// A customer tenant that is there.
    pub(super) fn tenant(&self, id: &TenantId) -> Option<&TenantAt> {
        self.tenant_at.get(id).map(|at| &self.tenants[*at])
    }

    /// To whom a tenant is mapped, whatever is staged.
    pub(super) fn owner_of(&self, id: &TenantId) -> Option<CompanyId> {
        self.owner_of.get(id).copied()
    }
}

impl Listed {
    /// Both sides in order, which is put together when it is first asked for.
    pub(super) fn accounts(&self) -> &Accounts {
        self.accounts.get_or_init(|| Accounts::of(&self.mapping, &self.snapshot))
    }
}

fn companies<'t>(
    mapping: &Mapping,
    snapshot: &Snapshot,
    tenant: impl Fn(&TenantId) -> Option<&'t TenantAt>,
) -> Vec<CompanyAt> {
    let mut all = Mapping { customers: mapping.customers.clone(), ..Mapping::default() };
    // Companies that are new since the mapping was made have no row yet.
    for company in snapshot.companies.iter().filter(|company| company.active) {
        all.customers.entry(company.id).or_insert_with(|| new_row(company.id, &company.name));
    }
    let standings = snapshot.standings(&all);
    let seen: HashMap<CompanyId, _> = snapshot.companies.iter().map(|one| (one.id, one)).collect();
    let company_at = |(id, standing): (CompanyId, Standing)| {
        let (known, row) = (seen.get(&id), &all.customers[&id]);
        let (name, link) = (known.map_or(&row.company_name, |one| &one.name).clone(), row.link.clone());
        let name_in_order = name.to_lowercase();
        let mut words = format!("{name_in_order}\n{id}");
        if let CustomerLink::Mapped { tenant: of, tenant_name } = &link {
            let tenant_name = tenant(of).map_or(tenant_name, |one| &one.name);
            words.push_str(&format!("\n{}\n{of}", tenant_name.to_lowercase()));
        }
        CompanyAt { id, name, kind: known.and_then(|one| one.company_type), link, standing, words, name_in_order }
    };
    standings.into_iter().map(company_at).collect()
}

fn tenants(snapshot: &Snapshot) -> Vec<TenantAt> {
    let by_id: HashMap<&TenantId, &Tenant> = snapshot.tenants.iter().map(|one| (&one.id, one)).collect();
    let customers = snapshot.tenants.iter().filter(|tenant| tenant.kind == TenantKind::Customer);
    let tenant_at = |tenant: &Tenant| {
        let above = above(tenant, &by_id);
        let path = path(&above);
        let name_in_order = tenant.name.to_lowercase();
        TenantAt {
            id: tenant.id.clone(),
            name: tenant.name.clone(),
            words: format!("{name_in_order}\n{}\n{}", path.to_lowercase(), tenant.id),
            path,
            above: above.into_iter().map(|one| one.id.clone()).collect(),
            enabled: tenant.enabled,
            in_trial: tenant.in_trial,
            name_in_order,
        }
    };
    customers.map(tenant_at).collect()
}

/// Those above a tenant, the nearest first. No tree is deeper than it has tenants, whatever they say of themselves.
fn above<'t>(tenant: &Tenant, by_id: &HashMap<&TenantId, &'t Tenant>) -> Vec<&'t Tenant> {
    let parent = |one: &Tenant| one.parent.as_ref().and_then(|parent| by_id.get(parent)).copied();
    let mut above: Vec<&Tenant> = Vec::new();
    let mut next = parent(tenant);
    while let Some(one) = next.filter(|one| above.iter().all(|known| known.id != one.id)) {
        above.push(one);
        next = parent(one);
    }
    above
}

/// From the top down; our own tenant is above all of them and is named only where nobody is between.
fn path(above: &[&Tenant]) -> String {
    let between = if above.len() > 1 { &above[..above.len() - 1] } else { above };
    between.iter().rev().map(|one| one.name.as_str()).collect::<Vec<_>>().join(BELOW)
}

fn partners(tenants: &[TenantAt], snapshot: &Snapshot) -> Vec<Partner> {
    let by_id: HashMap<&TenantId, &Tenant> = snapshot.tenants.iter().map(|one| (&one.id, one)).collect();
    let mut known: BTreeMap<&TenantId, String> = BTreeMap::new();
    for id in tenants.iter().flat_map(|tenant| &tenant.above) {
        known.entry(id).or_insert_with(|| {
            let one = by_id[id];
            let mut whole = vec![one];
            whole.extend(above(one, &by_id));
            path(&whole)
        });
    }
    let mut partners: Vec<Partner> = known.into_iter().map(|(id, path)| Partner { id: id.clone(), path }).collect();
    partners.sort_by_cached_key(|one| (one.path.to_lowercase(), one.id.clone()));
    partners
}
