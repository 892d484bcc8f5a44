//! Short, stable names for content: two things with the same fingerprint are the same thing.

use sha2::{Digest, Sha256};
use std::fmt::{self, Write};

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

/// The fingerprint of many things in any order: their own, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OfMany {
    sums: [u64; 4],
    things: u64,
}

impl OfMany {
    /// Takes a thing in.
    pub fn add(&mut self, thing: &[u8]) {
        self.things += 1;
        for (sum, bytes) in self.sums.iter_mut().zip(Sha256::digest(thing).chunks_exact(8)) {
            *sum = bytes.iter().fold(0, |number: u64, byte| number << 8 | u64::from(*byte)).wrapping_add(*sum);
        }
    }
}

impl fmt::Display for OfMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.things)?;
        self.sums.iter().try_for_each(|sum| write!(f, "-{sum:016x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{OfMany, of};

    fn of_many(things: &[&str]) -> String {
        let mut all = OfMany::default();
        things.iter().for_each(|thing| all.add(thing.as_bytes()));
        all.to_string()
    }

    #[test]
    fn many_things_have_one_fingerprint_in_any_order_and_another_with_one_more_or_less() {
        assert_eq!(of_many(&["a", "b", "b"]), of_many(&["b", "a", "b"]));
        for other in [["a", "b"].as_slice(), &["a", "b", "b", "b"], &["a", "a", "b"], &["ab", "b", ""], &[]] {
            assert_ne!(of_many(&["a", "b", "b"]), of_many(other), "{other:?}");
        }
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_eq!(of(&["ab", "c"]), of(&["ab", "c"]));
        assert_eq!(of(&["ab"]).len(), 12);
    }
}
