//! Short, stable names for content: two things with the same fingerprint are the same thing.

use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The fingerprint of an ordered list of parts: twelve hexadecimal digits. Parts are separated by their
/// lengths, so that no two lists run together.
pub fn of(parts: &[impl AsRef<str>]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        let part = part.as_ref();
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(6).fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_eq!(of(&["ab", "c"]), of(&["ab", "c"]));
        assert_eq!(of(&["ab"]).len(), 12);
    }
}
