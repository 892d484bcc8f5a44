//! What all pages have in common: their frame, and what is said where there is no page to show. A failure says nothing
//! of what is inside; that is in the log.

use super::assets;
use super::gates::SignedIn;
use super::words::Shown;
use askama::Template;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{Html, IntoResponse, Response};
use shared::person::{Person, Role, role_word};
use shared::run::Connection;
use url::form_urlencoded;

/// The frame around a page.
pub(super) struct Frame {
    pub(super) title: &'static str,
    pub(super) css: &'static str,
    pub(super) script: &'static str,
    /// Who looks at it.
    pub(super) me: Option<Me>,
    /// What its links say so that the next page is about the same connection; empty where they say nothing.
    pub(super) query: String,
}

/// Who looks at a page.
pub(super) struct Me {
    pub(super) name: Shown,
    pub(super) role: String,
    pub(super) is_admin: bool,
    /// Without one there is no page to go to.
    pub(super) has_role: bool,
    /// What each form of the page carries.
    pub(super) token: String,
}

impl Frame {
    /// For somebody who is not known.
    pub(super) fn for_anybody(title: &'static str) -> Self {
        Self { title, css: assets::css_path(), script: assets::script_path(), me: None, query: String::new() }
    }

    /// For a person.
    pub(super) fn for_person(title: &'static str, who: &SignedIn) -> Self {
        let me = Me {
            name: Shown::of(&who.person.name),
            role: role_word(who.person.role),
            is_admin: who.person.role == Some(Role::Admin),
            has_role: who.person.role.is_some(),
            token: who.token.clone(),
        };
        Self { me: Some(me), ..Self::for_anybody(title) }
    }

    /// For a person, about a connection.
    pub(super) fn of_connection(title: &'static str, who: &SignedIn, connection: Option<&Connection>) -> Self {
        let named = |one: &Connection| {
            format!(
                "?{}",
                form_urlencoded::Serializer::new(String::new()).append_pair("connection", one.id.as_str()).finish()
            )
        };
        Self { query: connection.map(named).unwrap_or_default(), ..Self::for_person(title, who) }
    }

    /// Where a link of the frame leads to the page itself.
    pub(super) fn is_on(&self, title: &str) -> bool {
        self.title == title
    }
}

/// A page as an answer.
pub(super) fn show(page: &impl Template) -> Result<Response, Failure> {
    Ok(Html(page.render().map_err(anyhow::Error::from)?).into_response())
}

/// Sends the browser to a page of ours after a form.
pub(super) fn go_to(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, path)]).into_response()
}

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nobody is signed in, or not any more.
    NotSignedIn { wanted: Option<String> },
    /// The person may not do this.
    NeedsRole { needs: Role, who: Box<SignedIn> },
    /// It comes from no page of this session.
    Forged,
    /// The console was called by a name that is not its own.
    WrongHost,
    /// There is no such page, or nothing of this name.
    NoSuchPage,
    /// It says nothing that could be done.
    Malformed(&'static str),
    /// What the person saw is not so any more, or may not be.
    Refused(&'static str),
    /// We cannot do our part now.
    Unable(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Unable(error)
    }
}

#[derive(Template)]
#[template(path = "console/failure.html")]
struct FailurePage {
    frame: Frame,
    what: String,
    advice: &'static str,
    /// Who it is, where an admin has to be told.
    id: Option<(Shown, Shown)>,
    /// Where to go on.
    link: (String, &'static str),
}

impl Failure {
    fn told(&self) -> (StatusCode, &'static str, String, &'static str) {
        match self {
            Self::NotSignedIn { .. } => (
                StatusCode::UNAUTHORIZED,
                "Not signed in",
                "You are not signed in, or your session is over.".to_owned(),
                "Sign in, and open the page again.",
            ),
            Self::NeedsRole { needs, who } if who.person.role.is_none() => (
                StatusCode::FORBIDDEN,
                "No role yet",
                format!("You are signed in, and have no role yet. This needs the role {needs}."),
                "Somebody with the role admin gives you one on the page People. Tell that person who you are:",
            ),
            Self::NeedsRole { needs, who } => (
                StatusCode::FORBIDDEN,
                "Not allowed",
                format!("This needs the role {needs}; yours is {}.", role_word(who.person.role)),
                "Somebody with the role admin can give it to you on the page People.",
            ),
            Self::Forged => (
                StatusCode::FORBIDDEN,
                "Not accepted",
                "This did not come from a page of your session. Nothing was changed.".to_owned(),
                "Open the page again and try once more.",
            ),
            Self::WrongHost => (
                StatusCode::MISDIRECTED_REQUEST,
                "Wrong address",
                "The console is not reached by this name.".to_owned(),
                "Use the address that was printed when it started.",
            ),
            Self::NoSuchPage => {
                (StatusCode::NOT_FOUND, "Not found", "There is nothing here.".to_owned(), "Start from the overview.")
            }
            Self::Malformed(why) => (
                StatusCode::BAD_REQUEST,
                "Not understood",
                format!("Nothing was changed: {why}."),
                "Open the page again.",
            ),
            Self::Refused(why) => (
                StatusCode::CONFLICT,
                "Not changed",
                format!("Nothing was changed: {why}."),
                "Open the page again and look how it is now.",
            ),
            Self::Unable(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Not possible now",
                "The console cannot do this now.".to_owned(),
                "Try again; if it stays so, the log says why.",
            ),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if let Self::Unable(error) = &self {
            tracing::error!("a page cannot be shown: {error:#}");
        }
        let (status, title, what, advice) = self.told();
        let link = match &self {
            Self::NotSignedIn { wanted: Some(path) } => (sign_in_to(path), "Sign in"),
            Self::NotSignedIn { wanted: None } => (sign_in_to("/"), "Sign in"),
            Self::NeedsRole { who, .. } if who.person.role.is_none() => ("/".to_owned(), "Try again"),
            _ => ("/".to_owned(), "Overview"),
        };
        let (frame, id) = match &self {
            Self::NeedsRole { who, .. } => (Frame::for_person(title, who), id_to_tell(&who.person)),
            _ => (Frame::for_anybody(title), None),
        };
        let page = FailurePage { frame, what, advice, id, link };
        match page.render() {
            Ok(text) => (status, Html(text)).into_response(),
            Err(_) => status.into_response(),
        }
    }
}

/// The way to sign in and then to a page.
fn sign_in_to(path: &str) -> String {
    match path {
        "/" => "/sign-in".to_owned(),
        path => {
            format!("/sign-in?{}", form_urlencoded::Serializer::new(String::new()).append_pair("to", path).finish())
        }
    }
}

/// Subject and issuer of a person whom nobody has given a role yet.
fn id_to_tell(person: &Person) -> Option<(Shown, Shown)> {
    person.role.is_none().then(|| (Shown::of(&person.id.subject), Shown::of(&person.id.issuer)))
}

/// What is asked for and is nowhere.
pub(super) async fn no_such_page() -> Failure {
    Failure::NoSuchPage
}
