//! From alerts, what is remembered of them, and tickets to what is to be done about tickets (T1 to T5, T8). Nothing is read
//! here: what is needed and not there yet is asked for, and the plan is made again with it.

use crate::alert::{Alert, AlertKind, AlertType};
use crate::alert_decide::Work;
use crate::alert_finding::AlertWhat;
use crate::alert_link::AlertLink;
use crate::alert_text::TypeNames;
use crate::creation::Creation;
use crate::finding::Finding;
use crate::ids::{AlertId, CompanyId, TenantId, TicketId};
use crate::mapping::Mapping;
use crate::plan::{Action, Change};
use crate::run::Connection;
use crate::ticket::{Picklists, Ticket, TicketCompany};
use crate::ticket_change::AlertsTold;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Changes of one run, at half a second each less than ten minutes: then it ends in good order, and the next begins with
/// what is worst by then.
pub const MOST_CHANGES: usize = 1_000;

/// The terms of one run.
#[derive(Debug, Clone, Copy)]
pub struct AlertTerms<'a> {
    /// The connection.
    pub connection: &'a Connection,
    /// The operator's mapping, settings and alert types.
    pub mapping: &'a Mapping,
    /// The alert types as the vendor lists them; empty where they were not read.
    pub types: &'a BTreeMap<AlertKind, AlertType>,
    /// Autotask's picklists.
    pub picklists: &'a Picklists,
    /// Alerts raised before make no tickets (T8); `AlertCursor::tickets_since` says when.
    pub tickets_since: Timestamp,
    /// The date in the provider's time zone.
    pub today: Date,
    /// The moment of the run.
    pub now: Timestamp,
}

impl AlertTerms<'_> {
    /// Whether tickets are made at all: ticket sync is on and somebody is mapped (M5).
    pub fn can_start(&self) -> bool {
        self.mapping.settings.tickets.enabled && self.mapping.mapped_customers().next().is_some()
    }

    pub(crate) fn names(&self) -> TypeNames<'_> {
        TypeNames(self.types)
    }
}

/// Whose a tenant's alerts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// A mapped company's: the tenant is its own, or a unit within it.
    Company(CompanyId),
    /// A customer's that is not mapped.
    Unmapped {
        /// The customer's tenant.
        tenant: TenantId,
        /// Its name, for people.
        tenant_name: String,
    },
    /// A customer's that is ignored, or no customer's at all: only customers' alerts make tickets (A61).
    NotOurs,
}

/// Everything read for one plan.
#[derive(Debug, Clone, Default)]
pub struct AlertFacts {
    /// The alerts changed since the last look, cleared ones too; or, with `all_active`, every active one besides.
    pub alerts: Vec<Alert>,
    /// Whether every active alert is among them, so that who is missing was cleared.
    pub all_active: bool,
    /// Customers that manage themselves and whose alerts could not be read: nobody knows what of theirs was cleared.
    pub unread_customers: BTreeSet<TenantId>,
    /// What is remembered: of these alerts, of others with the same recurrence or the same ticket, of what is not
    /// settled, of the tickets of the last hour, and of the latest ticket that alerts of their types share. All of a
    /// connection's links will do.
    pub links: Vec<AlertLink>,
    /// Whose the tenants of these alerts and links are.
    pub whose: BTreeMap<TenantId, Whose>,
    /// Tickets asked for by id; none where Autotask has no such ticket.
    pub tickets: BTreeMap<TicketId, Option<Ticket>>,
    /// Tickets asked for by external id.
    pub found: BTreeMap<String, Vec<Ticket>>,
    /// Notes asked for by ticket and title, by `NewNote::key`: whether they are there.
    pub notes: BTreeMap<String, bool>,
    /// Companies asked for, with each device asked for among their machines; none where Autotask shows no such company.
    pub companies: BTreeMap<CompanyId, Option<TicketCompany>>,
}

/// What must be read before the plan can be final. Notes by key, with ticket and title.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TicketNeeds {
    /// Tickets by id.
    pub tickets: BTreeSet<TicketId>,
    /// Tickets by external id.
    pub external_ids: BTreeSet<String>,
    /// Notes by ticket and title.
    pub notes: BTreeMap<String, (TicketId, String)>,
    /// Companies with their contracts, each with the devices that are looked for among its machines.
    pub companies: BTreeMap<CompanyId, BTreeSet<String>>,
}

impl TicketNeeds {
    /// Whether nothing more is needed.
    pub fn is_empty(&self) -> bool {
        self.tickets.is_empty() && self.external_ids.is_empty() && self.notes.is_empty() && self.companies.is_empty()
    }
}

/// What alerts lead to, before the guard has looked at it.
#[derive(Debug, Clone, Default)]
pub struct AlertPlan {
    /// What is proposed: the worst first, then the oldest.
    pub proposed: Vec<Change>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// What is remembered now, as far as nothing of the above is made yet.
    pub links: BTreeMap<AlertId, AlertLink>,
    /// What is to be read first; while this is not empty the rest is not final.
    pub needs: TicketNeeds,
    /// Alerts that are as they should be.
    pub right: usize,
    /// Active alerts raised too early to make tickets (T8).
    pub passed_over: usize,
    /// Whether it was made from all active alerts.
    pub of_all: bool,
}

