//! The Lambda function `dispatch`: says which jobs are due, for every connection. Does nothing else.

use anyhow::Context;
use functions::{dispatch, lambda};
use serde::Deserialize;
use shared::run::Job;

/// What a schedule sends.
#[derive(Deserialize)]
struct Schedule {
    job: Job,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::serve(async |function, host, payload| {
        let schedule: Schedule =
            serde_json::from_value(payload).context("expected {\"job\": \"usage-sync\"} from the schedule")?;
        let connections = dispatch::run(&host.store, &function.bus, schedule.job).await?;
        Ok(serde_json::json!({"job": schedule.job, "connections": connections}))
    })
    .await
}
