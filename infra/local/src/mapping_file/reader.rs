//! Reads tables strictly: each key is asked for once and by its type, what was not asked for is unknown,
//! and every fault is kept with its line. It knows no key and decides nothing.

use super::FileFault;
use super::toml_text::{cut, on_one_line, shown};
use super::words::Word;
use rust_decimal::Decimal;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Everything found wrong with a text so far.
pub(super) struct Faults<'t> {
    text: &'t str,
    found: RefCell<Vec<FileFault>>,
}

impl<'t> Faults<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, found: RefCell::default() }
    }

    /// Adds a fault that stands at byte `at` of the text.
    pub(super) fn add(&self, at: usize, key: &str, text: impl Into<String>) {
        self.found.borrow_mut().push(FileFault { line: self.line(at), key: key.to_owned(), text: text.into() });
    }

    pub(super) fn count(&self) -> usize {
        self.found.borrow().len()
    }

    pub(super) fn in_order(self) -> Vec<FileFault> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|fault| fault.line);
        found
    }

    fn line(&self, at: usize) -> usize {
        1 + self.text.bytes().take(at).filter(|byte| *byte == b'\n').count()
    }
}

/// Where a block stands, kept for faults that show only when the whole mapping is known.
#[derive(Default)]
pub(super) struct Place {
    pub(super) path: String,
    pub(super) at: usize,
    /// The keys in it by their path within the block, those of tables in it as well.
    keys: BTreeMap<String, usize>,
}

impl Place {
    /// The key that a fault's text begins with: its path, where it stands, and the text after it.
    pub(super) fn key_at_start_of<'x>(&self, text: &'x str) -> Option<(String, usize, &'x str)> {
        let end = text.find(|c: char| !c.is_alphanumeric() && !"_.".contains(c)).unwrap_or(text.len());
        let named = &text[..end];
        let ends_with_it = |key: &&String| key.as_str() == named || key.ends_with(&format!(".{named}"));
        let key = self.keys.keys().find(ends_with_it)?;
        let rest = text[end..].trim_start_matches([':', ' ']);
        Some((format!("{}.{key}", self.path), self.keys[key], rest))
    }
}

const AN_ID: &str = "an id such as \"4f1c1b9e-0a62-4f0e-9d3a-5f6c0c1d2e3f\"";

/// One table of the file while it is read.
pub(super) struct Block<'f> {
    faults: &'f Faults<'f>,
    table: &'f DeTable<'f>,
    path: String,
    at: usize,
    asked: BTreeSet<String>,
    in_order: Vec<String>,
    faults_before: usize,
}

impl<'f> Block<'f> {
    pub(super) fn root(faults: &'f Faults<'f>, table: &'f Spanned<DeTable<'f>>) -> Self {
        Self::new(faults, table.get_ref(), String::new(), 0)
    }

    fn new(faults: &'f Faults<'f>, table: &'f DeTable<'f>, path: String, at: usize) -> Self {
        let faults_before = faults.count();
        Self { faults, table, path, at, asked: BTreeSet::new(), in_order: Vec::new(), faults_before }
    }

    fn key_path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn value(&mut self, key: &str) -> Option<&'f Spanned<DeValue<'f>>> {
        if self.asked.insert(key.to_owned()) {
            self.in_order.push(key.to_owned());
        }
        self.table.get(key)
    }

    /// A value of the type wanted; a fault where it is of another.
    fn typed<T>(&mut self, key: &str, expected: &str, read: impl FnOnce(&'f DeValue<'f>) -> Option<T>) -> Option<T> {
        let value = self.value(key)?;
        let read = read(value.get_ref());
        if read.is_none() {
            self.faults.add(value.span().start, &self.key_path(key), wanted(expected, value.get_ref()));
        }
        read
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Adds a fault where a key is left out that has no default.
    pub(super) fn needs(&self, key: &str, expected: &str) {
        if !self.has(key) {
            self.fault(key, format!("it is missing; expected {expected}"));
        }
    }

    /// Whether nothing wrong was found since this block was begun.
    pub(super) fn is_sound(&self) -> bool {
        self.faults.count() == self.faults_before
    }

    /// Adds a fault on a key's line, or on the block's own where the key is not there.
    pub(super) fn fault(&self, key: &str, text: impl Into<String>) {
        let at = self.table.get(key).map_or(self.at, |value| value.span().start);
        self.faults.add(at, &self.key_path(key), text);
    }

    pub(super) fn text(&mut self, key: &str) -> Option<&'f str> {
        self.typed(key, "text in quotes", |value| value.as_str())
    }

