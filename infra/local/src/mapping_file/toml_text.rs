//! Pieces of TOML text: strings, and comments that no name can break out of. It knows no key.

/// A text as a TOML string.
pub(super) fn string(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A name as a comment may show it: on one line, in quotes.
pub(super) fn shown(name: &str) -> String {
    format!("\"{}\"", on_one_line(name))
}

/// A text without line breaks and other control characters, which a comment may not hold.
pub(super) fn on_one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The beginning of a text, where it is too long to be shown whole.
pub(super) fn cut(text: &str) -> String {
    const MOST_CHARACTERS: usize = 60;
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
