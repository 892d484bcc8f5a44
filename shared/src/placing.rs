//! Which line of a company's contracts takes a service's units (C1, C2, U4): the one that is there, the one
//! that is pinned, none and why, and those of contracts that just ended. Part of `usage_plan`.

use crate::contract::{Billing, BundleRow, Contract, UnitsRow, bundles_on};
use crate::finding::What;
use crate::ids::{ContractId, LineId, ServiceId};
use crate::kept::KeptUsage;
use crate::line::{LinePlace, LineState};
use crate::line_plan::LineCase;
use crate::mapping::Product;
use crate::reckon::NoReckoning;
use crate::settings::EffectiveDates;
use crate::usage_plan::Planner;
use std::collections::{BTreeMap, BTreeSet};

impl<'a> Planner<'a> {
    pub(crate) fn of_kind(&self, billing: &Billing) -> Vec<&'a Contract> {
        let mut contracts: Vec<&Contract> = self.counting().filter(|contract| contract.billing() == *billing).collect();
        contracts.sort_by_key(|contract| contract.id);
        contracts
    }

    pub(crate) fn plan_service(
        &mut self,
        service: ServiceId,
        product: &'a Product<'a>,
        payg: &[&'a Contract],
        kept: &KeptUsage,
    ) {
        let lines = self.lines_of(service);
        let on = |billing: &Billing| -> Vec<(LineId, &'a Contract)> {
            lines.iter().copied().filter(|(_, contract)| contract.billing() == *billing).collect()
        };
        let (on_payg, on_prepaid) = (on(&Billing::PayAsYouGo), on(&Billing::Prepaid));
        if on_payg.len() + on_prepaid.len() < lines.len() {
            return; // On a contract whose kind is unclear: held, and told with the contract.
        }
        if self.must_look_up_pin(service, &lines) {
            return;
        }
        let pinned = self.pinned(service, &lines);
        match (pinned, on_payg.as_slice(), on_prepaid.first()) {
            (Some((line, contract)), ..) => {
                if contract.billing() == Billing::PayAsYouGo {
                    self.plan_line(Some(line), contract, product, kept);
                }
            }
            (None, [], None) => self.plan_missing(service, product, payg, kept),
            (None, [], Some(_)) => {}
            (None, [(line, contract)], None) => self.plan_line(Some(*line), contract, product, kept),
            (None, [(_, payg), ..], Some((_, prepaid))) => {
                let service_name = self.terms.service_name(service);
                self.found(What::ServiceOnBothKinds { service, service_name, payg: payg.id, prepaid: prepaid.id });
            }
            (None, several, None) => {
                let lines = several.iter().map(|(line, _)| *line).collect();
                let service_name = self.terms.service_name(service);
                self.found(What::ServiceOnSeveralLines { service, service_name, lines });
            }
        }
    }

    /// The lines of a service on contracts that count, each once.
    fn lines_of(&self, service: ServiceId) -> Vec<(LineId, &'a Contract)> {
        let today = self.terms.today;
        let covering =
            self.facts.rows.iter().filter(|row| row.service == service && row.start <= today && today <= row.end);
        let by_rows = covering.map(|row| (row.line, row.contract));
        let looked_up = self.facts.lines.iter().filter(|line| line.service == service);
        let ids: BTreeMap<LineId, ContractId> = by_rows.chain(looked_up.map(|line| (line.id, line.contract))).collect();
        ids.into_iter()
            .filter_map(|(line, contract)| Some((line, self.counting().find(|one| one.id == contract)?)))
            .collect()
    }

    /// A pinned line that no row covers may be there without units: it is looked up before it is dropped.
    fn must_look_up_pin(&mut self, service: ServiceId, lines: &[(LineId, &'a Contract)]) -> bool {
        let Some(pin) = self.facts.customer.pins.get(&service) else { return false };
        if lines.iter().any(|(line, _)| line == pin) {
            return false;
        }
        let places = self.counting().map(|contract| (contract.id, service));
        let unlooked: Vec<_> = places.filter(|place| !self.facts.looked_up.contains(place)).collect();
        self.plan.needs.places.extend(unlooked.iter().copied());
        !unlooked.is_empty()
    }

    fn pinned(&mut self, service: ServiceId, lines: &[(LineId, &'a Contract)]) -> Option<(LineId, &'a Contract)> {
        let line = *self.facts.customer.pins.get(&service)?;
        let found = lines.iter().copied().find(|(one, _)| *one == line);
        if found.is_none() {
            let service_name = self.terms.service_name(service);
            self.found(What::PinDropped { service, service_name, line });
        }
        found
    }

    /// A service that is used and on no contract (U4): looked up first, since a line may have no units.
    fn plan_missing(&mut self, service: ServiceId, product: &'a Product<'a>, payg: &[&'a Contract], kept: &KeptUsage) {
        let Some(first) = payg.first() else { return };
        let case = self.case(None, first, product, kept);
        if case.state.open.is_some() {
            return; // Unanswered: told, and blocked until reading settles it (U6).
        }
        let reckoning = match case.reckon_unbilled() {
            Ok(reckoning) => reckoning,
            Err(NoReckoning::RowMissing(_)) => return,
            Err(why) => return self.found(case.no_reckoning(why)),
        };
        if reckoning.rounded == 0 || reckoning.wanted == 0 {
            return; // Nobody used it: only the product's minimum, or what is included or in bundles.
        }
        let unlooked =
            payg.iter().map(|contract| (contract.id, service)).filter(|place| !self.facts.looked_up.contains(place));
        let unlooked: Vec<_> = unlooked.collect();
        if !unlooked.is_empty() {
            self.plan.needs.places.extend(unlooked);
            return;
        }
        let service_name = self.terms.service_name(service);
        let unbilled = reckoning.wanted;
        match payg {
            [_] if self.terms.settings.add_missing_services && !case.is_excluded() => {
                let verdict = case.decide();
                if verdict.change.is_some() || verdict.waiting.is_some() {
                    self.take(verdict, Some(case.state));
                }
            }
            [contract] => self.found(What::NotOnContract {
                contract: contract.id,
                contract_name: contract.name.clone(),
                service_name,
                unbilled,
                in_bundles: reckoning.in_bundles,
            }),
            several => {
                let contracts = several.iter().map(|contract| contract.id).collect();
                self.found(What::ContractToChoose { service_name, unbilled, contracts });
            }
        }
    }

    fn plan_line(&mut self, line: Option<LineId>, contract: &'a Contract, product: &'a Product<'a>, kept: &KeptUsage) {
        let case = self.case(line, contract, product, kept);
        self.plan.has_lines = true;
        if case.state.open.is_some() {
            return; // Unanswered: told, and blocked until reading settles it (U6).
        }
        let verdict = case.decide();
        let state = case.state;
        self.take(verdict, Some(state));
    }

    fn case<'b>(
        &self,
        line: Option<LineId>,
        contract: &'b Contract,
        product: &'b Product<'b>,
        kept: &'b KeptUsage,
    ) -> LineCase<'b>
    where
        'a: 'b,
    {
        let company = self.facts.customer.company;
        let place = LinePlace { company, contract: contract.id, service: product.service, line };
        let rows = self.rows_at(&place);
        let in_bundles = self.units_in_bundles(product.service);
        let state = self.state_of(&place);
        LineCase { facts: self.facts, terms: self.terms, kept, contract, product, place, state, rows, in_bundles }
    }

    /// Our memory of a line. One that we had the vendor create was first known by contract and service.
    fn state_of(&self, place: &LinePlace) -> LineState {
        let created = LinePlace { line: None, ..place.clone() };
        let other_line = |state: &LineState| {
            let here = state.place.contract == place.contract && state.place.service == place.service;
            here && state.place.line.is_some_and(|line| Some(line) != place.line)
        };
        let is_other = place.line.is_some() && self.states.values().any(other_line);
        let ours = || self.states.get(&created.key()).filter(|state| !is_other || state.open.is_some());
        let mut state =
            self.states.get(&place.key()).or_else(ours).cloned().unwrap_or_else(|| LineState::new(place.clone()));
        state.place = place.clone();
        state
    }

    fn units_in_bundles(&self, service: ServiceId) -> i64 {
        let Some(bundles) = self.terms.bundles_holding.get(&service) else { return 0 };
        let payg: BTreeSet<ContractId> =
            self.of_kind(&Billing::PayAsYouGo).iter().map(|contract| contract.id).collect();
        let held = |row: &&BundleRow| bundles.contains(&row.bundle) && payg.contains(&row.contract);
        // A bundle below 0 would make the bill larger.
        bundles_on(&self.facts.bundles, self.terms.today).into_iter().filter(held).map(|row| row.units.max(0)).sum()
    }

    /// Metered and whole-period lines of contracts that ended: their last period is still to be billed.
    pub(crate) fn settle_ended_contracts(&mut self, kept: &KeptUsage) {
        let today = self.terms.today;
        let facts = self.facts;
        let is_ended = |contract: &&Contract| contract.recurring && contract.end < today;
        let mut ended: Vec<&Contract> = facts.contracts.iter().filter(is_ended).collect();
        ended.retain(|contract| contract.billing() == Billing::PayAsYouGo);
        ended.sort_by_key(|contract| contract.id);
        for contract in ended {
            let on_last_day =
                |row: &&UnitsRow| row.contract == contract.id && row.start <= contract.end && contract.end <= row.end;
            let mut lines: BTreeMap<ServiceId, BTreeSet<LineId>> = BTreeMap::new();
            for row in facts.rows.iter().filter(on_last_day) {
                lines.entry(row.service).or_default().insert(row.line);
            }
            for (service, lines) in lines {
                if let Some(product) = self.terms.products.get(&service) {
                    self.settle_last_period(&lines, contract, product, kept);
                }
            }
        }
    }

    fn settle_last_period(
        &mut self,
        lines: &BTreeSet<LineId>,
        contract: &'a Contract,
        product: &'a Product<'a>,
        kept: &KeptUsage,
    ) {
        let (company, service) = (self.facts.customer.company, product.service);
        let setting = self.terms.settings.effective_dates_of(contract.id);
        let at_period_end = product.is_metered() || setting == EffectiveDates::PeriodEnd;
        let is_ours = |line: &LineId| {
            let place = LinePlace { company, contract: contract.id, service, line: Some(*line) };
            self.state_of(&place).writes > 0
        };
        let ours: Vec<LineId> = lines.iter().copied().filter(is_ours).collect();
        if !at_period_end || ours.is_empty() {
            return;
        }
        // A service on several lines is held here too, unless one is pinned (C2).
        let pinned = self.facts.customer.pins.get(&service).filter(|pin| lines.contains(pin));
        match pinned.or(lines.first().filter(|_| lines.len() == 1)) {
            Some(line) if ours.contains(line) => self.plan_line(Some(*line), contract, product, kept),
            Some(_) => {}
            None => {
                let (service_name, lines) = (self.terms.service_name(service), lines.iter().copied().collect());
                self.found(What::ServiceOnSeveralLines { service, service_name, lines });
            }
        }
    }
}
