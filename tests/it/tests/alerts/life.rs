//! The life of an alert and its ticket: raised, cleared, raised again, closed by a person.

use crate::stage::Stage;

#[tokio::test]
async fn an_alert_is_a_ticket_at_the_next_look_and_only_one() {
    let stage = Stage::open(2).await;
    stage.raise(0, "SRV-01");
    let run = stage.next_look().await;
    assert_eq!((run.record.counts.changes, run.record.counts.made), (1, 1));
    let ticket = stage.ticket();
    assert_eq!(ticket.company_id, stage.customers[0].company);
    assert_eq!(ticket.title, "Backup failed: SRV-01");
    for _ in 0..3 {
        assert_eq!(stage.next_look().await.record.counts.changes, 0);
    }
    assert_eq!(stage.tickets().len(), 1);
}

#[tokio::test]
async fn t3_an_alert_that_comes_back_reopens_its_ticket() {
    let stage = Stage::open(1).await;
    let alert = stage.raise(0, "SRV-01");
    stage.next_look().await;
    stage.clear(&alert);
    stage.next_look().await;
    let ticket = stage.ticket();
    stage.world.sandbox.world(|world| world.human_close(ticket.id));
    stage.raise_again(&alert);
    let run = stage.next_look().await;
    assert_eq!(run.record.counts.made, 1, "{:?}", run.record);
    assert_eq!(stage.ticket().status, 1);
    assert_eq!(stage.notes(ticket.id).len(), 1);
}

#[tokio::test]
async fn t2_an_alert_that_cleared_before_anybody_looked_makes_no_ticket_and_is_a_new_one_when_it_is_back() {
    let stage = Stage::open(1).await;
    let alert = stage.raise(0, "SRV-01");
    stage.clear(&alert);
    assert_eq!(stage.next_look().await.record.counts.changes, 0);
    assert!(stage.links().await.is_empty(), "nothing is remembered");
    stage.raise_again(&alert);
    stage.next_look().await;
    assert_eq!(stage.ticket().title, "Backup failed: SRV-01");
}

#[tokio::test]
async fn t3_who_closes_a_ticket_of_an_active_alert_decides_until_the_alert_comes_back() {
    let stage = Stage::open(1).await;
    let alert = stage.raise(0, "SRV-01");
    stage.next_look().await;
    stage.pass_minutes(1);
    stage.person_closes(stage.ticket().id);
    for _ in 0..3 {
        stage.world.pass_days(1);
        assert_eq!(stage.next_look().await.record.counts.changes, 0);
    }
    assert_eq!(stage.shows(stage.customers[0].company), "closed");
    stage.raise_again(&alert);
    stage.next_look().await;
    assert_eq!(stage.shows(stage.customers[0].company), "open with a note");
}
