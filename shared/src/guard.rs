//! Joins the companies' plans into one and looks at the whole: the first plan (M5), new customers and
//! vanished things (H1), review mode (H2), and what a person approved. Holds; never changes a change.

use crate::creation::Creation;
use crate::facts::Terms;
use crate::finding::{Finding, What};
use crate::fingerprint;
use crate::ids::CompanyId;
use crate::kept::Seen;
use crate::mapping::{Mapping, NewService};
use crate::plan::{Action, Change, Held, HoldReason, Plan, RunHold, ServiceCreation, plan_id};
use crate::run::Job;
use crate::usage_plan::{CompanyPlan, Proposed};
use crate::vanished::{Vanished, gone};
use std::collections::BTreeMap;

/// Who approved which id.
pub type Approvals = BTreeMap<String, String>;

/// What the guard knows besides the companies' plans.
#[derive(Debug)]
pub struct Guard<'a> {
    /// The terms of the run.
    pub terms: &'a Terms<'a>,
    /// The operator's mapping.
    pub mapping: &'a Mapping,
    /// Whether the companies are everybody.
    pub everybody: bool,
    /// What was there at the last run that counted, by company.
    pub seen_before: BTreeMap<CompanyId, Seen>,
    /// What people approved.
    pub approvals: Approvals,
    /// Services whose creation was sent before, by external id.
    pub creations: BTreeMap<String, Creation>,
}

