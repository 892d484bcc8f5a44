//! What other settings would make of the plan as it stands: which changes would wait for a person, and which would get
//! another date. It is told before the settings are in force, by what the last run kept; nothing is decided here.

use crate::holds::size_reasons;
use crate::plan::{HoldReason, Until};
use crate::settings::{EffectiveDates, PostedPeriods, Settings};
use crate::snapshot::{ListedChange, ListedLine, Snapshot};

/// What becomes of the changes of units in a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moved {
    /// Changes that are to be made.
    pub changes: usize,
    /// Those that wait now, and would go on.
    pub would_go_on: usize,
    /// Those that go on now, and would wait.
    pub would_wait: usize,
}

/// The changes that get another date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Redated {
    /// That are to be made now.
    pub changes: usize,
    /// That wait for the end of a period.
    pub waiting: usize,
}

/// What would become of the changes of a plan. What is held only because its mapping changed, or its customer is new, is
/// not known where these holds are off now: such changes are counted as they are.
pub fn moved(snapshot: &Snapshot, settings: &Settings, is_metered: impl Fn(&ListedLine) -> bool) -> Moved {
    let mut moved = Moved::default();
    for line in snapshot.lines.values().flatten() {
        let Some(change) = &line.change else { continue };
        moved.changes += 1;
        match (!change.held.is_empty(), waits(line, change, settings, is_metered(line))) {
            (true, false) => moved.would_go_on += 1,
            (false, true) => moved.would_wait += 1,
            _ => {}
        }
    }
    moved
}

fn waits(line: &ListedLine, change: &ListedChange, settings: &Settings, metered: bool) -> bool {
    let holds = &settings.holds;
    let stays = |reason: &&HoldReason| match reason {
        // These follow from the change and the settings, below.
        HoldReason::Jump | HoldReason::FallToZero | HoldReason::Money { .. } | HoldReason::ReviewMode => false,
        HoldReason::MappingChanged => holds.mapping_changes,
        HoldReason::NewCustomer => holds.new_customers,
        HoldReason::WholeRun => holds.vanished,
        HoldReason::PostedPeriod => settings.posted_periods == PostedPeriods::Hold,
        _ => true,
    };
    let stay: Vec<&HoldReason> = change.held.iter().filter(stays).collect();
    // Approving one change opens neither of these gates (M5, H1).
    let gate_closed = stay.iter().any(|reason| matches!(reason, HoldReason::FirstPlan | HoldReason::WholeRun));
    let by_size = line.wanted.is_some_and(|wanted| {
        !size_reasons((line.units, wanted), change.money, holds, metered && wanted < line.units).is_empty()
    });
    gate_closed || (change.approved_by.is_none() && (!stay.is_empty() || by_size || settings.review_mode))
}

/// The changes whose rule would be another one. A line that was never written is dated today, whatever the rule (U5);
/// which ones these are is not known here.
pub fn redated(
    snapshot: &Snapshot,
    before: &Settings,
    after: &Settings,
    is_metered: impl Fn(&ListedLine) -> bool,
) -> Redated {
    let mut redated = Redated::default();
    for line in snapshot.lines.values().flatten().filter(|line| !is_metered(line)) {
        let Some(wanted) = line.wanted.filter(|wanted| *wanted != line.units) else { continue };
        let contract = line.place.contract;
        let dated = |settings: &Settings| {
            let rule = settings.effective_dates_of(contract);
            // A rise is dated today by the one as by the other, and a fall the next period.
            match (rule, wanted > line.units) {
                (EffectiveDates::UpTodayDownNext, true) => EffectiveDates::Today,
                (EffectiveDates::UpTodayDownNext, false) => EffectiveDates::NextPeriod,
                (rule, _) => rule,
            }
        };
        if dated(before) != dated(after) {
            redated.changes += usize::from(line.change.is_some());
            redated.waiting += usize::from(matches!(line.until, Some(Until::PeriodEnds { .. })));
        }
    }
    redated
}
