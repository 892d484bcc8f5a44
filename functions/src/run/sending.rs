//! When something that a vendor certainly did not run may be sent again (U6). It waits; it sends nothing.

use crate::host::Host;
use jiff::SignedDuration;
use std::time::Duration;

/// How often a change that was certainly not run is sent.
const MOST_SENDS: u32 = 5;
/// How long after it was recorded an intent may be sent: with one request's time-out and the minutes that
/// Autotask may work on it, less than the `settle_minutes` after which it counts as not made.
pub(crate) const LONGEST_SENDING: SignedDuration = SignedDuration::from_mins(2);
/// How often everybody's counter is looked at: what others use of the hour grows with time, and what we use
/// ourselves is counted without looking.
pub(crate) const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(15);
/// A change is begun only while this much time is left: to send it, to read it back, to close it.
pub(crate) const TIME_FOR_A_CHANGE: Duration = Duration::from_secs(30);

/// Waits as the vendor asks before something that was not run is sent again. False when it was sent often enough,
/// or the wait is too long.
pub(crate) async fn waited_to_send_again(host: &Host, sends: u32, retry_after: Option<Duration>) -> bool {
    let retry = host.http.retry;
    let wait = retry_after.unwrap_or(retry.base_delay * sends);
    // A vendor that asks for longer is left alone until the next run.
    let too_long = wait > retry.longest_wait;
    let has_time = host.deadline.left().is_none_or(|left| left > wait + TIME_FOR_A_CHANGE);
    if sends >= MOST_SENDS || too_long || !has_time {
        return false;
    }
    tokio::time::sleep(wait).await;
    true
}
