//! New tickets: one for each alert, and in a storm one for each type, in which the rest are listed (T1, T2, T5, T8). A
//! part of `alert_plan`.

use crate::alert::{Alert, AlertKind};
use crate::alert_decide::{SHARED, Work};
use crate::alert_finding::AlertWhat;
use crate::alert_text::note_title;
use crate::fingerprint;
use crate::ids::{AlertId, CompanyId, TicketId};
use crate::plan::{Action, Change};
use crate::ticket::{NewTicket, PickField, TicketCompany, machine_name};
use crate::ticket_change::{TicketCreation, TicketReason};
use crate::ticket_fields::{Chooser, configuration_item, contract};
use jiff::SignedDuration;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Whether a key is that of a ticket of an alert's own.
fn is_own(key: &str) -> bool {
    key.starts_with("acronis:") && !key.starts_with(SHARED)
}

/// Whether all of these devices were looked for among a company's machines.
fn knows_all(company: &TicketCompany, devices: &BTreeSet<String>) -> bool {
    devices.iter().all(|device| company.machines.contains_key(&machine_name(device)))
}

impl<'a> Work<'a> {
    /// A ticket for each alert that is to have one.
    pub(crate) fn make_tickets(&mut self) {
        let mut by_company: BTreeMap<CompanyId, Vec<AlertId>> = BTreeMap::new();
        for id in self.to_make.keys() {
            if let Some(link) = self.plan.links.get(id) {
                by_company.entry(link.company).or_default().push(id.clone());
            }
        }
        let facts = self.facts;
        let made = self.made_within_the_hour();
        for (company, mut ids) in by_company {
            self.sort_by_weight(&mut ids);
            let alerts = ids.len();
            let room = self.room(made.get(&company).copied().unwrap_or_default());
            let rest = ids.split_off(room.min(alerts));
            let devices = self.devices(&ids);
            let read = facts.companies.get(&company);
            let Some(read) = read.filter(|read| read.as_ref().is_none_or(|read| knows_all(read, &devices))) else {
                self.plan.needs.companies.insert(company, devices);
                continue;
            };
            let Some(read) = read.as_ref().filter(|read| read.active) else {
                self.found(company, AlertWhat::CompanyTakesNoTickets { alerts });
                continue;
            };
            ids.iter().for_each(|id| self.make_own(id, read));
            let mut by_kind: BTreeMap<AlertKind, Vec<AlertId>> = BTreeMap::new();
            for id in rest {
                let kind = self.plan.links[&id].alert.kind.clone();
                by_kind.entry(kind).or_default().push(id);
            }
            by_kind.into_iter().for_each(|(kind, ids)| self.share(company, read, &kind, &ids));
        }
    }

    /// The devices that alerts are about.
    fn devices(&self, ids: &[AlertId]) -> BTreeSet<String> {
        let devices = ids.iter().filter_map(|id| self.plan.links.get(id)?.alert.about.device.clone());
        devices.filter(|device| !machine_name(device).is_empty()).collect()
    }

    /// The worst first, then the oldest.
    pub(crate) fn sort_by_weight(&self, ids: &mut [AlertId]) {
        ids.sort_by_cached_key(|id| {
            let alert = &self.plan.links[id].alert;
            (Reverse(alert.severity), alert.raised_at, id.clone())
        });
    }

    pub(crate) fn alerts(&self, ids: &[AlertId]) -> Vec<Alert> {
        ids.iter().filter_map(|id| Some(self.plan.links.get(id)?.alert.clone())).collect()
    }

    /// How many tickets of their own customers' alerts got within this hour.
    fn made_within_the_hour(&self) -> BTreeMap<CompanyId, usize> {
        let since = self.terms.now.checked_sub(SignedDuration::from_hours(1)).unwrap_or(self.terms.now);
        let mut made = BTreeMap::new();
        for link in self.plan.links.values() {
            let lately = link.ticket.as_ref().is_some_and(|ticket| !ticket.shared && ticket.since > since);
            let sent = link.sent.as_ref().filter(|_| self.blocked.contains(&link.alert.id));
            let on_its_way = sent.is_some_and(|sent| sent.sent_at > since && is_own(&sent.key));
            *made.entry(link.company).or_default() += usize::from(lately || on_its_way);
        }
        made
    }

    /// How many more the alerts of a customer that got so many may get (T8).
    fn room(&self, made: usize) -> usize {
        let settings = &self.terms.mapping.settings.tickets;
        let room = (settings.storm_tickets_per_hour as usize).saturating_sub(made);
        if settings.storms { room } else { usize::MAX }
    }

    fn make_own(&mut self, id: &AlertId, company: &TicketCompany) {
        let link = &self.plan.links[id];
        let (alert, company_id, external_id) = (link.alert.clone(), link.company, link.next_external_id());
        let names = self.terms.names();
        let description = names.description(&alert, &company.name);
        let because = self.to_make[id];
        let parts = (external_id, names.title(&alert), description);
        let ticket = NewTicket {
            configuration_item: configuration_item(&alert, company),
            ..self.new_ticket(&alert, company_id, company, parts)
        };
        let told = self.told(company_id, std::slice::from_ref(id));
        let in_words = self.in_words(&ticket);
        self.propose_ticket(TicketCreation { told, ticket, in_words, shared: false, because });
    }

