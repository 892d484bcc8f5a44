//! The Alert Manager's JSON (Acronis Alert Manager API 1.0) and what it means in our words. What is told of an alert
//! may be missing or of any shape; its id and its moments may not, because an alert passed over is a lost ticket.

use super::ReadAlert;
use super::pages::hand_over;
use super::wire::number;
use jiff::Timestamp;
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use shared::alert::{self, AlertAbout, AlertKind, AlertType, Severity};
use shared::ids::{AlertId, TenantId};

/// The longest text that is kept: no field of a ticket takes more.
const MOST_CHARACTERS: usize = 8_000;
/// The longest text that is shown of a row that cannot be used.
const MOST_CHARACTERS_SHOWN: usize = 80;
/// How far down the causes of an error are told.
const MOST_CAUSES: usize = 5;

/// Everything is kept as it came, so that a row that cannot be used can still be named.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Alert {
    #[serde(default)]
    id: Value,
    #[serde(default, rename = "type")]
    kind: Value,
    #[serde(default)]
    category: Value,
    #[serde(default)]
    severity: Value,
    #[serde(default)]
    created_at: Value,
    #[serde(default)]
    received_at: Value,
    #[serde(default)]
    updated_at: Value,
    #[serde(default)]
    deleted_at: Value,
    #[serde(default)]
    details: Value,
    #[serde(default)]
    tenant: Value,
}

impl Alert {
    pub(super) fn into_fact(self) -> Result<ReadAlert, String> {
        let named = |why: String| format!("{}: {why}", self.name());
        let id = text(&self.id).ok_or_else(|| named("it cannot be told from others".to_owned()))?;
        let raised_at = self.raised_at().map_err(named)?;
        let updated_at = moment("updatedAt", &self.updated_at).map_err(named)?;
        let updated_at = updated_at.ok_or_else(|| named("it has no updatedAt".to_owned()))?;
        let cleared_at = moment("deletedAt", &self.deleted_at).map_err(named)?;
        let locator = self.tenant["locator"].as_str().unwrap_or_default();
        Ok(ReadAlert {
            number: number(&self.tenant["id"]),
            locator: locator.split('/').filter_map(|part| part.trim().parse().ok()).collect(),
            alert: alert::Alert {
                id: AlertId::new(id),
                kind: AlertKind::new(text(&self.kind).unwrap_or_default()),
                category: text(&self.category).unwrap_or_default(),
                severity: Severity::of(&text(&self.severity).unwrap_or_default()),
                tenant: TenantId::new(text(&self.tenant["uuid"]).unwrap_or_default()),
                raised_at,
                updated_at,
                cleared_at,
                about: about(&self.details),
            },
        })
    }

    /// By the server's clock, or else by the machine's.
    fn raised_at(&self) -> Result<Timestamp, String> {
        let received_at = moment("receivedAt", &self.received_at)?;
        let raised_at = received_at.map_or_else(|| moment("createdAt", &self.created_at), |at| Ok(Some(at)))?;
        raised_at.ok_or_else(|| "it has neither receivedAt nor createdAt".to_owned())
    }

    fn name(&self) -> String {
        let id = if self.id.is_null() { "without an id".to_owned() } else { shown(&self.id) };
        let kind = if self.kind.is_null() { "no type".to_owned() } else { format!("type {}", shown(&self.kind)) };
        format!("the alert {id} of {kind}")
    }
}

/// The alerts of one customer.
#[derive(Deserialize)]
pub(super) struct CustomerAlerts {
    #[serde(default)]
    customer_id: Value,
    alerts: Box<RawValue>,
}

impl CustomerAlerts {
    pub(super) fn each(self, each: &mut impl FnMut(ReadAlert)) -> Result<(), String> {
        // As the vendor sends details that are empty.
        if self.alerts.get() == "null" {
            return Ok(());
        }
        let handed_over = hand_over(self.alerts.get(), |row: Alert| {
            let mut read = row.into_fact()?;
            if read.number.is_none() && read.locator.is_empty() {
                read.locator.extend(number(&self.customer_id));
            }
            each(read);
            Ok(())
        });
        handed_over.map_err(|why| format!("customer {}: {why}", shown(&self.customer_id)))
    }
}

