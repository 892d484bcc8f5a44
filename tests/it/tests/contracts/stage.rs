//! The stage of these stories: one machine with its events, and providers whose customers buy by the contract. It
//! holds no test.

use acrotask::demo::credentials;
use acrotask::machine::{Machine, Storage};
use acrotask::table::client_at;
use acrotask::wake::wake;
use functions::context::Clock;
use functions::events::Event;
use functions::http::{HttpSettings, RetryPolicy};
use functions::run::{Approve, Run, Scope};
use functions::store::Store;
use functions::{contract_changed, contract_watch, setup, usage_sync};
use it::canary::SearchedTable;
use it::wire::Wire;
use jiff::SignedDuration;
use jiff::civil::Date;
use rust_decimal::Decimal;
use sandbox::acronis::catalogue::ACRONIS_STORAGE;
use sandbox::seed::PAYG_FIELD;
use sandbox::{Sandbox, Seed, World};
use shared::ids::{CompanyId, ConnectionId, ServiceId, StorageId};
use shared::mapping::{Mapping, ServiceTarget};
use shared::plan::Plan;
use shared::run::{Job, Mode, Outcome};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is sold.
pub(crate) const WORKSTATIONS: &str = "pw_base_workstations";
pub(crate) const SERVERS: &str = "pw_base_servers";
pub(crate) const VMS: &str = "pw_base_vms";
pub(crate) const MOBILES: &str = "pw_base_mobiles";
pub(crate) const STORAGE: &str = "pw_base_storage";
const SOLD: [&str; 5] = [WORKSTATIONS, SERVERS, VMS, MOBILES, STORAGE];
const TABLE: &str = "acrotask";

/// One provider: both its vendors, and its connection.
pub(crate) struct Provider {
    pub(crate) sandbox: Sandbox,
    pub(crate) connection: ConnectionId,
}

/// A company, its tenant and its contract.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) company: i64,
    pub(crate) tenant: String,
    pub(crate) contract: i64,
    lines: BTreeMap<String, i64>,
}

/// The machine, and the first provider.
pub(crate) struct Stage {
    pub(crate) machine: Machine,
    pub(crate) clock: Clock,
    pub(crate) msp: Provider,
    pub(crate) table: SearchedTable,
    pub(crate) wire: Option<Wire>,
}

impl Customer {
    /// The line of an item.
    pub(crate) fn line(&self, item: &str) -> i64 {
        self.lines[item]
    }

    pub(crate) fn id(&self) -> CompanyId {
        CompanyId(self.company)
    }
}

impl Provider {
    /// A provider that sells a few services and has no customers yet.
    async fn start(name: &str, number: u64) -> Provider {
        let seed = Seed { customers: 0, story: false, seed: number, ..Seed::default() };
        let sandbox = Sandbox::start(seed).await.expect("the sandbox starts");
        sandbox.world(|world| {
            for item in SOLD {
                world.add_service(&format!("Acronis {item}"), item, Decimal::new(450, 2));
            }
        });
        Provider { sandbox, connection: ConnectionId::new(name) }
    }

    /// A customer whose prepaid contract sells units of these items.
    pub(crate) fn customer(&self, name: &str, units: &[(&str, i64)]) -> Customer {
        self.customer_below(None, name, units)
    }

    /// The same, its tenant below another one.
    pub(crate) fn customer_below(&self, parent: Option<&str>, name: &str, units: &[(&str, i64)]) -> Customer {
        self.sandbox.world(|world| {
            let company = world.add_company(name);
            let tenant = world.add_tenant(name, parent);
            world.offer_everything(&tenant);
            let (first, last) = (world.day(-40), world.day(700));
            let contract = world.add_contract(company, "Acronis", first, last);
            let mut lines = BTreeMap::new();
            for (item, units) in units {
                let service = world.service_by_sku(item).expect("it is sold");
                lines.insert((*item).to_owned(), world.add_line(contract, service, *units, None));
            }
            Customer { company, tenant, contract, lines }
        })
    }

