//! Whole lists, page by page (Acronis Account Management API v2, Paging): the next page is the same
//! path with nothing but the cursor, which holds filters and order. A list is read whole or not at all.

use super::{Acronis, AcronisError};
use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Ten million rows; beyond it the vendor is going in circles with fresh cursors.
const MOST_PAGES: usize = 2_000;

#[derive(Deserialize)]
struct Page {
    items: Box<RawValue>,
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

impl Page {
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
            let page: Page = self.read(endpoint, url.clone()).await?;
            let rows: Vec<T> = serde_json::from_str(page.items.get())
                .map_err(|error| failed(&format!("the reply cannot be used: {error}")))?;
            // Counting rows twice would be worse than not counting at all.
            if !rows.is_empty() && !marks.insert(page.mark()) {
                return Err(failed("the vendor repeats a page"));
            }
            for row in rows {
                each(row).map_err(|why| failed(&why))?;
            }
            let Some(cursor) = page.cursor() else { return Ok(()) };
            url.query_pairs_mut().clear().append_pair("after", &cursor);
            if !cursors.insert(cursor) {
                return Err(failed("the vendor repeats a page"));
            }
        }
        Err(failed(&format!("the vendor lists more than {MOST_PAGES} pages")))
    }
}
