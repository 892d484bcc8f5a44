//! Why a customer is billed what he is for a service: from the units back to each change, its run, its approval and the
//! usage behind it. It tells what we recorded ourselves and asks no vendor.

use super::connections::the_named;
use super::fields::Asked;
use super::gates::Viewer;
use super::listed::Listed;
use super::pages::{Failure, Frame, show};
use super::plan::{today, usage_words};
use super::statement;
use super::words::{Shown, at};
use askama::Template;
use axum::response::Response;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use shared::contract::UnitsRow;
use shared::explain::{Chapter, Explanation, explain};
use shared::ids::{CompanyId, ServiceId};
use shared::reckoning::amount;
use shared::run::ChangeRecord;
use shared::snapshot::ListedLine;

#[derive(Template)]
#[template(path = "console/explain.html")]
struct ExplainPage {
    frame: Frame,
    customer: Shown,
    service: Shown,
    lines: Vec<LineStory>,
    /// What the address of the month's statement says.
    statement: String,
}

/// The story of one line.
struct LineStory {
    contract: Shown,
    line: String,
    units: String,
    usage: Shown,
    next: Option<Shown>,
    chapters: Vec<ChapterRow>,
}

/// What happened to a line, as `console/chapters.html` tells it.
pub(super) struct ChapterRow {
    pub(super) what: Shown,
    pub(super) details: Vec<Shown>,
    pub(super) used: Vec<UsedRow>,
    pub(super) arithmetic: Option<Shown>,
}

pub(super) struct UsedRow {
    pub(super) item: Shown,
    pub(super) amount: String,
    pub(super) base_units: u64,
}

pub(super) async fn page(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let store = &who.console.store;
    let connection = the_named(store, asked.field("connection").unwrap_or_default()).await?;
    let number = |name: &str| asked.field(name).and_then(|text| text.parse::<i64>().ok()).ok_or(Failure::NoSuchPage);
    let (company, service) = (CompanyId(number("company")?), ServiceId(number("service")?));
    let listed = who.console.listed.of(store, &connection.id).await?;
    let changes = store.changes(&connection.id, company, service).await?;
    let lines: Vec<&ListedLine> = listed
        .snapshot
        .lines
        .get(&company)
        .into_iter()
        .flatten()
        .filter(|line| line.place.service == service)
        .collect();
    if lines.is_empty() && changes.is_empty() {
        return Err(Failure::NoSuchPage);
    }
    let today = today(&who, &listed.mapping);
    let zone = TimeZone::get(&listed.mapping.settings.time_zone).unwrap_or(TimeZone::UTC);
    let name = listed.snapshot.services.iter().find(|known| known.id == service);
    let name = name.map_or_else(|| format!("service {service}"), |known| known.name.clone());
    let rows: Vec<UnitsRow> = lines.iter().filter_map(|line| row_of(line, today)).collect();
    let stories = explain(company, &name, &changes, &rows, today);
    let stories = stories.iter().map(|story| told(story, &lines, &listed, &zone)).collect();
    let known = listed.snapshot.companies.iter().find(|known| known.id == company).map(|known| known.name.as_str());
    let mapped = || listed.mapping.customers.get(&company).map(|row| row.company_name.as_str());
    let customer = known.or_else(mapped).unwrap_or_default();
    let frame = Frame::of_connection("Explanation", &who, Some(&connection));
    let statement = statement::query_of(&connection.id, company, None);
    let (customer, service) = (Shown::of(customer), Shown::of(name));
    show(&ExplainPage { frame, customer, service, lines: stories, statement })
}

/// The units of a line as the last run read them.
fn row_of(line: &ListedLine, today: Date) -> Option<UnitsRow> {
    let place = &line.place;
    Some(UnitsRow {
        contract: place.contract,
        line: place.line?,
        service: place.service,
        start: today,
        end: today,
        units: line.units,
        price: Default::default(),
        posted: false,
    })
}

fn told(story: &Explanation, lines: &[&ListedLine], listed: &Listed, zone: &TimeZone) -> LineStory {
    let line = lines.iter().find(|line| line.place == story.place);
    let contract = listed.snapshot.contracts.iter().find(|contract| contract.id == story.place.contract);
    let name = contract.map_or("", |contract| contract.name.as_str());
    let next = line.and_then(|line| Some((line, line.change.as_ref()?)));
    LineStory {
        contract: Shown::of(format!("{} {name}", story.place.contract)),
        line: story.place.line.map_or_else(|| "no line yet".to_owned(), |line| format!("line {line}")),
        units: story.units.map_or_else(|| "no units".to_owned(), |units| units.to_string()),
        usage: Shown::of(line.map(|line| usage_words(line, &listed.snapshot, &listed.mapping)).unwrap_or_default()),
        next: next.map(|(line, change)| {
            let wanted = line.wanted.unwrap_or(line.units);
            Shown::of(format!("{} → {wanted} from {}: {}", line.units, change.effective, change.because))
        }),
        chapters: story.chapters.iter().rev().map(|chapter| chapter_row(chapter, zone)).collect(),
    }
}

pub(super) fn chapter_row(chapter: &Chapter, zone: &TimeZone) -> ChapterRow {
    let plain = |what: String| ChapterRow { what: Shown::of(what), details: vec![], used: vec![], arithmetic: None };
    match chapter {
        Chapter::Before { units } => plain(format!("{units} found before our first change")),
        Chapter::Others { from, to, seen_for } => {
            plain(format!("{from} → {to}, changed by somebody else, seen for {seen_for}"))
        }
        Chapter::Us(change) => ours(change, zone),
    }
}

fn ours(change: &ChangeRecord, zone: &TimeZone) -> ChapterRow {
    let intent = &change.intent;
    let reckoning = &intent.reckoning;
    let mut details = vec![Shown::of(format!("sent {} by run {}", at(intent.sent_at, zone), intent.run))];
    details.extend(intent.approved_by.as_ref().map(|by| Shown::of(format!("approved by {by}"))));
    details.push(Shown::of(format!("usage of tenant {} for {}", reckoning.tenant, reckoning.used_on)));
    let used = reckoning.items.iter().map(|item| UsedRow {
        item: Shown::of(format!("{} ({})", item.label, item.key)),
        amount: amount(item.amount, reckoning.unit),
        base_units: item.amount,
    });
    ChapterRow {
        what: Shown::of(format!("{} → {} from {}", intent.before, intent.wanted, intent.effective)),
        details,
        used: used.collect(),
        arithmetic: Some(Shown::of(reckoning.arithmetic())),
    }
}
