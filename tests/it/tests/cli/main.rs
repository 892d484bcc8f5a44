//! Stories of the command line: the real program is run as a person runs it, against both vendors'
//! simulators, and its exit codes and sentences are read. No output of any story may hold a secret.

mod alerts;
mod alerts_served;
mod approvals;
mod demo;
mod environment;
mod explain;
mod json;
mod mapping;
mod quotas;
mod serve;
mod service_desk;
mod stack;
mod walk;
mod webhooks;
mod words;
