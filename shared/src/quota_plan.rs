//! The quotas of one customer: from what it bought to what its tenant may use (Q1 to Q7, C1, C2, C4). Customers
//! are independent; `quota_guard` joins them. Tenants that are not there yet are `new_tenant`'s.

use crate::contract::{Billing, Contract};
use crate::finding::{Finding, PrepaidWhat, What};
use crate::fingerprint;
use crate::ids::{CompanyId, ContractId, LineId, TenantId};
use crate::kept::Seen;
use crate::plan::{Action, HoldReason};
use crate::quota::GivenItem;
use crate::quota_change::{DisableTenant, ItemSetting, QuotaChange};
use crate::quota_facts::{KnownQuota, QuotaFacts, QuotaState, QuotaTerms};
use crate::sold::unclear_contract;
use crate::usage::{ItemKey, ItemKind};
use crate::wishes::{Wish, service_of};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// What is to become of one customer.
#[derive(Debug, Clone)]
pub struct QuotaPlan {
    /// Which company.
    pub company: CompanyId,
    /// Its name, for people.
    pub company_name: String,
    /// Changes, each with its id and what holds it by itself.
    pub proposed: Vec<ProposedQuota>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Items that are as they should be.
    pub right: usize,
    /// What of the customer is there now (H1).
    pub seen: Seen,
    /// Whether the customer's quotas were looked at: before that, nobody can have seen its first plan (H1).
    pub has_quotas: bool,
    /// Whether a person approved that so much vanished; set by the guard (H1).
    pub is_agreed: bool,
    /// Our memory of it as it is after this run, before changes are made; none where nothing is to be kept.
    pub state: Option<QuotaState>,
}

/// A change before the whole is looked at.
#[derive(Debug, Clone)]
pub struct ProposedQuota {
    /// Its id.
    pub id: String,
    /// The change.
    pub action: Action,
    /// What holds it by itself.
    pub reasons: Vec<HoldReason>,
}

/// Plans the quotas of one customer whose tenant is there.
pub fn plan_quotas(facts: &QuotaFacts, terms: &QuotaTerms<'_>) -> QuotaPlan {
    let mut planner = QuotaPlanner::new(facts, terms);
    if let Some(tenant) = planner.tenant_to_plan() {
        planner.plan_items(&tenant);
    }
    planner.plan
}

pub(crate) struct QuotaPlanner<'a> {
    pub(crate) facts: &'a QuotaFacts,
    pub(crate) terms: &'a QuotaTerms<'a>,
    pub(crate) plan: QuotaPlan,
}

impl<'a> QuotaPlanner<'a> {
    pub(crate) fn new(facts: &'a QuotaFacts, terms: &'a QuotaTerms<'a>) -> Self {
        let today = terms.common.today;
        let seen = Seen {
            tenant: facts.tenant.is_some(),
            contracts: facts.counting(today).map(|contract| contract.id).collect(),
            lines: lines_seen(facts, today),
        };
        let plan = QuotaPlan {
            company: facts.customer.company,
            company_name: facts.name().to_owned(),
            proposed: Vec::new(),
            findings: Vec::new(),
            right: 0,
            seen,
            has_quotas: false,
            is_agreed: false,
            state: facts.state.clone(),
        };
        Self { facts, terms, plan }
    }

    pub(crate) fn found(&mut self, what: What) {
        let (company, company_name) = (Some(self.plan.company), self.plan.company_name.clone());
        self.plan.findings.push(Finding { company, company_name, what });
    }

    pub(crate) fn found_prepaid(&mut self, what: PrepaidWhat) {
        self.found(What::Prepaid(what));
    }

    /// The tenant, where its quotas can be told; otherwise says why not, and nothing is changed.
    fn tenant_to_plan(&mut self) -> Option<TenantId> {
        let (facts, terms) = (self.facts, self.terms);
        let mapped = facts.customer.tenant()?.clone();
        let Some(tenant) = &facts.tenant else {
            let tenant_name = match &facts.customer.link {
                crate::mapping::CustomerLink::Mapped { tenant_name, .. } => tenant_name.clone(),
                _ => String::new(),
            };
            self.found(What::TenantMissing { tenant: mapped, tenant_name });
            return None;
        };
        if !facts.company.as_ref().is_some_and(|company| company.active) {
            self.found(What::CompanyMissing { tenant: mapped });
            return None;
        }
        if let Some((_, what)) = unclear_contract(facts, terms) {
            self.found(what);
            return None;
        }
        let contracts: Vec<&Contract> = facts.counting(terms.common.today).collect();
        self.remember_contracts(&mapped, contracts.is_empty());
        if !tenant.enabled {
            // Nobody needs to hear of a tenant that was disabled because its contract ended.
            if !contracts.is_empty() {
                self.found_prepaid(PrepaidWhat::TenantDisabled { tenant: mapped });
            }
            return None;
        }
        if contracts.is_empty() {
            self.without_contract(&mapped);
            return None;
        }
        if let Err(text) = &facts.usage {
            self.found(What::UsageRefused { tenant: mapped, text: text.clone() });
            return None;
        }
        Some(mapped)
    }

