//! A stand-in for the Runtime API that Lambda gives a function, and the function's own binary running
//! against it. It hands over events and takes answers; it knows nothing of what they say, but that no secret may be
//! in it.

use crate::canary;
use crate::folder::Folder;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::process::Child;
use tokio::sync::{Mutex, mpsc};

/// The file with all that a function writes.
const LOG: &str = "log";
const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:acrotask";
/// Long enough for a slow machine; a function that has less time and does not answer by then never will.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);

/// What a function made of an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It answered.
    Response(Value),
    /// The invocation failed, with this text.
    Error(String),
}

/// An event, and how long the function may work on it.
struct Invocation {
    payload: Value,
    time: Duration,
}

#[derive(Clone)]
struct Api {
    events: Arc<Mutex<mpsc::UnboundedReceiver<Invocation>>>,
    answers: mpsc::UnboundedSender<Answer>,
}

/// A function's process, waiting for events.
pub struct Function {
    child: Child,
    // After the process, which is killed when it is dropped: what it wrote is searched then.
    written: Folder,
    events: mpsc::UnboundedSender<Invocation>,
    answers: mpsc::UnboundedReceiver<Answer>,
}

impl Function {
    /// Starts the binary of this name with nothing in its environment but what Lambda gives, and `given`.
    pub async fn start(name: &str, given: &[(&str, String)]) -> Function {
        let (events, waiting) = mpsc::unbounded_channel();
        let (sender, answers) = mpsc::unbounded_channel();
        let api = serve(Api { events: Arc::new(Mutex::new(waiting)), answers: sender }).await;
        let written = Folder::of(name);
        let pipe = || {
            let log = std::fs::OpenOptions::new().create(true).append(true).open(written.path().join(LOG));
            Stdio::from(log.expect("a file can be made"))
        };
        let child = tokio::process::Command::new(crate::program::built(name))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", api)
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "canary-of-the-functions-own-key")
            .env("AWS_SESSION_TOKEN", "canary-of-the-functions-own-token")
            .env("RUST_LOG", "trace")
            .envs(given.iter().map(|(name, value)| (*name, value.as_str())))
            .stdin(Stdio::null())
            .stdout(pipe())
            .stderr(pipe())
            .kill_on_drop(true)
            .spawn()
            .expect("the function starts");
        Function { child, written, events, answers }
    }

    /// Invokes it with five minutes to work.
    pub async fn invoke(&mut self, payload: Value) -> Answer {
        self.invoke_for(payload, Duration::from_secs(300)).await
    }

    /// Invokes it with this much time.
    pub async fn invoke_for(&mut self, payload: Value, time: Duration) -> Answer {
        self.wake(payload, time);
        self.answer_within(time.max(ANSWERS_WITHIN)).await
    }

    /// Invokes it, and waits for nothing.
    pub fn wake(&self, payload: Value, time: Duration) {
        self.events.send(Invocation { payload, time }).expect("the Runtime API is there");
    }

    /// Its next answer.
    pub async fn answer(&mut self) -> Answer {
        self.answer_within(ANSWERS_WITHIN).await
    }

    async fn answer_within(&mut self, time: Duration) -> Answer {
        let answer = tokio::time::timeout(time, self.answers.recv()).await;
        canary::none_was_seen();
        answer.expect("the function answers in time").expect("the Runtime API is there")
    }

    /// Waits for the end of a process that cannot serve, and gives all that it wrote.
    pub async fn ended_by_itself(mut self) -> String {
        let ended = tokio::time::timeout(ANSWERS_WITHIN, self.child.wait()).await;
        ended.expect("it ends").expect("it was started");
        self.written()
    }

    /// Ends the process and gives all that it wrote.
    pub async fn end(mut self) -> String {
        self.child.kill().await.expect("it is running");
        self.written()
    }

    /// All that it wrote so far.
    pub fn written(&self) -> String {
        let bytes = std::fs::read(self.written.path().join(LOG)).expect("a file can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

async fn serve(api: Api) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
    let address = listener.local_addr().expect("it has a port").to_string();
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(responded))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
        .route("/2018-06-01/runtime/init/error", post(failed_to_start))
        .with_state(api);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn next(State(api): State<Api>) -> Response {
    let Some(invocation) = api.events.lock().await.recv().await else {
        return std::future::pending().await;
    };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is past 1970");
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned()),
        ("lambda-runtime-deadline-ms", (now + invocation.time).as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", ARN.to_owned()),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0".to_owned(),
        ),
    ];
    (headers, axum::Json(invocation.payload)).into_response()
}

async fn responded(State(api): State<Api>, Path(_id): Path<String>, body: Bytes) -> StatusCode {
    take(&api, &body, Answer::Response(serde_json::from_slice(&body).expect("the answer is JSON")))
}

async fn failed(State(api): State<Api>, Path(_id): Path<String>, body: Bytes) -> StatusCode {
    let error: Value = serde_json::from_slice(&body).expect("the error is JSON");
    take(&api, &body, Answer::Error(error["errorMessage"].as_str().unwrap_or_default().to_owned()))
}

async fn failed_to_start(State(api): State<Api>, body: Bytes) -> StatusCode {
    take(&api, &body, Answer::Error(String::from_utf8_lossy(&body).into_owned()))
}

fn take(api: &Api, body: &Bytes, answer: Answer) -> StatusCode {
    canary::seek("what a function answers", &String::from_utf8_lossy(body));
    // The test may have ended meanwhile.
    let _ = api.answers.send(answer);
    StatusCode::ACCEPTED
}
