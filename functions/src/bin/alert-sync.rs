//! The Lambda function `alert-sync`: one look at alerts for the connection that is due; and a reading of those of the last
//! days, for who asks in the console what they would have become. Does nothing else.

use functions::alert_sync::{self, Look};
use functions::events::{AlertsAsked, SyncDue};
use functions::lambda;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::serve(async |function, host, payload| {
        if let Some(asked) = AlertsAsked::from_invocation(&payload)? {
            let run = alert_sync::read_for_replay(&host, &asked.connection, asked.days).await?;
            return run.answer(&asked.connection);
        }
        let due = SyncDue::from_invocation(payload)?;
        let run = alert_sync::run(&host, &due.connection, Look::Changes, function.mode).await?;
        run.answer(&due.connection)
    })
    .await
}
