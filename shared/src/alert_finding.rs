//! What is found about alerts and tickets: what is so, and what to do about it (T1 to T8, M5). A part of `finding`.

use crate::alert::AlertKind;
use crate::ids::{TenantId, TicketId};
use crate::ticket::PickField;
use crate::words::{count, on_one_line};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "finding", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each field is named by the text of `Display`")]
pub enum AlertWhat {
    /// M5: tickets cannot start yet.
    TicketsNotStarted { enabled: bool, customers: usize },
    /// T8: what the first plan would make, and what it passes over.
    AtSwitchOn { since: Timestamp, tickets: usize, passed_over: usize },
    /// T2: alerts of a tenant that belongs to no company.
    UnmappedAlerts { tenant: TenantId, tenant_name: String, alerts: usize },
    /// T2: alerts of a company that is not there or not active.
    CompanyTakesNoTickets { alerts: usize },
    /// T1: a type that Acronis did not list.
    TypeUnknown { kind: AlertKind },
    /// T1: a chosen value is no longer to be chosen.
    PickGone { field: PickField, value: i64, kind: Option<AlertKind> },
    /// T1: neither a queue nor an assignee.
    NoQueue { kind: AlertKind },
    /// T1: a sub-issue type that is not the issue type's.
    SubIssueAstray { kind: AlertKind, issue: Option<i64>, sub_issue: i64 },
    /// T1: the assignee cannot be assigned in that role.
    AssigneeGone { kind: AlertKind, resource: i64, role: i64 },
    /// T2: the ticket was deleted or merged by a person.
    TicketGone { ticket: TicketId, merged_into: Option<TicketId> },
    /// T2: several tickets have an alert's external id.
    TicketTwice { external_id: String, used: TicketId, others: Vec<TicketId> },
    /// U6: a ticket or note was sent and not answered.
    TicketUnanswered { what: String, sent_at: Timestamp },
    /// U6: the vendor refused a ticket or a note.
    TicketRefused { what: String, text: String },
    /// T6: the vendor refused a dismissal.
    DismissalRefused { what: String, text: String },
    /// T2: customers that manage themselves do not show us their alerts.
    SelfServiceUnread { customers: usize },
    /// H1: many alerts vanished at once.
    AlertsVanished { missing: usize, of: usize },
    /// T4: the status for closing cannot be chosen.
    NoClosingStatus { status: i64 },
}

impl AlertWhat {
    /// What to do about it.
    pub fn advice(&self) -> String {
        match self {
            Self::TicketsNotStarted { enabled: false, .. } => {
                "switch it on: `enabled = true` in [settings.tickets] of the mapping file".into()
            }
            Self::TicketsNotStarted { .. } => "map at least one customer".into(),
            Self::AtSwitchOn { .. } => {
                "approve the plan, or change days_before_switch_on in [settings.tickets] first".into()
            }
            Self::UnmappedAlerts { .. } => "map the tenant to a company, or ignore it".into(),
            Self::CompanyTakesNoTickets { .. } => "activate the company in Autotask, or map the tenant to another".into(),
            Self::TypeUnknown { .. } => "nothing, or say in the mapping file what its tickets are like".into(),
            Self::PickGone { .. } => "choose another value; the usual one is taken until then".into(),
            Self::NoQueue { .. } => "name a queue or an assignee".into(),
            Self::SubIssueAstray { .. } => "choose a sub-issue type of the issue type; it is left out until then".into(),
            Self::AssigneeGone { .. } => "choose somebody who is active and has the role; the queue gets it until then".into(),
            Self::TicketGone { .. } => "nothing; when the alert comes back it gets a new ticket".into(),
            Self::TicketTwice { .. } => "close the others, or clear their external id".into(),
            Self::TicketUnanswered { .. } => "nothing: a later run looks whether it is there".into(),
            Self::TicketRefused { .. } => "mend what the vendor names; it is tried again tomorrow or when it changes".into(),
            Self::DismissalRefused { .. } => "dismiss it in Acronis; it is tried again tomorrow".into(),
            Self::SelfServiceUnread { .. } => {
                "switch self-service off for them in Acronis if their alerts are to make tickets; it is tried again each day".into()
            }
            Self::AlertsVanished { .. } => {
                "check what the API client may see in Acronis; if the alerts are truly gone, raise the limits in [settings.holds]".into()
            }
            Self::NoClosingStatus { .. } => "choose another closing_status in [settings.tickets]".into(),
        }
    }
}

