//! The console as browsers meet it: over HTTP, on the machine that hosts it and as the Lambda function.

mod approve;
mod changes;
mod customers;
mod forms;
mod function;
mod hosted;
mod links;
mod names;
mod overview;
mod people;
mod products;
mod provider;
mod roles;
mod sessions;
mod setup;
mod setup_refusals;
mod setup_stage;
mod stage;
