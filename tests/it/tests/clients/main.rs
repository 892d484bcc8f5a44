//! The vendor clients against the sandbox: whole reads, limits, outcomes and hostile addresses. It
//! tests what the clients do, never what a job decides.

mod acronis;
mod acronis_alert_rows;
mod acronis_alerts;
mod acronis_dismissals;
mod acronis_given;
mod acronis_provisioning;
mod acronis_refusals;
mod acronis_writes;
mod addresses;
mod autotask_reads;
mod autotask_ticket_choices;
mod autotask_ticket_writes;
mod autotask_tickets;
mod autotask_writes;
mod secrets;
mod stub;
mod support;
