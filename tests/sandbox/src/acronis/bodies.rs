//! Reads the bodies of writes: keys the vendor's schema does not know are refused where it says so.
//! (Acronis Account Management API v2, schemas with `additionalProperties: false`.)

use super::errors::{bad_request, stale};
use crate::exchange::{Ask, Reply};
use crate::settings::Settings;
use serde_json::{Map, Value};

/// A JSON object of a request with what the settings say about reading it.
#[derive(Debug)]
pub(crate) struct Body {
    properties: Map<String, Value>,
    strict: bool,
}

impl Body {
    /// The body of a request; unknown keys are 400 when bodies are read strictly.
    pub(crate) fn read(ask: &Ask, known: &[&str], settings: &Settings) -> Result<Self, Reply> {
        match serde_json::from_slice(&ask.body) {
            Ok(value) => Self::of(value, known, settings.strict),
            Err(_) => Err(bad_request("The body is not valid JSON.")),
        }
    }

    /// An object within a body.
    pub(crate) fn of(value: Value, known: &[&str], strict: bool) -> Result<Self, Reply> {
        let Value::Object(properties) = value else {
            return Err(bad_request("A JSON object is expected."));
        };
        let body = Self { properties, strict };
        let stranger = body.properties.keys().find(|key| !known.contains(&key.as_str()));
        match stranger.filter(|_| strict) {
            Some(key) => Err(bad_request(&format!("Additional property {key} is not allowed."))),
            None => Ok(body),
        }
    }

    pub(crate) fn is_strict(&self) -> bool {
        self.strict
    }

    /// A property that is there and not null.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.properties.get(key).filter(|value| !value.is_null())
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.properties.contains_key(key)
    }

    pub(crate) fn text(&self, key: &str) -> Result<Option<String>, Reply> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(bad_request(&format!("{key} must be a string."))),
        }
    }

    /// A text that has to be there and not be empty.
    pub(crate) fn required_text(&self, key: &str) -> Result<String, Reply> {
        let text = self.text(key)?.filter(|text| !text.trim().is_empty());
        text.ok_or_else(|| bad_request(&format!("{key} is required.")))
    }

    /// A whole number of at least 0; written as text only where bodies are read leniently.
    pub(crate) fn number(&self, key: &str) -> Result<Option<u64>, Reply> {
        let number = match self.get(key) {
            None => return Ok(None),
            Some(Value::String(text)) if !self.strict => text.parse().ok(),
            Some(value) => value.as_u64(),
        };
        number.map(Some).ok_or_else(|| bad_request(&format!("{key} must be an integer of at least 0.")))
    }

    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, Reply> {
        let flag = match self.get(key) {
            None => return Ok(None),
            Some(Value::String(text)) if !self.strict => text.parse().ok(),
            Some(value) => value.as_bool(),
        };
        flag.map(Some).ok_or_else(|| bad_request(&format!("{key} must be true or false.")))
    }

    pub(crate) fn list(&self, key: &str) -> Result<Vec<Value>, Reply> {
        let list = self.get(key).and_then(Value::as_array);
        list.cloned().ok_or_else(|| bad_request(&format!("{key} must be an array.")))
    }

    /// Refuses a missing `version` and one that is not the latest.
    pub(crate) fn check_version(&self, latest: u64, what: &str) -> Result<(), Reply> {
        match self.number("version")? {
            None => Err(bad_request("version is required.")),
            Some(version) if version == latest => Ok(()),
            Some(_) => Err(stale(what)),
        }
    }
}
