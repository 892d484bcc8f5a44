//! What looks at alerts leave for people: which tickets are planned or held and not made, and what was found since all
//! alerts were looked at; and a first plan that is approved as it was left (M5).

use crate::idle::{stored, written};
use crate::stage::Stage;
use functions::run::Approve;
use functions::ticket_changed;
use shared::held::{Kept, kept_plan_id};
use shared::run::{Approval, Job, Mode};
use std::collections::{BTreeMap, BTreeSet};

async fn kept_by(stage: &Stage, job: Job) -> Vec<Kept> {
    stage.world.host.store.held_of(&stage.world.connection, job).await.expect("it is read")
}

async fn kept(stage: &Stage) -> Vec<Kept> {
    kept_by(stage, Job::AlertSync).await
}

fn ids(kept: &[Kept]) -> BTreeSet<String> {
    kept.iter().flat_map(|kept| &kept.changes).map(|change| change.id.clone()).collect()
}

fn found(kept: &[Kept]) -> BTreeSet<&'static str> {
    kept.iter().flat_map(|kept| &kept.findings).map(|kept| kept.finding.what.kind()).collect()
}

#[tokio::test]
async fn what_is_held_is_kept_as_the_plan_has_it_at_each_look_and_is_gone_once_it_is_made() {
    let stage = Stage::open(2).await;
    stage.map(|mapping| mapping.settings.review_mode = true).await;
    stage.look().await;
    stage.raise(0, "SRV-01");
    stage.next_look().await;
    stage.raise(1, "SRV-02");
    let run = stage.next_look().await;
    assert!(!run.record.everybody, "a look at what changed");
    let plan = stage.plan().await;
    let left = kept(&stage).await;
    assert_eq!((ids(&left), plan.held.len()), (plan.approvable().map(str::to_owned).collect(), 2));
    let one = left.iter().find(|kept| kept.company == Some(stage.company(0))).expect("it is kept");
    assert_eq!(one.changes[0].what, "Backup failed: SRV-01");
    assert!(one.changes[0].becomes.starts_with("new: "), "{one:?}");
    stage.approve(Approve::Ids(vec![one.changes[0].id.clone()])).await.expect("it is approved");
    stage.next_look().await;
    assert_eq!((stage.tickets().len(), ids(&kept(&stage).await).len()), (1, 1));
    stage.map(|mapping| mapping.settings.review_mode = false).await;
    stage.next_look().await;
    assert_eq!((stage.tickets().len(), kept(&stage).await), (2, vec![]));
}

#[tokio::test]
async fn b3_an_idle_look_keeps_nothing_and_what_was_found_stays_until_all_alerts_are_looked_at() {
    let (stage, wire) = Stage::wired(2).await;
    let unmapped = stage.vendors(|world| world.add_tenant("Nobody's", None));
    stage.vendors(|world| world.raise_alert(&unmapped, "BackupFailed"));
    stage.next_look().await;
    assert_eq!(found(&kept(&stage).await), BTreeSet::from(["unmapped-alerts"]));
    for _ in 0..6 {
        let before = stored(&wire).await;
        stage.next_look().await;
        let keys = written(&before, &stored(&wire).await);
        assert!(keys.iter().all(|key| !key.contains("#held")), "{keys:?}");
    }
    stage.raise(0, "SRV-01");
    stage.next_look().await;
    assert_eq!(
        found(&kept(&stage).await),
        BTreeSet::from(["unmapped-alerts"]),
        "of another alert nothing is said of it"
    );
    stage.vendors(|world| {
        let alerts: Vec<String> =
            world.alerts().into_iter().filter(|alert| alert.tenant_id == unmapped).map(|alert| alert.id).collect();
        alerts.iter().for_each(|alert| assert!(world.clear_alert(alert)));
    });
    stage.world.pass_days(1);
    stage.look().await;
    assert_eq!(kept(&stage).await, vec![], "nothing is found any more");
}

