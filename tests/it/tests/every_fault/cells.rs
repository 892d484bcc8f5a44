//! The table itself: for each fault at each operation, how it is brought about, or why it cannot occur.

use crate::rows::Row;
use crate::stage::PATIENCE;
use it::wire::Strike;
use it::wire::{Operation, Side};
use it::wire::{Reply, Request};
use sandbox::FaultKind;
use serde_json::{Value, json};

/// A cell of the table.
pub(crate) enum Cell {
    /// It is brought about.
    Run(Story),
    /// It cannot occur.
    Never(&'static str),
}

/// How a fault is brought about.
#[derive(Clone)]
pub(crate) enum Story {
    /// A request, and then every request, of the operation is struck on its way; where it is `told`, a read
    /// cannot be used.
    Struck(Strike, Told),
    /// The vendor's pages are bent.
    Page(FaultKind, Told),
    /// Something happens as the operation is first asked for.
    Meanwhile(Event),
}

/// Whether a read that is struck for ever can tell that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    Broken,
    Unnoticed,
}

/// What happens meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    TokensEnd,
    TokensEndForEver,
    SecretsRotate,
    ClockIsOff { seconds: i64 },
    Midnight,
    MidnightOfAPeriod,
    PersonEdits,
    CommitIsLate,
}

fn struck(strike: Strike) -> Cell {
    Cell::Run(Story::Struck(strike, Told::Broken))
}

fn happens(event: Event) -> Cell {
    Cell::Run(Story::Meanwhile(event))
}

/// The cell of a fault and an operation.
pub(crate) fn cell(row: Row, column: Operation) -> Cell {
    match row {
        Row::RefusedConnection => struck(Strike::Down),
        Row::SilenceBefore => struck(Strike::SilenceBefore),
        Row::SilenceAfter => struck(Strike::SilenceAfter),
        Row::ResetBefore => struck(Strike::ResetBefore),
        Row::ResetAfter => struck(Strike::ResetAfter),
        Row::Stalled => struck(Strike::Delay(PATIENCE + PATIENCE / 4)),
        Row::Truncated => truncated(column),
        Row::WrongJson => struck(Strike::AfterIt(Reply::of(200, "application/json", "{\"items\": [ }"))),
        Row::Html => struck(Strike::Instead(Reply::of(200, "text/html", "<!DOCTYPE html><h1>Sign in</h1>"))),
        Row::Status500Before => struck(Strike::Instead(status(500, column))),
        Row::Status503Before => struck(Strike::Instead(status(503, column))),
        Row::Status500After => struck(Strike::AfterIt(status(500, column))),
        Row::Status503After => struck(Strike::AfterIt(status(503, column))),
        Row::TooMany | Row::TooManyUntil | Row::ThreadLimit | Row::CredentialsAs500 => said_by_vendors(row, column),
        Row::ShortPage | Row::RepeatedPage | Row::LoopingPages => paged(row, column),
        Row::TokenExpires => happens(Event::TokensEnd),
        Row::TokensNeverLast => happens(Event::TokensEndForEver),
        Row::SecretsRotated => happens(Event::SecretsRotate),
        Row::ClockMinuteAhead => happens(Event::ClockIsOff { seconds: 60 }),
        Row::ClockMinuteBehind => happens(Event::ClockIsOff { seconds: -60 }),
        Row::ClockHourAhead => happens(Event::ClockIsOff { seconds: 3_600 }),
        Row::ClockHourBehind => happens(Event::ClockIsOff { seconds: -3_600 }),
        Row::MonthEnd | Row::LeapDay => happens(Event::Midnight),
        Row::PeriodBoundary => happens(Event::MidnightOfAPeriod),
        Row::PersonEdits => happens(Event::PersonEdits),
        Row::TableThrottled | Row::ConditionFails => said_by_the_table(row, column),
        Row::StaleRead => stale(column),
    }
}

fn status(status: u16, column: Operation) -> Reply {
    match column.side() {
        Side::Table => {
            Reply::of(status, "application/x-amz-json-1.0", &json!({"__type": "InternalServerError"}).to_string())
        }
        Side::Acronis | Side::Autotask => Reply::of(status, "application/json", ""),
    }
}

