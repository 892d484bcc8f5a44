//! A service desk on a bad day: whatever alerts, people and replies do, by chance and again the same by its number, in the
//! end each alert has its ticket, no ticket is there twice, and nobody's work was closed (T2, T4, U6).

use crate::stage::{COMPLETE, Stage};
use sandbox::acronis::alerts::Severity;
use sandbox::{Fault, FaultKind};
use std::collections::{BTreeMap, BTreeSet};

const DAYS: u64 = 6;
const STEPS: usize = 60;

/// Numbers by chance, the same for the same seed (Knuth, The Art of Computer Programming, 3.3.4).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % bound.max(1)
    }

    fn one_of<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        things.get(self.below(things.len()))
    }
}

/// What goes wrong, and where.
const STRUCK: [&str; 9] = [
    "autotask.tickets.create",
    "autotask.ticket_notes.create",
    "autotask.tickets.update",
    "autotask.tickets.query",
    "autotask.ticket_notes.query",
    "acronis.alerts",
    "acronis.dismiss_alert",
    "autotask.companies.query",
    "autotask.tickets.create",
];

fn trouble(chance: &mut Chance) -> FaultKind {
    let refused = Some(r#"{"errors":["Not today."]}"#.to_owned());
    let kinds = [
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::CutBody,
        FaultKind::StatusAfter { status: 502, body: None },
        FaultKind::StatusBefore { status: 500, body: refused },
        FaultKind::Throttle { retry_after: None },
        FaultKind::Throttle { retry_after: Some(500) },
        FaultKind::HtmlBody { status: 401 },
    ];
    chance.one_of(&kinds).expect("there are some").clone()
}

struct Day {
    stage: Stage,
    chance: Chance,
    /// Tickets that a person had a hand in.
    of_people: BTreeSet<i64>,
}

impl Day {
    async fn dawns(seed: u64) -> Day {
        let stage = Stage::open(2).await;
        stage.map(|mapping| mapping.settings.settle_minutes = 10).await;
        stage.set(|tickets| tickets.storm_tickets_per_hour = 4).await;
        Day { stage, chance: Chance(seed), of_people: BTreeSet::new() }
    }

    async fn something_happens(&mut self) {
        match self.chance.below(12) {
            0..=2 => self.an_alert_is_raised(),
            3..=5 => self.an_alert_changes(),
            6 | 7 => self.a_person_does_something(),
            8 => {
                let (operation, after) = (STRUCK[self.chance.below(STRUCK.len())], self.chance.below(4));
                let kind = trouble(&mut self.chance);
                self.stage.world.sandbox.fail(Fault::once(operation, kind).after(after));
            }
            9 => self.a_setting_changes().await,
            _ => {
                let minutes = [1, 5, 5, 20, 61, 24 * 60][self.chance.below(6)];
                self.stage.pass_minutes(minutes);
                self.look().await;
            }
        }
    }

    fn an_alert_is_raised(&mut self) {
        let kinds = ["BackupFailed", "BackupCanceled", "EDRIncidentDetected"];
        let (customer, kind) = (self.chance.below(2), kinds[self.chance.below(3)]);
        for _ in 0..1 + self.chance.below(3) {
            self.stage.raise_of(customer, kind, &format!("SRV-{}", self.chance.below(4)));
        }
    }

    fn an_alert_changes(&mut self) {
        let alerts = self.stage.vendors(|world| world.alerts());
        let Some(alert) = self.chance.one_of(&alerts).cloned() else { return };
        let (is_active, what) = (alert.deleted_at.is_none(), self.chance.below(6));
        self.stage.vendors(|world| match (is_active, what) {
            (true, 0..=3) => assert!(world.clear_alert(&alert.id)),
            (true, 4) => assert!(world.set_alert_severity(&alert.id, Severity::Error)),
            (false, 0..=1) => _ = world.raise_anew(&alert.id),
            _ => assert!(world.raise_again(&alert.id)),
        });
    }

    fn a_person_does_something(&mut self) {
        let tickets = self.stage.tickets();
        let Some(before) = self.chance.one_of(&tickets).cloned() else { return };
        let ticket = before.id;
        let what = self.chance.below(6);
        self.stage.vendors(|world| match what {
            0 | 1 => assert!(world.human_close(ticket)),
            2 => assert!(world.human_take_ticket(ticket)),
            3 => _ = world.human_note(ticket, "Call", "Called the customer."),
            4 => assert!(world.human_change_status(ticket, 8)),
            _ => assert!(world.human_delete_ticket(ticket)),
        });
        // Who sets what is so already did no work on it.
        let after = self.stage.vendors(|world| world.ticket(ticket));
        if what == 3 || after.is_none_or(|after| after != before) {
            self.of_people.insert(ticket);
        }
    }

    async fn a_setting_changes(&mut self) {
        let (setting, on) = (self.chance.below(4), self.chance.below(2) == 0);
        self.stage
            .set(|tickets| match setting {
                0 => tickets.auto_close = on,
                1 => tickets.dismiss_on_close = on,
                2 => tickets.new_after_days = on.then_some(1),
                _ => tickets.storms = on,
            })
            .await;
    }

    /// The jobs look, and close nothing of a person's, nor the ticket of an active alert.
    async fn look(&mut self) {
        let before: BTreeMap<i64, i64> =
            self.stage.tickets().into_iter().map(|ticket| (ticket.id, ticket.status)).collect();
        self.stage.look_as_it_is().await;
        if self.chance.below(3) == 0 {
            self.stage.all_tickets().await;
        }
        let active = self.stage.vendors(|world| world.alerts());
        let active: BTreeSet<String> = active
            .into_iter()
            .filter(|alert| alert.deleted_at.is_none())
            .map(|alert| alert.id.to_lowercase())
            .collect();
        for ticket in self.stage.tickets() {
            let was_open = before.get(&ticket.id).is_some_and(|status| *status != COMPLETE);
            if was_open && ticket.status == COMPLETE {
                assert!(!self.of_people.contains(&ticket.id), "a person works on it: {ticket:?}");
                let alert = ticket.external_id.trim_start_matches("acronis:").split(':').next().unwrap_or_default();
                assert!(!active.contains(alert), "its alert is active: {ticket:?}");
            }
        }
    }

    async fn ends(mut self, day: &str) {
        self.stage.world.sandbox.clear_faults();
        self.stage.world.pass_days(1);
        for looks in 0.. {
            assert!(looks < 8, "{day}: it comes to no end");
            self.look().await;
            self.stage.pass_minutes(5);
            if self.stage.look().await.record.counts.changes == 0 {
                break;
            }
        }
        self.every_alert_has_its_ticket(day).await;
    }

    async fn every_alert_has_its_ticket(&self, day: &str) {
        let tickets = self.stage.tickets();
        let keys: BTreeSet<&str> = tickets.iter().map(|ticket| ticket.external_id.as_str()).collect();
        assert_eq!(keys.len(), tickets.len(), "{day}: a ticket is there twice");
        let links = self.stage.links().await;
        let links: BTreeMap<String, _> = links.iter().map(|link| (link.alert.id.to_string(), link)).collect();
        for alert in self.stage.vendors(|world| world.alerts()).iter().filter(|alert| alert.deleted_at.is_none()) {
            let link = links.get(&alert.id.to_lowercase()).unwrap_or_else(|| panic!("{day}: {alert:?} is lost"));
            assert!(link.settled && link.sent.is_none(), "{day}: {link:#?}");
            let known = link.ticket.as_ref().unwrap_or_else(|| panic!("{day}: {link:#?} has no ticket"));
            let ticket = tickets.iter().find(|ticket| ticket.id == known.id.0);
            let is_open = ticket.is_some_and(|ticket| ticket.status != COMPLETE);
            // What a person closed or deleted while the alert was active is theirs to decide.
            assert!(is_open || self.of_people.contains(&known.id.0), "{day}: {link:#?}\n{ticket:#?}");
        }
        for ticket in &tickets {
            let titles: Vec<String> = self.stage.notes(ticket.id).into_iter().map(|note| note.title).collect();
            let ours: Vec<&String> = titles.iter().filter(|title| *title != "Call").collect();
            assert_eq!(ours.iter().collect::<BTreeSet<_>>().len(), ours.len(), "{day}: a note is there twice");
        }
    }
}

#[tokio::test]
async fn whatever_happens_each_alert_has_its_ticket_once_and_nobodys_work_is_closed() {
    let days = std::env::var("CHAOS_DAYS").ok().and_then(|days| days.parse().ok()).unwrap_or(DAYS);
    let first = std::env::var("CHAOS_FIRST").ok().and_then(|days| days.parse().ok()).unwrap_or(0);
    for seed in first..first + days {
        let mut day = Day::dawns(seed).await;
        for _ in 0..STEPS {
            day.something_happens().await;
        }
        day.ends(&format!("day {seed}")).await;
    }
}
