//! EventBridge and Secrets Manager on one machine: a small server on loopback behind the same clients that
//! speak to AWS. It hands secrets to this process only and events to its host; it keeps nothing.

use anyhow::Context;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use functions::context::{ConsoleSecret, DEFAULT_SECRETS_PREFIX, Secret, VendorCredentials, WebhookKeys};
use functions::secrets::{console_secret, vendors_secret, webhook_secret};
use serde_json::{Value, json};
use shared::ids::ConnectionId;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// The server; dropping it stops it.
#[derive(Debug)]
pub struct LocalAws {
    endpoint: String,
    access_key: String,
    secrets: Secrets,
    _stop: oneshot::Sender<()>,
}

type Secrets = Arc<Mutex<BTreeMap<String, String>>>;

#[derive(Clone)]
struct Served {
    access_key: String,
    secrets: Secrets,
    events: mpsc::UnboundedSender<Value>,
}

impl LocalAws {
    /// Starts the server. Each event published arrives at the receiver as a function would be invoked
    /// with it.
    pub async fn start() -> anyhow::Result<(Self, mpsc::UnboundedReceiver<Value>)> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.context("no port on loopback")?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (events, received) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let secrets = Secrets::default();
        // Only who has the key of this very process is answered: any other program here could ask.
        let access_key = uuid::Uuid::new_v4().simple().to_string();
        let served = Served { access_key: access_key.clone(), secrets: secrets.clone(), events };
        let router = Router::new().route("/", post(answer)).with_state(served);
        tokio::spawn(async move {
            let until_dropped = async {
                let _ = stopped.await;
            };
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(until_dropped).await {
                tracing::error!("the local event bus is no longer served: {error}");
            }
        });
        Ok((Self { endpoint, access_key, secrets, _stop: stop }, received))
    }

    /// Puts a connection's credentials where its functions look for them.
    pub fn keep_credentials(&self, connection: &ConnectionId, credentials: &VendorCredentials) {
        self.keep(vendors_secret(DEFAULT_SECRETS_PREFIX, connection), &credentials.to_json());
    }

    /// Puts a connection's webhook keys where the function at the door looks for them.
    pub fn keep_webhook_keys(&self, connection: &ConnectionId, keys: &WebhookKeys) {
        self.keep(webhook_secret(DEFAULT_SECRETS_PREFIX, connection), &keys.to_json());
    }

    /// Puts what the console's provider knows it by where the console looks for it.
    pub fn keep_console_secret(&self, secret: &ConsoleSecret) {
        self.keep(console_secret(DEFAULT_SECRETS_PREFIX), &secret.to_json());
    }

    fn keep(&self, name: String, text: &Secret) {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.insert(name, text.expose().to_owned());
    }

    /// Its address, for functions that run as processes of their own.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The access key it asks for, for functions that run as processes of their own.
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// How the AWS clients find it.
    pub fn config(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                &self.access_key,
                "local",
                None,
                None,
                "on one machine",
            )))
            .endpoint_url(&self.endpoint)
            // Loopback only: without TLS, so that no certificates are needed on this machine.
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build()
    }
}

/// Answers the calls that are made, in the form of the AWS JSON 1.1 protocol.
async fn answer(State(served): State<Served>, headers: HeaderMap, body: String) -> Response {
    let signed_by = headers.get("authorization").and_then(|signed| signed.to_str().ok()).unwrap_or_default();
    if !signed_by.contains(&format!("Credential={}/", served.access_key)) {
        return refusal("UnrecognizedClientException");
    }
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let asked: Value = serde_json::from_str(&body).unwrap_or_default();
    let text_of = |name: &str| asked[name].as_str().unwrap_or_default();
    match target {
        "secretsmanager.GetSecretValue" => served.secret(text_of("SecretId")),
        "secretsmanager.PutSecretValue" => served.put(text_of("SecretId"), text_of("SecretString")),
        "secretsmanager.CreateSecret" => served.create(text_of("Name"), text_of("SecretString")),
        "AWSEvents.PutEvents" => served.events(&asked["Entries"]),
        _ => refusal("UnknownOperationException"),
    }
}

fn refusal(kind: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"__type": kind}))).into_response()
}

impl Served {
    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, name: &str, text: &str) -> Response {
        match self.kept().get_mut(name) {
            Some(kept) => {
                text.clone_into(kept);
                Json(json!({"Name": name})).into_response()
            }
            None => refusal("ResourceNotFoundException"),
        }
    }

    fn create(&self, name: &str, text: &str) -> Response {
        match self.kept().entry(name.to_owned()) {
            Entry::Occupied(_) => refusal("ResourceExistsException"),
            Entry::Vacant(free) => {
                free.insert(text.to_owned());
                Json(json!({"Name": name})).into_response()
            }
        }
    }

    fn secret(&self, name: &str) -> Response {
        match self.kept().get(name) {
            Some(text) => Json(json!({"Name": name, "SecretString": text})).into_response(),
            None => refusal("ResourceNotFoundException"),
        }
    }

    fn events(&self, entries: &Value) -> Response {
        let entries = entries.as_array().map(Vec::as_slice).unwrap_or_default();
        let answers: Vec<Value> = entries.iter().map(|entry| self.event(entry)).collect();
        let failed = answers.iter().filter(|answer| answer.get("ErrorCode").is_some()).count();
        Json(json!({"FailedEntryCount": failed, "Entries": answers})).into_response()
    }

    fn event(&self, entry: &Value) -> Value {
        let detail = entry["Detail"].as_str().and_then(|detail| serde_json::from_str::<Value>(detail).ok());
        let Some(detail) = detail else {
            return json!({"ErrorCode": "MalformedDetail", "ErrorMessage": "the detail is no JSON"});
        };
        let event = json!({"source": entry["Source"], "detail-type": entry["DetailType"], "detail": detail});
        match self.events.send(event) {
            Ok(()) => json!({"EventId": "local"}),
            Err(_) => json!({"ErrorCode": "InternalFailure", "ErrorMessage": "nobody listens any more"}),
        }
    }
}
