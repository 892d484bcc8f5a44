//! The lines of a company as lists show them, whether they change or not. Part of `usage_plan`; decides nothing.

use crate::contract::Billing;
use crate::line::LinePlace;
use crate::line_plan::LineVerdict;
use crate::plan::Adjustment;
use crate::reckoning::Reckoning;
use crate::snapshot::ListedLine;
use crate::usage_plan::Planner;
use std::collections::{BTreeMap, BTreeSet};

impl LineVerdict {
    /// The line as it stands without a change; none where its units could not be told.
    pub(crate) fn listed(&self, place: &LinePlace) -> Option<ListedLine> {
        let (units, now) = self.now.as_ref()?;
        let until = self.waiting.as_ref().map(|waiting| waiting.until.clone());
        Some(ListedLine {
            place: place.clone(),
            units: *units,
            wanted: Some(now.wanted),
            used: amounts(now),
            until,
            change: None,
        })
    }
}

/// The amounts of a reckoning, by the order of its items.
pub(crate) fn amounts(reckoning: &Reckoning) -> Vec<u64> {
    reckoning.items.iter().map(|item| item.amount).collect()
}

impl Planner<'_> {
    /// Adds the lines of sold services on pay-as-you-go contracts of which nothing was decided, for whatever reason.
    pub(crate) fn list_what_is_not_decided(&mut self) {
        if !self.plan.needs.is_empty() {
            return;
        }
        let of_change = |adjustment: &Adjustment| adjustment.place.line;
        let listed = self.plan.lines.iter().map(|line| line.place.line);
        let known: BTreeSet<_> =
            listed.chain(self.plan.proposed.iter().map(|one| of_change(&one.adjustment))).flatten().collect();
        let payg: BTreeSet<_> = self.of_kind(&Billing::PayAsYouGo).into_iter().map(|contract| contract.id).collect();
        let (today, company) = (self.terms.today, self.facts.customer.company);
        let in_force = self.facts.rows.iter().filter(|row| row.start <= today && today <= row.end);
        let unknown = in_force.filter(|row| payg.contains(&row.contract) && !known.contains(&row.line));
        let sold = unknown.filter(|row| self.terms.products.contains_key(&row.service));
        // Of two rows that share a day the later one counts.
        let mut rows: BTreeMap<_, _> = BTreeMap::new();
        for row in sold {
            let latest = rows.entry(row.line).or_insert(row);
            if latest.start < row.start {
                *latest = row;
            }
        }
        self.plan.lines.extend(rows.into_values().map(|row| ListedLine {
            place: LinePlace { company, contract: row.contract, service: row.service, line: Some(row.line) },
            units: row.units,
            wanted: None,
            used: Vec::new(),
            until: None,
            change: None,
        }));
    }
}
