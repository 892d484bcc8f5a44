//! Replays of alerts: exactly the tickets that looks every five minutes made of the same alerts, whatever these were, and
//! why the others have none.

use crate::desk::{COMPLETE, DAY, Desk, alert_id, start};
use crate::guide::{contract, sell_something};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use shared::alert::{Alert, AlertKind};
use shared::alert_link::kept;
use shared::alert_plan::told;
use shared::alert_reading::{AlertReading, ReadAt};
use shared::alert_replay::{Replay, ReplayTerms, Without, at_switch_on, replay};
use shared::ids::{AlertId, CompanyId, ContractId, TicketId};
use shared::mapping::Mapping;
use shared::plan::Action;
use shared::ticket::{NewTicket, TicketCompany};
use shared::usage::{Tenant, TenantKind};
use std::collections::{BTreeMap, BTreeSet};

const LOOK: i64 = 5;
const CUSTOMERS: i64 = 4;
const KINDS: [&str; 4] = ["BackupFailed", "EDRIncidentDetected", "BackupCanceled", "Quiet"];

/// A ticket in a few words: all that a replay says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    made_at: Timestamp,
    sent: NewTicket,
    shared: bool,
    alerts: BTreeSet<AlertId>,
    reopened: Vec<Timestamp>,
    closed: Vec<Timestamp>,
    notes: usize,
}

/// Days at a desk whose job looks every five minutes, and what came of them.
struct Days {
    desk: Desk,
    told: BTreeMap<TicketId, Told>,
    chance: u64,
    raised: u32,
}

/// A tenant below the partner.
fn tenant(id: &str, parent: Option<&str>, kind: TenantKind) -> Tenant {
    let parent = parent.map(shared::ids::TenantId::new);
    let id = shared::ids::TenantId::new(id);
    Tenant { name: id.to_string(), id, parent, kind, enabled: true, in_trial: false, tag: None }
}

fn plain(sent: &NewTicket) -> NewTicket {
    NewTicket { description: String::new(), ..sent.clone() }
}

