//! What a run counts, as CloudWatch reads it from the log (Amazon CloudWatch user guide, Embedded metric format
//! specification). It counts nothing itself.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
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

/// A metric: its name, its value and its unit.
type Metric = (&'static str, (Value, &'static str));

/// Tells the metrics of a run that ended. Each stack has a namespace of its own, so that none raises another's alarms.
pub(crate) fn tell(stack: &str, connection: &ConnectionId, record: &RunRecord) {
    let of = json!({"Job": record.job, "Connection": connection, "Run": record.id});
    told(stack, of, record.heard, of_run(record));
}

/// Tells how long the connection that is worst off is without a good run of a job.
pub(crate) fn tell_since_good_run(stack: &str, job: Job, at: Timestamp, since: SignedDuration) {
    told(stack, json!({"Job": job}), at, vec![("SinceGoodRun", (json!(since.as_secs()), "Seconds"))]);
}

/// Tells that Autotask sends one of a connection's webhooks no more.
pub(crate) fn tell_webhook_disabled(stack: &str, connection: &ConnectionId, at: Timestamp) {
    let of = json!({"Job": "autotask-webhook", "Connection": connection});
    told(stack, of, at, vec![("WebhooksDisabled", (json!(1), "Count"))]);
}

fn of_run(record: &RunRecord) -> Vec<Metric> {
    let counts = &record.counts;
    let count = |number: usize| (json!(number), "Count");
    let acronis = record.calls.values().sum::<u64>().saturating_sub(record.autotask_calls);
    let mut metrics = vec![
        ("Changes", count(counts.changes)),
        ("Made", count(counts.made)),
        ("Held", count(counts.held)),
        ("Refused", count(counts.refused)),
        ("Open", count(counts.open)),
        ("Findings", count(counts.findings)),
        ("AcronisCalls", (json!(acronis), "Count")),
        ("AutotaskCalls", (json!(record.autotask_calls), "Count")),
        ("FailedRuns", count(usize::from(matches!(record.outcome, Outcome::Failed(_))))),
        ("Duration", (json!(record.heard.duration_since(record.started).as_millis() as i64), "Milliseconds")),
    ];
    let oldest = record.unanswered_since.map_or(0, |since| record.heard.duration_since(since).as_secs());
    metrics.push(("OldestOpen", (json!(oldest), "Seconds")));
    let share = record.autotask_used.filter(|(_, limit)| *limit > 0).map(|(used, limit)| used * 100 / limit);
    metrics.extend(share.map(|share| ("AutotaskHourUsed", (json!(share), "Percent"))));
    // CloudWatch is paid by the metrics that anything was told of in an hour (Amazon CloudWatch pricing, Custom
    // metrics). Of jobs that run all day long it hears no zeros.
    metrics.retain(|(_, (value, _))| record.job == Job::UsageSync || *value != json!(0));
    metrics
}

/// Tells metrics, with the members that make CloudWatch read them as such, by the job alone: each metric of each
/// connection would be paid for. Whose they are stands beside them.
fn told(stack: &str, mut of: Value, at: Timestamp, metrics: Vec<Metric>) {
    let described: Vec<Value> = metrics.iter().map(|(name, (_, unit))| json!({"Name": name, "Unit": unit})).collect();
    for (name, (value, _)) in metrics {
        of[name] = value;
    }
    of["_aws"] = json!({
        "Timestamp": at.as_millisecond(),
        "CloudWatchMetrics": [{"Namespace": stack, "Dimensions": [["Job"]], "Metrics": described}],
    });
    tracing::info!(target: TARGET, metrics = %of);
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
