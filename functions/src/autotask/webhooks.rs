//! The webhooks of an Autotask database (Autotask developer help, REST webhooks): which there are, and the
//! writes that make them what they should be. What they should be, others decide.

use super::connection::Connection;
use super::query::{Row, is};
use super::{AutotaskError, AutotaskReader, AutotaskWriter, PicklistValue, WriteError};
use crate::context::Secret;
use crate::http::Reply;
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What webhooks watch for us. Contracts have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Watched {
    /// Companies.
    Company,
    /// Tickets.
    Ticket,
    /// Notes on tickets.
    TicketNote,
}

impl Watched {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Company, Self::Ticket, Self::TicketNote];

    /// Its name, as Autotask's interface has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Company => "Company",
            Self::Ticket => "Ticket",
            Self::TicketNote => "TicketNote",
        }
    }

    fn webhooks(self) -> &'static str {
        match self {
            Self::Company => "CompanyWebhooks",
            Self::Ticket => "TicketWebhooks",
            Self::TicketNote => "TicketNoteWebhooks",
        }
    }

    fn fields(self) -> &'static str {
        match self {
            Self::Company => "CompanyWebhookFields",
            Self::Ticket => "TicketWebhookFields",
            Self::TicketNote => "TicketNoteWebhookFields",
        }
    }
}

/// A webhook as it stands in Autotask.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Where it calls.
    pub url: String,
    /// Where Autotask says that it gave up.
    pub deactivation_url: String,
    /// The key it signs with, where Autotask shows it.
    pub key: Option<Secret>,
    /// Whether it is switched on; Autotask switches it off after 25 calls in a row that failed.
    pub active: bool,
    /// Whether Autotask says that it can call: it watches at least one field.
    pub ready: bool,
    /// Whether it calls for what is created, changed and deleted.
    pub events: [bool; 3],
    /// The fields it watches.
    pub fields: Vec<i64>,
    /// The resources whose own changes it does not tell.
    pub excluded: Vec<i64>,
}

/// What a webhook is given by us.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// Its name, of at most 50 characters.
    pub name: String,
    /// Where it calls, also to say that it gave up; at most 500 characters.
    pub url: String,
    /// The key it signs with, of at most 64 characters.
    pub key: Secret,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WebhookRow {
    id: i64,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    webhook_url: Option<String>,
    #[serde(default)]
    deactivation_url: Option<String>,
    #[serde(default)]
    secret_key: Option<Secret>,
    #[serde(default)]
    is_active: Option<bool>,
    #[serde(default)]
    is_ready: Option<bool>,
    #[serde(default)]
    is_subscribed_to_create_events: Option<bool>,
    #[serde(default)]
    is_subscribed_to_update_events: Option<bool>,
    #[serde(default)]
    is_subscribed_to_delete_events: Option<bool>,
}

impl Row for WebhookRow {
    const ENTITY: &'static str = "Webhooks";
    const FIELDS: &'static [&'static str] = &[];
    type Fact = Webhook;

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<Webhook, String> {
        let created = self.is_subscribed_to_create_events.unwrap_or_default();
        let updated = self.is_subscribed_to_update_events.unwrap_or_default();
        let deleted = self.is_subscribed_to_delete_events.unwrap_or_default();
        Ok(Webhook {
            id: self.id,
            name: self.name.unwrap_or_default(),
            url: self.webhook_url.unwrap_or_default(),
            deactivation_url: self.deactivation_url.unwrap_or_default(),
            key: self.secret_key.filter(|key| !key.expose().is_empty()),
            active: self.is_active.unwrap_or_default(),
            ready: self.is_ready.unwrap_or_default(),
            events: [created, updated, deleted],
            fields: Vec::new(),
            excluded: Vec::new(),
        })
    }
}

#[derive(Deserialize)]
pub(super) struct ResourceRow {
    id: i64,
}

impl Row for ResourceRow {
    const ENTITY: &'static str = "Resources";
    const FIELDS: &'static [&'static str] = &["id"];
    type Fact = i64;

    fn id(&self) -> i64 {
        self.id
    }

    fn into_fact(self) -> Result<i64, String> {
        Ok(self.id)
    }
}

#[derive(Deserialize)]
struct Parts<T> {
    items: Vec<T>,
}

#[derive(Deserialize)]
struct FieldPart {
    #[serde(rename = "fieldID")]
    field: i64,
}

#[derive(Deserialize)]
struct ExcludedPart {
    #[serde(rename = "resourceID")]
    resource: i64,
}

