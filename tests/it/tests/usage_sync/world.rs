//! A small world for stories: the sandbox as both vendors, an in-memory table, and everything on one
//! machine. The test turns the crank; nothing runs by itself.

use acrotask::machine::{Machine, Storage};
use functions::context::{AcronisCredentials, AutotaskCredentials, Clock, Secret, VendorCredentials};
use functions::http::{HttpSettings, RetryPolicy};
use functions::setup;
use functions::usage_sync::{self, Approve, UsageRun};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use sandbox::{Sandbox, Seed};
use shared::ids::{CompanyId, ConnectionId, ServiceId};
use shared::mapping::{Mapping, ServiceTarget};
use shared::plan::Plan;
use shared::run::{Mode, Outcome};
use std::time::Duration;

/// The day every story begins.
pub(crate) const TODAY: Date = date(2026, 11, 10);

/// Both vendors, and us.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) machine: Machine,
    pub(crate) clock: Clock,
    pub(crate) connection: ConnectionId,
}

impl World {
    /// A world of this seed, connected, with every product mapped to the service of its name.
    pub(crate) async fn of(seed: Seed) -> World {
        let sandbox = Sandbox::start(seed).await.expect("the sandbox starts");
        let clock = Clock::set_to(sandbox.world(|world| world.now()));
        let retry = RetryPolicy { base_delay: Duration::from_millis(1), ..RetryPolicy::default() };
        let http = HttpSettings { request_timeout: Duration::from_millis(400), retry, ..HttpSettings::default() };
        let machine = Machine::start(Storage::InMemory, clock.clone(), http, true).await.expect("the machine starts");
        let connection = ConnectionId::new("msp");
        machine.keep_credentials(&connection, &credentials(&sandbox));
        let world = World { sandbox, machine, clock, connection };
        setup::connect(&world.machine.host, &world.connection, true).await.expect("the connection is set up");
        world.map_products_by_sku().await;
        world
    }

    /// A provider with a few plain customers.
    pub(crate) async fn plain(customers: usize) -> World {
        World::of(Seed { customers, story: false, today: TODAY, ..Seed::default() }).await
    }

    /// The same, with the first plan approved and applied.
    pub(crate) async fn settled(customers: usize) -> World {
        let world = World::plain(customers).await;
        world.approve_plan().await;
        world.apply_complete().await;
        world
    }

    async fn map_products_by_sku(&self) {
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
    pub(crate) async fn change_mapping(&self, change: impl FnOnce(&mut Mapping)) {
        let store = &self.machine.host.store;
        let mut mapping = store.mapping(&self.connection).await.unwrap().expect("the mapping was made at setup");
        change(&mut mapping);
        assert_eq!(mapping.faults(), [], "the story's mapping is sound");
        store.save_mapping(&self.connection, &mapping).await.unwrap();
    }

    pub(crate) async fn plan(&self) -> Plan {
        usage_sync::plan(&self.machine.host, &self.connection).await.expect("a plan is made")
    }

    pub(crate) async fn approve_plan(&self) -> Plan {
        let plan = self.plan().await;
        self.approve(Approve::Plan(plan.id.clone())).await.expect("the plan is approved");
        plan
    }

    pub(crate) async fn approve(&self, what: Approve) -> anyhow::Result<Plan> {
        usage_sync::approve(&self.machine.host, &self.connection, &what, "clerk").await
    }

    pub(crate) async fn apply(&self) -> UsageRun {
        usage_sync::run(&self.machine.host, &self.connection, Mode::Apply).await.expect("the run is recorded")
    }

    pub(crate) async fn apply_complete(&self) -> UsageRun {
        let run = self.apply().await;
        assert_eq!(run.record.outcome, Outcome::Complete, "{:?}", run.record);
        run
    }

    /// Lets days pass for everybody.
    pub(crate) fn pass_days(&self, days: i64) {
        self.sandbox.advance_days(days);
        self.clock.set(self.now());
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.sandbox.world(|world| world.now())
    }

    /// Every request was one that the vendors know.
    pub(crate) fn nothing_unknown(&self) {
        let unknown = self.sandbox.unknown_requests();
        assert!(unknown.is_empty(), "requests that no vendor knows: {unknown:?}");
    }

    /// No line was adjusted twice for the same day, and the adjustments of each add up.
    pub(crate) fn adjustments(&self) -> usize {
        self.sandbox.world(|world| world.adjustments().len())
    }

    /// The mapped companies, by id.
    pub(crate) async fn mapped_companies(&self) -> Vec<CompanyId> {
        let mapping = self.machine.host.store.mapping(&self.connection).await.unwrap().unwrap();
        mapping.mapped_customers().map(|(row, _)| row.company).collect()
    }
}

fn credentials(sandbox: &Sandbox) -> VendorCredentials {
    let given = sandbox.credentials();
    VendorCredentials {
        acronis: AcronisCredentials {
            datacenter_url: sandbox.acronis_url(),
            client_id: given.acronis_client_id,
            client_secret: Secret::new(given.acronis_client_secret),
        },
        autotask: AutotaskCredentials {
            zone_url: sandbox.autotask_url(),
            user_name: given.autotask_user_name,
            secret: Secret::new(given.autotask_secret),
            integration_code: Secret::new(given.autotask_integration_code),
        },
    }
}
