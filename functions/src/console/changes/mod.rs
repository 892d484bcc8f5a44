//! The page of changes: everything that the person staged, before and after, with what comes of it; and the one act by
//! which it comes into force (A36). Where somebody else changed one of the same rows meanwhile, nothing is applied until
//! the person has decided about each: nobody's change is lost, and none is made half.

mod words;

pub(super) use words::{about_service, service_in_words, storage_in_words};

use super::connections::{Choice, Connections, the_named};
use super::drafts;
use super::fields::{Asked, Posted};
use super::gates::{Operator, SignedIn};
use super::listed::Listed;
use super::paged::{Paged, Pager};
use super::pages::{Failure, Frame, go_to, show};
use super::query::Query;
use super::settings;
use super::words::{Shown, at};
use crate::store::{SaveError, StoredDraft};
use askama::Template;
use axum::response::Response;
use jiff::tz::TimeZone;
use shared::draft::Draft;
use shared::fingerprint;
use shared::mapping::{Mapping, MappingRowName};
use shared::person::AuditRecord;
use shared::run::Connection;
use shared::words::count;
use words::{Told, moved_rows, name_of, now_in_words, recorded_as, records_begin, told, what_of};

const FIELDS: [&str; 4] = ["connection", "page", "applied", "decide"];
/// How often applying starts over where the mapping is saved under its hands.
const TRIES: usize = 5;
/// How far back is looked for who else changed a row.
const RECORDS_LOOKED_AT: usize = 500;

#[derive(Template)]
#[template(path = "console/changes.html")]
struct ChangesPage {
    frame: Frame,
    connections: Vec<Choice>,
    shown: Option<Review>,
}

struct Review {
    token: String,
    connection: String,
    /// Stands for what is staged, as this page shows it.
    state: String,
    many: String,
    rows: Vec<Row>,
    pager: Pager,
    /// How many rows somebody else changed meanwhile.
    moved: usize,
    /// On rows that are not edited.
    faults: Vec<(Shown, Shown)>,
    may_apply: bool,
    /// The version that was put into force.
    applied: Option<u64>,
    /// Applying came to nothing, because something is to be decided first.
    decide: bool,
}

struct Row {
    name: String,
    what: Shown,
    before: Shown,
    after: Shown,
    meaning: Vec<Shown>,
    faults: Vec<Shown>,
    moved: Option<Moved>,
}

/// What somebody else made of a row meanwhile.
struct Moved {
    now: Shown,
    /// Who, and when.
    by: Shown,
    /// Stands for what he made of it.
    print: String,
}

pub(super) async fn page(Operator(who): Operator, asked: Asked) -> Result<Response, Failure> {
    let connections = Connections::choose(&who.console.store, asked.field("connection")).await?;
    let query = Query::asked(&FIELDS, &asked);
    let shown = match &connections.chosen {
        Some(connection) => Some(review(&who, connection, &query).await?),
        None => None,
    };
    let frame = Frame::of_connection("Changes", &who, connections.chosen.as_ref());
    show(&ChangesPage { frame, connections: connections.choices(), shown })
}

async fn review(who: &SignedIn, connection: &Connection, query: &Query) -> Result<Review, Failure> {
    let query = query.with(&[("connection", connection.id.as_str())]);
    let stored = drafts::of(who, &connection.id).await?;
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let (draft, mapping) = (&stored.draft, &listed.mapping);
    let (moved, faults) = (moved_rows(draft, mapping), draft.faults(mapping));
    let limit = settings::calls_an_hour_of(who, connection).await?;
    let mut all = told(draft, mapping, &listed, limit);
    // What is to be decided comes first.
    all.sort_by_key(|told| (!moved.contains(&name_of(&told.row)), !faults.iter().any(|fault| fault.row == told.row)));
    let records = match moved.is_empty() {
        true => Vec::new(),
        false => who.console.store.audit(RECORDS_LOOKED_AT).await?,
    };
    let rows = Paged::of(&all, Some(query.get("page")), |told| {
        let faults = faults.iter().filter(|fault| fault.row == told.row).map(|fault| Shown::of(&fault.text)).collect();
        let name = name_of(&told.row);
        let moved = moved.contains(&name).then(|| {
            let now = now_in_words(&told.row, draft, mapping, &listed);
            moved_by(&records_begin(&connection.id, &told.row), now, &records)
        });
        Row {
            name,
            what: Shown::of(&told.what),
            before: Shown::of(&told.before),
            after: Shown::of(&told.after),
            meaning: told.meaning.iter().map(Shown::of).collect(),
            faults,
            moved,
        }
    });
    let elsewhere = faults.iter().filter(|fault| all.iter().all(|told| told.row != fault.row));
    let elsewhere =
        elsewhere.map(|fault| (Shown::of(what_of(&fault.row, mapping, &listed)), Shown::of(&fault.text))).collect();
    Ok(Review {
        token: who.token.clone(),
        connection: connection.id.to_string(),
        state: stored.state().to_owned(),
        many: count(draft.len(), "change"),
        pager: Pager::of(("change", "changes"), &rows, |page| query.to_page("/changes", "staged", "page", page)),
        rows: rows.rows,
        moved: moved.len(),
        may_apply: moved.is_empty() && faults.is_empty(),
        faults: elsewhere,
        applied: query.get("applied").parse().ok().filter(|version| *version <= mapping.version),
        decide: !query.get("decide").is_empty(),
    })
}

