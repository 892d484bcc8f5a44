//! The Lambda function `dispatch`: says which jobs are due, for every connection. Does nothing else.

use anyhow::Context;
use functions::dispatch::{self, Due};
use functions::lambda;
use serde::Deserialize;
use shared::run::Job;

/// What a schedule sends.
#[derive(Deserialize)]
struct Schedule {
    job: Job,
    /// The hour at the provider's in which it is due; every hour where none is given.
    #[serde(default)]
    hour: Option<i8>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::serve(async |function, host, payload| {
        let schedule: Schedule =
            serde_json::from_value(payload).context("expected {\"job\": \"usage-sync\"} from the schedule")?;
        let due = schedule.hour.map_or(Due::Now, Due::InHour);
        let connections = dispatch::run(&host, &function.bus, schedule.job, due).await?;
        Ok(serde_json::json!({"job": schedule.job, "connections": connections}))
    })
    .await
}
