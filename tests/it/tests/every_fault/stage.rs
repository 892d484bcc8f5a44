//! Where the stories play: a small provider that makes the job ask everything it can ask, with a wire before
//! both vendors and the table.

use acrotask::demo::credentials;
use acrotask::machine::{Machine, Storage};
use acrotask::table::client_at;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use functions::host::Host;
use functions::http::HttpSettings;
use functions::run::Scope;
use functions::store::Store;
use functions::usage_sync;
use it::wire::Operation;
use it::wire::Wire;
use it::world::World;
use jiff::civil::Date;
use sandbox::Seed;
use shared::contract::PeriodType;
use shared::ids::BillingCodeId;
use shared::mapping::{NewService, ServiceTarget};
use shared::run::{Mode, Outcome};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long the struck wait for an answer: far more than any takes here.
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);
/// The lease's time, and a second.
pub(crate) const LEASE_IS_OVER_SECONDS: i64 = 61;
/// The longest that a run may take, whatever strikes it.
pub(crate) const ENDS_WITHIN: Duration = Duration::from_secs(60);
/// Items that a customer is sold on a line, or uses without one.
const ITEMS: [&str; 5] =
    ["pw_base_vms", "pw_base_gworkspace_seats", "pw_base_websites", "pw_pack_adv_management", "pw_base_mobiles"];

/// The stage.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) wire: Wire,
    secrets: Machine,
    acronis_url: String,
    new_item: &'static str,
}

/// The store, whose client gives up after a while and tries again soon.
pub(crate) fn store_at(url: &str, patience: Duration) -> Store {
    let retry = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(1));
    let times = TimeoutConfig::builder().read_timeout(patience).build();
    let config = client_at(url).config().to_builder().retry_config(retry).timeout_config(times).build();
    Store::new(aws_sdk_dynamodb::Client::from_conf(config), "acrotask")
}

impl Stage {
    /// A provider on this day, whose customers have lines that are right.
    pub(crate) async fn on(today: Date, customers: usize, lines: usize) -> Stage {
        let seed = Seed { today, ..it::world::even(customers, lines) };
        let (mut world, wire) = World::wired(seed).await;
        let secrets = Machine::start(Storage::InMemory, world.clock.clone(), HttpSettings::default(), true);
        let secrets = secrets.await.expect("the machine starts");
        world.host.secrets = secrets.host.secrets.clone();
        world.host.store = store_at(&wire.table_url, Duration::from_secs(20));
        let acronis_url = wire.also_to_acronis(&world.sandbox.acronis_url()).await;
        let sold: Vec<String> = world.sold().into_iter().map(|sold| sold.item).collect();
        let free = ITEMS.into_iter().filter(|item| !sold.iter().any(|sold| sold == item));
        let [without_line, new_item] = free.take(2).collect::<Vec<_>>()[..] else { panic!("all items have lines") };
        let tenant = world.sold()[0].tenant.clone();
        world.sandbox.world(|vendors| {
            let service = vendors.services()[0].id;
            vendors.add_bundle("All in one", &[service], "9.00".parse().expect("an amount"));
            vendors.set_item_status(&tenant, without_line, None, true);
            vendors.set_usage(&tenant, without_line, None, 3, Some(3));
        });
        let stage = Stage { world, wire, secrets, acronis_url, new_item };
        stage.store_credentials();
        stage.world.settle().await;
        stage.world.all_is_right_and_made_once().await;
        stage
    }

    /// Gives our side the credentials as both vendors have them now.
    pub(crate) fn store_credentials(&self) {
        let mut login = credentials(&self.world.sandbox);
        login.acronis.datacenter_url.clone_from(&self.acronis_url);
        login.autotask.zone_url.clone_from(&self.wire.autotask_url);
        self.secrets.keep_credentials(&self.world.connection, &login);
    }

    /// What is to change: each line by one, and where batches are written, a service to be created.
    pub(crate) async fn something_to_do(&self, column: Operation) {
        self.world.use_one_more_of_each();
        if column != Operation::Batch {
            return;
        }
        let world = &self.world;
        let day = world.now();
        let new = NewService {
            name: format!("Made at {day}"),
            period: PeriodType::Monthly,
            billing_code: BillingCodeId(world.sandbox.world(|vendors| {
                let mut codes = vendors.autotask.table("BillingCodes").rows();
                codes.next().expect("there are billing codes").id()
            })),
            unit_price: "1.10".parse().expect("an amount"),
        };
        let item = self.new_item;
        let change = |mapping: &mut shared::mapping::Mapping| {
            let row = mapping.products.iter_mut().find(|(key, _)| key.name == item);
            row.expect("the item can be given").1.service = Some(ServiceTarget::New(new));
        };
        world.change_mapping(change).await;
    }

    /// Our side, which gives up on a silent vendor or table.
    fn impatient(&self) -> Host {
        let mut host = self.world.host.clone();
        host.http.request_timeout = PATIENCE;
        host.http.retry.most_attempts = 3;
        host.store = store_at(&self.wire.table_url, PATIENCE);
        host
    }

    /// A run that something strikes; the reason where it did not complete.
    pub(crate) async fn struck_run(&self) -> Result<(), String> {
        let host = self.impatient();
        let run = usage_sync::run(&host, &self.world.connection, Scope::Everybody, Mode::Apply);
        let run = tokio::time::timeout(ENDS_WITHIN, run).await.expect("the run ends");
        match run {
            Ok(run) if run.record.outcome == Outcome::Complete => Ok(()),
            Ok(run) => Err(run.record.outcome.to_string()),
            Err(error) => Err(format!("{error:#}")),
        }
    }

    /// A run that is dropped where the wire is cut. False when it came to its end before.
    pub(crate) async fn run_until_cut(&self) -> bool {
        let died = tokio::select! {
            biased;
            () = self.wire.cut() => true,
            run = usage_sync::run(&self.world.host, &self.world.connection, Scope::Everybody, Mode::Apply) => {
                assert_eq!(run.expect("it is recorded").record.outcome, Outcome::Complete);
                false
            }
        };
        self.wire.mend();
        self.wire.quiet().await;
        died
    }

    /// Nothing strikes any more, and nobody holds the lease; the clocks agree.
    pub(crate) fn all_is_well(&self) {
        self.wire.mend();
        self.world.sandbox.clear_faults();
        self.world.pass_seconds(LEASE_IS_OVER_SECONDS);
    }

    /// Units of every line.
    pub(crate) fn units(&self) -> BTreeMap<i64, i64> {
        self.world.sold().iter().map(|sold| (sold.line, self.world.units(sold))).collect()
    }

    /// No line stands anywhere but where it was or where it should be.
    pub(crate) fn nothing_is_astray(&self, before: &BTreeMap<i64, i64>) {
        for sold in self.world.sold() {
            let (units, used) = (self.world.units(&sold), self.world.used(&sold));
            assert!(units == used || units == before[&sold.line], "{units} units, {used} used, before: {before:?}");
        }
    }
}

/// A stage that stories take in turns.
pub(crate) type Shared = Arc<Stage>;
