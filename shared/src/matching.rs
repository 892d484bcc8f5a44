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
            decisions: BTreeMap::new(),
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

/// For each unmapped company, the unmapped tenants that may be its own, so that a person decides before it gets
/// another one (P1): with nearly its name, or where one of the two names begins with the other.
pub fn may_be_theirs(
    mapping: &Mapping,
    companies: &[Company],
    tenants: &[Tenant],
) -> BTreeMap<CompanyId, Vec<TenantId>> {
    let taken = mapped_tenants(mapping);
    let free: Vec<(String, &TenantId)> = customers(tenants)
        .filter(|tenant| !taken.contains(&tenant.id))
        .map(|tenant| (bare_name(&tenant.name), &tenant.id))
        .collect();
    let mut found = suggestions(mapping, companies, tenants);
    for company in companies.iter().filter(|company| mapping.may_get_tenant(company.id)) {
        let bare = bare_name(&company.name);
        let begins = |one: &str, other: &str| other.len() >= FEWEST_LETTERS_ALIKE && one.starts_with(other);
        let alike = free.iter().filter(|(name, _)| begins(name, &bare) || begins(&bare, name));
        let near = found.entry(company.id).or_default();
        for (_, tenant) in alike {
            if !near.contains(tenant) {
                near.push((*tenant).clone());
            }
        }
    }
    found.retain(|_, near| !near.is_empty());
    found
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

/// Names that begin alike in fewer letters are alike by chance.
const FEWEST_LETTERS_ALIKE: usize = 4;

/// Endings that say a company's legal form and nothing about who it is.
const LEGAL_SUFFIXES: [&str; 47] = [
    "ab",
    "ag",
    "aps",
    "as",
    "asa",
    "bv",
    "bvba",
    "co",
    "corp",
    "corporation",
    "doo",
    "eg",
    "ek",
    "gbr",
    "gmbh",
    "haftungsbeschraenkt",
    "inc",
    "kft",
    "kg",
    "lda",
    "limited",
    "llc",
    "llp",
    "lp",
    "ltd",
    "mbh",
    "nv",
    "ohg",
    "oy",
    "oyj",
    "plc",
    "pllc",
    "pty",
    "rl",
    "s",
    "sa",
    "sarl",
    "sas",
    "se",
    "sl",
    "sp",
    "spa",
    "srl",
    "sro",
    "ug",
    "zoo",
    "zrt",
];

/// A letter as it is also written where the accents are missing.
fn folded(letter: char) -> String {
    match letter {
        'ä' | 'æ' => "ae".to_owned(),
        'ö' | 'ø' | 'œ' => "oe".to_owned(),
        'ü' => "ue".to_owned(),
        'ß' => "ss".to_owned(),
        'à' | 'á' | 'â' | 'ã' | 'å' => "a".to_owned(),
        'è' | 'é' | 'ê' | 'ë' => "e".to_owned(),
        'ì' | 'í' | 'î' | 'ï' => "i".to_owned(),
        'ò' | 'ó' | 'ô' | 'õ' => "o".to_owned(),
        'ù' | 'ú' | 'û' => "u".to_owned(),
        'ç' => "c".to_owned(),
        'ñ' => "n".to_owned(),
        other => other.to_string(),
    }
}

/// A name without case, accents, spaces, punctuation and legal suffixes (M2).
fn bare_name(name: &str) -> String {
    let lower = name.to_lowercase().replace('&', " & ").replace('.', "");
    let spaced: String = lower.chars().map(folded).collect();
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
            "Alpenblick Apotheke S.r.l.",
            "Alpenblick Apotheke S.à r.l.",
            "Alpenblick Apotheke UG (haftungsbeschränkt)",
        ] {
            assert_eq!(bare_name(near), "alpenblickapotheke", "{near}");
        }
        for far in ["Alpenblick", "Apotheke Alpenblick", "Alpenblick Apotheke 2"] {
            assert_ne!(bare_name(far), "alpenblickapotheke", "{far}");
        }
        assert_eq!(bare_name("GmbH"), "gmbh");
        assert_eq!(bare_name("Müller & Söhne"), bare_name("Mueller & Soehne AG"));
        assert_eq!(bare_name("株式会社さくら"), "株式会社さくら");
    }
}
