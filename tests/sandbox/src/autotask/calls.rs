//! The routes of the Autotask REST API and what each answers. (Autotask developer help, REST API
//! calls.) Rules about what may be written live in `writes` and `adjustments`.

use super::limits::hourly_refusal;
use super::schema::{Entity, entities, entity};
use super::{Autotask, fields, pages};
use crate::exchange::{Ask, Reply};
use crate::settings::Settings;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

/// What is asked of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Query,
    QueryCount,
    NextPage,
    Get(i64),
    Children { field: &'static str, parent: i64 },
    Information,
    Fields,
    UdfFields,
    Create { parent: Option<i64> },
    Update { parent: Option<i64> },
    Delete(i64),
    WrongMethod,
}

/// A call the sandbox knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Zone,
    Version,
    Threshold,
    Entity(&'static Entity, Action),
}

impl Call {
    /// The call a request makes; paths match without regard to case, a trailing slash is accepted.
    pub(crate) fn find(ask: &Ask) -> Option<Self> {
        let segments = ask.segments();
        let (first, rest) = segments.split_first()?;
        if !first.eq_ignore_ascii_case("atservicesrest") {
            return None;
        }
        let lower: Vec<String> = rest.iter().map(|part| part.to_ascii_lowercase()).collect();
        let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
        let get = ask.method == "GET";
        match parts.as_slice() {
            ["versioninformation"] | [_, "versioninformation"] if get => Some(Self::Version),
            [_, "zoneinformation"] if get => Some(Self::Zone),
            [_, "thresholdinformation"] if get => Some(Self::Threshold),
            ["v1.0", name, rest @ ..] => {
                let known = entity(name)?;
                below(known, &ask.method, rest)
            }
            _ => None,
        }
    }

    /// Name in [`crate::operations`].
    pub(crate) fn operation(&self) -> String {
        let (entity, action) = match self {
            Self::Zone => return "autotask.zone".to_owned(),
            Self::Version => return "autotask.version".to_owned(),
            Self::Threshold => return "autotask.threshold".to_owned(),
            Self::Entity(entity, action) => (entity, action),
        };
        let verb = match action {
            Action::Query | Action::NextPage | Action::Children { .. } => "query",
            Action::QueryCount => "count",
            Action::Get(_) => "get",
            Action::Information => "information",
            Action::Fields => "fields",
            Action::UdfFields => "udf_fields",
            Action::Create { .. } => "create",
            Action::Update { .. } => "update",
            Action::Delete(_) => "delete",
            Action::WrongMethod => "wrong_method",
        };
        let entity = match entity.name {
            "ContractServiceAdjustments" => "adjustments",
            _ => &entity.operation,
        };
        format!("autotask.{entity}.{verb}")
    }

    /// The endpoint whose requests at a time are limited; the zone call is exempt.
    pub(crate) fn limited_endpoint(&self) -> Option<String> {
        match self {
            Self::Zone | Self::Version => None,
            Self::Threshold => Some("autotask.threshold".to_owned()),
            Self::Entity(entity, _) => Some(format!("autotask.{}", entity.operation)),
        }
    }
}

fn below(known: &'static Entity, method: &str, rest: &[&str]) -> Option<Call> {
    let queryable = known.can_query;
    let action = match (method, rest) {
        ("GET" | "POST", ["query"]) if queryable => Action::Query,
        ("GET" | "POST", ["query", "count"]) if queryable => Action::QueryCount,
        ("GET" | "POST", ["query", "next"]) if queryable => Action::NextPage,
        ("GET", ["entityinformation"]) => Action::Information,
        ("GET", ["entityinformation", "fields"]) => Action::Fields,
        ("GET", ["entityinformation", "userdefinedfields"]) => Action::UdfFields,
        ("POST", []) if root_writable(known, known.can_create) => Action::Create { parent: None },
        ("PATCH", []) if root_writable(known, known.can_update) => Action::Update { parent: None },
        ("GET", [id]) if queryable && id.parse::<i64>().is_ok() => Action::Get(id.parse().ok()?),
        ("DELETE", [id]) if deletable(known) && id.parse::<i64>().is_ok() => Action::Delete(id.parse().ok()?),
        (_, [id, part]) if id.parse::<i64>().is_ok() => {
            return below_parent(known, method, id.parse().ok()?, part);
        }
        (_, [_, part, id]) => return one_below_parent(known, method, part, id.parse().ok()?),
        (_, [] | ["query", ..]) => Action::WrongMethod,
        (_, [id]) if id.parse::<i64>().is_ok() => Action::WrongMethod,
        _ => return None,
    };
    Some(Call::Entity(known, action))
}

/// Adjustments may be posted to the root although they belong to a contract.
fn root_writable(entity: &Entity, able: bool) -> bool {
    able && (!entity.is_child() || entity.name == "ContractServiceAdjustments")
}

fn deletable(entity: &Entity) -> bool {
    entity.can_delete && !entity.is_child()
}

