//! What is kept and how, and what tells a person that something does not work: logs, alarms and the dashboard, and
//! that each metric they read is one that the code tells.

use super::{Faults, Lambda, Rule, Template, list, resource_of, text};
use crate::sources::rust_files;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::OnceLock;

pub(super) const RULES: [Rule; 6] = [
    ("the table outlives mistakes", table),
    ("queues are encrypted and give up to a person", queues),
    ("every function has its own log, for a while", logs),
    ("every function that fails is told", failures),
    ("alarms read metrics that there are", alarms),
    ("the dashboard reads metrics that there are", dashboard),
];

/// How often a queue gives a message to its function, as one machine does (`MOST_RECEIVES` in `wake`).
const RECEIVES: i64 = 20;
/// The longest that a queue keeps a message: two weeks (Amazon SQS developer guide, Message retention).
const LONGEST_SECONDS: i64 = 1_209_600;
const HOUR: i64 = 3_600;
/// What a provider wants to be told of besides failures: a metric of a job, from where on, and in which time.
const WANTED: [(&str, &str, i64, i64); 9] = [
    ("SinceGoodRun", "usage-sync", 26 * HOUR, 3 * HOUR),
    ("SinceGoodRun", "contract-watch", HOUR, 2 * 900),
    ("SinceGoodRun", "alert-sync", HOUR, 2 * 900),
    ("SinceGoodRun", "ticket-changed", 26 * HOUR, 24 * HOUR),
    ("OldestOpen", "usage-sync", HOUR, HOUR),
    ("WebhooksDisabled", "autotask-webhook", 1, 24 * HOUR),
    ("AutotaskHourUsed", "usage-sync", 75, HOUR),
    ("AutotaskHourUsed", "contract-changed", 75, HOUR),
    ("AutotaskHourUsed", "alert-sync", 75, HOUR),
];
/// Metrics that only some jobs have; the others every job that runs has.
const OF_SOME: [(&str, &[&str]); 3] = [
    ("SinceGoodRun", &["usage-sync", "contract-watch", "alert-sync", "ticket-changed"]),
    ("AutotaskHourUsed", &["usage-sync", "contract-changed", "alert-sync"]),
    ("WebhooksDisabled", &["autotask-webhook"]),
];
const RUNS: [&str; 5] = ["usage-sync", "contract-watch", "contract-changed", "alert-sync", "ticket-changed"];
const OWN_METRICS: &str = "${AWS::StackName}";

fn table(template: &Template) -> Faults {
    let mut faults = Faults::new();
    for (name, table) in template.of_kind("AWS::DynamoDB::Table") {
        let mut fault = |what: &str| faults.push((name.to_owned(), what.to_owned()));
        let whole = &template.resources()[name];
        if whole["DeletionPolicy"] != "Retain" || whole["UpdateReplacePolicy"] != "Retain" {
            fault("it goes with the stack");
        }
        if table["DeletionProtectionEnabled"] != true {
            fault("it can be deleted by mistake");
        }
        if table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] != true {
            fault("it cannot be restored to a moment");
        }
        if table["SSESpecification"]["SSEEnabled"] != true {
            fault("it is not encrypted with a key of the account");
        }
        let expiry = &table["TimeToLiveSpecification"];
        if expiry["Enabled"] != true || !is_in_store(&text(&expiry["AttributeName"])) {
            fault("nothing expires, or not by what the store writes");
        }
        let keys = list(&table["KeySchema"]).into_iter().map(|key| text(&key["AttributeName"]));
        if table["BillingMode"] != "PAY_PER_REQUEST" || !keys.eq(["pk", "sk"]) {
            fault("it is another table than the store makes on one machine");
        }
        if text(&table["TableName"]) != OWN_METRICS {
            fault("its name is not the stack's, by which the command line finds it");
        }
    }
    if template.of_kind("AWS::DynamoDB::Table").count() != 1 {
        faults.push((String::new(), "there is not one table".to_owned()));
    }
    faults
}

/// Whether the store writes an attribute of this name.
fn is_in_store(attribute: &str) -> bool {
    static TEXTS: OnceLock<BTreeSet<String>> = OnceLock::new();
    TEXTS.get_or_init(|| texts_in("functions/src/store")).contains(attribute)
}

