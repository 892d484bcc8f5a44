//! What it is for.

pub mod acronis;
pub mod autotask;
pub mod context;
pub mod host;
pub mod http;
pub mod progress;
pub mod store;
pub mod usage_sync;
