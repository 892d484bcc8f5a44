//! The hands: the vendors' clients, the store, the jobs, and what hosts them. Reads and writes, and decides
//! nothing; what to do is `shared`'s to say.

pub mod acronis;
pub mod alert_sync;
pub mod autotask;
pub mod autotask_webhook;
pub mod console;
pub mod context;
pub mod contract_changed;
pub mod contract_watch;
pub mod dispatch;
pub mod events;
pub mod host;
pub mod http;
pub mod lambda;
pub mod metrics;
pub mod progress;
pub mod run;
pub mod secrets;
pub mod setup;
pub mod spreadsheet;
pub mod standing;
pub mod store;
pub mod ticket_changed;
pub mod usage_sync;
