//! What people do at the service desk: a ticket somebody works on is never closed by us (T4), and one that somebody
//! deleted or merged is told once and left alone (T2).

use crate::stage::{COMPLETE, NEW, Stage, assert_told, told};
use it::wire::Operation;
use sandbox::Vendor;
use shared::run::Outcome;

async fn with_auto_close(customers: usize) -> Stage {
    let stage = Stage::open(customers).await;
    stage.set(|tickets| tickets.auto_close = true).await;
    stage.look().await;
    stage
}

type PersonDoes = fn(&mut sandbox::World, i64) -> bool;

/// What a person may do with a ticket that shows that somebody works on it.
const WORK: [(&str, PersonDoes); 4] = [
    ("notes", |world, ticket| world.human_note(ticket, "Call", "Called the customer.").is_some()),
    ("takes it", |world, ticket| world.human_take_ticket(ticket)),
    ("sets its status", |world, ticket| world.human_change_status(ticket, 8)),
    ("moves it", |world, ticket| world.human_move_ticket(ticket, 29_683_354)),
];

#[tokio::test]
async fn t4_a_ticket_that_a_person_works_on_is_never_closed_however_often_its_alert_clears() {
    let stage = with_auto_close(1).await;
    for (what, does) in WORK {
        let alert = stage.raise(0, what);
        stage.next_look().await;
        let ticket = stage.ticket_of(&alert).id;
        assert!(stage.vendors(|world| does(world, ticket)));
        let status = stage.ticket_of(&alert).status;
        for round in 1..=3 {
            let by_person = stage.notes(ticket).len();
            stage.clear(&alert);
            stage.next_look().await;
            assert_eq!(stage.notes(ticket).len(), by_person + 1, "{what}: round {round}: a note instead");
            // Now the last who touched it are we.
            stage.raise_again(&alert);
            stage.next_look().await;
            assert_eq!(stage.ticket_of(&alert).status, status, "{what}: round {round}");
        }
        stage.clear(&alert);
        stage.next_look().await;
        assert_eq!(stage.ticket_of(&alert).status, status, "{what}");
    }
}

#[tokio::test]
async fn t4_a_note_of_ours_on_top_does_not_hide_that_a_person_works_on_it() {
    for (what, does) in WORK {
        let stage = with_auto_close(1).await;
        stage.set(|tickets| tickets.storm_tickets_per_hour = 1).await;
        let alerts: Vec<String> = (1..=3).map(|number| stage.raise(0, &format!("SRV-{number:02}"))).collect();
        stage.next_look().await;
        let shared = stage.tickets().pop().expect("it is there");
        assert!(stage.vendors(|world| does(world, shared.id)));
        let status = stage.vendors(|world| world.ticket(shared.id)).expect("it is there").status;
        let one_more = stage.raise(0, "SRV-04");
        stage.next_look().await;
        assert!(stage.notes(shared.id).pop().expect("it is listed").description.contains("SRV-04"), "{what}");
        alerts.iter().chain([&one_more]).for_each(|alert| stage.clear(alert));
        stage.next_look().await;
        let after = stage.vendors(|world| world.ticket(shared.id)).expect("it is there");
        assert_eq!(after.status, status, "{what}");
        assert_eq!(stage.tickets()[0].status, COMPLETE, "what nobody works on is closed");
    }
}

#[tokio::test]
async fn t4_what_a_person_closed_and_we_reopened_is_a_persons_from_then_on() {
    let stage = with_auto_close(1).await;
    let alert = stage.raise(0, "SRV-01");
    stage.next_look().await;
    stage.person_closes(stage.ticket().id);
    stage.raise_again(&alert);
    stage.next_look().await;
    assert_eq!(stage.ticket().status, NEW);
    stage.clear(&alert);
    stage.next_look().await;
    assert_eq!(stage.shows(stage.customers[0].company), "open with 2 notes");
}

#[tokio::test]
async fn t4_who_takes_a_ticket_while_we_are_about_to_close_it_keeps_it() {
    let (stage, wire) = Stage::wired(1).await;
    stage.set(|tickets| tickets.auto_close = true).await;
    for (what, does) in WORK {
        let alert = stage.raise(0, what);
        stage.next_look().await;
        let ticket = stage.ticket_of(&alert).id;
        stage.clear(&alert);
        stage.pass_minutes(5);
        let during = stage.look_during(&wire, Operation::Transact, |world| assert!(does(world, ticket)));
        assert_ne!(during.await.record.outcome, Outcome::Skipped);
        let status = stage.ticket_of(&alert).status;
        assert_ne!(status, COMPLETE, "{what}");
        stage.next_look().await;
        assert_eq!(stage.ticket_of(&alert).status, status, "{what}: it gets a note");
        assert!(stage.notes(ticket).pop().expect("it is told").title.starts_with("Cleared in Acronis"), "{what}");
    }
}

