//! The plan of one run as one value: what would be changed, what is held and why, what waits, and what
//! was found. Built by `usage_plan` and `guard`, printed by `text`, carried out by the job.

use crate::contract::{Period, PeriodType};
use crate::finding::Finding;
use crate::fingerprint;
use crate::ids::{CompanyId, ConnectionId, LineId};
use crate::line::{Intent, LinePlace};
use crate::mapping::NewService;
use crate::quota_change::{DisableTenant, NewTenant, QuotaChange};
use crate::reckoning::Reckoning;
use crate::run::Job;
pub use crate::run_hold::RunHold;
use crate::ticket_change::{AlertDismissal, TicketCreation, TicketNote, TicketStatus};
use crate::usage::ItemKey;
pub use crate::waiting::{Until, Waiting};
use crate::words::count;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What one run would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Its id: the fingerprint of everything in it that can be approved.
    pub id: String,
    /// The job that carries it out.
    pub job: Job,
    /// For which connection.
    pub connection: ConnectionId,
    /// The day it is made for, in the provider's time zone.
    pub today: Date,
    /// What is to be changed now.
    pub changes: Vec<Change>,
    /// What waits for a person's approval.
    pub held: Vec<Held>,
    /// Why the whole run is held, when it is (H1).
    pub run_hold: Option<RunHold>,
    /// What will change later by itself.
    pub waiting: Vec<Waiting>,
    /// What cannot be done or should be known.
    pub findings: Vec<Finding>,
    /// Lines that are as they should be.
    pub right: usize,
}

impl Plan {
    /// Whether there is neither a change nor a hold.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.held.is_empty() && self.run_hold.is_none()
    }

    /// The invoice lines that the changes will make (U5).
    pub fn invoice_lines(&self) -> u32 {
        self.changes.iter().map(|change| change.action.invoice_lines()).sum()
    }

    /// Everything that can be approved, in the order shown.
    pub fn approvable(&self) -> impl Iterator<Item = &str> {
        let run_hold = self.run_hold.iter().map(|hold| hold.id.as_str());
        let changes = self.changes.iter().map(|change| change.id.as_str());
        run_hold.chain(changes).chain(self.held.iter().map(|held| held.change.id.as_str()))
    }
}

/// The plan's id for what it holds: the same content has the same id.
pub fn plan_id<'a>(approvable: impl Iterator<Item = &'a str>) -> String {
    let mut ids: Vec<&str> = approvable.collect();
    ids.sort_unstable();
    fingerprint::of(&ids)
}

/// One change and the id by which it is approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The fingerprint of what is changed and why: it moves when usage, units, contract or mapping do.
    pub id: String,
    /// Who approved it, where that was needed.
    pub approved_by: Option<String>,
    /// What is done.
    pub action: Action,
}

/// What a change does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Action {
    /// Creates a service in Autotask (M3).
    CreateService(ServiceCreation),
    /// Changes the units of a line.
    Adjust(Box<Adjustment>),
    /// Changes what a tenant may use of an item (Q1 to Q7).
    SetQuota(Box<QuotaChange>),
    /// Creates or completes a tenant (P1, P2).
    CreateTenant(Box<NewTenant>),
    /// Disables a tenant (C4).
    DisableTenant(DisableTenant),
    /// Makes a ticket (T1, T2, T8).
    CreateTicket(Box<TicketCreation>),
    /// Writes a note on a ticket (T4, T8).
    NoteTicket(Box<TicketNote>),
    /// Closes a ticket (T4).
    CloseTicket(Box<TicketStatus>),
    /// Reopens a ticket (T3).
    ReopenTicket(Box<TicketStatus>),
    /// Dismisses an alert (T6).
    DismissAlert(Box<AlertDismissal>),
}

impl Action {
    fn invoice_lines(&self) -> u32 {
        match self {
            Action::Adjust(adjustment) => adjustment.invoice_lines(),
            _ => 0,
        }
    }
}

