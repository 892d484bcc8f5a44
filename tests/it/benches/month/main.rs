//! Counts what a month of a stack with one connection takes on AWS, and what that costs: the functions themselves run
//! once for each thing that happens, everything that they call is counted, and it is multiplied by how often it happens.
// Nobody is billed by these figures: they are estimates, and floats will do.
#![allow(clippy::float_arithmetic, clippy::print_stdout)]

mod bill;
mod day;
mod provider;
mod took;

use anyhow::{Context, bail};
use bill::{Bill, Month};
use day::Invoked;
use provider::Provider;
use std::collections::BTreeMap;

/// Milliseconds that a vendor takes for an answer, where nothing else is said.
const LATENCY: u64 = 50;
const DAYS_IN_A_MONTH: f64 = 365.0 / 12.0;
const HOURS_IN_A_DAY: f64 = 24.0;
const SECONDS_IN_A_DAY: f64 = 86_400.0;
/// How long the records of runs that found nothing are kept, and, here, of all others.
const IDLE_DAYS: f64 = 3.0;
const DAYS_KEPT: f64 = 365.0;
/// Jobs of which such records are kept shorter.
const LOOKS_OFTEN: [&str; 3] = ["contract-watch", "alert-sync", "ticket-changed"];
/// Lambda looks after a queue with five pollers at least, where its concurrency is bounded, each of which waits 20
/// seconds for messages (AWS Lambda developer guide, Configuring scaling behavior for SQS event source mappings).
const POLLERS: f64 = 5.0;
const POLL_SECONDS: f64 = 20.0;
/// A message is sent, received and deleted, each by itself where it is alone.
const REQUESTS_OF_A_MESSAGE: f64 = 3.0;
/// How many secrets a connection has.
const SECRETS: f64 = 2.0;
/// DynamoDB asks for the table's key once in five minutes for each who uses it (Amazon DynamoDB developer guide,
/// Encryption at rest: how it works); six functions do.
const KEY_REQUESTS_A_DAY: f64 = 6.0 * 288.0;
/// What a call to a vendor sends, with all that belongs to it.
const BYTES_OF_A_CALL: f64 = 2_000.0;

fn main() -> anyhow::Result<()> {
    let (sizes, latency) = asked()?;
    // Before anything is measured.
    it::program::built("dispatch");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    sizes.into_iter().try_for_each(|customers| runtime.block_on(count(customers, latency)))
}

fn asked() -> anyhow::Result<(Vec<usize>, u64)> {
    let (mut sizes, mut latency) = (Vec::new(), LATENCY);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            // What cargo adds by itself.
            "--bench" => {}
            "--customers" => sizes.push(value()?.parse().context("--customers takes a number")?),
            "--latency" => latency = value()?.parse().context("--latency takes milliseconds")?,
            _ => bail!("unknown: {word}; known are --customers N and --latency MS"),
        }
    }
    Ok((if sizes.is_empty() { vec![100, 1_000] } else { sizes }, latency))
}

async fn count(customers: usize, latency: u64) -> anyhow::Result<()> {
    let mut provider = Provider::new(customers).await?;
    provider.remember(&day::runs(customers)).await?;
    provider.slow_down(latency);
    let day = day::all(&mut provider).await?;
    let kept = provider.kept().await?;
    println!("{customers} customers, {latency} ms for each answer of a vendor");
    show(&day);
    println!("  the table: {}", words(&kept));
    println!("{}", Bill::of(&month(&day, &kept)?));
    Ok(())
}

fn show(day: &[Invoked]) {
    println!(
        "  {:<28} {:<17} {:>8} {:>7} {:>8} {:>7} {:>7} {:>7} {:>6} {:>7} {:>7} {:>7}",
        "",
        "function",
        "a day",
        "Acronis",
        "Autotask",
        "reads",
        "writes",
        "secrets",
        "events",
        "log B",
        "metrics",
        "ms"
    );
    for Invoked { name, function, per_day, took, .. } in day {
        println!(
            "  {name:<28} {function:<17} {per_day:>8.1} {:>7} {:>8} {:>7} {:>7} {:>7} {:>6} {:>7} {:>7} {:>7}",
            took.acronis,
            took.autotask,
            took.read_units,
            took.write_units,
            took.secrets,
            took.events,
            took.log_bytes,
            took.metrics.len(),
            took.millis
        );
    }
}

fn words(kept: &BTreeMap<String, (u64, u64)>) -> String {
    let words: Vec<String> = kept.iter().map(|(kind, (items, bytes))| format!("{kind} {items} ({bytes} B)")).collect();
    words.join(", ")
}

