//! Alert types and categories as the vendor registers them: ids in its older style and in its newer
//! naming with an alias. (Acronis Alert Manager API 1.0, GET /types and GET /categories.)

use super::Severity;
use serde_json::{Value, json};

/// Systems a type may be asked for by.
pub(crate) const SYSTEMS: [&str; 4] = ["ios", "linux", "macos", "windows"];
const CATEGORY_ALIASES: [(&str, &str); 1] =
    [("cti.a.p.am.alert.category.v1.0~sandbox.saas_security.v1.0", "SaaS security")];

/// A registered type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertType {
    /// Id.
    pub id: String,
    /// Category.
    pub category: String,
    /// Severity unless an alert says otherwise.
    pub severity: Severity,
    /// Systems it occurs on.
    pub systems: Vec<String>,
    /// Readable name of a type in the newer naming.
    pub alias: Option<String>,
    /// Alerts of a type that is not enabled behave as if they were not there.
    pub enabled: bool,
}

/// Every type of `types.txt`.
pub(crate) fn all() -> Vec<AlertType> {
    let lines = include_str!("types.txt").lines();
    lines.filter(|line| !line.starts_with('#')).filter_map(parse).collect()
}

fn parse(line: &str) -> Option<AlertType> {
    let fields: Vec<&str> = line.split('|').collect();
    let [category, id, severity, systems, mark] = fields.as_slice() else {
        return None;
    };
    Some(AlertType {
        id: (*id).to_owned(),
        category: (*category).to_owned(),
        severity: Severity::parse(severity)?,
        systems: systems.split(',').map(str::to_owned).collect(),
        alias: Some(*mark).filter(|mark| !mark.is_empty() && *mark != "off").map(str::to_owned),
        enabled: *mark != "off",
    })
}

impl AlertType {
    /// The type as sent.
    pub(crate) fn json(&self) -> Value {
        let mut body = json!({
            "id": self.id,
            "enabled": self.enabled,
            "severity": self.severity,
            "contextKeys": ["resourceId", "planId"],
            "searchableDetails": ["resourceName", "planName"],
            "supportedOS": self.systems,
            "category": self.category,
            "exportable": [],
            "notificationType": "email",
        });
        if let Some(alias) = &self.alias {
            body["cti_name"] = json!(self.id);
            body["alias"] = json!(alias);
        }
        body
    }
}

/// Categories in the order of their types; one without an enabled type is disabled.
pub(crate) fn categories(types: &[AlertType], include_disabled: bool) -> Vec<Value> {
    let mut names: Vec<&str> = Vec::new();
    for kind in types {
        if !names.contains(&kind.category.as_str()) {
            names.push(&kind.category);
        }
    }
    let show = |name: &&str| {
        let enabled = types.iter().any(|kind| kind.category == *name && kind.enabled);
        let mut body = json!({"name": name});
        if let Some((_, alias)) = CATEGORY_ALIASES.iter().find(|(known, _)| known == name) {
            body["alias"] = json!(alias);
        }
        if !enabled {
            body["disabled"] = json!(true);
        }
        (enabled || include_disabled).then_some(body)
    };
    names.iter().filter_map(show).collect()
}
