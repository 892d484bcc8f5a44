//! The page of people: who may do what, and what was changed by whom.

use super::fields::{Asked, Posted};
use super::gates::{Admin, SignedIn};
use super::pages::{Failure, Frame, go_to, show};
use super::sessions;
use super::words::{Shown, at};
use askama::Template;
use axum::response::Response;
use jiff::tz::TimeZone;
use shared::person::{AuditRecord, PersonId, Role, RoleRefusal, role_word, with_role};

/// How many changes are shown.
const CHANGES_SHOWN: usize = 50;
/// What a form says for no role.
const NO_ROLE: &str = "none";
/// He would have the role again as soon as he comes in.
const NAMED: &str =
    "the deployment names this person as first administrator, and has to name somebody else, or nobody, before";
const ROLES: [&str; 4] = [NO_ROLE, "viewer", "operator", "admin"];

#[derive(Template)]
#[template(path = "console/people.html")]
struct PeoplePage {
    frame: Frame,
    token: String,
    people: Vec<PersonRow>,
    roles: [&'static str; 4],
    changes: Vec<ChangeRow>,
}

struct PersonRow {
    /// Stands for the person in a form, whatever his ids are.
    key: String,
    name: Shown,
    subject: Shown,
    issuer: Shown,
    role: String,
    is_me: bool,
}

struct ChangeRow {
    at: Shown,
    by: Shown,
    what: Shown,
    before: Shown,
    after: Shown,
}

/// The length keeps issuer and subject apart.
fn key_of(id: &PersonId) -> String {
    sessions::hash(&format!("{}#{}#{}", id.issuer.len(), id.issuer, id.subject))
}

pub(super) async fn page(Admin(who): Admin, _: Asked) -> Result<Response, Failure> {
    let people = who.console.store.people().await?.all.into_iter().map(|person| PersonRow {
        key: key_of(&person.id),
        name: Shown::of(&person.name),
        subject: Shown::of(&person.id.subject),
        issuer: Shown::of(&person.id.issuer),
        role: role_word(person.role),
        is_me: person.id == who.person.id,
    });
    let people = people.collect();
    let changes = who.console.store.audit(CHANGES_SHOWN).await?.into_iter().map(|record| ChangeRow {
        at: at(record.at, &TimeZone::UTC),
        by: Shown::of(record.by),
        what: Shown::of(record.what),
        before: Shown::of(record.before),
        after: Shown::of(record.after),
    });
    let (frame, changes) = (Frame::for_person("People", &who), changes.collect());
    show(&PeoplePage { frame, token: who.token, people, roles: ROLES, changes })
}

pub(super) async fn change_role(Admin(who): Admin, posted: Posted) -> Result<Response, Failure> {
    let (key, from, to) = (posted.field("person")?, role_in(&posted, "was")?, role_in(&posted, "role")?);
    let people = who.console.store.people().await?;
    let id = people.all.iter().map(|person| &person.id).find(|id| key_of(id) == key).cloned();
    let id = id.ok_or(Failure::NoSuchPage)?;
    let is_named = who.console.provider.as_ref().is_some_and(|provider| provider.is_first_admin(&id));
    if is_named && to != Some(Role::Admin) {
        return Err(Failure::Refused(NAMED));
    }
    let person = with_role(&people.all, &id, from, to).map_err(refused)?;
    if from != to {
        let record = record(&who, &id, from, to);
        if !who.console.store.save_person(&people, &person, &record).await? {
            return Err(Failure::Refused("somebody's role was changed at the same moment"));
        }
    }
    Ok(go_to("/people"))
}

fn role_in(posted: &Posted, field: &str) -> Result<Option<Role>, Failure> {
    match posted.field(field)? {
        NO_ROLE => Ok(None),
        name => Role::named(name).map(Some).ok_or(Failure::Malformed("there is no such role")),
    }
}

fn record(who: &SignedIn, id: &PersonId, from: Option<Role>, to: Option<Role>) -> AuditRecord {
    AuditRecord {
        at: who.console.clock.now(),
        by: who.person.id.clone(),
        what: format!("role of {id}"),
        before: role_word(from),
        after: role_word(to),
    }
}

fn refused(why: RoleRefusal) -> Failure {
    match why {
        RoleRefusal::NoSuchPerson => Failure::NoSuchPage,
        RoleRefusal::Moved => Failure::Refused("the role was changed meanwhile"),
        RoleRefusal::LastAdmin => {
            Failure::Refused("this is the last person with the role admin, and somebody has to say who may do what")
        }
    }
}
