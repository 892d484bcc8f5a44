//! What the functions write: each run its metrics as one line that CloudWatch reads, and each failure one line that
//! says of which connection, job and run.

use crate::cloud::Cloud;
use crate::{error, response};
use functions::events::{Cause, CompanyChanged, Event, SyncDue};
use it::logs;
use it::runtime::Function;
use serde_json::{Value, json};
use shared::ids::{CompanyId, ConnectionId};
use shared::run::Job;

const JOBS: [Job; 5] = [Job::UsageSync, Job::ContractWatch, Job::ContractChanged, Job::AlertSync, Job::TicketChanged];

/// What wakes a job of a connection: the event by which it is due, or else a message from its queue.
fn waking(connection: &str, job: Job) -> Value {
    let connection = ConnectionId::new(connection);
    if job != Job::ContractChanged {
        return SyncDue { connection, job }.to_invocation();
    }
    let turn = Event::CompanyChanged(CompanyChanged { connection, company: CompanyId(175), cause: Cause::Sweep });
    json!({"Records": [{"messageId": "1", "body": turn.to_invocation().to_string()}]})
}

/// A metric; what is not told is 0.
fn told(metrics: &Value, name: &str) -> u64 {
    metrics[name].as_u64().unwrap_or_default()
}

/// The run that a line of the log says it is of.
fn run_of(line: &Value) -> [&str; 3] {
    ["connection", "job", "run"].map(|name| line["span"][name].as_str().unwrap_or_else(|| panic!("no {name}: {line}")))
}

#[tokio::test]
async fn each_run_tells_its_metrics_in_one_line() {
    let cloud = Cloud::start().await;
    for job in JOBS {
        let mut function = cloud.function(&job.to_string(), "apply").await;
        response(function.invoke(waking("north", job)).await);
        let written = function.end().await;
        let metrics = logs::metrics(&written);
        let [metrics] = &metrics[..] else { panic!("one run, one line: {written}") };
        assert_eq!([&metrics["Connection"], &metrics["Job"]], ["north", &*job.to_string()]);
        assert_eq!(told(metrics, "FailedRuns"), 0, "{metrics}");
        assert!(metrics["Run"].as_str().is_some_and(|run| !run.is_empty()), "{metrics}");
        assert_eq!(logs::errors(&written), Vec::<Value>::new());
        let all = metrics["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().map_or(0, Vec::len);
        if job == Job::UsageSync {
            assert_eq!((all, told(metrics, "Open")), (12, 0), "what is answered by now is told: {metrics}");
            let made = cloud.adjustments(0);
            assert!(made > 0);
            assert_eq!([&metrics["Changes"], &metrics["Made"]], [&json!(made), &json!(made)]);
            assert!(metrics["AutotaskHourUsed"].is_number() && metrics["AutotaskCalls"].as_u64() > Some(made as u64));
        } else {
            assert!(all <= 8, "jobs that run all day tell no zeros: {metrics}");
        }
    }
}

#[tokio::test]
async fn each_failure_is_one_line_and_says_of_which_run() {
    let cloud = Cloud::start().await;
    for job in JOBS {
        let mut function = cloud.function(&job.to_string(), "apply").await;
        function.invoke(waking("west", job)).await;
        let written = function.end().await;
        let (errors, metrics) = (logs::errors(&written), logs::metrics(&written));
        let ([failure], [metrics]) = (&errors[..], &metrics[..]) else { panic!("one failure, one line: {written}") };
        assert!(failure["fields"]["message"].as_str().is_some_and(|text| text.contains("is not set up")), "{failure}");
        assert_eq!(run_of(failure), ["west", &*job.to_string(), metrics["Run"].as_str().expect("a run")]);
        assert_eq!(told(metrics, "FailedRuns"), 1, "{metrics}");
    }
}

#[tokio::test]
async fn a_run_that_cannot_be_recorded_is_told_once_too() {
    let cloud = Cloud::start().await;
    let mut environment = cloud.environment("apply");
    environment.retain(|(name, _)| *name != "TABLE_NAME");
    environment.push(("TABLE_NAME", "a-table-that-is-not-there".to_owned()));
    for job in [Job::UsageSync, Job::ContractChanged] {
        let mut function = Function::start(&job.to_string(), &environment).await;
        function.invoke(waking("north", job)).await;
        let written = function.end().await;
        let errors = logs::errors(&written);
        let [reading, saving] = &errors[..] else { panic!("it fails to read and to save: {written}") };
        assert!(reading["fields"]["message"].as_str().is_some_and(|text| text.starts_with("reading connections")));
        assert!(saving["fields"]["message"].as_str().is_some_and(|text| text.starts_with("saving the run's record")));
        assert_eq!(run_of(reading), run_of(saving));
        assert_eq!(run_of(saving)[..2], ["north", &*job.to_string()]);
    }
}

#[tokio::test]
async fn an_invocation_that_is_none_is_one_line_with_its_request() {
    let cloud = Cloud::start().await;
    let mut function = cloud.function("usage-sync", "apply").await;
    error(function.invoke(json!({})).await);
    let written = function.end().await;
    let errors = logs::errors(&written);
    let [failure] = &errors[..] else { panic!("one failure, one line: {written}") };
    assert!(failure["fields"]["request"].as_str().is_some_and(|request| !request.is_empty()), "{failure}");
    assert_eq!(logs::metrics(&written), Vec::<Value>::new());
}
