//! The keys that a provider of OpenID Connect signs with, as it publishes them and as it uses them, and the ways to sign
//! that nobody may believe.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// A key with its id.
pub struct Key {
    id: String,
    pair: Pair,
}

enum Pair {
    Ec(EcdsaKeyPair),
    Rsa { pair: Box<RsaKeyPair>, alg: &'static str },
}

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// With the latest key, as it should be.
    Well,
    /// Not at all: `alg` is `none`.
    ByNobody,
    /// With the text of the latest public key as a shared secret (HS256).
    ByThePublicKey,
    /// With the client secret (HS256).
    ByTheSecret,
    /// With a key that is not published, under an id that is not published.
    ByAnUnknownKey,
    /// With a key that is not published, under the id of the latest one.
    ByAStranger,
    /// With the latest key, and another token was signed.
    ForAnother,
}

/// As tokens and keys are written (RFC 7515, Base64url).
pub(super) fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Key {
    /// A key for ES256.
    pub fn ec(id: &str) -> Key {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key is made");
        Key { id: id.to_owned(), pair: Pair::Ec(pair) }
    }

    /// A key for RS256 or PS256.
    pub fn rsa(id: &str, alg: &'static str) -> Key {
        let pair = Box::new(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key is made"));
        Key { id: id.to_owned(), pair: Pair::Rsa { pair, alg } }
    }

    fn alg(&self) -> &'static str {
        match &self.pair {
            Pair::Ec(_) => "ES256",
            Pair::Rsa { alg, .. } => alg,
        }
    }

    /// As it is published.
    pub(super) fn public(&self) -> Value {
        let (id, alg) = (&self.id, self.alg());
        match &self.pair {
            Pair::Ec(pair) => {
                // A point as 4, x and y (SEC 1, uncompressed).
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": alg, "kid": id, "x": base64(x), "y": base64(y)})
            }
            Pair::Rsa { pair, .. } => {
                let (n, e) = modulus_and_exponent(pair.public_key().as_ref());
                json!({"kty": "RSA", "use": "sig", "alg": alg, "kid": id, "n": base64(n), "e": base64(e)})
            }
        }
    }

    fn sign(&self, text: &str) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Ec(pair) => pair.sign(&random, text.as_bytes()).expect("it is signed").as_ref().to_vec(),
            Pair::Rsa { pair, alg } => {
                let padding = if *alg == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, text.as_bytes(), &mut signature).expect("it is signed");
                signature
            }
        }
    }

    /// A token with this header, but for what says how it is signed, and these claims.
    pub(super) fn token(&self, signed: Signed, mut header: Value, claims: &Value, secret: &str) -> String {
        let stranger = Key::ec("nobodys");
        let (alg, id) = match signed {
            Signed::Well | Signed::ForAnother => (self.alg(), &self.id),
            Signed::ByNobody => ("none", &self.id),
            Signed::ByThePublicKey | Signed::ByTheSecret => ("HS256", &self.id),
            Signed::ByAnUnknownKey => (stranger.alg(), &stranger.id),
            Signed::ByAStranger => (stranger.alg(), &self.id),
        };
        let parts = header.as_object_mut().expect("a header is an object");
        parts.entry("alg").or_insert(json!(alg));
        parts.entry("kid").or_insert(json!(id));
        let text = format!("{}.{}", base64(header.to_string()), base64(claims.to_string()));
        let signature = match signed {
            Signed::Well => self.sign(&text),
            Signed::ForAnother => self.sign(&format!("{text}x")),
            Signed::ByNobody => Vec::new(),
            Signed::ByThePublicKey => by_secret(&self.public().to_string(), &text),
            Signed::ByTheSecret => by_secret(secret, &text),
            Signed::ByAnUnknownKey | Signed::ByAStranger => stranger.sign(&text),
        };
        format!("{text}.{}", base64(signature))
    }
}

fn by_secret(secret: &str, text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// The two numbers of an RSAPublicKey (RFC 8017, DER).
fn modulus_and_exponent(der: &[u8]) -> (&[u8], &[u8]) {
    let (sequence, _) = value_of(0x30, der);
    let (modulus, rest) = value_of(0x02, sequence);
    let (exponent, _) = value_of(0x02, rest);
    // A zero before it says only that the number is positive.
    (modulus.strip_prefix(&[0]).unwrap_or(modulus), exponent)
}

/// The value of the first element, which is of this kind, and what follows.
fn value_of(kind: u8, der: &[u8]) -> (&[u8], &[u8]) {
    assert_eq!(der[0], kind, "another kind");
    let (length, begins) = match der[1] {
        short @ 0..=0x7f => (usize::from(short), 2),
        long => {
            let bytes = usize::from(long & 0x7f);
            (der[2..2 + bytes].iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), 2 + bytes)
        }
    };
    der[begins..].split_at(length)
}
