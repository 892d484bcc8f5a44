//! A service desk where each look has everything to do that looks ever do: tickets to be made, closed, reopened and
//! noted on. It reckons by itself which ticket each alert is to have in the end.

use crate::alert_stage::{AlertStage, Noted, own_key};
use functions::alert_sync::Look;
use it::wire::Operation;
use sandbox::acronis::alerts::Alert;
use sandbox::autotask::ticket_views::Ticket;
use sandbox::autotask::{API_RESOURCE, HUMAN_RESOURCE};
use shared::alert::AlertKind;
use shared::alert_settings::AlertRow;
use shared::mapping::Mapping;
use shared::ticket::Assignee;
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Customers: one with a storm, one with an alert that comes and goes, and one that manages itself.
const STORMY: usize = 0;
const PLAIN: usize = 1;
const SELF_SERVICE: usize = 2;
/// Their types of alerts: the worst gets a ticket of its own, what is less is listed in the shared one.
const WORST: &str = "BackupFailed";
const LESS: &str = "BackupCanceled";
const COMES_AND_GOES: &str = "BackupDidNotStart";
/// What a person writes on a ticket.
const WAIT: &str = "Wait";
/// Longer than a storm lasts.
const PAUSE_SECONDS: i64 = 3 * 60 * 60;

/// The desk.
pub(crate) struct AlertDesk {
    pub(crate) stage: AlertStage,
    alerts: Mutex<Alerts>,
}

/// What happened to alerts.
#[derive(Default)]
struct Alerts {
    come_and_go: Vec<ComesAndGoes>,
    /// Those of the last round: one with a ticket of its own, one in the shared ticket, and what came meanwhile.
    latest: Vec<String>,
    cleared: BTreeSet<String>,
    /// Whether something is to be done that no look did yet.
    is_waiting: bool,
    /// Tickets that are told what others are closed for.
    left_to_people: BTreeSet<i64>,
}

/// An alert that is cleared and raised again by turns.
struct ComesAndGoes {
    alert: String,
    is_active: bool,
    came_back: usize,
}

impl AlertDesk {
    /// A desk that once did all that it will have to do.
    pub(crate) async fn of(_: Operation) -> AlertDesk {
        let stage = AlertStage::with(3).await;
        let shielded = &stage.customers[SELF_SERVICE].1;
        assert!(stage.world.sandbox.world(|vendors| vendors.set_self_service(shielded, true)));
        let (resource, role) = stage.world.sandbox.world(|vendors| {
            let mut roles = vendors.autotask.table("ResourceRoles").by("resourceID", HUMAN_RESOURCE);
            (HUMAN_RESOURCE, roles.next().and_then(|row| row.int("roleID")).expect("people have roles"))
        });
        let settings = |mapping: &mut Mapping| {
            mapping.settings.tickets.auto_close = true;
            mapping.settings.tickets.storm_tickets_per_hour = 1;
            let row = AlertRow { assignee: Some(Assignee { resource, role }), ..AlertRow::default() };
            mapping.alerts.insert(AlertKind::new(WORST), row);
        };
        stage.switch_on(settings).await;
        let come_and_go = [SELF_SERVICE, PLAIN, STORMY].map(|customer| ComesAndGoes {
            alert: stage.raise(customer, COMES_AND_GOES),
            is_active: true,
            came_back: 0,
        });
        let alerts = Alerts { come_and_go: come_and_go.into(), ..Alerts::default() };
        let desk = AlertDesk { stage, alerts: Mutex::new(alerts) };
        desk.look().await;
        desk.a_person_works_on_one();
        desk.stage.world.pass_seconds(PAUSE_SECONDS);
        let own = desk.stage.raise(STORMY, WORST);
        // It stays, and keeps the shared ticket open.
        desk.stage.raise(STORMY, LESS);
        desk.alerts().latest.push(own);
        desk.clear_or_raise(0);
        desk.look().await;
        desk.something_to_do();
        desk.look().await;
        desk.all_is_right(Look::Changes, &Ok(())).await;
        desk
    }

    async fn look(&self) {
        self.stage.look(Look::Changes).await.expect("nothing strikes yet");
    }

    fn alerts(&self) -> MutexGuard<'_, Alerts> {
        self.alerts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A person writes on the ticket of the alert that comes and goes at the stormy customer.
    fn a_person_works_on_one(&self) {
        let alert = self.alerts().come_and_go[2].alert.clone();
        let (_, tickets) = self.stage.alerts_and_tickets();
        let (ticket, _) = tickets.iter().find(|(ticket, _)| is_own(ticket, &alert)).expect("it has a ticket");
        let noted = |vendors: &mut sandbox::World| vendors.human_note(ticket.id, "Called", "They look at it.");
        assert!(self.stage.world.sandbox.world(noted).is_some());
    }

