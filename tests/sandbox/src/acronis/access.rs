//! Logging in and what the client may see: tokens, the bearer check and the borders of its subtree.
//! (Acronis developer portal, Authentication; Account Management API v2, POST /idp/token.)

use super::errors::{denied, no_tenant, refuse};
use super::{ABOVE_PARTNER, Acronis, Tenant};
use crate::exchange::{Ask, Reply};
use crate::settings::Settings;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

const TOKEN_HOURS: i64 = 2;

impl Acronis {
    /// `POST /api/2/idp/token` with Basic credentials and `grant_type=client_credentials`.
    pub(crate) fn give_token(&mut self, ask: &Ask, settings: &Settings, now: Timestamp) -> Reply {
        let grant = url::form_urlencoded::parse(&ask.body)
            .find(|(key, _)| key == "grant_type")
            .map(|(_, value)| value.into_owned());
        if grant.as_deref() != Some("client_credentials") {
            let body = json!({
                "error": "invalid_request",
                "error_description": "grant_type must be client_credentials",
            });
            return Reply::json(400, &body);
        }
        if !self.is_our_client(ask) {
            let body = json!({
                "error": "invalid_client",
                "error_description": "Client authentication failed",
            });
            return Reply::json(401, &body);
        }
        self.tokens_given += 1;
        let token = format!("sandbox-token-canary-{:06}", self.tokens_given);
        let life = SignedDuration::from_hours(TOKEN_HOURS);
        let expires = now.checked_add(life).unwrap_or(Timestamp::MAX);
        self.tokens.insert(token.clone(), expires);
        let mut body = json!({
            "access_token": token,
            "token_type": "bearer",
            "id_token": format!("sandbox-id-canary-{:06}", self.tokens_given),
            "expires_on": expires.as_second(),
        });
        if !settings.leave_out_expires_in {
            body["expires_in"] = json!(life.as_secs());
        }
        Reply::ok(&body)
    }

    fn is_our_client(&self, ask: &Ask) -> bool {
        let given = ask.header("authorization").and_then(|header| {
            let (scheme, coded) = header.split_once(' ')?;
            let bytes = STANDARD.decode(coded.trim()).ok()?;
            let text = String::from_utf8(bytes).ok()?;
            scheme.eq_ignore_ascii_case("basic").then_some(text)
        });
        given == Some(format!("{}:{}", self.client_id, self.client_secret))
    }

    /// 401 unless a token given out here and still alive is presented.
    pub(crate) fn check_token(&self, ask: &Ask, now: Timestamp) -> Result<(), Reply> {
        let presented = ask.header("authorization").and_then(|header| {
            let (scheme, token) = header.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        let alive = presented.and_then(|token| self.tokens.get(token));
        match alive {
            Some(expires) if *expires > now => Ok(()),
            _ => Err(refuse(401, 401, "Unauthorized", "The access token is invalid or has expired.")),
        }
    }

    /// A living tenant within the client's own subtree, or the refusal.
    pub(crate) fn visible(&self, id: &str) -> Result<&Tenant, Reply> {
        if id == ABOVE_PARTNER {
            return Err(denied("The tenant lies outside of the client's hierarchy."));
        }
        let tenant = self.tenants.get(id).filter(|tenant| tenant.deleted_at.is_none());
        tenant.ok_or_else(|| no_tenant(id))
    }
}
