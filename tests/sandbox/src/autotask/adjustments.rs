//! Additive changes to the units of a contract line, by the API or by a human: the row split and the
//! duplicate guard.
//! (Autotask developer help, ContractServiceAdjustments and ContractServiceUnits.)

use super::periods::{LineKind, SERVICE_LINES, set_units};
use super::{Autotask, Cell};
use crate::clock::days_after;
use crate::settings::Settings;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

/// Who made a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The API user.
    Api,
    /// A person at the screen.
    Human,
}

/// One accepted adjustment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Adjustment {
    /// Contract service changed.
    pub line_id: i64,
    /// Its contract.
    pub contract_id: i64,
    /// Its service.
    pub service_id: i64,
    /// Signed change of units.
    pub delta: i64,
    /// First day of the new total.
    pub effective: Date,
    /// Sandbox time it was accepted.
    pub at: Timestamp,
    /// Who made it.
    pub by: Author,
    /// The line was created by this adjustment.
    pub created_line: bool,
}

/// What an adjustment asks for, before it is checked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish {
    pub(crate) line_id: Option<i64>,
    pub(crate) contract_id: Option<i64>,
    pub(crate) service_id: Option<i64>,
    pub(crate) unit_change: Option<i64>,
    pub(crate) effective: Option<Date>,
    pub(crate) unit_price: Option<Decimal>,
    pub(crate) repeat_service: bool,
}

/// The line a wish is about: there already, or to be created on a contract.
enum Target {
    Line(i64),
    New { contract_id: i64, service_id: i64 },
}

