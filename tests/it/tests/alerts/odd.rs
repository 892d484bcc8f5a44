//! Alerts as odd as the vendor, or whoever names a machine, can make them; and replies in the midst of which something
//! goes wrong. No alert is lost by it, and no ticket closed.

use crate::stage::{COMPLETE, Stage, assert_told, told};
use sandbox::acronis::alerts::NewAlert;
use sandbox::acronis::alerts::details::SHAPES;
use sandbox::{Fault, FaultKind};
use serde_json::{Value, json};
use shared::run::Outcome;

const ALERTS: &str = "acronis.alerts";

#[tokio::test]
async fn details_of_every_shape_make_a_ticket_that_says_what_is_told() {
    let stage = Stage::open(1).await;
    for shape in SHAPES {
        stage.raise_as(0, "BackupFailed", |alert| alert.about("SRV-01", "Daily").shape(shape));
    }
    let texts: [Value; 8] = [
        json!("The disk is full."),
        json!(["a", 1, null]),
        json!(17),
        json!(true),
        json!({"resourceName": {"name": "SRV"}, "planName": 7, "errorMessage": [], "error": "broken"}),
        json!({"title": ["x"], "resourceName": "", "resourceId": null, "errorMessage": {"reason": {"text": "deep"}}}),
        json!({"resourceName": "SRV\u{0}\u{7}\r\n01", "errorMessage": {"reason": "a\u{1b}[31mred"}}),
        json!({"error": {"text": "1", "suberror": {"text": "2", "suberror": {"text": "3"}}}}),
    ];
    for details in texts {
        stage.raise_as(0, "BackupFailed", |alert| alert.details(details));
    }
    let run = stage.next_look().await;
    assert_eq!(run.record.counts.made, SHAPES.len() + 8, "{:?}", run.record);
    stage.each_active_alert_is_in_one_ticket();
    for ticket in stage.tickets() {
        assert!(!ticket.title.trim().is_empty() && !ticket.title.contains(char::is_control), "{:?}", ticket.title);
    }
    stage.set(|tickets| tickets.auto_close = true).await;
    let alerts: Vec<String> = stage.vendors(|world| world.alerts()).into_iter().map(|alert| alert.id).collect();
    alerts.iter().for_each(|alert| stage.clear(alert));
    stage.next_look().await;
    assert!(stage.tickets().iter().all(|ticket| ticket.status == COMPLETE));
}

