//! A service desk on which nobody works, for replays: what one look at it would do is planned by the job's own plan and
//! done at once. Each look is given those links only that bear on it, or long replays would take hours.

use crate::alert::{Alert, AlertKind};
use crate::alert_link::{AlertLink, TicketLink};
use crate::alert_plan::{AlertFacts, AlertPlan, AlertTerms, MOST_CHANGES, Made, Whose, links_after, plan, told};
use crate::alert_reading::AlertReading;
use crate::alert_replay::{ReplayTerms, ReplayedTicket};
use crate::alert_whose::Owners;
use crate::ids::{AlertId, CompanyId, TenantId, TicketId};
use crate::mapping::Mapping;
use crate::plan::Action;
use crate::ticket::{NewTicket, Ticket, TicketCompany, machine_name};
use crate::ticket_change::{TicketCreation, TicketStatus};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The status of completed tickets in every Autotask database (Autotask help, Ticket picklists).
const COMPLETE: i64 = 5;

/// The desk.
pub(crate) struct Desk<'a> {
    terms: ReplayTerms<'a>,
    /// The mapping, with ticket sync on.
    pub(crate) mapping: Mapping,
    tickets_since: Timestamp,
    whose: BTreeMap<TenantId, Whose>,
    companies: &'a BTreeMap<CompanyId, Option<TicketCompany>>,
    links: Links,
    /// What the next look has to look at again.
    open: BTreeSet<AlertId>,
    /// Each ticket as it is, and what was made of it; its id is its place, counted from 1.
    tickets: Vec<(Ticket, ReplayedTicket)>,
    by_external_id: BTreeMap<String, TicketId>,
    ticketed: BTreeSet<AlertId>,
}

impl<'a> Desk<'a> {
    /// A desk without tickets.
    pub(crate) fn new(reading: &'a AlertReading, terms: &ReplayTerms<'a>, tickets_since: Timestamp) -> Self {
        let mut mapping = terms.mapping.clone();
        mapping.settings.tickets.enabled = true;
        let owners = Owners::new(&mapping, &reading.tenants);
        let tenants: BTreeSet<&TenantId> = reading.alerts.iter().map(|alert| &alert.tenant).collect();
        let whose = tenants.into_iter().filter_map(|tenant| Some((tenant.clone(), owners.whose(tenant)?))).collect();
        Self {
            terms: *terms,
            mapping,
            tickets_since,
            whose,
            companies: &reading.companies,
            links: Links::default(),
            open: BTreeSet::new(),
            tickets: Vec::new(),
            by_external_id: BTreeMap::new(),
            ticketed: BTreeSet::new(),
        }
    }

    pub(crate) fn whose(&self, tenant: &TenantId) -> Option<Whose> {
        self.whose.get(tenant).cloned()
    }