/// The texts in the code of a file, or below a folder.
fn texts_in(place: &str) -> BTreeSet<String> {
    let files = rust_files("functions/src").into_iter().filter(|source| source.path.starts_with(place));
    let tokens = files.flat_map(|source| source.product_code());
    tokens.filter(|token| token.literal).map(|token| token.text.trim_matches('"').to_owned()).collect()
}

fn queues(template: &Template) -> Faults {
    let mut faults = Faults::new();
    let all: Vec<(&str, &Value)> = template.of_kind("AWS::SQS::Queue").collect();
    for (name, queue) in &all {
        let mut fault = |what: &str| faults.push(((*name).to_owned(), what.to_owned()));
        if queue["SqsManagedSseEnabled"] != true {
            fault("it is not encrypted");
        }
        if !text(&queue["QueueName"]).starts_with("${AWS::StackName}-") {
            fault("its name is not the stack's");
        }
        let is_last = name.ends_with("DeadLetters");
        let given_up = text(&queue["RedrivePolicy"]["deadLetterTargetArn"]);
        match (is_last, resource_of(&given_up)) {
            (false, Some(dead)) if dead == name.replace("Queue", "DeadLetters") => {
                if queue["RedrivePolicy"]["maxReceiveCount"] != RECEIVES {
                    fault("it gives up earlier or later than one machine does");
                }
            }
            (false, _) => fault("it gives up to no queue of its own"),
            (true, _) if queue["MessageRetentionPeriod"] != LONGEST_SECONDS => {
                fault("what waits for a person is lost soon")
            }
            (true, _) => {}
        }
        let is_watched = |alarm: &Value| {
            let waits = if is_last { "ApproximateNumberOfMessagesVisible" } else { "ApproximateAgeOfOldestMessage" };
            alarm["MetricName"] == waits
                && dimension(alarm, "QueueName").is_some_and(|of| of == format!("${{{name}.QueueName}}"))
        };
        if !template.of_kind("AWS::CloudWatch::Alarm").any(|(_, alarm)| is_watched(alarm)) {
            fault("nobody is told of what waits in it");
        }
    }
    faults
}

fn logs(template: &Template) -> Faults {
    let mut faults = Faults::new();
    for lambda in template.lambdas() {
        let own = format!("{}Logs", lambda.name);
        let group = template.resources().get(&own).unwrap_or(&Value::Null);
        let properties = &group["Properties"];
        let is_named =
            text(&properties["LogGroupName"]) == format!("/aws/lambda/${{AWS::StackName}}-{}", lambda.binary);
        let is_used = text(&lambda.properties["LoggingConfig"]["LogGroup"]) == format!("${{{own}}}");
        if group["Type"] != "AWS::Logs::LogGroup" || !is_named || !is_used {
            faults.push((lambda.name.to_owned(), "it has no log group of its own".to_owned()));
        } else if text(&properties["RetentionInDays"]) != "${LogRetentionDays}" {
            faults.push((own, "it is kept for ever".to_owned()));
        }
    }
    faults
}

/// What an alarm's dimension is.
fn dimension(alarm: &Value, name: &str) -> Option<String> {
    let dimensions = list(&alarm["Dimensions"]);
    dimensions.into_iter().find(|dimension| dimension["Name"] == name).map(|dimension| text(&dimension["Value"]))
}

fn failures(template: &Template) -> Faults {
    let tells = |lambda: &Lambda<'_>, alarm: &Value| {
        // What answers the world fails with a status (AWS Lambda developer guide, Monitoring Lambda function URLs).
        let failures = if template.has_address(lambda) { "Url5xxCount" } else { "Errors" };
        let of_function = alarm["Namespace"] == "AWS/Lambda"
            && alarm["MetricName"] == failures
            && dimension(alarm, "FunctionName") == Some(format!("${{{}}}", lambda.name));
        let of_runs = text(&alarm["Namespace"]) == OWN_METRICS
            && alarm["MetricName"] == "FailedRuns"
            && dimension(alarm, "Job").as_deref() == Some(lambda.binary);
        (of_function || of_runs) && alarm["Threshold"] == 3
    };
    let mut faults = Faults::new();
    for lambda in template.lambdas() {
        if !template.of_kind("AWS::CloudWatch::Alarm").any(|(_, alarm)| tells(&lambda, alarm)) {
            faults.push((lambda.name.to_owned(), "nobody is told when it failed three times".to_owned()));
        }
    }
    faults
}

