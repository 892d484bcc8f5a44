//! The call that any workflow can make when a contract changed: signed with its time, and naming a company
//! or a contract. Autotask has no webhook for contracts.

use super::call::{Call, Refusal};
use super::signature::Signature;
use crate::events::{About, ContractChanged, Event};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use shared::ids::{CompanyId, ConnectionId, ContractId};

const TIMESTAMP: &str = "x-acrotask-timestamp";
const SIGNATURE: &str = "x-acrotask-signature";
/// How far a caller's clock may be from ours, either way.
const MOST_APART: SignedDuration = SignedDuration::from_mins(5);

/// A signature and the time that is signed with the body, as sent.
pub(super) struct Signed<'a> {
    pub(super) signature: Signature,
    pub(super) timestamp: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    #[serde(default)]
    contract: Option<i64>,
    #[serde(default)]
    company: Option<i64>,
}

/// The signature of a call that was made just now.
pub(super) fn signature_of(call: &Call, now: Timestamp) -> Result<Signed<'_>, Refusal> {
    let timestamp = call.the_only(TIMESTAMP).filter(|text| is_recent(text, now));
    let signature = call.the_only(SIGNATURE).and_then(Signature::sha256_hex);
    let (Some(timestamp), Some(signature)) = (timestamp, signature) else { return Err(Refusal::NotSigned) };
    Ok(Signed { signature, timestamp })
}

fn is_recent(text: &str, now: Timestamp) -> bool {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let moment = text.parse().ok().filter(|_| is_number).and_then(|seconds| Timestamp::from_second(seconds).ok());
    moment.is_some_and(|moment| now.duration_since(moment).abs() <= MOST_APART)
}

/// The event of a body that is believed.
pub(super) fn events(connection: ConnectionId, body: &[u8]) -> Result<Vec<Event>, Refusal> {
    let said: Said = serde_json::from_slice(body).map_err(|_| Refusal::Malformed)?;
    let about = match said {
        Said { contract: Some(contract @ 0..), company: None } => About::Contract(ContractId(contract)),
        Said { contract: None, company: Some(company @ 0..) } => About::Company(CompanyId(company)),
        _ => return Err(Refusal::Malformed),
    };
    Ok(vec![Event::ContractChanged(ContractChanged { connection, about })])
}
