//! What an address says of a list: what is searched for, how it is sorted, which page it is. It is read into the names
//! that a page knows and written again from these, so that nothing else comes along.

use super::fields::Asked;
use super::words::Shown;
use std::collections::BTreeMap;
use url::form_urlencoded;

/// The fields of a list's address that say something.
#[derive(Debug, Clone)]
pub(super) struct Query {
    names: &'static [&'static str],
    fields: BTreeMap<&'static str, String>,
}

impl Query {
    /// Those of an address.
    pub(super) fn asked(names: &'static [&'static str], asked: &Asked) -> Self {
        Self::of(names, |name| asked.field(name).map(str::to_owned))
    }

    /// Those of the text that `text` gave, as it comes back in a form; whatever else comes is left out.
    pub(super) fn of_text(names: &'static [&'static str], text: &str) -> Self {
        let mut given: BTreeMap<String, String> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        Self::of(names, |name| given.remove(name))
    }

    fn of(names: &'static [&'static str], mut given: impl FnMut(&str) -> Option<String>) -> Self {
        // They are shown again, in the page's fields.
        let said = |text: String| Some(Shown::of(text).to_string()).filter(|text| !text.trim().is_empty());
        let fields = names.iter().filter_map(|name| Some((*name, said(given(name)?)?))).collect();
        Self { names, fields }
    }

    /// A field; empty where nothing is said.
    pub(super) fn get(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |text| text.trim())
    }

    /// The same with these fields in place of others; empty ones are left out.
    #[must_use]
    pub(super) fn with(&self, fields: &[(&str, &str)]) -> Self {
        let mut changed = self.clone();
        for (name, text) in fields {
            let name = self.names.iter().find(|known| *known == name).expect("a page names its own fields");
            match *text {
                "" => _ = changed.fields.remove(name),
                text => _ = changed.fields.insert(name, text.to_owned()),
            }
        }
        changed
    }

    /// As a part of an address.
    pub(super) fn text(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.fields).finish()
    }

    /// The address of a page of the list at `path`, which the field `name` says; it leads to the part `anchor`.
    pub(super) fn to_page(&self, path: &str, anchor: &str, name: &str, page: usize) -> String {
        format!("{path}?{}#{anchor}", self.with(&[(name, &page.to_string())]).text())
    }

    /// What a form carries along that asks for others itself.
    pub(super) fn besides(&self, names: &[&str]) -> Vec<(&'static str, &str)> {
        let others = self.fields.iter().filter(|(name, _)| !names.contains(name));
        others.map(|(name, text)| (*name, text.as_str())).collect()
    }
}