    fn remember_contracts(&mut self, tenant: &TenantId, none: bool) {
        let today = self.terms.common.today;
        let known = self.known_state(tenant);
        let since = known.no_contract_since.unwrap_or(today);
        self.plan.state = Some(QuotaState { no_contract_since: none.then_some(since), ..known });
    }

    /// Our memory of this tenant.
    fn known_state(&self, tenant: &TenantId) -> QuotaState {
        match self.plan.state.clone() {
            Some(state) if state.tenant == *tenant => state,
            // What was written by the mapping to another tenant waits once (H1).
            Some(other) => QuotaState { quotas: other.quotas, ..QuotaState::new(self.plan.company, tenant.clone()) },
            None => QuotaState::new(self.plan.company, tenant.clone()),
        }
    }

    /// C4: nothing changes until the setting says so, and then the tenant is disabled, never deleted.
    fn without_contract(&mut self, tenant: &TenantId) {
        let today = self.terms.common.today;
        let since = self.plan.state.as_ref().and_then(|state| state.no_contract_since).unwrap_or(today);
        let after = self.terms.common.settings.disable_after_days;
        let last_day = after.and_then(|days| since.checked_add(i64::from(days).days()).ok());
        self.found_prepaid(PrepaidWhat::NoContract { since, disabled_on: last_day });
        if last_day.is_none_or(|day| today < day) {
            return;
        }
        let items_in_use = self.facts.items_in_use();
        let (company, company_name) = (self.plan.company, self.plan.company_name.clone());
        let disable = DisableTenant { company, company_name, tenant: tenant.clone(), since, items_in_use };
        let reasons = Some(HoldReason::StillInUse { items: items_in_use }).filter(|_| items_in_use > 0);
        let disabled_before = self.known_state(tenant).disables;
        let (id, action) = (disable.id(disabled_before), Action::DisableTenant(disable));
        self.plan.proposed.push(ProposedQuota { id, action, reasons: reasons.into_iter().collect() });
    }

    fn plan_items(&mut self, tenant: &TenantId) {
        self.plan.has_quotas = true;
        let wishes = self.wishes(false);
        let settings = self.settings(&wishes);
        let loses_everything = self.loses_everything(&settings) || self.sells_nothing_any_more();
        let state = self.known_state(tenant);
        let is_remapped = self.facts.state.as_ref().is_some_and(|known| known.tenant != *tenant);
        let mut quotas: BTreeMap<ItemKey, KnownQuota> =
            state.quotas.iter().map(|known| (known.key.clone(), known.clone())).collect();
        for (key, wish) in &wishes {
            let Some(given) = self.facts.item(key) else { continue };
            let mapped_as = self.mapped_as(key);
            let known = quotas.get(key).cloned();
            let Some(setting) = settings.iter().find(|setting| setting.key == *key) else {
                self.plan.right += usize::from(given.grant == wish.grant);
                if given.grant == wish.grant {
                    let kept = known.filter(|_| !is_remapped).unwrap_or_else(|| KnownQuota {
                        key: key.clone(),
                        mapped_as,
                        pay_as_you_go: false,
                        writes: 0,
                    });
                    let pay_as_you_go = wish.because.is_pay_as_you_go();
                    quotas.insert(key.clone(), KnownQuota { pay_as_you_go, ..kept });
                }
                continue;
            };
            let change = QuotaChange {
                company: self.plan.company,
                company_name: self.plan.company_name.clone(),
                tenant: tenant.clone(),
                setting: setting.clone(),
                used: self.facts.used(key),
                because: wish.because.clone(),
                mapped_as,
            };
            let reasons = self.reasons(&change, known.as_ref(), loses_everything);
            let id = change.id(known.map_or(0, |known| known.writes));
            self.plan.proposed.push(ProposedQuota { id, action: Action::SetQuota(Box::new(change)), reasons });
        }
        self.plan.state = Some(QuotaState { quotas: quotas.into_values().collect(), ..state });
    }

    /// What has to be set so that every wish comes true.
    pub(crate) fn settings(&mut self, wishes: &BTreeMap<ItemKey, Wish>) -> Vec<ItemSetting> {
        let mut settings = Vec::new();
        for (key, wish) in wishes {
            let Some(given) = self.facts.item(key) else { continue };
            let stays_off = !given.grant.is_on() && !wish.grant.gives_something();
            if given.grant == wish.grant || stays_off {
                continue;
            }
            if given.locked && given.grant.is_on() != wish.grant.is_on() {
                self.found_prepaid(PrepaidWhat::Locked { item: self.label(key), wanted_on: wish.grant.is_on() });
                continue;
            }
            settings.push(ItemSetting {
                key: key.clone(),
                label: self.label(key),
                kind: given.item.kind,
                unit: given.item.unit,
                before: given.grant,
                after: wish.grant,
                version: given.version,
            });
        }
        settings
    }

