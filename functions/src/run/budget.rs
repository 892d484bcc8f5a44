//! Our share of Autotask's hourly limit (B1): counted over our own runs of the last hour, and cut short
//! when everybody together comes near the limit. It counts; the client stops at what it is allowed.

use super::AtWork;
use crate::autotask::{AutotaskError, Threshold, WriteError};
use crate::host::Vendors;
use crate::http::Vendor;
use anyhow::bail;
use jiff::SignedDuration;
use shared::run::{Job, RunRecord};
use shared::settings::Budget;

/// Autotask's limit where it was never asked (Autotask developer help, Thresholds and limits).
const USUAL_LIMIT: Threshold = Threshold { limit: 10_000, window_minutes: 60, used: 0 };

/// Sets what this run may spend, by the vendor's counter and our own runs.
pub(crate) async fn open(at_work: &AtWork<'_>, budget: &Budget, record: &mut RunRecord) -> anyhow::Result<()> {
    let threshold = at_work.vendors.autotask.threshold().await?;
    record.autotask_used = Some((threshold.used, threshold.limit));
    set_allowance(at_work, budget, threshold, record).await
}

/// The same without asking the vendor, for runs of a few calls: by the limit as last read, and our own runs.
pub(crate) async fn open_unasked(at_work: &AtWork<'_>, budget: &Budget, record: &mut RunRecord) -> anyhow::Result<()> {
    let host = at_work.host;
    let since = host.clock.now().checked_sub(SignedDuration::from_mins(10))?;
    let runs = host.store.runs_since(&at_work.connection.id, since).await?;
    let last_read = runs.iter().rev().find_map(|run| run.autotask_used);
    let threshold = last_read.map_or(USUAL_LIMIT, |(used, limit)| Threshold { used, limit, ..USUAL_LIMIT });
    set_allowance(at_work, budget, threshold, record).await
}

async fn set_allowance(
    at_work: &AtWork<'_>,
    budget: &Budget,
    threshold: Threshold,
    record: &RunRecord,
) -> anyhow::Result<()> {
    let AtWork { host, connection, vendors, .. } = at_work;
    let window = SignedDuration::from_mins(threshold.window_minutes.clamp(1, 24 * 60).cast_signed());
    let since = host.clock.now().checked_sub(window)?;
    let runs = host.store.runs_since(&connection.id, since).await?;
    let purpose = Purpose::of(record.job);
    let spent_on = |purpose: Option<Purpose>| -> u64 {
        let of_it = |run: &&RunRecord| purpose.is_none_or(|purpose| Purpose::of(run.job) == purpose);
        runs.iter().filter(of_it).map(|run| run.autotask_calls).sum()
    };
    let so_far = vendors.calls.total(Vendor::Autotask);
    let allowed = allowed(budget, &threshold, spent_on(None) + so_far, (purpose, spent_on(Some(purpose)) + so_far));
    if allowed == 0 {
        bail!(AutotaskError::BudgetSpent);
    }
    vendors.allowance.lower_to(allowed);
    Ok(())
}

/// What our calls are made for; each has its own part of our share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Units,
    Contracts,
    Tickets,
}

impl Purpose {
    fn of(job: Job) -> Self {
        match job {
            Job::UsageSync => Self::Units,
            Job::ContractWatch | Job::ContractChanged => Self::Contracts,
            Job::AlertSync | Job::TicketChanged => Self::Tickets,
        }
    }

    fn percent(self, budget: &Budget) -> u32 {
        match self {
            Self::Units => budget.units_percent,
            Self::Contracts => budget.contracts_percent,
            Self::Tickets => budget.tickets_percent,
        }
    }
}

/// The requests still allowed, by what all our jobs and those of one purpose spent in the window.
fn allowed(budget: &Budget, threshold: &Threshold, spent: u64, (purpose, spent_on_it): (Purpose, u64)) -> u64 {
    let part = |percent: u32| threshold.limit.saturating_mul(u64::from(percent)) / 100;
    let share = part(budget.share_percent).saturating_sub(spent);
    let of_it = part(purpose.percent(budget)).saturating_sub(spent_on_it);
    let everybody = part(budget.stop_at_percent).saturating_sub(threshold.used);
    share.min(of_it).min(everybody)
}

/// Looks at everybody's counter again, so that a long run stops in time.
pub(crate) async fn look_again(vendors: &Vendors, budget: &Budget, record: &mut RunRecord) -> anyhow::Result<()> {
    let threshold = vendors.autotask.threshold().await?;
    record.autotask_used = Some((threshold.used, threshold.limit));
    let stop_at = threshold.limit.saturating_mul(u64::from(budget.stop_at_percent)) / 100;
    vendors.allowance.lower_to(stop_at.saturating_sub(threshold.used));
    Ok(())
}

/// Whether a run ended because its share was used up: it stops, it does not fail.
pub(crate) fn is_spent(error: &anyhow::Error) -> bool {
    let read = error.downcast_ref::<AutotaskError>();
    let write = error.downcast_ref::<WriteError>();
    read == Some(&AutotaskError::BudgetSpent) || write == Some(&WriteError::BudgetSpent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b1_the_share_is_the_smallest_of_ours_the_jobs_and_what_everybody_leaves() {
        let budget = Budget::default();
        let threshold = |used| Threshold { limit: 10_000, window_minutes: 60, used };
        let cases = [
            ("fresh hour", 0, 0, 0, 2_000),
            ("units spent some", 500, 500, 500, 1_500),
            ("other jobs spent most of our share", 3_500, 3_500, 0, 500),
            ("everybody is near the limit", 7_400, 0, 0, 100),
            ("everybody is over it", 7_600, 0, 0, 0),
            ("units spent all", 2_500, 2_500, 2_100, 0),
        ];
        for (case, used, spent, units, expected) in cases {
            assert_eq!(allowed(&budget, &threshold(used), spent, (Purpose::Units, units)), expected, "{case}");
        }
        let contracts = (Purpose::Contracts, 400);
        assert_eq!(allowed(&budget, &threshold(400), 400, contracts), 600, "contracts have a part of their own");
    }
}
