//! The pay-as-you-go plan of one company: settles what is unanswered, finds the line of each service that
//! is sold, and has each line decided (C1, C2, U1 to U7). Companies are independent; `guard` joins them.

use crate::contract::{Billing, Contract, Period, PeriodType, UnitsRow, row_on};
use crate::effective::Periods;
use crate::facts::{CompanyFacts, Needs, Terms};
use crate::finding::{Finding, What};
use crate::ids::{CompanyId, LineId};
use crate::kept::{CompanyState, KeptUsage, Reading, Seen};
use crate::line::{LinePlace, LineState, Settlement, settle};
use crate::line_plan::LineVerdict;
use crate::mapping::Product;
use crate::plan::{Adjustment, HoldReason, Plan, Waiting, company_of, line_of};
use crate::run::Connection;
use crate::snapshot::ListedLine;
use crate::usage::is_metered;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// What is to become of one company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyPlan {
    /// Which company.
    pub company: CompanyId,
    /// Changes of its lines, each with what holds it by itself and how often the line was written.
    pub proposed: Vec<Proposed>,
    /// Lines that wait.
    pub waiting: Vec<Waiting>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Lines that are as they should be.
    pub right: usize,
    /// The lines that are not to be changed, for people to look at.
    pub lines: Vec<ListedLine>,
    /// Unanswered changes that reading settled: the line's key and how.
    pub settled: Vec<(String, Settlement)>,
    /// Lines that somebody else brought to where they should be, and the units.
    pub adopted: Vec<(LineState, i64)>,
    /// The usage to keep; none where it could not be read.
    pub usage: Option<KeptUsage>,
    /// What of the company is there now.
    pub seen: Seen,
    /// Lines that should hold no units.
    pub want_none: BTreeSet<LineId>,
    /// Whether a line of it was looked at: before that, nobody can have seen its first plan (H1).
    pub has_lines: bool,
    /// Whether its usage was another tenant's before: to the lines it is a new customer (H1).
    pub remapped: bool,
    /// What must be read before this plan is final.
    pub needs: Needs,
}

/// A change before the whole is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// The change.
    pub adjustment: Adjustment,
    /// What holds the line by itself.
    pub reasons: Vec<HoldReason>,
    /// How many changes of ours the line took.
    pub writes_before: u32,
}

/// Plans one company. Where `needs` is not empty, read what it names and plan again.
pub fn plan_company(facts: &CompanyFacts, terms: &Terms<'_>) -> CompanyPlan {
    let mut planner = Planner::new(facts, terms);
    planner.look_around();
    planner.settle_unanswered();
    if let Some(kept) = planner.keep_usage() {
        planner.plan_contracts(&kept);
        planner.plan.usage = Some(kept);
    }
    planner.list_what_is_not_decided();
    let CompanyPlan { seen, want_none, .. } = &mut planner.plan;
    seen.lines.retain(|line| !want_none.contains(line)); // Each fall counts in one run only (H1).
    planner.plan
}

/// What is remembered of the companies after a run that writes, as far as it changes. What was there counts
/// only where the run does: not before the first plan is approved, not while the whole run is held, and not
/// for a customer whose own first plan waits (H1).
pub fn states_after(
    companies: &[CompanyPlan],
    plan: &Plan,
    everybody: bool,
    connection: &Connection,
    before: &BTreeMap<CompanyId, CompanyState>,
) -> Vec<CompanyState> {
    let counts = connection.first_plan_approved && plan.run_hold.is_none();
    let new_and_held = plan.held.iter().filter(|held| held.reasons.contains(&HoldReason::NewCustomer));
    let not_seen = plan.held.iter().filter(|held| held.reasons.contains(&HoldReason::UnitsNotSeen));
    let not_seen: BTreeSet<LineId> = not_seen.filter_map(|held| line_of(&held.change)).collect();
    let waiting: BTreeSet<CompanyId> = new_and_held.filter_map(|held| company_of(&held.change)).collect();
    // What an earlier run of today read is not lost by a later one that cannot.
    let read_today = connection.usage_read_on == Some(plan.today);
    let first_unread = plan.today.tomorrow().ok().filter(|_| read_today).unwrap_or(plan.today);
    let after = |company: &CompanyPlan| {
        let before = before.get(&company.company);
        let known = before.cloned().unwrap_or_else(|| CompanyState::new(company.company));
        let seen = known.seen.filter(|_| !company.remapped);
        let has_plan = company.has_lines || seen.is_some();
        let seen_counts = counts && has_plan && !waiting.contains(&company.company);
        let after = CompanyState {
            company: company.company,
            usage: company.usage.clone().or(known.usage),
            seen: if seen_counts { Some(seen_after(company, seen, &not_seen, everybody)) } else { seen },
            unread_since: company.usage.is_none().then(|| known.unread_since.unwrap_or(first_unread)),
        };
        (before != Some(&after)).then_some(after)
    };
    companies.iter().filter_map(after).collect()
}

