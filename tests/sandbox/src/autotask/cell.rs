//! One value in an Autotask row and the row itself. It knows JSON, not meaning.

use super::schema::{Entity, Kind};
use crate::clock::{day_of, midnight, parse_moment, spelled};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::ser::{Error, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// A value as Autotask stores it.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Unset; sent as explicit `null`.
    Null,
    /// Whole number or id.
    Int(i64),
    /// Text.
    Text(Box<str>),
    /// Yes or no.
    Bool(bool),
    /// Money or another exact decimal; sent as a JSON number.
    Money(Decimal),
    /// A moment; dates are midnight UTC.
    Time(Timestamp),
}

impl Cell {
    /// Reads a JSON value as the kind a field asks for; the error is Autotask's wording.
    pub(crate) fn read(kind: Kind, value: &Value) -> Result<Self, String> {
        let wrong = || format!("Error converting value {value} to type '{}'.", kind.wire_name());
        match (kind, value) {
            (_, Value::Null) => Ok(Self::Null),
            (Kind::Int | Kind::Long, Value::Number(number)) => number.as_i64().map(Self::Int).ok_or_else(wrong),
            (Kind::Int | Kind::Long, Value::Bool(yes)) => {
                Err(format!("Unexpected character encountered while parsing value: {}.", if *yes { 't' } else { 'f' }))
            }
            (Kind::Int | Kind::Long, Value::String(text)) => text.parse().map(Self::Int).map_err(|_| wrong()),
            (Kind::Money, Value::Number(number)) => decimal(&number.to_string()).map(Self::Money).ok_or_else(wrong),
            (Kind::Money, Value::String(text)) => decimal(text).map(Self::Money).ok_or_else(wrong),
            (Kind::Text(length), Value::String(text)) if text.chars().count() <= length => Ok(text.as_str().into()),
            (Kind::Text(length), Value::String(_)) => {
                Err(format!("The value exceeds the maximum length of {length} characters."))
            }
            (Kind::Text(_), Value::Number(number)) => Ok(number.to_string().as_str().into()),
            (Kind::Bool, Value::Bool(yes)) => Ok(Self::Bool(*yes)),
            (Kind::Time, Value::String(text)) => parse_moment(text).map(Self::Time).ok_or_else(wrong),
            _ => Err(wrong()),
        }
    }
}

/// A decimal from JSON text, exponent form included.
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    text.parse().or_else(|_| Decimal::from_scientific(text)).ok()
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}
impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
impl From<Decimal> for Cell {
    fn from(value: Decimal) -> Self {
        Self::Money(value)
    }
}
impl From<Timestamp> for Cell {
    fn from(value: Timestamp) -> Self {
        Self::Time(value)
    }
}
impl From<Date> for Cell {
    fn from(value: Date) -> Self {
        Self::Time(midnight(value))
    }
}
impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bool(yes) => serializer.serialize_bool(*yes),
            Self::Money(amount) => {
                let mut shown = *amount;
                shown.rescale(amount.scale().max(4));
                RawValue::from_string(shown.to_string()).map_err(S::Error::custom)?.serialize(serializer)
            }
            Self::Time(moment) => serializer.serialize_str(&spelled(*moment)),
        }
    }
}

/// One row of an entity, its cells in the order of the entity's fields (the id first).
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    entity: &'static Entity,
    cells: Box<[Cell]>,
    /// Values of user-defined fields, by name.
    pub udfs: Vec<(String, String)>,
}

impl Row {
    pub(crate) fn new(entity: &'static Entity) -> Self {
        Self { entity, cells: vec![Cell::Null; entity.fields.len()].into(), udfs: Vec::new() }
    }

    /// The same row with one more field set.
    #[must_use]
    pub(crate) fn with(mut self, field: &str, value: impl Into<Cell>) -> Self {
        self.put(self.entity.index(field), value.into());
        self
    }

    pub(crate) fn put(&mut self, field: usize, value: Cell) {
        self.cells[field] = value;
    }

    pub(crate) fn at(&self, field: usize) -> &Cell {
        &self.cells[field]
    }

    /// The entity the row belongs to.
    #[must_use]
    pub fn entity(&self) -> &'static Entity {
        self.entity
    }

    /// A field by name; the name must be one of the entity's.
    #[must_use]
    pub fn get(&self, field: &str) -> &Cell {
        &self.cells[self.entity.index(field)]
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> i64 {
        match self.cells[0] {
            Cell::Int(id) => id,
            _ => 0,
        }
    }

    /// A whole number, or `None` when unset.
    #[must_use]
    pub fn int(&self, field: &str) -> Option<i64> {
        match self.get(field) {
            Cell::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// A text, empty when unset.
    #[must_use]
    pub fn text(&self, field: &str) -> &str {
        match self.get(field) {
            Cell::Text(text) => text,
            _ => "",
        }
    }

    /// An amount, or `None` when unset.
    #[must_use]
    pub fn money(&self, field: &str) -> Option<Decimal> {
        match self.get(field) {
            Cell::Money(amount) => Some(*amount),
            _ => None,
        }
    }

    /// True when the field is set to yes.
    #[must_use]
    pub fn is(&self, field: &str) -> bool {
        *self.get(field) == Cell::Bool(true)
    }

    /// The calendar day of a moment, or `None` when unset.
    #[must_use]
    pub fn day(&self, field: &str) -> Option<Date> {
        match self.get(field) {
            Cell::Time(moment) => Some(day_of(*moment)),
            _ => None,
        }
    }

    /// The value of a user-defined field, compared without case.
    #[must_use]
    pub fn udf(&self, name: &str) -> Option<&str> {
        self.udfs.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Sets or, with `None`, empties a user-defined field.
    pub(crate) fn set_udf(&mut self, name: &str, value: Option<&str>) {
        self.udfs.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        if let Some(value) = value {
            self.udfs.push((name.to_owned(), value.to_owned()));
        }
    }
}
