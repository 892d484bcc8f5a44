//! Calls and replies as a Lambda function gets and gives them behind an HTTP API or its own address (AWS
//! Lambda developer guide, Function URLs, payload format 2.0).

use super::call::{Call, Refusal, Reply};
use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    version: String,
    raw_path: String,
    request_context: RequestContext,
    /// A header sent twice has its values here with a comma between them.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
struct RequestContext {
    http: Http,
}

#[derive(Deserialize)]
struct Http {
    method: String,
}

/// The call in an invocation; an error where it is no call at all.
pub(super) fn call(payload: Value) -> anyhow::Result<Result<Call, Refusal>> {
    let invocation: Invocation =
        serde_json::from_value(payload).context("expected an HTTP call in payload format 2.0")?;
    ensure!(invocation.version == "2.0", "expected payload format 2.0, not {}", invocation.version);
    let body = invocation.body.unwrap_or_default();
    let body = match invocation.is_base64_encoded {
        true => STANDARD.decode(body).map_err(|_| Refusal::Malformed),
        false => Ok(body.into_bytes()),
    };
    let headers = invocation.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
    let (method, path) = (invocation.request_context.http.method, invocation.raw_path);
    Ok(body.map(|body| Call { method, path, headers, body }))
}

/// A reply as the function returns it.
pub(super) fn response(reply: &Reply) -> Value {
    json!({
        "statusCode": reply.status,
        "headers": {"content-type": "application/json"},
        "body": reply.body,
        "isBase64Encoded": false,
    })
}
