//! Who may come in: a handler names its gate as its first argument, and is not called for anybody else. A person's
//! role is read with each request, so that one who lost it can do nothing more from then on.

use super::fields::FormToken;
use super::guard::Origin;
use super::pages::Failure;
use super::routes::Needs;
use super::sessions::Cookie;
use super::{Console, sessions};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use jiff::SignedDuration;
use shared::person::{Person, Role};

/// How much older than now the noted use of a session may be: a page that is asked for every second is not noted each
/// time.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// What lets people in, or not.
pub(super) trait Gate: FromRequestParts<Console, Rejection = Failure> + Send + 'static {
    /// What it asks for.
    const NEEDS: Needs;
}

/// Anybody at all.
pub(super) struct Anybody {
    pub(super) console: Console,
    pub(super) headers: HeaderMap,
    /// Where the console was called, where that is sure.
    pub(super) origin: Option<Origin>,
}

/// Who has a session.
#[derive(Debug)]
pub(super) struct SignedIn {
    pub(super) console: Console,
    pub(super) person: Person,
    /// The hash of the session's id.
    pub(super) session: String,
    /// What every form of the session has to carry.
    pub(super) token: String,
}

impl Gate for Anybody {
    const NEEDS: Needs = Needs::Nothing;
}

impl Gate for SignedIn {
    const NEEDS: Needs = Needs::Session;
}

impl FromRequestParts<Console> for Anybody {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Failure> {
        parts.extensions.insert(FormToken(None));
        let (headers, origin) = (parts.headers.clone(), parts.extensions.get::<Origin>().cloned());
        Ok(Self { console: console.clone(), headers, origin })
    }
}

impl FromRequestParts<Console> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Failure> {
        let not_signed_in = || Failure::NotSignedIn { wanted: wanted(parts) };
        let id = Cookie::Session.id_in(&parts.headers, console.site).ok_or_else(not_signed_in)?;
        let (hash, now) = (sessions::hash(&id), console.clock.now());
        let session = console.store.session(&hash).await?.ok_or_else(not_signed_in)?;
        if session.is_over(now) {
            console.store.end_session(&hash).await?;
            return Err(not_signed_in());
        }
        let person = console.store.person(&session.person).await?.ok_or_else(not_signed_in)?;
        if now.duration_since(session.seen) >= NOTED_EVERY {
            console.store.use_session(&hash, now).await?;
        }
        let token = sessions::form_token(&id);
        parts.extensions.insert(FormToken(Some(token.clone())));
        Ok(Self { console: console.clone(), person, session: hash, token })
    }
}

/// The page that was asked for; none where a form was sent.
fn wanted(parts: &Parts) -> Option<String> {
    let path = parts.uri.path_and_query().filter(|_| parts.method == Method::GET)?;
    Some(path.as_str().to_owned())
}

macro_rules! gate_of_role {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub(super) struct $name(pub(super) SignedIn);

        impl Gate for $name {
            const NEEDS: Needs = Needs::Role(Role::$name);
        }

        impl FromRequestParts<Console> for $name {
            type Rejection = Failure;

            async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Failure> {
                let signed_in = SignedIn::from_request_parts(parts, console).await?;
                match signed_in.person.role {
                    Some(role) if role >= Role::$name => Ok(Self(signed_in)),
                    _ => Err(Failure::NeedsRole { needs: Role::$name, who: Box::new(signed_in) }),
                }
            }
        }
    };
}

gate_of_role!(
    /// Who may see.
    Viewer
);
gate_of_role!(
    /// Who may do the daily work.
    Operator
);
gate_of_role!(
    /// Who may say who may do what.
    Admin
);
