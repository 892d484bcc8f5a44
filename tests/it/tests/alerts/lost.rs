//! Lost replies and lost requests (U6, T2): no ticket and no note twice, and none missing in the end.

use crate::stage::{COMPLETE, NEW, Stage, assert_told};
use functions::autotask::AutotaskWriter;
use sandbox::acronis::alerts::Severity;
use sandbox::{Fault, FaultKind};
use shared::plan::Action;
use std::collections::BTreeSet;

/// Creations of the great drain.
const CREATIONS: usize = 1_000;
/// The minutes after which what shows no effect was not made, as set by default.
const SETTLE_MINUTES: i64 = 10;

const CREATE: &str = "autotask.tickets.create";
const NOTE: &str = "autotask.ticket_notes.create";
const STATUS: &str = "autotask.tickets.update";

/// A desk on which all that is raised at once gets tickets of its own.
async fn without_storms(customers: usize) -> Stage {
    let stage = Stage::open(customers).await;
    stage
        .map(|mapping| {
            mapping.settings.tickets.storms = false;
            mapping.settings.settle_minutes = 10;
            mapping.settings.budget.tickets_percent = mapping.settings.budget.share_percent;
        })
        .await;
    stage
}

/// Raises so many alerts, over all customers.
fn raise_many(stage: &Stage, many: usize) {
    for number in 0..many {
        stage.raise(number % stage.customers.len(), &format!("SRV-{number:04}"));
    }
}

/// Looks until nothing is left to be done.
async fn drain(stage: &Stage) -> usize {
    for looks in 0..20 {
        stage.pass_minutes(20);
        if stage.look_as_it_is().await.record.counts.changes == 0 {
            return looks;
        }
    }
    panic!("it comes to no end")
}

#[tokio::test]
async fn u6_t2_a_lost_reply_at_every_seventh_of_1000_creations_makes_no_duplicate() {
    let stage = without_storms(9).await;
    raise_many(&stage, CREATIONS);
    for number in (0..CREATIONS).step_by(7) {
        stage.world.sandbox.fail(Fault::once(CREATE, FaultKind::ResetAfter).after(number));
    }
    drain(&stage).await;
    assert_eq!(stage.asked(CREATE), CREATIONS, "each was sent once");
    assert_eq!(stage.tickets().len(), CREATIONS);
    stage.each_active_alert_is_in_one_ticket();
    assert!(stage.links().await.iter().all(|link| link.sent.is_none() && link.ticket.is_some()));
}