    /// The usage of the customer that manages itself, which tells the number to ask by, may not be read any more.
    pub(crate) fn hide_the_number(&self) {
        let tenant = &self.stage.customers[SELF_SERVICE].1;
        let is_there = |vendors: &mut sandbox::World| vendors.refuse_usage(tenant, true);
        assert!(self.stage.world.sandbox.world(is_there), "it is there");
    }

    fn clear(&self, alert: &str) {
        self.alerts().cleared.insert(alert.to_owned());
        self.stage.world.sandbox.world(|vendors| vendors.clear_alert(alert));
    }

    fn clear_or_raise(&self, number: usize) {
        let (alert, was_active) = {
            let one = &mut self.alerts().come_and_go[number];
            one.came_back += usize::from(!one.is_active);
            one.is_active = !one.is_active;
            (one.alert.clone(), !one.is_active)
        };
        if was_active {
            return self.clear(&alert);
        }
        self.alerts().cleared.remove(&alert);
        assert!(self.stage.world.sandbox.world(|vendors| vendors.raise_again(&alert)), "it was there");
    }

    /// Hours pass. Of two alerts one is cleared and the other comes back, and a third, on whose ticket a person works,
    /// does either; a new one gets a ticket of its own, and one is listed in the shared ticket; those of the last time
    /// are cleared. Nothing of it where all that waits already.
    pub(crate) fn something_to_do(&self) {
        if std::mem::replace(&mut self.alerts().is_waiting, true) {
            return;
        }
        self.stage.world.pass_seconds(PAUSE_SECONDS);
        (0..3).for_each(|number| self.clear_or_raise(number));
        let before = std::mem::take(&mut self.alerts().latest);
        before.iter().for_each(|alert| self.clear(alert));
        let new = [WORST, LESS].map(|kind| self.stage.raise(STORMY, kind));
        self.alerts().latest.extend(new);
    }

    /// The same, and nothing of it happened before now: what is shown late is found only within the overlap of two looks.
    pub(crate) async fn something_new_to_do(&self) {
        let is_waiting = self.alerts().is_waiting;
        if is_waiting {
            self.all_is_right(Look::Changes, &Ok(())).await;
        }
        self.something_to_do();
    }

    /// What people and machines do meanwhile: somebody writes on a ticket that is about to be closed, the new alert goes
    /// away by itself, and there is another one.
    pub(crate) fn people_are_at_work(&self, column: Operation) {
        let (_, tickets) = self.stage.alerts_and_tickets();
        let cleared = self.alerts().cleared.clone();
        let closing = tickets.iter().find(|(ticket, notes)| {
            let is_new = ticket.completed.is_none() && notes.is_empty();
            is_new && cleared.iter().any(|alert| is_own(ticket, alert))
        });
        // Where something is written already it may be closed.
        assert!(closing.is_some() || column.is_write(), "one is about to be closed");
        if let Some((ticket, _)) = closing {
            self.stage.world.sandbox.world(|vendors| vendors.human_note(ticket.id, WAIT, "I look at it."));
        }
        let new = self.alerts().latest[0].clone();
        self.clear(&new);
        let another = self.stage.raise(PLAIN, WORST);
        self.alerts().latest.push(another);
    }

    /// What the struck look did is no worse than nothing.
    pub(crate) fn nothing_is_astray(&self) {
        self.stage.nothing_is_made_twice();
        let (alerts, tickets) = self.stage.alerts_and_tickets();
        for alert in &alerts {
            self.is_not_dismissed(alert);
            assert!(tickets_of(alert, &tickets).len() <= 1, "{} has several tickets: {tickets:#?}", alert.id);
        }
    }

    fn is_not_dismissed(&self, alert: &Alert) {
        let cleared = self.alerts().cleared.contains(&alert.id);
        assert_eq!(alert.deleted_at.is_some(), cleared, "dismissed, and nobody wanted it: {alert:?}");
    }

