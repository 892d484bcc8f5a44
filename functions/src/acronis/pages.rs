//! Whole lists, page by page (Acronis Account Management API v2, Paging): the next page is the same
//! path with nothing but the cursor, which holds filters and order. A list is read whole or not at all.

use super::{Acronis, AcronisError};
use reqwest::Url;
use serde::de::{DeserializeOwned, Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::marker::PhantomData;

/// Ten million rows; beyond it the vendor is going in circles with fresh cursors.
const MOST_PAGES: usize = 2_000;

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
    /// A mark by which the same rows are known again.
    fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.items.get().hash(&mut hasher);
        hasher.finish()
    }

    fn cursor(&self) -> Option<String> {
        let cursor = self.paging.as_ref()?.cursors.as_ref()?.after.clone()?;
        (!cursor.is_empty()).then_some(cursor)
    }
}

impl Acronis {
    /// Hands over every row of a list. What was handed over before an error must not be used.
    pub(super) async fn each_row<T: DeserializeOwned>(
        &self,
        endpoint: &'static str,
        first: Url,
        mut each: impl FnMut(T) -> Result<(), String>,
    ) -> Result<(), AcronisError> {
        let failed = |why: &str| AcronisError::Failed(format!("{endpoint}: {why}"));
        let (mut cursors, mut marks) = (HashSet::new(), HashSet::new());
        let mut url = first;
        for _ in 0..MOST_PAGES {
            let reply = self.reply(endpoint, url.clone()).await?;
            let page: Page<'_> = serde_json::from_slice(&reply.body)
                .map_err(|error| AcronisError::Failed(reply.unreadable(&error.to_string())))?;
            // Counting rows twice would be worse than not counting at all.
            let is_new = marks.insert(page.mark());
            let unfit = |why: &str| if is_new { failed(why) } else { failed("the vendor repeats a page") };
            let handed_over = hand_over(page.items.get(), |row| if is_new { each(row) } else { Err(String::new()) });
            handed_over.map_err(|why| unfit(&why))?;
            let Some(cursor) = page.cursor() else { return Ok(()) };
            url.query_pairs_mut().clear().append_pair("after", &cursor);
            if !cursors.insert(cursor) {
                return Err(failed("the vendor repeats a page"));
            }
        }
        Err(failed(&format!("the vendor lists more than {MOST_PAGES} pages")))
    }
}

/// Hands over the rows of a list one by one, as they are read.
fn hand_over<T: DeserializeOwned>(rows: &str, each: impl FnMut(T) -> Result<(), String>) -> Result<(), String> {
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
