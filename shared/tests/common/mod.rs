//! A little world for the rules: companies with tenants, usage, contracts and units, told in few words.
//! `vendor` keeps units as Autotask does, `job` plans and applies. Holds no expectations of its own.

#![allow(dead_code, reason = "each test file uses its own part of the world")]

pub(crate) mod any;
pub(crate) mod any_prepaid;
pub(crate) mod job;
pub(crate) mod prepaid;
pub(crate) mod prepaid_job;
mod vendor;

use jiff::Timestamp;
use jiff::civil::Date;
use shared::contract::{BundleRow, Company, Contract, ContractLine, PeriodType, Service, UnitsRow};
use shared::creation::Creation;
use shared::guard::Approvals;
use shared::ids::{ApplicationId, BundleId, CompanyId, ConnectionId, ContractId, LineId, ServiceId, TenantId};
use shared::kept::{CompanyState, Seen};
use shared::line::LineState;
use shared::mapping::{CustomerLink, CustomerRow, Mapping, ProductRow, ServiceTarget};
use shared::plan::{Action, Adjustment, Plan};
use shared::quantity::MeasurementUnit;
use shared::run::Connection;
use shared::settings::{EffectiveDates, Settings};
use shared::usage::{ItemKey, ItemKind, OfferingItem, Tenant, TenantKind, UsageRow};
use std::collections::{BTreeMap, BTreeSet};

/// The company that most stories are about, its contract, line and service.
pub(crate) const COMPANY: CompanyId = CompanyId(7);
pub(crate) const CONTRACT: ContractId = ContractId(70);
pub(crate) const LINE: LineId = LineId(700);
pub(crate) const WORKSTATION: ServiceId = ServiceId(501);
pub(crate) const COMPUTE: ServiceId = ServiceId(502);

/// Both vendors, the operator's mapping, and our own memory.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) today: Date,
    pub(crate) minutes: i64,
    pub(crate) connection: Connection,
    pub(crate) mapping: Mapping,
    pub(crate) services: BTreeMap<ServiceId, Service>,
    pub(crate) bundles_holding: BTreeMap<ServiceId, BTreeSet<BundleId>>,
    pub(crate) customers: BTreeMap<CompanyId, Customer>,
    pub(crate) approvals: Approvals,
    pub(crate) creations: BTreeMap<String, Creation>,
    /// The next effective dates that Autotask refuses: one adjustment per line and day.
    pub(crate) taken: BTreeSet<(LineId, Date)>,
    /// The company that the story goes on about.
    pub(crate) of: CompanyId,
    /// The order in which everything is read; 0 as it is.
    pub(crate) order: u64,
    sent: u32,
}

/// One mapped company as both vendors have it, and our memory of it.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) company: Option<Company>,
    pub(crate) tenant: Option<Tenant>,
    pub(crate) items: Vec<OfferingItem>,
    pub(crate) usage: Vec<UsageRow>,
    pub(crate) refusal: Option<String>,
    pub(crate) contracts: Vec<Contract>,
    pub(crate) rows: Vec<UnitsRow>,
    pub(crate) lines: Vec<ContractLine>,
    pub(crate) bundles: Vec<BundleRow>,
    pub(crate) states: BTreeMap<String, LineState>,
    pub(crate) state: Option<CompanyState>,
}

pub(crate) fn date(text: &str) -> Date {
    text.parse().expect("the test names a real day")
}

pub(crate) fn key(name: &str) -> ItemKey {
    ItemKey { application: ApplicationId::new("cyber-protection"), name: name.to_owned(), storage: None }
}

pub(crate) fn item(name: &str, unit: MeasurementUnit) -> OfferingItem {
    OfferingItem { key: key(name), edition: None, usage_name: name.to_owned(), kind: ItemKind::Count, unit, on: true }
}

pub(crate) fn used(name: &str, amount: u64) -> UsageRow {
    UsageRow { key: key(name), value: amount, absolute_value: Some(amount), range_start: None }
}

