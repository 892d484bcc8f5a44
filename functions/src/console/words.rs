//! Text as pages show it. What comes from a vendor, a person or a request may hold anything; templates are given it as
//! `Shown` and escape it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use shared::contract::PeriodType;
use shared::words::as_seen;
use std::fmt;

/// A text that stays on its line and turns no other text around.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown(String);

impl Shown {
    /// This text, safe to be seen.
    pub(super) fn of(text: impl fmt::Display) -> Self {
        Self(as_seen(&text.to_string()))
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A time as the clocks there show it, to the minute.
pub(super) fn at(time: Timestamp, zone: &TimeZone) -> Shown {
    Shown::of(time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M"))
}

/// A sum for one period: "+9.00 a month".
pub(super) fn money_a_period(money: Decimal, period: PeriodType) -> String {
    format!("{money:+.2} a {}", period.per())
}
