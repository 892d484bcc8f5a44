//! What an operation takes of a DynamoDB table: items, and the request units that are paid for (Amazon DynamoDB
//! developer guide, Read and write operations). It counts what passes and knows nothing of what is in it.

use axum::body::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::ops::{AddAssign, SubAssign};

/// What a consistent read reads for one unit, and what a write writes for one.
const BYTES_READ: u64 = 4_096;
const BYTES_WRITTEN: u64 = 1_024;
/// Each part of a transaction is paid for twice.
const IN_TRANSACTION: u64 = 2;

/// Items and units.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Taken {
    /// Items read.
    pub items_read: u64,
    /// Items written.
    pub items_written: u64,
    /// Read request units.
    pub read_units: u64,
    /// Write request units.
    pub write_units: u64,
}

impl AddAssign for Taken {
    fn add_assign(&mut self, other: Self) {
        self.items_read += other.items_read;
        self.items_written += other.items_written;
        self.read_units += other.read_units;
        self.write_units += other.write_units;
    }
}

impl SubAssign for Taken {
    fn sub_assign(&mut self, other: Self) {
        self.items_read -= other.items_read;
        self.items_written -= other.items_written;
        self.read_units -= other.read_units;
        self.write_units -= other.write_units;
    }
}

impl Taken {
    /// What an operation took, by what was asked and what was answered.
    pub fn by(operation: &str, asked: &Bytes, answered: &Bytes) -> Self {
        let parsed = |bytes: &Bytes| serde_json::from_slice::<Value>(bytes).unwrap_or_default();
        let (asked, answered) = (parsed(asked), parsed(answered));
        match operation {
            "table GetItem" => Self::read(1, size(&answered["Item"])),
            "table Query" => {
                let items = array(&answered["Items"]);
                Self::read(items.len() as u64, items.iter().map(size).sum())
            }
            "table PutItem" => Self::written(&asked["Item"], 1),
            "table UpdateItem" => Self::written(&answered["Attributes"], 1),
            "table DeleteItem" => Self::written(&Value::Null, 1),
            "table BatchWriteItem" => {
                let tables = asked["RequestItems"].as_object().into_iter().flatten();
                let puts = tables.flat_map(|(_, puts)| array(puts)).map(|put| &put["PutRequest"]["Item"]);
                puts.fold(Self::default(), |mut all, item| {
                    all += Self::written(item, 1);
                    all
                })
            }
            "table TransactWriteItems" => {
                array(&asked["TransactItems"]).iter().fold(Self::default(), |mut all, action| {
                    all += Self::in_transaction(action);
                    all
                })
            }
            _ => Self::default(),
        }
    }

    fn read(items: u64, bytes: u64) -> Self {
        Self { items_read: items, read_units: bytes.div_ceil(BYTES_READ).max(1), ..Self::default() }
    }

    fn written(item: &Value, times: u64) -> Self {
        let write_units = size(item).div_ceil(BYTES_WRITTEN).max(1) * times;
        Self { items_written: 1, write_units, ..Self::default() }
    }

    /// A check of an item is paid for as if it were written.
    fn in_transaction(action: &Value) -> Self {
        let written = Self::written(&action["Put"]["Item"], IN_TRANSACTION);
        match action.get("ConditionCheck") {
            Some(_) => Self { items_read: 1, items_written: 0, ..written },
            None => written,
        }
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The bytes of an item: of its names and of its values, a number as long as its digits, which is a little more than
/// it takes. Bytes go over the wire as text that is longer by a third.
fn size(item: &Value) -> u64 {
    let attributes = item.as_object().into_iter().flatten();
    let value = |typed: &Value| match typed.as_object().and_then(|typed| typed.iter().next()) {
        Some((kind, Value::String(text))) if kind == "B" => text.len() * 3 / 4,
        Some((_, Value::String(text))) => text.len(),
        _ => 1,
    };
    attributes.map(|(name, typed)| (name.len() + value(typed)) as u64).sum()
}
