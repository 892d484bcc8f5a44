//! Web-hooks: what may be registered, and when one is ready to call out. (Autotask developer help,
//! REST webhooks.)

use super::calls::errors;
use super::cell::{Cell, Row};
use super::schema::{Entity, entity};
use super::{API_RESOURCE, Autotask};
use crate::exchange::Reply;
use crate::settings::Settings;
use serde_json::json;

const EVENTS: [&str; 3] = ["isSubscribedToCreateEvents", "isSubscribedToUpdateEvents", "isSubscribedToDeleteEvents"];

/// The web-hooks of an entity, "CompanyWebhooks" and its like.
pub(crate) fn is_webhook(entity: &Entity) -> bool {
    entity.name.ends_with("Webhooks")
}

/// Names of the fields a web-hook of this entity can watch, as the vendor labels them.
pub(crate) fn watchable(singular: &str) -> Option<impl Iterator<Item = &'static str> + use<>> {
    let fields = entity(&format!("{singular}WebhookFields"))?;
    let field = &fields.fields[fields.index("fieldID")];
    Some(field.picklist.iter().map(|(_, label)| *label))
}

fn address_fault(address: &str, settings: &Settings) -> Option<String> {
    let parsed = url::Url::parse(address).ok();
    let good = parsed.is_some_and(|url| url.scheme() == "https" && url.port_or_known_default() == Some(443));
    (!good && !settings.any_webhook_address).then(|| "The URL must use https and port 443.".to_owned())
}

impl Autotask {
    /// A web-hook as it is kept: with its identifier, its owner, and not ready yet.
    pub(crate) fn new_webhook(&mut self, row: Row) -> i64 {
        let number = self.table(row.entity().name).rows().last().map_or(1, |last| last.id() + 1);
        let guid = format!("{:08x}-3eb4-4000-8000-{number:012x}", row.entity().first_id);
        let mut row =
            row.with("webhookGUID", guid.as_str()).with("ownerResourceID", API_RESOURCE).with("isReady", false);
        for event in EVENTS {
            if *row.get(event) == Cell::Null {
                row = row.with(event, false);
            }
        }
        self.table_mut(row.entity().name).add(row)
    }

    /// Addresses, mail and doubles; the fields' lengths are checked before.
    pub(crate) fn check_webhook(&self, row: &Row, settings: &Settings) -> Result<(), String> {
        for field in ["webhookUrl", "deactivationUrl"] {
            if let Some(fault) = address_fault(row.text(field), settings) {
                return Err(format!("{field}: {fault}"));
            }
        }
        if row.is("sendThresholdExceededNotification") && row.text("notificationEmailAddress").is_empty() {
            return Err("Missing Required Field: notificationEmailAddress.".to_owned());
        }
        let mut others = self.table(row.entity().name).rows().filter(|other| other.id() != row.id());
        let same_call = |other: &Row| EVENTS.iter().any(|event| row.is(event) && other.is(event));
        let same_address = |other: &Row| other.text("webhookUrl").eq_ignore_ascii_case(row.text("webhookUrl"));
        if others.any(|other| same_address(other) && same_call(other)) {
            return Err("A webhook with the same URL and callout type already exists for this entity.".to_owned());
        }
        Ok(())
    }

    /// A field is watched once for each web-hook, and a resource excluded once.
    pub(crate) fn check_webhook_part(&self, row: &Row) -> Result<(), String> {
        let parts = self.table(row.entity().name);
        let wanted = row.entity().fields[1].name;
        let hook = row.int("webhookID").unwrap_or_default();
        let doubled = parts.by("webhookID", hook).any(|other| other.get(wanted) == row.get(wanted));
        if doubled { Err(format!("This {wanted} is already part of the webhook.")) } else { Ok(()) }
    }

    /// A web-hook is ready once a field is attached to it.
    pub(crate) fn settle_readiness(&mut self, entity: &Entity) {
        let (hooks, fields) = match entity.parent {
            Some((hooks, "Fields", _)) if hooks.ends_with("Webhooks") => (hooks, entity.name),
            _ => return,
        };
        for hook in self.table(hooks).rows().map(Row::id).collect::<Vec<_>>() {
            let ready = self.table(fields).by("webhookID", hook).next().is_some();
            self.table_mut(hooks).set(hook, "isReady", ready);
        }
    }

    /// `DELETE /{Entity}/{id}`, for web-hooks and their parts only; parts go with their web-hook.
    pub(crate) fn delete(&mut self, entity: &'static Entity, id: i64) -> Reply {
        if self.table_mut(entity.name).remove(id).is_none() {
            return errors(&["No message. No matching records found for the given id."]);
        }
        let children = super::schema::entities()
            .iter()
            .filter(|child| child.parent.is_some_and(|(parent, _, _)| parent == entity.name));
        for child in children {
            let below = self.table(child.name).by("webhookID", id).map(Row::id);
            for part in below.collect::<Vec<_>>() {
                self.table_mut(child.name).remove(part);
            }
        }
        self.settle_readiness(entity);
        Reply::ok(&json!({"itemId": id}))
    }
}
