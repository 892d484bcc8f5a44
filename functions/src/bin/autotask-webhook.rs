//! The Lambda function `autotask-webhook`: takes calls from outside and says where to look. Does nothing
//! else.

use functions::autotask_webhook::Webhook;
use functions::context::Clock;
use functions::lambda::{self, Door};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda::log_as_json();
    let Door { store, secrets, bus } = Door::from_env().await?;
    let webhook = &Webhook::new(secrets, bus, store, Clock::system());
    lambda_runtime::run(service_fn(async |event: LambdaEvent<serde_json::Value>| {
        let answer = Box::pin(webhook.answer_invocation(event.payload)).await;
        answer.map_err(|error| lambda::failure(&event.context.request_id, &error))
    }))
    .await
}
