//! Replays of a connection's alerts, kept between requests until the alerts, the rules or what the vendors offer are
//! others: to replay ten thousand alerts takes half a second.

use crate::console::listed::Listed;
use crate::store::Store;
use anyhow::Context;
use jiff::tz::TimeZone;
use shared::alert_reading::AlertReading;
use shared::alert_replay::{AtSwitchOn, DAYS_TO_CHOOSE_FROM, Replay, ReplayTerms, at_switch_on, replay};
use shared::draft::Draft;
use shared::fingerprint;
use shared::ids::{CompanyId, ConnectionId};
use shared::mapping::Mapping;
use shared::run::Connection;
use shared::ticket::TicketCompany;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Those of one reading under the rules in force and under those that a person or two staged.
const MOST_REPLAYS: usize = 4;

/// What alerts would have become under some rules.
#[derive(Debug)]
pub(in crate::console) struct Replayed {
    pub(in crate::console) replay: Replay,
    /// What the switch-on would make at once, by how many days before it count too; nothing where ticket sync is on.
    pub(in crate::console) at_switch_on: Vec<AtSwitchOn>,
}

/// A reading and what it becomes.
#[derive(Debug, Clone)]
pub(in crate::console) struct Replays {
    pub(in crate::console) reading: Arc<AlertReading>,
    pub(in crate::console) in_force: Arc<Replayed>,
    /// Under what the person staged; none where nothing is staged.
    pub(in crate::console) edited: Option<Arc<Replayed>>,
}

/// Of what a replay is made: the connection, its mapping and snapshot, its reading, and what is staged.
type Key = (ConnectionId, String, u64, String);

/// Those that were asked for last. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct LastReplays(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    reading: Option<(ConnectionId, u64, Arc<AlertReading>)>,
    replays: VecDeque<(Key, Arc<Replayed>)>,
}

impl LastReplays {
    /// Those of a connection as it is now; none before its alerts were read. Who asks meanwhile waits.
    pub(in crate::console) async fn of(
        &self,
        store: &Store,
        (connection, listed, draft): (&Connection, &Arc<Listed>, &Draft),
    ) -> anyhow::Result<Option<Replays>> {
        let version = store.alert_reading_version(&connection.id).await?;
        let mut kept = self.0.lock().await;
        let Some(reading) = kept.reading(store, &connection.id, version).await? else { return Ok(None) };
        let all = (connection, listed, &reading);
        let in_force = kept.replayed(all, version, &Draft::default()).await?;
        let edited = match draft.is_empty() {
            true => None,
            false => Some(kept.replayed(all, version, draft).await?),
        };
        Ok(Some(Replays { reading, in_force, edited }))
    }
}

impl Kept {
    async fn reading(
        &mut self,
        store: &Store,
        connection: &ConnectionId,
        version: u64,
    ) -> anyhow::Result<Option<Arc<AlertReading>>> {
        let is_it = |(of, read, _): &&(ConnectionId, u64, Arc<AlertReading>)| of == connection && *read == version;
        if let Some((_, _, reading)) = self.reading.as_ref().filter(is_it) {
            return Ok(Some(Arc::clone(reading)));
        }
        // Makes room first.
        self.reading = None;
        let Some(reading) = store.alert_reading(connection).await? else { return Ok(None) };
        let reading = Arc::new(reading);
        self.reading = Some((connection.clone(), version, Arc::clone(&reading)));
        Ok(Some(reading))
    }

    async fn replayed(
        &mut self,
        (connection, listed, reading): (&Connection, &Arc<Listed>, &Arc<AlertReading>),
        version: u64,
        draft: &Draft,
    ) -> anyhow::Result<Arc<Replayed>> {
        let staged = fingerprint::of(&[serde_json::to_string(draft)?]);
        let key = (connection.id.clone(), listed.stamp(), version, staged);
        if let Some((_, known)) = self.replays.iter().find(|(known, _)| *known == key) {
            return Ok(Arc::clone(known));
        }
        let (connection, mapping) = (connection.clone(), draft.applied_to(&listed.mapping));
        let (listed, reading) = (Arc::clone(listed), Arc::clone(reading));
        // Pages that are asked for meanwhile do not wait for it.
        let replaying = tokio::task::spawn_blocking(move || replayed(&connection, &mapping, &listed, &reading));
        let replayed = Arc::new(replaying.await.context("replaying alerts")?);
        self.replays.push_front((key, Arc::clone(&replayed)));
        self.replays.truncate(MOST_REPLAYS);
        Ok(replayed)
    }
}

fn replayed(connection: &Connection, mapping: &Mapping, listed: &Listed, reading: &AlertReading) -> Replayed {
    let snapshot = &listed.snapshot;
    let mapped: BTreeSet<CompanyId> = mapping.mapped_customers().map(|(row, _)| row.company).collect();
    // A customer that was mapped since the alerts were read.
    let others = snapshot.companies.iter().filter(|one| mapped.contains(&one.id));
    let known = |one: &shared::contract::Company| TicketCompany {
        name: one.name.clone(),
        active: one.active,
        contracts: Vec::new(),
        machines: BTreeMap::new(),
    };
    let others = others.map(|one| (one.id, known(one))).collect();
    let zone = TimeZone::get(&mapping.settings.time_zone).unwrap_or(TimeZone::UTC);
    let terms = ReplayTerms {
        connection,
        mapping,
        types: &snapshot.alert_types,
        picklists: &snapshot.picklists,
        zone: &zone,
        others: &others,
    };
    let choices = match listed.mapping.settings.tickets.enabled {
        true => BTreeSet::new(),
        false => [mapping.settings.tickets.days_before_switch_on].into_iter().chain(DAYS_TO_CHOOSE_FROM).collect(),
    };
    let at_switch_on = choices.into_iter().map(|days| at_switch_on(reading, &terms, days)).collect();
    Replayed { replay: replay(reading, &terms), at_switch_on }
}