fn month(day: &[Invoked], kept: &BTreeMap<String, (u64, u64)>) -> anyhow::Result<Month> {
    let template = Template::read()?;
    let a_day = |of: &dyn Fn(&Invoked) -> f64| day.iter().map(|one| one.per_day * of(one)).sum::<f64>();
    let a_month = |of: &dyn Fn(&Invoked) -> f64| a_day(of) * DAYS_IN_A_MONTH;
    let mut gb_seconds = 0.0;
    for one in day {
        let gb = template.memory_of(one.function)? / 1_024.0;
        gb_seconds += one.per_day * DAYS_IN_A_MONTH * gb * one.took.millis as f64 / 1_000.0;
    }
    let messages = a_month(&|one| one.messages as f64);
    let polls = template.queues() * POLLERS * SECONDS_IN_A_DAY / POLL_SECONDS * DAYS_IN_A_MONTH;
    let log_bytes = a_month(&|one| one.took.log_bytes as f64);
    Ok(Month {
        invocations: a_month(&|_| 1.0),
        gb_seconds,
        read_units: a_month(&|one| one.took.read_units as f64),
        write_units: a_month(&|one| one.took.write_units as f64),
        table_bytes: after_a_year(day, kept),
        events: a_month(&|one| one.took.events as f64),
        queue_requests: polls + messages * REQUESTS_OF_A_MESSAGE,
        secrets: SECRETS,
        secret_calls: a_month(&|one| one.took.secrets as f64),
        metrics: metrics(day),
        alarms: template.count("AWS::CloudWatch::Alarm"),
        dashboards: template.count("AWS::CloudWatch::Dashboard"),
        log_bytes,
        log_bytes_kept: log_bytes / DAYS_IN_A_MONTH * template.log_days()?,
        key_requests: KEY_REQUESTS_A_DAY * DAYS_IN_A_MONTH,
        bytes_sent: a_month(&|one| (one.took.acronis + one.took.autotask) as f64) * BYTES_OF_A_CALL,
    })
}

/// A metric is paid for by the hours in which it was told.
fn metrics(day: &[Invoked]) -> f64 {
    let mut told: BTreeMap<&str, f64> = BTreeMap::new();
    for one in day {
        one.took.metrics.iter().for_each(|metric| *told.entry(metric).or_default() += one.per_day);
    }
    told.into_values().map(|times| times.min(HOURS_IN_A_DAY) / HOURS_IN_A_DAY).sum()
}

/// The table's bytes after a year: what is there, and what is added each day of that which is kept.
fn after_a_year(day: &[Invoked], kept: &BTreeMap<String, (u64, u64)>) -> f64 {
    let of = |kind: &str| kept.get(kind).copied().unwrap_or_default();
    let mean = |kind| of(kind).1 as f64 / of(kind).0.max(1) as f64;
    let grows = ["runs", "changes", "approvals"];
    let stays: u64 = kept.iter().filter(|(kind, _)| !grows.contains(&kind.as_str())).map(|(_, (_, bytes))| bytes).sum();
    let runs = day.iter().filter(|one| !["dispatch", "autotask-webhook"].contains(&one.function));
    let days = |one: &Invoked| match LOOKS_OFTEN.contains(&one.function) && one.took.made == 0 {
        true => IDLE_DAYS,
        false => DAYS_KEPT,
    };
    let runs: f64 = runs.map(|one| one.per_day * days(one)).sum();
    let units = day.iter().filter(|one| one.function == "usage-sync");
    let changes: f64 = units.map(|one| one.per_day * one.took.made as f64 * DAYS_KEPT).sum();
    stays as f64 + runs * mean("runs") + changes * mean("changes")
}

/// What the template says of the things that cost while they stand there.
struct Template(String);

impl Template {
    fn read() -> anyhow::Result<Template> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/template.yaml");
        Ok(Template(std::fs::read_to_string(path).context("the template is there")?))
    }

    fn count(&self, kind: &str) -> f64 {
        self.0.lines().filter(|line| line.trim() == format!("Type: {kind}")).count() as f64
    }

    /// Queues that a function looks after.
    fn queues(&self) -> f64 {
        self.0.lines().filter(|line| line.trim() == "Type: SQS").count() as f64
    }

    /// The number behind a word, at its first place after another one.
    fn number(&self, after: &str, word: &str) -> anyhow::Result<f64> {
        let (_, rest) = self.0.split_once(after).with_context(|| format!("no {after} in the template"))?;
        let line = rest.lines().find_map(|line| line.trim().strip_prefix(word)).context("it has that word")?;
        Ok(line.trim().parse()?)
    }

    /// MB.
    fn memory_of(&self, function: &str) -> anyhow::Result<f64> {
        self.number(&format!("FunctionName: !Sub ${{AWS::StackName}}-{function}\n"), "MemorySize:")
    }

    fn log_days(&self) -> anyhow::Result<f64> {
        self.number("LogRetentionDays:\n", "Default:")
    }
}
