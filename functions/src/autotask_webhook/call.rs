//! A call from outside and its reply, whoever serves them, and which door a call knocks at. Believes nothing
//! yet.

use crate::events::Event;
use shared::ids::{ConnectionId, is_connection_name};

/// What a larger body could say, no caller of ours has to.
pub const MOST_BODY_BYTES: usize = 256 << 10;

/// A call from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// Its method.
    pub method: String,
    /// Its path as sent, still escaped, without query.
    pub path: String,
    /// Its headers in the order in which they came; one sent twice is here twice.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Its body as sent: what signatures are of.
    pub body: Vec<u8>,
}

impl Call {
    /// The value of a header that is there exactly once, as text.
    pub(super) fn the_only(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let (_, value) = values.next()?;
        values.next().is_none().then(|| std::str::from_utf8(value).ok()).flatten()
    }
}

/// The reply to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its body: JSON.
    pub body: &'static str,
    /// What is published before it is sent.
    pub events: Vec<Event>,
}

impl Reply {
    /// Believed; `events` may be none, where nobody has to look.
    pub(super) fn taken(events: Vec<Event>) -> Self {
        Self { status: 200, body: r#"{"ok":true}"#, events }
    }
}

/// Why a call is not taken. The words say nothing of keys, or of which connections there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is no such path.
    NoSuchPath,
    /// The path is there for POST only.
    OnlyPost,
    /// The body is too large to be looked at.
    TooLarge,
    /// Not signed, or not by one of the connection's keys, or too long ago, or for no connection of ours.
    NotSigned,
    /// Signed, and not what was expected.
    Malformed,
    /// We cannot do our part now; the caller is to call again.
    Unable,
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let (status, body) = match refusal {
            Refusal::NoSuchPath => (404, r#"{"error":"no such path"}"#),
            Refusal::OnlyPost => (405, r#"{"error":"only POST"}"#),
            Refusal::TooLarge => (413, r#"{"error":"too large"}"#),
            Refusal::NotSigned => (401, r#"{"error":"not signed"}"#),
            Refusal::Malformed => (400, r#"{"error":"malformed"}"#),
            Refusal::Unable => (500, r#"{"error":"try again"}"#),
        };
        Self { status, body, events: Vec::new() }
    }
}

/// The doors there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Autotask,
    ContractChanged,
}

/// Which connection's door a call knocks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) connection: ConnectionId,
    pub(super) door: Door,
}

impl Route {
    pub(super) fn of(call: &Call) -> Result<Self, Refusal> {
        let parts: Vec<&str> = call.path.split('/').collect();
        let ["", "v1", name, door] = parts[..] else { return Err(Refusal::NoSuchPath) };
        let door = match door {
            "autotask" => Door::Autotask,
            "contract-changed" => Door::ContractChanged,
            _ => return Err(Refusal::NoSuchPath),
        };
        if !is_connection_name(name) {
            return Err(Refusal::NoSuchPath);
        }
        if call.method != "POST" {
            return Err(Refusal::OnlyPost);
        }
        Ok(Self { connection: ConnectionId::new(name), door })
    }
}
