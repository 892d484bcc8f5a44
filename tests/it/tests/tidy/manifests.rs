//! What each package may depend on, by its manifest.

use crate::sources::{Offenders, files};
use std::collections::BTreeSet;
use toml::Table;

const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// The manifests of our packages with their paths.
fn manifests() -> Vec<(String, Table)> {
    let manifests = files("").into_iter().filter(|file| file.path.ends_with("Cargo.toml"));
    let parsed = manifests.map(|file| match file.text.parse::<Table>() {
        Ok(manifest) => (file.path, manifest),
        Err(error) => panic!("{} is no manifest: {}", file.path, error.message()),
    });
    parsed.filter(|(_, manifest): &(String, Table)| manifest.contains_key("package")).collect()
}

fn manifest(path: &str) -> Table {
    let found = manifests().into_iter().find(|(found, _)| found == path);
    found.unwrap_or_else(|| panic!("there is no {path}")).1
}

fn names(manifest: &Table, kind: &str) -> BTreeSet<String> {
    let table = manifest.get(kind).and_then(|value| value.as_table());
    table.map(|table| table.keys().cloned().collect()).unwrap_or_default()
}

/// All dependencies of a package, also those that count on some platforms only.
fn all_names(manifest: &Table) -> BTreeSet<String> {
    let targets = manifest.get("target").and_then(|value| value.as_table());
    let targets = targets.into_iter().flat_map(|table| table.values()).filter_map(|value| value.as_table());
    targets.chain([manifest]).flat_map(|table| KINDS.map(|kind| names(table, kind))).flatten().collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn shared_depends_on_nothing_that_reaches_the_world() {
    let shared = manifest("shared/Cargo.toml");
    let allowed = set(&["comfy-table", "jiff", "rust_decimal", "serde", "serde_json", "sha2"]);
    let for_tests = set(&["insta", "proptest"]);
    assert_eq!(names(&shared, "dependencies"), allowed);
    assert_eq!(names(&shared, "dev-dependencies"), for_tests);
    assert_eq!(all_names(&shared), &allowed | &for_tests);
}

#[test]
fn the_sandbox_depends_on_nothing_of_ours() {
    let ours: BTreeSet<String> = manifests()
        .iter()
        .filter_map(|(_, manifest)| Some(manifest.get("package")?.get("name")?.as_str()?.to_owned()))
        .collect();
    let sandbox = manifest("tests/sandbox/Cargo.toml");
    assert_eq!(&all_names(&sandbox) & &ours, BTreeSet::new());
    let mut offenders = Offenders::default();
    for file in files("tests/sandbox").iter().filter(|file| file.path.ends_with("Cargo.toml")) {
        for (index, line) in file.text.lines().enumerate().filter(|(_, line)| line.contains("path =")) {
            offenders.add(&file.path, index + 1, line);
        }
    }
    offenders.none();
}

#[test]
fn only_the_command_line_and_the_stories_depend_on_the_sandbox() {
    let mut offenders = Offenders::default();
    for (path, manifest) in manifests() {
        let allowed = ["infra/local/Cargo.toml", "tests/it/Cargo.toml"].contains(&path.as_str());
        if !allowed && all_names(&manifest).contains("sandbox") {
            offenders.add(&path, 1, "depends on sandbox");
        }
    }
    offenders.none();
}

#[test]
fn floors_below_depend_on_no_floor_above() {
    let mut offenders = Offenders::default();
    for (path, above) in [
        ("shared/Cargo.toml", ["functions", "acrotask", "it"].as_slice()),
        ("functions/Cargo.toml", ["acrotask", "it"].as_slice()),
        ("infra/local/Cargo.toml", ["it"].as_slice()),
    ] {
        let used = all_names(&manifest(path));
        for name in above.iter().filter(|name| used.contains(**name)) {
            offenders.add(path, 1, format!("depends on {name}"));
        }
    }
    offenders.none();
}
