//! A small world for stories: the sandbox as both vendors, an in-memory table, and everything on one
//! machine. The test turns the crank; nothing runs by itself.

use crate::canary::SearchedTable;
use crate::wire::Wire;
use acrotask::demo::credentials;
use acrotask::machine::{Machine, Storage};
use acrotask::table::client_at;
use functions::context::Clock;
use functions::host::Host;
use functions::http::{HttpSettings, RetryPolicy};
use functions::run::{Approve, Run, Scope};
use functions::setup;
use functions::store::Store;
use functions::usage_sync;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use sandbox::{Sandbox, Seed};
use shared::ids::{ConnectionId, ServiceId};
use shared::mapping::{Mapping, ServiceTarget};
use shared::plan::Plan;
use shared::run::{Mode, Outcome};
use std::sync::Arc;
use std::time::Duration;

/// The day every story begins.
pub const TODAY: Date = date(2026, 11, 10);
const TABLE: &str = "acrotask";

/// Both vendors, and us.
pub struct World {
    /// Both vendors.
    pub sandbox: Sandbox,
    /// Where our jobs run.
    pub host: Host,
    /// Our clock.
    pub clock: Clock,
    /// The connection of the story.
    pub connection: ConnectionId,
    machine: Arc<Machine>,
    // Serves until the story ends.
    table: Arc<SearchedTable>,
}

impl World {
    /// A world of this seed, not connected yet. With `wired`, all that goes to the table and to Autotask
    /// passes a wire.
    pub async fn unconnected(seed: Seed, wired: bool) -> (World, Option<Wire>) {
        let sandbox = Sandbox::start(seed).await.expect("the sandbox starts");
        let clock = Clock::set_to(sandbox.world(|world| world.now()));
        let retry = RetryPolicy { base_delay: Duration::from_millis(1), ..RetryPolicy::default() };
        let http = HttpSettings { request_timeout: Duration::from_secs(20), retry, ..HttpSettings::default() };
        let machine = Machine::start(Storage::InMemory, clock.clone(), http, true).await.expect("the machine starts");
        let table = SearchedTable::in_memory().await;
        Store::new(table.client(), TABLE).create_table().await.expect("the table is made");
        let wire = if wired { Some(Wire::to(table.endpoint(), &sandbox.autotask_url()).await) } else { None };
        let endpoint = wire.as_ref().map_or(table.endpoint(), |wire| &wire.table_url);
        let host = Host { store: Store::new(client_at(endpoint), TABLE), ..machine.host.clone() };
        let connection = ConnectionId::new("msp");
        let mut login = credentials(&sandbox);
        if let Some(wire) = &wire {
            login.autotask.zone_url.clone_from(&wire.autotask_url);
        }
        machine.keep_credentials(&connection, &login);
        (World { sandbox, host, clock, connection, machine: Arc::new(machine), table: Arc::new(table) }, wire)
    }

    /// A world of this seed, connected, with every product mapped to the service of its name.
    pub async fn of(seed: Seed) -> World {
        let (world, _) = World::unconnected(seed, false).await;
        world.connect().await;
        world
    }

    /// The same, with a wire before the table and Autotask.
    pub async fn wired(seed: Seed) -> (World, Wire) {
        let (world, wire) = World::unconnected(seed, true).await;
        world.connect().await;
        (world, wire.expect("a wire was asked for"))
    }

    /// The same, with Acronis behind the wire too.
    pub async fn wired_throughout(seed: Seed) -> (World, Wire) {
        let (world, wire) = World::wired(seed).await;
        let mut login = credentials(&world.sandbox);
        login.acronis.datacenter_url = wire.also_to_acronis(&world.sandbox.acronis_url()).await;
        login.autotask.zone_url.clone_from(&wire.autotask_url);
        world.machine.keep_credentials(&world.connection, &login);
        (world, wire)
    }

    /// Another provider's vendors, as a connection in the same table.
    pub async fn beside(&self, name: &str, seed: Seed) -> World {
        let sandbox = Sandbox::start(seed).await.expect("the sandbox starts");
        let connection = ConnectionId::new(name);
        self.machine.keep_credentials(&connection, &credentials(&sandbox));
        let (host, clock) = (self.host.clone(), self.clock.clone());
        let (machine, table) = (Arc::clone(&self.machine), Arc::clone(&self.table));
        let world = World { sandbox, host, clock, connection, machine, table };
        world.connect().await;
        world
    }

