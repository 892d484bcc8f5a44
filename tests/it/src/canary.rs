//! Every secret of the stories has the word `canary` in it: the credentials at both vendors, the tokens they give out,
//! the keys of webhooks and of AWS. What is told, logged, kept or published is searched for it, whichever suite runs:
//! by whoever brings it about, so that no story can forget to.

use acrotask::table::EmbeddedTable;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dynoxide::Database;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::ops::Deref;
use std::sync::{LazyLock, Mutex, Once, PoisonError};
use tracing_subscriber::EnvFilter;

/// The word, as it is and in capitals.
const WORDS: [&str; 2] = ["canary", "CANARY"];
/// As much of a text as is shown before and after a canary.
const SHOWN_BYTES: usize = 200;

/// The words and what becomes of them in Base64, where they may begin at any of three places.
static FORMS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let in_base64 = |word: &str, before: usize| {
        let (whole, end) =
            (STANDARD.encode([&vec![0; before], word.as_bytes()].concat()), (before + word.len()) * 4 / 3);
        // A character stands for 6 bits: the first and the last ones hold bits of what is beside the word.
        whole[(before * 4).div_ceil(3)..end].to_owned()
    };
    WORDS.iter().flat_map(|word| (0..3).map(|before| in_base64(word, before)).chain([(*word).to_owned()])).collect()
});

/// Where canaries were seen, by anybody in this process: a leak may be met on a task whose panic nobody hears.
static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Looks for canaries in what is outside.
pub fn seek(place: &str, text: &str) {
    let Some(at) = FORMS.iter().find_map(|form| text.find(form)) else { return };
    let bytes = &text.as_bytes()[at.saturating_sub(SHOWN_BYTES)..text.len().min(at + SHOWN_BYTES)];
    let seen = format!("a secret in {place}: … {} …", String::from_utf8_lossy(bytes));
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
}

/// Fails the story when a canary was seen anywhere.
#[track_caller]
pub fn none_was_seen() {
    let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    // A story that fails already does so for another reason, and two panics at once say nothing.
    assert!(seen.is_empty() || std::thread::panicking(), "{seen:#?}");
}

/// Searches whatever our own code logs in this process, at its most talkative.
pub fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let ours = EnvFilter::new("functions=trace,shared=trace,acrotask=trace");
        tracing_subscriber::fmt().with_env_filter(ours).with_ansi(false).with_writer(|| Log).init();
    });
}

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        seek("the log", &String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An embedded table, all items of which are searched in the end.
pub struct SearchedTable {
    table: EmbeddedTable,
    database: Database,
}

impl SearchedTable {
    /// A table in memory. What is logged while it is there is searched too.
    pub async fn in_memory() -> SearchedTable {
        listen();
        let database = Database::memory().expect("the database is there");
        let table = EmbeddedTable::of(database.clone()).await.expect("the table is there");
        SearchedTable { table, database }
    }
}

impl Deref for SearchedTable {
    type Target = EmbeddedTable;

    fn deref(&self) -> &EmbeddedTable {
        &self.table
    }
}

impl Drop for SearchedTable {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            seek_in(&self.database);
        }
        none_was_seen();
    }
}

/// Searches all items of all tables.
pub fn seek_in(database: &Database) {
    let tables = database.list_tables(asked(json!({}))).expect("a database tells its tables").table_names;
    for table in tables {
        let (mut begin, mut compressed) = (Value::Null, Compressed::new());
        loop {
            let scanned = database.scan(asked(json!({"TableName": table, "ExclusiveStartKey": begin})));
            let scanned = serde_json::to_value(scanned.expect("a table is read")).expect("items are JSON");
            seek("the table", &scanned["Items"].to_string());
            for item in scanned["Items"].as_array().expect("items are a list") {
                let [partition, key] = ["pk", "sk"].map(|name| item[name]["S"].as_str().unwrap_or_default().to_owned());
                let bytes = item.as_object().into_iter().flatten().filter(|(_, value)| value.get("B").is_some());
                for (name, value) in bytes {
                    let text = value["B"].as_str().expect("bytes are told in Base64").to_owned();
                    compressed.insert([partition.clone(), key.clone(), name.clone()], text);
                }
            }
            begin = scanned["LastEvaluatedKey"].clone();
            if begin.is_null() {
                break;
            }
        }
        seek_in_compressed(&compressed);
    }
}

/// Bytes in Base64, by partition, key and attribute.
type Compressed = BTreeMap<[String; 3], String>;

/// Searches what is compressed, put together where it has parts.
fn seek_in_compressed(compressed: &Compressed) {
    let mut whole: BTreeMap<[&str; 3], Vec<u8>> = BTreeMap::new();
    for ([partition, key, name], text) in compressed {
        let generation = match name.as_str() {
            "part" => key.split_once('#').expect("a part is numbered").0,
            _ => key.as_str(),
        };
        let bytes = whole.entry([partition.as_str(), generation, name.as_str()]).or_default();
        bytes.extend(STANDARD.decode(text).expect("bytes are told in Base64"));
    }
    for bytes in whole.into_values() {
        let mut text = String::new();
        // One that is being written has not all of its parts yet; as far as it goes it is searched.
        let _ = GzDecoder::new(bytes.as_slice()).read_to_string(&mut text);
        seek("what is compressed", &text);
    }
}

fn asked<T: serde::de::DeserializeOwned>(request: Value) -> T {
    serde_json::from_value(request).expect("it can be asked so")
}