    fn company(&self, company: CompanyId) -> Option<&'a TicketCompany> {
        self.companies.get(&company).map_or_else(|| self.terms.others.get(&company), Option::as_ref)
    }

    pub(crate) fn takes_tickets(&self, company: CompanyId) -> bool {
        self.company(company).is_some_and(|company| company.active)
    }

    pub(crate) fn has_ticket(&self, alert: &AlertId) -> bool {
        self.ticketed.contains(alert)
    }

    pub(crate) fn into_tickets(self) -> Vec<ReplayedTicket> {
        self.tickets.into_iter().map(|(_, replayed)| replayed).collect()
    }

    /// One look at alerts as they are `now`. Whether the next one has something to do, even if no alert changes.
    pub(crate) fn look(&mut self, alerts: Vec<Alert>, now: Timestamp) -> bool {
        let mut facts = self.facts(alerts, now);
        let planned = self.planned(&mut facts, now);
        let mut made = BTreeMap::new();
        let mut moved: BTreeSet<CompanyId> = BTreeSet::new();
        for change in planned.proposed.iter().take(MOST_CHANGES) {
            if let Some(became) = self.carry_out(&change.action, &planned, now) {
                made.insert(change.id.clone(), became);
                moved.extend(told(&change.action).map(|told| told.company));
            }
        }
        let after = links_after(&planned, &planned.proposed, &made, &facts.links, now);
        after.forget.iter().for_each(|id| self.links.forget(id));
        after.save.into_iter().for_each(|link| self.remember(link));
        // Where nothing was done, what is left over waits for what is no part of a replay.
        let is_cut = planned.proposed.len() > MOST_CHANGES;
        let is_left = |link: &&AlertLink| !link.settled && (is_cut || moved.contains(&link.company));
        let left = planned.links.keys().filter_map(|id| self.links.by_id.get(id)).filter(is_left);
        self.open = left.map(|link| link.alert.id.clone()).collect();
        !self.open.is_empty()
    }

    fn remember(&mut self, link: AlertLink) {
        if let Some(ticket) = link.ticket.as_ref().map(|ticket| ticket.id) {
            self.ticketed.insert(link.alert.id.clone());
            self.tickets[place(ticket)].1.alerts.insert(link.alert.id.clone());
        }
        self.links.keep(link);
    }

    /// The plan, made from all that it needs.
    fn planned(&self, facts: &mut AlertFacts, now: Timestamp) -> AlertPlan {
        let terms = AlertTerms {
            connection: self.terms.connection,
            mapping: &self.mapping,
            types: self.terms.types,
            picklists: self.terms.picklists,
            tickets_since: self.tickets_since,
            today: now.to_zoned(self.terms.zone.clone()).date(),
            now,
        };
        loop {
            let plan = plan(&terms, facts);
            if plan.needs.is_empty() {
                return plan;
            }
            // Each of these is answered for good, so that none is asked for twice.
            for id in &plan.needs.tickets {
                facts.tickets.insert(*id, self.ticket(*id).cloned());
            }
            for key in &plan.needs.external_ids {
                let found = self.by_external_id.get(key).and_then(|id| self.ticket(*id)).cloned();
                facts.found.insert(key.clone(), found.into_iter().collect());
            }
            facts.notes.extend(plan.needs.notes.into_keys().map(|key| (key, false)));
            for (company, devices) in &plan.needs.companies {
                facts.companies.insert(*company, self.with_devices(*company, devices));
            }
        }
    }

    /// The company with its contracts. Which device is which machine is not asked.
    fn with_devices(&self, company: CompanyId, devices: &BTreeSet<String>) -> Option<TicketCompany> {
        let mut read = self.company(company).cloned()?;
        read.machines = devices.iter().map(|device| (machine_name(device), None)).collect();
        Some(read)
    }

    /// What a look at these alerts is to be given.
    fn facts(&self, alerts: Vec<Alert>, now: Timestamp) -> AlertFacts {
        let seen: BTreeSet<&AlertId> = alerts.iter().map(|alert| &alert.id).collect();
        let open = self.open.iter().filter(|id| !seen.contains(id)).filter_map(|id| self.links.by_id.get(id));
        let mut wanted: BTreeSet<&AlertId> = BTreeSet::new();
        let mut found = BTreeMap::new();
        for alert in alerts.iter().chain(open.map(|link| &link.alert)) {
            let Some(Whose::Company(company)) = self.whose.get(&alert.tenant) else { continue };
            let storms = self.mapping.settings.tickets.storms;
            let known = self.links.bearing_on(alert, (*company, now, storms), &mut wanted);
            let key = alert.external_id(known.map_or(0, |link| link.tickets) + 1);
            let there = self.by_external_id.get(&key).and_then(|id| self.ticket(*id)).cloned();
            found.insert(key, there.into_iter().collect());
        }
        self.links.others_on_tickets(&seen, self.open.iter().chain(seen.iter().copied()), &mut wanted);
        let links: Vec<AlertLink> = wanted.into_iter().filter_map(|id| self.links.by_id.get(id)).cloned().collect();
        let known = links.iter().filter_map(|link| Some(link.ticket.as_ref()?.id));
        let tickets = known.map(|id| (id, self.ticket(id).cloned())).collect();
        let tenants = alerts.iter().chain(links.iter().map(|link| &link.alert)).map(|alert| &alert.tenant);
        let whose = tenants.filter_map(|tenant| Some((tenant.clone(), self.whose.get(tenant)?.clone()))).collect();
        AlertFacts { alerts, links, tickets, found, whose, ..AlertFacts::default() }
    }

    fn ticket(&self, id: TicketId) -> Option<&Ticket> {
        Some(&self.tickets.get(place(id))?.0)
    }

    fn carry_out(&mut self, action: &Action, planned: &AlertPlan, now: Timestamp) -> Option<Made> {
        match action {
            Action::CreateTicket(creation) => {
                let kind = planned.links.get(creation.told.alerts.first()?)?.alert.kind.clone();
                return Some(Made::Ticket(self.create(creation, kind, now)));
            }
            Action::NoteTicket(note) => {
                let (ticket, replayed) = &mut self.tickets[place(note.note.ticket)];
                ticket.last_activity_at = now;
                replayed.notes += 1;
            }
            Action::CloseTicket(status) => self.set_status(status, now).closed.push(now),
            Action::ReopenTicket(status) => self.set_status(status, now).reopened.push(now),
            _ => return None,
        }
        Some(Made::Done)
    }

    fn set_status(&mut self, change: &TicketStatus, now: Timestamp) -> &mut ReplayedTicket {
        let (ticket, replayed) = &mut self.tickets[place(change.ticket)];
        (ticket.status, ticket.last_activity_at) = (change.status, now);
        ticket.closed_at = (change.status == COMPLETE).then_some(now);
        replayed
    }

    fn create(&mut self, creation: &TicketCreation, kind: AlertKind, now: Timestamp) -> TicketId {
        let number = self.tickets.len() + 1;
        let id = TicketId(i64::try_from(number).expect("tickets fit into memory"));
        let sent = NewTicket { description: String::new(), ..creation.ticket.clone() };
        let ticket = Ticket {
            id,
            number: number.to_string(),
            company: sent.company,
            status: sent.status,
            closed_at: (sent.status == COMPLETE).then_some(now),
            last_activity_at: now,
            external_id: Some(sent.external_id.clone()),
            worked_on_by_person: false,
            merged_into: None,
        };
        self.by_external_id.insert(sent.external_id.clone(), id);
        let replayed = ReplayedTicket {
            made_at: now,
            ticket: sent,
            company_name: creation.told.company_name.clone(),
            kind,
            severity: creation.told.severity,
            in_words: creation.in_words.clone(),
            shared: creation.shared,
            because: creation.because,
            alerts: BTreeSet::new(),
            reopened: Vec::new(),
            closed: Vec::new(),
            notes: 0,
        };
        self.tickets.push((ticket, replayed));
        id
    }
}

