//! Who may use whom within the code: rooms use what is below them, never what is beside or above.

use crate::sources::{Offenders, Source, Token, lines_with, rust_files};

/// A floor of `functions`, with its rooms.
struct Floor {
    rooms: &'static [&'static str],
    /// Whether its rooms may use one another.
    open: bool,
}

/// The floors of `functions`, from the ground up. A new module gets its place here.
const FLOORS: [Floor; 9] = [
    Floor { rooms: &["context", "http", "metrics", "progress", "spreadsheet"], open: true },
    // The clients and the store, which never know of one another.
    Floor { rooms: &["acronis", "autotask", "store", "events", "secrets"], open: false },
    // What is remembered, in words.
    Floor { rooms: &["standing"], open: false },
    // What a job needs to work for a connection.
    Floor { rooms: &["host"], open: false },
    Floor { rooms: &["setup"], open: false },
    // What every job's run has in common.
    Floor { rooms: &["run"], open: false },
    // The jobs.
    Floor {
        rooms: &[
            "dispatch",
            "usage_sync",
            "contract_watch",
            "contract_changed",
            "alert_sync",
            "ticket_changed",
            "autotask_webhook",
            "console",
        ],
        open: false,
    },
    // What the binaries have in common.
    Floor { rooms: &["lambda"], open: false },
    Floor { rooms: &["bin"], open: false },
];

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.rooms.contains(&room))
}

/// The modules of its own crate that a file names, each with the line: by `crate::` or by `super::`.
pub(crate) fn rooms_named(source: &Source) -> Vec<(usize, String)> {
    let code = source.code();
    let is = |index: usize, text: &str| code.get(index).is_some_and(|token: &Token| token.text == text);
    let path_sign = |index: usize| is(index, ":") && is(index + 1, ":");
    let depth = source.module_path().len();
    let mut named = Vec::new();
    for index in 0..code.len() {
        let starts = index == 0 || !is(index - 1, ":");
        let mut after = index;
        let mut supers = 0;
        while is(after, "super") && path_sign(after + 1) {
            (supers, after) = (supers + 1, after + 3);
        }
        if is(index, "crate") && path_sign(index + 1) {
            after = index + 3;
        } else if supers == 0 || supers != depth {
            continue;
        }
        if let Some(token) = code.get(after).filter(|_| starts) {
            named.push((token.line, token.text.clone()));
            // A group of a `use`; its parts follow again, each with its whole path.
        }
    }
    named
}

#[test]
fn every_module_of_functions_has_its_floor() {
    let mut offenders = Offenders::default();
    for source in rust_files("functions/src") {
        if let Some(room) = source.module_path().first().filter(|room| floor_of(room).is_none()) {
            offenders.add(&source.path, 1, format!("\"{room}\" is on no floor; give it one in the tidy test"));
        }
    }
    offenders.none();
}

#[test]
fn rooms_use_what_is_below_them_and_never_beside_or_above() {
    let mut offenders = Offenders::default();
    for source in rust_files("functions/src") {
        let Some(&room) = source.module_path().first() else { continue };
        let Some(own) = floor_of(room) else { continue };
        for (line, other) in rooms_named(&source) {
            let Some(floor) = floor_of(&other) else { continue };
            let allowed = floor < own || other == room || (floor == own && FLOORS[own].open);
            if !allowed {
                offenders.add(&source.path, line, format!("{room} uses {other}"));
            }
        }
    }
    offenders.none();
}

#[test]
fn the_sandbox_uses_nothing_of_ours() {
    let mut offenders = Offenders::default();
    for source in rust_files("tests/sandbox") {
        let code = source.code();
        for ours in ["shared::", "functions::", "acrotask::"] {
            lines_with(&code, ours).into_iter().for_each(|line| offenders.add(&source.path, line, ours));
        }
    }
    offenders.none();
}

#[test]
fn shared_reads_no_clock_and_reaches_nothing_of_the_world() {
    const WORLD: [&str; 27] = [
        "Timestamp::now",
        "Zoned::now",
        "SystemTime",
        "Instant",
        "TimeZone::system",
        "TimeZone::get",
        "std::env",
        "env::var",
        "std::fs",
        "std::net",
        "std::io",
        "std::os",
        "std::path",
        "std::process",
        "process::exit",
        "std::thread",
        "thread_local!",
        "std::sync",
        "tokio",
        "rand",
        "RandomState",
        "HashMap",
        "HashSet",
        "println!",
        "eprintln!",
        "print!",
        "dbg!",
    ];
    let mut offenders = Offenders::default();
    for source in rust_files("shared/src") {
        let code = source.product_code();
        for word in WORLD {
            lines_with(&code, word).into_iter().for_each(|line| offenders.add(&source.path, line, word));
        }
    }
    offenders.none();
}

#[test]
fn each_client_alone_knows_the_names_of_its_vendor() {
    let names = [
        ("acronis", ["offering_items", "absolute_value", "measurement_unit", "infra_id", "range_start"]),
        ("autotask", ["contractServiceID", "contractID", "companyID", "userDefinedFields", "pageDetails"]),
    ];
    let mut offenders = Offenders::default();
    for source in rust_files("functions/src").iter().chain(&rust_files("infra/local/src")) {
        for (client, names) in names.iter().filter(|(client, _)| source.module_path().first() != Some(client)) {
            for token in source.product_code().iter().filter(|token| token.literal) {
                for name in names.iter().filter(|name| token.text.contains(**name)) {
                    offenders.add(&source.path, token.line, format!("{name} is {client}'s to know"));
                }
            }
        }
    }
    offenders.none();
}

#[test]
fn the_store_alone_knows_the_keys_of_the_table() {
    let mut offenders = Offenders::default();
    for source in rust_files("functions/src").iter().chain(&rust_files("infra/local/src")) {
        if source.path.starts_with("functions/src/store/") {
            continue;
        }
        for token in source.product_code() {
            let literal = token.literal && ["\"pk\"", "\"sk\"", "\"ttl\""].contains(&token.text.as_str());
            let condition = token.literal && token.text.contains("attribute_not_exists");
            if literal
                || condition
                || ["condition_expression", "key_condition_expression"].contains(&token.text.as_str())
            {
                offenders.add(&source.path, token.line, token.text);
            }
        }
    }
    offenders.none();
}
