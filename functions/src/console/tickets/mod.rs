//! Which alerts become which tickets.

mod words;

pub(super) use words::{differences, label_of};
