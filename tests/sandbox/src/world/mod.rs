//! Both vendors' state with plain functions to look at it and to change it as a human would. HTTP
//! answers, tests, seeds and the control paths all go through here; nothing here speaks HTTP.

mod acronis;
mod alerts;
mod contracts;
mod looks;
mod people;
mod tickets;

use crate::acronis::Acronis;
use crate::autotask::Autotask;
use crate::clock::{Clock, day_of, days_after};
use crate::settings::Settings;
use jiff::Timestamp;
use jiff::civil::Date;

/// The two vendors, the clock and the switches.
#[derive(Debug)]
pub struct World {
    pub(crate) clock: Clock,
    /// Switches for what the vendors leave open.
    pub settings: Settings,
    /// Acronis state.
    pub acronis: Acronis,
    /// Autotask state.
    pub autotask: Autotask,
}

impl World {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            clock: Clock::at(now),
            settings: Settings::default(),
            acronis: Acronis::new(now),
            autotask: Autotask::new(day_of(now)),
        }
    }

    /// Sandbox time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sandbox day, UTC.
    #[must_use]
    pub fn today(&self) -> Date {
        day_of(self.now())
    }

    /// Sets the clock and makes the billing periods that now come into view.
    pub fn set_now(&mut self, now: Timestamp) {
        self.clock.set(now);
        self.catch_up();
    }

    /// Moves the clock by whole days.
    pub fn advance_days(&mut self, days: i64) {
        let now = self.now();
        let later = now.checked_add(jiff::SignedDuration::from_hours(24 * days));
        self.set_now(later.unwrap_or(now));
    }

    /// Lets the clock run with the system's, or stops it.
    pub fn follow_system_clock(&mut self, on: bool) {
        self.clock.follow(on);
    }

    /// Makes billing periods when the day has changed since they were last made.
    pub(crate) fn catch_up(&mut self) {
        let today = self.today();
        if today != self.autotask.rows_made_on {
            self.autotask.make_rows(today);
        }
    }

    /// A day relative to today, e.g. `-1` for yesterday.
    #[must_use]
    pub fn day(&self, offset: i64) -> Date {
        days_after(self.today(), offset)
    }
}
