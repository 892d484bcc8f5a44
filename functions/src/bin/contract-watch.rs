//! The Lambda function `contract-watch`: one look at changed contracts for the connection that is due. Does
//! nothing else.

use functions::events::SyncDue;
use functions::{contract_watch, lambda};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::serve(async |function, host, payload| {
        let due = SyncDue::from_invocation(payload)?;
        let run = contract_watch::run(&host, &function.bus, &due.connection).await?;
        run.answer(&due.connection)
    })
    .await
}
