//! A long list, page by page.

/// How many rows a page has.
pub(super) const ROWS: usize = 100;

/// One page of a list. Pages are counted from 1.
pub(super) struct Paged<T> {
    pub(super) rows: Vec<T>,
    pub(super) page: usize,
    pub(super) pages: usize,
    /// How many rows all pages have together.
    pub(super) total: usize,
}

impl<T> Paged<T> {
    /// The page that is asked for, or the last one where there are fewer. Only its own rows are made.
    pub(super) fn of<R>(all: &[R], asked: Option<&str>, row: impl FnMut(&R) -> T) -> Self {
        let pages = all.len().div_ceil(ROWS).max(1);
        let page = asked.and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, pages);
        let rows = all.iter().skip((page - 1) * ROWS).take(ROWS).map(row).collect();
        Self { rows, page, pages, total: all.len() }
    }
}
