//! What both vendors are documented to do, asked of the sandbox over HTTP. Nothing in here reaches
//! into the crate beyond its public calls.

mod acronis;
mod adjustments;
mod client;
mod control;
mod faults;
mod limits;
mod queries;
mod seeds;
mod tidy;
mod writes;
