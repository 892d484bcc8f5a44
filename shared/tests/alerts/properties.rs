//! What holds whatever happens to alerts and tickets (T2 to T4, T8, U6).

use crate::desk::{Desk, alert_id};
use proptest::prelude::*;
use shared::alert::{AlertAbout, Severity};
use shared::alert_link::AlertLink;
use shared::alert_text::length;
use shared::ids::{AlertId, TicketId};
use shared::plan::Action;
use shared::ticket::{DESCRIPTION_LENGTH, NOTE_LENGTH, NOTE_TITLE_LENGTH, TITLE_LENGTH};
use std::collections::{BTreeMap, BTreeSet};

/// What may happen to one of a few alerts.
#[derive(Debug, Clone, Copy)]
enum Event {
    Raise { number: u32, company: i64, kind: u8, device: u8, severity: u8 },
    Clear(u32),
    RaiseAgain(u32),
    PersonCloses(u32),
    PersonWorks(u32),
    PersonDeletes(u32),
    Run,
    StopAfter(usize),
    LoseRepliesOf,
    LoseRequestsOf,
    Reconcile,
    Wait(i64),
}

fn any_event() -> impl Strategy<Value = Event> {
    let number = 0u32..12;
    let raised = (number.clone(), 7i64..9, 0u8..2, 0u8..3, 0u8..3);
    prop_oneof![
        6 => raised.prop_map(|(number, company, kind, device, severity)| {
            Event::Raise { number, company, kind, device, severity }
        }),
        3 => number.clone().prop_map(Event::Clear),
        3 => number.clone().prop_map(Event::RaiseAgain),
        2 => number.clone().prop_map(Event::PersonCloses),
        1 => number.clone().prop_map(Event::PersonWorks),
        1 => number.prop_map(Event::PersonDeletes),
        5 => Just(Event::Run),
        1 => (0usize..3).prop_map(Event::StopAfter),
        1 => Just(Event::LoseRepliesOf),
        1 => Just(Event::LoseRequestsOf),
        1 => Just(Event::Reconcile),
        3 => (1i64..3_000).prop_map(Event::Wait),
    ]
}

#[derive(Debug, Clone)]
struct Story {
    auto_close: bool,
    new_after_days: Option<u32>,
    storm: u32,
    events: Vec<Event>,
}

fn any_story() -> impl Strategy<Value = Story> {
    let settings = (any::<bool>(), prop::option::of(1u32..3), 1u32..5);
    (settings, prop::collection::vec(any_event(), 1..40))
        .prop_map(|((auto_close, new_after_days, storm), events)| Story { auto_close, new_after_days, storm, events })
}

impl Story {
    fn told(&self) -> Desk {
        let mut desk = Desk::open();
        desk.customer(8, "Bergmann");
        desk.mapping.settings.holds.vanished = false;
        let settings = desk.settings();
        (settings.auto_close, settings.new_after_days) = (self.auto_close, self.new_after_days);
        settings.storm_tickets_per_hour = self.storm;
        for event in &self.events {
            desk.wait(1);
            happens(&mut desk, *event);
        }
        desk
    }

    /// The story, and a quiet hour in which everything lost is made up for.
    fn ended(&self) -> Desk {
        let mut desk = self.told();
        for _ in 0..6 {
            desk.wait(11).run();
        }
        desk
    }
}

