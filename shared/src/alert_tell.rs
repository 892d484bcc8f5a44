//! What existing tickets are told: closed, reopened, noted (T3, T4, U6). A part of `alert_plan`.

use crate::alert::Severity;
use crate::alert_decide::{Telling, Work};
use crate::alert_finding::AlertWhat;
use crate::alert_text::note_title;
use crate::finding::{Finding, What};
use crate::ids::{AlertId, CompanyId, TicketId};
use crate::plan::{Action, Change};
use crate::ticket::{NewNote, Ticket};
use crate::ticket_change::{AlertsTold, TicketNote, TicketReason, TicketStatus};
use crate::ticket_fields::Chooser;
use crate::words::count;
use jiff::Timestamp;
use std::collections::BTreeMap;

impl<'a> Work<'a> {
    /// Tells each ticket what it is to be told.
    pub(crate) fn tell_tickets(&mut self) {
        let mut cleared = self.cleared_by_ticket();
        for ((ticket, telling), mut ids) in std::mem::take(&mut self.to_tell) {
            let Some(Some(read)) = self.ticket(ticket) else { continue };
            if matches!(telling, Telling::Close | Telling::Cleared) {
                // Those of a shared one are told together.
                ids = cleared.remove(&ticket).unwrap_or(ids);
            }
            self.sort_by_weight(&mut ids);
            match telling {
                Telling::Close => self.close(read, &ids),
                Telling::Reopen => self.reopen(read, &ids),
                Telling::Cleared => self.note(read, &ids, "Cleared in Acronis:", TicketReason::ClearedWhileWorkedOn),
                Telling::Again => self.note(read, &ids, "Raised again in Acronis:", TicketReason::CameBack),
            }
        }
    }

    /// The cleared alerts that their tickets were not told of.
    fn cleared_by_ticket(&self) -> BTreeMap<TicketId, Vec<AlertId>> {
        let mut cleared: BTreeMap<TicketId, Vec<AlertId>> = BTreeMap::new();
        for link in self.plan.links.values().filter(|link| !link.alert.is_active()) {
            if let Some(ticket) = link.living_ticket().filter(|ticket| !ticket.says_cleared) {
                cleared.entry(ticket.id).or_default().push(link.alert.id.clone());
            }
        }
        cleared
    }

    fn close(&mut self, ticket: &Ticket, ids: &[AlertId]) {
        let mut chooser = Chooser::new(self.terms, None);
        let status = chooser.closing_status();
        chooser.found.into_iter().for_each(|what| self.found_for_all(what));
        let Some(status) = status else { return };
        self.propose_status(ticket, ids, (status, None, TicketReason::Cleared));
    }

    fn reopen(&mut self, ticket: &Ticket, ids: &[AlertId]) {
        let worst = self.plan.links[&ids[0]].alert.clone();
        let mut chooser = Chooser::new(self.terms, Some(&worst));
        let status = chooser.ticket(&worst).status;
        chooser.found.into_iter().for_each(|what| self.found_for_all(what));
        let (note, listed) = self.note_of(ticket.id, ids, "Raised again in Acronis:");
        let ids = &ids[..listed];
        match self.is_there(&note, ids) {
            None => {}
            Some(true) => self.propose_status(ticket, ids, (status, None, TicketReason::CameBack)),
            Some(false) => self.propose_status(ticket, ids, (status, Some(note), TicketReason::CameBack)),
        }
    }

    fn propose_status(
        &mut self,
        ticket: &Ticket,
        ids: &[AlertId],
        (status, note, because): (i64, Option<NewNote>, TicketReason),
    ) {
        let Some(company) = self.plan.links.get(&ids[0]).map(|link| link.company) else { return };
        let told = self.told(company, ids);
        let closes = because == TicketReason::Cleared;
        let (before, number) = (ticket.status, ticket.number.clone());
        let change = TicketStatus { told, ticket: ticket.id, number, before, status, note, because };
        let verb = if closes { "close ticket" } else { "reopen ticket" };
        let id = change.id(verb, &self.moment(ids).to_string());
        let what = format!("ticket {}", ticket.number);
        let key = change.note.as_ref().map(NewNote::key).unwrap_or_default();
        if !self.is_refused(&change.told, &key, &id, &what) {
            let action =
                if closes { Action::CloseTicket(Box::new(change)) } else { Action::ReopenTicket(Box::new(change)) };
            self.plan.proposed.push(Change { id, approved_by: None, action });
        }
    }

    fn note(&mut self, ticket: &Ticket, ids: &[AlertId], first_line: &str, because: TicketReason) {
        let (note, listed) = self.note_of(ticket.id, ids, first_line);
        let Some(company) = self.plan.links.get(&ids[0]).map(|link| link.company) else { return };
        self.propose_note((ticket.id, note.title, note.description), company, &ids[..listed], (false, because));
    }

