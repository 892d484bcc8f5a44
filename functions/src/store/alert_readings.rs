//! Alerts that were read to be replayed: a section of the snapshot with a head of its own, so that no list reads it and
//! none is another one because of it.

use super::Store;
use super::snapshots::{ALERTS, Pack, each_entry};
use anyhow::{Context, bail};
use shared::alert_reading::{AlertReading, ReadEntry};
use shared::ids::ConnectionId;
use shared::snapshot::Section;
use std::collections::BTreeMap;

/// How often a read starts over when alerts are saved under its hands.
const READS: usize = 5;

impl Store {
    /// Keeps a reading in place of the one before. Where another one was kept meanwhile, that one stays.
    pub async fn save_alert_reading(&self, connection: &ConnectionId, reading: &AlertReading) -> anyhow::Result<()> {
        let before = self.snapshot_head(connection, ALERTS).await?;
        let mut pack = Pack::default();
        reading.each(|entry| pack.add(&entry));
        let sections = BTreeMap::from([(Section::Alerts, pack.finish())]);
        match self.replace_sections(connection, &before, reading.read.at, sections).await {
            Ok(_) => Ok(()),
            Err(error) => match self.snapshot_head(connection, ALERTS).await? == before {
                true => Err(error),
                false => Ok(()),
            },
        }
    }

    /// The version of the reading in force, by one small read; 0 before the first.
    pub async fn alert_reading_version(&self, connection: &ConnectionId) -> anyhow::Result<u64> {
        Ok(self.snapshot_head(connection, ALERTS).await?.version)
    }

    /// The reading in force; none before the first.
    pub async fn alert_reading(&self, connection: &ConnectionId) -> anyhow::Result<Option<AlertReading>> {
        for _ in 0..READS {
            let head = self.snapshot_head(connection, ALERTS).await?;
            let Some(in_force) = head.sections.get(&Section::Alerts) else { return Ok(None) };
            let Some(bytes) = self.section_bytes(connection, in_force).await? else { continue };
            let mut reading: Option<AlertReading> = None;
            let add = |entry: ReadEntry<'static>| match (&mut reading, entry) {
                (None, ReadEntry::Read(read)) => reading = Some(AlertReading::new(read)),
                (None, _) => {}
                (Some(reading), entry) => reading.add(entry),
            };
            each_entry(&bytes, in_force, add).context("the stored alerts")?;
            return reading.context("the stored alerts do not begin with when they were read").map(Some);
        }
        bail!("alerts were saved {READS} times while they were read, or a part of them is lost; read them again")
    }
}
