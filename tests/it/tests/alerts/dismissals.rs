//! Closing a ticket dismisses its alert (T6): only where that is switched on, only what was closed, and never what was
//! raised again since.

use crate::stage::{COMPLETE, Stage, assert_told, told};
use functions::events::{Batch, Event, Message, TicketChanged};
use functions::run::{Run, work_off_tickets};
use functions::ticket_changed::{self, Tickets};
use sandbox::{FaultKind, Vendor};
use shared::ids::{ConnectionId, TicketId};
use shared::run::{Job, Mode, Outcome};
use std::collections::BTreeSet;

const DISMISS: &str = "acronis.dismiss_alert";

/// A desk where closing a ticket dismisses its alerts.
async fn open(customers: usize) -> Stage {
    let stage = Stage::open(customers).await;
    stage.set(|tickets| tickets.dismiss_on_close = true).await;
    stage.look().await;
    stage
}

fn is_dismissed(stage: &Stage, alert: &str) -> bool {
    stage.alert(alert).deleted_at.is_some()
}

/// A batch of webhooks' events is worked off; the ids of those that are to come again.
async fn webhooks(stage: &Stage, tickets: &[i64]) -> Vec<String> {
    let (connection, host) = (stage.world.connection.clone(), &stage.world.host);
    let message = |ticket: &i64| {
        let event = Event::TicketChanged(TicketChanged { connection: connection.clone(), ticket: TicketId(*ticket) });
        Message { id: format!("message-{ticket}"), event }
    };
    let batch = Batch { messages: tickets.iter().map(message).collect(), unreadable: Vec::new() };
    let run = async |connection: &ConnectionId, tickets: BTreeSet<TicketId>| -> anyhow::Result<Run> {
        ticket_changed::run(host, connection, Tickets::Only(tickets), Mode::Apply).await
    };
    work_off_tickets(&batch, run).await.failed().map(str::to_owned).collect()
}

#[tokio::test]
async fn t6_a_closed_ticket_dismisses_its_alert_when_the_webhook_tells_and_no_other() {
    let stage = open(2).await;
    let alerts = [stage.raise(0, "SRV-01"), stage.raise(0, "SRV-02"), stage.raise(1, "SRV-03")];
    stage.next_look().await;
    let tickets = alerts.each_ref().map(|alert| stage.ticket_of(alert).id);
    stage.pass_minutes(1);
    stage.person_closes(tickets[0]);
    stage.person_closes(tickets[2]);
    // One that is open was changed too, and one that is not ours.
    assert_eq!(webhooks(&stage, &[tickets[0], tickets[1], 4_711]).await, [""; 0]);
    assert_eq!(alerts.each_ref().map(|alert| is_dismissed(&stage, alert)), [true, false, false]);
    // The next look sees it cleared, and makes nothing of it.
    assert_eq!(stage.next_look().await.record.counts.changes, 0);
    // The daily sweep finds what no webhook told.
    let run = stage.all_tickets().await;
    assert_eq!((run.record.outcome.clone(), run.record.counts.made), (Outcome::Complete, 1), "{:?}", run.record);
    assert_eq!(alerts.each_ref().map(|alert| is_dismissed(&stage, alert)), [true, false, true]);
    stage.next_look().await;
    stage.forget_requests();
    stage.all_tickets().await;
    assert_eq!(stage.asked(DISMISS), 0, "once");
    assert_eq!(stage.tickets().iter().filter(|ticket| ticket.status == COMPLETE).count(), 2);
}

#[tokio::test]
async fn t6_it_is_off_by_default_and_then_nobody_is_asked_anything() {
    let stage = Stage::open(1).await;
    let alert = stage.raise(0, "SRV-01");
    stage.next_look().await;
    let ticket = stage.ticket().id;
    stage.person_closes(ticket);
    stage.forget_requests();
    webhooks(&stage, &[ticket]).await;
    stage.all_tickets().await;
    assert_eq!(stage.world.sandbox.requests().len(), 0);
    assert!(!is_dismissed(&stage, &alert));
}

#[tokio::test]
async fn t6_an_alert_raised_again_after_its_ticket_was_closed_stays_and_reopens_it() {
    let stage = open(1).await;
    let alert = stage.raise(0, "SRV-01");
    stage.next_look().await;
    let ticket = stage.ticket().id;
    stage.pass_minutes(1);
    stage.person_closes(ticket);
    stage.pass_minutes(1);
    // No look at alerts was there to see it.
    stage.raise_again(&alert);
    assert_eq!(webhooks(&stage, &[ticket]).await, [""; 0]);
    stage.all_tickets().await;
    assert_eq!((is_dismissed(&stage, &alert), stage.asked(DISMISS)), (false, 0));
    stage.next_look().await;
    assert_eq!(stage.shows(stage.customers[0].company), "open with a note");
}

