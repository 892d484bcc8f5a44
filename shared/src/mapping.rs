//! Who is who and what is what: customers and products as the operator mapped them (M1 to M4, M6).
//! Rows and their checks; finding matches is `matching`'s, deciding units the plan's.

use crate::alert::AlertKind;
use crate::alert_settings::{AlertRow, TicketSettings};
use crate::contract::PeriodType;
pub use crate::customer::{CustomerLink, CustomerRow};
use crate::ids::{BillingCodeId, CompanyId, ServiceId, TenantId};
pub use crate::mapping_fault::{MappingFault, MappingRowName};
use crate::quantity::{Rounding, UnitSize};
use crate::setting_path::SettingPath;
use crate::settings::Settings;
use crate::usage::{ItemKey, ItemKind, OfferingItem};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Everything an operator mapped and set for one connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Grows with every saved change; a save on an older version is refused.
    pub version: u64,
    /// The choices of the connection.
    pub settings: Settings,
    /// One row per company known.
    pub customers: BTreeMap<CompanyId, CustomerRow>,
    /// One row per offering item a customer may have.
    pub products: BTreeMap<ItemKey, ProductRow>,
    /// The alert types of which the operator said something (T1).
    pub alerts: BTreeMap<AlertKind, AlertRow>,
}

/// One offering item and how it is billed (M3, M4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductRow {
    /// The item, as the partner can give it.
    pub item: OfferingItem,
    /// A name for people.
    pub label: String,
    /// What it is sold as; none: not billed.
    pub service: Option<ServiceTarget>,
    /// How the items of one service come together.
    pub combine: Combine,
    /// Whether a customer who did not buy it may use it.
    pub free: bool,
    /// What one unit is.
    pub unit_size: UnitSize,
    /// What happens to a part of a unit.
    pub rounding: Rounding,
    /// Units that cost nothing.
    pub included: u32,
    /// The least that is billed.
    pub minimum: u32,
    /// Changes below this many units wait (U5).
    pub smallest_change: u32,
}

impl ProductRow {
    /// A row as it is before anyone mapped it.
    pub fn unmapped(item: OfferingItem, label: String) -> Self {
        let unit_size = UnitSize::usual(item.unit);
        Self {
            item,
            label,
            service: None,
            combine: Combine::Sum,
            free: false,
            unit_size,
            rounding: Rounding::Up,
            included: 0,
            minimum: 0,
            smallest_change: 0,
        }
    }
}

/// The service an item is sold as (M3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceTarget {
    /// A service that exists in Autotask.
    Existing(ServiceId),
    /// One to be created on apply.
    New(NewService),
}

/// A service to be created in Autotask; its name is generated or typed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NewService {
    /// Its name, at most 100 characters.
    pub name: String,
    /// How often it is billed.
    pub period: PeriodType,
    /// Its billing code, from Autotask's list.
    pub billing_code: BillingCodeId,
    /// The price of one unit for one period.
    pub unit_price: Decimal,
}

/// How several items feed one service (M3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Combine {
    /// Counted side by side: added up.
    #[default]
    Sum,
    /// Packs on the same workloads: the greatest counts.
    Max,
}

/// The product rows that feed one service, which agree on how it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product<'a> {
    /// The service.
    pub service: ServiceId,
    /// Its rows, by item; never empty.
    pub rows: Vec<&'a ProductRow>,
}

impl Product<'_> {
    /// The row whose counting speaks for all; `Mapping::fault` keeps them equal.
    pub fn terms(&self) -> &ProductRow {
        self.rows[0]
    }

    /// Whether it is billed by the month's greatest figure (U7).
    pub fn is_metered(&self) -> bool {
        self.rows.iter().any(|row| row.item.is_metered())
    }

    /// The first row that has no usage, so that nothing can be billed by it (U1).
    pub fn feature(&self) -> Option<&ProductRow> {
        self.rows.iter().copied().find(|row| row.item.kind == ItemKind::Feature)
    }
}

