//! The provider whose month is counted: connected, mapped and live for a while, with everything switched on, and behind
//! wires that count. What its functions are given is what Lambda gives them.

use crate::took::{Counters, Took};
use acrotask::demo::credentials;
use acrotask::machine::{Machine, Storage};
use acrotask::table::{EmbeddedTable, client_at};
use anyhow::{Context, bail, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use functions::context::{Clock, Secret, WebhookKeys};
use functions::host::Host;
use functions::http::HttpSettings;
use functions::run::{Approve, Run, Scope};
use functions::store::Store;
use functions::{alert_sync, contract_changed, contract_watch, setup, usage_sync};
use it::bench::counted::{Counted, acronis_endpoint, autotask_endpoint, aws_operation, table_operation, wire};
use it::bench::planted::{self, LINES, Size, customer_name, used};
use it::runtime::{Answer, Function};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use sandbox::acronis::alerts::NewAlert;
use sandbox::{Fault, FaultKind, Sandbox};
use serde_json::Value;
use shared::ids::{ConnectionId, ServiceId};
use shared::mapping::ServiceTarget;
use shared::run::{Job, Mode, Outcome, RunRecord};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const TABLE: &str = "acrotask";
/// The key that Autotask signs its calls with here.
pub(crate) const KEY: &str = "the-key-of-the-bench";
/// An item that everybody uses a little more of every day, and that is sold as nothing: bytes, say.
const GROWING: &str = "pw_base_growing";
/// Of so many lines, one differs after a day.
const LINES_PER_CHANGE: usize = 100;
/// How far back the runs go that are in the table.
const SECONDS_REMEMBERED: f64 = 86_400.0;
/// As long as the longest function may take.
const TIME: Duration = Duration::from_secs(900);

pub(crate) struct Provider {
    pub(crate) sandbox: Sandbox,
    pub(crate) host: Host,
    pub(crate) id: ConnectionId,
    pub(crate) customers: usize,
    counters: Counters,
    environment: Vec<(&'static str, String)>,
    machine: Machine,
    tenants: Vec<String>,
    table: EmbeddedTable,
}

impl Provider {
    /// Plants it, connects it, and lets its first runs make what is to be made.
    pub(crate) async fn new(customers: usize) -> anyhow::Result<Provider> {
        let clock = Clock::system();
        let today = clock.now().to_zoned(TimeZone::UTC).date();
        let sandbox = planted::plant(Size { customers, items: LINES, latency: 0 }, Some(today)).await?;
        sandbox.set_now(clock.now());
        sandbox.world(|world| world.follow_system_clock(true));
        let machine = Machine::start(Storage::InMemory, clock, HttpSettings::default(), true).await?;
        let table = EmbeddedTable::in_memory().await?;
        let (of_vendors, of_table, of_aws) = (Counted::default(), Counted::default(), Counted::default());
        let mut login = credentials(&sandbox);
        login.acronis.datacenter_url = wire(&sandbox.acronis_url(), &of_vendors, acronis_endpoint).await?;
        login.autotask.zone_url = wire(&sandbox.autotask_url(), &of_vendors, autotask_endpoint).await?;
        let (table_url, aws_url) = (
            wire(table.endpoint(), &of_table, table_operation).await?,
            wire(machine.aws_endpoint(), &of_aws, aws_operation).await?,
        );
        let id = ConnectionId::new("default");
        machine.keep_credentials(&id, &login);
        machine.keep_webhook_keys(&id, &WebhookKeys { autotask: vec![Secret::new(KEY)], contract_changed: Vec::new() });
        let environment = vec![
            ("AWS_ENDPOINT_URL_DYNAMODB", table_url.clone()),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", aws_url.clone()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", aws_url),
            ("AWS_ACCESS_KEY_ID", machine.aws_access_key().to_owned()),
            ("TABLE_NAME", TABLE.to_owned()),
            ("EVENT_BUS_NAME", "acrotask".to_owned()),
            ("MODE", "apply".to_owned()),
            ("RUST_LOG", "info".to_owned()),
            ("ACROTASK_ALLOW_LOOPBACK", "1".to_owned()),
        ];
        let host = Host { store: Store::new(client_at(&table_url), TABLE), ..machine.host.clone() };
        let counters = Counters { vendors: of_vendors, table: of_table, aws: of_aws };
        let tenants = Vec::new();
        let mut provider = Provider { sandbox, host, id, customers, counters, environment, machine, tenants, table };
        provider.tenants = (0..customers).map(|number| provider.tenant(number)).collect::<anyhow::Result<_>>()?;
        provider.grow(1);
        provider.settle();
        provider.go_live().await?;
        Ok(provider)
    }

    fn tenant(&self, customer: usize) -> anyhow::Result<String> {
        let found = self.sandbox.world(|world| world.tenant_named(&customer_name(customer)));
        found.context("a customer has a tenant")
    }

    /// No more lines differ than on any other day: what the first run changes is still to be seen in the day that is
    /// counted.
    fn settle(&self) {
        self.sandbox.world(|world| {
            for (customer, tenant) in self.tenants.iter().enumerate() {
                let item = customer % LINES;
                let right = used(customer, item) + 1;
                if !(customer * LINES).is_multiple_of(LINES_PER_CHANGE) {
                    world.set_usage(tenant, &planted::item(item), None, right, Some(right));
                }
            }
        });
    }

    async fn go_live(&mut self) -> anyhow::Result<()> {
        let (host, id) = (&self.host, &self.id);
        host.store.create_table().await?;
        let mut mapping = setup::connect(host, id, false).await?.mapping;
        let services = self.sandbox.world(|world| world.services());
        for (key, row) in &mut mapping.products {
            let service = services.iter().find(|service| service.sku == key.name);
            row.service = service.map(|service| ServiceTarget::Existing(ServiceId(service.id)));
        }
        let settings = &mut mapping.settings;
        (settings.tickets.enabled, settings.tickets.dismiss_on_close) = (true, true);
        let budget = &mut settings.budget;
        (budget.share_percent, budget.units_percent, budget.stop_at_percent) = (100, 100, 100);
        (budget.contracts_percent, budget.tickets_percent) = (100, 100);
        host.store.save_mapping(id, &mapping).await?;
        let all = |plan: &shared::plan::Plan| Approve::Plan(plan.id.clone());
        usage_sync::approve(host, id, &all(&usage_sync::plan(host, id).await?), "the bench").await?;
        let quotas = contract_changed::plan(host, id).await?;
        contract_changed::approve(host, id, &all(&quotas), "the bench").await?;
        alert_sync::approve(host, id, &all(&alert_sync::plan(host, id).await?), "the bench").await?;
        is_complete(usage_sync::run(host, id, Scope::Everybody, Mode::Apply).await?)?;
        is_complete(contract_changed::run(host, id, Scope::Everybody, Mode::Apply).await?)?;
        is_complete(alert_sync::run(host, id, alert_sync::Look::Whole, Mode::Apply).await?)?;
        is_complete(contract_watch::run(host, &self.machine.bus, id).await?)
    }

    /// Puts the runs of the last day into the table: how many there are says what it takes to read them.
    pub(crate) async fn remember(&self, a_day: &[(Job, f64)]) -> anyhow::Result<()> {
        let (store, now) = (&self.host.store, self.host.clock.now());
        let known = store.runs(&self.id, usize::MAX).await?;
        for (job, times) in a_day {
            // What ran once already is as long as what runs again; tickets are looked at as alerts are.
            let like = if *job == Job::TicketChanged { Job::AlertSync } else { *job };
            let last = known.iter().find(|run| run.job == like).context("each job ran")?;
            let between = SignedDuration::from_secs((SECONDS_REMEMBERED / times) as i64);
            let mut started = now.checked_sub(between)?;
            for number in 0..*times as usize {
                let id = format!("{started:.3}-{job}-{number:032}");
                store.save_run(&self.id, &RunRecord { id, job: *job, started, heard: started, ..last.clone() }).await?;
                started = started.checked_sub(between)?;
            }
        }
        Ok(())
    }

    /// From here on every answer of a vendor takes as long.
    pub(crate) fn slow_down(&self, millis: u64) {
        self.sandbox.fail(Fault::always("", FaultKind::Delay { millis }));
    }

    /// A day passes at the customers': everybody uses a little more of what is sold as nothing, and some
    /// lines differ.
    pub(crate) fn live_a_day(&self) {
        self.grow(2);
        self.sandbox.world(|world| {
            for line in (0..self.customers * LINES).step_by(LINES_PER_CHANGE) {
                // Another line than the one that differed at first: each is written once a day.
                let customer = line / LINES;
                let item = (customer + 1) % LINES;
                let more = used(customer, item) + 1;
                world.set_usage(&self.tenants[customer], &planted::item(item), None, more, Some(more));
            }
        });
    }

    /// How many lines differ after a day.
    pub(crate) fn changed_a_day(&self) -> usize {
        (self.customers * LINES).div_ceil(LINES_PER_CHANGE)
    }

    fn grow(&self, to: u64) {
        self.sandbox.world(|world| {
            for tenant in &self.tenants {
                world.set_item_status(tenant, GROWING, None, true);
                world.set_usage(tenant, GROWING, None, to, Some(to));
            }
        });
    }

    /// A backup of the first customer's fails.
    pub(crate) fn raise_an_alert(&self) {
        self.sandbox
            .world(|world| _ = world.raise(NewAlert::of(&self.tenants[0], "BackupFailed").about("SRV-01", "Daily")));
    }

    /// The companies' numbers.
    pub(crate) fn companies(&self) -> Vec<i64> {
        let contracts = self.sandbox.world(|world| world.contracts());
        contracts.into_iter().map(|contract| contract.company_id).collect()
    }

    /// A person completes the first ticket; gives its number.
    pub(crate) fn close_the_ticket(&self) -> anyhow::Result<i64> {
        let ticket = self.sandbox.world(|world| world.tickets()).first().map(|ticket| ticket.id);
        let ticket = ticket.context("the alert made a ticket")?;
        ensure!(self.sandbox.world(|world| world.human_close(ticket)), "the ticket is closed");
        Ok(ticket)
    }

    /// What one invocation of a function takes, in a process of its own, as after a cold start.
    pub(crate) async fn invoke(&mut self, function: &str, payload: Value) -> anyhow::Result<Took> {
        let before = self.counters.so_far();
        while self.machine.events.try_recv().is_ok() {}
        let began = Instant::now();
        let mut process = Function::start(function, &self.environment).await;
        let answer = process.invoke_for(payload, TIME).await;
        let millis = u64::try_from(began.elapsed().as_millis())?;
        let written = process.end().await;
        let answer = match answer {
            Answer::Response(answer) => answer,
            Answer::Error(why) => bail!("{function}: {why}"),
        };
        let ended = &answer["outcome"]["ended"];
        ensure!(ended.is_null() || *ended == "complete", "{function}: {answer}");
        ensure!(answer["batchItemFailures"].as_array().is_none_or(Vec::is_empty), "{function}: {answer}\n{written}");
        let events = std::iter::from_fn(|| self.machine.events.try_recv().ok()).count() as u64;
        let unknown = self.sandbox.unknown_requests();
        ensure!(unknown.is_empty(), "requests that no vendor knows: {unknown:?}");
        Ok(Took::of(&before, &self.counters.so_far(), events, millis, &written, &answer))
    }

    /// The items of the table and their bytes, by kind.
    pub(crate) async fn kept(&self) -> anyhow::Result<BTreeMap<String, (u64, u64)>> {
        let mut kept: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        let mut pages = self.table.client().scan().table_name(TABLE).into_paginator().items().send();
        while let Some(item) = pages.next().await {
            let item = item?;
            let kind = item.get("pk").and_then(|pk| pk.as_s().ok()).context("an item has a key")?;
            let kind = kind.rsplit('#').next().unwrap_or_default().to_owned();
            let value = |value: &AttributeValue| match value {
                AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
                _ => 1,
            };
            let bytes: usize = item.iter().map(|(name, one)| name.len() + value(one)).sum();
            let (items, all) = kept.entry(kind).or_default();
            (*items, *all) = (*items + 1, *all + bytes as u64);
        }
        Ok(kept)
    }
}

fn is_complete(run: Run) -> anyhow::Result<()> {
    ensure!(run.record.outcome == Outcome::Complete, "{}: {}", run.record.job, run.record.outcome);
    Ok(())
}
