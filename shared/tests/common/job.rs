//! A run as the job makes it: read what covers today, plan, read what the plan needs, plan again; then
//! record, send and close. The rules are the crate's.

use super::World;
use jiff::civil::Date;
use shared::contract::{ContractLine, Period, UnitsRow};
use shared::facts::{CompanyFacts, Terms};
use shared::guard::Guard;
use shared::ids::CompanyId;
use shared::kept::{CompanyState, Reading};
use shared::line::{Intent, LinePlace, LineState};
use shared::mapping::ServiceTarget;
use shared::plan::{Action, Adjustment, Change, Plan};
use shared::usage_plan::{CompanyPlan, plan_company, states_after};
use std::collections::{BTreeMap, BTreeSet};

/// A plan asks for more at most this often.
const MOST_ROUNDS: usize = 5;

/// What becomes of what a run sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Answered.
    Heard,
    /// Carried out, and the answer lost.
    Lost,
    /// Neither carried out nor answered.
    NeverArrived,
}

/// Brings things into another order; 0 leaves them as they are.
fn reorder<T>(things: &mut Vec<T>, order: u64) {
    let mut numbered: Vec<(u64, T)> =
        things.drain(..).zip(1..).map(|(thing, at): (T, u64)| (at * order % 10_007, thing)).collect();
    numbered.sort_by_key(|(at, _)| *at);
    things.extend(numbered.into_iter().map(|(_, thing)| thing));
}

