//! The rules: from what both vendors say to what should be changed, held or told.
//!
//! Pure by construction: no input or output, no clock (`today` is an argument), no randomness. The
//! manifest has nothing to reach the world with.

pub mod contract;
pub mod creation;
pub mod effective;
pub mod explain;
pub mod facts;
pub mod families;
pub mod finding;
pub mod fingerprint;
pub mod guard;
mod holds;
pub mod ids;
pub mod kept;
pub mod labels;
pub mod line;
mod line_plan;
mod line_words;
pub mod mapping;
pub mod matching;
pub mod new_tenant;
mod placing;
pub mod plan;
mod prepaid_finding;
pub mod quantity;
pub mod quota;
pub mod quota_change;
pub mod quota_facts;
pub mod quota_guard;
pub mod quota_plan;
pub mod reckon;
pub mod reckoning;
pub mod run;
pub mod settings;
pub mod sold;
mod storages;
pub mod text;
pub mod usage;
pub mod usage_plan;
pub mod vanished;
pub mod watch;
mod wishes;
pub mod words;
