//! The Lambda function `alert-sync`: one look at alerts for the connection that is due. Does nothing else.

use functions::alert_sync::{self, Look};
use functions::events::SyncDue;
use functions::lambda;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::serve(async |function, host, payload| {
        let due = SyncDue::from_invocation(payload)?;
        let run = alert_sync::run(&host, &due.connection, Look::Changes, function.mode).await?;
        run.answer(&due.connection)
    })
    .await
}