/// A service to be created, and the items it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceCreation {
    /// The service.
    pub service: NewService,
    /// The items that will be sold as it.
    pub items: Vec<ItemKey>,
}

/// A change of a line's units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Adjustment {
    /// Where.
    pub place: LinePlace,
    /// The company's name, for people.
    pub company_name: String,
    /// The contract's name, for people.
    pub contract_name: String,
    /// The service's name, for people.
    pub service_name: String,
    /// The units read, in force on the effective date.
    pub before: i64,
    /// The units wanted there.
    pub wanted: i64,
    /// From when on.
    pub effective: Date,
    /// The billing period of the effective date, where it can be told.
    pub period: Option<Period>,
    /// How often the line is billed, where it can be told.
    pub period_type: Option<PeriodType>,
    /// The price of one unit for one period, where it can be told.
    pub unit_price: Option<Decimal>,
    /// The last day of the period after which nothing before needs settling.
    pub settles: Option<Date>,
    /// The fingerprint of the mapping behind it.
    pub mapped_as: String,
    /// The units we expected where somebody else changed them (U3).
    pub corrects_others: Option<i64>,
    /// Units already scheduled for later days by whom ever: the change adds to them.
    pub later: Vec<(Date, i64)>,
    /// How the units came about.
    pub reckoning: Reckoning,
}

impl Adjustment {
    /// The signed number of units.
    pub fn unit_change(&self) -> i64 {
        self.wanted - self.before
    }

    /// What the change is worth per period, where the price can be told.
    pub fn money_per_period(&self) -> Option<Decimal> {
        Some(self.unit_price?.saturating_mul(Decimal::from(self.unit_change())))
    }

    /// The extra invoice lines: a change within a period is prorated on a line of its own.
    pub fn invoice_lines(&self) -> u32 {
        u32::from(self.period.is_none_or(|period| period.start != self.effective))
    }

    /// Whether the vendor will create the line (U4).
    pub fn adds_line(&self) -> bool {
        self.place.line.is_none()
    }

    /// The intent to carry this out, sent at `sent_at`, which is on `sent_on`, by a run and under an id of
    /// its own (U6).
    pub fn intent(&self, change: &Change, id: String, run: &str, sent_at: Timestamp, sent_on: Date) -> Intent {
        Intent {
            id,
            run: run.to_owned(),
            change: change.id.clone(),
            sent_at,
            sent_on,
            before: self.before,
            wanted: self.wanted,
            effective: self.effective,
            settles: self.settles,
            mapped_as: self.mapped_as.clone(),
            corrects_others: self.corrects_others.is_some(),
            approved_by: change.approved_by.clone(),
            reckoning: self.reckoning.clone(),
        }
    }

    /// Whether it counts for all of a period, back from its first day.
    pub fn is_for_whole_period(&self) -> bool {
        self.settles.is_some_and(|day| day >= self.effective)
    }

    /// The id of this change. It names usage, units, price, contract and mapping, and how often the line was
    /// written before, so that an approval is good once. Usage counts in whole units: bytes that move and
    /// change no unit change nothing that was approved. Days are not in it: a change approved today may be
    /// made tomorrow.
    pub fn id(&self, writes_before: u32) -> String {
        fingerprint::of(&[
            "adjust".to_owned(),
            self.place.company.to_string(),
            self.place.contract.to_string(),
            self.place.service.to_string(),
            self.place.key(),
            self.before.to_string(),
            self.wanted.to_string(),
            self.mapped_as.clone(),
            self.reckoning.tenant.to_string(),
            self.reckoning.in_bundles.to_string(),
            self.reckoning.rounded.to_string(),
            self.unit_price.map(|price| price.normalize().to_string()).unwrap_or_default(),
            self.is_for_whole_period().to_string(),
            writes_before.to_string(),
        ])
    }
}

/// A change that waits for approval, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The change.
    pub change: Change,
    /// Why it waits; never empty.
    pub reasons: Vec<HoldReason>,
}

