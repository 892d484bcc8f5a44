//! The fields of an alert type's form: made of what is said of it, or as they were sent, and read back with what is wrong
//! at each.

use super::super::fields::Posted;
use super::super::listed::Listed;
use super::super::pages::Failure;
use super::super::settings::{Field, Pick, picks};
use super::super::words::Shown;
use super::words::due_in_words;
use shared::alert_settings::{AlertRow, Usual};
use shared::ticket::{Assignee, PickField, Picklists};
use std::collections::BTreeMap;

/// What is as usual, in a form.
const USUAL: &str = "";
/// What stays as it is, in the form of a category.
pub(super) const KEEP: &str = "keep";
/// The longest time until a ticket is due: a year.
const MOST_MINUTES: i64 = 525_600;

/// One thing that may be said of a type.
#[derive(Debug)]
pub(super) struct Spec {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    about: &'static str,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Ticket,
    Due,
    Pick(PickField),
    /// A number of Autotask's that stands in no list.
    Number,
}

const fn spec(name: &'static str, kind: Kind, label: &'static str, about: &'static str) -> Spec {
    Spec { name, label, about, kind }
}

/// All of them; the first ones have a column in the list.
pub(super) const SPECS: [Spec; 11] = [
    spec("ticket", Kind::Ticket, "Ticket", "Whether its alerts make tickets."),
    spec("priority", Kind::Pick(PickField::Priority), "Priority", "Of new tickets."),
    spec("due_minutes", Kind::Due, "Due in", "Minutes until the ticket is due."),
    spec("status", Kind::Pick(PickField::Status), "Status", "Of new and of reopened tickets."),
    spec("queue", Kind::Pick(PickField::Queue), "Queue", "A ticket is in a queue, or somebody's."),
    spec("issue", Kind::Pick(PickField::Issue), "Issue type", ""),
    spec("sub_issue", Kind::Pick(PickField::SubIssue), "Sub-issue type", "It belongs to its issue type."),
    spec("ticket_type", Kind::Pick(PickField::TicketType), "Ticket type", ""),
    spec("category", Kind::Pick(PickField::Category), "Ticket category", ""),
    spec(
        "resource",
        Kind::Number,
        "Assignee: resource",
        "The number of a person in Autotask, together with a role it has.",
    ),
    spec(
        "role",
        Kind::Number,
        "Assignee: role",
        "Autotask takes both or none; a run tells where it does not take the pair.",
    ),
];

/// What is said, by the name of the field; nothing: as usual.
pub(super) type Values = BTreeMap<&'static str, Option<i64>>;

pub(super) fn values_of(row: &AlertRow) -> Values {
    // Taken apart by name, so that a term added there cannot be forgotten here.
    let AlertRow {
        label: _,
        ticket,
        priority,
        status,
        queue,
        ticket_type,
        issue,
        sub_issue,
        due_minutes,
        category,
        assignee,
    } = row;
    [
        ("ticket", ticket.map(i64::from)),
        ("priority", *priority),
        ("due_minutes", due_minutes.map(i64::from)),
        ("status", *status),
        ("queue", *queue),
        ("issue", *issue),
        ("sub_issue", *sub_issue),
        ("ticket_type", *ticket_type),
        ("category", *category),
        ("resource", assignee.map(|assignee| assignee.resource)),
        ("role", assignee.map(|assignee| assignee.role)),
    ]
    .into()
}

/// The row of these values, or at which field something is wrong with them.
pub(super) fn row_of(values: &Values, label: &str, picklists: &Picklists) -> Result<AlertRow, (&'static str, String)> {
    let value = |name: &str| values.get(name).copied().flatten();
    let assignee = match (value("resource"), value("role")) {
        (Some(resource), Some(role)) => Some(Assignee { resource, role }),
        (None, None) => None,
        (Some(_), None) => return Err(("role", "expected the role as well, or no resource".to_owned())),
        (None, Some(_)) => return Err(("resource", "expected the resource as well, or no role".to_owned())),
    };
    if let (Some(sub_issue), issue) = (value("sub_issue"), value("issue")) {
        let known = picklists.values.get(&PickField::SubIssue).and_then(|values| values.get(&sub_issue));
        let parent = known.and_then(|known| known.parent);
        match (issue, parent) {
            (None, _) => return Err(("sub_issue", "expected the issue type it belongs to as well".to_owned())),
            (Some(issue), Some(parent)) if issue != parent => {
                let of = picklists.label(PickField::Issue, parent);
                return Err(("sub_issue", format!("it belongs to the issue type \"{of}\"")));
            }
            _ => {}
        }
    }
    Ok(AlertRow {
        label: label.to_owned(),
        ticket: value("ticket").map(|ticket| ticket != 0),
        priority: value("priority"),
        status: value("status"),
        queue: value("queue"),
        ticket_type: value("ticket_type"),
        issue: value("issue"),
        sub_issue: value("sub_issue"),
        due_minutes: value("due_minutes").and_then(|minutes| u32::try_from(minutes).ok()),
        category: value("category"),
        assignee,
    })
}