impl Mapping {
    /// The products that are sold as services which exist, by service.
    pub fn products_by_service(&self) -> BTreeMap<ServiceId, Product<'_>> {
        let mut products = BTreeMap::new();
        for row in self.products.values() {
            if let Some(ServiceTarget::Existing(service)) = row.service {
                products.entry(service).or_insert_with(|| Product { service, rows: Vec::new() }).rows.push(row);
            }
        }
        products
    }

    /// The services to be created, each with the items that wait for it.
    pub fn services_to_create(&self) -> BTreeMap<&NewService, Vec<&ItemKey>> {
        let mut services: BTreeMap<&NewService, Vec<&ItemKey>> = BTreeMap::new();
        for (key, row) in &self.products {
            if let Some(ServiceTarget::New(new)) = &row.service {
                services.entry(new).or_default().push(key);
            }
        }
        services
    }

    /// The same customers and settings, with nothing to sell.
    #[must_use]
    pub fn without_products(self) -> Self {
        Self { products: BTreeMap::new(), ..self }
    }

    /// The linked companies with their tenants.
    pub fn mapped_customers(&self) -> impl Iterator<Item = (&CustomerRow, &TenantId)> {
        self.customers.values().filter_map(|row| row.tenant().map(|tenant| (row, tenant)))
    }

    /// Whether this company may get a tenant by itself (P1, M6).
    pub fn may_get_tenant(&self, company: CompanyId) -> bool {
        let link = self.customers.get(&company).map(|row| &row.link);
        matches!(link, None | Some(CustomerLink::Unmapped { left_alone: false }))
    }

    /// Whether a change of this company's contracts means anything to us: it has a tenant, or may get one (P1, M6).
    pub fn is_looked_after(&self, company: CompanyId) -> bool {
        match self.customers.get(&company).map(|row| &row.link) {
            Some(CustomerLink::Mapped { .. } | CustomerLink::ToCreate) => true,
            Some(CustomerLink::Ignored { .. } | CustomerLink::Unmapped { left_alone: true }) => false,
            Some(CustomerLink::Unmapped { left_alone: false }) | None => self.settings.automatic_provisioning,
        }
    }

    /// Whom a change from `before` to this mapping touches, of those we look after: all of them where products or
    /// settings differ. Names are for people and touch nobody; who is no longer looked after is left alone (M6).
    pub fn touched_since(&self, before: &Mapping) -> BTreeSet<CompanyId> {
        // Tickets are no company's in particular, and are looked at every few minutes anyway.
        let terms_of_all =
            |mapping: &Mapping| Settings { tickets: TicketSettings::default(), ..mapping.settings.clone() };
        let for_all = terms_of_all(self) != terms_of_all(before) || self.products != before.products;
        let terms = |row: &CustomerRow| {
            let (pins, decisions) = (row.pins.clone(), row.decisions.clone());
            (row.tenant().cloned(), row.link == CustomerLink::ToCreate, pins, decisions)
        };
        let differs = |company: CompanyId, row: &CustomerRow| {
            let was_looked_after = before.is_looked_after(company);
            !was_looked_after || before.customers.get(&company).map(terms) != Some(terms(row))
        };
        let rows = self.customers.iter().filter(|(company, _)| self.is_looked_after(**company));
        rows.filter(|(company, row)| for_all || differs(**company, row)).map(|(company, _)| *company).collect()
    }

    /// What contradicts itself, in words for the operator, each with the row it stands on.
    pub fn faults(&self) -> Vec<MappingFault> {
        let mut faults = Vec::new();
        self.customer_faults(&mut faults);
        self.product_faults(&mut faults);
        let alerts = self.alerts.iter().filter_map(|(kind, row)| Some((kind, row.fault()?)));
        faults.extend(alerts.map(|(kind, text)| MappingFault { row: MappingRowName::Alert(kind.clone()), text }));
        let of_setting = |text: &String| MappingRowName::Setting(SettingPath::at_start_of(text));
        faults.extend(self.settings.fault().map(|text| MappingFault { row: of_setting(&text), text }));
        faults
    }

    fn customer_faults(&self, faults: &mut Vec<MappingFault>) {
        faults.extend(self.customers.values().flat_map(CustomerRow::faults));
        let mut taken: BTreeMap<&TenantId, CompanyId> = BTreeMap::new();
        for (row, tenant) in self.mapped_customers() {
            if let Some(other) = taken.insert(tenant, row.company) {
                faults.push(MappingFault {
                    row: MappingRowName::Customer(row.company),
                    text: format!(
                        "tenant {tenant} is already mapped to company {other}; a tenant belongs to one company"
                    ),
                });
            }
        }
    }

    fn product_faults(&self, faults: &mut Vec<MappingFault>) {
        let mut first_of: BTreeMap<&ServiceTarget, &ProductRow> = BTreeMap::new();
        let mut new_of: BTreeMap<String, &NewService> = BTreeMap::new();
        for (key, row) in &self.products {
            let mut fault =
                |text: String| faults.push(MappingFault { row: MappingRowName::Product(key.clone()), text });
            if !row.unit_size.measures(row.item.unit) {
                fault(format!(
                    "unit_size \"{}\" does not measure this item, which is counted in {}",
                    row.unit_size, row.item.unit
                ));
            }
            let Some(target) = &row.service else { continue };
            if let ServiceTarget::New(new) = target {
                new.fault().into_iter().for_each(&mut fault);
                if *new_of.entry(new.external_id()).or_insert(new) != new {
                    fault(format!("another row creates \"{}\" with another price or billing code", new.name));
                }
            }
            let first = *first_of.entry(target).or_insert(row);
            if let Some(term) = first.disagrees_with(row) {
                fault(format!(
                    "it shares a service with {}, but their {term} differ; the service is counted once, so they must be equal",
                    first.item.key
                ));
            }
        }
    }
}