/// What is there now. Lines whose units are not to be seen stay known for as long as that holds them; and what a
/// look at a few does not see any more stays known until everybody is looked at (H1).
fn seen_after(company: &CompanyPlan, before: Option<Seen>, not_seen: &BTreeSet<LineId>, everybody: bool) -> Seen {
    let mut seen = company.seen.clone();
    if let Some(before) = before.as_ref().filter(|_| !everybody) {
        seen.tenant |= before.tenant;
        seen.contracts.extend(&before.contracts);
        seen.lines.extend(&before.lines);
    }
    seen.lines.extend(before.into_iter().flat_map(|before| before.lines).filter(|line| not_seen.contains(line)));
    seen
}

pub(crate) struct Planner<'a> {
    pub(crate) facts: &'a CompanyFacts,
    pub(crate) terms: &'a Terms<'a>,
    /// Our memory of the lines, with settled changes closed.
    pub(crate) states: BTreeMap<String, LineState>,
    pub(crate) plan: CompanyPlan,
}

impl<'a> Planner<'a> {
    fn new(facts: &'a CompanyFacts, terms: &'a Terms<'a>) -> Self {
        let kept = facts.state.as_ref().and_then(|state| state.usage.as_ref());
        let plan = CompanyPlan {
            company: facts.customer.company,
            proposed: Vec::new(),
            waiting: Vec::new(),
            findings: Vec::new(),
            right: 0,
            lines: Vec::new(),
            settled: Vec::new(),
            adopted: Vec::new(),
            usage: None,
            seen: Seen::default(),
            want_none: BTreeSet::new(),
            has_lines: false,
            remapped: kept.is_some_and(|usage| usage.tenant != facts.tenant_id),
            needs: Needs::default(),
        };
        Self { facts, terms, states: facts.states.clone(), plan }
    }

    pub(crate) fn found(&mut self, what: What) {
        let company = Some(self.facts.customer.company);
        self.plan.findings.push(Finding { company, company_name: self.facts.name().to_owned(), what });
    }

    /// What is there, for H1 and for people.
    fn look_around(&mut self) {
        let facts = self.facts;
        self.plan.seen = Seen {
            tenant: facts.tenant.is_some(),
            contracts: self.counting().map(|contract| contract.id).collect(),
            lines: facts
                .rows
                .iter()
                .filter(|row| row.start <= self.terms.today && self.terms.today <= row.end && row.units > 0)
                .filter(|row| !self.terms.products.get(&row.service).is_some_and(Product::is_metered)) // U7: no fall.
                .map(|row| row.line)
                .collect(),
        };
        let tenant = facts.tenant_id.clone();
        match &facts.company {
            Some(company) if company.active => {
                let (was, is) = (facts.customer.company_name.clone(), company.name.clone());
                if was != is {
                    self.found(What::Renamed { was, is });
                }
            }
            _ => self.found(What::CompanyMissing { tenant }),
        }
        for contract in facts.contracts.iter().filter(|contract| contract.counts_on(self.terms.today)) {
            if let Billing::Unclear(value) = contract.billing() {
                let (contract, contract_name) = (contract.id, contract.name.clone());
                self.found(What::PaygFieldUnclear { contract, contract_name, value });
            }
        }
    }

