//! Replays: days at a desk where the real job looks every five minutes, and then the same alerts read and replayed: exactly
//! the same tickets. And what a reading may not do: write to a vendor, cost more than its share, lose what was read before.

use crate::stage::{COMPLETE, Stage, plain};
use functions::alert_sync;
use functions::run::Run;
use it::world::World;
use jiff::Timestamp;
use sandbox::autotask::ticket_views::Ticket;
use sandbox::{FaultKind, Seed};
use serde_json::json;
use shared::alert::AlertKind;
use shared::alert_reading::AlertReading;
use shared::alert_replay::{Replay, ReplayTerms, Without, replay};
use shared::alert_settings::TicketSettings;
use shared::ids::AlertId;
use shared::mapping::CustomerLink;
use shared::plan::Action;
use shared::run::Outcome;
use std::collections::{BTreeMap, BTreeSet};

/// Looks of a day while anything happens, and the minutes of its night: looks at nothing are left out of the story.
const LOOKS_A_DAY: i64 = 60;
const NIGHT_MINUTES: i64 = 24 * 60 - LOOKS_A_DAY * 5 - 5;
const DAYS: u32 = 3;
/// A type that the operator switched off, and others that make tickets.
const QUIET: &str = "BackupCanceled";
const KINDS: [&str; 4] = ["BackupFailed", "EDRIncidentDetected", "NoBackupForXDays", QUIET];

/// What is said of a ticket.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    external_id: String,
    title: String,
    company: i64,
    priority: i64,
    queue: Option<i64>,
    due: Option<Timestamp>,
    contract: Option<i64>,
    is_closed: bool,
    alerts: BTreeSet<AlertId>,
    shared: bool,
    closed: Vec<Timestamp>,
    reopened: Vec<Timestamp>,
}

/// What the job did with a ticket.
#[derive(Debug, Default)]
struct Deeds {
    alerts: BTreeSet<AlertId>,
    shared: bool,
    closed: Vec<Timestamp>,
    reopened: Vec<Timestamp>,
}

struct Days {
    stage: Stage,
    chance: u64,
    deeds: BTreeMap<i64, Deeds>,
}

