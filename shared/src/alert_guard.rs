//! Makes the plan of a run from what alerts lead to, and looks at the whole: the first plan (M5, T8), review mode (H2),
//! and what a person approved. Holds; never changes a change.

use crate::alert_finding::AlertWhat;
use crate::alert_plan::{AlertPlan, AlertTerms};
use crate::finding::{Finding, What};
use crate::guard::{Approvals, open};
use crate::held::of_what;
use crate::plan::{Action, Change, Held, HoldReason, Plan, plan_id};
use crate::run::Job;

/// What the guard knows besides what alerts lead to.
#[derive(Debug)]
pub struct AlertGuard<'a> {
    /// The terms of the run.
    pub terms: &'a AlertTerms<'a>,
    /// The job: `AlertSync`, or `TicketChanged`.
    pub job: Job,
    /// What people approved.
    pub approvals: Approvals,
}

impl AlertGuard<'_> {
    /// The plan of the run. Takes the proposed changes out of `alerts`; what is left there is for the record.
    pub fn plan(&self, alerts: &mut AlertPlan) -> Plan {
        let connection = self.terms.connection;
        let mut plan = Plan {
            id: String::new(),
            job: self.job,
            connection: connection.id.clone(),
            today: self.terms.today,
            changes: Vec::new(),
            held: Vec::new(),
            run_hold: None,
            waiting: Vec::new(),
            findings: self.findings(alerts),
            right: alerts.right,
        };
        plan.findings.append(&mut alerts.findings);
        for change in std::mem::take(&mut alerts.proposed) {
            self.sort_in(&mut plan, change);
        }
        // Of nothing, too, it is another one than those of units and quotas.
        plan.id = plan_id(std::iter::once(of_what(self.job)).chain(plan.approvable()));
        plan
    }

    /// Lets the first plan go on that a person approved as it is, and says whether it was (M5). One that differs in
    /// anything has another id, and waits; one of what changed alone is not the whole.
    pub fn open_first(&self, plan: &mut Plan, alerts: &AlertPlan) -> bool {
        let is_first = alerts.of_all && !self.terms.connection.first_tickets_approved;
        let opens = is_first && self.job == Job::AlertSync && open(plan, &self.approvals);
        if opens {
            let of_first = |finding: &Finding| matches!(finding.what, What::Alert(AlertWhat::AtSwitchOn { .. }));
            plan.findings.retain(|finding| !of_first(finding));
        }
        opens
    }

    fn findings(&self, alerts: &AlertPlan) -> Vec<Finding> {
        let mapping = self.terms.mapping;
        let (enabled, customers) = (mapping.settings.tickets.enabled, mapping.mapped_customers().count());
        let what = if !self.terms.can_start() {
            AlertWhat::TicketsNotStarted { enabled, customers }
        } else if !self.terms.connection.first_tickets_approved && alerts.of_all {
            let tickets = alerts.proposed.iter().filter(|change| matches!(change.action, Action::CreateTicket(_)));
            let (since, tickets) = (self.terms.tickets_since, tickets.count());
            AlertWhat::AtSwitchOn { since, tickets, passed_over: alerts.passed_over }
        } else {
            return Vec::new();
        };
        vec![Finding::of_connection(What::Alert(what))]
    }

    fn sort_in(&self, plan: &mut Plan, mut change: Change) {
        let first = !self.terms.connection.first_tickets_approved;
        let reasons =
            [(first, HoldReason::FirstPlan), (self.terms.mapping.settings.review_mode, HoldReason::ReviewMode)];
        let reasons: Vec<HoldReason> =
            reasons.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason).collect();
        change.approved_by = self.approvals.get(&change.id).cloned();
        // Approving one change does not open the gate: the first plan is approved by itself (M5).
        if reasons.is_empty() || (change.approved_by.is_some() && !first) {
            plan.changes.push(change);
        } else {
            plan.held.push(Held { change, reasons });
        }
    }
}
