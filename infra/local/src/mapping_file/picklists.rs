//! Autotask's picklists in the mapping file: what there is to choose from, and what a number that was chosen
//! stands for. All of it is comments; no number is checked, since a list changes and a run tells what is gone.

use super::toml_text::on_one_line;
use shared::ticket::{PickField, PickValue, Picklists};
use std::collections::BTreeMap;

/// The lists as they are shown: the field, the key that takes its numbers, and what they are.
const SHOWN: [(PickField, &str, &str); 9] = [
    (PickField::Status, "status", "Statuses, also for closing_status in [settings.tickets]"),
    (PickField::Priority, "priority", "Priorities"),
    (PickField::Queue, "queue", "Queues, also for queue in [settings.tickets]"),
    (PickField::TicketType, "ticket_type", "Ticket types"),
    (PickField::Issue, "issue", "Issue types, each with its sub-issue types"),
    (PickField::Category, "category", "Ticket categories"),
    (PickField::Source, "source", "Sources, for [settings.tickets]"),
    (PickField::NoteType, "note_type", "Types of notes, for [settings.tickets]"),
    (PickField::NotePublish, "note_publish", "Who may read notes, for [settings.tickets]"),
];

/// Writes what may be chosen, each value as it is written in the file.
pub(super) fn write(text: &mut String, picklists: &Picklists) {
    text.push_str("#\n");
    let read = SHOWN.into_iter().filter_map(|shown| Some((shown, picklists.values.get(&shown.0)?)));
    let mut none_was_read = true;
    for ((field, key, about), values) in read {
        none_was_read = false;
        text.push_str(&format!("# {about}:\n"));
        let active = active_by_label(values);
        for (value, pick) in &active {
            write_value(text, "#   ", key, *value, pick);
            if field == PickField::Issue {
                write_sub_issues(text, picklists, *value);
            }
        }
        if active.is_empty() {
            text.push_str("#   none\n");
        }
    }
    if none_was_read {
        text.push_str("# Autotask's numbers were not read; connect and export again to see them here.\n");
    }
}

fn write_sub_issues(text: &mut String, picklists: &Picklists, issue: i64) {
    let Some(values) = picklists.values.get(&PickField::SubIssue) else { return };
    // One without an issue type of its own goes with each.
    let belongs = |pick: &PickValue| pick.parent.is_none_or(|parent| parent == issue);
    for (value, pick) in active_by_label(values).into_iter().filter(|(_, pick)| belongs(pick)) {
        write_value(text, "#     ", "sub_issue", value, pick);
    }
}

fn write_value(text: &mut String, indent: &str, key: &str, value: i64, pick: &PickValue) {
    text.push_str(&format!("{indent}{key} = {value}{}\n", beside(&pick.label)));
}

fn active_by_label(values: &BTreeMap<i64, PickValue>) -> Vec<(i64, &PickValue)> {
    let mut active: Vec<_> =
        values.iter().map(|(value, pick)| (*value, pick)).filter(|(_, pick)| pick.active).collect();
    active.sort_by_cached_key(|(value, pick)| (pick.label.trim().to_lowercase(), *value));
    active
}

/// A label as a comment beside its number; nothing where it is blank.
fn beside(label: &str) -> String {
    match on_one_line(label).trim() {
        "" => String::new(),
        label => format!(" # {label}"),
    }
}

/// A number that was chosen, with what it stands for as far as was read: `5 # Complete`.
pub(super) fn picked(picklists: &Picklists, field: PickField, value: i64) -> String {
    let Some(values) = picklists.values.get(&field) else { return value.to_string() };
    match values.get(&value) {
        Some(pick) if pick.active => format!("{value}{}", beside(&pick.label)),
        Some(_) => format!("{value} # {}: inactive in Autotask", on_one_line(&picklists.label(field, value))),
        None => format!("{value} # not in Autotask's list any more"),
    }
}

/// The number that a ticket is given where none is chosen: the usual one, or what stands in for it where the
/// provider's list has no such number.
pub(super) fn usual(picklists: &Picklists, field: PickField, value: i64) -> i64 {
    let stand_in = || picklists.usual(field, "");
    Some(value).filter(|value| picklists.offers(field, *value)).or_else(stand_in).unwrap_or(value)
}
