//! Reading from and writing to Autotask PSA (Autotask REST API 1.0). It alone knows the vendor's JSON
//! names. Readers and writers are different types: who has no writer can change nothing. Nothing here
//! decides what to write.

mod allowance;
mod connection;
mod error;
mod metadata;
mod number;
mod picklists;
mod query;
mod reads;
mod scoped;
mod ticket_companies;
mod ticket_writes;
mod tickets;
mod webhooks;
mod wire;
mod writer;

pub use allowance::Allowance;
pub use error::{AutotaskError, WriteError};
pub use metadata::{EntityField, PicklistValue};
pub use scoped::{ContractNote, TouchedContract};
pub use webhooks::{Watched, Webhook, WebhookSettings};
pub use writer::{Adjust, AutotaskWriter};

use connection::Connection;
use std::sync::Arc;

/// The reader of one Autotask database; cheap to clone, and clones share their allowance and their
/// places in the queue of each endpoint.
#[derive(Debug, Clone)]
pub struct AutotaskReader(Arc<Connection>);

/// How much of the vendor's hourly limit is used, by everybody (Autotask developer help, Thresholds
/// and limits).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// Requests allowed in the window.
    pub limit: u64,
    /// The window's length.
    pub window_minutes: u64,
    /// Requests made in it so far, by all integrations together.
    pub used: u64,
}
