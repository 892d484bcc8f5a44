//! A little world for quotas: companies with contracts and tenants with items, told in few words. `prepaid_job`
//! plans and applies. Holds no expectations of its own.

use super::{company, contract, date, tenant};
use jiff::civil::Date;
use shared::contract::{BundleRow, Company, Contract, ContractLine, UnitsRow};
use shared::creation::Creation;
use shared::guard::Approvals;
use shared::ids::{
    ApplicationId, BundleId, CompanyId, ConnectionId, ContractId, LineId, ServiceId, StorageId, TenantId,
};
use shared::kept::Seen;
use shared::mapping::{CustomerLink, CustomerRow, Mapping, ProductRow, ServiceTarget};
use shared::quantity::MeasurementUnit;
use shared::quota::{GivenItem, Grant};
use shared::quota_facts::{Contact, QuotaState};
use shared::run::Connection;
use shared::settings::Settings;
use shared::usage::{ItemKey, ItemKind, OfferingItem, Tenant};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const SERVER: ServiceId = ServiceId(601);
pub(crate) const PC: ServiceId = ServiceId(602);
pub(crate) const CLOUD: ServiceId = ServiceId(603);

/// Both vendors, the operator's mapping, and our memory of quotas.
#[derive(Debug, Clone)]
pub(crate) struct Prepaid {
    pub(crate) today: Date,
    pub(crate) minutes: i64,
    pub(crate) connection: Connection,
    pub(crate) mapping: Mapping,
    pub(crate) bundles_holding: BTreeMap<ServiceId, BTreeSet<BundleId>>,
    pub(crate) catalogue: Vec<OfferingItem>,
    pub(crate) buyers: BTreeMap<CompanyId, Buyer>,
    pub(crate) near: BTreeMap<CompanyId, Vec<Tenant>>,
    pub(crate) approvals: Approvals,
    /// The company that the story goes on about.
    pub(crate) of: CompanyId,
    /// The order in which everything is read; 0 as it is.
    pub(crate) order: u64,
    /// Who is looked at; everybody where nobody is named.
    pub(crate) scope: Vec<CompanyId>,
}

/// One company as both vendors have it, and our memory of its quotas.
#[derive(Debug, Clone)]
pub(crate) struct Buyer {
    pub(crate) company: Option<Company>,
    pub(crate) tenant: Option<Tenant>,
    pub(crate) items: Vec<GivenItem>,
    pub(crate) usage: BTreeMap<ItemKey, u64>,
    /// Items whose usage the vendor does not tell.
    pub(crate) silent: BTreeSet<ItemKey>,
    pub(crate) refusal: Option<String>,
    pub(crate) contracts: Vec<Contract>,
    pub(crate) lines: Vec<ContractLine>,
    pub(crate) rows: Vec<UnitsRow>,
    pub(crate) bundles: Vec<BundleRow>,
    pub(crate) state: Option<QuotaState>,
    pub(crate) creation: Option<Creation>,
    pub(crate) contact: Option<Contact>,
}

pub(crate) fn hard(limit: u64) -> Grant {
    Grant::UpTo { limit, overage: Some(0) }
}

pub(crate) fn soft(limit: u64) -> Grant {
    Grant::UpTo { limit, overage: None }
}

/// An item by its name; "storage@a" is the item `storage` on the storage a.
pub(crate) fn named(name: &str) -> ItemKey {
    let (name, storage) = name.split_once('@').map_or((name, None), |(name, id)| (name, Some(id)));
    let storage = storage.map(StorageId::new);
    ItemKey { application: ApplicationId::new("backup"), name: name.to_owned(), storage }
}

impl Prepaid {
    /// Servers and PCs are sold; Alpenblick has a tenant and a prepaid contract since January with nothing on it,
    /// is known since long, and has no item yet.
    pub(crate) fn on(day: &str) -> Prepaid {
        let mut world = Prepaid::empty(day);
        world.sells("pw_base_servers", SERVER).sells("pw_base_workstations", PC).customer(7, "Alpenblick").known();
        world
    }