pub(crate) fn contract(id: i64, company: CompanyId, start: &str, end: &str) -> Contract {
    Contract {
        id: ContractId(id),
        company,
        name: format!("Managed {id}"),
        recurring: true,
        active: true,
        start: date(start),
        end: date(end),
        period: Some(PeriodType::Monthly),
        payg: Some("Yes".to_owned()),
    }
}

pub(crate) fn tenant(id: &str, name: &str) -> Tenant {
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

pub(crate) fn company(id: i64, name: &str) -> Company {
    Company { id: CompanyId(id), name: name.to_owned(), active: true, company_type: Some(1) }
}

/// The only change of a plan.
pub(crate) fn the_change(plan: &Plan) -> &Adjustment {
    assert_eq!((plan.changes.len(), plan.held.len()), (1, 0), "one change is expected:\n{plan}");
    adjustment(&plan.changes[0].action)
}

/// The only held change of a plan.
pub(crate) fn the_held(plan: &Plan) -> &Adjustment {
    assert_eq!((plan.changes.len(), plan.held.len()), (0, 1), "one held change is expected:\n{plan}");
    adjustment(&plan.held[0].change.action)
}

pub(crate) fn adjustment(action: &Action) -> &Adjustment {
    match action {
        Action::Adjust(adjustment) => adjustment,
        other => panic!("not a change of units: {other:?}"),
    }
}

/// A change as (before, wanted, effective).
pub(crate) fn brief(adjustment: &Adjustment) -> (i64, i64, String) {
    (adjustment.before, adjustment.wanted, adjustment.effective.to_string())
}

/// Whether the plan neither changes, holds nor tells anything.
pub(crate) fn assert_quiet(plan: &Plan) {
    assert!(plan.is_empty() && plan.findings.is_empty(), "nothing is expected:\n{plan}");
}

pub(crate) fn findings(plan: &Plan) -> String {
    plan.findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Asserts that a finding says this.
pub(crate) fn assert_found(plan: &Plan, text: &str) {
    assert!(findings(plan).contains(text), "\"{text}\" is expected among the findings:\n{plan}");
}

impl World {
    /// One company with one monthly pay-as-you-go contract from January on, the service Workstation on it
    /// with 5 units, and 5 workstations used; its first plan is long approved.
    pub(crate) fn on(day: &str) -> World {
        let mut world = World::empty(day);
        world.product("workstations", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
        world.customer(7, "Alpenblick").line(70, 700, WORKSTATION, 5).uses("workstations", 5).known();
        world
    }

    /// A connection whose first plan is approved, and nothing mapped.
    pub(crate) fn empty(day: &str) -> World {
        let connection = Connection {
            id: ConnectionId::new("main"),
            tenant: TenantId::new("partner"),
            database: 42,
            first_plan_approved: true,
            first_quotas_approved: false,
            first_tickets_approved: false,
            usage_read_on: None,
        };
        World {
            today: date(day),
            minutes: 0,
            connection,
            mapping: Mapping::default(),
            services: BTreeMap::new(),
            bundles_holding: BTreeMap::new(),
            customers: BTreeMap::new(),
            approvals: Approvals::new(),
            creations: BTreeMap::new(),
            taken: BTreeSet::new(),
            of: COMPANY,
            order: 0,
            sent: 0,
        }
    }

    /// The same world with the compute points of a metered item instead of workstations.
    pub(crate) fn metered_on(day: &str) -> World {
        let mut world = World::empty(day);
        world.product("compute_points", MeasurementUnit::Seconds, COMPUTE, "Compute Point");
        world.customer(7, "Alpenblick").line(70, 700, COMPUTE, 0).known();
        world
    }

    pub(crate) fn now(&self) -> Timestamp {
        let start = self.today.at(4, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).expect("UTC has every moment");
        start.timestamp() + jiff::SignedDuration::from_mins(self.minutes)
    }

    pub(crate) fn day(&mut self, day: &str) -> &mut Self {
        (self.today, self.minutes) = (date(day), 0);
        self
    }

    pub(crate) fn minutes_later(&mut self, minutes: i64) -> &mut Self {
        self.minutes += minutes;
        self
    }

    /// A product sold as a monthly service of 3.00.
    pub(crate) fn product(&mut self, name: &str, unit: MeasurementUnit, id: ServiceId, service: &str) -> &mut Self {
        let mut row = ProductRow::unmapped(item(name, unit), name.replace('_', " "));
        row.service = Some(ServiceTarget::Existing(id));
        self.mapping.products.insert(key(name), row);
        let service = Service {
            id,
            name: service.to_owned(),
            active: true,
            period: Some(PeriodType::Monthly),
            unit_price: Some(rust_decimal::Decimal::from(3)),
            external_id: None,
        };
        self.services.insert(id, service);
        self
    }

    /// Changes a product row.
    pub(crate) fn row(&mut self, name: &str, change: impl FnOnce(&mut ProductRow)) -> &mut Self {
        change(self.mapping.products.get_mut(&key(name)).expect("the product exists"));
        self
    }

    /// A mapped company whose monthly pay-as-you-go contract runs from January 2026 on; its number is ten
    /// times the company's.
    pub(crate) fn customer(&mut self, id: i64, name: &str) -> &mut Self {
        self.of = CompanyId(id);
        let tenant = tenant(&format!("tenant-{id}"), name);
        let link = CustomerLink::Mapped { tenant: tenant.id.clone(), tenant_name: name.to_owned() };
        let row = CustomerRow {
            company: self.of,
            company_name: name.to_owned(),
            link,
            pins: BTreeMap::new(),
            decisions: BTreeMap::new(),
        };
        self.mapping.customers.insert(self.of, row);
        let customer = Customer {
            company: Some(company(id, name)),
            tenant: Some(tenant),
            items: self.mapping.products.values().map(|row| row.item.clone()).collect(),
            usage: Vec::new(),
            refusal: None,
            contracts: vec![contract(id * 10, self.of, "2026-01-01", "9999-12-31")],
            rows: Vec::new(),
            lines: Vec::new(),
            bundles: Vec::new(),
            states: BTreeMap::new(),
            state: None,
        };
        self.customers.insert(self.of, customer);
        self
    }

    /// The customer was there at an earlier run, so that it does not wait as a new one.
    pub(crate) fn known(&mut self) -> &mut Self {
        let seen = Some(Seen::default());
        self.it().state = Some(CompanyState { seen, ..CompanyState::new(self.of) });
        self
    }

    /// The customer that the story is about.
    pub(crate) fn it(&mut self) -> &mut Customer {
        self.customers.get_mut(&self.of).expect("the customer exists")
    }

    pub(crate) fn settings(&mut self) -> &mut Settings {
        &mut self.mapping.settings
    }

    pub(crate) fn policy(&mut self, policy: EffectiveDates) -> &mut Self {
        self.mapping.settings.effective_dates = policy;
        self
    }

    pub(crate) fn the_contract(&mut self) -> &mut Contract {
        &mut self.it().contracts[0]
    }

    /// The customer uses so much of an item, which is on.
    pub(crate) fn uses(&mut self, name: &str, amount: u64) -> &mut Self {
        self.reports(used(name, amount))
    }

    pub(crate) fn reports(&mut self, row: UsageRow) -> &mut Self {
        let usage = &mut self.it().usage;
        usage.retain(|known| known.key != row.key);
        usage.push(row);
        self
    }

    /// An item's usage row is gone.
    pub(crate) fn reports_nothing_of(&mut self, name: &str) -> &mut Self {
        self.it().usage.retain(|row| row.key != key(name));
        self
    }

    /// Whether Acronis refuses the customer's usage.
    pub(crate) fn refuses_usage(&mut self, refused: bool) -> &mut Self {
        self.it().refusal = refused.then(|| "403".to_owned());
        self
    }

    /// A metered item's figure in the vendor's period that began on `since`.
    pub(crate) fn meters(&mut self, hours: u64, since: &str) -> &mut Self {
        let mut row = used("compute_points", hours * 3600);
        row.range_start = Some(date(since));
        self.reports(row)
    }
}
