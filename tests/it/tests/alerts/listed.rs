//! What looks leave in the list of what happened: each ticket made, noted or closed, by which run; what was refused; and
//! nothing where nothing was done.

use crate::stage::Stage;
use jiff::civil::Date;
use sandbox::FaultKind;
use shared::deed::Became;

#[tokio::test]
async fn each_change_of_a_ticket_is_listed_with_its_run_and_an_idle_look_lists_nothing() {
    let stage = Stage::open(2).await;
    stage.set(|tickets| tickets.auto_close = true).await;
    let alert = stage.raise(0, "DEVICE-1");
    stage.raise(1, "DEVICE-2");
    let run = stage.next_look().await;
    let listed = stage.world.listed().await;
    assert_eq!(listed.len(), 2, "{listed:#?}");
    for deed in &listed {
        assert_eq!((&deed.run, &deed.became), (&run.record.id, &Became::Made));
        assert!(deed.what.starts_with("ticket for ") && deed.moved.contains("new: "), "{deed:?}");
    }
    let mut companies: Vec<_> = listed.iter().filter_map(|deed| deed.company).collect();
    companies.sort_unstable();
    let mut wanted = vec![stage.company(0), stage.company(1)];
    wanted.sort_unstable();
    assert_eq!(companies, wanted);
    stage.next_look().await;
    assert_eq!(stage.world.listed().await, listed, "an idle look lists nothing");
    stage.clear(&alert);
    stage.next_look().await;
    let listed = stage.world.listed().await;
    assert_eq!(listed.len(), 3);
    assert!(listed[0].moved.contains("closed, status") && listed[0].company == Some(stage.company(0)), "{listed:?}");
    // The day has counted all three, and the idle look wrote nothing there.
    let days = stage.world.host.store.day_counts(&stage.world.connection, Date::MIN, Date::MAX, 100).await;
    let made: usize = days.expect("they are read").iter().map(|day| day.made).sum();
    assert_eq!(made, 3);
}

#[tokio::test]
async fn what_autotask_refuses_is_listed_with_its_words_and_what_was_not_run_is_not() {
    let stage = Stage::open(1).await;
    stage.raise(0, "DEVICE-1");
    let body = Some(r#"{"errors":["Not today."]}"#.to_owned());
    stage.fail_once("autotask.tickets.create", FaultKind::StatusBefore { status: 500, body });
    stage.next_look_fails().await;
    let listed = stage.world.listed().await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert!(matches!(&listed[0].became, Became::Refused(text) if text.contains("Not today.")), "{listed:?}");
}
