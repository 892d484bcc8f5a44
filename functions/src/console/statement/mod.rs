//! What one customer was billed for in one month, for the customer to see: each line day by day, why, and the usage behind
//! it; on paper, or as a file. It tells what we recorded and asks no vendor; what nobody wrote down it says so.

mod file;
mod lines;
mod months;

pub(super) use file::file;

use super::connections::{Choice, Connections};
use super::fields::Asked;
use super::gates::{SignedIn, Viewer};
use super::listed::Listed;
use super::paged::{Paged, Pager};
use super::pages::{Failure, Frame, show};
use super::plan::today;
use super::query::Query;
use super::words::{Shown, at};
use crate::store::Store;
use askama::Template;
use axum::response::Response;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use lines::{LineTold, line_told};
use months::Month;
use shared::contract::{Billing, Period, UnitsRow};
use shared::ids::{CompanyId, ConnectionId};
use shared::kept::KeptUsage;
use shared::mapping::CustomerLink;
use shared::run::{ChangeRecord, Connection};
use shared::snapshot::{ListedLine, Section};
use shared::statement::{LineMonth, statement};
use std::sync::Arc;
use url::form_urlencoded;

const FIELDS: [&str; 5] = ["connection", "search", "company", "month", "page"];

#[derive(Template)]
#[template(path = "console/statement.html")]
struct StatementPage {
    frame: Frame,
    connections: Vec<Choice>,
    choose: Option<Choose>,
    shown: Option<Told>,
}

/// Where a customer and a month are chosen.
struct Choose {
    connection: String,
    search: Shown,
    month: String,
    latest: String,
    rows: Vec<CustomerRow>,
    pager: Pager,
}

struct CustomerRow {
    name: Shown,
    number: CompanyId,
    link: String,
}

/// A statement.
struct Told {
    connection: Shown,
    id: String,
    customer: Shown,
    company: CompanyId,
    month: Month,
    latest: String,
    made: Shown,
    time_zone: Shown,
    /// The month goes on, and this is up to this day.
    until: Option<Date>,
    lines: Vec<LineTold>,
    /// Contracts of which no line is told, and why.
    others: Vec<Shown>,
    earlier: String,
    later: Option<String>,
    choose: String,
    file: String,
}

/// All that one customer's statement is made of.
pub(super) struct Statement {
    pub(super) listed: Arc<Listed>,
    pub(super) company: CompanyId,
    pub(super) customer: String,
    pub(super) lines: Vec<LineMonth>,
    pub(super) usage: Option<KeptUsage>,
    /// The last day on which its usage was read.
    pub(super) read_on: Option<Date>,
    pub(super) month: Period,
    pub(super) today: Date,
}

pub(super) async fn page(Viewer(who): Viewer, asked: Asked) -> Result<Response, Failure> {
    let connections = Connections::choose(&who.console.store, asked.field("connection")).await?;
    let (mut choose, mut shown) = (None, None);
    if let Some(connection) = &connections.chosen {
        match asked.field("company") {
            Some(company) => shown = Some(told(&who, connection, company, asked.field("month")).await?),
            None => choose = Some(choices(&who, connection, &asked).await?),
        }
    }
    let frame = Frame::of_connection("Statement", &who, connections.chosen.as_ref());
    let connections = if shown.is_some() { Vec::new() } else { connections.choices() };
    show(&StatementPage { frame, connections, choose, shown })
}

/// What the address of a statement says; of the running month where none is named.
pub(super) fn query_of(connection: &ConnectionId, company: CompanyId, month: Option<Month>) -> String {
    let mut fields = form_urlencoded::Serializer::new(String::new());
    fields.append_pair("connection", connection.as_str()).append_pair("company", &company.to_string());
    if let Some(month) = month {
        fields.append_pair("month", &month.to_string());
    }
    fields.finish()
}

async fn choices(who: &SignedIn, connection: &Connection, asked: &Asked) -> Result<Choose, Failure> {
    let query = Query::asked(&FIELDS, asked).with(&[("connection", connection.id.as_str())]);
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let latest = Month::of(today(who, &listed.mapping));
    let month = Month::asked(query.get("month"), latest)?;
    let search = query.get("search").to_lowercase();
    let companies = listed.accounts().companies.iter().filter(|company| match search.as_str() {
        "" => matches!(company.link, CustomerLink::Mapped { .. }),
        search => company.words.contains(search),
    });
    let companies: Vec<_> = companies.collect();
    let page = Paged::of(&companies, Some(query.get("page")), |company| CustomerRow {
        name: Shown::of(&company.name),
        number: company.id,
        link: format!("/statement?{}", query_of(&connection.id, company.id, Some(month))),
    });
    Ok(Choose {
        connection: connection.id.to_string(),
        search: Shown::of(query.get("search")),
        month: month.to_string(),
        latest: latest.to_string(),
        pager: Pager::of(("customer", "customers"), &page, |page| {
            query.to_page("/statement", "customers", "page", page)
        }),
        rows: page.rows,
    })
}

