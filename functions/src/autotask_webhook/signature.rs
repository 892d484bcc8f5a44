//! Signatures as callers send them, and whether one of our keys made them. Compares in constant time and
//! shows nothing of a key.

use super::call::Refusal;
use crate::context::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// What is computed with where there is no key, so that it takes as long as where there is one.
const NOBODYS_KEY: &[u8] = b"nobody signs with this";

/// A signature that has the right form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Signature {
    Sha1([u8; 20]),
    Sha256([u8; 32]),
}

impl Signature {
    /// `sha1=<Base64>`, which is how Autotask writes it (Autotask developer help, Secret key payload
    /// verification).
    pub(super) fn sha1_base64(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix("sha1=")?).ok()?;
        bytes.try_into().ok().map(Self::Sha1)
    }

    /// `sha256=<hex>`.
    pub(super) fn sha256_hex(text: &str) -> Option<Self> {
        let digits: Vec<u32> = text.strip_prefix("sha256=")?.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
        let bytes: Vec<u8> =
            digits.chunks(2).filter_map(|pair| u8::try_from(pair[0] << 4 | pair.get(1)?).ok()).collect();
        (digits.len() == 64).then(|| bytes.try_into().ok().map(Self::Sha256)).flatten()
    }

    /// Refuses it unless one of `keys` made it of `parts`, one after the other.
    pub(super) fn is_by_one_of(&self, keys: &[Secret], parts: &[&[u8]]) -> Result<(), Refusal> {
        if keys.is_empty() {
            self.is_by(NOBODYS_KEY, parts);
            return Err(Refusal::NotSigned);
        }
        let is_known = keys.iter().any(|key| self.is_by(key.expose().as_bytes(), parts));
        if is_known { Ok(()) } else { Err(Refusal::NotSigned) }
    }

    fn is_by(&self, key: &[u8], parts: &[&[u8]]) -> bool {
        match self {
            Self::Sha1(given) => mac::<Hmac<Sha1>>(key, parts).is_some_and(|mac| mac.verify_slice(given).is_ok()),
            Self::Sha256(given) => mac::<Hmac<Sha256>>(key, parts).is_some_and(|mac| mac.verify_slice(given).is_ok()),
        }
    }
}

fn mac<M: Mac + hmac::digest::KeyInit>(key: &[u8], parts: &[&[u8]]) -> Option<M> {
    let mut mac = <M as Mac>::new_from_slice(key).ok()?;
    parts.iter().for_each(|part| mac.update(part));
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_sha1_and_sha256_are_those_of_the_published_test_vectors() {
        // RFC 2202 and RFC 4231, test case 2.
        let (key, text) = ([Secret::new("Jefe")], b"what do ya want for nothing?");
        let sha1 = Signature::sha1_base64("sha1=7/zfauXrL6LSdBbV8YTfnCWafHk=").unwrap();
        assert_eq!(sha1.is_by_one_of(&key, &[text]), Ok(()));
        assert_eq!(sha1.is_by_one_of(&key, &[&text[..5], &text[5..]]), Ok(()), "parts are one text");
        assert_eq!(sha1.is_by_one_of(&[], &[text]), Err(Refusal::NotSigned));
        let hex = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let sha256 = Signature::sha256_hex(hex).unwrap();
        assert_eq!(sha256.is_by_one_of(&key, &[text]), Ok(()));
        assert_eq!(sha256.is_by_one_of(&[Secret::new("Jeff")], &[text]), Err(Refusal::NotSigned));
        assert_eq!(Signature::sha256_hex(&hex.to_uppercase().replace("SHA", "sha")), Some(sha256));
    }

    #[test]
    fn what_is_nearly_a_signature_is_none() {
        let base64 = "7/zfauXrL6LSdBbV8YTfnCWafHk=";
        for odd in [
            base64.to_owned(),
            format!("SHA1={base64}"),
            format!("sha1= {base64}"),
            format!("sha1={}", base64.trim_end_matches('=')),
            format!("sha1={base64}, sha1={base64}"),
            "sha1=7_zfauXrL6LSdBbV8YTfnCWafHk=".to_owned(),
            "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79".to_owned(),
            "sha1=".to_owned(),
        ] {
            assert_eq!(Signature::sha1_base64(&odd), None, "{odd}");
        }
        let hex = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        for odd in [
            hex.to_owned(),
            format!("sha256={hex}0"),
            format!("sha256={}", &hex[1..]),
            format!("sha256=+{}", &hex[1..]),
        ] {
            assert_eq!(Signature::sha256_hex(&odd), None, "{odd}");
        }
    }
}
