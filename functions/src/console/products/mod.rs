//! The page of products: every item that customers may be given, what each is sold as, and the storage that new tenants
//! get. What is changed here is staged (A36) and comes into force on the page of changes.

mod fields;
mod item;
mod rows;

pub(super) use item::{edit, page as item_page};
pub(super) use rows::print_of_item;

use super::changes::{service_in_words, storage_in_words};
use super::connections::{Choice, Connections, the_named};
use super::drafts;
use super::fields::{Asked, Posted};
use super::gates::{Operator, SignedIn, Viewer};
use super::listed::Listed;
use super::paged::{Paged, Pager};
use super::pages::{Failure, Frame, go_to, show};
use super::query::Query;
use super::words::Shown;
use askama::Template;
use axum::response::Response;
use rows::{Group, are_of_several, heading};
use serde_json::json;
use shared::draft::Draft;
use shared::ids::StorageId;
use shared::mapping::ProductRow;
use shared::person::Role;
use shared::run::Connection;
use shared::setting_path::SettingPath;
use shared::words::count;
use std::collections::BTreeSet;

/// What the address says.
pub(super) const FIELDS: [&str; 5] = ["connection", "search", "show", "page", "staged"];
/// What stands for the default storage, of which something was just staged.
const STORAGE: &str = "storage";
/// By what the list may be narrowed.
const SHOWN: [(&str, &str); 4] = [("", "All"), ("sold", "Sold"), ("unsold", "Not sold"), ("staged", "Staged by you")];

#[derive(Template)]
#[template(path = "console/products.html")]
struct ProductsPage {
    frame: Frame,
    connections: Vec<Choice>,
    staged: String,
    shown: Option<Products>,
}

struct Products {
    token: String,
    connection: String,
    may_edit: bool,
    told: Option<Shown>,
    /// How many items are sold, or that nothing is.
    is_on: bool,
    sold: Shown,
    /// What customers get who did not buy an item.
    not_sold: &'static str,
    search: Shown,
    states: Vec<Narrowed>,
    rows: Vec<ItemRow>,
    pager: Pager,
    storage: DefaultStorage,
}

struct Narrowed {
    value: &'static str,
    name: String,
    is_chosen: bool,
}

struct ItemRow {
    /// The group, on its first row: its name, of what it is a part, and what is to be known of it.
    heading: Option<(&'static str, Shown, &'static str)>,
    print: String,
    label: Shown,
    name: Shown,
    sold: Shown,
    is_sold: bool,
    was: Option<Shown>,
    is_staged: bool,
    unit: Shown,
    terms: Shown,
    free: bool,
    link: String,
}

/// The storage that new tenants get (A39).
struct DefaultStorage {
    /// Id, name, and whether it is the one.
    choices: Vec<(String, Shown, bool)>,
    was: Option<Shown>,
    /// Stands for the one in force.
    seen: String,
}

/// A product with what the person staged of it.
fn staged<'a>(draft: &'a Draft, row: &'a ProductRow) -> &'a ProductRow {
    draft.products.get(&row.item.key).map_or(row, |edit| &edit.to)
}

pub(super) async fn page(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connections = Connections::choose(&who.console.store, asked.field("connection")).await?;
    let query = Query::asked(&FIELDS, &asked);
    let (staged, shown) = match &connections.chosen {
        Some(connection) => {
            let stored = drafts::of(&who, &connection.id).await?;
            (drafts::in_words(&stored.draft), Some(products(&who, connection, &stored.draft, &query).await?))
        }
        None => (String::new(), None),
    };
    let frame = Frame::of_connection("Products", &who, connections.chosen.as_ref());
    show(&ProductsPage { frame, connections: connections.choices(), staged, shown })
}

async fn products(who: &SignedIn, connection: &Connection, draft: &Draft, query: &Query) -> Result<Products, Failure> {
    let query = query.with(&[("connection", connection.id.as_str())]);
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let all = rows::all(&listed);
    let is_shown = |row: &&ProductRow, show: &str| match show {
        "sold" => staged(draft, row).service.is_some(),
        "unsold" => staged(draft, row).service.is_none(),
        "staged" => draft.products.contains_key(&row.item.key),
        _ => true,
    };
    let state = |(value, name): (&'static str, &str)| {
        let many = all.iter().filter(|row| is_shown(row, value)).count();
        Narrowed { value, name: format!("{name} ({many})"), is_chosen: query.get("show") == value }
    };
    let search = query.get("search").to_lowercase();
    let is_found = |row: &&ProductRow| {
        let sold = service_in_words(staged(draft, row).service.as_ref(), &listed);
        [&row.label, &row.item.key.name, &sold].into_iter().any(|text| text.to_lowercase().contains(&search))
    };
    let found: Vec<&ProductRow> = all.iter().filter(|row| is_shown(row, query.get("show")) && is_found(row)).collect();
    let (several, mut last) = (are_of_several(&all), None);
    let plain = query.with(&[("staged", "")]);
    let rows = Paged::of(&found, Some(query.get("page")), |row| {
        let group = heading(row, several);
        let is_new = last.replace(group.clone()) != Some(group.clone());
        item_row(row, draft, &listed, is_new.then_some(group), &plain)
    });
    let (is_on, sold) = what_is_sold(&all, draft);
    Ok(Products {
        token: who.token.clone(),
        connection: connection.id.to_string(),
        may_edit: who.person.role >= Some(Role::Operator),
        told: told(&all, draft, &listed, &query),
        is_on,
        sold: Shown::of(sold),
        not_sold: match listed.mapping.settings.quotas.switch_off {
            true => "is switched off",
            false => "gets a quota of 0",
        },
        search: Shown::of(query.get("search")),
        states: SHOWN.into_iter().map(state).collect(),
        pager: Pager::of(("item", "items"), &rows, |page| plain.to_page("/products", "items", "page", page)),
        rows: rows.rows,
        storage: default_storage(draft, &listed),
    })
}

