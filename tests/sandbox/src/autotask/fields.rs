//! What the API tells of its entities: rights, fields, picklists and user-defined fields. (Autotask
//! developer help, REST entity information calls.)

use super::Autotask;
use super::schema::{Entity, Field, Kind};
use super::webhooks::watchable;
use crate::exchange::Reply;
use crate::settings::Settings;
use serde_json::{Value, json};

/// `GET /{Entity}/entityInformation`.
pub(crate) fn information(entity: &Entity, settings: &Settings) -> Reply {
    let may = |able: bool| if able { "All" } else { "None" };
    let read = entity.can_query && !settings.unreadable.contains(entity.name);
    let write = !settings.unwritable.contains(entity.name);
    Reply::ok(&json!({"info": {
        "name": entity.singular,
        "canCreate": entity.can_create,
        "canDelete": entity.can_delete,
        "canQuery": entity.can_query,
        "canUpdate": entity.can_update,
        "userAccessForCreate": may(entity.can_create && write),
        "userAccessForDelete": may(entity.can_delete && write),
        "userAccessForQuery": may(read),
        "userAccessForUpdate": may(entity.can_update && write),
        "hasUserDefinedFields": entity.udf_type.is_some(),
        "supportsWebhookCallouts": watchable(entity.singular).is_some(),
    }}))
}

/// `GET /{Entity}/entityInformation/fields`.
pub(crate) fn fields(autotask: &Autotask, entity: &Entity) -> Reply {
    let shown = entity.fields.iter().filter(|field| !field.hidden);
    let watched: Vec<String> = match watchable(entity.singular) {
        Some(labels) => labels.map(|label| label.replace(' ', "")).collect(),
        None => Vec::new(),
    };
    let is_watched = |field: &Field| watched.iter().any(|name| name.eq_ignore_ascii_case(field.name));
    let fields: Vec<Value> = shown.map(|field| field_json(autotask, entity, field, is_watched(field))).collect();
    Reply::ok(&json!({"fields": fields}))
}

fn field_json(autotask: &Autotask, entity: &Entity, field: &Field, watched: bool) -> Value {
    let length = match field.kind {
        Kind::Text(length) => length,
        _ => 0,
    };
    let values = field.picklist.iter().zip(1..).map(|((value, label), order)| {
        let number = value.parse().unwrap_or_default();
        json!({
            "value": value,
            "label": label,
            "isDefaultValue": false,
            "sortOrder": order,
            "parentValue": entity.parent_value(field.name, number).unwrap_or_default(),
            "isActive": autotask.is_offered(entity.name, field.name, number),
            "isSystem": true,
        })
    });
    let values: Vec<Value> = values.collect();
    json!({
        "name": field.name,
        "dataType": field.kind.wire_name(),
        "length": length,
        "isRequired": field.required,
        "isReadOnly": field.read_only,
        "isQueryable": field.queryable,
        "isReference": field.reference.is_some(),
        "referenceEntityType": field.reference.unwrap_or_default(),
        "isPickList": !values.is_empty(),
        "picklistValues": if values.is_empty() { Value::Null } else { json!(values) },
        "picklistParentValueField": field.picklist_parent.as_ref().map_or("", |(above, _)| above),
        "isSupportedWebhookField": watched,
    })
}

/// `GET /{Entity}/entityInformation/userDefinedFields`.
pub(crate) fn udf_fields(autotask: &Autotask, entity: &Entity) -> Reply {
    let names = autotask.udf_names(entity);
    let fields: Vec<Value> = names.iter().map(|name| udf_json(name)).collect();
    Reply::ok(&json!({"fields": fields}))
}

fn udf_json(name: &str) -> Value {
    json!({
        "name": name,
        "label": name,
        "type": "string",
        "length": 255,
        "description": "",
        "isRequired": false,
        "isReadOnly": false,
        "isQueryable": true,
        "isReference": false,
        "referenceEntityType": "",
        "isPickList": false,
        "picklistValues": null,
        "picklistParentValueField": "",
        "defaultValue": null,
        "isSupportedWebhookField": false,
    })
}

impl Autotask {
    /// Names of the active user-defined fields of an entity.
    pub(crate) fn udf_names(&self, entity: &Entity) -> Vec<String> {
        let Some(udf_type) = entity.udf_type else {
            return Vec::new();
        };
        let definitions = self.table("UserDefinedFieldDefinitions");
        definitions
            .by("udfType", udf_type)
            .filter(|row| row.is("isActive"))
            .map(|row| row.text("name").to_owned())
            .collect()
    }
}
