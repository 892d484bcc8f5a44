//! A wire before the vendors, the table or another service of AWS that counts what passes: calls with their times, and
//! the items that are read and written. It changes nothing but the address that Autotask names as its own.

use super::taken::Taken;
use anyhow::Context;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Where a wire tells what it counted.
pub const COUNTS: &str = "/_counts";

/// What passed a wire.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Counts {
    /// By endpoint.
    pub calls: BTreeMap<String, Passed>,
    /// What was taken of the table.
    pub taken: Taken,
}

/// Calls of one endpoint.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Passed {
    /// How many.
    pub calls: u64,
    /// How long they took together.
    pub micros: u64,
    #[serde(default)]
    under_way: u64,
    /// How many were under way at once, at the most.
    pub most_at_a_time: u64,
}

impl Counts {
    /// What passed since `before`.
    pub fn since(mut self, before: &Counts) -> Counts {
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

/// How calls are told apart.
pub type Endpoint = fn(&Uri, &HeaderMap) -> String;

/// An endpoint of Acronis.
pub fn acronis_endpoint(uri: &Uri, _: &HeaderMap) -> String {
    let path = uri.path().trim_start_matches("/api/2/");
    // An id stands where the path of a client does.
    let path = if path.starts_with("clients/") { "clients/{id}" } else { path };
    format!("acronis {path}")
}

/// An endpoint of Autotask.
pub fn autotask_endpoint(uri: &Uri, _: &HeaderMap) -> String {
    let parts: Vec<&str> = uri.path().split('/').filter(|part| !part.is_empty()).collect();
    format!("autotask {}", parts.get(2).copied().unwrap_or_default())
}

/// An operation of the table.
pub fn table_operation(_: &Uri, headers: &HeaderMap) -> String {
    format!("table {}", operation(headers))
}

/// An operation of another service of AWS.
pub fn aws_operation(_: &Uri, headers: &HeaderMap) -> String {
    format!("aws {}", operation(headers))
}

fn operation(headers: &HeaderMap) -> &str {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default()
}

/// What passed so far; clones count together.
#[derive(Debug, Clone, Default)]
pub struct Counted(Arc<Mutex<Counts>>);

impl Counted {
    /// All of it.
    pub fn so_far(&self) -> Counts {
        self.lock().clone()
    }

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

/// Puts a wire before `url`; gives the address of its other end.
pub async fn wire(url: &str, counted: &Counted, endpoint: Endpoint) -> anyhow::Result<String> {
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
