//! The vendor's JSON (Autotask developer help, Entities) and what it means in our words. Unknown
//! properties are let pass; a missing id or figure is not.

use super::number::{Money, Whole};
use super::query::Row;
use crate::http::civil_day;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use serde::Deserialize;
use shared::contract::{self, PAYG_FIELD, PeriodType};
use shared::ids::{BillingCodeId, BundleId, CompanyId, ContractId, LineId, ServiceId};
use shared::ticket;

/// `contractType` of a recurring service contract (Autotask developer help, ContractServices).
pub(super) const RECURRING_SERVICE: i64 = 7;
/// `status` of an active contract.
const ACTIVE: i64 = 1;
/// The last day of a contract that has no end.
const EVERGREEN: Date = date(9999, 12, 31);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Company {
    id: i64,
    company_name: String,
    is_active: bool,
    #[serde(default)]
    company_type: Option<Whole>,
}

impl Row for Company {
    const ENTITY: &'static str = "Companies";
    const FIELDS: &'static [&'static str] = &["id", "companyName", "isActive", "companyType"];
    type Fact = contract::Company;

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        Ok(contract::Company {
            id: CompanyId(self.id),
            name: self.company_name,
            active: self.is_active,
            company_type: self.company_type.map(|kind| kind.0),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Contract {
    id: i64,
    #[serde(rename = "companyID")]
    company: i64,
    contract_name: String,
    contract_type: Whole,
    status: Whole,
    start_date: String,
    #[serde(default)]
    end_date: Option<String>,
    #[serde(default)]
    contract_period_type: Option<Whole>,
    #[serde(default)]
    user_defined_fields: Option<Vec<UserDefinedField>>,
    #[serde(default)]
    is_default_contract: Option<bool>,
}

/// The same row, read for tickets.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct TicketContract(Contract);

impl Row for TicketContract {
    const ENTITY: &'static str = Contract::ENTITY;
    const FIELDS: &'static [&'static str] = Contract::FIELDS;
    type Fact = ticket::TicketContract;

    fn id(&self) -> i64 {
        self.0.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        let is_default = self.0.is_default_contract.unwrap_or(false);
        Ok(ticket::TicketContract { contract: self.0.into_fact()?, is_default })
    }
}

#[derive(Deserialize)]
struct UserDefinedField {
    name: String,
    #[serde(default)]
    value: serde_json::Value,
}

/// Whether a user-defined field of this name is the one that tells a contract's kind (C1).
pub(super) fn is_payg_field(name: &str) -> bool {
    name.trim().to_lowercase() == PAYG_FIELD.to_lowercase()
}

impl Row for Contract {
    const ENTITY: &'static str = "Contracts";
    // All of them: user-defined fields come only with whole objects.
    const FIELDS: &'static [&'static str] = &[];
    type Fact = contract::Contract;

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        let payg = self.user_defined_fields.into_iter().flatten().find(|field| is_payg_field(&field.name));
        Ok(contract::Contract {
            id: ContractId(self.id),
            company: CompanyId(self.company),
            name: self.contract_name,
            recurring: self.contract_type.0 == RECURRING_SERVICE,
            active: self.status.0 == ACTIVE,
            start: civil_day(&self.start_date)?,
            // One without an end is evergreen, like those that end in the year 9999.
            end: self.end_date.as_deref().map_or(Ok(EVERGREEN), civil_day)?,
            period: self.contract_period_type.and_then(|kind| PeriodType::of_number(kind.0)),
            payg: payg.and_then(|field| text_of(field.value)),
        })
    }
}

/// Units as the vendor counts them: an int32. Anything else is no number to add to.
fn units(units: Whole) -> Result<i64, String> {
    i32::try_from(units.0).map(i64::from).map_err(|_| format!("units is {}, expected at most {}", units.0, i32::MAX))
}

