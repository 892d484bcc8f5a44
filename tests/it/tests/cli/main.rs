//! Stories of the command line: the real program is run as a person runs it, against both vendors'
//! simulators, and its exit codes and sentences are read. No output of any story may hold a secret.

mod approvals;
mod demo;
mod environment;
mod explain;
mod json;
mod mapping;
mod quotas;
mod serve;
mod stack;
mod walk;
mod webhooks;
mod words;
