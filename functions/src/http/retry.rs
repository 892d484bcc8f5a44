//! How reads are repeated: bounded, spread by chance, as the vendor asks, and never past the end of
//! the run. Writes never come here.

use super::Http;
use super::outcome::{Outcome, Reply};
use backon::{ExponentialBuilder, Retryable};
use std::time::Duration;

/// How reads are repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The first wait; each later one is twice as long, and all are spread by chance.
    pub base_delay: Duration,
    /// Attempts in all.
    pub most_attempts: usize,
    /// The longest wait. A vendor that asks for a longer one is left alone until the next run.
    pub longest_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { base_delay: Duration::from_millis(500), most_attempts: 5, longest_wait: Duration::from_secs(60) }
    }
}

/// Why an attempt is not the last word.
enum Unfinished<E> {
    Again(Outcome),
    Stop(E),
}

impl Http {
    /// Repeats a read until it has a reply that `is_final`, or attempts or time run out; then the last
    /// outcome stands. An error of `attempt` ends it at once.
    pub(crate) async fn repeat<E, F: Future<Output = Result<Outcome, E>>>(
        &self,
        attempt: impl Fn() -> F,
        is_final: impl Fn(&Reply) -> bool,
    ) -> Result<Outcome, E> {
        let policy = self.settings.retry;
        let waits = ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(policy.base_delay)
            .with_max_delay(policy.longest_wait)
            .with_max_times(policy.most_attempts.saturating_sub(1));
        let once = || async {
            match attempt().await {
                Ok(Outcome::Reply(reply)) if is_final(&reply) => Ok(Outcome::Reply(reply)),
                Ok(outcome) => Err(Unfinished::Again(outcome)),
                Err(stop) => Err(Unfinished::Stop(stop)),
            }
        };
        let finished = once
            .retry(waits)
            .when(|unfinished| matches!(unfinished, Unfinished::Again(_)))
            .adjust(|unfinished, planned| match unfinished {
                Unfinished::Again(outcome) => self.wait_after(outcome, planned?),
                Unfinished::Stop(_) => None,
            })
            .await;
        match finished {
            Ok(outcome) | Err(Unfinished::Again(outcome)) => Ok(outcome),
            Err(Unfinished::Stop(stop)) => Err(stop),
        }
    }

    fn wait_after(&self, outcome: &Outcome, planned: Duration) -> Option<Duration> {
        let asked = match outcome {
            Outcome::Reply(reply) => reply.retry_after.unwrap_or_default(),
            Outcome::NotSent(_) | Outcome::NoReply(_) => Duration::ZERO,
        };
        let in_time = self.settings.deadline.left().is_none_or(|left| planned.max(asked) < left);
        (asked <= self.settings.retry.longest_wait && in_time).then(|| planned.max(asked))
    }
}