/// What is said of a term, in words; none where it is as usual.
pub(super) fn value_in_words(spec: &Spec, row: &AlertRow, listed: &Listed) -> Option<String> {
    let value = values_of(row).get(spec.name).copied().flatten()?;
    Some(number_in_words(spec, value, &listed.snapshot.picklists))
}

fn number_in_words(spec: &Spec, value: i64, picklists: &Picklists) -> String {
    match spec.kind {
        Kind::Ticket => if value == 0 { "no" } else { "yes" }.to_owned(),
        Kind::Due => due_in_words(u32::try_from(value).unwrap_or(u32::MAX)),
        Kind::Pick(field) if picklists.offers(field, value) => picklists.label(field, value),
        Kind::Pick(field) => format!("{}: not offered any more", picklists.label(field, value)),
        Kind::Number => value.to_string(),
    }
}

/// What is usual for a term, in words.
pub(super) fn usual_in_words(spec: &Spec, usual: Option<Usual>, listed: &Listed) -> String {
    let picklists = &listed.snapshot.picklists;
    // What stands in where the provider's list has no such number.
    let offered = |field: PickField, value: i64| {
        let known = Some(value).filter(|value| picklists.offers(field, *value));
        picklists.label(field, known.or_else(|| picklists.usual(field, "")).unwrap_or(value))
    };
    match (spec.name, usual) {
        ("ticket" | "priority" | "due_minutes" | "status", None) => "by each alert".to_owned(),
        ("ticket", Some(usual)) => if usual.ticket { "yes" } else { "no" }.to_owned(),
        ("due_minutes", Some(usual)) => due_in_words(usual.due_minutes),
        ("priority", Some(usual)) => offered(PickField::Priority, usual.priority),
        ("status", Some(usual)) => offered(PickField::Status, usual.status),
        ("queue", _) => match listed.mapping.settings.tickets.queue {
            Some(queue) => picklists.label(PickField::Queue, queue),
            None => "as for all".to_owned(),
        },
        ("resource" | "role", _) => "nobody".to_owned(),
        _ => "left to Autotask".to_owned(),
    }
}

/// What was typed into a form, and what is wrong with it, by field.
#[derive(Debug, Default)]
pub(super) struct Wrong {
    typed: BTreeMap<&'static str, String>,
    pub(super) faults: BTreeMap<&'static str, String>,
}

/// What was read: what is to be said of each field, or nothing where it stays as it is.
pub(super) fn read(posted: &Posted, known: &Values, keeps: bool, listed: &Listed) -> Result<(Values, Wrong), Failure> {
    let (mut values, mut wrong) = (Values::new(), Wrong::default());
    for spec in &SPECS {
        let text = posted.field(spec.name)?.trim();
        wrong.typed.insert(spec.name, text.to_owned());
        let same = known.get(spec.name).copied().flatten();
        match value(spec, text, same, &listed.snapshot.picklists) {
            _ if keeps && text == KEEP => {}
            Ok(value) => _ = values.insert(spec.name, value),
            Err(fault) => _ = wrong.faults.insert(spec.name, fault),
        }
    }
    Ok((values, wrong))
}