    /// The alerts of one type share a ticket: the one they share already while that is open, else a new one. Those that do
    /// not fit into a new one wait for the next plan, which finds it there.
    fn share(&mut self, company: CompanyId, read: &TicketCompany, kind: &AlertKind, ids: &[AlertId]) {
        let is_awaited = self.plan.links.values().any(|link| {
            let shared = link.sent.as_ref().is_some_and(|sent| sent.key.starts_with(SHARED));
            shared && link.company == company && link.alert.kind == *kind && self.blocked.contains(&link.alert.id)
        });
        if is_awaited {
            return;
        }
        match self.open_shared(company, kind) {
            None => return,
            Some(Some(ticket)) => return self.list_in(ticket, company, ids),
            Some(None) => {}
        }
        let external_id =
            format!("{SHARED}{}", fingerprint::of(&[&company.to_string(), kind.as_str(), ids[0].as_str()]));
        match self.looked_up(company, &external_id) {
            None => return,
            Some(Some(ticket)) => return self.list_in(ticket, company, ids),
            Some(None) => {}
        }
        let alerts = self.alerts(ids);
        let limit = self.terms.mapping.settings.tickets.storm_tickets_per_hour;
        let names = self.terms.names();
        let (description, listed) = names.shared_description(&alerts.iter().collect::<Vec<_>>(), &read.name, limit);
        let parts = (external_id, names.shared_title(kind, ids.len()), description);
        let ticket = self.new_ticket(&alerts[0], company, read, parts);
        let told = self.told(company, &ids[..listed]);
        let (in_words, because) = (self.in_words(&ticket), TicketReason::Storm { limit });
        self.propose_ticket(TicketCreation { told, ticket, in_words, shared: true, because });
    }

    /// The open ticket that alerts of this type share: not read yet, or none.
    fn open_shared(&mut self, company: CompanyId, kind: &AlertKind) -> Option<Option<TicketId>> {
        let shared = self.plan.links.values().filter(|link| link.company == company && link.alert.kind == *kind);
        let shared = shared.filter_map(|link| link.living_ticket().filter(|ticket| ticket.shared));
        let Some(latest) = shared.max_by_key(|ticket| (ticket.since, ticket.id)).map(|ticket| ticket.id) else {
            return Some(None);
        };
        let closing_status = self.terms.mapping.settings.tickets.closing_status;
        let is_open = |ticket: &&crate::ticket::Ticket| {
            ticket.merged_into.is_none() && ticket.closed_since(closing_status).is_none()
        };
        Some(self.ticket(latest)?.filter(is_open).map(|ticket| ticket.id))
    }

    /// Lists alerts in a ticket, in as many notes as that takes.
    fn list_in(&mut self, ticket: TicketId, company: CompanyId, ids: &[AlertId]) {
        let alerts = self.alerts(ids);
        let alerts: Vec<&Alert> = alerts.iter().collect();
        let limit = self.terms.mapping.settings.tickets.storm_tickets_per_hour;
        let because = TicketReason::Storm { limit };
        let first_line = "More alerts of this type, listed here instead of in tickets of their own:";
        let mut first = 0;
        while first < alerts.len() {
            let (description, listed) = self.terms.names().note(first_line, &alerts[first..]);
            let after = first + listed;
            // The last one listed tells this note from the next, which may be of the same moment.
            let last = alerts[after - 1];
            let title = note_title(&format!("More alerts, up to {} at", last.id), last.updated_at);
            self.propose_note((ticket, title, description), company, &ids[first..after], (true, because));
            first = after;
        }
    }

    fn new_ticket(
        &mut self,
        alert: &Alert,
        company_id: CompanyId,
        company: &TicketCompany,
        (external_id, title, description): (String, String, String),
    ) -> NewTicket {
        let mut chooser = Chooser::new(self.terms, Some(alert));
        let fields = chooser.ticket(alert);
        for what in chooser.found {
            self.found_for_all(what);
        }
        if !self.terms.types.is_empty() && !self.terms.types.contains_key(&alert.kind) {
            self.found_for_all(AlertWhat::TypeUnknown { kind: alert.kind.clone() });
        }
        let due = SignedDuration::from_mins(i64::from(fields.due_minutes));
        NewTicket {
            company: company_id,
            external_id,
            title,
            description,
            status: fields.status,
            priority: fields.priority,
            due_at: self.terms.now.checked_add(due).unwrap_or(self.terms.now),
            queue: fields.queue,
            ticket_type: fields.ticket_type,
            issue: fields.issue,
            sub_issue: fields.sub_issue,
            category: fields.category,
            source: fields.source,
            assignee: fields.assignee,
            contract: contract(self.terms, company),
            configuration_item: None,
        }
    }

    /// The priority, and the queue or assignee, by the names they have in Autotask.
    fn in_words(&self, ticket: &NewTicket) -> String {
        let named = |field, value| self.terms.picklists.label(field, value);
        let queue = ticket.queue.map(|queue| named(PickField::Queue, queue));
        let assignee = ticket.assignee.map(|assignee| format!("resource {}", assignee.resource));
        let words = [Some(named(PickField::Priority, ticket.priority)), queue, assignee];
        words.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn propose_ticket(&mut self, creation: TicketCreation) {
        let id = creation.id();
        let what = format!("a ticket for \"{}\"", creation.told.what);
        let key = creation.ticket.external_id.clone();
        if !self.is_refused(&creation.told, &key, &id, &what) {
            let action = Action::CreateTicket(Box::new(creation));
            self.plan.proposed.push(Change { id, approved_by: None, action });
        }
    }
}
