//! What a plan is made from: everything read of one company, and the terms that are the same for all.
//! Gathered by the job from both vendors and the store; decided upon by `usage_plan`.

use crate::contract::{BundleRow, Company, Contract, ContractLine, Period, Service, UnitsRow};
use crate::fingerprint;
use crate::ids::{BundleId, ContractId, LineId, ServiceId, TenantId};
use crate::kept::{CompanyState, Reading};
use crate::line::LineState;
use crate::mapping::{CustomerRow, Mapping, Product};
use crate::run::Connection;
use crate::settings::Settings;
use crate::usage::Tenant;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The terms of one run.
#[derive(Debug)]
pub struct Terms<'a> {
    /// The connection.
    pub connection: &'a Connection,
    /// The operator's choices.
    pub settings: &'a Settings,
    /// What is sold, by service.
    pub products: BTreeMap<ServiceId, Product<'a>>,
    /// The services that are sold, as Autotask has them.
    pub services: BTreeMap<ServiceId, Service>,
    /// Which bundles hold which sold service.
    pub bundles_holding: BTreeMap<ServiceId, BTreeSet<BundleId>>,
    /// The date in the provider's time zone.
    pub today: Date,
    /// The moment of the run.
    pub now: Timestamp,
}

impl<'a> Terms<'a> {
    /// The terms of `mapping` on a day.
    pub fn new(connection: &'a Connection, mapping: &'a Mapping, today: Date, now: Timestamp) -> Self {
        Self {
            connection,
            settings: &mapping.settings,
            products: mapping.products_by_service(),
            services: BTreeMap::new(),
            bundles_holding: BTreeMap::new(),
            today,
            now,
        }
    }

    /// A service's name for people.
    pub fn service_name(&self, service: ServiceId) -> String {
        self.services.get(&service).map_or_else(|| format!("service {service}"), |service| service.name.clone())
    }

    /// The fingerprint of what a line's units follow from besides usage: the tenant, and how the
    /// service's items are counted. A line written by another one waits once (H1).
    pub fn mapped_as(&self, tenant: &TenantId, product: &Product<'_>) -> String {
        let terms = product.terms();
        let mut parts = vec![
            tenant.to_string(),
            product.service.to_string(),
            format!("{:?} {} {:?}", terms.combine, terms.unit_size, terms.rounding),
            format!("{} {}", terms.included, terms.minimum),
        ];
        parts.extend(product.rows.iter().map(|row| format!("{} {}", row.item.key.application, row.item.key)));
        fingerprint::of(&parts)
    }
}

/// Everything read of one mapped company.
#[derive(Debug, Clone)]
pub struct CompanyFacts {
    /// The operator's row.
    pub customer: CustomerRow,
    /// The tenant it is mapped to.
    pub tenant_id: TenantId,
    /// The company, where Autotask shows it.
    pub company: Option<Company>,
    /// The tenant, where it is in our tree.
    pub tenant: Option<Tenant>,
    /// Its usage, or the vendor's refusal.
    pub usage: Result<Reading, String>,
    /// Its recurring contracts: those that count today and those that ended lately.
    pub contracts: Vec<Contract>,
    /// Units of sold services on these contracts: at least the rows that cover today, and more for the
    /// lines in `read_whole`.
    pub rows: Vec<UnitsRow>,
    /// Lines of sold services that were looked up because no row covers today.
    pub lines: Vec<ContractLine>,
    /// Units of bundles that hold sold services, covering today.
    pub bundles: Vec<BundleRow>,
    /// Our memory of its lines, by key.
    pub states: BTreeMap<String, LineState>,
    /// Our memory of the company.
    pub state: Option<CompanyState>,
    /// Lines of which all rows within these days are in `rows`.
    pub read_whole: BTreeMap<LineId, Period>,
    /// Places whose line was looked up, with or without success.
    pub looked_up: BTreeSet<(ContractId, ServiceId)>,
}

impl CompanyFacts {
    /// The company's name for people.
    pub fn name(&self) -> &str {
        self.company.as_ref().map_or(&self.customer.company_name, |company| &company.name)
    }

    /// The rows of one line.
    pub fn rows_of(&self, line: LineId) -> impl Iterator<Item = &UnitsRow> {
        self.rows.iter().filter(move |row| row.line == line)
    }

    /// Whether all rows of a line within `span` were read.
    pub fn has_read(&self, line: LineId, span: Period) -> bool {
        self.read_whole.get(&line).is_some_and(|read| read.start <= span.start && span.end <= read.end)
    }

    /// The contract with this id.
    pub fn contract(&self, id: ContractId) -> Option<&Contract> {
        self.contracts.iter().find(|contract| contract.id == id)
    }
}

/// What must be read before a company's plan can be final.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Lines whose rows are needed, with the days they must span.
    pub lines: BTreeMap<LineId, Period>,
    /// Places whose line must be looked up.
    pub places: BTreeSet<(ContractId, ServiceId)>,
}

impl Needs {
    /// The rows of `line` within `span` are needed, and those already asked for.
    pub fn line(&mut self, line: LineId, span: Period) {
        let asked = self.lines.entry(line).or_insert(span);
        *asked = Period { start: asked.start.min(span.start), end: asked.end.max(span.end) };
    }

    /// Whether nothing more is needed.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.places.is_empty()
    }
}
