//! Decides for each alert what its ticket needs (T2, T3, T4, U6): a part of `alert_plan`. It makes no words and no ticket.

use crate::alert::Alert;
use crate::alert_finding::AlertWhat;
use crate::alert_link::AlertLink;
use crate::alert_plan::{AlertFacts, AlertPlan, AlertTerms, Whose, found_of, told};
use crate::alert_settings::makes_ticket;
use crate::ids::{AlertId, CompanyId, TenantId, TicketId};
use crate::ticket::Ticket;
use crate::ticket_change::TicketReason;
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// How the external id of a ticket begins.
const TICKET: &str = "acronis:";
/// How the key of a note begins.
const NOTE: &str = "note:";
/// What marks the external id of a ticket that a storm's alerts share.
pub(crate) const SHARED: &str = "acronis:all:";

/// What an existing ticket is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Telling {
    /// T3: it is reopened.
    Reopen,
    /// It was told that the alert is cleared, is open, and the alert came back.
    Again,
    /// T4: it is closed.
    Close,
    /// T4: a person works on it, so it gets a note.
    Cleared,
}

/// A plan under way.
pub(crate) struct Work<'a> {
    pub(crate) terms: &'a AlertTerms<'a>,
    pub(crate) facts: &'a AlertFacts,
    pub(crate) plan: AlertPlan,
    /// Tickets read by id, and those found by external id.
    tickets: BTreeMap<TicketId, Option<&'a Ticket>>,
    /// Alerts of which nothing more can be said in this plan.
    pub(crate) blocked: BTreeSet<AlertId>,
    /// Alerts that are to have a new ticket, and why.
    pub(crate) to_make: BTreeMap<AlertId, TicketReason>,
    /// Tickets that are to be told something of some alerts.
    pub(crate) to_tell: BTreeMap<(TicketId, Telling), Vec<AlertId>>,
}

impl<'a> Work<'a> {
    pub(crate) fn new(terms: &'a AlertTerms<'a>, facts: &'a AlertFacts) -> Self {
        let links = facts.links.iter().map(|link| (link.alert.id.clone(), link.clone())).collect();
        let tickets = facts.tickets.iter().map(|(id, ticket)| (*id, ticket.as_ref())).collect();
        let plan = AlertPlan { links, of_all: facts.all_active, ..AlertPlan::default() };
        let blocked = BTreeSet::new();
        Self { terms, facts, plan, tickets, blocked, to_make: BTreeMap::new(), to_tell: BTreeMap::new() }
    }

    pub(crate) fn company_of(&self, tenant: &TenantId) -> Option<CompanyId> {
        match self.facts.whose.get(tenant) {
            Some(Whose::Company(company)) => Some(*company),
            _ => None,
        }
    }

