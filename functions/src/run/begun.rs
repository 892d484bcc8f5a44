//! What a run is about to change, put into the list of what happened before it is sent, so that what a killed run did is
//! not lost from it; and what became of it, in its place afterwards.

use crate::host::Host;
use jiff::Timestamp;
use shared::deed::{Became, Deed};
use shared::ids::ConnectionId;
use shared::plan::Change;

/// Changes that stand in the list as begun.
pub(crate) struct Begun<'a> {
    host: &'a Host,
    connection: &'a ConnectionId,
    all: Vec<Deed>,
}

impl<'a> Begun<'a> {
    /// Puts changes into the list that are begun now.
    pub(crate) async fn begin(
        host: &'a Host,
        connection: &'a ConnectionId,
        run: &str,
        changes: impl IntoIterator<Item = &Change>,
    ) -> anyhow::Result<Self> {
        let now: Timestamp = host.clock.now();
        let deed = |change: &Change| Deed::of_plan(change, run, now, Became::Begun);
        let all: Vec<Deed> = changes.into_iter().map(deed).collect();
        host.store.save_deeds(connection, &all).await?;
        Ok(Self { host, connection, all })
    }

    /// Keeps what became of each; none: it was certainly not done, and the next run plans it afresh.
    pub(crate) async fn end(self, became: impl Fn(&str) -> Option<Became>) -> anyhow::Result<()> {
        let known = self.all.iter().filter_map(|deed| Some(Deed { became: became(&deed.change)?, ..deed.clone() }));
        let known: Vec<Deed> = known.collect();
        self.host.store.replace_deeds(self.connection, &self.all, &known).await
    }
}
