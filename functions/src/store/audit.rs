//! The people of the console with their roles, and the record of what they changed. A change and its record are
//! written together or not at all; what may be changed is decided elsewhere.

use super::Store;
use super::items::{Item, Key, Rows, Written, body_of, number, number_of, text};
use super::mapping::SaveError;
use anyhow::Context;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use serde::Deserialize;
use shared::fingerprint;
use shared::ids::ConnectionId;
use shared::mapping::Mapping;
use shared::person::{AuditRecord, Person, PersonId};

/// Partitions that are no connection's: their names hold no `#`.
const PEOPLE: &str = "people";
pub(super) const AUDIT: &str = "audit";
/// Sorts before each person, whose keys begin with a digit.
const HEAD: &str = "!head";
/// Beside what they record, this many items fit into one transaction, which takes 100 (DynamoDB's limit).
const MOST_ITEMS_TOGETHER: usize = 90;
/// The most text in one of several items: each may hold 400 KB, and a transaction 4 MB (DynamoDB's limits).
const TOGETHER_BYTES: usize = 350_000;

/// Everybody who is known, and which version of that it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People {
    /// In no order that means anything.
    pub all: Vec<Person>,
    version: u64,
}

impl People {
    /// The person with this id.
    pub fn get(&self, id: &PersonId) -> Option<&Person> {
        self.all.iter().find(|person| person.id == *id)
    }
}

/// The length keeps issuers and subjects apart, whatever they are: no two people share a key.
pub(super) fn person_part(id: &PersonId) -> String {
    format!("{}#{}#{}", id.issuer.len(), id.issuer, id.subject)
}

fn person_key(id: &PersonId) -> Key {
    Key { pk: PEOPLE.to_owned(), sk: person_part(id) }
}

fn head_key() -> Key {
    Key { pk: PEOPLE.to_owned(), sk: HEAD.to_owned() }
}

pub(super) fn audit_item(record: &AuditRecord) -> anyhow::Result<Item> {
    // Two people may change the same thing at the same moment.
    let of = fingerprint::of(&[&record.by.issuer, &record.by.subject, &record.what, &record.before, &record.after]);
    Key { pk: AUDIT.to_owned(), sk: format!("{:.9}#{of}", record.at) }.holding(record)
}

/// What an item of the record holds.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Recorded {
    One(AuditRecord),
    /// What was changed together, and is too many for items of their own in one transaction.
    Together(Vec<AuditRecord>),
}

/// The items of records that are written together: one each where they are few.
pub(super) fn audit_items(records: &[AuditRecord]) -> anyhow::Result<Vec<Item>> {
    if records.len() <= MOST_ITEMS_TOGETHER {
        return records.iter().map(audit_item).collect();
    }
    let mut items = Vec::new();
    let mut rest = records;
    while let [first, ..] = rest {
        let mut bytes = 0;
        let fits = |record: &&AuditRecord| {
            let AuditRecord { at: _, by, what, before, after } = record;
            // Escaped, a text may take six times its length.
            bytes += 6 * (what.len() + before.len() + after.len()) + by.issuer.len() + by.subject.len() + 100;
            bytes < TOGETHER_BYTES
        };
        let (together, after) = rest.split_at(rest.iter().take_while(fits).count().max(1));
        let mut item = audit_item(first)?;
        item.insert("body".to_owned(), text(serde_json::to_string(together)?));
        items.push(item);
        rest = after;
    }
    Ok(items)
}

impl Store {
    /// One person.
    pub async fn person(&self, id: &PersonId) -> anyhow::Result<Option<Person>> {
        self.get(&person_key(id)).await?.as_ref().map(body_of).transpose()
    }

    /// Everybody.
    pub async fn people(&self) -> anyhow::Result<People> {
        let mut people = People::default();
        self.query(PEOPLE, Rows::All, |item| {
            match number_of(&item, "version") {
                Ok(version) => people.version = version,
                Err(_) => people.all.push(body_of(&item)?),
            }
            Ok(())
        })
        .await?;
        Ok(people)
    }

    /// Stores a person together with the record of what was changed, unless anybody was changed since `people` were
    /// read. False: it was, and nothing is stored.
    pub async fn save_person(&self, people: &People, person: &Person, record: &AuditRecord) -> anyhow::Result<bool> {
        let mut head = head_key().item();
        head.insert("version".to_owned(), number(people.version + 1));
        let head = Put::builder()
            .table_name(&self.table)
            .set_item(Some(head))
            .condition_expression("attribute_not_exists(pk) OR #version = :version")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", number(people.version))
            .build()?;
        let actions = vec![
            TransactWriteItem::builder().put(head).build(),
            self.put_action(person_key(&person.id).holding(person)?)?,
            self.put_action(audit_item(record)?)?,
        ];
        Ok(matches!(self.transact("writing a person", actions).await?, Written::Done(_)))
    }

    /// Puts a mapping into force together with the records of what was changed, and tells its new version.
    pub async fn save_recorded_mapping(
        &self,
        connection: &ConnectionId,
        mapping: &Mapping,
        records: &[AuditRecord],
    ) -> Result<u64, SaveError> {
        let items = audit_items(records)?.into_iter().map(|item| self.put_action(item));
        let saved = self.save_mapping_with(connection, mapping, items.collect::<anyhow::Result<_>>()?).await?;
        Ok(saved.context("a record cannot be refused")?)
    }

    /// The latest changes that people made in the console, newest first.
    pub async fn audit(&self, most: usize) -> anyhow::Result<Vec<AuditRecord>> {
        let mut records = Vec::new();
        self.query(AUDIT, Rows::Newest(most), |item| {
            match body_of(&item)? {
                Recorded::One(record) => records.push(record),
                Recorded::Together(together) => records.extend(together),
            }
            Ok(())
        })
        .await?;
        records.truncate(most);
        Ok(records)
    }
}