fn moved_by(begins: &str, now: String, records: &[AuditRecord]) -> Moved {
    let record = records.iter().find(|record| record.what.starts_with(begins));
    let by = match record {
        Some(record) => format!("{}, {} (UTC)", record.by, at(record.at, &TimeZone::UTC)),
        None => "a run, or somebody with a mapping file".to_owned(),
    };
    Moved { print: fingerprint::of(&[&now]), now: Shown::of(now), by: Shown::of(by) }
}

/// Gives up edits, or keeps one that somebody else's change is in the way of.
pub(super) async fn edit(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?;
    let (act, name) =
        posted.field("edit")?.split_once(' ').ok_or(Failure::Malformed("it is not said what is meant"))?;
    if act == "discard-all" {
        discard_all(&who, &connection, name).await?;
        return Ok(go_to(&format!("/changes?{}", of_connection(&connection).text())));
    }
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let (name, print) = name.split_once(' ').unwrap_or((name, ""));
    drafts::change(&who, &connection.id, |draft| {
        let row = row_named(draft, name).ok_or(Failure::NoSuchPage)?;
        match act {
            "discard" => draft.discard(&row),
            "keep" => {
                let now = now_in_words(&row, draft, &listed.mapping, &listed);
                if fingerprint::of(&[&now]) != print {
                    return Err(Failure::Refused("somebody changed this once more since the page was made"));
                }
                draft.stand_on(&row, &listed.mapping)
            }
            _ => return Err(Failure::Malformed("there is no such edit")),
        };
        Ok(())
    })
    .await?;
    Ok(go_to(&format!("/changes?{}", of_connection(&connection).text())))
}

fn of_connection(connection: &Connection) -> Query {
    Query::of_text(&FIELDS, "").with(&[("connection", connection.id.as_str())])
}

/// Only what the person saw is given up.
async fn discard_all(who: &SignedIn, connection: &Connection, state: &str) -> Result<(), Failure> {
    let store = &who.console.store;
    let mut stored = drafts::of(who, &connection.id).await?;
    is_as_seen(&stored, state)?;
    stored.draft = Draft::default();
    match store.save_draft(&connection.id, &who.person.id, &stored, who.console.clock.now()).await? {
        true => Ok(()),
        false => Err(Failure::Refused("more was staged since the page was made")),
    }
}

fn is_as_seen(stored: &StoredDraft, state: &str) -> Result<(), Failure> {
    match stored.state() == state && !stored.draft.is_empty() {
        true => Ok(()),
        false => Err(Failure::Refused("what is staged is not what the page showed")),
    }
}

fn row_named(draft: &Draft, name: &str) -> Option<MappingRowName> {
    let customers = draft.customers.keys().map(|company| MappingRowName::Customer(*company));
    let products = draft.products.keys().map(|key| MappingRowName::Product(key.clone()));
    let settings = draft.settings.keys().map(|path| MappingRowName::Setting(path.clone()));
    let alerts = draft.alerts.keys().map(|kind| MappingRowName::Alert(kind.clone()));
    customers.chain(products).chain(settings).chain(alerts).find(|row| name_of(row) == name)
}

/// Puts what is staged into force: all of it, exactly as the page showed it, or nothing.
pub(super) async fn apply(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?;
    let (store, person, back) = (&who.console.store, &who.person.id, of_connection(&connection));
    for _ in 0..TRIES {
        let stored = drafts::of(&who, &connection.id).await?;
        is_as_seen(&stored, posted.field("state")?)?;
        let mapping = store.mapping(&connection.id).await?.unwrap_or_default();
        if !stored.draft.moved(&mapping).is_empty() || !stored.draft.faults(&mapping).is_empty() {
            return Ok(go_to(&format!("/changes?{}", back.with(&[("decide", "yes")]).text())));
        }
        let listed = who.console.listed.of(store, &connection.id).await?;
        let records = records(&who, &connection, &stored.draft, &mapping, &listed);
        let after = stored.draft.applied_to(&mapping);
        match store.apply_draft(&connection.id, person, &stored, &after, &records).await {
            Ok(Some(version)) => {
                tracing::info!(connection = %connection.id, version, "a mapping was saved in the console");
                return Ok(go_to(&format!("/changes?{}", back.with(&[("applied", &version.to_string())]).text())));
            }
            Err(SaveError::Stale { .. }) => {}
            Ok(None) => return Err(Failure::Refused("what is staged changed meanwhile")),
            Err(SaveError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(Failure::Refused("the mapping was saved by others again and again"))
}

fn records(
    who: &SignedIn,
    connection: &Connection,
    draft: &Draft,
    mapping: &Mapping,
    listed: &Listed,
) -> Vec<AuditRecord> {
    let (at, by) = (who.console.clock.now(), &who.person.id);
    let record = |told: &Told| AuditRecord {
        at,
        by: by.clone(),
        what: recorded_as(&connection.id, told),
        before: told.before.clone(),
        after: told.after.clone(),
    };
    // What comes of an edit is not recorded.
    told(draft, mapping, listed, 0).iter().map(record).collect()
}
