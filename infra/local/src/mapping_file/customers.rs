//! The customers in the mapping file: which company is which tenant, which one is ignored, and what is
//! near (M1, M2, M6). It suggests in comments and maps nothing by itself.

use super::reader::{Block, Place};
use super::toml_text::{on_one_line, shown, string};
use super::{MappingView, decisions};
use shared::ids::{CompanyId, LineId, ServiceId, TenantId};
use shared::mapping::{CustomerLink, CustomerRow, Mapping};
use shared::matching::{Standing, unmapped_tenants};
use shared::usage::Tenant;
use std::collections::BTreeMap;

const HEAD: &str = "
# ---- Customers, by name ----------------------------------------------------------------------------------
#
# The number of the company and the id of the tenant say who is meant; names are only shown. A company is
#   mapped         by `tenant = \"…\"`,
#   given a tenant by `tenant = \"new\"`: one is created in Acronis once it has a contract,
#   not to be      by `ignored = \"why\"`,
#   left alone     by `left_alone = true`: automatic provisioning makes no tenant for it,
#   unmapped       without any of these.
# A company that was mapped and loses these lines is left alone; `left_alone = false` hands it back to
# automatic provisioning. Tenants with nearly a company's name stand below it: take away the first # to map
# one. Where a service is on several lines of a customer, `pins = { \"12\" = 4711 }` chooses line 4711 for
# service 12. What was decided of a line stands in [[customer.decision]]: `adjust = 5` or `dismiss = true` with `from`
# and `until`, or `exclude = true` with `from`; each with a `reason`.
";

/// What stands for a tenant that is to be created.
const NEW: &str = "new";

/// Writes the blocks `[[customer]]`, and the tenants that are left over.
pub(super) fn write(text: &mut String, view: &MappingView<'_>) {
    text.push_str(HEAD);
    let mut rows: Vec<&CustomerRow> = view.mapping.customers.values().collect();
    rows.sort_by_cached_key(|row| (row.company_name.to_lowercase(), row.company));
    let tenants: BTreeMap<&TenantId, &Tenant> = view.tenants.iter().map(|tenant| (&tenant.id, tenant)).collect();
    for row in rows {
        text.push_str(&format!("\n[[customer]]\ncompany = {}\n", row.company));
        text.push_str(&format!("name = {}\n", string(&row.company_name)));
        write_link(text, &row.link);
        if !row.pins.is_empty() {
            let pins: Vec<_> = row.pins.iter().map(|(service, line)| format!("\"{service}\" = {line}")).collect();
            text.push_str(&format!("pins = {{ {} }}\n", pins.join(", ")));
        }
        if let Some(standing) = view.standings.get(&row.company) {
            write_standing(text, standing, &tenants);
        }
        decisions::write(text, &row.decisions);
    }
    write_unmapped_tenants(text, view);
}

fn write_link(text: &mut String, link: &CustomerLink) {
    match link {
        CustomerLink::Mapped { tenant, tenant_name } => {
            text.push_str(&format!("tenant = \"{tenant}\"\ntenant_name = {}\n", string(tenant_name)));
        }
        CustomerLink::ToCreate => text.push_str(&format!("tenant = \"{NEW}\"\n")),
        CustomerLink::Ignored { reason } => text.push_str(&format!("ignored = {}\n", string(reason))),
        CustomerLink::Unmapped { left_alone: true } => text.push_str("left_alone = true\n"),
        CustomerLink::Unmapped { left_alone: false } => {}
    }
}

fn write_standing(text: &mut String, standing: &Standing, tenants: &BTreeMap<&TenantId, &Tenant>) {
    match standing {
        Standing::Mapped | Standing::Ignored => {}
        Standing::Renamed { company, tenant } => text.push_str(&format!(
            "# renamed: the company is now {} and the tenant {}\n",
            shown(company),
            shown(tenant)
        )),
        Standing::Missing => {
            text.push_str(
                "# missing: the tenant or the company is not to be seen any more; nothing is changed for it\n",
            );
        }
        Standing::Unmapped(near) => {
            for tenant in near.iter().filter_map(|id| tenants.get(id)) {
                text.push_str(&format!("# tenant = \"{}\" # near: {}\n", tenant.id, shown(&tenant.name)));
            }
        }
    }
}

