//! The error body of the Account Management API. It words refusals; it decides none.
//! (Acronis Account Management API v2, error codes.)

use crate::exchange::Reply;
use serde_json::{Value, json};

/// Access denied.
pub(crate) const ACCESS_DENIED: i64 = 1002;
/// Tenant not found.
pub(crate) const TENANT_NOT_FOUND: i64 = 1005;

/// An error answer with the vendor's body.
pub(crate) fn refuse(status: u16, code: i64, message: &str, info: &str) -> Reply {
    let body: Value = json!({"error": {
        "code": code,
        "domain": null,
        "message": message,
        "details": {"info": info},
        "context": {},
    }});
    Reply::json(status, &body)
}

/// 400 for a request that does not make sense.
pub(crate) fn bad_request(info: &str) -> Reply {
    refuse(400, 400, "Bad request", info)
}

/// 404 for a tenant that is not there or no more.
pub(crate) fn no_tenant(id: &str) -> Reply {
    refuse(404, TENANT_NOT_FOUND, "Tenant not found", &format!("Tenant {id} was not found."))
}

/// 403 for what the client may not see.
pub(crate) fn denied(info: &str) -> Reply {
    refuse(403, ACCESS_DENIED, "Access denied", info)
}
