//! Answers queries: finds rows by index where the filter allows it, then shows one page of them.
//! (Autotask developer help, REST basic query calls, paging of result sets.)

use super::calls::errors;
use super::cell::{Cell, Row};
use super::filter::{Filter, Reader, property};
use super::schema::Entity;
use super::{Autotask, Table};
use crate::exchange::{Ask, Reply};
use crate::faults::PageTrick;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde::{Deserialize, Serialize as DeriveSerialize};
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::ops::Bound;

const MOST_RECORDS: usize = 500;

/// The place in a result set as the vendor writes it into its next-page address.
#[derive(Debug, Clone, DeriveSerialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    page_size: usize,
    previous_ids: Vec<i64>,
    next_ids: Vec<i64>,
}

/// A query as read from a body or from `search`.
struct Query {
    filter: Filter,
    page_size: usize,
    include: Option<Vec<usize>>,
    place: Option<Place>,
    search: Option<String>,
}

impl Query {
    fn read(autotask: &Autotask, entity: &Entity, ask: &Ask) -> Result<Self, Reply> {
        let is_get = ask.method == "GET";
        let search = ask.parameter("search").filter(|_| is_get);
        let text = search.clone().map_or_else(|| ask.body.clone(), String::into_bytes);
        let body: Value =
            serde_json::from_slice(&text).map_err(|_| errors(&["The query is missing or is not valid JSON."]))?;
        let udf_names = autotask.udf_names(entity);
        let mut reader = Reader { entity, udf_names: &udf_names, lenient: is_get, conditions: 0, udf_conditions: 0 };
        let filter = reader.read(property(&body, "filter")).map_err(|text| errors(&[text]))?;
        super::tickets::check_history(entity, &filter).map_err(|text| errors(&[text]))?;
        let place = match ask.parameter("paging") {
            None => None,
            Some(text) => {
                let place = serde_json::from_str::<Place>(&text);
                Some(place.map_err(|_| errors(&["The paging parameter is not valid."]))?)
            }
        };
        let given_size = read_page_size(property(&body, "maxRecords"))?;
        let page_size = place.as_ref().map_or(given_size, |place| place.page_size);
        let include = read_include(entity, property(&body, "includeFields"))?;
        Ok(Self { filter, page_size: page_size.clamp(1, MOST_RECORDS), include, place, search })
    }

    fn after(&self) -> i64 {
        let place = self.place.as_ref();
        place.and_then(|place| place.next_ids.last().copied()).unwrap_or(-1)
    }
}

fn read_page_size(value: Option<&Value>) -> Result<usize, Reply> {
    match value {
        None | Some(Value::Null) => Ok(MOST_RECORDS),
        Some(value) => {
            let size = value.as_u64().and_then(|size| usize::try_from(size).ok());
            let allowed = size.filter(|size| (1..=MOST_RECORDS).contains(size));
            allowed.ok_or_else(|| errors(&["MaxRecords must be between 1 and 500."]))
        }
    }
}

fn read_include(entity: &Entity, value: Option<&Value>) -> Result<Option<Vec<usize>>, Reply> {
    let Some(names) = value.and_then(Value::as_array).filter(|names| !names.is_empty()) else {
        return Ok(None);
    };
    let find = |name: &Value| {
        let name = name.as_str().unwrap_or_default();
        let unknown = format!("Unable to find {name} in the {} Entity.", entity.singular);
        entity.find(name).ok_or_else(|| errors(&[unknown]))
    };
    let known = names.iter().filter(|name| *name != "userDefinedFields").map(find);
    known.collect::<Result<Vec<usize>, Reply>>().map(Some)
}

/// Rows that pass the filter and may be seen, by id, beyond `after`.
fn matching<'a>(
    autotask: &'a Autotask,
    table: &'a Table,
    filter: &'a Filter,
    after: i64,
) -> Box<dyn Iterator<Item = &'a Row> + 'a> {
    let after = filter.id_above().map_or(after, |id| id.max(after));
    let passes = |row: &&Row| filter.accepts(row) && autotask.is_visible(row);
    if let Some(mut ids) = filter.required_values(0) {
        ids.sort_unstable();
        ids.dedup();
        let beyond = ids.into_iter().filter(move |id| *id > after);
        return Box::new(beyond.filter_map(|id| table.get(id)).filter(passes));
    }
    match narrowest_index(table, filter) {
        None => Box::new(table.rows_after(after).filter(passes)),
        Some(sets) => Box::new(in_order(sets, after).filter_map(|id| table.get(id)).filter(passes)),
    }
}

