//! What we know of a line from our own doing: what we wrote, what is still unanswered, and how an
//! unanswered change is settled by reading (U3, U5, U6). State and its moves; no planning.

use crate::ids::{CompanyId, ContractId, LineId, ServiceId};
use crate::reckoning::Reckoning;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How many of our own steps a line remembers; older ones no longer bear on any open period.
const STEPS_KEPT: usize = 12;

/// Where units stand: a service's line on a contract, or the place for one that is not there yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LinePlace {
    /// Whose contract it is.
    pub company: CompanyId,
    /// The contract.
    pub contract: ContractId,
    /// The service.
    pub service: ServiceId,
    /// The line; none while the service is not on the contract.
    pub line: Option<LineId>,
}

impl LinePlace {
    /// The key of the line's state. A place without a line is known by contract and service, so that a
    /// line created by a lost reply is found again.
    pub fn key(&self) -> String {
        match self.line {
            Some(line) => format!("{line}"),
            None => format!("{}+{}", self.contract, self.service),
        }
    }
}

/// Our memory of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineState {
    /// Which line.
    pub place: LinePlace,
    /// The change that was sent or is about to be, and not yet settled.
    pub open: Option<Intent>,
    /// The units that our own writes left, by the day from which they are in force.
    pub steps: Vec<Step>,
    /// How many changes of ours this line took; makes each approval good for one of them.
    pub writes: u32,
    /// The day of the last one, in the provider's time zone.
    pub written_on: Option<Date>,
    /// The end of the last period that needs no more settling (U5).
    pub settled_through: Option<Date>,
    /// The fingerprint of the mapping it was last written by (H1).
    pub mapped_as: Option<String>,
    /// The day we last corrected somebody else's change (U3).
    pub corrected_on: Option<Date>,
    /// The vendor's last refusal.
    pub refused: Option<Refusal>,
}

/// Units in force from a day on, as our own write left them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The first day.
    pub from: Date,
    /// The units.
    pub units: i64,
}

/// A change refused by the vendor: not tried again until its inputs change or a day passes (U6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The id of the change that was refused.
    pub change: String,
    /// The day of the refusal.
    pub on: Date,
    /// The vendor's words.
    pub text: String,
}

/// A change of units, recorded before it is sent (U6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Its own id.
    pub id: String,
    /// The run that sends it.
    pub run: String,
    /// The planned change it carries out.
    pub change: String,
    /// When it was recorded, just before it was sent.
    pub sent_at: Timestamp,
    /// That day in the provider's time zone.
    pub sent_on: Date,
    /// The units read on the effective date.
    pub before: i64,
    /// The units wanted there.
    pub wanted: i64,
    /// From when on.
    pub effective: Date,
    /// The end of the period after which nothing before needs settling.
    pub settles: Option<Date>,
    /// The fingerprint of the mapping it follows.
    pub mapped_as: String,
    /// Whether it corrects a change by somebody else.
    pub corrects_others: bool,
    /// Who approved it, where approval was needed.
    pub approved_by: Option<String>,
    /// How the units came about.
    pub reckoning: Reckoning,
}

impl Intent {
    /// The signed number to send: Autotask adds it (`ContractServiceAdjustments.unitChange`).
    pub fn unit_change(&self) -> i64 {
        self.wanted - self.before
    }
}

/// What reading says of a change whose outcome is not known (U6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// The units are as wanted: it was made.
    Done,
    /// The units are as before, and still so long enough after: it was not made.
    NotDone,
    /// The units are as before; it may still arrive.
    StillOpen,
    /// The units are something else: somebody changed them.
    ChangedByOthers {
        /// The units found.
        found: i64,
    },
}

/// Settles an unanswered change at a later run by the units read on its effective date; a line that is
/// not there has none. `settle_minutes` is how long a change may still be on its way.
pub fn settle(intent: &Intent, units_read: Option<i64>, now: Timestamp, settle_minutes: u32) -> Settlement {
    let found = units_read.unwrap_or(0);
    if found == intent.wanted {
        return Settlement::Done;
    }
    if found != intent.before {
        return Settlement::ChangedByOthers { found };
    }
    let waited_seconds = now.as_second().saturating_sub(intent.sent_at.as_second());
    if waited_seconds >= i64::from(settle_minutes) * 60 { Settlement::NotDone } else { Settlement::StillOpen }
}

impl LineState {
    /// A line we never wrote.
    pub fn new(place: LinePlace) -> Self {
        Self {
            place,
            open: None,
            steps: Vec::new(),
            writes: 0,
            written_on: None,
            settled_through: None,
            mapped_as: None,
            corrected_on: None,
            refused: None,
        }
    }

    /// The units our writes left in force on `day`; none where we wrote nothing up to then.
    pub fn expected_on(&self, day: Date) -> Option<i64> {
        self.steps.iter().rev().find(|step| step.from <= day).map(|step| step.units)
    }

    /// Whether one of our own writes took effect on `day`, so that the vendor takes no second one there.
    pub fn wrote_from(&self, day: Date) -> bool {
        self.steps.iter().any(|step| step.from == day)
    }

    /// The open change was made: its step and marks become memory.
    pub fn close_as_done(&mut self) {
        let Some(intent) = self.open.take() else { return };
        let change = intent.unit_change();
        // Autotask adds an adjustment to every later stretch as well.
        for step in self.steps.iter_mut().filter(|step| step.from >= intent.effective) {
            step.units += change;
        }
        self.steps.retain(|step| step.from != intent.effective);
        self.steps.push(Step { from: intent.effective, units: intent.wanted });
        self.steps.sort_by_key(|step| step.from);
        let surplus = self.steps.len().saturating_sub(STEPS_KEPT);
        self.steps.drain(..surplus);
        self.writes += 1;
        self.written_on = Some(intent.sent_on);
        self.settled_through = self.settled_through.max(intent.settles);
        self.mapped_as = Some(intent.mapped_as);
        self.refused = None;
        if intent.corrects_others {
            self.corrected_on = Some(intent.sent_on);
        }
    }

    /// The open change was not made: as if it had never been recorded.
    pub fn close_as_not_done(&mut self) {
        self.open = None;
    }

    /// The vendor refused the open change.
    pub fn close_as_refused(&mut self, text: String) {
        if let Some(intent) = self.open.take() {
            self.refused = Some(Refusal { change: intent.change, on: intent.sent_on, text });
        }
    }

    /// Somebody else changed the line while our change was unanswered: what we wanted is what we expect, so
    /// that mending it is known as a correction (U3).
    pub fn close_as_changed_by_others(&mut self) {
        if let Some(intent) = self.open.take() {
            self.steps.retain(|step| step.from < intent.effective);
            self.steps.push(Step { from: intent.effective, units: intent.wanted });
        }
    }

    /// Carries out a settlement; a change still open stays so.
    pub fn close(&mut self, settlement: Settlement) {
        match settlement {
            Settlement::Done => self.close_as_done(),
            Settlement::NotDone => self.close_as_not_done(),
            Settlement::ChangedByOthers { .. } => self.close_as_changed_by_others(),
            Settlement::StillOpen => {}
        }
    }

    /// Takes over units that somebody else brought to where they should be (U3).
    pub fn adopt(&mut self, day: Date, units: i64) {
        self.steps.retain(|step| step.from < day);
        self.steps.push(Step { from: day, units });
    }
}
