//! One provider whose functions run as their own processes, with a wire between them and all that they ask: the table,
//! both vendors, the bus and the secrets. The time is the system's, because a process has no other.

use acrotask::demo::credentials;
use acrotask::machine::{Machine, Storage};
use functions::context::{Clock, Secret, WebhookKeys};
use functions::events::SyncDue;
use functions::http::HttpSettings;
use functions::setup;
use it::runtime::Function;
use it::wire::Wire;
use it::world::{World, even};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sandbox::Seed;
use serde_json::Value;
use shared::run::Job;

/// More calls than all runs of a story make in its hour.
const HOURLY_LIMIT: usize = 1_000_000;

/// The provider.
pub(crate) struct Stand {
    pub(crate) world: World,
    pub(crate) wire: Wire,
    machine: Machine,
    environment: Vec<(&'static str, String)>,
}

impl Stand {
    /// A provider with customers of this many lines each, all of them right; nothing to do.
    pub(crate) async fn with(customers: usize, lines: usize) -> Stand {
        let now = Timestamp::now();
        let seed = Seed { today: now.to_zoned(TimeZone::UTC).date(), ..even(customers, lines) };
        let (mut world, wire) = World::unconnected(seed, true).await;
        let wire = wire.expect("a wire was asked for");
        world.sandbox.world(|vendors| {
            vendors.set_now(now);
            vendors.follow_system_clock(true);
            vendors.settings.hourly_limit = HOURLY_LIMIT;
        });
        let machine = Machine::start(Storage::InMemory, Clock::system(), HttpSettings::default(), true);
        let machine = machine.await.expect("the machine starts");
        (world.host.secrets, world.host.clock) = (machine.host.secrets.clone(), Clock::system());
        let mut login = credentials(&world.sandbox);
        login.acronis.datacenter_url = wire.also_to_acronis(&world.sandbox.acronis_url()).await;
        login.autotask.zone_url.clone_from(&wire.autotask_url);
        machine.keep_credentials(&world.connection, &login);
        let aws = wire.also_to_aws(machine.aws_endpoint()).await;
        let environment = vec![
            ("AWS_ENDPOINT_URL_DYNAMODB", wire.table_url.clone()),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", aws.clone()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", aws),
            ("AWS_ACCESS_KEY_ID", machine.aws_access_key().to_owned()),
            ("TABLE_NAME", "acrotask".to_owned()),
            ("EVENT_BUS_NAME", "acrotask".to_owned()),
            ("MODE", "apply".to_owned()),
            ("ACROTASK_ALLOW_LOOPBACK", "1".to_owned()),
        ];
        setup::connect(&world.host, &world.connection, true).await.expect("the connection is set up");
        world.map_products_by_sku().await;
        world.settle().await;
        Stand { world, wire, machine, environment }
    }

    /// A new process of a function.
    pub(crate) async fn function(&self, name: &str) -> Function {
        Function::start(name, &self.environment).await
    }

    /// The same with more in its environment.
    pub(crate) async fn function_with(&self, name: &str, more: &[(&'static str, &str)]) -> Function {
        let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
        Function::start(name, &self.environment.iter().cloned().chain(more).collect::<Vec<_>>()).await
    }

    /// Lets the door of the connection know calls by this key.
    pub(crate) fn keep_key(&self, key: &str) {
        let keys = WebhookKeys { contract_changed: vec![Secret::new(key)], ..WebhookKeys::default() };
        self.machine.keep_webhook_keys(&self.world.connection, &keys);
    }

    /// The event by which a job is due.
    pub(crate) fn due(&self, job: Job) -> Value {
        SyncDue { connection: self.world.connection.clone(), job }.to_invocation()
    }

    /// The events published since this was last asked.
    pub(crate) fn published(&mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.machine.events.try_recv().ok()).collect()
    }

    /// The lease of a run that was killed ends after a minute; here it is taken and given back.
    pub(crate) async fn the_lease_is_over(&self, job: Job) {
        let later = Timestamp::now().checked_add(SignedDuration::from_secs(61)).expect("a time in the calendar");
        let store = &self.world.host.store;
        let lease = store.acquire_lease(&self.world.connection, job, "nobody", later).await;
        let lease = lease.expect("the table is there").expect("it is over by then");
        store.release_lease(lease).await.expect("the table is there");
    }
}
