//! Serves one vendor on a listener: reads a request, notes it, lets a due fault strike, asks the
//! vendor's state for the answer. Connections can be closed or left silent, so hyper serves directly.

use crate::acronis;
use crate::autotask;
use crate::control;
use crate::exchange::{Ask, Reply};
use crate::faults::{self, FaultKind};
use crate::requests::{RequestSeen, Vendor};
use crate::running::{Shared, State};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, RETRY_AFTER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Accepts connections until dropped; dropping closes those still open.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>, vendor: Vendor) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let shared = shared.clone();
        connections.spawn(async move {
            let answer = service_fn(move |request| answer(shared.clone(), vendor, request));
            let io = TokioIo::new(stream);
            let served = http1::Builder::new().serve_connection(io, answer).await;
            drop(served);
        });
        while connections.try_join_next().is_some() {}
    }
}

/// The call a request makes, by vendor.
enum Route {
    Acronis(acronis::Call),
    Autotask(autotask::Call),
    Unknown(Vendor),
}

impl Route {
    fn find(vendor: Vendor, ask: &Ask) -> Self {
        match vendor {
            Vendor::Acronis => acronis::Call::find(ask).map(Self::Acronis),
            Vendor::Autotask => autotask::Call::find(ask).map(Self::Autotask),
        }
        .unwrap_or(Self::Unknown(vendor))
    }

    fn operation(&self) -> String {
        match self {
            Self::Acronis(call) => call.operation().to_owned(),
            Self::Autotask(call) => call.operation(),
            Self::Unknown(Vendor::Acronis) => "acronis.unknown".to_owned(),
            Self::Unknown(Vendor::Autotask) => "autotask.unknown".to_owned(),
        }
    }

    /// No route leads nowhere, and none destroys what a customer has.
    fn is_known(&self) -> bool {
        match self {
            Self::Acronis(call) => !call.is_destruction(),
            Self::Autotask(_) => true,
            Self::Unknown(_) => false,
        }
    }

    /// What requests at a time are counted by, where the vendor limits them.
    fn limited_endpoint(&self) -> Option<String> {
        match self {
            Self::Autotask(call) => call.limited_endpoint(),
            _ => None,
        }
    }
}

/// A request under way; leaving is counted when it is dropped, however it ends.
struct UnderWay {
    shared: Arc<Shared>,
    number: u64,
    operation: String,
    endpoint: String,
}

impl UnderWay {
    /// Notes the status and builds the response.
    fn send(&self, reply: Reply) -> Result<Response<Full<Bytes>>, io::Error> {
        self.shared.lock().traffic.answered(self.number, reply.status);
        respond(reply)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.traffic.leave(&self.operation, &self.endpoint);
    }
}

async fn answer(
    shared: Arc<Shared>,
    vendor: Vendor,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, io::Error> {
    let mut ask = read(request).await?;
    if let Some(action) = ask.path.strip_prefix("/_sandbox/") {
        let action = action.to_owned();
        return respond(control::answer(&mut shared.lock(), &action, &ask));
    }
    let route = Route::find(vendor, &ask);
    let operation = route.operation();
    let limited = route.limited_endpoint();
    let endpoint = limited.clone().unwrap_or_else(|| operation.clone());
    let (number, at_a_time, fault) = arrive(&shared, vendor, &ask, (&operation, &endpoint, &route));
    let under_way = UnderWay { shared: shared.clone(), number, operation, endpoint };
    if let Some(fault) = &fault
        && let Some(struck) = strike_before(fault, &under_way).await
    {
        return struck;
    }
    ask.trick = fault.as_ref().and_then(FaultKind::page_trick);
    let handled = {
        let mut state = shared.lock();
        let over = limited.is_some() && at_a_time > state.world.settings.thread_limit;
        if over {
            (thread_limit_reply(state.world.settings.thread_status), Duration::ZERO)
        } else {
            handle(&mut state, &route, &ask)
        }
    };
    let (reply, latency) = handled;
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    match fault {
        Some(fault) => strike_after(&fault, reply, &under_way).await,
        None => under_way.send(reply),
    }
}

async fn read(request: Request<Incoming>) -> Result<Ask, io::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?;
    Ok(Ask {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: body.to_bytes().to_vec(),
        trick: None,
    })
}