impl Autotask {
    /// Checks and carries out an adjustment; the error is the vendor's text for status 500.
    pub(crate) fn adjust(
        &mut self,
        wish: &Wish,
        by: Author,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<i64, String> {
        let effective = wish.effective.ok_or("Missing Required Field: effectiveDate.")?;
        let delta = wish.unit_change.ok_or("Missing Required Field: unitChange.")?;
        let target = self.adjustment_target(wish)?;
        let contract_id = match target {
            Target::Line(line) => self.line_contract(line),
            Target::New { contract_id, .. } => contract_id,
        };
        self.check_within_contract(contract_id, effective)?;
        let (line_id, created_line) = match target {
            Target::Line(line) => {
                self.check_line_adjustable(line, effective, delta, settings)?;
                (line, false)
            }
            Target::New { .. } if delta < 0 => return Err(below_zero()),
            Target::New { contract_id, service_id } => {
                (self.create_line(contract_id, service_id, wish.unit_price), true)
            }
        };
        self.make_line_rows(SERVICE_LINES, line_id, effective);
        self.change_rows(SERVICE_LINES, line_id, effective, (delta, wish.unit_price), settings);
        if let Some(price) = wish.unit_price {
            let lines = self.table_mut(SERVICE_LINES.lines);
            lines.set(line_id, "internalCurrencyAdjustedPrice", price);
        }
        let service_id = self.row("ContractServices", line_id).and_then(|row| row.int("serviceID"));
        let adjustment = Adjustment {
            line_id,
            contract_id,
            service_id: service_id.unwrap_or_default(),
            delta,
            effective,
            at: now,
            by,
            created_line,
        };
        self.note_adjustment(&adjustment, wish.unit_price, settings);
        self.touch_adjusted(contract_id, now, settings);
        self.adjusted_on.insert((line_id, effective));
        self.adjustments.push(adjustment);
        Ok(line_id)
    }

    fn adjustment_target(&self, wish: &Wish) -> Result<Target, String> {
        if let Some(line_id) = wish.line_id {
            let line = self.row("ContractServices", line_id);
            let line = line.ok_or_else(|| invalid("contractServiceID", "ContractService"))?;
            if wish.contract_id.is_some() && wish.contract_id != line.int("contractID") {
                return Err(invalid("contractServiceID", "ContractService"));
            }
            return Ok(Target::Line(line_id));
        }
        let (Some(contract_id), Some(service_id)) = (wish.contract_id, wish.service_id) else {
            return Err("Missing Required Field: contractServiceID.".to_owned());
        };
        let mut lines = self.table("ContractServices").by("contractID", contract_id);
        let found = lines.find(|line| line.int("serviceID") == Some(service_id));
        match found {
            Some(line) if !wish.repeat_service => Ok(Target::Line(line.id())),
            _ => {
                self.check_new_line(contract_id, service_id)?;
                Ok(Target::New { contract_id, service_id })
            }
        }
    }

    /// A service can only be put on a contract of type 7 (recurring service).
    pub(crate) fn check_new_line(&self, contract_id: i64, service_id: i64) -> Result<(), String> {
        let contract = self.row("Contracts", contract_id);
        let contract = contract.ok_or_else(|| invalid("contractID", "Contract"))?;
        if contract.int("contractType") != Some(7) {
            return Err("Services can only be added to Contracts of type Recurring Service.".into());
        }
        match self.row("Services", service_id) {
            Some(service) if service.is("isActive") => Ok(()),
            _ => Err(invalid("serviceID", "Service")),
        }
    }

    fn line_contract(&self, line_id: i64) -> i64 {
        let line = self.row("ContractServices", line_id);
        line.and_then(|row| row.int("contractID")).unwrap_or_default()
    }

    pub(crate) fn check_within_contract(&self, contract_id: i64, day: Date) -> Result<(), String> {
        let contract = self.row("Contracts", contract_id);
        let contract = contract.ok_or_else(|| invalid("contractID", "Contract"))?;
        if contract.day("startDate") <= Some(day) && contract.day("endDate") >= Some(day) {
            return Ok(());
        }
        Err("ContractServiceAdjustment effectiveDate must be between the start date and end date \
             of the Contract referenced by contractID."
            .to_owned())
    }

    fn check_line_adjustable(
        &mut self,
        line_id: i64,
        effective: Date,
        delta: i64,
        settings: &Settings,
    ) -> Result<(), String> {
        if self.adjusted_on.contains(&(line_id, effective)) {
            return Err(format!(
                "Attempt to insert duplicate data into contract_service_period \
                 (contractServiceID {line_id}, effectiveDate {effective})."
            ));
        }
        self.make_line_rows(SERVICE_LINES, line_id, effective);
        let Some(covering) = self.row_on(SERVICE_LINES, line_id, effective) else {
            return Err("The service has no billing period on the effectiveDate.".to_owned());
        };
        if covering.day("approveAndPostDate").is_some() && !settings.allow_posted {
            return Err("The effectiveDate lies in a billing period that has already been \
                        approved and posted."
                .to_owned());
        }
        let start = covering.day("startDate");
        let mut rows = self.table("ContractServiceUnits").by("contractServiceID", line_id);
        let too_few = rows.any(|row| row.day("startDate") >= start && row.int("units").unwrap_or_default() + delta < 0);
        if too_few { Err(below_zero()) } else { Ok(()) }
    }

    /// Splits the row in force on `effective` and changes it and every later one.
    pub(crate) fn change_rows(
        &mut self,
        kind: LineKind,
        line_id: i64,
        effective: Date,
        (delta, price): (i64, Option<Decimal>),
        settings: &Settings,
    ) {
        let Some(covering) = self.row_on(kind, line_id, effective).cloned() else {
            return;
        };
        let units = self.table_mut(kind.units);
        if covering.day("startDate") != Some(effective) {
            let last_day = match settings.row_ends_on_effective_date {
                true => effective,
                false => days_after(effective, -1),
            };
            units.set(covering.id(), "endDate", last_day);
            let mut second = covering;
            second.put(0, Cell::Null);
            units.add(second.with("startDate", effective).with("approveAndPostDate", Cell::Null));
        }
        for id in self.row_ids(kind, line_id) {
            self.table_mut(kind.units).change(id, |row| {
                if row.day("startDate") < Some(effective) {
                    return;
                }
                let total = row.int("units").unwrap_or_default() + delta;
                let price = price.or_else(|| row.money("unitPrice")).unwrap_or_default();
                set_units(row, total, price);
            });
        }
    }
}

/// Autotask's text for a reference that leads nowhere.
pub(crate) fn invalid(field: &str, entity: &str) -> String {
    format!("Reference value on field: {field} of type: {entity} does not exist or is invalid.")
}

pub(crate) fn below_zero() -> String {
    "The total units of a contract service cannot be less than zero.".to_owned()
}
