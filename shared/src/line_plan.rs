//! The plan of one line: by which usage, from which day, and how many units (U1 to U7). `usage_plan` finds
//! the lines, `holds` says what a person should look at first, `guard` looks at the whole.

use crate::contract::{Contract, Period, UnitsRow, row_on};
use crate::effective::{Basis, Periods, due_periods, policy, whole_period_day};
use crate::effective::{first_day_not_posted, first_free_day, is_taken};
use crate::facts::{CompanyFacts, Terms};
use crate::finding::What;
use crate::holds::line_reasons;
use crate::kept::KeptUsage;
use crate::line::{LinePlace, LineState};
use crate::mapping::Product;
use crate::plan::{Adjustment, HoldReason, Until, Waiting};
use crate::reckon::{NoReckoning, Used, reckon, reckon_metered};
use crate::reckoning::Reckoning;
use crate::settings::{EffectiveDates, PostedPeriods};
use jiff::civil::Date;
use rust_decimal::Decimal;

/// One line to be decided.
#[derive(Debug)]
pub(crate) struct LineCase<'a> {
    pub(crate) facts: &'a CompanyFacts,
    pub(crate) terms: &'a Terms<'a>,
    pub(crate) kept: &'a KeptUsage,
    pub(crate) contract: &'a Contract,
    pub(crate) product: &'a Product<'a>,
    pub(crate) place: LinePlace,
    /// Our memory of it, with settled changes closed.
    pub(crate) state: LineState,
    pub(crate) rows: Vec<&'a UnitsRow>,
    pub(crate) in_bundles: i64,
}

/// What is decided of a line.
#[derive(Debug, Default)]
pub(crate) struct LineVerdict {
    /// The change, and what holds it.
    pub(crate) change: Option<(Adjustment, Vec<HoldReason>)>,
    /// What it waits for.
    pub(crate) waiting: Option<Waiting>,
    /// Units taken over from somebody else, since they are right (U3).
    pub(crate) adopt: Option<i64>,
    /// What was found.
    pub(crate) findings: Vec<What>,
    /// The days whose rows are needed to be sure.
    pub(crate) span: Option<Period>,
    /// Whether the line should hold no units.
    pub(crate) wants_none: bool,
    /// The units in force, and those that today's usage asks for.
    pub(crate) now: Option<(i64, Reckoning)>,
}

/// Units to be in force from a day on.
struct Target {
    reckoning: Reckoning,
    day: Date,
    settles: Option<Date>,
    /// Whether it follows today's usage, so that it is planned anew tomorrow.
    at_once: bool,
}