fn truncated(column: Operation) -> Cell {
    match column {
        Operation::Put | Operation::Transact | Operation::Batch => {
            // Their replies are so short that half of one is still none: one bracket is left.
            struck(Strike::AfterIt(Reply::of(200, "application/x-amz-json-1.0", "{")))
        }
        _ => struck(Strike::CutBody),
    }
}

fn said_by_vendors(row: Row, column: Operation) -> Cell {
    let autotask = |status: u16, words: &str| {
        struck(Strike::Instead(Reply::of(status, "application/json", &json!({"errors": [words]}).to_string())))
    };
    match (row, column.side()) {
        (_, Side::Table) if row == Row::CredentialsAs500 => {
            Cell::Never("the database refuses credentials under status 400, never under 500")
        }
        (_, Side::Table) if row == Row::ThreadLimit => Cell::Never("only Autotask limits requests at a time by a text"),
        (_, Side::Table) => Cell::Never("the database throttles under status 400, which is a row of its own"),
        (Row::TooManyUntil, _) => {
            let reply = Reply::of(429, "application/json", "{\"errors\": [\"Too many requests.\"]}");
            struck(Strike::Instead(Reply { retry_after: Some("1".to_owned()), ..reply }))
        }
        (Row::TooMany, _) => autotask(429, "Too many requests."),
        (_, Side::Acronis) if row == Row::ThreadLimit => {
            Cell::Never("only Autotask limits requests at a time by a text")
        }
        (Row::ThreadLimit, _) => autotask(500, "API thread threshold of 3 threads has been exceeded."),
        (_, Side::Acronis) => Cell::Never("Acronis refuses credentials under 400, 401 or 403; only Autotask under 500"),
        (_, Side::Autotask) => autotask(500, "The logged in Resource does not have the adequate permissions."),
    }
}

fn paged(row: Row, column: Operation) -> Cell {
    match column {
        Operation::Tenants | Operation::Items | Operation::Alerts => Cell::Run(match row {
            // A row that the vendor leaves out is told by nothing; what it belongs to is held (U2).
            Row::ShortPage => Story::Page(FaultKind::ShortPage, Told::Unnoticed),
            Row::RepeatedPage => Story::Page(FaultKind::RepeatPage, Told::Broken),
            _ => Story::Page(FaultKind::LoopPages, Told::Broken),
        }),
        Operation::Companies
        | Operation::Contracts
        | Operation::Services
        | Operation::BundleContents
        | Operation::Units
        | Operation::BundleUnits
        | Operation::Contacts
        | Operation::ContractNotes
        | Operation::Tickets
        | Operation::TicketNotes
        | Operation::TicketHistory
        | Operation::ConfigurationItems
        | Operation::Resources
        | Operation::ResourceRoles
        | Operation::ContractServices => match row {
            Row::ShortPage => Cell::Run(Story::Struck(Strike::Rewrite(without_last_and_a_next), Told::Unnoticed)),
            Row::RepeatedPage | Row::LoopingPages => Cell::Run(Story::Struck(
                Strike::Rewrite(if row == Row::RepeatedPage { the_page_again } else { the_first_page }),
                if matches!(column, Operation::BundleUnits | Operation::ContractServices | Operation::TicketHistory) {
                    Told::Unnoticed
                } else {
                    Told::Broken
                },
            )),
            _ => Cell::Never("it is no fault of pages"),
        },
        Operation::Query => match row {
            // DynamoDB may end a page anywhere, and says from where to go on.
            Row::ShortPage => Cell::Run(Story::Struck(Strike::Rewrite(half_a_page), Told::Unnoticed)),
            _ => Cell::Run(Story::Struck(Strike::Rewrite(from_the_beginning), Told::Broken)),
        },
        Operation::Usages => Cell::Never("usage is asked for at most 100 tenants at a time and has no pages"),
        Operation::ItemsOfTenant
        | Operation::Available
        | Operation::Applications
        | Operation::IdsOfUsers
        | Operation::Users => Cell::Never("the vendor gives what one tenant has as a whole, without pages"),
        Operation::CustomerAlerts => {
            Cell::Never("the vendor gives the alerts of one customer as a whole, without pages")
        }
        Operation::AlertTypes => Cell::Never("the vendor gives all types at once, without pages"),
        _ if column.is_write() => Cell::Never("a write has no pages"),
        Operation::Get => Cell::Never("one item is read and has no pages"),
        _ => Cell::Never("it is one object and has no pages"),
    }
}