impl Days {
    /// Of six customers one is inactive, one ignored and one not mapped; ticket sync is switched on now.
    async fn begin(seed: u64, settings: impl FnOnce(&mut TicketSettings)) -> Days {
        let stage = Stage::closed(6).await;
        let inactive = json!({"id": stage.customers[3].company, "isActive": false});
        stage.patch("Companies", &inactive).await;
        let (ignored, unmapped) = (stage.company(4), stage.company(5));
        stage
            .map(|mapping| {
                let reason = "leaves us".to_owned();
                mapping.customers.get_mut(&ignored).expect("a row").link = CustomerLink::Ignored { reason };
                mapping.customers.get_mut(&unmapped).expect("a row").remove_link();
                mapping.alerts.entry(AlertKind::new(QUIET)).or_default().ticket = Some(false);
                let urgent = mapping.alerts.entry(AlertKind::new("NoBackupForXDays")).or_default();
                (urgent.priority, urgent.due_minutes) = (Some(2), Some(45));
            })
            .await;
        stage.switch_on(settings).await;
        Days { stage, chance: seed, deeds: BTreeMap::new() }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.chance >> 33).expect("31 bits") % bound
    }

    /// What happens in the minutes before a look, which comes at the fifth.
    fn minutes_before_a_look(&mut self) {
        for minute in 0..4 {
            self.stage.pass_minutes(1);
            // Most of the time nothing does.
            if self.below(6) == 0 {
                self.something_happens(minute);
            }
        }
        self.stage.pass_minutes(1);
    }

    fn something_happens(&mut self, minute: usize) {
        let alerts = self.stage.vendors(|world| world.alerts());
        let of = |active: bool| alerts.iter().filter(move |alert| alert.deleted_at.is_none() == active);
        let (active, cleared): (Vec<_>, Vec<_>) = (of(true).collect(), of(false).collect());
        match self.below(10) {
            0..=3 => {
                let (customer, kind) = (self.below(6), KINDS[self.below(4)]);
                for _ in 0..=self.below(3) {
                    let device = self.below(5);
                    self.stage.raise_of(customer, kind, &format!("SRV-{device}"));
                }
            }
            4 => {
                let tenant = self.stage.customers[0].tenant.clone();
                let count = 3 + self.below(4);
                self.stage.vendors(|world| _ = world.alert_storm(&tenant, KINDS[minute], count));
            }
            5..=7 if !active.is_empty() => {
                let alert = active[self.below(active.len())].id.clone();
                self.stage.clear(&alert);
            }
            8 if !cleared.is_empty() => {
                let alert = cleared[self.below(cleared.len())].id.clone();
                self.stage.vendors(|world| _ = world.raise_anew(&alert));
            }
            _ => {
                let brief = self.stage.raise(1, "SRV-9");
                self.stage.clear(&brief);
            }
        }
    }

    /// In the night what cleared more than a day ago comes back.
    fn old_ones_return(&mut self) {
        self.stage.pass_minutes(1);
        let before = self.stage.world.now() - jiff::SignedDuration::from_hours(26);
        let alerts = self.stage.vendors(|world| world.alerts());
        for alert in alerts.iter().filter(|alert| alert.deleted_at.is_some_and(|at| at < before)) {
            self.stage.vendors(|world| _ = world.raise_anew(&alert.id));
        }
        self.stage.pass_minutes(4);
    }

    async fn look(&mut self) {
        let run = self.stage.look().await;
        let changes = run.plan.map(|plan| plan.changes).unwrap_or_default();
        assert_eq!(run.record.counts.made, changes.len());
        let now = self.stage.world.now();
        for change in &changes {
            match &change.action {
                Action::CreateTicket(creation) => {
                    let key = &creation.ticket.external_id;
                    let made = self.stage.tickets().into_iter().find(|ticket| ticket.external_id == *key);
                    self.deeds.entry(made.expect("it was made").id).or_default().shared = creation.shared;
                }
                Action::CloseTicket(status) => self.deeds.entry(status.ticket.0).or_default().closed.push(now),
                Action::ReopenTicket(status) => self.deeds.entry(status.ticket.0).or_default().reopened.push(now),
                _ => {}
            }
        }
        if !changes.is_empty() || self.below(12) == 0 {
            self.note_whose().await;
        }
    }

    async fn note_whose(&mut self) {
        for link in self.stage.links().await {
            if let Some(ticket) = &link.ticket {
                self.deeds.entry(ticket.id.0).or_default().alerts.insert(link.alert.id.clone());
            }
        }
    }

    async fn pass(&mut self) {
        // The first look was made when it was switched on, five minutes ago.
        self.look().await;
        for look in 1..i64::from(DAYS) * LOOKS_A_DAY {
            if look % LOOKS_A_DAY == 0 {
                self.stage.pass_minutes(NIGHT_MINUTES);
                self.old_ones_return();
                self.look().await;
            }
            self.minutes_before_a_look();
            self.look().await;
        }
        self.stage.pass_minutes(NIGHT_MINUTES + 5);
        self.note_whose().await;
    }

    /// The tickets that are there, with what the job did.
    fn done(&mut self) -> Vec<Told> {
        let tickets = self.stage.tickets().into_iter();
        let told = |ticket: Ticket| {
            let deeds = self.deeds.remove(&ticket.id).unwrap_or_default();
            Told {
                external_id: ticket.external_id,
                title: ticket.title,
                company: ticket.company_id,
                priority: ticket.priority,
                queue: ticket.queue,
                due: ticket.due,
                contract: ticket.contract_id,
                is_closed: ticket.status == COMPLETE,
                alerts: deeds.alerts,
                shared: deeds.shared,
                closed: deeds.closed,
                reopened: deeds.reopened,
            }
        };
        tickets.map(told).collect()
    }
}

async fn read(stage: &Stage, days: u32) -> Run {
    let read = alert_sync::read_for_replay(&stage.world.host, &stage.world.connection, days);
    read.await.expect("it is recorded")
}

async fn reading(stage: &Stage) -> Option<AlertReading> {
    stage.world.host.store.alert_reading(&stage.world.connection).await.expect("the table is read")
}

