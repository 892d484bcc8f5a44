//! The Lambda function `usage-sync`: one run for the connection that is due, or one for the customers that a batch
//! of events from its queue names; and the check of credentials that were offered in the console. Does nothing else.

use functions::events::{Batch, CredentialsOffered, SyncDue};
use functions::run::{Scope, work_off};
use functions::{lambda, setup, usage_sync};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::serve(async |function, host, payload| {
        if Batch::is_one(&payload) {
            let (host, batch) = (host.patient(), Batch::from_invocation(payload)?);
            let run = async |connection: &_, scope| usage_sync::run(&host, connection, scope, function.mode).await;
            return Ok(serde_json::to_value(work_off(&batch, run).await)?);
        }
        if let Some(offered) = CredentialsOffered::from_invocation(&payload)? {
            setup::take_up(&host, &offered).await?;
            return Ok(serde_json::Value::Null);
        }
        let due = SyncDue::from_invocation(payload)?;
        let run = usage_sync::run(&host, &due.connection, Scope::Everybody, function.mode).await?;
        run.answer(&due.connection)
    })
    .await
}