/// Notes the arrival; returns its number, how many run on the endpoint now, and the fault due.
fn arrive(
    shared: &Shared,
    vendor: Vendor,
    ask: &Ask,
    (operation, endpoint, route): (&str, &str, &Route),
) -> (u64, usize, Option<FaultKind>) {
    let mut guard = shared.lock();
    let state = &mut *guard;
    let seen = RequestSeen {
        number: 0,
        vendor,
        operation: operation.to_owned(),
        method: ask.method.clone(),
        path: ask.path.clone(),
        query: ask.query.clone(),
        body: String::from_utf8_lossy(&ask.body).into_owned(),
        status: 0,
        at: state.world.now(),
        known: route.is_known(),
    };
    let (number, at_a_time) = state.traffic.arrive(seen, endpoint);
    let fault = faults::due(&mut state.faults, operation);
    if fault == Some(FaultKind::ExpireToken) {
        state.world.acronis.tokens.clear();
    }
    (number, at_a_time, fault)
}

fn handle(state: &mut State, route: &Route, ask: &Ask) -> (Reply, Duration) {
    let world = &mut state.world;
    world.catch_up();
    let now = world.now();
    match route {
        Route::Acronis(call) => {
            let reply = world.acronis.answer(call, ask, &world.settings, now);
            (reply, Duration::ZERO)
        }
        Route::Autotask(call) => {
            let reply = world.autotask.answer(call, ask, &world.settings, now);
            let latency = autotask::latency(&mut world.autotask, &world.settings, now);
            (reply, latency)
        }
        Route::Unknown(Vendor::Acronis) => {
            let body = json!({"error": {"code": 404, "domain": null, "message": "Not found",
                "details": {"info": "No such resource."}, "context": {}}});
            (Reply::json(404, &body), Duration::ZERO)
        }
        Route::Unknown(Vendor::Autotask) => {
            let body = json!({"Message": "No HTTP resource was found that matches the request URI."});
            (Reply::json(404, &body), Duration::ZERO)
        }
    }
}

fn thread_limit_reply(status: u16) -> Reply {
    let text = "API thread threshold of 3 threads has been exceeded.";
    Reply::json(status, &json!({"errors": [text]}))
}

/// Faults that keep the request from being handled; `None` when it goes on.
async fn strike_before(fault: &FaultKind, under_way: &UnderWay) -> Option<Result<Response<Full<Bytes>>, io::Error>> {
    let reply = match fault {
        FaultKind::ResetBefore => return Some(Err(closed())),
        FaultKind::SilenceBefore => return std::future::pending().await,
        FaultKind::Delay { millis } => {
            tokio::time::sleep(Duration::from_millis(*millis)).await;
            return None;
        }
        FaultKind::StatusBefore { status, body } => status_reply(*status, body.as_deref()),
        FaultKind::Throttle { retry_after } => {
            Reply { retry_after: *retry_after, ..Reply::json(429, &json!({"errors": ["Too many requests."]})) }
        }
        FaultKind::ThreadLimitText { status } => thread_limit_reply(*status),
        FaultKind::HtmlBody { status } => {
            let page = "<!DOCTYPE html><html><body><h1>Service unavailable</h1></body></html>";
            Reply::text(*status, "text/html; charset=utf-8", page)
        }
        _ => return None,
    };
    Some(under_way.send(reply))
}

/// Faults that strike once the request has been handled and its changes are kept.
async fn strike_after(
    fault: &FaultKind,
    mut reply: Reply,
    under_way: &UnderWay,
) -> Result<Response<Full<Bytes>>, io::Error> {
    match fault {
        FaultKind::ResetAfter => return Err(closed()),
        FaultKind::SilenceAfter => return std::future::pending().await,
        FaultKind::StatusAfter { status, body } => reply = status_reply(*status, body.as_deref()),
        FaultKind::CutBody => reply.body.truncate(reply.body.len() / 2),
        FaultKind::BrokenJson => reply.body = b"{\"items\": [ }".to_vec(),
        FaultKind::WrongContentType => reply.content_type = "text/plain",
        _ => {}
    }
    under_way.send(reply)
}

fn status_reply(status: u16, body: Option<&str>) -> Reply {
    Reply::text(status, "application/json; charset=utf-8", body.unwrap_or_default())
}

/// Makes hyper drop the connection without a byte.
fn closed() -> io::Error {
    io::Error::other("connection closed on purpose")
}

fn respond(reply: Reply) -> Result<Response<Full<Bytes>>, io::Error> {
    let mut response = Response::builder().status(reply.status).header(CONTENT_TYPE, reply.content_type);
    if let Some(seconds) = reply.retry_after {
        response = response.header(RETRY_AFTER, seconds);
    }
    response.body(Full::new(Bytes::from(reply.body))).map_err(io::Error::other)
}