/// What the console would show of what was read.
async fn replayed(stage: &Stage) -> Replay {
    let (store, id) = (&stage.world.host.store, &stage.world.connection);
    let mapping = store.mapping(id).await.expect("it is read").expect("it is there");
    let snapshot = store.snapshot(id).await.expect("it is read").expect("it was made at setup");
    let connection = store.connection(id).await.expect("it is read").expect("it is there");
    let reading = reading(stage).await.expect("alerts were read");
    let terms = ReplayTerms {
        connection: &connection,
        mapping: &mapping,
        types: &snapshot.alert_types,
        picklists: &snapshot.picklists,
        others: &BTreeMap::new(),
    };
    replay(&reading, &terms)
}

fn said(replay: &Replay) -> Vec<Told> {
    let told = replay.tickets.iter().map(|ticket| Told {
        external_id: ticket.ticket.external_id.clone(),
        title: ticket.ticket.title.clone(),
        company: ticket.ticket.company.0,
        priority: ticket.ticket.priority,
        queue: ticket.ticket.queue,
        due: Some(ticket.ticket.due_at),
        contract: ticket.ticket.contract.map(|contract| contract.0),
        is_closed: ticket.closed_since().is_some(),
        alerts: ticket.alerts.clone(),
        shared: ticket.shared,
        closed: ticket.closed.clone(),
        reopened: ticket.reopened.clone(),
    });
    told.collect()
}

#[track_caller]
fn are_the_same(done: &[Told], replayed: &[Told]) {
    for (done, replayed) in done.iter().zip(replayed) {
        assert_eq!(done, replayed);
    }
    assert_eq!(done.len(), replayed.len());
}

#[tokio::test]
async fn a_replay_makes_exactly_the_tickets_that_the_job_made_in_days_of_storms_and_returns() {
    let settings = |tickets: &mut TicketSettings| {
        (tickets.auto_close, tickets.storm_tickets_per_hour, tickets.new_after_days) = (true, 2, Some(1));
    };
    let mut days = Days::begin(2026, settings).await;
    days.pass().await;
    let alerts = days.stage.vendors(|world| world.alerts()).len();
    assert_eq!(read(&days.stage, DAYS).await.record.outcome, Outcome::Complete);
    let replayed = replayed(&days.stage).await;
    let done = days.done();
    are_the_same(&done, &said(&replayed));
    assert_eq!(replayed.alerts, alerts, "each alert is counted");
    let count = |what: fn(&Told) -> bool| done.iter().filter(|told| what(told)).count();
    let seen = [
        count(|told| told.shared),
        count(|told| !told.reopened.is_empty()),
        count(|told| !told.closed.is_empty()),
        count(|told| told.alerts.len() > 1 && !told.shared),
        count(|told| told.contract.is_some()),
        count(|told| told.external_id.ends_with(":2")),
    ];
    assert!(seen.iter().all(|number| *number > 0), "each of these was to be seen: {seen:?}");
    let without = [Without::Rule, Without::Brief, Without::Unmapped, Without::NotOurs, Without::Inactive];
    let missing: Vec<_> = without.iter().filter(|why| !replayed.without.contains_key(why)).collect();
    assert!(missing.is_empty(), "{missing:?} is in none of {:?}", replayed.without);
}

#[tokio::test]
async fn a_replay_makes_exactly_the_tickets_of_another_seed_where_nothing_is_closed() {
    let mut days = Days::begin(7, |tickets| tickets.storm_tickets_per_hour = 4).await;
    days.pass().await;
    // Read while ticket sync is off: that is when one wants to know.
    days.stage.set(|tickets| tickets.enabled = false).await;
    assert_eq!(read(&days.stage, DAYS).await.record.outcome, Outcome::Complete);
    let replayed = replayed(&days.stage).await;
    are_the_same(&days.done(), &said(&replayed));
}

