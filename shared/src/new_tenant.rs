//! New tenants (P1 to P3): who gets one, what it is given, and when a person has to say first. A tenant that a
//! stopped run left incomplete is completed. Quotas of tenants that are there are `quota_plan`'s.

use crate::finding::PrepaidWhat;
use crate::fingerprint;
use crate::ids::ApplicationId;
use crate::mapping::CustomerLink;
use crate::plan::Action;
use crate::quota::Grant;
use crate::quota_change::{Because, NewTenant};
use crate::quota_facts::{QuotaFacts, QuotaTerms};
use crate::quota_plan::{ProposedQuota, QuotaPlan, QuotaPlanner, plan_quotas};
use crate::sold::{sales, unclear_contract};
use crate::usage::ItemKey;
use crate::wishes::Wish;
use std::collections::{BTreeMap, BTreeSet};

/// Plans one customer: its quotas, or its tenant where that is not there or not complete yet.
pub fn plan_customer(facts: &QuotaFacts, terms: &QuotaTerms<'_>) -> QuotaPlan {
    if facts.customer.tenant().is_some() && !facts.is_incomplete(terms) {
        plan_quotas(facts, terms)
    } else {
        plan_new_tenant(facts, terms)
    }
}

/// Plans the tenant of a company that has none, or whose tenant is not complete yet.
pub fn plan_new_tenant(facts: &QuotaFacts, terms: &QuotaTerms<'_>) -> QuotaPlan {
    let mut planner = QuotaPlanner::new(facts, terms);
    planner.plan_tenant();
    planner.plan
}

impl QuotaPlanner<'_> {
    fn plan_tenant(&mut self) {
        let (facts, terms) = (self.facts, self.terms);
        if matches!(facts.customer.link, CustomerLink::Ignored { .. }) {
            return;
        }
        let buys = !sales(facts, terms).by_service.is_empty();
        if !facts.company.as_ref().is_some_and(|company| company.active) {
            return;
        }
        if !buys {
            if facts.customer.link == CustomerLink::ToCreate {
                self.found_prepaid(PrepaidWhat::TenantWithoutContract);
            }
            return;
        }
        if let Some((_, what)) = unclear_contract(facts, terms) {
            return self.found(what);
        }
        if !facts.wants_tenant(terms) {
            if matches!(facts.customer.link, CustomerLink::Unmapped { .. }) {
                self.found_prepaid(PrepaidWhat::ContractWithoutTenant);
            }
            return;
        }
        if facts.tenant.is_none() && self.must_wait() {
            return;
        }
        let new = self.new_tenant();
        let id = new.id(facts.company.as_ref());
        if let Some(text) = facts.creation.as_ref().and_then(|sent| sent.refusal(&id, terms.common.today)) {
            return self.found_prepaid(PrepaidWhat::TenantRefused { text: text.to_owned() });
        }
        self.plan.has_quotas = true;
        let action = Action::CreateTenant(Box::new(new));
        self.plan.proposed.push(ProposedQuota { id, action, reasons: Vec::new() });
    }

    /// Whether a tenant may not be created now: one with its name is there, or one may be on its way.
    fn must_wait(&mut self) -> bool {
        let (facts, common) = (self.facts, &self.terms.common);
        let settle_minutes = common.settings.settle_minutes;
        if facts.creation.as_ref().is_some_and(|sent| sent.may_arrive(common.now, settle_minutes)) {
            self.found_prepaid(PrepaidWhat::TenantUnanswered);
            return true;
        }
        // The operator who asks for a new one has seen the others.
        let asked_for = facts.customer.link == CustomerLink::ToCreate;
        let near = self.terms.near.get(&facts.customer.company).filter(|near| !asked_for && !near.is_empty());
        let Some(near) = near else { return false };
        let tenants = near.iter().map(|tenant| (tenant.id.clone(), tenant.name.clone())).collect();
        self.found_prepaid(PrepaidWhat::TenantWithItsName { tenants });
        true
    }

    fn new_tenant(&mut self) -> NewTenant {
        let (facts, terms) = (self.facts, self.terms);
        let settings = &terms.common.settings.new_tenants;
        let wishes = self.wishes(true);
        let mut items = self.settings(&wishes);
        // One that is there already may be in use: nothing in use is taken from it here (Q5).
        items.retain(|setting| !setting.after.is_less_than(setting.before) || self.is_unused(&setting.key));
        let known: BTreeSet<&ApplicationId> = terms.applications.iter().collect();
        let given = items.iter().filter(|setting| setting.after != Grant::Off).map(|setting| &setting.key.application);
        let applications: BTreeSet<ApplicationId> = given.filter(|one| known.contains(one)).cloned().collect();
        if settings.administrator && facts.contact.is_none() {
            self.found_prepaid(PrepaidWhat::NoContact);
        }
        NewTenant {
            company: facts.customer.company,
            name: facts.name().trim().to_owned(),
            tag: terms.tag(facts.customer.company),
            parent: terms.common.connection.tenant.clone(),
            tenant: facts.tenant.as_ref().map(|tenant| tenant.id.clone()),
            applications: applications.into_iter().collect(),
            mapped_as: wishes.keys().map(|key| (format!("{} {key}", key.application), self.row_as(key))).collect(),
            promised: promised(&wishes),
            items,
            two_factor: settings.two_factor,
            trial: settings.trial,
            administrator: facts.contact.clone().filter(|_| settings.administrator),
        }
    }
}

impl QuotaPlanner<'_> {
    fn is_unused(&self, key: &ItemKey) -> bool {
        self.facts.is_usage_told(key) && self.facts.used(key) == 0
    }
}

/// All that a new tenant is to have. The default storage is left out: it is left alone once it is given (Q3).
fn promised(wishes: &BTreeMap<ItemKey, Wish>) -> String {
    let given =
        wishes.iter().filter(|(_, wish)| wish.grant.gives_something() && wish.because != Because::DefaultStorage);
    fingerprint::of(&given.map(|(key, wish)| format!("{} {key} {:?}", key.application, wish.grant)).collect::<Vec<_>>())
}
