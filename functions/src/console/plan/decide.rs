//! Deciding otherwise than the plan (U8, C2): other units, a change that is dismissed, a line that is left alone or
//! pinned. It is kept in the mapping with who decided and why, and refused where the mapping or the change is another
//! than what the person saw.

use super::approve::{BOX, signature, soon};
use super::{Row, View, back_to, rows, today};
use crate::console::connections::the_named;
use crate::console::fields::Posted;
use crate::console::gates::{Operator, SignedIn};
use crate::console::listed::Listed;
use crate::console::pages::Failure;
use crate::store::SaveError;
use axum::response::Response;
use jiff::civil::Date;
use shared::decision::{Decided, Decision, decide as add, take_back};
use shared::effective::Periods;
use shared::ids::{CompanyId, LineId, ServiceId};
use shared::mapping::{CustomerRow, Mapping};
use shared::person::AuditRecord;
use shared::run::Connection;
use shared::snapshot::{ListedLine, Snapshot};
use std::collections::BTreeSet;

const MOVED: Failure =
    Failure::Refused("some of it is not as it was shown, since usage, units, contracts or the mapping moved");

/// What the form asks for.
enum Wish {
    Adjust(u32),
    Dismiss,
    Exclude,
    TakeBack,
    Pin(LineId),
    Unpin,
}

pub(in crate::console) async fn decide(Operator(who): Operator, posted: Posted) -> Result<Response, Failure> {
    let connection = the_named(&who.console.store, posted.field("connection")?).await?;
    let listed = who.console.listed.of(&who.console.store, &connection.id).await?;
    let (wish, since) = (wish(&posted)?, who.console.jobs_clock.now());
    listed.is_mapped_as_shown(&posted)?;
    let today = today(&who, &listed.mapping);
    let lines = match posted.field("company") {
        Ok(company) => vec![the_line(&listed.snapshot, company, &posted)?],
        Err(_) if matches!(wish, Wish::Dismiss | Wish::Exclude) => chosen(&listed, &posted, today)?,
        Err(_) => return Err(Failure::Malformed("this is decided line by line")),
    };
    let reason = posted.field("reason").unwrap_or_default().trim().to_owned();
    let mut mapping = listed.mapping.clone();
    let mut told = Vec::new();
    for line in &lines {
        let until = until(&listed.snapshot, line, today);
        told.push(carry_out(&who, &mut mapping, line, &wish, today, until, &reason)?);
    }
    save(&who, &connection, &mapping, &told).await?;
    let whom = soon(&who, &connection, &lines.iter().map(|line| line.place.company).collect()).await;
    Ok(back_to(&connection.id, &posted, (since, whom)))
}

fn wish(posted: &Posted) -> Result<Wish, Failure> {
    Ok(match posted.field("decision")? {
        "adjust" => {
            let units = posted.field("units")?.trim().parse();
            Wish::Adjust(units.map_err(|_| Failure::Malformed("the units are no whole number from 0 on"))?)
        }
        "dismiss" => Wish::Dismiss,
        "exclude" => Wish::Exclude,
        "take-back" => Wish::TakeBack,
        "pin" => {
            let line = posted.field("line")?.parse().map(LineId);
            Wish::Pin(line.map_err(|_| Failure::Malformed("this is no line"))?)
        }
        "unpin" => Wish::Unpin,
        _ => return Err(Failure::Malformed("there is no such decision")),
    })
}

/// The line that a form names, with the change that the person saw of it.
fn the_line<'a>(snapshot: &'a Snapshot, company: &str, posted: &Posted) -> Result<&'a ListedLine, Failure> {
    let company = company.parse().map(CompanyId).map_err(|_| Failure::NoSuchPage)?;
    let service = posted.field("service")?.parse().map(ServiceId).map_err(|_| Failure::NoSuchPage)?;
    let number = posted.field("line")?;
    let lines = snapshot.lines.get(&company).ok_or(Failure::NoSuchPage)?;
    let is_it = |line: &&ListedLine| {
        line.place.service == service && line.place.line.map(|line| line.to_string()).unwrap_or_default() == number
    };
    let line = lines.iter().find(is_it).ok_or(Failure::NoSuchPage)?;
    let shown = line.change.as_ref().map_or("", |change| &change.id);
    if posted.field("change")? == shown { Ok(line) } else { Err(MOVED) }
}

