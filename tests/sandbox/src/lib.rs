//! Acronis Cyber Protect Cloud and Autotask PSA as state behind HTTP: seeded, inspected, dated,
//! edited as by a human, and told to fail. It imports nothing of the product it is used to test;
//! every rule in it comes from the two vendors' own documentation.

pub mod acronis;
pub mod autotask;
mod clock;
mod control;
pub mod edits;
mod exchange;
pub mod faults;
pub mod operations;
mod requests;
mod running;
pub mod seed;
mod server;
mod settings;
mod world;

pub use edits::Edit;
pub use faults::{Fault, FaultKind};
pub use requests::{RequestSeen, Vendor};
pub use running::{Credentials, Sandbox};
pub use seed::Seed;
pub use settings::Settings;
pub use world::World;
