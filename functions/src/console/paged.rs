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

/// How many rows there are, and the way to those before and after, as `console/pager.html` shows it.
pub(super) struct Pager {
    /// "company", and "companies"
    pub(super) one: &'static str,
    pub(super) of: &'static str,
    pub(super) page: usize,
    pub(super) pages: usize,
    pub(super) total: usize,
    pub(super) earlier: Option<String>,
    pub(super) later: Option<String>,
}

impl Pager {
    /// Of a list of what is called so; `to` gives the address of a page.
    pub(super) fn of<T>(
        (one, of): (&'static str, &'static str),
        list: &Paged<T>,
        to: impl Fn(usize) -> String,
    ) -> Self {
        Self {
            one,
            of,
            page: list.page,
            pages: list.pages,
            total: list.total,
            earlier: (list.page > 1).then(|| to(list.page - 1)),
            later: (list.page < list.pages).then(|| to(list.page + 1)),
        }
    }
}
