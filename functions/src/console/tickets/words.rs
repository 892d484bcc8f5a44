//! What is said of an alert type, in words.

use super::super::listed::Listed;
use super::fields::{SPECS, Spec, value_in_words, values_of};
use shared::alert::AlertKind;
use shared::alert_settings::AlertRow;
use shared::alert_text::TypeNames;
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

/// The terms in which two rows differ, as they are in the one and in the other.
pub(in super::super) fn differences(one: &AlertRow, other: &AlertRow, listed: &Listed) -> (String, String) {
    let term = |spec: &Spec, row: &AlertRow| {
        let value = value_in_words(spec, row, listed);
        format!("{}: {}", spec.label, value.as_deref().unwrap_or(USUAL))
    };
    let (one_said, other_said) = (values_of(one), values_of(other));
    let differ: Vec<&Spec> = SPECS.iter().filter(|spec| one_said[spec.name] != other_said[spec.name]).collect();
    let told = |row: &AlertRow| differ.iter().map(|spec| term(spec, row)).collect::<Vec<_>>().join("; ");
    (told(one), told(other))
}
