//! Counts of what was called, by vendor and endpoint. It counts; it limits nothing.

use super::Vendor;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The counts of one client; clones count together.
#[derive(Debug, Clone, Default)]
pub struct Calls(Arc<Mutex<BTreeMap<(Vendor, String), CallCount>>>);

/// The calls of one endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallCount {
    /// All of them, repeated ones too.
    pub total: u64,
    /// Those without an outcome yet.
    pub under_way: u64,
    /// The most that were under way at one time.
    pub most_at_a_time: u64,
}

impl Calls {
    /// Every endpoint called, with its counts.
    pub fn by_endpoint(&self) -> BTreeMap<(Vendor, String), CallCount> {
        self.counts().clone()
    }

    /// All calls to one vendor.
    pub fn total(&self, vendor: Vendor) -> u64 {
        self.counts().iter().filter(|((of, _), _)| *of == vendor).map(|(_, count)| count.total).sum()
    }

    /// Counts a call until the answer is dropped, be it finished or given up.
    pub(super) fn start(&self, vendor: Vendor, endpoint: &str) -> UnderWay {
        let key = (vendor, endpoint.to_owned());
        let mut counts = self.counts();
        let count = counts.entry(key.clone()).or_default();
        count.total += 1;
        count.under_way += 1;
        count.most_at_a_time = count.most_at_a_time.max(count.under_way);
        UnderWay { calls: self.clone(), key }
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<(Vendor, String), CallCount>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that has no outcome yet.
pub(super) struct UnderWay {
    calls: Calls,
    key: (Vendor, String),
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(count) = self.calls.counts().get_mut(&self.key) {
            count.under_way = count.under_way.saturating_sub(1);
        }
    }
}
