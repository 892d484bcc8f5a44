//! Calls as their callers sign them, made with the keys of two connections.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use functions::autotask_webhook::Call;
use functions::context::{Secret, WebhookKeys};
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use sha1::Sha1;
use sha2::Sha256;

/// Keys as the caller of a connection has them.
pub(crate) const NORTH: &str = "canary-north-key-which-is-in-use-now";
pub(crate) const NORTH_BEFORE: &str = "canary-north-key-which-was-in-use-before";
pub(crate) const NORTH_CONTRACTS: &str = "canary-north-key-of-whoever-tells-contracts";
pub(crate) const SOUTH: &str = "canary-south-key-which-is-in-use-now";
pub(crate) const STRANGE: &str = "a-key-which-nobody-ever-had";

pub(crate) fn secrets(keys: &[&str]) -> Vec<Secret> {
    keys.iter().map(|key| Secret::new(*key)).collect()
}

/// What the connections `north` and `south` have, in this order.
pub(crate) fn keys() -> [WebhookKeys; 2] {
    [
        WebhookKeys { autotask: secrets(&[NORTH, NORTH_BEFORE]), contract_changed: secrets(&[NORTH_CONTRACTS]) },
        WebhookKeys { autotask: secrets(&[SOUTH]), contract_changed: secrets(&[SOUTH]) },
    ]
}

fn sha1_of(key: &str, body: &[u8]) -> Vec<u8> {
    Hmac::<Sha1>::new_from_slice(key.as_bytes())
        .expect("a key of any length is taken")
        .chain_update(body)
        .finalize()
        .into_bytes()
        .to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// As Autotask writes it.
pub(crate) fn base64_sha1(key: &str, body: &[u8]) -> String {
    format!("sha1={}", STANDARD.encode(sha1_of(key, body)))
}

/// As many others write it, and Autotask does not.
pub(crate) fn hex_sha1(key: &str, body: &[u8]) -> String {
    format!("sha1={}", hex(&sha1_of(key, body)))
}

fn sha256_of(key: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("a key of any length is taken");
    mac.chain_update(timestamp).chain_update(".").chain_update(body).finalize().into_bytes().to_vec()
}

pub(crate) fn hex_sha256(key: &str, timestamp: &str, body: &[u8]) -> String {
    format!("sha256={}", hex(&sha256_of(key, timestamp, body)))
}

pub(crate) fn base64_sha256(key: &str, timestamp: &str, body: &[u8]) -> String {
    format!("sha256={}", STANDARD.encode(sha256_of(key, timestamp, body)))
}

/// A call with these headers.
pub(crate) fn call(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Call {
    Call {
        method: "POST".to_owned(),
        path: path.to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect(),
        body: body.to_vec(),
    }
}

/// A call of Autotask's to the connection `north`, signed with a key.
pub(crate) fn by_autotask(key: &str, body: &[u8]) -> Call {
    to_path("/v1/north/autotask", key, body)
}

/// A call of Autotask's to a path.
pub(crate) fn to_path(path: &str, key: &str, body: &[u8]) -> Call {
    call(path, &[("x-hook-signature", &base64_sha1(key, body))], body)
}

/// A call of `contract-changed` for `north`, `seconds` from now.
pub(crate) fn contract_changed(key: &str, now: Timestamp, seconds: i64, body: &[u8]) -> Call {
    let timestamp = (now.as_second() + seconds).to_string();
    contract_changed_at(&timestamp, &hex_sha256(key, &timestamp, body), body)
}

/// The same with its headers as given.
pub(crate) fn contract_changed_at(timestamp: &str, signature: &str, body: &[u8]) -> Call {
    let headers = [("x-acrotask-timestamp", timestamp), ("x-acrotask-signature", signature)];
    call("/v1/north/contract-changed", &headers, body)
}
