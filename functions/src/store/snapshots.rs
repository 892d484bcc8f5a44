//! What people's lists are made of, compressed: each section in generations of its own, and all that were written
//! together come into force by one update. A section whose content is in force already is not written again.

use super::Store;
use super::history::expires;
use super::items::{Item, Key, Rows, Written, number, number_of, text as text_attribute, text_of};
use anyhow::{Context, bail, ensure};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared::fingerprint::OfMany;
use shared::ids::ConnectionId;
use shared::snapshot::{Entry, Section, Snapshot};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};

/// The most compressed bytes in one item: an item may hold 400 KB (DynamoDB's limit), names and keys included.
const PART_BYTES: usize = 300_000;
/// How hard is compressed. Of 400,000 lines this gives half the bytes of level 1, in 0.9 instead of 0.6 seconds; level 6
/// gives hardly less, in 1.5.
const LEVEL: u32 = 3;
/// How long what was replaced stays, for those who are reading it.
const KEPT_DAYS: i64 = 1;
/// How often a read starts over when a snapshot is saved under its hands.
const READS: usize = 5;
const WRITES_TO_MEMORY: &str = "what is written to memory is written";

/// A section on its way into the table: it is compressed as it comes, so that it is never held in full.
#[derive(Debug)]
pub struct Pack {
    encoder: GzEncoder<Vec<u8>>,
    fingerprint: OfMany,
    entry: Vec<u8>,
}

/// A section that is complete.
#[derive(Debug)]
pub struct Packed {
    bytes: Vec<u8>,
    fingerprint: String,
}

impl Default for Pack {
    fn default() -> Self {
        let encoder = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
        Self { encoder, fingerprint: OfMany::default(), entry: Vec::new() }
    }
}

impl Pack {
    /// Takes an entry in. Their order is nothing that the content is told apart by.
    pub fn add(&mut self, entry: &impl Serialize) {
        self.entry.clear();
        serde_json::to_writer(&mut self.entry, entry).expect("an entry is made of what JSON has words for");
        self.fingerprint.add(&self.entry);
        self.entry.push(b'\n');
        self.encoder.write_all(&self.entry).expect(WRITES_TO_MEMORY);
    }

    /// The section, complete.
    pub fn finish(self) -> Packed {
        Packed { bytes: self.encoder.finish().expect(WRITES_TO_MEMORY), fingerprint: self.fingerprint.to_string() }
    }
}

impl Packed {
    /// How many bytes it takes.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }
}

/// A section that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InForce {
    generation: String,
    parts: usize,
    fingerprint: String,
    since: Timestamp,
}

/// Where it stands what is in force: of lists, and of what no list is made of. Each has versions of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HeadOf(&'static str);

const LISTS: HeadOf = HeadOf("head");
pub(super) const ALERTS: HeadOf = HeadOf("alerts");

/// What is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    of: HeadOf,
    pub(super) version: u64,
    pub(super) sections: BTreeMap<Section, InForce>,
}

impl Head {
    fn read(of: HeadOf, item: &Item) -> anyhow::Result<Self> {
        let body = text_of(item, "body").context("the stored snapshot's head is empty")?;
        let sections = serde_json::from_str(body).context("the stored snapshot's head cannot be read")?;
        Ok(Self { of, version: number_of(item, "version")?, sections })
    }
}

fn head_key(connection: &ConnectionId, of: HeadOf) -> Key {
    Key { pk: format!("{connection}#snapshot"), sk: of.0.to_owned() }
}

fn part_key(connection: &ConnectionId, generation: &str, part: usize) -> Key {
    Key { pk: format!("{connection}#snapshot"), sk: format!("{generation}#{part:06}") }
}

impl Store {
    /// All sections in force, whole; none before the first was saved.
    pub async fn snapshot(&self, connection: &ConnectionId) -> anyhow::Result<Option<Snapshot>> {
        let mut head = self.snapshot_head(connection, LISTS).await?;
        for _ in 0..READS {
            if head.version == 0 {
                return Ok(None);
            }
            if let Some(snapshot) = self.snapshot_of(connection, &head).await? {
                return Ok(Some(snapshot));
            }
            // Parts are missing: either others came into force meanwhile, or they are lost.
            let now = self.snapshot_head(connection, LISTS).await?;
            ensure!(now != head, "version {} of the stored snapshot is not whole", head.version);
            head = now;
        }
        bail!("the snapshot was saved {READS} times while it was read; try again")
    }