impl AutotaskReader {
    /// The webhooks that watch an entity and that `is_ours` takes for ours, with their parts.
    pub async fn webhooks(
        &self,
        watched: Watched,
        is_ours: impl Fn(&Webhook) -> bool,
    ) -> Result<Vec<Webhook>, AutotaskError> {
        let mut ours = Vec::new();
        self.each_row_of::<WebhookRow>(watched.webhooks(), &[], |webhook| {
            ours.extend(is_ours(&webhook).then_some(webhook));
        })
        .await?;
        for webhook in &mut ours {
            let fields: Vec<FieldPart> = self.parts(watched, webhook.id, "Fields").await?;
            webhook.fields = fields.into_iter().map(|part| part.field).collect();
            let excluded: Vec<ExcludedPart> = self.parts(watched, webhook.id, "ExcludedResources").await?;
            webhook.excluded = excluded.into_iter().map(|part| part.resource).collect();
        }
        Ok(ours)
    }

    async fn parts<T: DeserializeOwned>(&self, watched: Watched, id: i64, kind: &str) -> Result<Vec<T>, AutotaskError> {
        let found: Parts<T> = self.0.get(&[watched.webhooks(), &id.to_string(), kind]).await?;
        Ok(found.items)
    }

    /// The fields of an entity that a webhook can watch.
    pub async fn watchable_fields(&self, watched: Watched) -> Result<Vec<PicklistValue>, AutotaskError> {
        let fields = self.fields(watched.fields()).await?;
        let choices = fields.into_iter().find(|field| field.name.eq_ignore_ascii_case("fieldID"));
        Ok(choices.map(|field| field.choices).unwrap_or_default())
    }

    /// The resource that the API user is, where Autotask shows it.
    pub async fn own_resource(&self) -> Result<Option<i64>, AutotaskError> {
        for field in ["userName", "email"] {
            let found = self.rows::<ResourceRow>(&[is(field, self.0.user_name())]).await?;
            if let [resource] = found[..] {
                return Ok(Some(resource));
            }
        }
        Ok(None)
    }
}

impl AutotaskWriter {
    /// Creates a webhook, switched on, for everything that is created, changed or deleted. It does not call
    /// before it watches a field.
    pub async fn create_webhook(&self, watched: Watched, settings: &WebhookSettings) -> Result<(), WriteError> {
        let mut body = body(settings);
        body["name"] = json!(settings.name);
        self.webhook_write(Method::POST, &[watched.webhooks()], &body, &settings.key).await.map(drop)
    }

    /// Gives a webhook its address and its key, and switches it on.
    pub async fn update_webhook(
        &self,
        watched: Watched,
        id: i64,
        settings: &WebhookSettings,
    ) -> Result<(), WriteError> {
        let mut body = body(settings);
        body["id"] = json!(id);
        self.webhook_write(Method::PATCH, &[watched.webhooks()], &body, &settings.key).await.map(drop)
    }

    /// Lets a webhook watch a field; one that is `always` shown is told although it did not change.
    pub async fn watch_field(&self, watched: Watched, id: i64, field: i64, always: bool) -> Result<(), WriteError> {
        let body = json!({
            "webhookID": id,
            "fieldID": field,
            "isSubscribedField": !always,
            "isDisplayAlwaysField": always,
        });
        self.add_part(watched, id, "Fields", &body).await
    }

    /// Keeps a webhook from telling what a resource does itself.
    pub async fn exclude_resource(&self, watched: Watched, id: i64, resource: i64) -> Result<(), WriteError> {
        let body = json!({"webhookID": id, "resourceID": resource});
        self.add_part(watched, id, "ExcludedResources", &body).await
    }

    async fn add_part(&self, watched: Watched, id: i64, kind: &str, body: &Value) -> Result<(), WriteError> {
        let path = [watched.webhooks(), &id.to_string(), kind];
        self.webhook_write(Method::POST, &path, body, &Secret::new("")).await.map(drop)
    }

    async fn webhook_write(
        &self,
        method: Method,
        path: &[&str],
        body: &Value,
        key: &Secret,
    ) -> Result<Reply, WriteError> {
        let connection: &Connection = self.connection();
        connection.write_at(method, path, body.to_string().into_bytes(), &[key]).await
    }
}

fn body(settings: &WebhookSettings) -> Value {
    json!({
        "webhookUrl": settings.url,
        "deactivationUrl": settings.url,
        "secretKey": settings.key.expose(),
        "isActive": true,
        "isSubscribedToCreateEvents": true,
        "isSubscribedToUpdateEvents": true,
        "isSubscribedToDeleteEvents": true,
    })
}
