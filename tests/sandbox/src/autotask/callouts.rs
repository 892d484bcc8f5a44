//! Callouts of web-hooks: the body, its signature and its number; a test delivers them. (Autotask
//! developer help, REST webhooks, secret key payload verification.)

use super::{Autotask, Row};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha1_smol::Sha1;

const BLOCK: usize = 64;

/// What happened to the thing a web-hook watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Created.
    Create,
    /// Changed.
    Update,
    /// Deleted.
    Delete,
}

impl Action {
    fn subscription(self) -> &'static str {
        match self {
            Self::Create => "isSubscribedToCreateEvents",
            Self::Update => "isSubscribedToUpdateEvents",
            Self::Delete => "isSubscribedToDeleteEvents",
        }
    }
}

/// Something that web-hooks may call out about.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Event {
    /// "Company", "Ticket" or "TicketNote".
    pub entity: String,
    /// What happened.
    pub action: Action,
    /// Id of the row.
    pub id: i64,
    /// Fields that changed with their new values, by the labels of the field picklist.
    #[serde(default)]
    pub fields: Map<String, Value>,
    /// Resource that did it.
    pub person: i64,
}

/// A request that Autotask would send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Callout {
    /// Where to.
    pub url: String,
    /// Headers by name.
    pub headers: Vec<(String, String)>,
    /// Body, byte by byte as signed; all of it ASCII.
    pub body: String,
}

/// The body in the order the vendor writes it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Payload<'a> {
    action: &'a str,
    guid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity_type: Option<&'a str>,
    id: i64,
    fields: Map<String, Value>,
    event_time: Timestamp,
    sequence_number: u64,
    #[serde(rename = "PersonID")]
    person_id: i64,
}

/// Autotask's older names of its entities live on in callouts.
fn entity_type(entity: &str) -> &str {
    if entity == "Company" { "Account" } else { entity }
}

impl Autotask {
    /// The callouts an event leads to: of active, ready, subscribed web-hooks that do not exclude its person.
    pub(crate) fn callouts(&mut self, event: &Event, now: Timestamp) -> Vec<Callout> {
        let name = format!("{}Webhooks", event.entity);
        let Some(known) = super::schema::entity(&name) else {
            return Vec::new();
        };
        let ids = self.table(known.name).rows().map(Row::id).collect::<Vec<_>>();
        ids.into_iter().filter_map(|id| self.callout(known.name, id, event, now)).collect()
    }

    fn callout(&mut self, hooks: &'static str, id: i64, event: &Event, now: Timestamp) -> Option<Callout> {
        let hook = self.row(hooks, id)?.clone();
        let listens = hook.is("isActive") && hook.is("isReady") && hook.is(event.action.subscription());
        let excluded = self.table(&format!("{}WebhookExcludedResources", event.entity)).by("webhookID", id);
        let excluded: Vec<_> = excluded.filter_map(|row| row.int("resourceID")).collect();
        if !listens || excluded.contains(&event.person) {
            return None;
        }
        let fields = self.shown_fields(id, event)?;
        let payload = Payload {
            action: match event.action {
                Action::Create => "Create",
                Action::Update => "Update",
                Action::Delete => "Delete",
            },
            guid: hook.text("webhookGUID"),
            entity_type: Some(entity_type(&event.entity)),
            id: event.id,
            fields,
            event_time: now,
            sequence_number: self.next_sequence(hooks, id),
            person_id: event.person,
        };
        let body = escaped(&serde_json::to_string(&payload).ok()?);
        let signature = signature(hook.text("secretKey").as_bytes(), body.as_bytes());
        let mut headers = json_header();
        headers.push(("X-Hook-Signature".to_owned(), signature));
        Some(Callout { url: hook.text("webhookUrl").to_owned(), headers, body })
    }

