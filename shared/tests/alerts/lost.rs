//! Lost replies, lost requests and refusals (U6): no ticket and no note twice, and none missing in the end.

use crate::desk::{DAY, Desk, alert_id, assert_found};
use jiff::civil::date;
use shared::alert_plan::{Made, became_of, creation_key};
use shared::creation::Creation;
use shared::plan::Action;
use std::collections::BTreeSet;

#[test]
fn u6_t2_a_lost_reply_makes_no_second_ticket() {
    let mut desk = Desk::open();
    desk.replies_lost = true;
    desk.raise(1);
    desk.run();
    desk.replies_lost = false;
    for _ in 0..4 {
        assert!(desk.wait(5).run().is_empty());
    }
    assert_eq!(desk.shows(), "open");
    assert!(desk.links.values().all(|link| link.sent.is_none() && link.ticket.is_some()));
}

#[test]
fn u6_a_lost_request_is_sent_again_once_it_can_no_longer_arrive() {
    let mut desk = Desk::open();
    (desk.replies_lost, desk.requests_lost) = (true, true);
    desk.raise(1);
    desk.run();
    (desk.replies_lost, desk.requests_lost) = (false, false);
    assert_found(&desk.wait(5).run(), "and Autotask has not answered");
    assert_eq!(desk.shows(), "");
    desk.wait(5).run();
    assert_eq!(desk.shows(), "open");
}

#[test]
fn u6_t8_a_lost_reply_in_a_storm_neither_loses_nor_doubles_anything() {
    let mut desk = Desk::open();
    (desk.settings().storm_tickets_per_hour, desk.replies_lost) = (2, true);
    (1..=6).for_each(|number| _ = desk.raise(number));
    desk.run();
    desk.raise(7);
    desk.wait(1).run();
    desk.replies_lost = false;
    for _ in 0..4 {
        desk.wait(5).run();
    }
    assert_eq!(desk.tickets.len(), 3, "{}", desk.shows());
    let listed: BTreeSet<_> = desk.links.values().filter_map(|link| Some(link.ticket.as_ref()?.id)).collect();
    assert_eq!((desk.links.len(), listed.len()), (7, 3));
}

#[test]
fn u6_a_note_whose_reply_was_lost_is_looked_for_and_not_written_twice() {
    for arrives in [true, false] {
        let mut desk = Desk::open();
        desk.raise(1);
        desk.run();
        desk.wait(5).person_closes(1).wait(5).raise_again(1);
        (desk.replies_lost, desk.requests_lost) = (true, !arrives);
        desk.run();
        (desk.replies_lost, desk.requests_lost) = (false, false);
        for _ in 0..4 {
            desk.wait(5).run();
        }
        assert_eq!(desk.shows(), "open with 1 notes", "arrives: {arrives}");
        assert!(desk.links.values().all(|link| link.sent.is_none() && link.settled));
    }
}

#[test]
fn u6_what_is_refused_is_told_and_tried_again_the_next_day_or_when_it_changes() {
    let mut desk = Desk::open();
    desk.refusal = Some("Priority is required".to_owned());
    desk.raise(1);
    desk.run();
    let plan = desk.wait(5).run();
    assert_found(&plan, "a ticket for \"Backup failed: SRV-01\": Autotask refused it: Priority is required");
    assert!(plan.is_empty());
    desk.row("BackupFailed").priority = Some(3);
    assert_eq!(desk.plan().changes.len(), 1, "it changed");
    desk.row("BackupFailed").priority = None;
    desk.refusal = None;
    desk.wait(DAY).run();
    assert_eq!(desk.shows(), "open");
}

#[test]
fn u6_a_reopening_whose_note_is_written_goes_on_without_another_one() {
    for refused in [None, Some("the status is not allowed".to_owned())] {
        let mut desk = Desk::open();
        desk.raise(1);
        desk.run();
        desk.wait(5).person_closes(1).wait(5).raise_again(1);
        let change = desk.plan().changes[0].clone();
        let key = creation_key(&change.action).expect("a note goes with it");
        let creation = Creation {
            key,
            change: change.id.clone(),
            sent_at: desk.now,
            sent_on: jiff::civil::date(2026, 5, 10),
            refused: refused.clone(),
            finished: true,
        };
        let now = desk.now;
        let link = desk.links.get_mut(&alert_id(1)).expect("it has a link");
        became_of(link, &change.action, &Made::Open(creation), now);
        let plan = desk.plan();
        match refused {
            Some(text) => assert_found(&plan, &text),
            None => {
                let Action::ReopenTicket(status) = &plan.changes[0].action else { panic!("{plan}") };
                assert_eq!((plan.changes[0].id.as_str(), &status.note), (change.id.as_str(), &None));
            }
        }
    }
}

#[test]
fn b1_a_run_that_stops_loses_nothing_and_the_next_one_goes_on() {
    let mut desk = Desk::open();
    (1..=5).for_each(|number| _ = desk.raise(number));
    desk.most_changes = 2;
    desk.run();
    assert_eq!((desk.shows().as_str(), desk.links.len()), ("open, open", 5), "what waits is remembered");
    // By then the cursor has passed them: nothing is read again.
    desk.alerts.clear();
    desk.wait(5).run();
    desk.wait(5).run();
    assert_eq!(desk.shows(), "open, open, open, open, open");
}

#[test]
fn u6_what_was_refused_is_forgotten_once_nothing_is_left_to_be_done() {
    let mut desk = Desk::open();
    desk.raise(1);
    desk.run();
    let refused = Creation {
        key: String::new(),
        change: "a dismissal".to_owned(),
        sent_at: desk.now,
        sent_on: date(2026, 5, 10),
        refused: Some("No.".to_owned()),
        finished: false,
    };
    desk.links.get_mut(&alert_id(1)).unwrap().sent = Some(refused);
    desk.wait(5).person_closes(1).clear(1).run();
    assert_eq!(desk.links[&alert_id(1)].sent, None);
    // So that it is known again under a new id.
    desk.wait(5).raise_of(7, 2, "BackupFailed", "SRV-01");
    desk.run();
    assert_eq!(desk.shows(), "open with 1 notes");
}
