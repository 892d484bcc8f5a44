//! A day of a stack with one connection: which invocations there are, how often, and what each takes. How often is what
//! the template's schedules say, and else what is assumed of customers, here and in infra/README.md.

use crate::provider::{KEY, Provider};
use crate::took::Took;
use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use functions::events::{About, Cause, CompanyChanged, ContractChanged, Event, SyncDue, TicketChanged};
use hmac::{Hmac, Mac};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha1::Sha1;
use shared::ids::{CompanyId, TicketId};
use shared::run::Job;

/// Looks of a job that is due every 5 minutes.
const LOOKS: f64 = 288.0;
const HOURS: f64 = 24.0;
/// Of so many customers, one has an alert each day, which clears later.
const CUSTOMERS_WITH_AN_ALERT: f64 = 50.0;
/// Of so many, one has a contract that somebody changes.
const CUSTOMERS_WITH_A_CHANGE: f64 = 50.0;
/// Calls of Autotask for each customer and day: tickets and notes, whoever writes them.
const CALLS: f64 = 2.0;
/// Lambda waits so long for more messages before it invokes a function, as the template has it.
const WINDOW_SECONDS: f64 = 20.0;
/// Autotask calls while people work.
const WORKING_SECONDS: f64 = 10.0 * 3_600.0;

/// How often things happen in a day that follow from the customers.
struct Often {
    customers: f64,
}

impl Often {
    fn of(customers: usize) -> Often {
        Often { customers: customers as f64 }
    }

    /// Batches of the daily turn: those of one look arrive together.
    fn turns(&self) -> f64 {
        self.customers.min(LOOKS)
    }

    fn changed_contracts(&self) -> f64 {
        self.customers / CUSTOMERS_WITH_A_CHANGE
    }

    /// Looks that find an alert raised or cleared.
    fn changed_alerts(&self) -> f64 {
        (2.0 * self.customers / CUSTOMERS_WITH_AN_ALERT).min(LOOKS - 1.0)
    }

    fn calls(&self) -> f64 {
        self.customers * CALLS
    }

    /// Batches of tickets that Autotask called about.
    fn tickets(&self) -> f64 {
        self.calls().min(WORKING_SECONDS / WINDOW_SECONDS)
    }
}

/// The runs of a day, by job.
pub(crate) fn runs(customers: usize) -> [(Job, f64); 5] {
    let often = Often::of(customers);
    [
        (Job::UsageSync, 1.0 + often.changed_contracts()),
        (Job::ContractWatch, LOOKS),
        (Job::ContractChanged, often.turns() + often.changed_contracts()),
        (Job::AlertSync, LOOKS),
        (Job::TicketChanged, 1.0 + often.tickets()),
    ]
}

/// One kind of invocation.
pub(crate) struct Invoked {
    pub(crate) name: &'static str,
    pub(crate) function: &'static str,
    pub(crate) per_day: f64,
    /// Messages of a queue that it is invoked with.
    pub(crate) messages: usize,
    pub(crate) took: Took,
}

/// Everything that happens within a day.
pub(crate) async fn all(provider: &mut Provider) -> anyhow::Result<Vec<Invoked>> {
    let often = Often::of(provider.customers);
    let mut day = Day { provider, often, all: Vec::new() };
    day.looks().await?;
    day.contracts().await?;
    day.alerts().await?;
    day.tickets().await?;
    day.units().await?;
    Ok(day.all)
}

struct Day<'p> {
    provider: &'p mut Provider,
    often: Often,
    all: Vec<Invoked>,
}

