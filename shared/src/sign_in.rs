//! How a person comes in: what is remembered while he is away at who vouches for him, and what is to be stored of him
//! when he is back. It believes what it is told of him; who vouched, and whether to believe it, others know.

use crate::person::{AuditRecord, Person, PersonId, Role, role_word};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long one may be away.
pub const SIGN_IN_LASTS: SignedDuration = SignedDuration::from_mins(10);
/// No name of a person is longer; what is, was made up to be.
const MOST_NAME_CHARACTERS: usize = 100;

/// A sign-in that was begun and is not done. It holds what has to be given back or proved; it is not printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// The hash of the id of the browser in which it was begun.
    pub browser: String,
    /// What the token has to hold (OpenID Connect Core 1.0, nonce).
    pub nonce: String,
    /// What proves that we began it (RFC 7636, code verifier).
    pub verifier: String,
    /// When it was begun.
    pub began: Timestamp,
    /// The path of ours to go on to.
    pub to: String,
}

impl SignIn {
    /// Whether it is too late at `now`. One that begins later than now is not to be believed either.
    pub fn is_over(&self, now: Timestamp) -> bool {
        let lasted = now.duration_since(self.began);
        lasted.is_negative() || lasted >= SIGN_IN_LASTS
    }
}

/// Who comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comer {
    /// Who it is.
    pub id: PersonId,
    /// The name that he is said to have, for people only.
    pub name: String,
    /// Why he is an admin, whatever role he was given; none where he has the role that he was given.
    pub admin_because: Option<&'static str>,
}

/// What is to be stored of who comes in, and the record of it; none where all of it is known. Somebody new has no role,
/// unless there is a reason.
pub fn arrival(comer: &Comer, known: Option<&Person>, at: Timestamp) -> Option<(Person, AuditRecord)> {
    let id = comer.id.clone();
    let name: String = comer.name.chars().take(MOST_NAME_CHARACTERS).collect();
    let had = known.and_then(|person| person.role);
    let role = if comer.admin_because.is_some() { Some(Role::Admin) } else { had };
    let (what, before, after) = match (known, comer.admin_because) {
        (_, Some(why)) if role != had => (format!("role of {id}, {why}"), role_word(had), role_word(role)),
        (None, _) => (format!("{id}, who came for the first time"), String::new(), role_word(role)),
        (Some(person), _) if person.name != name => (format!("name of {id}"), person.name.clone(), name.clone()),
        _ => return None,
    };
    let record = AuditRecord { at, by: id.clone(), what, before, after };
    Some((Person { id, name, role }, record))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comer(admin_because: Option<&'static str>) -> Comer {
        let id = PersonId { issuer: "https://login.example".to_owned(), subject: "1".to_owned() };
        Comer { id, name: "Ada".to_owned(), admin_because }
    }

    fn known(role: Option<Role>) -> Person {
        Person { id: comer(None).id, name: "Ada".to_owned(), role }
    }

    fn stored(comer: &Comer, known: Option<&Person>) -> Option<(Option<Role>, String, String)> {
        let (person, record) = arrival(comer, known, Timestamp::UNIX_EPOCH)?;
        assert_eq!((&person.id, &record.by), (&comer.id, &comer.id));
        Some((person.role, record.before, record.after))
    }

    #[test]
    fn somebody_new_has_no_role_and_somebody_known_the_one_that_he_was_given() {
        let nothing = |role, before: &str, after: &str| Some((role, before.to_owned(), after.to_owned()));
        assert_eq!(stored(&comer(None), None), nothing(None, "", "none"));
        for role in [None, Some(Role::Viewer), Some(Role::Admin)] {
            assert_eq!(stored(&comer(None), Some(&known(role))), None);
        }
        let renamed = Comer { name: "Ada L.".to_owned(), ..comer(None) };
        assert_eq!(stored(&renamed, Some(&known(Some(Role::Viewer)))), nothing(Some(Role::Viewer), "Ada", "Ada L."));
    }

    #[test]
    fn a_reason_makes_an_admin_of_anybody_and_is_recorded_once() {
        let admin = comer(Some("for a reason"));
        for (before, word) in [(None, "none"), (Some(Role::Viewer), "viewer")] {
            let (person, record) = arrival(&admin, Some(&known(before)), Timestamp::UNIX_EPOCH).expect("it changes");
            assert_eq!((person.role, record.before, record.after), (Some(Role::Admin), word.into(), "admin".into()));
            assert!(record.what.ends_with(", for a reason"), "{}", record.what);
        }
        assert_eq!(stored(&admin, Some(&known(Some(Role::Admin)))), None);
    }

    #[test]
    fn a_name_is_no_longer_than_a_name() {
        let long = Comer { name: "ä".repeat(5_000), ..comer(None) };
        let (person, _) = arrival(&long, None, Timestamp::UNIX_EPOCH).expect("he is new");
        assert_eq!(person.name.chars().count(), MOST_NAME_CHARACTERS);
        assert_eq!(arrival(&long, Some(&person), Timestamp::UNIX_EPOCH), None, "it is known now");
    }

    #[test]
    fn a_sign_in_is_over_after_ten_minutes() {
        let began = Timestamp::UNIX_EPOCH;
        let text = String::new;
        let sign_in = SignIn { browser: text(), nonce: text(), verifier: text(), began, to: text() };
        let after = |length| began.checked_add(length).expect("it is in the calendar");
        let second = SignedDuration::from_secs(1);
        assert!(!sign_in.is_over(began) && !sign_in.is_over(after(SIGN_IN_LASTS - second)));
        assert!(sign_in.is_over(after(SIGN_IN_LASTS)) && sign_in.is_over(after(-second)));
    }
}
