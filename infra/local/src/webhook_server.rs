//! The door on one machine: takes calls on loopback and gives them to the same handler as the Lambda
//! function does. What stands before it brings TLS.

use crate::machine::Machine;
use crate::session::note;
use anyhow::Context;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use functions::autotask_webhook::{Call, MOST_BODY_BYTES, Reply, Webhook};
use functions::context::{WebhookKeys, webhook_port};
use shared::ids::ConnectionId;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a caller may take to send its body.
const SENT_WITHIN: Duration = Duration::from_secs(10);

/// The server; dropping it stops it.
#[derive(Debug)]
pub struct WebhookServer {
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl WebhookServer {
    /// Where it takes calls.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Takes calls for a connection that has keys to know them by, at the configured port.
pub async fn start_if_keyed(
    machine: &Machine,
    connection: &ConnectionId,
    keys: &WebhookKeys,
) -> anyhow::Result<Option<WebhookServer>> {
    if keys.is_empty() {
        return Ok(None);
    }
    let server = start(machine, webhook_port()?).await?;
    note(&format!("Webhooks are taken at {}/v1/{}/…", server.url(), connection));
    Ok(Some(server))
}

/// Takes calls at a port on loopback, 0 being any that is free, and publishes on the machine's bus.
pub async fn start(machine: &Machine, port: u16) -> anyhow::Result<WebhookServer> {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener
        .with_context(|| format!("webhooks cannot be taken at port {port}: set WEBHOOK_PORT to one that is free"))?;
    let address = listener.local_addr()?;
    let host = &machine.host;
    let webhook = Webhook::new(host.secrets.clone(), machine.bus.clone(), Some(host.store.clone()), host.clock.clone());
    let router = Router::new().fallback(answer).with_state(Arc::new(webhook));
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(async move {
        let until_dropped = async {
            let _ = stopped.await;
        };
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(until_dropped).await {
            tracing::error!("webhooks are no longer taken: {error}");
        }
    });
    Ok(WebhookServer { address, _stop: stop })
}

async fn answer(State(webhook): State<Arc<Webhook>>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let body = match tokio::time::timeout(SENT_WITHIN, to_bytes(body, MOST_BODY_BYTES + 1)).await {
        Ok(Ok(body)) => body.to_vec(),
        // One byte more than may be looked at stands for all that is too large.
        Ok(Err(_)) => vec![0; MOST_BODY_BYTES + 1],
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    let headers = head.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    let call = Call { method: head.method.to_string(), path: head.uri.path().to_owned(), headers, body };
    let Reply { status, body, .. } = webhook.answer(&call).await;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