impl Days {
    /// Customers 7 to 10, of which 10 is not active in Autotask; `tenant-20` is nobody's, and `Quiet` makes no tickets.
    fn begin(seed: u64) -> Days {
        let mut desk = Desk::open();
        for customer in 0..CUSTOMERS {
            desk.customer(7 + customer, &format!("Customer {customer}"));
        }
        desk.companies.get_mut(&CompanyId(10)).expect("it is there").as_mut().expect("it is read").active = false;
        desk.row("Quiet").ticket = Some(false);
        Days { desk, told: BTreeMap::new(), chance: seed, raised: 0 }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.chance >> 33).expect("31 bits") % bound
    }

    fn raise(&mut self, company: i64, kind: &str, device: usize) -> AlertId {
        self.raised += 1;
        self.desk.raise_of(company, self.raised, kind, &format!("SRV-{device}"));
        alert_id(self.raised)
    }

    /// The minutes until the next look, in which alerts come and go.
    fn five_minutes(&mut self, busy: usize) {
        // What happens at the very moment of a look was there before it, or was not: nobody can tell.
        let mut left = LOOK - 1;
        self.desk.wait(1);
        for _ in 0..self.below(busy + 1) {
            let minute = i64::try_from(self.below(3)).expect("it is small").min(left);
            left -= minute;
            self.desk.wait(minute);
            let active: Vec<Alert> = self.desk.alerts.values().filter(|alert| alert.is_active()).cloned().collect();
            match self.below(5) {
                0..=2 => {
                    let company = [7, 7, 8, 9, 10, 20][self.below(6)];
                    let (kind, device) = (KINDS[self.below(4)], self.below(4));
                    for _ in 0..1 + self.below(3) {
                        self.raise(company, kind, device);
                    }
                }
                _ if active.is_empty() => {}
                _ => {
                    let id = active[self.below(active.len())].id.clone();
                    let now = self.desk.now;
                    let alert = self.desk.alerts.get_mut(&id).expect("it is there");
                    (alert.updated_at, alert.cleared_at) = (now, Some(now));
                }
            }
        }
        self.desk.wait(left);
        self.look();
    }

    /// The job looks; what it did is taken down.
    fn look(&mut self) {
        let plan = self.desk.run();
        let now = self.desk.now;
        for change in &plan.changes {
            match &change.action {
                Action::CreateTicket(creation) => {
                    let (sent, shared) = (creation.ticket.clone(), creation.shared);
                    let is_it = |(_, one): &(_, NewTicket)| one.external_id == sent.external_id;
                    let made = self.desk.tickets.iter().find(|(_, ticket)| is_it(ticket));
                    let id = *made.expect("it was made").0;
                    let (alerts, reopened, closed) = (BTreeSet::new(), Vec::new(), Vec::new());
                    let told = Told { made_at: now, sent: plain(&sent), shared, alerts, reopened, closed, notes: 0 };
                    self.told.insert(id, told);
                }
                Action::CloseTicket(status) => self.of(status.ticket).closed.push(now),
                Action::ReopenTicket(status) => self.of(status.ticket).reopened.push(now),
                Action::NoteTicket(note) => self.of(note.note.ticket).notes += 1,
                action => panic!("not a change of tickets: {:?}", told(action)),
            }
        }
        for link in self.desk.links.values() {
            if let Some(ticket) = &link.ticket {
                self.told.get_mut(&ticket.id).expect("it was made").alerts.insert(link.alert.id.clone());
            }
        }
    }

    fn of(&mut self, ticket: TicketId) -> &mut Told {
        self.told.get_mut(&ticket).expect("it was made")
    }

    /// The alerts as Acronis lists them now.
    fn reading(&self) -> AlertReading {
        let minutes = self.desk.now.duration_since(start()).as_mins();
        let days = u32::try_from(minutes / DAY).expect("it is small");
        let mut reading = AlertReading::new(ReadAt { at: self.desk.now, days, from: start(), unread_customers: 0 });
        reading.alerts = self.desk.alerts.values().map(kept).collect();
        reading.tenants.push(tenant("partner", None, TenantKind::Group));
        for company in [7, 8, 9, 10, 20] {
            reading.tenants.push(tenant(&format!("tenant-{company}"), Some("partner"), TenantKind::Customer));
        }
        reading.companies.clone_from(&self.desk.companies);
        reading
    }

    fn terms<'a>(&'a self, mapping: &'a Mapping, others: &'a BTreeMap<CompanyId, TicketCompany>) -> ReplayTerms<'a> {
        let Desk { connection, types, picklists, .. } = &self.desk;
        ReplayTerms { connection, mapping, types, picklists, others }
    }

    fn replay(&self) -> Replay {
        replay(&self.reading(), &self.terms(&self.desk.mapping, &BTreeMap::new()))
    }
}

/// What a replay says, as the job's deeds are taken down.
fn said(replay: &Replay) -> Vec<Told> {
    let told = replay.tickets.iter().map(|ticket| Told {
        made_at: ticket.made_at,
        sent: ticket.ticket.clone(),
        shared: ticket.shared,
        alerts: ticket.alerts.clone(),
        reopened: ticket.reopened.clone(),
        closed: ticket.closed.clone(),
        notes: ticket.notes,
    });
    told.collect()
}

#[derive(Debug, Clone)]
struct Rules {
    seed: u64,
    busy: usize,
    storms: Option<u32>,
    auto_close: bool,
    new_after_days: Option<u32>,
    closing_status: i64,
}

fn rules() -> impl Strategy<Value = Rules> {
    let storms = prop_oneof![Just(None), (1..4u32).prop_map(Some)];
    let new_after = prop_oneof![Just(None), Just(Some(1))];
    // 8 is a status that does not complete a ticket, and 99 is not offered.
    let closing = prop_oneof![4 => Just(COMPLETE), 1 => Just(8), 1 => Just(99)];
    (any::<u64>(), 1..6usize, storms, any::<bool>(), new_after, closing).prop_map(
        |(seed, busy, storms, auto_close, new_after_days, closing_status)| Rules {
            seed,
            busy,
            storms,
            auto_close,
            new_after_days,
            closing_status,
        },
    )
}

