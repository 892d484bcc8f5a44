//! The form of one alert type, and that by which all types of a category are given the same. What is said there is staged.

use super::super::connections::the_named;
use super::super::drafts;
use super::super::fields::{Asked, Posted};
use super::super::gates::{Operator, SignedIn, Viewer};
use super::super::listed::Listed;
use super::super::pages::{Failure, Frame, go_to, show};
use super::super::query::Query;
use super::super::settings::Field;
use super::super::words::Shown;
use super::fields::{KEEP, Values, Wrong, fields, read, row_of, values_of};
use super::rows::{self, TypeAt, print_of_category};
use super::{FIELDS as LIST_FIELDS, NOT_READ, are_read};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use shared::alert::AlertKind;
use shared::alert_settings::AlertRow;
use shared::draft::{Draft, MOST_EDITS};
use shared::fingerprint;
use shared::person::Role;
use shared::run::Connection;
use shared::words::count;

/// The list's, and which type or category.
const FIELDS: [&str; 8] = ["connection", "search", "category", "show", "page", "staged", "type", "of"];

#[derive(Template)]
#[template(path = "console/ticket_type.html")]
struct TypePage {
    frame: Frame,
    staged: String,
    token: String,
    may_edit: bool,
    connection: String,
    back: String,
    /// Where the form goes, what it names, and of what.
    action: &'static str,
    names: &'static str,
    print: String,
    /// Stands for what is in force.
    was: String,
    title: Shown,
    about: Shown,
    notes: Vec<Shown>,
    is_refused: bool,
    /// Whether anything is said that can be put back to usual.
    may_be_usual: bool,
    fields: Vec<Field>,
}

/// The page without what is its own of a type or a category.
fn page_of(who: &SignedIn, connection: &Connection, listed: &Listed, draft: &Draft, query: &Query) -> TypePage {
    TypePage {
        frame: Frame::of_connection("Tickets", who, Some(connection)),
        staged: drafts::in_words(draft),
        token: who.token.clone(),
        may_edit: who.person.role >= Some(Role::Operator),
        connection: connection.id.to_string(),
        back: Query::of_text(&LIST_FIELDS, &query.text()).with(&[("staged", "")]).text(),
        action: "",
        names: "",
        print: String::new(),
        was: String::new(),
        title: Shown::of(""),
        about: Shown::of(""),
        notes: (!are_read(listed)).then(|| Shown::of(NOT_READ)).into_iter().collect(),
        is_refused: false,
        may_be_usual: false,
        fields: Vec::new(),
    }
}

fn print_of(rows: &[(&AlertKind, &AlertRow)]) -> String {
    let parts =
        rows.iter().map(|(kind, row)| format!("{kind} {:?}", AlertRow { label: String::new(), ..(*row).clone() }));
    fingerprint::of(&parts.collect::<Vec<_>>())
}

fn type_page(page: TypePage, one: &TypeAt<'_>, wrong: &Wrong, listed: &Listed) -> TypePage {
    let about = match one.listed {
        Some(known) => format!("{}, {}, {}", one.kind, one.category, known.severity),
        None => one.kind.to_string(),
    };
    let mut notes = page.notes;
    match one.listed {
        Some(known) if !known.enabled => {
            notes.push(Shown::of("It is switched off in Acronis, so that there are no alerts of it."));
        }
        Some(_) => {}
        None => notes.push(Shown::of("Acronis does not list it. What is usual follows each of its alerts.")),
    }
    notes.push(Shown::of(
        "What is usual follows each alert, which may be worse or milder than its type usually is; what is said here is the \
         same for all alerts of the type.",
    ));
    TypePage {
        action: "/tickets/type",
        names: "type",
        print: one.print(),
        was: print_of(&[(one.kind, &one.in_force)]),
        title: Shown::of(&one.label),
        about: Shown::of(about),
        notes,
        is_refused: !wrong.faults.is_empty(),
        may_be_usual: one.now.says_something(),
        fields: fields(&values_of(&one.now), one.usual(), false, one.is_staged.then_some(&one.in_force), wrong, listed),
        ..page
    }
}

fn category_page(page: TypePage, types: &[&TypeAt<'_>], wrong: &Wrong, listed: &Listed) -> Result<TypePage, Failure> {
    let category = &types.first().ok_or(Failure::NoSuchPage)?.category;
    let mut notes = page.notes;
    notes.push(Shown::of(format!(
        "Where a number is typed, \"{KEEP}\" leaves it as it is, and nothing makes it as usual."
    )));
    Ok(TypePage {
        notes,
        action: "/tickets/category",
        names: "of",
        print: print_of_category(category),
        was: print_of(&types.iter().map(|one| (one.kind, &one.in_force)).collect::<Vec<_>>()),
        title: Shown::of(format!("Category {category}")),
        about: Shown::of(format!("{}, all given the same", count(types.len(), "type"))),
        is_refused: !wrong.faults.is_empty(),
        may_be_usual: types.iter().any(|one| one.now.says_something()),
        fields: fields(&Values::new(), None, true, None, wrong, listed),
        ..page
    })
}

fn type_of<'t, 'a>(all: &'t [TypeAt<'a>], print: &str) -> Result<&'t TypeAt<'a>, Failure> {
    all.iter().find(|one| one.print() == print).ok_or(Failure::NoSuchPage)
}

