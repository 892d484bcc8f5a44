//! A provider as the jobs leave it in the table for the console: what both vendors showed, and a mapping.

use crate::stage::{Stage, now};
use functions::store::Pack;
use shared::alert::{AlertKind, AlertType, Severity};
use shared::contract::{BillingCode, Company, PeriodType, Service};
use shared::draft::new_row;
use shared::ids::{ApplicationId, BillingCodeId, CompanyId, ConnectionId, ServiceId, StorageId, TenantId};
use shared::mapping::{CustomerLink, CustomerRow, Mapping, ProductRow};
use shared::quantity::MeasurementUnit;
use shared::snapshot::{CompanyType, Entry, Section};
use shared::ticket::{PickField, PickValue};
use shared::usage::{ItemKey, ItemKind, OfferingItem, Tenant, TenantKind};
use std::borrow::Cow;

/// Our own tenant, above all others.
pub(crate) const ROOT: &str = "root";
pub(crate) const NOT_MAPPED: CustomerLink = CustomerLink::Unmapped { left_alone: false };

#[derive(Default)]
pub(crate) struct Provider {
    pub(crate) mapping: Mapping,
    accounts: (Vec<Company>, Vec<Tenant>),
    catalogue: Vec<Entry<'static>>,
}

pub(crate) fn mapped(tenant: &str, name: &str) -> CustomerLink {
    CustomerLink::Mapped { tenant: TenantId::new(tenant), tenant_name: name.to_owned() }
}

pub(crate) fn key(name: &str, storage: Option<&str>) -> ItemKey {
    ItemKey { application: ApplicationId::new("backup"), name: name.to_owned(), storage: storage.map(StorageId::new) }
}

impl Provider {
    pub(crate) fn new() -> Self {
        Self::default().tenant(ROOT, "Our own", None, TenantKind::Group)
    }

    /// A company of Autotask's type Customer, that is in the mapping.
    pub(crate) fn company(self, id: i64, name: &str, link: CustomerLink) -> Self {
        self.company_of(id, name, Some(1), Some(link))
    }

    /// A company that may be in the mapping.
    pub(crate) fn company_of(mut self, id: i64, name: &str, kind: Option<i64>, link: Option<CustomerLink>) -> Self {
        let (company, company_type) = (CompanyId(id), kind);
        self.accounts.0.push(Company { id: company, name: name.to_owned(), active: true, company_type });
        if let Some(link) = link {
            let row = CustomerRow { link, ..new_row(company, name) };
            self.mapping.customers.insert(company, row);
        }
        self
    }

    pub(crate) fn tenant(mut self, id: &str, name: &str, parent: Option<&str>, kind: TenantKind) -> Self {
        self.accounts.1.push(Tenant {
            id: TenantId::new(id),
            parent: parent.map(TenantId::new),
            name: name.to_owned(),
            kind,
            enabled: true,
            in_trial: false,
            tag: None,
        });
        self
    }

    /// A customer directly below our own tenant.
    pub(crate) fn customer(self, id: &str, name: &str) -> Self {
        self.tenant(id, name, Some(ROOT), TenantKind::Customer)
    }

    pub(crate) fn kind(mut self, number: i64, name: &str) -> Self {
        let kind = CompanyType { number, name: name.to_owned(), active: true };
        self.catalogue.push(Entry::CompanyType(Cow::Owned(kind)));
        self
    }

    /// An item that customers may be given, with its row in the mapping.
    pub(crate) fn item(mut self, name: &str, storage: Option<&str>, kind: ItemKind, label: &str) -> Self {
        let unit = match kind {
            ItemKind::Count => MeasurementUnit::Quantity,
            ItemKind::Storage => MeasurementUnit::Bytes,
            ItemKind::Feature => MeasurementUnit::None,
        };
        let usage_name = name.trim_start_matches("pw_base_").to_owned();
        let edition = Some("pck_per_workload".to_owned());
        let item = OfferingItem { key: key(name, storage), edition, usage_name, kind, unit, on: true };
        self.catalogue.push(Entry::Item(Cow::Owned(item.clone())));
        self.mapping.products.insert(item.key.clone(), ProductRow::unmapped(item, label.to_owned()));
        self
    }

    pub(crate) fn storage(mut self, id: &str, name: &str) -> Self {
        self.catalogue.push(Entry::Storage(Cow::Owned(StorageId::new(id)), Cow::Owned(name.to_owned())));
        self
    }

    pub(crate) fn service(mut self, id: i64, name: &str, active: bool) -> Self {
        let (period, unit_price) = (Some(PeriodType::Monthly), Some("4.50".parse().expect("it is a price")));
        let (name, external_id) = (name.to_owned(), None);
        let service = Service { id: ServiceId(id), name, active, period, unit_price, external_id };
        self.catalogue.push(Entry::Service(Cow::Owned(service)));
        self
    }