impl fmt::Display for AlertWhat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TicketsNotStarted { enabled: false, .. } => f.write_str("alerts make no tickets: ticket sync is off"),
            Self::TicketsNotStarted { customers, .. } => {
                write!(f, "alerts make no tickets yet: {} mapped", count(*customers, "customer"))
            }
            Self::AtSwitchOn { since, tickets, passed_over } => write!(
                f,
                "{} from alerts raised since {}; {} raised before make none",
                count(*tickets, "ticket"),
                since.strftime("%Y-%m-%d %H:%M UTC"),
                count(*passed_over, "active alert")
            ),
            Self::UnmappedAlerts { tenant, tenant_name, alerts } => {
                write!(f, "{} in tenant {tenant} \"{tenant_name}\", which is not mapped", count(*alerts, "alert"))
            }
            Self::CompanyTakesNoTickets { alerts } => {
                write!(f, "{} and no ticket: the company is not active or not visible", count(*alerts, "alert"))
            }
            Self::TypeUnknown { kind } => {
                write!(f, "alerts of type {}, which Acronis does not list; its tickets are as usual", named(kind))
            }
            Self::PickGone { field, value, kind: Some(kind) } => {
                write!(f, "alerts of type {}: the {field} {value} is not in Autotask's list, or inactive", named(kind))
            }
            Self::PickGone { field, value, kind: None } => {
                write!(f, "tickets: the {field} {value} is not in Autotask's list, or inactive")
            }
            Self::NoQueue { kind } => write!(f, "alerts of type {}: neither a queue nor an assignee", named(kind)),
            Self::SubIssueAstray { kind, issue, sub_issue } => {
                let issue =
                    issue.map_or_else(|| "any issue type chosen".to_owned(), |issue| format!("issue type {issue}"));
                write!(f, "alerts of type {}: sub-issue type {sub_issue} is not one of {issue}", named(kind))
            }
            Self::AssigneeGone { kind, resource, role } => {
                write!(f, "alerts of type {}: resource {resource} cannot be assigned in role {role}", named(kind))
            }
            Self::TicketGone { ticket, merged_into: Some(other) } => {
                write!(f, "ticket {ticket} was merged into ticket {other}; it is left alone")
            }
            Self::TicketGone { ticket, merged_into: None } => {
                write!(f, "ticket {ticket} is not in Autotask any more; no other is made for this alert")
            }
            Self::TicketTwice { external_id, used, others } => {
                let others: Vec<String> = others.iter().map(ToString::to_string).collect();
                write!(
                    f,
                    "tickets {used} and {} have the external id {external_id}; the first is used",
                    others.join(", ")
                )
            }
            Self::TicketUnanswered { what, sent_at } => {
                let sent = sent_at.strftime("%Y-%m-%d %H:%M UTC");
                write!(f, "{what}: sent at {sent}, and Autotask has not answered; it waits")
            }
            Self::TicketRefused { what, text } => write!(f, "{what}: Autotask refused it: {text}"),
            Self::DismissalRefused { what, text } => write!(f, "{what}: Acronis refused it: {text}"),
            Self::SelfServiceUnread { customers } => write!(
                f,
                "the alerts of {} that manage themselves cannot be read; they make no tickets",
                count(*customers, "customer")
            ),
            Self::AlertsVanished { missing, of } => write!(
                f,
                "{missing} of {of} alerts with tickets are no longer listed, and nothing says that they were cleared; their tickets are left alone"
            ),
            Self::NoClosingStatus { status } => write!(f, "no ticket is closed: status {status} is not to be chosen"),
        }
    }
}

fn named(kind: &AlertKind) -> String {
    on_one_line(kind.as_str())
}
