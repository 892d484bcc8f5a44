//! Lines that do not change now, and what they wait for. A part of `plan`.

use crate::line::LinePlace;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A line that will change by itself later, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Where.
    pub place: LinePlace,
    /// The company's name, for people.
    pub company_name: String,
    /// The service's name, for people.
    pub service_name: String,
    /// The units now.
    pub units: i64,
    /// The units wanted as things stand.
    pub wanted: i64,
    /// Why it waits.
    pub until: Until,
}

/// What a waiting line waits for (U5, U8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "until", rename_all = "kebab-case")]
pub enum Until {
    /// The period's last day.
    PeriodEnds {
        /// That day.
        day: Date,
    },
    /// Tomorrow: units are written at most once a day.
    Tomorrow,
    /// The change reaches the product's smallest one.
    SmallestChange {
        /// That number of units.
        units: u32,
    },
    /// A person dismissed this period's change.
    Dismissed {
        /// The last day on which that holds.
        day: Date,
        /// Who did.
        by: String,
        /// Why.
        reason: String,
    },
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Until::PeriodEnds { day } => write!(f, "the period ends on {day}"),
            Until::Tomorrow => f.write_str("tomorrow; already written today"),
            Until::SmallestChange { units } => write!(f, "the change is at least {units} units"),
            Until::Dismissed { day, by, reason } => write!(f, "dismissed until {day} by {by}: {reason}"),
        }
    }
}
