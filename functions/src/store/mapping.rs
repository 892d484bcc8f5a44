//! The mapping, in whole generations: a new one is written beside the one in force and comes into force by
//! one update, so that a save that dies half-way leaves the old one as it was. It does not check what a
//! mapping says.

use super::Store;
use super::history::expires;
use super::items::{Item, Key, Rows, Written, number, number_of, text as text_attribute, text_of};
use anyhow::{Context, bail, ensure};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::alert::AlertKind;
use shared::alert_settings::AlertRow;
use shared::ids::{CompanyId, ConnectionId};
use shared::mapping::{CustomerRow, Mapping, ProductRow};
use shared::settings::Settings;
use shared::usage::ItemKey;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The most text in one item: an item may hold 400 KB (DynamoDB's limit), names and keys included.
const CHUNK_BYTES: usize = 300_000;
/// How long replaced generations are kept, as history.
const KEPT_DAYS: i64 = 400;
/// How often a read starts over when the mapping is saved under its hands.
const READS: usize = 5;

/// Why a mapping was not saved; the one in force is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// It was made from an older version than the one in force.
    #[error("the mapping was changed meanwhile: version {found} is in force; read it again")]
    Stale {
        /// The version in force.
        found: u64,
    },
    /// It could not be written.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// A mapping as its text has it.
#[derive(Serialize, Deserialize)]
struct MappingText<'a> {
    settings: Cow<'a, Settings>,
    customers: Cow<'a, BTreeMap<CompanyId, CustomerRow>>,
    // Pairs, since a key of several parts cannot name a member of a JSON object.
    products: Vec<(Cow<'a, ItemKey>, Cow<'a, ProductRow>)>,
    #[serde(default)]
    alerts: Cow<'a, BTreeMap<AlertKind, AlertRow>>,
}

/// Which generation is in force.
#[derive(PartialEq, Eq)]
struct Head {
    version: u64,
    generation: String,
    chunks: usize,
}

impl Head {
    fn of(item: &Item) -> anyhow::Result<Self> {
        Ok(Self {
            version: number_of(item, "version")?,
            generation: text_of(item, "generation").context("the stored mapping has no generation")?.to_owned(),
            chunks: number_of(item, "chunks")?,
        })
    }
}

fn head_key(connection: &ConnectionId) -> Key {
    Key { pk: format!("{connection}#mapping"), sk: "head".to_owned() }
}

fn chunk_key(connection: &ConnectionId, generation: &str, chunk: usize) -> Key {
    Key { pk: format!("{connection}#mapping"), sk: format!("{generation}#{chunk:06}") }
}

impl Store {
    /// The mapping in force; none before the first was saved.
    pub async fn mapping(&self, connection: &ConnectionId) -> anyhow::Result<Option<Mapping>> {
        let Some(mut head) = self.mapping_head(connection).await? else { return Ok(None) };
        for _ in 0..READS {
            if let Some(text) = self.mapping_text(connection, &head).await? {
                return mapping_of(head.version, &text).map(Some);
            }
            // Pieces are missing: either another generation came into force meanwhile, or they are lost.
            let now = self.mapping_head(connection).await?.context("the stored mapping lost its head")?;
            ensure!(now != head, "version {} of the stored mapping is not whole", head.version);
            head = now;
        }
        bail!("the mapping was saved {READS} times while it was read; try again")
    }

    /// The version of the mapping in force, by one small read; 0 before the first was saved.
    pub async fn mapping_version(&self, connection: &ConnectionId) -> anyhow::Result<u64> {
        Ok(self.mapping_head(connection).await?.map_or(0, |head| head.version))
    }

    /// A version that was in force earlier, as far as it is kept and can be told from saves that came to nothing.
    pub async fn earlier_mapping(&self, connection: &ConnectionId, version: u64) -> anyhow::Result<Option<Mapping>> {
        let mut generations: BTreeMap<String, String> = BTreeMap::new();
        self.query(&head_key(connection).pk, Rows::StartingWith(format!("{version:020}-")), |item| {
            let key = text_of(&item, "sk").context("a piece of the stored mapping has no key")?;
            let (generation, _) = key.split_once('#').context("a piece of the stored mapping has another key")?;
            let text = generations.entry(generation.to_owned()).or_default();
            text.push_str(text_of(&item, "body").context("a piece of the stored mapping is empty")?);
            Ok(())
        })
        .await?;
        let mut texts = generations.into_values();
        let only = texts.next().filter(|_| texts.next().is_none());
        // Pieces expire one by one, and what is left of a text cannot be read.
        Ok(only.and_then(|text| mapping_of(version, &text).ok()))
    }

    /// Puts a mapping into force, if the one in force is still the version it was made from, and tells its
    /// new version.
    pub async fn save_mapping(&self, connection: &ConnectionId, mapping: &Mapping) -> Result<u64, SaveError> {
        let saved = self.save_mapping_with(connection, mapping, Vec::new()).await?;
        Ok(saved.context("there is nothing else that could be refused")?)
    }

