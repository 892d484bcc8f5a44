//! Lists of alerts page by page: the cursor comes with the same filters again, and the last page has
//! cursors without any. (Acronis Alert Manager API 1.0, GET /alerts.)

use super::Alert;
use super::answers::bad;
use super::filters::{Filters, Order};
use crate::acronis::Acronis;
use crate::exchange::{Ask, Reply};
use crate::faults::PageTrick;
use crate::settings::Settings;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where a page begins and which list it belongs to.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Cursor {
    filters: String,
    after: Option<(String, String)>,
    /// The page it leads to has nothing on it but another cursor.
    hollow: bool,
}

impl Cursor {
    fn read(ask: &Ask, filters: &Filters) -> Result<Self, Reply> {
        let Some(text) = ask.parameter("after") else {
            return Ok(Self { filters: filters.spelled.clone(), after: None, hollow: false });
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let cursor: Option<Self> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let cursor = cursor.ok_or_else(|| bad("after is not a cursor."))?;
        if cursor.filters != filters.spelled {
            return Err(bad("after belongs to a list with other filters."));
        }
        Ok(cursor)
    }

    fn spelled(&self) -> String {
        let bytes = serde_json::to_vec(self).expect("a cursor is plain JSON");
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn lies_before(&self, place: &(String, String), order: Order) -> bool {
        match &self.after {
            None => true,
            Some(after) if order.descending => place < after,
            Some(after) => place > after,
        }
    }
}

fn read_limit(ask: &Ask, settings: &Settings) -> Result<usize, Reply> {
    match ask.parameter("limit").map(|text| text.parse::<usize>()) {
        None => Ok(settings.alert_page_size.max(1)),
        Some(Ok(limit)) if limit >= 1 => Ok(limit.min(settings.alert_page_size.max(1))),
        Some(_) => Err(bad("limit must be a whole number of at least 1.")),
    }
}

impl Acronis {
    /// `GET /alerts`.
    pub(super) fn list_alerts(&self, ask: &Ask, settings: &Settings, now: Timestamp) -> Result<Reply, Reply> {
        let filters = Filters::read(ask, &[], settings.strict)?;
        let order = Order::read(ask)?;
        let cursor = Cursor::read(ask, &filters)?;
        let limit = read_limit(ask, settings)?;
        if cursor.hollow {
            let next = Cursor { hollow: false, ..cursor };
            return Ok(Reply::ok(&json!({"items": [], "paging": {"cursors": {"after": next.spelled()}}})));
        }
        let seen = self.seen_alerts(false, settings, now).into_iter();
        let wanted = seen.filter(|alert| filters.accepts(alert, Self::tenant_number(&alert.tenant_id)));
        let mut rows: Vec<((String, String), &Alert)> = wanted.map(|alert| (order.place(alert), alert)).collect();
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        if order.descending {
            rows.reverse();
        }
        rows.retain(|(place, _)| cursor.lies_before(place, order));
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().map(|(place, _)| place.clone());
        let onward = Cursor { after: last, hollow: settings.alert_hollow_pages, ..cursor.clone() };
        let next = match ask.trick {
            Some(PageTrick::Repeat) => Some(cursor),
            Some(PageTrick::Loop) => Some(Cursor { after: None, ..cursor }),
            _ if settings.alert_cursors_repeat => Some(cursor),
            _ => more.then_some(onward),
        };
        if ask.trick == Some(PageTrick::Short) {
            rows.truncate(rows.len() / 2);
        }
        let items: Vec<Value> = rows.iter().map(|(_, alert)| self.alert_json(alert, settings)).collect();
        let cursors = next.map_or_else(|| json!({}), |next| json!({"after": next.spelled()}));
        Ok(Reply::ok(&json!({"items": items, "paging": {"cursors": cursors}})))
    }
}
