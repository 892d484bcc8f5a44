//! What was asked of the sandbox, in order of arrival, and how many requests ran side by side.
//! It records; it decides nothing.

use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// Which of the two vendors a request was meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Vendor {
    /// Acronis Cyber Protect Cloud.
    Acronis,
    /// Autotask PSA.
    Autotask,
}

/// One request as it arrived, and the status it was answered with.
#[derive(Debug, Clone, Serialize)]
pub struct RequestSeen {
    /// Counts from 1, never reused.
    pub number: u64,
    /// The server it came to.
    pub vendor: Vendor,
    /// Name from [`crate::operations`], or "acronis.unknown" / "autotask.unknown".
    pub operation: String,
    /// HTTP method.
    pub method: String,
    /// Path as sent.
    pub path: String,
    /// Query string as sent, without the question mark.
    pub query: String,
    /// Body as text.
    pub body: String,
    /// Status answered; 0 when the connection was closed or left silent.
    pub status: u16,
    /// Sandbox time of arrival.
    pub at: Timestamp,
    /// False when no route or entity is known for it.
    pub known: bool,
}

/// The log and the counters of requests under way.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) seen: Vec<RequestSeen>,
    last_number: u64,
    under_way: BTreeMap<String, usize>,
    pub(crate) most: BTreeMap<String, usize>,
    endpoints: BTreeMap<String, usize>,
}

impl Traffic {
    /// Records an arrival; returns its number and how many now run on the same endpoint.
    pub(crate) fn arrive(&mut self, mut request: RequestSeen, endpoint: &str) -> (u64, usize) {
        self.last_number += 1;
        request.number = self.last_number;
        let running = self.under_way.entry(request.operation.clone()).or_default();
        *running += 1;
        let most = self.most.entry(request.operation.clone()).or_default();
        *most = (*most).max(*running);
        self.seen.push(request);
        let on_endpoint = self.endpoints.entry(endpoint.to_owned()).or_default();
        *on_endpoint += 1;
        (self.last_number, *on_endpoint)
    }

    pub(crate) fn leave(&mut self, operation: &str, endpoint: &str) {
        if let Some(running) = self.under_way.get_mut(operation) {
            *running = running.saturating_sub(1);
        }
        if let Some(running) = self.endpoints.get_mut(endpoint) {
            *running = running.saturating_sub(1);
        }
    }

    pub(crate) fn answered(&mut self, number: u64, status: u16) {
        let mut newest_first = self.seen.iter_mut().rev();
        if let Some(request) = newest_first.find(|request| request.number == number) {
            request.status = status;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.seen.clear();
        self.most.clear();
    }
}
