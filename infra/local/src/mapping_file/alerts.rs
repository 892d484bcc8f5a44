//! The alert types in the mapping file: what is usual for the tickets of each, and what the operator said
//! otherwise (T1). It decides no ticket, and leaves a type of which nothing is said out of the mapping.

use super::MappingView;
use super::picklists::{self, picked};
use super::reader::{Block, Place};
use super::toml_text::{cut, on_one_line, shown, string};
use shared::alert::{AlertKind, AlertType};
use shared::alert_settings::{AlertRow, Usual};
use shared::alert_text::TypeNames;
use shared::mapping::Mapping;
use shared::ticket::{Assignee, PickField, Picklists};
use shared::words::count;
use std::collections::{BTreeMap, BTreeSet};

/// The order of the vendor's own list, by which its console shows them too (Acronis help centre, Alert types).
/// Others follow by name.
const CATEGORIES: [&str; 13] = [
    "backup",
    "disaster recovery",
    "antimalware protection",
    "url filtering",
    "licensing",
    "edr",
    "device control",
    "system",
    "public clouds connection",
    "software deployment",
    "management",
    "search",
    "monitoring",
];

const HEAD: &str = "
# ---- Alert types, by category and name ---------------------------------------------------------------------
#
# One block for each type of alert that Acronis lists. Beside [[alert]] stand its name, its category and how bad
# it usually is. Lines behind a # say what is usual for its tickets: take the # away and change what is to be
# different, or add a line:
#   ticket             whether its alerts make tickets.
#   priority, status, queue, ticket_type, issue, sub_issue, category
#                      numbers of Autotask's, listed below; a sub_issue needs its issue.
#   due_minutes        minutes until the ticket is due.
#   assignee_resource, assignee_role
#                      who gets it: the number of a resource in Autotask and of a role it has; both or none.
# A queue that is not said is that of [settings.tickets], and whatever else is not said is left to Autotask. What
# is usual follows each alert, which may be worse or milder than its type usually is; without the # it is the same
# for all alerts of the type. A number that Autotask does not offer any more is told by each run, which takes the
# usual one. Nothing here makes a ticket before [settings.tickets] says `enabled = true`.
";

const TYPE_WANTED: &str = "the type of alert as Acronis spells it, such as \"BackupFailed\"";

/// Writes the blocks `[[alert]]`, after what there is to choose from.
pub(super) fn write(text: &mut String, view: &MappingView<'_>) {
    text.push_str(HEAD);
    picklists::write(text, view.picklists);
    if view.alert_types.is_empty() {
        text.push_str(
            "#\n# Acronis' list of types was not read: only those have a block of which something is said.\n",
        );
    }
    let kinds: BTreeSet<&AlertKind> = view.alert_types.keys().chain(view.mapping.alerts.keys()).collect();
    // What has no name could not be read again.
    let mut kinds: Vec<&AlertKind> = kinds.into_iter().filter(|kind| !kind.as_str().is_empty()).collect();
    let group = |kind: &AlertKind| view.alert_types.get(kind).map(Group::of).unwrap_or(Group::NotListed);
    kinds.sort_by_cached_key(|kind| (group(kind), name(view, kind).to_lowercase(), *kind));
    let mut last = None;
    for kind in kinds {
        let group = group(kind);
        if last.as_ref() != Some(&group) {
            text.push_str(&format!("\n# -- {}\n", heading(view, kind)));
            last = Some(group);
        }
        write_block(text, view, kind);
    }
}

/// Where a type stands in the file.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// By the category's place in the vendor's list, and its name.
    Category(usize, String),
    /// The vendor does not list it.
    NotListed,
}

impl Group {
    fn of(listed: &AlertType) -> Self {
        let category = listed.category.trim().to_lowercase();
        let place = CATEGORIES.iter().position(|known| *known == category).unwrap_or(CATEGORIES.len());
        Self::Category(place, category)
    }
}

fn heading(view: &MappingView<'_>, kind: &AlertKind) -> String {
    match view.alert_types.get(kind) {
        Some(listed) => category(listed),
        None if view.alert_types.is_empty() => "Types of which something is said".to_owned(),
        None => "Types that Acronis does not list any more".to_owned(),
    }
}

fn category(listed: &AlertType) -> String {
    match on_one_line(&listed.category).trim() {
        "" => "No category".to_owned(),
        category => cut(category),
    }
}

fn name(view: &MappingView<'_>, kind: &AlertKind) -> String {
    TypeNames(view.alert_types).label(kind)
}

/// "Backup failed · Backup · critical"
fn about(view: &MappingView<'_>, kind: &AlertKind) -> String {
    let name = name(view, kind);
    match view.alert_types.get(kind) {
        Some(listed) => {
            let off = if listed.enabled { "" } else { " · switched off in Acronis" };
            format!("{name} · {} · {}{off}", category(listed), listed.severity)
        }
        None if view.alert_types.is_empty() => name,
        None => format!("{name} · not in Acronis' list any more"),
    }
}

