//! Two connections in one table: nothing of one ever touches the other, although alerts, companies and tickets have the
//! same numbers.

use crate::stage::{Stage, plain};
use sandbox::Seed;

#[tokio::test]
async fn two_connections_never_touch_each_others_tickets() {
    let north = Stage::open(2).await;
    let south = Stage::of(north.world.beside("south", Seed { seed: 2, ..plain(2) }).await).await;
    south.world.sandbox.set_now(north.world.now());
    south.switch_on(|tickets| (tickets.auto_close, tickets.dismiss_on_close) = (true, true)).await;
    north.world.sandbox.set_now(south.world.now());
    assert_eq!(north.customers[0].company, south.customers[0].company, "the same number means somebody else");

    let ours = north.raise(0, "NORTH-01");
    let theirs = south.raise(0, "SOUTH-01");
    assert_eq!(ours, theirs, "the same id means another alert");
    north.forget_requests();
    south.forget_requests();
    north.look().await;
    assert_eq!(south.world.sandbox.requests().len(), 0, "nobody called south's vendors");
    south.look().await;
    assert_eq!(
        (north.ticket().title.as_str(), south.ticket().title.as_str()),
        ("Backup failed: NORTH-01", "Backup failed: SOUTH-01")
    );

    // Cleared in the north, where nothing is closed by us; closed in the north, where nothing is dismissed.
    north.clear(&ours);
    north.person_closes(north.ticket().id);
    for stage in [&north, &south] {
        stage.pass_minutes(5);
    }
    south.world.sandbox.set_now(north.world.now());
    for stage in [&north, &south] {
        stage.look().await;
        stage.all_tickets().await;
    }
    assert_eq!(north.shows(north.customers[0].company), "closed");
    assert_eq!(south.shows(south.customers[0].company), "open");
    assert!(south.alert(&theirs).deleted_at.is_none());
    // And the other way round.
    north.raise_again(&ours);
    south.clear(&theirs);
    for stage in [&north, &south] {
        stage.look().await;
    }
    assert_eq!(north.shows(north.customers[0].company), "open with a note");
    assert_eq!(south.shows(south.customers[0].company), "closed");
    let names = [north.links().await, south.links().await].map(|links| links[0].alert.about.device.clone());
    assert_eq!(names, [Some("NORTH-01".to_owned()), Some("SOUTH-01".to_owned())]);
}
