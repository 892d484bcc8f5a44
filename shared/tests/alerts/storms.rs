//! Many alerts at once (T8): no more tickets than the limit, and each alert in exactly one of them.

use crate::desk::{Desk, alert_id};
use shared::alert::Severity;
use shared::ids::AlertId;
use shared::ticket::{DESCRIPTION_LENGTH, NOTE_LENGTH};
use std::collections::{BTreeMap, BTreeSet};

/// In how many tickets each alert is named, in the description or in a note.
fn tickets_naming(desk: &Desk) -> BTreeMap<AlertId, usize> {
    let naming = |id: &AlertId| {
        let tickets = desk.tickets.iter().filter(|(ticket, (_, sent))| {
            let notes = || desk.notes.iter().filter(|note| note.ticket == **ticket);
            sent.description.contains(id.as_str()) || notes().any(|note| note.description.contains(id.as_str()))
        });
        tickets.count()
    };
    desk.alerts.keys().map(|id| (id.clone(), naming(id))).collect()
}

#[test]
fn t8_above_the_limit_the_rest_share_one_ticket_for_each_type() {
    let mut desk = Desk::open();
    (1..=60).for_each(|number| _ = desk.raise(number));
    (61..=70).for_each(|number| _ = desk.raise_of(7, number, "MachineOffline30", "PC"));
    desk.raise_of(7, 71, "EDRIncidentDetected", "PC").severity = Severity::Critical;
    for number in 61..=70 {
        desk.alerts.get_mut(&alert_id(number)).unwrap().severity = Severity::Warning;
    }
    let plan = desk.run();
    assert_eq!(plan.changes.len(), 53, "50 of their own, and one for each of three types");
    assert!(tickets_naming(&desk).values().all(|tickets| *tickets == 1));
    assert!(desk.wait(5).run().is_empty());
}

#[test]
fn t8_the_worst_and_oldest_have_tickets_of_their_own() {
    let mut desk = Desk::open();
    desk.settings().storm_tickets_per_hour = 2;
    for (number, severity) in
        [(1, Severity::Warning), (2, Severity::Critical), (3, Severity::Error), (4, Severity::Warning)]
    {
        desk.raise(number).severity = severity;
    }
    desk.run();
    let shared: Vec<bool> = desk.links.values().map(|link| link.ticket.as_ref().unwrap().shared).collect();
    assert_eq!(shared, [true, false, false, true]);
}

#[test]
fn t8_later_alerts_are_noted_in_the_shared_ticket_while_it_is_open() {
    let mut desk = Desk::open();
    desk.settings().storm_tickets_per_hour = 1;
    (1..=3).for_each(|number| _ = desk.raise(number));
    desk.run();
    assert_eq!(desk.shows(), "open, open");
    desk.wait(5);
    (4..=5).for_each(|number| _ = desk.raise(number));
    desk.run();
    assert_eq!(desk.shows(), "open, open with 1 notes");
    assert!(tickets_naming(&desk).values().all(|tickets| *tickets == 1));
    assert!(desk.wait(5).run().is_empty());
    // Closed by a person, it takes no more.
    desk.person_closes(3).wait(5).raise(6);
    desk.run();
    assert_eq!(desk.shows(), "open, closed with 1 notes, open");
    // An hour later there is room again.
    desk.wait(61).raise(7);
    desk.run();
    assert!(!desk.links[&alert_id(7)].ticket.as_ref().unwrap().shared);
}

#[test]
fn t8_a_storm_that_fits_into_no_description_goes_on_in_notes_and_loses_nothing() {
    let mut desk = Desk::open();
    desk.settings().storm_tickets_per_hour = 1;
    (1..=900).for_each(|number| _ = desk.raise(number));
    // First the ticket that they share, then as many notes on it as it takes.
    assert_eq!(desk.run().changes.len(), 2);
    assert!(desk.wait(5).run().changes.len() > 2);
    assert!(desk.wait(5).run().is_empty());
    assert_eq!(desk.tickets.len(), 2);
    assert!(tickets_naming(&desk).values().all(|tickets| *tickets == 1));
    assert!(desk.tickets.values().all(|(_, sent)| sent.description.chars().count() <= DESCRIPTION_LENGTH));
    assert!(desk.notes.iter().all(|note| note.description.chars().count() <= NOTE_LENGTH));
    let titles: BTreeSet<&str> = desk.notes.iter().map(|note| note.title.as_str()).collect();
    assert_eq!(titles.len(), desk.notes.len(), "each note is found by its title");
}

#[test]
fn t8_one_customers_storm_is_no_other_customers_and_its_switch_switches_it_off() {
    let mut desk = Desk::open();
    desk.customer(8, "Bergmann").settings().storm_tickets_per_hour = 2;
    (1..=4).for_each(|number| _ = desk.raise(number));
    (5..=6).for_each(|number| _ = desk.raise_of(8, number, "BackupFailed", "PC"));
    desk.settings().storms = false;
    assert_eq!(desk.plan().changes.len(), 6);
    desk.settings().storms = true;
    assert_eq!(desk.run().changes.len(), 5, "2 and a shared one, and 2");
}
