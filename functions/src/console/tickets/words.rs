//! What is said of an alert type, in words.

use super::super::listed::Listed;
use shared::alert::AlertKind;
use shared::alert_settings::AlertRow;
use shared::alert_text::TypeNames;
use shared::ticket::{Assignee, PickField};
use shared::words::count;

/// What stands for what nobody said.
const USUAL: &str = "as usual";

/// A type's name for people: Acronis' own, else the one it had when something was said of it.
pub(in super::super) fn label_of(kind: &AlertKind, listed: &Listed) -> String {
    let types = &listed.snapshot.alert_types;
    let kept = listed.mapping.alerts.get(kind).map(|row| row.label.trim()).filter(|label| !label.is_empty());
    match kept {
        Some(kept) if !types.contains_key(kind) => kept.to_owned(),
        _ => TypeNames(types).label(kind),
    }
}

/// "8 hours", "90 minutes"
pub(super) fn due_in_words(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (hours @ 1.., 0) => count(hours as usize, "hour"),
        _ => count(minutes as usize, "minute"),
    }
}

pub(super) fn assignee_in_words(assignee: Assignee) -> String {
    format!("resource {}, role {}", assignee.resource, assignee.role)
}

/// The terms in which two rows differ, as they are in the one and in the other.
pub(in super::super) fn differences(one: &AlertRow, other: &AlertRow, listed: &Listed) -> (String, String) {
    let (one, other) = (terms(one, listed), terms(other, listed));
    let differ: Vec<usize> = (0..one.len()).filter(|at| one[*at] != other[*at]).collect();
    let told = |terms: &[(&str, String)]| {
        differ.iter().map(|at| format!("{}: {}", terms[*at].0, terms[*at].1)).collect::<Vec<_>>().join("; ")
    };
    (told(&one), told(&other))
}

fn terms(row: &AlertRow, listed: &Listed) -> [(&'static str, String); 10] {
    let pick = |field: PickField, value: Option<i64>| {
        value.map_or_else(|| USUAL.to_owned(), |value| listed.snapshot.picklists.label(field, value))
    };
    // Taken apart by name, so that a term added there cannot be forgotten here.
    let AlertRow {
        label: _,
        ticket,
        priority,
        status,
        queue,
        ticket_type,
        issue,
        sub_issue,
        due_minutes,
        category,
        assignee,
    } = row;
    [
        ("makes a ticket", ticket.map_or(USUAL, |ticket| if ticket { "yes" } else { "no" }).to_owned()),
        ("priority", pick(PickField::Priority, *priority)),
        ("status", pick(PickField::Status, *status)),
        ("due in", due_minutes.map_or_else(|| USUAL.to_owned(), due_in_words)),
        ("queue", pick(PickField::Queue, *queue)),
        ("ticket type", pick(PickField::TicketType, *ticket_type)),
        ("issue type", pick(PickField::Issue, *issue)),
        ("sub-issue type", pick(PickField::SubIssue, *sub_issue)),
        ("category", pick(PickField::Category, *category)),
        ("assignee", assignee.map_or_else(|| USUAL.to_owned(), assignee_in_words)),
    ]
}