#[tokio::test]
async fn t2_a_deleted_ticket_is_told_once_and_no_other_is_made_until_the_alert_comes_back() {
    let stage = with_auto_close(1).await;
    let alert = stage.raise(0, "SRV-01");
    stage.next_look().await;
    let first = stage.ticket().id;
    assert!(stage.vendors(|world| world.human_delete_ticket(first)));
    stage.clear(&alert);
    let run = stage.next_look().await;
    assert_told(&run, &format!("ticket {first} is not in Autotask any more"));
    stage.forget_requests();
    for _ in 0..4 {
        assert_eq!(told(&stage.next_look().await), "");
    }
    assert_eq!(stage.calls(Vendor::Autotask), 0, "nobody asks for it again");
    stage.raise_again(&alert);
    stage.next_look().await;
    let second = stage.ticket();
    assert_eq!(second.external_id, format!("acronis:{}:2", alert.to_lowercase()));
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn t2_a_ticket_deleted_while_its_alert_is_active_makes_no_other() {
    let stage = with_auto_close(1).await;
    let alert = stage.raise(0, "SRV-01");
    stage.next_look().await;
    assert!(stage.vendors(|world| world.human_delete_ticket(world.tickets()[0].id)));
    for _ in 0..3 {
        stage.next_look().await;
    }
    stage.world.pass_days(1);
    stage.next_look().await;
    assert_eq!(stage.tickets().len(), 0, "whoever deleted it did not want it");
    // It changes, and is the same trouble all the time.
    stage.vendors(|world| world.change_alert(&alert, |_| {}));
    let told_in: Vec<String> = [stage.next_look().await, stage.next_look().await].iter().map(told).collect();
    assert!(told_in[0].contains("no other is made for this alert") && told_in[1].is_empty(), "{told_in:?}");
    assert_eq!(stage.tickets().len(), 0);
}

#[tokio::test]
async fn t2_a_merged_ticket_is_left_alone_and_its_alerts_end_is_nobodys_news() {
    for gone in [true, false] {
        let stage = with_auto_close(1).await;
        stage.vendors(|world| world.settings.merged_tickets_are_gone = gone);
        let alert = stage.raise(0, "SRV-01");
        stage.next_look().await;
        let (ours, company) = (stage.ticket().id, stage.customers[0].company);
        let other = stage.vendors(|world| world.human_ticket(company, "Server down")).expect("a person may");
        assert!(stage.vendors(|world| world.human_merge_ticket(ours, other)));
        let notes = (stage.notes(ours).len(), stage.notes(other).len());
        stage.clear(&alert);
        let run = stage.next_look().await;
        assert_eq!(told(&run).contains("is not in Autotask any more"), gone, "{:?}", run.record);
        stage.forget_requests();
        for _ in 0..3 {
            stage.next_look().await;
        }
        assert_eq!(stage.calls(Vendor::Autotask), 0);
        assert_eq!((stage.notes(ours).len(), stage.notes(other).len()), notes);
        assert_eq!(stage.tickets().len(), if gone { 1 } else { 2 });
    }
}

#[tokio::test]
async fn t2_t8_a_shared_ticket_that_was_deleted_is_one_finding_and_takes_no_more() {
    let stage = with_auto_close(1).await;
    stage.set(|tickets| tickets.storm_tickets_per_hour = 1).await;
    let alerts: Vec<String> = (1..=5).map(|number| stage.raise(0, &format!("SRV-{number:02}"))).collect();
    stage.next_look().await;
    let shared = stage.tickets().pop().expect("it is there").id;
    assert!(stage.vendors(|world| world.human_delete_ticket(shared)));
    // The first is the one with a ticket of its own.
    alerts[1..].iter().for_each(|alert| stage.clear(alert));
    let run = stage.next_look().await;
    assert_eq!(run.record.findings.len(), 1, "{:?}", run.record.findings);
    let more = stage.raise(0, "SRV-06");
    let run = stage.next_look().await;
    assert_eq!(run.record.counts.made, 1, "{:?}", run.record);
    stage.each_active_alert_is_in_one_ticket();
    assert_eq!(stage.open_tickets_by_alert()[&more].len(), 1);
}