/// Where a ticket stands among all of them.
fn place(id: TicketId) -> usize {
    usize::try_from(id.0 - 1).expect("tickets are counted from 1")
}

/// What is remembered of alerts, and how what bears on a look is found.
#[derive(Default)]
struct Links {
    by_id: BTreeMap<AlertId, AlertLink>,
    /// Cleared ones with a ticket, by what an alert that comes back under a new id is known by.
    gone: BTreeMap<String, BTreeSet<AlertId>>,
    /// By ticket: those that are active, and those that are cleared and of which it was not told.
    of_ticket: BTreeMap<TicketId, [BTreeSet<AlertId>; 2]>,
    /// By company: since when each has a ticket of its own.
    own: BTreeMap<CompanyId, BTreeSet<(Timestamp, AlertId)>>,
    /// By company and type: since when each is on a shared ticket.
    shared: BTreeMap<(CompanyId, AlertKind), BTreeSet<(Timestamp, TicketId, AlertId)>>,
}

fn put<K: Ord, V: Ord>(map: &mut BTreeMap<K, BTreeSet<V>>, key: K, value: V, is_there: bool) {
    if is_there {
        map.entry(key).or_default().insert(value);
    } else if let Some(values) = map.get_mut(&key) {
        values.remove(&value);
        if values.is_empty() {
            map.remove(&key);
        }
    }
}

impl Links {
    fn keep(&mut self, link: AlertLink) {
        let id = link.alert.id.clone();
        self.forget(&id);
        self.find(&link, true);
        self.by_id.insert(id, link);
    }

    fn forget(&mut self, id: &AlertId) {
        if let Some(link) = self.by_id.remove(id) {
            self.find(&link, false);
        }
    }

    /// Makes a link that is there to be found, and one that is not any more not to be.
    fn find(&mut self, link: &AlertLink, is_there: bool) {
        let Some(TicketLink { id: ticket, since, shared, says_cleared, .. }) = link.ticket else { return };
        let id = || link.alert.id.clone();
        let is_active = link.alert.is_active();
        if !is_active {
            put(&mut self.gone, link.alert.recurrence(), id(), is_there);
        }
        if is_active || !says_cleared {
            let of_ticket = &mut self.of_ticket.entry(ticket).or_default()[usize::from(!is_active)];
            if is_there {
                of_ticket.insert(id())
            } else {
                of_ticket.remove(&link.alert.id)
            };
        }
        if shared {
            put(&mut self.shared, (link.company, link.alert.kind.clone()), (since, ticket, id()), is_there);
        } else {
            put(&mut self.own, link.company, (since, id()), is_there);
        }
    }

    /// Adds the links that may bear on what is done about an alert (`AlertFacts::links`) but for others on its ticket; gives
    /// its own.
    fn bearing_on<'a>(
        &'a self,
        alert: &Alert,
        (company, now, storms): (CompanyId, Timestamp, bool),
        wanted: &mut BTreeSet<&'a AlertId>,
    ) -> Option<&'a AlertLink> {
        let known = self.by_id.get_key_value(&alert.id);
        wanted.extend(known.map(|(id, _)| id));
        if alert.is_active() {
            wanted.extend(self.gone.get(&alert.recurrence()).into_iter().flatten());
        }
        if alert.is_active() && storms {
            let since = now.checked_sub(SignedDuration::from_hours(1)).unwrap_or(now);
            let lately = self.own.get(&company).into_iter().flatten().rev().take_while(|(at, _)| *at > since);
            wanted.extend(lately.map(|(_, id)| id));
            let shared = self.shared.get(&(company, alert.kind.clone())).and_then(|shared| shared.last());
            wanted.extend(shared.map(|(_, _, id)| id));
        }
        known.map(|(_, link)| link)
    }

    /// Adds others on the tickets of `these`. While one that is not seen now is active, nothing is said of those that are
    /// cleared, so that it alone will do.
    fn others_on_tickets<'a, 'i>(
        &'a self,
        seen: &BTreeSet<&AlertId>,
        these: impl Iterator<Item = &'i AlertId>,
        wanted: &mut BTreeSet<&'a AlertId>,
    ) {
        let tickets = these.filter_map(|id| Some(self.by_id.get(id)?.ticket.as_ref()?.id));
        for ticket in tickets.collect::<BTreeSet<TicketId>>() {
            let Some([active, untold]) = self.of_ticket.get(&ticket) else { continue };
            match active.iter().find(|id| !seen.contains(id)) {
                Some(another) => _ = wanted.insert(another),
                None => wanted.extend(untold),
            }
        }
    }
}