fn child_of(parent: &Entity, part: &str) -> Option<(&'static Entity, &'static str)> {
    let mut children = entities().iter().filter_map(|entity| {
        let (owner, path, field) = entity.parent?;
        let fits = owner == parent.name && path.eq_ignore_ascii_case(part);
        fits.then_some((entity, field))
    });
    children.next()
}

fn one_below_parent(parent: &Entity, method: &str, part: &str, id: i64) -> Option<Call> {
    let (child, _) = child_of(parent, part)?;
    let action = match method {
        "GET" if child.can_query => Action::Get(id),
        "DELETE" if child.can_delete => Action::Delete(id),
        _ => Action::WrongMethod,
    };
    Some(Call::Entity(child, action))
}

fn below_parent(parent: &Entity, method: &str, id: i64, part: &str) -> Option<Call> {
    let (child, field) = child_of(parent, part)?;
    let action = match method {
        "GET" if child.can_query => Action::Children { field, parent: id },
        "POST" if child.can_create => Action::Create { parent: Some(id) },
        "PATCH" if child.can_update => Action::Update { parent: Some(id) },
        _ => Action::WrongMethod,
    };
    Some(Call::Entity(child, action))
}

impl Autotask {
    /// Answers a call.
    pub(crate) fn answer(&mut self, call: &Call, ask: &Ask, settings: &Settings, now: Timestamp) -> Reply {
        match call {
            Call::Zone => return self.zone(ask),
            Call::Version => return Reply::ok(&json!({"apiVersions": ["1.0"]})),
            _ => {}
        }
        if let Err(refusal) = self.check_login(ask) {
            return refusal;
        }
        if let Some(refusal) = hourly_refusal(self, settings, now) {
            return refusal;
        }
        match call {
            Call::Threshold => self.threshold(settings, now),
            Call::Entity(entity, action) => self.answer_entity(entity, *action, ask, settings, now),
            Call::Zone | Call::Version => errors(&["unreachable"]),
        }
    }

    fn answer_entity(
        &mut self,
        entity: &'static Entity,
        action: Action,
        ask: &Ask,
        settings: &Settings,
        now: Timestamp,
    ) -> Reply {
        let readable = self.may_read(settings, entity.name);
        match action {
            Action::Query | Action::NextPage if ask.method == "POST" || action == Action::Query => {
                pages::query(self, entity, ask, readable)
            }
            Action::NextPage if ask.parameter("search").is_none() => wrong_method(&ask.method),
            Action::Query | Action::NextPage => pages::query(self, entity, ask, readable),
            Action::QueryCount => pages::count(self, entity, ask, readable),
            Action::Get(id) => pages::item(self, entity, id, readable),
            Action::Children { field, parent } => pages::children(self, entity, (field, parent), readable),
            Action::Information => fields::information(entity, settings),
            Action::Fields => fields::fields(self, entity),
            Action::UdfFields => fields::udf_fields(self, entity),
            Action::WrongMethod => wrong_method(&ask.method),
            Action::Create { .. } | Action::Update { .. } | Action::Delete(_)
                if settings.unwritable.contains(entity.name) =>
            {
                errors(&[super::NO_PERMISSION])
            }
            Action::Create { parent } => self.create(entity, parent, ask, settings, now),
            Action::Update { parent } => self.update(entity, parent, ask, settings, now),
            Action::Delete(id) => self.delete(entity, id),
        }
    }

    /// Only the user name is asked for; an unknown one is an error, not an empty answer.
    fn zone(&self, ask: &Ask) -> Reply {
        let user = ask.parameter("user").unwrap_or_default();
        if !user.eq_ignore_ascii_case(&self.user_name) {
            return errors(&["Zone information could not be determined"]);
        }
        Reply::ok(&json!({
            "zoneName": "Sandbox",
            "url": format!("{}/ATServicesRest/", self.base_url),
            "webUrl": format!("{}/", self.base_url),
            "ci": self.database,
        }))
    }

    fn check_login(&self, ask: &Ask) -> Result<(), Reply> {
        let header = |name: &str| ask.header(name).unwrap_or_default();
        if !header("UserName").eq_ignore_ascii_case(&self.user_name) {
            return Err(errors(&["The specified user name does not exist."]));
        }
        if header("ApiIntegrationCode") != self.integration_code {
            return Err(errors(&["IntegrationCode is invalid."]));
        }
        if header("Secret") != self.secret {
            return Err(Reply::json(401, &json!({"errors": ["The password is incorrect."]})));
        }
        Ok(())
    }
}

/// The vendor's error answer: status 500 and an array of texts.
pub(crate) fn errors(texts: &[impl Serialize]) -> Reply {
    Reply::json(500, &json!({"errors": texts}))
}

/// The web server's own answer to a method a path does not have.
pub(crate) fn wrong_method(method: &str) -> Reply {
    let text = format!("The requested resource does not support http method '{method}'.");
    Reply::json(405, &json!({"Message": text}))
}
