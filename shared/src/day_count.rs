//! What a day's runs came to, counted day by day, so that a chart of many days is drawn without reading all their runs.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The numbers of one day where the provider is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCount {
    /// The day.
    pub day: Date,
    /// Changes made at the vendors, by all runs.
    pub made: usize,
    /// The findings of the last run of units for everybody; none where there was none, or it found the same as before.
    pub findings: Option<usize>,
    /// What waited for a person then.
    pub held: Option<usize>,
}

/// Each day of a span, oldest first, from the counts there are of its days and the last one before it. What a run found
/// holds until another finds otherwise.
pub fn each_day(first: Date, last: Date, counts: &[DayCount]) -> Vec<DayCount> {
    let mut sorted: Vec<&DayCount> = counts.iter().filter(|count| count.day <= last).collect();
    sorted.sort_by_key(|count| count.day);
    let known = |day: Date, of: fn(&DayCount) -> Option<usize>| {
        sorted.iter().rev().filter(|count| count.day <= day).find_map(|count| of(count))
    };
    let days = std::iter::successors(Some(first), |day| day.tomorrow().ok().filter(|next| *next <= last));
    let day = |day: Date| DayCount {
        day,
        made: sorted.iter().filter(|count| count.day == day).map(|count| count.made).sum(),
        findings: known(day, |count| count.findings),
        held: known(day, |count| count.held),
    };
    days.map(day).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn what_a_run_found_holds_until_another_finds_otherwise_and_what_was_made_is_of_its_day() {
        let count = |day, made, found: Option<usize>| DayCount {
            day: date(2026, 5, day),
            made,
            findings: found,
            held: found.map(|found| found + 1),
        };
        let counts = [count(6, 2, None), count(2, 9, Some(4)), count(8, 1, Some(0)), count(5, 3, Some(7))];
        let days = each_day(date(2026, 5, 3), date(2026, 5, 7), &counts);
        let told: Vec<_> = days.iter().map(|day| (day.day.day(), day.made, day.findings, day.held)).collect();
        let (four, seven) = ((Some(4), Some(5)), (Some(7), Some(8)));
        let wanted = [(3, 0, four), (4, 0, four), (5, 3, seven), (6, 2, seven), (7, 0, seven)];
        assert_eq!(told, wanted.map(|(day, made, (findings, held))| (day, made, findings, held)));
        assert_eq!(each_day(date(2026, 5, 1), date(2026, 5, 1), &counts)[0].findings, None);
    }
}