fn said_by_the_table(row: Row, column: Operation) -> Cell {
    let said = |body: Value| struck(Strike::Instead(Reply::of(400, "application/x-amz-json-1.0", &body.to_string())));
    let cancelled = |code: &str| {
        let none = json!({"Code": "None"});
        said(json!({"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "Transaction cancelled", "CancellationReasons": [{"Code": code}, none, none]}))
    };
    match (row, column) {
        (_, other) if other.side() != Side::Table => Cell::Never("it is no operation of the table"),
        (Row::TableThrottled, Operation::Transact) => cancelled("ThrottlingError"),
        (Row::TableThrottled, _) => said(json!({
            "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "message": "Slow down"
        })),
        (_, Operation::Transact) => cancelled("ConditionalCheckFailed"),
        (_, Operation::Update) => said(json!({
            "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "The condition failed"
        })),
        _ => Cell::Never("it is sent without a condition"),
    }
}

fn stale(column: Operation) -> Cell {
    match column {
        // What was sent does not show yet when it is read back.
        Operation::Units => happens(Event::CommitIsLate),
        Operation::Get | Operation::Query => {
            Cell::Never("every read of the table asks for what is there now, which is checked with each that passes")
        }
        Operation::Adjustments | Operation::Put | Operation::Update | Operation::Transact | Operation::Batch => {
            Cell::Never("it is a write")
        }
        Operation::Token | Operation::Client | Operation::Zone => Cell::Never("what it says does not change"),
        _ => Cell::Never("an older answer was true a moment before, and the next run reads anew"),
    }
}

pub(crate) fn body_of(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("it is JSON")
}

pub(crate) fn set_body(reply: &mut Reply, body: &Value) {
    reply.body = body.to_string().into_bytes();
}

/// The last row is missing, and the page says that there is a next.
fn without_last_and_a_next(_: &Request, reply: &mut Reply) {
    let mut body = body_of(&reply.body);
    let rows = body["items"].as_array_mut().expect("a page has rows");
    if rows.len() > 1 {
        rows.pop();
        body["pageDetails"]["nextPageUrl"] = json!("https://webservices.autotask.net/next");
    }
    set_body(reply, &body);
}

/// The page says that there is a next, and whoever asks for it gets its rows once more.
fn the_page_again(request: &Request, reply: &mut Reply) {
    the_first_page(request, reply);
}

/// Whatever is asked for, there is a next page, and rows of the first come again.
fn the_first_page(request: &Request, reply: &mut Reply) {
    let mut body = body_of(&reply.body);
    let asked = body_of(&request.body);
    let conditions = asked["filter"].as_array().expect("a query has conditions");
    let beyond = conditions.iter().find(|condition| condition["op"] == "gt" && condition["field"] == "id");
    let beyond = beyond.and_then(|condition| condition["value"].as_i64()).unwrap_or(-1);
    let rows = body["items"].as_array_mut().expect("a page has rows");
    if rows.is_empty() && beyond >= 0 {
        rows.push(json!({"id": beyond}));
    }
    if !rows.is_empty() {
        body["pageDetails"]["nextPageUrl"] = json!("https://webservices.autotask.net/next");
    }
    set_body(reply, &body);
}

/// Half of the page, and from where to go on.
fn half_a_page(_: &Request, reply: &mut Reply) {
    let mut body = body_of(&reply.body);
    let Some(rows) = body["Items"].as_array_mut().filter(|rows| rows.len() > 1) else { return };
    rows.truncate(rows.len() / 2);
    let last = rows.last().expect("half of it is left").clone();
    body["Count"] = json!(rows.len());
    body["LastEvaluatedKey"] = json!({"pk": last["pk"], "sk": last["sk"]});
    set_body(reply, &body);
}

/// The page is followed by itself.
fn from_the_beginning(_: &Request, reply: &mut Reply) {
    let mut body = body_of(&reply.body);
    let Some(first) = body["Items"].as_array().and_then(|rows| rows.first().cloned()) else { return };
    body["LastEvaluatedKey"] = json!({"pk": first["pk"], "sk": {"S": "!"}});
    set_body(reply, &body);
}
