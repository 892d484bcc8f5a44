//! A small mapping with one row of each sort, and what surrounds it. Nothing here asserts.

use acrotask::mapping_file::{MappingView, export};
use shared::alert::{AlertKind, AlertType, Severity};
use shared::alert_settings::AlertRow;
use shared::contract::{BillingCode, Company, PeriodType, Service};
use shared::ids::{ApplicationId, BillingCodeId, CompanyId, LineId, ServiceId, StorageId, TenantId};
use shared::mapping::{CustomerLink, CustomerRow, Mapping, NewService, ProductRow, ServiceTarget};
use shared::matching::{Standing, standings};
use shared::quantity::MeasurementUnit;
use shared::ticket::{Assignee, PickField, PickValue, Picklists};
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
    pub(crate) alert_types: BTreeMap<AlertKind, AlertType>,
    pub(crate) picklists: Picklists,
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
            alert_types: &self.alert_types,
            picklists: &self.picklists,
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
    CustomerRow {
        company: CompanyId(company),
        company_name: company_name.to_owned(),
        link,
        pins: BTreeMap::new(),
        decisions: BTreeMap::new(),
    }
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

pub(crate) fn alert_type(id: &str, category: &str, severity: Severity) -> AlertType {
    AlertType { id: AlertKind::new(id), label: None, category: category.to_owned(), severity, enabled: true }
}

pub(crate) const TAKEOVER: &str = "cti.a.p.am.alert.v1.0~sandbox.saas_security.account_takeover.v1.0";

/// One of each sort, not in the order in which they are shown.
fn alert_types() -> Vec<AlertType> {
    let takeover = alert_type(TAKEOVER, "SaaS security", Severity::Critical);
    let notarization = alert_type("NotarizationFailed", "Notarization", Severity::Error);
    vec![
        AlertType { label: Some("Account takeover suspected".to_owned()), ..takeover },
        alert_type("AgentOutdated", "System", Severity::Warning),
        alert_type("BackupCanceled", "Backup", Severity::Warning),
        alert_type("BackupFailed", "Backup", Severity::Critical),
        alert_type("MachineOffline30", "System", Severity::Warning),
        AlertType { enabled: false, ..notarization },
    ]
}

fn alerts() -> BTreeMap<AlertKind, AlertRow> {
    let failed = AlertRow {
        priority: Some(1),
        queue: Some(29_683_354),
        issue: Some(10),
        sub_issue: Some(101),
        due_minutes: Some(90),
        ..AlertRow::default()
    };
    let offline = AlertRow {
        label: "Machine is offline for more than 30 days".to_owned(),
        ticket: Some(true),
        ticket_type: Some(5),
        category: Some(100),
        assignee: Some(Assignee { resource: 29_682_885, role: 29_683_401 }),
        ..AlertRow::default()
    };
    let gone = AlertRow { ticket: Some(false), ..AlertRow::default() };
    let rows = [("BackupFailed", failed), ("MachineOffline30", offline), ("TapeWornOut", gone)];
    rows.map(|(kind, row)| (AlertKind::new(kind), row)).into()
}

pub(crate) fn pick(label: &str) -> PickValue {
    PickValue { label: label.to_owned(), active: true, usual: false, parent: None }
}

pub(crate) fn picklists() -> Picklists {
    let lists: [(PickField, &[(i64, &str)]); 9] = [
        (PickField::Status, &[(1, "New"), (5, "Complete"), (8, "In Progress"), (7, "Waiting Customer")]),
        (PickField::Priority, &[(1, "High"), (2, "Medium"), (3, "Low"), (4, "Critical")]),
        (PickField::Queue, &[(5, "Client Portal"), (8, "Monitoring Alert"), (29_683_354, "Backup Desk")]),
        (PickField::TicketType, &[(1, "Service Request"), (2, "Incident"), (5, "Alert")]),
        (PickField::Issue, &[(10, "Backup"), (11, "Security"), (12, "Computer")]),
        (PickField::Category, &[(1, "Standard"), (100, "Acronis Alert")]),
        (PickField::Source, &[(-2, "Insourced"), (2, "Phone"), (8, "Monitoring Alert")]),
        (PickField::NoteType, &[(1, "Task Summary"), (3, "Task Notes")]),
        (PickField::NotePublish, &[(1, "All Autotask Users"), (2, "Internal Project Team")]),
    ];
    let values = |list: &[(i64, &str)]| list.iter().map(|(value, label)| (*value, pick(label))).collect();
    let mut values: BTreeMap<_, BTreeMap<i64, PickValue>> =
        lists.into_iter().map(|(field, list)| (field, values(list))).collect();
    let of = |issue: i64, label: &str| PickValue { parent: Some(issue), ..pick(label) };
    let sub_issues = [(101, of(10, "Failed")), (102, of(10, "Canceled")), (111, of(11, "Malware"))];
    values.insert(PickField::SubIssue, sub_issues.into());
    let closed_down = PickValue { active: false, ..pick("Tape Desk") };
    values.entry(PickField::Queue).or_default().insert(6, closed_down);
    Picklists { values, assignees: None }
}

pub(crate) fn world() -> World {
    let mapping = Mapping {
        version: 7,
        customers: customers().into_iter().map(|row| (row.company, row)).collect(),
        products: products().into_iter().map(|row| (row.item.key.clone(), row)).collect(),
        alerts: alerts(),
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
        alert_types: alert_types().into_iter().map(|kind| (kind.id.clone(), kind)).collect(),
        picklists: picklists(),
        mapping,
    }
}
