//! What an operator may choose, with the defaults (rules U5, Q1, Q2, Q5, C4, P1, P2, T3 to T8, H1, H2, B1). Values only.

use crate::alert_settings::TicketSettings;
use crate::ids::{ContractId, StorageId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The settings of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields, default)]
pub struct Settings {
    /// The provider's time zone, an IANA name; "today" is the date there.
    pub time_zone: String,
    /// When changes take effect (U5).
    pub effective_dates: EffectiveDates,
    /// Contracts that differ from `effective_dates`.
    pub contract_effective_dates: BTreeMap<ContractId, EffectiveDates>,
    /// What to do where the period is already invoiced (U5).
    pub posted_periods: PostedPeriods,
    /// Whether a mapped service that is used but not on the contract is put there (U4).
    pub add_missing_services: bool,
    /// Whether companies with a contract and no tenant get one (P1); counts for M5.
    pub automatic_provisioning: bool,
    /// What new tenants are given (P2).
    pub new_tenants: NewTenants,
    /// How quotas follow contracts (Q1, Q2, Q5).
    pub quotas: Quotas,
    /// How alerts become tickets (T1 to T8).
    pub tickets: TicketSettings,
    /// Days without an active contract after which a tenant is disabled; none: never (C4). Its data stay.
    pub disable_after_days: Option<u32>,
    /// Whether every change waits for approval (H2).
    pub review_mode: bool,
    /// What is held for a person to look at (H1).
    pub holds: Holds,
    /// Minutes after which an unanswered change that still shows no effect is taken as not made (U6).
    pub settle_minutes: u32,
    /// How much of Autotask's hourly limit is ours (B1).
    pub budget: Budget,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            time_zone: "UTC".to_owned(),
            effective_dates: EffectiveDates::Today,
            contract_effective_dates: BTreeMap::new(),
            posted_periods: PostedPeriods::NextFree,
            add_missing_services: false,
            automatic_provisioning: false,
            new_tenants: NewTenants::default(),
            quotas: Quotas::default(),
            tickets: TicketSettings::default(),
            disable_after_days: None,
            review_mode: false,
            holds: Holds::default(),
            settle_minutes: 10,
            budget: Budget::default(),
        }
    }
}

impl Settings {
    /// When changes on this contract take effect.
    pub fn effective_dates_of(&self, contract: ContractId) -> EffectiveDates {
        self.contract_effective_dates.get(&contract).copied().unwrap_or(self.effective_dates)
    }

    /// What is wrong with these settings, in words for the operator that begin with the setting's path; none when they
    /// can be used.
    pub fn fault(&self) -> Option<String> {
        let Budget { share_percent, units_percent, tickets_percent, contracts_percent, stop_at_percent } = self.budget;
        if share_percent == 0 || share_percent > 100 {
            return Some("budget.share_percent: expected 1 to 100".to_owned());
        }
        let parts = [("units", units_percent), ("tickets", tickets_percent), ("contracts", contracts_percent)];
        for (name, percent) in parts {
            if percent == 0 || percent > share_percent {
                return Some(format!("budget.{name}_percent: expected 1 up to budget.share_percent"));
            }
        }
        if self.disable_after_days == Some(0) {
            return Some("disable_after_days: expected 1 or more, or leave it out".to_owned());
        }
        if stop_at_percent == 0 || stop_at_percent > 100 {
            return Some("budget.stop_at_percent: expected 1 to 100".to_owned());
        }
        if self.holds.vanished_percent > 100 {
            return Some("holds.vanished_percent: expected 0 to 100".to_owned());
        }
        if self.holds.jump_percent > 100_000 {
            return Some("holds.jump_percent: expected 0 to 100000".to_owned());
        }
        let money = self.holds.money_per_period.is_some_and(|limit| limit <= Decimal::ZERO);
        let money = money.then(|| "holds.money_per_period: expected more than 0, or leave it out".to_owned());
        money.or_else(|| self.tickets.fault())
    }
}

/// When a change of units takes effect (U5).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EffectiveDates {
    /// From today on; Autotask prorates.
    #[default]
    Today,
    /// More from today on, less from the next period on.
    UpTodayDownNext,
    /// From the next period on.
    NextPeriod,
    /// For the whole period, sent on its last day.
    PeriodEnd,
}

/// What happens to a change whose day is already invoiced (U5).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PostedPeriods {
    /// It is dated the first day not posted, and told.
    #[default]
    NextFree,
    /// It waits for approval, dated the first day not posted.
    Hold,
}

/// What a tenant that we create is given besides its items (P2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields, default)]
pub struct NewTenants {
    /// Whether its users must log in with two factors.
    pub two_factor: bool,
    /// Whether it stays in trial, which Acronis does not bill; otherwise it goes into production.
    pub trial: bool,
    /// Whether the company's primary contact becomes its administrator and gets an activation mail.
    pub administrator: bool,
    /// The storage it is given where its contract holds none (Q3), or several.
    pub default_storage: Option<StorageId>,
}

/// How quotas follow contracts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields, default)]
pub struct Quotas {
    /// Whether quotas only warn; otherwise nothing can be used beyond them (Q1).
    pub soft: bool,
    /// Whether items that are not sold are switched off; otherwise they get a quota of 0 (Q2, Q7).
    pub switch_off: bool,
    /// Whether a quota waits for approval before it is lowered below what is in use (Q5).
    pub hold_below_usage: bool,
}

impl Default for Quotas {
    fn default() -> Self {
        Self { soft: false, switch_off: false, hold_below_usage: true }
    }
}

/// The limits of H1. Each has its own switch; the money limit is off while it has no value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields, default)]
pub struct Holds {
    /// Whether lines whose units jump are held.
    pub jumps: bool,
    /// A jump is more than this many units …
    pub jump_units: u32,
    /// … and more than this part of what they were.
    pub jump_percent: u32,
    /// Whether a fall to 0 is held …
    pub falls_to_zero: bool,
    /// … from this many units on.
    pub zero_from_units: u32,
    /// A change of a line's money per period by more than this is held; none by default.
    pub money_per_period: Option<Decimal>,
    /// Whether a line waits once after its mapping or product row changed.
    pub mapping_changes: bool,
    /// Whether a customer mapped later waits once.
    pub new_customers: bool,
    /// Whether the whole run is held when much vanished.
    pub vanished: bool,
    /// Much is more than this part …
    pub vanished_percent: u32,
    /// … and more than this many.
    pub vanished_count: u32,
}

impl Default for Holds {
    fn default() -> Self {
        Self {
            jumps: true,
            jump_units: 25,
            jump_percent: 50,
            falls_to_zero: true,
            zero_from_units: 5,
            money_per_period: None,
            mapping_changes: true,
            new_customers: true,
            vanished: true,
            vanished_percent: 20,
            vanished_count: 3,
        }
    }
}

/// The shares of Autotask's hourly limit (B1), in percent of the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields, default)]
pub struct Budget {
    /// All our calls.
    pub share_percent: u32,
    /// Of these, calls to keep units right.
    pub units_percent: u32,
    /// Of these, calls that alerts and their tickets take.
    pub tickets_percent: u32,
    /// Of these, calls to look at contracts and to keep quotas right.
    pub contracts_percent: u32,
    /// Everybody's calls together at which we stop.
    pub stop_at_percent: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self { share_percent: 40, units_percent: 20, tickets_percent: 10, contracts_percent: 10, stop_at_percent: 75 }
    }
}