#[tokio::test]
async fn u6_t2_where_every_reply_is_lost_still_nothing_is_made_twice() {
    let stage = without_storms(3).await;
    raise_many(&stage, 100);
    stage.world.sandbox.fail(Fault::always(CREATE, FaultKind::ResetAfter));
    let run = stage.next_look_fails().await;
    assert_eq!((run.record.counts.made, run.record.counts.open), (0, 100));
    drain(&stage).await;
    assert_eq!(stage.asked(CREATE), 100);
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn u6_a_reply_lost_in_any_way_at_any_place_of_a_group_is_made_good_by_looking() {
    let stage = without_storms(1).await;
    let garbled = FaultKind::StatusAfter { status: 502, body: Some("<html>".to_owned()) };
    let kinds = [FaultKind::ResetAfter, FaultKind::CutBody, FaultKind::BrokenJson, garbled];
    // More than one group is recorded and sent at a time.
    for (round, place) in (0..10).enumerate() {
        raise_many(&stage, 10);
        stage.forget_requests();
        stage.world.sandbox.fail(Fault::once(CREATE, kinds[round % kinds.len()].clone()).after(place));
        let run = stage.next_look_fails().await;
        assert_eq!((run.record.counts.made, run.record.counts.open), (9, 1), "place {place}");
        stage.next_look().await;
        assert_eq!(stage.asked(CREATE), 10, "place {place}");
        stage.each_active_alert_is_in_one_ticket();
    }
}

#[tokio::test]
async fn u6_a_lost_request_is_told_and_sent_again_once_it_can_no_longer_arrive() {
    let stage = without_storms(1).await;
    raise_many(&stage, 9);
    for place in [0, 8] {
        stage.world.sandbox.fail(Fault::once(CREATE, FaultKind::ResetBefore).after(place));
    }
    stage.next_look_fails().await;
    assert_eq!(stage.tickets().len(), 7);
    let run = stage.next_look().await;
    assert_told(&run, "and Autotask has not answered; it waits");
    assert_eq!(stage.tickets().len(), 7, "they may still arrive");
    stage.pass_minutes(SETTLE_MINUTES - 5);
    stage.look().await;
    assert_eq!((stage.tickets().len(), stage.asked(CREATE)), (9, 11));
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn u6_a_request_that_arrives_late_is_the_ticket_and_no_other_is_made() {
    let stage = without_storms(1).await;
    stage.raise(0, "SRV-01");
    let plan = stage.plan().await;
    let [change] = plan.changes.as_slice() else { panic!("{plan}") };
    let Action::CreateTicket(creation) = &change.action else { panic!("{plan}") };
    stage.fail_once(CREATE, FaultKind::ResetBefore);
    stage.next_look_fails().await;
    assert_eq!(stage.tickets().len(), 0);
    // It was on its way all the time.
    let vendors = stage.world.host.vendors(&stage.world.connection).await.expect("both let us in");
    AutotaskWriter::new(&vendors.autotask).create_ticket(&creation.ticket).await.expect("it arrives");
    drain(&stage).await;
    assert_eq!(stage.ticket().external_id, creation.ticket.external_id);
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn u6_t2_of_two_tickets_with_an_alerts_key_the_first_is_used_and_both_are_told() {
    let stage = without_storms(1).await;
    let alert = stage.raise(0, "SRV-01");
    let plan = stage.plan().await;
    let Action::CreateTicket(creation) = &plan.changes[0].action else { panic!("{plan}") };
    let vendors = stage.world.host.vendors(&stage.world.connection).await.expect("both let us in");
    for _ in 0..2 {
        AutotaskWriter::new(&vendors.autotask).create_ticket(&creation.ticket).await.expect("Autotask takes both");
    }
    let run = stage.next_look().await;
    let ids: Vec<i64> = stage.tickets().iter().map(|ticket| ticket.id).collect();
    assert_told(&run, &format!("tickets {} and {} have the external id", ids[0], ids[1]));
    assert_eq!(stage.asked(CREATE), 2, "none of ours");
    stage.set(|tickets| tickets.auto_close = true).await;
    stage.clear(&alert);
    stage.next_look().await;
    assert_eq!(stage.shows(stage.customers[0].company), "closed, open");
}

#[tokio::test]
async fn u6_t4_a_ticket_whose_reply_was_lost_is_closed_though_its_alert_cleared_before_anybody_knew_of_it() {
    let stage = without_storms(1).await;
    stage.set(|tickets| tickets.auto_close = true).await;
    for (kind, expected) in [(FaultKind::ResetAfter, "closed"), (FaultKind::ResetBefore, "closed")] {
        let alert = stage.raise(0, &format!("{kind:?}"));
        stage.fail_once(CREATE, kind);
        stage.next_look_fails().await;
        stage.clear(&alert);
        drain(&stage).await;
        assert_eq!(stage.shows(stage.customers[0].company), expected, "one that was never made is not missed");
        assert!(stage.links().await.iter().all(|link| link.sent.is_none()));
    }
}

#[tokio::test]
async fn u6_silence_is_given_up_on_and_settled_by_looking() {
    for kind in [FaultKind::SilenceAfter, FaultKind::SilenceBefore] {
        let mut stage = without_storms(1).await;
        raise_many(&stage, 3);
        stage.world.impatient();
        stage.world.sandbox.fail(Fault::once(CREATE, kind).after(1));
        stage.next_look_fails().await;
        drain(&stage).await;
        assert_eq!(stage.tickets().len(), 3);
        stage.each_active_alert_is_in_one_ticket();
    }
}

/// A ticket that was closed by us, or by a person, and whose alert comes back.
async fn that_comes_back(stage: &Stage, device: &str) -> i64 {
    let alert = stage.raise(0, device);
    stage.next_look().await;
    let ticket = stage.ticket_of(&alert).id;
    stage.person_closes(ticket);
    stage.clear(&alert);
    stage.next_look().await;
    stage.raise_again(&alert);
    ticket
}

#[tokio::test]
async fn u6_a_note_or_status_of_a_reopening_that_is_lost_is_written_once_in_the_end() {
    let stage = without_storms(1).await;
    let losses = [(NOTE, FaultKind::ResetAfter), (NOTE, FaultKind::ResetBefore), (STATUS, FaultKind::ResetAfter)];
    let losses = losses.into_iter().chain([(STATUS, FaultKind::ResetBefore), (NOTE, FaultKind::CutBody)]);
    for (operation, kind) in losses {
        let ticket = that_comes_back(&stage, &format!("{operation} {kind:?}")).await;
        stage.fail_once(operation, kind.clone());
        stage.next_look_fails().await;
        drain(&stage).await;
        assert_eq!(stage.notes(ticket).len(), 1, "{operation} {kind:?}");
        let status = stage.vendors(|world| world.ticket(ticket)).expect("it is there").status;
        assert_eq!(status, NEW, "{operation} {kind:?}");
    }
}

#[tokio::test]
async fn u6_a_closing_that_is_lost_is_made_once_in_the_end() {
    let stage = without_storms(1).await;
    stage.set(|tickets| tickets.auto_close = true).await;
    for kind in [FaultKind::ResetAfter, FaultKind::ResetBefore, FaultKind::CutBody] {
        let alert = stage.raise(0, &format!("{kind:?}"));
        stage.next_look().await;
        stage.clear(&alert);
        stage.fail_once(STATUS, kind.clone());
        stage.next_look_fails().await;
        drain(&stage).await;
        let ticket = stage.ticket_of(&alert);
        assert_eq!((ticket.status, stage.notes(ticket.id).len()), (COMPLETE, 0), "{kind:?}");
    }
}

#[tokio::test]
async fn u6_t4_a_note_for_who_works_on_a_ticket_is_written_once_whatever_is_lost() {
    let stage = without_storms(1).await;
    stage.set(|tickets| tickets.auto_close = true).await;
    for kind in [FaultKind::ResetAfter, FaultKind::ResetBefore] {
        let alert = stage.raise(0, &format!("{kind:?}"));
        stage.next_look().await;
        let ticket = stage.ticket_of(&alert).id;
        stage.vendors(|world| world.human_take_ticket(ticket));
        stage.clear(&alert);
        stage.fail_once(NOTE, kind.clone());
        stage.next_look_fails().await;
        drain(&stage).await;
        assert_eq!(stage.notes(ticket).len(), 1, "{kind:?}");
        assert_eq!(stage.ticket_of(&alert).status, NEW, "{kind:?}");
    }
}

#[tokio::test]
async fn u6_t8_replies_lost_in_a_storm_neither_lose_nor_double_anything() {
    for (operation, lost) in [(CREATE, 0), (CREATE, 3), (NOTE, 0)] {
        let stage = Stage::open(1).await;
        stage.set(|tickets| tickets.storm_tickets_per_hour = 3).await;
        raise_many(&stage, 12);
        stage.world.sandbox.fail(Fault::once(operation, FaultKind::ResetAfter).after(lost));
        stage.pass_minutes(5);
        stage.look_as_it_is().await;
        raise_many(&stage, 5);
        stage.vendors(|world| {
            let last = world.alerts().pop().expect("there is one").id;
            world.set_alert_severity(&last, Severity::Warning)
        });
        stage.pass_minutes(5);
        stage.look_as_it_is().await;
        drain(&stage).await;
        stage.each_active_alert_is_in_one_ticket();
        assert_eq!(stage.tickets().len(), 4, "{operation} {lost}: 3 of their own, and a shared one");
        let titles: Vec<String> =
            stage.tickets().iter().flat_map(|one| stage.notes(one.id)).map(|one| one.title).collect();
        assert_eq!(titles.iter().collect::<BTreeSet<_>>().len(), titles.len(), "no note twice");
    }
}
