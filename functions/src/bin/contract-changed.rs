//! The Lambda function `contract-changed`: works off a batch of events from its queue. Does nothing else.

use functions::events::Batch;
use functions::{contract_changed, lambda, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::serve(async |function, host, payload| {
        let (host, batch) = (host.patient(), Batch::from_invocation(payload)?);
        let run = async |connection: &_, scope| contract_changed::run(&host, connection, scope, function.mode).await;
        Ok(serde_json::to_value(run::work_off(&batch, run).await)?)
    })
    .await
}
