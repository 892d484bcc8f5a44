//! A wire between the store and the database that remembers what was asked and can fail as the database
//! and the network do. It understands nothing of what passes.

use crate::Table;
use acrotask::table::client_at;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use functions::store::Store;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// What happens to a request.
#[derive(Clone)]
pub(crate) enum Fault {
    /// Nothing bad: this one is let through.
    None,
    /// The database does it, and the reply is lost.
    LoseReply,
    /// The database does not do it and answers this.
    Answer(u16, Value),
    /// The database does none of the batch and gives all of it back.
    LeaveUnprocessed,
}

#[derive(Default)]
struct Passed {
    requests: Vec<(String, Value)>,
    faults: Vec<(String, Fault, usize)>,
}

/// The wire, and a store at its end.
pub(crate) struct Wire {
    /// A store whose requests pass here.
    pub(crate) store: Store,
    passed: Arc<Mutex<Passed>>,
}

#[derive(Clone)]
struct Beyond {
    endpoint: String,
    http: reqwest::Client,
    passed: Arc<Mutex<Passed>>,
}

impl Wire {
    /// A wire to `table`.
    pub(crate) async fn to(table: &Table) -> Wire {
        let passed = Arc::new(Mutex::new(Passed::default()));
        let beyond =
            Beyond { endpoint: table.endpoint.clone(), http: reqwest::Client::new(), passed: Arc::clone(&passed) };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let endpoint = format!("http://{}", listener.local_addr().expect("it has a port"));
        let router =
            axum::Router::new().fallback(pass).layer(axum::extract::DefaultBodyLimit::max(1 << 24)).with_state(beyond);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Wire { store: Store::new(client_at(&endpoint), &table.name), passed }
    }

    /// The next `times` requests for `operation` meet this fault.
    pub(crate) fn fail(&self, operation: &str, fault: Fault, times: usize) {
        self.passed.lock().expect("no test panicked with it").faults.push((operation.to_owned(), fault, times));
    }

    /// The requests for `operation`, those that failed included.
    pub(crate) fn requests(&self, operation: &str) -> Vec<Value> {
        let passed = self.passed.lock().expect("no test panicked with it");
        passed.requests.iter().filter(|(asked, _)| asked == operation).map(|(_, body)| body.clone()).collect()
    }

    /// The operations asked for, in order.
    pub(crate) fn all(&self) -> Vec<String> {
        self.passed.lock().expect("no test panicked with it").requests.iter().map(|(asked, _)| asked.clone()).collect()
    }
}

async fn pass(State(beyond): State<Beyond>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let target = headers["x-amz-target"].to_str().expect("text");
    let operation = target.split_once('.').expect("service and operation").1.to_owned();
    let asked: Value = serde_json::from_slice(&body).expect("JSON");
    let fault = {
        let mut passed = beyond.passed.lock().expect("no test panicked with it");
        passed.requests.push((operation.clone(), asked.clone()));
        let fault = passed.faults.iter_mut().find(|(asked, _, times)| *asked == operation && *times > 0);
        fault.map(|(_, fault, times)| {
            *times -= 1;
            fault.clone()
        })
    };
    match fault {
        Some(Fault::Answer(status, answer)) => (StatusCode::from_u16(status).expect("a status"), answer.to_string()),
        Some(Fault::LeaveUnprocessed) => {
            (StatusCode::OK, json!({ "UnprocessedItems": asked["RequestItems"] }).to_string())
        }
        Some(Fault::LoseReply) => {
            forward(&beyond, &headers, body).await;
            (StatusCode::INTERNAL_SERVER_ERROR, json!({ "__type": "InternalServerError" }).to_string())
        }
        Some(Fault::None) | None => forward(&beyond, &headers, body).await,
    }
}

async fn forward(beyond: &Beyond, headers: &HeaderMap, body: Bytes) -> (StatusCode, String) {
    let mut request = beyond.http.post(&beyond.endpoint).body(body);
    for name in ["content-type", "x-amz-target", "authorization", "x-amz-date"] {
        request = request.header(name, headers[name].as_bytes());
    }
    let answer = request.send().await.expect("the database answers");
    let status = StatusCode::from_u16(answer.status().as_u16()).expect("a status");
    (status, answer.text().await.expect("the whole answer"))
}
