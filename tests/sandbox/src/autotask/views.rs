//! Plain, typed looks at rows for tests and edits. They copy; changing a view changes nothing.

use super::cell::Row;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::BTreeMap;

/// A company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Company {
    /// Id; 0 is the service provider itself.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Active.
    pub active: bool,
}

/// A contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contract {
    /// Id.
    pub id: i64,
    /// Company it is made with.
    pub company_id: i64,
    /// Name.
    pub name: String,
    /// 7 for recurring services.
    pub contract_type: i64,
    /// 1 active, 0 inactive.
    pub status: i64,
    /// First day.
    pub start: Date,
    /// Last day.
    pub end: Date,
    /// User-defined fields with a value.
    pub udfs: BTreeMap<String, String>,
}

/// A service of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Service {
    /// Id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Stock-keeping unit; in seeds the Acronis item name.
    pub sku: String,
    /// Price per unit and period.
    #[serde(serialize_with = "as_text")]
    pub unit_price: Decimal,
    /// 2 monthly, 3 quarterly, 4 semi-annual, 5 yearly.
    pub period_type: i64,
}

/// A contract service: one line of a contract, without a quantity of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Id.
    pub id: i64,
    /// Contract.
    pub contract_id: i64,
    /// Service.
    pub service_id: i64,
    /// Price per unit now in force on the line.
    #[serde(serialize_with = "as_text")]
    pub unit_price: Decimal,
}

/// A bundle on a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BundleLine {
    /// Id.
    pub id: i64,
    /// Contract.
    pub contract_id: i64,
    /// Bundle.
    pub bundle_id: i64,
}

/// A note on a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Id.
    pub id: i64,
    /// Contract.
    pub contract_id: i64,
    /// Title.
    pub title: String,
    /// Text.
    pub description: String,
    /// Resource that wrote it.
    pub creator: i64,
}

/// A person to talk to at a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// Id.
    pub id: i64,
    /// Company.
    pub company_id: i64,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Address.
    pub email: String,
    /// The company's primary contact.
    pub primary: bool,
}

/// Units of a line in one billing period or part of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitsRow {
    /// Id.
    pub id: i64,
    /// Contract service.
    pub line_id: i64,
    /// Contract.
    pub contract_id: i64,
    /// Service.
    pub service_id: i64,
    /// First day.
    pub start: Date,
    /// Last day, inclusive.
    pub end: Date,
    /// Total units in force.
    pub units: i64,
    /// Extended price: units times unit price.
    #[serde(serialize_with = "as_text")]
    pub price: Decimal,
    /// Day the period was approved and posted.
    pub posted: Option<Date>,
}

fn as_text<S: serde::Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

impl From<&Row> for Company {
    fn from(row: &Row) -> Self {
        Self { id: row.id(), name: row.text("companyName").to_owned(), active: row.is("isActive") }
    }
}

impl From<&Row> for Contract {
    fn from(row: &Row) -> Self {
        Self {
            id: row.id(),
            company_id: row.int("companyID").unwrap_or_default(),
            name: row.text("contractName").to_owned(),
            contract_type: row.int("contractType").unwrap_or_default(),
            status: row.int("status").unwrap_or_default(),
            start: row.day("startDate").unwrap_or(Date::MIN),
            end: row.day("endDate").unwrap_or(Date::MAX),
            udfs: row.udfs.iter().cloned().collect(),
        }
    }
}

impl From<&Row> for Service {
    fn from(row: &Row) -> Self {
        Self {
            id: row.id(),
            name: row.text("name").to_owned(),
            sku: row.text("sku").to_owned(),
            unit_price: row.money("unitPrice").unwrap_or_default(),
            period_type: row.int("periodType").unwrap_or_default(),
        }
    }
}

impl From<&Row> for Line {
    fn from(row: &Row) -> Self {
        Self {
            id: row.id(),
            contract_id: row.int("contractID").unwrap_or_default(),
            service_id: row.int("serviceID").unwrap_or_default(),
            unit_price: line_price(row),
        }
    }
}

impl From<&Row> for BundleLine {
    fn from(row: &Row) -> Self {
        Self {
            id: row.id(),
            contract_id: row.int("contractID").unwrap_or_default(),
            bundle_id: row.int("serviceBundleID").unwrap_or_default(),
        }
    }
}

impl From<&Row> for Note {
    fn from(row: &Row) -> Self {
        Self {
            id: row.id(),
            contract_id: row.int("contractID").unwrap_or_default(),
            title: row.text("title").to_owned(),
            description: row.text("description").to_owned(),
            creator: row.int("creatorResourceID").unwrap_or_default(),
        }
    }
}

impl From<&Row> for Contact {
    fn from(row: &Row) -> Self {
        Self {
            id: row.id(),
            company_id: row.int("companyID").unwrap_or_default(),
            first_name: row.text("firstName").to_owned(),
            last_name: row.text("lastName").to_owned(),
            email: row.text("emailAddress").to_owned(),
            primary: row.is("primaryContact"),
        }
    }
}

impl From<&Row> for UnitsRow {
    fn from(row: &Row) -> Self {
        Self {
            id: row.id(),
            line_id: row.int("contractServiceID").unwrap_or_default(),
            contract_id: row.int("contractID").unwrap_or_default(),
            service_id: row.int("serviceID").unwrap_or_default(),
            start: row.day("startDate").unwrap_or(Date::MIN),
            end: row.day("endDate").unwrap_or(Date::MAX),
            units: row.int("units").unwrap_or_default(),
            price: row.money("price").unwrap_or_default(),
            posted: row.day("approveAndPostDate"),
        }
    }
}

/// The price per unit of a line: the adjusted one where set, else the service's.
pub(crate) fn line_price(line: &Row) -> Decimal {
    line.money("internalCurrencyAdjustedPrice").or_else(|| line.money("unitPrice")).unwrap_or_default()
}
