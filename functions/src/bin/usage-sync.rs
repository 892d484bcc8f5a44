//! The Lambda function `usage-sync`: one run for the connection that is due. Does nothing else.

use anyhow::bail;
use functions::events::SyncDue;
use functions::{lambda, usage_sync};
use shared::run::Outcome;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::serve(async |function, host, payload| {
        let due = SyncDue::from_invocation(payload)?;
        let run = usage_sync::run(&host, &due.connection, function.mode).await?;
        if let Outcome::Failed(why) = &run.record.outcome {
            bail!("usage-sync of {}: {why}", due.connection);
        }
        Ok(serde_json::to_value(&run.record)?)
    })
    .await
}
