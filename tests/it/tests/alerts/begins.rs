//! How tickets begin: the switch-on (T8, M5), the first plan and its approval, review mode (H2), and a plan that is only
//! looked at.

use crate::idle::{stored, written};
use crate::stage::{Stage, assert_told, told};
use functions::run::Approve;
use functions::ticket_changed::{self, Tickets};
use sandbox::acronis::alerts::Severity;
use shared::run::{Mode, Outcome};

#[tokio::test]
async fn t8_only_alerts_raised_from_the_switch_on_on_make_tickets_and_the_number_is_shown_first() {
    let stage = Stage::closed(2).await;
    let before = stage.raise(0, "SRV-01");
    let gone = stage.raise(0, "SRV-02");
    stage.clear(&gone);
    stage.pass_minutes(30);
    stage.set(|tickets| tickets.enabled = true).await;
    let plan = stage.plan().await;
    let shown: Vec<String> = plan.findings.iter().map(ToString::to_string).collect();
    assert!(shown.concat().contains("0 tickets from alerts raised since"), "{shown:?}");
    assert!(shown.concat().contains("1 active alert raised before make none"), "{shown:?}");
    stage.approve_all().await;
    stage.pass_minutes(2);
    stage.raise(1, "SRV-03");
    stage.next_look().await;
    assert_eq!(stage.ticket().title, "Backup failed: SRV-03");
    // What was passed over counts once it is raised anew.
    stage.clear(&before);
    stage.next_look().await;
    stage.raise_again(&before);
    stage.next_look().await;
    stage.raise_again(&gone);
    stage.next_look().await;
    assert_eq!(stage.tickets().len(), 3);
}

#[tokio::test]
async fn t8_or_those_of_the_last_days() {
    let stage = Stage::closed(1).await;
    for day in 0..5 {
        stage.raise(0, &format!("SRV-{day}"));
        stage.world.pass_days(1);
    }
    stage.set(|tickets| (tickets.enabled, tickets.days_before_switch_on) = (true, 3)).await;
    let plan = stage.plan().await;
    let shown: Vec<String> = plan.findings.iter().map(ToString::to_string).collect();
    assert!(shown.concat().contains("3 tickets from alerts raised since"), "{shown:?}");
    assert_eq!(plan.held.len(), 3);
    stage.approve_all().await;
    stage.look().await;
    let titles: Vec<String> = stage.tickets().into_iter().map(|ticket| ticket.title).collect();
    assert_eq!(titles, ["Backup failed: SRV-2", "Backup failed: SRV-3", "Backup failed: SRV-4"]);
}

#[tokio::test]
async fn t8_switched_off_and_on_again_nothing_is_made_of_what_was_raised_in_between() {
    let stage = Stage::open(1).await;
    let kept = stage.raise(0, "SRV-01");
    stage.next_look().await;
    stage.set(|tickets| tickets.enabled = false).await;
    assert_told(&stage.next_look().await, "ticket sync is off");
    stage.raise(0, "SRV-02");
    stage.clear(&kept);
    stage.forget_requests();
    stage.next_look().await;
    assert_eq!(stage.world.sandbox.requests().len(), 0, "nobody is asked while it is off");
    stage.pass_minutes(60);
    stage.set(|tickets| (tickets.enabled, tickets.auto_close) = (true, true)).await;
    stage.next_look().await;
    stage.raise(0, "SRV-03");
    stage.next_look().await;
    let titles: Vec<String> = stage.tickets().into_iter().map(|ticket| ticket.title).collect();
    assert_eq!(titles, ["Backup failed: SRV-01", "Backup failed: SRV-03"]);
    assert_eq!(stage.shows(stage.customers[0].company), "closed, open", "what cleared meanwhile is closed");
}

#[tokio::test]
async fn m5_nothing_is_made_before_the_first_plan_is_approved_and_nothing_raised_until_then_is_lost() {
    let stage = Stage::closed(1).await;
    stage.set(|tickets| tickets.enabled = true).await;
    stage.look().await;
    for number in 0..3 {
        stage.raise(0, &format!("SRV-{number}"));
        let run = stage.next_look().await;
        assert_eq!((run.record.counts.changes, run.record.counts.held), (0, number + 1), "{:?}", run.record);
    }
    assert_eq!(stage.tickets().len(), 0);
    stage.approve_all().await;
    stage.next_look().await;
    assert_eq!(stage.tickets().len(), 3);
}