/// The metrics that the code tells.
fn told() -> &'static BTreeSet<String> {
    static TOLD: OnceLock<BTreeSet<String>> = OnceLock::new();
    TOLD.get_or_init(|| texts_in("functions/src/metrics.rs"))
}

/// What is wrong with a metric of ours that somebody reads.
fn fault_of(metric: &str, job: Option<&str>) -> Option<String> {
    let of_some = OF_SOME.iter().find(|(name, _)| *name == metric).map(|(_, jobs)| *jobs);
    let is_told = told().contains(metric) && job.is_some_and(|job| of_some.unwrap_or(&RUNS).contains(&job));
    (!is_told).then(|| format!("no code tells {metric} of {}", job.unwrap_or("nobody")))
}

fn alarms(template: &Template) -> Faults {
    let mut faults = Faults::new();
    let mut read = BTreeSet::new();
    for (name, alarm) in template.of_kind("AWS::CloudWatch::Alarm") {
        let mut fault = |what: String| faults.push((name.to_owned(), what));
        if !text(&alarm["AlarmName"]).starts_with("${AWS::StackName}-") {
            fault("its name is not the stack's".to_owned());
        }
        if alarm["AlarmActions"]["Fn::If"][0] != "TellsSomebody" {
            fault("it tells nobody".to_owned());
        }
        // All that is watched is better when it is less.
        if alarm["ComparisonOperator"] != "GreaterThanOrEqualToThreshold" {
            fault("it is told when all is well".to_owned());
        }
        let (metric, job) = (text(&alarm["MetricName"]), dimension(alarm, "Job"));
        match text(&alarm["Namespace"]).as_str() {
            OWN_METRICS => {
                fault_of(&metric, job.as_deref()).into_iter().for_each(&mut fault);
                let number = |name: &str| alarm[name].as_i64().unwrap_or_default();
                let time = number("Period") * number("EvaluationPeriods");
                read.insert((metric, job.unwrap_or_default(), number("Threshold"), time));
            }
            namespace if namespace.starts_with("AWS/") => {}
            other => fault(format!("nobody tells metrics as {other}")),
        }
    }
    for (metric, job, threshold, time) in WANTED {
        if !read.contains(&(metric.to_owned(), job.to_owned(), threshold, time)) {
            faults.push((String::new(), format!("no alarm reads {metric} of {job} from {threshold} on in {time} s")));
        }
    }
    faults
}

fn dashboard(template: &Template) -> Faults {
    let mut faults = Faults::new();
    for (name, dashboard) in template.of_kind("AWS::CloudWatch::Dashboard") {
        let mut fault = |what: String| faults.push((name.to_owned(), what));
        let Ok(body) = serde_json::from_str::<Value>(&text(&dashboard["DashboardBody"])) else {
            fault("its body is no JSON".to_owned());
            continue;
        };
        for widget in list(&body["widgets"]) {
            let mut before: Vec<String> = Vec::new();
            for row in list(&widget["properties"]["metrics"]) {
                // A dot stands for what the row before has in its place (Amazon CloudWatch API, Dashboard body).
                let row = list(row).into_iter().filter(|part| part.is_string()).map(text).enumerate();
                let whole = |(at, part): (usize, String)| match part.as_str() {
                    "." => before.get(at).cloned().unwrap_or_default(),
                    _ => part,
                };
                let row: Vec<String> = row.map(whole).collect();
                match &row[..] {
                    [namespace, metric, by, job] if namespace == OWN_METRICS && by == "Job" => {
                        fault_of(metric, Some(job)).into_iter().for_each(&mut fault);
                    }
                    _ => fault(format!("it reads {row:?}")),
                }
                before = row;
            }
        }
    }
    if template.of_kind("AWS::CloudWatch::Dashboard").count() != 1 {
        faults.push((String::new(), "there is not one dashboard".to_owned()));
    }
    faults
}