    pub(crate) fn company_name(&self, company: CompanyId) -> &'a str {
        let read = self.facts.companies.get(&company).and_then(Option::as_ref).map(|read| read.name.as_str());
        let mapped = || self.terms.mapping.customers.get(&company).map(|row| row.company_name.as_str());
        read.or_else(mapped).unwrap_or_default()
    }

    pub(crate) fn found(&mut self, company: CompanyId, what: AlertWhat) {
        let finding = found_of(company, self.company_name(company), what);
        self.plan.findings.push(finding);
    }

    /// What was sent and not answered is settled by looking (U6).
    pub(crate) fn settle_sent(&mut self) {
        let sent: Vec<AlertId> = self.plan.links.values().filter(|link| link.sent.is_some()).map(id_of).collect();
        for id in sent {
            let Some(mut link) = self.plan.links.remove(&id) else { continue };
            self.settle_one(&mut link);
            self.plan.links.insert(id, link);
        }
    }

    fn settle_one(&mut self, link: &mut AlertLink) {
        let Some(sent) = link.sent.clone() else { return };
        let listed_in = listing_ticket(&sent.key).filter(|_| link.ticket.is_none());
        let looked_up = match listed_in {
            Some((ticket, title)) => self.noted(&sent.key, ticket, title),
            // A note is looked for when it is to be written, and a dismissal never.
            None if !sent.key.starts_with(TICKET) => return,
            None => self.looked_up(link.company, &sent.key),
        };
        let is_shared = listed_in.is_some() || sent.key.starts_with(SHARED);
        match looked_up {
            None => _ = self.blocked.insert(link.alert.id.clone()),
            Some(Some(ticket)) => link.has_ticket(ticket, is_shared, sent.sent_at),
            Some(None) if sent.may_arrive(self.terms.now, self.terms.mapping.settings.settle_minutes) => {
                let what = format!("a ticket for \"{}\"", self.terms.names().words(&link.alert));
                self.found(link.company, AlertWhat::TicketUnanswered { what, sent_at: sent.sent_at });
                self.blocked.insert(link.alert.id.clone());
            }
            // What was refused is remembered, so that it is not sent again the same day.
            Some(None) => link.sent = Some(sent).filter(|sent| sent.refused.is_some()),
        }
    }

    /// The ticket a note was to list an alert in: not asked for yet, or none where the note is not there.
    fn noted(&mut self, key: &str, ticket: TicketId, title: &str) -> Option<Option<TicketId>> {
        let is_there = self.facts.notes.get(key).copied();
        if is_there.is_none() {
            self.plan.needs.notes.insert(key.to_owned(), (ticket, title.to_owned()));
        }
        is_there.map(|is_there| is_there.then_some(ticket))
    }

    /// The ticket with an external id: not asked for yet, or none, or the first of those that have it.
    pub(crate) fn looked_up(&mut self, company: CompanyId, external_id: &str) -> Option<Option<TicketId>> {
        let Some(found) = self.facts.found.get(external_id) else {
            self.plan.needs.external_ids.insert(external_id.to_owned());
            return None;
        };
        let mut ids: Vec<TicketId> = found.iter().map(|ticket| ticket.id).collect();
        ids.sort_unstable();
        ids.dedup();
        // What was read by id is the later reading.
        for ticket in found {
            self.tickets.entry(ticket.id).or_insert(Some(ticket));
        }
        let used = ids.first().copied();
        if let (Some(used), [_, _, ..]) = (used, ids.as_slice()) {
            let external_id = external_id.to_owned();
            self.found(company, AlertWhat::TicketTwice { external_id, used, others: ids.split_off(1) });
        }
        Some(used)
    }

    /// The ticket with this id: not asked for yet, or not there, or as it is.
    pub(crate) fn ticket(&mut self, id: TicketId) -> Option<Option<&'a Ticket>> {
        let read = self.tickets.get(&id).copied();
        if read.is_none() {
            self.plan.needs.tickets.insert(id);
        }
        read
    }

    /// What each alert's ticket needs.
    pub(crate) fn decide(&mut self) {
        let open = |link: &&AlertLink| !link.settled && !self.blocked.contains(&link.alert.id);
        let open: Vec<AlertId> = self.plan.links.values().filter(open).map(id_of).collect();
        for id in open {
            let Some(mut link) = self.plan.links.remove(&id) else { continue };
            let is_kept = self.decide_one(&mut link);
            if is_kept {
                self.plan.links.insert(id, link);
            }
        }
        self.leave_shared_open();
    }

    /// Decides for one alert; whether it is still to be remembered.
    fn decide_one(&mut self, link: &mut AlertLink) -> bool {
        let Some(company) = self.company_of(&link.alert.tenant) else {
            return true; // Not mapped any more: neither vendor is touched (M6), and it is looked at again later.
        };
        if link.ticket.is_none() {
            let wanted = link.alert.is_active() && makes_ticket(&self.terms.mapping.alerts, &link.alert);
            if wanted {
                link.company = company;
                let reason = if link.tickets > 0 { TicketReason::CameBackAnew } else { TicketReason::Raised };
                self.wants_new(link, reason);
            }
            return wanted || link.ticket.is_some();
        }
        self.decide_of_ticket(link, company);
        if link.settled {
            link.sent = None; // What was refused, or not answered, is not wanted any more.
        }
        true
    }

    fn decide_of_ticket(&mut self, link: &mut AlertLink, company: CompanyId) {
        let Some(known) = link.ticket.clone() else { return };
        let read = if known.gone { Some(None) } else { self.ticket(known.id) };
        let Some(read) = read else {
            self.blocked.insert(link.alert.id.clone());
            return;
        };
        let there = read.filter(|ticket| ticket.merged_into.is_none());
        let settings = &self.terms.mapping.settings.tickets;
        let Some(ticket) = there else {
            if let Some(known) = link.ticket.as_mut().filter(|known| !known.gone) {
                known.gone = true;
                let merged_into = read.and_then(|ticket| ticket.merged_into);
                self.found(link.company, AlertWhat::TicketGone { ticket: known.id, merged_into });
            }
            let came_back = link.alert.is_active() && link.was_cleared;
            return if came_back { self.wants_another(link, company) } else { link.settled = true };
        };
        let closed_since = ticket.closed_since(settings.closing_status);
        if !link.alert.is_active() {
            let telling = if ticket.worked_on_by_person { Telling::Cleared } else { Telling::Close };
            let is_done = closed_since.is_some() || known.says_cleared || !settings.auto_close;
            return if is_done { link.settled = true } else { self.tell(ticket.id, telling, &link.alert) };
        }
        let Some(closed_since) = closed_since else {
            if known.says_cleared {
                return self.tell(ticket.id, Telling::Again, &link.alert);
            }
            (link.was_cleared, link.settled) = (false, true);
            return;
        };
        // Raised again without our having seen it cleared: after the ticket was closed.
        let raised_since = link.alert.updated_at > known.told_of && link.alert.updated_at > closed_since;
        if !(link.was_cleared || raised_since) {
            link.settled = true; // Closed by a person while the alert is active: theirs to decide.
        } else if link.company != company || is_long_closed(closed_since, self.terms) {
            self.wants_another(link, company);
        } else if makes_ticket(&self.terms.mapping.alerts, &link.alert) {
            self.tell(ticket.id, Telling::Reopen, &link.alert);
        }
    }

    fn wants_another(&mut self, link: &mut AlertLink, company: CompanyId) {
        if makes_ticket(&self.terms.mapping.alerts, &link.alert) {
            link.company = company;
            self.wants_new(link, TicketReason::CameBackAnew);
        }
    }

    /// A new ticket, unless one with its external id is there already: that is its ticket then (T2).
    fn wants_new(&mut self, link: &mut AlertLink, reason: TicketReason) {
        let key = link.next_external_id();
        match self.looked_up(link.company, &key) {
            None => _ = self.blocked.insert(link.alert.id.clone()),
            Some(None) => _ = self.to_make.insert(link.alert.id.clone(), reason),
            Some(Some(ticket)) => {
                link.has_ticket(ticket, false, self.terms.now);
                if let Some(known) = &mut link.ticket {
                    known.told_of = Timestamp::UNIX_EPOCH; // Nobody knows what it was told.
                }
                link.settled = false;
                self.decide_of_ticket(link, link.company);
            }
        }
    }

    fn tell(&mut self, ticket: TicketId, telling: Telling, alert: &Alert) {
        self.to_tell.entry((ticket, telling)).or_default().push(alert.id.clone());
    }

    /// A shared ticket is closed when the last of its alerts is cleared.
    fn leave_shared_open(&mut self) {
        let active = self.plan.links.values().filter(|link| link.alert.is_active());
        let active: BTreeSet<TicketId> = active.filter_map(|link| Some(link.living_ticket()?.id)).collect();
        let is_early = |telling: Telling| matches!(telling, Telling::Close | Telling::Cleared);
        for ((ticket, telling), alerts) in std::mem::take(&mut self.to_tell) {
            if !(is_early(telling) && active.contains(&ticket)) {
                self.to_tell.insert((ticket, telling), alerts);
                continue;
            }
            for alert in alerts {
                self.plan.links.entry(alert).and_modify(|link| link.settled = true);
            }
        }
    }

    /// The plan, in its order: the worst first, then the oldest.
    pub(crate) fn finish(self) -> AlertPlan {
        let Self { mut plan, .. } = self;
        let first_raised = |change: &crate::plan::Change| {
            let alerts = told(&change.action).into_iter().flat_map(|told| &told.alerts);
            alerts.filter_map(|id| Some(plan.links.get(id)?.alert.raised_at)).min()
        };
        let severity = |change: &crate::plan::Change| told(&change.action).map(|told| told.severity);
        let first =
            |change: &crate::plan::Change| told(&change.action).and_then(|told| told.alerts.iter().min().cloned());
        let mut proposed = std::mem::take(&mut plan.proposed);
        proposed.sort_by_cached_key(|change| {
            (Reverse(severity(change)), first_raised(change), first(change), change.id.clone())
        });
        plan.proposed = proposed;
        plan.right = plan.links.values().filter(|link| link.settled && link.alert.is_active()).count();
        plan.findings.sort();
        plan.findings.dedup();
        plan
    }
}

fn id_of(link: &AlertLink) -> AlertId {
    link.alert.id.clone()
}

/// Ticket and title of a note's key.
fn listing_ticket(key: &str) -> Option<(TicketId, &str)> {
    let (ticket, title) = key.strip_prefix(NOTE)?.split_once(':')?;
    Some((TicketId(ticket.parse().ok()?), title))
}

/// Whether a ticket has been closed for so many days that a new one is made (T3).
fn is_long_closed(closed_since: Timestamp, terms: &AlertTerms<'_>) -> bool {
    let days = terms.mapping.settings.tickets.new_after_days;
    let hours = terms.now.duration_since(closed_since).as_hours();
    days.is_some_and(|days| hours >= i64::from(days) * 24)
}