    /// The same with a pay-as-you-go contract; so much is used of each item as is billed.
    pub(crate) fn payg_customer(&self, name: &str, units: &[(&str, i64)]) -> Customer {
        let customer = self.customer(name, units);
        self.change(|world| {
            world.set_udf(customer.contract, PAYG_FIELD, Some("Yes"));
            for (item, units) in units {
                world.set_item_status(&customer.tenant, item, None, true);
                world.set_usage(&customer.tenant, item, None, units.unsigned_abs(), Some(units.unsigned_abs()));
            }
        });
        customer
    }

    /// A person's change at a vendor.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut World) -> R) -> R {
        self.sandbox.world(change)
    }

    /// A person sells more units of an item, or less. A line takes one change for a day, so that the next one is
    /// dated a day earlier.
    pub(crate) fn adjust(&self, customer: &Customer, item: &str, delta: i64) {
        let line = customer.line(item);
        let changed = self.change(|world| {
            let days: Vec<Date> = (0..30).map(|days| world.day(-days)).collect();
            days.into_iter().any(|day| world.human_adjust(line, delta, day).is_ok())
        });
        assert!(changed, "a person may");
    }

    /// This much of an item is in use.
    pub(crate) fn uses(&self, customer: &Customer, item: &str, amount: u64) {
        self.change(|world| world.set_usage(&customer.tenant, item, None, amount, Some(amount)));
    }

    /// A company without a tenant, whose contract begins so many days from today.
    pub(crate) fn company(&self, name: &str, begins: i64, units: &[(&str, i64)]) -> i64 {
        self.sandbox.world(|world| {
            let company = world.add_company(name);
            let (first, last) = (world.day(begins), world.day(700));
            let contract = world.add_contract(company, "Acronis", first, last);
            for (item, units) in units {
                let service = world.service_by_sku(item).expect("it is sold");
                world.add_line(contract, service, *units, None);
            }
            company
        })
    }

    /// The tenant that was made for a company.
    pub(crate) fn tenant_of(&self, company: i64) -> Option<String> {
        self.sandbox.world(|world| {
            let tag = format!("autotask:{}:{company}", world.autotask.database);
            let mut tenants = world.acronis.tenants.values();
            tenants.find(|tenant| tenant.internal_tag.as_ref() == Some(&tag)).map(|tenant| tenant.id.clone())
        })
    }

    /// What a customer may use of an item, in words.
    pub(crate) fn allowed(&self, customer: &Customer, item: &str) -> String {
        self.allowed_to(&customer.tenant, item)
    }

    /// What a tenant may use of an item, in words.
    pub(crate) fn allowed_to(&self, tenant: &str, item: &str) -> String {
        self.sandbox.world(|world| match world.acronis.item(tenant, item, None) {
            None => "not there".to_owned(),
            Some(item) if !item.on => "off".to_owned(),
            Some(item) => item.quota.value.map_or("unlimited".to_owned(), |limit| limit.to_string()),
        })
    }

    /// How often an operation was asked for.
    pub(crate) fn asked(&self, operation: &str) -> usize {
        self.sandbox.requests().iter().filter(|seen| seen.operation == operation).count()
    }
}

impl Stage {
    /// A machine and a provider without customers, not connected yet.
    pub(crate) async fn new() -> Stage {
        Stage::start(false).await
    }

    /// The same, with a wire before the table and both vendors.
    pub(crate) async fn wired() -> (Stage, Wire) {
        let stage = Stage::start(true).await;
        let wire = stage.wire.clone().expect("a wire was asked for");
        (stage, wire)
    }

