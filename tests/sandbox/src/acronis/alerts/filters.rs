//! What may be asked of alerts: conditions, order and place in a list. Names in questions are written
//! with underscores although those in answers are not. (Acronis Alert Manager API 1.0, GET /alerts.)

use super::answers::bad;
use super::{Alert, Severity};
use crate::exchange::{Ask, Reply};
use jiff::Timestamp;
use std::cmp::Ordering;

const TIMES: [&str; 3] = ["created_at", "updated_at", "deleted_at"];
const DETAILS: [&str; 4] = ["planId", "planName", "resourceId", "resourceName"];
const NAMES: [&str; 5] = ["id", "type", "category", "tenant", "severity"];
const PLACES: [&str; 5] = ["order", "limit", "after", "show_deleted", "show_deleted_only"];

/// One condition; a name that is repeated widens a list and narrows a span of time.
#[derive(Debug)]
enum Condition {
    Ids(Vec<String>),
    Kinds(Vec<String>),
    Categories(Vec<String>),
    Tenants(Vec<String>),
    Severity(Vec<(Way, Severity)>),
    Time(&'static str, Way, i128),
    Detail(&'static str, Vec<String>),
}

/// How a value compares.
#[derive(Debug, Clone, Copy)]
enum Way {
    Eq,
    Lt,
    Gt,
    Le,
    Ge,
}

impl Way {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "eq" => Self::Eq,
            "lt" => Self::Lt,
            "gt" => Self::Gt,
            "le" => Self::Le,
            "ge" => Self::Ge,
            _ => return None,
        })
    }

    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Eq => order.is_eq(),
            Self::Lt => order.is_lt(),
            Self::Gt => order.is_gt(),
            Self::Le => order.is_le(),
            Self::Ge => order.is_ge(),
        }
    }
}

/// The conditions of a request.
#[derive(Debug)]
pub(crate) struct Filters {
    conditions: Vec<Condition>,
    with_deleted: bool,
    only_deleted: bool,
    /// The conditions as sent, the same for every page of a list.
    pub(crate) spelled: String,
}

/// The decoded parameters of a request that are not empty.
pub(crate) fn parameters(ask: &Ask) -> Vec<(String, String)> {
    let pairs = url::form_urlencoded::parse(ask.query.as_bytes());
    pairs.filter(|(_, value)| !value.is_empty()).map(|(key, value)| (key.into_owned(), value.into_owned())).collect()
}

/// All values given for a name.
pub(super) fn values_of<'a>(given: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    given.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
}

/// Whether a request names any alerts at all; without that it means every one.
pub(crate) fn narrows(ask: &Ask) -> bool {
    let conditions = [&NAMES[..], &TIMES, &DETAILS].concat();
    parameters(ask).iter().any(|(key, _)| conditions.contains(&key.as_str()))
}

impl Filters {
    /// Reads all conditions; `others` are names with another meaning to the call.
    pub(crate) fn read(ask: &Ask, others: &[&str], strict: bool) -> Result<Self, Reply> {
        let given = parameters(ask);
        let values = |name: &str| -> Vec<String> {
            given.iter().filter(|(key, _)| key == name).flat_map(|(_, value)| alternatives(value)).collect()
        };
        let mut conditions = Vec::new();
        for (key, value) in &given {
            let known = PLACES.contains(&key.as_str()) || others.contains(&key.as_str());
            match condition(key, value, &values)? {
                Some(condition) => conditions.push(condition),
                None if known || !strict => {}
                None => return Err(bad(&format!("Unknown parameter {key}."))),
            }
        }
        let mut sorted: Vec<String> = given
            .iter()
            .filter(|(key, _)| key != "after" && key != "limit")
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        sorted.sort_unstable();
        let only_deleted = ask.is_true("show_deleted_only");
        let with_deleted = only_deleted || ask.is_true("show_deleted");
        Ok(Self { conditions, with_deleted, only_deleted, spelled: sorted.join("&") })
    }

    pub(crate) fn accepts(&self, alert: &Alert, tenant_number: u64) -> bool {
        let deleted = alert.deleted_at.is_some();
        let shown = if self.only_deleted { deleted } else { self.with_deleted || !deleted };
        shown && self.conditions.iter().all(|condition| condition.accepts(alert, tenant_number))
    }
}