    pub(crate) fn counting(&self) -> impl Iterator<Item = &'a Contract> {
        let today = self.terms.today;
        self.facts.contracts.iter().filter(move |contract| contract.counts_on(today))
    }

    /// Closes what reading can settle (U6).
    fn settle_unanswered(&mut self) {
        for (key, state) in &self.facts.states {
            let Some(intent) = &state.open else { continue };
            let rows = self.rows_at(&state.place);
            let row = row_on(rows.iter().copied(), intent.effective);
            self.need_rows_at(&state.place, intent.effective, row.is_some());
            let units = row.map(|row| row.units);
            let settlement = settle(intent, units, self.terms.now, self.terms.settings.settle_minutes);
            let (contract, service_name) = (state.place.contract, self.terms.service_name(state.place.service));
            match settlement {
                Settlement::StillOpen => self.found(What::Unanswered {
                    contract,
                    service_name,
                    before: intent.before,
                    wanted: intent.wanted,
                    sent_on: intent.sent_on,
                }),
                Settlement::ChangedByOthers { found } => {
                    let expected = intent.wanted;
                    self.found(What::ChangedByOthers { contract, service_name, expected, found });
                }
                Settlement::Done | Settlement::NotDone => {}
            }
            if settlement != Settlement::StillOpen {
                self.plan.settled.push((key.clone(), settlement));
                let mut closed = state.clone();
                closed.close(settlement);
                self.states.insert(key.clone(), closed);
            }
        }
    }

    /// What settling a change needs: the rows on its effective date, where they are not read yet.
    fn need_rows_at(&mut self, place: &LinePlace, effective: Date, row_is_there: bool) {
        let today = self.terms.today;
        let span = Period { start: effective.min(today), end: effective.max(today) };
        if let Some(line) = place.line {
            return self.need_rows(line, span);
        }
        let spot = (place.contract, place.service);
        let of_rows = self.facts.rows.iter().map(|row| (row.line, (row.contract, row.service)));
        let of_lines = self.facts.lines.iter().map(|line| (line.id, (line.contract, line.service)));
        let lines: BTreeSet<LineId> =
            of_rows.chain(of_lines).filter(|(_, at)| *at == spot).map(|(line, _)| line).collect();
        if lines.is_empty() && !self.facts.looked_up.contains(&spot) {
            self.plan.needs.places.insert(spot);
        }
        lines.into_iter().filter(|_| !row_is_there).for_each(|line| self.need_rows(line, span));
    }

    /// Asks for a line's rows, together with those that were read before: what is read replaces them.
    fn need_rows(&mut self, line: LineId, span: Period) {
        if self.facts.has_read(line, span) {
            return;
        }
        self.plan.needs.line(line, span);
        if let Some(read) = self.facts.read_whole.get(&line) {
            self.plan.needs.line(line, *read);
        }
    }

    pub(crate) fn rows_at(&self, place: &LinePlace) -> Vec<&'a UnitsRow> {
        let at = |row: &&UnitsRow| match place.line {
            Some(line) => row.line == line,
            None => row.contract == place.contract && row.service == place.service,
        };
        self.facts.rows.iter().filter(at).collect()
    }

    /// The usage to plan by; none where the company's lines are to be left alone (M1, U1, U2).
    fn keep_usage(&mut self) -> Option<KeptUsage> {
        let facts = self.facts;
        let Some(tenant) = &facts.tenant else {
            let tenant_name = match &facts.customer.link {
                crate::mapping::CustomerLink::Mapped { tenant_name, .. } => tenant_name.clone(),
                _ => String::new(),
            };
            self.found(What::TenantMissing { tenant: facts.tenant_id.clone(), tenant_name });
            return None;
        };
        if tenant.in_trial {
            self.found(What::InTrial { tenant: tenant.id.clone() });
            return None;
        }
        let reading = match &facts.usage {
            Ok(reading) => reading.clone(),
            Err(text) => {
                self.found(What::UsageRefused { tenant: tenant.id.clone(), text: text.clone() });
                return None;
            }
        };
        Some(self.usage_after(reading))
    }

    fn usage_after(&self, reading: Reading) -> KeptUsage {
        let before = self.facts.state.as_ref().and_then(|state| state.usage.as_ref());
        let unread_since = self.facts.state.as_ref().and_then(|state| state.unread_since);
        let rows = self.terms.products.values().flat_map(|product| &product.rows);
        let metered: BTreeSet<_> =
            rows.filter(|row| is_metered(&row.item.usage_name, row.item.unit)).map(|row| &row.item.key).collect();
        let is_metered = |key: &_| metered.contains(key);
        let today = self.terms.today;
        let (tenant, ends) = (&self.facts.tenant_id, self.period_ends());
        let mut kept = KeptUsage::after(before, tenant, reading, today, is_metered, &ends, unread_since);
        metered.iter().for_each(|key| kept.watch(key, today));
        kept
    }

    /// The last days of the periods that may still be settled, where a run before this one read the usage
    /// within them or after: what was read before a period began says nothing of its end.
    fn period_ends(&self) -> BTreeSet<Date> {
        let of_services: BTreeSet<PeriodType> =
            self.terms.services.values().filter_map(|service| service.period).collect();
        let mut ends = BTreeSet::new();
        for contract in &self.facts.contracts {
            let day = self.terms.today.min(contract.end);
            for kind in contract.period.into_iter().chain(of_services.iter().copied()) {
                let with_kind = Contract { period: Some(kind), ..contract.clone() };
                let Some(periods) = Periods::around(day, &with_kind, None, None) else { continue };
                let both = [Some(periods.current), periods.previous].into_iter().flatten();
                let read_since = |day: Date| self.terms.connection.usage_read_on.is_some_and(|read| day <= read);
                ends.extend(both.filter(|period| read_since(period.start)).map(|period| period.end));
            }
        }
        ends
    }

    fn plan_contracts(&mut self, kept: &KeptUsage) {
        let payg: Vec<&Contract> = self.of_kind(&Billing::PayAsYouGo);
        let nothing_counts = self.counting().next().is_none();
        let uses_something =
            kept.reading.rows.iter().any(|row| self.terms.products.values().any(|product| feeds(product, &row.key)));
        if nothing_counts && uses_something {
            self.found(What::NoActiveContract);
        }
        for (service, product) in &self.terms.products {
            let sold = self.terms.services.get(service).is_some_and(|service| service.active);
            if sold {
                self.plan_service(*service, product, &payg, kept);
            }
        }
        self.settle_ended_contracts(kept);
    }

    /// Takes a line's verdict over; one whose rows are not all read is planned again.
    pub(crate) fn take(&mut self, verdict: LineVerdict, state: Option<LineState>) {
        verdict.findings.iter().cloned().for_each(|what| self.found(what));
        let line = state.as_ref().and_then(|state| state.place.line);
        if let (Some(line), Some(span)) = (line, verdict.span) {
            self.need_rows(line, span);
        }
        self.plan.want_none.extend(line.filter(|_| verdict.wants_none));
        let writes_before = state.as_ref().map_or(0, |state| state.writes);
        let is_right = verdict.change.is_none() && verdict.waiting.is_none() && verdict.findings.is_empty();
        self.plan.right += usize::from(is_right);
        let listed = state.as_ref().and_then(|state| verdict.listed(&state.place));
        self.plan.waiting.extend(verdict.waiting);
        if let (Some(units), Some(state)) = (verdict.adopt, state.clone()) {
            self.plan.adopted.push((state, units));
        }
        let Some((adjustment, reasons)) = verdict.change else { return self.plan.lines.extend(listed) };
        let id = adjustment.id(writes_before);
        let refused = state.and_then(|state| state.refused);
        if let Some(refused) = refused.filter(|refused| refused.change == id && refused.on == self.terms.today) {
            let (contract, service_name) = (adjustment.place.contract, adjustment.service_name);
            self.found(What::Refused { contract, service_name, text: refused.text });
            self.plan.lines.extend(listed);
            return;
        }
        self.plan.proposed.push(Proposed { adjustment, reasons, writes_before });
    }
}

fn feeds(product: &Product<'_>, key: &crate::usage::ItemKey) -> bool {
    product.rows.iter().any(|row| row.item.key == *key)
}