/// The ids that the narrowest index the filter names has, by value; `None` asks for a walk over all rows.
fn narrowest_index<'a>(table: &'a Table, filter: &Filter) -> Option<Vec<&'a BTreeSet<i64>>> {
    let indexed = (0..table.entity().fields.len()).filter(|position| table.is_indexed(*position));
    let found = indexed.filter_map(|position| {
        let mut values = filter.required_values(position)?;
        values.sort_unstable();
        values.dedup();
        Some(values.into_iter().filter_map(|value| table.ids_by(position, value)).collect::<Vec<_>>())
    });
    found.min_by_key(|sets| sets.iter().map(|ids| ids.len()).sum::<usize>())
}

/// The ids beyond `after` of sets that share none, in order; no more is looked at than is asked for.
fn in_order<'a>(sets: Vec<&'a BTreeSet<i64>>, after: i64) -> impl Iterator<Item = i64> + 'a {
    let beyond = (Bound::Excluded(after), Bound::Unbounded);
    let mut walks: Vec<_> = sets.into_iter().map(|ids| ids.range(beyond)).collect();
    let heads = walks.iter_mut().enumerate().filter_map(|(walk, ids)| Some(Reverse((*ids.next()?, walk))));
    let mut heads: BinaryHeap<_> = heads.collect();
    std::iter::from_fn(move || {
        let Reverse((id, walk)) = heads.pop()?;
        heads.extend(walks[walk].next().map(|next| Reverse((*next, walk))));
        Some(id)
    })
}

/// `POST|GET /{Entity}/query` and its next pages.
pub(crate) fn query(autotask: &Autotask, entity: &'static Entity, ask: &Ask, readable: bool) -> Reply {
    let query = match Query::read(autotask, entity, ask) {
        Ok(query) => query,
        Err(refusal) => return refusal,
    };
    let table = autotask.table(entity.name);
    let mut rows = matching(autotask, table, &query.filter, query.after());
    let mut shown: Vec<&Row> = Vec::new();
    let mut more = false;
    if readable {
        shown.extend(rows.by_ref().take(query.page_size));
        more = rows.next().is_some();
    }
    let lacks_id = query.include.as_ref().is_some_and(|fields| !fields.contains(&0));
    if more && lacks_id && query.page_size == MOST_RECORDS {
        return errors(&["IncludeFields must contain id when the result exceeds 500 records."]);
    }
    let next = next_place(&query, &shown, more, ask.trick);
    if ask.trick == Some(PageTrick::Short) {
        shown.truncate(shown.len() / 2);
    }
    let page = Page {
        items: rows_json(autotask, entity, &shown, query.include.as_deref()),
        page_details: Details {
            count: shown.len(),
            request_count: query.page_size,
            prev_page_url: previous_place(&query).map(|place| address(autotask, entity, &query, &place)),
            next_page_url: next.map(|place| address(autotask, entity, &query, &place)),
        },
    };
    Reply::ok(&page)
}

fn next_place(query: &Query, shown: &[&Row], more: bool, trick: Option<PageTrick>) -> Option<Place> {
    let here = query.after();
    let previous = query.place.as_ref().map(|place| place.previous_ids.clone()).unwrap_or_default();
    let to = match trick {
        Some(PageTrick::Repeat) => here,
        Some(PageTrick::Loop) => -1,
        _ if more => shown.last()?.id(),
        _ => return None,
    };
    Some(Place {
        page_size: query.page_size,
        previous_ids: previous.into_iter().chain([here]).collect(),
        next_ids: vec![to],
    })
}

fn previous_place(query: &Query) -> Option<Place> {
    let place = query.place.as_ref()?;
    let (to, before) = place.previous_ids.split_last()?;
    Some(Place { page_size: query.page_size, previous_ids: before.to_vec(), next_ids: vec![*to] })
}

