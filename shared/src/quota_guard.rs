//! Joins the customers' quota plans into one and looks at the whole: the first plan (M5), new customers and
//! vanished things (H1), review mode (H2), and what a person approved. Holds; never changes a change.

use crate::finding::{Finding, What};
use crate::guard::{Approvals, open};
use crate::held::of_what;
use crate::ids::{CompanyId, TenantId};
use crate::kept::Seen;
use crate::mapping::CustomerLink;
use crate::plan::{Action, Change, Held, HoldReason, Plan, RunHold, plan_id};
use crate::quota_facts::{KnownQuota, QuotaState, QuotaTerms};
use crate::quota_plan::{ProposedQuota, QuotaPlan, mapped_as};
use crate::run::Job;
use crate::vanished::{Gone, Vanished, gone};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// What the guard knows besides the customers' plans.
#[derive(Debug)]
pub struct QuotaGuard<'a> {
    /// The terms of the run.
    pub terms: &'a QuotaTerms<'a>,
    /// What is remembered of everybody, of those too who are not looked at.
    pub states: &'a BTreeMap<CompanyId, QuotaState>,
    /// What people approved.
    pub approvals: Approvals,
}

impl QuotaGuard<'_> {
    /// The plan of the run. Takes the proposed changes out of the customers' plans; what is left there is for
    /// the record.
    pub fn plan(&self, customers: &mut [QuotaPlan]) -> Plan {
        customers.sort_by_key(|customer| customer.company);
        let connection = self.terms.common.connection;
        let run_hold = self.run_hold(customers);
        let mut plan = Plan {
            id: String::new(),
            job: Job::ContractChanged,
            connection: connection.id.clone(),
            today: self.terms.common.today,
            changes: Vec::new(),
            held: Vec::new(),
            run_hold,
            waiting: Vec::new(),
            findings: self.findings(),
            right: 0,
        };
        let starts = plan.findings.is_empty();
        for customer in customers.iter_mut() {
            let is_new = self.is_new(customer);
            customer.is_agreed = self.gone_of(customer).into_iter().any(|gone| self.is_agreed(gone));
            // Without a product every item would be one that is not sold (M5).
            for proposed in std::mem::take(&mut customer.proposed).into_iter().filter(|_| starts) {
                self.sort_in(&mut plan, proposed, is_new);
            }
            plan.findings.append(&mut customer.findings);
            plan.right += customer.right;
        }
        plan.findings.sort();
        plan.findings.dedup();
        // Of nothing, too, it is another one than that of the plan of units.
        plan.id = plan_id(std::iter::once(of_what(Job::ContractChanged)).chain(plan.approvable()));
        plan
    }

    /// Lets the first plan go on that a person approved as it is, and says whether it was (M5). One that differs in
    /// anything has another id, and waits; one of a few is not the whole.
    pub fn open_first(&self, plan: &mut Plan, everybody: bool) -> bool {
        everybody && !self.terms.common.connection.first_quotas_approved && open(plan, &self.approvals)
    }

    /// Whether so much vanished that a permission may have been lost at a vendor (H1): of all customers together,
    /// by what this run misses of some and earlier ones, today and yesterday, missed of others.
    fn run_hold(&self, customers: &[QuotaPlan]) -> Option<RunHold> {
        let today = self.terms.common.today;
        let mut vanished = Vanished::default();
        for state in self.states.values() {
            state.seen.iter().for_each(|seen| vanished.were_there(seen));
            let lately = lately(&state.vanished, today).map(|(gone, _)| gone).filter(|gone| !self.is_agreed(*gone));
            vanished.went_before(&lately.collect::<Vec<_>>());
        }
        for customer in customers {
            let gone = self.gone_of(customer).into_iter().filter(|gone| !self.is_agreed(*gone));
            vanished.are_gone(&gone.collect::<Vec<_>>());
        }
        vanished.run_hold(&self.terms.common.settings.holds)
    }

    fn gone_of(&self, customer: &QuotaPlan) -> Vec<Gone> {
        let before = self.states.get(&customer.company).and_then(|state| state.seen.as_ref());
        let gone = |before: &Seen| gone(customer.company, before, &customer.seen, &BTreeSet::new());
        before.map(gone).unwrap_or_default()
    }

    /// Whether a person approved that it is gone.
    fn is_agreed(&self, gone: Gone) -> bool {
        self.approvals.contains_key(&gone.id())
    }

    fn findings(&self) -> Vec<Finding> {
        let mapping = self.terms.mapping;
        let products = mapping.products.values().filter(|row| row.service.is_some()).count();
        let customers = mapping.mapped_customers().count();
        let asked_for = mapping.customers.values().any(|row| row.link == CustomerLink::ToCreate);
        let nobody = customers == 0 && !asked_for && !self.terms.common.settings.automatic_provisioning;
        let nothing = Finding::of_connection(What::NothingMapped { products, customers });
        Some(nothing).filter(|_| products == 0 || nobody).into_iter().collect()
    }

    /// Whether the customer waits once: mapped after the first plan was approved and not seen since (H1). Who
    /// gets a new tenant has nothing to lose.
    fn is_new(&self, customer: &QuotaPlan) -> bool {
        let known = customer.state.as_ref().is_some_and(|state| state.seen.is_some());
        self.terms.common.settings.holds.new_customers && self.terms.common.connection.first_quotas_approved && !known
    }

    fn sort_in(&self, plan: &mut Plan, proposed: ProposedQuota, is_new: bool) {
        let ProposedQuota { id, action, mut reasons } = proposed;
        let first = !self.terms.common.connection.first_quotas_approved;
        let run_held = plan.run_hold.is_some();
        let is_new = is_new && !matches!(action, Action::CreateTenant(_));
        let whole = [
            (first, HoldReason::FirstPlan),
            (is_new, HoldReason::NewCustomer),
            (self.terms.common.settings.review_mode, HoldReason::ReviewMode),
            (run_held, HoldReason::WholeRun),
        ];
        reasons.extend(whole.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason));
        let approved_by = self.approvals.get(&id).cloned();
        let gate_closed = first || run_held; // Approving one change opens neither gate (M5, H1).
        let is_approved = approved_by.is_some() && !gate_closed;
        let change = Change { id, approved_by, action };
        if reasons.is_empty() || is_approved {
            plan.changes.push(change);
        } else {
            reasons.sort();
            plan.held.push(Held { change, reasons });
        }
    }
}

