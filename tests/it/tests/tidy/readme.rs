//! The README names every rule, so that a reader finds what the code and its tests refer to.

use crate::sources::{Offenders, root};
use std::ops::RangeInclusive;

/// The rules by letter. A new rule is added here.
const RULES: [(char, RangeInclusive<u32>); 8] =
    [('M', 1..=6), ('C', 1..=4), ('U', 1..=8), ('Q', 1..=7), ('P', 1..=3), ('T', 1..=8), ('H', 1..=2), ('B', 1..=3)];

#[test]
fn the_readme_names_every_rule() {
    let text = std::fs::read_to_string(root().join("README.md")).expect("README.md should be there");
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    let mut offenders = Offenders::default();
    for (letter, numbers) in RULES {
        for rule in numbers.map(|number| format!("{letter}{number}")) {
            if !words.contains(&rule.as_str()) {
                offenders.add("README.md", 1, format!("does not name {rule}"));
            }
        }
    }
    offenders.none();
}
