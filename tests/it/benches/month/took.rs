//! What one invocation took, of everything that is paid for.

use it::bench::counted::{Counted, Counts};
use serde_json::Value;
use std::collections::BTreeSet;

/// What Lambda itself writes of each invocation: INIT_START, START, END and REPORT (AWS Lambda developer guide, Sending
/// Lambda function logs to CloudWatch Logs).
const LINES_OF_LAMBDA: u64 = 4;
const BYTES_OF_LAMBDA: u64 = 480;
/// What CloudWatch counts for each line besides its text (Amazon CloudWatch Logs API, PutLogEvents).
const BYTES_OF_A_LINE: u64 = 26;

/// The wires before everything that is called.
pub(crate) struct Counters {
    pub(crate) vendors: Counted,
    pub(crate) table: Counted,
    pub(crate) aws: Counted,
}

/// What passed each of them.
pub(crate) struct Passed {
    vendors: Counts,
    table: Counts,
    aws: Counts,
}

impl Counters {
    pub(crate) fn so_far(&self) -> Passed {
        Passed { vendors: self.vendors.so_far(), table: self.table.so_far(), aws: self.aws.so_far() }
    }
}

/// What an invocation took.
#[derive(Debug, Clone, Default)]
pub(crate) struct Took {
    pub(crate) acronis: u64,
    pub(crate) autotask: u64,
    pub(crate) read_units: u64,
    pub(crate) write_units: u64,
    pub(crate) secrets: u64,
    pub(crate) events: u64,
    pub(crate) log_bytes: u64,
    pub(crate) millis: u64,
    /// Changes that were made.
    pub(crate) made: u64,
    /// The metrics that were told, each with its dimensions.
    pub(crate) metrics: BTreeSet<String>,
}

impl Took {
    pub(crate) fn of(before: &Passed, after: &Passed, events: u64, millis: u64, written: &str, answer: &Value) -> Took {
        let vendors = after.vendors.clone().since(&before.vendors);
        let calls_of = |counts: &Counts, name: &str| {
            let of_it = counts.calls.iter().filter(|(endpoint, _)| endpoint.starts_with(name));
            of_it.map(|(_, passed)| passed.calls).sum()
        };
        let table = after.table.clone().since(&before.table).taken;
        let aws = after.aws.clone().since(&before.aws);
        let lines = written.lines().count() as u64 + LINES_OF_LAMBDA;
        Took {
            acronis: calls_of(&vendors, "acronis"),
            autotask: calls_of(&vendors, "autotask"),
            read_units: table.read_units,
            write_units: table.write_units,
            secrets: calls_of(&aws, "aws GetSecretValue"),
            events,
            log_bytes: written.len() as u64 + BYTES_OF_LAMBDA + lines * BYTES_OF_A_LINE,
            millis,
            made: answer["counts"]["made"].as_u64().unwrap_or_default(),
            metrics: it::logs::metrics(written).iter().flat_map(metrics).collect(),
        }
    }
}

/// The metrics of a line: CloudWatch takes each set of dimensions for one of its own.
fn metrics(line: &Value) -> Vec<String> {
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten();
    let told = directives.flat_map(|directive| {
        let sets = directive["Dimensions"].as_array().into_iter().flatten();
        sets.flat_map(move |set| {
            let names = set.as_array().into_iter().flatten().filter_map(Value::as_str);
            let of: Vec<String> = names.map(|name| format!("{name} {}", line[name])).collect();
            let metrics = directive["Metrics"].as_array().into_iter().flatten();
            metrics.map(move |metric| format!("{} of {}", metric["Name"], of.join(", ")))
        })
    });
    told.collect()
}
