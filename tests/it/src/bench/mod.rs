//! What benches share: the provider that is measured, and the wire that counts.

pub mod counted;
pub mod planted;
pub mod taken;