    /// The same, together with other writes or not at all. None: one of the others was refused.
    pub(super) async fn save_mapping_with(
        &self,
        connection: &ConnectionId,
        mapping: &Mapping,
        also: Vec<TransactWriteItem>,
    ) -> Result<Option<u64>, SaveError> {
        let before = self.mapping_head(connection).await?;
        let found = before.as_ref().map_or(0, |head| head.version);
        if found != mapping.version {
            return Err(SaveError::Stale { found });
        }
        let version = found.checked_add(1).context("there is no version after this one")?;
        let text = text_of_mapping(mapping)?;
        let pieces = pieces(&text);
        // The version for people who look, the rest so that a save that died leaves nothing in our way.
        let generation = format!("{version:020}-{}", uuid::Uuid::new_v4());
        let head = Head { version, generation, chunks: pieces.len() };
        let mut chunks = Vec::with_capacity(pieces.len());
        for (chunk, piece) in pieces.into_iter().enumerate() {
            let mut item = chunk_key(connection, &head.generation, chunk).item();
            item.insert("body".to_owned(), text_attribute(piece));
            chunks.push(item);
        }
        self.put_all(chunks).await?;
        let flipped = self.flip(connection, found, &head, also).await;
        // Where nobody knows what became of it, it may be in force, and nothing may expire.
        match &flipped {
            Ok(true) => {
                if let Some(before) = before {
                    self.expire(connection, &before).await;
                }
            }
            Ok(false) | Err(SaveError::Stale { .. }) => self.expire(connection, &head).await,
            Err(SaveError::Failed(_)) => {}
        }
        flipped.map(|done| done.then_some(version))
    }

    /// Puts `head` into force in place of version `before`, and makes the other writes with it. False: one of them was
    /// refused.
    async fn flip(
        &self,
        connection: &ConnectionId,
        before: u64,
        head: &Head,
        also: Vec<TransactWriteItem>,
    ) -> Result<bool, SaveError> {
        let request = self
            .update(&head_key(connection))
            .update_expression("SET #version = :version, #generation = :generation, #chunks = :chunks")
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#generation", "generation")
            .expression_attribute_names("#chunks", "chunks")
            .expression_attribute_values(":version", number(head.version))
            .expression_attribute_values(":generation", text_attribute(&head.generation))
            .expression_attribute_values(":chunks", number(head.chunks));
        let request = match before {
            0 => request.condition_expression("attribute_not_exists(pk)"),
            before => request
                .condition_expression("#version = :before")
                .expression_attribute_values(":before", number(before)),
        };
        let doing = "putting the mapping into force";
        let written = match also.as_slice() {
            [] => self.written(doing, request).await?,
            _ => {
                let flip = TransactWriteItem::builder().update(action_of(request)?).build();
                self.transact(doing, std::iter::once(flip).chain(also).collect()).await?
            }
        };
        match written {
            Written::Done(_) => Ok(true),
            Written::Refused { action: 0, stored } if stored.is_empty() => Err(SaveError::Stale { found: 0 }),
            Written::Refused { action: 0, stored } => {
                let found = Head::of(&stored)?;
                // Our own, where the reply was lost and the client sent the update again.
                if found == *head { Ok(true) } else { Err(SaveError::Stale { found: found.version }) }
            }
            Written::Refused { .. } => Ok(false),
        }
    }

    /// Lets a generation that is not in force be deleted in time. A piece that this misses stays for good
    /// and harms nothing, so a failure is told and no more.
    async fn expire(&self, connection: &ConnectionId, head: &Head) {
        for chunk in 0..head.chunks {
            let request = self
                .update(&chunk_key(connection, &head.generation, chunk))
                .return_values(ReturnValue::None)
                .update_expression("SET #ttl = :ttl")
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":ttl", expires(Timestamp::now(), KEPT_DAYS));
            if let Err(error) = self.written("letting a replaced mapping expire", request).await {
                tracing::warn!(%connection, version = head.version, "{error:#}");
                return;
            }
        }
    }

    async fn mapping_head(&self, connection: &ConnectionId) -> anyhow::Result<Option<Head>> {
        self.get(&head_key(connection)).await?.as_ref().map(Head::of).transpose()
    }

    /// The text of a generation; none where pieces are missing.
    async fn mapping_text(&self, connection: &ConnectionId, head: &Head) -> anyhow::Result<Option<String>> {
        let mut text = String::new();
        let mut chunks = 0;
        let rows = Rows::StartingWith(format!("{}#", head.generation));
        self.query(&head_key(connection).pk, rows, |item| {
            text.push_str(text_of(&item, "body").context("a piece of the stored mapping is empty")?);
            chunks += 1;
            Ok(())
        })
        .await?;
        Ok((chunks == head.chunks).then_some(text))
    }
}

/// An update as a part of a transaction.
fn action_of(request: UpdateItemFluentBuilder) -> anyhow::Result<Update> {
    Ok(Update::builder()
        .set_table_name(request.get_table_name().clone())
        .set_key(request.get_key().clone())
        .set_update_expression(request.get_update_expression().clone())
        .set_condition_expression(request.get_condition_expression().clone())
        .set_expression_attribute_names(request.get_expression_attribute_names().clone())
        .set_expression_attribute_values(request.get_expression_attribute_values().clone())
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()?)
}

fn text_of_mapping(mapping: &Mapping) -> anyhow::Result<String> {
    let products = mapping.products.iter().map(|(key, row)| (Cow::Borrowed(key), Cow::Borrowed(row))).collect();
    let text = MappingText {
        settings: Cow::Borrowed(&mapping.settings),
        customers: Cow::Borrowed(&mapping.customers),
        products,
        alerts: Cow::Borrowed(&mapping.alerts),
    };
    Ok(serde_json::to_string(&text)?)
}

fn mapping_of(version: u64, text: &str) -> anyhow::Result<Mapping> {
    let text: MappingText<'_> =
        serde_json::from_str(text).with_context(|| format!("version {version} of the stored mapping"))?;
    Ok(Mapping {
        version,
        settings: text.settings.into_owned(),
        customers: text.customers.into_owned(),
        alerts: text.alerts.into_owned(),
        products: text.products.into_iter().map(|(key, row)| (key.into_owned(), row.into_owned())).collect(),
    })
}

/// A text cut into pieces that fit into items.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(CHUNK_BYTES));
        pieces.push(piece);
        rest = after;
    }
    pieces
}