/// A type of alerts.
#[derive(Deserialize)]
pub(super) struct Type {
    id: String,
    #[serde(default)]
    alias: Value,
    #[serde(default)]
    category: Value,
    #[serde(default)]
    severity: Value,
    #[serde(default)]
    enabled: Option<bool>,
}

impl Type {
    pub(super) fn into_fact(self) -> AlertType {
        AlertType {
            id: AlertKind::new(self.id),
            label: text(&self.alias),
            category: text(&self.category).unwrap_or_default(),
            severity: Severity::of(&text(&self.severity).unwrap_or_default()),
            enabled: self.enabled != Some(false),
        }
    }
}

/// What is told (Acronis developer portal, Alerts API, `details`); `null` where it is nothing.
fn about(details: &Value) -> AlertAbout {
    AlertAbout {
        title: text(&details["title"]),
        device: text(&details["resourceName"]),
        resource: text(&details["resourceId"]),
        plan: text(&details["planId"]),
        plan_name: text(&details["planName"]),
        reason: reason(details),
        link: link(details),
    }
}

/// A backup's error says why at length; alerts of other vendors describe what they are about.
fn reason(details: &Value) -> Option<String> {
    let described = || ["reason", "description"].iter().find_map(|name| text(&details[*name]));
    worded(&details["errorMessage"], "reason").or_else(|| error_words(&details["error"])).or_else(described)
}

/// What an error says, and below it what its causes say.
fn error_words(error: &Value) -> Option<String> {
    let errors = std::iter::successors(Some(error), |error| error.get("suberror")).take(MOST_CAUSES);
    let words = errors.filter_map(|error| worded(error, "text")).collect::<Vec<_>>().join("\n");
    (!words.is_empty()).then_some(words)
}

/// A text, or of an object the text it has under a name.
fn worded(value: &Value, name: &str) -> Option<String> {
    text(if value.is_object() { &value[name] } else { value })
}

/// Where a person may read more. Elsewhere the same names hold codes.
fn link(details: &Value) -> Option<String> {
    let links = [&details["errorMessage"]["kbLink"], &details["redirectLink"]];
    let is_web = |text: &&str| {
        let is_whole = !text.contains(|c: char| c.is_whitespace() || c.is_control());
        is_whole && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
    };
    links.iter().filter_map(|link| link.as_str()).map(str::trim).find(is_web).map(str::to_owned)
}

/// The text of a value; of what is no text, its JSON. Nothing, an empty text or an empty list or object are none.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.trim().to_owned(),
        Value::Array(list) if list.is_empty() => return None,
        Value::Object(object) if object.is_empty() => return None,
        other => other.to_string(),
    };
    (!text.is_empty()).then(|| text.chars().take(MOST_CHARACTERS).collect())
}

/// A moment as the vendor writes it: up to nine digits after the point, UTC where no zone is named. The zero of a
/// machine's clock is none: an alert with it for its end would never have a ticket.
fn moment(name: &str, value: &Value) -> Result<Option<Timestamp>, String> {
    let unreadable = || format!("{name} is {}, expected a moment such as 2026-01-31T23:59:59Z", shown(value));
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text.trim(),
        _ => return Err(unreadable()),
    };
    if text.is_empty() {
        return Ok(None);
    }
    let at: Timestamp = text.parse().or_else(|_| format!("{text}Z").parse()).map_err(|_| unreadable())?;
    Ok((at > Timestamp::UNIX_EPOCH).then_some(at))
}

/// As much of a value as says what it is.
fn shown(value: &Value) -> String {
    value.to_string().chars().take(MOST_CHARACTERS_SHOWN).collect()
}