    /// The next looks end where the struck one would have.
    pub(crate) async fn all_is_right(&self, look: Look, struck: &Result<(), String>) {
        self.stage.nothing_is_left(look, struck).await;
        self.alerts().is_waiting = false;
        self.nothing_is_astray();
        let (alerts, tickets) = self.stage.alerts_and_tickets();
        for alert in &alerts {
            let of_it = tickets_of(alert, &tickets);
            let is_right = match of_it.as_slice() {
                [(ticket, _)] if alert.deleted_at.is_none() => ticket.completed.is_none(),
                [noted] => is_shared(noted) || self.is_finished(noted),
                other => other.is_empty() && alert.deleted_at.is_some(),
            };
            assert!(is_right, "{alert:?} has {of_it:#?}; the struck one: {struck:?}");
        }
        self.each_return_is_told(&tickets);
        self.is_remembered(&alerts, &tickets).await;
        assert_eq!(self.stage.wire.inconsistent_reads(), 0, "a read of the table may be stale");
        self.stage.world.nothing_unknown();
    }

    /// A ticket of a cleared alert is closed; where a person works on it, it is told.
    fn is_finished(&self, noted: &Noted) -> bool {
        let (ticket, notes) = noted;
        let by_person = notes.iter().any(|note| note.creator == HUMAN_RESOURCE);
        let is_left = by_person || self.alerts().left_to_people.contains(&ticket.id);
        ticket.completed.is_some() || (is_left && says_cleared(noted))
    }

    /// No ticket was closed on which a person wrote before.
    pub(crate) fn people_are_not_disturbed(&self) {
        let (_, tickets) = self.stage.alerts_and_tickets();
        let is_disturbed =
            |(ticket, notes): &&Noted| ticket.completed.is_some() && notes.iter().any(|note| note.title == WAIT);
        let disturbed: Vec<_> = tickets.iter().filter(is_disturbed).collect();
        assert!(disturbed.is_empty(), "closed while a person works on it: {disturbed:#?}");
    }

    /// Autotask gave histories without an end, so that it cannot be known that nobody works on a ticket.
    pub(crate) fn histories_had_no_end(&self) {
        let (_, tickets) = self.stage.alerts_and_tickets();
        let told = tickets.iter().filter(|noted| says_cleared(noted)).map(|(ticket, _)| ticket.id);
        self.alerts().left_to_people.extend(told);
    }

    fn each_return_is_told(&self, tickets: &[Noted]) {
        for one in &self.alerts().come_and_go {
            let (ticket, notes) = tickets.iter().find(|(ticket, _)| is_own(ticket, &one.alert)).expect("it has one");
            let ours = notes.iter().filter(|note| note.creator == API_RESOURCE);
            let told = ours.filter(|note| note.title.starts_with("Raised again in Acronis:")).count();
            assert_eq!(told, one.came_back, "{} is told of each time it came back: {notes:#?}", ticket.number);
        }
    }

    /// We remember the tickets as they are.
    async fn is_remembered(&self, alerts: &[Alert], tickets: &[Noted]) {
        let links = self.stage.settled_links().await;
        for alert in alerts.iter().filter(|alert| alert.deleted_at.is_none()) {
            let link = links
                .iter()
                .find(|link| link.alert.id.as_str().eq_ignore_ascii_case(&alert.id))
                .expect("it is remembered");
            let known = link.living_ticket().map(|ticket| ticket.id.0);
            let there = tickets_of(alert, tickets).into_iter().next().map(|(ticket, _)| ticket.id);
            assert_eq!(known, there, "{alert:?}");
        }
    }
}

fn is_own(ticket: &Ticket, alert: &str) -> bool {
    ticket.external_id == own_key(alert)
}

fn is_shared((ticket, _): &Noted) -> bool {
    ticket.external_id.starts_with("acronis:all:")
}

/// The tickets that an alert has, or is listed in.
fn tickets_of<'a>(alert: &Alert, tickets: &'a [Noted]) -> Vec<&'a Noted> {
    let (id, key) = (alert.id.to_lowercase(), own_key(&alert.id));
    let is_listed = |(ticket, notes): &Noted| {
        let texts = notes.iter().map(|note| &note.description).chain([&ticket.description]);
        let listed = texts.filter(|text| text.contains(&id)).count();
        assert!(listed <= 1, "{id} is listed twice: {notes:#?}");
        listed > 0
    };
    let is_of_it = |noted: &&Noted| noted.0.external_id == key || (is_shared(noted) && is_listed(noted));
    tickets.iter().filter(is_of_it).collect()
}

/// Whether the last that we wrote on a ticket is that its alert is cleared.
fn says_cleared((_, notes): &Noted) -> bool {
    let latest = notes.iter().rfind(|note| note.creator == API_RESOURCE);
    latest.is_some_and(|note| note.title.starts_with("Cleared in Acronis:"))
}