fn types_of<'t, 'a>(all: &'t [TypeAt<'a>], print: &str) -> Vec<&'t TypeAt<'a>> {
    all.iter().filter(|one| print_of_category(&one.category) == print).collect()
}

pub(in super::super) async fn page(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let query = Query::asked(&FIELDS, &asked);
    let connection = the_named(&who.console.store, query.get("connection")).await?;
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let stored = drafts::of(&who, &connection.id).await?;
    let all = rows::all(&stored.draft, &listed);
    let page = page_of(&who, &connection, &listed, &stored.draft, &query);
    show(&type_page(page, type_of(&all, query.get("type"))?, &Wrong::default(), &listed))
}

pub(in super::super) async fn category(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let query = Query::asked(&FIELDS, &asked);
    let connection = the_named(&who.console.store, query.get("connection")).await?;
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let stored = drafts::of(&who, &connection.id).await?;
    let all = rows::all(&stored.draft, &listed);
    let page = page_of(&who, &connection, &listed, &stored.draft, &query);
    show(&category_page(page, &types_of(&all, query.get("of")), &Wrong::default(), &listed)?)
}

/// What a form asks for: the rows that are to be, or what is wrong with it.
fn wanted(
    posted: &Posted,
    types: &[&TypeAt<'_>],
    keeps: bool,
    listed: &Listed,
) -> Result<Result<Vec<AlertRow>, Wrong>, Failure> {
    if posted.optional("act") == Some("usual") {
        return Ok(Ok(vec![AlertRow::default(); types.len()]));
    }
    let known = match types {
        [one] if !keeps => values_of(&one.now),
        _ => Values::new(),
    };
    let (said, mut wrong) = read(posted, &known, keeps, listed)?;
    let mut rows = Vec::with_capacity(types.len());
    for one in types {
        let mut values = values_of(&one.now);
        values.extend(&said);
        match row_of(&values, &one.label, &listed.snapshot.picklists) {
            Ok(row) => rows.push(row),
            Err((field, fault)) => {
                let of = if keeps { format!(" ({})", one.label) } else { String::new() };
                wrong.faults.entry(field).or_insert_with(|| format!("{fault}{of}"));
            }
        }
    }
    Ok(if wrong.faults.is_empty() { Ok(rows) } else { Err(wrong) })
}

/// Stages what the form says of a type.
pub(in super::super) async fn edit(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    stage(&who, &posted, false).await
}

/// Stages what the form says of all types of a category.
pub(in super::super) async fn edit_category(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    stage(&who, &posted, true).await
}

async fn stage(who: &SignedIn, posted: &Posted, of_category: bool) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?;
    let back = Query::of_text(&LIST_FIELDS, posted.field("back")?).with(&[("connection", connection.id.as_str())]);
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let stored = drafts::of(who, &connection.id).await?;
    let all = rows::all(&stored.draft, &listed);
    let types = match of_category {
        true => types_of(&all, posted.field("of")?),
        false => vec![type_of(&all, posted.field("type")?)?],
    };
    let first = types.first().ok_or(Failure::NoSuchPage)?;
    let in_force: Vec<_> = types.iter().map(|one| (one.kind, &one.in_force)).collect();
    if print_of(&in_force) != posted.field("was")? {
        return Err(Failure::Refused("somebody else changed what is said of these alerts since the page was made"));
    }
    let rows = match wanted(posted, &types, of_category, &listed)? {
        Ok(rows) => rows,
        Err(wrong) => {
            let page = page_of(who, &connection, &listed, &stored.draft, &back);
            let page = match of_category {
                true => category_page(page, &types, &wrong, &listed)?,
                false => type_page(page, first, &wrong, &listed),
            };
            return Ok((StatusCode::BAD_REQUEST, show(&page)?).into_response());
        }
    };
    if rows.len() > MOST_EDITS {
        return Err(Failure::Refused("more types than fit into one draft; give them by themselves"));
    }
    drafts::change(who, &connection.id, |draft| {
        for ((kind, was), to) in in_force.iter().zip(&rows) {
            draft.stage_alert(kind, (*was).clone(), to.clone());
        }
        Ok(())
    })
    .await?;
    let staged = if of_category { print_of_category(&first.category) } else { first.print() };
    Ok(go_to(&format!("/tickets?{}#types", back.with(&[("staged", &staged)]).text())))
}
