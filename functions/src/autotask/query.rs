//! Whole lists by `id` (Autotask developer help, REST advanced query features): each page asks for ids
//! above the last one seen, so that rows added or dropped meanwhile shift nothing. A list is read whole
//! or not at all.

use super::{AutotaskError, AutotaskReader};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The vendor's greatest page.
const PAGE_ROWS: usize = 500;
/// Ten million rows; no database of one provider has more.
const MOST_PAGES: usize = 20_000;
/// Values in one condition or in all of a query together; the vendor takes 500 alternatives.
pub(super) const MOST_VALUES: usize = 400;
/// Two lists in one query share its alternatives.
pub(super) const MOST_OF_TWO: usize = MOST_VALUES / 2;

/// A row of an entity, as the vendor writes it.
pub(super) trait Row: DeserializeOwned {
    /// The entity's name in the path.
    const ENTITY: &'static str;
    /// What to ask for; everything where empty.
    const FIELDS: &'static [&'static str];
    /// What it is in our words.
    type Fact;

    fn id(&self) -> i64;
    fn into_fact(self) -> Result<Self::Fact, String>;
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound = "T: DeserializeOwned")]
struct Page<T> {
    items: Vec<T>,
    #[serde(default)]
    page_details: Option<PageDetails>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageDetails {
    #[serde(default)]
    next_page_url: Option<String>,
}

impl<T> Page<T> {
    fn names_a_next(&self) -> bool {
        self.page_details.as_ref().and_then(|details| details.next_page_url.as_ref()).is_some_and(|url| !url.is_empty())
    }
}

impl AutotaskReader {
    /// Hands over every row that passes all of `conditions`. What was handed over before an error must
    /// not be used.
    pub(super) async fn each_row<R: Row>(
        &self,
        conditions: &[Value],
        each: impl FnMut(R::Fact),
    ) -> Result<(), AutotaskError> {
        self.each_row_of::<R>(R::ENTITY, conditions, each).await
    }

    /// The same for one of several entities whose rows look alike.
    pub(super) async fn each_row_of<R: Row>(
        &self,
        entity: &str,
        conditions: &[Value],
        mut each: impl FnMut(R::Fact),
    ) -> Result<(), AutotaskError> {
        let failed = |why: &str| Err(AutotaskError::Failed(format!("{entity}: {why}")));
        // -1, because the provider's own company has the id 0.
        let mut last = -1;
        for _ in 0..MOST_PAGES {
            let page: Page<R> = self.0.query(entity, &body::<R>(conditions, last)).await?;
            let (rows, goes_on) = (page.items.len(), page.names_a_next());
            for row in page.items {
                if row.id() <= last {
                    return failed("the vendor repeats a page, or its rows are not in the order of their ids");
                }
                last = row.id();
                match row.into_fact() {
                    Ok(fact) => each(fact),
                    Err(why) => return failed(&format!("row {last}: {why}")),
                }
            }
            match (rows, goes_on) {
                (0, true) => return failed("the vendor gives an empty page that is not the last"),
                (rows, false) if rows < PAGE_ROWS => return Ok(()),
                _ => {}
            }
        }
        failed("more pages than any database has")
    }

    /// The rows that pass all of `conditions`.
    pub(super) async fn rows<R: Row>(&self, conditions: &[Value]) -> Result<Vec<R::Fact>, AutotaskError> {
        let mut facts = Vec::new();
        self.each_row::<R>(conditions, |fact| facts.push(fact)).await?;
        Ok(facts)
    }

    /// The first page of the rows that pass `condition`, and whether there are more: for an entity that takes no
    /// second condition, so that no page can be asked for by id.
    pub(super) async fn first_page<R: Row>(&self, condition: Value) -> Result<(Vec<R::Fact>, bool), AutotaskError> {
        let page: Page<R> = self.0.query(R::ENTITY, &json!({"filter": [condition], "maxRecords": PAGE_ROWS})).await?;
        let goes_on = page.names_a_next() || page.items.len() >= PAGE_ROWS;
        let facts = page.items.into_iter().map(Row::into_fact).collect::<Result<_, _>>();
        Ok((facts.map_err(|why| AutotaskError::Failed(format!("{}: {why}", R::ENTITY)))?, goes_on))
    }
}

fn body<R: Row>(conditions: &[Value], last: i64) -> Value {
    let mut filter = conditions.to_vec();
    filter.push(json!({"op": "gt", "field": "id", "value": last}));
    let mut body = json!({"filter": filter, "maxRecords": PAGE_ROWS});
    if !R::FIELDS.is_empty() {
        body["includeFields"] = json!(R::FIELDS);
    }
    body
}

/// `field` equals `value`.
pub(super) fn is(field: &str, value: impl Into<Value>) -> Value {
    json!({"op": "eq", "field": field, "value": value.into()})
}

/// `field` is one of these numbers or texts. Numbers as text would match nothing.
pub(super) fn is_one_of<T: Into<Value>>(field: &str, values: impl IntoIterator<Item = T>) -> Value {
    json!({"op": "in", "field": field, "value": values.into_iter().map(Into::into).collect::<Vec<Value>>()})
}

/// At least one of `conditions` holds.
pub(super) fn any_of(conditions: &[Value]) -> Value {
    json!({"op": "or", "items": conditions})
}

/// `field` is this day or an earlier one.
pub(super) fn not_after(field: &str, day: Date) -> Value {
    json!({"op": "lte", "field": field, "value": midnight(day)})
}

/// `field` is a later day than this one.
pub(super) fn after(field: &str, day: Date) -> Value {
    json!({"op": "gt", "field": field, "value": midnight(day)})
}

/// `field` is this day or a later one.
pub(super) fn not_before(field: &str, day: Date) -> Value {
    json!({"op": "gte", "field": field, "value": midnight(day)})
}

/// `field` is this moment or a later one.
pub(super) fn since(field: &str, moment: Timestamp) -> Value {
    json!({"op": "gte", "field": field, "value": in_utc(moment)})
}

/// A moment as the vendor writes it.
pub(super) fn in_utc(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// A day as the vendor writes it.
pub(super) fn midnight(day: Date) -> String {
    format!("{day}T00:00:00Z")
}
