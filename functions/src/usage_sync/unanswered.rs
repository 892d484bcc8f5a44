//! The changes of a run that were sent, as long as nobody knows what became of them (U6). Part of `apply`.

use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What was sent, and nobody knows yet whether it was made.
#[derive(Default)]
pub(super) struct Unanswered(Mutex<BTreeMap<String, SentOnce>>);

#[derive(Clone, Copy)]
pub(super) struct SentOnce {
    pub(super) at: Timestamp,
    pub(super) by_this_run: bool,
}

impl Unanswered {
    /// This run sent it.
    pub(super) fn sent(&self, id: &str, at: Timestamp) {
        self.lock().insert(id.to_owned(), SentOnce { at, by_this_run: true });
    }

    /// An earlier run sent it.
    pub(super) fn waits(&self, id: &str, at: Timestamp) {
        self.lock().insert(id.to_owned(), SentOnce { at, by_this_run: false });
    }

    /// What became of it is known.
    pub(super) fn known(&self, id: &str) {
        self.lock().remove(id);
    }

    pub(super) fn all(&self) -> Vec<SentOnce> {
        self.lock().values().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, SentOnce>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
