//! What is remembered of the customers' quotas, and how far changed contracts were watched. Shapes are
//! `shared`'s; nothing here decides.

use super::Store;
use super::items::{Key, Rows, body_of};
use shared::ids::ConnectionId;
use shared::quota_facts::QuotaState;
use shared::watch::Watched;

impl Store {
    /// Gives what is remembered of each customer's quotas to `each`.
    pub async fn quota_states(
        &self,
        connection: &ConnectionId,
        mut each: impl FnMut(QuotaState),
    ) -> anyhow::Result<()> {
        self.query(&format!("{connection}#quotas"), Rows::All, |item| {
            each(body_of(&item)?);
            Ok(())
        })
        .await
    }

    /// Stores what is remembered of several customers' quotas; after an error some are stored and some are not.
    pub async fn save_quota_states(&self, connection: &ConnectionId, states: &[QuotaState]) -> anyhow::Result<()> {
        let key = |state: &QuotaState| Key { pk: format!("{connection}#quotas"), sk: state.company.to_string() };
        self.put_all(states.iter().map(|state| key(state).holding(state)).collect::<anyhow::Result<_>>()?).await
    }

    /// How far changed contracts were watched.
    pub async fn watched(&self, connection: &ConnectionId) -> anyhow::Result<Option<Watched>> {
        self.get(&watched_key(connection)).await?.as_ref().map(body_of).transpose()
    }

    /// Stores how far changed contracts were watched.
    pub async fn save_watched(&self, connection: &ConnectionId, watched: &Watched) -> anyhow::Result<()> {
        self.put(watched_key(connection).holding(watched)?).await
    }
}

fn watched_key(connection: &ConnectionId) -> Key {
    Key { pk: format!("{connection}#cursors"), sk: "contract-watch".to_owned() }
}
