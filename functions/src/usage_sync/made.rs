//! What a run did so far, while several of its changes are under way at a time.

use crate::run::held::Deeds;
use shared::finding::Finding;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What this run did.
#[derive(Default)]
pub(super) struct Made(Mutex<Deeds>);

impl Made {
    pub(super) fn add(&self, change: &str) {
        self.lock().made.insert(change.to_owned());
    }

    pub(super) fn found(&self, finding: Finding) {
        self.lock().found.push(finding);
    }

    pub(super) fn all(self) -> Deeds {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Deeds> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
