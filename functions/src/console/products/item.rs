//! The page of one item: what it is sold as and how it is counted.

use super::super::changes::{about_service, service_in_words};
use super::super::connections::the_named;
use super::super::drafts;
use super::super::fields::{Asked, Posted};
use super::super::gates::{Operator, SignedIn, Viewer};
use super::super::listed::Listed;
use super::super::pages::{Failure, Frame, go_to, show};
use super::super::query::Query;
use super::super::words::Shown;
use super::fields::{COMBINES, EXISTING, Fields, NEW, NOTHING, PERIODS, ROUNDINGS, Words, YES_OR_NO};
use super::rows::{self, Group, print_of, print_of_item};
use super::{FIELDS as LIST_FIELDS, staged};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use shared::contract::Service;
use shared::draft::Draft;
use shared::ids::ServiceId;
use shared::mapping::ProductRow;
use shared::person::Role;
use shared::run::Connection;

/// The list's, which item, and what is searched for among the services.
const FIELDS: [&str; 7] = ["connection", "search", "show", "page", "staged", "item", "find"];
/// How many services are offered; a search finds the others.
const SERVICES_OFFERED: usize = 100;

#[derive(Template)]
#[template(path = "console/item.html")]
struct ItemPage {
    frame: Frame,
    staged: String,
    token: String,
    may_edit: bool,
    connection: String,
    item: String,
    print: String,
    back: String,
    /// What the search over services carries along.
    carry: Vec<(&'static str, String)>,
    find: Shown,
    label: Shown,
    name: Shown,
    counted_in: Shown,
    notes: Vec<Shown>,
    in_force: Shown,
    is_staged: bool,
    faults: Vec<Shown>,
    fields: Fields,
    sold: [Choice; 3],
    services: Vec<Choice>,
    services_left: usize,
    periods: Vec<Choice>,
    codes: Vec<Choice>,
    free: Vec<Choice>,
    roundings: Vec<Choice>,
    combines: Vec<Choice>,
}

struct Choice {
    value: String,
    name: Shown,
    is_chosen: bool,
}

fn choices<T>(words: Words<T>, chosen: &str) -> Vec<Choice> {
    let choice =
        |word: &str, name: &str| Choice { value: word.to_owned(), name: Shown::of(name), is_chosen: word == chosen };
    words.iter().map(|(word, _, name)| choice(word, name)).collect()
}

/// An item of a connection, by what stands for it in an address. One of another connection is nowhere.
fn item_of<'r>(rows: &'r [ProductRow], print: &str) -> Result<&'r ProductRow, Failure> {
    rows.iter().find(|row| print_of_item(&row.item.key) == print).ok_or(Failure::NoSuchPage)
}

pub(in super::super) async fn page(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let query = Query::asked(&FIELDS, &asked);
    let connection = the_named(&who.console.store, query.get("connection")).await?;
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let stored = drafts::of(&who, &connection.id).await?;
    let rows = rows::all(&listed);
    let row = item_of(&rows, query.get("item"))?;
    let fields = Fields::of(staged(&stored.draft, row));
    show(&item_page(&who, &connection, &listed, (&rows, row), (fields, Vec::new()), &stored.draft, &query))
}

fn item_page(
    who: &SignedIn,
    connection: &Connection,
    listed: &Listed,
    (rows, row): (&[ProductRow], &ProductRow),
    (fields, faults): (Fields, Vec<String>),
    draft: &Draft,
    query: &Query,
) -> ItemPage {
    let (services, services_left) = services(listed, &fields.service, row, query);
    let codes = listed.snapshot.billing_codes.iter().filter(|code| code.active);
    let code = |code: &shared::contract::BillingCode| Choice {
        value: code.id.to_string(),
        name: Shown::of(&code.name),
        is_chosen: code.id.to_string() == fields.billing_code,
    };
    let sold = |value: &str, name: &str| Choice {
        value: value.to_owned(),
        name: Shown::of(name),
        is_chosen: fields.sold == value,
    };
    let back = Query::of_text(&LIST_FIELDS, &query.text()).with(&[("staged", "")]);
    let carry = query.besides(&["find", "staged"]).into_iter();
    ItemPage {
        frame: Frame::of_connection("Products", who, Some(connection)),
        staged: drafts::in_words(draft),
        token: who.token.clone(),
        may_edit: who.person.role >= Some(Role::Operator),
        connection: connection.id.to_string(),
        item: print_of_item(&row.item.key),
        print: print_of(row),
        back: back.text(),
        carry: carry.map(|(name, text)| (name, text.to_owned())).collect(),
        find: Shown::of(query.get("find")),
        label: Shown::of(&row.label),
        name: Shown::of(&row.item.key),
        counted_in: Shown::of(row.item.unit),
        notes: notes(row, rows, draft).iter().map(Shown::of).collect(),
        in_force: Shown::of(service_in_words(row.service.as_ref(), listed)),
        is_staged: draft.products.contains_key(&row.item.key),
        faults: faults.iter().map(Shown::of).collect(),
        sold: [
            sold(NOTHING, "Nothing: it is not billed"),
            sold(EXISTING, "A service that is in Autotask"),
            sold(NEW, "A new service, which is created in Autotask"),
        ],
        services,
        services_left,
        periods: choices(PERIODS, &fields.period),
        codes: codes.map(code).collect(),
        free: choices(YES_OR_NO, &fields.free),
        roundings: choices(ROUNDINGS, &fields.rounding),
        combines: choices(COMBINES, &fields.combine),
        fields,
    }
}