/// The lines that are ticked; or all that the person was shown, where nothing of that moved.
fn chosen<'a>(listed: &'a Listed, posted: &Posted, today: Date) -> Result<Vec<&'a ListedLine>, Failure> {
    let of_line = |row: &Row<'a>| row.approvable().and_then(|_| row.line());
    let lines: Vec<&ListedLine> = if posted.field("all").is_ok() {
        let all = rows::of(listed, &View::of_query(posted.field("view")?), today);
        rows::are_as_shown(&all, posted)?;
        all.iter().filter_map(of_line).collect()
    } else {
        let ids: BTreeSet<&str> = posted.named_with(BOX).collect();
        let all = listed.snapshot.lines.values().flatten();
        let lines: Vec<_> =
            all.filter(|line| line.change.as_ref().is_some_and(|change| ids.contains(change.id.as_str()))).collect();
        if lines.len() < ids.len() {
            return Err(MOVED);
        }
        lines
    };
    if lines.is_empty() { Err(Failure::Malformed("no line was chosen")) } else { Ok(lines) }
}

/// The last day of the period that a line is in, where that can be told.
fn until(snapshot: &Snapshot, line: &ListedLine, today: Date) -> Option<Date> {
    let contract = snapshot.contracts.iter().find(|contract| contract.id == line.place.contract)?;
    let service = snapshot.services.iter().find(|service| service.id == line.place.service);
    let periods = Periods::around(today.min(contract.end), contract, service, None)?;
    Some(periods.current.end)
}

/// Puts a decision into the mapping, and tells what it was before and is then.
fn carry_out(
    who: &SignedIn,
    mapping: &mut Mapping,
    line: &ListedLine,
    wish: &Wish,
    today: Date,
    until: Option<Date>,
    reason: &str,
) -> Result<(String, String, String), Failure> {
    let (company, service) = (line.place.company, line.place.service);
    let row = mapping.customers.get_mut(&company).ok_or(Failure::NoSuchPage)?;
    let before = in_words(row, service, today);
    let until = until.ok_or(Failure::Refused("the billing period of the line cannot be told; exclude it instead"));
    let what = match wish {
        Wish::Adjust(units) => Some(Decided::Adjust { units: *units, until: until? }),
        Wish::Dismiss => Some(Decided::Dismiss { until: until? }),
        Wish::Exclude => Some(Decided::Exclude),
        Wish::TakeBack | Wish::Pin(_) | Wish::Unpin => None,
    };
    if let Some(what) = what {
        let decision = Decision { what, from: today, by: signature(who), reason: reason.to_owned() };
        if decision.fault().is_some() {
            return Err(Failure::Malformed("a reason of 1 to 200 characters and a sane number of units are needed"));
        }
        add(row.decisions.entry(service).or_default(), decision);
    }
    match wish {
        Wish::TakeBack => {
            let decisions = row.decisions.entry(service).or_default();
            take_back(decisions, today).ok_or(Failure::Refused("nothing was decided of it"))?;
        }
        Wish::Pin(pinned) => _ = row.pins.insert(service, *pinned),
        Wish::Unpin => _ = row.pins.remove(&service).ok_or(Failure::Refused("no line of it is pinned"))?,
        Wish::Adjust(_) | Wish::Dismiss | Wish::Exclude => {}
    }
    row.decisions.retain(|_, decisions| !decisions.is_empty());
    Ok((format!("company {company}, service {service}"), before, in_words(row, service, today)))
}

fn in_words(row: &CustomerRow, service: ServiceId, today: Date) -> String {
    let decided = row.decision_on(service, today).map_or_else(|| "by usage".to_owned(), ToString::to_string);
    row.pins.get(&service).map(|line| format!("{decided}, on line {line}")).unwrap_or(decided)
}

async fn save(
    who: &SignedIn,
    connection: &Connection,
    mapping: &Mapping,
    told: &[(String, String, String)],
) -> Result<(), Failure> {
    let record = |(what, before, after): &(String, String, String)| AuditRecord {
        at: who.console.clock.now(),
        by: who.person.id.clone(),
        what: format!("{what} of connection {}", connection.id),
        before: before.clone(),
        after: after.clone(),
    };
    let records: Vec<AuditRecord> = told.iter().map(record).collect();
    match who.console.store.save_recorded_mapping(&connection.id, mapping, &records).await {
        Ok(_) => Ok(()),
        Err(SaveError::Failed(error)) => Err(error.into()),
        Err(SaveError::Stale { .. }) => Err(Failure::Refused("the mapping was changed at the same moment")),
    }
}
