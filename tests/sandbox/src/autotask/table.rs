//! Rows of one entity, by id and by the fields marked `index`. It keeps the indexes right and knows
//! no business rule.

use super::cell::{Cell, Row};
use super::schema::Entity;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

/// All rows of one entity.
#[derive(Debug)]
pub struct Table {
    entity: &'static Entity,
    rows: BTreeMap<i64, Row>,
    next_id: i64,
    indexes: Vec<(usize, HashMap<i64, BTreeSet<i64>>)>,
}

impl Table {
    pub(crate) fn new(entity: &'static Entity) -> Self {
        let indexed = entity.fields.iter().enumerate();
        Self {
            entity,
            rows: BTreeMap::new(),
            next_id: entity.first_id,
            indexes: indexed
                .filter(|(_, field)| field.indexed)
                .map(|(position, _)| (position, HashMap::new()))
                .collect(),
        }
    }

    /// The entity.
    #[must_use]
    pub fn entity(&self) -> &'static Entity {
        self.entity
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True without rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A row by id.
    #[must_use]
    pub fn get(&self, id: i64) -> Option<&Row> {
        self.rows.get(&id)
    }

    /// All rows, by id.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    pub(crate) fn rows_after(&self, id: i64) -> impl Iterator<Item = &Row> {
        let beyond = (Bound::Excluded(id), Bound::Unbounded);
        self.rows.range(beyond).map(|(_, row)| row)
    }

    /// Rows whose indexed `field` holds `value`, by id.
    pub fn by<'a>(&'a self, field: &str, value: i64) -> impl Iterator<Item = &'a Row> + use<'a> {
        let position = self.entity.index(field);
        let ids = self.ids_by(position, value).into_iter().flatten();
        ids.filter_map(|id| self.rows.get(id))
    }

    /// Ids found by an indexed field; `None` when nothing matches or the field is not indexed.
    pub(crate) fn ids_by(&self, position: usize, value: i64) -> Option<&BTreeSet<i64>> {
        let index = self.indexes.iter().find(|(known, _)| *known == position);
        index.and_then(|(_, ids)| ids.get(&value))
    }

    pub(crate) fn is_indexed(&self, position: usize) -> bool {
        self.entity.fields[position].indexed
    }

    /// Adds a row under the next free id, or under its own when it has one already.
    pub(crate) fn add(&mut self, mut row: Row) -> i64 {
        let id = match row.at(0) {
            Cell::Int(id) => *id,
            _ => self.next_id,
        };
        self.next_id = self.next_id.max(id + 1);
        row.put(0, Cell::Int(id));
        for (position, index) in &mut self.indexes {
            if let Cell::Int(value) = row.at(*position) {
                index.entry(*value).or_default().insert(id);
            }
        }
        self.rows.insert(id, row);
        id
    }

    pub(crate) fn remove(&mut self, id: i64) -> Option<Row> {
        let row = self.rows.remove(&id)?;
        for (position, index) in &mut self.indexes {
            if let Cell::Int(value) = row.at(*position)
                && let Some(ids) = index.get_mut(value)
            {
                ids.remove(&id);
            }
        }
        Some(row)
    }

    /// Changes a row in place through `change`, keeping the indexes right; false when there is none.
    pub(crate) fn change(&mut self, id: i64, change: impl FnOnce(&mut Row)) -> bool {
        let Some(row) = self.rows.get_mut(&id) else {
            return false;
        };
        let before: Vec<Cell> = self.indexes.iter().map(|(position, _)| row.at(*position).clone()).collect();
        change(row);
        for ((position, index), old) in self.indexes.iter_mut().zip(before) {
            let new = row.at(*position);
            if *new == old {
                continue;
            }
            if let Cell::Int(value) = old
                && let Some(ids) = index.get_mut(&value)
            {
                ids.remove(&id);
            }
            if let Cell::Int(value) = new {
                index.entry(*value).or_default().insert(id);
            }
        }
        true
    }

    /// Sets one field of a row.
    pub(crate) fn set(&mut self, id: i64, field: &str, value: impl Into<Cell>) -> bool {
        let position = self.entity.index(field);
        self.change(id, |row| row.put(position, value.into()))
    }

    /// Sets or empties a user-defined field of a row.
    pub(crate) fn set_udf(&mut self, id: i64, name: &str, value: Option<&str>) -> bool {
        let row = self.rows.get_mut(&id);
        row.map(|row| row.set_udf(name, value)).is_some()
    }
}
