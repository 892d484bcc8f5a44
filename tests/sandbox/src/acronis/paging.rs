//! Cursor paging of the Account Management API: the cursor holds filters and place, so the next page
//! is asked with `after` alone. (Acronis Account Management API v2, paging.)

use super::errors::bad_request;
use crate::exchange::{Ask, Reply};
use crate::faults::PageTrick;
use crate::settings::Settings;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Where a row stands in a list: level of its tenant, the tenant's id, number within the tenant.
pub(crate) type Key<'a> = (u64, &'a str, u64);

/// Which list is asked for and after which row the page begins.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) selector: String,
    pub(crate) value: String,
    parameters: BTreeMap<String, String>,
    limit: usize,
    after: Option<(u64, String, u64)>,
}

const KEPT: [&str; 8] =
    ["lod", "allow_deleted", "updated_since", "editions", "edition", "usage_names", "offering_items", "status"];

impl Place {
    /// Reads exactly one of the selectors, or a cursor standing alone; anything else is 400.
    pub(crate) fn read(ask: &Ask, settings: &Settings, selectors: &[&str]) -> Result<Self, Reply> {
        let given: Vec<(&str, String)> =
            selectors.iter().filter_map(|name| ask.parameter(name).map(|value| (*name, value))).collect();
        if let Some(cursor) = ask.parameter("after") {
            let alone = url::form_urlencoded::parse(ask.query.as_bytes()).count() == 1;
            if !alone {
                return Err(bad_request("after must be the only parameter."));
            }
            let place = Self::from_cursor(&cursor);
            return place.ok_or_else(|| bad_request("after is not a valid cursor."));
        }
        let [(selector, value)] = given.as_slice() else {
            let names = selectors.join(", ");
            return Err(bad_request(&format!("Exactly one of {names} must be given.")));
        };
        let limit = match ask.parameter("limit").map(|text| text.parse::<usize>()) {
            None => settings.page_size,
            Some(Ok(limit)) if limit >= 1 => limit.min(settings.page_size),
            Some(_) => return Err(bad_request("limit must be a whole number of at least 1.")),
        };
        let kept = KEPT.iter().filter_map(|name| {
            let value = ask.parameter(name)?;
            Some(((*name).to_owned(), value))
        });
        Ok(Self {
            selector: (*selector).to_owned(),
            value: value.clone(),
            parameters: kept.collect(),
            limit: limit.max(1),
            after: None,
        })
    }

    fn from_cursor(cursor: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    fn cursor_after(&self, after: Option<Key<'_>>) -> String {
        let after = after.map(|(level, id, number)| (level, id.to_owned(), number));
        let place = Self { after, ..self.clone() };
        let bytes = serde_json::to_vec(&place).expect("a cursor is plain JSON");
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        matches!(self.parameter(name), Some("true" | "1"))
    }

    /// Whether all rows of a tenant stand before the page.
    pub(crate) fn is_past(&self, level: u64, tenant: &str) -> bool {
        self.start().is_some_and(|(last_level, last, _)| (level, tenant) < (last_level, last))
    }

    fn start(&self) -> Option<Key<'_>> {
        let (level, id, number) = self.after.as_ref()?;
        Some((*level, id.as_str(), *number))
    }
}

#[derive(Serialize)]
struct Page<B> {
    timestamp: Timestamp,
    items: Vec<B>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging: Option<Value>,
}

/// One page of rows that come in the order of their keys; only that page is turned into JSON.
pub(crate) fn page<'a, T, B: Serialize>(
    rows: impl Iterator<Item = (Key<'a>, T)>,
    place: &Place,
    trick: Option<PageTrick>,
    now: Timestamp,
    show: impl Fn(T) -> B,
) -> Reply {
    let start = place.start();
    let mut rest = rows.filter(|(key, _)| start.is_none_or(|start| *key > start));
    let mut shown: Vec<(Key<'_>, T)> = rest.by_ref().take(place.limit).collect();
    let more = rest.next().is_some();
    let last = shown.last().map(|(key, _)| *key);
    let next = match trick {
        Some(PageTrick::Repeat) => Some(place.cursor_after(start)),
        Some(PageTrick::Loop) => Some(place.cursor_after(None)),
        _ => more.then(|| place.cursor_after(last)),
    };
    if trick == Some(PageTrick::Short) {
        shown.truncate(shown.len() / 2);
    }
    let items = shown.into_iter().map(|(_, row)| show(row)).collect();
    let paging = next.map(|after| json!({"cursors": {"after": after}}));
    Reply::ok(&Page { timestamp: now, items, paging })
}
