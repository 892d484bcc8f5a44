//! A run for quotas as the job makes it: plan, change what is to be changed, remember. The rules are the crate's.

use super::prepaid::{Buyer, CLOUD, PC, Prepaid, SERVER};
use super::tenant;
use jiff::Timestamp;
use shared::contract::Service;
use shared::facts::Terms;
use shared::ids::{ApplicationId, CompanyId, ServiceId, TenantId};
use shared::mapping::CustomerLink;
use shared::new_tenant::plan_customer;
use shared::plan::{Action, HoldReason, Plan};
use shared::quota_change::{ItemSetting, QuotaChange};
use shared::quota_facts::{QuotaFacts, QuotaState, QuotaTerms};
use shared::quota_guard::{QuotaGuard, quota_states_after, state_of_new};
use shared::quota_plan::QuotaPlan;
use shared::usage::ItemKind;
use std::collections::{BTreeMap, BTreeSet};

fn reordered<T: Clone>(things: &[T], order: u64) -> Vec<T> {
    let mut numbered: Vec<(u64, T)> = things.iter().cloned().zip(1..).map(|(thing, at)| (at, thing)).collect();
    if order > 0 {
        numbered.sort_by_key(|(at, _)| at * order % 10_007);
    }
    numbered.into_iter().map(|(_, thing)| thing).collect()
}

fn service(id: ServiceId) -> Service {
    let name = match id {
        SERVER => "Server".to_owned(),
        PC => "PC".to_owned(),
        CLOUD => "Cloud Storage".to_owned(),
        ServiceId(number) => format!("Service {number}"),
    };
    Service { id, name, active: true, period: None, unit_price: None, external_id: None }
}

/// The changes of quotas in a plan, made or held.
pub(crate) fn quotas(plan: &Plan) -> Vec<&QuotaChange> {
    let all = plan.changes.iter().chain(plan.held.iter().map(|held| &held.change));
    all.filter_map(|change| match &change.action {
        Action::SetQuota(quota) => Some(quota.as_ref()),
        _ => None,
    })
    .collect()
}

pub(crate) fn reasons(plan: &Plan) -> Vec<HoldReason> {
    plan.held.iter().flat_map(|held| held.reasons.clone()).collect()
}

impl Prepaid {
    pub(crate) fn now(&self) -> Timestamp {
        let start = self.today.at(4, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).expect("UTC has every moment");
        start.timestamp() + jiff::SignedDuration::from_mins(self.minutes)
    }

