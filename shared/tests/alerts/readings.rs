//! What is kept of alerts that were read to be replayed, where there are too many.

use crate::desk::{Desk, start};
use jiff::SignedDuration;
use shared::alert::Alert;
use shared::alert_reading::newest;

#[test]
fn what_is_too_much_is_left_out_from_its_beginning_and_never_an_active_alert() {
    let mut desk = Desk::open();
    for number in 0..10 {
        desk.raise(number);
        desk.wait(1);
        if number > 2 {
            desk.clear(number);
        }
    }
    let mut alerts: Vec<Alert> = desk.alerts.values().cloned().collect();
    // A page that shows one twice, once as it was.
    alerts.push(Alert { cleared_at: None, updated_at: start(), ..alerts[9].clone() });
    let kept_of = |most| {
        let (kept, from) = newest(alerts.clone(), |alert| alert, most);
        (kept.len(), kept.iter().filter(|alert| alert.is_active()).count(), from)
    };
    assert_eq!(kept_of(10), (10, 3, None));
    // Those raised in minutes 3 to 5 are cleared in minutes 4 to 6.
    let after = start() + SignedDuration::from_mins(6) + SignedDuration::from_nanos(1);
    assert_eq!(kept_of(7), (7, 3, Some(after)));
    assert_eq!(kept_of(1).1, 3);
}
