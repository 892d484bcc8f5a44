//! The writes to Autotask, each sent once and never again by itself: whoever calls has recorded the
//! intent before, and settles an unknown outcome by reading (U6).

use super::allowance::ADJUSTMENTS;
use super::connection::Connection;
use super::number::Money;
use super::query::midnight;
use super::{AutotaskReader, PicklistValue, WriteError};
use crate::http::Reply;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::contract::PAYG_FIELD;
use shared::ids::{ContractId, LineId, ServiceId};
use shared::mapping::NewService;

const UDF_DEFINITIONS: &str = "UserDefinedFieldDefinitions";

/// What a job holds that may write. Nothing but a job in apply mode makes one.
#[derive(Debug, Clone)]
pub struct AutotaskWriter {
    reader: AutotaskReader,
}

/// A change of units (Autotask developer help, ContractServiceAdjustments).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adjust {
    /// The contract.
    pub contract: ContractId,
    /// The service; if the contract has no line of it, the vendor creates one.
    pub service: ServiceId,
    /// The line, where known; it leads where a service is on several.
    pub line: Option<LineId>,
    /// Units more, or less.
    pub unit_change: i64,
    /// From which day on.
    pub effective: Date,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AdjustmentBody {
    #[serde(rename = "contractID")]
    contract: ContractId,
    #[serde(rename = "serviceID")]
    service: ServiceId,
    #[serde(rename = "contractServiceID", skip_serializing_if = "Option::is_none")]
    line: Option<LineId>,
    unit_change: i32,
    effective_date: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ServiceBody<'a> {
    name: &'a str,
    #[serde(rename = "billingCodeID")]
    billing_code: i64,
    period_type: i64,
    unit_price: Money,
    is_active: bool,
    #[serde(rename = "externalID")]
    external_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    item_id: i64,
}

/// The id of what was created. A reply without one leaves open whether anything was.
pub(super) fn created(reply: &Reply) -> Result<i64, WriteError> {
    reply.json::<Created>().map(|created| created.item_id).map_err(WriteError::Unknown)
}

impl AutotaskWriter {
    /// A writer to the database that `reader` reads, within the same allowance.
    pub fn new(reader: &AutotaskReader) -> Self {
        Self { reader: reader.clone() }
    }

    /// Changes the units of a line. The reply carries no id, so that only a read shows the change again.
    pub async fn adjust(&self, adjust: &Adjust) -> Result<(), WriteError> {
        let Ok(unit_change) = i32::try_from(adjust.unit_change) else {
            return Err(WriteError::Refused(format!("{} units are more than Autotask takes", adjust.unit_change)));
        };
        let body = AdjustmentBody {
            contract: adjust.contract,
            service: adjust.service,
            line: adjust.line,
            unit_change,
            effective_date: midnight(adjust.effective),
        };
        self.write(ADJUSTMENTS, &body).await.map(drop)
    }

    /// Creates a service, with the key by which it is found again after a lost reply.
    pub async fn create_service(&self, new: &NewService) -> Result<ServiceId, WriteError> {
        let body = ServiceBody {
            name: &new.name,
            billing_code: new.billing_code.0,
            period_type: new.period.number(),
            unit_price: Money(new.unit_price),
            is_active: true,
            external_id: new.external_id(),
        };
        created(&self.write("Services", &body).await?).map(ServiceId)
    }

    /// Creates the contract user-defined field "Acronis PAYG". The caller has made sure that it is not
    /// there; the vendor refuses a second one of the same name.
    pub async fn create_payg_field(&self) -> Result<(), WriteError> {
        let fields = self.reader.fields(UDF_DEFINITIONS).await?;
        let number = |field: &str, is_it: fn(&str) -> bool| {
            let choices =
                fields.iter().find(|known| known.name.eq_ignore_ascii_case(field)).map(|known| &known.choices);
            let fits = |choice: &&PicklistValue| is_it(choice.label.trim().to_lowercase().as_str());
            let choice = choices.and_then(|choices| choices.iter().find(fits));
            choice.and_then(|choice| choice.value.trim().parse::<i64>().ok()).ok_or_else(|| {
                WriteError::Refused(format!(
                    "{UDF_DEFINITIONS} has no fitting {field}; create a text field \"{PAYG_FIELD}\" for contracts by hand"
                ))
            })
        };
        // The numbers are each database's own, so that they are found by what people see.
        let contracts = number("udfType", |label| matches!(label, "contract" | "contracts"))?;
        let text = number("dataType", |label| label.starts_with("text") && !label.contains("multi"))?;
        let body = json!({"name": PAYG_FIELD, "udfType": contracts, "dataType": text, "isActive": true});
        self.write(UDF_DEFINITIONS, &body).await.map(drop)
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.reader.0
    }

    pub(super) async fn write(&self, entity: &str, body: &impl Serialize) -> Result<Reply, WriteError> {
        let body = serde_json::to_vec(body).expect("bodies are plain structures, which always have a JSON form");
        self.connection().write(entity, body).await
    }
}
