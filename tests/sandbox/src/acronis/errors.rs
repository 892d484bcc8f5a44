//! The error body of the Account Management API. It words refusals; it decides none.
//! (Acronis Account Management API v2, error codes.)

use crate::exchange::Reply;
use serde_json::{Value, json};

/// The version sent is not the latest.
pub(crate) const VERSION_MISMATCH: i64 = 1001;
/// Access denied.
pub(crate) const ACCESS_DENIED: i64 = 1002;
/// The tenant or one above it is disabled.
pub(crate) const TENANT_DISABLED: i64 = 1003;
/// A tenant of this name is there already.
pub(crate) const NAME_CONFLICT: i64 = 1004;
/// Tenant not found.
pub(crate) const TENANT_NOT_FOUND: i64 = 1005;
/// A storage in use is to be switched off.
pub(crate) const STORAGE_IN_USE: i64 = 1009;
/// The tenant or item is locked.
pub(crate) const LOCKED: i64 = 1012;
/// The only storage is to be switched off.
pub(crate) const DEFAULT_STORAGE: i64 = 1017;
/// The tenant above does not have the item.
pub(crate) const ITEM_NOT_AVAILABLE: i64 = 1021;
/// Another item has to be on, or off, first.
pub(crate) const ITEM_DEPENDENCY: i64 = 1023;
/// A rule of the vendor forbids it.
pub(crate) const BUSINESS_RULE: i64 = 1027;
/// A second storage for the same service.
pub(crate) const LOCATION_CONFLICT: i64 = 1031;
/// The login is malformed or taken.
pub(crate) const INVALID_LOGIN: i64 = 1033;

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

/// 409 for a version that is not the latest.
pub(crate) fn stale(what: &str) -> Reply {
    refuse(409, VERSION_MISMATCH, "Version mismatch", &format!("The version of {what} is not the latest one."))
}
