//! Coming in and going out. On one machine one comes in by a link that it printed; the link opens a page with a
//! button, so that nothing that only looks at links uses it up.

use super::fields::{Asked, Posted};
use super::gates::{Anybody, SignedIn};
use super::pages::{Failure, Frame, go_to, show};
use super::{Console, sessions};
use anyhow::{Context, bail};
use askama::Template;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Response};
use shared::person::{AuditRecord, Person, PersonId, Role, Session, role_word};

/// How often a person is stored again where somebody else was stored meanwhile.
const TRIES: usize = 5;

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage {
    frame: Frame,
    /// Whether there is a way in at all.
    by_link: bool,
    /// The link's token.
    token: Option<String>,
    /// What became of the last try.
    note: Option<&'static str>,
}

impl SignInPage {
    fn of(console: &Console) -> Self {
        Self { frame: Frame::for_anybody("Sign in"), by_link: console.links.is_some(), token: None, note: None }
    }
}

pub(super) async fn page(Anybody { console }: Anybody, asked: Asked) -> Result<Response, Failure> {
    show(&SignInPage { token: asked.field("token").map(str::to_owned), ..SignInPage::of(&console) })
}

pub(super) async fn sign_in(Anybody { console }: Anybody, posted: Posted) -> Result<Response, Failure> {
    let (token, now) = (posted.field("token")?, console.clock.now());
    if !console.links.as_ref().is_some_and(|links| links.take(token, now)) {
        let note = Some("This link was used already, or is too old, or is none.");
        let page = show(&SignInPage { note, ..SignInPage::of(&console) })?;
        return Ok((axum::http::StatusCode::FORBIDDEN, page).into_response());
    }
    let person = local_admin(&console).await?;
    let id = sessions::random_id()?;
    let session = Session { person: person.id, began: now, seen: now };
    console.store.begin_session(&sessions::hash(&id), &session).await?;
    Ok((AppendHeaders([(SET_COOKIE, sessions::cookie(console.site, &id))]), go_to("/")).into_response())
}

/// The person at the machine, who may do everything: all that the console has lies there.
async fn local_admin(console: &Console) -> anyhow::Result<Person> {
    for _ in 0..TRIES {
        let people = console.store.people().await?;
        let id = PersonId::local();
        let known = people.get(&id);
        if let Some(person) = known.filter(|person| person.role == Some(Role::Admin)) {
            return Ok(person.clone());
        }
        let before = role_word(known.and_then(|person| person.role));
        let person = Person { id, name: "You, at this machine".to_owned(), role: Some(Role::Admin) };
        let (at, by) = (console.clock.now(), person.id.clone());
        let what = format!("role of {}, by a link that was printed here", person.id);
        let record = AuditRecord { at, by, what, before, after: Role::Admin.to_string() };
        if console.store.save_person(&people, &person, &record).await? {
            return Ok(person);
        }
    }
    bail!("the people of the console are changed all the time")
}

pub(super) async fn new_link(Anybody { console }: Anybody, _: Posted) -> Result<Response, Failure> {
    let links = console.links.as_ref().ok_or(Failure::NoSuchPage)?;
    let told = links.tell_new(console.clock.now()).context("a link for signing in")?;
    let note = Some(match told {
        true => "A new link is printed where the program runs. Open it within ten minutes.",
        false => "A link was printed a moment ago, where the program runs. Open that one.",
    });
    show(&SignInPage { note, ..SignInPage::of(&console) })
}

pub(super) async fn sign_out(who: SignedIn, _: Posted) -> Result<Response, Failure> {
    who.console.store.end_session(&who.session).await?;
    let gone = AppendHeaders([(SET_COOKIE, sessions::no_cookie(who.console.site))]);
    Ok((gone, go_to("/sign-in")).into_response())
}