/// A value that is in force or staged may stay, whatever became of Autotask's list.
fn value(spec: &Spec, text: &str, known: Option<i64>, picklists: &Picklists) -> Result<Option<i64>, String> {
    let number = text.parse::<i64>().ok();
    match (spec.kind, number) {
        _ if text == USUAL => Ok(None),
        (_, Some(number)) if Some(number) == known => Ok(known),
        (Kind::Ticket, Some(number @ (0 | 1))) => Ok(Some(number)),
        (Kind::Ticket, _) => Err("there is no such choice".to_owned()),
        (Kind::Due, Some(number)) if (1..=MOST_MINUTES).contains(&number) => Ok(Some(number)),
        (Kind::Due, _) => Err(format!("expected a whole number of minutes from 1 to {MOST_MINUTES}, or nothing")),
        (Kind::Pick(field), Some(number)) if picklists.offers(field, number) => Ok(Some(number)),
        (Kind::Pick(field), Some(_)) => Err(format!("Autotask does not offer this {field}")),
        (Kind::Number, Some(number)) if number > 0 => Ok(Some(number)),
        (Kind::Pick(_) | Kind::Number, _) => Err("expected the number that it has in Autotask, or nothing".to_owned()),
    }
}

/// The fields of a form. `keeps`: whether each may be left as it is, which is said first.
pub(super) fn fields(
    now: &Values,
    usual: Option<Usual>,
    keeps: bool,
    in_force: Option<&AlertRow>,
    wrong: &Wrong,
    listed: &Listed,
) -> Vec<Field> {
    let field = |spec: &'static Spec| {
        let said = now.get(spec.name).copied().flatten();
        let as_it_is = if keeps { KEEP.to_owned() } else { said.map(|said| said.to_string()).unwrap_or_default() };
        let text = wrong.typed.get(spec.name).cloned().unwrap_or(as_it_is);
        let words = match keeps {
            true => "as usual".to_owned(),
            false => usual_in_words(spec, usual, listed),
        };
        let was = in_force.filter(|row| values_of(row).get(spec.name) != now.get(spec.name));
        let in_words = |row: &AlertRow| value_in_words(spec, row, listed).unwrap_or_else(|| "as usual".to_owned());
        Field {
            path: spec.name,
            label: spec.label,
            about: spec.about,
            choices: choices(spec, &text, said, keeps.then_some("leave as it is"), &words, listed),
            usual: Shown::of(if keeps { String::new() } else { words }),
            value: Shown::of(text),
            is_number: matches!(spec.kind, Kind::Due | Kind::Number | Kind::Pick(_)),
            unit: if matches!(spec.kind, Kind::Due) { "minute" } else { "" },
            was: was.map(|row| Shown::of(in_words(row))),
            fault: wrong.faults.get(spec.name).map(Shown::of),
            see_also: None,
        }
    };
    SPECS.iter().map(field).collect()
}

/// What there is to choose from; nothing where it is typed.
fn choices(
    spec: &Spec,
    chosen: &str,
    said: Option<i64>,
    keep: Option<&str>,
    usual: &str,
    listed: &Listed,
) -> Vec<Pick> {
    let choice =
        |value: &str, name: &str| Pick { value: value.to_owned(), name: Shown::of(name), is_chosen: value == chosen };
    let mut offered = match spec.kind {
        Kind::Ticket => vec![choice("1", "yes"), choice("0", "no")],
        Kind::Pick(PickField::SubIssue) => sub_issues(chosen, listed),
        Kind::Pick(field) => picks(field, chosen, listed),
        Kind::Due | Kind::Number => return Vec::new(),
    };
    if offered.is_empty() {
        return offered;
    }
    // What is said and not offered any more stays a choice.
    if let Some(said) = said.filter(|said| !offered.iter().any(|one| one.value == said.to_string())) {
        offered.push(choice(&said.to_string(), &number_in_words(spec, said, &listed.snapshot.picklists)));
    }
    let first = keep.map(|words| choice(KEEP, words));
    let usual = if keep.is_some() { usual.to_owned() } else { format!("usual: {usual}") };
    first.into_iter().chain([choice(USUAL, &usual)]).chain(offered).collect()
}

/// Sub-issue types with the issue types they belong to: "Backup › Failed".
fn sub_issues(chosen: &str, listed: &Listed) -> Vec<Pick> {
    let picklists = &listed.snapshot.picklists;
    let values = picklists.values.get(&PickField::SubIssue);
    let mut all = picks(PickField::SubIssue, chosen, listed);
    for one in &mut all {
        let parent = one.value.parse::<i64>().ok().and_then(|number| values?.get(&number)?.parent);
        if let Some(parent) = parent {
            one.name = Shown::of(format!("{} › {}", picklists.label(PickField::Issue, parent), one.name));
        }
    }
    all.sort_by_key(|one| one.name.to_string().to_lowercase());
    all
}