/// The text of a value that is documented as a text; another kind is shown as it is.
pub(super) fn text_of(value: serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContractServiceUnit {
    id: i64,
    #[serde(rename = "contractID")]
    contract: i64,
    #[serde(rename = "contractServiceID")]
    line: i64,
    #[serde(rename = "serviceID")]
    service: i64,
    start_date: String,
    end_date: String,
    units: Whole,
    #[serde(default)]
    price: Option<Money>,
    #[serde(default)]
    approve_and_post_date: Option<String>,
}

impl Row for ContractServiceUnit {
    const ENTITY: &'static str = "ContractServiceUnits";
    const FIELDS: &'static [&'static str] = &[
        "id",
        "contractID",
        "contractServiceID",
        "serviceID",
        "startDate",
        "endDate",
        "units",
        "price",
        "approveAndPostDate",
    ];
    type Fact = contract::UnitsRow;

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        Ok(contract::UnitsRow {
            contract: ContractId(self.contract),
            line: LineId(self.line),
            service: ServiceId(self.service),
            start: civil_day(&self.start_date)?,
            end: civil_day(&self.end_date)?,
            units: units(self.units)?,
            price: self.price.map_or(Decimal::ZERO, |price| price.0),
            posted: self.approve_and_post_date.is_some_and(|day| !day.trim().is_empty()),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContractService {
    id: i64,
    #[serde(rename = "contractID")]
    contract: i64,
    #[serde(rename = "serviceID")]
    service: i64,
    #[serde(default)]
    unit_price: Option<Money>,
    #[serde(default)]
    adjusted_price: Option<Money>,
    #[serde(default)]
    internal_currency_unit_price: Option<Money>,
    #[serde(default)]
    internal_currency_adjusted_price: Option<Money>,
}

impl Row for ContractService {
    const ENTITY: &'static str = "ContractServices";
    // All of them: which prices there are differs between descriptions of this entity, and asking for
    // one that is not there is an error.
    const FIELDS: &'static [&'static str] = &[];
    type Fact = contract::ContractLine;

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        let unit_price = self.price_in_force();
        Ok(contract::ContractLine {
            id: LineId(self.id),
            contract: ContractId(self.contract),
            service: ServiceId(self.service),
            unit_price,
        })
    }
}

impl ContractService {
    /// The price agreed for this contract, else the list price. Autotask accepts `adjustedPrice` but
    /// gives it back in the database's own currency only; the two list prices tell the exchange rate.
    fn price_in_force(&self) -> Option<Decimal> {
        let list = self.unit_price.map(|price| price.0);
        let agreed = || {
            let internal = self.internal_currency_adjusted_price?.0;
            match (list, self.internal_currency_unit_price.map(|price| price.0)) {
                (Some(list), Some(internal_list)) if list != internal_list => {
                    let price = internal.checked_mul(list)?.checked_div(internal_list)?;
                    Some(price.round_dp(4))
                }
                _ => Some(internal),
            }
        };
        self.adjusted_price.map(|price| price.0).or_else(agreed).or(list)
    }
}

#[derive(Deserialize)]
pub(super) struct ServiceBundleService {
    id: i64,
    #[serde(rename = "serviceBundleID")]
    bundle: i64,
    #[serde(rename = "serviceID")]
    service: i64,
}

impl Row for ServiceBundleService {
    const ENTITY: &'static str = "ServiceBundleServices";
    const FIELDS: &'static [&'static str] = &["id", "serviceBundleID", "serviceID"];
    type Fact = (BundleId, ServiceId);

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        Ok((BundleId(self.bundle), ServiceId(self.service)))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContractServiceBundleUnit {
    id: i64,
    #[serde(rename = "contractID")]
    contract: i64,
    #[serde(rename = "contractServiceBundleID")]
    line: i64,
    #[serde(rename = "serviceBundleID")]
    bundle: i64,
    start_date: String,
    end_date: String,
    units: Whole,
}

impl Row for ContractServiceBundleUnit {
    const ENTITY: &'static str = "ContractServiceBundleUnits";
    const FIELDS: &'static [&'static str] =
        &["id", "contractID", "contractServiceBundleID", "serviceBundleID", "startDate", "endDate", "units"];
    type Fact = contract::BundleRow;

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        Ok(contract::BundleRow {
            contract: ContractId(self.contract),
            line: LineId(self.line),
            bundle: BundleId(self.bundle),
            start: civil_day(&self.start_date)?,
            end: civil_day(&self.end_date)?,
            units: units(self.units)?,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Service {
    id: i64,
    name: String,
    #[serde(default)]
    is_active: Option<bool>,
    #[serde(default)]
    period_type: Option<Whole>,
    #[serde(default)]
    unit_price: Option<Money>,
    #[serde(default, rename = "externalID")]
    external_id: Option<String>,
}

impl Row for Service {
    const ENTITY: &'static str = "Services";
    const FIELDS: &'static [&'static str] = &["id", "name", "isActive", "periodType", "unitPrice", "externalID"];
    type Fact = contract::Service;

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        Ok(contract::Service {
            id: ServiceId(self.id),
            name: self.name,
            active: self.is_active.unwrap_or(false),
            period: self.period_type.and_then(|kind| PeriodType::of_number(kind.0)),
            unit_price: self.unit_price.map(|price| price.0),
            external_id: self.external_id.filter(|key| !key.is_empty()),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BillingCode {
    id: i64,
    name: String,
    #[serde(default)]
    is_active: Option<bool>,
}

impl Row for BillingCode {
    const ENTITY: &'static str = "BillingCodes";
    const FIELDS: &'static [&'static str] = &["id", "name", "isActive"];
    type Fact = contract::BillingCode;

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Self::Fact, String> {
        Ok(contract::BillingCode {
            id: BillingCodeId(self.id),
            name: self.name,
            active: self.is_active.unwrap_or(false),
        })
    }
}
