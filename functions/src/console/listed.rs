//! What lists are made of: the mapping and the snapshot that the jobs left of both vendors, kept between requests until
//! one of them is another. To put it together again takes up to half a second where there are ten thousand customers.

use super::accounts::Accounts;
use super::fields::Posted;
use super::pages::Failure;
use crate::store::Store;
use shared::held::Kept;
use shared::ids::ConnectionId;
use shared::mapping::Mapping;
use shared::run::Job;
use shared::snapshot::Snapshot;
use std::sync::{Arc, OnceLock};
use tokio::sync::Mutex;

/// A connection's mapping and what its jobs last saw.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) mapping: Mapping,
    pub(super) snapshot: Snapshot,
    pub(super) connection: ConnectionId,
    versions: Versions,
    /// Put together when it is first asked for.
    pub(super) accounts: OnceLock<Accounts>,
}

impl Listed {
    /// What a form carries so that it can be told what its page was made of.
    pub(super) fn stamp(&self) -> String {
        format!("{}.{}", self.versions.mapping, self.versions.snapshot)
    }

    /// Refused where the mapping is another than on the page of a form.
    pub(super) fn is_mapped_as_shown(&self, posted: &Posted) -> Result<(), Failure> {
        match posted.field("shown")?.split('.').next() == Some(self.versions.mapping.to_string().as_str()) {
            true => Ok(()),
            false => Err(Failure::Refused("somebody changed the mapping meanwhile")),
        }
    }
}

/// Of which versions it is made. Both are taken before it is read, so that it is never older than they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Versions {
    mapping: u64,
    snapshot: u64,
}

/// What all jobs of a connection left for people. It moves more often than what lists are made of.
#[derive(Debug)]
pub(super) struct Left {
    /// By job and company.
    pub(super) kept: Vec<(Job, Kept)>,
    connection: ConnectionId,
    version: u64,
}

impl Left {
    /// That of one of these jobs.
    pub(super) fn of<'a>(&'a self, jobs: &'a [Job]) -> impl Iterator<Item = (Job, &'a Kept)> {
        self.kept.iter().filter(|(job, _)| jobs.contains(job)).map(|(job, kept)| (*job, kept))
    }
}

/// Those that were asked for last: a large one takes a hundred megabytes. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct LastListed(Arc<Mutex<Option<Arc<Listed>>>>, Arc<Mutex<Option<Arc<Left>>>>);

impl LastListed {
    /// That of a connection as it is now. Who asks while it is put together waits for it.
    pub(super) async fn of(&self, store: &Store, connection: &ConnectionId) -> anyhow::Result<Arc<Listed>> {
        let (mapping, snapshot) = (store.mapping_version(connection), store.snapshot_version(connection));
        let (mapping, snapshot) = tokio::try_join!(mapping, snapshot)?;
        let versions = Versions { mapping, snapshot };
        let mut last = self.0.lock().await;
        let known = last.as_ref().filter(|known| known.connection == *connection && known.versions == versions);
        if let Some(known) = known {
            return Ok(Arc::clone(known));
        }
        // Makes room first.
        *last = None;
        let mapping = store.mapping(connection).await?.unwrap_or_default();
        let snapshot = store.snapshot(connection).await?.unwrap_or_default();
        let connection = connection.clone();
        let listed = Arc::new(Listed { mapping, snapshot, connection, versions, accounts: OnceLock::new() });
        *last = Some(Arc::clone(&listed));
        Ok(listed)
    }

    /// What all jobs of a connection left for people, as it is now.
    pub(super) async fn left(&self, store: &Store, connection: &ConnectionId) -> anyhow::Result<Arc<Left>> {
        let version = store.held_version(connection).await?;
        let mut last = self.1.lock().await;
        let known = last.as_ref().filter(|known| known.connection == *connection && known.version == version);
        if let Some(known) = known {
            return Ok(Arc::clone(known));
        }
        *last = None;
        let left = Arc::new(Left { kept: store.all_held(connection).await?, connection: connection.clone(), version });
        *last = Some(Arc::clone(&left));
        Ok(left)
    }
}