/// The services to choose from: the chosen one, and those that are searched for; and how many more there are.
fn services(listed: &Listed, chosen: &str, row: &ProductRow, query: &Query) -> (Vec<Choice>, usize) {
    let find = query.get("find").to_lowercase();
    let is_chosen = |service: &Service| service.id.to_string() == chosen;
    let is_found = |service: &&Service| {
        service.active && (service.name.to_lowercase().contains(&find) || service.id.to_string() == find)
    };
    let mut found: Vec<&Service> = listed.snapshot.services.iter().filter(is_found).collect();
    // Without a search, those come first that are named as the item.
    let label = row.label.to_lowercase();
    found.sort_by_cached_key(|service| {
        let name = service.name.to_lowercase();
        (!is_chosen(service), !(find.is_empty() && name.contains(&label)), name, service.id)
    });
    let left = found.len().saturating_sub(SERVICES_OFFERED);
    let choice = |service: &Service| Choice {
        value: service.id.to_string(),
        name: Shown::of(about_service(service)),
        is_chosen: is_chosen(service),
    };
    let mut choices: Vec<Choice> = found.iter().take(SERVICES_OFFERED).map(|service| choice(service)).collect();
    let none = Choice { value: String::new(), name: Shown::of("Choose a service"), is_chosen: chosen.is_empty() };
    choices.insert(0, none);
    if let Ok(id) = chosen.parse().map(ServiceId)
        && !choices.iter().any(|choice| choice.is_chosen)
    {
        let target = shared::mapping::ServiceTarget::Existing(id);
        let name = Shown::of(service_in_words(Some(&target), listed));
        choices.insert(1, Choice { value: id.to_string(), name, is_chosen: true });
    }
    (choices, left)
}

/// What is to be known of this item.
fn notes(row: &ProductRow, rows: &[ProductRow], draft: &Draft) -> Vec<String> {
    let mut notes = Vec::new();
    // What is said of storages does not hold for sites, which are counted in time.
    let note = if row.item.is_metered() { "" } else { Group::of(row).note() };
    notes.extend(Some(note).filter(|note| !note.is_empty()).map(str::to_owned));
    if Group::of(row) == Group::Pack {
        let bases = rows::bases(row, rows);
        let names = |sold: bool| {
            let of = bases.iter().filter(|base| staged(draft, base).service.is_some() == sold);
            of.map(|base| base.label.as_str()).collect::<Vec<_>>().join(", ")
        };
        notes.push(match names(true) {
            sold if sold.is_empty() => format!("None of what it stands on is sold: {}.", names(false)),
            sold => format!("Sold of what it stands on: {sold}."),
        });
    }
    if row.item.is_metered() {
        notes.push(
            "It is billed by the month's greatest figure, at the month's end, on contracts of calendar months."
                .to_owned(),
        );
    }
    notes
}

/// Stages what the form says of an item; shows the form again where something is wrong with it.
pub(in super::super) async fn edit(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?;
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let rows = rows::all(&listed);
    let row = item_of(&rows, posted.field("item")?)?;
    if print_of(row) != posted.field("was")? {
        return Err(Failure::Refused("somebody else changed this item since the page was made"));
    }
    let back = Query::of_text(&LIST_FIELDS, posted.field("back")?).with(&[("connection", connection.id.as_str())]);
    let fields = Fields::posted(&posted)?;
    match fields.row(row, &listed.snapshot) {
        Ok(to) => {
            drafts::change(&who, &connection.id, |draft| {
                draft.stage_product(row.clone(), to.clone());
                Ok(())
            })
            .await?;
            let told = back.with(&[("staged", &print_of_item(&row.item.key))]);
            Ok(go_to(&format!("/products?{}", told.text())))
        }
        Err(faults) => {
            let stored = drafts::of(&who, &connection.id).await?;
            let query = Query::of_text(&FIELDS, &back.text()).with(&[("item", posted.field("item")?)]);
            let page = item_page(&who, &connection, &listed, (&rows, row), (fields, faults), &stored.draft, &query);
            Ok((StatusCode::BAD_REQUEST, show(&page)?).into_response())
        }
    }
}