impl LineCase<'_> {
    /// Decides the line by usage.
    pub(crate) fn decide_by_usage(&self) -> LineVerdict {
        let mut verdict = LineVerdict::default();
        let metered = self.product.is_metered();
        let day = self.terms.today.min(self.contract.end);
        let service = self.terms.services.get(&self.product.service);
        let periods = Periods::around(day, self.contract, service, row_on(self.rows.iter().copied(), day));
        let policy = match self.place.line {
            None if !metered => EffectiveDates::Today, // What is not there was never written.
            _ => policy(self.terms.settings.effective_dates_of(self.contract.id), metered, &self.state),
        };
        if policy != EffectiveDates::Today && !self.periods_fit(periods.as_ref(), metered, &mut verdict) {
            return verdict;
        }
        let now = match self.reckon_on(self.terms.today) {
            Ok(reckoning) => reckoning,
            Err(why) => {
                verdict.findings.push(self.no_reckoning(why));
                return verdict;
            }
        };
        verdict.wants_none = now.wanted == 0 && !metered;
        let bases = self.bases(policy, periods.as_ref(), &now, metered);
        let target = bases.into_iter().find_map(|basis| {
            let target = self.target(basis, periods.as_ref(), metered, &mut verdict)?;
            let day = self.clamped(target.day);
            if !self.rows_are_read_on(day) {
                return Some(target); // Its units are not known yet: they are read first.
            }
            let units = self.units_on(day);
            let lowers_only = policy == EffectiveDates::UpTodayDownNext && basis != Basis::Today;
            let wanted = target.reckoning.wanted;
            (wanted != units && !(lowers_only && wanted > units)).then_some(target)
        });
        verdict.span = Some(self.span(periods.as_ref(), policy)).filter(|_| target.is_some());
        match target {
            Some(target) => self.change(target, periods.as_ref(), metered, &mut verdict),
            None => self.no_change(policy, periods.as_ref(), &now, metered, &mut verdict),
        }
        verdict.now = Some((self.units_on(day), now));
        verdict
    }

    fn periods_fit(&self, periods: Option<&Periods>, metered: bool, verdict: &mut LineVerdict) -> bool {
        let Some(periods) = periods else {
            verdict
                .findings
                .push(What::PeriodUnclear { contract: self.contract.id, service_name: self.service_name() });
            return false;
        };
        let whole = Period::holding(periods.current.start, self.contract.start, periods.kind);
        if metered && !whole.is_some_and(Period::is_calendar_month) {
            verdict.findings.push(What::MeteredNeedsCalendarMonths {
                contract: self.contract.id,
                service_name: self.service_name(),
                period: periods.current,
            });
            return false;
        }
        true
    }

    fn bases(&self, policy: EffectiveDates, periods: Option<&Periods>, now: &Reckoning, metered: bool) -> Vec<Basis> {
        let due = periods.map(|periods| due_periods(periods, self.terms.today, &self.state, metered));
        let due = due.unwrap_or_default().into_iter().filter(|period| !self.is_dismissed(period.end));
        match policy {
            EffectiveDates::Today => vec![Basis::Today],
            EffectiveDates::NextPeriod => due.map(Basis::AfterPeriod).collect(),
            EffectiveDates::PeriodEnd => due.map(Basis::WholePeriod).collect(),
            EffectiveDates::UpTodayDownNext if now.wanted > self.units_on(self.terms.today) => vec![Basis::Today],
            EffectiveDates::UpTodayDownNext => due.map(Basis::AfterPeriod).collect(),
        }
    }

    fn target(
        &self,
        basis: Basis,
        periods: Option<&Periods>,
        metered: bool,
        verdict: &mut LineVerdict,
    ) -> Option<Target> {
        let day_before = |day: Date| day.yesterday().ok();
        let (reckoning, day, settles) = match basis {
            Basis::Today => {
                let settles = periods.and_then(|periods| day_before(periods.current.start));
                (self.reckon_on(self.terms.today), self.terms.today, settles)
            }
            Basis::AfterPeriod(period) | Basis::WholePeriod(period) if !self.watched(period, metered) => {
                // Metered lines that were never ours have nothing to settle, and nothing to tell.
                if self.state.settled_through.is_some() {
                    verdict.findings.push(What::PeriodNotSeen {
                        contract: self.contract.id,
                        service_name: self.service_name(),
                        period,
                    });
                }
                return None;
            }
            Basis::AfterPeriod(period) => (self.reckon_on(period.end), period.end.tomorrow().ok()?, Some(period.end)),
            Basis::WholePeriod(period) => {
                let reckoning = if metered { self.reckon_period(period) } else { self.reckon_on(period.end) };
                (reckoning, whole_period_day(period, &self.rows, &self.state), Some(period.end))
            }
        };
        match reckoning {
            Ok(reckoning) => Some(Target { reckoning, day, settles, at_once: basis == Basis::Today }),
            Err(why) => {
                verdict.findings.push(self.no_reckoning(why));
                None
            }
        }
    }

    /// Whether the usage at the end of a period is known: it is read today, or was read within it.
    fn watched(&self, period: Period, metered: bool) -> bool {
        if period.end >= self.terms.today {
            return true;
        }
        let read_within = self.terms.connection.usage_read_on.is_some_and(|day| day >= period.start);
        let known = if metered {
            let keys = self.product.rows.iter().map(|row| &row.item.key);
            keys.into_iter().any(|key| self.kept.greatest_in(key, period.start, period.end).is_some())
        } else {
            self.kept.reading_on(period.end).is_some()
        };
        read_within && known
    }

    fn reckon_on(&self, day: Date) -> Result<Reckoning, NoReckoning> {
        let reading = self.kept.reading_on(day).unwrap_or(&self.kept.reading);
        let reckoning = reckon(self.product, Used { tenant: &self.facts.tenant_id, reading, day }, self.in_bundles)?;
        Ok(self.adjusted(reckoning, day))
    }

    fn reckon_period(&self, period: Period) -> Result<Reckoning, NoReckoning> {
        let day = period.end.min(self.terms.today);
        let used = Used { tenant: &self.facts.tenant_id, reading: &self.kept.reading, day };
        Ok(self.adjusted(reckon_metered(self.product, used, self.kept, period, self.in_bundles)?, day))
    }

    /// What the service is used for now; for metered items, in this month so far.
    pub(crate) fn reckon_unbilled(&self) -> Result<Reckoning, NoReckoning> {
        let today = self.terms.today;
        if self.product.is_metered() {
            return self.reckon_period(Period { start: today.first_of_month(), end: today.last_of_month() });
        }
        self.reckon_on(today)
    }

    fn change(&self, target: Target, periods: Option<&Periods>, metered: bool, verdict: &mut LineVerdict) {
        let first_choice = self.clamped(target.day);
        let (effective, posted) = match first_day_not_posted(first_choice, &self.rows) {
            Some(day) => (self.clamped(day), day != first_choice),
            None => (first_choice, true),
        };
        let wanted = target.reckoning.wanted;
        if posted {
            let missed = wanted - self.units_on(first_choice);
            verdict.findings.push(self.posted(first_choice, effective, missed));
            // What a month consumed cannot be billed on another month's units.
            if effective == first_choice || metered {
                return;
            }
        }
        let effective = match target.at_once {
            true => effective,
            false => first_free_day(effective, self.contract.end, &self.rows, &self.state),
        };
        let before = self.units_on(effective);
        if before == wanted {
            return;
        }
        let expected = self.changed_by_others();
        verdict.findings.extend(expected.map(|expected| self.others(expected)));
        if self.must_wait(&target.reckoning, before, effective, verdict) {
            return;
        }
        let adjustment = self.adjustment(target, before, effective, expected, periods);
        let mut reasons =
            line_reasons(&adjustment, &self.state, &self.rows, &self.terms.settings.holds, self.terms.today, metered);
        if posted && self.terms.settings.posted_periods == PostedPeriods::Hold {
            reasons.push(HoldReason::PostedPeriod);
        }
        if self.terms.settings.holds.vanished && self.units_are_not_seen() {
            reasons.push(HoldReason::UnitsNotSeen);
        }
        verdict.change = Some((adjustment, reasons));
    }

    fn adjustment(
        &self,
        target: Target,
        before: i64,
        effective: Date,
        expected: Option<i64>,
        periods: Option<&Periods>,
    ) -> Adjustment {
        let period = periods.and_then(|periods| {
            let whole = Period::holding(effective, self.contract.start, periods.kind)?;
            Some(Period { end: whole.end.min(self.contract.end), ..whole })
        });
        let mut later: Vec<(Date, i64)> = self
            .rows
            .iter()
            .filter(|row| row.start > effective && row.units != before)
            .map(|row| (row.start, row.units))
            .collect();
        later.sort_unstable();
        Adjustment {
            place: self.place.clone(),
            company_name: self.facts.name().to_owned(),
            contract_name: self.contract.name.clone(),
            service_name: self.service_name(),
            before,
            wanted: target.reckoning.wanted,
            effective,
            period,
            period_type: periods.map(|periods| periods.kind),
            unit_price: self.unit_price(periods),
            settles: target.settles,
            mapped_as: self.terms.mapped_as(&self.facts.tenant_id, self.product),
            corrects_others: expected,
            later,
            reckoning: target.reckoning,
        }
    }

    fn must_wait(&self, reckoning: &Reckoning, before: i64, effective: Date, verdict: &mut LineVerdict) -> bool {
        let wanted = reckoning.wanted;
        // What a person wants is worth a change, however small.
        let smallest = if reckoning.adjusted.is_some() { 0 } else { self.product.terms().smallest_change };
        let until = if self.state.written_on == Some(self.terms.today) {
            Until::Tomorrow
        } else if is_taken(effective, &self.rows, &self.state) {
            let day_before = effective.yesterday().ok().filter(|_| effective > self.terms.today);
            day_before.map_or(Until::Tomorrow, |day| Until::PeriodEnds { day })
        } else if (wanted - before).unsigned_abs() < u64::from(smallest) {
            Until::SmallestChange { units: smallest }
        } else {
            return false;
        };
        verdict.waiting = Some(self.waiting(before, wanted, until));
        true
    }

    fn no_change(
        &self,
        policy: EffectiveDates,
        periods: Option<&Periods>,
        now: &Reckoning,
        metered: bool,
        verdict: &mut LineVerdict,
    ) {
        let units = self.units_on(self.terms.today);
        if let Some(expected) = self.changed_by_others() {
            verdict.findings.push(self.others(expected));
            verdict.adopt = Some(units).filter(|_| policy == EffectiveDates::Today);
        }
        let later = policy != EffectiveDates::Today && now.wanted != units && !metered;
        let ends = periods.map(|periods| periods.current.end).filter(|end| *end > self.terms.today);
        if let (true, Some(day)) = (later, ends) {
            verdict.waiting = Some(self.waiting(units, now.wanted, Until::PeriodEnds { day }));
        }
    }

    /// The units we left in force today, where somebody else changed them since.
    fn changed_by_others(&self) -> Option<i64> {
        let day = self.terms.today.min(self.contract.end);
        self.state.expected_on(day).filter(|expected| *expected != self.units_on(day))
    }

    /// The days whose rows tell everything: from the first that may be settled to the next period's first.
    fn span(&self, periods: Option<&Periods>, policy: EffectiveDates) -> Period {
        let today = self.terms.today;
        let (start, end) = match (periods, policy) {
            (None, _) => (today, today),
            (Some(periods), EffectiveDates::Today) => (today.min(periods.current.end), periods.current.end),
            (Some(periods), _) => (periods.previous.unwrap_or(periods.current).start, periods.current.end),
        };
        Period { start, end: end.tomorrow().unwrap_or(end) }
    }

    /// Whether the units on `day` are known: what covers today is always read.
    fn rows_are_read_on(&self, day: Date) -> bool {
        let read = |line| self.facts.has_read(line, Period { start: day, end: day });
        day == self.terms.today || row_on(self.rows.iter().copied(), day).is_some() || self.place.line.is_none_or(read)
    }

    pub(crate) fn units_on(&self, day: Date) -> i64 {
        row_on(self.rows.iter().copied(), day).map_or(0, |row| row.units)
    }

    /// Whether a line that had units shows no row of them: adding to what is hidden would bill it twice (H1).
    fn units_are_not_seen(&self) -> bool {
        let day = self.terms.today.min(self.contract.end);
        let seen = self.facts.state.as_ref().and_then(|state| state.seen.as_ref());
        let was_seen = || seen.zip(self.place.line).is_some_and(|(seen, line)| seen.lines.contains(&line));
        let had_units = self.state.expected_on(day).is_some_and(|units| units > 0) || was_seen();
        had_units && row_on(self.rows.iter().copied(), day).is_none()
    }

    fn clamped(&self, day: Date) -> Date {
        day.clamp(self.contract.start, self.contract.end)
    }

    /// The price of one unit for one period: the line's own, or what a row for a whole period says, or the
    /// list price.
    fn unit_price(&self, periods: Option<&Periods>) -> Option<Decimal> {
        let of_line = self.facts.lines.iter().find(|line| Some(line.id) == self.place.line).and_then(|l| l.unit_price);
        let fills_a_period = |row: &&&UnitsRow| {
            let whole = periods.and_then(|all| Period::holding(row.start, self.contract.start, all.kind));
            whole == Some(Period { start: row.start, end: row.end })
        };
        let with_units = self.rows.iter().filter(|row| row.units > 0);
        let of_row = with_units
            .filter(fills_a_period)
            .max_by_key(|row| row.start)
            .map(|row| (row.price / Decimal::from(row.units)).round_dp(4).normalize());
        let of_service = || self.terms.services.get(&self.product.service).and_then(|service| service.unit_price);
        of_line.or(of_row).or_else(of_service)
    }

    pub(crate) fn service_name(&self) -> String {
        self.terms.service_name(self.product.service)
    }
}
