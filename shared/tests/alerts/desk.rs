//! A service desk in small: alerts at Acronis, tickets at Autotask, and what is remembered between runs.

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use shared::alert::{Alert, AlertAbout, AlertKind, AlertType, Severity};
use shared::alert_guard::AlertGuard;
use shared::alert_link::AlertLink;
use shared::alert_plan::{AlertFacts, AlertPlan, AlertTerms, Made, Whose, creation_key, links_after, plan, told};
use shared::alert_settings::{AlertRow, TicketSettings};
use shared::creation::Creation;
use shared::guard::Approvals;
use shared::ids::{AlertId, CompanyId, ConnectionId, TenantId, TicketId};
use shared::mapping::{CustomerLink, CustomerRow, Mapping};
use shared::plan::{Action, Change, Plan};
use shared::run::{Connection, Job};
use shared::ticket::{NewNote, NewTicket, PickField, PickValue, Picklists, Ticket, TicketCompany, machine_name};
use std::collections::BTreeMap;

/// Minutes of a day.
pub(crate) const DAY: i64 = 24 * 60;
/// The status of a new ticket, and of a completed one.
pub(crate) const NEW: i64 = 1;
pub(crate) const COMPLETE: i64 = 5;

pub(crate) struct Desk {
    pub(crate) connection: Connection,
    pub(crate) mapping: Mapping,
    pub(crate) types: BTreeMap<AlertKind, AlertType>,
    pub(crate) picklists: Picklists,
    pub(crate) companies: BTreeMap<CompanyId, Option<TicketCompany>>,
    pub(crate) tickets_since: Timestamp,
    pub(crate) now: Timestamp,
    /// What Acronis has, cleared ones too.
    pub(crate) alerts: BTreeMap<AlertId, Alert>,
    /// What Autotask has, and what was sent for it.
    pub(crate) tickets: BTreeMap<TicketId, (Ticket, NewTicket)>,
    pub(crate) notes: Vec<NewNote>,
    pub(crate) links: BTreeMap<AlertId, AlertLink>,
    pub(crate) approvals: Approvals,
    /// Whether every reply to what is sent is lost, and whether it arrives all the same.
    pub(crate) replies_lost: bool,
    pub(crate) requests_lost: bool,
    /// What Autotask says to every creation, where it refuses.
    pub(crate) refusal: Option<String>,
    /// How many changes a run makes before it must stop.
    pub(crate) most_changes: usize,
    /// Shuffles what is read.
    pub(crate) order: u64,
    /// The tickets made so far, those that were deleted too.
    pub(crate) made: i64,
    /// How many writes were made in all.
    pub(crate) writes: usize,
}

pub(crate) fn alert_id(number: u32) -> AlertId {
    AlertId::new(format!("{number:08X}-0000-4000-8000-000000000000"))
}

pub(crate) fn start() -> Timestamp {
    date(2026, 5, 10).at(8, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).expect("it is there").timestamp()
}

impl Desk {
    /// One mapped customer, company 7, ticket sync on, its first plan approved, no alert yet.
    pub(crate) fn open() -> Desk {
        let mut desk = Desk {
            connection: Connection {
                id: ConnectionId::new("main"),
                tenant: TenantId::new("partner"),
                database: 42,
                first_plan_approved: false,
                first_quotas_approved: false,
                first_tickets_approved: true,
                usage_read_on: None,
            },
            mapping: Mapping::default(),
            types: BTreeMap::new(),
            picklists: Picklists::default(),
            companies: BTreeMap::new(),
            tickets_since: start(),
            now: start(),
            alerts: BTreeMap::new(),
            tickets: BTreeMap::new(),
            notes: Vec::new(),
            links: BTreeMap::new(),
            approvals: Approvals::new(),
            replies_lost: false,
            requests_lost: false,
            refusal: None,
            most_changes: usize::MAX,
            order: 0,
            made: 0,
            writes: 0,
        };
        desk.settings().enabled = true;
        desk.offers(PickField::Status, &[1, 5, 8]).offers(PickField::Priority, &[1, 2, 3, 4]);
        desk.offers(PickField::Queue, &[20, 21]).customer(7, "Alpenblick");
        desk
    }

    pub(crate) fn settings(&mut self) -> &mut TicketSettings {
        &mut self.mapping.settings.tickets
    }

    pub(crate) fn row(&mut self, kind: &str) -> &mut AlertRow {
        self.mapping.alerts.entry(AlertKind::new(kind)).or_default()
    }

    pub(crate) fn offers(&mut self, field: PickField, values: &[i64]) -> &mut Self {
        let value = |value: &i64| {
            let one = PickValue { label: format!("{field} {value}"), active: true, usual: false, parent: None };
            (*value, one)
        };
        self.picklists.values.insert(field, values.iter().map(value).collect());
        self
    }

