//! What a browser holds of a session, and of a sign-in: the cookie with its id, and the token in every form. Both are secrets of the
//! browser; the table has neither.

use super::Site;
use anyhow::anyhow;
use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use shared::person::SESSION_LASTS;
use shared::sign_in::SIGN_IN_LASTS;
use std::fmt::Write;
use subtle::ConstantTimeEq;

/// The random bytes of an id.
const ID_BYTES: usize = 32;

/// An id that nobody guesses: 256 random bits as hexadecimal digits.
pub(super) fn random_id() -> anyhow::Result<String> {
    let mut bytes = [0; ID_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("this machine gives no random numbers: {error}"))?;
    Ok(hex(&bytes))
}

/// By what a text is found that nobody is to learn.
pub(super) fn hash(text: &str) -> String {
    hex(&Sha256::digest(text))
}

/// What the forms of a session carry. Who knows it cannot tell the id.
pub(super) fn form_token(id: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(id.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(b"the forms of this session");
    hex(&mac.finalize().into_bytes())
}

/// Whether two texts are the same, in a time that tells nothing of where they differ.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}

/// What a cookie holds the id of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cookie {
    /// A session.
    Session,
    /// The browser in which a sign-in was begun that is not done.
    SignIn,
}

impl Cookie {
    /// Its name. Without TLS it has no `__Host-` before it and is not `Secure`: Chrome takes no such name from
    /// `http://127.0.0.1`, and Safari no such attribute (httpwg/http-extensions issue 2605). Browsers send it to every
    /// port of the machine, so that its own port is in its name.
    fn name(self, site: Site) -> String {
        let what = match self {
            Cookie::Session => "session",
            Cookie::SignIn => "sign-in",
        };
        match site {
            Site::Loopback(address) => format!("acrotask-{what}-{}", address.port()),
            Site::Https => format!("__Host-acrotask-{what}"),
        }
    }

    /// The `Set-Cookie` that puts an id there.
    pub(super) fn set(self, site: Site, id: &str) -> String {
        let lasts = match self {
            Cookie::Session => SESSION_LASTS,
            Cookie::SignIn => SIGN_IN_LASTS,
        };
        self.set_for(site, id, lasts.as_secs())
    }

    /// The `Set-Cookie` that takes it away.
    pub(super) fn take_away(self, site: Site) -> String {
        self.set_for(site, "", 0)
    }

    fn set_for(self, site: Site, id: &str, seconds: i64) -> String {
        let secure = if site == Site::Https { "; Secure" } else { "" };
        format!("{}={id}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}", self.name(site))
    }

    /// The id in the request's cookie. Two of them are none: one was put there by somebody else.
    pub(super) fn id_in(self, headers: &HeaderMap, site: Site) -> Option<String> {
        let name = self.name(site);
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let cookies = lines.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
        let mut ids = cookies.filter(|(known, _)| *known == name).map(|(_, id)| id);
        let id = ids.next().filter(|id| is_id(id))?;
        ids.next().is_none().then(|| id.to_owned())
    }
}

/// The name of the cookie that holds a session's id.
pub fn cookie_name(site: Site) -> String {
    Cookie::Session.name(site)
}

/// Whether a text may be an id that we made.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 2 * ID_BYTES && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
