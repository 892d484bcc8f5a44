//! What a run changed at a vendor, or tried to, in few words: kept by time, for the list of what happened. The ledger and
//! the vendors are the truth; nothing is decided by this.

use crate::ids::{CompanyId, ContractId, ServiceId};
use crate::line::{Intent, LinePlace};
use crate::plan::{Action, Change, company_of};
use crate::run::ChangeRecord;
use crate::text::cells_of;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// When it was made, or begun.
    pub at: Timestamp,
    /// The run.
    pub run: String,
    /// The planned change that it is.
    pub change: String,
    /// The company it concerns, if one.
    pub company: Option<CompanyId>,
    /// The contract, where it is of units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractId>,
    /// The service, where it is of units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceId>,
    /// What was changed, such as "quota of Servers"; empty for units, whose service says it.
    pub what: String,
    /// From what to what.
    pub moved: String,
    /// Why.
    pub why: String,
    /// Who approved it, where approval was needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// What became of it.
    pub became: Became,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Became {
    /// It was begun, and the run ended without a word or without an answer: the next one looks at what is there.
    Begun,
    /// It was made.
    Made,
    /// The vendor refused it, with these words.
    Refused(String),
}

impl Deed {
    /// A change of a plan that a run carries out.
    pub fn of_plan(change: &Change, run: &str, at: Timestamp, became: Became) -> Self {
        let thing = match &change.action {
            Action::SetQuota(_) => "quota of ",
            Action::CreateTenant(_) => "new tenant ",
            Action::CreateService(_) => "new service ",
            Action::DismissAlert(_) => "alert ",
            Action::CreateTicket(_) | Action::NoteTicket(_) | Action::CloseTicket(_) | Action::ReopenTicket(_) => {
                "ticket for "
            }
            Action::Adjust(_) | Action::DisableTenant(_) => "",
        };
        let mut cells = cells_of(change);
        let why = cells.pop().unwrap_or_default();
        let what = if cells.is_empty() { String::new() } else { cells.remove(0) };
        cells.retain(|cell| !cell.is_empty());
        let place = match &change.action {
            Action::Adjust(adjustment) => Some(&adjustment.place),
            _ => None,
        };
        Self {
            at,
            run: run.to_owned(),
            change: change.id.clone(),
            company: company_of(change),
            contract: place.map(|place| place.contract),
            service: place.map(|place| place.service),
            what: format!("{thing}{what}"),
            moved: cells.join(", "),
            why,
            approved_by: change.approved_by.clone(),
            became,
        }
    }

    /// A change of units that was made.
    pub fn made(record: &ChangeRecord) -> Self {
        Self::of_units(&record.place, &record.intent, record.settled_at, Became::Made)
    }

    /// A change of units, by what was recorded before it was sent.
    pub fn of_units(place: &LinePlace, intent: &Intent, at: Timestamp, became: Became) -> Self {
        Self {
            at,
            run: intent.run.clone(),
            change: intent.change.clone(),
            company: Some(place.company),
            contract: Some(place.contract),
            service: Some(place.service),
            what: String::new(),
            moved: format!("{} → {} from {}", intent.before, intent.wanted, intent.effective),
            why: intent.reckoning.to_string(),
            approved_by: intent.approved_by.clone(),
            became,
        }
    }
}