    pub(crate) fn customer(&mut self, company: i64, name: &str) -> &mut Self {
        let (id, tenant) = (CompanyId(company), TenantId::new(format!("tenant-{company}")));
        let link = CustomerLink::Mapped { tenant, tenant_name: name.to_owned() };
        let row = CustomerRow {
            company: id,
            company_name: name.to_owned(),
            link,
            pins: BTreeMap::new(),
            decisions: BTreeMap::new(),
        };
        self.mapping.customers.insert(id, row);
        let read =
            TicketCompany { name: name.to_owned(), active: true, contracts: Vec::new(), machines: BTreeMap::new() };
        self.companies.insert(id, Some(read));
        self
    }

    pub(crate) fn wait(&mut self, minutes: i64) -> &mut Self {
        self.now += SignedDuration::from_mins(minutes);
        self
    }

    /// A failed backup of device `SRV-{number}` of company 7, raised now.
    pub(crate) fn raise(&mut self, number: u32) -> &mut Alert {
        self.raise_of(7, number, "BackupFailed", &format!("SRV-{number:02}"))
    }

    pub(crate) fn raise_of(&mut self, company: i64, number: u32, kind: &str, device: &str) -> &mut Alert {
        let about = AlertAbout {
            device: Some(device.to_owned()),
            resource: Some(format!("resource-{device}")),
            plan: Some("plan-1".to_owned()),
            plan_name: Some("Whole machine".to_owned()),
            reason: Some("The network path was not found.".to_owned()),
            link: Some("https://kb.acronis.com/content/1".to_owned()),
            ..AlertAbout::default()
        };
        let alert = Alert {
            id: alert_id(number),
            kind: AlertKind::new(kind),
            category: "Backup".to_owned(),
            severity: Severity::Critical,
            tenant: TenantId::new(format!("tenant-{company}")),
            raised_at: self.now,
            updated_at: self.now,
            cleared_at: None,
            about,
        };
        self.alerts.insert(alert.id.clone(), alert);
        self.alerts.get_mut(&alert_id(number)).expect("it is there")
    }

    pub(crate) fn clear(&mut self, number: u32) -> &mut Self {
        let alert = self.alerts.get_mut(&alert_id(number)).expect("it is there");
        (alert.updated_at, alert.cleared_at) = (self.now, Some(self.now));
        self
    }

    /// The alert comes back under its own id.
    pub(crate) fn raise_again(&mut self, number: u32) -> &mut Self {
        let alert = self.alerts.get_mut(&alert_id(number)).expect("it is there");
        (alert.updated_at, alert.cleared_at) = (self.now, None);
        self
    }

    /// A person completes the alert's ticket.
    pub(crate) fn person_closes(&mut self, number: u32) -> &mut Self {
        let now = self.now;
        let ticket = self.ticket_mut(number);
        (ticket.status, ticket.closed_at, ticket.worked_on_by_person) = (COMPLETE, Some(now), true);
        self
    }

    pub(crate) fn ticket_mut(&mut self, number: u32) -> &mut Ticket {
        let id = self.links[&alert_id(number)].ticket.as_ref().expect("it is there").id;
        &mut self.tickets.get_mut(&id).expect("it is there").0
    }

    pub(crate) fn ticket(&self, number: u32) -> &(Ticket, NewTicket) {
        &self.tickets[&self.links[&alert_id(number)].ticket.as_ref().expect("it is there").id]
    }

    /// The alert's ticket, whether it is open, and how many tickets and notes there are.
    pub(crate) fn shows(&self) -> String {
        let one = |(ticket, _): &(Ticket, NewTicket)| {
            let state = if ticket.closed_at.is_some() { "closed" } else { "open" };
            let notes = self.notes.iter().filter(|note| note.ticket == ticket.id).count();
            if notes > 0 { format!("{state} with {notes} notes") } else { state.to_owned() }
        };
        self.tickets.values().map(one).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn terms(&self) -> AlertTerms<'_> {
        AlertTerms {
            connection: &self.connection,
            mapping: &self.mapping,
            types: &self.types,
            picklists: &self.picklists,
            tickets_since: self.tickets_since,
            today: self.now.to_zoned(jiff::tz::TimeZone::UTC).date(),
            now: self.now,
        }
    }

    pub(crate) fn whose(&self) -> BTreeMap<TenantId, Whose> {
        let mapped = self.mapping.mapped_customers();
        mapped.map(|(row, tenant)| (tenant.clone(), Whose::Company(row.company))).collect()
    }

    /// What alerts lead to, with everything read that it takes; each alert once more in every page.
    pub(crate) fn look(&self, all_active: bool) -> (AlertFacts, AlertPlan) {
        let alerts = self.alerts.values().filter(|alert| !all_active || alert.is_active()).cloned();
        let mut facts = AlertFacts {
            alerts: self.shuffled(alerts.collect()),
            all_active,
            links: self.shuffled(self.links.values().cloned().collect()),
            whose: self.whose(),
            ..AlertFacts::default()
        };
        for _ in 0..10 {
            let plan = plan(&self.terms(), &facts);
            if plan.needs.is_empty() {
                return (facts, plan);
            }
            for id in &plan.needs.tickets {
                facts.tickets.insert(*id, self.tickets.get(id).map(|(ticket, _)| ticket.clone()));
            }
            for key in &plan.needs.external_ids {
                let with_it = self.tickets.values().filter(|(_, sent)| sent.external_id == *key);
                let with_it = self.shuffled(with_it.map(|(ticket, _)| ticket.clone()).collect());
                facts.found.insert(key.clone(), with_it);
            }
            for (key, (ticket, title)) in &plan.needs.notes {
                let is_there = |note: &NewNote| note.ticket == *ticket && note.title == *title;
                facts.notes.insert(key.clone(), self.notes.iter().any(is_there));
            }
            for (company, devices) in &plan.needs.companies {
                let mut read = self.companies.get(company).cloned().flatten();
                if let Some(read) = &mut read {
                    let names = devices.iter().map(|device| machine_name(device));
                    names.for_each(|name| _ = read.machines.entry(name).or_insert(None));
                }
                facts.companies.insert(*company, read);
            }
        }
        panic!("a plan needs no more than ten looks");
    }