fn happens(desk: &mut Desk, event: Event) {
    let exists = |desk: &Desk, number: u32| desk.alerts.contains_key(&alert_id(number));
    let ticket = |desk: &Desk, number: u32| {
        let link: Option<&AlertLink> = desk.links.get(&alert_id(number));
        link.and_then(|link| link.ticket.as_ref()).map(|ticket| ticket.id).filter(|id| desk.tickets.contains_key(id))
    };
    match event {
        Event::Raise { number, company, kind, device, severity } if !exists(desk, number) => {
            let kind = ["BackupFailed", "MachineOffline30"][usize::from(kind)];
            let alert = desk.raise_of(company, number, kind, &format!("SRV-{device}"));
            alert.severity = [Severity::Warning, Severity::Error, Severity::Critical][usize::from(severity)];
        }
        Event::Clear(number) if exists(desk, number) => _ = desk.clear(number),
        Event::RaiseAgain(number) if exists(desk, number) => _ = desk.raise_again(number),
        Event::PersonCloses(number) if ticket(desk, number).is_some() => _ = desk.person_closes(number),
        Event::PersonWorks(number) if ticket(desk, number).is_some() => {
            desk.ticket_mut(number).worked_on_by_person = true;
        }
        Event::PersonDeletes(number) => {
            ticket(desk, number).into_iter().for_each(|id| _ = desk.tickets.remove(&id));
        }
        Event::Run => _ = desk.run(),
        Event::StopAfter(changes) => {
            desk.most_changes = changes;
            desk.run();
            desk.most_changes = usize::MAX;
        }
        Event::Reconcile => _ = desk.reconcile(),
        Event::LoseRepliesOf | Event::LoseRequestsOf => {
            (desk.replies_lost, desk.requests_lost) = (true, matches!(event, Event::LoseRequestsOf));
            desk.run();
            (desk.replies_lost, desk.requests_lost) = (false, false);
        }
        Event::Wait(minutes) => _ = desk.wait(minutes),
        _ => {}
    }
}