fn days_of(rules: &Rules) -> Days {
    let mut days = Days::begin(rules.seed);
    let settings = days.desk.settings();
    settings.storms = rules.storms.is_some();
    settings.storm_tickets_per_hour = rules.storms.unwrap_or(50);
    (settings.auto_close, settings.new_after_days) = (rules.auto_close, rules.new_after_days);
    settings.closing_status = rules.closing_status;
    days.look();
    for part in 0..50 {
        days.five_minutes(rules.busy);
        // A day on which nothing happens.
        if part == 25 {
            for _ in 0..(DAY / LOOK) {
                days.desk.wait(LOOK);
                days.look();
            }
        }
    }
    days
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn a_replay_makes_exactly_the_tickets_that_looks_every_five_minutes_made(rules in rules()) {
        let days = days_of(&rules);
        let replayed = days.replay();
        let done: Vec<&Told> = days.told.values().collect();
        let said = said(&replayed);
        for (said, done) in said.iter().zip(&done) {
            prop_assert_eq!(said, *done);
        }
        prop_assert_eq!(said.len(), done.len());
        let without: usize = replayed.without.values().sum();
        let on_tickets = replayed.tickets.iter().flat_map(|ticket| &ticket.alerts).collect::<BTreeSet<_>>().len();
        prop_assert_eq!(without + on_tickets, days.desk.alerts.len(), "each alert is somewhere, and once");
        let of_kinds: usize = replayed.kinds.values().map(|kind| kind.alerts).sum();
        prop_assert_eq!(of_kinds, replayed.alerts);
    }

    #[test]
    fn the_order_in_which_alerts_were_read_changes_no_replay(rules in rules()) {
        let days = days_of(&rules);
        let mut reading = days.reading();
        let (mapping, others) = (days.desk.mapping.clone(), BTreeMap::new());
        let before = replay(&reading, &days.terms(&mapping, &others));
        reading.alerts.reverse();
        reading.tenants.reverse();
        prop_assert_eq!(before, replay(&reading, &days.terms(&mapping, &others)));
    }
}

#[test]
fn each_alert_without_a_ticket_is_counted_by_why_it_has_none() {
    let mut days = Days::begin(1);
    // Raised before the time that is replayed, and active still.
    let early = days.raise(7, "BackupFailed", 1);
    days.desk.alerts.get_mut(&early).expect("it is there").raised_at -= SignedDuration::from_mins(1);
    days.look();
    days.desk.wait(LOOK);
    days.raise(7, "Quiet", 1);
    days.raise(10, "BackupFailed", 1);
    days.raise(20, "BackupFailed", 1);
    days.raise(7, "BackupFailed", 1);
    days.look();
    // Raised and cleared between two looks.
    days.desk.wait(1);
    let brief = days.raise(7, "BackupFailed", 2);
    let now = days.desk.wait(1).now;
    let alert = days.desk.alerts.get_mut(&brief).expect("it is there");
    (alert.updated_at, alert.cleared_at) = (now, Some(now));
    days.desk.wait(3);
    days.look();
    let replayed = days.replay();
    let each =
        [Without::Rule, Without::Early, Without::Brief, Without::Unmapped, Without::Inactive].map(|why| (why, 1));
    assert_eq!(replayed.without, BTreeMap::from(each));
    assert_eq!((replayed.alerts, replayed.tickets.len()), (6, 1));
    // Whose is ignored is nobody's, and tickets are made of what is replayed although ticket sync is off.
    days.desk.settings().enabled = false;
    let ignored = shared::mapping::CustomerLink::Ignored { reason: "ours".to_owned() };
    let row = days.desk.mapping.customers.get_mut(&CompanyId(9)).expect("it is there");
    (row.link, row.company_name) = (ignored, "tenant-20".to_owned());
    let replayed = days.replay();
    assert_eq!((replayed.without.get(&Without::Unmapped), replayed.without[&Without::NotOurs]), (None, 1));
    assert_eq!(replayed.tickets.len(), 1);
}

#[test]
fn t1_a_replay_under_other_rules_says_what_these_would_have_made() {
    let mut days = Days::begin(1);
    days.look();
    days.desk.wait(1);
    for device in 0..3 {
        days.raise(7, "BackupFailed", device);
        days.raise(8, "Quiet", device);
    }
    days.desk.wait(LOOK - 1);
    days.look();
    assert_eq!(days.replay().tickets.len(), 3);
    let mut edited = days.desk.mapping.clone();
    edited.alerts.entry(AlertKind::new("BackupFailed")).or_default().ticket = Some(false);
    let quiet = edited.alerts.entry(AlertKind::new("Quiet")).or_default();
    (quiet.ticket, quiet.priority, quiet.due_minutes) = (Some(true), Some(3), Some(90));
    edited.settings.tickets.storm_tickets_per_hour = 1;
    let replayed = replay(&days.reading(), &days.terms(&edited, &BTreeMap::new()));
    let told: Vec<_> =
        replayed.tickets.iter().map(|one| (one.ticket.company.0, one.ticket.priority, one.shared)).collect();
    assert_eq!(told, [(8, 3, false), (8, 3, true)]);
    assert_eq!(replayed.tickets[0].ticket.due_at, start() + SignedDuration::from_mins(LOOK + 90));
    assert_eq!(replayed.tickets[1].alerts.len(), 2, "the rest of the storm shares a ticket");
    assert_eq!(days.replay().tickets.len(), 3, "the rules in force are as they were");
}

