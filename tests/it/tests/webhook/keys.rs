//! How keys are changed, and how often they are asked for.

use crate::calls::{callout, company};
use crate::doors::{machine, published, webhook};
use crate::signed::{NORTH, NORTH_BEFORE, STRANGE, by_autotask, secrets};
use functions::context::{Clock, Secret, WebhookKeys};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared::ids::ConnectionId;

fn autotask(keys: &[&str]) -> WebhookKeys {
    WebhookKeys { autotask: secrets(keys), contract_changed: Vec::new() }
}

#[tokio::test]
async fn a_key_is_changed_without_a_call_lost() {
    let start: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
    let clock = Clock::set_to(start);
    let mut machine = machine(clock.clone()).await;
    let (webhook, north) = (webhook(&machine), ConnectionId::new("north"));
    let body = callout("Account", 5, &json!({}));
    let (old, new) = (by_autotask(NORTH_BEFORE, &body), by_autotask(STRANGE, &body));
    // First both, then Autotask is given the new one, then the old one goes.
    let steps: [(&[&str], u16, u16); 3] =
        [(&[NORTH_BEFORE], 200, 401), (&[STRANGE, NORTH_BEFORE], 200, 200), (&[STRANGE], 401, 200)];
    for (minute, (keys, by_old, by_new)) in (0..).zip(steps) {
        machine.keep_webhook_keys(&north, &autotask(keys));
        clock.set(start + SignedDuration::from_mins(2 * minute));
        assert_eq!(webhook.answer(&old).await.status, by_old, "{keys:?}");
        assert_eq!(webhook.answer(&new).await.status, by_new, "{keys:?}");
    }
    // Within a minute nobody is asked again.
    machine.keep_webhook_keys(&north, &autotask(&[NORTH]));
    assert_eq!(webhook.answer(&new).await.status, 200);
    clock.set(clock.now() + SignedDuration::from_secs(61));
    assert_eq!(webhook.answer(&new).await.status, 401);
    assert_eq!(published(&mut machine).len(), 5);
}

#[tokio::test]
async fn keys_that_cannot_be_read_or_could_be_guessed_let_nobody_in() {
    let cases = [
        ("", false),
        ("{", false),
        (r#"{"autotask": "canary-north-key-which-is-in-use-now"}"#, false),
        (r#"{"autotask": [""]}"#, false),
        (r#"{"autotask": ["short"]}"#, false),
        (r#"{"autotask": ["canary-north-key-which-is-in-use-now"]}"#, true),
        ("{}", true),
    ];
    for (text, is_good) in cases {
        let read = WebhookKeys::from_json(&Secret::new(text));
        assert_eq!(read.is_ok(), is_good, "{text}");
        let said = read.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(!said.contains("north-key"), "{said}");
    }
    let from = |autotask: &'static str| {
        WebhookKeys::from_lookup(move |name| (name == "AUTOTASK_WEBHOOK_KEY").then(|| autotask.to_owned()))
    };
    assert_eq!(from("a-key-of-twenty-digits, another-key-as-long ,").unwrap().autotask.len(), 2);
    assert!(from("").unwrap().is_empty() && from(" , ").unwrap().is_empty());
    assert!(from("a-key-of-twenty-digits,short").unwrap_err().to_string().contains("AUTOTASK_WEBHOOK_KEY"));
}

#[tokio::test]
async fn a_connection_without_keys_believes_nobody() {
    let mut machine = machine(Clock::system()).await;
    machine.keep_webhook_keys(&ConnectionId::new("north"), &WebhookKeys::default());
    let body = callout("Account", 5, &json!({}));
    let webhook = webhook(&machine);
    for key in ["", NORTH, "nobody signs with this"] {
        assert_eq!(webhook.answer(&by_autotask(key, &body)).await.status, 401, "{key}");
    }
    assert!(published(&mut machine).is_empty());
}

#[tokio::test]
async fn calls_in_another_order_or_twice_are_answered_the_same() {
    let mut machine = machine(Clock::system()).await;
    let webhook = webhook(&machine);
    for id in [3, 1, 2, 2] {
        let call = by_autotask(NORTH, &callout("Account", id, &json!({})));
        assert_eq!(webhook.answer(&call).await.status, 200);
        assert_eq!(published(&mut machine), company(id));
    }
}