    async fn start(wired: bool) -> Stage {
        let msp = Provider::start("msp", 1).await;
        let clock = Clock::set_to(msp.sandbox.world(|world| world.now()));
        let retry = RetryPolicy { base_delay: Duration::from_millis(1), ..RetryPolicy::default() };
        let http = HttpSettings { request_timeout: Duration::from_secs(60), retry, ..HttpSettings::default() };
        let mut machine =
            Machine::start(Storage::InMemory, clock.clone(), http, true).await.expect("the machine starts");
        let table = SearchedTable::in_memory().await;
        let mut login = credentials(&msp.sandbox);
        let mut wire = None;
        if wired {
            let to = Wire::to(table.endpoint(), &msp.sandbox.autotask_url()).await;
            login.autotask.zone_url.clone_from(&to.autotask_url);
            login.acronis.datacenter_url = to.also_to_acronis(&msp.sandbox.acronis_url()).await;
            wire = Some(to);
        }
        Store::new(table.client(), TABLE).create_table().await.expect("the table is made");
        let endpoint = wire.as_ref().map_or(table.endpoint(), |wire| wire.table_url.as_str());
        machine.host.store = Store::new(client_at(endpoint), TABLE);
        machine.keep_credentials(&msp.connection, &login);
        Stage { machine, clock, msp, table, wire }
    }

    /// Another provider in the same table.
    pub(crate) async fn beside(&self, name: &str, number: u64) -> Provider {
        let provider = Provider::start(name, number).await;
        provider.sandbox.set_now(self.clock.now());
        self.machine.keep_credentials(&provider.connection, &credentials(&provider.sandbox));
        provider
    }

    /// Connects the provider, sells each item as the service of its name, and approves and makes what is planned.
    /// Everybody had a turn.
    pub(crate) async fn settle(&mut self) {
        let connection = self.msp.connection.clone();
        self.settle_connection(&connection).await;
        self.msp.sandbox.clear_requests();
    }

    /// The same, with an item that costs nothing: everybody may use it without limit.
    pub(crate) async fn settle_with_free(&mut self, item: &str) {
        self.settle().await;
        self.change_mapping(|mapping| {
            mapping.settings.holds.mapping_changes = false;
            let rows = mapping.products.iter_mut().filter(|(key, _)| key.name == item);
            rows.for_each(|(_, row)| row.free = true);
        })
        .await;
        self.watch().await;
        self.change_mapping(|mapping| mapping.settings.holds.mapping_changes = true).await;
        self.watch().await;
        self.msp.sandbox.clear_requests();
    }

    /// Connects the provider and sells each item as the service of its name; nothing is approved.
    pub(crate) async fn connect_and_map(&self) {
        let connection = self.msp.connection.clone();
        self.connect_and_map_of(&connection).await;
    }

    async fn connect_and_map_of(&self, connection: &ConnectionId) {
        let host = self.machine.host.clone();
        setup::connect(&host, connection, true).await.expect("the connection is set up");
        let services = host.vendors(connection).await.expect("both let us in").autotask.services(None).await;
        let services = services.expect("services are read");
        self.change_mapping_of(connection, |mapping| {
            mapping.settings.settle_minutes = 0;
            for (key, row) in &mut mapping.products {
                let service = services.iter().find(|service| service.name == format!("Acronis {}", key.name));
                row.service = service.map(|service| ServiceTarget::Existing(ServiceId(service.id.0)));
            }
        })
        .await;
    }

    pub(crate) async fn settle_connection(&mut self, connection: &ConnectionId) {
        self.connect_and_map_of(connection).await;
        let host = self.machine.host.clone();
        self.approve_all_of(connection).await;
        let run = contract_changed::run(&host, connection, Scope::Everybody, Mode::Apply).await.expect("recorded");
        assert_eq!(run.record.outcome, Outcome::Complete, "{:?}", run.record);
        let plan = usage_sync::plan(&host, connection).await.expect("a plan is made");
        usage_sync::approve(&host, connection, &Approve::Plan(plan.id), "clerk").await.expect("it is approved");
        let run = usage_sync::run(&host, connection, Scope::Everybody, Mode::Apply).await.expect("recorded");
        assert_eq!(run.record.outcome, Outcome::Complete, "{:?}", run.record);
        self.wake_for(connection, Job::ContractWatch).await;
    }

    /// Saves a change of the mapping, as an operator does in another process.
    pub(crate) async fn change_mapping(&self, change: impl FnOnce(&mut Mapping)) {
        self.change_mapping_of(&self.msp.connection, change).await;
    }

