//! What people mean to change in a mapping and have not applied yet: one item per person and connection, replaced on the
//! condition that it is still the one that was read. What is applied goes into the mapping, into the record of changes,
//! and out of the draft together or not at all. What an edit means is decided elsewhere.

use super::audit::{audit_items, person_part};
use super::history::expires;
use super::items::{Item, Key, Written, text as text_attribute, text_of};
use super::mapping::SaveError;
use super::{Store, items};
use anyhow::{Context, ensure};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use shared::draft::Draft;
use shared::ids::ConnectionId;
use shared::mapping::Mapping;
use shared::person::{AuditRecord, PersonId};
use std::io::Write;

/// How long a draft is kept after its last edit.
const KEPT_DAYS: i64 = 30;
/// The most compressed bytes of a draft: an item may hold 400 KB (DynamoDB's limit), names and keys included.
const MOST_BYTES: usize = 380_000;

/// A draft, and which state of it this is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredDraft {
    /// The edits.
    pub draft: Draft,
    /// Another one after every change; empty where nothing is stored.
    state: String,
}

impl StoredDraft {
    /// Stands for this very state of it, and for no other one of this person's.
    pub fn state(&self) -> &str {
        &self.state
    }
}

fn draft_key(connection: &ConnectionId, person: &PersonId) -> Key {
    Key { pk: format!("{connection}#drafts"), sk: person_part(person) }
}

impl Store {
    /// What a person has staged of a connection; empty where it is nothing.
    pub async fn draft(&self, connection: &ConnectionId, person: &PersonId) -> anyhow::Result<StoredDraft> {
        let Some(item) = self.get(&draft_key(connection, person)).await? else { return Ok(StoredDraft::default()) };
        let state = text_of(&item, "state").context("the stored draft has no state")?.to_owned();
        let edits = item.get("edits").and_then(|edits| edits.as_b().ok()).context("the stored draft is empty")?;
        let draft = serde_json::from_reader(GzDecoder::new(edits.as_ref())).context("the stored draft")?;
        Ok(StoredDraft { draft, state })
    }

    /// Stores the edits in place of those that were read with them. False: there are others by now, and nothing is
    /// stored.
    pub async fn save_draft(
        &self,
        connection: &ConnectionId,
        person: &PersonId,
        draft: &StoredDraft,
        now: Timestamp,
    ) -> anyhow::Result<bool> {
        let key = draft_key(connection, person);
        let action = match draft.draft.is_empty() {
            true if draft.state.is_empty() => return Ok(true),
            true => self.draft_done(&key, &draft.state)?,
            false => self.draft_put(&key, draft, now)?,
        };
        Ok(matches!(self.transact("writing a draft", vec![action]).await?, Written::Done(_)))
    }

    /// Puts `mapping` into force, which is what came of this draft, together with the records of what was changed, and
    /// removes the draft. Tells the new version; none where the draft is another by now, and nothing is changed.
    pub async fn apply_draft(
        &self,
        connection: &ConnectionId,
        person: &PersonId,
        draft: &StoredDraft,
        mapping: &Mapping,
        records: &[AuditRecord],
    ) -> Result<Option<u64>, SaveError> {
        let mut actions = vec![self.draft_done(&draft_key(connection, person), &draft.state)?];
        for item in audit_items(records)? {
            actions.push(self.put_action(item)?);
        }
        self.save_mapping_with(connection, mapping, actions).await
    }

    fn draft_put(&self, key: &Key, draft: &StoredDraft, now: Timestamp) -> anyhow::Result<TransactWriteItem> {
        let mut edits = GzEncoder::new(Vec::new(), Compression::default());
        edits.write_all(&serde_json::to_vec(&draft.draft)?).context("packing a draft")?;
        let edits = edits.finish().context("packing a draft")?;
        ensure!(edits.len() <= MOST_BYTES, "the draft takes {} bytes; at most {MOST_BYTES} fit", edits.len());
        let mut item: Item = key.item();
        item.insert("edits".to_owned(), AttributeValue::B(Blob::new(edits)));
        item.insert("state".to_owned(), text_attribute(uuid::Uuid::new_v4().to_string()));
        item.insert("ttl".to_owned(), expires(now, KEPT_DAYS));
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = match draft.state.as_str() {
            "" => put.condition_expression("attribute_not_exists(pk)"),
            state => put
                .condition_expression("#state = :state")
                .expression_attribute_names("#state", "state")
                .expression_attribute_values(":state", items::text(state)),
        };
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    fn draft_done(&self, key: &Key, state: &str) -> anyhow::Result<TransactWriteItem> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key.item()))
            .condition_expression("#state = :state")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":state", items::text(state))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}