    pub(crate) fn billing_code(mut self, id: i64, name: &str) -> Self {
        let code = BillingCode { id: BillingCodeId(id), name: name.to_owned(), active: true };
        self.catalogue.push(Entry::BillingCode(Cow::Owned(code)));
        self
    }

    /// A type of alert that Acronis lists.
    pub(crate) fn alert_type(mut self, id: &str, label: &str, category: &str, severity: Severity) -> Self {
        let (id, label, category) = (AlertKind::new(id), Some(label.to_owned()), category.to_owned());
        self.catalogue.push(Entry::AlertType(Cow::Owned(AlertType { id, label, category, severity, enabled: true })));
        self
    }

    /// What Autotask offers in a field of tickets, in the order of its numbers, from 1.
    pub(crate) fn pick(mut self, field: PickField, labels: &[&str], parent: Option<i64>) -> Self {
        let value = |label: &&str| PickValue { label: (*label).to_owned(), active: true, usual: false, parent };
        let values = (1..).zip(labels.iter().map(value)).collect();
        self.catalogue.push(Entry::Pick(field, Cow::Owned(values)));
        self
    }

    /// Puts all of it into the table, as the jobs of the connection do.
    pub(crate) async fn known_to(self, stage: &Stage, connection: &str) {
        let (store, id) = (&stage.machine.host.store, ConnectionId::new(connection));
        store.save_mapping(&id, &self.mapping).await.expect("the mapping is saved");
        let companies = self.accounts.0.into_iter().map(|one| Entry::Company(Cow::Owned(one)));
        let tenants = self.accounts.1.into_iter().map(|one| Entry::Tenant(Cow::Owned(one)));
        let sections: [(Section, Vec<Entry<'static>>); 3] = [
            (Section::Companies, companies.collect()),
            (Section::Tenants, tenants.collect()),
            (Section::Catalogue, self.catalogue),
        ];
        let packed = sections.into_iter().map(|(section, entries)| {
            let mut pack = Pack::default();
            entries.iter().for_each(|entry| pack.add(entry));
            (section, pack.finish())
        });
        assert!(store.save_snapshot(&id, now(), packed.collect()).await.expect("the snapshot is saved"));
    }
}

impl Stage {
    pub(crate) async fn mapping(&self, connection: &str) -> Mapping {
        let mapping = self.machine.host.store.mapping(&ConnectionId::new(connection)).await;
        mapping.expect("it is read").expect("there is one")
    }

    pub(crate) async fn link_of(&self, connection: &str, company: i64) -> CustomerLink {
        self.mapping(connection).await.customers[&CompanyId(company)].link.clone()
    }

    /// Somebody else changes the mapping, past the console.
    pub(crate) async fn save_link(&self, connection: &str, company: i64, link: CustomerLink) {
        let mut mapping = self.mapping(connection).await;
        mapping.customers.get_mut(&CompanyId(company)).expect("it has a row").link = link;
        let saved = self.machine.host.store.save_mapping(&ConnectionId::new(connection), &mapping).await;
        saved.expect("it is saved");
    }

    /// Presses the button whose value begins so, on the page at this address.
    pub(crate) async fn press(&self, cookie: &str, page: &str, begins: &str) -> crate::stage::Answer {
        let shown = self.get(cookie, page).await.is(200);
        let edit = button(&shown.text, begins);
        let action = if page.starts_with("/changes") { "/changes/edit" } else { "/customers" };
        let connection = value_of(&shown.text, "connection");
        let back = page.split_once('?').map_or("", |(_, query)| query);
        let fields =
            [("form_token", shown.token()), ("connection", connection), ("back", back.to_owned()), ("edit", edit)];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.post(cookie, action, &fields).await
    }

    /// Presses "Apply" on the page of changes.
    pub(crate) async fn apply(&self, cookie: &str, connection: &str) -> crate::stage::Answer {
        let page = self.get(cookie, &format!("/changes?connection={connection}")).await.is(200);
        let state = value_of(&page.text, "state");
        self.submit(cookie, "/changes", &[("connection", connection), ("state", &state)]).await
    }
}

/// The whole value of a button.
#[track_caller]
pub(crate) fn button(page: &str, begins: &str) -> String {
    let (_, after) =
        page.split_once(&format!("value=\"{begins}")).unwrap_or_else(|| panic!("no \"{begins}\" in {page}"));
    let rest = after.split('"').next().unwrap_or_default();
    // As a browser reads it.
    format!("{begins}{}", rest.replace("&#34;", "\"").replace("&#62;", ">"))
}

/// What a page's hidden field holds.
#[track_caller]
pub(crate) fn value_of(page: &str, name: &str) -> String {
    let begins = format!("name=\"{name}\" value=\"");
    let (_, after) = page.split_once(&begins).unwrap_or_else(|| panic!("no {name} in {page}"));
    after.split('"').next().unwrap_or_default().to_owned()
}
