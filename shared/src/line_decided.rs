//! What a person's decision makes of a line (U8): units in the place of those that usage asks for, a change that is not
//! made, or a line that is left alone. Part of `line_plan`.

use crate::contract::row_on;
use crate::decision::{Decided, Decision};
use crate::finding::What;
use crate::line_plan::{LineCase, LineVerdict};
use crate::plan::Until;
use crate::reckoning::Reckoning;
use jiff::civil::Date;

impl LineCase<'_> {
    fn decision_on(&self, day: Date) -> Option<&Decision> {
        self.facts.customer.decision_on(self.product.service, day)
    }

    /// Decides the line.
    pub(crate) fn decide(&self) -> LineVerdict {
        let Some(decision) = self.decision_on(self.terms.today) else { return self.decide_by_usage() };
        match decision.what {
            Decided::Adjust { .. } => self.decide_by_usage(),
            Decided::Dismiss { until } => self.dismissed(decision, until, self.decide_by_usage()),
            Decided::Exclude => self.excluded(decision),
        }
    }

    /// Whether a person said that the line is left alone.
    pub(crate) fn is_excluded(&self) -> bool {
        self.decision_on(self.terms.today).is_some_and(|decision| decision.what == Decided::Exclude)
    }

    /// Whether the period that ends on this day was dismissed: it is not settled later either.
    pub(crate) fn is_dismissed(&self, day: Date) -> bool {
        self.decision_on(day).is_some_and(|decision| matches!(decision.what, Decided::Dismiss { .. }))
    }

    /// What a person wants on a day stands in the place of what usage asks for.
    pub(crate) fn adjusted(&self, reckoning: Reckoning, day: Date) -> Reckoning {
        match self.decision_on(day).map(|decision| (decision.what, decision)) {
            Some((Decided::Adjust { units, .. }, decision)) => {
                Reckoning { wanted: i64::from(units), adjusted: Some(decision.to_string()), ..reckoning }
            }
            _ => reckoning,
        }
    }

    fn dismissed(&self, decision: &Decision, until: Date, mut verdict: LineVerdict) -> LineVerdict {
        let change = verdict.change.take().map(|(adjustment, _)| (adjustment.before, adjustment.wanted));
        // Of a metered line only the month's end tells what would be changed.
        let now = verdict.now.as_ref().filter(|_| !self.product.is_metered());
        let now = now.map(|(units, now)| (*units, now.wanted));
        let differs = change.or(now).filter(|(units, wanted)| units != wanted);
        let (by, reason) = (decision.by.clone(), decision.reason.clone());
        let until = Until::Dismissed { day: until, by, reason };
        verdict.waiting = differs.map(|(units, wanted)| self.waiting(units, wanted, until));
        // Nothing is dated, so that nothing is missed.
        verdict.findings.retain(|what| !matches!(what, What::PostedPeriod { .. } | What::PostedToTheEnd { .. }));
        verdict
    }

    fn excluded(&self, decision: &Decision) -> LineVerdict {
        let mut verdict = LineVerdict::default();
        let day = self.terms.today.min(self.contract.end);
        let units = row_on(self.rows.iter().copied(), day).map_or(0, |row| row.units);
        match self.reckon_unbilled() {
            Ok(now) => {
                if now.wanted != units {
                    verdict.findings.push(What::Excluded {
                        contract: self.contract.id,
                        service_name: self.service_name(),
                        units,
                        wanted: now.wanted,
                        by: decision.by.clone(),
                        reason: decision.reason.clone(),
                    });
                }
                verdict.wants_none = now.wanted == 0 && !self.product.is_metered();
                verdict.now = Some((units, now));
            }
            Err(why) => verdict.findings.push(self.no_reckoning(why)),
        }
        verdict
    }
}
