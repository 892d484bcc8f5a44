//! A lens before both vendors: it bends what they answer, and passes on everything else as it is.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// What happens to an answer: its path, and its body.
type Bend = Box<dyn Fn(&str, &mut Value) + Send>;

/// The lens.
pub(crate) struct Lens {
    /// Where Acronis is reached.
    pub(crate) acronis_url: String,
    /// Where Autotask is reached.
    pub(crate) autotask_url: String,
    bend: Arc<Mutex<Option<Bend>>>,
}

#[derive(Clone)]
struct Beyond {
    url: String,
    own_url: String,
    http: reqwest::Client,
    bend: Arc<Mutex<Option<Bend>>>,
}

impl Lens {
    /// A lens before these two.
    pub(crate) async fn before(acronis: &str, autotask: &str) -> Lens {
        let bend: Arc<Mutex<Option<Bend>>> = Arc::default();
        let acronis_url = serve(acronis, &bend).await;
        let autotask_url = serve(autotask, &bend).await;
        Lens { acronis_url, autotask_url, bend }
    }

    /// From now on answers are bent in this way.
    pub(crate) fn bend(&self, bend: impl Fn(&str, &mut Value) + Send + 'static) {
        *self.bend.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(bend));
    }

    /// Each row of a list on this path is bent in this way.
    pub(crate) fn bend_rows(&self, path: &'static str, bend: impl Fn(&mut Value) + Send + 'static) {
        self.bend(move |answered, body| {
            if answered.ends_with(path) {
                rows_of(body).iter_mut().for_each(&bend);
            }
        });
    }

    /// From now on answers are as they are.
    pub(crate) fn clear(&self) {
        *self.bend.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The rows of a list, at either vendor.
pub(crate) fn rows_of(body: &mut Value) -> &mut Vec<Value> {
    body["items"].as_array_mut().expect("a list has items")
}

async fn serve(url: &str, bend: &Arc<Mutex<Option<Bend>>>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
    let own_url = format!("http://{}", listener.local_addr().expect("it has a port"));
    let beyond =
        Beyond { url: url.to_owned(), own_url: own_url.clone(), http: reqwest::Client::new(), bend: Arc::clone(bend) };
    let limit = axum::extract::DefaultBodyLimit::max(1 << 24);
    let router = axum::Router::new().fallback(pass).layer(limit).with_state(beyond);
    tokio::spawn(async move { axum::serve(listener, router).await });
    own_url
}

async fn pass(State(beyond): State<Beyond>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let path = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let mut headers = headers;
    for own in ["host", "content-length", "connection", "accept-encoding"] {
        headers.remove(own);
    }
    let asked = beyond.http.request(method, format!("{}{path}", beyond.url)).headers(headers).body(body);
    let answer = asked.send().await.expect("the vendor answers");
    let status = StatusCode::from_u16(answer.status().as_u16()).expect("a status");
    // Autotask names its own address for what comes next.
    let text = answer.text().await.expect("the whole answer").replace(&beyond.url, &beyond.own_url);
    let Ok(mut value) = serde_json::from_str::<Value>(&text) else { return (status, text).into_response() };
    if let Some(bend) = beyond.bend.lock().unwrap_or_else(PoisonError::into_inner).as_ref().filter(|_| status == 200) {
        bend(uri.path(), &mut value);
    }
    (status, [("content-type", "application/json")], value.to_string()).into_response()
}