    pub(crate) fn empty(day: &str) -> Prepaid {
        let connection = Connection {
            id: ConnectionId::new("main"),
            tenant: TenantId::new("partner"),
            database: 42,
            first_plan_approved: false,
            first_quotas_approved: true,
            first_tickets_approved: false,
            usage_read_on: None,
        };
        Prepaid {
            today: date(day),
            minutes: 0,
            connection,
            mapping: Mapping::default(),
            bundles_holding: BTreeMap::new(),
            catalogue: Vec::new(),
            buyers: BTreeMap::new(),
            near: BTreeMap::new(),
            approvals: Approvals::new(),
            of: CompanyId(7),
            order: 0,
            scope: Vec::new(),
        }
    }

    pub(crate) fn day(&mut self, day: &str) -> &mut Self {
        (self.today, self.minutes) = (date(day), 0);
        self
    }

    pub(crate) fn settings(&mut self) -> &mut Settings {
        &mut self.mapping.settings
    }

    /// An item that customers may have: per storage in bytes, a feature, or else counted in pieces.
    pub(crate) fn offers(&mut self, name: &str, kind: ItemKind) -> &mut Self {
        let unit = match kind {
            ItemKind::Count => MeasurementUnit::Quantity,
            ItemKind::Storage => MeasurementUnit::Bytes,
            ItemKind::Feature => MeasurementUnit::None,
        };
        let key = named(name);
        let usage_name = key.name.rsplit_once("base_").map_or(key.name.as_str(), |(_, name)| name).to_owned();
        let edition =
            key.name.split_once('_').map(|(edition, _)| edition).filter(|one| one.starts_with('p')).map(str::to_owned);
        let item = OfferingItem { key, edition, usage_name, kind, unit, on: true };
        self.mapping.products.insert(item.key.clone(), ProductRow::unmapped(item.clone(), name.to_owned()));
        let off = GivenItem { item: item.clone(), grant: Grant::Off, version: 0, locked: false };
        self.buyers.values_mut().for_each(|buyer| buyer.items.push(off.clone()));
        self.catalogue.push(item);
        self
    }

    /// A counted item that is sold as a service.
    pub(crate) fn sells(&mut self, name: &str, service: ServiceId) -> &mut Self {
        let kind = if name.contains('@') { ItemKind::Storage } else { ItemKind::Count };
        self.offers(name, kind).row(name, |row| row.service = Some(ServiceTarget::Existing(service)))
    }

    /// Changes a product row.
    pub(crate) fn row(&mut self, name: &str, change: impl FnOnce(&mut ProductRow)) -> &mut Self {
        change(self.mapping.products.get_mut(&named(name)).expect("the product exists"));
        self
    }

    /// A mapped company with a tenant; its prepaid contract's number is ten times its own.
    pub(crate) fn customer(&mut self, id: i64, name: &str) -> &mut Self {
        let tenant = tenant(&format!("tenant-{id}"), name);
        let link = CustomerLink::Mapped { tenant: tenant.id.clone(), tenant_name: name.to_owned() };
        self.company(id, name).linked(link).it().tenant = Some(tenant);
        self
    }

    /// A company with a prepaid contract, without a tenant and not mapped.
    pub(crate) fn company(&mut self, id: i64, name: &str) -> &mut Self {
        self.of = CompanyId(id);
        let off = |item: &OfferingItem| GivenItem { item: item.clone(), grant: Grant::Off, version: 0, locked: false };
        let buyer = Buyer {
            company: Some(company(id, name)),
            tenant: None,
            items: self.catalogue.iter().map(off).collect(),
            usage: BTreeMap::new(),
            silent: BTreeSet::new(),
            refusal: None,
            contracts: Vec::new(),
            lines: Vec::new(),
            rows: Vec::new(),
            bundles: Vec::new(),
            state: None,
            creation: None,
            contact: None,
        };
        self.buyers.insert(self.of, buyer);
        let (company, company_name) = (self.of, name.to_owned());
        let link = CustomerLink::Unmapped { left_alone: false };
        let row = CustomerRow { company, company_name, link, pins: BTreeMap::new(), decisions: BTreeMap::new() };
        self.mapping.customers.insert(self.of, row);
        self.contract(id * 10, "No")
    }

