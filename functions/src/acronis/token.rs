//! The access token (Acronis Account Management API v2, Authenticating): kept until shortly before it
//! ends, renewed by one at a time (B2). Its text goes into a header and nowhere else.

use super::{AcronisError, reply_to};
use crate::context::{AcronisCredentials, Clock, Secret};
use crate::http::{Ask, Http, Reply, Vendor};
use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use serde::Deserialize;
use tokio::sync::Mutex;

/// How long a token lasts when the vendor does not say.
const USUAL_SECONDS: i64 = 7_200;
/// A token is renewed this long before it ends, so that none ends during a long list.
const MARGIN_SECONDS: i64 = 900;

/// Keeps the token.
#[derive(Debug)]
pub(super) struct Tokens {
    http: Http,
    url: Url,
    client_id: String,
    client_secret: Secret,
    clock: Clock,
    kept: Mutex<Option<Token>>,
}

#[derive(Debug)]
struct Token {
    text: Secret,
    renew_at: Timestamp,
}

#[derive(Deserialize)]
struct TokenReply {
    access_token: Secret,
    #[serde(default)]
    expires_on: Option<i64>,
    #[serde(default)]
    expires_in: Option<i64>,
}

impl Tokens {
    pub(super) fn new(http: Http, url: Url, credentials: &AcronisCredentials, clock: Clock) -> Self {
        let (client_id, client_secret) = (credentials.client_id.clone(), credentials.client_secret.clone());
        Self { http, url, client_id, client_secret, clock, kept: Mutex::new(None) }
    }

    /// A token that lasts.
    pub(super) async fn current(&self) -> Result<Secret, AcronisError> {
        let mut kept = self.kept.lock().await;
        match kept.as_ref().filter(|token| self.clock.now() < token.renew_at) {
            Some(token) => Ok(token.text.clone()),
            None => self.fetch_into(&mut kept).await,
        }
    }

    /// A token other than `refused`. Callers refused together wait for one renewal and share it.
    pub(super) async fn renewed(&self, refused: &Secret) -> Result<Secret, AcronisError> {
        let mut kept = self.kept.lock().await;
        match kept.as_ref().filter(|token| token.text.expose() != refused.expose()) {
            Some(token) => Ok(token.text.clone()),
            None => self.fetch_into(&mut kept).await,
        }
    }

    async fn fetch_into(&self, kept: &mut Option<Token>) -> Result<Secret, AcronisError> {
        *kept = None;
        let asked_at = self.clock.now();
        let reply = reply_to(&self.http, &self.ask()?).await?;
        if reply.status != 200 {
            return Err(refusal(&reply));
        }
        // serde's own text may quote what it found, which here may be the token.
        let token: TokenReply = serde_json::from_slice(&reply.body)
            .map_err(|_| AcronisError::Failed(reply.unreadable("expected JSON with an access_token")))?;
        let renew_at = renew_at(asked_at, &token);
        *kept = Some(Token { text: token.access_token.clone(), renew_at });
        Ok(token.access_token)
    }

    fn ask(&self) -> Result<Ask, AcronisError> {
        let pair = base64(format!("{}:{}", self.client_id, self.client_secret.expose()).as_bytes());
        let form = b"grant_type=client_credentials".to_vec();
        Ask::post(Vendor::Acronis, "idp/token", self.url.clone(), "application/x-www-form-urlencoded", form)
            .with_secret_header(
                "authorization",
                &format!("Basic {pair}"),
                &[&self.client_secret, &Secret::new(pair.as_str())],
            )
            .map_err(AcronisError::Failed)
    }
}

fn renew_at(asked_at: Timestamp, token: &TokenReply) -> Timestamp {
    let until_moment = token.expires_on.map(|end| end.saturating_sub(asked_at.as_second()));
    // A moment that is already over means that two clocks disagree; a 401 will tell.
    let lasts = token.expires_in.or(until_moment).filter(|seconds| *seconds > 0).unwrap_or(USUAL_SECONDS);
    // A short-lived token is kept for half its life, else it would be renewed with every call.
    let keep = (lasts - MARGIN_SECONDS).max(lasts / 2);
    asked_at.checked_add(SignedDuration::from_secs(keep)).unwrap_or(Timestamp::MAX)
}

/// Wrong credentials come as 400 or 401, with one of several bodies.
fn refusal(reply: &Reply) -> AcronisError {
    match reply.status {
        400 | 401 | 403 => AcronisError::Unauthorized(reply.text()),
        _ => AcronisError::of(reply),
    }
}

/// RFC 4648; HTTP's Basic scheme wants the padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = char::from(LETTERS[(group >> (18 - 6 * place) & 63) as usize]);
            text.push(if place <= chunk.len() { letter } else { '=' });
        }
    }
    text
}
