//! The settings of tickets in the mapping file (T3, T4, T6, T8): each with what it means and its default. What
//! they lead to is not decided here.

use super::picklists::picked;
use super::reader::Block;
use super::settings::entry;
use shared::alert_settings::TicketSettings;
use shared::ticket::{PickField, Picklists};

/// What remote monitoring uses in every Autotask database, as an example (Autotask help, Queues; Ticket picklists).
const MONITORING: &str = "Monitoring Alert";
const MONITORING_NUMBER: i64 = 8;

/// Writes the block `[settings.tickets]`.
pub(super) fn write(text: &mut String, tickets: &TicketSettings, picklists: &Picklists) {
    // Taken apart by name, so that a setting added there cannot be forgotten here.
    let TicketSettings {
        enabled,
        source,
        note_type,
        note_publish,
        new_after_days,
        auto_close,
        closing_status,
        dismiss_on_close,
        days_before_switch_on,
        storms,
        storm_tickets_per_hour,
        queue,
    } = tickets;
    let usual = TicketSettings::default();
    text.push_str(
        "\n# How alerts become tickets. The numbers are Autotask's; they are listed before the alert types, below.\n\
         [settings.tickets]\n",
    );
    entry(text, "Whether alerts make tickets at all.", "enabled", *enabled, usual.enabled);
    let about = "Where tickets say that they come from. Default: what Autotask takes by itself.";
    optional(text, about, "source", *source, picklists, PickField::Source);
    let about =
        "The queue of alert types that name none. Default: Autotask's own, else the one named \"Monitoring Alert\".";
    optional(text, about, "queue", *queue, picklists, PickField::Queue);
    let value = picked(picklists, PickField::NoteType, *note_type);
    entry(text, "The type of the notes on tickets.", "note_type", value, usual.note_type.to_string());
    let value = picked(picklists, PickField::NotePublish, *note_publish);
    entry(text, "Who may read these notes.", "note_publish", value, usual.note_publish.to_string());
    text.push_str(
        "# When an alert comes back, its last ticket is reopened; once that has been closed for this many days, it gets\n\
         # a new one. Default: never.\n",
    );
    match new_after_days {
        Some(days) => text.push_str(&format!("new_after_days = {days}\n")),
        None => text.push_str("# new_after_days = 30\n"),
    }
    let about =
        "Whether a ticket is closed when its alert is cleared; one that a person worked on gets a note instead.";
    entry(text, about, "auto_close", *auto_close, usual.auto_close);
    let value = picked(picklists, PickField::Status, *closing_status);
    entry(text, "The status it is given then.", "closing_status", value, usual.closing_status.to_string());
    let about = "Whether closing a ticket dismisses its alert in Acronis.";
    entry(text, about, "dismiss_on_close", *dismiss_on_close, usual.dismiss_on_close);
    let about = "How many days before tickets are switched on an alert may have been raised and still make one.";
    entry(text, about, "days_before_switch_on", *days_before_switch_on, usual.days_before_switch_on);
    let about = "Whether alerts share tickets, one for each type, where a customer has very many.";
    entry(text, about, "storms", *storms, usual.storms);
    let about = "Very many are more than this number of new tickets within an hour.";
    entry(text, about, "storm_tickets_per_hour", *storm_tickets_per_hour, usual.storm_tickets_per_hour);
}

/// A number that need not be chosen; where it is not, an example from the provider's own list.
fn optional(text: &mut String, about: &str, key: &str, value: Option<i64>, picklists: &Picklists, field: PickField) {
    let mark = if value.is_some() { "" } else { "# " };
    let shown = value.or_else(|| picklists.usual(field, MONITORING));
    let shown = shown.map_or_else(|| MONITORING_NUMBER.to_string(), |value| picked(picklists, field, value));
    text.push_str(&format!("# {about}\n{mark}{key} = {shown}\n"));
}

/// The settings of tickets as the file has them.
pub(super) fn read(mut block: Block<'_>) -> TicketSettings {
    let usual = TicketSettings::default();
    let tickets = TicketSettings {
        enabled: block.flag("enabled").unwrap_or(usual.enabled),
        source: block.id("source"),
        queue: block.id("queue"),
        note_type: block.id("note_type").unwrap_or(usual.note_type),
        note_publish: block.id("note_publish").unwrap_or(usual.note_publish),
        new_after_days: block.count("new_after_days"),
        auto_close: block.flag("auto_close").unwrap_or(usual.auto_close),
        closing_status: block.id("closing_status").unwrap_or(usual.closing_status),
        dismiss_on_close: block.flag("dismiss_on_close").unwrap_or(usual.dismiss_on_close),
        days_before_switch_on: block.count("days_before_switch_on").unwrap_or(usual.days_before_switch_on),
        storms: block.flag("storms").unwrap_or(usual.storms),
        storm_tickets_per_hour: block.count("storm_tickets_per_hour").unwrap_or(usual.storm_tickets_per_hour),
    };
    block.finish();
    tickets
}
