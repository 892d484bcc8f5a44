//! How changes of tickets are shown in a plan: a part of `text`.

use crate::ticket_change::{AlertDismissal, AlertsTold, TicketCreation, TicketNote, TicketStatus};

/// The columns of a plan of tickets.
pub(crate) const TICKET_COLUMNS: &[&str] = &["id", "alert", "severity", "ticket", "because"];

/// A heading, and the cells below `TICKET_COLUMNS` without the id.
pub(crate) type TicketRow = (String, Vec<String>);

fn row(told: &AlertsTold, ticket: String, because: String) -> TicketRow {
    let heading = format!("{} (company {})", told.company_name, told.company);
    (heading, vec![told.what.clone(), told.severity.to_string(), ticket, because])
}

pub(crate) fn creation(creation: &TicketCreation) -> TicketRow {
    let contract = creation.ticket.contract.map(|contract| format!(", contract {contract}")).unwrap_or_default();
    row(&creation.told, format!("new: {}{contract}", creation.in_words), creation.because.to_string())
}

pub(crate) fn note(note: &TicketNote) -> TicketRow {
    row(&note.told, format!("{}: a note", note.number), note.because.to_string())
}

pub(crate) fn status(status: &TicketStatus, verb: &str) -> TicketRow {
    let words = format!("{}: {verb}, status {} → {}", status.number, status.before, status.status);
    row(&status.told, words, status.because.to_string())
}

pub(crate) fn dismissal(dismissal: &AlertDismissal) -> TicketRow {
    row(&dismissal.told, dismissal.number.clone(), "its ticket is closed: dismissed in Acronis".to_owned())
}
