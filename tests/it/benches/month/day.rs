//! A day of a stack with one connection: which invocations there are, how often, and what each takes. How often is what
//! the template's schedules say, and else what is assumed of customers, here and in infra/README.md.

use crate::provider::{KEY, Provider};
use crate::took::Took;
use anyhow::Context;
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
/// The most messages in a batch that is taken for granted; Lambda may bring 10.
const MOST_IN_A_BATCH: f64 = 5.0;

/// One kind of invocation.
pub(crate) struct Invoked {
    pub(crate) name: &'static str,
    pub(crate) function: &'static str,
    pub(crate) per_day: f64,
    pub(crate) took: Took,
}

/// The companies whose turn it is in one look, the messages in a batch of them, and the batches of a day.
pub(crate) fn turns(customers: f64) -> (f64, f64, f64) {
    let turn = customers / LOOKS;
    let batch = (turn / 2.0).ceil().clamp(1.0, MOST_IN_A_BATCH);
    (turn, batch, customers / batch)
}

/// Everything that happens within a day.
pub(crate) async fn all(provider: &mut Provider) -> anyhow::Result<Vec<Invoked>> {
    let mut day = Day { provider, all: Vec::new() };
    day.looks().await?;
    day.contracts().await?;
    day.alerts().await?;
    day.tickets().await?;
    day.units().await?;
    Ok(day.all)
}

struct Day<'p> {
    provider: &'p mut Provider,
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
        let took = self.provider.invoke(function, payload).await?;
        self.all.push(Invoked { name, function, per_day, took });
        Ok(())
    }

    fn customers(&self) -> f64 {
        self.provider.customers as f64
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
        let (_, batch, batches) = turns(self.customers());
        let named = companies.iter().cycle().take(batch as usize);
        let turn = named.map(|company| {
            let (connection, company) = (id.clone(), CompanyId(*company));
            Event::CompanyChanged(CompanyChanged { connection, company, cause: Cause::Sweep })
        });
        let turn = messages(turn);
        self.invoke("a batch of the daily turn", "contract-changed", batches, turn).await?;
        let about = About::Company(CompanyId(companies[0]));
        let changed = messages([Event::ContractChanged(ContractChanged { connection: id, about })]);
        let often = self.customers() / CUSTOMERS_WITH_A_CHANGE;
        self.invoke("a changed contract, quotas", "contract-changed", often, changed.clone()).await?;
        self.invoke("a changed contract, units", "usage-sync", often, changed).await
    }

    async fn alerts(&mut self) -> anyhow::Result<()> {
        let changes = (2.0 * self.customers() / CUSTOMERS_WITH_AN_ALERT).min(LOOKS - 1.0);
        let due = self.due(Job::AlertSync);
        self.invoke("a look, nothing new", "alert-sync", LOOKS - changes, due.clone()).await?;
        self.provider.raise_an_alert();
        self.invoke("a look, one alert changed", "alert-sync", changes, due).await
    }

    async fn tickets(&mut self) -> anyhow::Result<()> {
        let due = self.due(Job::TicketChanged);
        self.invoke("all tickets", "ticket-changed", 1.0, due).await?;
        let ticket = self.provider.close_the_ticket()?;
        let calls = self.customers() * CALLS;
        self.invoke("a call of Autotask's", "autotask-webhook", calls, call(ticket)?).await?;
        let connection = self.provider.id.clone();
        let closed = Event::TicketChanged(TicketChanged { connection, ticket: TicketId(ticket) });
        self.invoke("a ticket that changed", "ticket-changed", calls, messages([closed])).await
    }

    async fn units(&mut self) -> anyhow::Result<()> {
        self.provider.live_a_day();
        let due = self.due(Job::UsageSync);
        self.invoke("units of everybody", "usage-sync", 1.0, due).await
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
