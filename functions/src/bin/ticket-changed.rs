//! The Lambda function `ticket-changed`: one run for all tickets of the connection that is due, or one for those that a
//! batch of events from its queue names. Does nothing else.

use functions::events::{Batch, SyncDue};
use functions::ticket_changed::{self, Tickets};
use functions::{lambda, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::serve(async |function, host, payload| {
        if Batch::is_one(&payload) {
            let (host, batch) = (host.patient(), Batch::from_invocation(payload)?);
            let run = async |connection: &_, tickets| {
                ticket_changed::run(&host, connection, Tickets::Only(tickets), function.mode).await
            };
            return Ok(serde_json::to_value(run::work_off_tickets(&batch, run).await)?);
        }
        let due = SyncDue::from_invocation(payload)?;
        let run = ticket_changed::run(&host, &due.connection, Tickets::All, function.mode).await?;
        run.answer(&due.connection)
    })
    .await
}
