//! Who may come in: a handler names its gate as its first argument, and is not called for anybody else. A person's
//! role is read with each request, so that one who lost it can do nothing more from then on.

use super::fields::FormToken;
use super::pages::Failure;
use super::routes::Needs;
use super::{Console, sessions};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
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
}

/// Who has a session.
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
        Ok(Self { console: console.clone() })
    }
}

impl FromRequestParts<Console> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Failure> {
        let id = sessions::id_of(&parts.headers, console.site).ok_or(Failure::NotSignedIn)?;
        let (hash, now) = (sessions::hash(&id), console.clock.now());
        let session = console.store.session(&hash).await?.ok_or(Failure::NotSignedIn)?;
        if session.is_over(now) {
            console.store.end_session(&hash).await?;
            return Err(Failure::NotSignedIn);
        }
        let person = console.store.person(&session.person).await?.ok_or(Failure::NotSignedIn)?;
        if now.duration_since(session.seen) >= NOTED_EVERY {
            console.store.use_session(&hash, now).await?;
        }
        let token = sessions::form_token(&id);
        parts.extensions.insert(FormToken(Some(token.clone())));
        Ok(Self { console: console.clone(), person, session: hash, token })
    }
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
                    has => Err(Failure::NeedsRole { needs: Role::$name, has }),
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