fn item_row(
    row: &ProductRow,
    draft: &Draft,
    listed: &Listed,
    group: Option<(&'static str, String)>,
    query: &Query,
) -> ItemRow {
    let (now, print) = (staged(draft, row), print_of_item(&row.item.key));
    let is_staged = draft.products.contains_key(&row.item.key);
    let mut terms: Vec<String> = Vec::new();
    let mut term = |name: &str, number: u32| {
        if number > 0 {
            terms.push(format!("{name} {number}"));
        }
    };
    term("included", now.included);
    term("minimum", now.minimum);
    term("smallest change", now.smallest_change);
    let sold = |row: &ProductRow| Shown::of(service_in_words(row.service.as_ref(), listed));
    ItemRow {
        heading: group.map(|(name, of)| (name, Shown::of(of), Group::of(row).note())),
        label: Shown::of(&row.label),
        name: Shown::of(&row.item.key),
        sold: sold(now),
        is_sold: now.service.is_some(),
        was: is_staged.then(|| sold(row)),
        is_staged,
        unit: Shown::of(format!("{}, {}", now.unit_size, now.rounding)),
        terms: Shown::of(terms.join(", ")),
        free: now.free,
        link: format!("/products/item?item={print}&{}", query.text()),
        print,
    }
}

/// Whether anything would be sold, and how much, in words.
fn what_is_sold(all: &[ProductRow], draft: &Draft) -> (bool, String) {
    let sold: Vec<_> = all.iter().filter_map(|row| staged(draft, row).service.as_ref()).collect();
    let services = sold.iter().collect::<BTreeSet<_>>().len();
    let words = format!("{} of {} sold as {}", sold.len(), count(all.len(), "item"), count(services, "service"));
    (!sold.is_empty(), words)
}

/// The storages that there are. They are told from recovery sites by the items that there are on them.
pub(super) fn storages(listed: &Listed) -> BTreeSet<&StorageId> {
    let items = listed.snapshot.items.iter().filter(|item| item.unit == shared::quantity::MeasurementUnit::Bytes);
    items.filter_map(|item| item.key.storage.as_ref()).collect()
}

fn storage_setting() -> SettingPath {
    SettingPath::new("new_tenants.default_storage")
}

/// The default storage that the person staged.
fn staged_storage(draft: &Draft) -> Option<Option<StorageId>> {
    draft.settings.get(&storage_setting()).map(|edit| edit.to.as_str().map(StorageId::new))
}

fn default_storage(draft: &Draft, listed: &Listed) -> DefaultStorage {
    let in_force = listed.mapping.settings.new_tenants.default_storage.as_ref();
    let staged = staged_storage(draft);
    let chosen = staged.as_ref().map_or(in_force, Option::as_ref);
    let ids: BTreeSet<&StorageId> = storages(listed).into_iter().chain(chosen).collect();
    let choice = |id: &StorageId| (id.to_string(), Shown::of(storage_in_words(Some(id), listed)), Some(id) == chosen);
    let none = (String::new(), Shown::of("None: the only storage there is"), chosen.is_none());
    DefaultStorage {
        choices: std::iter::once(none).chain(ids.into_iter().map(choice)).collect(),
        was: staged.as_ref().map(|_| Shown::of(storage_in_words(in_force, listed))),
        seen: in_force.map(StorageId::to_string).unwrap_or_default(),
    }
}

/// What was just staged, as the draft has it now.
fn told(all: &[ProductRow], draft: &Draft, listed: &Listed, query: &Query) -> Option<Shown> {
    let staged = query.get("staged");
    if staged == STORAGE {
        let to = staged_storage(draft).map(|to| storage_in_words(to.as_ref(), listed));
        return Some(Shown::of(to.map_or_else(
            || "The default storage is as it was.".to_owned(),
            |to| format!("Staged: the default storage is {to}."),
        )));
    }
    let row = all.iter().find(|row| print_of_item(&row.item.key) == staged)?;
    Some(Shown::of(match draft.products.get(&row.item.key) {
        Some(edit) => {
            format!("Staged for {}: sold as {}.", row.label, service_in_words(edit.to.service.as_ref(), listed))
        }
        None => format!("Nothing is staged for {} any more.", row.label),
    }))
}

/// Stages the default storage.
pub(super) async fn edit_storage(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?;
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let in_force = listed.mapping.settings.new_tenants.default_storage.clone();
    let named = |field: &str| Some(StorageId::new(field)).filter(|id| !id.as_str().is_empty());
    if named(posted.field("seen")?) != in_force {
        return Err(Failure::Refused("somebody else changed the default storage since the page was made"));
    }
    let to = named(posted.field("storage")?);
    let offered = default_storage(&Draft::default(), &listed).choices;
    if !offered.iter().any(|(id, ..)| *id == to.as_ref().map(StorageId::to_string).unwrap_or_default()) {
        return Err(Failure::NoSuchPage);
    }
    drafts::change(&who, &connection.id, |draft| {
        let staged = draft.stage_setting(&listed.mapping.settings, &storage_setting(), &json!(to));
        staged.map_err(|_| Failure::NoSuchPage)
    })
    .await?;
    let back = Query::of_text(&FIELDS, "").with(&[("connection", connection.id.as_str()), ("staged", STORAGE)]);
    Ok(go_to(&format!("/products?{}", back.text())))
}
