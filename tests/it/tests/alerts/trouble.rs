//! What keeps a run from its work: refusals (U6), limits and our share of them (B1), the lease, and the time of the run. It
//! is told, it ends, and nothing is lost.

use crate::stage::{NEW, Stage, assert_told, told};
use functions::context::Deadline;
use functions::run::Run;
use sandbox::{Fault, FaultKind, Vendor};
use shared::alert::AlertKind;
use shared::alert_settings::AlertRow;
use shared::run::{Job, Outcome};
use std::time::Duration;

const CREATE: &str = "autotask.tickets.create";
const NOTE: &str = "autotask.ticket_notes.create";
const STATUS: &str = "autotask.tickets.update";

fn refusal(text: &str) -> FaultKind {
    FaultKind::StatusBefore { status: 500, body: Some(format!(r#"{{"errors":["{text}"]}}"#)) }
}

#[track_caller]
fn assert_stopped(run: &Run, why: &str) {
    let Outcome::Stopped(text) = &run.record.outcome else { panic!("{:?}", run.record) };
    assert!(text.contains(why), "{text}");
}

#[tokio::test]
async fn u6_a_refused_ticket_is_told_not_tried_again_the_same_day_and_tried_the_next() {
    let stage = Stage::open(2).await;
    let texts = ["The contract is inactive.", "Picklist value 8 on field queueID does not exist or is inactive."];
    for (status, text) in [(500, texts[0]), (403, texts[1])] {
        let refused = stage.raise(0, text);
        let fine = stage.raise(1, text);
        let body = Some(format!(r#"{{"errors":["{text}"]}}"#));
        stage.fail_once(CREATE, FaultKind::StatusBefore { status, body });
        let run = stage.next_look_fails().await;
        assert_told(&run, &format!("Autotask refused it: POST /ATServicesRest/v1.0/Tickets: status {status}: {text}"));
        let naming = stage.open_tickets_by_alert();
        assert_eq!((naming.contains_key(&refused), naming.contains_key(&fine)), (false, true), "one only");
        stage.forget_requests();
        for _ in 0..3 {
            assert_told(&stage.next_look().await, text);
        }
        assert_eq!(stage.asked(CREATE), 0, "not the same day");
        stage.world.pass_days(1);
        assert_eq!(told(&stage.look().await), "");
        assert_eq!(stage.asked(CREATE), 1);
        stage.each_active_alert_is_in_one_ticket();
    }
}

#[tokio::test]
async fn u6_what_was_refused_is_tried_again_the_same_day_when_what_is_sent_changes() {
    let stage = Stage::open(1).await;
    stage.raise(0, "SRV-01");
    stage.fail_once(CREATE, refusal("Not into this queue."));
    stage.next_look_fails().await;
    let row = AlertRow { queue: Some(29_682_969), ..AlertRow::default() };
    stage.map(|mapping| _ = mapping.alerts.insert(AlertKind::new("BackupFailed"), row)).await;
    stage.next_look().await;
    assert_eq!(stage.ticket().queue, Some(29_682_969));
}

#[tokio::test]
async fn u6_a_refused_note_or_status_is_told_and_tried_the_next_day() {
    for (operation, auto_close) in [(NOTE, false), (STATUS, false), (STATUS, true), (NOTE, true)] {
        let stage = Stage::open(1).await;
        stage.set(|tickets| tickets.auto_close = auto_close).await;
        let alert = stage.raise(0, "SRV-01");
        stage.next_look().await;
        let ticket = stage.ticket().id;
        match (operation, auto_close) {
            (NOTE, true) => _ = stage.vendors(|world| world.human_take_ticket(ticket)),
            (_, true) => {}
            _ => stage.person_closes(ticket),
        }
        stage.clear(&alert);
        if !auto_close {
            stage.next_look().await;
            stage.raise_again(&alert);
        }
        stage.fail_once(operation, refusal("No."));
        let run = stage.next_look_fails().await;
        assert_told(&run, "Autotask refused it");
        stage.forget_requests();
        for _ in 0..3 {
            assert_told(&stage.next_look().await, "Autotask refused it");
        }
        assert_eq!((stage.asked(NOTE), stage.asked(STATUS)), (0, 0), "{operation} {auto_close}");
        stage.world.pass_days(1);
        assert_eq!(told(&stage.look().await), "", "{operation} {auto_close}");
        let notes = usize::from(operation == NOTE || !auto_close);
        assert_eq!(stage.notes(ticket).len(), notes, "{operation} {auto_close}");
        assert_eq!(stage.ticket().status == NEW, !(auto_close && operation == STATUS), "{operation} {auto_close}");
    }
}

#[tokio::test]
async fn u6_five_refusals_in_a_row_stop_the_run_for_then_it_is_us_who_are_refused() {
    let stage = Stage::open(3).await;
    (0..12).for_each(|number| _ = stage.raise(number % 3, &format!("SRV-{number}")));
    stage.vendors(|world| world.settings.unwritable.insert("Tickets".to_owned()));
    let run = stage.next_look_fails().await;
    assert_eq!((run.record.counts.refused, stage.asked(CREATE)), (5, 5));
    stage.vendors(|world| world.settings.unwritable.clear());
    stage.next_look().await;
    assert_eq!(stage.tickets().len(), 7, "the others");
    stage.world.pass_days(1);
    stage.look().await;
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn b1_limits_are_waited_out_as_the_vendor_asks_and_nothing_is_sent_twice() {
    let stage = Stage::open(1).await;
    (0..6).for_each(|number| _ = stage.raise(0, &format!("SRV-{number}")));
    let limits = [
        FaultKind::Throttle { retry_after: Some(1) },
        FaultKind::Throttle { retry_after: None },
        FaultKind::ThreadLimitText { status: 429 },
        FaultKind::ThreadLimitText { status: 500 },
    ];
    for (place, kind) in limits.into_iter().enumerate() {
        stage.world.sandbox.fail(Fault::once(CREATE, kind).after(place * 2));
    }
    let started = std::time::Instant::now();
    stage.next_look().await;
    assert!(started.elapsed() >= Duration::from_secs(1), "a second was asked for");
    assert_eq!((stage.tickets().len(), stage.asked(CREATE)), (6, 10));
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn b1_a_vendor_that_wants_to_be_left_alone_for_long_is_and_the_next_run_goes_on() {
    let stage = Stage::open(1).await;
    (0..10).for_each(|number| _ = stage.raise(0, &format!("SRV-{number}")));
    stage.world.sandbox.fail(Fault::once(CREATE, FaultKind::Throttle { retry_after: Some(600) }).after(3));
    stage.pass_minutes(5);
    assert_stopped(&stage.look_as_it_is().await, "Autotask takes no more for now");
    assert_eq!((stage.tickets().len(), stage.asked(CREATE)), (3, 4));
    stage.next_look().await;
    assert_eq!((stage.tickets().len(), stage.asked(CREATE)), (10, 11), "what was not run waits for nothing");
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn t4_b1_a_closing_never_waits_for_a_limit_but_is_looked_at_again_first() {
    let stage = Stage::open(1).await;
    stage.set(|tickets| tickets.auto_close = true).await;
    // The vendor turns away the closing itself, or what is done before it.
    for operation in [STATUS, CREATE] {
        let alert = stage.raise_of(0, "BackupCanceled", operation);
        stage.next_look().await;
        let ticket = stage.ticket_of(&alert).id;
        stage.clear(&alert);
        stage.raise(0, operation);
        stage.forget_requests();
        stage.fail_once(operation, FaultKind::Throttle { retry_after: None });
        stage.next_look().await;
        assert_eq!((stage.asked(STATUS), stage.asked(CREATE)), if operation == STATUS { (1, 1) } else { (0, 2) });
        // Somebody takes it meanwhile.
        assert!(stage.vendors(|world| world.human_take_ticket(ticket)));
        stage.next_look().await;
        assert_eq!(stage.ticket_of(&alert).status, NEW, "{operation}");
        assert_eq!(stage.notes(ticket).len(), 1, "{operation}");
    }
}

#[tokio::test]
async fn b1_our_share_used_up_stops_in_good_order_and_the_next_hour_goes_on() {
    let stage = Stage::open(2).await;
    (0..40).for_each(|number| _ = stage.raise(number % 2, &format!("SRV-{number:02}")));
    // Tickets may spend a tenth of it in an hour.
    stage.vendors(|world| world.settings.hourly_limit = 250);
    let mut hours = 0;
    loop {
        hours += 1;
        stage.pass_minutes(61);
        stage.forget_requests();
        let run = stage.look_as_it_is().await;
        let calls = stage.calls(Vendor::Autotask);
        assert!(calls <= 25, "{calls} calls in an hour");
        assert!(stage.world.sandbox.requests().iter().all(|seen| seen.status != 429));
        // The schedule comes again within the hour.
        stage.pass_minutes(5);
        let again = stage.look_as_it_is().await;
        assert!(stage.calls(Vendor::Autotask) <= 27, "the zone and the counter may be asked for");
        match run.record.outcome {
            Outcome::Complete => break,
            Outcome::Stopped(_) => assert_stopped(&again, "our share of Autotask's hourly limit is used up"),
            other => panic!("{other}"),
        }
        assert!(hours < 10, "{} tickets", stage.tickets().len());
    }
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn u6_a_run_that_finds_another_at_work_is_skipped_and_the_next_does_its_work() {
    let stage = Stage::open(1).await;
    stage.raise(0, "SRV-01");
    let (store, connection) = (&stage.world.host.store, &stage.world.connection);
    let held = store.acquire_lease(connection, Job::AlertSync, "another", stage.world.now()).await;
    held.expect("the table is there").expect("it is free");
    stage.forget_requests();
    assert_eq!(stage.look_as_it_is().await.record.outcome, Outcome::Skipped);
    assert_eq!(stage.tickets_changed(&[1]).await.record.outcome, Outcome::Skipped, "they share it");
    assert_eq!(stage.world.sandbox.requests().len(), 0);
    stage.next_look().await;
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn a_run_near_its_deadline_stops_in_good_order_and_the_next_goes_on() {
    // Too near to begin, and near enough to stop on the way.
    for left in [Duration::from_secs(29), Duration::from_millis(30_700)] {
        let mut stage = Stage::open(1).await;
        (0..20).for_each(|number| _ = stage.raise(0, &format!("SRV-{number:02}")));
        stage.world.sandbox.fail(Fault::always(CREATE, FaultKind::Delay { millis: 200 }));
        stage.pass_minutes(5);
        stage.world.host.deadline = Deadline::after(left);
        assert_stopped(&stage.look_as_it_is().await, "the time of this run is over");
        assert!(stage.tickets().len() < 20);
        stage.world.sandbox.clear_faults();
        stage.world.host.deadline = Deadline::none();
        stage.next_look().await;
        assert_eq!(stage.asked(CREATE), 20, "nothing was left open");
        stage.each_active_alert_is_in_one_ticket();
    }
}

#[tokio::test]
async fn a_run_whose_deadline_passed_while_it_read_makes_nothing_and_loses_nothing() {
    let mut stage = Stage::open(1).await;
    stage.raise(0, "SRV-01");
    stage.pass_minutes(5);
    stage.world.host.deadline = Deadline::after(Duration::ZERO);
    assert_ne!(stage.look_as_it_is().await.record.outcome, Outcome::Complete);
    stage.world.host.deadline = Deadline::none();
    stage.next_look().await;
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn a_read_that_autotask_fails_fails_the_run_and_the_next_does_its_work() {
    let reads = [
        "autotask.zone",
        "autotask.threshold",
        "autotask.tickets.query",
        "autotask.companies.query",
        "autotask.contracts.query",
        "autotask.configuration_items.query",
        "autotask.tickets.fields",
        "autotask.ticket_notes.fields",
        "acronis.alert_types",
        "acronis.tenants",
        "acronis.client",
    ];
    let stage = Stage::open(1).await;
    for operation in reads {
        let alert = stage.raise(0, operation);
        stage.forget_requests();
        stage.world.sandbox.fail(Fault::always(operation, FaultKind::StatusBefore { status: 400, body: None }));
        stage.next_look_fails().await;
        assert_eq!(stage.asked(CREATE), 0, "{operation}");
        stage.world.sandbox.clear_faults();
        stage.next_look().await;
        assert_eq!(stage.open_tickets_by_alert()[&alert].len(), 1, "{operation}");
    }
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn u6_a_read_in_the_midst_of_changes_that_fails_leaves_nothing_open() {
    let stage = Stage::open(1).await;
    stage.set(|tickets| tickets.auto_close = true).await;
    let cleared = stage.raise(0, "SRV-01");
    stage.next_look().await;
    stage.clear(&cleared);
    (2..5).for_each(|number| _ = stage.raise(0, &format!("SRV-{number:02}")));
    let refused = FaultKind::StatusBefore { status: 400, body: None };
    // The first three are for the plan: by id, by key, and once more before the closing.
    stage.world.sandbox.fail(Fault::once("autotask.tickets.query", refused).after(2));
    stage.next_look_fails().await;
    assert!(stage.links().await.iter().all(|link| link.sent.is_none()), "nothing was sent");
    stage.next_look().await;
    assert_eq!(stage.shows(stage.customers[0].company), "closed, open, open, open");
}