#[tokio::test]
async fn m5_the_first_plan_is_approved_whole_or_not_at_all_and_refused_where_the_world_moved() {
    let stage = Stage::closed(1).await;
    let plan = stage.plan().await;
    let refused = stage.approve(Approve::Plan(plan.id)).await.expect_err("there is none");
    assert!(format!("{refused:#}").contains("there is no plan to approve yet"), "{refused:#}");
    stage.set(|tickets| tickets.enabled = true).await;
    stage.look().await;
    stage.raise(0, "SRV-01");
    let shown = stage.plan().await;
    let single = Approve::Ids(vec![shown.held[0].change.id.clone()]);
    let refused = stage.approve(single).await.expect_err("only the whole");
    assert!(format!("{refused:#}").contains("the first plan is approved as a whole"), "{refused:#}");
    stage.raise(0, "SRV-02");
    let refused = stage.approve(Approve::Plan(shown.id)).await.expect_err("one more alert");
    assert!(format!("{refused:#}").contains("is no longer what would be done"), "{refused:#}");
    stage.next_look().await;
    assert_eq!(stage.tickets().len(), 0);
    stage.approve_all().await;
    stage.next_look().await;
    assert_eq!(stage.tickets().len(), 2);
}

#[tokio::test]
async fn h2_in_review_mode_each_change_waits_for_its_own_approval() {
    let stage = Stage::open(1).await;
    stage.map(|mapping| mapping.settings.review_mode = true).await;
    stage.set(|tickets| tickets.auto_close = true).await;
    let alerts = ["SRV-01", "SRV-02", "SRV-03"].map(|device| stage.raise(0, device));
    let run = stage.next_look().await;
    assert_eq!((run.record.counts.held, run.record.counts.made), (3, 0));
    let plan = stage.plan().await;
    stage.approve(Approve::Ids(vec![plan.held[1].change.id.clone()])).await.expect("it is approved");
    stage.next_look().await;
    assert_eq!(stage.ticket().title, "Backup failed: SRV-02");
    // One that became another meanwhile is not what was shown.
    let shown = stage.plan().await.held[0].change.id.clone();
    stage.vendors(|world| world.set_alert_severity(&alerts[0], Severity::Warning));
    let refused = stage.approve(Approve::Ids(vec![shown])).await.expect_err("it moved");
    assert!(format!("{refused:#}").contains("is not in the plan any more"), "{refused:#}");
    // A closing, a reopening and a note wait too.
    stage.clear(&alerts[1]);
    stage.next_look().await;
    assert_eq!(stage.shows(stage.customers[0].company), "open");
    let plan = stage.approve_all().await;
    assert_eq!(plan.held.len(), 3);
    stage.next_look().await;
    assert_eq!(stage.shows(stage.customers[0].company), "closed, open, open");
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn a_plan_that_is_only_looked_at_writes_nothing_but_its_record_and_makes_nothing() {
    let (stage, wire) = Stage::wired(2).await;
    stage.set(|tickets| (tickets.auto_close, tickets.dismiss_on_close) = (true, true)).await;
    let [cleared, back, closed] = ["SRV-01", "SRV-02", "SRV-03"].map(|device| stage.raise(0, device));
    stage.next_look().await;
    stage.clear(&cleared);
    stage.pass_minutes(1);
    stage.person_closes(stage.ticket_of(&back).id);
    stage.person_closes(stage.ticket_of(&closed).id);
    stage.pass_minutes(1);
    stage.raise_again(&back);
    stage.raise(1, "SRV-04");
    stage.pass_minutes(5);
    let (tickets, before) = (stage.tickets(), stored(&wire).await);
    stage.forget_requests();
    let run = stage.look_in(Mode::Plan).await;
    assert_eq!((run.record.outcome.clone(), run.record.counts.changes), (Outcome::Complete, 3), "{:?}", run.record);
    let plan = stage.plan().await;
    assert_eq!(plan.changes.len(), 3);
    let sweep = ticket_changed::run(&stage.world.host, &stage.world.connection, Tickets::All, Mode::Plan);
    let sweep = sweep.await.expect("it is recorded").record;
    assert_eq!((sweep.outcome, sweep.counts.changes), (Outcome::Complete, 1), "of the one that is closed");
    let keys = written(&before, &stored(&wire).await);
    assert!(keys.iter().all(|key| key.contains("#runs") || key.contains("#held")), "{keys:?}");
    assert_eq!(stage.tickets(), tickets);
    let sent = stage.world.sandbox.requests();
    let writes = sent.iter().filter(|seen| seen.method != "GET" && !seen.operation.ends_with(".query"));
    assert!(writes.into_iter().all(|seen| seen.operation == "acronis.token"), "no writer is made");
    let run = stage.look().await;
    assert_eq!((run.record.counts.made, told(&run).as_str()), (3, ""));
}
