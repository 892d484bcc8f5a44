//! The vendors and the table, each behind a wire that counts what passes: calls with their times, and the
//! items that are read and written. It changes nothing but the address that Autotask names as its own.

use crate::planted::{self, Size};
use crate::taken::Taken;
use acrotask::table::EmbeddedTable;
use anyhow::Context;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use sandbox::Sandbox;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Where a wire tells what it counted.
pub(crate) const COUNTS: &str = "/_counts";

/// What passed a wire.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) calls: BTreeMap<String, Passed>,
    pub(crate) taken: Taken,
}

/// Calls of one endpoint.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Passed {
    pub(crate) calls: u64,
    pub(crate) micros: u64,
    #[serde(default)]
    under_way: u64,
    pub(crate) most_at_a_time: u64,
}

impl Counts {
    /// What passed since `before`.
    pub(crate) fn since(mut self, before: &Counts) -> Counts {
        for (endpoint, passed) in &mut self.calls {
            let Some(before) = before.calls.get(endpoint) else { continue };
            passed.calls -= before.calls;
            passed.micros -= before.micros;
        }
        self.calls.retain(|_, passed| passed.calls > 0);
        self.taken -= before.taken;
        self
    }
}

/// Where both vendors answer, how to log in, and when it is there.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Vendors {
    pub(crate) acronis: String,
    pub(crate) autotask: String,
    pub(crate) now: Timestamp,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) user_name: String,
    pub(crate) secret: String,
    pub(crate) integration_code: String,
    /// Service ids by the item sold as it.
    pub(crate) services: BTreeMap<String, i64>,
    /// The wire that counts the calls of both.
    pub(crate) counts: String,
}

/// Serves both vendors.
pub(crate) async fn vendors(size: Size) -> anyhow::Result<(Vendors, Sandbox)> {
    let sandbox = planted::plant(size).await?;
    let counted = Counted::default();
    let acronis = wire(&sandbox.acronis_url(), &counted, acronis_endpoint).await?;
    let autotask = wire(&sandbox.autotask_url(), &counted, autotask_endpoint).await?;
    let login = sandbox.credentials();
    let (now, services) = sandbox.world(|world| (world.now(), world.services()));
    let told = Vendors {
        counts: acronis.clone(),
        acronis,
        autotask,
        now,
        client_id: login.acronis_client_id,
        client_secret: login.acronis_client_secret,
        user_name: login.autotask_user_name,
        secret: login.autotask_secret,
        integration_code: login.autotask_integration_code,
        services: services.into_iter().map(|service| (service.sku, service.id)).collect(),
    };
    Ok((told, sandbox))
}

/// Serves a table in memory.
pub(crate) async fn table() -> anyhow::Result<(String, EmbeddedTable)> {
    let table = EmbeddedTable::in_memory().await?;
    Ok((wire(table.endpoint(), &Counted::default(), table_operation).await?, table))
}

type Endpoint = fn(&Uri, &HeaderMap) -> String;

fn acronis_endpoint(uri: &Uri, _: &HeaderMap) -> String {
    let path = uri.path().trim_start_matches("/api/2/");
    // An id stands where the path of a client does.
    let path = if path.starts_with("clients/") { "clients/{id}" } else { path };
    format!("acronis {path}")
}

fn autotask_endpoint(uri: &Uri, _: &HeaderMap) -> String {
    let parts: Vec<&str> = uri.path().split('/').filter(|part| !part.is_empty()).collect();
    format!("autotask {}", parts.get(2).copied().unwrap_or_default())
}

fn table_operation(_: &Uri, headers: &HeaderMap) -> String {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    format!("table {}", target.rsplit('.').next().unwrap_or_default())
}

#[derive(Clone, Default)]
struct Counted(Arc<Mutex<Counts>>);

impl Counted {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, endpoint: &str) {
        let mut counts = self.lock();
        let passed = counts.calls.entry(endpoint.to_owned()).or_default();
        passed.under_way += 1;
        passed.most_at_a_time = passed.most_at_a_time.max(passed.under_way);
    }

    fn end(&self, endpoint: &str, since: Instant) {
        let mut counts = self.lock();
        let passed = counts.calls.entry(endpoint.to_owned()).or_default();
        passed.under_way -= 1;
        passed.calls += 1;
        passed.micros += u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
    }
}

#[derive(Clone)]
struct Beyond {
    url: String,
    own_url: String,
    http: reqwest::Client,
    counted: Counted,
    endpoint: Endpoint,
}

async fn wire(url: &str, counted: &Counted, endpoint: Endpoint) -> anyhow::Result<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let own_url = format!("http://{}", listener.local_addr()?);
    let http = reqwest::Client::new();
    let beyond = Beyond { url: url.to_owned(), own_url: own_url.clone(), http, counted: counted.clone(), endpoint };
    let limit = axum::extract::DefaultBodyLimit::disable();
    let router = axum::Router::new().fallback(pass).layer(limit).with_state(beyond);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(own_url)
}

async fn pass(State(beyond): State<Beyond>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    if uri.path() == COUNTS {
        let text = serde_json::to_string(&*beyond.counted.lock());
        return text.map_err(|error| error.to_string()).into_response();
    }
    let endpoint = (beyond.endpoint)(&uri, &headers);
    let since = Instant::now();
    beyond.counted.begin(&endpoint);
    let answer = forward(&beyond, method, &uri, headers, body.clone()).await;
    beyond.counted.end(&endpoint, since);
    match answer {
        Ok((status, text)) => {
            beyond.counted.lock().taken += Taken::by(&endpoint, &body, &text);
            (status, text).into_response()
        }
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

async fn forward(
    beyond: &Beyond,
    method: Method,
    uri: &Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> anyhow::Result<(StatusCode, Bytes)> {
    let path = uri.path_and_query().context("a path")?.as_str();
    for own in ["host", "content-length", "connection", "accept-encoding"] {
        headers.remove(own);
    }
    let asked = beyond.http.request(method, format!("{}{path}", beyond.url)).headers(headers).body(body);
    let answer = asked.send().await?;
    let status = StatusCode::from_u16(answer.status().as_u16())?;
    let bytes = answer.bytes().await?;
    if path.contains("zoneInformation") {
        let text = String::from_utf8_lossy(&bytes).replace(&beyond.url, &beyond.own_url);
        return Ok((status, text.into()));
    }
    Ok((status, bytes))
}