/// Why a change waits for a person (M5, U3, U5, H1, H2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum HoldReason {
    /// M5: no plan was approved yet.
    FirstPlan,
    /// H2: every change waits.
    ReviewMode,
    /// H1: the whole run is held.
    WholeRun,
    /// H1: the first plan of a customer mapped later.
    NewCustomer,
    /// H1: more than the limits.
    Jump,
    /// H1: nothing is left of many.
    FallToZero,
    /// H1: more money than the limit.
    Money {
        /// The change per period.
        change: Decimal,
        /// The limit.
        limit: Decimal,
    },
    /// H1: the mapping or product row changed since the line or quota was last written.
    MappingChanged,
    /// U3: changed by somebody else again within seven days.
    AnotherWriter {
        /// When we last corrected it.
        corrected_on: Date,
    },
    /// U5: the line was changed within the period by other hands.
    ChangedWithinPeriod,
    /// U5: the period is invoiced already, and the setting says hold.
    PostedPeriod,
    /// H1: the line had units, and no row of them is to be seen.
    UnitsNotSeen,
    /// Q5: less than what is in use.
    BelowUsage {
        /// What is in use.
        used: String,
    },
    /// Q5, U2: Acronis does not say how much is in use.
    UsageNotTold,
    /// Nothing would be left to the customer.
    LosesEverything,
    /// H1: the contract went from pay-as-you-go to prepaid.
    NoLongerPayAsYouGo,
    /// C4: the tenant to be disabled is in use.
    StillInUse {
        /// How many of its items.
        items: usize,
    },
}

impl fmt::Display for HoldReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HoldReason::FirstPlan => f.write_str("the first plan waits for approval"),
            HoldReason::ReviewMode => f.write_str("review mode: every change waits for approval"),
            HoldReason::WholeRun => f.write_str("the whole run is held"),
            HoldReason::NewCustomer => f.write_str("the customer's first plan waits once"),
            HoldReason::Jump => f.write_str("the units jump"),
            HoldReason::FallToZero => f.write_str("the units fall to 0"),
            HoldReason::Money { change, limit } => {
                write!(f, "{change:+} a period is more than the limit of {limit}")
            }
            HoldReason::MappingChanged => f.write_str("the mapping changed since it was last written"),
            HoldReason::AnotherWriter { corrected_on } => {
                write!(
                    f,
                    "changed by somebody else again after our correction of {corrected_on}; another integration may be writing"
                )
            }
            HoldReason::ChangedWithinPeriod => f.write_str("changed within the period by other hands"),
            HoldReason::PostedPeriod => f.write_str("the period is invoiced already"),
            HoldReason::UnitsNotSeen => {
                f.write_str("the line had units and shows none at all; a permission lost at Autotask looks like that")
            }
            HoldReason::BelowUsage { used } => write!(f, "less than the {used} in use"),
            HoldReason::UsageNotTold => f.write_str("Acronis does not say how much is in use"),
            HoldReason::LosesEverything => f.write_str("nothing would be left to the customer"),
            HoldReason::NoLongerPayAsYouGo => f.write_str("the contract went from pay-as-you-go to prepaid"),
            HoldReason::StillInUse { items } => write!(f, "{} still in use", count(*items, "item")),
        }
    }
}

/// The company a change is for, for reports; none for services.
pub fn company_of(change: &Change) -> Option<CompanyId> {
    match &change.action {
        Action::CreateService(_) => None,
        Action::Adjust(adjustment) => Some(adjustment.place.company),
        Action::SetQuota(quota) => Some(quota.company),
        Action::CreateTenant(new) => Some(new.company),
        Action::DisableTenant(disable) => Some(disable.company),
        action => crate::alert_plan::told(action).map(|told| told.company),
    }
}

/// The line a change is of; none for what is no line, and for lines that are not there yet.
pub fn line_of(change: &Change) -> Option<LineId> {
    match &change.action {
        Action::Adjust(adjustment) => adjustment.place.line,
        _ => None,
    }
}
