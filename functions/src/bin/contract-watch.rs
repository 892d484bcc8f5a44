//! The Lambda function `contract-watch`: one look at changed contracts for the connection that is due. Does
//! nothing else.

use anyhow::bail;
use functions::events::SyncDue;
use functions::{contract_watch, lambda};
use shared::run::Outcome;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::serve(async |function, host, payload| {
        let due = SyncDue::from_invocation(payload)?;
        let run = contract_watch::run(&host, &function.bus, &due.connection).await?;
        if let Outcome::Failed(why) = &run.record.outcome {
            bail!("contract-watch of {}: {why}", due.connection);
        }
        Ok(serde_json::to_value(&run.record)?)
    })
    .await
}
