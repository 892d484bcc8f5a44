//! What people say of findings: who looks after them, and that they are ignored for a while. It is kept by the finding's
//! id, with who said so, and refused where somebody else said something meanwhile.

use super::rows::print_of;
use super::step::job_of;
use super::{FIELDS, open};
use crate::console::connections::the_named;
use crate::console::fields::Posted;
use crate::console::gates::{Operator, SignedIn};
use crate::console::pages::{Failure, go_to};
use crate::console::plan::{BOX, signature, today};
use crate::console::query::Query;
use crate::console::syncs::{self, Whom};
use crate::events::{Cause, CompanyChanged, Event, SyncDue};
use axum::response::Response;
use jiff::civil::Date;
use shared::open_finding::{Assigned, FindingMark, Ignored, LONGEST_REASON, OpenFinding};
use shared::person::AuditRecord;
use shared::run::{Connection, Job};
use std::fmt::Write;

/// Each is written together with its record, and a transaction takes a hundred items (DynamoDB's limit).
const MOST_AT_A_TIME: usize = 50;

/// What is said.
enum Saying {
    /// Who looks after it; none: nobody.
    Assign(Option<Assigned>),
    Ignore {
        until: Date,
        reason: String,
        by: String,
    },
    TakeBack,
}

pub(in crate::console) async fn mark(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?;
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let left = who.console.listed.left(&who.console.store, &connection.id).await?;
    let saying = saying(&who, &posted, today(&who, &listed.mapping)).await?;
    let all = open(&who, &connection.id, &listed, &left).await?;
    let chosen = chosen(&all, &posted)?;
    let marks: Vec<(String, FindingMark, FindingMark)> = chosen
        .iter()
        .map(|one| (one.id.clone(), one.mark.clone(), said(one, &saying)))
        .filter(|(_, before, after)| before != after)
        .collect();
    let record = |(id, before, after): &(String, FindingMark, FindingMark)| {
        let fact = chosen.iter().find(|one| one.id == *id).map(|one| one.finding.fact()).unwrap_or_default();
        AuditRecord {
            at: who.console.clock.now(),
            by: who.person.id.clone(),
            what: format!("finding {id} of connection {}: {fact}", connection.id),
            before: in_words(before),
            after: in_words(after),
        }
    };
    let records: Vec<AuditRecord> = marks.iter().map(record).collect();
    if !marks.is_empty() && !who.console.store.save_finding_marks(&connection.id, &marks, &records).await? {
        return Err(MOVED);
    }
    Ok(back(&connection, &posted, ""))
}

const MOVED: Failure =
    Failure::Refused("somebody else said something of one of these findings meanwhile, or it is gone");

async fn saying(who: &SignedIn, posted: &Posted, today: Date) -> Result<Saying, Failure> {
    match posted.field("say")? {
        "assign" => {
            let wanted = posted.field("person")?;
            if wanted.is_empty() {
                return Ok(Saying::Assign(None));
            }
            let people = who.console.store.people().await?;
            let person = people.all.into_iter().find(|person| super::key_of(person) == wanted);
            let person = person.filter(|person| person.role.is_some());
            let person = person.ok_or(Failure::Malformed("there is no such person"))?;
            Ok(Saying::Assign(Some(Assigned { person: person.id, name: person.name })))
        }
        "ignore" => {
            let until: Date = posted
                .field("until")?
                .trim()
                .parse()
                .map_err(|_| Failure::Malformed("to ignore findings, the day on which they come back is needed"))?;
            let reason = posted.field("reason")?.trim().to_owned();
            if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
                return Err(Failure::Malformed("to ignore findings, a reason of 1 to 200 characters is needed"));
            }
            if until <= today {
                return Err(Failure::Malformed("the day on which they come back is not in the future"));
            }
            Ok(Saying::Ignore { until, reason, by: signature(who) })
        }
        "take-back" => Ok(Saying::TakeBack),
        _ => Err(Failure::Malformed("nothing of the kind can be said of a finding")),
    }
}

/// The findings whose boxes are ticked, each with nothing said of it but what the page showed.
fn chosen<'a>(all: &'a [OpenFinding], posted: &Posted) -> Result<Vec<&'a OpenFinding>, Failure> {
    let mut chosen = Vec::new();
    for id in posted.named_with(BOX) {
        let one = all.iter().find(|one| one.id == id).ok_or(MOVED)?;
        if posted.field(&format!("{BOX}{id}"))? != print_of(&one.mark) {
            return Err(MOVED);
        }
        chosen.push(one);
    }
    match chosen.len() {
        0 => Err(Failure::Malformed("no finding was chosen")),
        1..=MOST_AT_A_TIME => Ok(chosen),
        _ => Err(Failure::Malformed("at most 50 findings at a time")),
    }
}

fn said(one: &OpenFinding, saying: &Saying) -> FindingMark {
    let mark = one.mark.clone();
    match saying {
        Saying::Assign(assigned) => FindingMark { assigned: assigned.clone(), ..mark },
        Saying::Ignore { until, reason, by } => {
            let (reason, by, size) = (reason.clone(), by.clone(), one.finding.size());
            FindingMark { ignored: Some(Ignored { until: *until, reason, by, size }), ..mark }
        }
        Saying::TakeBack => FindingMark { ignored: None, ..mark },
    }
}

fn in_words(mark: &FindingMark) -> String {
    let mut words = match &mark.assigned {
        Some(assigned) => format!("assigned to {}", assigned.name),
        None => "assigned to nobody".to_owned(),
    };
    if let Some(ignored) = &mark.ignored {
        let _ = write!(words, ", ignored until {}: {}", ignored.until, ignored.reason);
    }
    words
}

/// Sends the browser back to what it showed.
fn back(connection: &Connection, posted: &Posted, sync: &str) -> Response {
    let query = Query::of_text(&FIELDS, posted.optional("view").unwrap_or_default());
    let view = match sync {
        "" => query.with(&[("connection", connection.id.as_str())]).text(),
        sync => format!("{sync}&{}", query.with(&[("connection", "")]).text()),
    };
    go_to(&format!("/findings?{view}"))
}

/// Has the job that found it look again at its customer, or at alerts.
pub(in crate::console) async fn sync(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?;
    let since = who.console.jobs_clock.now();
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let left = who.console.listed.left(&who.console.store, &connection.id).await?;
    let all = open(&who, &connection.id, &listed, &left).await?;
    let id = posted.field("finding")?;
    let one = all.iter().find(|one| one.id == id).ok_or(Failure::Refused("this finding is gone"))?;
    let job = job_of(&one.finding.what);
    let event = match (one.finding.company, job) {
        (Some(company), Job::UsageSync | Job::ContractChanged) => {
            Event::CompanyChanged(CompanyChanged { connection: connection.id.clone(), company, cause: Cause::Mapping })
        }
        (_, job) => Event::SyncDue(SyncDue { connection: connection.id.clone(), job }),
    };
    who.console.bus.publish(&[event]).await?;
    let sync = syncs::query_of(&connection.id, &since.to_string(), job, Whom::Some);
    Ok(back(&connection, &posted, &sync))
}
