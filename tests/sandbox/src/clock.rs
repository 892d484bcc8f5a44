//! The sandbox's own clock. It stands still unless told to follow the system's; nothing else in the
//! crate may ask the system for the time.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::time::Instant;

/// A moment that moves only by hand or, when following, as fast as the system's clock.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    base: Timestamp,
    following_since: Option<Instant>,
}

impl Clock {
    pub(crate) fn at(base: Timestamp) -> Self {
        Self { base, following_since: None }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let elapsed = self
            .following_since
            .and_then(|since| SignedDuration::try_from(since.elapsed()).ok())
            .unwrap_or(SignedDuration::ZERO);
        self.base.checked_add(elapsed).unwrap_or(self.base)
    }

    pub(crate) fn set(&mut self, now: Timestamp) {
        self.base = now;
        if self.following_since.is_some() {
            self.following_since = Some(Instant::now());
        }
    }

    pub(crate) fn follow(&mut self, on: bool) {
        self.base = self.now();
        self.following_since = on.then(Instant::now);
    }
}

/// The end of evergreen contracts, as Autotask writes it. No `Timestamp` reaches that far: the last one
/// stands for it.
const EVERGREEN: &str = "9999-12-31T00:00:00Z";

/// The calendar day of a moment, in UTC as both vendors count.
pub(crate) fn day_of(moment: Timestamp) -> Date {
    if moment == Timestamp::MAX { Date::MAX } else { moment.to_zoned(TimeZone::UTC).date() }
}

/// A moment as Autotask writes it.
pub(crate) fn spelled(moment: Timestamp) -> String {
    if moment == Timestamp::MAX { EVERGREEN.to_owned() } else { moment.to_string() }
}

/// Midnight UTC at the start of a day.
pub(crate) fn midnight(day: Date) -> Timestamp {
    day.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).unwrap_or(Timestamp::MAX)
}

/// The day `days` later (or earlier when negative), held at the ends of the calendar.
pub(crate) fn days_after(day: Date, days: i64) -> Date {
    day.checked_add(days.days()).unwrap_or(Date::MAX)
}

/// A moment from the spellings both vendors accept: with or without zone, time or fraction.
pub(crate) fn parse_moment(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    if let Ok(local) = text.trim_end_matches('Z').parse::<jiff::civil::DateTime>() {
        return Some(local.to_zoned(TimeZone::UTC).map_or_else(|_| midnight(local.date()), |z| z.timestamp()));
    }
    text.parse::<Date>().ok().map(midnight)
}
