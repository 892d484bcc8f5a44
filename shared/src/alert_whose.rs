//! Whose a tenant's alerts are (T2, A61): those of the customer that the tenant is, or is a part of.

use crate::alert_plan::Whose;
use crate::ids::{CompanyId, TenantId};
use crate::mapping::{CustomerLink, Mapping};
use crate::usage::{Tenant, TenantKind};
use std::collections::{BTreeMap, BTreeSet};

/// No tree of tenants is deeper; beyond it the vendor names parents in a circle.
const DEEPEST: usize = 64;

/// The tenants as read, and which of them are mapped.
#[derive(Debug)]
pub struct Owners<'a> {
    tenants: BTreeMap<&'a TenantId, &'a Tenant>,
    mapped: BTreeMap<&'a TenantId, CompanyId>,
    /// The names of companies that are ignored: a tenant of such a name that is not mapped is theirs (M2).
    ignored: BTreeSet<&'a str>,
}

impl<'a> Owners<'a> {
    /// The owners in a tree of tenants.
    pub fn new(mapping: &'a Mapping, tenants: &'a [Tenant]) -> Self {
        let ignored = mapping.customers.values().filter(|row| matches!(row.link, CustomerLink::Ignored { .. }));
        Self {
            ignored: ignored.map(|row| row.company_name.as_str()).collect(),
            tenants: tenants.iter().map(|tenant| (&tenant.id, tenant)).collect(),
            mapped: mapping.mapped_customers().map(|(row, tenant)| (tenant, row.company)).collect(),
        }
    }

    /// Whose the tenant's alerts are; none where it is not to be seen.
    pub fn whose(&self, tenant: &TenantId) -> Option<Whose> {
        let mut next = tenant;
        for _ in 0..DEEPEST {
            let Some(known) = self.tenants.get(next) else {
                return self.mapped.get(next).map(|company| Whose::Company(*company));
            };
            if known.kind == TenantKind::Customer {
                let (tenant, tenant_name) = (known.id.clone(), known.name.clone());
                return Some(match self.mapped.get(next) {
                    Some(company) => Whose::Company(*company),
                    None if self.ignored.contains(known.name.as_str()) => Whose::NotOurs,
                    None => Whose::Unmapped { tenant, tenant_name },
                });
            }
            match &known.parent {
                Some(parent) if self.tenants.contains_key(parent) => next = parent,
                _ => return Some(Whose::NotOurs),
            }
        }
        None
    }
}
