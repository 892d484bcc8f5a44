//! Which units a line held on each day of a span, as far as our own records and the last reading tell. What they do not
//! tell is said and never guessed. Reads nothing.

use crate::contract::{Contract, Period};
use crate::line::Intent;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// One day of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub date: Date,
    /// The units in force; none where nothing tells.
    pub units: Option<i64>,
    /// How that is known.
    pub known: Known,
    /// What was found later, so that somebody else changed the line on this day or on one after it.
    pub otherwise: Option<Found>,
    /// Whether the day has not come yet, so that it may become another.
    pub to_come: bool,
}

/// How a day's units are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// They were found only later, before our first change or without one: nobody wrote down what there was.
    NotTold(Found),
    /// We left them so, by the change with this intent.
    Ours {
        /// The intent's id.
        intent: String,
    },
    /// They were read, and are somebody else's.
    Read,
    /// The contract does not run on this day.
    NoContract,
}

/// Units found on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The day.
    pub on: Date,
    /// How many.
    pub units: i64,
}

/// Days in a row of which the same is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch<'a> {
    /// What is told of each; its date is the first day.
    pub day: &'a Day,
    /// The last day.
    pub last: Date,
}

/// A line's units from day to day, as changes come in the order in which they were sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Course {
    steps: BTreeMap<Date, Step>,
    /// What was there before the first step.
    before: Option<Found>,
}

#[derive(Debug, Clone)]
struct Step {
    units: i64,
    /// The intent that made it; none where it was read.
    by: Option<String>,
    otherwise: Option<Found>,
}

impl Course {
    /// The units that we expect on a day; none where nothing is known up to then.
    pub(crate) fn expected_on(&self, day: Date) -> Option<i64> {
        self.steps.range(..=day).next_back().map(|(_, step)| step.units)
    }

    /// A change of ours: Autotask adds an adjustment to every later stretch as well.
    pub(crate) fn ours(&mut self, intent: &Intent) {
        let found = Found { on: intent.effective, units: intent.before };
        if self.before.is_none_or(|before| found.on < before.on) {
            self.before = Some(found);
        }
        self.steps.range_mut(intent.effective..).for_each(|(_, step)| step.units += intent.unit_change());
        let step = Step { units: intent.wanted, by: Some(intent.id.clone()), otherwise: None };
        self.steps.insert(intent.effective, step);
    }

    /// Units that somebody else brought about, found on a day.
    pub(crate) fn others(&mut self, found: Found) {
        self.found(found);
        let later: Vec<Date> = self.steps.range(found.on..).map(|(day, _)| *day).skip(1).collect();
        later.iter().for_each(|day| _ = self.steps.remove(day));
    }

    /// What was read. Where it is not what we expect, what we dated ahead stands on what somebody else brought about.
    pub(crate) fn read(&mut self, found: Found) {
        let left = self.expected_on(found.on);
        if left == Some(found.units) {
            return;
        }
        let moved = left.map_or(0, |left| found.units - left);
        self.steps.range_mut(found.on..).for_each(|(_, step)| step.units += moved);
        self.found(found);
    }

    fn found(&mut self, found: Found) {
        let was_ours_that_day = self.steps.contains_key(&found.on);
        if let Some((_, last)) = self.steps.range_mut(..found.on).next_back()
            && !was_ours_that_day
        {
            last.otherwise = Some(found);
        }
        if self.before.is_none_or(|before| found.on < before.on) {
            self.before = Some(found);
        }
        self.steps.insert(found.on, Step { units: found.units, by: None, otherwise: None });
    }

    /// What is told of a day; nothing where nothing is known of the line at all.
    fn on(&self, date: Date, today: Date) -> Option<Day> {
        let to_come = date > today;
        Some(match self.steps.range(..=date).next_back() {
            Some((_, step)) => {
                let known = step.by.clone().map_or(Known::Read, |intent| Known::Ours { intent });
                Day { date, units: Some(step.units), known, otherwise: step.otherwise, to_come }
            }
            None => Day { date, units: None, known: Known::NotTold(self.before?), otherwise: None, to_come },
        })
    }

    /// Each day of a span, in order; nothing where nothing is known of the line. `contract` is its own, where that is known.
    pub(crate) fn days(&self, span: Period, contract: Option<&Contract>, today: Date) -> Vec<Day> {
        let all = std::iter::successors(Some(span.start), |day| day.tomorrow().ok().filter(|next| *next <= span.end));
        let runs = |date: Date| contract.is_none_or(|contract| contract.start <= date && date <= contract.end);
        let day = |date: Date| match runs(date) {
            true => self.on(date, today),
            false => {
                let (known, to_come) = (Known::NoContract, date > today);
                Some(Day { date, units: None, known, otherwise: None, to_come })
            }
        };
        all.filter_map(day).collect()
    }
}

/// Days in a row, put together where the same is told of them.
pub fn stretches(days: &[Day]) -> Vec<Stretch<'_>> {
    let mut all: Vec<Stretch<'_>> = Vec::new();
    for day in days {
        match all.last_mut() {
            Some(last) if Day { date: last.day.date, ..day.clone() } == *last.day => last.last = day.date,
            _ => all.push(Stretch { day, last: day.date }),
        }
    }
    all
}
