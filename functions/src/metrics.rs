//! What a run counts, as CloudWatch reads it from the log (Amazon CloudWatch user guide, Embedded metric format
//! specification). It counts nothing itself.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use shared::ids::ConnectionId;
use shared::run::{Job, Outcome, RunRecord};
use std::fmt;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// The target of the events that hold metrics; where nobody writes them for CloudWatch they go nowhere.
pub const TARGET: &str = "acrotask::metrics";

const GOOD_RUNS: &str = "GoodRuns";

/// A metric: its name, its value and its unit.
type Metric = (&'static str, (Value, &'static str));

/// Tells the metrics of a run that ended, by the connection and the job. Each stack has a namespace of its own, so that
/// none raises another's alarms.
pub(crate) fn tell(stack: &str, connection: &ConnectionId, record: &RunRecord) {
    let mut all = told(stack, connection, &record.job.to_string(), record.heard, of_run(record));
    all.insert("Run".to_owned(), json!(record.id));
    tracing::info!(target: TARGET, metrics = %serde_json::Value::Object(all));
}

/// Tells that Autotask sends one of a connection's webhooks no more.
pub(crate) fn tell_webhook_disabled(stack: &str, connection: &ConnectionId, at: Timestamp) {
    let all = told(stack, connection, "autotask-webhook", at, vec![("WebhooksDisabled", (json!(1), "Count"))]);
    tracing::info!(target: TARGET, metrics = %serde_json::Value::Object(all));
}

fn of_run(record: &RunRecord) -> Vec<Metric> {
    let counts = &record.counts;
    let count = |number: usize| (json!(number), "Count");
    let acronis = record.calls.values().sum::<u64>().saturating_sub(record.autotask_calls);
    let is_good = matches!(record.outcome, Outcome::Complete | Outcome::Stopped(_));
    let mut metrics = vec![
        ("Changes", count(counts.changes)),
        ("Made", count(counts.made)),
        ("Held", count(counts.held)),
        ("Refused", count(counts.refused)),
        ("Open", count(counts.open)),
        ("Findings", count(counts.findings)),
        ("AcronisCalls", (json!(acronis), "Count")),
        ("AutotaskCalls", (json!(record.autotask_calls), "Count")),
        (GOOD_RUNS, count(usize::from(is_good))),
        ("FailedRuns", count(usize::from(matches!(record.outcome, Outcome::Failed(_))))),
        ("Duration", (json!(record.heard.duration_since(record.started).as_millis() as i64), "Milliseconds")),
    ];
    let oldest = record.unanswered_since.map_or(0, |since| record.heard.duration_since(since).as_secs());
    metrics.push(("OldestOpen", (json!(oldest), "Seconds")));
    let share = record.autotask_used.filter(|(_, limit)| *limit > 0).map(|(used, limit)| used * 100 / limit);
    metrics.extend(share.map(|share| ("AutotaskHourUsed", (json!(share), "Percent"))));
    // CloudWatch is paid by the metrics that anything was told of in an hour (Amazon CloudWatch pricing, Custom
    // metrics). Of jobs that run all day long it hears no zeros, but for the one by which silence is noticed.
    metrics.retain(|(name, (value, _))| record.job == Job::UsageSync || *name == GOOD_RUNS || *value != json!(0));
    metrics
}

/// Metrics with the members that make CloudWatch read them as such.
fn told(stack: &str, connection: &ConnectionId, job: &str, at: Timestamp, metrics: Vec<Metric>) -> Map<String, Value> {
    let described: Vec<Value> = metrics.iter().map(|(name, (_, unit))| json!({"Name": name, "Unit": unit})).collect();
    let mut all = Map::from_iter(metrics.into_iter().map(|(name, (value, _))| (name.to_owned(), value)));
    all.insert("Connection".to_owned(), json!(connection));
    all.insert("Job".to_owned(), json!(job));
    all.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": at.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": stack,
                "Dimensions": [["Connection", "Job"], ["Job"]],
                "Metrics": described,
            }],
        }),
    );
    all
}

/// Writes the metrics alone, each on a line of its own: CloudWatch reads no others.
#[derive(Debug)]
pub(crate) struct AsCloudWatchReads;

struct Metrics<'a, 'w>(&'a mut Writer<'w>, fmt::Result);

impl Visit for Metrics<'_, '_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "metrics" {
            self.1 = self.1.and_then(|()| writeln!(self.0, "{value:?}"));
        }
    }
}

impl<S, N> FormatEvent<S, N> for AsCloudWatchReads
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut metrics = Metrics(&mut writer, Ok(()));
        event.record(&mut metrics);
        metrics.1
    }
}