#[tokio::test]
async fn t6_an_alert_that_changed_before_its_ticket_was_closed_is_dismissed() {
    let stage = open(1).await;
    let alert = stage.raise(0, "SRV-01");
    stage.next_look().await;
    let ticket = stage.ticket().id;
    stage.raise_again(&alert);
    stage.pass_minutes(1);
    stage.person_closes(ticket);
    webhooks(&stage, &[ticket]).await;
    assert!(is_dismissed(&stage, &alert));
    stage.next_look().await;
    assert_eq!(stage.ticket().status, COMPLETE);
}

#[tokio::test]
async fn t6_what_was_dismissed_and_comes_back_reopens_its_ticket() {
    let stage = open(1).await;
    let alert = stage.raise(0, "SRV-01");
    stage.next_look().await;
    stage.pass_minutes(1);
    stage.person_closes(stage.ticket().id);
    stage.all_tickets().await;
    stage.pass_minutes(1);
    stage.raise_again(&alert);
    stage.next_look().await;
    assert_eq!(stage.shows(stage.customers[0].company), "open with a note");
    // Once more, and under a new id.
    stage.pass_minutes(1);
    stage.person_closes(stage.ticket().id);
    stage.all_tickets().await;
    stage.next_look().await;
    stage.vendors(|world| world.raise_anew(&alert)).expect("it was there");
    stage.next_look().await;
    assert_eq!(stage.shows(stage.customers[0].company), "open with 2 notes");
}

#[tokio::test]
async fn t6_a_client_that_may_only_read_is_refused_told_and_not_asked_again_until_the_next_day() {
    let stage = open(1).await;
    let alert = stage.raise(0, "SRV-01");
    stage.next_look().await;
    let ticket = stage.ticket().id;
    stage.pass_minutes(1);
    stage.person_closes(ticket);
    stage.vendors(|world| world.settings.read_only_client = true);
    assert_eq!(webhooks(&stage, &[ticket]).await, [format!("message-{ticket}")]);
    let run = stage.all_tickets().await;
    assert_told(&run, "the alert \"Backup failed: SRV-01\" is not dismissed: Acronis refused it");
    assert_eq!((run.record.outcome.clone(), stage.asked(DISMISS)), (Outcome::Complete, 1));
    stage.vendors(|world| world.settings.read_only_client = false);
    stage.world.pass_days(1);
    assert_eq!(told(&stage.all_tickets().await), "");
    assert!(is_dismissed(&stage, &alert));
}

#[tokio::test]
async fn t6_a_refused_dismissal_does_not_keep_an_alert_from_being_known_again() {
    let stage = open(1).await;
    let alert = stage.raise(0, "SRV-01");
    stage.next_look().await;
    stage.pass_minutes(1);
    stage.person_closes(stage.ticket().id);
    stage.vendors(|world| world.settings.read_only_client = true);
    stage.all_tickets().await;
    stage.clear(&alert);
    stage.next_look().await;
    stage.vendors(|world| world.raise_anew(&alert)).expect("it was there");
    stage.next_look().await;
    assert_eq!(stage.shows(stage.customers[0].company), "open with a note", "it is reopened");
}

#[tokio::test]
async fn t6_a_dismissal_whose_reply_or_request_is_lost_is_made_good_by_the_next() {
    let stage = open(1).await;
    for kind in [FaultKind::ResetAfter, FaultKind::ResetBefore, FaultKind::StatusBefore { status: 503, body: None }] {
        let alert = stage.raise(0, &format!("{kind:?}"));
        stage.next_look().await;
        let ticket = stage.ticket_of(&alert).id;
        stage.pass_minutes(1);
        stage.person_closes(ticket);
        stage.fail_once(DISMISS, kind.clone());
        assert_eq!(webhooks(&stage, &[ticket]).await, [format!("message-{ticket}")], "{kind:?}");
        stage.pass_minutes(1);
        assert_eq!(webhooks(&stage, &[ticket]).await, [""; 0], "{kind:?}");
        assert!(is_dismissed(&stage, &alert), "{kind:?}");
        stage.next_look().await;
        assert_eq!(stage.ticket_of(&alert).status, COMPLETE, "{kind:?}");
    }
}

#[tokio::test]
async fn t6_a_limit_is_waited_out_and_the_dismissal_made() {
    let stage = open(1).await;
    let alert = stage.raise(0, "SRV-01");
    stage.next_look().await;
    stage.pass_minutes(1);
    stage.person_closes(stage.ticket().id);
    stage.fail_once(DISMISS, FaultKind::Throttle { retry_after: Some(1) });
    assert_eq!(stage.all_tickets().await.record.outcome, Outcome::Complete);
    assert!(is_dismissed(&stage, &alert));
}