    /// The version of the snapshot in force, by one small read; 0 before the first was saved. It grows with every
    /// change, so that what was made of an older one can be told.
    pub async fn snapshot_version(&self, connection: &ConnectionId) -> anyhow::Result<u64> {
        Ok(self.snapshot_head(connection, LISTS).await?.version)
    }

    /// Puts these sections into force, those at least whose content is another than before; the rest stay as they
    /// are. Says whether anything was written. An error where another snapshot came into force meanwhile.
    pub async fn save_snapshot(
        &self,
        connection: &ConnectionId,
        read_at: Timestamp,
        sections: BTreeMap<Section, Packed>,
    ) -> anyhow::Result<bool> {
        let before = self.snapshot_head(connection, LISTS).await?;
        self.replace_sections(connection, &before, read_at, sections).await
    }

    /// Puts a section into force that is made from the one that is: each entry of it is handed to `rewrite` with the pack
    /// of the new one, and none at the end. Says whether anything was written; not where the section was
    /// never saved. An error where another snapshot came into force meanwhile.
    pub async fn rewrite_section(
        &self,
        connection: &ConnectionId,
        section: Section,
        read_at: Timestamp,
        mut rewrite: impl FnMut(Option<Entry<'static>>, &mut Pack),
    ) -> anyhow::Result<bool> {
        let before = self.snapshot_head(connection, LISTS).await?;
        let Some(in_force) = before.sections.get(&section) else { return Ok(false) };
        let bytes = self.section_bytes(connection, in_force).await?;
        let bytes = bytes.context("another snapshot came into force while this one was read")?;
        let mut pack = Pack::default();
        each_entry(&bytes, in_force, |entry| rewrite(Some(entry), &mut pack))
            .with_context(|| format!("version {} of the stored snapshot, {section:?}", before.version))?;
        rewrite(None, &mut pack);
        self.replace_sections(connection, &before, read_at, BTreeMap::from([(section, pack.finish())])).await
    }

    /// Puts sections into force in place of those of `before`, where they are others.
    pub(super) async fn replace_sections(
        &self,
        connection: &ConnectionId,
        before: &Head,
        read_at: Timestamp,
        sections: BTreeMap<Section, Packed>,
    ) -> anyhow::Result<bool> {
        let mut written = BTreeMap::new();
        for (section, packed) in sections {
            if before.sections.get(&section).is_none_or(|known| known.fingerprint != packed.fingerprint) {
                written.insert(section, self.write_section(connection, packed, read_at).await?);
            }
        }
        if written.is_empty() {
            return Ok(false);
        }
        let replaced: Vec<Option<&InForce>> = written.keys().map(|section| before.sections.get(section)).collect();
        let flipped = self.put_into_force(connection, before, &written).await?;
        for section in replaced.into_iter().flatten().filter(|_| flipped).chain(written.values().filter(|_| !flipped)) {
            self.expire_section(connection, section).await;
        }
        ensure!(flipped, "another snapshot came into force meanwhile");
        Ok(true)
    }

    /// Puts what was written into force beside what other jobs did meanwhile. False where one of these sections
    /// themselves is another than in `before`.
    async fn put_into_force(
        &self,
        connection: &ConnectionId,
        before: &Head,
        written: &BTreeMap<Section, InForce>,
    ) -> anyhow::Result<bool> {
        let mut now = before.clone();
        for _ in 0..READS {
            let mut after = now.clone();
            after.sections.extend(written.iter().map(|(section, new)| (*section, new.clone())));
            after.version = now.version.checked_add(1).context("there is no version after this one")?;
            if self.flip_snapshot(connection, now.version, &after).await? {
                return Ok(true);
            }
            now = self.snapshot_head(connection, before.of).await?;
            if written.keys().any(|section| now.sections.get(section) != before.sections.get(section)) {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// Writes a section beside what is in force, one part at a time: together they are more than need be held twice.
    async fn write_section(
        &self,
        connection: &ConnectionId,
        packed: Packed,
        since: Timestamp,
    ) -> anyhow::Result<InForce> {
        let Packed { bytes, fingerprint } = packed;
        let generation = uuid::Uuid::new_v4().to_string();
        let mut parts = 0;
        for part in bytes.chunks(PART_BYTES) {
            let mut item = part_key(connection, &generation, parts).item();
            item.insert("part".to_owned(), AttributeValue::B(Blob::new(part)));
            self.put(item).await?;
            parts += 1;
        }
        Ok(InForce { generation, parts, fingerprint, since })
    }

    /// Puts `head` into force in place of version `before`. False where another one is there.
    async fn flip_snapshot(&self, connection: &ConnectionId, before: u64, head: &Head) -> anyhow::Result<bool> {
        let request = self
            .update(&head_key(connection, head.of))
            .update_expression("SET #version = :version, #body = :body")
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#body", "body")
            .expression_attribute_values(":version", number(head.version))
            .expression_attribute_values(":body", text_attribute(serde_json::to_string(&head.sections)?));
        let request = match before {
            0 => request.condition_expression("attribute_not_exists(pk)"),
            before => request
                .condition_expression("#version = :before")
                .expression_attribute_values(":before", number(before)),
        };
        match self.written("putting the snapshot into force", request).await? {
            Written::Done(_) => Ok(true),
            Written::Refused { stored, .. } if stored.is_empty() => Ok(false),
            // Our own, where the reply was lost and the client sent the update again.
            Written::Refused { stored, .. } => Ok(Head::read(head.of, &stored)? == *head),
        }
    }

    /// Lets a section that is not in force be deleted in time. A part that this misses stays for good and harms
    /// nothing, so a failure is told and no more.
    async fn expire_section(&self, connection: &ConnectionId, section: &InForce) {
        for part in 0..section.parts {
            let request = self
                .update(&part_key(connection, &section.generation, part))
                .return_values(ReturnValue::None)
                .update_expression("SET #ttl = :ttl")
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":ttl", expires(Timestamp::now(), KEPT_DAYS));
            if let Err(error) = self.written("letting a replaced snapshot expire", request).await {
                tracing::warn!(%connection, "{error:#}");
                return;
            }
        }
    }

    pub(super) async fn snapshot_head(&self, connection: &ConnectionId, of: HeadOf) -> anyhow::Result<Head> {
        let item = self.get(&head_key(connection, of)).await?;
        let head = item.as_ref().map(|item| Head::read(of, item)).transpose()?;
        Ok(head.unwrap_or(Head { of, version: 0, sections: BTreeMap::new() }))
    }

    /// The snapshot of a head; none where parts are missing.
    async fn snapshot_of(&self, connection: &ConnectionId, head: &Head) -> anyhow::Result<Option<Snapshot>> {
        let mut snapshot = Snapshot::default();
        for (section, in_force) in &head.sections {
            let Some(bytes) = self.section_bytes(connection, in_force).await? else { return Ok(None) };
            each_entry(&bytes, in_force, |entry: Entry<'static>| snapshot.add(entry))
                .with_context(|| format!("version {} of the stored snapshot, {section:?}", head.version))?;
            snapshot.since.insert(*section, in_force.since);
        }
        Ok(Some(snapshot))
    }

    /// What is stored of a section; none where parts are missing.
    pub(super) async fn section_bytes(
        &self,
        connection: &ConnectionId,
        in_force: &InForce,
    ) -> anyhow::Result<Option<Vec<u8>>> {
        let (mut bytes, mut parts) = (Vec::new(), 0);
        let rows = Rows::StartingWith(format!("{}#", in_force.generation));
        self.query(&part_key(connection, &in_force.generation, 0).pk, rows, |item| {
            let part = item.get("part").and_then(|part| part.as_b().ok());
            bytes.extend_from_slice(part.context("a part of the stored snapshot is empty")?.as_ref());
            parts += 1;
            Ok(())
        })
        .await?;
        Ok((parts == in_force.parts).then_some(bytes))
    }
}

/// Hands over a section's entries; an error where they are not those that were saved.
pub(super) fn each_entry<T: DeserializeOwned>(
    bytes: &[u8],
    in_force: &InForce,
    mut each: impl FnMut(T),
) -> anyhow::Result<()> {
    let mut entries = BufReader::new(GzDecoder::new(bytes));
    let mut fingerprint = OfMany::default();
    let mut entry = Vec::new();
    while entries.read_until(b'\n', &mut entry)? > 0 {
        let text = entry.strip_suffix(b"\n").context("it breaks off within an entry")?;
        fingerprint.add(text);
        each(serde_json::from_slice(text)?);
        entry.clear();
    }
    ensure!(fingerprint.to_string() == in_force.fingerprint, "it is not what was saved");
    Ok(())
}
