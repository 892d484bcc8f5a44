//! What the functions find in the cloud: a table, a bus, the secrets of two connections, and the vendors of
//! both. Everything but the functions themselves.

use acrotask::demo::credentials;
use acrotask::machine::{Machine, Storage};
use aws_sdk_dynamodb::types::AttributeValue;
use functions::context::Clock;
use functions::host::Host;
use functions::http::HttpSettings;
use functions::run::Approve;
use functions::store::Store;
use functions::usage_sync;
use functions::{events::SyncDue, setup};
use it::canary::SearchedTable;
use it::runtime::Function;
use it::wire::Wire;
use jiff::tz::TimeZone;
use sandbox::{Sandbox, Seed};
use serde_json::Value;
use shared::ids::{ConnectionId, ServiceId};
use shared::mapping::ServiceTarget;
use shared::run::Job;
use std::collections::HashMap;

type Item = HashMap<String, AttributeValue>;

const TABLE: &str = "acrotask-of-the-tests";

/// Two connections and all that their functions need.
pub(crate) struct Cloud {
    pub(crate) machine: Machine,
    pub(crate) host: Host,
    pub(crate) connections: Vec<(ConnectionId, Sandbox)>,
    /// Where the functions find the table and the rest of AWS.
    aws: [String; 2],
    table: SearchedTable,
}

impl Cloud {
    /// Two connections with changes to be made, their first plans approved.
    pub(crate) async fn start() -> Cloud {
        let clock = Clock::system();
        let machine = Machine::start(Storage::InMemory, clock, HttpSettings::default(), true).await;
        let machine = machine.expect("the stand-ins for AWS start");
        let table = SearchedTable::in_memory().await;
        let host = Host { store: Store::new(table.client(), TABLE), ..machine.host.clone() };
        host.store.create_table().await.expect("the table is made");
        // No vendor is behind this wire: what is kept or published is searched there.
        let wire = Wire::to(table.endpoint(), "").await;
        let aws = [wire.table_url.clone(), wire.also_to_aws(machine.aws_endpoint()).await];
        let mut cloud = Cloud { machine, host, connections: Vec::new(), aws, table };
        for (name, seed) in [("north", 1), ("south", 2)] {
            cloud.connect(name, seed).await;
        }
        cloud
    }

    async fn connect(&mut self, name: &str, seed: u64) {
        let now = self.host.clock.now();
        let today = now.to_zoned(TimeZone::UTC).date();
        let seed = Seed { customers: 3, seed, story: false, today, changed_percent: 100, ..Seed::default() };
        let sandbox = Sandbox::start(seed).await.expect("the sandbox starts");
        sandbox.set_now(now);
        let connection = ConnectionId::new(name);
        self.machine.keep_credentials(&connection, &credentials(&sandbox));
        let mut mapping = setup::connect(&self.host, &connection, false).await.expect("it is set up").mapping;
        let services = sandbox.world(|world| world.services());
        for (key, row) in &mut mapping.products {
            let service = services.iter().find(|service| service.sku == key.name);
            row.service = service.map(|service| ServiceTarget::Existing(ServiceId(service.id)));
        }
        self.host.store.save_mapping(&connection, &mapping).await.expect("the mapping is saved");
        let plan = usage_sync::plan(&self.host, &connection).await.expect("there is a plan");
        usage_sync::approve(&self.host, &connection, &Approve::Plan(plan.id), "clerk").await.expect("it is approved");
        sandbox.clear_requests();
        self.connections.push((connection, sandbox));
    }

    /// Puts what nobody can read in place of the records of a connection's runs, and says of how many.
    pub(crate) async fn spoil_runs(&self, connection: usize) -> usize {
        let (id, client) = (&self.connections[connection].0, self.table.client());
        let items = client.scan().table_name(TABLE).send().await.expect("the table is read").items.unwrap_or_default();
        let of_runs = |item: &Item| item["pk"] == AttributeValue::S(format!("{id}#runs"));
        let runs: Vec<Item> = items.into_iter().filter(of_runs).collect();
        for run in &runs {
            let mut spoiled = run.clone();
            spoiled.insert("body".to_owned(), AttributeValue::S("{".to_owned()));
            client.put_item().table_name(TABLE).set_item(Some(spoiled)).send().await.expect("it is stored");
        }
        runs.len()
    }

    /// What a function finds in its environment.
    pub(crate) fn environment(&self, mode: &str) -> Vec<(&'static str, String)> {
        let [table, aws] = &self.aws;
        vec![
            ("AWS_ENDPOINT_URL_DYNAMODB", table.clone()),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", aws.clone()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", aws.clone()),
            ("AWS_ACCESS_KEY_ID", self.machine.aws_access_key().to_owned()),
            ("TABLE_NAME", TABLE.to_owned()),
            ("EVENT_BUS_NAME", "acrotask".to_owned()),
            ("MODE", mode.to_owned()),
            ("ACROTASK_ALLOW_LOOPBACK", "1".to_owned()),
        ]
    }

    pub(crate) async fn function(&self, name: &str, mode: &str) -> Function {
        Function::start(name, &self.environment(mode)).await
    }

    /// The event by which a connection's usage sync is due.
    pub(crate) fn due(&self, connection: usize) -> Value {
        let (connection, _) = &self.connections[connection];
        SyncDue { connection: connection.clone(), job: Job::UsageSync }.to_invocation()
    }

    pub(crate) fn sandbox(&self, connection: usize) -> &Sandbox {
        &self.connections[connection].1
    }

    pub(crate) fn adjustments(&self, connection: usize) -> usize {
        self.sandbox(connection).world(|world| world.adjustments().len())
    }

    /// What the plan for a connection would still change.
    pub(crate) async fn changes_left(&self, connection: usize) -> usize {
        let plan = usage_sync::plan(&self.host, &self.connections[connection].0).await.expect("there is a plan");
        plan.changes.len() + plan.held.len()
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        for (_, sandbox) in &self.connections {
            let unknown = sandbox.unknown_requests();
            assert!(unknown.is_empty() || std::thread::panicking(), "requests that no vendor knows: {unknown:?}");
        }
    }
}