/// The tickets whose description or notes name an alert.
fn naming(desk: &Desk, id: &AlertId) -> BTreeSet<TicketId> {
    let tickets = desk.tickets.iter().filter(|(_, (_, sent))| sent.description.contains(id.as_str()));
    let notes = desk.notes.iter().filter(|note| note.description.contains(id.as_str()));
    tickets.map(|(ticket, _)| *ticket).chain(notes.map(|note| note.ticket)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn planning_again_after_applying_gives_nothing_to_do(story in any_story()) {
        let mut desk = story.ended();
        let (writes, links) = (desk.writes, desk.links.clone());
        for _ in 0..2 {
            let plan = desk.wait(1).run();
            prop_assert!(plan.is_empty(), "{}", plan);
        }
        prop_assert_eq!(desk.writes, writes);
        prop_assert_eq!(&desk.links, &links, "an idle run remembers nothing new (B3)");
    }

    #[test]
    fn the_order_of_what_is_read_never_matters(story in any_story(), order in 1u64..10_007) {
        let mut desk = story.told();
        let (facts, mut plan) = desk.look(false);
        let links = plan.links.clone();
        let plan = desk.guarded(&mut plan);
        desk.order = order;
        let (shuffled_facts, mut shuffled) = desk.look(false);
        prop_assert_eq!(facts.alerts.len(), shuffled_facts.alerts.len());
        prop_assert_eq!(&links, &shuffled.links);
        let shuffled = desk.guarded(&mut shuffled);
        prop_assert_eq!(&plan, &shuffled);
        prop_assert_eq!(plan.to_string(), shuffled.to_string());
    }

    #[test]
    fn t2_t8_each_active_alert_has_a_ticket_that_names_it_and_no_external_id_is_there_twice(story in any_story()) {
        let desk = story.ended();
        for alert in desk.alerts.values().filter(|alert| alert.is_active()) {
            let link = &desk.links[&alert.id];
            let ticket = link.ticket.as_ref().expect("a ticket");
            // What a person deleted is left alone, and noticed when the alert changes.
            let deleted = !desk.tickets.contains_key(&ticket.id);
            // A recurrence under a new id may find its ticket open, and then nothing is to be added.
            let is_named = naming(&desk, &alert.id).contains(&ticket.id);
            let inherited = desk.tickets.get(&ticket.id).is_none_or(|(_, sent)| {
                sent.external_id != format!("acronis:{}", alert.id)
            });
            prop_assert!(ticket.gone || deleted || is_named || inherited, "{}", alert.id);
        }
        let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
        desk.tickets.values().for_each(|(_, sent)| *ids.entry(&sent.external_id).or_default() += 1);
        prop_assert!(ids.values().all(|tickets| *tickets == 1), "{:?}", ids);
    }

    #[test]
    fn t8_in_a_storm_each_alert_is_in_exactly_one_ticket_and_there_are_no_more_than_the_limit(
        alerts in 1u32..200, limit in 1u32..60, kinds in 1u32..4, lost in any::<bool>(),
    ) {
        let mut desk = Desk::open();
        desk.settings().storm_tickets_per_hour = limit;
        for number in 1..=alerts {
            desk.raise_of(7, number, &format!("Kind{}", number % kinds), &format!("SRV-{number}"));
        }
        desk.replies_lost = lost;
        desk.run();
        desk.replies_lost = false;
        for _ in 0..6 {
            desk.wait(3).run();
        }
        for id in desk.alerts.keys() {
            prop_assert_eq!(naming(&desk, id).len(), 1, "{}", id);
        }
        prop_assert!(desk.tickets.len() <= (limit + kinds) as usize);
    }

    #[test]
    fn t4_a_ticket_that_a_person_works_on_is_never_closed_and_an_active_alerts_never_either(story in any_story()) {
        let mut story = story;
        story.auto_close = true;
        let desk = story.told();
        let plan = desk.plan();
        for change in &plan.changes {
            let Action::CloseTicket(status) = &change.action else { continue };
            prop_assert!(!desk.tickets[&status.ticket].0.worked_on_by_person, "{}", plan);
            let listed = naming(&desk, &status.told.alerts[0]);
            prop_assert!(listed.is_empty() || listed.contains(&status.ticket), "{}", plan);
            prop_assert!(status.told.alerts.iter().all(|id| desk.alerts.get(id).is_none_or(|alert| !alert.is_active())));
        }
    }

    #[test]
    fn whatever_is_told_fits_into_what_is_sent(
        told in prop::collection::vec(prop::option::of("(?s).{0,40}"), 7), times in 1usize..400, id in "(?s).{0,80}",
    ) {
        let mut desk = Desk::open();
        (desk.settings().storm_tickets_per_hour, desk.settings().auto_close) = (1, true);
        let text = |number: usize| told[number].as_ref().map(|text| text.repeat(times));
        for number in 0..3 {
            let mut alert = desk.raise(number).clone();
            alert.id = AlertId::new(format!("{id}{number}"));
            alert.about = AlertAbout {
                title: text(0),
                device: text(1),
                resource: text(2),
                plan: text(3),
                plan_name: text(4),
                reason: text(5),
                link: text(6),
            };
            desk.alerts.remove(&alert_id(number));
            desk.alerts.insert(alert.id.clone(), alert);
        }
        desk.run();
        desk.tickets.values_mut().for_each(|(ticket, _)| ticket.worked_on_by_person = true);
        desk.wait(5);
        let now = desk.now;
        desk.alerts.values_mut().for_each(|alert| (alert.updated_at, alert.cleared_at) = (now, Some(now)));
        desk.run();
        prop_assert_eq!((desk.tickets.len(), desk.notes.len()), (2, 2));
        for (_, sent) in desk.tickets.values() {
            prop_assert!((1..=TITLE_LENGTH).contains(&length(&sent.title)) && sent.external_id.len() <= 50);
            prop_assert!(length(&sent.description) <= DESCRIPTION_LENGTH);
            prop_assert!(!sent.title.contains(|c: char| c.is_control()));
        }
        for note in &desk.notes {
            prop_assert!(length(&note.title) <= NOTE_TITLE_LENGTH && length(&note.description) <= NOTE_LENGTH);
        }
        prop_assert!(desk.wait(5).run().is_empty());
    }

    #[test]
    fn b1_what_is_worst_is_done_first(story in any_story()) {
        let desk = story.told();
        let severities: Vec<Severity> =
            desk.plan().changes.iter().filter_map(|change| Some(shared::alert_plan::told(&change.action)?.severity)).collect();
        prop_assert!(severities.is_sorted_by(|one, next| one >= next), "{:?}", severities);
    }
}