fn condition(key: &str, value: &str, values: &impl Fn(&str) -> Vec<String>) -> Result<Option<Condition>, Reply> {
    if let Some(field) = TIMES.into_iter().find(|field| *field == key) {
        let (way, moment) = split_way(value).unwrap_or((Way::Eq, value));
        let moment = moment.parse().map_err(|_| bad(&format!("{key} must be a time in Unix nanoseconds.")))?;
        return Ok(Some(Condition::Time(field, way, moment)));
    }
    if let Some(field) = DETAILS.into_iter().find(|field| *field == key) {
        return Ok(Some(Condition::Detail(field, values(key))));
    }
    Ok(Some(match key {
        "id" => {
            let ids = values(key);
            if !ids.iter().all(|id| is_uuid(id)) {
                return Err(bad("id must be a UUID."));
            }
            Condition::Ids(ids)
        }
        "type" => Condition::Kinds(values(key)),
        "category" => Condition::Categories(values(key)),
        "tenant" => Condition::Tenants(values(key)),
        "severity" => {
            let wanted = values(key).iter().map(|text| severity(text)).collect::<Option<_>>();
            Condition::Severity(wanted.ok_or_else(|| bad("severity is not known."))?)
        }
        _ => return Ok(None),
    }))
}

/// `or(a,b)` as its parts, anything else as itself.
fn alternatives(value: &str) -> Vec<String> {
    let inner = value.strip_prefix("or(").and_then(|rest| rest.strip_suffix(')'));
    match inner {
        Some(inner) => inner.split(',').map(|part| part.trim().to_owned()).collect(),
        None => vec![value.to_owned()],
    }
}

/// `ge(5)` as how and what.
fn split_way(value: &str) -> Option<(Way, &str)> {
    let (name, rest) = value.split_once('(')?;
    Some((Way::parse(name)?, rest.strip_suffix(')')?))
}

fn severity(text: &str) -> Option<(Way, Severity)> {
    let (way, name) = split_way(text).unwrap_or((Way::Eq, text));
    Some((way, Severity::parse(name)?))
}

/// Thirty-two hexadecimal digits in five groups, in any case.
pub(crate) fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.chars().all(|letter| letter == '-' || letter.is_ascii_hexdigit())
}

fn time_of(alert: &Alert, field: &str) -> Option<Timestamp> {
    match field {
        "created_at" => Some(alert.created_at),
        "updated_at" => Some(alert.updated_at),
        _ => alert.deleted_at,
    }
}

impl Condition {
    fn accepts(&self, alert: &Alert, tenant_number: u64) -> bool {
        let number = tenant_number.to_string();
        match self {
            Self::Ids(ids) => ids.iter().any(|id| id.eq_ignore_ascii_case(&alert.id)),
            Self::Kinds(kinds) => kinds.contains(&alert.kind),
            Self::Categories(categories) => categories.contains(&alert.category),
            Self::Tenants(tenants) => {
                tenants.iter().any(|tenant| tenant.eq_ignore_ascii_case(&alert.tenant_id) || *tenant == number)
            }
            Self::Severity(wanted) => wanted.iter().any(|(way, severity)| way.holds(alert.severity.cmp(severity))),
            Self::Time(field, way, moment) => {
                time_of(alert, field).is_some_and(|time| way.holds(time.as_nanosecond().cmp(moment)))
            }
            Self::Detail(field, wanted) => {
                alert.detail(field).is_some_and(|known| wanted.iter().any(|value| value == known))
            }
        }
    }
}

/// The order of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    key: &'static str,
    pub(crate) descending: bool,
}

const KEYS: [&str; 10] = [
    "created_at",
    "updated_at",
    "deleted_at",
    "type",
    "severity",
    "category",
    "planId",
    "planName",
    "resourceId",
    "resourceName",
];

impl Order {
    /// `asc(key)`, `desc(key)` or a key; without one by id, which says nothing of time.
    pub(crate) fn read(ask: &Ask) -> Result<Self, Reply> {
        let Some(text) = ask.parameter("order") else {
            return Ok(Self { key: "id", descending: false });
        };
        let (descending, name) = match text.split_once('(') {
            Some(("asc", rest)) => (false, rest.strip_suffix(')')),
            Some(("desc", rest)) => (true, rest.strip_suffix(')')),
            Some(_) => (false, None),
            None => (false, Some(text.as_str())),
        };
        let key = KEYS.into_iter().find(|key| Some(*key) == name);
        Ok(Self { key: key.ok_or_else(|| bad("order is not known."))?, descending })
    }

    /// What rows are compared by; ids settle ties.
    pub(crate) fn place(self, alert: &Alert) -> (String, String) {
        let spelled =
            |time: Option<Timestamp>| time.map_or_else(String::new, |it| format!("{:030}", it.as_nanosecond()));
        let value = match self.key {
            key if TIMES.contains(&key) => spelled(time_of(alert, key)),
            "type" => alert.kind.clone(),
            "category" => alert.category.clone(),
            "severity" => format!("{}", alert.severity as u8),
            "id" => String::new(),
            detail => alert.detail(detail).unwrap_or_default().to_owned(),
        };
        (value, alert.id.clone())
    }
}
