//! A calendar month, as addresses and people write it.

use crate::console::pages::Failure;
use jiff::ToSpan;
use jiff::civil::Date;
use shared::contract::Period;
use std::fmt;

/// Before this nothing of ours was ever recorded.
const FIRST: Date = jiff::civil::date(2000, 1, 1);

/// A month, by its first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::console) struct Month(Date);

impl Month {
    /// The one that a day is in.
    pub(super) fn of(day: Date) -> Self {
        Self(day.first_of_month())
    }

    /// The one that an address names, or the running one where it names none. One that has not begun is none.
    pub(super) fn asked(text: &str, running: Month) -> Result<Self, Failure> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(running);
        }
        let is_whole = text.len() == 7;
        let day: Option<Date> = format!("{text}-01").parse().ok().filter(|_| is_whole);
        let month = Self(day.ok_or(Failure::Malformed("a month is written like 2026-11"))?);
        match FIRST <= month.0 && month <= running {
            true => Ok(month),
            false => Err(Failure::Malformed("there is a statement of the running month and of those before it")),
        }
    }

    /// Its days.
    pub(super) fn period(self) -> Period {
        Period { start: self.0, end: self.0.last_of_month() }
    }

    /// The one before it.
    pub(super) fn before(self) -> Self {
        Self(self.0.saturating_sub(1.month()))
    }

    /// The one after it.
    pub(super) fn after(self) -> Self {
        Self(self.0.saturating_add(1.month()))
    }

    /// "November 2026"
    pub(super) fn in_words(self) -> String {
        self.0.strftime("%B %Y").to_string()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m"))
    }
}
