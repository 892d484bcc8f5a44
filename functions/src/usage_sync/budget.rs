//! Our share of Autotask's hourly limit (B1): counted over our own runs of the last hour, and cut short
//! when everybody together comes near the limit. It counts; the client stops at what it is allowed.

use crate::autotask::{AutotaskError, Threshold, WriteError};
use crate::host::{Host, Vendors};
use crate::http::Vendor;
use anyhow::bail;
use jiff::SignedDuration;
use shared::run::{Connection, Job, RunRecord};
use shared::settings::Budget;

/// Sets what this run may spend, by the vendor's counter and our own runs.
pub(super) async fn open(
    host: &Host,
    connection: &Connection,
    vendors: &Vendors,
    budget: &Budget,
    record: &mut RunRecord,
) -> anyhow::Result<()> {
    let threshold = vendors.autotask.threshold().await?;
    record.autotask_used = Some((threshold.used, threshold.limit));
    let window = SignedDuration::from_mins(threshold.window_minutes.clamp(1, 24 * 60).cast_signed());
    let since = host.clock.now().checked_sub(window)?;
    let runs = host.store.runs_since(&connection.id, since).await?;
    let spent_by = |job: Option<Job>| -> u64 {
        let of_job = |run: &&RunRecord| job.is_none_or(|job| run.job == job);
        runs.iter().filter(of_job).map(|run| run.autotask_calls).sum()
    };
    let so_far = vendors.calls.total(Vendor::Autotask);
    let allowed = allowed(budget, &threshold, spent_by(None) + so_far, spent_by(Some(Job::UsageSync)) + so_far);
    if allowed == 0 {
        bail!(AutotaskError::BudgetSpent);
    }
    vendors.allowance.lower_to(allowed);
    Ok(())
}

/// The requests still allowed, by what all our jobs and this one spent in the window.
fn allowed(budget: &Budget, threshold: &Threshold, spent: u64, spent_on_units: u64) -> u64 {
    let part = |percent: u32| threshold.limit.saturating_mul(u64::from(percent)) / 100;
    let share = part(budget.share_percent).saturating_sub(spent);
    let units = part(budget.units_percent).saturating_sub(spent_on_units);
    let everybody = part(budget.stop_at_percent).saturating_sub(threshold.used);
    share.min(units).min(everybody)
}

/// Looks at everybody's counter again, so that a long run stops in time.
pub(super) async fn look_again(vendors: &Vendors, budget: &Budget, record: &mut RunRecord) -> anyhow::Result<()> {
    let threshold = vendors.autotask.threshold().await?;
    record.autotask_used = Some((threshold.used, threshold.limit));
    let stop_at = threshold.limit.saturating_mul(u64::from(budget.stop_at_percent)) / 100;
    vendors.allowance.lower_to(stop_at.saturating_sub(threshold.used));
    Ok(())
}

/// Whether a run ended because its share was used up: it stops, it does not fail.
pub(super) fn is_spent(error: &anyhow::Error) -> bool {
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
            assert_eq!(allowed(&budget, &threshold(used), spent, units), expected, "{case}");
        }
    }
}
