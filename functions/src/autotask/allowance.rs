//! The requests we may still make (B1), and how many may run at a time on each endpoint. It counts
//! down; what a fair share is, others decide.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Where units are changed; the only endpoint that one job has for itself.
pub(super) const ADJUSTMENTS: &str = "ContractServiceAdjustments";
/// The vendor's own limit for one integration on one endpoint (Autotask developer help, Thread limiting).
const MOST_ON_ADJUSTMENTS: usize = 3;
/// The vendor counts all our processes together, so that on a shared endpoint each keeps to one.
const MOST_ON_OTHERS: usize = 1;

/// How many requests may still be made; clones count down together.
#[derive(Debug, Clone)]
pub struct Allowance(Arc<AtomicU64>);

impl Allowance {
    /// This many.
    pub fn of(requests: u64) -> Self {
        Self(Arc::new(AtomicU64::new(requests)))
    }

    /// More than will ever be made.
    pub fn unlimited() -> Self {
        Self::of(u64::MAX)
    }

    /// How many are left.
    pub fn left(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Takes away what exceeds `requests`; never adds.
    pub fn lower_to(&self, requests: u64) {
        self.0.fetch_min(requests, Ordering::SeqCst);
    }

    /// Takes one; false where none was left.
    pub(super) fn take(&self) -> bool {
        let less_one = |left: u64| left.checked_sub(1);
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less_one).is_ok()
    }
}

/// The places on each endpoint.
#[derive(Debug, Default)]
pub(super) struct Places(Mutex<BTreeMap<String, Arc<Semaphore>>>);

impl Places {
    /// Waits for a place on an endpoint, and keeps it until the answer is dropped.
    pub(super) async fn place_on(&self, endpoint: &str) -> OwnedSemaphorePermit {
        let most = if endpoint == ADJUSTMENTS { MOST_ON_ADJUSTMENTS } else { MOST_ON_OTHERS };
        let semaphore = {
            let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            places.entry(endpoint.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(most))).clone()
        };
        semaphore.acquire_owned().await.expect("the places of an endpoint are never closed")
    }
}