impl ProductRow {
    fn disagrees_with(&self, other: &ProductRow) -> Option<&'static str> {
        let terms = [
            ("units of measurement", self.item.unit == other.item.unit),
            ("ways of metering", self.item.is_metered() == other.item.is_metered()),
            ("combine", self.combine == other.combine),
            ("unit_size", self.unit_size == other.unit_size),
            ("rounding", self.rounding == other.rounding),
            ("included", self.included == other.included),
            ("minimum", self.minimum == other.minimum),
            ("smallest_change", self.smallest_change == other.smallest_change),
        ];
        terms.into_iter().find(|(_, equal)| !equal).map(|(term, _)| term)
    }
}

impl NewService {
    /// The key by which the service is found again after a lost reply (`Services.externalID`).
    pub fn external_id(&self) -> String {
        format!("acrotask:{}", crate::fingerprint::of(&[&self.name, &self.period.to_string()]))
    }

    fn fault(&self) -> Option<String> {
        let length = self.name.chars().count();
        if self.name.trim().is_empty() || length > 100 {
            return Some(format!("the service's name has {length} characters; Autotask takes 1 to 100"));
        }
        (self.unit_price < Decimal::ZERO).then(|| "unit_price: expected 0 or more".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{CustomerLink, CustomerRow, Mapping};
    use crate::ids::{CompanyId, LineId, ServiceId, TenantId};
    use std::collections::BTreeSet;

    fn row(company: i64, link: CustomerLink) -> CustomerRow {
        CustomerRow {
            company: CompanyId(company),
            company_name: String::new(),
            link,
            pins: Default::default(),
            decisions: Default::default(),
        }
    }

    fn mapped(tenant: &str) -> CustomerLink {
        CustomerLink::Mapped { tenant: TenantId::new(tenant), tenant_name: String::new() }
    }

    /// Company 1 is mapped, 2 is not, 3 is ignored, 4 is to get a tenant.
    fn four() -> Mapping {
        let ignored = CustomerLink::Ignored { reason: "ours".to_owned() };
        let links = [mapped("a"), CustomerLink::Unmapped { left_alone: false }, ignored, CustomerLink::ToCreate];
        let rows = (1..).zip(links).map(|(company, link)| (CompanyId(company), row(company, link)));
        Mapping { customers: rows.collect(), ..Mapping::default() }
    }

    #[test]
    fn a_saved_mapping_touches_whose_row_changed_and_everybody_where_products_or_settings_did() {
        let set = |mapping: &mut Mapping, company: i64, link: CustomerLink| {
            mapping.customers.get_mut(&CompanyId(company)).expect("it has a row").link = link;
        };
        let changed = |change: &dyn Fn(&mut Mapping)| {
            let mut after = four();
            change(&mut after);
            let touched: BTreeSet<CompanyId> = after.touched_since(&four());
            touched.into_iter().map(|company| company.0).collect::<Vec<i64>>()
        };
        let first = |mapping: &mut Mapping| mapping.customers.get_mut(&CompanyId(1)).expect("it is there").clone();
        let named = |mapping: &mut Mapping| {
            let row = CustomerRow { company_name: "Renamed".to_owned(), ..first(mapping) };
            mapping.customers.insert(CompanyId(1), row);
        };
        let pinned = |mapping: &mut Mapping| {
            let row = CustomerRow { pins: [(ServiceId(7), LineId(8))].into(), ..first(mapping) };
            mapping.customers.insert(CompanyId(1), row);
        };
        assert_eq!(changed(&|_| {}), [0; 0], "nothing");
        assert_eq!(changed(&named), [0; 0], "a name");
        assert_eq!(changed(&pinned), [1], "a pin");
        assert_eq!(changed(&|mapping| set(mapping, 1, mapped("b"))), [1], "another tenant");
        assert_eq!(changed(&|mapping| set(mapping, 2, mapped("b"))), [2], "mapped");
        assert_eq!(changed(&|mapping| set(mapping, 3, CustomerLink::ToCreate)), [3], "no longer ignored");
        assert_eq!(changed(&|mapping| set(mapping, 1, CustomerLink::Unmapped { left_alone: true })), [0; 0], "let go");
        assert_eq!(changed(&|mapping| mapping.settings.quotas.soft = true), [1, 4], "a setting");
        assert_eq!(changed(&|mapping| mapping.settings.automatic_provisioning = true), [1, 2, 4], "one more of them");
        assert_eq!(four().touched_since(&Mapping::default()).len(), 2, "where nothing was mapped before");
    }
}