    fn shuffled<T>(&self, mut things: Vec<T>) -> Vec<T> {
        let mut state = self.order;
        for last in (1..things.len()).rev().filter(|_| self.order > 0) {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            things.swap(last, (state >> 33) as usize % (last + 1));
        }
        things
    }

    pub(crate) fn guarded(&self, alerts: &mut AlertPlan) -> Plan {
        let terms = self.terms();
        AlertGuard { terms: &terms, job: Job::AlertSync, approvals: self.approvals.clone() }.plan(alerts)
    }

    /// The plan as a person looks at it: from all active alerts.
    pub(crate) fn plan(&self) -> Plan {
        self.guarded(&mut self.look(true).1)
    }

    /// One run that writes; the plan that it carried out.
    pub(crate) fn run(&mut self) -> Plan {
        self.run_of(false)
    }

    /// One run that compares with all active alerts.
    pub(crate) fn reconcile(&mut self) -> Plan {
        self.run_of(true)
    }

    fn run_of(&mut self, all_active: bool) -> Plan {
        let (facts, mut alerts) = self.look(all_active);
        let plan = self.guarded(&mut alerts);
        let made = plan.changes.iter().take(self.most_changes);
        let made = made.map(|change| (change.id.clone(), self.carry_out(change)));
        let made = made.collect::<Vec<_>>().into_iter().collect();
        let after = links_after(&alerts, &plan.changes, &made, &facts.links, self.now);
        after.forget.iter().for_each(|id| _ = self.links.remove(id));
        self.links.extend(after.save.into_iter().map(|link| (link.alert.id.clone(), link)));
        plan
    }

    pub(crate) fn carry_out(&mut self, change: &Change) -> Made {
        let creates = creation_key(&change.action);
        let today = self.now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let open = |key: String, refused: Option<String>| {
            let (change, sent_at) = (change.id.clone(), self.now);
            Made::Open(Creation { key, change, sent_at, sent_on: today, refused, finished: false })
        };
        if let (Some(key), Some(text)) = (&creates, &self.refusal) {
            return open(key.clone(), Some(text.clone()));
        }
        let lost = creates.filter(|_| self.replies_lost).map(|key| open(key, None));
        match lost {
            Some(lost) if self.requests_lost => lost,
            lost => {
                self.writes += 1;
                let made = self.arrives(&change.action);
                lost.unwrap_or(made)
            }
        }
    }

    fn arrives(&mut self, action: &Action) -> Made {
        match action {
            Action::CreateTicket(creation) => Made::Ticket(self.add_ticket(creation.ticket.clone())),
            Action::NoteTicket(note) => {
                self.notes.push(note.note.clone());
                let (ticket, _) = self.tickets.get_mut(&note.note.ticket).expect("a ticket that was read");
                ticket.last_activity_at = self.now;
                Made::Done
            }
            Action::CloseTicket(status) | Action::ReopenTicket(status) => {
                self.notes.extend(status.note.clone());
                let (ticket, _) = self.tickets.get_mut(&status.ticket).expect("a ticket that was read");
                assert!(!ticket.worked_on_by_person || status.status != COMPLETE, "a person works on it");
                (ticket.status, ticket.last_activity_at) = (status.status, self.now);
                ticket.closed_at = Some(self.now).filter(|_| status.status == COMPLETE);
                Made::Done
            }
            action => panic!("not a change of tickets: {:?}", told(action)),
        }
    }

    pub(crate) fn add_ticket(&mut self, sent: NewTicket) -> TicketId {
        let id = TicketId(1_000 + self.made);
        self.made += 1;
        let ticket = Ticket {
            id,
            number: format!("T20260510.{:04}", self.made),
            company: sent.company,
            status: sent.status,
            closed_at: None,
            last_activity_at: self.now,
            external_id: Some(sent.external_id.clone()),
            worked_on_by_person: false,
            merged_into: None,
        };
        self.tickets.insert(id, (ticket, sent));
        id
    }
}

/// Asserts that a finding says this.
pub(crate) fn assert_found(plan: &Plan, text: &str) {
    let all: Vec<String> = plan.findings.iter().map(ToString::to_string).collect();
    assert!(all.iter().any(|finding| finding.contains(text)), "\"{text}\" is expected among {all:#?}");
}
