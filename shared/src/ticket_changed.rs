//! What a closed ticket means for its alerts (T6): where it is switched on, they are dismissed. Nothing is read here.

use crate::alert_finding::AlertWhat;
use crate::alert_link::AlertLink;
use crate::alert_plan::{AlertPlan, AlertTerms, found_of};
use crate::fingerprint;
use crate::ids::TicketId;
use crate::plan::{Action, Change};
use crate::ticket::Ticket;
use crate::ticket_change::{AlertDismissal, AlertsTold};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The dismissals that closed tickets ask for. `tickets` are the tickets looked at, none where Autotask has no such
/// ticket; `links` are those of these tickets. An alert raised again after its ticket was closed stays.
pub fn plan(terms: &AlertTerms<'_>, links: &[AlertLink], tickets: &BTreeMap<TicketId, Option<Ticket>>) -> AlertPlan {
    let known = links.iter().map(|link| (link.alert.id.clone(), link.clone())).collect();
    let mut plan = AlertPlan { links: known, ..AlertPlan::default() };
    if !(terms.can_start() && terms.mapping.settings.tickets.dismiss_on_close) {
        return plan;
    }
    for link in links.iter().filter(|link| link.alert.is_active()) {
        let Some(ticket) = link.living_ticket() else { continue };
        match tickets.get(&ticket.id) {
            None => _ = plan.needs.tickets.insert(ticket.id),
            // A ticket that was deleted or merged says nothing of the alert.
            Some(read) => plan.proposed.extend(read.as_ref().and_then(|read| dismissal(terms, link, read))),
        }
        refusal(terms, link, &mut plan);
    }
    plan.proposed.sort_by_cached_key(|change| {
        let told = crate::alert_plan::told(&change.action);
        (Reverse(told.map(|told| told.severity)), told.map(|told| told.alerts.clone()))
    });
    plan.proposed.dedup_by(|one, other| one.id == other.id);
    plan.right = plan.links.values().filter(|link| link.alert.is_active()).count() - plan.proposed.len();
    plan.findings.sort();
    plan.findings.dedup();
    plan
}

fn dismissal(terms: &AlertTerms<'_>, link: &AlertLink, ticket: &Ticket) -> Option<Change> {
    // Whom nobody maps any more is left alone (M6).
    terms.mapping.customers.get(&link.company)?.tenant()?;
    let alert = &link.alert;
    let closed_since = ticket.closed_since(terms.mapping.settings.tickets.closing_status)?;
    // Raised again since, or about to be reopened.
    if ticket.merged_into.is_some() || link.was_cleared || alert.updated_at > closed_since {
        return None;
    }
    let id = change_id(link);
    if link.sent.as_ref().is_some_and(|sent| sent.refusal(&id, terms.today).is_some()) {
        return None;
    }
    let company_name = terms.mapping.customers.get(&link.company).map(|row| row.company_name.clone());
    let told = AlertsTold {
        company: link.company,
        company_name: company_name.unwrap_or_default(),
        alerts: vec![alert.id.clone()],
        what: terms.names().words(alert),
        severity: alert.severity,
    };
    let dismissal = AlertDismissal { told, ticket: ticket.id, number: ticket.number.clone() };
    Some(Change { id, approved_by: None, action: Action::DismissAlert(Box::new(dismissal)) })
}

fn change_id(link: &AlertLink) -> String {
    let ticket = link.ticket.as_ref().map(|ticket| ticket.id.to_string()).unwrap_or_default();
    fingerprint::of(&["dismiss alert", link.alert.id.as_str(), &ticket, &link.alert.updated_at.to_string()])
}

fn refusal(terms: &AlertTerms<'_>, link: &AlertLink, plan: &mut AlertPlan) {
    let text = link.sent.as_ref().and_then(|sent| sent.refusal(&change_id(link), terms.today));
    let name = terms.mapping.customers.get(&link.company).map(|row| row.company_name.as_str());
    plan.findings.extend(text.map(|text| {
        let what = format!("the alert \"{}\" is not dismissed", terms.names().words(&link.alert));
        found_of(link.company, name.unwrap_or_default(), AlertWhat::DismissalRefused { what, text: text.to_owned() })
    }));
}
