//! One machine instead of AWS: the same functions, clients and store, on servers inside this process, and
//! the command line in front of them. It hosts and shows, and decides nothing.

pub mod aws;
pub mod cli;
pub mod commands;
pub mod console_server;
pub mod demo;
pub mod machine;
pub mod mapping_file;
pub mod plans;
pub mod schedule;
pub mod serve;
pub mod session;
pub mod stack;
pub mod status;
pub mod table;
pub mod wake;
pub mod webhook_server;
pub mod webhooks;
