//! What a company bought: each sold service with how it is billed and how many units of it are in force
//! (C1, C2, Q1). Says what the contracts say; which quota follows is `quota_plan`'s.

use crate::contract::{Billing, Contract, UnitsRow, bundles_on, row_on};
use crate::finding::{PrepaidWhat, What};
use crate::ids::{ContractId, LineId, ServiceId};
use crate::quota_facts::{QuotaFacts, QuotaTerms};
use std::collections::{BTreeMap, BTreeSet};

/// How a service is sold to a company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sale {
    /// On a pay-as-you-go contract: used as needed, billed by usage.
    PayAsYouGo(ContractId),
    /// On prepaid contracts, so many units.
    Prepaid(PrepaidUnits),
    /// On contracts of both kinds: nobody can say which counts (C2).
    Unclear,
}

/// Units bought ahead.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PrepaidUnits {
    /// Units of the service's own lines, by contract.
    pub on_lines: BTreeMap<ContractId, i64>,
    /// Units of bundles that hold the service.
    pub in_bundles: i64,
}

impl PrepaidUnits {
    /// All of them; a line below 0 takes nothing from another.
    pub fn total(&self) -> i64 {
        self.on_lines.values().fold(self.in_bundles, |sum, units| sum.saturating_add(*units))
    }
}

/// What a company bought, and what was found on its contracts.
#[derive(Debug, Default)]
pub struct Sales {
    /// By service; services that are on no contract that counts are not in it.
    pub by_service: BTreeMap<ServiceId, Sale>,
    /// What a person should know.
    pub findings: Vec<What>,
}

/// Where a service is found on contracts that count.
#[derive(Default)]
struct Places {
    payg: BTreeSet<ContractId>,
    prepaid: BTreeSet<ContractId>,
    units: PrepaidUnits,
}

/// What is sold to the company, by its contracts that count.
pub fn sales(facts: &QuotaFacts, terms: &QuotaTerms<'_>) -> Sales {
    let mut sales = Sales::default();
    for (service, mut places) in places(facts, terms) {
        let pinned = facts.customer.pins.get(&service).and_then(|pin| contract_of(facts, *pin));
        match pinned.filter(|contract| places.payg.contains(contract) || places.prepaid.contains(contract)) {
            Some(contract) if places.payg.contains(&contract) => places.prepaid.clear(),
            Some(_) => places.payg.clear(),
            None => {}
        }
        let sale = match (places.payg.first(), places.prepaid.first()) {
            (Some(payg), Some(prepaid)) => {
                let (service_name, payg, prepaid) = (terms.common.service_name(service), *payg, *prepaid);
                sales.findings.push(What::ServiceOnBothKinds { service, service_name, payg, prepaid });
                Sale::Unclear
            }
            (Some(payg), None) => Sale::PayAsYouGo(*payg),
            (None, _) => Sale::Prepaid(places.units),
        };
        sales.by_service.insert(service, sale);
    }
    sales
}

fn places(facts: &QuotaFacts, terms: &QuotaTerms<'_>) -> BTreeMap<ServiceId, Places> {
    let today = terms.common.today;
    let mut places: BTreeMap<ServiceId, Places> = BTreeMap::new();
    let mut on_lines: BTreeMap<LineId, Vec<&UnitsRow>> = BTreeMap::new();
    facts.rows.iter().for_each(|row| on_lines.entry(row.line).or_default().push(row));
    let mut lines: BTreeMap<LineId, (ContractId, ServiceId)> =
        facts.lines.iter().map(|line| (line.id, (line.contract, line.service))).collect();
    lines.extend(facts.rows.iter().map(|row| (row.line, (row.contract, row.service))));
    for (line, (contract, service)) in lines {
        let Some(contract) = facts.counting(today).find(|one| one.id == contract) else { continue };
        if !terms.common.products.contains_key(&service) {
            continue;
        }
        let rows = on_lines.get(&line).map(Vec::as_slice).unwrap_or_default();
        let units = row_on(rows.iter().copied(), today).map_or(0, |row| row.units.max(0));
        let spot = places.entry(service).or_default();
        match contract.billing() {
            Billing::PayAsYouGo => _ = spot.payg.insert(contract.id),
            _ => {
                spot.prepaid.insert(contract.id);
                let sum = spot.units.on_lines.entry(contract.id).or_default();
                *sum = sum.saturating_add(units);
            }
        }
    }
    for row in bundles_on(&facts.bundles, today) {
        let Some(contract) = facts.counting(today).find(|one| one.id == row.contract) else { continue };
        let held = terms.common.bundles_holding.iter().filter(|(_, bundles)| bundles.contains(&row.bundle));
        for (service, _) in held {
            let spot = places.entry(*service).or_default();
            match contract.billing() {
                Billing::PayAsYouGo => _ = spot.payg.insert(contract.id),
                _ => {
                    spot.prepaid.insert(contract.id);
                    spot.units.in_bundles = spot.units.in_bundles.saturating_add(row.units.max(0));
                }
            }
        }
    }
    places
}

fn contract_of(facts: &QuotaFacts, line: LineId) -> Option<ContractId> {
    let of_lines = facts.lines.iter().find(|one| one.id == line).map(|one| one.contract);
    of_lines.or_else(|| facts.rows.iter().find(|row| row.line == line).map(|row| row.contract))
}

/// The contract whose field says neither yes nor no: what it sells cannot be told, so that nothing of the
/// customer is changed (C1).
pub fn unclear_contract<'a>(facts: &'a QuotaFacts, terms: &QuotaTerms<'_>) -> Option<(&'a Contract, What)> {
    facts.counting(terms.common.today).find_map(|contract| match contract.billing() {
        Billing::Unclear(value) => {
            let (id, contract_name) = (contract.id, contract.name.clone());
            Some((contract, What::PaygFieldUnclear { contract: id, contract_name, value }))
        }
        Billing::PayAsYouGo | Billing::Prepaid => None,
    })
}

/// Items that share a service and are counted side by side each get all of its units (Q1).
pub(crate) fn oversells(terms: &QuotaTerms<'_>, service: ServiceId, labels: &[String]) -> What {
    let service_name = terms.common.service_name(service);
    What::Prepaid(PrepaidWhat::Oversells { service_name, items: labels.to_vec() })
}
