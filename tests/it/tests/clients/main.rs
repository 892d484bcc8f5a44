//! The vendor clients against the sandbox: whole reads, limits, outcomes and hostile addresses. It
//! tests what the clients do, never what a job decides.

mod acronis;
mod addresses;
mod autotask_reads;
mod autotask_writes;
mod secrets;
mod support;