/// Reads what a statement is made of. One of a company that nobody knows is none.
pub(super) async fn read(
    who: &SignedIn,
    connection: &Connection,
    company: &str,
    month: Option<&str>,
) -> Result<Statement, Failure> {
    let store = &who.console.store;
    let company = company.parse().map(CompanyId).map_err(|_| Failure::NoSuchPage)?;
    let listed = who.console.listed.of(store, &connection.id).await?;
    let (customer, changes) = known(store, &listed, company).await?.ok_or(Failure::NoSuchPage)?;
    let today = today(who, &listed.mapping);
    let month = Month::asked(month.unwrap_or_default(), Month::of(today))?.period();
    let state = store.company_state(&connection.id, company).await?;
    let unread = state.as_ref().and_then(|state| state.unread_since?.yesterday().ok());
    let read_on = connection.usage_read_on.map(|day| unread.map_or(day, |last| last.min(day)));
    let zone = TimeZone::get(&listed.mapping.settings.time_zone).unwrap_or(TimeZone::UTC);
    let planned = listed.snapshot.since.get(&Section::Plan).map(|since| since.to_zoned(zone).date());
    let looked = planned.max(connection.usage_read_on).unwrap_or(today);
    let lines = listed.snapshot.lines.get(&company).into_iter().flatten();
    let rows: Vec<UnitsRow> = lines.filter_map(|line| row_of(line, looked)).collect();
    let lines = statement(company, &changes, &rows, &listed.snapshot.contracts, month, today);
    let usage = state.and_then(|state| state.usage);
    Ok(Statement { listed, company, customer, lines, usage, read_on, month, today })
}

/// A company's name and the changes of its units, where there is such a company.
async fn known(
    store: &Store,
    listed: &Listed,
    company: CompanyId,
) -> anyhow::Result<Option<(String, Vec<ChangeRecord>)>> {
    let changes = store.changes_of_company(&listed.connection, company).await?;
    let seen = listed.snapshot.companies.iter().find(|known| known.id == company).map(|known| &known.name);
    let mapped = listed.mapping.customers.get(&company).map(|row| &row.company_name);
    let name = seen.or(mapped).cloned();
    let name = name.or_else(|| (!changes.is_empty()).then(|| format!("company {company}")));
    Ok(name.map(|name| (name, changes)))
}

/// The units of a line as they were read last: with a change that is to be made, those of its day.
fn row_of(line: &ListedLine, looked: Date) -> Option<UnitsRow> {
    let (place, on) = (&line.place, line.change.as_ref().map_or(looked, |change| change.effective));
    Some(UnitsRow {
        contract: place.contract,
        line: place.line?,
        service: place.service,
        start: on,
        end: on,
        units: line.units,
        price: Default::default(),
        posted: false,
    })
}

async fn told(who: &SignedIn, connection: &Connection, company: &str, month: Option<&str>) -> Result<Told, Failure> {
    let told = read(who, connection, company, month).await?;
    let settings = &told.listed.mapping.settings;
    let zone = TimeZone::get(&settings.time_zone).unwrap_or(TimeZone::UTC);
    let (month, latest) = (Month::of(told.month.start), Month::of(told.today));
    let to = |month| format!("/statement?{}", query_of(&connection.id, told.company, Some(month)));
    let choose = form_urlencoded::Serializer::new(String::new())
        .append_pair("connection", connection.id.as_str())
        .append_pair("month", &month.to_string())
        .finish();
    Ok(Told {
        connection: Shown::of(&connection.id),
        id: connection.id.to_string(),
        customer: Shown::of(&told.customer),
        company: told.company,
        month,
        latest: latest.to_string(),
        made: at(who.console.jobs_clock.now(), &zone),
        time_zone: Shown::of(&settings.time_zone),
        until: told.month.holds(told.today).then_some(told.today),
        others: others(&told),
        earlier: to(month.before()),
        later: (month < latest).then(|| to(month.after())),
        choose: format!("/statement?{choose}"),
        file: format!("/statement/days.csv?{}", query_of(&connection.id, told.company, Some(month))),
        lines: told.lines.iter().map(|line| line_told(line, &told, &zone)).collect(),
    })
}

/// The customer's contracts of the month that no usage is billed on, and what that means.
fn others(told: &Statement) -> Vec<Shown> {
    let theirs = told.listed.snapshot.contracts.iter().filter(|contract| contract.company == told.company);
    let of_month = theirs.filter(|contract| contract.start <= told.month.end && told.month.start <= contract.end);
    let words = of_month.filter_map(|contract| {
        let why = match contract.billing() {
            Billing::PayAsYouGo => return None,
            Billing::Prepaid => {
                "prepaid. Its units are sold ahead in Autotask and set quotas in Acronis; neither is kept here day by day, \
                 so this statement does not tell them"
                    .to_owned()
            }
            Billing::Unclear(text) => format!("neither pay-as-you-go nor prepaid (\"{text}\"), and left alone"),
        };
        Some(Shown::of(format!("Contract {} {} is {why}.", contract.id, contract.name)))
    });
    words.collect()
}
