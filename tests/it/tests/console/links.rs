//! The one-time link: once, in time, and only the latest.

use crate::stage::Stage;
use jiff::SignedDuration;
use shared::person::{PersonId, Role};

fn token(stage: &Stage) -> String {
    stage.link().split_once("token=").expect("it has a token").1.to_owned()
}

#[tokio::test]
async fn a_link_lets_in_once_and_makes_the_local_person_admin() {
    let stage = Stage::start().await;
    assert!(stage.server.tell_link().expect("a link is told"));
    let used = token(&stage);
    assert_eq!(used.len(), 64, "256 bits");
    // Looking at the link uses nothing up: the button does.
    for _ in 0..2 {
        let page = stage.get("", &stage.link()).await.is(200).shows("Sign in").shows(&used);
        assert_eq!(page.header("set-cookie"), "");
    }
    let cookie = stage.post("", "/sign-in", &[("token", &used)]).await.is(303).cookie();
    stage.get(&cookie, "/people").await.is(200).shows("You, at this machine");
    for _ in 0..2 {
        let again = stage.post("", "/sign-in", &[("token", &used)]).await.is(403).shows("used already");
        assert_eq!(again.header("set-cookie"), "");
    }
    let local = stage.machine.host.store.person(&PersonId::local()).await.expect("it is read");
    assert_eq!(local.expect("it is known").role, Some(Role::Admin));
    let audit = stage.machine.host.store.audit(10).await.expect("it is read");
    let [record] = &audit[..] else { panic!("one change is recorded: {audit:?}") };
    assert_eq!([&record.before, &record.after], ["none", "admin"]);
    stage.pass(SignedDuration::from_mins(1));
    let second = stage.come_in().await;
    assert_ne!(second, cookie);
    assert_eq!(stage.machine.host.store.audit(10).await.expect("it is read").len(), 1, "nothing was changed");
}

#[tokio::test]
async fn a_link_that_is_late_guessed_or_replaced_lets_nobody_in() {
    let stage = Stage::start().await;
    stage.post("", "/sign-in", &[("token", "")]).await.is(403);
    assert!(stage.server.tell_link().expect("a link is told"));
    let first = token(&stage);
    let last = if first.ends_with('0') { "1" } else { "0" };
    for odd in ["", &first[1..], &format!("{first}0"), &format!("{}{last}", &first[..63]), &first.to_uppercase()] {
        if odd != first {
            stage.post("", "/sign-in", &[("token", odd)]).await.is(403);
        }
    }
    stage.post("", "/sign-in", &[]).await.is(400);
    stage.post("", "/sign-in", &[("token", &first), ("token", &first)]).await.is(400);
    stage.pass(SignedDuration::from_mins(10));
    stage.post("", "/sign-in", &[("token", &first)]).await.is(403).shows("too old");
    stage.pass(SignedDuration::from_mins(-5));
    stage.post("", "/sign-in", &[("token", &first)]).await.is(403);
    stage.pass(SignedDuration::from_mins(20));
    assert!(stage.server.tell_link().expect("a link is told"));
    let replaced = token(&stage);
    stage.pass(SignedDuration::from_mins(1));
    assert!(stage.server.tell_link().expect("a link is told"));
    stage.post("", "/sign-in", &[("token", &replaced)]).await.is(403);
    stage.pass(SignedDuration::from_mins(9));
    stage.post("", "/sign-in", &[("token", &token(&stage))]).await.is(303);
}

#[tokio::test]
async fn a_new_link_is_told_at_the_machine_and_never_to_who_asks() {
    let stage = Stage::start().await;
    let page = stage.post("", "/sign-in/link", &[]).await.is(200).shows("printed where the program runs");
    assert_eq!(stage.links_told(), 1);
    let page = page.hides(&token(&stage));
    assert_eq!(page.header("set-cookie"), "");
    stage.post("", "/sign-in/link", &[]).await.is(200).shows("a moment ago");
    assert_eq!(stage.links_told(), 1, "nobody fills the terminal");
    stage.pass(SignedDuration::from_secs(30));
    stage.post("", "/sign-in/link", &[]).await.is(200);
    assert_eq!(stage.links_told(), 2);
}