    fn terms(&self) -> QuotaTerms<'_> {
        let mut common = Terms::new(&self.connection, &self.mapping, self.today, self.now());
        common.bundles_holding = self.bundles_holding.clone();
        common.services = common.products.keys().map(|id| (*id, service(*id))).collect();
        let applications = vec![ApplicationId::new("backup")];
        QuotaTerms { common, mapping: &self.mapping, near: self.near.clone(), applications }
    }

    fn facts(&self, company: CompanyId) -> QuotaFacts {
        let Buyer { company: seen, tenant, items, usage, refusal, contracts, lines, rows, bundles, .. } =
            self.buyers[&company].clone();
        let buyer = &self.buyers[&company];
        // As the vendor does it: what is on and counted has a row, if only of nothing.
        let counted = items.iter().filter(|given| given.item.kind != ItemKind::Feature);
        let on = counted.filter(|given| given.grant.is_on() && !buyer.silent.contains(&given.item.key));
        let mut usage: BTreeMap<_, _> = on.map(|given| (given.item.key.clone(), 0)).chain(usage).collect();
        usage.retain(|key, _| !buyer.silent.contains(key));
        QuotaFacts {
            customer: self.mapping.customers[&company].clone(),
            company: seen,
            tenant,
            items: reordered(&items, self.order),
            usage: refusal.map_or(Ok(usage), Err),
            contracts: reordered(&contracts, self.order),
            lines: reordered(&lines, self.order),
            rows: reordered(&rows, self.order),
            bundles: reordered(&bundles, self.order),
            state: buyer.state.clone(),
            creation: buyer.creation.clone(),
            contact: buyer.contact.clone(),
        }
    }

    fn remembered(&self) -> BTreeMap<CompanyId, QuotaState> {
        self.buyers.iter().filter_map(|(id, buyer)| Some((*id, buyer.state.clone()?))).collect()
    }

    /// The plan as it is now; nothing is remembered.
    pub(crate) fn plan(&self) -> Plan {
        self.look().0
    }

    pub(crate) fn look(&self) -> (Plan, Vec<QuotaPlan>) {
        let terms = self.terms();
        let looked_at = |company: &&CompanyId| self.scope.is_empty() || self.scope.contains(company);
        let companies: Vec<CompanyId> = self.buyers.keys().filter(looked_at).copied().collect();
        let plan_of = |company: CompanyId| plan_customer(&self.facts(company), &terms);
        let mut plans: Vec<QuotaPlan> = reordered(&companies, self.order).into_iter().map(plan_of).collect();
        let states = self.remembered();
        let plan = QuotaGuard { terms: &terms, states: &states, approvals: self.approvals.clone() }.plan(&mut plans);
        (plan, plans)
    }

    /// The plan as a run makes it that goes on from a first plan that was approved as it is, and whether it does.
    pub(crate) fn opens(&self, everybody: bool) -> (Plan, bool) {
        let (mut plan, _) = self.look();
        let (terms, states) = (self.terms(), self.remembered());
        let guard = QuotaGuard { terms: &terms, states: &states, approvals: self.approvals.clone() };
        let opens = guard.open_first(&mut plan, everybody);
        (plan, opens)
    }

    /// Approves everything the plan shows.
    pub(crate) fn approve(&mut self, plan: &Plan) -> &mut Self {
        self.connection.first_quotas_approved = true;
        let parts = plan.run_hold.iter().flat_map(|hold| hold.parts.iter().map(String::as_str));
        self.approvals.extend(plan.approvable().chain(parts).map(|id| (id.to_owned(), "ada".to_owned())));
        self
    }

    /// One run that writes.
    pub(crate) fn run(&mut self) -> Plan {
        let (plan, plans) = self.look();
        let made: BTreeSet<String> = plan.changes.iter().map(|change| change.id.clone()).collect();
        let counts = self.connection.first_quotas_approved;
        for state in quota_states_after(&plans, &plan, counts, &made, &self.remembered()) {
            self.of = state.company;
            self.it().state = Some(state);
        }
        for change in &plan.changes {
            match &change.action {
                Action::SetQuota(quota) => {
                    self.of = quota.company;
                    self.set(&quota.setting);
                }
                Action::CreateTenant(new) => {
                    self.of = new.company;
                    let made = tenant(&format!("tenant-{}", new.company), &new.name);
                    new.items.iter().for_each(|setting| self.set(setting));
                    let customer = plans.iter().find(|one| one.company == new.company).expect("it was planned");
                    self.it().state = Some(state_of_new(customer, new, &made.id));
                    self.it().tenant = Some(made);
                    let tenant = TenantId::new(format!("tenant-{}", new.company));
                    self.linked(CustomerLink::Mapped { tenant, tenant_name: new.name.clone() });
                }
                Action::DisableTenant(disable) => {
                    self.of = disable.company;
                    self.it().tenant.as_mut().expect("there is one to disable").enabled = false;
                }
                other => panic!("nothing that a run for quotas does: {other:?}"),
            }
        }
        plan
    }

    /// What Acronis does: a stale version is refused.
    fn set(&mut self, setting: &ItemSetting) {
        let given = self.it().items.iter_mut().find(|given| given.item.key == setting.key).expect("the item is there");
        assert_eq!((given.grant, given.version), (setting.before, setting.version), "what was read is sent back");
        (given.grant, given.version) = (setting.after, given.version + 1);
    }
}
