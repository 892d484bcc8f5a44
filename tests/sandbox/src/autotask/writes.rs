//! What a client may create and change: bodies are read and checked here, then handed to the same
//! functions a human edit uses. (Autotask developer help, REST creating and updating data.)

use super::adjustments::{Author, Wish, invalid};
use super::calls::errors;
use super::cell::{Cell, Row, decimal};
use super::filter::property;
use super::notes::Happened;
use super::periods::{SERVICE_LINES, set_units};
use super::schema::{Entity, Field, entities};
use super::webhooks::is_webhook;
use super::{API_RESOURCE, Autotask};
use crate::clock::{day_of, parse_moment};
use crate::exchange::{Ask, Reply};
use crate::settings::Settings;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

impl Autotask {
    /// POST to the root or below a parent.
    pub(crate) fn create(
        &mut self,
        entity: &'static Entity,
        parent: Option<i64>,
        ask: &Ask,
        settings: &Settings,
        now: Timestamp,
    ) -> Reply {
        let Ok(mut body) = serde_json::from_slice::<Value>(&ask.body) else {
            return errors(&["The request body is missing or is not valid JSON."]);
        };
        if let (Some(parent), Some((_, _, field))) = (parent, entity.parent) {
            set_parent(&mut body, field, parent);
        }
        let created = if entity.name == "ContractServiceAdjustments" {
            let wish = read_wish(&body);
            let adjusted = wish.and_then(|wish| self.adjust(&wish, Author::Api, now, settings));
            adjusted.map(|_| None)
        } else {
            self.create_row(entity, &body, settings, now).map(Some)
        };
        match created {
            Ok(id) => Reply::ok(&json!({"itemId": id})),
            Err(text) => errors(&[text]),
        }
    }