#[tokio::test]
async fn t6_the_alerts_of_a_shared_ticket_are_dismissed_with_it_each_by_its_id() {
    let stage = open(1).await;
    stage.set(|tickets| tickets.storm_tickets_per_hour = 1).await;
    let alerts: Vec<String> = (0..6).map(|number| stage.raise(0, &format!("SRV-{number}"))).collect();
    stage.next_look().await;
    let shared = stage.tickets().pop().expect("it is there").id;
    stage.pass_minutes(1);
    stage.person_closes(shared);
    stage.tickets_changed(&[shared]).await;
    assert_eq!(alerts.iter().filter(|alert| is_dismissed(&stage, alert)).count(), 5);
    assert_eq!(stage.asked(DISMISS), 5);
}

#[tokio::test]
async fn t6_a_customer_that_manages_itself_keeps_its_alerts_and_its_ticket_stays_closed() {
    let stage = open(2).await;
    let tenant = stage.customers[1].tenant.clone();
    stage.vendors(|world| world.set_self_service(&tenant, true));
    stage.world.pass_days(1);
    stage.next_look().await;
    let alert = stage.raise(1, "SRV-01");
    stage.next_look().await;
    let ticket = stage.ticket().id;
    stage.pass_minutes(1);
    stage.person_closes(ticket);
    webhooks(&stage, &[ticket]).await;
    assert!(!is_dismissed(&stage, &alert), "it is not ours to dismiss");
    for _ in 0..2 {
        stage.world.pass_days(1);
        stage.next_look().await;
        stage.all_tickets().await;
    }
    assert_eq!(stage.shows(stage.customers[1].company), "closed");
}

#[tokio::test]
async fn t6_a_deleted_ticket_says_nothing_of_its_alert() {
    let stage = open(1).await;
    let alert = stage.raise(0, "SRV-01");
    stage.next_look().await;
    let ticket = stage.ticket().id;
    stage.vendors(|world| world.human_delete_ticket(ticket));
    assert_eq!(webhooks(&stage, &[ticket]).await, [""; 0]);
    stage.all_tickets().await;
    assert!(!is_dismissed(&stage, &alert));
}

#[tokio::test]
async fn t6_a_batch_that_finds_another_run_at_work_or_may_not_read_comes_again() {
    let stage = open(1).await;
    let alert = stage.raise(0, "SRV-01");
    stage.next_look().await;
    let ticket = stage.ticket().id;
    stage.pass_minutes(1);
    stage.person_closes(ticket);
    let (store, connection) = (&stage.world.host.store, &stage.world.connection);
    let held = store.acquire_lease(connection, Job::AlertSync, "another", stage.world.now()).await;
    let held = held.expect("the table is there").expect("it is free");
    let again = [format!("message-{ticket}")];
    assert_eq!(webhooks(&stage, &[ticket]).await, again);
    store.release_lease(held).await.expect("it is given back");
    stage.fail_once("acronis.alerts", FaultKind::StatusBefore { status: 403, body: None });
    assert_eq!(webhooks(&stage, &[ticket]).await, again);
    assert!(!is_dismissed(&stage, &alert));
    assert_eq!(webhooks(&stage, &[ticket]).await, [""; 0]);
    assert!(is_dismissed(&stage, &alert));
}

#[tokio::test]
async fn t6_h2_in_review_mode_a_dismissal_waits_for_approval() {
    let stage = open(1).await;
    let alert = stage.raise(0, "SRV-01");
    stage.next_look().await;
    stage.pass_minutes(1);
    stage.person_closes(stage.ticket().id);
    stage.map(|mapping| mapping.settings.review_mode = true).await;
    assert_eq!(stage.all_tickets().await.record.counts.held, 1);
    assert!(!is_dismissed(&stage, &alert));
    let (host, connection) = (&stage.world.host, &stage.world.connection);
    let plan = ticket_changed::plan(host, connection).await.expect("a plan is made");
    let ids = functions::run::Approve::Ids(vec![plan.held[0].change.id.clone()]);
    ticket_changed::approve(host, connection, &ids, "clerk").await.expect("it is approved");
    stage.all_tickets().await;
    assert!(is_dismissed(&stage, &alert));
}

#[tokio::test]
async fn t6_b3_a_sweep_that_finds_no_ticket_closed_asks_acronis_nothing() {
    let stage = open(1).await;
    (0..5).for_each(|number| _ = stage.raise(0, &format!("SRV-{number}")));
    stage.next_look().await;
    stage.forget_requests();
    stage.all_tickets().await;
    assert_eq!(stage.calls(Vendor::Acronis), 0);
    assert!(stage.calls(Vendor::Autotask) <= 2, "{} calls", stage.calls(Vendor::Autotask));
}
