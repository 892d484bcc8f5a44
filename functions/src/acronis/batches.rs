//! Many ids, asked for in batches that are halved when the vendor refuses one (B2): an id that is gone or
//! closed to us spoils its batch, and so does a long address. It sends nothing itself.

/// The batches still to be asked for.
pub(super) struct Batches<'a, T>(Vec<&'a [T]>);

impl<'a, T> Batches<'a, T> {
    pub(super) fn of(ids: &'a [T], most: usize) -> Self {
        Self(ids.chunks(most).rev().collect())
    }

    pub(super) fn take(&mut self) -> Option<&'a [T]> {
        self.0.pop()
    }

    /// After a refusal: the halves come next. An id that was refused alone has none, and comes back.
    pub(super) fn halve(&mut self, batch: &'a [T]) -> Option<&'a T> {
        if let [alone] = batch {
            return Some(alone);
        }
        let (first, second) = batch.split_at(batch.len() / 2);
        self.0.extend([second, first]);
        None
    }
}

/// Whether a batch is refused for what is in it, or for its length; anything else a smaller one meets too.
pub(super) fn is_refusal(status: u16) -> bool {
    matches!(status, 400 | 403 | 404 | 414 | 431)
}