    fn create_row(
        &mut self,
        entity: &'static Entity,
        body: &Value,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<i64, String> {
        let mut row = Row::new(entity);
        self.read_into(&mut row, body, true)?;
        for field in entity.fields.iter().filter(|field| field.required) {
            if *row.get(field.name) == Cell::Null {
                return Err(format!("Missing Required Field: {}.", field.name));
            }
        }
        self.check_references(&row)?;
        match entity.name {
            "ContractServices" => self.create_contract_service(&row, settings, now),
            "UserDefinedFieldDefinitions" => self.create_definition(row, now),
            "Contracts" => {
                check_contract_days(&row)?;
                row = row.with("lastModifiedDateTime", now);
                Ok(self.table_mut(entity.name).add(row))
            }
            "Tickets" => self.create_ticket(row, Author::Api, now),
            "TicketNotes" => Ok(self.create_ticket_note(row, Author::Api, now)),
            _ if is_webhook(entity) => {
                self.check_webhook(&row, settings)?;
                Ok(self.new_webhook(row))
            }
            _ if entity.name.contains("Webhook") => {
                self.check_webhook_part(&row)?;
                let id = self.table_mut(entity.name).add(row);
                self.settle_readiness(entity);
                Ok(id)
            }
            _ => {
                let row = stamped(row, now);
                Ok(self.table_mut(entity.name).add(row))
            }
        }
    }

    /// A line made this way has no units yet. (ContractServices: "does not specify units".)
    fn create_contract_service(&mut self, row: &Row, settings: &Settings, now: Timestamp) -> Result<i64, String> {
        let contract = row.int("contractID").unwrap_or_default();
        let service = row.int("serviceID").unwrap_or_default();
        self.check_new_line(contract, service)?;
        let price = row.money("adjustedPrice");
        let id = self.create_line(contract, service, price);
        let lines = self.table_mut(SERVICE_LINES.lines);
        for field in ["invoiceDescription", "internalDescription"] {
            lines.set(id, field, row.get(field).clone());
        }
        self.note((contract, SERVICE_LINES, service), Happened::Added, Author::Api, now, settings);
        self.touch_adjusted(contract, now, settings);
        Ok(id)
    }

    fn create_definition(&mut self, row: Row, now: Timestamp) -> Result<i64, String> {
        let definitions = self.table_mut("UserDefinedFieldDefinitions");
        let udf_type = row.int("udfType").unwrap_or_default();
        let taken =
            definitions.by("udfType", udf_type).any(|other| other.text("name").eq_ignore_ascii_case(row.text("name")));
        if taken {
            return Err("A user-defined field with this name already exists.".to_owned());
        }
        let active = *row.get("isActive") != Cell::Bool(false);
        let row = row.with("isActive", active).with("createDate", now);
        Ok(definitions.add(row))
    }

    /// PATCH at the root or below a parent; the id is in the body.
    pub(crate) fn update(
        &mut self,
        entity: &'static Entity,
        parent: Option<i64>,
        ask: &Ask,
        settings: &Settings,
        now: Timestamp,
    ) -> Reply {
        let Ok(mut body) = serde_json::from_slice::<Value>(&ask.body) else {
            return errors(&["The request body is missing or is not valid JSON."]);
        };
        if let (Some(parent), Some((_, _, field))) = (parent, entity.parent) {
            set_parent(&mut body, field, parent);
        }
        match self.update_row(entity, &body, settings, now) {
            Ok(id) => Reply::ok(&json!({"itemId": id})),
            Err(text) => errors(&[text]),
        }
    }

    fn update_row(
        &mut self,
        entity: &'static Entity,
        body: &Value,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<i64, String> {
        let id = property(body, "id").and_then(Value::as_i64);
        let id = id.ok_or("Missing Required Field: id.")?;
        let known = self.row(entity.name, id).filter(|row| self.is_visible(row));
        let mut row = known.ok_or("No matching records found.")?.clone();
        self.read_into(&mut row, body, false)?;
        for field in entity.fields.iter().filter(|field| field.required) {
            if *row.get(field.name) == Cell::Null {
                return Err(format!("Missing Required Field: {}.", field.name));
            }
        }
        self.check_references(&row)?;
        match entity.name {
            "Tickets" => return self.change_ticket(row, Author::Api, now),
            "TicketNotes" => return Ok(self.change_ticket_note(row, Author::Api, now)),
            _ => {}
        }
        if entity.name == "Contracts" {
            check_contract_days(&row)?;
        }
        if is_webhook(entity) {
            self.check_webhook(&row, settings)?;
        }
        let row = stamped(row, now);
        let new_price = adjusted_price(&row);
        let (contract, service) = match new_price {
            Some(_) => (row.int("contractID").unwrap_or_default(), row.int("serviceID").unwrap_or_default()),
            None => (0, 0),
        };
        self.table_mut(entity.name).change(id, |old| *old = row);
        match (entity.name, new_price) {
            ("Contracts", _) => self.fit_rows_to_contract(id),
            ("ContractServices", Some(price)) => {
                self.set_line_price(id, price, now);
                let what = (contract, SERVICE_LINES, service);
                self.note(what, Happened::UnitPrice(price), Author::Api, now, settings);
            }
            _ => {}
        }
        Ok(id)
    }

    /// A line's new price counts for rows that start from today on.
    fn set_line_price(&mut self, line_id: i64, price: Decimal, now: Timestamp) {
        let lines = self.table_mut(SERVICE_LINES.lines);
        lines.set(line_id, "internalCurrencyAdjustedPrice", price);
        lines.set(line_id, "adjustedPrice", Cell::Null);
        let today = day_of(now);
        for id in self.row_ids(SERVICE_LINES, line_id) {
            self.table_mut(SERVICE_LINES.units).change(id, |row| {
                if row.day("startDate") >= Some(today) {
                    let units = row.int("units").unwrap_or_default();
                    set_units(row, units, price);
                }
            });
        }
    }

    /// Puts the properties of a body into a row; unknown ones are counted and ignored.
    fn read_into(&mut self, row: &mut Row, body: &Value, creating: bool) -> Result<(), String> {
        let entity = row.entity();
        let properties = body.as_object().ok_or("The request body is not a JSON object.")?;
        for (name, value) in properties {
            if name.eq_ignore_ascii_case("userDefinedFields") {
                self.read_udfs(row, value)?;
                continue;
            }
            let hidden_price = name.eq_ignore_ascii_case("adjustedPrice");
            let position = match entity.find(name) {
                None if hidden_price && entity.name == "ContractServices" => Some(entity.index("adjustedPrice")),
                found => found,
            };
            let Some(position) = position else {
                let count = self.unknown_properties.entry(format!("{}.{name}", entity.name));
                *count.or_default() += 1;
                continue;
            };
            let field = &entity.fields[position];
            if position == 0 || (creating && field.read_only) {
                continue;
            }
            let cell = Cell::read(field.kind, value).map_err(|text| format!("{}: {text}", field.name))?;
            let changed = cell != *row.at(position);
            if !creating && changed && (field.read_only || field.fixed) {
                return Err(format!("The field {} is read-only and cannot be changed.", field.name));
            }
            if creating || changed {
                self.check_picklist(entity, field, &cell)?;
            }
            row.put(position, cell);
        }
        Ok(())
    }

    fn check_picklist(&self, entity: &Entity, field: &Field, cell: &Cell) -> Result<(), String> {
        let Cell::Int(number) = cell else {
            return Ok(());
        };
        let known = field.picklist.iter().any(|(value, _)| *value == number.to_string());
        if field.picklist.is_empty() || (known && self.is_offered(entity.name, field.name, *number)) {
            return Ok(());
        }
        Err(format!("Picklist value {number} on field {} does not exist or is inactive.", field.name))
    }

    fn read_udfs(&self, row: &mut Row, value: &Value) -> Result<(), String> {
        let names = self.udf_names(row.entity());
        for pair in value.as_array().into_iter().flatten() {
            let name = property(pair, "name").and_then(Value::as_str).unwrap_or_default();
            let known = names.iter().find(|known| known.eq_ignore_ascii_case(name));
            let known = known.ok_or_else(|| format!("The user-defined field {name} does not exist."))?;
            match property(pair, "value") {
                None | Some(Value::Null) => row.set_udf(known, None),
                Some(Value::String(text)) => row.set_udf(known, Some(text)),
                Some(other) => row.set_udf(known, Some(&other.to_string())),
            }
        }
        Ok(())
    }

    fn check_references(&self, row: &Row) -> Result<(), String> {
        for field in &row.entity().fields {
            let (Some(singular), Some(id)) = (field.reference, int_of(row, field)) else {
                continue;
            };
            let target = entities().iter().find(|entity| entity.singular == singular);
            let target = target.map(|entity| self.table(entity.name));
            if target.is_some_and(|table| table.get(id).is_none()) {
                return Err(invalid(field.name, singular));
            }
        }
        Ok(())
    }
}

fn int_of(row: &Row, field: &Field) -> Option<i64> {
    match row.get(field.name) {
        Cell::Int(number) => Some(*number),
        _ => None,
    }
}

fn adjusted_price(row: &Row) -> Option<Decimal> {
    let is_line = row.entity().name == SERVICE_LINES.lines;
    is_line.then(|| row.money("adjustedPrice")).flatten()
}

/// Moves the vendor's own stamps of change, where the entity has them.
pub(crate) fn stamped(mut row: Row, now: Timestamp) -> Row {
    let created = ["createDate", "createDateTime"];
    let changed = ["lastModifiedDate", "lastModifiedDateTime", "lastTrackedModifiedDateTime", "lastActivityDate"];
    for (position, field) in row.entity().fields.iter().enumerate() {
        let first = created.contains(&field.name) && *row.at(position) == Cell::Null;
        if first || changed.contains(&field.name) {
            row.put(position, Cell::Time(now));
        }
        let unset = *row.at(position) == Cell::Null;
        match field.name {
            "isActive" if unset => row.put(position, Cell::Bool(true)),
            "creatorResourceID" if unset => row.put(position, Cell::Int(API_RESOURCE)),
            _ => {}
        }
    }
    row
}

fn check_contract_days(row: &Row) -> Result<(), String> {
    if row.day("startDate") > row.day("endDate") {
        return Err("Contract endDate must be on or after startDate.".to_owned());
    }
    Ok(())
}

/// The parent in the path wins over what the body says.
fn set_parent(body: &mut Value, field: &str, parent: i64) {
    if let Some(properties) = body.as_object_mut() {
        properties.retain(|name, _| !name.eq_ignore_ascii_case(field));
        properties.insert(field.to_owned(), json!(parent));
    }
}

fn read_wish(body: &Value) -> Result<Wish, String> {
    let whole = |name: &str| match property(body, name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_i64() {
            Some(number) => Ok(Some(number)),
            None => Err(format!("{name}: Error converting value {value} to type 'integer'.")),
        },
    };
    let day = match property(body, "effectiveDate") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let moment = value.as_str().and_then(parse_moment);
            let wrong = || format!("effectiveDate: Error converting value {value} to type 'datetime'.");
            Some(day_of(moment.ok_or_else(wrong)?))
        }
    };
    let price = property(body, "adjustedUnitPrice").filter(|value| value.is_number());
    Ok(Wish {
        line_id: whole("contractServiceID")?,
        contract_id: whole("contractID")?,
        service_id: whole("serviceID")?,
        unit_change: whole("unitChange")?,
        effective: day,
        unit_price: price.and_then(|value| decimal(&value.to_string())),
        repeat_service: property(body, "allowRepeatService") == Some(&Value::Bool(true)),
    })
}
