//! What web-hooks are told of on their own: rows of watched entities made, changed and deleted. The
//! callouts wait until they are taken; delivering is left to whoever takes them. (Autotask developer
//! help, REST webhooks.)

use super::callouts::{Action, Event};
use super::webhooks::watchable;
use super::{Autotask, Cell, Row};
use jiff::Timestamp;
use serde_json::{Map, Value};

impl Autotask {
    /// Makes the callouts about a row as it was and as it is.
    pub(crate) fn fire(&mut self, before: Option<&Row>, after: Option<&Row>, person: i64, now: Timestamp) {
        let Some(row) = after.or(before) else {
            return;
        };
        let action = match (before, after) {
            (None, _) => Action::Create,
            (_, None) => Action::Delete,
            _ => Action::Update,
        };
        let fields = match after {
            Some(after) => changed_fields(before, after),
            None => Map::new(),
        };
        let entity = row.entity().singular.to_owned();
        let event = Event { entity, action, id: row.id(), fields, person };
        let made = self.callouts(&event, now);
        self.callouts_waiting.extend(made);
    }
}

/// Watched fields that differ, by label; of a new row those that are set.
fn changed_fields(before: Option<&Row>, after: &Row) -> Map<String, Value> {
    let entity = after.entity();
    let labels = watchable(entity.singular).into_iter().flatten();
    let changed = labels.filter_map(|label| {
        let position = entity.find(&label.replace(' ', ""))?;
        let (old, new) = (before.map_or(&Cell::Null, |row| row.at(position)), after.at(position));
        (old != new).then(|| (label.to_owned(), serde_json::to_value(new).unwrap_or_default()))
    });
    changed.collect()
}