impl World {
    pub(crate) fn terms(&self) -> Terms<'_> {
        let mut terms = Terms::new(&self.connection, &self.mapping, self.today, self.now());
        terms.services = self.services.clone();
        terms.bundles_holding = self.bundles_holding.clone();
        terms
    }

    /// The plan as it is now; nothing is remembered.
    pub(crate) fn plan(&self) -> Plan {
        self.look().0
    }

    /// The plan, and the companies' plans it is made of.
    pub(crate) fn look(&self) -> (Plan, Vec<CompanyPlan>) {
        let terms = self.terms();
        let mapped: Vec<CompanyId> = self.mapping.mapped_customers().map(|(row, _)| row.company).collect();
        let mut companies: Vec<CompanyPlan> = mapped.into_iter().map(|company| self.plan_of(company, &terms)).collect();
        reorder(&mut companies, self.order);
        let seen = |state: &CompanyState| Some((state.company, state.seen.clone()?));
        let guard = Guard {
            terms: &terms,
            mapping: &self.mapping,
            everybody: true,
            seen_before: self.customers.values().filter_map(|one| one.state.as_ref().and_then(seen)).collect(),
            approvals: self.approvals.clone(),
            creations: self.creations.clone(),
        };
        let mut plan = guard.plan(&mut companies);
        guard.open_first(&mut plan);
        (plan, companies)
    }

    fn plan_of(&self, company: CompanyId, terms: &Terms<'_>) -> CompanyPlan {
        let mut facts = self.facts(company);
        for _ in 0..=MOST_ROUNDS {
            let plan = plan_company(&facts, terms);
            if plan.needs.is_empty() {
                return plan;
            }
            self.read_needs(&mut facts, &plan);
        }
        panic!("the plan keeps asking for more");
    }

    /// What a run reads at first: the rows that cover today, and those of the last days of ended contracts.
    pub(crate) fn facts(&self, company: CompanyId) -> CompanyFacts {
        let customer = &self.customers[&company];
        let mut contracts = customer.contracts.clone();
        let day_of = |row: &UnitsRow| -> Date {
            let end = contracts.iter().find(|one| one.id == row.contract).map_or(self.today, |one| one.end);
            end.min(self.today)
        };
        let holds = |row: &&UnitsRow| row.start <= day_of(row) && day_of(row) <= row.end;
        let mut rows: Vec<UnitsRow> = customer.rows.iter().filter(holds).cloned().collect();
        let (mut items, mut usage) = (customer.items.clone(), customer.usage.clone());
        reorder(&mut rows, self.order);
        reorder(&mut contracts, self.order);
        reorder(&mut items, self.order);
        reorder(&mut usage, self.order);
        let mut bundles = customer.bundles.clone();
        reorder(&mut bundles, self.order);
        let reading = Reading::of(&items, &usage);
        let row = &self.mapping.customers[&company];
        CompanyFacts {
            customer: row.clone(),
            tenant_id: row.tenant().expect("only mapped companies are planned").clone(),
            company: customer.company.clone(),
            tenant: customer.tenant.clone(),
            usage: customer.refusal.clone().map_or(Ok(reading), Err),
            contracts,
            rows,
            lines: Vec::new(),
            bundles,
            states: customer.states.clone(),
            state: customer.state.clone(),
            read_whole: BTreeMap::new(),
            looked_up: BTreeSet::new(),
        }
    }

    /// What the plan asks for replaces what was read before.
    fn read_needs(&self, facts: &mut CompanyFacts, plan: &CompanyPlan) {
        let customer = &self.customers[&plan.company];
        for (line, span) in &plan.needs.lines {
            let Period { start, end } = *span;
            let asked = |row: &&UnitsRow| row.line == *line && row.start <= end && row.end >= start;
            let mut rows: Vec<UnitsRow> = customer.rows.iter().filter(asked).cloned().collect();
            reorder(&mut rows, self.order);
            facts.rows.retain(|row| row.line != *line);
            facts.rows.extend(rows);
            facts.read_whole.insert(*line, *span);
        }
        for (contract, service) in &plan.needs.places {
            let at = |line: &&ContractLine| line.contract == *contract && line.service == *service;
            facts.lines.extend(customer.lines.iter().filter(at).cloned());
            reorder(&mut facts.lines, self.order);
            facts.looked_up.insert((*contract, *service));
        }
    }

    /// Approves everything the plan shows as held.
    pub(crate) fn approve(&mut self, plan: &Plan) -> &mut Self {
        self.connection.first_plan_approved = true;
        let ids: Vec<String> = plan.approvable().map(str::to_owned).collect();
        self.approvals.extend(ids.into_iter().map(|id| (id, "ada".to_owned())));
        self
    }

    /// One run that writes.
    pub(crate) fn run(&mut self) -> Plan {
        self.run_with(Reply::Heard)
    }

    /// One run that writes, and what becomes of what it sends.
    pub(crate) fn run_with(&mut self, reply: Reply) -> Plan {
        let (plan, companies) = self.look();
        for company in &companies {
            self.remember(company, &plan);
        }
        self.connection.usage_read_on = Some(self.today);
        for change in &plan.changes {
            match &change.action {
                Action::Adjust(adjustment) => self.carry_out(change, adjustment, reply),
                Action::CreateService(creation) => {
                    for item in &creation.items {
                        let row = self.mapping.products.get_mut(item).expect("the product exists");
                        row.service = Some(ServiceTarget::Existing(super::COMPUTE));
                    }
                }
                other => panic!("nothing that a run for units does: {other:?}"),
            }
        }
        plan
    }

    /// Runs once a day from the day after today up to `last`.
    pub(crate) fn run_daily_until(&mut self, last: &str) -> &mut Self {
        while self.today < super::date(last) {
            let next = self.today.tomorrow().expect("a near day");
            self.day(&next.to_string()).run();
        }
        self
    }

    fn remember(&mut self, company: &CompanyPlan, plan: &Plan) {
        let today = self.today;
        let customer = self.customers.get_mut(&company.company).expect("the customer exists");
        let before = customer.state.iter().map(|state| (state.company, state.clone())).collect();
        let after = states_after(std::slice::from_ref(company), plan, true, &self.connection, &before);
        customer.state = after.into_iter().next().or(customer.state.take());
        for (key, settlement) in &company.settled {
            customer.states.get_mut(key).expect("a settled line is known").close(*settlement);
        }
        for (state, units) in &company.adopted {
            let mut state = state.clone();
            state.adopt(today, *units);
            customer.states.insert(state.place.key(), state);
        }
    }

    fn carry_out(&mut self, change: &Change, adjustment: &Adjustment, reply: Reply) {
        let place = &adjustment.place;
        self.of = place.company;
        let mut state = self.known_state(place);
        assert!(state.open.is_none(), "a second change is sent while one is unanswered: {change:?}");
        state.open = Some(self.intent(change, adjustment));
        let made = match reply {
            Reply::NeverArrived => Ok(()),
            Reply::Heard | Reply::Lost => self.adjust(place, adjustment.effective, adjustment.unit_change()),
        };
        match (reply, made) {
            (Reply::Heard, Ok(())) => state.close_as_done(),
            (_, Err(text)) => state.close_as_refused(text),
            _ => {}
        }
        self.it().states.insert(place.key(), state);
    }

    fn known_state(&mut self, place: &LinePlace) -> LineState {
        let created = LinePlace { line: None, ..place.clone() };
        let states = &self.it().states;
        let known = states.get(&place.key()).or_else(|| states.get(&created.key())).cloned();
        LineState { place: place.clone(), ..known.unwrap_or_else(|| LineState::new(place.clone())) }
    }

    pub(crate) fn intent(&mut self, change: &Change, adjustment: &Adjustment) -> Intent {
        self.sent += 1;
        adjustment.intent(change, format!("intent {}", self.sent), "run", self.now(), self.today)
    }
}
