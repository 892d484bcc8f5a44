//! Which connection a page is about: the one that its address names, else the first.

use super::pages::Failure;
use super::words::Shown;
use crate::store::Store;
use shared::ids::ConnectionId;
use shared::run::Connection;

/// All connections, and the one that a page is about.
pub(super) struct Connections {
    all: Vec<Connection>,
    /// None where none is set up yet.
    pub(super) chosen: Option<Connection>,
}

/// A connection that may be chosen.
pub(super) struct Choice {
    pub(super) id: String,
    pub(super) name: Shown,
    pub(super) is_chosen: bool,
}

impl Connections {
    /// Those there are. A page that names one which is not there is no page.
    pub(super) async fn choose(store: &Store, name: Option<&str>) -> Result<Self, Failure> {
        let all = store.connections().await?;
        let chosen = match name {
            Some(name) => Some(named(&all, name)?.clone()),
            None => all.first().cloned(),
        };
        Ok(Self { all, chosen })
    }

    /// For people to choose from; nothing where there is but one.
    pub(super) fn choices(&self) -> Vec<Choice> {
        let is_chosen = |id: &ConnectionId| self.chosen.as_ref().is_some_and(|chosen| chosen.id == *id);
        let choice = |one: &Connection| Choice {
            id: one.id.to_string(),
            name: Shown::of(&one.id),
            is_chosen: is_chosen(&one.id),
        };
        if self.all.len() < 2 { Vec::new() } else { self.all.iter().map(choice).collect() }
    }
}

/// The connection that a form or an address names.
pub(super) async fn the_named(store: &Store, name: &str) -> Result<Connection, Failure> {
    named(&store.connections().await?, name).cloned()
}

/// The connection of this name, which may be anything.
fn named<'a>(connections: &'a [Connection], name: &str) -> Result<&'a Connection, Failure> {
    let id = ConnectionId::new(name);
    connections.iter().find(|known| known.id == id).ok_or(Failure::NoSuchPage)
}