    /// Connects once more, as an operator does who checks the credentials.
    pub async fn connect_again(&self, create_field: bool) -> anyhow::Result<setup::Connected> {
        setup::connect(&self.host, &self.connection, create_field).await
    }

    async fn connect(&self) {
        setup::connect(&self.host, &self.connection, true).await.expect("the connection is set up");
        self.map_products_by_sku().await;
    }

    /// A provider with a few plain customers.
    pub async fn plain(customers: usize) -> World {
        World::of(Seed { customers, story: false, today: TODAY, ..Seed::default() }).await
    }

    /// The same, with the first plan approved and applied.
    pub async fn settled(customers: usize) -> World {
        let world = World::plain(customers).await;
        world.settle().await;
        world
    }

    /// Customers with this many lines each, all of them right; nothing to do.
    pub async fn even(customers: usize, lines: usize) -> World {
        let world = World::of(even(customers, lines)).await;
        world.settle().await;
        world
    }

    /// Approves the first plan and applies it.
    pub async fn settle(&self) {
        self.approve_plan().await;
        self.apply_complete().await;
    }

    /// Gives up on a request soon, for stories in which a vendor is silent.
    pub fn impatient(&mut self) {
        self.host.http.request_timeout = Duration::from_millis(300);
    }

    /// Maps each item to the service of its name.
    pub async fn map_products_by_sku(&self) {
        let services = self.sandbox.world(|world| world.services());
        self.change_mapping(|mapping| {
            mapping.settings.settle_minutes = 0;
            for (key, row) in &mut mapping.products {
                let service = services.iter().find(|service| service.sku == key.name);
                row.service = service.map(|service| ServiceTarget::Existing(ServiceId(service.id)));
            }
        })
        .await;
    }

    /// Saves a change of the mapping, as an operator would.
    pub async fn change_mapping(&self, change: impl FnOnce(&mut Mapping)) {
        let store = &self.host.store;
        let mut mapping =
            store.mapping(&self.connection).await.expect("the table is read").expect("the mapping was made at setup");
        change(&mut mapping);
        assert_eq!(mapping.faults(), [], "the story's mapping is sound");
        store.save_mapping(&self.connection, &mapping).await.expect("the mapping is saved");
    }

    /// The plan as it is now.
    pub async fn plan(&self) -> Plan {
        usage_sync::plan(&self.host, &self.connection).await.expect("a plan is made")
    }

    /// Approves the plan as it is now.
    pub async fn approve_plan(&self) -> Plan {
        let plan = self.plan().await;
        self.approve(Approve::Plan(plan.id.clone())).await.expect("the plan is approved");
        plan
    }

    /// Approves this.
    pub async fn approve(&self, what: Approve) -> anyhow::Result<Plan> {
        usage_sync::approve(&self.host, &self.connection, &what, "clerk").await
    }

    /// A run that writes.
    pub async fn apply(&self) -> Run {
        usage_sync::run(&self.host, &self.connection, Scope::Everybody, Mode::Apply).await.expect("the run is recorded")
    }

    /// A run that writes and ends well.
    pub async fn apply_complete(&self) -> Run {
        let run = self.apply().await;
        assert_eq!(run.record.outcome, Outcome::Complete, "{:?}", run.record);
        run
    }

    /// Lets days pass for everybody.
    pub fn pass_days(&self, days: i64) {
        self.sandbox.advance_days(days);
        self.clock.set(self.now());
    }

    /// Lets seconds pass for everybody.
    pub fn pass_seconds(&self, seconds: i64) {
        let later = self.now().checked_add(SignedDuration::from_secs(seconds)).expect("a time in the calendar");
        self.sandbox.set_now(later);
        self.clock.set(later);
    }

    /// The time at the vendors.
    pub fn now(&self) -> Timestamp {
        self.sandbox.world(|world| world.now())
    }

    /// The day at the vendors.
    pub fn today(&self) -> Date {
        self.sandbox.world(|world| world.today())
    }
}

/// Customers whose units are right from the start.
pub fn even(customers: usize, lines: usize) -> Seed {
    Seed { customers, lines_per_customer: lines, changed_percent: 0, story: false, today: TODAY, ..Seed::default() }
}