/// Makes the plan. Asks for nothing and proposes nothing where it cannot start (M5).
pub fn plan(terms: &AlertTerms<'_>, facts: &AlertFacts) -> AlertPlan {
    let mut work = Work::new(terms, facts);
    if terms.can_start() {
        work.gather();
        work.reconcile();
        work.recognise();
        work.settle_sent();
        work.decide();
        work.make_tickets();
        work.tell_tickets();
    }
    work.finish()
}

/// Whether something is left to be done for what is remembered, so that the next look is not idle.
pub fn is_unfinished<'a>(facts: &AlertFacts, mut links: impl Iterator<Item = &'a AlertLink>) -> bool {
    let awaits = |link: &AlertLink| link.sent.as_ref().is_some_and(|sent| sent.refused.is_none());
    let is_somebodys = |link: &AlertLink| matches!(facts.whose.get(&link.alert.tenant), Some(Whose::Company(_)));
    links.any(|link| (!link.settled && is_somebodys(link)) || awaits(link))
}

/// What became of a change that was carried out. A change that was not begun, and a status whose change was not answered,
/// is left out: the next plan is made from what is read then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// The ticket was created.
    Ticket(TicketId),
    /// It is done.
    Done,
    /// It was refused or not answered; that is remembered, so that it is settled later (U6). Before something is created
    /// this is what is stored. Of a reopening whose note is written and whose status is not, the note is `finished`.
    Open(Creation),
}

/// What is to be stored after a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkChanges {
    /// Links that are new or differ.
    pub save: Vec<AlertLink>,
    /// Alerts of which nothing is to be remembered.
    pub forget: Vec<AlertId>,
}

impl LinkChanges {
    /// Whether nothing is to be written (B3).
    pub fn is_empty(&self) -> bool {
        self.save.is_empty() && self.forget.is_empty()
    }
}

/// What is remembered after a run in which `made` became of the changes, by id; `before` is what was read.
pub fn links_after(
    plan: &AlertPlan,
    changes: &[Change],
    made: &BTreeMap<String, Made>,
    before: &[AlertLink],
    now: Timestamp,
) -> LinkChanges {
    let mut links = plan.links.clone();
    for (change, became) in changes.iter().filter_map(|change| Some((change, made.get(&change.id)?))) {
        for alert in told(&change.action).into_iter().flat_map(|told| &told.alerts) {
            if let Some(link) = links.get_mut(alert) {
                became_of(link, &change.action, became, now);
            }
        }
    }
    let known: BTreeMap<&AlertId, &AlertLink> = before.iter().map(|link| (&link.alert.id, link)).collect();
    let is_old = |link: &AlertLink| link.is_forgettable(now);
    let forget = known.keys().filter(|id| links.get(**id).is_none_or(is_old)).map(|id| (*id).clone()).collect();
    let changed = |link: &AlertLink| !is_old(link) && known.get(&link.alert.id).is_none_or(|known| *known != link);
    LinkChanges { save: links.into_values().filter(changed).collect(), forget }
}

/// What a change that is about to be sent, or was sent, means for one of its alerts.
pub fn became_of(link: &mut AlertLink, action: &Action, became: &Made, now: Timestamp) {
    match (action, became) {
        (_, Made::Open(creation)) => link.sent = Some(creation.clone()),
        (Action::CreateTicket(creation), Made::Ticket(ticket)) => link.has_ticket(*ticket, creation.shared, now),
        (Action::NoteTicket(note), Made::Done) if note.lists_new => link.has_ticket(note.note.ticket, true, now),
        (Action::NoteTicket(_) | Action::CloseTicket(_) | Action::ReopenTicket(_), Made::Done) => link.was_told(),
        _ => {}
    }
}

/// The alerts that a change is about; none for changes of other jobs.
pub fn told(action: &Action) -> Option<&AlertsTold> {
    match action {
        Action::CreateTicket(creation) => Some(&creation.told),
        Action::NoteTicket(note) => Some(&note.told),
        Action::CloseTicket(status) | Action::ReopenTicket(status) => Some(&status.told),
        Action::DismissAlert(dismissal) => Some(&dismissal.told),
        _ => None,
    }
}

/// The key under which what a change creates is recorded before it is sent, and found after a lost reply (U6); none for
/// what may be sent again without harm.
pub fn creation_key(action: &Action) -> Option<String> {
    match action {
        Action::CreateTicket(creation) => Some(creation.ticket.external_id.clone()),
        Action::NoteTicket(note) => Some(note.note.key()),
        Action::ReopenTicket(status) => status.note.as_ref().map(crate::ticket::NewNote::key),
        _ => None,
    }
}

/// A finding about one company's alerts.
pub(crate) fn found_of(company: CompanyId, company_name: &str, what: AlertWhat) -> Finding {
    let what = crate::finding::What::Alert(what);
    Finding { company: Some(company), company_name: company_name.to_owned(), what }
}
