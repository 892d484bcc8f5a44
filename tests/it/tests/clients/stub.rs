//! An Acronis that says what a test tells it to, one answer after another, and remembers what it was
//! asked. It knows nothing of the vendor but how to log in.

use crate::support::quick_http;
use anyhow::{Context, Result};
use functions::acronis::{Acronis, AcronisWriter};
use functions::context::{AcronisCredentials, Clock, Secret};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the stub's client logs in with.
pub(crate) const CLIENT_SECRET: &str = "stub-client-secret";

/// One answer.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// A status with a body.
    Says(u16, String),
    /// 429 with the seconds to wait.
    TooMany(u64),
    /// The connection is closed without a byte.
    HangsUp,
    /// Nothing comes, and the connection stays open.
    Silent,
    /// The body ends before its length.
    Cut(u16),
}

/// An answer with JSON or any other text.
pub(crate) fn says(status: u16, body: impl ToString) -> Answer {
    Answer::Says(status, body.to_string())
}

/// One request, other than for a token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    /// Method, path and query.
    pub(crate) line: String,
    /// The token.
    pub(crate) token: String,
    /// The body as JSON; none where it is empty.
    pub(crate) body: Option<Value>,
}

#[derive(Default)]
struct Script {
    answers: VecDeque<Answer>,
    asked: Vec<Asked>,
    tokens: usize,
    login: Option<Answer>,
}

/// The stub; it ends with the test's runtime.
pub(crate) struct Stub {
    url: String,
    script: Arc<Mutex<Script>>,
    accepting: JoinHandle<()>,
}

impl Stub {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let script = Arc::new(Mutex::new(Script::default()));
        let shared = Arc::clone(&script);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Ok(Self { url, script, accepting })
    }

    /// A stub with these answers.
    pub(crate) async fn with(answers: impl IntoIterator<Item = Answer>) -> Result<Self> {
        let stub = Self::start().await?;
        stub.then(answers);
        Ok(stub)
    }

    /// Answers more.
    pub(crate) fn then(&self, answers: impl IntoIterator<Item = Answer>) {
        locked(&self.script).answers.extend(answers);
    }

    /// Answers every log-in so, instead of with a token.
    pub(crate) fn log_in(&self, answer: Answer) {
        locked(&self.script).login = Some(answer);
    }

    /// Takes no more connections.
    pub(crate) async fn stop(&mut self) {
        self.accepting.abort();
        (&mut self.accepting).await.expect_err("stopped");
    }

    pub(crate) fn reader(&self) -> Acronis {
        let clock = Clock::system();
        let credentials = AcronisCredentials {
            datacenter_url: self.url.clone(),
            client_id: "stub-client".to_owned(),
            client_secret: Secret::new(CLIENT_SECRET),
        };
        Acronis::new(quick_http(clock.clone()), &credentials, true, clock).expect("loopback is allowed here")
    }

    pub(crate) fn writer(&self) -> AcronisWriter {
        AcronisWriter::new(&self.reader())
    }

    /// What was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut locked(&self.script).asked)
    }

    /// The lines of what was asked since the last time.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

fn locked(script: &Mutex<Script>) -> std::sync::MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One request on one connection.
async fn serve(stream: TcpStream, script: Arc<Mutex<Script>>) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let asked = read(&mut stream).await?;
    let answer = {
        let mut script = locked(&script);
        if asked.line == "POST /api/2/idp/token" {
            script.tokens += 1;
            let token = format!(r#"{{"access_token":"stub-token-{}","expires_in":7200}}"#, script.tokens);
            script.login.clone().unwrap_or_else(|| says(200, token))
        } else {
            script.asked.push(asked);
            script.answers.pop_front().unwrap_or_else(|| says(418, "nothing more to say"))
        }
    };
    let (status, body, length, header) = match answer {
        Answer::Says(status, body) => (status, body.clone(), body.len(), String::new()),
        Answer::TooMany(seconds) => (429, String::new(), 0, format!("retry-after: {seconds}\r\n")),
        Answer::Cut(status) => (status, "{".to_owned(), 100, String::new()),
        Answer::HangsUp => return Ok(()),
        Answer::Silent => return std::future::pending().await,
    };
    let length = if status == 204 { String::new() } else { format!("content-length: {length}\r\n") };
    let head = format!("HTTP/1.1 {status} -\r\nconnection: close\r\n{header}{length}\r\n{body}");
    stream.write_all(head.as_bytes()).await?;
    Ok(stream.shutdown().await?)
}

async fn read(stream: &mut BufReader<TcpStream>) -> Result<Asked> {
    let (mut first, mut token, mut length) = (String::new(), String::new(), None);
    stream.read_line(&mut first).await?;
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await?;
        let Some((name, value)) = header.trim().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => token = value.trim_start_matches("Bearer ").to_owned(),
            "content-length" => length = Some(value.parse::<usize>()?),
            _ => {}
        }
    }
    let line = first.trim().strip_suffix(" HTTP/1.1").context("HTTP/1.1")?.to_owned();
    assert!(line.starts_with("GET ") || length.is_some(), "{line}: some servers refuse a write without its length");
    let mut body = vec![0; length.unwrap_or_default()];
    stream.read_exact(&mut body).await?;
    Ok(Asked { line, token, body: serde_json::from_slice(&body).ok() })
}
