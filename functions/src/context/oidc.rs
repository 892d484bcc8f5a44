//! Who vouches for people in the console: a provider of OpenID Connect, from the environment, and the secret by which it
//! knows us, as the JSON of a secret. It checks what is written there and asks nobody.

use super::{
    ConfigError, FIRST_ADMIN_SUBJECT, Hosting, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_ISSUER, Secret, environment,
    given,
};
use crate::http::is_loopback;
use serde::Deserialize;
use serde_json::json;
use shared::person::PersonId;
use url::Url;

/// A subject has at most 255 characters (OpenID Connect Core 1.0, sub), and an issuer shall not have more.
pub(crate) const MOST_ID_BYTES: usize = 255;

/// A provider, and what we are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcSettings {
    /// The provider, exactly as it calls itself.
    pub issuer: String,
    /// Our id there.
    pub client_id: String,
    /// Who is an admin whenever he comes in; none where nobody is.
    pub first_admin: Option<PersonId>,
    /// Whether addresses may be loopback ones, and without TLS there.
    pub allow_loopback: bool,
}

/// By what the provider knows us besides; providers give none to public clients.
#[derive(Debug, Clone, Deserialize)]
pub struct ConsoleSecret {
    /// The client secret.
    pub client_secret: Secret,
}

impl Hosting {
    /// The provider that the environment names; none where it names none. It is looked at only where people sign in, so
    /// that what is wrong with it stops nothing else.
    pub fn oidc(&self) -> Result<Option<OidcSettings>, ConfigError> {
        let (issuer, client_id) = match (&self.oidc_issuer, &self.oidc_client_id) {
            (Some(issuer), Some(client_id)) => (issuer.clone(), client_id.clone()),
            (None, None) if self.first_admin_subject.is_none() => return Ok(None),
            (Some(_), None) => return Err(lacks(OIDC_CLIENT_ID, "the id that the provider gave the application")),
            (None, _) => return Err(lacks(OIDC_ISSUER, "the provider, such as https://accounts.google.com")),
        };
        let allow_loopback = self.allow_loopback;
        check_issuer(&issuer, allow_loopback)?;
        let first_admin = self.first_admin_subject.clone();
        let first_admin = first_admin.map(|subject| PersonId { issuer: issuer.clone(), subject });
        Ok(Some(OidcSettings { issuer, client_id, first_admin, allow_loopback }))
    }
}

fn lacks(name: &str, what: &str) -> ConfigError {
    ConfigError(format!(
        "{name} is not set, but others of {OIDC_ISSUER}, {OIDC_CLIENT_ID} and {FIRST_ADMIN_SUBJECT} are: put there {what}"
    ))
}

fn check_issuer(issuer: &str, allow_loopback: bool) -> Result<(), ConfigError> {
    let refused = |why: &str| {
        let shown: String = issuer.chars().take(MOST_ID_BYTES).flat_map(char::escape_debug).collect();
        Err(ConfigError(format!(
            "{OIDC_ISSUER} is \"{shown}\": {why}; expected an address such as https://accounts.google.com"
        )))
    };
    let Ok(url) = Url::parse(issuer) else { return refused("it is no address") };
    if !is_safe(&url, allow_loopback) {
        return refused("it is not https");
    }
    let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !is_plain || url.password().is_some() || issuer.len() > MOST_ID_BYTES {
        return refused("it holds more than a host and a path");
    }
    Ok(())
}

/// Whether secrets may be sent to an address: by TLS, or where that was allowed to this machine itself.
pub(crate) fn is_safe(url: &Url, allow_loopback: bool) -> bool {
    url.scheme() == "https" || (allow_loopback && is_loopback(url))
}

impl ConsoleSecret {
    /// Reads the environment; none where nothing stands there.
    pub fn from_env() -> Option<Self> {
        let client_secret = Secret::new(given(environment, OIDC_CLIENT_SECRET)?);
        Some(Self { client_secret })
    }

    /// Reads the JSON of one secret; an error says what was expected and never what stands there.
    pub fn from_json(text: &Secret) -> Result<Self, ConfigError> {
        serde_json::from_str(text.expose()).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            ConfigError(format!(
                "the console's secret cannot be read (line {line}, column {column}): expected JSON such as \
                 {{\"client_secret\": \"…\"}}"
            ))
        })
    }

    /// The JSON of one secret.
    pub fn to_json(&self) -> Secret {
        Secret::new(json!({"client_secret": self.client_secret.expose()}).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Result<Option<OidcSettings>, String> {
        let lookup = |name: &str| Some(pairs.iter().find(|(known, _)| *known == name)?.1.to_owned());
        Hosting::from_lookup(lookup).expect("the rest is right").oidc().map_err(|error| error.to_string())
    }

    #[test]
    fn a_provider_is_an_issuer_and_a_client_id_or_none_at_all() {
        assert_eq!(asked(&[]), Ok(None));
        assert_eq!(asked(&[(OIDC_ISSUER, ""), (OIDC_CLIENT_ID, " "), (FIRST_ADMIN_SUBJECT, "")]), Ok(None));
        let settings =
            asked(&[(OIDC_ISSUER, " https://login.example/a "), (OIDC_CLIENT_ID, "b"), (FIRST_ADMIN_SUBJECT, "c")]);
        let settings = settings.expect("it is right").expect("it is there");
        assert_eq!((settings.issuer.as_str(), settings.client_id.as_str()), ("https://login.example/a", "b"));
        let first = settings.first_admin.expect("one is named");
        assert_eq!((first.issuer.as_str(), first.subject.as_str()), ("https://login.example/a", "c"));
        for (pairs, lacks) in [
            (&[(OIDC_ISSUER, "https://login.example")][..], OIDC_CLIENT_ID),
            (&[(OIDC_CLIENT_ID, "b")], OIDC_ISSUER),
            (&[(FIRST_ADMIN_SUBJECT, "c")], OIDC_ISSUER),
        ] {
            let error = asked(pairs).expect_err("something is missing");
            assert!(error.starts_with(&format!("{lacks} is not set")), "{error}");
        }
    }

    #[test]
    fn an_issuer_is_https_or_where_that_is_allowed_this_machine() {
        let of = |issuer: &str, loopback: &str| {
            asked(&[(OIDC_ISSUER, issuer), (OIDC_CLIENT_ID, "b"), ("ACROTASK_ALLOW_LOOPBACK", loopback)]).is_ok()
        };
        assert!(of("https://login.microsoftonline.com/0b5c1b3e/v2.0", "0") && of("http://127.0.0.1:9/x", "1"));
        for wrong in [
            "http://127.0.0.1:9",
            "http://login.example",
            "ftp://login.example",
            "login.example",
            "https://login.example?x=1",
            "https://login.example#x",
            "https://a@login.example",
            "https://:b@login.example",
            &format!("https://login.example/{}", "a".repeat(255)),
        ] {
            assert!(!of(wrong, "0"), "{wrong}");
        }
        assert!(!of("http://login.example", "1"), "others than this machine stay https");
    }
}
