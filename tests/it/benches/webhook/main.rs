//! Measures the door: 500 signed calls a second for 10 seconds to the server of one machine, each published
//! on the stand-in for the bus. It prints how long the replies took beside how long they may take.
#![allow(clippy::print_stdout)]

use acrotask::machine::{Machine, Storage};
use acrotask::webhook_server;
use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use functions::context::{Clock, Secret, WebhookKeys};
use functions::http::HttpSettings;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use shared::ids::ConnectionId;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const KEY: &str = "the-key-of-the-measurement";
const A_SECOND: u32 = 500;
const SECONDS: u32 = 10;
/// The 99th of a hundred replies may take as long.
const MOST: Duration = Duration::from_millis(50);

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut took = runtime.block_on(measure())?;
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100];
    let (median, worst_of_hundred, worst) = (at(50), at(99), at(100));
    println!("webhook: {} calls, {A_SECOND} a second", took.len());
    println!("  p50 {median:>10.2?}\n  p99 {worst_of_hundred:>10.2?}   of {MOST:?}\n  max {worst:>10.2?}");
    let is_checked = std::env::args().any(|word| word == "--check");
    ensure!(!is_checked || worst_of_hundred <= MOST, "the replies took longer than they may");
    Ok(())
}

/// How long each reply took, counted from when the call was due: one that had to wait is not forgiven.
async fn measure() -> anyhow::Result<Vec<Duration>> {
    let mut machine = Machine::start(Storage::InMemory, Clock::system(), HttpSettings::default(), true).await?;
    let connection = ConnectionId::new("bench");
    let keys = WebhookKeys { autotask: vec![Secret::new(KEY)], contract_changed: Vec::new() };
    machine.keep_webhook_keys(&connection, &keys);
    let server = webhook_server::start(&machine, 0).await?;
    let (client, url) = (reqwest::Client::new(), format!("{}/v1/bench/autotask", server.url()));
    call(&client, &url, 0).await?;
    let begin = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / A_SECOND);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    let mut calls = JoinSet::new();
    for number in 0..A_SECOND * SECONDS {
        ticks.tick().await;
        let due = begin + Duration::from_secs(1) * number / A_SECOND;
        let (client, url) = (client.clone(), url.clone());
        calls.spawn(async move {
            call(&client, &url, number).await?;
            anyhow::Ok(due.elapsed())
        });
    }
    let mut took = Vec::new();
    while let Some(done) = calls.join_next().await {
        took.push(done??);
    }
    let events = std::iter::from_fn(|| machine.events.try_recv().ok()).count();
    ensure!(events == took.len() + 1, "{events} events came of {} calls", took.len() + 1);
    Ok(took)
}

async fn call(client: &reqwest::Client, url: &str, number: u32) -> anyhow::Result<()> {
    let body = format!(
        r#"{{"Action":"Update","Guid":"67a1c5ab-3eb4-4000-8000-000000000001","EntityType":"Account","Id":{number},"Fields":{{"Company Name":"Alpenblick Apotheke"}},"EventTime":"2026-11-22T10:00:00Z","SequenceNumber":{number},"PersonID":29682885}}"#
    );
    let mac = Hmac::<Sha1>::new_from_slice(KEY.as_bytes()).context("a key of any length will do")?;
    let signature = STANDARD.encode(mac.chain_update(&body).finalize().into_bytes());
    let call = client.post(url).header("x-hook-signature", format!("sha1={signature}")).body(body);
    let status = call.send().await?.status();
    ensure!(status.as_u16() == 200, "it answered {status}");
    Ok(())
}
