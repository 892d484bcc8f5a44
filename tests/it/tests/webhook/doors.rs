//! The ways in: the handler itself, the server of one machine over a plain connection, and the Lambda
//! function. Each takes the same calls and publishes on the same machine's bus.

use crate::signed::keys;
use acrotask::machine::{Machine, Storage};
use acrotask::webhook_server::{self, WebhookServer};
use functions::autotask_webhook::{Call, Webhook};
use functions::context::Clock;
use functions::events::Event;
use functions::http::HttpSettings;
use it::canary;
use it::runtime::{Answer, Function};
use serde_json::{Value, json};
use shared::ids::ConnectionId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A machine that knows the keys of two connections.
pub(crate) async fn machine(clock: Clock) -> Machine {
    canary::listen();
    let machine = Machine::start(Storage::InMemory, clock, HttpSettings::default(), true).await;
    let machine = machine.expect("the machine starts");
    for (name, keys) in ["north", "south"].into_iter().zip(keys()) {
        machine.keep_webhook_keys(&ConnectionId::new(name), &keys);
    }
    machine
}

/// The events that were published since the last look.
pub(crate) fn published(machine: &mut Machine) -> Vec<Event> {
    let arrived = std::iter::from_fn(|| machine.events.try_recv().ok());
    arrived.map(|event| Event::from_invocation(event).expect("only our own events are published")).collect()
}

/// The handler, as a machine would host it.
pub(crate) fn webhook(machine: &Machine) -> Webhook {
    let host = &machine.host;
    Webhook::new(host.secrets.clone(), machine.bus.clone(), Some(host.store.clone()), host.clock.clone())
}

/// One of the ways in.
pub(crate) enum Door {
    Handler(Webhook),
    Server(WebhookServer),
    Function(Box<Function>),
}

impl Door {
    pub(crate) async fn server(machine: &Machine) -> Door {
        Door::Server(webhook_server::start(machine, 0).await.expect("the server starts"))
    }

    pub(crate) async fn function(machine: &Machine) -> Door {
        Door::Function(Box::new(Function::start("autotask-webhook", &environment(machine)).await))
    }

    /// Whether a call can be made this way at all.
    pub(crate) fn can_carry(&self, call: &Call) -> bool {
        match self {
            Door::Handler(_) => true,
            Door::Server(_) => !call.path.contains(' '),
            Door::Function(_) => call.headers.iter().all(|(_, value)| std::str::from_utf8(value).is_ok()),
        }
    }

    /// The status and the body of the reply.
    pub(crate) async fn ask(&mut self, call: &Call) -> (u16, String) {
        match self {
            Door::Handler(webhook) => {
                let reply = webhook.answer(call).await;
                (reply.status, reply.body.to_owned())
            }
            Door::Server(server) => over_the_wire(&server.url(), call).await,
            Door::Function(function) => match function.invoke(invocation(call)).await {
                Answer::Response(reply) => {
                    let status = reply["statusCode"].as_u64().expect("there is a status");
                    let body = reply["body"].as_str().expect("there is a body");
                    (u16::try_from(status).expect("a status has three digits"), body.to_owned())
                }
                Answer::Error(text) => panic!("the invocation failed: {text}"),
            },
        }
    }
}

/// What the function finds in its environment: neither a table nor the vendors.
pub(crate) fn environment(machine: &Machine) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", machine.aws_endpoint().to_owned()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", machine.aws_endpoint().to_owned()),
        ("AWS_ACCESS_KEY_ID", machine.aws_access_key().to_owned()),
        ("EVENT_BUS_NAME", "acrotask".to_owned()),
    ]
}

/// A call as a Lambda function is invoked with it: a body that is no text travels in Base64.
pub(crate) fn invocation(call: &Call) -> Value {
    use base64::Engine;
    let mut headers = serde_json::Map::new();
    for (name, value) in &call.headers {
        let value = String::from_utf8(value.clone()).expect("headers are text here");
        let joined = match headers.get(&name.to_lowercase()).and_then(Value::as_str) {
            Some(before) => format!("{before},{value}"),
            None => value,
        };
        headers.insert(name.to_lowercase(), json!(joined));
    }
    let (body, is_base64) = match std::str::from_utf8(&call.body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (base64::engine::general_purpose::STANDARD.encode(&call.body), true),
    };
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": call.path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {"http": {"method": call.method, "path": call.path, "sourceIp": "192.0.2.1"}},
        "body": body,
        "isBase64Encoded": is_base64,
    })
}

async fn over_the_wire(url: &str, call: &Call) -> (u16, String) {
    let address = url.strip_prefix("http://").expect("it is on loopback");
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let mut request = format!("{} {} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n", call.method, call.path);
    request.push_str(&format!("content-length: {}\r\n", call.body.len()));
    let mut bytes = request.into_bytes();
    for (name, value) in &call.headers {
        bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    bytes.extend([b"\r\n", call.body.as_slice()].concat());
    stream.write_all(&bytes).await.expect("it reads");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.expect("it answers");
    let status = reply.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("there is a status");
    let (_, body) = reply.split_once("\r\n\r\n").expect("there is a body");
    (status, body.to_owned())
}