impl Guard<'_> {
    /// The plan of the run. Takes the proposed changes out of the companies' plans; what is left there is
    /// for the record.
    pub fn plan(&self, companies: &mut [CompanyPlan]) -> Plan {
        companies.sort_unstable_by_key(|company| company.company);
        let run_hold = self.run_hold(companies);
        let run_held = run_hold.as_ref().is_some_and(|hold| !self.approvals.contains_key(&hold.id));
        let mut plan = Plan {
            id: String::new(),
            job: Job::UsageSync,
            connection: self.terms.connection.id.clone(),
            today: self.terms.today,
            changes: Vec::new(),
            held: Vec::new(),
            run_hold: run_hold.filter(|_| run_held),
            waiting: Vec::new(),
            findings: self.findings(),
            right: 0,
        };
        for (change, reasons) in self.service_creations(&mut plan.findings) {
            self.sort_in(&mut plan, change, reasons, run_held);
        }
        for company in companies.iter_mut() {
            let new_customer = self.is_new(company);
            for proposed in std::mem::take(&mut company.proposed) {
                let (change, mut reasons) = change_of(proposed);
                reasons.extend(Some(HoldReason::NewCustomer).filter(|_| new_customer));
                self.sort_in(&mut plan, change, reasons, run_held);
            }
            plan.waiting.append(&mut company.waiting);
            plan.findings.append(&mut company.findings);
            plan.right += company.right;
        }
        plan.findings.sort();
        plan.findings.dedup();
        plan.id = plan_id(plan.approvable());
        plan
    }

    /// Lets the first plan go on that a person approved as it is, and says whether it was (M5). One that differs in
    /// anything has another id, and waits.
    pub fn open_first(&self, plan: &mut Plan) -> bool {
        self.everybody && !self.terms.connection.first_plan_approved && open(plan, &self.approvals)
    }

    /// Whether the customer waits once: mapped after the first plan was approved and not seen since, or
    /// mapped to another tenant.
    fn is_new(&self, company: &CompanyPlan) -> bool {
        let known = self.seen_before.contains_key(&company.company) && !company.remapped;
        self.terms.settings.holds.new_customers && self.terms.connection.first_plan_approved && !known
    }

    fn sort_in(&self, plan: &mut Plan, mut change: Change, mut reasons: Vec<HoldReason>, run_held: bool) {
        let whole = [
            (!self.terms.connection.first_plan_approved, HoldReason::FirstPlan),
            (self.terms.settings.review_mode, HoldReason::ReviewMode),
            (run_held, HoldReason::WholeRun),
        ];
        reasons.extend(whole.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason));
        change.approved_by = self.approvals.get(&change.id).cloned();
        // Approving one change opens neither gate: each is approved by itself (M5, H1).
        let gate_closed = !self.terms.connection.first_plan_approved || run_held;
        if reasons.is_empty() || (change.approved_by.is_some() && !gate_closed) {
            plan.changes.push(change);
        } else {
            reasons.sort();
            plan.held.push(Held { change, reasons });
        }
    }

    fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let products = self.mapping.products.values().filter(|row| row.service.is_some()).count();
        let customers = self.mapping.mapped_customers().count();
        if products == 0 || !self.has_customers() {
            findings.push(Finding::of_connection(What::NothingMapped { products, customers }));
        }
        // Without a customer nothing was read of Autotask, and nothing can be said of its services.
        let sold = self.terms.products.iter().filter(|_| customers > 0);
        for (service, product) in sold {
            if !self.terms.services.get(service).is_some_and(|service| service.active) {
                let items = product.rows.iter().map(|row| row.item.key.clone()).collect();
                findings.push(Finding::of_connection(What::ServiceGone { service: *service, items }));
            }
        }
        findings
    }

    /// Whether there is anybody to bill (M5).
    fn has_customers(&self) -> bool {
        self.terms.settings.automatic_provisioning || self.mapping.mapped_customers().next().is_some()
    }

    fn service_creations(&self, findings: &mut Vec<Finding>) -> Vec<(Change, Vec<HoldReason>)> {
        let mut creations = Vec::new();
        if !self.has_customers() {
            return creations;
        }
        for (service, items) in self.mapping.services_to_create() {
            let id = service_creation_id(service);
            let sent_before = self.creations.get(&service.external_id());
            if let Some(text) = sent_before.and_then(|creation| creation.refusal(&id, self.terms.today)) {
                let what = What::ServiceRefused { service_name: service.name.clone(), text: text.to_owned() };
                findings.push(Finding::of_connection(what));
                continue;
            }
            let creation = ServiceCreation { service: service.clone(), items: items.into_iter().cloned().collect() };
            creations.push((Change { id, approved_by: None, action: Action::CreateService(creation) }, Vec::new()));
        }
        creations
    }

    /// Whether so much vanished that a permission may have been lost at a vendor (H1).
    fn run_hold(&self, companies: &[CompanyPlan]) -> Option<RunHold> {
        if !self.everybody {
            return None; // A few say nothing about the whole; the next run for everybody looks at it.
        }
        let mut vanished = Vanished::default();
        for company in companies {
            if let Some(before) = self.seen_before.get(&company.company) {
                vanished.were_there(before);
                vanished.are_gone(&gone(company.company, before, &company.seen, &company.want_none));
            }
        }
        vanished.run_hold(&self.terms.settings.holds)
    }
}

/// Lets a first plan go on where its id was approved, and says whether it was.
pub(crate) fn open(plan: &mut Plan, approvals: &Approvals) -> bool {
    let cannot_start = plan.findings.iter().any(Finding::keeps_from_starting);
    if cannot_start || !approvals.contains_key(&plan.id) {
        return false;
    }
    for mut held in std::mem::take(&mut plan.held) {
        held.reasons.retain(|reason| *reason != HoldReason::FirstPlan);
        if held.reasons.is_empty() || held.change.approved_by.is_some() {
            plan.changes.push(held.change);
        } else {
            plan.held.push(held);
        }
    }
    true
}

fn change_of(proposed: Proposed) -> (Change, Vec<HoldReason>) {
    let id = proposed.adjustment.id(proposed.writes_before);
    let change = Change { id, approved_by: None, action: Action::Adjust(Box::new(proposed.adjustment)) };
    (change, proposed.reasons)
}

fn service_creation_id(service: &NewService) -> String {
    fingerprint::of(&[
        "create service".to_owned(),
        service.external_id(),
        service.billing_code.to_string(),
        service.unit_price.to_string(),
    ])
}
