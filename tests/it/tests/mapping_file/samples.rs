//! A small mapping with one row of each sort, and what surrounds it. Nothing here asserts.

use acrotask::mapping_file::{MappingView, export};
use shared::contract::{BillingCode, Company, PeriodType, Service};
use shared::ids::{ApplicationId, BillingCodeId, CompanyId, LineId, ServiceId, StorageId, TenantId};
use shared::mapping::{CustomerLink, CustomerRow, Mapping, NewService, ProductRow, ServiceTarget};
use shared::matching::{Standing, standings};
use shared::quantity::MeasurementUnit;
use shared::usage::{ItemKey, ItemKind, OfferingItem, Tenant, TenantKind};
use std::collections::BTreeMap;

pub(crate) const APPLICATION: &str = "6e6d758d-8e74-3ae3-ac84-50eb0dff12eb";
pub(crate) const STORAGE: &str = "d46a4b2a-2631-4f76-84cd-07ce3aed3dde";
pub(crate) const ALPENBLICK: &str = "4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e01";
pub(crate) const BERGBAU: &str = "4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e02";
pub(crate) const CAFE: &str = "4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e03";
pub(crate) const GONE: &str = "4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e04";
pub(crate) const STRAY: &str = "4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e05";

pub(crate) struct World {
    pub(crate) mapping: Mapping,
    pub(crate) standings: BTreeMap<CompanyId, Standing>,
    pub(crate) tenants: Vec<Tenant>,
    pub(crate) services: Vec<Service>,
    pub(crate) billing_codes: Vec<BillingCode>,
    pub(crate) storage_names: BTreeMap<StorageId, String>,
}

impl World {
    pub(crate) fn view(&self) -> MappingView<'_> {
        MappingView {
            mapping: &self.mapping,
            standings: &self.standings,
            tenants: &self.tenants,
            services: &self.services,
            billing_codes: &self.billing_codes,
            storage_names: &self.storage_names,
        }
    }

    pub(crate) fn exported(&self) -> String {
        export(&self.view())
    }
}

pub(crate) fn item(name: &str, storage: Option<&str>, kind: ItemKind, unit: MeasurementUnit) -> OfferingItem {
    OfferingItem {
        key: ItemKey {
            application: ApplicationId::new(APPLICATION),
            name: name.to_owned(),
            storage: storage.map(StorageId::new),
        },
        edition: Some("pck_per_workload".to_owned()),
        usage_name: name.trim_start_matches("pw_base_").to_owned(),
        kind,
        unit,
        on: true,
    }
}

pub(crate) fn mapped(tenant: &str, tenant_name: &str) -> CustomerLink {
    CustomerLink::Mapped { tenant: TenantId::new(tenant), tenant_name: tenant_name.to_owned() }
}

pub(crate) fn customer(company: i64, company_name: &str, link: CustomerLink) -> CustomerRow {
    CustomerRow { company: CompanyId(company), company_name: company_name.to_owned(), link, pins: BTreeMap::new() }
}

fn tenant(id: &str, name: &str) -> Tenant {
    Tenant {
        id: TenantId::new(id),
        parent: None,
        name: name.to_owned(),
        kind: TenantKind::Customer,
        enabled: true,
        in_trial: false,
        tag: None,
    }
}

fn customers() -> Vec<CustomerRow> {
    let mut pinned = customer(175, "Alpenblick Apotheke GmbH", mapped(ALPENBLICK, "Alpenblick Apotheke"));
    pinned.pins.insert(ServiceId(12), LineId(4711));
    vec![
        pinned,
        customer(176, "Bergbau AG", mapped(BERGBAU, "Bergbau")),
        customer(177, "Café \"Zur Post\"", CustomerLink::Unmapped { left_alone: false }),
        customer(178, "Dachdecker Roth", mapped(GONE, "Dachdecker Roth")),
        customer(0, "Our own company", CustomerLink::Ignored { reason: "that is us".to_owned() }),
        customer(179, "Zimmerei Wolf", CustomerLink::Unmapped { left_alone: true }),
    ]
}

fn products() -> Vec<ProductRow> {
    let count = |name: &str| item(name, None, ItemKind::Count, MeasurementUnit::Quantity);
    let workstations = ProductRow {
        service: Some(ServiceTarget::Existing(ServiceId(12))),
        smallest_change: 2,
        ..ProductRow::unmapped(count("pw_base_workstations"), "Workstations".to_owned())
    };
    let servers = ProductRow {
        service: Some(ServiceTarget::New(NewService {
            name: "Acronis Servers".to_owned(),
            period: PeriodType::Monthly,
            billing_code: BillingCodeId(3),
            unit_price: "14.90".parse().expect("it is an amount"),
        })),
        ..ProductRow::unmapped(count("pw_base_servers"), "Servers".to_owned())
    };
    let storage = item("pw_base_storage", Some(STORAGE), ItemKind::Storage, MeasurementUnit::Bytes);
    vec![workstations, servers, ProductRow::unmapped(storage, "Cloud storage".to_owned())]
}

pub(crate) fn world() -> World {
    let mapping = Mapping {
        version: 7,
        customers: customers().into_iter().map(|row| (row.company, row)).collect(),
        products: products().into_iter().map(|row| (row.item.key.clone(), row)).collect(),
        ..Mapping::default()
    };
    let tenants = vec![
        tenant(ALPENBLICK, "Alpenblick Apotheke"),
        tenant(BERGBAU, "Bergbau Holding"),
        tenant(CAFE, "Cafe zur Post"),
        tenant(STRAY, "Straßenbau Stein"),
    ];
    let company = |row: &CustomerRow| Company {
        id: row.company,
        name: row.company_name.clone(),
        active: true,
        company_type: Some(1),
    };
    let companies: Vec<Company> = mapping.customers.values().map(company).collect();
    let mut standings = standings(&mapping, &companies, &tenants);
    standings.insert(CompanyId(177), Standing::Unmapped(vec![TenantId::new(CAFE)]));
    let service = |id, name: &str, active, price: &str| Service {
        id: ServiceId(id),
        name: name.to_owned(),
        active,
        period: Some(PeriodType::Monthly),
        unit_price: price.parse().ok(),
        external_id: None,
    };
    World {
        standings,
        tenants,
        services: vec![
            service(12, "Acronis Workstations", true, "4.50"),
            service(15, "Backup storage per GiB", true, "0.09"),
            service(16, "Tape vault", false, ""),
        ],
        billing_codes: vec![
            BillingCode { id: BillingCodeId(3), name: "Managed Services".to_owned(), active: true },
            BillingCode { id: BillingCodeId(4), name: "Old".to_owned(), active: false },
        ],
        storage_names: BTreeMap::from([(StorageId::new(STORAGE), "Acronis Cloud Storage EU2".to_owned())]),
        mapping,
    }
}