    /// A text that is as `expected` says.
    pub(super) fn text_where(&mut self, key: &str, expected: &str, fits: impl Fn(&str) -> bool) -> Option<&'f str> {
        self.typed(key, expected, |value| value.as_str().filter(|text| fits(text)))
    }

    pub(super) fn uuid(&mut self, key: &str) -> Option<&'f str> {
        self.text_where(key, AN_ID, |text| is_uuid(text.trim()))
    }

    /// An id, or a word that stands for one.
    pub(super) fn uuid_or(&mut self, word: &str, key: &str) -> Option<&'f str> {
        self.text_where(key, &format!("{AN_ID} or \"{word}\""), |text| text == word || is_uuid(text.trim()))
    }

    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        self.typed(key, "true or false", |value| value.as_bool())
    }

    pub(super) fn count(&mut self, key: &str) -> Option<u32> {
        self.typed(key, "a whole number from 0 to 4294967295", |value| whole(value)?.try_into().ok())
    }

    /// The number by which Autotask knows something.
    pub(super) fn id(&mut self, key: &str) -> Option<i64> {
        self.typed(key, "a number as Autotask shows it, such as 4711", whole)
    }

    pub(super) fn word<W: Word>(&mut self, key: &str) -> Option<W> {
        self.typed(key, &W::offered(), |value| value.as_str().and_then(W::of))
    }

    /// An amount of money: a text, so that no float ever stands for it, or a whole number.
    pub(super) fn money(&mut self, key: &str) -> Option<Decimal> {
        if let Some(DeValue::Float(number)) = self.value(key).map(Spanned::get_ref) {
            let number = cut(number.as_str());
            self.fault(key, format!("expected an amount in quotes; write \"{number}\" instead of {number}"));
            return None;
        }
        self.typed(key, "an amount in quotes, such as \"4.50\", or a whole number", |value| match value {
            DeValue::String(text) => Decimal::from_str_exact(text.trim()).ok(),
            other => whole(other).map(Decimal::from),
        })
    }

    pub(super) fn parsed<T: std::str::FromStr<Err = String>>(&mut self, key: &str) -> Option<T> {
        match self.text(key)?.parse() {
            Ok(read) => Some(read),
            Err(text) => {
                self.fault(key, text);
                None
            }
        }
    }

    /// A table under `key`.
    pub(super) fn block(&mut self, key: &str) -> Option<Block<'f>> {
        let table = self.typed(key, "a table", |value| value.as_table())?;
        let at = self.table.get(key).map_or(self.at, |value| value.span().start);
        Some(Block::new(self.faults, table, self.key_path(key), at))
    }

    /// Reads each of the blocks `[[key]]`, counted from 1.
    pub(super) fn each_block(&mut self, key: &str, mut read: impl FnMut(Block<'f>)) {
        let expected = format!("blocks that begin with [[{key}]]");
        let Some(list) = self.typed(key, &expected, |value| value.as_array()) else { return };
        for (index, value) in list.iter().enumerate() {
            let path = format!("{}[{}]", self.key_path(key), index + 1);
            match value.get_ref().as_table() {
                Some(table) => read(Block::new(self.faults, table, path, value.span().start)),
                None => self.faults.add(value.span().start, &path, wanted(&expected, value.get_ref())),
            }
        }
    }

    /// A table whose keys are numbers in Autotask.
    pub(super) fn by_id<T>(&mut self, key: &str, read: impl Fn(&mut Block<'f>, &str) -> Option<T>) -> BTreeMap<i64, T> {
        let Some(mut block) = self.block(key) else { return BTreeMap::new() };
        let mut rows = BTreeMap::new();
        for name in block.table.keys() {
            let name = name.get_ref();
            // Only as it is written usually, so that "7" and "007" are not the same row twice.
            match name.parse::<i64>().ok().filter(|id| id.to_string() == *name.as_ref()) {
                Some(id) => rows.extend(read(&mut block, name).map(|row| (id, row))),
                None => {
                    block.value(name);
                    block.fault(name, "expected a number as Autotask shows it, such as \"4711\"");
                }
            }
        }
        rows
    }

    /// Where this block stands, for faults found later.
    pub(super) fn place(&self) -> Place {
        let mut keys = BTreeMap::new();
        add_keys(self.table, "", &mut keys);
        Place { path: self.path.clone(), at: self.at, keys }
    }

    /// Tells the keys that nobody asked for.
    pub(super) fn finish(self) {
        for key in self.table.keys().filter(|key| !self.asked.contains(key.get_ref().as_ref())) {
            let path = self.key_path(&on_one_line(&cut(key.get_ref())));
            self.faults.add(key.span().start, &path, format!("unknown; known are {}", self.in_order.join(", ")));
        }
    }
}

fn add_keys(table: &DeTable<'_>, prefix: &str, keys: &mut BTreeMap<String, usize>) {
    for (key, value) in table.iter() {
        let path = format!("{prefix}{}", key.get_ref());
        if let Some(inner) = value.get_ref().as_table() {
            add_keys(inner, &format!("{path}."), keys);
        }
        keys.insert(path, key.span().start);
    }
}

fn whole(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn wanted(expected: &str, found: &DeValue<'_>) -> String {
    let found = match found {
        DeValue::String(text) => shown(&cut(text)),
        DeValue::Integer(number) => cut(&number.to_string()),
        DeValue::Float(number) => cut(number.as_str()),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(moment) => format!("the date {moment}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    };
    format!("expected {expected}, found {found}")
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