fn write_unmapped_tenants(text: &mut String, view: &MappingView<'_>) {
    let mut unmapped = unmapped_tenants(view.mapping, view.tenants);
    unmapped.sort_by_cached_key(|tenant| (tenant.name.to_lowercase(), tenant.id.clone()));
    if unmapped.is_empty() {
        return text.push_str("\n# Every customer tenant is mapped.\n");
    }
    text.push_str("\n# Customer tenants that no company is mapped to, so that nobody is billed for them:\n");
    for tenant in unmapped {
        text.push_str(&format!("#   tenant = \"{}\" # {}\n", tenant.id, on_one_line(&tenant.name)));
    }
}

/// The customers that the file asks for, and where each stands.
pub(super) fn read(
    root: &mut Block<'_>,
    current: &Mapping,
) -> (BTreeMap<CompanyId, CustomerRow>, BTreeMap<CompanyId, Place>) {
    let tenant_names = known_tenant_names(current);
    let mut rows = BTreeMap::new();
    let mut places: BTreeMap<CompanyId, Place> = BTreeMap::new();
    root.each_block("customer", |mut block| {
        let company = block.id("company").map(CompanyId);
        block.needs("company", "the company's number in Autotask");
        let before = company.and_then(|company| current.customers.get(&company));
        let name = block.text("name").unwrap_or_default();
        let link = read_link(&mut block, before.map(|row| &row.link), &tenant_names);
        let pins = block.by_id("pins", |pins, service| pins.id(service));
        let decisions = decisions::read(&mut block);
        if let Some(company) = company {
            if let Some(first) = places.get(&company) {
                block.fault(
                    "company",
                    format!("company {company} is already in {}; a company has one block", first.path),
                );
            } else {
                places.insert(company, block.place());
                if block.is_sound() {
                    let company_name = before.map_or(name, |row| &row.company_name).to_owned();
                    let pins = pins.into_iter().map(|(service, line)| (ServiceId(service), LineId(line))).collect();
                    rows.insert(company, CustomerRow { company, company_name, link, pins, decisions });
                }
            }
        }
        block.finish();
    });
    for (company, row) in &current.customers {
        rows.entry(*company).or_insert_with(|| left_out(row));
    }
    (rows, places)
}

/// A row that the file leaves out: a link is removed (M6), anything else stays as it is.
fn left_out(row: &CustomerRow) -> CustomerRow {
    let mut row = row.clone();
    if row.tenant().is_some() {
        row.remove_link();
    }
    row
}

fn read_link(
    block: &mut Block<'_>,
    before: Option<&CustomerLink>,
    tenant_names: &BTreeMap<TenantId, &str>,
) -> CustomerLink {
    let tenant = block.uuid_or(NEW, "tenant");
    let tenant_name = block.text("tenant_name");
    let reason = block.text_where("ignored", "the reason in quotes", |text| !text.trim().is_empty());
    let left_alone = block.flag("left_alone");
    if block.has("tenant_name") && !block.has("tenant") {
        block.fault("tenant_name", "it goes with tenant, which is not there; take both out to remove the link");
    }
    let ways: Vec<&str> = ["tenant", "ignored", "left_alone"].into_iter().filter(|key| block.has(key)).collect();
    if let [first, others @ ..] = ways.as_slice() {
        for other in others {
            block.fault(other, format!("it contradicts {first}; keep one of them"));
        }
    }
    match (tenant, reason) {
        // Asked for before, and made: a file that still asks for it keeps it.
        (Some(NEW), _) => match before {
            Some(CustomerLink::Mapped { .. }) => before.cloned().unwrap_or(CustomerLink::ToCreate),
            _ => CustomerLink::ToCreate,
        },
        (Some(tenant), _) => {
            let tenant = TenantId::new(tenant);
            let name = tenant_names.get(&tenant).copied().or(tenant_name).unwrap_or_default().to_owned();
            CustomerLink::Mapped { tenant, tenant_name: name }
        }
        (None, Some(reason)) => CustomerLink::Ignored { reason: reason.to_owned() },
        // A link taken out of the file was removed by hand (M6).
        (None, None) => {
            let was_mapped = matches!(before, Some(CustomerLink::Mapped { .. }));
            CustomerLink::Unmapped { left_alone: left_alone.unwrap_or(was_mapped) }
        }
    }
}

fn known_tenant_names(current: &Mapping) -> BTreeMap<TenantId, &str> {
    let names = current.customers.values().filter_map(|row| match &row.link {
        CustomerLink::Mapped { tenant, tenant_name } => Some((tenant.clone(), tenant_name.as_str())),
        CustomerLink::Unmapped { .. } | CustomerLink::ToCreate | CustomerLink::Ignored { .. } => None,
    });
    names.collect()
}
