//! The people of the console with their roles, and the record of what they changed. A change and its record are
//! written together or not at all; what may be changed is decided elsewhere.

use super::Store;
use super::items::{Item, Key, Rows, Written, body_of, number, number_of};
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use shared::fingerprint;
use shared::person::{AuditRecord, Person, PersonId};

/// Partitions that are no connection's: their names hold no `#`.
const PEOPLE: &str = "people";
const AUDIT: &str = "audit";
/// Sorts before each person, whose keys begin with a digit.
const HEAD: &str = "!head";

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
fn person_key(id: &PersonId) -> Key {
    Key { pk: PEOPLE.to_owned(), sk: format!("{}#{}#{}", id.issuer.len(), id.issuer, id.subject) }
}

fn head_key() -> Key {
    Key { pk: PEOPLE.to_owned(), sk: HEAD.to_owned() }
}

pub(super) fn audit_item(record: &AuditRecord) -> anyhow::Result<Item> {
    // Two people may change the same thing at the same moment.
    let of = fingerprint::of(&[&record.by.issuer, &record.by.subject, &record.what, &record.before, &record.after]);
    Key { pk: AUDIT.to_owned(), sk: format!("{:.9}#{of}", record.at) }.holding(record)
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

    /// Keeps the record of a change that cannot be written together with it.
    pub async fn keep_record(&self, record: &AuditRecord) -> anyhow::Result<()> {
        self.put(audit_item(record)?).await
    }

    /// The latest changes that people made in the console, newest first.
    pub async fn audit(&self, most: usize) -> anyhow::Result<Vec<AuditRecord>> {
        let mut records = Vec::new();
        self.query(AUDIT, Rows::Newest(most), |item| {
            records.push(body_of(&item)?);
            Ok(())
        })
        .await?;
        Ok(records)
    }
}