    /// Watched fields that changed and those always shown; `None` when nothing watched changed.
    fn shown_fields(&self, hook: i64, event: &Event) -> Option<Map<String, Value>> {
        let table = self.table(&format!("{}WebhookFields", event.entity));
        let entity = table.entity();
        let labels = &entity.fields[entity.index("fieldID")].picklist;
        let mut shown = Map::new();
        let mut watched = false;
        for row in table.by("webhookID", hook) {
            let number = row.int("fieldID").unwrap_or_default().to_string();
            let Some((_, label)) = labels.iter().find(|(value, _)| *value == number) else {
                continue;
            };
            let changed = event.fields.get(*label);
            watched |= changed.is_some() && row.is("isSubscribedField");
            let always = row.is("isDisplayAlwaysField").then(|| self.value_of(event, label)).flatten();
            if let Some(value) = changed.cloned().or(always) {
                shown.insert((*label).to_owned(), value);
            }
        }
        (watched || event.action != Action::Update).then_some(shown)
    }

    /// The value of a labelled field of the row itself, where the sandbox keeps such rows.
    fn value_of(&self, event: &Event, label: &str) -> Option<Value> {
        let entity = super::schema::entities().iter().find(|entity| entity.singular == event.entity)?;
        let row = self.row(entity.name, event.id)?;
        let position = entity.find(&label.replace(' ', ""))?;
        serde_json::to_value(row.at(position)).ok()
    }

    fn next_sequence(&mut self, hooks: &'static str, id: i64) -> u64 {
        let number = self.callouts_made.entry((hooks, id)).or_default();
        *number += 1;
        *number
    }

    /// Autotask gives a web-hook up: it becomes inactive and its other address is told, unsigned.
    pub(crate) fn deactivate_webhook(&mut self, entity: &str, id: i64, now: Timestamp) -> Option<Callout> {
        let hooks = super::schema::entity(&format!("{entity}Webhooks"))?.name;
        let hook = self.row(hooks, id)?.clone();
        self.table_mut(hooks).set(id, "isActive", false);
        let payload = Payload {
            action: "Deactivated",
            guid: hook.text("webhookGUID"),
            entity_type: None,
            id,
            fields: Map::new(),
            event_time: now,
            sequence_number: self.next_sequence(hooks, id),
            person_id: 0,
        };
        let body = escaped(&serde_json::to_string(&payload).ok()?);
        Some(Callout { url: hook.text("deactivationUrl").to_owned(), headers: json_header(), body })
    }
}

fn json_header() -> Vec<(String, String)> {
    vec![("Content-Type".to_owned(), "application/json".to_owned())]
}

/// JSON with the letters Autotask's writer escapes as `\uXXXX`: markup, quotes, plus, backtick, and all
/// that is not ASCII.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut letters = json.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('"') => text.push_str("\\u0022"),
                other => text.extend(['\\'].into_iter().chain(other)),
            },
            '&' | '<' | '>' | '\'' | '+' | '`' => escape_into(&mut text, letter),
            letter if !letter.is_ascii() => escape_into(&mut text, letter),
            letter => text.push(letter),
        }
    }
    text
}

fn escape_into(text: &mut String, letter: char) {
    for unit in letter.encode_utf16(&mut [0; 2]) {
        text.push_str(&format!("\\u{unit:04X}"));
    }
}

/// `sha1=` and the Base64 of HMAC-SHA1 over the raw body.
pub(crate) fn signature(key: &[u8], body: &[u8]) -> String {
    let mut block = [0; BLOCK];
    match key.len() > BLOCK {
        true => block[..20].copy_from_slice(&Sha1::from(key).digest().bytes()),
        false => block[..key.len()].copy_from_slice(key),
    }
    let digest = |pad: u8, parts: &[u8]| {
        let mut sha = Sha1::new();
        sha.update(&block.map(|byte| byte ^ pad));
        sha.update(parts);
        sha.digest().bytes()
    };
    let inner = digest(0x36, body);
    format!("sha1={}", STANDARD.encode(digest(0x5c, &inner)))
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn signatures_agree_with_the_published_vectors() {
        let short = signature(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(short, "sha1=7/zfauXrL6LSdBbV8YTfnCWafHk=");
        let long = signature(&[0xaa; 80], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(long, "sha1=qkrl4VJy0A6VcFY3zoo7Ve1AIRI=");
    }
}
