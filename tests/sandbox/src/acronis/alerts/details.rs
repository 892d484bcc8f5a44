//! The details of alerts in the shapes the vendor's samples have: every key is optional, and a value
//! may be a text or an object. (Acronis Alert Manager API 1.0, AlertView.)

use super::super::uuid;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What the details of an alert look like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Resource, plan and times.
    #[default]
    Plain,
    /// `null`.
    Null,
    /// An empty object.
    Empty,
    /// A resource's name and nothing else.
    NameOnly,
    /// Texts where other alerts have numbers and objects.
    Texts,
    /// `errorMessage` as an object with a reason and a link.
    ErrorMessage,
    /// `error` with a code, fields and a cause below it.
    Error,
    /// `activity` with an id and a type.
    Activity,
    /// Objects within objects, and lists.
    Nested,
    /// Title and fields of a third party.
    ThirdParty,
}

/// All shapes, in the order a storm takes them.
pub const SHAPES: [Shape; 10] = [
    Shape::Plain,
    Shape::Null,
    Shape::Empty,
    Shape::NameOnly,
    Shape::Texts,
    Shape::ErrorMessage,
    Shape::Error,
    Shape::Activity,
    Shape::Nested,
    Shape::ThirdParty,
];

/// The details of the alert with this number.
pub(crate) fn of(shape: Shape, number: u64, resource: Option<&str>, plan: Option<&str>, now: Timestamp) -> Value {
    let machine = resource.map_or_else(|| format!("WS-{number:03}"), str::to_owned);
    let plan = plan.unwrap_or("Company-wide protection");
    let more = match shape {
        Shape::Null => return Value::Null,
        Shape::Empty => return json!({}),
        Shape::NameOnly => return json!({"resourceName": machine}),
        Shape::ThirdParty => {
            return json!({"title": format!("Finding on {machine}"), "category": "sign-in",
                "description": "A sign-in from an unusual place.", "fields": {"user": "ada", "place": "Ulm"}});
        }
        Shape::Plain => json!({"agentId": uuid("a6e0", number).to_uppercase()}),
        Shape::Texts => json!({"error": "The network path was not found.", "errorMessage": "Timed out.",
            "activity": "backup", "startTime": now.as_second().to_string(), "daysPassed": "3"}),
        Shape::ErrorMessage => json!({"errorMessage": {"reason": "Access to the file is denied.",
            "kbLink": {"serCode": "TOL_0x9A2B|0x1"}}}),
        Shape::Error => json!({"error": {"code": "0x00040011", "text": "The backup failed.",
            "fields": {"machine": machine}, "suberror": {"code": "0x00009", "text": "No space left."}}}),
        Shape::Activity => json!({"activityId": uuid("ac71", number), "activity":
            {"id": uuid("ac71", number), "type": "backup"}}),
        Shape::Nested => json!({"backupLocations": ["Cloud storage", "\\\\nas\\backup"],
            "backupSourcesType": "disks", "context": {"machine": {"name": machine, "disks": [{"letter": "C"}]}}}),
    };
    let mut details = Map::from_iter([
        ("resourceId".to_owned(), json!(stable_id("5e50", &machine))),
        ("resourceName".to_owned(), json!(machine)),
        ("planId".to_owned(), json!(stable_id("9147", plan))),
        ("planName".to_owned(), json!(plan)),
        ("startTime".to_owned(), json!(now.as_second() - 600)),
        ("finishTime".to_owned(), json!(now.as_second())),
    ]);
    if let Value::Object(more) = more {
        details.extend(more);
    }
    Value::Object(details)
}

/// The same id for the same name.
fn stable_id(kind: &str, name: &str) -> String {
    let step = |sum: u64, byte: u8| sum.wrapping_mul(31).wrapping_add(u64::from(byte));
    let number = name.bytes().fold(7, step) % 0x1_0000_0000;
    uuid(kind, number).to_uppercase()
}