#[tokio::test]
async fn dismissals_are_kept_by_ticket_and_those_of_other_tickets_stay() {
    let stage = Stage::open(1).await;
    stage.set(|tickets| tickets.dismiss_on_close = true).await;
    let alerts = [stage.raise(0, "SRV-01"), stage.raise(0, "SRV-02")];
    stage.next_look().await;
    stage.map(|mapping| mapping.settings.review_mode = true).await;
    let tickets = alerts.map(|alert| stage.ticket_of(&alert).id);
    tickets.iter().for_each(|ticket| stage.person_closes(*ticket));
    for ticket in tickets {
        stage.tickets_changed(&[ticket]).await;
    }
    let plan = ticket_changed::plan(&stage.world.host, &stage.world.connection).await.expect("a plan is made");
    let left = kept_by(&stage, Job::TicketChanged).await;
    assert_eq!((ids(&left), plan.held.len()), (plan.approvable().map(str::to_owned).collect(), 2));
    stage.map(|mapping| mapping.settings.review_mode = false).await;
    stage.tickets_changed(&tickets[..1]).await;
    assert_eq!(ids(&kept_by(&stage, Job::TicketChanged).await).len(), 1);
    stage.all_tickets().await;
    assert_eq!(kept_by(&stage, Job::TicketChanged).await, vec![]);
}

/// Ticket sync is on, alerts of the last days count, and the first plan waits as a look left it.
async fn first_plan_left() -> Stage {
    let stage = Stage::closed(2).await;
    stage.raise(0, "SRV-01");
    stage.raise(1, "SRV-02");
    stage.world.pass_days(1);
    stage.set(|tickets| (tickets.enabled, tickets.days_before_switch_on) = (true, 3)).await;
    stage.look().await;
    stage
}

/// Approves the first plan as the console does: by what is left.
async fn approve_as_left(stage: &Stage) {
    let left = kept(stage).await;
    let mut all: Vec<String> = ids(&left).into_iter().collect();
    all.push(kept_plan_id(Job::AlertSync, left.iter()).expect("all of it is kept"));
    let (by, at) = ("Ada".to_owned(), stage.world.now());
    let approval = Approval { ids: all, companies: BTreeSet::new(), lines: BTreeMap::new(), by, at };
    let store = &stage.world.host.store;
    store.save_approval(&stage.world.connection, &approval).await.expect("it is kept");
}

async fn is_approved(stage: &Stage) -> bool {
    let connection = stage.world.host.store.connection(&stage.world.connection).await.expect("it is read");
    connection.expect("it is there").first_tickets_approved
}

#[tokio::test]
async fn m5_t8_the_first_plan_of_tickets_is_made_by_the_next_look_once_it_is_approved_as_it_was_left() {
    for mode in [Mode::Apply, Mode::Plan] {
        let stage = first_plan_left().await;
        assert!(found(&kept(&stage).await).contains("at-switch-on"));
        approve_as_left(&stage).await;
        stage.pass_minutes(5);
        let run = stage.look_in(mode).await;
        assert!(run.record.everybody && is_approved(&stage).await, "{:?}", run.record);
        assert_eq!(stage.tickets().len(), if mode == Mode::Apply { 2 } else { 0 });
        stage.next_look().await;
        assert_eq!((stage.tickets().len(), kept(&stage).await), (2, vec![]));
        stage.raise(0, "SRV-03");
        stage.next_look().await;
        assert_eq!(stage.tickets().len(), 3);
    }
}

#[tokio::test]
async fn m5_no_ticket_is_made_where_an_alert_was_raised_since_the_first_plan_was_left() {
    let stage = first_plan_left().await;
    approve_as_left(&stage).await;
    stage.raise(0, "SRV-03");
    let run = stage.next_look().await;
    assert_eq!((run.record.counts.made, is_approved(&stage).await), (0, false));
    let left = kept(&stage).await;
    assert_eq!((ids(&left).len(), kept_plan_id(Job::AlertSync, left.iter())), (3, Some(stage.plan().await.id)));
    approve_as_left(&stage).await;
    stage.next_look().await;
    assert_eq!(stage.tickets().len(), 3);
}