/// What is remembered of the customers after a run that writes, as far as it changes. `made` are the ids of the
/// changes that were made. What was there counts only where the run does (H1).
pub fn quota_states_after(
    customers: &[QuotaPlan],
    plan: &Plan,
    counts: bool,
    made: &BTreeSet<String>,
    before: &BTreeMap<CompanyId, QuotaState>,
) -> Vec<QuotaState> {
    let counts = counts && plan.run_hold.is_none();
    let waits = |company: CompanyId| {
        let of_company = plan.held.iter().filter(|held| crate::plan::company_of(&held.change) == Some(company));
        let unseen = [HoldReason::NewCustomer, HoldReason::LosesEverything];
        of_company.clone().any(|held| held.reasons.iter().any(|reason| unseen.contains(reason)))
    };
    let after = |customer: &QuotaPlan| {
        let mut state = state_with_made(customer, plan, made)?;
        let seen = before.get(&customer.company).and_then(|state| state.seen.clone());
        let seen = seen.filter(|_| before.get(&customer.company).is_some_and(|known| known.tenant == state.tenant));
        // Who was seen before is seen as it is now, so that what vanished is counted in one run only.
        let is_looked_at = customer.has_quotas || seen.is_some();
        if counts && is_looked_at && !waits(customer.company) {
            let nothing = Seen::default();
            let missed = gone(customer.company, seen.as_ref().unwrap_or(&nothing), &customer.seen, &BTreeSet::new());
            let earlier = lately(&state.vanished, plan.today);
            let all = earlier.chain(missed.into_iter().map(|gone| (gone, plan.today)));
            state.vanished = all.filter(|_| !customer.is_agreed).collect();
            state.seen = Some(customer.seen.clone());
        } else {
            state.seen = seen;
        }
        (before.get(&customer.company) != Some(&state)).then_some(state)
    };
    customers.iter().filter_map(after).collect()
}

/// What vanished today or yesterday: a day's looks at everybody together.
fn lately(vanished: &[(Gone, Date)], today: Date) -> impl Iterator<Item = (Gone, Date)> {
    let since = today.yesterday().unwrap_or(today);
    vanished.iter().copied().filter(move |(_, on)| since <= *on)
}

fn state_with_made(customer: &QuotaPlan, plan: &Plan, made: &BTreeSet<String>) -> Option<QuotaState> {
    let mut state = customer.state.clone()?;
    let mut quotas: BTreeMap<_, KnownQuota> =
        state.quotas.into_iter().map(|known| (known.key.clone(), known)).collect();
    for change in plan.changes.iter().filter(|change| made.contains(&change.id)) {
        if let Action::DisableTenant(disable) = &change.action {
            state.disables += u32::from(disable.company == customer.company);
        }
        let Action::SetQuota(quota) = &change.action else { continue };
        if quota.company != customer.company {
            continue;
        }
        let key = &quota.setting.key;
        let writes = quotas.get(key).map_or(0, |known| known.writes) + 1;
        let (mapped_as, pay_as_you_go) = (quota.mapped_as.clone(), quota.because.is_pay_as_you_go());
        quotas.insert(key.clone(), KnownQuota { key: key.clone(), mapped_as, pay_as_you_go, writes });
    }
    state.quotas = quotas.into_values().collect();
    Some(state)
}

/// What is remembered of a customer whose tenant was just completed.
pub fn state_of_new(customer: &QuotaPlan, new: &crate::quota_change::NewTenant, tenant: &TenantId) -> QuotaState {
    let mut state = QuotaState::new(customer.company, tenant.clone());
    state.seen = Some(Seen { tenant: true, ..customer.seen.clone() });
    let known = |setting: &crate::quota_change::ItemSetting| {
        let key = setting.key.clone();
        let row_as = new.mapped_as.get(&format!("{} {key}", key.application)).cloned().unwrap_or_default();
        let mapped_as = mapped_as(tenant.as_str(), &row_as);
        KnownQuota { key, mapped_as, pay_as_you_go: false, writes: 1 }
    };
    state.quotas = new.items.iter().map(known).collect();
    state
}
