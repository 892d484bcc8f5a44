//! Whole lists, page by page, as each of the vendor's services wants the next page asked for. A list is read
//! whole or not at all.

use super::{Acronis, AcronisError};
use crate::http::Reply;
use reqwest::Url;
use serde::de::{DeserializeOwned, Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::marker::PhantomData;

/// Ten million tenants, or two hundred thousand alerts; beyond it the vendor is going in circles with fresh cursors.
const MOST_PAGES: usize = 2_000;
/// What is said of a list that comes back to where it was.
const REPEATS: &str = "the vendor repeats a page";

/// How the next page is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum NextPage {
    /// With nothing but the cursor, which holds filters and order (Acronis Account Management API v2, Paging).
    CursorAlone,
    /// With the cursor and the same filters again (Acronis developer portal, Fetching alerts).
    CursorAndFilters,
}

impl NextPage {
    fn after(self, first: &Url, cursor: &str) -> Url {
        let mut url = first.clone();
        if let Self::CursorAlone = self {
            url.set_query(None);
        }
        url.query_pairs_mut().append_pair("after", cursor);
        url
    }
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    items: &'a RawValue,
    #[serde(default)]
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    #[serde(default)]
    cursors: Option<Cursors>,
}

#[derive(Deserialize)]
struct Cursors {
    #[serde(default)]
    after: Option<String>,
}

impl Page<'_> {
    fn cursor(&self) -> Option<String> {
        let cursor = self.paging.as_ref()?.cursors.as_ref()?.after.clone()?;
        (!cursor.is_empty()).then_some(cursor)
    }
}

/// A mark by which the same rows are known again.
fn mark(rows: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    rows.hash(&mut hasher);
    hasher.finish()
}

impl Acronis {
    /// Hands over every row of a list. What was handed over before an error must not be used.
    pub(super) async fn each_row<T: DeserializeOwned>(
        &self,
        endpoint: &'static str,
        first: Url,
        mut each: impl FnMut(T) -> Result<(), String>,
    ) -> Result<(), AcronisError> {
        let mut marks = HashSet::new();
        let rows_of_page = |rows: &str| {
            // Counting rows twice would be worse than not counting at all.
            let is_new = marks.insert(mark(rows));
            let handed_over = hand_over(rows, |row| if is_new { each(row) } else { Err(String::new()) });
            handed_over.map_err(|why| if is_new { why } else { REPEATS.to_owned() })
        };
        self.each_page(endpoint, first, NextPage::CursorAlone, rows_of_page).await
    }

    /// Hands over the rows of every page as they came.
    pub(super) async fn each_page(
        &self,
        endpoint: &'static str,
        first: Url,
        next: NextPage,
        each: impl FnMut(&str) -> Result<(), String>,
    ) -> Result<(), AcronisError> {
        match self.each_page_up_to_a_no(endpoint, first, next, each).await? {
            None => Ok(()),
            Some(no) => Err(AcronisError::of(&no)),
        }
    }

    /// Hands over the rows of every page as they came, up to a reply that says no; that comes back.
    pub(super) async fn each_page_up_to_a_no(
        &self,
        endpoint: &'static str,
        first: Url,
        next: NextPage,
        mut each: impl FnMut(&str) -> Result<(), String>,
    ) -> Result<Option<Reply>, AcronisError> {
        let failed = |why: &str| AcronisError::Failed(format!("{endpoint}: {why}"));
        let mut cursors = HashSet::new();
        let mut url = first.clone();
        for _ in 0..MOST_PAGES {
            let reply = self.ask(endpoint, url).await?;
            if reply.status != 200 {
                return Ok(Some(reply));
            }
            let page: Page<'_> = serde_json::from_slice(&reply.body)
                .map_err(|error| AcronisError::Failed(reply.unreadable(&error.to_string())))?;
            each(page.items.get()).map_err(|why| failed(&why))?;
            let Some(cursor) = page.cursor() else { return Ok(None) };
            url = next.after(&first, &cursor);
            if !cursors.insert(cursor) {
                return Err(failed(REPEATS));
            }
        }
        Err(failed(&format!("the vendor lists more than {MOST_PAGES} pages")))
    }
}

/// Hands over the rows of a list one by one, as they are read.
pub(super) fn hand_over<T: DeserializeOwned>(
    rows: &str,
    each: impl FnMut(T) -> Result<(), String>,
) -> Result<(), String> {
    let mut stopped = None;
    let mut reader = serde_json::Deserializer::from_str(rows);
    let read = reader.deserialize_seq(Rows { each, stopped: &mut stopped, row: PhantomData });
    match (stopped, read) {
        (Some(why), _) => Err(why),
        (None, Err(error)) => Err(format!("the reply cannot be used: {error}")),
        (None, Ok(())) => Ok(()),
    }
}

struct Rows<'a, T, E> {
    each: E,
    stopped: &'a mut Option<String>,
    row: PhantomData<T>,
}

impl<'de, T: DeserializeOwned, E: FnMut(T) -> Result<(), String>> Visitor<'de> for Rows<'_, T, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element()? {
            if let Err(why) = (self.each)(row) {
                *self.stopped = Some(why);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}
