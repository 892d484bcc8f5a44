//! Who is who between the two vendors (M1, M2): where each company stands, which names are equal and
//! unique, and which are near. Suggests; the operator maps.

use crate::contract::Company;
use crate::ids::{CompanyId, TenantId};
use crate::mapping::{CustomerLink, CustomerRow, Mapping};
use crate::usage::{Tenant, TenantKind};
use std::collections::{BTreeMap, BTreeSet};

/// Where a company stands (M1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Linked, and both sides are there.
    Mapped,
    /// Linked, and a name changed: the names as they are now.
    Renamed {
        /// The company's.
        company: String,
        /// The tenant's.
        tenant: String,
    },
    /// Linked to a tenant that left our tree, or a company that is not to be seen.
    Missing,
    /// Not linked; the tenants whose names are near (M2).
    Unmapped(Vec<TenantId>),
    /// Not to be linked.
    Ignored,
}

/// The mapping's customers as they stand against what both vendors show. Tenants moved within the tree
/// stay mapped: only ids are compared.
pub fn standings(mapping: &Mapping, companies: &[Company], tenants: &[Tenant]) -> BTreeMap<CompanyId, Standing> {
    let companies_by_id: BTreeMap<CompanyId, &Company> = companies.iter().map(|one| (one.id, one)).collect();
    let tenants_by_id: BTreeMap<&TenantId, &Tenant> = tenants.iter().map(|one| (&one.id, one)).collect();
    let suggestions = suggestions(mapping, companies, tenants);
    let standing_of = |row: &CustomerRow| {
        let company = companies_by_id.get(&row.company);
        match &row.link {
            CustomerLink::Ignored { .. } => Standing::Ignored,
            CustomerLink::Unmapped { .. } | CustomerLink::ToCreate => {
                Standing::Unmapped(suggestions.get(&row.company).cloned().unwrap_or_default())
            }
            CustomerLink::Mapped { tenant, tenant_name } => match (company, tenants_by_id.get(tenant)) {
                (Some(company), Some(tenant)) if company.name == row.company_name && tenant.name == *tenant_name => {
                    Standing::Mapped
                }
                (Some(company), Some(tenant)) => {
                    Standing::Renamed { company: company.name.clone(), tenant: tenant.name.clone() }
                }
                _ => Standing::Missing,
            },
        }
    };
    mapping.customers.values().map(|row| (row.company, standing_of(row))).collect()
}

/// Adds a row for each company that has none, and brings the names up to date (M1).
pub fn with_all_companies(mapping: &mut Mapping, companies: &[Company], tenants: &[Tenant]) {
    let tenant_names: BTreeMap<&TenantId, &str> = tenants.iter().map(|one| (&one.id, one.name.as_str())).collect();
    for company in companies.iter().filter(|company| company.active) {
        let row = mapping.customers.entry(company.id).or_insert_with(|| CustomerRow {
            company: company.id,
            company_name: String::new(),
            link: CustomerLink::Unmapped { left_alone: false },
            pins: BTreeMap::new(),
        });
        row.company_name = company.name.clone();
        if let CustomerLink::Mapped { tenant, tenant_name } = &mut row.link
            && let Some(name) = tenant_names.get(tenant)
        {
            *tenant_name = (*name).to_owned();
        }
    }
}

/// Maps what is equal and unique on both sides; only at first setup (M2). Says how many were mapped.
pub fn map_equal_names(mapping: &mut Mapping, companies: &[Company], tenants: &[Tenant]) -> usize {
    let taken = mapped_tenants(mapping);
    let mut by_name: BTreeMap<&str, (Vec<&Company>, Vec<&Tenant>)> = BTreeMap::new();
    for company in companies.iter().filter(|company| company.active) {
        by_name.entry(&company.name).or_default().0.push(company);
    }
    for tenant in customers(tenants) {
        by_name.entry(&tenant.name).or_default().1.push(tenant);
    }
    let mut mapped = 0;
    for (companies, tenants) in by_name.values() {
        let ([company], [tenant]) = (companies.as_slice(), tenants.as_slice()) else { continue };
        let Some(row) = mapping.customers.get_mut(&company.id) else { continue };
        let free = row.link == CustomerLink::Unmapped { left_alone: false } && !taken.contains(&tenant.id);
        if free {
            row.link = CustomerLink::Mapped { tenant: tenant.id.clone(), tenant_name: tenant.name.clone() };
            mapped += 1;
        }
    }
    mapped
}