    /// A note that tells of alerts, and of how many of them.
    fn note_of(&mut self, ticket: TicketId, ids: &[AlertId], first_line: &str) -> (NewNote, usize) {
        let alerts = self.alerts(ids);
        let (description, listed) = self.terms.names().note(first_line, &alerts.iter().collect::<Vec<_>>());
        let title = note_title(first_line, self.moment(&ids[..listed]));
        let (note_type, publish) = self.note_choices();
        (NewNote { ticket, title, description, note_type, publish }, listed)
    }

    fn note_choices(&mut self) -> (i64, i64) {
        let mut chooser = Chooser::new(self.terms, None);
        let choices = chooser.note();
        chooser.found.into_iter().for_each(|what| self.found_for_all(what));
        choices
    }

    /// When what is told of these alerts happened last.
    fn moment(&self, ids: &[AlertId]) -> Timestamp {
        let moments = ids.iter().filter_map(|id| self.plan.links.get(id)).map(|link| {
            let alert = &link.alert;
            alert.cleared_at.map_or(alert.updated_at, |cleared| cleared.max(alert.updated_at))
        });
        moments.max().unwrap_or(self.terms.now)
    }

    /// Proposes a note, unless it is there already: then what it tells is told.
    pub(crate) fn propose_note(
        &mut self,
        (ticket, title, description): (TicketId, String, String),
        company: CompanyId,
        ids: &[AlertId],
        (lists_new, because): (bool, TicketReason),
    ) {
        let (note_type, publish) = self.note_choices();
        let note = NewNote { ticket, title, description, note_type, publish };
        let told = self.told(company, ids);
        match self.is_there(&note, ids) {
            None => return,
            Some(true) => return self.is_told(ticket, ids, lists_new),
            Some(false) => {}
        }
        let number = match self.ticket(ticket) {
            Some(Some(read)) => read.number.clone(),
            _ => ticket.to_string(),
        };
        let change = TicketNote { told, number, note, lists_new, because };
        let (id, key) = (change.id(), change.note.key());
        let what = format!("a note on ticket {}", change.number);
        if !self.is_refused(&change.told, &key, &id, &what) {
            let action = Action::NoteTicket(Box::new(change));
            self.plan.proposed.push(Change { id, approved_by: None, action });
        }
    }

    fn is_told(&mut self, ticket: TicketId, ids: &[AlertId], lists_new: bool) {
        for id in ids {
            match self.plan.links.get_mut(id) {
                Some(link) if lists_new => link.has_ticket(ticket, true, self.terms.now),
                Some(link) => link.was_told(),
                None => {}
            }
        }
    }

    /// Whether a note is on its ticket: asked only where it was sent before. None while that cannot be told.
    fn is_there(&mut self, note: &NewNote, ids: &[AlertId]) -> Option<bool> {
        let key = note.key();
        let links = || ids.iter().filter_map(|id| self.plan.links.get(id));
        let Some(sent) = links().filter_map(|link| link.sent.clone()).find(|sent| sent.key == key) else {
            return Some(false);
        };
        let company = links().next().map(|link| link.company);
        if sent.finished {
            return Some(true);
        }
        match self.facts.notes.get(&key) {
            Some(true) => Some(true),
            None => {
                self.plan.needs.notes.insert(key, (note.ticket, note.title.clone()));
                None
            }
            Some(false) if sent.may_arrive(self.terms.now, self.terms.mapping.settings.settle_minutes) => {
                let what = AlertWhat::TicketUnanswered { what: "a note".to_owned(), sent_at: sent.sent_at };
                company.into_iter().for_each(|company| self.found(company, what.clone()));
                None
            }
            Some(false) => Some(false),
        }
    }

    /// Whether the vendor refused exactly this today; that is told, and not tried again.
    pub(crate) fn is_refused(&mut self, told: &AlertsTold, key: &str, change: &str, what: &str) -> bool {
        let sent = told.alerts.iter().filter_map(|id| self.plan.links.get(id)?.sent.as_ref());
        let refusal = sent.filter(|sent| sent.key == key || key.is_empty());
        let refusal = refusal.filter_map(|sent| sent.refusal(change, self.terms.today)).next().map(str::to_owned);
        let Some(text) = refusal else { return false };
        self.found(told.company, AlertWhat::TicketRefused { what: what.to_owned(), text });
        true
    }

    /// What is the same for all customers is told once.
    pub(crate) fn found_for_all(&mut self, what: AlertWhat) {
        self.plan.findings.push(Finding::of_connection(What::Alert(what)));
    }

    /// What a change is about, in a few words.
    pub(crate) fn told(&self, company: CompanyId, ids: &[AlertId]) -> AlertsTold {
        let alerts = self.alerts(ids);
        let names = self.terms.names();
        let what = match alerts.as_slice() {
            [alert] => names.words(alert),
            [first, rest @ ..] if rest.iter().all(|alert| alert.kind == first.kind) => {
                names.shared_title(&first.kind, alerts.len())
            }
            _ => count(alerts.len(), "alert"),
        };
        let severity = alerts.iter().map(|alert| alert.severity).max().unwrap_or(Severity::Unknown);
        let company_name = self.company_name(company).to_owned();
        AlertsTold { company, company_name, alerts: ids.to_vec(), what, severity }
    }
}
