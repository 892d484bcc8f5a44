//! What both vendors are documented to do, asked of the sandbox over HTTP. Nothing in here reaches
//! into the crate beyond its public calls.

mod acronis;
mod adjustments;
mod alert_lists;
mod alerts;
mod client;
mod contract_edits;
mod control;
mod faults;
mod limits;
mod provisioning;
mod queries;
mod quotas;
mod seeds;
mod ticket_people;
mod tickets;
mod tidy;
mod users;
mod webhooks;
mod writes;