/// For each unmapped company, the unmapped tenants with nearly its name (M2).
pub fn suggestions(mapping: &Mapping, companies: &[Company], tenants: &[Tenant]) -> BTreeMap<CompanyId, Vec<TenantId>> {
    let taken = mapped_tenants(mapping);
    let mut by_bare_name: BTreeMap<String, Vec<TenantId>> = BTreeMap::new();
    for tenant in customers(tenants).filter(|tenant| !taken.contains(&tenant.id)) {
        by_bare_name.entry(bare_name(&tenant.name)).or_default().push(tenant.id.clone());
    }
    let unmapped = |company: &&Company| {
        let link = mapping.customers.get(&company.id).map(|row| &row.link);
        company.active && matches!(link, None | Some(CustomerLink::Unmapped { .. }))
    };
    companies
        .iter()
        .filter(unmapped)
        .filter_map(|company| {
            let bare = bare_name(&company.name);
            let near = by_bare_name.get(&bare).filter(|_| !bare.is_empty())?;
            Some((company.id, near.clone()))
        })
        .collect()
}

/// The customer tenants that no company is mapped to: what nobody is billed for.
pub fn unmapped_tenants<'a>(mapping: &Mapping, tenants: &'a [Tenant]) -> Vec<&'a Tenant> {
    let taken = mapped_tenants(mapping);
    customers(tenants).filter(|tenant| !taken.contains(&tenant.id)).collect()
}

fn mapped_tenants(mapping: &Mapping) -> BTreeSet<TenantId> {
    mapping.mapped_customers().map(|(_, tenant)| tenant.clone()).collect()
}

fn customers(tenants: &[Tenant]) -> impl Iterator<Item = &Tenant> {
    tenants.iter().filter(|tenant| tenant.kind == TenantKind::Customer)
}

/// Endings that say a company's legal form and nothing about who it is.
const LEGAL_SUFFIXES: [&str; 24] = [
    "ab",
    "ag",
    "as",
    "aps",
    "bv",
    "bvba",
    "co",
    "corp",
    "corporation",
    "eg",
    "gbr",
    "gmbh",
    "inc",
    "kft",
    "kg",
    "limited",
    "llc",
    "llp",
    "ltd",
    "ohg",
    "oy",
    "plc",
    "sa",
    "sarl",
];

/// A name without case, spaces, punctuation and legal suffixes (M2).
fn bare_name(name: &str) -> String {
    let spaced: String = name.to_lowercase().replace('&', " & ").replace('.', "");
    let mut words: Vec<&str> = spaced.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    while words.len() > 1 && words.last().is_some_and(|last| LEGAL_SUFFIXES.contains(last)) {
        words.pop();
    }
    words.concat()
}

#[cfg(test)]
mod tests {
    use super::bare_name;

    #[test]
    fn m2_near_names_differ_in_case_spaces_punctuation_or_legal_form_only() {
        for near in [
            "Alpenblick Apotheke",
            "ALPENBLICK-APOTHEKE GmbH",
            "Alpenblick  Apotheke GmbH & Co. KG",
            "alpenblick apotheke, Ltd.",
        ] {
            assert_eq!(bare_name(near), "alpenblickapotheke", "{near}");
        }
        for far in ["Alpenblick", "Apotheke Alpenblick", "Alpenblick Apotheke 2"] {
            assert_ne!(bare_name(far), "alpenblickapotheke", "{far}");
        }
        assert_eq!(bare_name("GmbH"), "gmbh");
        assert_eq!(bare_name("株式会社さくら"), "株式会社さくら");
    }
}