#[tokio::test]
async fn a_reading_writes_to_no_vendor_and_tells_of_alerts_that_cleared_and_of_whose_they_are() {
    let stage = Stage::closed(2).await;
    let cleared = stage.raise(0, "SRV-01");
    stage.pass_minutes(7);
    stage.clear(&cleared);
    let old = stage.raise(1, "SRV-02");
    stage.world.pass_days(3);
    stage.raise(0, "SRV-03");
    stage.pass_minutes(30);
    stage.forget_requests();
    let run = read(&stage, 2).await;
    assert_eq!((run.record.outcome, run.plan.is_none(), run.record.only_reads), (Outcome::Complete, true, true));
    let requests = stage.world.sandbox.requests();
    let is_write =
        |seen: &&sandbox::RequestSeen| ["create", "update", "dismiss"].iter().any(|verb| seen.operation.contains(verb));
    let writes: Vec<_> = requests.iter().filter(is_write).collect();
    assert!(writes.is_empty(), "{writes:?}");
    assert_eq!(run.record.autotask_calls as usize, stage.calls(sandbox::Vendor::Autotask), "they count");
    let first = reading(&stage).await.expect("it is kept");
    let ids: BTreeSet<String> = first.alerts.iter().map(|alert| alert.id.to_string()).collect();
    assert_eq!(ids.len(), 2, "the one that cleared before is no part of two days: {ids:?}");
    assert!(ids.contains(&old.to_lowercase()), "an active one is, however old");
    assert_eq!((first.read.days, first.companies.len()), (2, 2));
    // Of more days, the other one too, in place of what was there.
    read(&stage, 4).await;
    assert_eq!(reading(&stage).await.expect("it is kept").alerts.len(), 3);
    assert!(stage.tickets().is_empty() && stage.links().await.is_empty());
    let runs = stage.world.host.store.runs(&stage.world.connection, 10).await.expect("they are read");
    assert!(runs.iter().all(|run| run.only_reads && !run.is_of_schedule()), "they are nobody's look");
}

#[tokio::test]
async fn b1_a_reading_keeps_to_the_share_of_tickets_and_keeps_what_was_read_where_that_is_spent() {
    let stage = Stage::closed(2).await;
    stage.raise(0, "SRV-01");
    read(&stage, 7).await;
    let before = reading(&stage).await;
    assert!(before.is_some());
    stage.raise(1, "SRV-02");
    stage.vendors(|world| world.settings.hourly_limit = 20);
    let run = read(&stage, 7).await;
    assert!(matches!(&run.record.outcome, Outcome::Stopped(why) if why.contains("share")), "{:?}", run.record);
    assert_eq!(reading(&stage).await, before, "what was read before is still there");
}

#[tokio::test]
async fn a_vendor_that_fails_in_the_middle_keeps_what_was_read_before() {
    let stage = Stage::closed(2).await;
    stage.raise(0, "SRV-01");
    read(&stage, 7).await;
    let before = reading(&stage).await;
    stage.raise(1, "SRV-02");
    for operation in ["acronis.alerts", "acronis.tenants", "autotask.companies.query", "autotask.contracts.query"] {
        let refused = FaultKind::StatusBefore { status: 403, body: None };
        stage.world.sandbox.fail(sandbox::Fault::always(operation, refused));
        let run = read(&stage, 7).await;
        assert!(matches!(run.record.outcome, Outcome::Failed(_)), "{operation}: {:?}", run.record);
        assert_eq!(reading(&stage).await, before, "{operation}");
        stage.world.sandbox.clear_faults();
        stage.pass_minutes(5);
    }
    read(&stage, 7).await;
    assert_eq!(reading(&stage).await.expect("it is there").alerts.len(), 2);
}

#[tokio::test]
async fn alerts_of_customers_that_manage_themselves_are_read_by_their_numbers_or_told_to_be_missing() {
    let stage = Stage::of(World::of(Seed { ..plain(3) }).await).await;
    let (shows, hides) = (stage.customers[1].tenant.clone(), stage.customers[2].tenant.clone());
    stage.vendors(|world| {
        world.set_self_service(&shows, true);
        world.set_self_service(&hides, true);
        world.refuse_usage(&hides, true)
    });
    (0..3).for_each(|customer| _ = stage.raise(customer, "SRV-01"));
    stage.pass_minutes(5);
    assert_eq!(read(&stage, 7).await.record.outcome, Outcome::Complete);
    let read = reading(&stage).await.expect("it is kept");
    assert_eq!((read.alerts.len(), read.read.unread_customers), (2, 1));
    assert_eq!(replayed(&stage).await.tickets.len(), 2);
}
