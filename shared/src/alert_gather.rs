//! Joins the alerts that were read with what is remembered of them: new ones, missing ones, and those that come back under
//! a new id (T2, T7, T8, H1). A part of `alert_plan`.

use crate::alert::Alert;
use crate::alert_decide::Work;
use crate::alert_finding::AlertWhat;
use crate::alert_link::AlertLink;
use crate::alert_plan::Whose;
use crate::alert_settings::makes_ticket;
use crate::finding::{Finding, What};
use crate::ids::{AlertId, CompanyId, TenantId};
use std::collections::{BTreeMap, BTreeSet};

impl Work<'_> {
    /// Joins what is read with what is remembered.
    pub(crate) fn gather(&mut self) {
        let mut unmapped: BTreeMap<(TenantId, String), usize> = BTreeMap::new();
        for alert in newest(&self.facts.alerts).into_values() {
            if let Some(link) = self.plan.links.get_mut(&alert.id) {
                link.take(alert);
                continue;
            }
            let is_late = alert.raised_at >= self.terms.tickets_since;
            if !makes_ticket(&self.terms.mapping.alerts, alert) {
                continue;
            }
            match self.facts.whose.get(&alert.tenant) {
                Some(Whose::Company(company)) => self.remember(alert, *company, is_late),
                Some(Whose::NotOurs) => {}
                Some(Whose::Unmapped { tenant, tenant_name }) if alert.is_active() && is_late => {
                    *unmapped.entry((tenant.clone(), tenant_name.clone())).or_default() += 1;
                }
                None if alert.is_active() && is_late => {
                    *unmapped.entry((alert.tenant.clone(), String::new())).or_default() += 1;
                }
                Some(Whose::Unmapped { .. }) | None => {}
            }
        }
        if !self.facts.unread_customers.is_empty() {
            let what = AlertWhat::SelfServiceUnread { customers: self.facts.unread_customers.len() };
            self.plan.findings.push(Finding::of_connection(What::Alert(what)));
        }
        for ((tenant, tenant_name), alerts) in unmapped {
            let what = AlertWhat::UnmappedAlerts { tenant, tenant_name, alerts };
            self.plan.findings.push(Finding::of_connection(What::Alert(what)));
        }
    }

    fn remember(&mut self, alert: &Alert, company: CompanyId, is_late: bool) {
        if alert.is_active() && !is_late {
            self.plan.passed_over += 1;
        } else if alert.is_active() {
            self.plan.links.insert(alert.id.clone(), AlertLink::new(alert.clone(), company));
        } else if !is_late {
            // Raised again it keeps its id and perhaps the moment it was first raised, and counts all the same.
            let link = AlertLink { was_cleared: true, settled: true, ..AlertLink::new(alert.clone(), company) };
            self.plan.links.insert(alert.id.clone(), link);
        }
    }

    /// Who is remembered as active and is missing from the list of all active alerts was cleared (T7), unless so much is
    /// missing that a permission may have been lost (H1).
    pub(crate) fn reconcile(&mut self) {
        if !self.facts.all_active {
            return;
        }
        let listed: BTreeSet<&AlertId> = self.facts.alerts.iter().map(|alert| &alert.id).collect();
        let unread = self.facts.unread_customers.iter();
        let unread: BTreeSet<CompanyId> = unread.filter_map(|customer| self.company_of(customer)).collect();
        // A customer's units are its own.
        let is_read =
            |link: &&AlertLink| self.company_of(&link.alert.tenant).is_none_or(|company| !unread.contains(&company));
        let active = || self.plan.links.values().filter(|link| link.alert.is_active()).filter(is_read);
        let of = active().count();
        let gone = |link: &&AlertLink| !listed.contains(&link.alert.id);
        let missing: Vec<AlertId> = active().filter(gone).map(|link| link.alert.id.clone()).collect();
        let holds = &self.terms.mapping.settings.holds;
        let (count, percent) = (holds.vanished_count as usize, holds.vanished_percent as usize);
        if holds.vanished && missing.len() > count && missing.len() * 100 > of * percent {
            let what = AlertWhat::AlertsVanished { missing: missing.len(), of };
            self.plan.findings.push(Finding::of_connection(What::Alert(what)));
            return;
        }
        let missing: BTreeSet<AlertId> = missing.into_iter().collect();
        let links = self.plan.links.values_mut().filter(|link| missing.contains(&link.alert.id));
        links.for_each(|link| link.is_missing(self.terms.now));
    }

    /// An alert that comes back under a new id goes on with the ticket of the one it was (T2).
    pub(crate) fn recognise(&mut self) {
        let is_new = |link: &&AlertLink| link.ticket.is_none() && link.sent.is_none() && link.alert.is_active();
        let mut new: Vec<&AlertLink> = self.plan.links.values().filter(is_new).collect();
        new.sort_by_key(|link| (link.alert.raised_at, link.alert.id.clone()));
        let mut earlier: BTreeMap<String, Vec<&AlertLink>> = BTreeMap::new();
        for link in self.plan.links.values() {
            if !link.alert.is_active() && link.ticket.is_some() && link.sent.is_none() {
                earlier.entry(link.alert.recurrence()).or_default().push(link);
            }
        }
        // The latest is taken first.
        earlier.values_mut().for_each(|links| links.sort_by_key(|link| (link.alert.raised_at, link.alert.id.clone())));
        let mut pairs = Vec::new();
        for link in new {
            let known = earlier.get_mut(&link.alert.recurrence());
            let Some(known) = known.filter(|known| known.last().is_some_and(|one| came_before(one, link))) else {
                continue;
            };
            pairs.extend(known.pop().map(|known| (known.alert.id.clone(), link.alert.id.clone())));
        }
        for (known, new) in pairs {
            let known = self.plan.links.remove(&known);
            if let (Some(known), Some(new)) = (known, self.plan.links.get_mut(&new)) {
                (new.ticket, new.tickets, new.company) = (known.ticket, known.tickets, known.company);
                (new.was_cleared, new.settled) = (true, false);
            }
        }
    }
}

fn came_before(known: &AlertLink, new: &AlertLink) -> bool {
    known.alert.raised_at < new.alert.raised_at && known.alert.id != new.alert.id
}

/// Each alert once, as it was last: pages may show one twice.
fn newest(alerts: &[Alert]) -> BTreeMap<&AlertId, &Alert> {
    let mut newest: BTreeMap<&AlertId, &Alert> = BTreeMap::new();
    for alert in alerts {
        let known = newest.entry(&alert.id).or_insert(alert);
        let order = |alert: &Alert| (alert.updated_at, alert.cleared_at);
        if (order(alert), alert) > (order(known), *known) {
            *known = alert;
        }
    }
    newest
}