    pub(crate) fn linked(&mut self, link: CustomerLink) -> &mut Self {
        self.mapping.customers.get_mut(&self.of).expect("the company has a row").link = link;
        self
    }

    /// The customer was there at an earlier run.
    pub(crate) fn known(&mut self) -> &mut Self {
        let state = QuotaState::new(self.of, TenantId::new(format!("tenant-{}", self.of)));
        self.it().state = Some(QuotaState { seen: Some(Seen::default()), ..state });
        self
    }

    pub(crate) fn it(&mut self) -> &mut Buyer {
        self.buyers.get_mut(&self.of).expect("the company exists")
    }

    /// One more contract, from January on.
    pub(crate) fn contract(&mut self, id: i64, payg: &str) -> &mut Self {
        let contract = contract(id, self.of, "2026-01-01", "9999-12-31");
        self.it().contracts.push(Contract { payg: Some(payg.to_owned()), ..contract });
        self
    }

    pub(crate) fn the_contract(&mut self) -> &mut Contract {
        &mut self.it().contracts[0]
    }

    /// A line with units on a contract; replaces what the line held.
    pub(crate) fn line(&mut self, contract: i64, line: i64, service: ServiceId, units: i64) -> &mut Self {
        let (contract, line) = (ContractId(contract), LineId(line));
        let it = self.it();
        it.lines.retain(|known| known.id != line);
        it.rows.retain(|row| row.line != line);
        it.lines.push(ContractLine { id: line, contract, service, unit_price: None });
        let (start, end) = (date("2026-01-01"), date("9999-12-31"));
        it.rows.push(UnitsRow { contract, line, service, start, end, units, price: 0.into(), posted: false });
        self
    }

    /// The customer's own contract holds so many units of a service, on a line of the service's number.
    pub(crate) fn buys(&mut self, service: ServiceId, units: i64) -> &mut Self {
        let contract = self.of.0 * 10;
        self.line(contract, contract * 1000 + service.0, service, units)
    }

    /// So many bundles on a contract, each with one unit of a service.
    pub(crate) fn bundle(&mut self, contract: i64, bundle: i64, service: ServiceId, units: i64) -> &mut Self {
        let line = LineId(contract * 1_000_000 + bundle * 1_000 + service.0);
        let (contract, bundle) = (ContractId(contract), BundleId(bundle));
        self.bundles_holding.entry(service).or_default().insert(bundle);
        let (start, end) = (date("2026-01-01"), date("9999-12-31"));
        self.it().bundles.push(BundleRow { contract, line, bundle, start, end, units });
        self
    }

    /// What the tenant has of an item now.
    pub(crate) fn has(&mut self, name: &str, grant: Grant) -> &mut Self {
        let given = self.item(name);
        (given.grant, given.version) = (grant, given.version + 1);
        self
    }

    pub(crate) fn item(&mut self, name: &str) -> &mut GivenItem {
        let key = named(name);
        self.it().items.iter_mut().find(|given| given.item.key == key).expect("the item is offered")
    }

    pub(crate) fn grant(&mut self, name: &str) -> Grant {
        self.item(name).grant
    }

    /// The vendor does not tell the usage of this item.
    pub(crate) fn keeps_silent_of(&mut self, name: &str) -> &mut Self {
        self.it().silent.insert(named(name));
        self
    }

    pub(crate) fn uses(&mut self, name: &str, amount: u64) -> &mut Self {
        self.it().usage.insert(named(name), amount);
        self
    }
}