#[test]
fn t3_an_alert_that_was_raised_again_under_its_id_has_one_ticket_in_a_replay_which_knows_only_the_last_time() {
    let mut days = Days::begin(1);
    days.desk.settings().auto_close = true;
    days.look();
    days.desk.wait(1);
    days.raise(7, "BackupFailed", 1);
    for again in [false, true, false] {
        days.desk.wait(LOOK - 1);
        days.look();
        days.desk.wait(1);
        if again {
            days.desk.raise_again(1)
        } else {
            days.desk.clear(1)
        };
    }
    days.desk.wait(LOOK - 1);
    days.look();
    let done = days.told.values().next().expect("there is one");
    let replayed = said(&days.replay());
    assert_eq!((done.closed.len(), done.reopened.len()), (2, 1));
    assert_eq!((&replayed[0].sent, &replayed[0].alerts), (&done.sent, &done.alerts));
    assert_eq!((replayed[0].closed.as_slice(), replayed[0].reopened.len()), (&done.closed[1..], 0));
}

#[test]
fn t5_contracts_count_on_the_day_of_the_look_and_companies_that_were_not_read_are_known_by_their_names() {
    let mut days = Days::begin(1);
    days.look();
    days.raise(7, "BackupFailed", 1);
    days.desk.wait(LOOK);
    days.look();
    days.desk.wait(2 * DAY);
    days.raise(7, "BackupFailed", 2);
    days.desk.wait(LOOK);
    days.look();
    let mut reading = days.reading();
    let known = reading.companies.remove(&CompanyId(7)).flatten().expect("it is there");
    let others = BTreeMap::from([(CompanyId(7), known.clone())]);
    let mapping = days.desk.mapping.clone();
    assert_eq!(replay(&reading, &days.terms(&mapping, &others)).tickets.len(), 2);
    let unknown = replay(&reading, &days.terms(&mapping, &BTreeMap::new()));
    assert_eq!(unknown.without, BTreeMap::from([(Without::Inactive, 2)]));
    // A contract that has ended since.
    let mut ended = contract(1, 2020, true);
    ended.contract.end = start().to_zoned(jiff::tz::TimeZone::UTC).date();
    reading.companies.insert(CompanyId(7), Some(TicketCompany { contracts: vec![ended], ..known }));
    sell_something(&mut days.desk);
    let replayed = replay(&reading, &days.terms(&days.desk.mapping, &others));
    let contracts: Vec<Option<ContractId>> = replayed.tickets.iter().map(|one| one.ticket.contract).collect();
    assert_eq!(contracts, [Some(ContractId(1)), None]);
}

#[test]
fn t8_the_switch_on_makes_as_many_tickets_as_the_first_plan_for_so_many_days_before() {
    let mut days = Days::begin(1);
    for (device, before) in [0, 2, 10, 20, 40].into_iter().enumerate() {
        for company in [7, 8, 10] {
            let id = days.raise(company, "BackupFailed", device);
            let alert = days.desk.alerts.get_mut(&id).expect("it is there");
            alert.raised_at -= SignedDuration::from_hours(24 * before);
            alert.updated_at = alert.raised_at;
        }
    }
    days.desk.settings().storm_tickets_per_hour = 3;
    let (reading, mapping, others) = (days.reading(), days.desk.mapping.clone(), BTreeMap::new());
    for (before, alerts, tickets) in [(0, 3, 2), (1, 3, 2), (7, 6, 4), (14, 9, 6), (30, 12, 8), (60, 15, 8)] {
        days.desk.tickets_since = days.desk.now - SignedDuration::from_hours(24 * before);
        let first = days.desk.plan();
        assert_eq!(first.changes.len(), tickets, "{before} days before");
        let before = u32::try_from(before).expect("it is small");
        let told = at_switch_on(&reading, &days.terms(&mapping, &others), before);
        assert_eq!((told.days, told.alerts, told.tickets), (before, alerts, tickets), "{before} days before");
    }
}
