//! Small pieces of text that plans, findings and tables have in common.

use std::fmt::Display;

/// A name as a terminal may show it: on one line, and read in the direction in which the rest is.
pub fn on_one_line(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { ' ' } else { c }).collect()
}

/// The same without marks that only say in which direction a letter is read: they are seen nowhere, and are lost without
/// harm.
pub fn as_seen(text: &str) -> String {
    let is_mark = |c: &char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}');
    on_one_line(&text.chars().filter(|c| !is_mark(c)).collect::<String>())
}

/// "1 change", "2 changes".
pub fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// "1, 2, 3".
pub fn list(things: &[impl Display]) -> String {
    things.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