    /// Whether nothing of what can be used now could be used afterwards: no workload, where there are any; a
    /// storage alone is of no use.
    fn loses_everything(&self, settings: &[ItemSetting]) -> bool {
        let of = |kind: ItemKind| self.facts.items.iter().filter(move |given| given.item.kind == kind);
        let usable = |kind: ItemKind| of(kind).any(|given| given.grant.gives_something());
        let after = |given: &GivenItem| {
            let changed = settings.iter().find(|setting| setting.key == given.item.key);
            changed.map_or(given.grant, |setting| setting.after)
        };
        let kind = if usable(ItemKind::Count) { ItemKind::Count } else { ItemKind::Storage };
        usable(kind) && !of(kind).any(|given| after(given).gives_something())
    }

    /// Whether lines were seen before and none is now, on contracts that count: a permission lost looks like that.
    fn sells_nothing_any_more(&self) -> bool {
        let seen = self.facts.state.as_ref().and_then(|state| state.seen.as_ref());
        let sold_before = seen.is_some_and(|seen| !seen.lines.is_empty());
        sold_before && self.plan.seen.lines.is_empty() && self.facts.bundles.is_empty()
    }

    fn reasons(&self, change: &QuotaChange, known: Option<&KnownQuota>, loses_everything: bool) -> Vec<HoldReason> {
        let settings = self.terms.common.settings;
        let ItemSetting { before, after, unit, .. } = change.setting;
        let is_less = after.is_less_than(before);
        let mut reasons = Vec::new();
        let stops = after.stops_at(change.used) && !before.stops_at(change.used);
        if (is_less || stops) && settings.quotas.hold_below_usage && after.is_below(change.used) {
            let used = crate::reckoning::amount(change.used, unit);
            reasons.push(HoldReason::BelowUsage { used });
        }
        // Absent is not zero: an item that is on has a row, if only of nothing (U2).
        // Of features it never says anything.
        let is_told = !before.is_on() || self.facts.is_usage_told(&change.setting.key);
        if is_less && settings.quotas.hold_below_usage && !is_told {
            reasons.push(HoldReason::UsageNotTold);
        }
        if is_less && loses_everything {
            reasons.push(HoldReason::LosesEverything);
        }
        if settings.holds.mapping_changes && known.is_some_and(|known| known.mapped_as != change.mapped_as) {
            reasons.push(HoldReason::MappingChanged);
        }
        let was_payg = known.is_some_and(|known| known.pay_as_you_go);
        if settings.holds.mapping_changes && was_payg && !change.because.is_pay_as_you_go() {
            reasons.push(HoldReason::NoLongerPayAsYouGo);
        }
        reasons
    }

    /// The fingerprint of what a quota follows from besides the contract: the tenant and the product row.
    pub(crate) fn mapped_as(&self, key: &ItemKey) -> String {
        let tenant = self.facts.customer.tenant().map(TenantId::to_string).unwrap_or_default();
        mapped_as(&tenant, &self.row_as(key))
    }

    /// The fingerprint of an item's product row.
    pub(crate) fn row_as(&self, key: &ItemKey) -> String {
        let row = self.terms.row(key);
        let service = row.and_then(service_of).map(|service| service.to_string()).unwrap_or_default();
        let terms = row.map(|row| format!("{} {} {}", row.free, row.unit_size, row.included)).unwrap_or_default();
        fingerprint::of(&[service, terms])
    }

    /// An item's name for people.
    pub(crate) fn label(&self, key: &ItemKey) -> String {
        self.terms.row(key).map_or_else(|| key.to_string(), |row| row.label.clone())
    }
}

/// The lines whose falling to nothing would be worth a question (H1): prepaid ones with units, and all that are
/// billed pay-as-you-go, since their units are ours and fall with usage.
fn lines_seen(facts: &QuotaFacts, today: Date) -> BTreeSet<LineId> {
    let is_payg = |id: ContractId| {
        facts.counting(today).any(|contract| contract.id == id && contract.billing() == Billing::PayAsYouGo)
    };
    let rows = facts.rows.iter().filter(|row| row.start <= today && today <= row.end);
    let with_units = rows.filter(|row| row.units > 0 || is_payg(row.contract)).map(|row| row.line);
    let of_payg = facts.lines.iter().filter(|line| is_payg(line.contract)).map(|line| line.id);
    with_units.chain(of_payg).collect()
}

/// The fingerprint of what a quota follows from besides the contract: the tenant and the product row.
pub(crate) fn mapped_as(tenant: &str, row_as: &str) -> String {
    fingerprint::of(&[tenant, row_as])
}
