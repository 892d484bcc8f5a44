//! Which values a ticket or note is given: the type's row, else what is usual, as far as Autotask's picklists offer them
//! (T1), and which contract (T5). What cannot be given is told, and never keeps an alert from its ticket.

use crate::alert::Alert;
use crate::alert_finding::AlertWhat;
use crate::alert_plan::AlertTerms;
use crate::alert_settings::{AlertRow, Usual};
use crate::ids::{ConfigurationItemId, ContractId};
use crate::ticket::{Assignee, PickField, TicketCompany, machine_name};

/// The queue into which remote monitoring puts its tickets in every Autotask database (Autotask help, Queues).
const USUAL_QUEUE: &str = "Monitoring Alert";

/// The values of one ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TicketFields {
    pub(crate) status: i64,
    pub(crate) priority: i64,
    pub(crate) due_minutes: u32,
    pub(crate) queue: Option<i64>,
    pub(crate) ticket_type: Option<i64>,
    pub(crate) issue: Option<i64>,
    pub(crate) sub_issue: Option<i64>,
    pub(crate) category: Option<i64>,
    pub(crate) source: Option<i64>,
    pub(crate) assignee: Option<Assignee>,
}

/// Chooses values and gathers what is wrong with those that were chosen.
pub(crate) struct Chooser<'a> {
    terms: &'a AlertTerms<'a>,
    /// The alert they are chosen for; none for what is the same for all.
    alert: Option<&'a Alert>,
    pub(crate) found: Vec<AlertWhat>,
}

impl<'a> Chooser<'a> {
    pub(crate) fn new(terms: &'a AlertTerms<'a>, alert: Option<&'a Alert>) -> Self {
        Self { terms, alert, found: Vec::new() }
    }

    /// A chosen value where it is offered; told where it is not.
    fn chosen(&mut self, field: PickField, value: Option<i64>) -> Option<i64> {
        let value = value?;
        if self.terms.picklists.offers(field, value) {
            return Some(value);
        }
        let kind = self.alert.map(|alert| alert.kind.clone());
        self.found.push(AlertWhat::PickGone { field, value, kind });
        None
    }

    /// A value that a ticket must have: the chosen one, the usual one, or any that is offered.
    fn needed(&mut self, field: PickField, chosen: Option<i64>, usual: i64) -> i64 {
        let offered = Some(usual).filter(|value| self.terms.picklists.offers(field, *value));
        let chosen = self.chosen(field, chosen).or(offered);
        chosen.or_else(|| self.terms.picklists.usual(field, "")).unwrap_or(usual)
    }

    /// The values of an alert's ticket.
    pub(crate) fn ticket(&mut self, alert: &Alert) -> TicketFields {
        let nothing_said = AlertRow::default();
        let row = self.terms.mapping.alerts.get(&alert.kind).unwrap_or(&nothing_said);
        let usual = Usual::of_alert(alert);
        let settings = &self.terms.mapping.settings.tickets;
        let assignee = self.assignee(row.assignee, alert);
        let queue = self.chosen(PickField::Queue, row.queue.or(settings.queue));
        // A ticket is somebody's or in some queue; Autotask takes no other.
        let usual_queue = || self.terms.picklists.usual(PickField::Queue, USUAL_QUEUE);
        let queue = queue.or_else(|| assignee.is_none().then(usual_queue).flatten());
        let category = self.chosen(PickField::Category, row.category);
        if queue.is_none() && assignee.is_none() && category.is_none() {
            self.found.push(AlertWhat::NoQueue { kind: alert.kind.clone() });
        }
        let issue = self.chosen(PickField::Issue, row.issue);
        TicketFields {
            status: self.needed(PickField::Status, row.status, usual.status),
            priority: self.needed(PickField::Priority, row.priority, usual.priority),
            due_minutes: row.due_minutes.unwrap_or(usual.due_minutes).max(1),
            queue,
            ticket_type: self.chosen(PickField::TicketType, row.ticket_type),
            issue,
            sub_issue: self.sub_issue(row, issue, alert),
            category,
            source: self.for_all(PickField::Source, settings.source),
            assignee,
        }
    }

    /// What is chosen for all tickets is told once, not for each type.
    fn for_all(&mut self, field: PickField, value: Option<i64>) -> Option<i64> {
        let alert = self.alert.take();
        let chosen = self.chosen(field, value);
        self.alert = alert;
        chosen
    }

    fn sub_issue(&mut self, row: &AlertRow, issue: Option<i64>, alert: &Alert) -> Option<i64> {
        let sub_issue = self.chosen(PickField::SubIssue, row.sub_issue)?;
        let values = self.terms.picklists.values.get(&PickField::SubIssue);
        let parent = values.and_then(|values| values.get(&sub_issue)).and_then(|value| value.parent);
        let belongs = issue.is_some() && parent.is_none_or(|parent| Some(parent) == issue);
        if !belongs {
            self.found.push(AlertWhat::SubIssueAstray { kind: alert.kind.clone(), issue, sub_issue });
        }
        Some(sub_issue).filter(|_| belongs)
    }

    fn assignee(&mut self, chosen: Option<Assignee>, alert: &Alert) -> Option<Assignee> {
        let assignee = chosen?;
        let can = self.terms.picklists.assignees.as_ref().is_none_or(|can| can.contains(&assignee));
        if !can {
            let Assignee { resource, role } = assignee;
            self.found.push(AlertWhat::AssigneeGone { kind: alert.kind.clone(), resource, role });
        }
        Some(assignee).filter(|_| can)
    }

    /// The type of notes and who may read them (A60).
    pub(crate) fn note(&mut self) -> (i64, i64) {
        let settings = &self.terms.mapping.settings.tickets;
        let note_type = self.needed(PickField::NoteType, Some(settings.note_type), 1);
        (note_type, self.needed(PickField::NotePublish, Some(settings.note_publish), 1))
    }

    /// The status that closes a ticket (T4).
    pub(crate) fn closing_status(&mut self) -> Option<i64> {
        let status = self.terms.mapping.settings.tickets.closing_status;
        let offered = self.terms.picklists.offers(PickField::Status, status);
        if !offered {
            self.found.push(AlertWhat::NoClosingStatus { status });
        }
        offered.then_some(status)
    }
}

/// The contract a ticket is put on (T5). The company is mapped and ticket sync on where this is asked; billing is on
/// where any product is mapped. Of several that count today, the company's default one, else the oldest.
pub(crate) fn contract(terms: &AlertTerms<'_>, company: &TicketCompany) -> Option<ContractId> {
    let is_billed = terms.mapping.products.values().any(|row| row.service.is_some());
    let counting = company.contracts.iter().filter(|one| is_billed && one.contract.counts_on(terms.today));
    counting.min_by_key(|one| (!one.is_default, one.contract.start, one.contract.id)).map(|one| one.contract.id)
}

/// The machine an alert is about, where Autotask knows exactly one of its name.
pub(crate) fn configuration_item(alert: &Alert, company: &TicketCompany) -> Option<ConfigurationItemId> {
    let device = alert.about.device.as_deref()?;
    company.machines.get(&machine_name(device)).copied().flatten()
}
