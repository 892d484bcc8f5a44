//! The last days as a chart: how many findings there were, what waited, and what was made. The same numbers stand in a
//! table for those who do not see it.

use crate::store::Store;
use jiff::ToSpan;
use jiff::civil::Date;
use shared::day_count::{DayCount, each_day};
use shared::ids::ConnectionId;

/// How many days it shows; so many counts are read, and one before them.
const DAYS: usize = 90;
/// In the drawing's own measure.
const HEIGHT: usize = 120;
const DAY_WIDTH: usize = 8;

/// The drawing and its table.
pub(super) struct Chart {
    pub(super) days: Vec<DayRow>,
    pub(super) bars: Vec<Bar>,
    /// The corners of a line, as SVG has them.
    pub(super) findings: String,
    pub(super) held: String,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) most: usize,
}

pub(super) struct DayRow {
    pub(super) day: Date,
    pub(super) made: usize,
    pub(super) findings: String,
    pub(super) held: String,
}

/// What was made on a day.
pub(super) struct Bar {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Chart {
    pub(super) async fn read(store: &Store, connection: &ConnectionId, today: Date) -> anyhow::Result<Self> {
        let days_before = i32::try_from(DAYS).unwrap_or(i32::MAX) - 1;
        let first = today.checked_sub(days_before.days())?;
        let mut counts = store.day_counts(connection, first, today, DAYS).await?;
        let before = store.day_counts(connection, Date::ZERO, first.yesterday()?, 1).await?;
        counts.extend(before);
        Ok(Self::of(&each_day(first, today, &counts)))
    }

    fn of(days: &[DayCount]) -> Self {
        let tallest = |day: &DayCount| day.made.max(day.findings.unwrap_or(0)).max(day.held.unwrap_or(0));
        let most = days.iter().map(tallest).max().unwrap_or(0).max(1);
        let up = |number: usize| number * HEIGHT / most;
        let bar = |(at, day): (usize, &DayCount)| Bar {
            x: at * DAY_WIDTH + 1,
            y: HEIGHT - up(day.made),
            width: DAY_WIDTH - 2,
            height: up(day.made),
        };
        let line = |of: fn(&DayCount) -> Option<usize>| {
            let known = days.iter().enumerate().filter_map(|(at, day)| Some((at, HEIGHT - up(of(day)?))));
            // Each day is as wide as its bar, so that a single one is seen.
            let corners = known.map(|(at, y)| format!("{},{y} {},{y}", at * DAY_WIDTH, (at + 1) * DAY_WIDTH));
            let corners: Vec<String> = corners.collect();
            corners.join(" ")
        };
        let told = |number: Option<usize>| number.map_or_else(|| "not known".to_owned(), |number| number.to_string());
        let row = |day: &DayCount| DayRow {
            day: day.day,
            made: day.made,
            findings: told(day.findings),
            held: told(day.held),
        };
        Self {
            bars: days.iter().enumerate().filter(|(_, day)| day.made > 0).map(bar).collect(),
            findings: line(|day| day.findings),
            held: line(|day| day.held),
            days: days.iter().rev().map(row).collect(),
            width: days.len() * DAY_WIDTH,
            height: HEIGHT,
            most,
        }
    }
}
