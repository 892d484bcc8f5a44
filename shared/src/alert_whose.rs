//! Whose a tenant's alerts are (T2, A61): those of the customer that the tenant is, or is a part of.

use crate::alert_plan::Whose;
use crate::ids::{CompanyId, TenantId};
use crate::mapping::Mapping;
use crate::usage::{Tenant, TenantKind};
use std::collections::BTreeMap;

/// No tree of tenants is deeper; beyond it the vendor names parents in a circle.
const DEEPEST: usize = 64;

/// The tenants as read, and which of them are mapped.
#[derive(Debug)]
pub struct Owners<'a> {
    tenants: BTreeMap<&'a TenantId, &'a Tenant>,
    mapped: BTreeMap<&'a TenantId, CompanyId>,
}

impl<'a> Owners<'a> {
    /// The owners in a tree of tenants.
    pub fn new(mapping: &'a Mapping, tenants: &'a [Tenant]) -> Self {
        Self {
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
                let unmapped = Whose::Unmapped { tenant: known.id.clone(), tenant_name: known.name.clone() };
                return Some(self.mapped.get(next).map_or(unmapped, |company| Whose::Company(*company)));
            }
            match &known.parent {
                Some(parent) if self.tenants.contains_key(parent) => next = parent,
                _ => return Some(Whose::NotOurs),
            }
        }
        None
    }
}
