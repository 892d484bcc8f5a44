//! The console: pages on which people see how the connections stand and say what is to be done. It reads our own
//! memory and publishes events; it calls no vendor and reads none of their secrets, and what it changes is recorded with
//! who changed it. The one secret that it writes is what a person offers to connect with; the one that it reads is its
//! own, for the one that it calls: the provider that vouches for people.
//!
//! Every page and form stands in the table of `routes`, which is the only place where one can: each handler there
//! takes as its first argument the gate that lets a person in, and each form as its second the fields that were
//! checked to come from a page of the same session.

mod accounts;
mod activity;
mod assets;
mod changes;
mod connections;
mod customers;
mod drafts;
mod explain;
mod fields;
mod findings;
mod gates;
mod guard;
mod held;
mod links;
mod listed;
mod oidc;
mod overview;
mod paged;
mod pages;
mod people;
mod plan;
mod products;
mod query;
mod replay;
mod routes;
mod sessions;
mod settings;
mod setup;
mod sign_in;
mod statement;
mod syncs;
mod tickets;
mod words;

pub use links::{LINK_LASTS, Links};
pub use listed::LastListed;
pub use oidc::Provider;
pub use replay::LastReplays;
pub use routes::{Needs, Route, routes};
pub use sessions::cookie_name;

use crate::context::Clock;
use crate::events::Bus;
use crate::secrets::Offers;
use crate::store::Store;
use axum::Router;
use std::net::SocketAddr;

/// Where the console is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// On this machine only, without TLS, at this address and under no other name.
    Loopback(SocketAddr),
    /// Behind TLS; who ends it says under which name.
    Https,
}

/// What the console's pages work with. Clones share it.
#[derive(Debug, Clone)]
pub struct Console {
    /// The table.
    pub store: Store,
    /// The bus.
    pub bus: Bus,
    /// The time by which people come and go.
    pub clock: Clock,
    /// The time by which the jobs work: another one where days are simulated.
    pub jobs_clock: Clock,
    /// Where it is reached.
    pub site: Site,
    /// The links by which one comes in on one machine.
    pub links: Option<Links>,
    /// Who vouches for people; none where nobody does.
    pub provider: Option<Provider>,
    /// What lists are made of.
    pub listed: LastListed,
    /// What the alerts of the last days would have become.
    pub replays: LastReplays,
    /// Where people put what they offer to connect with; none where credentials come from the environment.
    pub offers: Option<Offers>,
}

impl Console {
    /// The router of all pages, to be built once.
    pub fn router(self) -> Router {
        let mut router = Router::new();
        for route in routes() {
            router = router.route(&route.path, route.serve);
        }
        let router = router.fallback(pages::no_such_page).with_state(self.clone());
        router.layer(axum::middleware::from_fn_with_state(self, guard::guard))
    }
}