    async fn change_mapping_of(&self, connection: &ConnectionId, change: impl FnOnce(&mut Mapping)) {
        let store = &self.machine.host.store;
        let mut mapping = store.mapping(connection).await.expect("the table is read").expect("it was made at setup");
        change(&mut mapping);
        assert_eq!(mapping.faults(), [], "the story's mapping is sound");
        store.save_mapping(connection, &mapping).await.expect("the mapping is saved");
    }

    /// The plan of quotas as it is now.
    pub(crate) async fn plan(&self) -> Plan {
        contract_changed::plan(&self.machine.host, &self.msp.connection).await.expect("a plan is made")
    }

    /// Approves all of the plan of quotas.
    pub(crate) async fn approve_all(&self) {
        self.approve_all_of(&self.msp.connection).await;
    }

    async fn approve_all_of(&self, connection: &ConnectionId) {
        let host = &self.machine.host;
        let plan = contract_changed::plan(host, connection).await.expect("a plan is made");
        contract_changed::approve(host, connection, &Approve::Plan(plan.id), "clerk").await.expect("it is approved");
    }

    /// Approves what is held, and lets everybody be looked at.
    pub(crate) async fn approve_and_run(&self) -> Run {
        self.approve_all().await;
        let run = contract_changed::run(&self.machine.host, &self.msp.connection, Scope::Everybody, Mode::Apply);
        run.await.expect("it is recorded")
    }

    /// A look at one customer.
    pub(crate) async fn look_at(&self, customer: &Customer) -> Run {
        let scope = Scope::company(customer.id());
        let run = contract_changed::run(&self.machine.host, &self.msp.connection, scope, Mode::Apply);
        run.await.expect("it is recorded")
    }

    /// The schedule comes, and everything that follows from it.
    pub(crate) async fn wake_for(&mut self, connection: &ConnectionId, job: Job) -> Vec<Run> {
        wake(&mut self.machine, connection, job, Mode::Apply).await.expect("runs are recorded")
    }

    /// A minute later, changed contracts are looked for, and all that follows.
    pub(crate) async fn watch(&mut self) -> Vec<Run> {
        self.pass_minutes(1);
        let connection = self.msp.connection.clone();
        self.wake_for(&connection, Job::ContractWatch).await
    }

    /// Only the look, and the events it published.
    pub(crate) async fn publish(&mut self) -> Vec<Event> {
        let run = contract_watch::run(&self.machine.host, &self.machine.bus, &self.msp.connection).await;
        let run = run.expect("it is recorded");
        assert_eq!(run.record.outcome, Outcome::Complete, "{:?}", run.record);
        self.published()
    }

    /// The events on the bus.
    pub(crate) fn published(&mut self) -> Vec<Event> {
        let arrived = std::iter::from_fn(|| self.machine.events.try_recv().ok());
        arrived.map(|event| Event::from_invocation(event).expect("it is one of ours")).collect()
    }

    /// Lets minutes pass for everybody.
    pub(crate) fn pass_minutes(&self, minutes: i64) {
        let length = SignedDuration::from_mins(minutes);
        self.clock.set(self.clock.now() + length);
        self.msp.change(|world| world.set_now(world.now() + length));
    }
}

/// The operator lets companies with a contract get a tenant by themselves.
pub(crate) fn automatic_provisioning(mapping: &mut Mapping) {
    mapping.settings.automatic_provisioning = true;
    mapping.settings.new_tenants.default_storage = Some(StorageId::new(ACRONIS_STORAGE));
}

/// The run of a job among those that were woken.
pub(crate) fn run_of(runs: &[Run], job: Job) -> &Run {
    let mut of_job = runs.iter().filter(|run| run.record.job == job);
    let run = of_job.next().unwrap_or_else(|| panic!("{job} was not woken: {runs:#?}"));
    assert!(of_job.next().is_none(), "{job} ran more than once: {runs:#?}");
    run
}

/// What a run has to say.
pub(crate) fn told(run: &Run) -> String {
    run.record.findings.join("\n")
}