fn write_block(text: &mut String, view: &MappingView<'_>, kind: &AlertKind) {
    let (listed, row) = (view.alert_types.get(kind), view.mapping.alerts.get(kind));
    let nothing_said =
        AlertRow { label: listed.and_then(|listed| listed.label.clone()).unwrap_or_default(), ..AlertRow::default() };
    // Taken apart by name, so that a field added there cannot be forgotten here.
    let AlertRow {
        label,
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
    } = row.unwrap_or(&nothing_said);
    text.push_str(&format!("\n[[alert]] # {}\ntype = {}\n", about(view, kind), string(kind.as_str())));
    if !label.is_empty() {
        text.push_str(&format!("label = {}\n", string(label)));
    }
    let usual = listed.map(Usual::of_type);
    let number = |field, value: Option<i64>| value.map(|value| picked(view.picklists, field, value));
    let usual_number = |field, of: fn(Usual) -> i64| {
        usual.map(|usual| picked(view.picklists, field, picklists::usual(view.picklists, field, of(usual))))
    };
    let mut line = |key: &str, said: Option<String>, usual: Option<String>| match (said, usual) {
        (Some(said), _) => text.push_str(&format!("{key} = {said}\n")),
        (None, Some(usual)) => text.push_str(&format!("# {key} = {usual}\n")),
        (None, None) => {}
    };
    line("ticket", ticket.map(|ticket| ticket.to_string()), usual.map(|usual| usual.ticket.to_string()));
    let usual_priority = usual_number(PickField::Priority, |usual| usual.priority);
    line("priority", number(PickField::Priority, *priority), usual_priority);
    let usual_status = usual_number(PickField::Status, |usual| usual.status);
    line("status", number(PickField::Status, *status), usual_status);
    line("due_minutes", due_minutes.map(minutes), usual.map(|usual| minutes(usual.due_minutes)));
    line("queue", number(PickField::Queue, *queue), None);
    line("ticket_type", number(PickField::TicketType, *ticket_type), None);
    line("issue", number(PickField::Issue, *issue), None);
    line("sub_issue", sub_issue.map(|sub_issue| picked_sub_issue(view.picklists, *issue, sub_issue)), None);
    line("category", number(PickField::Category, *category), None);
    line("assignee_resource", assignee.map(|assignee| assignee.resource.to_string()), None);
    line("assignee_role", assignee.map(|assignee| assignee.role.to_string()), None);
}

/// A sub-issue type, and whether it is another issue type's: a list may be arranged anew after it was chosen.
fn picked_sub_issue(picklists: &Picklists, issue: Option<i64>, sub_issue: i64) -> String {
    let values = picklists.values.get(&PickField::SubIssue);
    let pick = values.and_then(|values| values.get(&sub_issue)).filter(|pick| pick.active);
    match pick.and_then(|pick| pick.parent) {
        Some(parent) if Some(parent) != issue => {
            let name = on_one_line(&picklists.label(PickField::SubIssue, sub_issue));
            format!("{sub_issue} # {name}: not of this issue type in Autotask")
        }
        _ => picked(picklists, PickField::SubIssue, sub_issue),
    }
}

/// "240 # 4 hours"
fn minutes(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (hours @ 1.., 0) => format!("{minutes} # {}", count(hours as usize, "hour")),
        _ => minutes.to_string(),
    }
}

/// The alert types of which the file says something, and where each block stands.
pub(super) fn read(
    root: &mut Block<'_>,
    current: &Mapping,
) -> (BTreeMap<AlertKind, AlertRow>, BTreeMap<AlertKind, Place>) {
    let mut rows = BTreeMap::new();
    let mut places: BTreeMap<AlertKind, Place> = BTreeMap::new();
    root.each_block("alert", |mut block| {
        let kind = block.text_where("type", TYPE_WANTED, |text| !text.trim().is_empty()).map(AlertKind::new);
        block.needs("type", TYPE_WANTED);
        let before = kind.as_ref().and_then(|kind| current.alerts.get(kind));
        let row = read_row(&mut block, before);
        if let Some(kind) = kind {
            if let Some(first) = places.get(&kind) {
                let kind = shown(&cut(kind.as_str()));
                block.fault("type", format!("{kind} is already in {}; a type has one block", first.path));
            } else {
                places.insert(kind.clone(), block.place());
                if block.is_sound() && (row.says_something() || before == Some(&row)) {
                    rows.insert(kind, row);
                }
            }
        }
        block.finish();
    });
    (rows, places)
}

fn read_row(block: &mut Block<'_>, before: Option<&AlertRow>) -> AlertRow {
    let label = block.text("label").unwrap_or_default();
    AlertRow {
        label: before.map_or(label, |row| &row.label).to_owned(),
        ticket: block.flag("ticket"),
        priority: block.id("priority"),
        status: block.id("status"),
        due_minutes: block.count("due_minutes"),
        queue: block.id("queue"),
        ticket_type: block.id("ticket_type"),
        issue: block.id("issue"),
        sub_issue: block.id("sub_issue"),
        category: block.id("category"),
        assignee: read_assignee(block),
    }
}

/// Who gets the ticket; Autotask takes the two numbers as a pair only.
fn read_assignee(block: &mut Block<'_>) -> Option<Assignee> {
    const PAIR: [&str; 2] = ["assignee_resource", "assignee_role"];
    let [resource, role] = PAIR.map(|key| block.id(key));
    for (key, other) in [(PAIR[0], PAIR[1]), (PAIR[1], PAIR[0])] {
        if block.has(key) && !block.has(other) {
            block.fault(key, format!("it goes with {other}, which is not there; write both or none"));
        }
    }
    Some(Assignee { resource: resource?, role: role? })
}
