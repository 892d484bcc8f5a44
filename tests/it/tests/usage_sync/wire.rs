//! A wire before the table and before Autotask that counts the writes passing it and can be cut between
//! any two of them, as the death of a process does. What it let through is always carried out.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Operations of the table that change nothing.
const TABLE_READS: [&str; 5] = ["GetItem", "Query", "BatchGetItem", "Scan", "DescribeTable"];

/// The wire.
pub(crate) struct Wire {
    /// Where the table is reached.
    pub(crate) table_url: String,
    /// Where Autotask is reached.
    pub(crate) autotask_url: String,
    gate: Arc<Gate>,
}

/// What happens at a moment.
#[derive(Debug, Clone, Copy)]
enum Cut {
    /// Nothing passes from then on: the process is dead.
    From(usize),
    /// What would pass then is held until it is let go; the rest passes.
    HoldAt(usize),
}

#[derive(Default)]
struct Passed {
    moments: usize,
    cut: Option<Cut>,
}

struct Gate {
    passed: Mutex<Passed>,
    is_cut: watch::Sender<bool>,
    under_way: watch::Sender<usize>,
}

#[derive(Clone)]
struct Beyond {
    url: String,
    own_url: String,
    http: reqwest::Client,
    gate: Arc<Gate>,
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, Passed> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A moment between two writes; those from the cut on never end.
    async fn pass(&self) {
        let (number, cut) = {
            let mut passed = self.lock();
            passed.moments += 1;
            (passed.moments - 1, passed.cut)
        };
        match cut {
            Some(Cut::From(at)) if number >= at => {
                self.is_cut.send_replace(true);
                std::future::pending::<()>().await;
            }
            Some(Cut::HoldAt(at)) if number == at => {
                let mut cut = self.is_cut.subscribe();
                self.is_cut.send_replace(true);
                cut.wait_for(|cut| !cut).await.expect("the wire is there");
            }
            _ => {}
        }
    }

    fn set(&self, cut: Option<Cut>) {
        *self.lock() = Passed { moments: 0, cut };
        self.is_cut.send_replace(false);
    }
}

impl Wire {
    /// A wire to the table and to Autotask.
    pub(crate) async fn to(table: &str, autotask: &str) -> Wire {
        let gate = Arc::new(Gate {
            passed: Mutex::default(),
            is_cut: watch::Sender::new(false),
            under_way: watch::Sender::new(0),
        });
        let table_url = serve(table, &gate).await;
        let autotask_url = serve(autotask, &gate).await;
        Wire { table_url, autotask_url, gate }
    }

    /// The wire will be cut at this moment, counted from now.
    pub(crate) fn cut_at(&self, moment: usize) {
        self.gate.set(Some(Cut::From(moment)));
    }

    /// What passes at this moment, counted from now, will be held.
    pub(crate) fn hold_at(&self, moment: usize) {
        self.gate.set(Some(Cut::HoldAt(moment)));
    }

    /// Lets go what is held, and lets everything pass; what was cut off stays so.
    pub(crate) fn mend(&self) {
        self.gate.set(None);
    }

    /// Ends when the wire is cut, or holds something.
    pub(crate) async fn cut(&self) {
        self.gate.is_cut.subscribe().wait_for(|cut| *cut).await.expect("the wire is there");
    }

    /// Ends when nothing is on its way any more.
    pub(crate) async fn quiet(&self) {
        self.gate.under_way.subscribe().wait_for(|number| *number == 0).await.expect("the wire is there");
    }
}

async fn serve(url: &str, gate: &Arc<Gate>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
    let own_url = format!("http://{}", listener.local_addr().expect("it has a port"));
    let (http, gate) = (reqwest::Client::new(), Arc::clone(gate));
    let beyond = Beyond { url: url.to_owned(), own_url: own_url.clone(), http, gate };
    let limit = axum::extract::DefaultBodyLimit::max(1 << 24);
    let router = axum::Router::new().fallback(pass).layer(limit).with_state(beyond);
    tokio::spawn(async move { axum::serve(listener, router).await });
    own_url
}

/// Whether a request changes something.
fn is_write(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    if let Some(target) = headers.get("x-amz-target").and_then(|target| target.to_str().ok()) {
        let operation = target.rsplit('.').next().unwrap_or_default();
        return !TABLE_READS.contains(&operation);
    }
    method != Method::GET && !uri.path().ends_with("/query")
}

async fn pass(State(beyond): State<Beyond>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let is_write = is_write(&method, &uri, &headers);
    if is_write {
        beyond.gate.pass().await;
    }
    beyond.gate.under_way.send_modify(|number| *number += 1);
    // On its own, so that it is carried out although nobody waits for it any more.
    let gate = Arc::clone(&beyond.gate);
    let forwarded = tokio::spawn(async move {
        let reply = forward(&beyond, method, uri, headers, body).await;
        beyond.gate.under_way.send_modify(|number| *number -= 1);
        reply
    });
    let reply = forwarded.await.expect("it does not panic");
    if is_write {
        gate.pass().await;
    }
    reply.into_response()
}

async fn forward(beyond: &Beyond, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let path = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let mut headers = headers;
    for own in ["host", "content-length", "connection", "accept-encoding"] {
        headers.remove(own);
    }
    let asked = beyond.http.request(method, format!("{}{path}", beyond.url)).headers(headers).body(body);
    let answer = asked.send().await.expect("what is beyond answers");
    let status = StatusCode::from_u16(answer.status().as_u16()).expect("a status");
    let text = answer.text().await.expect("the whole answer");
    // Autotask names its own address for what comes next.
    (status, text.replace(&beyond.url, &beyond.own_url))
}