impl Day<'_> {
    async fn invoke(
        &mut self,
        name: &'static str,
        function: &'static str,
        per_day: f64,
        payload: Value,
    ) -> anyhow::Result<()> {
        let messages = payload["Records"].as_array().map_or(0, Vec::len);
        let took = self.provider.invoke(function, payload).await?;
        self.all.push(Invoked { name, function, per_day, messages, took });
        Ok(())
    }

    /// The last invocation made as many changes, and is what it is taken for.
    fn made(&self, changes: usize) -> anyhow::Result<()> {
        let last = self.all.last().context("something was invoked")?;
        ensure!(last.took.made == changes as u64, "{}: {} changes instead of {changes}", last.name, last.took.made);
        Ok(())
    }

    fn due(&self, job: Job) -> Value {
        SyncDue { connection: self.provider.id.clone(), job }.to_invocation()
    }

    async fn looks(&mut self) -> anyhow::Result<()> {
        let often = json!({"job": "alert-sync"});
        self.invoke("what is due every 5 minutes", "dispatch", 2.0 * LOOKS + 1.0, often).await?;
        // At an hour that it is not there: it is due once a day.
        let hourly = json!({"job": "usage-sync", "hour": 25});
        self.invoke("what is due at an hour", "dispatch", HOURS, hourly).await
    }

    /// Contracts: looks at what changed, and everybody's turn.
    async fn contracts(&mut self) -> anyhow::Result<()> {
        let (host, id) = (&self.provider.host, self.provider.id.clone());
        let mut watched = host.store.watched(&id).await?.context("contracts are watched")?;
        watched.swept_at = host.clock.now().checked_sub(SignedDuration::from_mins(5))?;
        host.store.save_watched(&id, &watched).await?;
        let due = self.due(Job::ContractWatch);
        self.invoke("a look at contracts", "contract-watch", LOOKS, due).await?;
        let companies = self.provider.companies();
        let named = companies.iter().cycle().take((self.often.customers / self.often.turns()).ceil() as usize);
        let turn = named.map(|company| {
            let (connection, company) = (id.clone(), CompanyId(*company));
            Event::CompanyChanged(CompanyChanged { connection, company, cause: Cause::Sweep })
        });
        let turn = messages(turn);
        self.invoke("a batch of the daily turn", "contract-changed", self.often.turns(), turn).await?;
        let about = About::Company(CompanyId(companies[0]));
        let changed = messages([Event::ContractChanged(ContractChanged { connection: id, about })]);
        let often = self.often.changed_contracts();
        self.invoke("a changed contract, quotas", "contract-changed", often, changed.clone()).await?;
        self.invoke("a changed contract, units", "usage-sync", often, changed).await
    }

    async fn alerts(&mut self) -> anyhow::Result<()> {
        let changes = self.often.changed_alerts();
        let due = self.due(Job::AlertSync);
        self.invoke("a look, nothing new", "alert-sync", LOOKS - changes, due.clone()).await?;
        self.provider.raise_an_alert();
        self.invoke("a look, one alert changed", "alert-sync", changes, due).await?;
        self.made(1)
    }

    async fn tickets(&mut self) -> anyhow::Result<()> {
        let due = self.due(Job::TicketChanged);
        self.invoke("all tickets", "ticket-changed", 1.0, due).await?;
        let ticket = self.provider.close_the_ticket()?;
        let calls = self.often.calls();
        self.invoke("a call of Autotask's", "autotask-webhook", calls, call(ticket)?).await?;
        // One of them is a ticket of ours; the others are everybody's.
        let batches = self.often.tickets();
        let named = (0..(calls / batches).ceil() as i64).map(|number| {
            let connection = self.provider.id.clone();
            Event::TicketChanged(TicketChanged { connection, ticket: TicketId(ticket + number) })
        });
        let named = messages(named);
        self.invoke("tickets that changed", "ticket-changed", batches, named).await
    }

    async fn units(&mut self) -> anyhow::Result<()> {
        self.provider.live_a_day();
        let due = self.due(Job::UsageSync);
        self.invoke("units of everybody", "usage-sync", 1.0, due).await?;
        self.made(self.provider.changed_a_day())
    }
}

/// Messages as a queue hands them to its function.
fn messages(events: impl IntoIterator<Item = Event>) -> Value {
    let records = events.into_iter().enumerate();
    let records: Vec<Value> = records
        .map(|(number, event)| {
            json!({"messageId": number.to_string(), "eventSource": "aws:sqs", "body": event.to_invocation().to_string()})
        })
        .collect();
    json!({"Records": records})
}

/// A call of Autotask's as it arrives over a function URL.
fn call(ticket: i64) -> anyhow::Result<Value> {
    let body = json!({
        "Action": "Update", "Guid": "67a1c5ab-3eb4-4000-8000-000000000001", "EntityType": "Ticket", "Id": ticket,
        "Fields": {"Status": "Complete"}, "EventTime": "2026-11-22T10:00:00Z", "SequenceNumber": 1, "PersonID": 29682885,
    })
    .to_string();
    let mac = Hmac::<Sha1>::new_from_slice(KEY.as_bytes()).context("a key of any length will do")?;
    let signature = STANDARD.encode(mac.chain_update(&body).finalize().into_bytes());
    Ok(json!({
        "version": "2.0", "rawPath": "/v1/default/autotask", "body": body, "isBase64Encoded": false,
        "requestContext": {"http": {"method": "POST"}}, "headers": {"x-hook-signature": format!("sha1={signature}")},
    }))
}
