//! What an Autotask database says of its entities: fields, their choices, and the user-defined field
//! that tells a contract's kind (Autotask developer help, Entity information calls).

use super::wire::{is_payg_field, text_of};
use super::{AutotaskError, AutotaskReader};
use serde::Deserialize;
use serde_json::Value;

/// A field of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityField {
    /// Its name.
    pub name: String,
    /// Its choices, for fields that have a list of them.
    pub choices: Vec<PicklistValue>,
}

/// One choice of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PicklistValue {
    /// What is stored; a text, for numbers too.
    pub value: String,
    /// What people see.
    pub label: String,
    /// Whether it may be chosen.
    pub active: bool,
    /// Whether it is taken where nothing is chosen.
    pub is_default: bool,
    /// The choice of another field that it belongs to, where it belongs to one.
    pub parent: Option<String>,
}

#[derive(Deserialize)]
struct Fields<T> {
    fields: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FieldRow {
    name: String,
    #[serde(default)]
    picklist_values: Option<Vec<ChoiceRow>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChoiceRow {
    value: Value,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    is_active: Option<bool>,
    #[serde(default)]
    is_default_value: Option<bool>,
    #[serde(default)]
    parent_value: Value,
}

#[derive(Deserialize)]
struct UserDefinedFieldRow {
    name: String,
}

impl AutotaskReader {
    /// Whether contracts have the user-defined field "Acronis PAYG" (C1).
    pub async fn payg_field(&self) -> Result<bool, AutotaskError> {
        let path = ["Contracts", "entityInformation", "userDefinedFields"];
        let found: Fields<UserDefinedFieldRow> = self.0.get(&path).await?;
        Ok(found.fields.iter().any(|field| is_payg_field(&field.name)))
    }

    /// The fields of an entity with their choices.
    pub async fn fields(&self, entity: &str) -> Result<Vec<EntityField>, AutotaskError> {
        let found: Fields<FieldRow> = self.0.get(&[entity, "entityInformation", "fields"]).await?;
        Ok(found.fields.into_iter().map(EntityField::from).collect())
    }
}

impl From<FieldRow> for EntityField {
    fn from(row: FieldRow) -> Self {
        let choices = row.picklist_values.into_iter().flatten().map(|choice| PicklistValue {
            value: text_of(choice.value).unwrap_or_default(),
            label: choice.label.unwrap_or_default(),
            active: choice.is_active.unwrap_or(true),
            is_default: choice.is_default_value.unwrap_or(false),
            parent: text_of(choice.parent_value).filter(|parent| !parent.trim().is_empty()),
        });
        Self { name: row.name, choices: choices.collect() }
    }
}