#[tokio::test]
async fn details_as_long_as_somebody_likes_make_tickets_and_hold_up_nobody_else() {
    let stage = Stage::open(2).await;
    for letter in ["x", "𝄞", "\"", "e\u{301}"] {
        let long = letter.repeat(9_000);
        let names = ["resourceName", "resourceId", "planName", "planId", "title", "description"];
        let mut details: serde_json::Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), json!(long))).collect();
        let error = json!({"text": long, "suberror": {"text": long, "suberror": {"text": long}}});
        details.insert("error".to_owned(), error);
        for _ in 0..5 {
            stage.raise_as(0, "BackupFailed", |alert| alert.details(Value::Object(details.clone())));
        }
    }
    stage.raise(1, "SRV-01");
    let run = stage.next_look().await;
    assert_eq!(stage.vendors(|world| world.tickets_of(stage.customers[1].company)).len(), 1, "{:?}", run.record);
    stage.next_look().await;
    assert_eq!(stage.next_look().await.record.counts.changes, 0);
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn types_and_severities_never_seen_make_tickets_and_the_type_is_told() {
    let stage = Stage::open(1).await;
    stage.vendors(|world| world.settings.unlisted_alert_types.insert("BackupCorrupted".to_owned()));
    stage.raise_of(0, "BackupCorrupted", "SRV-01");
    stage.raise_as(0, "cti.a.p.am.alert.v1.0~new.vendor.disk_melted.v2.0", |alert| NewAlert {
        category: Some("Backup".to_owned()),
        ..alert
    });
    let run = stage.next_look().await;
    assert_told(&run, "alerts of type BackupCorrupted, which Acronis does not list; its tickets are as usual");
    assert_eq!(run.record.counts.made, 2);
    assert!(stage.tickets()[1].title.starts_with("Disk melted"), "{}", stage.tickets()[1].title);
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn moments_told_to_the_nanosecond_are_kept_apart_and_equal_ones_lose_nothing() {
    for share in [false, true] {
        let stage = Stage::open(1).await;
        stage.set(|tickets| tickets.auto_close = true).await;
        stage.vendors(|world| world.settings.alerts_share_moments = share);
        stage.vendors(|world| world.settings.alert_page_size = 2);
        let alerts: Vec<String> = (0..7).map(|number| stage.raise(0, &format!("SRV-{number}"))).collect();
        stage.next_look().await;
        assert_eq!(stage.tickets().len(), 7, "moments shared: {share}");
        // Cleared and back within the same second, and cleared again.
        stage.clear(&alerts[0]);
        stage.raise_again(&alerts[0]);
        stage.clear(&alerts[1]);
        stage.next_look().await;
        assert_eq!(stage.ticket_of(&alerts[1]).status, COMPLETE);
        assert_ne!(stage.ticket_of(&alerts[0]).status, COMPLETE);
        stage.each_active_alert_is_in_one_ticket();
    }
}

#[tokio::test]
async fn ids_come_in_any_case_and_are_the_same_alert() {
    let stage = Stage::open(1).await;
    let alert = stage.raise(0, "SRV-01");
    assert_eq!(alert, alert.to_uppercase(), "as Acronis writes it");
    stage.next_look().await;
    let ticket = stage.ticket();
    assert_eq!(ticket.external_id, format!("acronis:{}", alert.to_lowercase()));
    // A key that differs in case only is somebody else's.
    assert_eq!(stage.links().await[0].alert.id.as_str(), alert.to_lowercase());
}

#[tokio::test]
async fn hollow_pages_and_small_ones_are_followed_to_the_end() {
    let stage = Stage::open(1).await;
    stage.vendors(|world| (world.settings.alert_page_size, world.settings.alert_hollow_pages) = (3, true));
    (0..10).for_each(|number| _ = stage.raise(0, &format!("SRV-{number}")));
    stage.next_look().await;
    assert_eq!(stage.tickets().len(), 10);
    stage.world.pass_days(1);
    stage.next_look().await;
    stage.each_active_alert_is_in_one_ticket();
}

/// What goes wrong while alerts are read, so that not all of them are.
fn broken_lists() -> Vec<(&'static str, Fault)> {
    let forbidden = json!({"domain": "AlertManager", "code": "AccessDenied", "reason": "The tenant is not resolved."});
    let forbidden = FaultKind::StatusBefore { status: 403, body: Some(forbidden.to_string()) };
    vec![
        ("a page repeats", Fault::always(ALERTS, FaultKind::RepeatPage).after(1)),
        ("pages go in circles", Fault::always(ALERTS, FaultKind::LoopPages).after(1)),
        ("a page breaks off", Fault::always(ALERTS, FaultKind::CutBody).after(1)),
        ("a page is no JSON", Fault::always(ALERTS, FaultKind::BrokenJson).after(1)),
        ("the permission is lost", Fault::always(ALERTS, forbidden.clone())),
        ("the permission is lost in the midst", Fault::always(ALERTS, forbidden).after(1)),
        ("an HTML page of a gateway", Fault::always(ALERTS, FaultKind::HtmlBody { status: 502 }).after(1)),
        ("no token is good enough", Fault::always(ALERTS, FaultKind::HtmlBody { status: 401 }).after(1)),
    ]
}

#[tokio::test]
async fn a_list_that_is_not_read_whole_fails_the_run_and_closes_nothing() {
    let stage = Stage::open(1).await;
    stage.set(|tickets| tickets.auto_close = true).await;
    stage.vendors(|world| world.settings.alert_page_size = 2);
    let alerts: Vec<String> = (0..6).map(|number| stage.raise(0, &format!("SRV-{number}"))).collect();
    stage.next_look().await;
    for daily in [false, true] {
        for (what, fault) in broken_lists() {
            if daily {
                stage.world.pass_days(1);
            }
            stage.vendors(|world| world.change_alert(&alerts[0], |_| {}));
            stage.vendors(|world| world.change_alert(&alerts[1], |_| {}));
            stage.raise(0, &format!("{what} {daily}"));
            let tickets = stage.tickets();
            stage.world.sandbox.fail(fault);
            let run = stage.next_look_fails().await;
            assert_eq!(stage.tickets(), tickets, "{what}: {:?}", run.record);
            stage.world.sandbox.clear_faults();
            stage.next_look().await;
            assert_eq!(stage.tickets().len(), tickets.len() + 1, "{what}");
            stage.each_active_alert_is_in_one_ticket();
        }
    }
}

#[tokio::test]
async fn a_token_that_ends_in_the_midst_and_troubles_that_pass_are_waited_out() {
    let stage = Stage::open(1).await;
    stage.vendors(|world| world.settings.alert_page_size = 2);
    let passing = [
        FaultKind::ExpireToken,
        FaultKind::HtmlBody { status: 401 },
        FaultKind::HtmlBody { status: 503 },
        FaultKind::Throttle { retry_after: None },
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::CutBody,
    ];
    for kind in passing {
        (0..4).for_each(|number| _ = stage.raise(0, &format!("{kind:?} {number}")));
        let tickets = stage.tickets().len();
        stage.world.sandbox.fail(Fault::once(ALERTS, kind.clone()).after(1));
        stage.pass_minutes(5);
        let run = stage.look_as_it_is().await;
        if run.record.outcome != Outcome::Complete {
            stage.next_look().await;
        }
        assert_eq!(stage.tickets().len(), tickets + 4, "{kind:?}: {:?}", run.record);
    }
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn h1_alerts_that_vanish_in_crowds_close_nothing_and_are_told() {
    let stage = Stage::open(2).await;
    stage.set(|tickets| tickets.auto_close = true).await;
    let alerts: Vec<String> = (0..10).map(|number| stage.raise(number % 2, &format!("SRV-{number}"))).collect();
    stage.next_look().await;
    // All of a type behave as if they did not exist.
    stage.vendors(|world| world.enable_alert_type("BackupFailed", false));
    stage.world.pass_days(1);
    let run = stage.next_look().await;
    assert_told(&run, "10 of 10 alerts with tickets are no longer listed");
    assert!(stage.tickets().iter().all(|ticket| ticket.status != COMPLETE));
    stage.vendors(|world| world.enable_alert_type("BackupFailed", true));
    stage.world.pass_days(1);
    assert_eq!(told(&stage.next_look().await), "");
    stage.each_active_alert_is_in_one_ticket();
    // One or two may clear without a word: the vendor forgot them.
    stage.vendors(|world| world.settings.alert_retention_days = Some(0));
    alerts[..2].iter().for_each(|alert| stage.clear(alert));
    stage.world.pass_days(1);
    stage.next_look().await;
    assert_eq!(stage.tickets().iter().filter(|ticket| ticket.status == COMPLETE).count(), 2);
    // Truly gone, and an operator says so.
    alerts[2..].iter().for_each(|alert| stage.clear(alert));
    stage.world.pass_days(1);
    assert_told(&stage.next_look().await, "8 of 8 alerts");
    stage.map(|mapping| mapping.settings.holds.vanished = false).await;
    stage.next_look().await;
    assert!(stage.tickets().iter().all(|ticket| ticket.status == COMPLETE));
}
