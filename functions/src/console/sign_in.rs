//! Coming in and going out. On one machine one comes in by a link that it printed; the link opens a page with a
//! button, so that nothing that only looks at links uses it up. Where a provider vouches for people, `oidc` says who
//! comes. Whoever comes gets a new session here, under an id that nobody had before.

use super::fields::{Asked, Posted};
use super::gates::{Anybody, SignedIn};
use super::pages::{Failure, Frame, go_to, show};
use super::sessions::{self, Cookie};
use super::words::Shown;
use super::{Console, oidc};
use anyhow::{Context, bail};
use askama::Template;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Response};
use shared::person::{Person, PersonId, Session};
use shared::sign_in::{Comer, arrival};

/// How often a person is stored again where somebody else was stored meanwhile.
const TRIES: usize = 5;
/// How many may wait for a role: where anybody at all has an account at the provider, anybody can come.
const MOST_WITHOUT_ROLE: usize = 200;

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage {
    frame: Frame,
    /// Whether there are links to come in by.
    by_link: bool,
    /// Who vouches for people.
    provider: Option<ProviderLink>,
    /// The link's token.
    token: Option<String>,
    /// What became of the last try.
    note: Option<Shown>,
}

struct ProviderLink {
    name: Shown,
    link: String,
}

impl SignInPage {
    fn of(console: &Console, to: Option<&str>) -> Self {
        let link =
            |provider: &oidc::Provider| ProviderLink { name: Shown::of(provider.name()), link: oidc::way_to(to) };
        Self {
            frame: Frame::for_anybody("Sign in"),
            by_link: console.links.is_some(),
            provider: console.provider.as_ref().map(link),
            token: None,
            note: None,
        }
    }
}

pub(super) async fn page(Anybody { console, .. }: Anybody, asked: Asked) -> Result<Response, Failure> {
    let token = asked.field("token").map(str::to_owned);
    show(&SignInPage { token, ..SignInPage::of(&console, asked.field("to")) })
}

/// The page once more, with what became of a try that let nobody in.
pub(super) fn not_let_in(console: &Console, status: StatusCode, note: Shown) -> Result<Response, Failure> {
    let page = show(&SignInPage { note: Some(note), ..SignInPage::of(console, None) })?;
    Ok((status, page).into_response())
}

pub(super) async fn sign_in(who: Anybody, posted: Posted) -> Result<Response, Failure> {
    let (token, now) = (posted.field("token")?, who.console.clock.now());
    if !who.console.links.as_ref().is_some_and(|links| links.take(token, now)) {
        let note = Shown::of("This link was used already, or is too old, or is none.");
        return not_let_in(&who.console, StatusCode::FORBIDDEN, note);
    }
    // Who is at the machine may do everything: all that the console has lies there.
    let admin_because = Some("by a link that was printed here");
    let local = Comer { id: PersonId::local(), name: "You, at this machine".to_owned(), admin_because };
    let_in(&who, &local, "/").await
}

/// Begins a session of who comes, and sends the browser to a path of ours.
pub(super) async fn let_in(who: &Anybody, comer: &Comer, to: &str) -> Result<Response, Failure> {
    let console = &who.console;
    let Some(person) = known(console, comer).await? else {
        let note = Shown::of("So many people wait for a role that nobody else is taken down. Tell an admin.");
        return not_let_in(console, StatusCode::FORBIDDEN, note);
    };
    if let Some(before) = Cookie::Session.id_in(&who.headers, console.site) {
        console.store.end_session(&sessions::hash(&before)).await?;
    }
    let (id, now) = (sessions::random_id()?, console.clock.now());
    let session = Session { person: person.id, began: now, seen: now };
    console.store.begin_session(&sessions::hash(&id), &session).await?;
    Ok((AppendHeaders([(SET_COOKIE, Cookie::Session.set(console.site, &id))]), go_to(to)).into_response())
}

/// Who comes, as he is stored from now on; none where too many are stored already who have no role.
async fn known(console: &Console, comer: &Comer) -> anyhow::Result<Option<Person>> {
    for _ in 0..TRIES {
        let people = console.store.people().await?;
        let known = people.get(&comer.id);
        let Some((person, record)) = arrival(comer, known, console.clock.now()) else { return Ok(known.cloned()) };
        let waiting = people.all.iter().filter(|person| person.role.is_none()).count();
        if known.is_none() && person.role.is_none() && waiting >= MOST_WITHOUT_ROLE {
            return Ok(None);
        }
        if console.store.save_person(&people, &person, &record).await? {
            return Ok(Some(person));
        }
    }
    bail!("the people of the console are changed all the time")
}

pub(super) async fn new_link(Anybody { console, .. }: Anybody, _: Posted) -> Result<Response, Failure> {
    let links = console.links.as_ref().ok_or(Failure::NoSuchPage)?;
    let told = links.tell_new(console.clock.now()).context("a link for signing in")?;
    let note = Some(Shown::of(match told {
        true => "A new link is printed where the program runs. Open it within ten minutes.",
        false => "A link was printed a moment ago, where the program runs. Open that one.",
    }));
    show(&SignInPage { note, ..SignInPage::of(&console, None) })
}

pub(super) async fn sign_out(who: SignedIn, _: Posted) -> Result<Response, Failure> {
    who.console.store.end_session(&who.session).await?;
    let gone = AppendHeaders([(SET_COOKIE, Cookie::Session.take_away(who.console.site))]);
    Ok((gone, go_to("/sign-in")).into_response())
}