fn address(autotask: &Autotask, entity: &Entity, query: &Query, place: &Place) -> String {
    let paging = serde_json::to_string(place).expect("a place is plain JSON");
    let mut parameters = url::form_urlencoded::Serializer::new(String::new());
    parameters.append_pair("paging", &paging);
    if let Some(search) = &query.search {
        parameters.append_pair("search", search);
    }
    let (base, name) = (&autotask.base_url, entity.name);
    format!("{base}/ATServicesRest/V1.0/{name}/query/next?{}", parameters.finish())
}

/// `POST|GET /{Entity}/query/count`.
pub(crate) fn count(autotask: &Autotask, entity: &'static Entity, ask: &Ask, readable: bool) -> Reply {
    match Query::read(autotask, entity, ask) {
        Err(refusal) => refusal,
        Ok(_) if !readable => Reply::ok(&json!({"queryCount": 0})),
        Ok(query) => {
            let table = autotask.table(entity.name);
            let rows = matching(autotask, table, &query.filter, -1);
            Reply::ok(&json!({"queryCount": rows.count()}))
        }
    }
}

/// `GET /{Entity}/{id}`: a row that is not there is an empty item, never 404.
pub(crate) fn item(autotask: &Autotask, entity: &'static Entity, id: i64, readable: bool) -> Reply {
    let row = autotask.row(entity.name, id).filter(|row| readable && autotask.is_visible(row));
    let Some(row) = row else {
        return Reply::ok(&json!({"item": null}));
    };
    let item = rows_json(autotask, entity, &[row], None).pop();
    Reply::ok(&Single { item })
}

/// `GET /{Parent}/{id}/{Children}`.
pub(crate) fn children(
    autotask: &Autotask,
    entity: &'static Entity,
    (field, parent): (&str, i64),
    readable: bool,
) -> Reply {
    let rows = autotask.table(entity.name).by(field, parent);
    let seen = rows.filter(|row| readable && autotask.is_visible(row));
    let shown: Vec<&Row> = seen.take(MOST_RECORDS).collect();
    Reply::ok(&Page {
        items: rows_json(autotask, entity, &shown, None),
        page_details: Details {
            count: shown.len(),
            request_count: MOST_RECORDS,
            prev_page_url: None,
            next_page_url: None,
        },
    })
}

#[derive(DeriveSerialize)]
struct Single<'a> {
    item: Option<RowJson<'a>>,
}

#[derive(DeriveSerialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    items: Vec<RowJson<'a>>,
    page_details: Details,
}

#[derive(DeriveSerialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    count: usize,
    request_count: usize,
    prev_page_url: Option<String>,
    next_page_url: Option<String>,
}

/// A row as sent: every field, unset ones as null, user-defined fields where any row has some.
struct RowJson<'a> {
    row: &'a Row,
    include: Option<&'a [usize]>,
    udfs: Option<Vec<Value>>,
}

/// User-defined fields are left out when no row of the answer has a value in any.
fn rows_json<'a>(
    autotask: &Autotask,
    entity: &Entity,
    rows: &[&'a Row],
    include: Option<&'a [usize]>,
) -> Vec<RowJson<'a>> {
    let any = include.is_none() && rows.iter().any(|row| !row.udfs.is_empty());
    let names = if any { autotask.udf_names(entity) } else { Vec::new() };
    let udfs = |row: &Row| {
        let value = |name: &String| json!({"name": name, "value": row.udf(name)});
        any.then(|| names.iter().map(value).collect())
    };
    rows.iter().map(|row| RowJson { row, include, udfs: udfs(row) }).collect()
}

impl Serialize for RowJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = &self.row.entity().fields;
        let mut map = serializer.serialize_map(None)?;
        for (position, field) in fields.iter().enumerate() {
            let wanted = self.include.is_none_or(|wanted| wanted.contains(&position));
            if wanted && !field.hidden {
                let cell: &Cell = self.row.at(position);
                map.serialize_entry(field.name, cell)?;
            }
        }
        if let Some(udfs) = &self.udfs {
            map.serialize_entry("userDefinedFields", udfs)?;
        }
        map.end()
    }
}
