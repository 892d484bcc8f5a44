//! The README's table of what is promised: every id once, each place there is, and a test that names the id.

use crate::sources::{Offenders, files, root};
use functions::console::routes;
use std::collections::BTreeSet;

/// Of these no test can tell: a person clicks in a vendor's own console, or they are about something else.
const WITHOUT_TEST: [&str; 9] = ["A07", "A13", "G05", "G06", "G07", "G08", "G09", "G34", "G35"];

fn ids() -> Vec<String> {
    let of = |letter: char, most: u32| (1..=most).map(move |number| format!("{letter}{number:02}"));
    of('A', 64).chain(of('G', 35)).collect()
}

/// The table's rows: line, id, where.
fn rows(readme: &str) -> Vec<(usize, String, String)> {
    let section = readme.lines().enumerate().skip_while(|(_, line)| *line != "## What is promised, and where it is");
    let table = section.skip_while(|(_, line)| !line.starts_with("|---")).skip(1);
    let row = |(index, line): (usize, &str)| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 3, "README.md:{}: three cells", index + 1);
        (index + 1, cells[0].to_owned(), cells[2].to_owned())
    };
    table.take_while(|(_, line)| line.starts_with('|')).map(row).collect()
}

/// `#use-it-against-your-own-vendors` of "## Use it against your own vendors", as GitHub makes them.
fn anchors(readme: &str) -> BTreeSet<String> {
    let headings = readme.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>().replace(' ', "-")
    };
    headings.map(anchor).collect()
}

/// What is wrong with a place: a page, a command, a rule, or a passage.
fn fault(place: &str, readme: &str) -> Option<String> {
    let is_there = if let Some(page) = place.strip_prefix('`').and_then(|place| place.strip_suffix('`')) {
        match page.strip_prefix("acrotask ") {
            Some(command) => readme.contains(&format!("\n| `{command}")),
            None => routes().iter().any(|route| route.path == page),
        }
    } else if let Some(rule) = place.strip_prefix("**").and_then(|place| place.strip_suffix("**")) {
        readme.contains(&format!("\n- **{rule}** "))
    } else {
        let anchor = place.split_once("](#").and_then(|(_, anchor)| anchor.strip_suffix(')'));
        anchor.is_some_and(|anchor| anchors(readme).contains(anchor))
    };
    (!is_there).then(|| format!("there is no {place}"))
}

/// Every id that the name of a test carries: `a48_…` of a function, "A48 …" of a story in a browser.
fn ids_of_tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for source in files("") {
        let names: Vec<String> = if source.path.ends_with(".rs") {
            let lines: Vec<&str> = source.text.lines().map(str::trim).collect();
            let is_test = |line: &&str| line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            let after = |index: usize| lines[index..].iter().find_map(|line| line.split_once("fn "));
            let tests = lines.iter().enumerate().filter(|(_, line)| is_test(line));
            let name = |(_, rest): (&str, &str)| rest.split('(').next().unwrap_or_default().to_uppercase();
            tests.filter_map(|(index, _)| after(index)).map(name).collect()
        } else if source.path.ends_with(".test.mjs") {
            source
                .text
                .lines()
                .filter_map(|line| line.split_once("test(\""))
                .map(|(_, title)| title.to_owned())
                .collect()
        } else {
            Vec::new()
        };
        let words = names.iter().flat_map(|name| name.split(|c: char| !c.is_alphanumeric()));
        found.extend(words.filter(|word| word.len() == 3).map(str::to_owned));
    }
    found
}

#[test]
fn every_promise_has_its_place_and_a_test_that_names_it() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("README.md should be there");
    let (rows, tests) = (rows(&readme), ids_of_tests());
    let listed: Vec<&String> = rows.iter().map(|(_, id, _)| id).collect();
    assert_eq!(listed, ids().iter().collect::<Vec<_>>(), "each id once, in order");
    let mut offenders = Offenders::default();
    for (line, id, places) in &rows {
        for place in places.split(", ").filter_map(|place| fault(place, &readme)) {
            offenders.add("README.md", *line, format!("{id}: {place}"));
        }
        if WITHOUT_TEST.contains(&id.as_str()) == tests.contains(id) {
            offenders.add("README.md", *line, format!("{id}: a test names it, or it is one of which no test can tell"));
        }
    }
    offenders.none();
}
