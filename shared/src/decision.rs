//! What a person decided of one customer's line of a service (U8): for the rest of a billing period, or until it is
//! taken back. It says on which days a decision holds; what follows from it is `line_plan`'s.

use crate::quantity::MOST_UNITS;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Decisions that are kept of a line: those that are over may still bear on a period that is settled late (U5).
const DECISIONS_KEPT: usize = 4;
/// The most characters of a reason.
const MOST_REASON: usize = 200;

/// A decision, by whom and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What was decided.
    #[serde(flatten)]
    pub what: Decided,
    /// The day it was made, in the provider's time zone: what ended before then is settled as ever.
    pub from: Date,
    /// Who decided.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decided", rename_all = "kebab-case")]
pub enum Decided {
    /// These units are wanted in the place of those that usage asks for.
    Adjust {
        /// How many.
        units: u32,
        /// The last day.
        until: Date,
    },
    /// The period's change is not made.
    Dismiss {
        /// The last day.
        until: Date,
    },
    /// The line is never touched, until that is taken back.
    Exclude,
}

impl Decided {
    /// The last day; none: until it is taken back.
    pub fn until(self) -> Option<Date> {
        match self {
            Decided::Adjust { until, .. } | Decided::Dismiss { until } => Some(until),
            Decided::Exclude => None,
        }
    }
}

impl Decision {
    /// Whether it holds on `day`.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.what.until().is_none_or(|until| day <= until)
    }

    /// What is wrong with it, in words for the operator.
    pub fn fault(&self) -> Option<String> {
        let length = self.reason.chars().count();
        if self.reason.trim().is_empty() || length > MOST_REASON {
            return Some(format!("the reason has {length} characters; expected 1 to {MOST_REASON}"));
        }
        if let Decided::Adjust { units, .. } = self.what
            && i64::from(units) > MOST_UNITS
        {
            return Some(format!("{units} units are more than the {MOST_UNITS} that a line may hold"));
        }
        let until = self.what.until().filter(|until| *until < self.from)?;
        Some(format!("it ends on {until}, before it begins on {}", self.from))
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            Decided::Adjust { units, until } => write!(f, "adjusted to {units} until {until}")?,
            Decided::Dismiss { until } => write!(f, "dismissed until {until}")?,
            Decided::Exclude => write!(f, "excluded since {}", self.from)?,
        }
        write!(f, " by {}: {}", self.by, self.reason)
    }
}

/// The decision that holds on `day`.
pub fn decision_on(decisions: &[Decision], day: Date) -> Option<&Decision> {
    decisions.iter().rev().find(|decision| decision.holds_on(day))
}

/// Adds a decision in the place of the one that is not over when it is made.
pub fn decide(decisions: &mut Vec<Decision>, decision: Decision) {
    decisions.retain(|known| known.what.until().is_some_and(|until| until < decision.from));
    decisions.push(decision);
    let surplus = decisions.len().saturating_sub(DECISIONS_KEPT);
    decisions.drain(..surplus);
}

/// Takes back what holds on `day`, as if it had never been decided, and gives it.
pub fn take_back(decisions: &mut Vec<Decision>, day: Date) -> Option<Decision> {
    let at = decisions.iter().rposition(|decision| decision.holds_on(day))?;
    Some(decisions.remove(at))
}
