//! The console as browsers meet it: over HTTP, on the machine that hosts it and as the Lambda function.

mod approve;
mod forms;
mod function;
mod hosted;
mod links;
mod names;
mod oidc;
mod oidc_function;
mod oidc_people;
mod oidc_provider;
mod oidc_stage;
mod oidc_tokens;
mod overview;
mod people;
mod roles;
mod sessions;
mod setup;
mod setup_refusals;
mod setup_stage;
mod stage;
