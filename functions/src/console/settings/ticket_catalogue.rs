//! The settings of tickets, as the catalogue of the others.

use super::catalogue::{Kind, Section, Setting};
use shared::ticket::PickField;

const NO_OR_YES: Kind = Kind::Flag("no", "yes");
const USUAL: &str = "as Autotask does it by itself";

const fn setting(path: &'static str, kind: Kind, label: &'static str, about: &'static str) -> Setting {
    Setting { path, label, about, kind }
}

/// What the page Tickets shows, in this order.
pub(in super::super) const TICKET_SECTIONS: &[Section] = &[
    Section {
        id: "tickets",
        title: "Ticket synchronization",
        about: "Alerts of customers in Acronis become tickets in Autotask, one for each. Alerts of your own tenants make \
                none. It takes effect within 15 minutes.",
        settings: &[
            setting(
                "tickets.enabled",
                Kind::Flag("off", "on"),
                "Ticket synchronization is",
                "It starts when one customer is mapped and the first plan of tickets is approved, which shows how many \
                 there are. Contracts come onto tickets where products are mapped.",
            ),
            setting(
                "tickets.days_before_switch_on",
                Kind::Number(0, 3_650, "day"),
                "Alerts raised before it was switched on make tickets too, up to",
                "0: only what is raised from then on. Alerts that are older make no ticket.",
            ),
        ],
    },
    Section {
        id: "fields",
        title: "Source, queue and notes",
        about: "For all tickets and notes. What Autotask has to offer is chosen from its own lists.",
        settings: &[
            setting(
                "tickets.source",
                Kind::MaybePick(PickField::Source, USUAL),
                "Source",
                "Where all new tickets say that they come from.",
            ),
            setting(
                "tickets.queue",
                Kind::MaybePick(PickField::Queue, "Autotask's own, else the one named Monitoring Alert"),
                "Queue",
                "Of types of alerts that name none.",
            ),
            setting(
                "tickets.note_type",
                Kind::Pick(PickField::NoteType),
                "Note type",
                "Of all notes that we write on tickets.",
            ),
            setting(
                "tickets.note_publish",
                Kind::Pick(PickField::NotePublish),
                "Note publish",
                "Who may read these notes.",
            ),
        ],
    },
    Section {
        id: "closing",
        title: "Coming back and closing",
        about: "",
        settings: &[
            setting(
                "tickets.new_after_days",
                Kind::MaybeNumber(1, 3_650, "day", "never: the first ticket is reopened each time"),
                "An alert that comes back gets a new ticket once its last one has been closed for",
                "Left empty, the first ticket is reopened on every recurrence, with a note that says why.",
            ),
            setting(
                "tickets.auto_close",
                NO_OR_YES,
                "A ticket is closed when its alert is resolved",
                "One that a person has worked on gets a note instead.",
            ),
            setting(
                "tickets.closing_status",
                Kind::Pick(PickField::Status),
                "With the status",
                "A ticket in this status counts as closed, too.",
            ),
            setting(
                "tickets.dismiss_on_close",
                NO_OR_YES,
                "Closing a ticket dismisses its alert in Acronis",
                "At once where Autotask calls us (acrotask webhooks install), else once a day. An alert that was raised \
                 again since stays, and so does one of a customer that manages itself.",
            ),
        ],
    },
    Section {
        id: "storms",
        title: "Storms",
        about: "When very much fails at once, alerts share tickets, one for each type, and all of them are listed there.",
        settings: &[
            setting("tickets.storms", NO_OR_YES, "Many alerts of one customer share tickets", "Nothing is lost by it."),
            setting(
                "tickets.storm_tickets_per_hour",
                Kind::Number(1, 1_000_000, "new ticket"),
                "Many are more than, within an hour",
                "For one customer.",
            ),
        ],
    },
];
