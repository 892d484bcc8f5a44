//! The rules: from what both vendors say to what should be changed, held or told.
//!
//! Pure by construction: no input or output, no clock (`today` is an argument), no randomness. The
//! manifest has nothing to reach the world with.

pub mod contract;
pub mod fingerprint;
pub mod ids;
pub mod kept;
pub mod line;
pub mod mapping;
pub mod quantity;
pub mod reckoning;
pub mod run;
pub mod settings;
pub mod usage;
