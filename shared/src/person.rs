//! The people of the console: who may do what, how long a session lasts, and what is kept of what they changed. It
//! knows nothing of how a person came in.

use crate::ids::{CompanyId, ConnectionId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The issuer of the person who sits at the machine itself.
pub const LOCAL: &str = "local";
/// How long a session lasts, whatever is done in it.
pub const SESSION_LASTS: SignedDuration = SignedDuration::from_hours(12);
/// How long a session lasts in which nothing is done.
pub const SESSION_IDLES: SignedDuration = SignedDuration::from_hours(1);

/// A person, as who vouches for him knows him: never an e-mail address, which another person may have next year.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PersonId {
    /// Who vouches.
    pub issuer: String,
    /// Who it is there.
    pub subject: String,
}

impl PersonId {
    /// Whoever can read what this machine prints.
    pub fn local() -> Self {
        Self { issuer: LOCAL.to_owned(), subject: LOCAL.to_owned() }
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.subject, self.issuer)
    }
}

/// What a person may do; each role may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees everything that is shown, and changes nothing.
    Viewer,
    /// Does the daily work.
    Operator,
    /// Says who may do what.
    Admin,
}

impl Role {
    /// All roles, the least first.
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Operator, Role::Admin];

    /// The role of this name.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.to_string() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        })
    }
}

/// What is known of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who it is.
    pub id: PersonId,
    /// His name, for people only.
    pub name: String,
    /// What he may do: nothing, until somebody says so.
    pub role: Option<Role>,
}

/// A session of the console: of whom, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Whose.
    pub person: PersonId,
    /// When it began.
    pub began: Timestamp,
    /// When something was last done in it.
    pub seen: Timestamp,
}

impl Session {
    /// Whether it is over at `now`. One that begins or was used later than now is not to be believed either.
    pub fn is_over(&self, now: Timestamp) -> bool {
        let (lasted, idle) = (now.duration_since(self.began), now.duration_since(self.seen));
        lasted.is_negative() || lasted >= SESSION_LASTS || idle >= SESSION_IDLES
    }
}

/// A change that a person made in the console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: PersonId,
    /// What was changed.
    pub what: String,
    /// What it was before.
    pub before: String,
    /// What it was then.
    pub after: String,
}

impl AuditRecord {
    /// Whether it is of this connection, which it names at its beginning or after the word.
    pub fn is_of(&self, connection: &ConnectionId) -> bool {
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
        let begins = self.what.strip_prefix(connection.as_str()).is_some_and(|rest| rest.starts_with(": "));
        let named = format!("connection {connection}");
        begins || self.what.match_indices(&named).any(|(at, found)| ends(&self.what[at + found.len()..]))
    }

    /// The company that it names, if one.
    pub fn company(&self) -> Option<CompanyId> {
        let (_, after) = self.what.split_once("ompany ")?;
        let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        after[..end].parse().ok().map(CompanyId)
    }
}

/// Why a role is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleRefusal {
    /// There is no such person.
    NoSuchPerson,
    /// The person has another role than the one that was shown.
    Moved,
    /// Nobody would be left who can say who may do what.
    LastAdmin,
}

/// The person with the role `to` in place of `from`, which is the one that was shown.
pub fn with_role(
    people: &[Person],
    id: &PersonId,
    from: Option<Role>,
    to: Option<Role>,
) -> Result<Person, RoleRefusal> {
    let person = people.iter().find(|person| person.id == *id).ok_or(RoleRefusal::NoSuchPerson)?;
    if person.role != from {
        return Err(RoleRefusal::Moved);
    }
    let is_admin = |person: &Person| person.role == Some(Role::Admin);
    let others = people.iter().filter(|other| other.id != *id && is_admin(other)).count();
    if is_admin(person) && to != Some(Role::Admin) && others == 0 {
        return Err(RoleRefusal::LastAdmin);
    }
    Ok(Person { role: to, ..person.clone() })
}

/// A role, or that there is none, in a word.
pub fn role_word(role: Option<Role>) -> String {
    role.map_or_else(|| "none".to_owned(), |role| role.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(subject: &str, role: Option<Role>) -> Person {
        let id = PersonId { issuer: "https://login.example".to_owned(), subject: subject.to_owned() };
        Person { id, name: subject.to_owned(), role }
    }

    #[test]
    fn a_record_is_of_the_connection_that_it_names_and_of_no_other() {
        let record = |what: &str| AuditRecord {
            at: Timestamp::UNIX_EPOCH,
            by: PersonId::local(),
            what: what.to_owned(),
            before: String::new(),
            after: String::new(),
        };
        let (north, no) = (ConnectionId::new("north"), ConnectionId::new("no"));
        for what in [
            "north: Company 7 Anna",
            "company 7, service 3 of connection north",
            "credentials of connection north to be checked",
            "the first plan abc of units, with 2 changes, of connection north",
        ] {
            assert!(record(what).is_of(&north) && !record(what).is_of(&no), "{what}");
        }
        for what in
            ["role of anna (https://login.example)", "northern: Company 7 Anna", "of connection north-2", "north"]
        {
            assert!(!record(what).is_of(&north), "{what}");
        }
        assert_eq!(record("north: Company 7 Anna").company(), Some(CompanyId(7)));
        assert_eq!(record("company 12, service 3 of connection north").company(), Some(CompanyId(12)));
        assert_eq!(record("north: Item x on y").company(), None);
    }

    #[test]
    fn a_role_may_do_what_those_before_it_may() {
        assert!(Role::Viewer < Role::Operator && Role::Operator < Role::Admin);
        assert!(Role::ALL.iter().all(|role| Role::named(&role.to_string()) == Some(*role)));
        assert_eq!(Role::named("Admin"), None);
    }

    #[test]
    fn the_last_admin_stays_one_until_there_is_another() {
        let (admin, viewer) = (person("a", Some(Role::Admin)), person("b", Some(Role::Viewer)));
        let alone = [admin.clone(), viewer.clone()];
        for to in [None, Some(Role::Viewer), Some(Role::Operator)] {
            assert_eq!(with_role(&alone, &admin.id, Some(Role::Admin), to), Err(RoleRefusal::LastAdmin));
        }
        let second = with_role(&alone, &viewer.id, Some(Role::Viewer), Some(Role::Admin)).expect("it is allowed");
        let two = [admin.clone(), second];
        let gone = with_role(&two, &admin.id, Some(Role::Admin), None);
        assert_eq!(gone, Ok(Person { role: None, ..admin.clone() }));
        assert_eq!(with_role(&two, &admin.id, None, None), Err(RoleRefusal::Moved));
        assert_eq!(with_role(&two, &person("c", None).id, None, None), Err(RoleRefusal::NoSuchPerson));
    }

    #[test]
    fn a_session_ends_after_an_hour_without_use_and_after_twelve_in_any_case() {
        let began: Timestamp = "2026-11-10T08:00:00Z".parse().expect("it is a time");
        let after = |length| began.checked_add(length).expect("it is in the calendar");
        let session = |seen| Session { person: PersonId::local(), began, seen };
        let second = SignedDuration::from_secs(1);
        assert!(!session(began).is_over(after(SESSION_IDLES - second)));
        assert!(session(began).is_over(after(SESSION_IDLES)));
        let used = |at: SignedDuration| session(after(at - second)).is_over(after(at));
        assert!(!used(SESSION_LASTS - second) && used(SESSION_LASTS));
        assert!(session(began).is_over(began - second), "one that has not begun");
    }
}
